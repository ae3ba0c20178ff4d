"""Reads the cells of one worksheet part: values, formulas, shared and array formulas, and what is hidden."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from xml.etree.ElementTree import Element

from sheetnet.errors import FileError
from sheetnet.files.escaping import excel_read
from sheetnet.files.formula_text import canonical
from sheetnet.files.limits import Budget
from sheetnet.files.notices import FLAT, Disguises
from sheetnet.files.package import Package
from sheetnet.files.tables import Tables
from sheetnet.files.xlsx.parts import identity_of, parse_number, parse_value, rich_text, tags
from sheetnet.syntax import column_number, depth, parse_area, shift
from sheetnet.syntax.references import COLUMNS, ROWS, cell_place
from sheetnet.workbook import Cell, Position, Value

_NARROW = 0.3  # characters; Excel measures columns in them
_YES = ("1", "true")


def note_row(disguises: Disguises, row: Element, number: int) -> None:
    """Keep a row that shows nothing."""
    if row.get("hidden") in _YES or _small(row.get("ht"), FLAT):
        disguises.hide_rows(number)


def note_columns(disguises: Disguises, columns: Element) -> None:
    """Keep columns that show nothing. What is no number is no matter: it hides nothing."""
    if columns.get("hidden") not in _YES and not _small(columns.get("width"), _NARROW):
        return
    first, last = columns.get("min", ""), columns.get("max", "")
    if first.isdecimal() and last.isdecimal() and max(len(first), len(last)) < 6:
        count = min(int(last), COLUMNS) - int(first) + 1
        if int(first) > 0 < count:
            disguises.hide_columns(int(first), count)


def _small(size: str | None, least: float) -> bool:
    if size is None:
        return False
    try:
        return float(size) < least
    except ValueError:
        return False


_COLUMN = tags("col")
_ROW, _CELL, _VALUE, _FORMULA, _INLINE, _MORE = (tags(n) for n in ("row", "c", "v", "f", "is", "extLst"))
_OURS = _CELL | _FORMULA
_ROOT, _DATA, _TABLES = tags("worksheet"), tags("sheetData"), tags("tableParts")
_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ROW_NUMBER = re.compile(r"[0-9]{1,7}")
_PREFIXES = 4  # times that prefixes such as _xlfn. and escapes may lengthen a formula in the file
_READY = 10_000  # shared strings that cells are made of beforehand
_KINDS = (None, "normal", "shared", "array", "dataTable")  # of formulas; programs drop others
_UNREADABLE = "#REF!"  # a formula that refers to a shared one the file lacks


class SharedStrings:
    """The texts that cells share, and ready-made cells of the first ones, by the index as it is written in a cell."""

    def __init__(self, texts: list[str], longest: int) -> None:
        self.texts = texts
        self.cells = {str(index): Cell(text) for index, text in enumerate(texts[:_READY]) if len(text) <= longest}


class XlsxSheetReader:
    """Reads one worksheet into `cells`, `arrays` and `tables`, never more than there is room for in the workbook."""

    def __init__(self, where: str, strings: SharedStrings, budget: Budget, misleading: Mapping[str, str]) -> None:
        self.disguises = Disguises()
        self._misleading = misleading  # cell style → number format
        self.cells: dict[Position, Cell] = {}
        self.arrays: dict[Position, tuple[int, int]] = {}
        self.tables: list[str] = []  # the relationships that lead to the sheet's tables
        self._where, self._budget, self._limits = where, budget, budget.limits
        self._strings, self._texts = strings.texts, strings.cells
        self._short = min(self._limits.formula, self._limits.nesting)  # too short to nest too deep
        self._characters = 0  # of plain formulas in the row
        self._row = 0
        self._columns: dict[str, int] = {}
        self._masters: dict[str, tuple[str, int, int]] = {}
        self._waiting: list[tuple[int, int, str, Value]] = []

    def read(self, package: Package, part: str) -> None:
        """Read all rows of the part. Raises FileError naming the cell."""
        seen = listed = 0
        for _, element in package.iterparse(part, tags=_ROW | _COLUMN | _ROOT):
            if element.tag in _COLUMN:
                note_columns(self.disguises, element)
                continue
            if element.tag in _ROOT:
                listed += _rows_of(element)
                self.tables += [identity_of(part) for parts in element if parts.tag in _TABLES for part in parts]
                continue
            seen += 1
            above = self._row
            self._read_row(element)
            self._budget.take_formula(self._characters, self._where)
            self._characters = 0
            if self._row <= above:
                raise FileError(
                    f"row {self._row} stands below row {above}", place=self._where, remedy="save the workbook again"
                )
            if len(self.cells) + len(self._waiting) > self._budget.cells:
                raise FileError(
                    f"the workbook has more than {self._limits.cells:,} cells with content", place=self._where
                )
        if seen != listed:
            # No program shows those, so a right row among them must not count.
            raise FileError("has rows outside its table of cells", place=self._where, remedy="save the workbook again")
        # A shared formula's master may come after the cells that share it.
        for row_number, column, index, value in self._waiting:
            self._add(row_number, column, self._shared(row_number, column, index) or _UNREADABLE, value)
        self._budget.cells -= len(self.cells)

    def resolve(self, tables: Tables, sheet: str) -> None:
        """Put plain references for those to tables, once all sheets' tables are known."""
        for (row, column), cell in self.cells.items():
            if cell.formula is None:
                continue
            try:
                text = tables.resolved(cell.formula, (sheet, row, column))
            except ValueError as error:
                raise FileError(str(error), place=self._at(row, column), remedy="shorten it") from error
            if text != cell.formula:
                self._budget.take_formula(len(text), self._where)
                self.cells[row, column] = Cell(cell.value, text)

    def _read_row(self, element: Element) -> None:
        text = element.get("r") or self._row_of_cells(element)
        if not _ROW_NUMBER.fullmatch(text) or not 1 <= int(text) <= ROWS:
            raise FileError(f"has a row {text[:20]!r}, a sheet has {ROWS:,}", place=self._where)
        self._row = row = int(text)
        column = 0
        note_row(self.disguises, element, row)
        cells, known, digits = self.cells, self._columns, len(text)
        for cell in element:
            if cell.tag not in _CELL:
                if _wraps(cell):
                    raise FileError(
                        f"row {text} holds what is no cell", place=self._where, remedy="save the workbook again"
                    )
                continue
            before, place = column, cell.get("r")
            if place is None:
                column += 1
                if column > COLUMNS:
                    raise FileError(f"row {text} has more than {COLUMNS:,} cells", place=self._where)
            else:
                column = known.get(place[:-digits], 0) if place.endswith(text) else 0
                column = column or self._column(place)
                if column <= before:  # a right cell could hide a wrong one: programs differ in which of two they show
                    raise FileError(
                        f"cell {place} stands twice or out of order",
                        place=self._where,
                        remedy="save the workbook again",
                    )
            if not len(cell):
                continue
            content = self._plain(cell)
            if content is None:
                self._read_cell(row, column, cell)
            else:
                cells[row, column] = content
            if self._misleading and (code := self._misleading.get(cell.get("s", "0"))):
                self.disguises.formats[row, column] = code

    def _row_of_cells(self, element: Element) -> str:
        """Where a row has no number, its first cell may have one; else it is the next row."""
        place = _PLACE.fullmatch(element[0].get("r", "")) if len(element) else None
        return place[2] if place else str(self._row + 1)

    def _column(self, place: str) -> int:
        match = _PLACE.fullmatch(place)
        if match is None or column_number(match[1]) > COLUMNS:
            raise FileError(
                f"has a cell {place[:20]!r} outside the sheet", place=self._where, remedy="save the workbook again"
            )
        if int(match[2]) != self._row:
            raise FileError(
                f"cell {place} stands in row {self._row}", place=self._where, remedy="save the workbook again"
            )
        self._columns[match[1]] = column = column_number(match[1])
        return column

    def _plain(self, element: Element) -> Cell | None:
        """The content of a cell such as nearly all are: a known text, a number, or a short formula with its number."""
        kind, last = element.get("t"), element[-1]
        text, formula = last.text, None
        if text is None or last.tag not in _VALUE or len(last):
            return None
        if kind == "s":
            return self._texts.get(text) if len(element) == 1 else None
        if kind is not None and kind != "n":
            return None
        if len(element) > 1:
            formula = self._plain_formula(element)
            if formula is None:
                return None
        try:
            number = float(text)
        except ValueError:
            return None
        if not isfinite(number) or "_" in text or not text.isascii():
            return None
        self._characters += len(formula or "")
        return Cell(number, formula)

    def _plain_formula(self, element: Element) -> str | None:
        """The formula beside a value if it is no shared or array formula, within all limits, and spelled as it is here."""
        first = element[0]
        text = first.text
        if text is None or len(element) > 2 or first.tag not in _FORMULA or len(first) or first.get("t") is not None:
            return None
        if len(text) > self._short or "." in text or "_" in text or "\\" in text or text[0] == "=":
            return None
        return text if text.strip() == text else None

    def _read_cell(self, row: int, column: int, element: Element) -> None:
        text: str | None = None
        formula: Element | None = None
        value: Value = None
        kind = element.get("t", "n")
        for child in element:
            tag = child.tag
            if tag in _VALUE and text is None and not len(child):
                text = child.text or ""
            elif tag in _FORMULA and formula is None and not len(child):
                formula = child
            elif tag in _INLINE:
                value = rich_text(child) if kind == "inlineStr" else value
            elif tag in _VALUE or _wraps(child):
                what = "two values or formulas, or one in pieces"
                raise FileError(f"holds {what}", place=self._at(row, column), remedy="save the workbook again")
        try:
            if text is not None and kind == "n":
                value = parse_number(text)
            elif text is not None or (kind == "str" and formula is not None):
                value = parse_value(kind, text or "", self._strings)
            if type(value) is str and len(value) > self._limits.text:
                raise ValueError(f"a text longer than {self._limits.text:,} characters")
        except ValueError as error:
            raise FileError(
                f"has {error}", place=self._at(row, column), remedy="type the cell's value again"
            ) from error
        if formula is not None:
            self._read_formula(row, column, formula, value)
        elif value is not None:
            self.cells[row, column] = Cell(value)

    def _read_formula(self, row: int, column: int, element: Element, value: Value) -> None:
        written, kind = element.text or "", element.get("t")
        if len(written) > _PREFIXES * self._limits.formula:
            raise FileError(
                f"a formula of over {self._limits.formula:,} characters",
                place=self._at(row, column),
                remedy="shorten it",
            )
        text, index = canonical(excel_read(written)), element.get("si", "")
        if kind not in _KINDS or (kind == "shared" and not index):
            raise FileError(
                "a formula of an unknown kind", place=self._at(row, column), remedy="save the workbook again"
            )
        if kind == "shared":
            shifted = self._shared(row, column, index)
            if text and shifted not in (text, None):  # programs differ in which of the two counts
                raise FileError(
                    "has a shared formula and its own", place=self._at(row, column), remedy="save the workbook again"
                )
            if text:
                self._masters.setdefault(index, (text, row, column))
            elif shifted is None:
                self._waiting.append((row, column, index, value))
                return
            else:
                text = shifted
        elif kind == "dataTable":
            text = _data_table(element)
        if kind in ("array", "dataTable") and text:
            self.arrays[row, column] = self._extent(row, column, element.get("ref"))
        self._add(row, column, text, value)

    def _add(self, row: int, column: int, text: str, value: Value) -> None:
        if len(text) > self._limits.formula:
            raise FileError(
                f"a formula of over {self._limits.formula:,} characters",
                place=self._at(row, column),
                remedy="shorten it",
            )
        if text.count("(") + text.count("{") > self._limits.nesting and depth(text) > self._limits.nesting:
            raise FileError(
                f"a formula nested over {self._limits.nesting} levels",
                place=self._at(row, column),
                remedy="simplify it",
            )
        self._budget.take_formula(len(text), self._where)
        if text or value is not None:
            self.cells[row, column] = Cell(value, text or None)

    def _shared(self, row: int, column: int, index: str) -> str | None:
        master = self._masters.get(index)
        return None if master is None else shift(master[0], row - master[1], column - master[2])

    def _extent(self, row: int, column: int, ref: str | None) -> tuple[int, int]:
        """The rows and columns of an array formula; its anchor is the cell that holds it."""
        area = parse_area(ref) if ref else None
        if area is None or area.sheet is not None:
            raise FileError(
                "an array formula that tells no cells to fill", place=self._at(row, column), remedy="enter it again"
            )
        if (area.top, area.left) != (row, column):
            raise FileError(
                "an array formula that begins elsewhere", place=self._at(row, column), remedy="enter it again"
            )
        rows, columns = area.bottom - row + 1, area.right - column + 1
        self._budget.take_array(rows * columns, self._at(row, column))
        return rows, columns

    def _at(self, row: int, column: int) -> str:
        return cell_place((self._where, row, column))


def _rows_of(root: Element) -> int:
    """How many rows stand where rows belong, in the table of cells right under the root."""
    return sum(child.tag in _ROW for data in root if data.tag in _DATA for child in data)


def _wraps(element: Element) -> bool:
    """Whether there are cells or formulas in what is neither, as among alternatives: programs differ in what they take."""
    return element.tag not in _MORE and any(each.tag in _OURS for each in element.iter())


def _data_table(element: Element) -> str:
    """Excel shows a what-if table as the array formula {=TABLE(row input, column input)}."""
    first, second = element.get("r1", ""), element.get("r2", "")
    if element.get("dt2D") in ("1", "true"):
        return f"TABLE({first},{second})"
    return f"TABLE({first},)" if element.get("dtr") in ("1", "true") else f"TABLE(,{first})"
