"""Reads an .xlsx or .xlsm file into a Workbook, as any program saved it."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from xml.etree.ElementTree import Element

from sheetnet.errors import FileError
from sheetnet.files.escaping import excel_read
from sheetnet.files.limits import Budget
from sheetnet.files.package import Package
from sheetnet.files.tables import Table, Tables, heading_key
from sheetnet.files.xlsx.parts import (
    SheetEntry,
    part_of_kind,
    read_index,
    read_strings,
    relationships,
    tags,
    workbook_part,
)
from sheetnet.files.xlsx.read_sheet import SharedStrings, XlsxSheetReader
from sheetnet.syntax import parse_area
from sheetnet.syntax.number_formats import LONGEST_FORMAT, could_mislead
from sheetnet.workbook import Name, Sheet, Workbook

_FORMATS, _STYLES = tags("numFmts"), tags("cellXfs")
# Excel's own dates and times, which a file names by their number alone.
_DATES = {
    14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "m/d/yyyy h:mm", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0",
}  # fmt: skip
_DATE = re.compile(rb"numFmtId\s*=\s*[\"'](?:%s)[\"']" % b"|".join(b"%d" % number for number in _DATES))
_CODE = re.compile(rb"formatCode\s*=\s*(\"[^\"]*\"|'[^']*')")
_BUILT_IN = {str(number): code for number, code in _DATES.items()}


def misleading_styles(package: Package, book: str) -> dict[str, str]:
    """The number of a cell style, as cells name it, → its format; in most files there is none.

    Styles that cannot be read mislead nobody here: they are no reason to refuse a file.
    """
    part = part_of_kind(package, book, "styles")
    if part is None or part not in package.names:
        return {}
    try:
        return dict(_misleading(package, part)) if _suspicious(b"".join(package.open(part))) else {}
    except FileError:
        return {}


def _suspicious(content: bytes) -> bool:
    """Whether any number format could mislead, read off the text: a tenth of the time, and mostly there is none.

    What may be spelled otherwise, in another encoding or with references to characters, is always read in full.
    """
    plain = content.removeprefix(b"\xef\xbb\xbf").startswith(b"<") and b"\0" not in content and b"&#" not in content
    if not plain or _DATE.search(content):
        return True
    return _any_misleads(frozenset(_CODE.findall(content)))


@lru_cache(maxsize=256)
def _any_misleads(codes: frozenset[bytes]) -> bool:
    """Most files of a class have the same formats."""
    return any(could_mislead(html.unescape(code[1:-1].decode("utf-8", "replace"))[:LONGEST_FORMAT]) for code in codes)


def _misleading(package: Package, part: str) -> Iterator[tuple[str, str]]:
    codes = dict(_BUILT_IN)
    for _, element in package.iterparse(part, tags=_FORMATS | _STYLES):
        if element.tag in _FORMATS:
            codes.update((each.get("numFmtId", ""), each.get("formatCode", "")[:LONGEST_FORMAT]) for each in element)
            codes = {number: code for number, code in codes.items() if could_mislead(code)}
        else:
            yield from _styles(element, codes)


def _styles(listing: Element, codes: dict[str, str]) -> Iterator[tuple[str, str]]:
    for index, style in enumerate(listing):
        code = codes.get(style.get("numFmtId", "0"))
        if code is not None:
            yield str(index), code


_TABLE, _LIST, _COLUMN = (tags(name) for name in ("table", "tableColumns", "tableColumn"))


def read_tables(package: Package, listed: Iterable[tuple[str, str, list[str]]], names: Iterable[Name]) -> Tables:
    """The tables that sheets list, each sheet as (name, part, relationship ids). Raises FileError.

    A table that makes no sense is passed over: references to it stay as they are, and are told where they stand.
    """
    found: dict[str, Table] = {}
    taken = {name.name.casefold() for name in names}
    room = package.limits.table_columns
    for sheet, part in _parts(package, listed):
        table = _read(package, sheet, part)
        if table is None:
            continue
        room -= table.box[3] - table.box[1] + 1
        if room < 0:
            raise FileError(
                f"tables of over {package.limits.told('table_columns')}",
                remedy="delete those not needed",
            )
        name = table.name.casefold()
        if name in taken:  # programs differ in which of the two a formula means
            raise FileError(f"the table {table.name!r} shares its name with another", remedy="rename one")
        taken.add(name)
        found[name] = table
    return Tables(found.values(), package.limits)


def _parts(package: Package, listed: Iterable[tuple[str, str, list[str]]]) -> Iterator[tuple[str, str]]:
    """The sheet and part of each table."""
    count = 0
    for sheet, part, identities in listed:
        related = relationships(package, part) if identities else {}
        for identity in identities:
            count += 1
            if count > package.limits.tables:
                raise FileError(f"more than {package.limits.told('tables')}", remedy="delete those not needed")
            kind, target = related.get(identity, ("", ""))
            if kind == "table" and target in package.names:
                yield sheet, target


def _read(package: Package, sheet: str, part: str) -> Table | None:
    tables = [_table(element, sheet) for _, element in package.iterparse(part, tags=_TABLE)]
    return tables[0] if len(tables) == 1 else None


def _table(element: Element, sheet: str) -> Table | None:
    name = element.get("displayName") or element.get("name", "")
    area = parse_area(element.get("ref", ""))
    header, totals = (
        _count(element.get(each), usual) for each, usual in (("headerRowCount", 1), ("totalsRowCount", 0))
    )
    if not name or area is None or area.sheet is not None or header is None or totals is None:
        return None
    headings = [heading_key(excel_read(column.get("name", ""))) for column in _listed(element)]
    if len(headings) != area.right - area.left + 1:
        return None
    # Of a heading that stands twice, nobody knows which column is meant.
    often = Counter(headings)
    columns = {heading: area.left + index for index, heading in enumerate(headings) if often[heading] == 1}
    return Table(name, sheet, (area.top, area.left, area.bottom, area.right), header, totals, columns)


def _listed(element: Element) -> Iterator[Element]:
    return (column for columns in element if columns.tag in _LIST for column in columns if column.tag in _COLUMN)


def _count(text: str | None, usual: int) -> int | None:
    """A number of rows; None for what is none."""
    if text is None:
        return usual
    return int(text) if text in ("0", "1") else None


def read_xlsx(package: Package) -> Workbook:
    """The workbook's sheets, formulas (canonical), cached values, array extents and defined names.

    Chart, dialog and module sheets are left out. Cached values are what the file claims, not what is true. Raises FileError
    naming the sheet and cell where the file is damaged or beyond `limits`.
    """
    book = workbook_part(package)
    entries, names, strings_part = read_index(package, book)
    strings = SharedStrings(read_strings(package, strings_part), package.limits.text)
    misleading = misleading_styles(package, book)
    readers: list[tuple[SheetEntry, XlsxSheetReader]] = []
    budget = Budget(package.limits)
    read: set[str] = set()
    for entry in entries:
        if entry.part is None:
            continue
        if entry.part in read:  # a small file could so hold ten thousand big sheets
            raise FileError(f"{entry.name} is the same part as another sheet", remedy="save the workbook again")
        read.add(entry.part)
        reader = XlsxSheetReader(entry.name, strings, budget, misleading)
        reader.read(package, entry.part)
        readers.append((entry, reader))
    if not readers:
        raise FileError("has no worksheet", remedy="choose a workbook with cells")
    folded = [entry.name.casefold() for entry, _ in readers]
    if len(set(folded)) < len(folded):
        raise FileError("has two sheets of one name", remedy="rename one")
    names = _resolve(package, readers, names)
    sheets = (
        Sheet(entry.name, reader.cells, reader.arrays, entry.hidden, disguise=reader.disguises.found())
        for entry, reader in readers
    )
    return Workbook(tuple(sheets), tuple(names))


def _resolve(package: Package, readers: list[tuple[SheetEntry, XlsxSheetReader]], names: list[Name]) -> list[Name]:
    """Put plain references for those to tables into the readers' cells; the names with the same done."""
    listed = ((entry.name, entry.part, reader.tables) for entry, reader in readers if entry.part is not None)
    tables = read_tables(package, listed, names)
    if not tables:
        return names
    for entry, reader in readers:
        reader.resolve(tables, entry.name)
    try:
        return [replace(name, refers_to=tables.resolved(name.refers_to, None)) for name in names]
    except ValueError as error:
        raise FileError(f"a defined name has {error}", remedy="shorten it") from error
