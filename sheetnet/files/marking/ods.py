"""Marks an .ods package: a report sheet, and conditional formats that would hide a fill.

Only content.xml changes, and in it only rows with marked cells, new automatic styles and the sheet before the others; and
settings.xml, which says which sheet is shown. Every other part stays byte for byte. On marked cells the fill takes the place
of conditional formats, which would win over it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby

from sheetnet.errors import FileError
from sheetnet.files.escaping import dropped, paragraphs
from sheetnet.files.marking import AddedSheet, Field, Mark, Marks, free_name, unmarkable
from sheetnet.files.marking.ods_cells import (
    AUTOMATIC,
    CELL_PROPERTIES,
    CELLS,
    COLUMN_TAG,
    MAP,
    NOTE,
    ROW_TAG,
    SHEET_TAG,
    SOURCE_TAG,
    STYLE_TAG,
    TEXT_PROPERTIES,
    CellStyles,
    row_edits,
    table_rows,
)
from sheetnet.files.package import MIMETYPE, Package, Parts
from sheetnet.files.xml import Edit, XmlNode, children, element_prefix, prefixes, retagged
from sheetnet.syntax import Area, cell_name, parse_area
from sheetnet.syntax.references import TEXT_CHARACTERS
from sheetnet.workbook import Box, Position


def table_xml(sheet: AddedSheet, name: str, styles: CellStyles) -> str:
    """The `table:table` element."""
    columns = "".join(f'<table:table-column table:style-name="{styles.column(width)}"/>' for width in sheet.widths)
    rows = "".join(_row(row, styles) for row in sheet.rows)
    head = f'<table:table table:name="{dropped(name)}">{columns or "<table:table-column/>"}'
    return f"{head}{rows or '<table:table-row><table:table-cell/></table:table-row>'}</table:table>"


def _row(row: tuple[Field, ...], styles: CellStyles) -> str:
    cells = "".join(_cell(field, styles) for field in row)
    return f'<table:table-row table:style-name="{styles.row()}">{cells or "<table:table-cell/>"}</table:table-row>'


def _cell(cell: Field, styles: CellStyles) -> str:
    start = f'<table:table-cell table:style-name="{styles.look(cell)}"'
    if cell.value is None:
        return start + "/>"
    if isinstance(cell.value, str):
        return f'{start} office:value-type="string">{_text(cell)}</table:table-cell>'
    number = float(cell.value)
    return (
        f'{start} office:value-type="float" office:value="{number!r}"><text:p>{number:.10g}</text:p></table:table-cell>'
    )


def _text(cell: Field) -> str:
    text = str(cell.value)[:TEXT_CHARACTERS]
    if cell.link is None:
        return paragraphs(text)
    sheet, row, column = cell.link
    target = "#'" + sheet.replace("'", "''") + "'." + cell_name(row, column)
    return f'<text:p><text:a xlink:type="simple" xlink:href="{dropped(target)}">{dropped(text)}</text:a></text:p>'


_SPACE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
CONDITIONAL_FORMAT, _RANGES = _SPACE + "conditional-format", "target-range-address"
_SHEET = r"((?:'[^']*+(?:''[^']*+)*+'|[^\s'.:]*+)\.)"
_RANGE = re.compile(rf"(?<!\S){_SHEET}(\$?[A-Z]+\$?[0-9]+)(?::{_SHEET}(\$?[A-Z]+\$?[0-9]+))?(?:\s+|$)")


def ods_condition_edits(
    data: bytes, nodes: list[XmlNode], table: XmlNode, marked: Collection[Position]
) -> Iterator[Edit]:
    """The edits that take marked cells out of the ranges; a format without any other cell goes."""
    for node in nodes:
        if node.tag != CONDITIONAL_FORMAT or not table.inner <= node.start < table.close:
            continue
        text = node.get(_SPACE + _RANGES) or ""
        left = _left(text, marked)
        if left == text.strip():
            continue
        if not left:
            yield node.start, node.end, b""
            continue
        name = element_prefix(data, node) + _RANGES.encode()
        yield node.start, node.inner, retagged(data[node.start : node.inner], {name: left})


def _left(text: str, marked: Collection[Position]) -> str:
    """The ranges without the marked cells; as they are where none is in them, or they are written in another way."""
    found = list(_RANGE.finditer(text))
    if "".join(match[0] for match in found) != text:
        return text.strip()
    kept: list[str] = []
    for match in found:
        sheet, first, _, last = match.groups()
        area = parse_area(f"{first}:{last or first}")
        inside = [] if area is None else sorted(place for place in marked if area.holds(place))
        if area is None or not inside:
            kept.append(match[0].strip())
            continue
        corners = ((cell_name(*box[:2]), cell_name(*box[2:])) for box in _pieces(area, inside))
        kept += [f"{sheet}{start}:{sheet}{end}" for start, end in corners]
    return " ".join(kept)


def _pieces(area: Area, taken: Collection[Position]) -> Iterator[Box]:
    """The boxes that make up an area without some of its cells, which come in order."""
    row = area.top
    for number, places in groupby(taken, key=lambda place: place[0]):
        if number > row:
            yield row, area.left, number - 1, area.right
        column = area.left
        for _, at in places:
            if at > column:
                yield number, column, number, at - 1
            column = at + 1
        if column <= area.right:
            yield number, column, number, area.right
        row = number + 1
    if row <= area.bottom:
        yield row, area.left, area.bottom, area.right


_PART = "content.xml"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_SETTINGS = "settings.xml"
_CONFIG = f"{{{_OASIS}config:1.0}}"
_ITEM, _ITEM_NAME = _CONFIG + "config-item", _CONFIG + "name"
_CHANGES = f"{{{_OASIS}table:1.0}}tracked-changes"
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
_STYLES = {AUTOMATIC, STYLE_TAG, CELL_PROPERTIES, TEXT_PROPERTIES, MAP}
_TAGS = frozenset(
    {
        _BODY,
        _SPREADSHEET,
        SHEET_TAG,
        ROW_TAG,
        COLUMN_TAG,
        NOTE,
        SOURCE_TAG,
        CONDITIONAL_FORMAT,
        _CHANGES,
        *_STYLES,
        *CELLS,
    }
)
_DECLARED = re.compile(rb"""\sxmlns(?::([^\s=]+))?\s*=\s*["']([^"']*)["']""")


def mark_ods(package: Package, marks: Marks, added: AddedSheet) -> Parts:
    """The package's parts with the marks and the sheet. Raises FileError for a dialect that cannot be marked."""
    parts = Parts(package)
    data = parts.get(_PART)
    nodes = parts.scan(_PART, _TAGS)
    edits = [_declared(data, nodes[0])]
    styles = CellStyles(data, nodes)
    tables = _tables(nodes)
    by_sheet: dict[str, dict[Position, Mark]] = {}
    for (sheet, row, column), mark in marks.items():
        by_sheet.setdefault(sheet, {})[row, column] = mark
    for name, table in tables.items():
        if name in by_sheet:
            rows = table_rows(nodes, table)
            marked = by_sheet.pop(name)
            edits += row_edits(data, table, rows, marked, styles)
            edits += ods_condition_edits(data, nodes, table, marked)
    assert not by_sheet, f"marks for sheets that are not there: {', '.join(by_sheet)}"
    name, edit = _sheet(nodes, tables, added, styles)
    edits.append(edit)
    edits += _styles(nodes, styles)
    parts.splice(_PART, edits)
    _show_first(parts, name)
    if MIMETYPE not in parts.names:  # most programs know an .ods by it alone
        parts.put(MIMETYPE, b"application/vnd.oasis.opendocument.spreadsheet")
    return parts


