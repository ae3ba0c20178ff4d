"""Parses and spells cells, areas and sheet prefixes (Excel A1), and names places and elements in messages and reports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sheetnet.workbook import Place, Position

ROWS = 1_048_576  # rows of a sheet in Excel, LibreOffice and Gnumeric
COLUMNS = 16_384  # columns of a sheet, the last one is XFD
FORMULA_CHARACTERS = 8_192  # of a formula; Excel's own limit
FUNCTION_LEVELS = 64  # of functions within functions; Excel's own limit
TEXT_CHARACTERS = 32_767  # of a text in a cell or note; Excel's own limit

# Excel quotes a sheet name that would read as a cell (W1), as R1C1 notation (R, C, R1, RC2), or as a number.
_PLAIN_SHEET = re.compile(r"[^\W\d][\w.]*")
_LIKE_REFERENCE = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*(?:[Cc][0-9]*)?|[Cc][0-9]*")

# A bare name begins with no point and is not longer than 255 characters: so no text costs the square of its length.
# A 3-D prefix may not begin like a cell: `A1:Step!B2` is a range, not the sheets from A1 to Step.
PREFIX = (
    r"(?:'[^']*+(?:''[^']*+)*+'"
    r"|(?:\[[^\[\]]*+\])?(?![A-Za-z]{1,3}[0-9]+:)\w[\w.]{0,254}+(?::\w[\w.]{0,254}+)?"
    r"|\[[^\[\]]*+\])!"
)
CELL = r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}"
WHOLE_COLUMNS = r"\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}"
WHOLE_ROWS = r"\$?[0-9]{1,7}:\$?[0-9]{1,7}"

_PREFIX = re.compile(PREFIX)
_CELL = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})")
_COLUMN = re.compile(r"(\$?)([A-Za-z]{1,3})")
_ROW = re.compile(r"(\$?)([0-9]{1,7})")
_SHORT = 80  # characters of a reference that is kept once it was parsed


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, both ends included and counted from 1; `sheet` None is the sheet the formula stands on."""

    sheet: str | None
    top: int
    left: int
    bottom: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top + 1, self.right - self.left + 1

    @property
    def size(self) -> int:
        """How many cells."""
        rows, columns = self.shape
        return rows * columns

    def holds(self, position: Position) -> bool:
        """Whether the cell at a row and column is one of them."""
        return self.top <= position[0] <= self.bottom and self.left <= position[1] <= self.right


def spanned(areas: Sequence[Area]) -> Area:
    """The smallest area that holds all of these, on the sheet of the first."""
    return Area(
        areas[0].sheet,
        min(area.top for area in areas),
        min(area.left for area in areas),
        max(area.bottom for area in areas),
        max(area.right for area in areas),
    )


@lru_cache(maxsize=COLUMNS)
def column_letters(number: int) -> str:
    """The letters of a column counted from 1: 1 → A, 28 → AB."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=COLUMNS)
def column_number(letters: str) -> int:
    """The number of a column from 1, in either case: AB → 28."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


@lru_cache(maxsize=1 << 16)
def cell_name(row: int, column: int, absolute: bool = False) -> str:
    """`B3`, or `$B$3` where absolute."""
    if absolute:
        return f"${column_letters(column)}${row}"
    return f"{column_letters(column)}{row}"


@lru_cache(maxsize=1024)
def quote_sheet(name: str) -> str:
    """The sheet's name as a formula spells it before "!": in apostrophes only where Excel needs them."""
    if _PLAIN_SHEET.fullmatch(name) and not _LIKE_REFERENCE.fullmatch(name):
        return name
    return "'" + name.replace("'", "''") + "'"


def split_prefix(text: str) -> tuple[str, str]:
    """A reference or name apart from its sheet prefix: `'W 1'!$A1` → (`'W 1'!`, `$A1`)."""
    match = _PREFIX.match(text)
    return (match[0], text[match.end() :]) if match else ("", text)


