"""Draws one extra trial seeded by a hash of the workbook, so that answers cannot be tabulated in advance.

The trials of a seed are known to whoever has sheetnet. This one depends on everything that a formula can read: a table of
its answers, wherever it stood, would change the trial. What no formula can read, such as a note, changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from operator import itemgetter

import numpy as np

from sheetnet.network import Network
from sheetnet.reference import Array
from sheetnet.syntax import Area, cell_name, parse_area
from sheetnet.syntax.function_facts import MADE_UP
from sheetnet.trials.draw import Ties, usable_draws
from sheetnet.workbook import Name, Position, Workbook, array_cells

CONTENT_CANDIDATES = 16  # of which the first is taken in which nothing explodes
# A text; or a cell, a range, whole columns or rows, with a sheet or without. Between these a plain formula has no ":".
_REFERENCE = re.compile(
    r"(\"[^\"]*+\"|(?<![\w.\\])(?:'[^']*+(?:''[^']*+)*+'!|[\w.]++!)?+"
    r"(?:[A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}[0-9]{1,7})?+|[A-Z]{1,3}:[A-Z]{1,3}|[0-9]{1,7}:[0-9]{1,7})(?![\w.\\(]))"
)
_WORD = re.compile(r"[\w.\\?]+")


def unforeseen(workbook: Workbook, network: Network, ties: Ties, one_hot: bool) -> dict[str, Array]:
    """The inputs of one trial, 1 × rows × columns each; of none, 0 × …, where every draw explodes."""
    generator = np.random.default_rng(int.from_bytes(_digest(workbook)))
    values = usable_draws(network, generator, CONTENT_CANDIDATES, ties, one_hot)
    return {name: values[name][:1] for name, block in network.blocks.items() if block.kind == "input"}


def _digest(workbook: Workbook) -> bytes:
    content = sha256()
    for line in _readable(workbook):
        content.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return content.digest()


def _readable(workbook: Workbook) -> Iterator[str]:
    """Sheets, formulas, the shapes of arrays, the names that formulas use, and the constants that they refer to.

    What formulas were saved with is no part of it: it is calculated anew.
    """
    reached = Reached()
    for sheet in workbook.sheets:
        reached.add(sheet.name, "\n".join(cell.formula for cell in sheet.cells.values() if cell.formula is not None))
    yield from (repr((name.sheet, name.name, name.refers_to)) for name in _used_names(workbook, reached))
    for sheet in workbook.sheets:
        yield repr((sheet.name, sorted(sheet.arrays.items())))
        filled = array_cells(sheet)
        cells = sorted(sheet.cells.items(), key=itemgetter(0))
        yield from (f"{at}{cell.formula}" for at, cell in cells if cell.formula is not None)
        constants = [at for at, cell in cells if cell.formula is None and at not in filled]
        yield from (f"{at}{sheet.cells[at].value!r}" for at in reached.among(sheet.name, constants))


def _used_names(workbook: Workbook, reached: Reached) -> list[Name]:
    """The names that occur in formulas, or in other names that do, whose references are then reached too."""
    used: list[Name] = []
    left = list(workbook.names)
    while found := [name for name in left if reached.all or name.name.upper() in reached.words]:
        used += found
        left = [name for name in left if name not in found]
        for name in found:
            reached.add(name.sheet, name.refers_to)
    return sorted(used, key=lambda name: (name.sheet or "", name.name))


class Reached:
    """The cells that formulas refer to (all, once one of them may reach any cell), and the `words` they hold."""

    def __init__(self) -> None:
        self.words: set[str] = set()
        self._cells: set[tuple[str, str]] = set()  # sheet in small letters ("": any), cell name
        self._areas: dict[str, set[Area]] = {}
        self.all = False

    def add(self, home: str | None, text: str) -> None:
        """The references in formulas that stand on a sheet (None: on any)."""
        pieces = _REFERENCE.split(text.upper().replace("$", ""))
        between = " ".join(pieces[::2])
        self.words.update(_WORD.findall(between))
        self.all |= any(mark in between for mark in ":[") or any(name in between for name in MADE_UP)
        for reference in set(pieces[1::2]):
            prefix, _, cells = reference.rpartition("!")
            sheet = (prefix.strip("'").replace("''", "'") if prefix else home or "").casefold()
            self.words.add(cells)  # that looks like a cell, but may be a name
            if ":" not in cells:
                self._cells.add((sheet, cells))
            elif (area := parse_area(cells)) is not None:
                self._areas.setdefault(sheet, set()).add(area)

    def among(self, sheet: str, constants: list[Position]) -> Iterator[Position]:
        """Those of a sheet's cells to which some formula refers."""
        homes = (sheet.casefold(), "")
        inside = np.zeros(len(constants), dtype=np.bool_)
        at = np.array(constants, dtype=np.int64).reshape(-1, 2)
        for area in (area for home in homes for area in self._areas.get(home, ())):
            rows, columns = at[:, 0], at[:, 1]
            inside |= (rows >= area.top) & (rows <= area.bottom) & (columns >= area.left) & (columns <= area.right)
        for position, within in zip(constants, inside.tolist(), strict=True):
            if self.all or within or any((home, cell_name(*position)) in self._cells for home in homes):
                yield position
