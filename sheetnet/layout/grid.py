"""Holds the cells of a sheet being laid out, and spells references to its blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from math import isfinite

from sheetnet.errors import FileError
from sheetnet.layout.number_format import block_format, fitting_widths
from sheetnet.styles import LINKED, STYLES
from sheetnet.syntax import COLUMNS, ROWS, Area, area_name, cell_name, parse_area, quote_sheet
from sheetnet.workbook import (
    Box,
    Cell,
    CellError,
    CellValidation,
    DrawnLine,
    LineChart,
    Name,
    Place,
    Position,
    Rule,
    Sheet,
    Value,
    View,
)

Numbers = Sequence[Sequence[float]]
TYPED = 7  # characters of a number that people type
OVERFLOW = CellError("#NUM!")  # what a cell shows whose number is infinite or none


@dataclass
class Grid:
    """A sheet being laid out: cells by position, and the top left corner of each block.

    It answers `formulas.Refs`, so that formula text needs no positions. Where `turned`, blocks stand transposed, as
    column vectors; rows and columns of a block are always asked for as its name defines them.
    """

    sheet: str
    turned: bool = False
    cells: dict[Position, Cell] = field(default_factory=dict)
    corners: dict[str, Position] = field(default_factory=dict)
    shapes: dict[str, tuple[int, int]] = field(default_factory=dict)
    arrays: dict[Position, tuple[int, int]] = field(default_factory=dict)
    notes: dict[Position, str] = field(default_factory=dict)
    links: dict[Position, Place] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    entries: list[CellValidation] = field(default_factory=list)
    charts: list[LineChart] = field(default_factory=list)
    lines: list[DrawnLine] = field(default_factory=list)
    merged: list[Box] = field(default_factory=list)

    def place(self, block: str, shape: tuple[int, int], row: int, column: int) -> Box:
        """Give a block its top left corner; refuse what a sheet cannot hold. Gives the box it covers."""
        self.corners[block], self.shapes[block] = (row, column), shape
        box = self.box(block)
        if box[2] > ROWS or box[3] > COLUMNS:
            raise FileError(
                f"{block} ({shape[0]} × {shape[1]}) would reach row {box[2]:,} and column "
                f"{box[3]:,}, but a sheet ends at {ROWS:,} and {COLUMNS:,}",
                place=self.sheet,
                remedy="take a smaller network or fewer observations"
                + ("" if self.turned else ", or column orientation (--column)"),
            )
        return box

    def box(self, block: str) -> Box:
        """The cells of a block: top, left, bottom, right."""
        top, left = self.corners[block]
        rows, columns = self.on_sheet(self.shapes[block])
        return top, left, top + rows - 1, left + columns - 1

    def on_sheet(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns that a block of this shape takes on the sheet."""
        return (shape[1], shape[0]) if self.turned else shape

    def position(self, block: str, row: int, column: int) -> Position:
        """Where the cell (row, column) of a block stands, both from 0."""
        top, left = self.corners[block]
        return (top + column, left + row) if self.turned else (top + row, left + column)

    def write(self, row: int, column: int, text: str, role: str) -> None:
        """Put a line of text on the sheet; characters that no line has (a network's title may) become spaces."""
        self.cells[row, column] = Cell("".join(c if c.isprintable() else " " for c in text), role=role)

    def calculate(self, row: int, column: int, formula: str, value: Value, role: str, number: str = "") -> None:
        """Put a formula on the sheet, with the value it has; `number` is its number format."""
        self.cells[row, column] = Cell(value, formula, role, number)

    def fill(
        self,
        block: str,
        values: Numbers,
        formula: Callable[[int, int], str | None],
        role: str | Callable[[int, int], str],
        at: Position | None = None,
        typed: bool = False,
    ) -> Box:
        """Write the cells of a block, whose top left corner is put at `at` unless it has one; gives the box it covers.

        `values` are its rows of numbers, the cached values; `formula` of (row, column) is a cell's formula, or None
        where it is a constant; `role` is the look, of all cells or by (row, column). A block without formulas, or one
        that is `typed`, shows its numbers as they were typed, any other with the digits that its own numbers need.
        """
        box = self.box(block) if at is None else self.place(block, (len(values), len(values[0])), *at)
        made = [
            (r, c, number, formula(r, c), role if isinstance(role, str) else role(r, c))
            for r, numbers in enumerate(values)
            for c, number in enumerate(numbers)
        ]
        calculates = not typed and any(text is not None for _, _, _, text, _ in made)
        looks = {look for *_, look in made}
        digits = {look: block_format(look, chain.from_iterable(values)) if calculates else None for look in looks}
        for r, c, number, text, look in made:
            shown = None if text is not None and _as_typed(text, number, look) else digits[look]
            value = number if isfinite(number) else OVERFLOW
            self.cells[self.position(block, r, c)] = Cell(value, text, look, shown.code(number) if shown else "")
        return box

    def cell(self, block: str, row: int, column: int) -> str:
        """The name of one cell of a block, row and column from 0."""
        return cell_name(*self.position(block, row, column))

    def fixed(self, block: str) -> str:
        """The absolute name of a block's first cell."""
        return cell_name(*self.corners[block], absolute=True)

    def row(self, block: str, row: int) -> str:
        """The range of one row of a block."""
        return f"{self.cell(block, row, 0)}:{self.cell(block, row, self.shapes[block][1] - 1)}"

    def column(self, block: str, column: int) -> str:
        """The range of one column of a block."""
        return f"{self.cell(block, 0, column)}:{self.cell(block, self.shapes[block][0] - 1, column)}"

    def area(self, block: str) -> str:
        """The range of a whole block."""
        top, left, bottom, right = self.box(block)
        return f"{cell_name(top, left)}:{cell_name(bottom, right)}"

    def names(self) -> list[Name]:
        """A defined name for each block."""
        return [Name(block, area_name(Area(self.sheet, *self.box(block)))) for block in self.corners]

    def finished(self, view: View) -> Sheet:
        """The sheet, its columns as wide as their numbers; `view` says the rest of how it is shown."""
        fitting = fitting_widths(self.cells).items()
        wider = {column: width for column, width in fitting if width > view.widths.get(column, view.default_width)}
        shown = replace(
            view,
            widths={**view.widths, **wider},
            notes=self.notes,
            links=self.links,
            rules=tuple(self.rules),
            entries=tuple(self.entries),
            charts=tuple(self.charts),
            lines=tuple(self.lines),
            merged=tuple(self.merged),
        )
        return Sheet(self.sheet, self._with_links(), self.arrays, view=shown)

    def _with_links(self) -> dict[Position, Cell]:
        """The cells, in which those that lead somewhere look like links."""
        leading = {at: self.cells[at] for at in self.links if at in self.cells}
        looks = {at: cell.role + LINKED for at, cell in leading.items() if cell.role + LINKED in STYLES}
        return self.cells | {at: replace(self.cells[at], role=role) for at, role in looks.items()}


