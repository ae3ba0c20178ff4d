"""Chooses how a sheet is printed: as large as its pages allow, and never so small that it cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil

from sheetnet.styles import STYLES
from sheetnet.workbook import Sheet

PAGE_SIZE = (757.0, 510.0)  # points that an A4 page, sideways, has within its margins
ROW_HEIGHT = 15.0
ROOM_LEFT = 0.95  # of a page is counted on: programs draw columns a little wider than their widths say
READABLE = 0.75  # of its size is a sheet at least that is put on one page
SMALLEST_TEXT = 6.0  # points on paper
SMALLEST_FONT = min(style.size for style in STYLES.values())
SMALLEST_SCALE = ceil(100 * SMALLEST_TEXT / SMALLEST_FONT)


def paged(sheet: Sheet, parts: Sequence[int], side_by_side: bool) -> Sheet:
    """The sheet with its pages: one, upright or sideways, if it stays readable, else as large as its width allows.

    `parts` are the rows (or the columns, if parts stand side by side) in which a page may begin.
    """
    widths, heights = _sizes(sheet)
    width, height = sum(widths), sum(heights)
    sideways = min(PAGE_SIZE[0] / width, PAGE_SIZE[1] / height)
    upright = min(PAGE_SIZE[1] / width, PAGE_SIZE[0] / height)
    if max(sideways, upright) >= READABLE:
        return replace(sheet, view=replace(sheet.view, one_page=True, landscape=sideways >= upright))
    scale = max(int(100 * min(1.0, ROOM_LEFT * PAGE_SIZE[0] / width)), SMALLEST_SCALE)
    title = ROW_HEIGHT * sheet.view.title_rows[1] if sheet.view.title_rows else 0.0
    if side_by_side:
        view = replace(sheet.view, scale=scale, column_breaks=_breaks(parts, widths, 100 / scale * PAGE_SIZE[0]))
    else:
        view = replace(sheet.view, scale=scale, row_breaks=_breaks(parts, heights, 100 / scale * PAGE_SIZE[1], title))
    return replace(sheet, view=view)


def readable(sheet: Sheet) -> Sheet:
    """The sheet on pages that are as wide as it is, or where its text would get too small on these, on several side by side.

    Each of those repeats the columns that do not scroll, and begins where the fewest numbers are parted from one another.
    """
    view = sheet.view
    widths = _sizes(sheet)[0][: view.printed_columns]
    room = ROOM_LEFT * PAGE_SIZE[0 if view.landscape else 1] * 100 / SMALLEST_SCALE
    if view.scale or view.one_page or sum(widths) <= room:
        return sheet
    kept = view.freeze[1] - 1 if view.freeze is not None else 0
    breaks = tuple(_beginnings(sheet, widths, room - sum(widths[:kept]), kept + 1))
    titles = (1, kept) if kept else None
    return replace(sheet, view=replace(view, scale=SMALLEST_SCALE, column_breaks=breaks, title_columns=titles))


def _beginnings(sheet: Sheet, widths: Sequence[float], room: float, begin: int) -> Iterator[int]:
    """The columns in which a further page begins: of those that fill the page before by more than half, the best."""
    parted = Counter(c for r, c in sheet.cells if _has_number(sheet, r, c) and _has_number(sheet, r, c - 1))
    while sum(widths[begin - 1 :]) > room:
        full = begin + 1  # the first column that no longer fits
        while sum(widths[begin - 1 : full]) <= room:
            full += 1
        begin = min(range(max(begin + 1, (begin + full) // 2), full + 1), key=lambda column: (parted[column], -column))
        yield begin


def _has_number(sheet: Sheet, row: int, column: int) -> bool:
    cell = sheet.cells.get((row, column))
    return cell is not None and (cell.formula is not None or type(cell.value) is float)


def _breaks(parts: Sequence[int], sizes: Sequence[float], room: float, repeated: float = 0.0) -> tuple[int, ...]:
    """The parts that begin a page: each that does not fit on the page of the one before it, with what is repeated there."""
    found, used = [], sum(sizes[: parts[0] - 1])
    for part, after in zip(parts, [*parts[1:], len(sizes) + 1], strict=True):
        long = sum(sizes[part - 1 : after - 1])
        if used + long > room:
            found.append(part)
            used = repeated
        used += long
    return tuple(found)


def _sizes(sheet: Sheet) -> tuple[list[float], list[float]]:
    """Widths of columns and heights of rows, in points."""
    view, last = sheet.view, max(column for _, column in sheet.cells)
    widths = [0.75 * (7 * view.widths.get(column, view.default_width) + 5) for column in range(1, last + 1)]
    return widths, [ROW_HEIGHT] * max(row for row, _ in sheet.cells)
