"""Tries repairs of wrong formulas: the simplest that is right in every run says what the matter is.

What is tried has a budget for the workbook. Formulas that read alike, as when one is filled down, are one: the first of
each in reading order comes before all others, which get what was found for it where the budget does not last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sheetnet.effort import MOST_READ_TO_COMPARE, MOST_TRIED_FOR_A_CELL, TRIAL
from sheetnet.errors import EngineError
from sheetnet.formulas import Dimensions
from sheetnet.syntax import areas, cell_name, functions, shift
from sheetnet.syntax.references import FORMULA_CHARACTERS
from sheetnet.validation.case import KnownCell, quantity_of
from sheetnet.validation.cell_verdicts import STILL
from sheetnet.validation.refine.explain import is_suspected
from sheetnet.validation.refine.propose_repairs import (
    DOLLAR_SLIP,
    Filled,
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

MOST_RIGHT = 50  # right formulas of a quantity from which a wrong one may have been filled
TAKEN_APART = 16  # characters of them that take as long as one that is read: they are taken apart once
# Functions whose arrays are as large as a number says, not as the cells they refer to; each counts as so many cells.
SIZED_BY_NUMBERS, MANY_CELLS = frozenset({"EXPAND", "MAKEARRAY", "MUNIT", "OFFSET", "REPT", "SEQUENCE"}), 10_000

Tried = list[tuple[int, Repair]]  # repairs, each with the number of the answer that it is of


def try_repairs(state: State) -> State:
    """The verdicts, made sharper where one repair of the formula is right in every run: `rounded`, `hardcoded`, a helper."""
    alone, cells = state.runs.evidence.alone, state.cells
    if alone is None or not state.runs.evidence.own:
        return state
    right: list[bool] = np.all(alone, axis=0).tolist()
    wrong = [n for n, cell in enumerate(cells) if is_suspected(cell) and not right[n]]
    if not wrong:
        return state
    alike = _alike(state, wrong)
    tried, skipped = _repairs(state, sorted(wrong, key=lambda n: alike[n] != n))
    found = _fitting(state, tried)
    if found is None:
        return state.given(cells, wrong)
    filled = [(n, _filled(state, found[alike[n]], alike[n], n)) for n in skipped if alike[n] in found]
    again = [(n, repair) for n, repair in filled if state.effort.tried_again.take(_weight(repair.formula))]
    found |= _fitting(state, again) or {}
    sharper = [_repaired(cell, found[n]) if n in found else cell for n, cell in enumerate(cells)]
    looked_at = set(wrong).difference(skipped)
    return state.given(sharper, [n for n in skipped if n not in found and alike[n] not in looked_at])


def _alike(state: State, wrong: Sequence[int]) -> dict[int, int]:
    """Each wrong cell with the first of its quantity whose formula is the same, but for being filled to another place."""
    first: dict[tuple[str, str, str], int] = {}
    found: dict[int, int] = {}
    budget = state.effort.read.share(MOST_READ_TO_COMPARE)
    for number in wrong:
        (sheet, row, column), cell = state.case.places[number], state.cells[number]
        formula = cell.formula or ""
        if len(wrong) == 1 or not budget.take(len(formula)):
            found[number] = number
        else:
            found[number] = first.setdefault((sheet, cell.quantity, shift(formula, 1 - row, 1 - column)), number)
    return found


def _fitting(state: State, tried: Tried) -> dict[int, Repair] | None:
    """By answer: the simplest of its repairs that is right in every run. None where the engine does not take them."""
    if not tried:
        return {}
    try:
        right = state.runner.instead(state.runs, [(number, repair.formula) for number, repair in tried])
    except EngineError:  # verdicts stand, whatever becomes of repairs
        return None
    fits = [(number, repair) for (number, repair), fits in zip(tried, right.tolist(), strict=True) if fits]
    return dict(reversed(fits))  # so that the simplest repair has the last word


def _filled(state: State, repair: Repair, first: int, number: int) -> Repair:
    """The repair of a formula, filled to another cell with the same one."""
    (_, row, column), place = state.case.places[first], state.case.places[number]
    formula = shift(repair.formula, place[1] - row, place[2] - column)
    message = f"as in {cell_name(row, column)}, whose formula this is as filled to here: {repair.message}"
    return replace(repair, formula=formula, message=message)


def _repaired(cell: CellVerdict, repair: Repair) -> CellVerdict:
    mistakes = (repair.mistake,) if repair.mistake else ()
    verdict, message = repair.verdict, repair.message
    if cell.verdict == Verdict.HARDCODED:
        verdict, message = Verdict.HARDCODED, f"{STILL}: {repair.message}"
    return replace(cell, verdict=verdict, message=message, cause=repair.cause, mistakes=mistakes)


@dataclass(frozen=True)
class _Material:
    """What repairs are made from: the cells that are known, and by quantity some whose formulas are right."""

    known: Sequence[KnownCell]
    numbers: KnownNumbers
    right: Mapping[str, Sequence[tuple[Place, str]]]


def _repairs(state: State, wrong: Sequence[int]) -> tuple[Tried, list[int]]:
    """What may make wrong formulas right, as far as the budget goes, and the answers for which it did not last."""
    known, effort = known_cells(state), state.effort
    material = _Material(known, KnownNumbers(known), _right_formulas(state))
    tried: Tried = []
    skipped: list[int] = []
    for number in wrong:
        formula = state.cells[number].formula or ""
        if not effort.read.take(len(formula)):
            skipped.append(number)
            continue
        share, more = effort.tried.share(MOST_TRIED_FOR_A_CELL), _weight(formula) - len(formula)
        longest = max(FORMULA_CHARACTERS, len(formula))
        for repair in _proposed(state, number, material):
            if len(repair.formula) > longest:
                continue
            if not share.take(more + len(repair.formula)):
                if effort.tried.left < more + len(repair.formula):
                    skipped.append(number)
                break
            tried.append((number, repair))
    return tried, skipped


def _weight(formula: str) -> int:
    """What it counts to try a formula: its characters, the cells it refers to, and what is the same for each."""
    cells = sum(area.size if area.size < MANY_CELLS**2 else MANY_CELLS for area in areas(formula))  # not whole columns
    arrays = len(SIZED_BY_NUMBERS.intersection(functions(formula)))
    return TRIAL + len(formula) + cells + MANY_CELLS * arrays


def _proposed(state: State, number: int, material: _Material) -> Iterator[Repair]:
    """What may make a formula right, the simplest first; none that refers to its own cell.

    Where no input moves it, only a slip of its entry.
    """
    cell, place, case = state.cells[number], state.case.places[number], state.case
    formula = cell.formula or ""
    own = re.compile(re.escape(cell_name(*place[1:], absolute=True)) + r"(?![0-9])")

    def all_of_them() -> Iterator[Repair]:
        if cell.verdict == Verdict.WRONG:
            yield from repairs(formula, material.numbers)
            yield from constant_repairs(case.workbook, place, formula, case.known, material.numbers, case.network)
        yield from _slips(state, number, material.right.get(cell.quantity, []))
        if cell.verdict == Verdict.WRONG:
            yield from helper_repairs(case.workbook, place, formula, case.known, material.known)

    return (repair for repair in all_of_them() if not own.search(repair.formula))


def _slips(state: State, number: int, right: Sequence[tuple[Place, str]]) -> Iterator[Repair]:
    """The formula without slips of its entry; a reference is not moved to an empty cell."""
    formula, place, case = state.cells[number].formula or "", state.case.places[number], state.case
    budget, book = state.effort.read, case.workbook
    for repair in slips(formula, _filled_from(state, state.cells[number], place, right)):
        moves = repair.mistake == DOLLAR_SLIP
        if not moves or (budget.take(len(repair.formula)) and not empty_cells(book, place, repair.formula, case.known)):
            yield repair


def find_fillings(state: State) -> State:
    """The verdicts; of wrong cells that nothing explains, those that were filled from a right one of their block say so."""
    cells = state.cells
    unnamed = [n for n, cell in enumerate(cells) if is_suspected(cell) and not cell.mistakes]
    if not unnamed or state.runs.evidence.alone is None:
        return state
    right, found = _right_formulas(state), list(cells)
    for number in unnamed:
        cell, place = cells[number], state.case.places[number]
        filled = _filled_from(state, cell, place, right.get(cell.quantity, []))
        if filled is not None:
            said = f"{cell.message}; it is the formula of {cell_name(*filled.place[1:])} as filled to here"
            message = f"{said}: a reference had to stay or to move otherwise"
            found[number] = replace(cell, message=message, mistakes=(DOLLAR_SLIP,))
    return state.given(found)


def _filled_from(state: State, cell: CellVerdict, place: Place, right: Sequence[tuple[Place, str]]) -> Filled | None:
    """The right formula that was filled to a place, where there is one and the budget allows to look for it."""
    length = sum(len(text) for _, text in right) // TAKEN_APART
    return filled_from(cell.formula or "", place, right) if state.effort.read.take(length) else None


def _right_formulas(state: State) -> dict[str, list[tuple[Place, str]]]:
    """By quantity: the cells whose own formulas are right, some of them."""
    alone = state.runs.evidence.alone
    found: dict[str, list[tuple[Place, str]]] = {}
    for number in [] if alone is None else np.flatnonzero(alone.all(axis=0)).tolist():
        cell = state.cells[number]
        right = found.setdefault(cell.quantity, [])
        if cell.formula is not None and len(right) < MOST_RIGHT:
            right.append((state.case.places[number], cell.formula))
    return found


def known_cells(state: State) -> list[KnownCell]:
    """The inputs and answers whose numbers may have been typed into formulas: as the reference has them here."""
    found: list[KnownCell] = []
    dimensions = Dimensions.of(state.case.network)
    for cell in state.case.inputs:
        name, *index = cell.element
        found.append(KnownCell(cell.place, float(state.runs.drawn[name][0, *index]), name, tuple(index), dimensions))
    expected = state.runs.evidence.expected
    stays = np.all(expected == expected[0], axis=0).tolist()
    for answer, value, same in zip(state.case.answers, expected[0].tolist(), stays, strict=True):
        element = quantity_of(answer.block, answer.row, answer.column)
        found.append(KnownCell(answer.place, value, *element, dimensions, same))
    return found
