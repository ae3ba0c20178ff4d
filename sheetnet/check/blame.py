"""Whose error a carried one is: each carried cell gets the blamed cell upstream; circles of formulas are found."""

from __future__ import annotations

from dataclasses import replace

from sheetnet.check.graph import Graph, causes, in_circle
from sheetnet.check.judge import place_name
from sheetnet.check.runs import Bench, Runs
from sheetnet.check.verdicts import SOUND, CellVerdict
from sheetnet.errors import BugError
from sheetnet.workbook import CellError


def with_causes(bench: Bench, runs: Runs, cells: list[CellVerdict]) -> list[CellVerdict]:
    """Name for each carried cell where its error began; a circle of formulas is an error of the cells in it."""
    carried = [number for number, cell in enumerate(cells) if cell.verdict == "carried"]
    if not carried:
        return cells
    places = [answer.place for answer in bench.answers]
    graph, cells = Graph(bench.workbook, places), list(cells)
    for number in carried:
        if any(isinstance(values[number], CellError) for values in runs.values) and in_circle(graph, places[number]):
            cells[number] = replace(cells[number], verdict="error", message="the formula refers to itself, in a circle")
    found = dict(zip(places, cells, strict=True))
    blamed = {place for place, cell in found.items() if cell.verdict not in SOUND}
    rest = [number for number in carried if cells[number].verdict == "carried"]
    origin = causes(graph, (places[number] for number in rest), blamed)
    for number in rest:
        cause = origin[places[number]]
        if cause is None:
            sheet, cell = cells[number].sheet, cells[number].cell
            raise BugError(
                f"{sheet}!{cell} carries an error that began nowhere: this is a bug of sheetnet, please report it"
            )
        message = f"the formula is right; the error comes from {place_name(cause, found)}"
        origin_cell = f"{found[cause].sheet}!{found[cause].cell}"
        cells[number] = replace(cells[number], message=message, cause=origin_cell)
    return cells
