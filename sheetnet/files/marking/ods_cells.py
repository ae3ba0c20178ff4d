"""Marks the cells of an .ods sheet: styles, and repeated rows and cells parted where only some are marked."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sheetnet.files.escaping import dropped, paragraphs
from sheetnet.files.marking import AUTHOR, LINK_COLOR, SETTLED, Field, Mark
from sheetnet.files.xml import Edit, XmlNode, appended, children, element_prefix, retagged
from sheetnet.styles import Strokes
from sheetnet.workbook import Position

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
AUTOMATIC = f"{{{_OASIS}office:1.0}}automatic-styles"
_STYLE = f"{{{_OASIS}style:1.0}}"
STYLE_TAG, CELL_PROPERTIES, TEXT_PROPERTIES, MAP = (
    _STYLE + name for name in ("style", "table-cell-properties", "text-properties", "map")
)
_SLANTED = {b"fo:font-style": "italic"}
_UNDERLINED = {b"style:text-underline-style": "solid", b"style:text-underline-width": "auto"}
_STROKES: dict[Strokes, dict[bytes, str]] = {
    Strokes.NONE: {},
    Strokes.CROSSED_OUT: {b"style:text-line-through-style": "solid", b"style:text-line-through-type": "single"},
    Strokes.UNDERLINED: _UNDERLINED,
    Strokes.TWICE_UNDERLINED: {**_UNDERLINED, b"style:text-underline-type": "double"},
    Strokes.SLANTED: _SLANTED,
    Strokes.SLANTED_UNDERLINED: {**_SLANTED, **_UNDERLINED},
}


class CellStyles:
    """Collects new styles, each once; `xml` gives them all."""

    def __init__(self, data: bytes, nodes: list[XmlNode]) -> None:
        self._data = data
        automatic = next((node for node in nodes if node.tag == AUTOMATIC), None)
        self._nodes = [] if automatic is None else [node for node in nodes if node.start < automatic.end]
        styles = (
            [] if automatic is None else [node for node in children(self._nodes, automatic) if node.tag == STYLE_TAG]
        )
        self._names = {node.get(_STYLE + "name") or "" for node in styles}
        self._cells = {
            node.get(_STYLE + "name") or "": node for node in styles if node.get(_STYLE + "family") == "table-cell"
        }
        self._known: dict[tuple[str, str], str] = {}
        self._marked: dict[tuple[str, str, Strokes], str] = {}
        self._added: dict[str, bytes] = {}

    def marked(self, base: str, mark: Mark) -> str:
        """The name of a style like `base` (empty: the default), but for a mark's fill and strokes, without conditions."""
        key = base, mark.fill, mark.strokes
        if key not in self._marked:
            name = self._free()
            node = self._cells.get(base)
            self._added[name] = self._child(name, base, mark) if node is None else self._copy(name, node, mark)
            self._marked[key] = name
        return self._marked[key]

    def look(self, cell: Field) -> str:
        """A style for texts of our own."""
        color = f' fo:background-color="#{cell.fill}"' if cell.fill else ""
        wrap = ' fo:wrap-option="wrap"' if cell.wrap else ""
        weight = ' fo:font-weight="bold"' if cell.bold else ""
        link = f' fo:color="#{LINK_COLOR}" style:text-underline-style="solid"' if cell.link else ""
        strokes = "".join(f' {name.decode()}="{value}"' for name, value in _STROKES[cell.strokes].items())
        text = f"<style:text-properties{link}{weight}{strokes}/>" if link or weight or strokes else ""
        align = '<style:paragraph-properties fo:text-align="start"/>'
        fixed = ' style:text-align-source="fix" style:vertical-align="top"'
        return self._own("table-cell", f"<style:table-cell-properties{color}{wrap}{fixed}/>{align}{text}")

    def row(self) -> str:
        """A row style: as high as its texts need."""
        return self._own("table-row", '<style:table-row-properties style:use-optimal-row-height="true"/>')

    def column(self, characters: float) -> str:
        """A column style of that width."""
        return self._own(
            "table-column", f'<style:table-column-properties style:column-width="{characters * 0.19:.2f}cm"/>'
        )

    def xml(self) -> bytes:
        """The new styles."""
        return b"".join(self._added.values())

    def _own(self, family: str, properties: str) -> str:
        key = (family, properties)
        if key not in self._known:
            name = self._known[key] = self._free()
            start = f'<style:style style:name="{name}" style:family="{family}">'
            self._added[name] = f"{start}{properties}</style:style>".encode()
        return self._known[key]

    def _free(self) -> str:
        number = len(self._added) + 1
        while f"sheetnet{number}" in self._names:
            number += 1
        self._names.add(f"sheetnet{number}")
        return f"sheetnet{number}"

    def _child(self, name: str, base: str, mark: Mark) -> bytes:
        """The base is a style of the whole document, which new ones may descend from."""
        parent = f' style:parent-style-name="{dropped(base)}"' if base else ""
        start = f'<style:style style:name="{name}" style:family="table-cell"{parent}>'.encode()
        return b"".join([start, *(_new(*each) for each in _changes(mark).items()), b"</style:style>"])

    def _copy(self, name: str, node: XmlNode, mark: Mark) -> bytes:
        """The base is an automatic style, which no other may descend from. Its conditions, which would win, are left out."""
        data, changes = self._data, _changes(mark)
        tag = retagged(data[node.start : node.inner], {b"style:name": name, b"style:display-name": None})
        tag = tag if not node.empty else tag[:-2].rstrip() + b">"
        pieces, place = [tag], node.inner
        for child in children(self._nodes, node):
            pieces.append(data[place : child.start])
            if child.tag != MAP:
                pieces.append(retagged(data[child.start : child.inner], changes.pop(child.tag, {})))
            place = child.end if child.tag == MAP else child.inner
        first, last = (_new(tag, changes.get(tag, {})) for tag in (CELL_PROPERTIES, TEXT_PROPERTIES))
        rest = data[place : node.close] if not node.empty else b""
        return b"".join([pieces[0], first, *pieces[1:], rest, last, b"</style:style>"])


