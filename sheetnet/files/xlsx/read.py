"""An .xlsx or .xlsm package read into a Workbook, as any program saved it. It knows no .ods and judges nothing."""

from __future__ import annotations

from sheetnet.errors import FileError
from sheetnet.files.guard import Package
from sheetnet.files.room import Room
from sheetnet.files.xlsx.number_formats import misleading_styles
from sheetnet.files.xlsx.parts import read_index, read_strings, workbook_part
from sheetnet.files.xlsx.sheet import SheetReader
from sheetnet.workbook import Sheet, Workbook


def read_xlsx(package: Package) -> Workbook:
    """The workbook's sheets, formulas (canonical), cached values, array extents and defined names.

    Chart and dialog sheets are left out. Cached values are what the file claims, not what is true. Raises FileError
    naming the sheet and cell where the file is damaged or beyond `limits`.
    """
    book = workbook_part(package)
    entries, names, strings_part = read_index(package, book)
    strings = read_strings(package, strings_part)
    misleading = misleading_styles(package, book)
    sheets: list[Sheet] = []
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
        sheets.append(Sheet(entry.name, reader.cells, reader.arrays, entry.hidden, disguise=reader.disguises.found()))
    if not sheets:
        raise FileError(f"{package.path}: has no worksheet: choose a workbook with cells")
    folded = [sheet.name.casefold() for sheet in sheets]
    if len(set(folded)) < len(folded):
        raise FileError(f"{package.path}: has two sheets of one name: rename one")
    return Workbook(tuple(sheets), tuple(names))
