"""Collects, while a sheet is read, which of its rows and columns are hidden and which cells have misleading formats."""

from __future__ import annotations

from sheetnet.workbook import PLAIN, Disguise, Position

FLAT = 2.0  # points: a row lower than that, or a column so narrow, shows nothing
_MOST = 10_000  # ranges that are kept of a sheet; honest ones have some dozens
_Spans = list[tuple[int, int]]


class Disguises:
    """What has been read so far of one sheet."""

    def __init__(self) -> None:
        self.formats: dict[Position, str] = {}
        self._rows: _Spans = []
        self._columns: _Spans = []

    def hide_rows(self, first: int, count: int = 1) -> None:
        """Rows are hidden, in the order in which they come."""
        _append(self._rows, first, first + count - 1)

    def hide_columns(self, first: int, count: int = 1) -> None:
        """Columns are hidden, in the order in which they come."""
        _append(self._columns, first, first + count - 1)

    def found(self) -> Disguise:
        """All of it."""
        if not (self._rows or self._columns or self.formats):
            return PLAIN
        return Disguise(tuple(self._rows), tuple(self._columns), self.formats)


def _append(spans: _Spans, first: int, last: int) -> None:
    if spans and spans[-1][1] + 1 == first:
        spans[-1] = spans[-1][0], last
    elif len(spans) < _MOST:
        spans.append((first, last))