def _changes(mark: Mark) -> dict[str, dict[bytes, str | None]]:
    """The attributes that a mark sets in each kind of properties."""
    found: dict[str, dict[bytes, str | None]] = {CELL_PROPERTIES: {b"fo:background-color": f"#{mark.fill}"}}
    return found | ({TEXT_PROPERTIES: dict(_STROKES[mark.strokes])} if mark.strokes else {})


def _new(tag: str, changes: Mapping[bytes, str | None]) -> bytes:
    """Properties that a style has not had; nothing where none are set."""
    return retagged(b"<style:%s/>" % tag.rpartition("}")[2].encode(), changes) if changes else b""


_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE = f"{{{_OASIS}table:1.0}}"
ROW_TAG, COLUMN_TAG, SOURCE_TAG, SHEET_TAG = (
    _TABLE + name for name in ("table-row", "table-column", "cell-range-source", "table")
)
CELLS = frozenset({_TABLE + "table-cell", _TABLE + "covered-table-cell"})
NOTE = f"{{{_OASIS}office:1.0}}annotation"
ROWS_REPEATED, COLUMNS_REPEATED = "number-rows-repeated", "number-columns-repeated"
STYLE_ATTRIBUTE, DEFAULT = _TABLE + "style-name", _TABLE + "default-cell-style-name"


@dataclass(slots=True)
class CellElement:
    """A cell element, how many equal ones it stands for, its own note and where content may begin."""

    node: XmlNode
    column: int
    count: int
    note: XmlNode | None = None
    content: int | None = None


@dataclass(slots=True)
class RowElement:
    """A row element and how many equal ones it stands for."""

    node: XmlNode
    number: int
    count: int
    cells: list[CellElement] = field(default_factory=list)


