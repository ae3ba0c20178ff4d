"""An .ods package given fills, notes and one more sheet, in place. It knows no verdicts.

Only content.xml changes, and in it only rows with marked cells, new automatic styles and the sheet behind the others;
every other part stays byte for byte. On marked cells the fill takes the place of conditional formats, which would win
over it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sheetnet.errors import FileError
from sheetnet.files.guard import Package
from sheetnet.files.marks import AddedSheet, Mark, Marks, free_name
from sheetnet.files.ods.mark_conditions import FORMAT, condition_edits
from sheetnet.files.ods.mark_rows import row_edits
from sheetnet.files.ods.mark_sheet import table_xml
from sheetnet.files.ods.mark_styles import AUTOMATIC, CELL_PROPERTIES, MAP, STYLE, CellStyles
from sheetnet.files.ods.mark_table import CELLS, COLUMN, NOTE, ROW, SHEET, SOURCE, table_rows
from sheetnet.files.repack import MIMETYPE, Parts
from sheetnet.files.splice import Edit, Node, children, prefixes, retagged, scan, spliced
from sheetnet.workbook import Position

_PART = "content.xml"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_BODY, _SPREADSHEET = (f"{{{_OASIS}office:1.0}}{name}" for name in ("body", "spreadsheet"))
_PREFIXES = {
    "office": f"{_OASIS}office:1.0",
    "style": f"{_OASIS}style:1.0",
    "text": f"{_OASIS}text:1.0",
    "table": f"{_OASIS}table:1.0",
    "fo": f"{_OASIS}xsl-fo-compatible:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xlink": "http://www.w3.org/1999/xlink",
}
_STYLES = {AUTOMATIC, STYLE, CELL_PROPERTIES, MAP}
_TAGS = frozenset({_BODY, _SPREADSHEET, SHEET, ROW, COLUMN, NOTE, SOURCE, FORMAT, *_STYLES, *CELLS})
_DECLARED = re.compile(rb"""\sxmlns(?::([^\s=]+))?\s*=\s*["']([^"']*)["']""")


def mark_ods(package: Package, marks: Marks, added: AddedSheet) -> Parts:
    """The package's parts with the marks and the sheet. Raises FileError for a dialect that cannot be marked."""
    parts = Parts(package)
    data, where = parts.get(_PART), parts.where(_PART)
    nodes = scan(data, where, _TAGS)
    edits = [_declared(data, nodes[0], where)]
    styles = CellStyles(data, nodes)
    tables = _tables(nodes, where)
    by_sheet: dict[str, dict[Position, Mark]] = {}
    for (sheet, row, column), mark in marks.items():
        by_sheet.setdefault(sheet, {})[row, column] = mark
    for name, table in tables.items():
        if name in by_sheet:
            rows = table_rows(nodes, table)
            marked = by_sheet.pop(name)
            edits += row_edits(data, table, rows, marked, styles)
            edits += condition_edits(data, nodes, table, marked)
    assert not by_sheet, f"marks for sheets that are not there: {', '.join(by_sheet)}"
    edits.append(_sheet(tables, added, styles))
    edits += _styles(nodes, styles, where)
    parts.put(_PART, spliced(data, edits, where))
    if MIMETYPE not in parts.names:  # most programs know an .ods by it alone
        parts.put(MIMETYPE, b"application/vnd.oasis.opendocument.spreadsheet")
    return parts


def _sheet(tables: Mapping[str, Node], added: AddedSheet, styles: CellStyles) -> Edit:
    """The edit that puts the sheet behind the others, or in the place of an earlier one."""
    if added.again and added.name in tables:
        earlier = tables[added.name]
        return earlier.start, earlier.end, table_xml(added, added.name, styles).encode()
    end = max(table.end for table in tables.values())
    return end, end, table_xml(added, free_name(added.name, set(tables)), styles).encode()


def _tables(nodes: list[Node], where: str) -> dict[str, Node]:
    """The sheets by name, without tables inside cells or drawings."""
    book = next((node for node in nodes if node.tag == _SPREADSHEET), None)
    found = [] if book is None else [node for node in children(nodes, book) if node.tag == SHEET]
    if not found:
        raise FileError(f"{where} has no sheets, so the file cannot be marked: save it again")
    name = f"{{{_PREFIXES['table']}}}name"
    return {node.get(name) or "": node for node in found}


def _declared(data: bytes, root: Node, where: str) -> Edit:
    """The root element with the prefixes that are used here; every spreadsheet program writes these."""
    usual = {(prefix.encode(), space.encode()) for prefix, space in _PREFIXES.items()}
    names, spaces = ({each[side] for each in usual} for side in (0, 1))
    for found in set(_DECLARED.findall(data)) - usual:
        if found[0] in names or found[1] in spaces:
            raise FileError(f"{where} is an unusual dialect, which cannot be marked: save the file again")
    known = prefixes(data, root)
    new: dict[bytes, str | None] = {
        f"xmlns:{prefix}".encode(): space
        for prefix, space in _PREFIXES.items()
        if prefix.encode() not in known.values()
    }
    return root.start, root.inner, retagged(data[root.start : root.inner], new)


def _styles(nodes: list[Node], styles: CellStyles, where: str) -> Iterator[Edit]:
    """The edit that adds the new styles to the automatic ones, which stand before the body."""
    content = styles.xml()
    automatic = next((node for node in nodes if node.tag == AUTOMATIC), None)
    if automatic is not None and not automatic.empty:
        yield automatic.close, automatic.close, content
        return
    body = next((node for node in nodes if node.tag == _BODY), None)
    if body is None:
        raise FileError(f"{where} has no body, so the file cannot be marked: save it again")
    start, end = (automatic.start, automatic.end) if automatic is not None else (body.start, body.start)
    yield start, end, b"<office:automatic-styles>" + content + b"</office:automatic-styles>"
