"""An .xlsx or .xlsm package read into a Workbook, as any program saved it. It knows no .ods and judges nothing."""

from __future__ import annotations

from dataclasses import replace

from sheetnet.errors import FileError
from sheetnet.files.guard import Package
from sheetnet.files.room import Room
from sheetnet.files.xlsx.number_formats import misleading_styles
from sheetnet.files.xlsx.parts import SheetEntry, read_index, read_strings, workbook_part
from sheetnet.files.xlsx.sheet import SheetReader
from sheetnet.files.xlsx.tables import read_tables
from sheetnet.workbook import Name, Sheet, Workbook


def read_xlsx(package: Package) -> Workbook:
    """The workbook's sheets, formulas (canonical), cached values, array extents and defined names.

    Chart, dialog and module sheets are left out. Cached values are what the file claims, not what is true. Raises FileError
    naming the sheet and cell where the file is damaged or beyond `limits`.
    """
    book = workbook_part(package)
    entries, names, strings_part = read_index(package, book)
    strings = read_strings(package, strings_part)
    misleading = misleading_styles(package, book)
    readers: list[tuple[SheetEntry, SheetReader]] = []
    room = Room()
    read: set[str] = set()
    for entry in entries:
        if entry.part is None:
            continue
        if entry.part in read:  # a small file could so hold ten thousand big sheets
            raise FileError(f"{package.path}: {entry.name} is the same part as another sheet: save the workbook again")
        read.add(entry.part)
        reader = SheetReader(f"{package.path}: {entry.name}", strings, room, misleading)
        reader.read(package, entry.part)
        readers.append((entry, reader))
    if not readers:
        raise FileError(f"{package.path}: has no worksheet: choose a workbook with cells")
    folded = [entry.name.casefold() for entry, _ in readers]
    if len(set(folded)) < len(folded):
        raise FileError(f"{package.path}: has two sheets of one name: rename one")
    names = _resolve(package, readers, names)
    sheets = (
        Sheet(entry.name, reader.cells, reader.arrays, entry.hidden, disguise=reader.disguises.found())
        for entry, reader in readers
    )
    return Workbook(tuple(sheets), tuple(names))


def _resolve(package: Package, readers: list[tuple[SheetEntry, SheetReader]], names: list[Name]) -> list[Name]:
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
        raise FileError(f"{package.path}: a defined name has {error}: shorten it") from error