def table_rows(nodes: list[XmlNode], table: XmlNode) -> tuple[list[RowElement], list[tuple[int, str]]]:
    """The rows of a sheet, and (first column after, default style) of its columns; tables within it are passed over."""
    rows: list[RowElement] = []
    columns: list[tuple[int, str]] = []
    inner_end = row_number = 0
    column_number = 1
    for node in nodes:
        if not table.inner <= node.start < table.close or node.start < inner_end:
            continue
        if node.tag == SHEET_TAG:
            inner_end = node.end
        elif node.tag == COLUMN_TAG:
            column_number += _count(node, COLUMNS_REPEATED)
            columns.append((column_number, node.get(DEFAULT) or ""))
        elif node.tag == ROW_TAG:
            row_number += rows[-1].count if rows else 1
            rows.append(RowElement(node, row_number, _count(node, ROWS_REPEATED)))
        elif rows and node.start < rows[-1].node.end:
            _take(rows[-1], node)
    return rows, columns


def _take(row: RowElement, node: XmlNode) -> None:
    """A cell of a row, or what belongs to the last one."""
    if node.tag in CELLS and node.depth == row.node.depth + 1:
        column = row.cells[-1].column + row.cells[-1].count if row.cells else 1
        row.cells.append(CellElement(node, column, _count(node, COLUMNS_REPEATED)))
    elif row.cells and node.depth == row.node.depth + 2:
        if node.tag == NOTE:
            row.cells[-1].note = node
        elif node.tag == SOURCE_TAG:
            row.cells[-1].content = node.end


def _count(node: XmlNode, name: str) -> int:
    text = node.get(_TABLE + name) or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1


_OURS = re.compile(rb"<text:p\b[^<>]*+>(?:<text:span\b[^<>]*+>)?%s: " % AUTHOR.encode())


def row_edits(
    data: bytes,
    table: XmlNode,
    found: tuple[list[RowElement], list[tuple[int, str]]],
    marks: Mapping[Position, Mark],
    styles: CellStyles,
) -> Iterator[Edit]:
    """The edits that mark cells of a sheet."""
    rows, columns = found
    writer = _Writer(data, columns, styles)
    starts = [row.number for row in rows]
    by_row: dict[int, dict[int, dict[int, Mark]]] = {}  # index of the row element → row number → column → mark
    for (number, column), mark in sorted(marks.items()):
        by_row.setdefault(bisect_right(starts, number) - 1, {}).setdefault(number, {})[column] = mark
    end = rows[-1].number + rows[-1].count if rows else 1
    beyond: dict[int, dict[int, Mark]] = {}
    for index, wanted in by_row.items():
        inside = {number: line for number, line in wanted.items() if number < end}
        beyond.update((number, line) for number, line in wanted.items() if number >= end)
        if inside:
            row = rows[index]
            yield row.node.start, row.node.end, b"".join(writer.parted(row, inside))
    if beyond:
        new = b"".join(writer.new_rows(end, beyond))
        if rows:
            yield rows[-1].node.end, rows[-1].node.end, new
        else:
            yield from appended(data, table, new)


