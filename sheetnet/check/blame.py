"""Whose error a carried one is: each carried cell gets the blamed cell upstream; circles of formulas are found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sheetnet.check.graph import Graph, causes, on_circles, starts_circle, through_helpers
from sheetnet.check.judge import place_name
from sheetnet.check.runs import Bench, Runs
from sheetnet.check.verdicts import SOUND, CellVerdict
from sheetnet.check.views import is_view_block
from sheetnet.errors import BugError
from sheetnet.workbook import CellError, Place

# Functions whose result hangs on what the workbook is made of: alone, beside shadow sheets, they see another one.
MAKE_UP = {"SHEETS", "SHEET", "ISFORMULA", "FORMULATEXT", "CELL", "INFO"}
# Functions that make up references, so that no reading of the formula says which cells it uses.
REFERRING = {"OFFSET", "INDIRECT", "INDEX", "CHOOSE"}

# Views may magnify: a quotient of small differences, many steps of training.
GROWN = "the formula is right; what it uses is off by less than is judged, and that grows here"


def with_causes(bench: Bench, runs: Runs, cells: list[CellVerdict], excused: bool = False) -> list[CellVerdict]:
    """Name for each carried cell where its error began; a circle of formulas is an error of the cell that closes it.

    `excused`: some formulas upstream are right for targets of 0 and 1 alone, so that an error may begin nowhere.
    """
    if all(cell.verdict != "carried" for cell in cells):
        return cells
    places = [answer.place for answer in bench.answers]
    order = {place: number for number, place in enumerate(places)}
    graph = Graph(bench.workbook, places)
    found: dict[Place, CellVerdict] = {}
    for place, cell in zip(places, cells, strict=True):
        if place not in found or found[place].verdict in SOUND:  # blocks may share cells: what is blamed counts
            found[place] = cell
    blamed = _blamed(found)
    failed = [
        place for place in _carried(found) if any(isinstance(values[order[place]], CellError) for values in runs.values)
    ]
    for place in on_circles(graph, failed, blamed).intersection(failed):
        if starts_circle(graph, place, order, blamed):
            found[place] = replace(found[place], verdict="error", message="the formula refers to itself, in a circle")
    blamed = _blamed(found)
    for place in _without_cause(graph, found, blamed):
        reach = [place, *(used for used in through_helpers(graph, place, order) if used not in order)]
        if used := MAKE_UP & _functions(graph, reach):
            message = f"{', '.join(sorted(used))} looks at more than numbers: right alone, wrong in this workbook"
            found[place] = replace(found[place], verdict="wrong", message=message)
    blamed = _blamed(found)
    origin = causes(graph, _carried(found), blamed)
    for place, cause in origin.items():
        found[place] = _caused(graph, place, cause, found, blamed) if cause or not excused else _untold(found[place])
    return [
        _shared(cell, place, found) if cell.verdict == "carried" else cell
        for place, cell in zip(places, cells, strict=True)
    ]


def _untold(cell: CellVerdict) -> CellVerdict:
    message = "no trial with targets of 0 and 1 could tell right from wrong here: ask for more --trials"
    return replace(cell, verdict="undetermined", message=message)


def _shared(cell: CellVerdict, place: Place, found: dict[Place, CellVerdict]) -> CellVerdict:
    """What was found for a carried cell; where two blocks share it, it may be right as one and wrong as the other."""
    if found[place].quantity == cell.quantity:
        return found[place]
    message = f"the formula is right; the error comes from {place_name(place, found)}, which is the same cell"
    return replace(cell, message=message, cause=f"{cell.sheet}!{cell.cell}")


def _blamed(found: dict[Place, CellVerdict]) -> set[Place]:
    return {place for place, cell in found.items() if cell.verdict not in SOUND}


def _functions(graph: Graph, places: Iterable[Place]) -> set[str]:
    return {name for place in places for name in graph.functions(place)}


def _carried(found: dict[Place, CellVerdict]) -> list[Place]:
    return [place for place, cell in found.items() if cell.verdict == "carried"]


def _without_cause(graph: Graph, found: dict[Place, CellVerdict], blamed: set[Place]) -> list[Place]:
    return [place for place, cause in causes(graph, _carried(found), blamed).items() if cause is None]


def _caused(
    graph: Graph, place: Place, cause: Place | None, found: dict[Place, CellVerdict], blamed: set[Place]
) -> CellVerdict:
    """The carried cell with the cell in which its error began; a guess where a formula makes up its references."""
    cell = found[place]
    if cause is not None:
        unknown, name = found[cause].verdict == "undetermined", place_name(cause, found)
        why = f"it uses {name}, which was not judged" if unknown else f"the error comes from {name}"
        message = f"the formula is right; {why}"
        return replace(cell, message=message, cause=f"{found[cause].sheet}!{found[cause].cell}")
    reach = [place, *through_helpers(graph, place, ())]
    used = sorted(REFERRING & _functions(graph, reach))
    if is_view_block(cell.quantity):
        return replace(cell, verdict="undetermined", message=GROWN)
    if not used or not blamed:
        raise BugError(
            f"{cell.sheet}!{cell.cell} carries an error that began nowhere: this is a bug of sheetnet, please report it"
        )
    order = list(found)
    before = [other for other in order[: order.index(place)] if other in blamed]
    likely = before[-1] if before else next(other for other in order if other in blamed)
    message = (
        f"the formula is right; the error comes through {', '.join(used)}, likely from {place_name(likely, found)}"
    )
    return replace(cell, message=message, cause=f"{found[likely].sheet}!{found[likely].cell}")
