"""Marks an .xlsx or .xlsm package: a report sheet, and rules that keep conditional formats from hiding a fill.

The rule with the lowest priority number decides, so ours get the first ones. They are always true and stop the others,
which all stay: where ours are taken out, the workbook's own decide again.

Only the styles of marked cells, conditional formats above them, the notes and the list of sheets change; every other
part, and every other byte of the changed ones, stays as it is: charts, drawings, validation, protection, the metadata of
dynamic arrays, macros, cached values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sheetnet.errors import FileError
from sheetnet.files.escaping import replaced, text_element
from sheetnet.files.marking import AUTHOR, AddedSheet, Field, Mark, Marks, free_name
from sheetnet.files.marking.xlsx_cells import CELL_TAGS, DATA_ELEMENT, EMPTY_STYLES, MAIN, CellMarker, NewStyles
from sheetnet.files.marking.xlsx_notes import BEFORE, BEFORE_CONDITIONS, LEGACY, add_comments, add_shapes
from sheetnet.files.package import Package, Parts
from sheetnet.files.sheet_features import USUAL_HEIGHT, wrapped_height
from sheetnet.files.xlsx.parts import (
    NAMESPACES,
    OFFICE,
    SheetEntry,
    declare,
    read_index,
    relate,
    related,
    relations,
    workbook_part,
)
from sheetnet.files.xml import Edit, XmlNode, appended, children, element_prefix, retagged
from sheetnet.syntax import cell_name, parse_area, quote_sheet
from sheetnet.workbook import Place, Position

_NEW = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"  # of newer kinds, in an extension list
_BLOCK, _RULE = ("conditionalFormatting", "cfRule")
_BLOCKS, _RULES = ({MAIN + name, _NEW + name} for name in (_BLOCK, _RULE))
_PLACES = "{http://schemas.microsoft.com/office/excel/2006/main}sqref"  # where a newer block has its ranges
CONDITION_TAGS = frozenset({*_BLOCKS, *_RULES, _PLACES})
_TRUE = f'"{AUTHOR}"="{AUTHOR}"'  # always true, and known again as ours
_SIGNS = (replaced(_TRUE).encode(), _TRUE.encode())


@dataclass(slots=True)
class _Block:
    """Conditional formats of the same ranges."""

    node: XmlNode
    rules: list[XmlNode] = field(default_factory=list)
    ranges: str = ""

    def is_ours(self, data: bytes) -> bool:
        """Whether all its rules are of an earlier marking."""
        return bool(self.rules) and all(any(s in data[r.inner : r.close] for s in _SIGNS) for r in self.rules)


def condition_edits(
    data: bytes, nodes: list[XmlNode], fills: Mapping[Position, str], look: Callable[[str], int], at: int
) -> Iterator[Edit]:
    """The edits by which fills show on cells under conditional formats too; earlier rules of ours give way.

    `look` gives the differential format of a fill; `at` is where a first block may stand.
    """
    blocks = list(_blocks(data, nodes))
    own = [block for block in blocks if not block.is_ours(data)]
    yield from ((block.node.start, block.node.end, b"") for block in blocks if block.is_ours(data))
    by_fill: dict[str, list[Position]] = {}
    for place in sorted(_covered(fills, own)):
        by_fill.setdefault(fills[place], []).append(place)
    yield from _later(data, own, len(by_fill))
    first = next((block.node.start for block in own if block.node.tag == MAIN + _BLOCK), at)
    p = element_prefix(data, nodes[0])
    for priority, (fill, places) in enumerate(by_fill.items(), start=1):
        where = " ".join(cell_name(*place) for place in places).encode()
        start = b'<%sconditionalFormatting sqref="%s"><%scfRule type="expression" dxfId="%d" priority="%d"'
        rest = b' stopIfTrue="1"><%sformula>%s</%sformula></%scfRule></%sconditionalFormatting>'
        yield first, first, start % (p, where, p, look(fill), priority) + rest % (p, _SIGNS[0], p, p, p)


def _blocks(data: bytes, nodes: list[XmlNode]) -> Iterator[_Block]:
    block = None
    for node in nodes:
        if node.tag in _BLOCKS:
            if block is not None:
                yield block
            block = _Block(node, ranges=node.get("sqref") or "")
        elif block is not None and node.start < block.node.end:
            if node.tag in _RULES:
                block.rules.append(node)
            elif node.tag == _PLACES:
                block.ranges = data[node.inner : node.close].decode()
    if block is not None:
        yield block


def _covered(fills: Mapping[Position, str], blocks: list[_Block]) -> set[Position]:
    """The cells under conditional formats."""
    areas = {parse_area(word) for block in blocks for word in block.ranges.split()} - {None}
    left = set(fills)
    for area in areas:
        left -= {place for place in left if area is not None and area.holds(place)}
    return set(fills) - left


def _later(data: bytes, blocks: list[_Block], count: int) -> Iterator[Edit]:
    """The other rules' priorities, so that the first of them comes after `count` of ours."""
    rules = [(rule, rule.get("priority") or "") for block in blocks for rule in block.rules]
    numbers = [(rule, int(text)) for rule, text in rules if text.isascii() and text.isdecimal() and len(text) < 10]
    shift = count + 1 - min((number for _, number in numbers), default=1)
    if not count or shift <= 0:
        return
    for rule, number in numbers:
        tag = retagged(data[rule.start : rule.inner], {b"priority": str(number + shift)})
        yield rule.start, rule.inner, tag


