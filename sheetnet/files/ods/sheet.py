"""The cells of one sheet of an .ods, row by row, counted before they are expanded. It knows no files and no other sheets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from sheetnet.errors import FileError
from sheetnet.files import limits
from sheetnet.files.ods.openformula import from_openformula
from sheetnet.files.ods.seen import Seen
from sheetnet.files.ods.values import value_of
from sheetnet.files.room import Room
from sheetnet.files.tables import Tables
from sheetnet.syntax import cell_name, depth
from sheetnet.workbook import Cell, Position, Sheet, Value

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
BRACKETS = 4  # times that OpenFormula may lengthen a formula, with its brackets and prefixes
_CELLS = frozenset({TABLE + "table-cell", TABLE + "covered-table-cell"})
_ROW = TABLE + "table-row"
_GROUPS = frozenset(TABLE + name for name in ("table-rows", "table-row-group", "table-header-rows"))
_FORMULA, _ROWS, _COLUMNS = TABLE + "formula", TABLE + "number-rows-repeated", TABLE + "number-columns-repeated"
_MATRIX = TABLE + "number-matrix-rows-spanned", TABLE + "number-matrix-columns-spanned"


@dataclass(slots=True)
class _Run:
    """Equal cells side by side, with the formula as it stands in the file."""

    column: int
    count: int
    value: Value
    formula: str | None


class SheetReader:
    """Takes the rows of a sheet as they come; `sheet` gives the result."""

    def __init__(self, where: str, name: str, style: str, seen: Seen) -> None:
        self.name = name
        self.style = style
        self._seen_as = seen
        self._where = f"{where}: {name}"
        self._rows: list[tuple[int, int, list[_Run]]] = []  # the row, how many equal ones, its cells
        self._arrays: dict[Position, tuple[int, int]] = {}
        self._row = 1
        self._seen = 0

    def end(self, table: Element) -> None:
        """After the last row: all of them stood where rows belong, for programs differ in what else they read."""
        if self._seen != _rows_of(table):
            raise FileError(f"{self._where}: has rows outside its table of cells: save the file again")

    def add_columns(self, element: Element) -> None:
        """A `table:table-column`, which stands for one or many."""
        self._seen_as.columns(element, self._counted(element, _COLUMNS, 1))

    def add_row(self, element: Element, room: Room) -> None:
        """The cells of a `table:table-row`, as far as there is room. Raises FileError with sheet and cell."""
        self._seen += 1
        repeated = self._counted(element, _ROWS, 1)
        self._seen_as.row(element, self._row, repeated)
        runs = self._runs(element, room)
        if runs:
            self._take_room(repeated, runs, room)
            self._rows.append((self._row, repeated, runs))
        self._row += repeated

    def _take_room(self, repeated: int, runs: list[_Run], room: Room) -> None:
        if self._row + repeated - 1 > limits.MAX_ROW or runs[-1].column + runs[-1].count - 1 > limits.MAX_COLUMN:
            raise FileError(f"{self._at(runs[-1].column)}: a cell beyond the sheet's last row or column: delete it")
        room.cells -= repeated * sum(run.count for run in runs)
        if room.cells < 0:
            raise FileError(f"{self._at(1)}: more than {limits.MAX_CELLS:,} cells: delete what is not needed")
        room.take_formula(repeated * sum(run.count * len(run.formula or "") for run in runs), self._at(1))

    def _runs(self, row: Element, room: Room) -> list[_Run]:
        runs: list[_Run] = []
        column = 1
        for cell in row:
            if cell.tag not in _CELLS:
                if any(each.tag in _CELLS for each in cell.iter()):
                    raise FileError(f"{self._at(column)}: cells stand within what is no row: save the file again")
                continue
            attributes = cell.attrib
            count = self._counted(cell, _COLUMNS, column) if _COLUMNS in attributes else 1
            formula = attributes.get(_FORMULA)
            if formula is not None or len(attributes) > 1 or len(cell):  # the others have but a style or a count
                try:
                    value = value_of(cell, formula is not None)
                except ValueError as error:
                    raise FileError(f"{self._at(column)}: {error}: repair the cell") from error
                if value is not None or formula is not None:
                    runs.append(_Run(column, count, value, formula))
                if formula is not None:
                    self._check_formula(cell, formula, column, room)
                if self._seen_as.odd and runs and runs[-1].column == column and column + count - 1 <= limits.MAX_COLUMN:
                    self._seen_as.cells(cell, self._row, column, count)
            column += count
        return runs

    def _check_formula(self, cell: Element, formula: str, column: int, room: Room) -> None:
        if len(formula) > BRACKETS * limits.MAX_FORMULA:
            raise FileError(f"{self._at(column)}: a formula of over {limits.MAX_FORMULA:,} characters: shorten it")
        if _MATRIX[0] not in cell.attrib and _MATRIX[1] not in cell.attrib:
            return
        rows, columns = (self._counted(cell, name, column) for name in _MATRIX)
        room.take_array(rows * columns, self._at(column))
        if self._row + rows - 1 > limits.MAX_ROW or column + columns - 1 > limits.MAX_COLUMN:
            raise FileError(f"{self._at(column)}: an array formula that leaves the sheet: move it")
        self._arrays[self._row, column] = (rows, columns)

    def _counted(self, element: Element, name: str, column: int) -> int:
        text = element.get(name, "1")
        if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
            raise FileError(f"{self._at(column)}: {text[:40]!r} is no count of rows or columns: get the file again")
        return int(text)

    def _at(self, column: int) -> str:
        return f"{self._where}!{cell_name(self._row, column)}"

    def sheet(self, hidden: bool, sheets: Collection[str], tables: Tables) -> Sheet:
        """The sheet; `sheets` are the names of all sheets in small letters, `tables` the database ranges."""
        cells: dict[Position, Cell] = {}
        for row, repeated, runs in self._rows:
            self._row = row
            for run in runs:
                formula = None if run.formula is None else self._formula(run.formula, sheets, tables, run.column)
                if not formula:
                    self._arrays.pop((row, run.column), None)
                    if run.value is None:
                        continue
                cell = Cell(run.value, formula or None)
                if repeated == run.count == 1:
                    cells[row, run.column] = cell
                    continue
                columns = range(run.column, run.column + run.count)
                cells.update(((below, column), cell) for below in range(row, row + repeated) for column in columns)
        return Sheet(self.name, cells, self._arrays, hidden, disguise=self._seen_as.disguises.found())

    def _formula(self, text: str, sheets: Collection[str], tables: Tables, column: int) -> str:
        formula = from_openformula(text, sheets).strip()  # an empty one is none, as in .xlsx
        if tables:
            formula = self._resolved(formula, tables, column)
        if len(formula) > limits.MAX_FORMULA:
            raise FileError(f"{self._at(column)}: a formula of over {limits.MAX_FORMULA:,} characters: shorten it")
        if formula.count("(") + formula.count("{") > limits.MAX_NESTING and depth(formula) > limits.MAX_NESTING:
            raise FileError(f"{self._at(column)}: a formula nested over {limits.MAX_NESTING} levels: simplify it")
        return formula

    def _resolved(self, formula: str, tables: Tables, column: int) -> str:
        try:
            return tables.resolved(formula, (self.name, self._row, column))
        except ValueError as error:
            raise FileError(f"{self._at(column)}: {error}: shorten it") from error


def _rows_of(parent: Element) -> int:
    """How many rows stand right in a table, or in groups of rows in it."""
    return sum(
        1 if child.tag == _ROW else _rows_of(child) for child in parent if child.tag in _GROUPS or child.tag == _ROW
    )
