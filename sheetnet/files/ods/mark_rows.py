"""The rows of an .ods sheet with marked cells: repeated rows and cells are parted where only some of them are marked.

It knows no values and no formulas: what is not marked is copied as it stands.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from sheetnet.files.marks import AUTHOR, SETTLED, Mark
from sheetnet.files.ods.mark_styles import CellStyles
from sheetnet.files.ods.mark_table import COLUMNS, DEFAULT, ROWS, STYLE, Cell, Row
from sheetnet.files.ods.text import paragraphs
from sheetnet.files.splice import Edit, Node, appended, prefix_of, retagged
from sheetnet.workbook import Position

_OURS = re.compile(rb"<text:p\b[^>]*>(?:<text:span\b[^>]*>)?%s: " % AUTHOR.encode())


def row_edits(
    data: bytes,
    table: Node,
    found: tuple[list[Row], list[tuple[int, str]]],
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

    def parted(self, row: Row, lines: Mapping[int, Mapping[int, Mark]]) -> Iterator[bytes]:
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

    def _row(self, row: Row, count: int, marks: Mapping[int, Mark]) -> bytes:
        data, node = self._data, row.node
        tag = retagged(data[node.start : node.inner], {b"table:" + ROWS.encode(): None if count == 1 else str(count)})
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
        close = data[node.close : node.end] if not node.empty else b"</%stable-row>" % prefix_of(data, node)
        rest = data[place : node.close] if not node.empty else b""
        beyond = {column: mark for column, mark in marks.items() if column >= end}
        return b"".join([*parts, rest, *self._new_cells(end, default, beyond), close])

    def _cells(self, cell: Cell, marks: Mapping[int, Mark], default: str) -> Iterator[bytes]:
        """A cell element as several: runs without marks, and each marked cell on its own."""
        start, end = cell.column, cell.column + cell.count
        for column, mark in sorted(marks.items()):
            if column > start:
                yield self._plain(cell, column - start)
            yield self._marked(cell, column, mark, default)
            start = column + 1
        if start < end:
            yield self._plain(cell, end - start)

    def _plain(self, cell: Cell, count: int) -> bytes:
        node = cell.node
        return self._tag(node, count, None) + self._data[node.inner : node.end]

    def _tag(self, node: Node, count: int, style: str | None) -> bytes:
        changes: dict[bytes, str | None] = {b"table:" + COLUMNS.encode(): None if count == 1 else str(count)}
        if style is not None:
            changes[b"table:style-name"] = style
        return retagged(self._data[node.start : node.inner], changes)

    def _marked(self, cell: Cell, column: int, mark: Mark, default: str) -> bytes:
        data, node = self._data, cell.node
        base = node.get(STYLE) or default or self._column_style(column)
        tag = self._tag(node, 1, self._styles.filled(base, mark.fill))
        if cell.note is not None and not cell.note.empty:
            return tag + self._followed(cell.note, node.inner, mark.note) + data[cell.note.close : node.end]
        if mark.note is None:
            return tag + data[node.inner : node.end]
        if node.empty:
            return tag[:-2].rstrip() + b">" + _note(mark.note) + b"</%s>" % _name(data, node)
        at = cell.content or node.inner
        return tag + data[node.inner : at] + _note(mark.note) + data[at : node.end]

    def _followed(self, own: Node, start: int, note: str | None) -> bytes:
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
            style = self._styles.filled(default or self._column_style(column), mark.fill)
            note = b"" if mark.note is None else _note(mark.note)
            yield b'<table:table-cell table:style-name="%s">%s</table:table-cell>' % (style.encode(), note)
            start = column + 1

    def _column_style(self, column: int) -> str:
        return next((style for after, style in self._columns if column < after), "")


def _name(data: bytes, node: Node) -> bytes:
    return prefix_of(data, node) + node.tag.rpartition("}")[2].encode()


def _note(text: str) -> bytes:
    words = paragraphs(f"{AUTHOR}: {text}")
    return f"<office:annotation><dc:creator>{AUTHOR}</dc:creator>{words}</office:annotation>".encode()
