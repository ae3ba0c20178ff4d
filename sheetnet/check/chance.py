"""Chance by way of helper cells: a sheet whose numbers change at every look is not right, whatever they are now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sheetnet.check.answers import Answer
from sheetnet.check.graph import Graph, through_helpers
from sheetnet.check.judge import CHANCE
from sheetnet.check.runs import Bench
from sheetnet.check.verdicts import SOUND, CellVerdict
from sheetnet.syntax import cell_name
from sheetnet.workbook import Place


def with_chance(bench: Bench, cells: list[CellVerdict]) -> list[CellVerdict]:
    """Cells that use chance by way of helper cells are wrong; with chance in their own formulas they already are."""
    judged = {answer.place for answer in bench.answers} | set(bench.drivers) | {cell.place for cell in bench.inputs}
    chancy = {
        (sheet.name, *position): found[1].upper()
        for sheet in bench.workbook.sheets
        for position, cell in sheet.cells.items()
        if cell.formula is not None and (sheet.name, *position) not in judged
        if (found := CHANCE.search(cell.formula))
    }
    if not chancy:
        return cells
    graph = Graph(bench.workbook, judged)
    return [
        _by_chance(cell, answer, chancy, through_helpers(graph, answer.place, judged))
        for answer, cell in zip(bench.answers, cells, strict=True)
    ]


def _by_chance(cell: CellVerdict, answer: Answer, chancy: dict[Place, str], used: Iterable[Place]) -> CellVerdict:
    if answer.formula is None or cell.verdict not in (*SOUND, "wrong"):
        return cell
    helper = next((place for place in used if place in chancy), None)
    if helper is None:
        return cell
    where = f"{helper[0]}!{cell_name(*helper[1:])}"
    message = f"uses {where}, where {chancy[helper]} gives another value at every look: not deterministic"
    return replace(cell, verdict="wrong", message=message, mistake=None)
