"""The workbook in the middle: sheets of cells and names. It knows neither files nor networks nor engines.

Rows and columns count from 1. Formulas are text in the canonical dialect: Excel A1 syntax, English function names
without prefixes (`_xlfn.`), "," between arguments, and no leading "=".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Position = tuple[int, int]  # row, column, from 1
Place = tuple[str, int, int]  # sheet, row, column
_NOTHING: Mapping[Position, tuple[int, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CellError:
    """An error value as a cell shows it, such as `#DIV/0!`. It equals no number."""

    code: str

    def __str__(self) -> str:
        return self.code


Value = float | str | bool | CellError | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A number, text, truth value or formula. `value` is the constant, or the formula's cached value.

    `role` says how the cell looks (a key of `looks.STYLES`); it is write-only and takes no part in equality.
    """

    value: Value = None
    formula: str | None = None
    role: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class View:
    """How a sheet is shown; write-only. Widths are in characters, `freeze` is the first cell that scrolls."""

    widths: Mapping[int, float] = field(default_factory=dict)
    default_width: float = 9.0
    freeze: Position | None = None
    landscape: bool = True


@dataclass(frozen=True, slots=True)
class Sheet:
    """Cells by position, sparse. `arrays` maps the anchor of each array formula to its (rows, columns).

    The anchor's cell holds the formula; the other cells of an array hold cached values alone.
    """

    name: str
    cells: Mapping[Position, Cell]
    arrays: Mapping[Position, tuple[int, int]] = field(default_factory=lambda: _NOTHING)
    hidden: bool = False
    view: View = field(default_factory=View, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A defined name; `refers_to` is a formula such as `Step!$B$3:$C$5`, `sheet` its scope (None: the workbook)."""

    name: str
    refers_to: str
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Workbook:
    """Sheets in their order, and the defined names sorted by (sheet or "", name)."""

    sheets: tuple[Sheet, ...]
    names: tuple[Name, ...] = ()

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name; spreadsheets ignore case in it."""
        wanted = name.casefold()
        return next((sheet for sheet in self.sheets if sheet.name.casefold() == wanted), None)


def array_cells(sheet: Sheet) -> dict[Position, Position]:
    """Every cell that an array formula of the sheet fills → the anchor of that array."""
    return {
        (top + r, left + c): (top, left)
        for (top, left), (rows, columns) in sheet.arrays.items()
        for r in range(rows)
        for c in range(columns)
    }
