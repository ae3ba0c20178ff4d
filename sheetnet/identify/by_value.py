"""Finding inputs by their values: where a matrix of known numbers stands among a sheet's constants. It knows no maths.

A matrix may stand as rows, as columns, in one line or with gaps: element (i, j) is at a + i·v + j·u for some steps u, v
along rows or columns. Where the same arrangement is there several times, the matrix is typed several times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sheetnet.check.inputs import Element
from sheetnet.workbook import Place, Workbook

MOST_ANCHORS = 2_000  # cells with the number of element (0, 0) that are tried
MOST_FOUND = 4_000  # arrangements that are kept: every row of a training may type its inputs again
MOST_OPTIONS = 8  # arrangements of one matrix that are worth a trial
Numbers = Mapping[tuple[int, int], float]  # (i, j) → value
Assignment = dict[Element, tuple[Place, ...]]


class Constants:
    """The numbers typed into a workbook that formulas use, by value."""

    def __init__(self, workbook: Workbook, used: Collection[Place]) -> None:
        self._by_value: dict[str, list[Place]] = defaultdict(list)
        self._by_line: dict[tuple[str, str, int], list[Place]] = defaultdict(list)
        self._values: dict[Place, str] = {}
        for sheet in workbook.sheets:
            for (row, column), cell in sorted(sheet.cells.items()):
                place = (sheet.name, row, column)
                if type(cell.value) is float and cell.formula is None and place in used:
                    self._add(key(cell.value), place)

    def _add(self, value: str, place: Place) -> None:
        self._values[place] = value
        self._by_value[value].append(place)
        self._by_line[value, place[0], place[1]].append(place)
        self._by_line[value, place[0], -place[2]].append(place)

    def places(self, value: float) -> list[Place]:
        """The cells with that number."""
        return self._by_value.get(key(value), [])

    def in_line(self, value: float, with_: Place) -> list[Place]:
        """The other cells with that number in the row or column of a cell, the nearest first."""
        sheet, row, column = with_
        lines = self._by_line.get((key(value), sheet, row), []) + self._by_line.get((key(value), sheet, -column), [])
        return sorted((p for p in lines if p != with_), key=lambda p: abs(p[1] - row) + abs(p[2] - column))

    def holds(self, place: Place, value: float) -> bool:
        """Whether a cell holds that number."""
        return self._values.get(place) == key(value)


def key(value: float) -> str:
    """Numbers that are the same to 12 digits are the same input."""
    return f"{value + 0.0:.12g}"


@dataclass(frozen=True)
class Arrangement:
    """A matrix found: the steps along j and along i, and every place where it begins."""

    along: tuple[int, int]
    down: tuple[int, int]
    anchors: tuple[Place, ...]

    @property
    def spread(self) -> int:
        """How far from a plain block of cells: the sum of the steps, those to the left or upwards counted twice."""
        return sum(abs(step) + max(-step, 0) for step in (*self.along, *self.down))

    def place(self, anchor: Place, i: int, j: int) -> Place:
        """Where element (i, j) stands."""
        row = anchor[1] + i * self.down[0] + j * self.along[0]
        return anchor[0], row, anchor[2] + i * self.down[1] + j * self.along[1]


def arrangements(constants: Constants, matrix: Sequence[Sequence[float]]) -> list[Arrangement]:
    """All arrangements in which the matrix stands among the constants, the most compact first."""
    found: dict[tuple[tuple[int, int], tuple[int, int]], list[Place]] = defaultdict(list)
    for anchor, along, down in islice(_fitting(constants, matrix), MOST_FOUND):
        found[along, down].append(anchor)
    result = [Arrangement(*steps, tuple(anchors)) for steps, anchors in found.items()]
    return sorted(result, key=lambda one: (one.spread, -len(one.anchors), one.anchors))


def _fitting(
    constants: Constants, matrix: Sequence[Sequence[float]]
) -> Iterator[tuple[Place, tuple[int, int], tuple[int, int]]]:
    rows, columns = len(matrix), len(matrix[0])
    for anchor in constants.places(matrix[0][0])[:MOST_ANCHORS]:
        for along in _steps(constants, anchor, matrix[0][1] if columns > 1 else None):
            for down in _steps(constants, anchor, matrix[1][0] if rows > 1 else None):
                if rows > 1 and columns > 1 and along == down:
                    continue
                one = Arrangement(along, down, ())
                places = {one.place(anchor, i, j): matrix[i][j] for i in range(rows) for j in range(columns)}
                if len(places) == rows * columns and all(constants.holds(p, x) for p, x in places.items()):
                    yield anchor, along, down


def _steps(constants: Constants, anchor: Place, value: float | None) -> list[tuple[int, int]]:
    """The steps from an anchor to its neighbours with that value, in its row or column."""
    if value is None:
        return [(0, 0)]
    near = constants.in_line(value, anchor)[: 4 * MOST_OPTIONS]
    return [(place[1] - anchor[1], place[2] - anchor[2]) for place in near]


def options(constants: Constants, block: str, numbers: Numbers) -> list[Assignment]:
    """The ways in which a block of inputs may be arranged in cells, the likeliest first.

    An arrangement that is there several times is tried as typed several times, and as each of its places alone.
    """
    rows, columns = sorted({i for i, _ in numbers}), sorted({j for _, j in numbers})
    matrix = [[numbers[i, j] for j in columns] for i in rows]
    found: list[Assignment] = []
    for one in arrangements(constants, matrix)[:MOST_OPTIONS]:
        alone = [(anchor,) for anchor in one.anchors[:MOST_OPTIONS]]
        for anchors in [one.anchors, *alone] if len(one.anchors) > 1 else alone:
            cells = {
                (block, i, j): tuple(one.place(anchor, r, c) for anchor in anchors)
                for r, i in enumerate(rows)
                for c, j in enumerate(columns)
            }
            if len({place for places in cells.values() for place in places}) == len(cells) * len(anchors):
                found.append(cells)
    return found


def scattered(constants: Constants, block: str, numbers: Numbers, taken: Collection[Place]) -> Assignment:
    """Element by element: equal numbers take the free cells that hold them in turn, or share the one cell there is."""
    cells: Assignment = {}
    turn: dict[str, int] = defaultdict(int)
    for (i, j), value in numbers.items():
        places = [place for place in constants.places(value) if place not in taken]
        if places:
            cells[block, i, j] = (places[turn[key(value)] % len(places)],)
            turn[key(value)] += 1
    return cells
