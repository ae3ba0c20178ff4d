"""Reads the cells of one .ods sheet, row by row, counted before they are expanded."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from math import isfinite
from xml.etree.ElementTree import Element

from sheetnet.errors import FileError
from sheetnet.files.limits import Budget, Limits
from sheetnet.files.notices import Disguises
from sheetnet.files.ods.formula_out import from_openformulas
from sheetnet.files.tables import Tables
from sheetnet.syntax import depth
from sheetnet.syntax.references import COLUMNS, ROWS, cell_place
from sheetnet.workbook import Cell, CellError, Position, Sheet, Value

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_STYLE, _DEFAULT = _TABLE + "style-name", _TABLE + "default-cell-style-name"
_VISIBILITY = _TABLE + "visibility"
_MOST = 64  # runs of columns with such a style: each cell without one of its own looks through them
_HIDDEN = ("collapse", "filter")  # programs mark so the rows of closed groups, too


class Seen:
    """Takes columns, rows and cells as they come. `flat` are styles without height or width, `odd` misleading ones."""

    def __init__(self, flat: Collection[str], odd: Mapping[str, str]) -> None:
        self.disguises = Disguises()
        self.odd = odd
        self._flat = flat
        self._column = 1
        self._defaults: list[tuple[int, int, str]] = []  # columns whose cells have a misleading style of their own
        self._of_row: str | None = None

    def columns(self, element: Element, count: int) -> None:
        """Columns that stand side by side and are alike."""
        count = min(count, COLUMNS - self._column + 1)
        if element.get(_VISIBILITY) in _HIDDEN or element.get(_STYLE) in self._flat:
            self.disguises.hide_columns(self._column, count)
        if (style := element.get(_DEFAULT, "")) in self.odd and len(self._defaults) < _MOST:
            self._defaults.append((self._column, self._column + count - 1, style))
        self._column += count

    def row(self, element: Element, number: int, count: int) -> None:
        """Rows that stand one under the other and are alike."""
        if element.get(_VISIBILITY) in _HIDDEN or element.get(_STYLE) in self._flat:
            self.disguises.hide_rows(number, count)
        self._of_row = element.get(_DEFAULT)

    def cells(self, element: Element, row: int, column: int, count: int) -> None:
        """Equal cells side by side, of a row that stands once; asked only where there are misleading styles."""
        for place in range(column, column + count):
            style = element.get(_STYLE) or self._of_row or self._default(place)
            if style in self.odd:
                self.disguises.formats[row, place] = self.odd[style]

    def _default(self, column: int) -> str:
        return next((style for first, last, style in self._defaults if first <= column <= last), "")


_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TYPE, _NUMBER = _OFFICE + "value-type", _OFFICE + "value"
_CALC_TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_NUMERIC = frozenset({"float", "percentage", "currency"})
_WRITTEN = {"date": _OFFICE + "date-value", "time": _OFFICE + "time-value", "string": _OFFICE + "string-value"}
_PARAGRAPH, _SPACES, _COUNT = _TEXT + "p", _TEXT + "s", _TEXT + "c"
_CHARACTERS = {_TEXT + "tab": "\t", _TEXT + "line-break": "\n"}
_TRANSPARENT = frozenset({_TEXT + "span", _TEXT + "a"})

# LibreOffice's own error numbers, as it exports them to .xlsx; all others become #VALUE!.
_ERROR_NUMBERS = {
    "503": "#NUM!", "521": "#NULL!", "523": "#NUM!", "524": "#REF!", "525": "#NAME?", "532": "#DIV/0!", "32767": "#N/A",
}  # fmt: skip
_NUMBERED = re.compile(r"[^\d#]*:(\d+)")
_CODE = re.compile(r"#[^\s#]{1,40}")
_KNOWN = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})
_XML_LINES = re.compile(r"(?<! ) *+[\t\r\n][ \t\r\n]*+")


def cell_value(cell: Element, computed: bool, limits: Limits) -> Value:
    """The value of a cell element, `computed` where it has a formula.

    Raises ValueError, whose text tells the trouble, for what is no number and for a text beyond the limits.
    """
    attributes = cell.attrib
    kind = attributes.get(_TYPE)
    if kind in _NUMERIC or (kind in ("date", "time") and _NUMBER in attributes):
        return xml_number(attributes[_NUMBER]) if _NUMBER in attributes else None
    if kind == "boolean":
        return _truth(attributes.get(_OFFICE + "boolean-value", ""))
    if kind in _WRITTEN:
        return _text_value(cell, attributes, _WRITTEN[kind], computed, limits)
    if kind is not None:
        return None
    # A formula whose result is the empty text has neither type nor characters in LibreOffice's files.
    text = _text(cell, limits) if len(cell) else None
    return text if text or computed else None


def xml_number(text: str) -> float:
    """A finite number, spelled as XML spells one."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value) or "_" in text or not text.isascii():
        raise ValueError(f"{text[:40]!r} is no number")
    return value


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text[:40]!r} is neither true nor false")
    return text == "true"


