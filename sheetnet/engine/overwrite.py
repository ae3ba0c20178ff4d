"""Makes the workbooks of trials: numbers written over cells, with the arrays around them kept alive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sheetnet.errors import EngineError
from sheetnet.workbook import Cell, Place, Position, Sheet, Workbook


def prepared(workbook: Workbook, places: Sequence[Place]) -> Workbook:
    """The workbook without cached values, ready for numbers in `places`: no array formula covers one of them.

    Cached values are claims of whoever made the file. They become 0, so that none of them can pass for a result.
    """
    over: dict[str, set[Position]] = defaultdict(set)
    for name, row, column in places:
        over[_known(workbook, name).name].add((row, column))
    return replace(workbook, sheets=tuple(_freed(sheet, over[sheet.name]) for sheet in workbook.sheets))


def with_numbers(workbook: Workbook, places: Sequence[Place], numbers: Sequence[float]) -> Workbook:
    """The workbook with `numbers` in the cells `places`, in that order."""
    put: dict[str, dict[Position, Cell]] = defaultdict(dict)
    for (name, row, column), number in zip(places, numbers, strict=True):
        put[_known(workbook, name).name][row, column] = Cell(float(number))
    return replace(
        workbook,
        sheets=tuple(
            replace(sheet, cells={**sheet.cells, **put[sheet.name]}) if sheet.name in put else sheet
            for sheet in workbook.sheets
        ),
    )


def _known(workbook: Workbook, name: str) -> Sheet:
    sheet = workbook.sheet(name)
    if sheet is None:
        raise EngineError(f"the workbook has no sheet {name!r} to put numbers in")
    return sheet


def _freed(sheet: Sheet, over: set[Position]) -> Sheet:
    """The sheet with cached values of 0, and each array that covers a position of `over` taken apart."""
    cells = {at: replace(cell, value=0.0) if cell.formula is not None else cell for at, cell in sheet.cells.items()}
    arrays: dict[Position, tuple[int, int]] = {}
    for anchor, size in sheet.arrays.items():
        covered = [(anchor[0] + i, anchor[1] + j) for i in range(size[0]) for j in range(size[1])]
        cells.update({at: replace(cells.get(at, Cell()), value=0.0) for at in covered})
        if over.isdisjoint(covered):
            arrays[anchor] = size
        else:
            pieces = _pieces(cells[anchor].formula or "", anchor, covered, over)
            cells.update(pieces)
            arrays.update(dict.fromkeys(pieces, (1, 1)))
    return replace(sheet, cells=cells, arrays=arrays)


def _pieces(
    formula: str, anchor: Position, covered: Sequence[Position], over: set[Position]
) -> Mapping[Position, Cell]:
    """One array formula a cell for the cells of an array that stay, each picking its own element."""
    return {
        (row, column): Cell(0.0, f"INDEX({formula},{row - anchor[0] + 1},{column - anchor[1] + 1})")
        for row, column in covered
        if (row, column) not in over
    }
