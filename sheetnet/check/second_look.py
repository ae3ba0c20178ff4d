"""A second look at wrong cells: is it the rounding, a typed number, a helper cell? It only makes verdicts sharper."""

from __future__ import annotations

import re
from dataclasses import replace

from sheetnet.check.answers import quantity_of
from sheetnet.check.helpers import helper_repairs
from sheetnet.check.repairs import Known, KnownNumbers, Repair, repairs
from sheetnet.check.runs import Bench, Runs, run_instead
from sheetnet.check.verdicts import CellVerdict
from sheetnet.syntax import cell_name, quote_sheet
from sheetnet.workbook import Place

ROUNDING_CODE = "SN120"  # intermediate rounding, in the catalogue of mistakes
MOST_TRIED = 10_000  # repaired formulas of a workbook: evaluating them in all runs takes about a second
MOST_CELLS = 200  # wrong cells of a workbook that are looked at twice: more have one cause, which these show


def sharpened(bench: Bench, runs: Runs, cells: list[CellVerdict]) -> list[CellVerdict]:
    """The verdicts, made sharper where one repair of the formula is right in every run: `rounded`, `hardcoded`, a helper."""
    alone = runs.evidence.alone
    if alone is None or not runs.evidence.own:
        return cells
    wrong = [n for n, cell in enumerate(cells) if cell.verdict == "wrong" and cell.formula and not alone[:, n].all()]
    if not wrong:
        return cells
    known = known_cells(bench, runs)
    numbers, answers = KnownNumbers(known), {answer.place for answer in bench.answers} | set(bench.drivers)
    tried: list[tuple[int, Repair]] = []
    for number in wrong[:MOST_CELLS]:
        if len(tried) > MOST_TRIED:
            break
        formula, place = cells[number].formula or "", bench.answers[number].place
        own = re.compile(re.escape(cell_name(*place[1:], absolute=True)) + r"(?![0-9])")
        found = [*repairs(formula, numbers), *helper_repairs(bench.workbook, place, formula, answers, known)]
        tried += [(number, repair) for repair in found if not own.search(repair.formula)]
    if not tried:
        return cells
    right = run_instead(bench, runs, [(number, repair.formula) for number, repair in tried])
    sharper = list(cells)
    for (number, repair), fits in reversed(list(zip(tried, right, strict=True))):
        if fits:  # reversed, so that the simplest repair has the last word
            sharper[number] = replace(
                cells[number],
                verdict=repair.verdict,
                message=repair.message,
                cause=repair.cause,
                mistakes=(ROUNDING_CODE,) if repair.verdict == "rounded" else (),
            )
    return sharper


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
