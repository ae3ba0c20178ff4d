"""Gives cells of an .xlsx worksheet another fill and other strokes, in place.

Nothing but the `s` of marked cells changes: values, formulas, caches and metadata are not even read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sheetnet.files.escaping import replaced
from sheetnet.files.marking import LINK_COLOR, Field, Mark, unmarkable
from sheetnet.files.package import Parts
from sheetnet.files.xlsx.parts import NAMESPACES
from sheetnet.files.xml import Edit, XmlNode, appended, children, element_prefix, retagged
from sheetnet.styles import Strokes
from sheetnet.syntax import cell_name, column_number
from sheetnet.workbook import Position

MAIN = f"{{{NAMESPACES[0]}}}"
EMPTY_STYLES = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="{NAMESPACES[0]}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>'
).encode()
_LISTS = ("fonts", "fills", "cellXfs")
_DXFS = "dxfs"  # differential formats, those of conditions; a file may have none
# The parts of a font in the order in which they stand.
_FONT = ("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name")
_TAGS = frozenset(
    MAIN + name for name in (*_LISTS, *_FONT, _DXFS, "cellStyleXfs", "cellStyles", "font", "fill", "xf", "dxf")
)
_STROKES: dict[Strokes, dict[str, bytes]] = {
    Strokes.NONE: {},
    Strokes.CROSSED_OUT: {"strike": b"<%sstrike/>"},
    Strokes.UNDERLINED: {"u": b"<%su/>"},
    Strokes.TWICE_UNDERLINED: {"u": b'<%su val="double"/>'},
    Strokes.SLANTED: {"i": b"<%si/>"},
    Strokes.SLANTED_UNDERLINED: {"i": b"<%si/>", "u": b"<%su/>"},
}


class NewStyles:
    """Collects new fonts, fills and cell formats, each once; `edits` put them into the part."""

    def __init__(self, parts: Parts, part: str) -> None:
        self._data = data = parts.get(part)
        nodes = parts.scan(part, _TAGS)
        self._prefix = element_prefix(data, nodes[0])
        listed = {node.tag.removeprefix(MAIN): node for node in children(nodes, nodes[0])}
        if not all(name in listed for name in _LISTS) or not children(nodes, listed["cellXfs"]):
            raise unmarkable(part, "lacks fonts, fills or cell formats")
        self._family = self._usual_font(nodes, listed["fonts"])
        self._after_styles = listed.get("cellStyles", listed["cellXfs"]).end
        self._lists = {name: listed[name] for name in (*_LISTS, _DXFS) if name in listed}
        self._counts = {name: len(children(nodes, node)) for name, node in self._lists.items()}
        self._formats = children(nodes, listed["cellXfs"])
        self._fonts, self._nodes = children(nodes, listed["fonts"]), nodes
        self._stroked_fonts: dict[tuple[int, Strokes], int] = {}
        self._added: dict[str, dict[bytes, int]] = {name: {} for name in (*_LISTS, _DXFS)}
        self._parent = b' xfId="0"' if "cellStyleXfs" in listed else b""

    def marked(self, style: int, mark: Mark) -> int:
        """The format that is like the given one, but for the fill and the strokes of a mark."""
        node = self._formats[style if style < len(self._formats) else 0]
        changes: dict[bytes, str | None] = {b"fillId": str(self._fill(mark.fill)), b"applyFill": "1"}
        if mark.strokes and self._fonts:
            key = _number(node.get("fontId")), mark.strokes
            if key not in self._stroked_fonts:
                self._stroked_fonts[key] = self._stroked(*key)
            changes |= {b"fontId": str(self._stroked_fonts[key]), b"applyFont": "1"}
        tag = retagged(self._data[node.start : node.inner], changes)
        return self._add("cellXfs", tag + self._data[node.inner : node.end])

    def condition(self, fill: str) -> int:
        """The differential format that gives a cell this fill (RRGGBB), for a conditional format."""
        text = b'<%sdxf><%sfill><%spatternFill patternType="solid"><%sfgColor rgb="FF%s"/><%sbgColor rgb="FF%s"/>'
        p, color = self._prefix, fill.encode()
        return self._add(_DXFS, (text + b"</%spatternFill></%sfill></%sdxf>") % (p, p, p, p, color, p, color, p, p, p))

    def look(self, cell: Field) -> int:
        """A format for texts of our own; with its apostrophe (quotePrefix) they stay texts when they are edited."""
        font, p = self._font(cell) if cell.bold or cell.link or cell.strokes else 0, self._prefix
        fill_id = 0 if cell.fill is None else self._fill(cell.fill)
        start = b'<%sxf numFmtId="0" fontId="%d" fillId="%d" borderId="0"%s quotePrefix="1"'
        end = (
            b' applyFont="1" applyFill="1" applyAlignment="1"><%salignment horizontal="left" vertical="top"%s/></%sxf>'
        )
        wrap = b' wrapText="1"' if cell.wrap else b""
        return self._add("cellXfs", start % (p, font, fill_id, self._parent) + end % (p, wrap, p))

    def _stroked(self, number: int, strokes: Strokes) -> int:
        """The font that is like the given one, but for its strokes; all of its parts stay in their order."""
        font, data = self._fonts[number if number < len(self._fonts) else 0], self._data
        new = {name: text % self._prefix for name, text in _STROKES[strokes].items()}
        if font.empty:
            p = self._prefix
            return self._add("fonts", b"<%sfont>%s</%sfont>" % (p, b"".join(new.values()), p))
        made, place = [data[font.start : font.inner]], font.inner
        for part in children(self._nodes, font):
            name = part.tag.removeprefix(MAIN)
            due = [each for each in new if _FONT.index(each) <= _FONT.index(name)]
            made += [data[place : part.start], *(new.pop(each) for each in due)]
            place = part.end if name in _STROKES[strokes] else part.start
        return self._add("fonts", b"".join([*made, *new.values(), data[place : font.end]]))

    def _font(self, cell: Field) -> int:
        p = self._prefix
        strokes = {name: text % p for name, text in _STROKES[cell.strokes].items()}
        weight = (b"<%sb/>" % p if cell.bold else b"") + strokes.get("i", b"") + strokes.get("strike", b"")
        underline = b"<%su/>" % p if cell.link else strokes.get("u", b"")
        color = b'<%scolor rgb="FF%s"/>' % (p, LINK_COLOR.encode()) if cell.link else b""
        text = b'<%sfont>%s%s<%ssz val="%s"/>%s<%sname val="%s"/></%sfont>'
        size, name = self._family
        return self._add("fonts", text % (p, weight, underline, p, size, color, p, name, p))

    @staticmethod
    def _usual_font(nodes: list[XmlNode], fonts: XmlNode) -> tuple[bytes, bytes]:
        """Size and name of the workbook's first font, which is that of cells without a look."""
        first = children(nodes, fonts)[:1]
        own = {node.tag: node.get("val") for font in first for node in children(nodes, font)}
        size, name = own.get(MAIN + "sz") or "11", own.get(MAIN + "name") or "Calibri"
        return replaced(size).encode(), replaced(name).encode()

    def _fill(self, color: str) -> int:
        p = self._prefix
        text = b'<%sfill><%spatternFill patternType="solid"><%sfgColor rgb="FF%s"/><%sbgColor indexed="64"/>'
        return self._add("fills", (text + b"</%spatternFill></%sfill>") % (p, p, p, color.encode(), p, p, p))

    def _add(self, name: str, content: bytes) -> int:
        added = self._added[name]
        return added.setdefault(content, self._counts.get(name, 0) + len(added))

    def edits(self) -> list[Edit]:
        """What puts all that was asked for into the part."""
        edits: list[Edit] = []
        for name, node in self._lists.items():
            if self._added[name]:
                edits += self._extended(node, list(self._added[name]), self._counts[name])
        if _DXFS not in self._lists and self._added[_DXFS]:
            p, added = self._prefix, self._added[_DXFS]
            element = b'<%sdxfs count="%d">%s</%sdxfs>' % (p, len(added), b"".join(added), p)
            edits.append((self._after_styles, self._after_styles, element))
        return edits

    def _extended(self, node: XmlNode, added: list[bytes], before: int) -> list[Edit]:
        tag = self._data[node.start : node.inner]
        edits = appended(self._data, node, b"".join(added))
        if node.get("count") is None:
            return edits
        if node.empty:  # opened and filled in one edit
            ((_, end, content),) = edits
            tag = retagged(tag[:-2].rstrip() + b">", {b"count": str(before + len(added))})
            return [(node.start, end, tag + content.removeprefix(b">"))]
        return [(node.start, node.inner, retagged(tag, {b"count": str(before + len(added))})), *edits]


