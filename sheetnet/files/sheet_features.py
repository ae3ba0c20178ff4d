"""Checks and measures comments, links, conditional formats, data validations, charts and row heights for either format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil, isfinite
from textwrap import wrap

from sheetnet.errors import FileError
from sheetnet.styles import BOLDER, STYLES, Style, letters_width
from sheetnet.syntax import Area, area_name, cell_name
from sheetnet.syntax.references import COLUMNS, ROWS, TEXT_CHARACTERS
from sheetnet.workbook import Box, CellValidation, LineChart, Position, Rule, Sheet, Workbook

MAX_TITLE, MAX_MESSAGE = 32, 255  # characters of an entry's title and message; Excel calls a longer one corrupt
MAX_LINKS = 65_530  # of one sheet; Excel's own limit
_COLOR = re.compile("[0-9A-Fa-f]{6}")
_LINE = 42  # characters of a note's line
_ROW_PIXELS = 20  # a row of usual height


def check_views(workbook: Workbook) -> None:
    """Raise FileError, with sheet and cell, for what no program could show or would call damage."""
    sheets = {sheet.name for sheet in workbook.sheets}
    for sheet in workbook.sheets:
        for place, wrong in _wrongs(sheet, sheets):
            spot = f"!{cell_name(*place)}" if place is not None and _inside(place) else ""
            raise FileError(wrong, place=f"{sheet.name}{spot}")


def _wrongs(sheet: Sheet, sheets: set[str]) -> Iterator[tuple[Position | None, str]]:
    view = sheet.view
    yield from ((place, "an empty note: leave it out") for place, text in view.notes.items() if not text)
    long = f"a note of over {TEXT_CHARACTERS:,} characters: shorten it"
    yield from ((place, long) for place, text in view.notes.items() if len(text) > TEXT_CHARACTERS)
    for place, (target, *spot) in view.links.items():
        if target not in sheets or not _inside((spot[0], spot[1])):
            yield place, f"a link to {target!r}, row {spot[0]}, column {spot[1]}, which is missing: correct it"
    if len(view.links) > MAX_LINKS:
        yield None, f"more than {MAX_LINKS:,} links: leave some out"
    places = [*view.notes, *view.links, *(chart.anchor for chart in view.charts)]
    places += [end for line in view.lines for end in (line.begin, line.end)]
    outside = "a note, link, chart or line outside the sheet: place it elsewhere"
    yield from ((place, outside) for place in places if not _inside(place))
    yield from ((rule.box[:2], wrong) for rule in view.rules if (wrong := _wrong_rule(rule)))
    yield from ((entry.box[:2], wrong) for entry in view.entries if (wrong := _wrong_entry(entry)))
    yield from ((chart.anchor, wrong) for chart in view.charts if (wrong := _wrong_chart(chart)))
    backwards = "a line that does not lead to a cell further right: exchange its ends"
    yield from ((line.begin, backwards) for line in view.lines if line.end[1] <= line.begin[1])
    if view.title_rows is not None and not 0 < view.title_rows[0] <= view.title_rows[1] <= ROWS:
        yield None, f"the title rows {view.title_rows} are no rows of a sheet: give the first and the last"
    if view.title_columns is not None and not 0 < view.title_columns[0] <= view.title_columns[1] <= COLUMNS:
        yield None, f"the title columns {view.title_columns} are no columns of a sheet: give the first and the last"
    if view.tab is not None and not _COLOR.fullmatch(view.tab):
        yield None, f"the tab's colour {view.tab!r} is no RRGGBB: give one such as 1F3864"


def _wrong_rule(rule: Rule) -> str:
    if not _is_box(rule.box):
        return f"the rule's cells {rule.box} are no box of a sheet: give top, left, bottom, right"
    if rule.scale is not None:
        good = not rule.formula and len(rule.scale) in (2, 3) and all(map(_COLOR.fullmatch, rule.scale))
        return "" if good else "a colour scale has two or three colours RRGGBB and no formula: give these"
    return "" if rule.formula and rule.role in STYLES else f"a rule needs a formula and a known role, not {rule.role!r}"


def _wrong_entry(entry: CellValidation) -> str:
    if not _is_box(entry.box):
        return f"the entry's cells {entry.box} are no box of a sheet: give top, left, bottom, right"
    if len(entry.title) > MAX_TITLE or len(entry.message) > MAX_MESSAGE:
        sizes = f"{len(entry.title)} and {len(entry.message)}"
        return (
            f"an entry's title and message of {sizes} characters, at most {MAX_TITLE} and {MAX_MESSAGE}: shorten them"
        )
    if entry.whole is not None and (entry.above is not None or entry.whole[0] > entry.whole[1]):
        first, last = entry.whole
        return f"entries that are whole from {first} to {last}: give the smaller first, and no other bound"
    bound = entry.least if entry.above is None else entry.above
    return "" if bound is None or isfinite(bound) else f"entries from {bound} on: give a finite number"


def _wrong_chart(chart: LineChart) -> str:
    boxes = [chart.x, *(series.y for series in chart.series)]
    if not all(_is_box(box) and box[1] == box[3] for box in boxes) or len(boxes) == 1:
        return f"the chart's numbers {', '.join(map(str, boxes))} are no columns of a sheet: give one column each"
    if not all(_COLOR.fullmatch(series.color) for series in chart.series):
        return "a colour of the chart is no RRGGBB: give one such as 1F3864"
    same = len({box[2] - box[0] for box in boxes}) == 1
    return "" if same else "the chart's columns differ in length: match them"


def _is_box(box: Box) -> bool:
    top, left, bottom, right = box
    return _inside((top, left)) and _inside((bottom, right)) and top <= bottom and left <= right


def _inside(place: Position) -> bool:
    return 0 < place[0] <= ROWS and 0 < place[1] <= COLUMNS


def largest_magnitude(box: Box) -> str:
    """The formula of the largest magnitude in a box."""
    cells = area_name(Area(None, *box))
    return f"MAX(MAX({cells}),-MIN({cells}))"


def positions(box: Box) -> Iterator[Position]:
    """The cells of a box, row by row."""
    top, left, bottom, right = box
    return ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))


def note_size(text: str) -> tuple[int, int]:
    """Width and height in pixels of a box that shows the whole note in 9 points, 42 characters a line."""
    lines = [line for paragraph in text.split("\n") for line in (wrap(paragraph, _LINE) or [""])]
    return 24 + 7 * max(16, *map(len, lines)), 14 + 16 * len(lines)


def chart_size(sheet: Sheet, chart: LineChart) -> tuple[int, int]:
    """Width and height in pixels: a column has 7 a character and 5 around."""
    columns, rows = chart.size
    return round(columns * (sheet.view.default_width * 7 + 5)), rows * _ROW_PIXELS


def pixels_to(sheet: Sheet, place: Position) -> tuple[float, float]:
    """How far right and down of the sheet's own corner that of a cell lies; a column has 7 a character and 5 around."""
    heights, (row, column) = row_heights(sheet), place
    widths = (sheet.view.widths.get(left, sheet.view.default_width) for left in range(1, column))
    down = sum(heights.get(above, USUAL_HEIGHT) for above in range(1, row))
    return sum(width * 7 + 5 for width in widths), down / _POINTS


