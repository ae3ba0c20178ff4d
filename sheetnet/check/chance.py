"""Chance by way of helper cells: a sheet whose numbers change at every look is not right, whatever they are now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sheetnet.check.answers import Answer
from sheetnet.check.compare import same
from sheetnet.check.graph import Graph, through_helpers
from sheetnet.check.judge import CHANCE
from sheetnet.check.runs import Bench
from sheetnet.check.verdicts import SOUND, CellVerdict
from sheetnet.engine.overwrite import with_numbers
from sheetnet.syntax import cell_name
from sheetnet.workbook import Place, Value

_OTHERS = (0.0, 1e6)  # numbers that a helper's chance, or its time, might as well have given


def with_chance(bench: Bench, values: Sequence[Value], cells: list[CellVerdict]) -> list[CellVerdict]:
    """Cells that use chance by way of helper cells are wrong; with chance in their own formulas they already are.

    `values` are the answers' at the sheet's own numbers.
    """
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
    told: list[CellVerdict] = []
    moved: list[bool] | None = None
    for number, (answer, cell) in enumerate(zip(bench.answers, cells, strict=True)):
        used = list(through_helpers(graph, answer.place, judged))
        helpers = [answer.place, *(place for place in used if place not in judged)]
        if any(map(graph.makes_up, helpers)):
            moved = moved or _moved(bench, values, chancy)
            used += chancy if moved[number] else ()
        told.append(_by_chance(cell, answer, chancy, used))
    return told


def _moved(bench: Bench, values: Sequence[Value], chancy: Mapping[Place, str]) -> list[bool]:
    """Which answers change where chance, or the time, is another: what no reading of a formula tells."""
    places, wanted = list(chancy), [answer.place for answer in bench.answers]
    sheets = [with_numbers(bench.workbook, places, [number] * len(places)) for number in _OTHERS]
    runs = [bench.engine(workbook, [], [None], wanted)[0] for workbook in sheets]
    return [any(not same(value, other) for other in others) for value, *others in zip(values, *runs, strict=True)]


def _by_chance(cell: CellVerdict, answer: Answer, chancy: dict[Place, str], used: Iterable[Place]) -> CellVerdict:
    if answer.formula is None or cell.verdict not in (*SOUND, "wrong"):
        return cell
    helper = next((place for place in used if place in chancy), None)
    if helper is None:
        return cell
    where = f"{helper[0]}!{cell_name(*helper[1:])}"
    message = f"uses {where}, where {chancy[helper]} gives another value at every look: not deterministic"
    return replace(cell, verdict="wrong", message=message, mistakes=())
