"""Adds notes to the cells of an .xlsx worksheet: the comments part and its VML boxes.

VML parts are often no well-formed XML (Excel itself writes such), so shapes are put in before the last closing tag.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping

from sheetnet.files.escaping import replaced, text_element
from sheetnet.files.marking import AUTHOR, SETTLED, unmarkable
from sheetnet.files.marking.xlsx_cells import MAIN
from sheetnet.files.package import Parts
from sheetnet.files.xlsx.parts import NAMESPACES, OFFICE, declare, declare_suffix, relate, related, relations
from sheetnet.files.xml import Edit, XmlNode, appended, children, element_prefix
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
    parts: Parts, sheet_part: str, data: bytes, nodes: list[XmlNode], notes: Mapping[Position, str]
) -> list[Edit]:
    """A box for each note; returns the edits of the worksheet part, whose top elements are among `nodes`."""
    legacy = next((node for node in nodes if node.tag == LEGACY), None)
    if legacy is not None:
        identity = legacy.get(f"{{{OFFICE}}}id")
        found = next((each.part for each in relations(parts, sheet_part) if each.identity == identity), None)
        if found is None or found not in parts.names:
            raise unmarkable(sheet_part, "lacks its drawing")
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
        element_prefix(data, nodes[0]), OFFICE.encode(), identity.encode(),
    )  # fmt: skip
    return [(at, at, element)]


def _extend(parts: Parts, part: str, notes: Mapping[Position, str]) -> None:
    data = parts.get(part)
    ends = list(_END.finditer(data))
    if not ends:
        raise unmarkable(part, "is no drawing of notes")
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


_NOTES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_EMPTY_NOTES = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<comments xmlns="{NAMESPACES[0]}">'
    "<authors></authors><commentList></commentList></comments>"
).encode()
_AUTHORS, _AUTHOR, _LIST, _COMMENT, _TEXT, _RUN, _T = (
    MAIN + name for name in ("authors", "author", "commentList", "comment", "text", "r", "t")
)
_BREAK = rb"(?:[\r\n]|&#1[03];|_x000[aAdD]_)"
_NO_BREAK_BEFORE = rb"(?<![\r\n])(?<!&#1[03];)(?<!_x000[aAdD]_)"
_OURS = re.compile(rb"(?:^|%s%s++)%s: " % (_NO_BREAK_BEFORE, _BREAK, AUTHOR.encode()))


def add_comments(parts: Parts, sheet_part: str, notes: Mapping[str, str | None]) -> list[str]:
    """Put a note on each of these cells (by name, `B3`); returns the cells that had none before.

    A cell's own note stays as it is, ours follows it; an earlier one of ours gives way, also where there is none now.
    """
    part = related(parts, sheet_part, "comments")
    if part is None:
        if not any(notes.values()):
            return []
        part = parts.free("xl/comments{}.xml")
        parts.put(part, _EMPTY_NOTES)
        relate(parts, sheet_part, "comments", part)
        declare(parts, part, _NOTES_TYPE)
    comments = _Comments(parts, part)
    parts.splice(part, comments.edits(notes))
    return [cell for cell, note in notes.items() if note and cell not in comments.texts]


class _Comments:
    """The comments part as it stands."""

    def __init__(self, parts: Parts, part: str) -> None:
        self._data, self._where = parts.get(part), part
        self._nodes = parts.scan(part, (_AUTHORS, _AUTHOR, _LIST, _COMMENT, _TEXT, _RUN, _T))
        self._starts = [node.start for node in self._nodes]
        self._prefix = element_prefix(self._data, self._nodes[0])
        self.texts: dict[str, XmlNode] = {}
        cell = ""
        for node in self._nodes:
            if node.tag == _COMMENT:
                cell = (node.get("ref") or "").upper()
            elif node.tag == _TEXT and node.depth == 3:
                self.texts[cell] = node

    def edits(self, notes: Mapping[str, str | None]) -> list[Edit]:
        """What puts these notes into the part."""
        edits: list[Edit] = []
        for cell in notes.keys() & self.texts.keys():
            edits += self._followed(self.texts[cell], notes[cell])
        new = {cell: note for cell, note in notes.items() if note and cell not in self.texts}
        if new:
            authors, listed = self._first(_AUTHORS), self._first(_LIST)
            author = sum(node.tag == _AUTHOR for node in self._nodes)
            name = b"<%sauthor>%s</%sauthor>" % (self._prefix, replaced(AUTHOR).encode(), self._prefix)
            edits += appended(self._data, authors, name)
            edits += appended(self._data, listed, b"".join(self._comment(*item, author) for item in new.items()))
        return edits

    def _first(self, tag: str) -> XmlNode:
        found = next((node for node in self._nodes if node.tag == tag), None)
        if found is None:
            raise unmarkable(self._where, "is no list of notes")
        return found

    def _comment(self, cell: str, note: str, author: int) -> bytes:
        p = self._prefix
        start = b'<%scomment ref="%s" authorId="%d"><%stext>' % (p, replaced(cell).encode(), author, p)
        return start + self._run(f"{AUTHOR}: {note}") + b"</%stext></%scomment>" % (p, p)

    def _followed(self, text: XmlNode, note: str | None) -> list[Edit]:
        """The edits by which ours follows what a note has; an earlier one of ours, to the end of the note, gives way."""
        pieces = children(self._within(text), text)
        for number, piece in enumerate(pieces):
            words = piece if piece.tag == _T else next((n for n in self._within(piece) if n.tag == _T), None)
            ours = _OURS.search(self._data[words.inner : words.close]) if words is not None else None
            if words is None or ours is None:
                continue
            if number == 0 and ours.start() == 0:
                return [(piece.start, text.close, self._run(f"{AUTHOR}: {note or SETTLED}"))]
            more = self._run(f"\n\n{AUTHOR}: {note}") if note else b""
            if ours.start() == 0:
                return [*self._as_runs(pieces[:number]), (piece.start, text.close, more)]
            cut = (words.inner + ours.start(), words.close, b"")
            return [*self._as_runs(pieces[: number + 1]), cut, (piece.end, text.close, more)]
        if not note:
            return []
        return [*self._as_runs(pieces), *appended(self._data, text, self._run(f"\n\n{AUTHOR}: {note}"))]

    def _within(self, node: XmlNode) -> list[XmlNode]:
        first = bisect_right(self._starts, node.start)
        return self._nodes[first : bisect_left(self._starts, node.close)]

    def _as_runs(self, pieces: list[XmlNode]) -> list[Edit]:
        """A text of its own (`t`) becomes a run (`r`), since only runs can follow one another."""
        p = self._prefix
        edits: list[Edit] = []
        for node in pieces:
            if node.tag == _T:
                edits += [(node.start, node.start, b"<%sr>" % p), (node.end, node.end, b"</%sr>" % p)]
        return edits

    def _run(self, text: str) -> bytes:
        return b"<%sr>%s</%sr>" % (self._prefix, text_element(self._prefix, text), self._prefix)
