"""A second look at wrong cells: is it the rounding, a typed number, a helper cell? It only makes verdicts sharper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sheetnet.check.answers import quantity_of
from sheetnet.check.helpers import helper_repairs
from sheetnet.check.judge import STILL
from sheetnet.check.repairs import Known, KnownNumbers, Repair, repairs
from sheetnet.check.runs import Bench, Runs, run_instead
from sheetnet.check.slips import DOLLAR, constant_repairs, empty_cells, filled_from, slips
from sheetnet.check.verdicts import CellVerdict
from sheetnet.syntax import cell_name, quote_sheet
from sheetnet.workbook import Place

MOST_TRIED = 10_000  # repaired formulas of a workbook: evaluating them in all runs takes about a second
MOST_RIGHT = 50  # right formulas of a quantity from which a wrong one may have been filled
MOST_CELLS = 200  # wrong cells of a workbook that are looked at twice: more have one cause, which these show


def sharpened(bench: Bench, runs: Runs, cells: list[CellVerdict]) -> list[CellVerdict]:
    """The verdicts, made sharper where one repair of the formula is right in every run: `rounded`, `hardcoded`, a helper."""
    alone = runs.evidence.alone
    if alone is None or not runs.evidence.own:
        return cells
    suspected = ("wrong", "hardcoded")
    wrong = [n for n, cell in enumerate(cells) if cell.verdict in suspected and cell.formula and not alone[:, n].all()]
    if not wrong:
        return cells
    known = known_cells(bench, runs)
    numbers, answers = KnownNumbers(known), {answer.place for answer in bench.answers} | set(bench.drivers)
    right_in = _right_formulas(bench, runs, cells)
    tried: list[tuple[int, Repair]] = []
    for number in wrong[:MOST_CELLS]:
        if len(tried) > MOST_TRIED:
            break
        formula, place = cells[number].formula or "", bench.answers[number].place
        own = re.compile(re.escape(cell_name(*place[1:], absolute=True)) + r"(?![0-9])")
        found = _repairs_of(bench, cells[number], place, numbers, answers, right_in.get(cells[number].quantity, []))
        if cells[number].verdict == "wrong":
            found += helper_repairs(bench.workbook, place, formula, answers, known)
        tried += [(number, repair) for repair in found if not own.search(repair.formula)]
    if not tried:
        return cells
    right = run_instead(bench, runs, [(number, repair.formula) for number, repair in tried])
    sharper = list(cells)
    for (number, repair), fits in reversed(list(zip(tried, right, strict=True))):
        if fits:  # reversed, so that the simplest repair has the last word
            sharper[number] = replace(
                cells[number],
                verdict="hardcoded" if cells[number].verdict == "hardcoded" else repair.verdict,
                message=f"{STILL}: {repair.message}" if cells[number].verdict == "hardcoded" else repair.message,
                cause=repair.cause,
                mistakes=(repair.mistake,) if repair.mistake else (),
            )
    return sharper


def _repairs_of(
    bench: Bench,
    cell: CellVerdict,
    place: Place,
    numbers: KnownNumbers,
    taken: set[Place],
    right: Sequence[tuple[Place, str]],
) -> list[Repair]:
    """What may make a formula right, the simplest first; where no input moves it, only a slip of its entry."""
    formula = cell.formula or ""
    found = [
        repair
        for repair in slips(formula, filled_from(formula, place, right))
        if repair.mistake != DOLLAR or not empty_cells(bench.workbook, place, repair.formula, taken)
    ]
    if cell.verdict == "hardcoded":
        return found
    constants = constant_repairs(bench.workbook, place, formula, taken, numbers, bench.network)
    return [*repairs(formula, numbers), *constants, *found]


def with_fillings(bench: Bench, runs: Runs, cells: list[CellVerdict]) -> list[CellVerdict]:
    """The verdicts; of wrong cells that nothing explains, those that were filled from a right one of their block say so."""
    suspected = ("wrong", "hardcoded")
    unnamed = [n for n, cell in enumerate(cells) if cell.verdict in suspected and cell.formula and not cell.mistakes]
    if not unnamed or runs.evidence.alone is None:
        return cells
    right, found = _right_formulas(bench, runs, cells), list(cells)
    for number in unnamed[:MOST_CELLS]:
        cell, place = cells[number], bench.answers[number].place
        filled = filled_from(cell.formula or "", place, right.get(cell.quantity, []))
        if filled is not None:
            said = f"{cell.message}; it is the formula of {cell_name(*filled.place[1:])} as filled to here"
            message = f"{said}: a reference had to stay or to move otherwise"
            found[number] = replace(cell, message=message, mistakes=(DOLLAR,))
    return found


def _right_formulas(bench: Bench, runs: Runs, cells: Sequence[CellVerdict]) -> dict[str, list[tuple[Place, str]]]:
    """By quantity: the cells whose own formulas are right, some of them."""
    alone = runs.evidence.alone
    found: dict[str, list[tuple[Place, str]]] = {}
    for number, (answer, cell) in enumerate(zip(bench.answers, cells, strict=True)):
        if cell.formula is not None and alone is not None and alone[:, number].all():
            right = found.setdefault(cell.quantity, [])
            if len(right) < MOST_RIGHT:
                right.append((answer.place, cell.formula))
    return found


def known_cells(bench: Bench, runs: Runs) -> list[Known]:
    """The inputs and answers whose numbers may have been typed into formulas: as the reference has them here."""
    found: list[tuple[Place, str, tuple[int, ...], float]] = []
    for cell in bench.inputs:
        name, row, column = cell.element
        found.append((cell.place, name, (row, column), float(runs.drawn[name][0, row, column])))
    for answer, value in zip(bench.answers, runs.evidence.expected[0].tolist(), strict=True):
        name, index = quantity_of(answer.block, answer.row, answer.column)
        found.append((answer.place, name, index, value))
    return [_known(place, name, index, value) for place, name, index, value in found]


def _known(place: Place, name: str, index: tuple[int, ...], value: float) -> Known:
    sheet, row, column = place
    cell = f"{quote_sheet(sheet)}!{cell_name(row, column, absolute=True)}"
    called = f"{name}[{', '.join(map(str, index))}] ({sheet}!{cell_name(row, column)})"
    return Known(cell, value, called)