_TEXT_SIZE = 11.0  # points, the largest font that workbooks begin with
_HEAD = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{NAMESPACES[0]}">'.encode()
_VIEW = (
    b'<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0"/></sheetViews>'
    b'<sheetFormatPr defaultRowHeight="15"/>'
)
_PAGE = (
    b'<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
    b'<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
)
_FIT = b'<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'


def sheet_xml(sheet: AddedSheet, look: Callable[[Field], int]) -> bytes:
    """The part. `look` gives a cell's format."""
    columns = b"".join(
        b'<col min="%d" max="%d" width="%g" customWidth="1"/>' % (number, number, width)
        for number, width in enumerate(sheet.widths, start=1)
    )
    parts = [_HEAD, _FIT, _VIEW, b"<cols>%s</cols>" % columns if columns else b"", b"<sheetData>"]
    for number, row in enumerate(sheet.rows, start=1):
        cells = b"".join(_cell(number, column, cell, look) for column, cell in enumerate(row, start=1))
        parts.append(b'<row r="%d"%s>%s</row>' % (number, _height(row, sheet.widths), cells))
    links = b"".join(_links(sheet))
    parts += [b"</sheetData>", b"<hyperlinks>%s</hyperlinks>" % links if links else b"", _PAGE, b"</worksheet>"]
    return b"".join(parts)


def _height(row: Sequence[Field], widths: Sequence[float]) -> bytes:
    """A row's height where a text wraps: not every program measures it."""
    wrapped = [
        wrapped_height(cell.value, width, _TEXT_SIZE)
        for cell, width in zip(row, widths, strict=False)
        if cell.wrap and isinstance(cell.value, str)
    ]
    highest = max(wrapped, default=USUAL_HEIGHT)
    return b' ht="%g" customHeight="1"' % highest if highest > USUAL_HEIGHT else b""


def _cell(row: int, column: int, cell: Field, look: Callable[[Field], int]) -> bytes:
    if cell.value is None and cell.fill is None:
        return b""
    start = b'<c r="%s" s="%d"' % (cell_name(row, column).encode(), look(cell))
    if cell.value is None:
        return start + b"/>"
    if isinstance(cell.value, str):
        return start + b' t="inlineStr"><is>' + text_element(b"", cell.value) + b"</is></c>"
    return start + b"><v>%s</v></c>" % repr(float(cell.value)).removesuffix(".0").encode()


def _links(sheet: AddedSheet) -> Iterator[bytes]:
    for number, row in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(row, start=1):
            if cell.link is not None:
                yield b'<hyperlink ref="%s" location="%s"/>' % (
                    cell_name(number, column).encode(), replaced(_location(cell.link)).encode(),
                )  # fmt: skip


def _location(place: Place) -> str:
    sheet, row, column = place
    return f"{quote_sheet(sheet)}!{cell_name(row, column)}"


_OOXML = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_SHEETS, _SHEET, _NAME, _VIEWS, _SHEET_VIEW = (
    MAIN + name for name in ("sheets", "sheet", "definedName", "workbookView", "sheetView")
)


def mark_xlsx(package: Package, marks: Marks, added: AddedSheet) -> Parts:
    """The package's parts with the marks and the sheet. Raises FileError for a dialect that cannot be marked."""
    parts = Parts(package)
    book = workbook_part(package)
    _check_dialect(parts, book)
    entries, _, _ = read_index(package, book)
    place = _styles_part(parts, book)
    styles = NewStyles(parts, place)
    by_sheet: dict[str, dict[Position, Mark]] = {}
    for (sheet, row, column), mark in marks.items():
        by_sheet.setdefault(sheet, {})[row, column] = mark
    for entry in entries:
        if entry.part is not None and entry.name in by_sheet:
            _mark_sheet(parts, entry.part, by_sheet.pop(entry.name), styles)
    assert not by_sheet, f"marks for sheets that are not there: {', '.join(by_sheet)}"
    _add_sheet(parts, book, entries, added, styles)
    parts.splice(place, styles.edits())
    return parts


def _check_dialect(parts: Parts, book: str) -> None:
    root = parts.scan(book, ())[0]
    if root.tag != MAIN + "workbook":
        strict = root.tag.startswith(f"{{{NAMESPACES[1]}}}")
        kind = "a strict Open XML workbook" if strict else "an unusual dialect"
        raise FileError(
            f"is {kind}, which cannot be marked",
            remedy="save it as a usual .xlsx (Excel Workbook)",
        )


