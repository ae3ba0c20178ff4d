"""An .xlsx or .xlsm package given fills, notes and one more sheet, in place. It knows no verdicts.

Only the styles of marked cells, conditional formats above them, the notes and the list of sheets change; every other
part, and every other byte of the changed ones, stays as it is: charts, drawings, validation, protection, the metadata of
dynamic arrays, macros, cached values.
"""

from __future__ import annotations

from collections.abc import Mapping

from sheetnet.errors import FileError
from sheetnet.files.guard import Package
from sheetnet.files.marks import AddedSheet, Mark, Marks, free_name
from sheetnet.files.repack import Parts
from sheetnet.files.splice import appended, children, escaped, prefix_of, scan, spliced
from sheetnet.files.xlsx.mark_cells import DATA, TAGS, CellMarker
from sheetnet.files.xlsx.mark_conditions import TAGS as CONDITIONS
from sheetnet.files.xlsx.mark_conditions import condition_edits
from sheetnet.files.xlsx.mark_notes import add_comments
from sheetnet.files.xlsx.mark_shapes import BEFORE, BEFORE_CONDITIONS, LEGACY, add_shapes
from sheetnet.files.xlsx.mark_sheet import sheet_xml
from sheetnet.files.xlsx.mark_styles import EMPTY, MAIN, Styles
from sheetnet.files.xlsx.parts import NAMESPACES, SheetEntry, read_index, workbook_part
from sheetnet.files.xlsx.rels import OFFICE, declare, relate, related
from sheetnet.syntax import cell_name
from sheetnet.workbook import Position

_OOXML = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_SHEETS, _SHEET = MAIN + "sheets", MAIN + "sheet"


def mark_xlsx(package: Package, marks: Marks, added: AddedSheet) -> Parts:
    """The package's parts with the marks and the sheet. Raises FileError for a dialect that cannot be marked."""
    parts = Parts(package)
    book = workbook_part(package)
    _check_dialect(parts, book)
    entries, _, _ = read_index(package, book)
    place = _styles_part(parts, book)
    styles = Styles(parts.get(place), parts.where(place))
    by_sheet: dict[str, dict[Position, Mark]] = {}
    for (sheet, row, column), mark in marks.items():
        by_sheet.setdefault(sheet, {})[row, column] = mark
    for entry in entries:
        if entry.part is not None and entry.name in by_sheet:
            _mark_sheet(parts, entry.part, by_sheet.pop(entry.name), styles)
    assert not by_sheet, f"marks for sheets that are not there: {', '.join(by_sheet)}"
    _add_sheet(parts, book, entries, added, styles)
    parts.put(place, styles.data())
    return parts


def _check_dialect(parts: Parts, book: str) -> None:
    root = scan(parts.get(book), parts.where(book), ())[0]
    if root.tag != MAIN + "workbook":
        strict = root.tag.startswith(f"{{{NAMESPACES[1]}}}")
        kind = "a strict Open XML workbook" if strict else "an unusual dialect"
        raise FileError(
            f"{parts.package.path}: is {kind}, which cannot be marked: save it as a usual .xlsx (Excel Workbook)"
        )


def _styles_part(parts: Parts, book: str) -> str:
    """The part with the styles; one that has the usual look where the file has none."""
    part = related(parts, book, "styles")
    if part is None:
        part = parts.free("xl/styles{}.xml")
        parts.put(part, EMPTY)
        relate(parts, book, "styles", part)
        declare(parts, part, _OOXML + "styles+xml")
    return part


def _mark_sheet(parts: Parts, part: str, marks: Mapping[Position, Mark], styles: Styles) -> None:
    data = parts.get(part)
    nodes = scan(data, parts.where(part), TAGS | BEFORE | CONDITIONS | {LEGACY})
    if nodes[0].tag != MAIN + "worksheet" or not any(node.tag == DATA for node in nodes):
        raise FileError(f"{parts.where(part)} is an unusual dialect, which cannot be marked: save the file again")
    fills = {position: mark.fill for position, mark in marks.items()}
    edits = list(CellMarker(data, nodes, styles.filled).edits(fills))
    at = max(node.end for node in nodes if node.depth == 1 and node.tag in BEFORE_CONDITIONS)
    edits += condition_edits(data, nodes, fills, styles.condition, at)
    notes = {cell_name(*position): mark.note for position, mark in sorted(marks.items())}
    new = set(add_comments(parts, part, notes))
    boxed = {
        position: mark.note for position, mark in sorted(marks.items()) if mark.note and cell_name(*position) in new
    }
    if boxed:
        edits += add_shapes(parts, part, data, nodes, boxed)
    parts.put(part, spliced(data, edits, parts.where(part)))


def _add_sheet(parts: Parts, book: str, entries: list[SheetEntry], added: AddedSheet, styles: Styles) -> None:
    earlier = next((entry.part for entry in entries if entry.name == added.name), None) if added.again else None
    if earlier is not None:
        parts.put(earlier, sheet_xml(added, styles.look))
        return
    part = parts.free("xl/worksheets/sheet{}.xml")
    parts.put(part, sheet_xml(added, styles.look))
    declare(parts, part, _OOXML + "worksheet+xml")
    identity = relate(parts, book, "worksheet", part)
    data = parts.get(book)
    nodes = scan(data, parts.where(book), (_SHEETS, _SHEET))
    sheets = next(node for node in nodes if node.tag == _SHEETS)
    numbers = [int(number) for node in children(nodes, sheets) if (number := node.get("sheetId") or "").isdecimal()]
    name = free_name(added.name, {entry.name for entry in entries})
    element = b'<%ssheet xmlns:r="%s" name="%s" sheetId="%d" r:id="%s"/>' % (
        prefix_of(data, sheets), OFFICE.encode(), escaped(name), max(numbers, default=0) + 1, identity.encode(),
    )  # fmt: skip
    parts.put(book, spliced(data, appended(data, sheets, element), parts.where(book)))
