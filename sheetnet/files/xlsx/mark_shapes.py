"""The boxes that spreadsheet programs show notes in: VML shapes, added to those of a sheet. It knows no cells.

VML parts are often no well-formed XML (Excel itself writes such), so shapes are put in before the last closing tag.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sheetnet.errors import FileError
from sheetnet.files.repack import Parts
from sheetnet.files.splice import Edit, Node, prefix_of
from sheetnet.files.xlsx.mark_styles import MAIN
from sheetnet.files.xlsx.rels import OFFICE, declare_suffix, relate, relations
from sheetnet.workbook import Position

_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_SPACES = (
    b'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
_SHAPE_TYPE = (
    b'<v:shapetype %s id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>' % _SPACES
)
_SHAPE = (
    b'<v:shape %s id="_x0000_s%d" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:1.5pt;'
    b'width:180pt;height:%dpt;z-index:%d;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
    b'<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    b'<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    b'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>%d, 15, %d, 2, %d, 15, %d, 4'
    b"</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>%d</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>"
)
_EMPTY = b"<xml %s></xml>" % _SPACES
_END = re.compile(rb"</(?:\w+:)?xml\s*>")
_IDENTITY = re.compile(rb"_x0000_s(\d{1,9})\b")
_LINE, _WIDTH = 15, 3  # a row's height in points, and how many columns a box is wide
_LETTERS = 34  # that fit into a line of the box
_BLOCK = 1024  # identities a drawing has for itself
LEGACY = MAIN + "legacyDrawing"
# What may come before conditional formats, and before the drawing of notes, in a worksheet part, by the schema; the
# order is fixed.
BEFORE_CONDITIONS = frozenset(
    MAIN + name
    for name in (
        "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios "
        "autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr"
    ).split()
)
BEFORE = BEFORE_CONDITIONS | frozenset(
    MAIN + name
    for name in (
        "conditionalFormatting dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks "
        "colBreaks customProperties cellWatches ignoredErrors smartTags drawing"
    ).split()
)


def add_shapes(
    parts: Parts, sheet_part: str, data: bytes, nodes: list[Node], notes: Mapping[Position, str]
) -> list[Edit]:
    """A box for each note; returns the edits of the worksheet part, whose top elements are among `nodes`."""
    legacy = next((node for node in nodes if node.tag == LEGACY), None)
    if legacy is not None:
        identity = legacy.get(f"{{{OFFICE}}}id")
        found = next((each.part for each in relations(parts, sheet_part) if each.identity == identity), None)
        if found is None or found not in parts.names:
            raise FileError(f"{parts.where(sheet_part)} lacks its drawing, so the file cannot be marked: save it again")
        _extend(parts, found, notes)
        return []
    part = parts.free("xl/drawings/vmlDrawing{}.vml")
    first = _next_identity(parts)
    layout = b'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="%s"/></o:shapelayout>'
    blocks = range(first // _BLOCK, (first + len(notes)) // _BLOCK + 1)
    start = _EMPTY[: -len(b"</xml>")] + layout % b",".join(b"%d" % block for block in blocks)
    parts.put(part, start + _SHAPE_TYPE + _shapes(notes, first) + b"</xml>")
    declare_suffix(parts, "vml", _TYPE)
    identity = relate(parts, sheet_part, "vmlDrawing", part)
    at = max(node.end for node in nodes if node.depth == 1 and node.tag in BEFORE)
    element = b'<%slegacyDrawing xmlns:r="%s" r:id="%s"/>' % (
        prefix_of(data, nodes[0]), OFFICE.encode(), identity.encode(),
    )  # fmt: skip
    return [(at, at, element)]


def _extend(parts: Parts, part: str, notes: Mapping[Position, str]) -> None:
    data = parts.get(part)
    ends = list(_END.finditer(data))
    if not ends:
        raise FileError(f"{parts.where(part)} is no drawing of notes, so the file cannot be marked: save it again")
    own = [int(found) for found in _IDENTITY.findall(data)]
    first = max(own) + 1 if own else _next_identity(parts)
    added = b"" if b'"_x0000_t202"' in data else _SHAPE_TYPE
    at = ends[-1].start()
    parts.put(part, data[:at] + added + _shapes(notes, first) + data[at:])


def _next_identity(parts: Parts) -> int:
    """The first identity of a block of which no drawing of the file has any."""
    drawings = (parts.get(name) for name in parts.names if name.lower().endswith(".vml"))
    highest = max((int(found) for data in drawings for found in _IDENTITY.findall(data)), default=0)
    return (highest // _BLOCK + 1) * _BLOCK + 1


def _shapes(notes: Mapping[Position, str], first: int) -> bytes:
    return b"".join(_shape(first + number, place, note) for number, (place, note) in enumerate(notes.items()))


def _shape(identity: int, place: Position, note: str) -> bytes:
    row, column = place[0] - 1, place[1] - 1
    lines = 1 + sum(1 + len(line) // _LETTERS for line in note.split("\n"))
    top = max(row - 1, 0)
    anchor = (column + 1, top, column + 1 + _WIDTH, top + lines)
    return _SHAPE % (_SPACES, identity, lines * _LINE, identity % _BLOCK, *anchor, row, column)
