"""Looks at wrong formulas once more: what would make them right?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sheetnet.place_names import cell_place, element_name
from sheetnet.syntax import cell_name, quote_sheet
from sheetnet.validation.case import Case
from sheetnet.validation.cell_verdicts import STILL
from sheetnet.validation.cells import quantity_of
from sheetnet.validation.refine.propose_repairs import KnownCell, KnownNumbers, Repair, helper_repairs, repairs
from sheetnet.validation.refine.propose_slips import DOLLAR_SLIP, constant_repairs, empty_cells, filled_from, slips
from sheetnet.validation.result import CellVerdict
from sheetnet.validation.state import State
from sheetnet.verdict import Verdict
from sheetnet.workbook import Place

MOST_TRIED = 10_000  # repaired formulas of a workbook: evaluating them in all runs takes about a second
MOST_RIGHT = 50  # right formulas of a quantity from which a wrong one may have been filled
MOST_RETRIED = 200  # wrong cells of a workbook that are looked at twice: more have one cause, which these show


def try_repairs(state: State) -> State:
    """The verdicts, made sharper where one repair of the formula is right in every run: `rounded`, `hardcoded`, a helper."""
    alone, cells = state.runs.evidence.alone, state.cells
    if alone is None or not state.runs.evidence.own:
        return state
    suspected = (Verdict.WRONG, Verdict.HARDCODED)
    wrong = [n for n, cell in enumerate(cells) if cell.verdict in suspected and cell.formula and not alone[:, n].all()]
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
    suspected, cells = (Verdict.WRONG, Verdict.HARDCODED), state.cells
    unnamed = [n for n, cell in enumerate(cells) if cell.verdict in suspected and cell.formula and not cell.mistakes]
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
    return [_known(place, name, index, value) for place, name, index, value in found]


def _known(place: Place, name: str, index: tuple[int, ...], value: float) -> KnownCell:
    sheet, row, column = place
    cell = f"{quote_sheet(sheet)}!{cell_name(row, column, absolute=True)}"
    called = f"{element_name(name, index)} ({cell_place(place)})"
    return KnownCell(cell, value, called)