def _sheet(
    nodes: list[XmlNode], tables: Mapping[str, XmlNode], added: AddedSheet, styles: CellStyles
) -> tuple[str, Edit]:
    """The sheet's name, and the edit that puts it before the others, or in the place of an earlier one.

    Recorded changes know sheets by their numbers: with such it comes behind the others.
    """
    if added.again and added.name in tables:
        earlier = tables[added.name]
        return added.name, (earlier.start, earlier.end, table_xml(added, added.name, styles).encode())
    recorded = any(node.tag == _CHANGES for node in nodes)
    at = max(table.end for table in tables.values()) if recorded else min(table.start for table in tables.values())
    name = free_name(added.name, set(tables))
    return name, (at, at, table_xml(added, name, styles).encode())


def _show_first(parts: Parts, name: str) -> None:
    """Every window opens at that sheet."""
    if _SETTINGS not in parts.names:
        return
    shown = [node for node in parts.scan(_SETTINGS, (_ITEM,)) if node.get(_ITEM_NAME) == "ActiveTable"]
    parts.splice(_SETTINGS, [(node.inner, node.close, dropped(name).encode()) for node in shown if not node.empty])


def _tables(nodes: list[XmlNode]) -> dict[str, XmlNode]:
    """The sheets by name, without tables inside cells or drawings."""
    book = next((node for node in nodes if node.tag == _SPREADSHEET), None)
    found = [] if book is None else [node for node in children(nodes, book) if node.tag == SHEET_TAG]
    if not found:
        raise unmarkable(_PART, "has no sheets")
    name = f"{{{_PREFIXES['table']}}}name"
    return {node.get(name) or "": node for node in found}


def _declared(data: bytes, root: XmlNode) -> Edit:
    """The root element with the prefixes that are used here; every spreadsheet program writes these."""
    usual = {(prefix.encode(), space.encode()) for prefix, space in _PREFIXES.items()}
    names, spaces = ({each[side] for each in usual} for side in (0, 1))
    for found in set(_DECLARED.findall(data)) - usual:
        if found[0] in names or found[1] in spaces:
            raise FileError(
                f"{_PART} is an unusual dialect, which cannot be marked", place=_PART, remedy="save the file again"
            )
    known = prefixes(data, root)
    new: dict[bytes, str | None] = {
        f"xmlns:{prefix}".encode(): space
        for prefix, space in _PREFIXES.items()
        if prefix.encode() not in known.values()
    }
    return root.start, root.inner, retagged(data[root.start : root.inner], new)


def _styles(nodes: list[XmlNode], styles: CellStyles) -> Iterator[Edit]:
    """The edit that adds the new styles to the automatic ones, which stand before the body."""
    content = styles.xml()
    automatic = next((node for node in nodes if node.tag == AUTOMATIC), None)
    if automatic is not None and not automatic.empty:
        yield automatic.close, automatic.close, content
        return
    body = next((node for node in nodes if node.tag == _BODY), None)
    if body is None:
        raise unmarkable(_PART, "has no body")
    start, end = (automatic.start, automatic.end) if automatic is not None else (body.start, body.start)
    yield start, end, b"<office:automatic-styles>" + content + b"</office:automatic-styles>"
