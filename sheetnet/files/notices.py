"""Collects what a reader notices: links and macros, hidden cells, and what programs would read differently.

`with noticing() as notices:` collects the sentences of everything read inside the block, each once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sheetnet.errors import FileError
from sheetnet.place_names import cell_place
from sheetnet.workbook import NOTHING_HIDDEN, Disguise, Place, Position, Workbook

_notices: ContextVar[dict[str, None] | None] = ContextVar("notices", default=None)


@contextmanager
def noticing() -> Iterator[dict[str, None]]:
    """The sentences noticed until the block ends, in their order."""
    found: dict[str, None] = {}
    token = _notices.set(found)
    try:
        yield found
    finally:
        _notices.reset(token)


def wanted() -> bool:
    """Whether anybody listens."""
    return _notices.get() is not None


def notice(sentence: str) -> None:
    """Tell what was met; nothing happens where nobody listens."""
    found = _notices.get()
    if found is not None:
        found[sentence] = None


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
            return NOTHING_HIDDEN
        return Disguise(tuple(self._rows), tuple(self._columns), self.formats)


def _append(spans: _Spans, first: int, last: int) -> None:
    if spans and spans[-1][1] + 1 == first:
        spans[-1] = spans[-1][0], last
    elif len(spans) < _MOST:
        spans.append((first, last))


def refuse_ambiguous(workbook: Workbook) -> None:
    """Raise `FileError` for names that differ in capitals alone, and for cells that two formulas fill."""
    names: set[tuple[str, str]] = set()
    for name in workbook.names:
        key = ((name.sheet or "").casefold(), name.name.casefold())
        if key in names:
            raise FileError(f"the name {name.name!r} is defined twice", remedy="delete one")
        names.add(key)
    for sheet, row, column in _filled_twice(workbook):
        raise FileError(
            "two formulas fill it, one of an array", place=cell_place((sheet, row, column)), remedy="clear it"
        )


def _filled_twice(workbook: Workbook) -> Iterator[Place]:
    """Cells of an array formula that have a formula of their own, or belong to another array, too."""
    for sheet in workbook.sheets:
        filled = {anchor for anchor, cell in sheet.cells.items() if cell.formula is not None} if sheet.arrays else set()
        for (top, left), (rows, columns) in sheet.arrays.items():
            for position in ((top + r, left + c) for r in range(rows) for c in range(columns) if r or c):
                if position in filled:
                    yield (sheet.name, *position)
                filled.add(position)
