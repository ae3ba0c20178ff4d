"""Reads the tables of an .xlsx package's sheets: where they stand, and their headings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from sheetnet.errors import FileError
from sheetnet.files import limits
from sheetnet.files.guard import Package
from sheetnet.files.tables import Table, Tables, key
from sheetnet.files.xlsx.parts import relationships, tags, unescape
from sheetnet.syntax import parse_area
from sheetnet.workbook import Name

_TABLE, _LIST, _COLUMN = (tags(name) for name in ("table", "tableColumns", "tableColumn"))


def read_tables(package: Package, listed: Iterable[tuple[str, str, list[str]]], names: Iterable[Name]) -> Tables:
    """The tables that sheets list, each sheet as (name, part, relationship ids). Raises FileError.

    A table that makes no sense is passed over: references to it stay as they are, and are told where they stand.
    """
    found: dict[str, Table] = {}
    taken = {name.name.casefold() for name in names}
    room = limits.MAX_TABLE_COLUMNS
    for sheet, part in _parts(package, listed):
        table = _read(package, sheet, part)
        if table is None:
            continue
        room -= table.box[3] - table.box[1] + 1
        if room < 0:
            raise FileError(f"{package.path}: tables of over {limits.told('table_columns')}: delete those not needed")
        name = table.name.casefold()
        if name in taken:  # programs differ in which of the two a formula means
            raise FileError(f"{package.path}: the table {table.name!r} shares its name with another: rename one")
        taken.add(name)
        found[name] = table
    return Tables(found.values())


def _parts(package: Package, listed: Iterable[tuple[str, str, list[str]]]) -> Iterator[tuple[str, str]]:
    """The sheet and part of each table."""
    count = 0
    for sheet, part, identities in listed:
        related = relationships(package, part) if identities else {}
        for identity in identities:
            count += 1
            if count > limits.MAX_TABLES:
                raise FileError(f"{package.path}: more than {limits.told('tables')}: delete those not needed")
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
    headings = [key(unescape(column.get("name", ""))) for column in _listed(element)]
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
