"""Which cells a workbook's formulas use: precedents, dependents, the order of calculation, circles, where an error began.

Formulas with nothing but cells of their own sheet, the most by far, are read with one expression; all others token by
token, through names and sheets.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Protocol

from sheetnet.effort import WorkBudget
from sheetnet.syntax import Area, areas, column_number, functions, names, tokenize
from sheetnet.syntax.function_facts import MADE_UP
from sheetnet.syntax.references import split_prefix
from sheetnet.syntax.resolver import Resolver, on_each_sheet
from sheetnet.workbook import Place, Position, Workbook, array_cells

# Cells and ranges of cells between signs, numbers and functions; names, texts, sheets and whole columns are not plain.
_CELL = r"\$?([A-Z]{1,3})\$?([0-9]{1,7})"
_USED = re.compile(rf"{_CELL}(?::{_CELL})?(?![\w.(!:])")
_GROUPS = 5  # what stands before a reference, and its four parts
_SHORT = re.compile(
    r"[-+*/^(),=<>$A-Z0-9. ]*"
)  # without ranges and names in small letters: no longer than it is written
# Without backtracking: a number of twenty digits before a text once took minutes.
_REST = re.compile(r"(?:[-+*/^(),=<> ]|[A-Z]{2,}+(?:\.[A-Z]++)?+(?=\()|[0-9]++\.?+[0-9]*+(?:[Ee][-+]?+[0-9]++)?+)*+")


@lru_cache(maxsize=256)
def _is_rest(text: str) -> bool:
    """Whether a formula without its cells is plain: most formulas differ in their cells alone."""
    return _REST.fullmatch(text) is not None


class Dependencies:
    """The references of a workbook's formulas, each resolved when first asked for; a cell of an array has the array's.

    `also` are cells that count even where they are empty: an emptied answer is a cause, too.
    """

    def __init__(self, workbook: Workbook, also: Iterable[Place] = ()) -> None:
        self._positions = {sheet.name: set(sheet.cells) for sheet in workbook.sheets}
        for name, row, column in also:
            self._positions[name].add((row, column))
        self._workbook = workbook
        self._sheets = {sheet.name.casefold(): sheet for sheet in workbook.sheets}
        self._anchors = {sheet.name: array_cells(sheet) for sheet in workbook.sheets if sheet.arrays}
        self._book = Resolver(workbook)
        # A name of a LAMBDA is called as a function, and refers to cells of its own.
        self._any_plain = not any("LAMBDA" in name.refers_to.upper() for name in workbook.names)
        self._areas: dict[tuple[str, str], list[Area]] = {}
        self._known: dict[Place, tuple[Place, ...]] = {}

    @cached_property
    def formulas(self) -> dict[Place, str]:
        """Every calculated cell with its formula, that of the array where one fills it, row by row."""
        found: dict[Place, str] = {}
        for sheet in self._workbook.sheets:
            filled = self._anchors.get(sheet.name, {})
            own = {
                at: each.formula for at, each in sheet.cells.items() if each.formula is not None and at not in filled
            }
            own |= {at: sheet.cells[anchor].formula or "" for at, anchor in filled.items() if anchor in sheet.cells}
            found |= {(sheet.name, *at): formula for at, formula in sorted(own.items())}
        return found

    def formula(self, place: Place) -> str:
        """The formula at a place, that of the array where one fills it; empty where there is none."""
        sheet, *position = place
        anchor: Position = (position[0], position[1])
        if self._anchors:
            anchor = self._anchors.get(sheet, {}).get(anchor, anchor)
        cell = self._sheets[sheet.casefold()].cells.get(anchor)
        return "" if cell is None else cell.formula or ""

    def functions(self, place: Place) -> list[str]:
        """The functions in the formula at a place."""
        return functions(self.formula(place))

    def makes_up(self, place: Place) -> bool:
        """Whether the formula at a place makes references that no reading of it tells."""
        return not MADE_UP.isdisjoint(self.functions(place))

    def precedents(self, place: Place) -> tuple[Place, ...]:
        """The cells to which the formula at a place refers, those that hold something."""
        if place not in self._known:
            self._known[place] = self.used_by(place[0], self.formula(place))
        return self._known[place]

    def used_by(self, sheet: str, formula: str) -> tuple[Place, ...]:
        """The cells to which a formula on a sheet would refer, those that hold something."""
        plain = self._plain(sheet, formula) if self._any_plain else None
        return tuple(dict.fromkeys(self._read(sheet, formula))) if plain is None else plain

    def work(self, place: Place) -> int:
        """How much it takes to follow the references of a formula: its characters and the cells in its ranges, once."""
        if place in self._known:
            return 1 + len(self._known[place])
        formula, cells = self.formula(place), len(self._positions[place[0]])
        if not self._any_long_name and _SHORT.fullmatch(formula):
            return 1 + len(formula)
        return 1 + len(formula) + sum(min(area.size, cells) for area in self._areas_in(place[0], formula))

    @cached_property
    def _any_long_name(self) -> bool:
        """Whether a name in capitals may be more than one cell."""
        return any(name.name.isupper() and "_" not in name.name for name in self._workbook.names)

    def _plain(self, sheet: str, formula: str) -> tuple[Place, ...] | None:
        """The cells of a formula that names only cells of its own sheet; None for any other."""
        pieces = _USED.split(formula)
        if not _is_rest("".join(pieces[::_GROUPS])):
            return None
        positions, found = self._positions[sheet], dict[Place, None]()
        for left, top, right, bottom in zip(*(pieces[group::_GROUPS] for group in range(1, _GROUPS)), strict=True):
            row, column = int(top), column_number(left)
            if right is None:
                if (row, column) in positions:
                    found[sheet, row, column] = None
                continue
            rows, columns = _between(row, int(bottom)), _between(column, column_number(right))
            if len(rows) * len(columns) > len(positions):
                return None
            found |= {(sheet, row, column): None for row in rows for column in columns if (row, column) in positions}
        return tuple(found)

    def _read(self, sheet: str, formula: str) -> Iterator[Place]:
        for area in self._areas_in(sheet, formula):
            yield from self._cells(area, sheet)

    def _areas_in(self, sheet: str, formula: str) -> list[Area]:
        key = (sheet, formula)
        if key not in self._areas:
            self._areas[key] = list(dict.fromkeys(self._resolved(sheet, formula)))
        return self._areas[key]

    def _resolved(self, sheet: str, formula: str) -> Iterator[Area]:
        """The areas in a formula, in the names that it uses, and in the names that these use."""
        texts, known = [formula], set[str]()
        while texts:
            text = texts.pop()
            yield from areas(text)
            yield from self._on_sheets(text)
            for name in (*names(text), *functions(text)):
                refers_to = self._book.refers_to(name, sheet)
                if refers_to is not None and refers_to not in known:
                    known.add(refers_to)
                    texts.append(refers_to)

    def _on_sheets(self, formula: str) -> Iterator[Area]:
        """References through several sheets, on each of them."""
        if ":" not in formula or "!" not in formula:
            return
        for token in tokenize(formula):
            if token.kind == "reference" and ":" in split_prefix(token.text)[0]:
                yield from areas(",".join(on_each_sheet(token.text, self._book.order)))

    def _cells(self, area: Area, here: str) -> Iterator[Place]:
        sheet = self._sheets.get((area.sheet or here).casefold())
        if sheet is None:
            return
        positions = self._positions[sheet.name]
        if area.size > len(positions):
            inside = (at for at in positions if area.top <= at[0] <= area.bottom and area.left <= at[1] <= area.right)
        else:
            rows, columns = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
            inside = ((row, column) for row in rows for column in columns if (row, column) in positions)
        for row, column in inside:
            yield sheet.name, row, column

    @cached_property
    def order(self) -> list[Place]:
        """All formula cells, each after those it uses; cells in or behind a circle come last."""
        waiting = dict.fromkeys(self.formulas, 0)
        for users in self.dependents.values():
            for user in users:
                waiting[user] += 1
        ready = deque(place for place, count in waiting.items() if not count)
        found: list[Place] = []
        while ready:
            found.append(place := ready.popleft())
            for user in self.dependents.get(place, ()):
                waiting[user] -= 1
                if not waiting[user]:
                    ready.append(user)
        done = set(found)
        return [*found, *(place for place in self.formulas if place not in done)]

    @cached_property
    def dependents(self) -> dict[Place, list[Place]]:
        """Formula cell → the formula cells that use it."""
        found: dict[Place, list[Place]] = {}
        for place in self.formulas:
            for used in self.precedents(place):
                if used in self.formulas and used != place:
                    found.setdefault(used, []).append(place)
        return found

    @cached_property
    def used(self) -> set[Place]:
        """Every cell that some formula uses."""
        return {used for place in self.formulas for used in self.precedents(place)}

    def reached(self, places: Collection[Place]) -> set[Place]:
        """The formula cells that depend on one of these cells."""
        found: set[Place] = set()
        for place in self.order:
            if any(used in found or used in places for used in self.precedents(place)):
                found.add(place)
        return found

    def after(self, places: Iterable[Place], most: int) -> list[Place]:
        """The formula cells that use these, directly or not, the nearest first, at most `most`."""
        queue, seen = deque(places), set(places)
        found: list[Place] = []
        while queue and len(found) < most:
            for user in self.dependents.get(queue.popleft(), ()):
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
            for used in self.precedents(place):
                origin = used if used in begins else found.get(used)
                if origin is not None and used != place:
                    found[place] = origin
                    break
        return found


class References(Protocol):
    """What tells to which cells a formula refers."""

    def precedents(self, place: Place) -> tuple[Place, ...]:
        """The cells to which the formula at a place refers."""
        ...


class Followed:
    """Dependencies as far as a budget goes; a formula that is beyond it refers to nothing, and `is_whole` turns false."""

    def __init__(self, graph: Dependencies, budget: WorkBudget) -> None:
        self._graph, self._budget = graph, budget
        self.is_whole = True

    def precedents(self, place: Place) -> tuple[Place, ...]:
        """The cells to which the formula at a place refers, those that hold something."""
        if self._budget.take(self._graph.work(place)):
            return self._graph.precedents(place)
        self.is_whole = False
        return ()


def _between(one: int, other: int) -> range:
    """The numbers from the smaller to the larger: ends of ranges stand in either order."""
    return range(min(one, other), max(one, other) + 1)


def causes(graph: References, carried: Iterable[Place], blamed: set[Place]) -> dict[Place, Place | None]:
    """For each carried cell the nearest blamed cell upstream; None where there is none."""
    found: dict[Place, Place | None] = {}
    for place in carried:
        found[place] = _nearest(graph, place, blamed, found)
    return found


def _nearest(graph: References, place: Place, blamed: set[Place], known: Mapping[Place, Place | None]) -> Place | None:
    """Breadth first upstream; cells carried themselves, met on the way, already know their cause."""
    seen, queue = {place}, deque([place])
    while queue:
        for used in graph.precedents(queue.popleft()):
            if used in blamed:
                return used
            if known.get(used) is not None:
                return known[used]
            if used not in seen:
                seen.add(used)
                queue.append(used)
    return None


def on_circles(graph: References, places: Iterable[Place], closed: set[Place]) -> set[Place]:
    """The cells upstream of `places` that lie on a circle of formulas, or between two; cells of `closed` use nothing.

    What uses nothing that is left is taken away, again and again; then what nothing left uses.
    """
    uses: dict[Place, set[Place]] = {}
    waiting = list(places)
    while waiting:
        place = waiting.pop()
        if place not in uses:
            uses[place] = set() if place in closed else set(graph.precedents(place))
            waiting += uses[place]
    return set(_peeled(_turned(_peeled(uses))))


def _peeled(uses: dict[Place, set[Place]]) -> dict[Place, set[Place]]:
    """What is left when cells that use nothing are taken away until there are none."""
    users, left = _turned(uses), {place: len(used) for place, used in uses.items()}
    waiting = [place for place, count in left.items() if not count]
    while waiting:
        gone = waiting.pop()
        del left[gone]
        for user in users[gone]:
            left[user] -= 1
            if not left[user]:
                waiting.append(user)
    return {place: uses[place] & left.keys() for place in left}


def _turned(uses: dict[Place, set[Place]]) -> dict[Place, set[Place]]:
    """Each cell with those that use it."""
    users: dict[Place, set[Place]] = {place: set() for place in uses}
    for place, used in uses.items():
        for each in used:
            users[each].add(place)
    return users


def starts_circle(graph: References, place: Place, order: Mapping[Place, int], blamed: set[Place]) -> bool:
    """Whether a cell turns the step's order back on itself: it uses one that comes later and that uses it in turn.

    The other cells of the circle are as they should be, and so is a circle that runs through a blamed cell.
    """
    later = [used for used in through_helpers(graph, place, order) if order.get(used, -1) >= order[place]]
    return any(used not in blamed and (used == place or _reaches(graph, used, place, blamed)) for used in later)


def through_helpers(graph: References, place: Place, stops: Collection[Place]) -> Iterator[Place]:
    """The cells that a formula uses, at once or by way of cells that are not among `stops`."""
    seen, queue = set[Place](), deque([place])
    while queue:
        for used in graph.precedents(queue.popleft()):
            if used not in seen:
                seen.add(used)
                yield used
                if used not in stops:
                    queue.append(used)


def users_through(graph: References, helpers: Iterable[Place], begin: Iterable[Place]) -> set[Place]:
    """These cells, and of the helper cells those that use them, at once or by way of each other."""
    users: dict[Place, list[Place]] = {}
    for helper in helpers:
        for used in graph.precedents(helper):
            users.setdefault(used, []).append(helper)
    found = set(begin)
    waiting = list(found)
    while waiting:
        new = [user for user in users.get(waiting.pop(), ()) if user not in found]
        found.update(new)
        waiting += new
    return found


def circle_through(graph: References, place: Place, closed: Collection[Place] = ()) -> list[Place]:
    """The shortest way from a cell over what it uses back to itself, not through `closed`; empty where there is none."""
    before: dict[Place, Place] = {}
    queue = deque([place])
    while queue:
        here = queue.popleft()
        for used in graph.precedents(here):
            if used == place:
                way = [here]
                while way[-1] != place:
                    way.append(before[way[-1]])
                return way[::-1]
            if used not in before and used not in closed:
                before[used] = here
                queue.append(used)
    return []


def _reaches(graph: References, start: Place, goal: Place, closed: set[Place]) -> bool:
    return goal in through_helpers(graph, start, closed)