def prefix_sheet(prefix: str) -> str | None:
    """The one sheet a prefix such as `'It''s'!` names; None for several sheets (3-D) or another workbook."""
    name = prefix[:-1]
    if name.startswith("'"):
        name = name[1:-1].replace("''", "'")
    return None if not name or any(mark in name for mark in ":[]") else name


def in_sheet(row: int, column: int) -> bool:
    """Whether a sheet has such a cell."""
    return 1 <= row <= ROWS and 1 <= column <= COLUMNS


def parse_area(text: str) -> Area | None:
    """The area of `Step!$B$3:$C$5`, `'It''s'!A1`, `A:A` or `1:3`; None for any other text.

    3-D references and references to other workbooks are no single area, so they give None too.
    """
    return _known_area(text) if len(text) <= _SHORT else _parsed_area(text)


@lru_cache(maxsize=10_000)
def _known_area(text: str) -> Area | None:
    """The same names refer to the same areas in all workbooks of a class."""
    return _parsed_area(text)


def _parsed_area(text: str) -> Area | None:
    prefix, rest = split_prefix(text)
    sheet = prefix_sheet(prefix) if prefix else None
    if prefix and sheet is None:
        return None
    first, colon, last = rest.partition(":")
    if prefix and last.startswith(prefix):
        last = last[len(prefix) :]
    return _area(sheet, first, last if colon else first, bool(colon))


def _area(sheet: str | None, first: str, last: str, two_ends: bool) -> Area | None:
    if (start := _CELL.fullmatch(first)) and (end := _CELL.fullmatch(last)):
        rows, columns = (int(start[4]), int(end[4])), (column_number(start[2]), column_number(end[2]))
    elif two_ends and (start := _COLUMN.fullmatch(first)) and (end := _COLUMN.fullmatch(last)):
        rows, columns = (1, ROWS), (column_number(start[2]), column_number(end[2]))
    elif two_ends and (start := _ROW.fullmatch(first)) and (end := _ROW.fullmatch(last)):
        rows, columns = (int(start[2]), int(end[2])), (1, COLUMNS)
    else:
        return None
    if not in_sheet(min(rows), min(columns)) or not in_sheet(max(rows), max(columns)):
        return None
    return Area(sheet, min(rows), min(columns), max(rows), max(columns))


def area_name(area: Area, absolute: bool = True) -> str:
    """The area as a formula spells it, with its sheet: `Step!$B$3:$C$5`, one cell as `$B$3`, whole columns as `$A:$B`."""
    prefix = "" if area.sheet is None else quote_sheet(area.sheet) + "!"
    dollar = "$" if absolute else ""
    if (area.left, area.right) == (1, COLUMNS):
        return f"{prefix}{dollar}{area.top}:{dollar}{area.bottom}"
    if (area.top, area.bottom) == (1, ROWS):
        return f"{prefix}{dollar}{column_letters(area.left)}:{dollar}{column_letters(area.right)}"
    first, last = cell_name(area.top, area.left, absolute), cell_name(area.bottom, area.right, absolute)
    return prefix + (first if first == last else f"{first}:{last}")


MOST_LISTED = 3  # of many, that a sentence names


def place_name(sheet: str | None, cell: str | None) -> str:
    """A cell, or several, as people read it: `Step!B3`. The sheet's name has no apostrophes, as it has in a formula."""
    return f"{sheet}!{cell}"


def cell_place(place: Place) -> str:
    """The same of a sheet, row and column."""
    return place_name(place[0], cell_name(*place[1:]))


def element_name(quantity: str, index: tuple[int, ...] | None) -> str:
    """An element of a quantity, `z_1[0, 1]`; the quantity alone where it is meant as a whole."""
    return quantity if index is None else f"{quantity}[{', '.join(map(str, index))}]"


def and_more(count: int) -> str:
    """What ends a list of which `count` are left out; empty for none."""
    return f" and {count:,} more" if count > 0 else ""


def listed(words: Sequence[str], most: int = MOST_LISTED) -> str:
    """The first of many, and how many more: `z_1, a_1, z_2 and 4 more`."""
    return ", ".join(words[:most]) + and_more(len(words) - most)
