"""Where blocks stand on a sheet, and the references that follow from it. It knows positions, not what stands there."""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet.errors import FileError
from sheetnet.network import Block
from sheetnet.syntax import COLUMNS, ROWS, Area, area_name, cell_name
from sheetnet.workbook import Cell, Name, Position


@dataclass
class Grid:
    """A sheet being laid out: cells by position, and the top left corner of each block.

    It answers `formulas.Refs`, so that formula text needs no positions.
    """

    sheet: str
    cells: dict[Position, Cell]
    corners: dict[str, Position]
    shapes: dict[str, tuple[int, int]]

    @classmethod
    def empty(cls, sheet: str) -> Grid:
        """A sheet with nothing on it."""
        return cls(sheet, {}, {}, {})

    def place(self, block: Block, row: int, column: int) -> None:
        """Give a block its top left corner; refuse what a sheet cannot hold."""
        bottom, right = row + block.rows - 1, column + block.columns - 1
        if bottom > ROWS or right > COLUMNS:
            raise FileError(
                f"{self.sheet}: {block.name} ({block.rows} × {block.columns}) would reach row {bottom:,} and column "
                f"{right:,}, but a sheet ends at {ROWS:,} and {COLUMNS:,}: take a smaller network or fewer observations"
            )
        self.corners[block.name] = (row, column)
        self.shapes[block.name] = block.shape

    def write(self, row: int, column: int, text: str, role: str) -> None:
        """Put a line of text on the sheet; characters that no line has (a network's title may) become spaces."""
        self.cells[row, column] = Cell("".join(c if c.isprintable() else " " for c in text), role=role)

    def cell(self, block: str, row: int, column: int) -> str:
        """The name of one cell of a block, row and column from 0."""
        top, left = self.corners[block]
        return cell_name(top + row, left + column)

    def fixed(self, block: str) -> str:
        """The absolute name of a block's first cell."""
        return cell_name(*self.corners[block], absolute=True)

    def row(self, block: str, row: int) -> str:
        """The range of one row of a block."""
        return f"{self.cell(block, row, 0)}:{self.cell(block, row, self.shapes[block][1] - 1)}"

    def column(self, block: str, column: int) -> str:
        """The range of one column of a block."""
        return f"{self.cell(block, 0, column)}:{self.cell(block, self.shapes[block][0] - 1, column)}"

    def names(self) -> list[Name]:
        """A defined name for each block."""
        found = []
        for name, (top, left) in self.corners.items():
            rows, columns = self.shapes[name]
            area = Area(self.sheet, top, left, top + rows - 1, left + columns - 1)
            found.append(Name(name, area_name(area)))
        return found
