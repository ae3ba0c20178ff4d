"""Cells of a worksheet part given another format in place; cells that are not there are put in. It knows no fills.

Nothing but the `s` of marked cells changes: values, formulas, caches and metadata are not even read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sheetnet.files.splice import Edit, Node, appended, prefix_of, retagged
from sheetnet.files.xlsx.mark_styles import MAIN
from sheetnet.syntax import cell_name, column_number
from sheetnet.workbook import Position

ROW, CELL, COLUMN, DATA = MAIN + "row", MAIN + "c", MAIN + "col", MAIN + "sheetData"
TAGS = frozenset({ROW, CELL, COLUMN, DATA})
Restyle = Callable[[int, str], int]  # a format and a fill → the format with that fill


@dataclass(slots=True)
class _Row:
    """A row as it stands in the part; a row or cell without a number follows the one before it."""

    node: Node
    number: int
    columns: list[int] = field(default_factory=list)
    cells: list[Node] = field(default_factory=list)


class CellMarker:
    """Makes the edits for one worksheet part."""

    def __init__(self, data: bytes, nodes: list[Node], restyle: Restyle) -> None:
        self._data, self._restyle = data, restyle
        self._prefix = prefix_of(data, nodes[0])
        self._sheet = next(node for node in nodes if node.tag == DATA)
        self._columns = [node for node in nodes if node.tag == COLUMN]
        self._rows = {row.number: row for row in _rows(nodes)}

    def edits(self, fills: Mapping[Position, str]) -> Iterator[Edit]:
        """The edits that give these cells their fills, whether they are there or not."""
        by_row: dict[int, dict[int, str]] = {}
        for (row, column), fill in sorted(fills.items()):
            by_row.setdefault(row, {})[column] = fill
        new: dict[int, bytes] = {}
        for number, wanted in by_row.items():
            if number in self._rows:
                yield from self._in_row(self._rows[number], wanted)
            else:
                new[number] = self._new_row(number, wanted)
        yield from self._new_rows(new)

    def _in_row(self, row: _Row, wanted: Mapping[int, str]) -> Iterator[Edit]:
        there = dict(zip(row.columns, row.cells, strict=True))
        absent = {column: fill for column, fill in wanted.items() if column not in there}
        for column in wanted.keys() - absent.keys():
            node = there[column]
            style = self._restyle(_style(node), wanted[column])
            tag = retagged(self._data[node.start : node.inner], {b"s": str(style)})
            yield node.start, node.inner, tag
        if not absent:
            return
        # `spans` is but a hint for readers; it would no longer hold.
        tag = retagged(self._data[row.node.start : row.node.inner], {b"spans": None})
        made = {column: self._new_cell(row, column, fill) for column, fill in sorted(absent.items())}
        if row.node.empty:
            yield row.node.start, row.node.end, _filled(tag, self._prefix + b"row", b"".join(made.values()))
            return
        yield row.node.start, row.node.inner, tag
        for column, cell in made.items():
            following = bisect_right(row.columns, column)
            at = row.cells[following].start if following < len(row.cells) else row.node.close
            yield at, at, cell

    def _new_cell(self, row: _Row, column: int, fill: str) -> bytes:
        own = row.node.get("customFormat") in ("1", "true")
        base = _style(row.node) if own else self._column_style(column)
        return self._cell(row.number, column, self._restyle(base, fill))

    def _cell(self, row: int, column: int, style: int) -> bytes:
        return b'<%sc r="%s" s="%d"/>' % (self._prefix, cell_name(row, column).encode(), style)

    def _new_row(self, number: int, wanted: Mapping[int, str]) -> bytes:
        cells = [
            self._cell(number, column, self._restyle(self._column_style(column), fill))
            for column, fill in wanted.items()
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


def _rows(nodes: list[Node]) -> Iterator[_Row]:
    """The rows in the order of the part, numbered as the reader numbers them."""
    row, known = _Row(nodes[0], 0), dict[str, int]()
    for node in nodes:
        if node.tag == ROW:
            if row.number:
                yield row
            row = _Row(node, _number(node.get("r")) or row.number + 1)
        elif node.tag == CELL and row.number:
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


def _style(node: Node) -> int:
    return _number(node.get("s"))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0
