"""Which formula uses which cells, for workbooks of many thousand formulas: order of calculation, what comes after what.

It knows no values and no quantities. Formulas with nothing but cells of their own sheet, the most by far, are read with
one expression; all others go the exact way through `check/graph.py`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable
from functools import cached_property

from sheetnet.check.graph import Graph
from sheetnet.syntax import column_number
from sheetnet.workbook import Place, Workbook, array_cells

# Cells and ranges of cells between signs, numbers and functions; names, texts, sheets and whole columns are not plain.
_CELL = r"\$?([A-Z]{1,3})\$?([0-9]{1,7})"
_USED = re.compile(rf"{_CELL}(?::{_CELL})?(?![\w.(!:])")
_REST = re.compile(r"(?:[-+*/^(),=<> ]|[A-Z]{2,}(?:\.[A-Z]+)?(?=\()|[0-9]+\.?[0-9]*(?:[Ee][-+]?[0-9]+)?)*")


class Flow:
    """The formula cells of a workbook and what they use; cells filled by an array count as formula cells."""

    def __init__(self, workbook: Workbook) -> None:
        self.formulas = formula_cells(workbook)
        self._graph = Graph(workbook)
        self._positions = {sheet.name: sheet.cells for sheet in workbook.sheets}
        self._used: dict[Place, tuple[Place, ...]] = {}

    def uses(self, place: Place) -> tuple[Place, ...]:
        """The cells a formula refers to, those that hold something."""
        if place not in self._used:
            self._used[place] = self._plain(place) or tuple(dict.fromkeys(self._graph.uses(place)))
        return self._used[place]

    def _plain(self, place: Place) -> tuple[Place, ...] | None:
        formula, sheet = self.formulas.get(place, ""), place[0]
        if _REST.fullmatch(_USED.sub("", formula)) is None:
            return None
        cells, found = self._positions[sheet], dict[Place, None]()
        for left, top, right, bottom in _USED.findall(formula):
            rows = range(int(top), int(bottom or top) + 1)
            columns = range(column_number(left), column_number(right or left) + 1)
            if len(rows) * len(columns) > len(cells):
                return None
            found |= {(sheet, row, column): None for row in rows for column in columns if (row, column) in cells}
        return tuple(found)

    @cached_property
    def order(self) -> list[Place]:
        """All formula cells, each after those it uses; cells in or behind a circle come last."""
        waiting = dict.fromkeys(self.formulas, 0)
        for users in self.users.values():
            for user in users:
                waiting[user] += 1
        ready = deque(place for place, count in waiting.items() if not count)
        found: list[Place] = []
        while ready:
            found.append(place := ready.popleft())
            for user in self.users.get(place, ()):
                waiting[user] -= 1
                if not waiting[user]:
                    ready.append(user)
        done = set(found)
        return [*found, *(place for place in self.formulas if place not in done)]

    @cached_property
    def users(self) -> dict[Place, list[Place]]:
        """Formula cell → the formula cells that use it."""
        found: dict[Place, list[Place]] = {}
        for place in self.formulas:
            for used in self.uses(place):
                if used in self.formulas and used != place:
                    found.setdefault(used, []).append(place)
        return found

    @cached_property
    def used(self) -> set[Place]:
        """Every cell that some formula uses."""
        return {used for place in self.formulas for used in self.uses(place)}

    def reached(self, places: Collection[Place]) -> set[Place]:
        """The formula cells that depend on one of these cells."""
        found: set[Place] = set()
        for place in self.order:
            if any(used in found or used in places for used in self.uses(place)):
                found.add(place)
        return found

    def after(self, places: Iterable[Place], most: int) -> list[Place]:
        """The formula cells that use these, directly or not, the nearest first, at most `most`."""
        queue, seen = deque(places), set(places)
        found: list[Place] = []
        while queue and len(found) < most:
            for user in self.users.get(queue.popleft(), ()):
                if user not in seen:
                    seen.add(user)
                    found.append(user)
                    queue.append(user)
        return found[:most]

    def origins(self, wrong: Collection[Place], begins: Collection[Place]) -> dict[Place, Place]:
        """For each of `wrong` that is downstream of one of `begins` (through `wrong` cells), the first such one."""
        found: dict[Place, Place] = {}
        for place in self.order:
            if place not in wrong or place in begins:
                continue
            for used in self.uses(place):
                origin = used if used in begins else found.get(used)
                if origin is not None and used != place:
                    found[place] = origin
                    break
        return found


def formula_cells(workbook: Workbook) -> dict[Place, str]:
    """Every calculated cell with its formula, that of the array where one fills it, row by row."""
    found: dict[Place, str] = {}
    for sheet in workbook.sheets:
        filled = array_cells(sheet)
        own = {at: cell.formula for at, cell in sheet.cells.items() if cell.formula is not None and at not in filled}
        own |= {at: sheet.cells[anchor].formula or "" for at, anchor in filled.items() if anchor in sheet.cells}
        found |= {(sheet.name, *at): formula for at, formula in sorted(own.items())}
    return found