ROW_ELEMENT, CELL_ELEMENT, COLUMN_ELEMENT, DATA_ELEMENT = MAIN + "row", MAIN + "c", MAIN + "col", MAIN + "sheetData"
CELL_TAGS = frozenset({ROW_ELEMENT, CELL_ELEMENT, COLUMN_ELEMENT, DATA_ELEMENT})
Restyle = Callable[[int, Mark], int]  # a format and a mark → the format with its fill and strokes


@dataclass(slots=True)
class _Row:
    """A row as it stands in the part; a row or cell without a number follows the one before it."""

    node: XmlNode
    number: int
    columns: list[int] = field(default_factory=list)
    cells: list[XmlNode] = field(default_factory=list)


class CellMarker:
    """Makes the edits for one worksheet part."""

    def __init__(self, data: bytes, nodes: list[XmlNode], restyle: Restyle) -> None:
        self._data, self._restyle = data, restyle
        self._prefix = element_prefix(data, nodes[0])
        self._sheet = next(node for node in nodes if node.tag == DATA_ELEMENT)
        self._columns = [node for node in nodes if node.tag == COLUMN_ELEMENT]
        self._rows = {row.number: row for row in _rows(nodes)}

    def edits(self, marks: Mapping[Position, Mark]) -> Iterator[Edit]:
        """The edits that give these cells their looks, whether they are there or not."""
        by_row: dict[int, dict[int, Mark]] = {}
        for (row, column), mark in sorted(marks.items()):
            by_row.setdefault(row, {})[column] = mark
        new: dict[int, bytes] = {}
        for number, wanted in by_row.items():
            if number in self._rows:
                yield from self._in_row(self._rows[number], wanted)
            else:
                new[number] = self._new_row(number, wanted)
        yield from self._new_rows(new)

    def _in_row(self, row: _Row, wanted: Mapping[int, Mark]) -> Iterator[Edit]:
        there = dict(zip(row.columns, row.cells, strict=True))
        absent = {column: mark for column, mark in wanted.items() if column not in there}
        for column in wanted.keys() - absent.keys():
            node = there[column]
            style = self._restyle(_style(node), wanted[column])
            tag = retagged(self._data[node.start : node.inner], {b"s": str(style)})
            yield node.start, node.inner, tag
        if not absent:
            return
        # `spans` is but a hint for readers; it would no longer hold.
        tag = retagged(self._data[row.node.start : row.node.inner], {b"spans": None})
        made = {column: self._new_cell(row, column, mark) for column, mark in sorted(absent.items())}
        if row.node.empty:
            yield row.node.start, row.node.end, _filled(tag, self._prefix + b"row", b"".join(made.values()))
            return
        yield row.node.start, row.node.inner, tag
        for column, cell in made.items():
            following = bisect_right(row.columns, column)
            at = row.cells[following].start if following < len(row.cells) else row.node.close
            yield at, at, cell

    def _new_cell(self, row: _Row, column: int, mark: Mark) -> bytes:
        own = row.node.get("customFormat") in ("1", "true")
        base = _style(row.node) if own else self._column_style(column)
        return self._cell(row.number, column, self._restyle(base, mark))

    def _cell(self, row: int, column: int, style: int) -> bytes:
        return b'<%sc r="%s" s="%d"/>' % (self._prefix, cell_name(row, column).encode(), style)

    def _new_row(self, number: int, wanted: Mapping[int, Mark]) -> bytes:
        cells = [
            self._cell(number, column, self._restyle(self._column_style(column), mark))
            for column, mark in wanted.items()
        ]
        return b'<%srow r="%d">%s</%srow>' % (self._prefix, number, b"".join(cells), self._prefix)

    def _new_rows(self, new: Mapping[int, bytes]) -> Iterator[Edit]:
        numbers = sorted(self._rows)
        last = b"".join(text for number, text in new.items() if not numbers or number > numbers[-1])
        for number, text in new.items():
            following = bisect_right(numbers, number)
            if following < len(numbers):
                at = self._rows[numbers[following]].node.start
                yield at, at, text
        if last:
            yield from appended(self._data, self._sheet, last)

    def _column_style(self, column: int) -> int:
        for node in self._columns:
            first, last = (_number(node.get(name)) for name in ("min", "max"))
            if first <= column <= last:
                return _number(node.get("style"))
        return 0