def _as_typed(formula: str, number: float, look: str) -> bool:
    """Whether a cell shows, as another does, a number that somebody typed: one of few digits, a given one or a mere copy."""
    return len(f"{number:.15g}") <= TYPED and (look in ("input", "target") or parse_area(formula) is not None)


@dataclass(frozen=True)
class Outside:
    """A grid as other sheets see it: the same references with the sheet's name before them."""

    grid: Grid

    def cell(self, block: str, row: int, column: int) -> str:
        """One cell, such as `Step!B7`."""
        return self._qualified(self.grid.cell(block, row, column))

    def fixed(self, block: str) -> str:
        """The only cell of a 1 × 1 block, absolute."""
        return self._qualified(self.grid.fixed(block))

    def row(self, block: str, row: int) -> str:
        """One whole row of a block; on a turned sheet it stands upright."""
        return self._qualified(self.grid.row(block, row))

    def column(self, block: str, column: int) -> str:
        """One whole column of a block; on a turned sheet it lies flat."""
        return self._qualified(self.grid.column(block, column))

    def area(self, block: str) -> str:
        """A whole block as it stands."""
        return self._qualified(self.grid.area(block))

    def _qualified(self, reference: str) -> str:
        return f"{quote_sheet(self.grid.sheet)}!{reference}"
