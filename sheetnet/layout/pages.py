"""Chooses how a sheet is printed: as large as its pages allow, and never so small that it cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, chain, pairwise
from math import ceil

from sheetnet.layout.number_format import PIXELS, text_characters
from sheetnet.styles import STYLES
from sheetnet.workbook import Cell, Sheet

PAGE_SIDEWAYS = (806.0, 510.0)  # points that an A4 page has within its margins: width and height
PAGE_UPRIGHT = (559.0, 757.0)
ROW_HEIGHT = 15.0
ROOM_LEFT = 0.94  # of a page is counted on: LibreOffice's digits, in which widths are told, are 6 % wider than Excel's
LONGER_TEXT = 1.15  # times as long as its letters say may a text be that runs over the sheet's edge: fonts differ
READABLE = 0.75  # of its size is a sheet at least that is put on one page
SMALLEST_TEXT = 6.0  # points on paper
SMALLEST_FONT = min(style.size for style in STYLES.values())
SMALLEST_SCALE = ceil(100 * SMALLEST_TEXT / SMALLEST_FONT)
WORST = 10_000  # more than the cells of any row that a page could begin with
# The roles of which a row with no other belongs to what stands below it.
HEADINGS = frozenset({"title", "subtitle", "band", "symbol", "equation", "head", "header", "index", "sign", "arrow"})


def paged(sheet: Sheet, parts: Sequence[int], side_by_side: bool) -> Sheet:
    """The sheet with its pages: one, upright or sideways, if it stays readable, else as large as its width allows.

    `parts` are the rows (or the columns, if parts stand side by side) in which a page may begin.
    """
    widths, heights = _sizes(sheet)
    width, height = sum(widths), sum(heights)
    sideways = min(PAGE_SIDEWAYS[0] / width, PAGE_SIDEWAYS[1] / height)
    upright = min(PAGE_UPRIGHT[0] / width, PAGE_UPRIGHT[1] / height)
    if max(sideways, upright) >= READABLE:
        return replace(sheet, view=replace(sheet.view, one_page=True, landscape=sideways >= upright))
    scale = max(int(100 * min(1.0, ROOM_LEFT * PAGE_SIDEWAYS[0] / width)), SMALLEST_SCALE)
    across, down = (ROOM_LEFT * side * 100 / scale for side in PAGE_SIDEWAYS)
    if side_by_side:
        beside, below = _breaks(parts, widths, across), _row_breaks(sheet, heights, down)
        return replace(sheet, view=replace(sheet.view, scale=scale, row_breaks=below, column_breaks=beside))
    title = ROW_HEIGHT * sheet.view.title_rows[1] if sheet.view.title_rows else 0.0
    sheet = replace(sheet, view=replace(sheet.view, scale=scale, row_breaks=_breaks(parts, heights, down, title)))
    return _side_by_side(sheet, widths, across) if width > across else sheet


def readable(sheet: Sheet) -> Sheet:
    """The sheet on one page, if it stays readable there, else on pages as wide as it is, or on several side by side.

    Pages below one another begin behind a blank row where they can, and no heading is the last line of one; those side
    by side repeat the columns that do not scroll, and begin where the fewest numbers are parted from one another.
    """
    view = sheet.view
    widths, heights = _sizes(sheet)
    widths = widths[: view.printed_columns]
    width, height = (ROOM_LEFT * side for side in (PAGE_SIDEWAYS if view.landscape else PAGE_UPRIGHT))
    smallest, largest = _smallest_scale(sheet), int(100 * min(1.0, width / sum(widths)))
    if largest < smallest:
        breaks = _row_breaks(sheet, heights, height * 100 / smallest)
        sheet = replace(sheet, view=replace(view, scale=smallest, row_breaks=breaks))
        return _side_by_side(sheet, widths, width * 100 / smallest)
    least = min(largest, int(100 * READABLE))
    if height * 100 / least >= sum(heights):
        return replace(sheet, view=replace(view, one_page=True))
    pages = {scale: _row_breaks(sheet, heights, height * 100 / scale) for scale in range(largest, least - 1, -1)}
    scale = min(pages, key=lambda scale: len(pages[scale]))  # the largest of those with the fewest pages
    return replace(sheet, view=replace(view, scale=scale, row_breaks=pages[scale]))


def _row_breaks(sheet: Sheet, heights: Sequence[float], height: float) -> tuple[int, ...]:
    """The rows in which a further page begins, of pages that have so much room in height."""
    titles = sheet.view.title_rows
    repeated = sum(heights[titles[0] - 1 : titles[1]]) if titles else 0.0
    return tuple(_beginnings(_parted_rows(sheet), heights, height, 1, repeated))


def _parted_rows(sheet: Sheet) -> Counter[int]:
    """How bad it is if a page begins with a row: what stands above and below, far more below a heading or in a chart."""
    filled = [at for at in sheet.cells if _is_filled(sheet, *at)]
    parted = Counter(r for r, c in filled if _is_filled(sheet, r - 1, c))
    rows = sorted({r for r, _ in filled})
    parted.update({after for row, after in pairwise(rows) if after == row + 1})  # best behind a blank row
    others = {r for r, c in filled if sheet.cells[r, c].role not in HEADINGS}
    kept = [range(row + 1, after + 1) for row, after in pairwise(rows) if row not in others]
    kept += [range(chart.anchor[0] + 1, chart.anchor[0] + chart.size[1] + 1) for chart in sheet.view.charts]
    parted.update(dict.fromkeys(chain.from_iterable(kept), WORST))
    return parted


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


def _beginnings(
    parted: Counter[int], sizes: Sequence[float], room: float, begin: int, repeated: float = 0.0
) -> Iterator[int]:
    """The columns, or rows, in which a further page begins: of those that fill the page before by more than half, the best.

    `parted` counts what stands on both sides of each; `repeated` is the size of what stands on each further page, too.
    """
    while sum(sizes[begin - 1 :]) > room:
        full = begin + 1  # the first that no longer fits
        while sum(sizes[begin - 1 : full]) <= room:
            full += 1
        begin = min(range(max(begin + 1, (begin + full) // 2), full + 1), key=lambda line: (parted[line], -line))
        yield begin
        room, repeated = room - repeated, 0.0


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
    """Widths of columns and heights of rows, in points; the last column takes what of a text runs over the sheet's edge."""
    view, last = sheet.view, max(column for _, column in sheet.cells)
    widths = [0.75 * (PIXELS * view.widths.get(column, view.default_width) + 5) for column in range(1, last + 1)]
    edges = list(accumulate(widths, initial=0.0))
    ends = (edges[column - 1] + _length(cell) for (_, column), cell in sheet.cells.items())
    widths[-1] += max(0.0, max(ends) - edges[-1])
    return widths, [ROW_HEIGHT] * max(row for row, _ in sheet.cells)


def _length(cell: Cell) -> float:
    """About how long the cell's text is, in points, if it may run over the cell's edge; 0.0 of all else."""
    style = STYLES[cell.role]
    if not isinstance(cell.value, str) or style.align != "left" or style.wrap:
        return 0.0
    return LONGER_TEXT * 0.75 * PIXELS * text_characters(cell.value, cell.role)
