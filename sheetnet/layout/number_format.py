"""Chooses how many digits of a calculated block are shown, and how wide a column its numbers need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import floor, isfinite, log10

from sheetnet.styles import BOLDER, STYLES, letters_width, style_of
from sheetnet.workbook import Cell, Position

NEGLIGIBLE = 1e-12  # of a block's largest number: what is smaller counts as zero
SMALLEST_PLAIN, LARGEST_PLAIN = 1e-4, 1e5  # beyond these, a number is shown with a power of ten
NARROWEST_NUMBER, WIDEST_TYPED = (
    7.0,
    11.0,
)  # characters; programs round what is shown as typed to the width of its column
PIXELS = 7  # of a character, as spreadsheets measure columns
MOST_DECIMALS = 20
MARGIN = 1.6  # characters beside a number
BOLD = 1.12  # times as wide
_EXPECTED = -1.0  # stands for a number that is not there yet


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How the numbers of one block are shown: with so many decimals, or with so many and a power of ten.

    `negligible` is the size up to which a number counts as zero.
    """

    decimals: int
    significant: int
    negligible: float

    @classmethod
    def of(cls, numbers: Iterable[float], significant: int = 4) -> NumberFormat:
        """The format in which the smallest number that matters has so many significant digits.

        >>> NumberFormat.of([0.5, -0.0123]).code(0.5)
        '0.00000'
        """
        sizes = [abs(number) for number in numbers if isfinite(number)]
        negligible = NEGLIGIBLE * max(sizes, default=0.0)
        plain = [size for size in sizes if size > negligible and SMALLEST_PLAIN <= size < LARGEST_PLAIN]
        decimals = significant if not plain else max(0, significant - 1 - floor(log10(min(plain))))
        return cls(decimals, significant, negligible)

    def code(self, value: float) -> str:
        """The number format of a cell with this value."""
        size = abs(value)
        if size <= self.negligible or SMALLEST_PLAIN <= size < LARGEST_PLAIN or not isfinite(value):
            return _fixed(self.decimals)
        return f"{_fixed(self.significant - 1)}E+00"


@cache
def _fixed(decimals: int) -> str:
    return f"0.{'0' * decimals}" if decimals else "0"


def block_format(role: str, values: Iterable[float]) -> NumberFormat | None:
    """The digits of a calculated block of this role; None where the role has a number format of its own."""
    digits = STYLES[role].digits
    return NumberFormat.of(values, digits) if digits else None


def fitting_widths(cells: Mapping[Position, Cell]) -> dict[int, float]:
    """Column → characters that its widest number needs, or one that is yet to be entered in a format of its own."""
    found: dict[int, float] = {}
    for (_, column), cell in cells.items():
        value = _EXPECTED if cell.value is None and cell.number else cell.value
        if type(value) is float:
            needed = _characters(value, cell.role, cell.number)
            if needed > found.get(column, NARROWEST_NUMBER):
                found[column] = needed
    return found


def _characters(value: float, role: str, number: str) -> float:
    style = style_of(role, number)
    if style.number == "General":
        length = min(float(len(f"{value:.15g}")), WIDEST_TYPED)
    else:
        if percent := style.number.endswith("%"):
            value *= 100
        mantissa, power, _ = style.number.removesuffix("%").partition("E+")
        decimals = len(mantissa) - 2 if "." in mantissa else 0
        length = float(len(f"{value:.{decimals}e}" if power else f"{value:.{decimals}f}") + percent)
    return length * (BOLD if style.bold else 1.0) * style.size / STYLES[""].size + MARGIN


def text_characters(text: str, role: str) -> float:
    """The width that a line of text needs, in characters of a column's width."""
    style = STYLES[role]
    return letters_width(text) * style.size * (BOLDER if style.bold else 1.0) / (72 / 96 * PIXELS) + 1.0


def percent_format(part: float) -> str:
    """The number format that shows a part of 1 as per cent, with two significant digits."""
    size = abs(100 * part)
    decimals = 2 if size == 0 else min(max(0, 1 - floor(log10(size))), MOST_DECIMALS)
    return f"{_fixed(decimals)}%"