def chart_numbers(sheet: Sheet, box: Box) -> list[float | None]:
    """The values that the cells of a chart's column hold; None where it is no number."""
    values = (sheet.cells[place].value if place in sheet.cells else None for place in positions(box))
    return [float(v) if isinstance(v, (float, int)) and not isinstance(v, bool) else None for v in values]


USUAL_HEIGHT = 15.0  # points
_USUAL = STYLES[""].size
_TALL = frozenset(role for role, style in STYLES.items() if style.wrap or style.size > _USUAL)
_LINE_HEIGHT = 1.2  # a line's height, as part of the font's size
_POINTS = 72 / 96  # of a pixel


def row_heights(sheet: Sheet) -> dict[int, float]:
    """Rows that hold wrapped or larger texts → the height in points that these need."""
    heights: dict[int, float] = {}
    for (row, column), cell in sheet.cells.items():
        if cell.role in _TALL and isinstance(cell.value, str):
            width = sheet.view.widths.get(column, sheet.view.default_width)
            heights[row] = max(heights.get(row, 0.0), _height(cell.value, STYLES[cell.role], width))
    return heights


def _height(text: str, style: Style, width: float) -> float:
    if style.wrap:
        return wrapped_height(text, width, style.size, BOLDER if style.bold else 1)
    return max(USUAL_HEIGHT, ceil(style.size * _LINE_HEIGHT + 3))


def wrapped_height(text: str, width: float, size: float, weight: float = 1) -> float:
    """The height in points that a text needs in a column `width` characters of 7 pixels wide, in a font of that size."""
    room = width * 7 * _POINTS / (size * weight)
    lines = sum(_lines(line, room) for line in text.split("\n"))
    return max(USUAL_HEIGHT, ceil(lines * size * _LINE_HEIGHT + 3))


def _lines(text: str, room: float) -> int:
    """How many lines the words fill, when each line has room for so many times the font's size."""
    lines, used = 1, 0.0
    for word in text.split(" "):
        long = letters_width(word)
        if used and used + long > room:
            lines, used = lines + 1, 0.0
        lines += int(long / room)  # a word that is broken
        used += long + letters_width(" ")
    return lines
