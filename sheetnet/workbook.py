"""The workbook between all formats: sheets of cells, and names.

Rows and columns count from 1. Formulas are text in the canonical dialect: Excel A1 syntax, English function names
without prefixes (`_xlfn.`), "," between arguments, and no leading "=".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from sheetnet.object_display import shown_line

Position = tuple[int, int]  # row, column, from 1
Place = tuple[str, int, int]  # sheet, row, column
Box = tuple[int, int, int, int]  # top, left, bottom, right
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

    `role` says how the cell looks (a key of `styles.STYLES`), `number` its number format where the role leaves it open;
    both are write-only and take no part in equality.
    """

    value: Value = None
    formula: str | None = None
    role: str = field(default="", compare=False)
    number: str = field(default="", compare=False)

    @property
    def look(self) -> tuple[str, str]:
        """Role and number format, from which its style is made (`styles.style_of`)."""
        return self.role, self.number


@dataclass(frozen=True, slots=True)
class Rule:
    """A conditional format: cells of `box` where `formula` is true take the fill and font of `role`.

    The formula is written for the box's top left cell; its relative references move along. Instead of a formula,
    `scale` colours numbers: two RRGGBB are those of 0 and 1, three those of −m, 0 and m, where m is the largest
    magnitude in the box.
    """

    box: Box
    formula: str = ""
    role: str = ""
    scale: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class CellValidation:
    """What may be typed into the cells of `box`: numbers, all, only those `above`, from `least` on, or `whole`, from … to …

    `title` and `message` say so.
    """

    box: Box
    title: str
    message: str
    above: float | None = None
    whole: tuple[int, int] | None = None
    least: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: its name, the column of its numbers, its colour as RRGGBB.

    In the legend of several series an .ods shows no name but that of a cell: `label` is the one that holds it.
    """

    name: str
    y: Box
    color: str = "1F3864"
    thin: bool = False
    label: Position | None = None


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines of the numbers of each series over those in `x` (all one column wide, of the chart's own sheet).

    `anchor` is the cell under its top left corner; `size` is in columns and rows of usual width and height. `last` is
    where the x axis ends; several series have a legend.
    """

    title: str
    x_title: str
    y_title: str
    x: Box
    series: tuple[Series, ...]
    anchor: Position
    size: tuple[int, int] = (8, 18)
    last: float | None = None


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A straight line between the top left corners of two cells, the `begin` left of the `end`."""

    begin: Position
    end: Position


@dataclass(frozen=True, slots=True)
class View:
    """How a sheet is shown; write-only. Widths are in characters, `freeze` is the first cell that scrolls.

    `notes` are the comments of cells, `links` lead from a cell to (sheet, row, column). A `locked` sheet is protected
    without a password: only cells whose look is open (styles.STYLES) can be changed. `title_rows` repeat on each page.
    Of a sheet that no page is wide enough for, the first `printed_columns` alone are printed, or `title_columns` repeat
    on each page.
    The cells of each box in `merged` show as one, with what its first cell holds.
    `row_groups` and `column_groups` are (first, last) of what can be folded away and is not yet.

    A sheet prints one page wide and as many long as it needs; all on `one_page`; or at `scale` per cent, and then pages
    begin at `row_breaks` and `column_breaks`.
    """

    widths: Mapping[int, float] = field(default_factory=dict)
    default_width: float = 9.0
    freeze: Position | None = None
    landscape: bool = True
    notes: Mapping[Position, str] = field(default_factory=dict)
    links: Mapping[Position, Place] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    entries: tuple[CellValidation, ...] = ()
    charts: tuple[LineChart, ...] = ()
    lines: tuple[DrawnLine, ...] = ()
    merged: tuple[Box, ...] = ()
    locked: bool = False
    title_rows: tuple[int, int] | None = None
    title_columns: tuple[int, int] | None = None
    printed_columns: int | None = None
    row_groups: tuple[tuple[int, int], ...] = ()
    column_groups: tuple[tuple[int, int], ...] = ()
    one_page: bool = False
    scale: int = 0
    row_breaks: tuple[int, ...] = ()
    column_breaks: tuple[int, ...] = ()
    tab: str | None = None


@dataclass(frozen=True, slots=True)
class Disguise:
    """What a file says of cells that people see otherwise than they are, or not at all; no writer writes it.

    `rows` and `columns` that are hidden are (first, last); `formats` are number formats, in Excel's spelling, that may
    show another number than the cell holds.
    """

    rows: tuple[tuple[int, int], ...] = ()
    columns: tuple[tuple[int, int], ...] = ()
    formats: Mapping[Position, str] = field(default_factory=dict)


NOTHING_HIDDEN = Disguise()


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
    disguise: Disguise = field(default=NOTHING_HIDDEN, compare=False)

    def __repr__(self) -> str:
        """One line: the name, and how many cells and formulas there are."""
        formulas = sum(cell.formula is not None for cell in self.cells.values())
        return shown_line(self, f"{self.name!r}: {len(self.cells):,} cells, {formulas:,} of them formulas")


@dataclass(frozen=True, slots=True)
class Name:
    """A defined name; `refers_to` is a formula such as `Step!$B$3:$C$5`, `sheet` its scope (None: the workbook)."""

    name: str
    refers_to: str
    sheet: str | None = None


@dataclass(frozen=True)
class Workbook:
    """Sheets in their order, and the defined names sorted by (sheet or "", name).

    Rows and columns count from 1; formulas are in Excel's syntax with English names, without the leading "=".

    >>> path = sheetnet.write_workbook(sheetnet.load_network("d02b"), "d02b.ods")
    >>> step = sheetnet.read_workbook(path).sheet("Step")
    >>> step.cells[12, 9].formula
    '1/(1+EXP(-F12))'
    """

    sheets: tuple[Sheet, ...]
    names: tuple[Name, ...] = ()

    @cached_property
    def formulas(self) -> list[str]:
        """Every formula, sheet by sheet; equal ones once."""
        found = (cell.formula for sheet in self.sheets for cell in sheet.cells.values() if cell.formula is not None)
        return list(dict.fromkeys(found))

    @cached_property
    def memory(self) -> dict[str, Any]:
        """What was computed from this workbook once, by the name of what it is, and will be asked for again."""
        return {}

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name; spreadsheets ignore case in it."""
        wanted = name.casefold()
        return next((sheet for sheet in self.sheets if sheet.name.casefold() == wanted), None)

    def __repr__(self) -> str:
        """One line: how many cells and names there are, and on which sheets."""
        cells = sum(len(sheet.cells) for sheet in self.sheets)
        sheets = ", ".join(sheet.name for sheet in self.sheets)
        return shown_line(self, f"of {cells:,} cells and {len(self.names):,} names on the sheets {sheets}")


def array_cells(sheet: Sheet) -> dict[Position, Position]:
    """Every cell that an array formula of the sheet fills → the anchor of that array."""
    return {
        (top + r, left + c): (top, left)
        for (top, left), (rows, columns) in sheet.arrays.items()
        for r in range(rows)
        for c in range(columns)
    }