def _rows(nodes: list[XmlNode]) -> Iterator[_Row]:
    """The rows in the order of the part, numbered as the reader numbers them."""
    row, known = _Row(nodes[0], 0), dict[str, int]()
    for node in nodes:
        if node.tag == ROW_ELEMENT:
            if row.number:
                yield row
            row = _Row(node, _number(node.get("r")) or row.number + 1)
        elif node.tag == CELL_ELEMENT and row.number:
            letters, number = _place(node.get("r") or "")
            if not row.cells and row.node.get("r") is None and number:
                row.number = number
            if letters and letters not in known:
                known[letters] = column_number(letters)
            row.columns.append(known[letters] if letters else (row.columns[-1] + 1 if row.columns else 1))
            row.cells.append(node)
    if row.number:
        yield row


def _place(text: str) -> tuple[str, int]:
    """The letters and the number of a cell's name; `read_workbook` has refused all others."""
    letters = text.rstrip("0123456789")
    return letters, _number(text[len(letters) :])


def _filled(tag: bytes, name: bytes, content: bytes) -> bytes:
    """A tag that was `<row/>` with content."""
    return tag[:-2].rstrip() + b">" + content + b"</" + name + b">"


def _style(node: XmlNode) -> int:
    return _number(node.get("s"))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0