def _styles_part(parts: Parts, book: str) -> str:
    """The part with the styles; one that has the usual look where the file has none."""
    part = related(parts, book, "styles")
    if part is None:
        part = parts.free("xl/styles{}.xml")
        parts.put(part, EMPTY_STYLES)
        relate(parts, book, "styles", part)
        declare(parts, part, _OOXML + "styles+xml")
    return part


def _mark_sheet(parts: Parts, part: str, marks: Mapping[Position, Mark], styles: NewStyles) -> None:
    data = parts.get(part)
    nodes = parts.scan(part, CELL_TAGS | BEFORE | CONDITION_TAGS | {LEGACY})
    if nodes[0].tag != MAIN + "worksheet" or not any(node.tag == DATA_ELEMENT for node in nodes):
        raise FileError(
            f"{part} is an unusual dialect, which cannot be marked",
            place=part,
            remedy="save the file again",
        )
    fills = {position: mark.fill for position, mark in marks.items()}
    edits = list(CellMarker(data, nodes, styles.marked).edits(marks))
    at = max(node.end for node in nodes if node.depth == 1 and node.tag in BEFORE_CONDITIONS)
    edits += condition_edits(data, nodes, fills, styles.condition, at)
    notes = {cell_name(*position): mark.note for position, mark in sorted(marks.items())}
    new = set(add_comments(parts, part, notes))
    boxed = {
        position: mark.note for position, mark in sorted(marks.items()) if mark.note and cell_name(*position) in new
    }
    if boxed:
        edits += add_shapes(parts, part, data, nodes, boxed)
    parts.splice(part, edits)


def _add_sheet(parts: Parts, book: str, entries: list[SheetEntry], added: AddedSheet, styles: NewStyles) -> None:
    """The sheet before the others, or in the place of an earlier one; it alone is selected, and shown first."""
    _unselect(parts, book)
    place = next((at for at, entry in enumerate(entries) if added.again and entry.name == added.name), None)
    earlier = None if place is None else entries[place].part
    if place is not None and earlier is not None:
        parts.put(earlier, sheet_xml(added, styles.look))
        parts.splice(book, _shown_first(parts, book, place))
        return
    part = parts.free("xl/worksheets/sheet{}.xml")
    parts.put(part, sheet_xml(added, styles.look))
    declare(parts, part, _OOXML + "worksheet+xml")
    identity = relate(parts, book, "worksheet", part)
    data = parts.get(book)
    nodes = parts.scan(book, (_SHEETS, _SHEET, _NAME))
    sheets = next(node for node in nodes if node.tag == _SHEETS)
    known = children(nodes, sheets)
    numbers = [int(number) for node in known if (number := node.get("sheetId") or "").isdecimal()]
    name = free_name(added.name, {entry.name for entry in entries})
    element = b'<%ssheet xmlns:r="%s" name="%s" sheetId="%d" r:id="%s"/>' % (
        element_prefix(data, sheets), OFFICE.encode(), replaced(name).encode(), max(numbers, default=0) + 1,
        identity.encode(),
    )  # fmt: skip
    first = appended(data, sheets, element, known[0].start if known else None)
    parts.splice(book, [*first, *_later_scopes(data, nodes), *_shown_first(parts, book, 0)])


def _later_scopes(data: bytes, nodes: list[XmlNode]) -> Iterator[Edit]:
    """Names that belong to a sheet, print areas among them, know it by its number: all are one further now."""
    for node in nodes:
        scope = node.get("localSheetId") or "" if node.tag == _NAME else ""
        if scope.isascii() and scope.isdecimal() and len(scope) < 10:
            tag = retagged(data[node.start : node.inner], {b"localSheetId": str(int(scope) + 1)})
            yield node.start, node.inner, tag


def _shown_first(parts: Parts, book: str, place: int) -> Iterator[Edit]:
    """The edits by which every window opens at the sheet of that number."""
    data = parts.get(book)
    for node in parts.scan(book, (_VIEWS,)):
        if node.tag == _VIEWS:
            changes = {b"activeTab": str(place) if place else None, b"firstSheet": None}
            yield node.start, node.inner, retagged(data[node.start : node.inner], changes)


def _unselect(parts: Parts, book: str) -> None:
    """No sheet of the workbook is selected any more: what is typed goes to all selected ones at once."""
    for each in relations(parts, book):
        if each.part is None or each.part not in parts.names or b"tabSelected" not in parts.get(each.part):
            continue
        data = parts.get(each.part)
        views = [node for node in parts.scan(each.part, (_SHEET_VIEW,)) if node.get("tabSelected") is not None]
        parts.splice(
            each.part,
            [(n.start, n.inner, retagged(data[n.start : n.inner], {b"tabSelected": None})) for n in views],
        )