class _Writer:
    """Rows as bytes."""

    def __init__(self, data: bytes, columns: list[tuple[int, str]], styles: CellStyles) -> None:
        self._data, self._columns, self._styles = data, columns, styles

    def parted(self, row: RowElement, lines: Mapping[int, Mapping[int, Mark]]) -> Iterator[bytes]:
        """A row element as several: runs without marks, and each line with marks on its own."""
        start = row.number
        for number, marks in sorted(lines.items()):
            if number > start:
                yield self._row(row, number - start, {})
            yield self._row(row, 1, marks)
            start = number + 1
        if start < row.number + row.count:
            yield self._row(row, row.number + row.count - start, {})

    def new_rows(self, start: int, lines: Mapping[int, Mapping[int, Mark]]) -> Iterator[bytes]:
        """Rows beyond the last one."""
        for number, marks in sorted(lines.items()):
            if number > start:
                yield b'<table:table-row table:number-rows-repeated="%d"><table:table-cell/></table:table-row>' % (
                    number - start
                )
            yield b"<table:table-row>" + b"".join(self._new_cells(1, "", marks)) + b"</table:table-row>"
            start = number + 1

    def _row(self, row: RowElement, count: int, marks: Mapping[int, Mark]) -> bytes:
        data, node = self._data, row.node
        tag = retagged(
            data[node.start : node.inner], {b"table:" + ROWS_REPEATED.encode(): None if count == 1 else str(count)}
        )
        if not marks:
            return tag + data[node.inner : node.end]
        default = node.get(DEFAULT) or ""
        parts, place = [tag if not node.empty else tag[:-2].rstrip() + b">"], node.inner
        end = 1
        for cell in row.cells:
            end = cell.column + cell.count
            own = {column: mark for column, mark in marks.items() if cell.column <= column < end}
            if own:
                parts += [data[place : cell.node.start], *self._cells(cell, own, default)]
                place = cell.node.end
        close = data[node.close : node.end] if not node.empty else b"</%stable-row>" % element_prefix(data, node)
        rest = data[place : node.close] if not node.empty else b""
        beyond = {column: mark for column, mark in marks.items() if column >= end}
        return b"".join([*parts, rest, *self._new_cells(end, default, beyond), close])

    def _cells(self, cell: CellElement, marks: Mapping[int, Mark], default: str) -> Iterator[bytes]:
        """A cell element as several: runs without marks, and each marked cell on its own."""
        start, end = cell.column, cell.column + cell.count
        for column, mark in sorted(marks.items()):
            if column > start:
                yield self._plain(cell, column - start)
            yield self._marked(cell, column, mark, default)
            start = column + 1
        if start < end:
            yield self._plain(cell, end - start)

    def _plain(self, cell: CellElement, count: int) -> bytes:
        node = cell.node
        return self._tag(node, count, None) + self._data[node.inner : node.end]

    def _tag(self, node: XmlNode, count: int, style: str | None) -> bytes:
        changes: dict[bytes, str | None] = {b"table:" + COLUMNS_REPEATED.encode(): None if count == 1 else str(count)}
        if style is not None:
            changes[b"table:style-name"] = style
        return retagged(self._data[node.start : node.inner], changes)

    def _marked(self, cell: CellElement, column: int, mark: Mark, default: str) -> bytes:
        data, node = self._data, cell.node
        base = node.get(STYLE_ATTRIBUTE) or default or self._column_style(column)
        tag = self._tag(node, 1, self._styles.marked(base, mark))
        if cell.note is not None and not cell.note.empty:
            return tag + self._followed(cell.note, node.inner, mark.note) + data[cell.note.close : node.end]
        if mark.note is None:
            return tag + data[node.inner : node.end]
        if node.empty:
            return tag[:-2].rstrip() + b">" + _note(mark.note) + b"</%s>" % _name(data, node)
        at = cell.content or node.inner
        return tag + data[node.inner : at] + _note(mark.note) + data[at : node.end]

    def _followed(self, own: XmlNode, start: int, note: str | None) -> bytes:
        """A cell's content as far as its note's end: ours follows, an earlier one of ours gives way."""
        data = self._data
        earlier = _OURS.search(data, own.inner, own.close)
        if earlier is None:
            more = b"" if note is None else paragraphs(f"{AUTHOR}: {note}").encode()
            return data[start : own.close] + more
        alone = b"<text:p" not in data[own.inner : earlier.start()]
        words = note or (SETTLED if alone else None)
        more = b"" if words is None else paragraphs(f"{AUTHOR}: {words}").encode()
        return data[start : earlier.start()] + more

    def _new_cells(self, start: int, default: str, marks: Mapping[int, Mark]) -> Iterator[bytes]:
        for column, mark in sorted(marks.items()):
            if column > start:
                yield b'<table:table-cell table:number-columns-repeated="%d"/>' % (column - start)
            style = self._styles.marked(default or self._column_style(column), mark)
            note = b"" if mark.note is None else _note(mark.note)
            yield b'<table:table-cell table:style-name="%s">%s</table:table-cell>' % (style.encode(), note)
            start = column + 1

    def _column_style(self, column: int) -> str:
        return next((style for after, style in self._columns if column < after), "")


def _name(data: bytes, node: XmlNode) -> bytes:
    return element_prefix(data, node) + node.tag.rpartition("}")[2].encode()


def _note(text: str) -> bytes:
    words = paragraphs(f"{AUTHOR}: {text}")
    return f"<office:annotation><dc:creator>{AUTHOR}</dc:creator>{words}</office:annotation>".encode()
