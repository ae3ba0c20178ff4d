"""Reads an .ods as a stream, with all bounds a stranger's file needs. It knows no layout and judges no formula.

Comments, drawings, tables within them and links to other files are passed over. Blank cells are not kept, even where they
have a look.
"""

from __future__ import annotations

from collections.abc import Collection
from xml.etree.ElementTree import Element

from sheetnet.errors import FileError
from sheetnet.files import limits
from sheetnet.files.guard import Package
from sheetnet.files.ods.names import read_name, read_range
from sheetnet.files.ods.number_formats import STYLE, TAGS, Styles, common_styles
from sheetnet.files.ods.seen import Seen
from sheetnet.files.ods.sheet import BRACKETS, TABLE, SheetReader
from sheetnet.files.room import Room
from sheetnet.files.tables import Tables
from sheetnet.workbook import Name, Workbook

_SHEET, _ROW, _COLUMN = TABLE + "table", TABLE + "table-row", TABLE + "table-column"
_NAMES = frozenset({TABLE + "named-range", TABLE + "named-expression"})
_RANGE = TABLE + "database-range"
_ALIEN = TABLE + "dde-links"  # the tables in it are other programs' data
_BOOK = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}spreadsheet"
_TAGS = frozenset({_BOOK, _SHEET, _ROW, _COLUMN, _ALIEN, _RANGE, *TAGS, *_NAMES})
_MAX_SHEETS = 10_000  # an honest workbook has some dozens


def read_ods(package: Package) -> Workbook:
    """The workbook of an opened .ods. Raises FileError for what is damaged, encrypted or beyond the limits."""
    manifest = "META-INF/manifest.xml"
    if manifest in package.names and b"encryption-data" in b"".join(package.open(manifest)):
        raise FileError(f"{package.path}: is encrypted: save the workbook without a password")
    content = _Content(str(package.path))
    common_styles(package, content.styles)
    for event, element in package.iterparse("content.xml", ("start", "end"), _TAGS):
        if event == "start":
            content.open(element)
        else:
            content.close(element)
    return content.workbook()


class _Content:
    """What has been read of content.xml so far."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._hidden: set[str] = set()
        self.styles = Styles()
        self._disguises: dict[str, str] | None = None
        self._sheets: list[SheetReader] = []
        self._names: list[tuple[str, str, str, str | None]] = []
        self._ranges: list[tuple[str, str]] = []
        self._room = Room()
        self._current: SheetReader | None = None
        self._begun = 0  # tables that are not known yet to stand where sheets belong
        self._depth = 0  # of tables within tables; only the outermost are sheets, and only their rows count

    def open(self, element: Element) -> None:
        """An element that begins, with its attributes only."""
        if element.tag in (_SHEET, _ALIEN):
            if element.tag == _SHEET and not self._depth:
                self._begin(element)
            self._depth += 1

    def close(self, element: Element) -> None:
        """An element that has ended, with its content."""
        if element.tag == _ROW:
            if self._depth == 1 and self._current is not None:
                self._current.add_row(element, self._room)
        elif element.tag == _COLUMN:
            if self._depth == 1 and self._current is not None:
                self._current.add_columns(element)
        elif element.tag in (_SHEET, _ALIEN):
            self._depth -= 1
            if not self._depth and self._current is not None:
                self._current.end(element)
                self._current = None
        elif element.tag in _NAMES:
            self._add_name(element)
        elif element.tag == _RANGE:
            self._add_range(element)
        elif element.tag == _BOOK:
            self._begun -= sum(child.tag == _SHEET for child in element)
        else:
            self.styles.add(element)
            if any(properties.get(TABLE + "display") == "false" for properties in element):
                self._hidden.add(element.get(STYLE + "name", ""))

    def _begin(self, element: Element) -> None:
        name = element.get(TABLE + "name", "")
        if not name or len(self._sheets) >= _MAX_SHEETS:
            raise FileError(f"{self._where}: a sheet without a name, or over {_MAX_SHEETS:,} sheets: save it again")
        self._begun += 1
        if self._disguises is None:  # all styles stand before the sheets
            self._disguises = self.styles.misleading()
        style = element.get(TABLE + "style-name", "")
        self._current = SheetReader(self._where, name, style, Seen(self.styles.flat, self._disguises))
        # LibreOffice keeps copies of other files' cells in tables with such names; they are no sheets.
        if not (name.startswith("'") and "'#$" in name):
            self._sheets.append(self._current)

    def _add_name(self, element: Element) -> None:
        if self._depth > 1:
            return
        name = element.get(TABLE + "name", "")
        refers_to = element.get(TABLE + "cell-range-address") or element.get(TABLE + "expression", "")
        if not name or not refers_to or max(len(name), len(refers_to)) > BRACKETS * limits.MAX_FORMULA:
            raise FileError(f"{self._where}: the defined name {name[:40]!r} is empty or far too long: delete it")
        if len(self._names) >= limits.MAX_NAMES:
            raise FileError(f"{self._where}: more than {limits.MAX_NAMES:,} defined names: delete those not needed")
        scope = self._current.name if self._current is not None else None
        self._names.append((name, refers_to, element.get(TABLE + "base-cell-address", ""), scope))

    def _add_range(self, element: Element) -> None:
        if len(self._ranges) >= limits.MAX_TABLES:
            raise FileError(f"{self._where}: more than {limits.told('tables')}: delete those not needed")
        name, cells = element.get(TABLE + "name", ""), element.get(TABLE + "target-range-address", "")
        if max(len(name), len(cells)) <= limits.MAX_FORMULA:
            self._ranges.append((name, cells))

    def workbook(self) -> Workbook:
        """All that was read. Formulas wait until here: a name in them may belong to a later sheet."""
        if self._begun:  # programs differ in whether they show those
            raise FileError(f"{self._where}: has sheets outside its spreadsheet: save it again")
        known = frozenset(sheet.name.casefold() for sheet in self._sheets)
        if not known or len(known) < len(self._sheets):
            raise FileError(f"{self._where}: has no sheets, or two with the same name: save it again")
        names = self._read_names(known)
        tables = self._tables(names)
        sheets = tuple(sheet.sheet(sheet.style in self._hidden, known, tables) for sheet in self._sheets)
        return Workbook(sheets, names)

    def _tables(self, names: tuple[Name, ...]) -> Tables:
        """The database ranges, which LibreOffice takes for names of all their cells where no other name is the same."""
        taken = {name.name.casefold() for name in names}
        sheets = {sheet.name.casefold(): sheet.name for sheet in self._sheets}
        ranges = (read_range(name, cells, sheets) for name, cells in self._ranges if name.casefold() not in taken)
        return Tables(table for table in ranges if table is not None)

    def _read_names(self, known: Collection[str]) -> tuple[Name, ...]:
        names = (read_name(*each, known) for each in self._names)
        return tuple(sorted(names, key=lambda name: (name.sheet or "", name.name)))
