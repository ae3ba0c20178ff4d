"""Explains wrong formulas: by the simplest repair that makes them right, or else by known mistakes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sheetnet.mistakes import CHAPTERS, MISTAKES, Element
from sheetnet.syntax import cell_name, quote_sheet
from sheetnet.syntax.dependencies import through_helpers
from sheetnet.syntax.references import cell_place, element_name
from sheetnet.trials.tolerance import as_numbers
from sheetnet.validation.case import Case, quantity_of
from sheetnet.validation.cell_verdicts import STILL
from sheetnet.validation.refine.propose_repairs import (
    DOLLAR_SLIP,
    EMPTY_SLIP,
    KnownCell,
    KnownNumbers,
    Repair,
    constant_repairs,
    empty_cells,
    filled_from,
    helper_repairs,
    repairs,
    slips,
)
from sheetnet.validation.result import CellVerdict
from sheetnet.validation.state import State
from sheetnet.verdict import Verdict
from sheetnet.workbook import Place

if TYPE_CHECKING:
    from sheetnet.mistakes.search import Explanation

MOST_TRIED = 10_000  # repaired formulas of a workbook: evaluating them in all runs takes about a second
MOST_RIGHT = 50  # right formulas of a quantity from which a wrong one may have been filled
MOST_RETRIED = 200  # wrong cells of a workbook that are looked at twice: more have one cause, which these show
MOST_EMPTY = 3  # empty cells of one formula that are named
CANCELLED = "its number is right all the same, because another error cancels this one"


def try_repairs(state: State) -> State:
    """The verdicts, made sharper where one repair of the formula is right in every run: `rounded`, `hardcoded`, a helper."""
    alone, cells = state.runs.evidence.alone, state.cells
    if alone is None or not state.runs.evidence.own:
        return state
    wrong = [n for n, cell in enumerate(cells) if _is_suspected(cell) and not alone[:, n].all()]
    tried = _repairs(state, wrong[:MOST_RETRIED])
    if not tried:
        return state
    right = state.runner.instead(state.runs, [(number, repair.formula) for number, repair in tried])
    sharper = list(cells)
    for (number, repair), fits in reversed(list(zip(tried, right, strict=True))):
        if fits:  # reversed, so that the simplest repair has the last word
            sharper[number] = _repaired(cells[number], repair)
    return state.given(sharper)


def _repaired(cell: CellVerdict, repair: Repair) -> CellVerdict:
    mistakes = (repair.mistake,) if repair.mistake else ()
    verdict, message = repair.verdict, repair.message
    if cell.verdict == Verdict.HARDCODED:
        verdict, message = Verdict.HARDCODED, f"{STILL}: {repair.message}"
    return replace(cell, verdict=verdict, message=message, cause=repair.cause, mistakes=mistakes)


def _repairs(state: State, wrong: Sequence[int]) -> list[tuple[int, Repair]]:
    """What may make wrong formulas right, each with the answer's number; none that refers to its own cell."""
    if not wrong:
        return []
    case, known, right_in = state.case, known_cells(state), _right_formulas(state)
    numbers = KnownNumbers(known)
    tried: list[tuple[int, Repair]] = []
    for number in wrong:
        if len(tried) > MOST_TRIED:
            break
        cell, place = state.cells[number], case.places[number]
        own = re.compile(re.escape(cell_name(*place[1:], absolute=True)) + r"(?![0-9])")
        found = _repairs_of(case, cell, place, numbers, right_in.get(cell.quantity, []))
        if cell.verdict == Verdict.WRONG:
            found += helper_repairs(case.workbook, place, cell.formula or "", case.known, known)
        tried += [(number, repair) for repair in found if not own.search(repair.formula)]
    return tried


def _repairs_of(
    case: Case, cell: CellVerdict, place: Place, numbers: KnownNumbers, right: Sequence[tuple[Place, str]]
) -> list[Repair]:
    """What may make a formula right, the simplest first; where no input moves it, only a slip of its entry."""
    formula = cell.formula or ""
    found = [
        repair
        for repair in slips(formula, filled_from(formula, place, right))
        if repair.mistake != DOLLAR_SLIP or not empty_cells(case.workbook, place, repair.formula, case.known)
    ]
    if cell.verdict == Verdict.HARDCODED:
        return found
    constants = constant_repairs(case.workbook, place, formula, case.known, numbers, case.network)
    return [*repairs(formula, numbers), *constants, *found]


