"""Formulas and edits that name cells by quantity, such as `{z_1[0,0]}`, wherever a layout puts them.

| written | means |
|---|---|
| `{z_1[0,1]}` | one cell of a block: row and column from 0, as its name defines them |
| `{W_1}`, `{W_1[:,0]}`, `{W_1[0,:]}` | a whole block, a column or a row of it |
| `{A_0[0,0]:[0,2]}` | a part of a block, from one cell to another; a number may lead out of the block |
| `{gamma[$0,$0]}`, `{W_1[$:,$:]}` | with `$`: before the row's number it fixes the row, before the column's the column |
| `{!z_1[0,1]}` | with the sheet before it: `Step!G18`, for formulas on other sheets and for names |
| `{z_1[0,1].row}`, `.column`, `.letters` | the number of its first row or column on the sheet; its column's letters |
| `{beside[0,0]}` | free cells on the sheet of the step, right of all that it holds |

In column orientation blocks stand transposed, and so do the parts, whole rows and `$`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sheetnet.network import Network
from sheetnet.syntax import ROWS, Area, column_letters, parse_area, quote_sheet, shift
from sheetnet.validation.locate import Located, locate
from sheetnet.workbook import Cell, Name, Place, Sheet, Value, Workbook
from tests.support.sheets import with_cell

_INDEX = r"\[(\$?)(:|-?\d+),(\$?)(:|-?\d+)\]"
_PLACE = re.compile(rf"\{{(!?)([A-Za-z]\w*)(?:{_INDEX}(?::{_INDEX})?)?(?:\.(row|column|letters))?\}}")
_BESIDE = "beside"


@dataclass(frozen=True)
class Array:
    """One array formula, for all cells of the place at which it is entered."""

    formula: str


Content = Cell | Array | Value  # a text that begins with "=" is a formula
Edits = Mapping[str, Content]


def spell(text: str, workbook: Workbook, network: Network) -> str:
    """The text with addresses in place of quantities. Raises KeyError for a block that is nowhere."""
    return _Spelling.of(workbook, network).spell(text)


def places(text: str, workbook: Workbook, network: Network) -> list[Place]:
    """The cells of a quantity such as `{z_1[0,:]}`, or of an address such as `Mine!A1:B2`."""
    return list(_cells(_Spelling.of(workbook, network).area(text)))


def edited(workbook: Workbook, network: Network, edits: Edits) -> Workbook:
    """The workbook with contents entered at places, each a quantity or an address such as `Mine!B2`.

    A formula for several cells is filled as by dragging, or is one formula as an `Array`. A sheet that is not there is
    added. The key `@rate` defines a name, in place of one that is there; None empties a cell and deletes a name.
    """
    spelling = _Spelling.of(workbook, network)
    for place, content in edits.items():
        if place.startswith("@"):
            workbook = _with_name(workbook, place[1:], None if content is None else spelling.spell(str(content)))
            continue
        area = spelling.area(place)
        if workbook.sheet(area.sheet or "") is None:
            workbook = replace(workbook, sheets=(*workbook.sheets, Sheet(area.sheet or "", {})))
        workbook = _entered(workbook, area, content, spelling)
    return workbook


@dataclass(frozen=True)
class _Spelling:
    """Where the blocks of a workbook stand."""

    located: Located
    beside: Area

    @classmethod
    def of(cls, workbook: Workbook, network: Network) -> _Spelling:
        located = locate(workbook, network)
        name = next(iter(located.areas.values())).sheet
        sheet = workbook.sheet(name or "")
        assert sheet is not None
        last = max(column for _, column in sheet.cells)
        return cls(located, Area(name, 1, last + 2, ROWS, last + 20))

    def spell(self, text: str) -> str:
        return _PLACE.sub(self._put, text)

    def area(self, text: str) -> Area:
        """The cells of a place, with their sheet."""
        whole = _PLACE.fullmatch(text)
        area = self._area(whole) if whole else parse_area(self.spell(text))
        assert area is not None, f"{text} is no place"
        assert area.sheet is not None, f"{text} is on no sheet: give it one"
        return area

    def _put(self, match: re.Match[str]) -> str:
        area = self._area(match)
        if match[11]:
            return {"row": str(area.top), "column": str(area.left), "letters": column_letters(area.left)}[match[11]]
        dollars = match[3] or "", match[5] or "", (match[7] or match[3] or ""), (match[9] or match[5] or "")
        if self._turned(match[2]):
            dollars = dollars[1], dollars[0], dollars[3], dollars[2]
        if (area.top, area.bottom) == (1, ROWS):
            ends = f"{dollars[1]}{column_letters(area.left)}:{dollars[3]}{column_letters(area.right)}"
        else:
            first = f"{dollars[1]}{column_letters(area.left)}{dollars[0]}{area.top}"
            last = f"{dollars[3]}{column_letters(area.right)}{dollars[2]}{area.bottom}"
            single = (area.top, area.left) == (area.bottom, area.right)
            ends = first if single else f"{first}:{last}"
        return f"{quote_sheet(area.sheet or '')}!{ends}" if match[1] else ends

    def _area(self, match: re.Match[str]) -> Area:
        """The area of a quantity: from its first index, to its second or to the end of what `:` stands for."""
        block = match[2]
        whole = self.beside if block == _BESIDE else self.located.areas[block]
        if match[4] is None:
            return whole
        rows, columns = whole.bottom - whole.top + 1, whole.right - whole.left + 1
        if self._turned(block):
            rows, columns = columns, rows
        top, bottom = _span(match[4], match[8], rows)
        left, right = _span(match[6], match[10], columns)
        if self._turned(block):
            top, left, bottom, right = left, top, right, bottom
        return Area(whole.sheet, whole.top + top, whole.left + left, whole.top + bottom, whole.left + right)

    def _turned(self, block: str) -> bool:
        return block != _BESIDE and self.located.turned(block)


def _span(first: str, last: str | None, count: int) -> tuple[int, int]:
    if first == ":":
        return 0, count - 1
    return int(first), int(last or first)


def _cells(area: Area) -> Iterator[Place]:
    assert area.sheet is not None
    for row in range(area.top, area.bottom + 1):
        for column in range(area.left, area.right + 1):
            yield area.sheet, row, column


def _entered(workbook: Workbook, area: Area, content: Content, spelling: _Spelling) -> Workbook:
    if isinstance(content, Array):
        return _with_array(workbook, area, spelling.spell(content.formula).removeprefix("="))
    if isinstance(content, str) and content.startswith("="):
        content = Cell(None, content[1:])
    cell = None if content is None else content if isinstance(content, Cell) else _constant(content)
    if cell is not None and isinstance(cell.value, str):
        cell = replace(cell, value=spelling.spell(cell.value))
    for place in _cells(area):
        down, right = place[1] - area.top, place[2] - area.left
        workbook = with_cell(workbook, place, None if cell is None else _filled(cell, down, right, spelling))
    return workbook


def _filled(cell: Cell, down: int, right: int, spelling: _Spelling) -> Cell:
    """The cell as it reads so many rows and columns from where it was entered."""
    if cell.formula is None:
        return cell
    return replace(cell, formula=shift(spelling.spell(cell.formula), down, right))


def _constant(value: Value) -> Cell:
    """A cell as a reader gives it: numbers are floats."""
    whole = type(value) is int  # for mypy an int is a float already
    return Cell(float(str(value)) if whole else value)


def _with_array(workbook: Workbook, area: Area, formula: str) -> Workbook:
    """The workbook with an array formula over an area; its other cells hold values alone."""
    first, *others = _cells(area)
    workbook = with_cell(workbook, first, Cell(None, formula))
    for place in others:
        workbook = with_cell(workbook, place, Cell(0.0))
    shape = area.bottom - area.top + 1, area.right - area.left + 1
    sheets = (
        replace(sheet, arrays={**sheet.arrays, first[1:]: shape}) if sheet.name == area.sheet else sheet
        for sheet in workbook.sheets
    )
    return replace(workbook, sheets=tuple(sheets))


def _with_name(workbook: Workbook, name: str, refers_to: str | None) -> Workbook:
    """The workbook with a name of the workbook's scope, or without it."""
    names = tuple(each for each in workbook.names if (each.name, each.sheet) != (name, None))
    return replace(workbook, names=names if refers_to is None else (*names, Name(name, refers_to)))