def _text_value(
    cell: Element, attributes: Mapping[str, str], written: str, computed: bool, limits: Limits
) -> str | CellError:
    if attributes.get(_CALC_TYPE) == "error":
        return CellError(_error_code(_text(cell, limits) or ""))
    value = attributes[written] if written in attributes else _text(cell, limits) or ""
    if len(value) > limits.text:
        raise ValueError(f"a text of over {limits.text:,} characters")
    # Gnumeric marks no errors: what it computed and spells like one is one.
    return CellError(value) if computed and value in _KNOWN else value


def _error_code(text: str) -> str:
    if numbered := _NUMBERED.fullmatch(text):
        return _ERROR_NUMBERS.get(numbered[1], "#VALUE!")
    return text if _CODE.fullmatch(text) else "#VALUE!"


def _text(cell: Element, limits: Limits) -> str | None:
    """The cell's paragraphs, one per line, without comments and drawings; None if it has none."""
    lines = [_line(child, limits) for child in cell if child.tag == _PARAGRAPH]
    return "\n".join(lines) if lines else None


def _line(paragraph: Element, limits: Limits) -> str:
    """Spaces stand as they are, as LibreOffice reads them; line breaks of the XML itself are but spaces."""
    if not len(paragraph) and (text := paragraph.text or "").isprintable():
        return text
    pieces = list(_pieces(paragraph, 0, limits))
    for index in (0, -1):  # those at both ends are no text at all
        pieces[index] = pieces[index].strip("\t\r\n") if pieces[index].isspace() else pieces[index]
    return "".join(pieces)


def _pieces(element: Element, length: int, limits: Limits) -> Iterator[str]:
    yield _XML_LINES.sub(" ", element.text or "")
    for child in element:
        if child.tag in _TRANSPARENT:
            yield from _pieces(child, length, limits)
        elif child.tag == _SPACES:
            count = _space_count(child.get(_COUNT, "1"), limits.spaces)
            length += count
            if length > limits.text:
                raise ValueError(f"over {limits.text:,} spaces")
            yield " " * count
        else:
            yield _CHARACTERS.get(child.tag, "")
        yield _XML_LINES.sub(" ", child.tail or "")


def _space_count(text: str, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) > most:
        raise ValueError(f"{text[:40]!r} spaces in a row")
    return int(text)


TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
BRACKETS = 4  # times that OpenFormula may lengthen a formula, with its brackets and prefixes
_CELLS = frozenset({TABLE + "table-cell", TABLE + "covered-table-cell"})
_ROW = TABLE + "table-row"
_GROUPS = frozenset(TABLE + name for name in ("table-rows", "table-row-group", "table-header-rows"))
_FORMULA, _ROWS, _COLUMNS = TABLE + "formula", TABLE + "number-rows-repeated", TABLE + "number-columns-repeated"
_MATRIX = TABLE + "number-matrix-rows-spanned", TABLE + "number-matrix-columns-spanned"


# Equal cells side by side: the first one's column, how many, the value, and the formula as it stands in the file.
_Run = tuple[int, int, Value, str | None]