def find_fillings(state: State) -> State:
    """The verdicts; of wrong cells that nothing explains, those that were filled from a right one of their block say so."""
    cells = state.cells
    unnamed = [n for n, cell in enumerate(cells) if _is_suspected(cell) and not cell.mistakes]
    if not unnamed or state.runs.evidence.alone is None:
        return state
    right, found = _right_formulas(state), list(cells)
    for number in unnamed[:MOST_RETRIED]:
        cell, place = cells[number], state.case.places[number]
        filled = filled_from(cell.formula or "", place, right.get(cell.quantity, []))
        if filled is not None:
            said = f"{cell.message}; it is the formula of {cell_name(*filled.place[1:])} as filled to here"
            message = f"{said}: a reference had to stay or to move otherwise"
            found[number] = replace(cell, message=message, mistakes=(DOLLAR_SLIP,))
    return state.given(found)


def _right_formulas(state: State) -> dict[str, list[tuple[Place, str]]]:
    """By quantity: the cells whose own formulas are right, some of them."""
    alone = state.runs.evidence.alone
    found: dict[str, list[tuple[Place, str]]] = {}
    for number, (answer, cell) in enumerate(zip(state.case.answers, state.cells, strict=True)):
        if cell.formula is not None and alone is not None and alone[:, number].all():
            right = found.setdefault(cell.quantity, [])
            if len(right) < MOST_RIGHT:
                right.append((answer.place, cell.formula))
    return found


def known_cells(state: State) -> list[KnownCell]:
    """The inputs and answers whose numbers may have been typed into formulas: as the reference has them here."""
    found: list[tuple[Place, str, tuple[int, ...], float]] = []
    for cell in state.case.inputs:
        name, row, column = cell.element
        found.append((cell.place, name, (row, column), float(state.runs.drawn[name][0, row, column])))
    for answer, value in zip(state.case.answers, state.runs.evidence.expected[0].tolist(), strict=True):
        name, index = quantity_of(answer.block, answer.row, answer.column)
        found.append((answer.place, name, index, value))
    return [
        KnownCell(
            f"{quote_sheet(place[0])}!{cell_name(*place[1:], absolute=True)}",
            value,
            f"{element_name(name, index)} ({cell_place(place)})",
        )
        for place, name, index, value in found
    ]


class Sources:
    """What the formulas of a workbook refer to, as elements of blocks: ("z_1", 0, 1)."""

    def __init__(self, case: Case) -> None:
        self._case = case

    @cached_property
    def _elements(self) -> dict[Place, list[Element]]:
        """The elements that stand in a cell; views are ways to the step's cells, as helper cells are."""
        found: dict[Place, list[Element]] = {}
        for cell in self._case.inputs:
            found.setdefault(cell.place, []).append(cell.element)
        for answer in self._case.answers:
            if answer.block.name in self._case.network.blocks:
                found.setdefault(answer.place, []).append((answer.block.name, answer.row, answer.column))
        return found

    def of(self, place: Place) -> frozenset[Element] | None:
        """The elements that the formula at a place refers to; None where that cannot be told."""
        used = list(through_helpers(self._case.dependencies, place, self._elements))
        helpers = [place, *(cell for cell in used if cell not in self._elements)]
        if any(map(self._case.dependencies.makes_up, helpers)):
            return None
        return frozenset(element for cell in used for element in self._elements.get(cell, ()))


