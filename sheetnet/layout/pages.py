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
        if width > (room := ROOM_LEFT * PAGE_SIZE[0] * 100 / scale):
            return _side_by_side(replace(sheet, view=view), widths, room)
    return replace(sheet, view=view)


def readable(sheet: Sheet) -> Sheet:
    """The sheet on pages that are as wide as it is, or where its text would get too small on these, on several side by side.

    Each of those repeats the columns that do not scroll, and begins where the fewest numbers are parted from one another.
    """
    view = sheet.view
    widths, heights = _sizes(sheet)
    scale, across = _smallest_scale(sheet), PAGE_SIZE if view.landscape else PAGE_SIZE[::-1]
    width, height = (ROOM_LEFT * side * 100 / scale for side in across)
    widths = widths[: view.printed_columns]
    if view.scale or view.one_page or sum(widths) <= width:
        return sheet
    filled = [at for at in sheet.cells if _is_filled(sheet, *at)]
    below = Counter(r for r, c in filled if _is_filled(sheet, r - 1, c))
    below.update({r for r, _ in filled} & {r + 1 for r, _ in filled})  # best behind a blank row
    repeated = ROW_HEIGHT * (view.title_rows[1] - view.title_rows[0] + 1) if view.title_rows else 0.0
    breaks = tuple(_beginnings(below, heights, height - repeated, 1))
    return _side_by_side(replace(sheet, view=replace(view, scale=scale, row_breaks=breaks)), widths, width)


def _side_by_side(sheet: Sheet, widths: Sequence[float], width: float) -> Sheet:
    """The sheet on pages that have so much room in width; each repeats the columns that do not scroll."""
    kept = sheet.view.freeze[1] - 1 if sheet.view.freeze is not None else 0
    beside = Counter(c for r, c in sheet.cells if _has_number(sheet, r, c) and _has_number(sheet, r, c - 1))
    breaks = tuple(_beginnings(beside, widths, width - sum(widths[:kept]), kept + 1))
    return replace(sheet, view=replace(sheet.view, column_breaks=breaks, title_columns=(1, kept) if kept else None))


def _smallest_scale(sheet: Sheet) -> int:
    """The scale in per cent at which the smallest text of the sheet can still be read."""
    sizes = (STYLES[cell.role].size for cell in sheet.cells.values() if cell.value is not None or cell.formula)
    return ceil(100 * SMALLEST_TEXT / min(sizes, default=SMALLEST_FONT))


def _beginnings(parted: Counter[int], sizes: Sequence[float], room: float, begin: int) -> Iterator[int]:
    """The columns, or rows, in which a further page begins: of those that fill the page before by more than half, the best.

    `parted` counts what stands on both sides of each.
    """
    while sum(sizes[begin - 1 :]) > room:
        full = begin + 1  # the first that no longer fits
        while sum(sizes[begin - 1 : full]) <= room:
            full += 1
        begin = min(range(max(begin + 1, (begin + full) // 2), full + 1), key=lambda line: (parted[line], -line))
        yield begin


def _is_filled(sheet: Sheet, row: int, column: int) -> bool:
    cell = sheet.cells.get((row, column))
    return cell is not None and (cell.formula is not None or cell.value is not None)


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
