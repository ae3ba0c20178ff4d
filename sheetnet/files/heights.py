"""How high a row must be for its wrapped and larger texts; not every program measures it. It knows no format."""

from __future__ import annotations

from math import ceil

from sheetnet.looks import STYLES, Style
from sheetnet.workbook import Sheet

USUAL_HEIGHT = 15.0  # points
_USUAL = STYLES[""].size
_TALL = frozenset(role for role, style in STYLES.items() if style.wrap or style.size > _USUAL)
# Widths of Arial's characters as parts of the font's size, rounded up to three kinds.
_NARROW, _WIDE = frozenset(" iljtfrI.,:;'|!()[]/-·⁽⁾⁰¹²³⁴₀₁₂₃₄ᵢⱼₖₙ"), frozenset("mwMW@%∂Σ→—…")
_BOLD = 1.07
_LINE = 1.2  # a line's height, as part of the font's size
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
    """`width` is in characters of 7 pixels each."""
    lines = 1
    if style.wrap:
        room = width * 7 * _POINTS / (style.size * (_BOLD if style.bold else 1))
        lines = sum(_lines(line, room) for line in text.split("\n"))
    return max(USUAL_HEIGHT, ceil(lines * style.size * _LINE + 3))


def _lines(text: str, room: float) -> int:
    """How many lines the words fill, when each line has room for so many times the font's size."""
    lines, used = 1, 0.0
    for word in text.split(" "):
        long = sum(map(_width, word))
        if used and used + long > room:
            lines, used = lines + 1, 0.0
        lines += int(long / room)  # a word that is broken
        used += long + _width(" ")
    return lines


def _width(character: str) -> float:
    if character in _NARROW:
        return 0.3
    if character in _WIDE:
        return 0.9
    return 0.7 if character.isupper() else 0.556
