"""Names that lead to cells which cannot be theirs: empty ones that nothing uses, and cells of other blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sheetnet.check.graph import Graph
from sheetnet.check.scopes import overlap
from sheetnet.network import Block
from sheetnet.syntax import Area, area_name
from sheetnet.workbook import Cell, Place, Workbook


@dataclass(frozen=True)
class Problem:
    """A block that cannot be judged: `verdict` is "missing" or "error", `message` one sentence.

    `reason` says in a few words what became of it. A block that may be left out has the verdict "".
    """

    block: str
    verdict: str
    message: str
    reason: str = ""


def empty_inputs(workbook: Workbook, blocks: Mapping[str, Block], areas: Mapping[str, Area]) -> Iterator[Problem]:
    """Inputs whose names lead to cells without a number that no formula uses: the numbers stand somewhere else."""
    for name, area in areas.items():
        if blocks[name].kind != "input" or area.sheet is None or (sheet := workbook.sheet(area.sheet)) is None:
            continue
        positions = [(r, c) for r in range(area.top, area.bottom + 1) for c in range(area.left, area.right + 1)]
        cells = [sheet.cells.get(position, Cell()) for position in positions]
        if any(cell.formula is not None or isinstance(cell.value, float) for cell in cells):
            continue
        places: set[Place] = {(sheet.name, *position) for position in positions}
        if not _is_used(workbook, places):
            where = area_name(area, absolute=False)
            message = f"the name {name} refers to {where}, where no number stands and which no formula uses"
            yield Problem(name, "missing", message, f"{name} is gone (its name refers to {where}, which nothing uses)")


def _is_used(workbook: Workbook, places: set[Place]) -> bool:
    graph = Graph(workbook, places)
    return any(
        not places.isdisjoint(graph.uses((sheet.name, *position)))
        for sheet in workbook.sheets
        for position, cell in sheet.cells.items()
        if cell.formula is not None
    )


def sharing(workbook: Workbook, blocks: Mapping[str, Block], areas: Mapping[str, Area]) -> Iterator[Problem]:
    """Blocks that claim the same cell. Where an input is among them, the one that does not belong there is lost."""
    for first, second in _overlaps(areas):
        where = area_name(areas[second], absolute=False)
        message = f"the names {first} and {second} share cells at {where}"
        inputs = [name for name in (first, second) if blocks[name].kind == "input"]
        if len(inputs) == 1:
            calculated = _calculates(workbook, areas[first], areas[second])
            gone = inputs if calculated else [name for name in (first, second) if name not in inputs]
        else:
            gone = inputs
        reasons = {name: f"{name} cannot be told (its name shares cells with another)" for name in gone}
        yield Problem(second, "error", message, reasons.pop(second, ""))
        for name, reason in reasons.items():
            yield Problem(name, "error", message, reason)


def _calculates(workbook: Workbook, a: Area, b: Area) -> bool:
    """Whether a cell that two areas share holds a formula."""
    sheet = workbook.sheet(a.sheet or "")
    rows = range(max(a.top, b.top), min(a.bottom, b.bottom) + 1)
    columns = range(max(a.left, b.left), min(a.right, b.right) + 1)
    return sheet is not None and any(
        sheet.cells.get((row, column), Cell()).formula is not None for row in rows for column in columns
    )


def _overlaps(areas: Mapping[str, Area]) -> Iterator[tuple[str, str]]:
    """Pairs of blocks that claim the same cell, the later one second."""
    found = list(areas.items())
    for number, (second, b) in enumerate(found):
        for first, a in found[:number]:
            if a.sheet == b.sheet and overlap(a, b):
                yield first, second