class OdsSheetReader:
    """Takes the rows of a sheet as they come; `sheet` gives the result."""

    def __init__(self, name: str, style: str, seen: Seen, budget: Budget) -> None:
        self._budget, self._limits = budget, budget.limits
        self._short = min(self._limits.formula, self._limits.nesting)  # too short to nest too deep
        self.name = name
        self.style = style
        self._seen_as = seen
        self._where = name
        self._rows: list[tuple[int, int, list[_Run]]] = []  # the row, how many equal ones, its cells
        self._arrays: dict[Position, tuple[int, int]] = {}
        self._row = 1
        self._seen = 0

    def end(self, table: Element) -> None:
        """After the last row: all of them stood where rows belong, for programs differ in what else they read."""
        if self._seen != _rows_of(table):
            raise FileError("has rows outside its table of cells", place=self._where, remedy="save the file again")

    def add_columns(self, element: Element) -> None:
        """A `table:table-column`, which stands for one or many."""
        self._seen_as.columns(element, self._counted(element, _COLUMNS, 1))

    def add_row(self, element: Element) -> None:
        """The cells of a `table:table-row`, as far as the budget goes. Raises FileError with sheet and cell."""
        self._seen += 1
        repeated = self._counted(element, _ROWS, 1)
        self._seen_as.row(element, self._row, repeated)
        runs = self._runs(element)
        if runs:
            self._take_budget(repeated, runs)
            self._rows.append((self._row, repeated, runs))
        self._row += repeated

    def _take_budget(self, repeated: int, runs: list[_Run]) -> None:
        column, count, _, _ = runs[-1]
        if self._row + repeated - 1 > ROWS or column + count - 1 > COLUMNS:
            raise FileError("a cell beyond the sheet's last row or column", place=self._at(column), remedy="delete it")
        self._budget.cells -= repeated * sum(count for _, count, _, _ in runs)
        if self._budget.cells < 0:
            raise FileError(
                f"more than {self._limits.cells:,} cells", place=self._at(1), remedy="delete what is not needed"
            )
        characters = sum(count * len(formula) for _, count, _, formula in runs if formula)
        self._budget.take_formula(repeated * characters, self._at(1))

    def _runs(self, row: Element) -> list[_Run]:
        runs: list[_Run] = []
        column = 1
        for cell in row:
            if cell.tag not in _CELLS:
                if any(each.tag in _CELLS for each in cell.iter()):
                    raise FileError(
                        "cells stand within what is no row", place=self._at(column), remedy="save the file again"
                    )
                continue
            attributes = cell.attrib
            count = self._counted(cell, _COLUMNS, column) if _COLUMNS in attributes else 1
            formula = attributes.get(_FORMULA)
            if formula is not None or len(attributes) > 1 or len(cell):  # the others have but a style or a count
                try:
                    value = cell_value(cell, formula is not None, self._limits)
                except ValueError as error:
                    raise FileError(str(error), place=self._at(column), remedy="repair the cell") from error
                if value is not None or formula is not None:
                    runs.append((column, count, value, formula))
                if formula is not None:
                    self._check_formula(cell, formula, column)
                if self._seen_as.odd and runs and runs[-1][0] == column and column + count - 1 <= COLUMNS:
                    self._seen_as.cells(cell, self._row, column, count)
            column += count
        return runs

    def _check_formula(self, cell: Element, formula: str, column: int) -> None:
        if len(formula) > BRACKETS * self._limits.formula:
            raise FileError(
                f"a formula of over {self._limits.formula:,} characters", place=self._at(column), remedy="shorten it"
            )
        if _MATRIX[0] not in cell.attrib and _MATRIX[1] not in cell.attrib:
            return
        rows, columns = (self._counted(cell, name, column) for name in _MATRIX)
        self._budget.take_array(rows * columns, self._at(column))
        if self._row + rows - 1 > ROWS or column + columns - 1 > COLUMNS:
            raise FileError("an array formula that leaves the sheet", place=self._at(column), remedy="move it")
        self._arrays[self._row, column] = (rows, columns)

    def _counted(self, element: Element, name: str, column: int) -> int:
        text = element.get(name, "1")
        if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
            raise FileError(
                f"{text[:40]!r} is no count of rows or columns", place=self._at(column), remedy="get the file again"
            )
        return int(text)

    def _at(self, column: int) -> str:
        return cell_place((self._where, self._row, column))

    def sheet(self, hidden: bool, sheets: Collection[str], tables: Tables) -> Sheet:
        """The sheet; `sheets` are the names of all sheets in small letters, `tables` the database ranges."""
        cells: dict[Position, Cell] = {}
        written = [run[3] for _, _, runs in self._rows for run in runs if run[3] is not None]
        formulas = iter(from_openformulas(written, sheets))
        for row, repeated, runs in self._rows:
            self._row = row
            for column, count, value, text in runs:
                formula = None if text is None else self._formula(next(formulas), tables, column)
                if not formula:
                    self._arrays.pop((row, column), None)
                    if value is None:
                        continue
                cell = Cell(value, formula or None)
                if repeated == count == 1:
                    cells[row, column] = cell
                    continue
                columns = range(column, column + count)
                cells.update(((below, each), cell) for below in range(row, row + repeated) for each in columns)
        return Sheet(self.name, cells, self._arrays, hidden, disguise=self._seen_as.disguises.found())

    def _formula(self, text: str, tables: Tables, column: int) -> str:
        formula = text.strip()  # an empty one is none, as in .xlsx
        if tables:
            formula = self._resolved(formula, tables, column)
        if len(formula) <= self._short:
            return formula
        if len(formula) > self._limits.formula:
            raise FileError(
                f"a formula of over {self._limits.formula:,} characters", place=self._at(column), remedy="shorten it"
            )
        if formula.count("(") + formula.count("{") > self._limits.nesting and depth(formula) > self._limits.nesting:
            raise FileError(
                f"a formula nested over {self._limits.nesting} levels", place=self._at(column), remedy="simplify it"
            )
        return formula

    def _resolved(self, formula: str, tables: Tables, column: int) -> str:
        try:
            return tables.resolved(formula, (self.name, self._row, column))
        except ValueError as error:
            raise FileError(str(error), place=self._at(column), remedy="shorten it") from error


def _rows_of(parent: Element) -> int:
    """How many rows stand right in a table, or in groups of rows in it."""
    return sum(
        1 if child.tag == _ROW else _rows_of(child) for child in parent if child.tag in _GROUPS or child.tag == _ROW
    )
