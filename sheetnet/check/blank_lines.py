"""Rows and columns that somebody inserted inside a block: its name grew with them, its numbers did not."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sheetnet.syntax import Area
from sheetnet.workbook import Cell, Position, Sheet, Workbook

Lines = tuple[Sequence[int], Sequence[int]]  # the rows and the columns of a sheet on which a block's cells stand
MOST_INSERTED = 100  # lines that are looked for: a name that is larger still belongs to something else


def lines_of(sheet: Sheet, area: Area, shape: tuple[int, int]) -> Lines | None:
    """The rows and columns of an area that hold a block of that shape; None where blank lines do not explain the rest."""
    everywhere = [at for at, cell in sheet.cells.items() if _is_filled(cell)]
    inside = [at for at in everywhere if _is_inside(at, area)]
    found = [
        _kept(range(first, last + 1), {at[axis] for at in inside}, {at[axis] for at in everywhere}, size)
        for axis, first, last, size in (
            (0, area.top, area.bottom, shape[0]),
            (1, area.left, area.right, shape[1]),
        )
    ]
    rows, columns = found
    return None if rows is None or columns is None else (rows, columns)


def _kept(lines: range, filled: Collection[int], used: Collection[int], size: int) -> list[int] | None:
    """The lines without the blank ones between the first and the last, where these are as many as are too many.

    Where more are blank, because answers are still to be filled in, those count that are blank all across the sheet.
    """
    extra = len(lines) - size
    if not 0 <= extra <= MOST_INSERTED:
        return None
    blank = {line for line in lines[1:-1] if line not in filled} if extra else set()
    if len(blank) > extra:
        blank = {line for line in blank if line not in used}
    return [line for line in lines if line not in blank] if len(blank) == extra else None


def untouched_rows(workbook: Workbook, area: Area) -> int:
    """How many rows strictly inside an area hold nothing at all on their sheet."""
    sheet = workbook.sheet(area.sheet or "")
    if sheet is None or area.bottom - area.top < 2:
        return 0
    used = {row for (row, _), cell in sheet.cells.items() if area.top < row < area.bottom and _is_filled(cell)}
    return area.bottom - area.top - 1 - len(used)


def _is_filled(cell: Cell) -> bool:
    return cell.formula is not None or cell.value is not None


def _is_inside(at: Position, area: Area) -> bool:
    return area.top <= at[0] <= area.bottom and area.left <= at[1] <= area.right