def name_mistakes(state: State) -> State:
    """The verdicts, with the known mistakes of each wrong cell that explain it in every run, the likeliest first."""
    alone, cells, case = state.runs.evidence.alone_values, list(state.cells), state.case
    wrong = [n for n, cell in enumerate(cells) if _is_suspected(cell)]
    if alone is None or not wrong:
        return state
    from sheetnet.mistakes.search import Diagnosis  # the catalogue is large, and right sheets do not need it

    values, sources = state.runner.quantities(state.runs.drawn), Sources(case)
    diagnosis = Diagnosis(case.network, values, state.effort.guesses, _shared_trials(state))
    signatures, skipped = as_numbers(alone), list[int]()
    for number in wrong:
        answer, signature = case.answers[number], signatures[:, number]
        if cells[number].verdict == Verdict.HARDCODED and np.ptp(signature) > 0:
            continue  # a typed number is the reason, which has been told
        reads = sources.of(answer.place)
        findings = diagnosis.findings(answer.block.name, answer.row, answer.column, signature, reads)
        if findings:
            cells[number] = _with(cells[number], findings)
        elif (answer.block.name, answer.row, answer.column) in diagnosis.cut_short:
            skipped.append(number)
        cells[number] = _with_empty_cells(case, cells[number], answer.place)
    return state.given(cells, skipped)


def _shared_trials(state: State) -> slice | None:
    """The runs in which all files of a class have the same numbers: the trials that are drawn for the network."""
    begin, count = int(state.runs.evidence.own), state.case.trials.count
    return slice(begin, begin + count) if count else None


def say_what_cancels(state: State) -> State:
    """The verdicts; where a wrong formula shows the right number, which another error makes it, that is said."""
    evidence = state.runs.evidence
    return state.given(
        [
            replace(cell, message=f"{cell.message}; {CANCELLED}")
            if cell.verdict == Verdict.WRONG
            and cell.formula is not None
            and evidence.here[:, n].all()
            and evidence.alone is not None
            and not evidence.alone[:, n].all()
            else cell
            for n, cell in enumerate(state.cells)
        ]
    )


def _is_suspected(cell: CellVerdict) -> bool:
    """Whether the cell's formula is one that an explanation is sought for."""
    return cell.verdict in (Verdict.WRONG, Verdict.HARDCODED) and bool(cell.formula)


def _with(cell: CellVerdict, findings: Sequence[Explanation]) -> CellVerdict:
    """The verdict with its explanations; where a slip of its entry is known, that is told and they give it a name."""
    if not cell.mistakes:
        codes = tuple(finding.code for finding in findings)
        return replace(cell, message=f"{cell.message}: {words_of(findings)}", mistakes=codes)
    misread = [finding for finding in findings if finding.mistakes[0] in CHAPTERS["Any formula"]]
    if DOLLAR_SLIP in cell.mistakes:  # what a reference met that drifted; what else gives that number is chance
        findings = [*misread, *(finding for finding in findings if finding not in misread)]
    codes = tuple(finding.code for finding in findings)
    first = cell.mistakes if DOLLAR_SLIP in cell.mistakes and not misread else ()
    codes = tuple(dict.fromkeys((*first, *codes, *cell.mistakes)))
    named = MISTAKES[first[0]].name + f" ({first[0]})" if first else findings[0].text
    return replace(cell, message=f"{cell.message}; {named}{_or(codes[1:])}", mistakes=codes)


def _with_empty_cells(case: Case, cell: CellVerdict, place: Place) -> CellVerdict:
    """The verdict with the empty cells to which the formula refers."""
    empty = empty_cells(case.workbook, place, cell.formula or "", case.known)
    if not empty:
        return cell
    named = f"{', '.join(empty[:MOST_EMPTY])} {'is' if len(empty) == 1 else 'are'} empty"
    return replace(cell, message=f"{cell.message}; {named} ({EMPTY_SLIP})", mistakes=(*cell.mistakes, EMPTY_SLIP))


def words_of(findings: Sequence[Explanation]) -> str:
    """The first explanation with its reason; of others that fit as well the codes alone."""
    first = findings[0]
    why = f". {first.mistakes[0].why}" if len(first.mistakes) == 1 else ""
    return first.text + why + _or([finding.code for finding in findings[1:]])


def _or(codes: Sequence[str]) -> str:
    """Other explanations that fit as well, by their codes."""
    return f" (or: {', '.join(codes)})" if codes else ""
