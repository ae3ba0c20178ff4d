"""Finds the input cells of a workbook, by the values of the network file.

A matrix may stand as rows, as columns, in one line or with gaps: element (i, j) is at a + i·v + j·u for some steps u, v
along rows or columns. Where the same arrangement is there several times, the matrix is typed several times.

Each matrix of the network file is sought among the constants; where it is there more than once, or where equal numbers
leave a choice, a part of the workbook is run under each choice and the labels are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf, isfinite

from sheetnet.engine.prepare import Evaluate, excerpt
from sheetnet.formulas import symbol_of
from sheetnet.identification.input_map import InputMap
from sheetnet.identification.labels import Training, look_up
from sheetnet.identification.state import run_sheet
from sheetnet.network import Network
from sheetnet.quantity import q
from sheetnet.reference import inputs_of
from sheetnet.syntax import cell_name
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.syntax.number_formats import is_number
from sheetnet.syntax.references import cell_place
from sheetnet.validation.case import InputPlace, input_blocks
from sheetnet.workbook import Cell, Place, Workbook

MOST_ANCHORS = 2_000  # cells with the number of element (0, 0) that are tried
MOST_FOUND = 4_000  # arrangements that are kept: every row of a training may type its inputs again
MOST_OPTIONS = 8  # arrangements of one matrix that are worth a trial
NumbersAt = Mapping[tuple[int, int], float]  # (i, j) → value
Placement = dict[InputPlace, tuple[Place, ...]]


class Constants:
    """The numbers typed into a workbook that formulas use, by value."""

    def __init__(self, workbook: Workbook, used: Collection[Place]) -> None:
        self._by_value: dict[str, list[Place]] = defaultdict(list)
        self._by_line: dict[tuple[str, str, int], list[Place]] = defaultdict(list)
        self._values: dict[Place, str] = {}
        for sheet in workbook.sheets:
            for (row, column), cell in sorted(sheet.cells.items()):
                place = (sheet.name, row, column)
                if (number := typed_number(cell)) is not None and place in used:
                    self._add(number_key(number), place)

    def _add(self, value: str, place: Place) -> None:
        self._values[place] = value
        self._by_value[value].append(place)
        self._by_line[value, place[0], place[1]].append(place)
        self._by_line[value, place[0], -place[2]].append(place)

    def places(self, value: float) -> list[Place]:
        """The cells with that number."""
        return self._by_value.get(number_key(value), [])

    def in_line(self, value: float, with_: Place) -> list[Place]:
        """The other cells with that number in the row or column of a cell, the nearest first."""
        sheet, row, column = with_
        lines = self._by_line.get((number_key(value), sheet, row), []) + self._by_line.get(
            (number_key(value), sheet, -column), []
        )
        return sorted((p for p in lines if p != with_), key=lambda p: abs(p[1] - row) + abs(p[2] - column))

    def holds(self, place: Place, value: float) -> bool:
        """Whether a cell holds that number."""
        return self._values.get(place) == number_key(value)


def typed_number(cell: Cell) -> float | None:
    """The number that a cell holds, typed as it is or as a formula: `=0.05`; None where it computes anything."""
    if cell.formula is None:
        return cell.value if type(cell.value) is float else None
    number = float(cell.formula) if is_number(cell.formula) else inf
    return number if isfinite(number) else None


def number_key(value: float) -> str:
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
    numbers = [(i, j, number) for i, row in enumerate(matrix) for j, number in enumerate(row)]
    for anchor in constants.places(matrix[0][0])[:MOST_ANCHORS]:
        for along in _steps(constants, anchor, matrix[0][1] if columns > 1 else None):
            for down in _steps(constants, anchor, matrix[1][0] if rows > 1 else None):
                if rows > 1 and columns > 1 and along == down:
                    continue
                if _fits(constants, numbers, anchor, Arrangement(along, down, ())):
                    yield anchor, along, down


def _fits(constants: Constants, numbers: Sequence[tuple[int, int, float]], anchor: Place, one: Arrangement) -> bool:
    """Whether every number (i, j, value) stands where the arrangement has it, no two of them in one cell."""
    if not all(constants.holds(one.place(anchor, i, j), number) for i, j, number in numbers):
        return False
    return len({one.place(anchor, i, j) for i, j, _ in numbers}) == len(numbers)


def _steps(constants: Constants, anchor: Place, value: float | None) -> list[tuple[int, int]]:
    """The steps from an anchor to its neighbours with that value, in its row or column."""
    if value is None:
        return [(0, 0)]
    near = constants.in_line(value, anchor)[: 4 * MOST_OPTIONS]
    return [(place[1] - anchor[1], place[2] - anchor[2]) for place in near]


def options(constants: Constants, block: str, numbers: NumbersAt) -> list[Placement]:
    """The ways in which a block of inputs may be arranged in cells, the likeliest first.

    An arrangement that is there several times is tried as typed several times, and as each of its places alone.
    """
    rows, columns = sorted({i for i, _ in numbers}), sorted({j for _, j in numbers})
    matrix = [[numbers[i, j] for j in columns] for i in rows]
    found: list[Placement] = []
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


def scattered(constants: Constants, block: str, numbers: NumbersAt, taken: Collection[Place]) -> Placement:
    """Element by element: equal numbers take the free cells that hold them in turn, or share the one cell there is."""
    cells: Placement = {}
    turn: dict[str, int] = defaultdict(int)
    for (i, j), value in numbers.items():
        places = [place for place in constants.places(value) if place not in taken]
        if places:
            cells[block, i, j] = (places[turn[number_key(value)] % len(places)],)
            turn[number_key(value)] += 1
    return cells


PART = 300  # formulas, first in the order of calculation, on which choices are tried
ASSIGNMENT_TRIALS = 3  # enough to tell a right assignment from a wrong one
MOST_CHOICES = 40  # choices that are run: at most some seconds
Score = Callable[[Mapping[str, Placement]], tuple[int, int]]


@dataclass(frozen=True)
class _Slot:
    """A matrix of inputs that stands together: its numbers, and the ways it is arranged among the constants."""

    name: str
    block: str
    numbers: NumbersAt
    options: list[Placement]


def find_inputs(
    workbook: Workbook, network: Network, graph: Dependencies, engine: Evaluate, seed: int, sheet: str | None = None
) -> InputMap:
    """Where the network file's numbers stand, with `sheet` among what its formulas use; not all may be found."""
    constants = Constants(workbook, graph.used if sheet is None else _used_on(graph, sheet))
    slots = [slot for block in input_blocks(network) for slot in _slots(constants, network, block.name)]
    slots.sort(key=lambda slot: (-len(slot.numbers), len(slot.options)))
    chosen = _first_choice(constants, slots, {})
    notes: tuple[str, ...] = ()
    if any(len(slot.options) > 1 for slot in slots):
        chosen, notes = _best(constants, slots, chosen, _scorer(workbook, network, graph, engine, seed))
    cells = {element: places for one in chosen.values() for element, places in one.items()}
    return InputMap(cells, "the values of the network file", notes)


def _used_on(graph: Dependencies, sheet: str) -> set[Place]:
    """Every cell that a formula on that sheet uses."""
    own = (place for place in graph.formulas if place[0].casefold() == sheet.casefold())
    return {used for place in own for used in graph.precedents(place)}


def _slots(constants: Constants, network: Network, block: str) -> Iterable[_Slot]:
    """One slot per block; two for W and its biases, unless they stand together."""
    array = inputs_of(network)[block][0]
    numbers = {(i, j): float(x) for i, row in enumerate(array) for j, x in enumerate(row)}
    quantity = network.blocks[block].quantity
    if quantity.symbol != "W":
        own = {at: x for at, x in numbers.items() if not network.blocks[block].is_bias_node(at[1])}
        yield _Slot(block, block, own, options(constants, block, own))
        return
    together = options(constants, block, numbers)
    if together or not network.has_bias(quantity.layer or 0):
        yield _Slot(block, block, numbers, together)
        return
    last = len(array) - 1
    weights = {at: x for at, x in numbers.items() if at[0] < last}
    biases = {at: x for at, x in numbers.items() if at[0] == last}
    yield _Slot(block, block, weights, options(constants, block, weights))
    if network.train_bias or any(biases.values()):  # frozen zeros have no cell: a 0 elsewhere is something else
        yield _Slot(q("b", quantity.layer), block, biases, options(constants, block, biases))


def _cells(one: Placement) -> set[Place]:
    return {place for places in one.values() for place in places}


def _first_choice(constants: Constants, slots: list[_Slot], fixed: Mapping[str, Placement]) -> dict[str, Placement]:
    """For each slot the first option on cells that no other slot has; those of `fixed` as they are."""
    chosen = dict(fixed)
    taken = {place for one in fixed.values() for place in _cells(one)}
    for slot in slots:
        if slot.name not in chosen:
            free = (one for one in slot.options if taken.isdisjoint(_cells(one)))
            one = next(free, None) or _as_inputs(slot, chosen) or scattered(constants, slot.block, slot.numbers, taken)
            chosen[slot.name] = one
            taken |= _cells(one)
    return chosen


def _as_inputs(slot: _Slot, chosen: Mapping[str, Placement]) -> Placement | None:
    """Targets in the cells of the inputs, where these are what the network is to give."""
    cells = _cells(chosen.get("A_0", {})) if slot.block == "target" else set()
    return next((one for one in slot.options if _cells(one) <= cells), None)


def _best(
    constants: Constants, slots: list[_Slot], chosen: dict[str, Placement], score: Score
) -> tuple[dict[str, Placement], tuple[str, ...]]:
    """Change one slot at a time, for as long as that identifies more cells; slots in its way go elsewhere."""
    best, moved = score(chosen)
    tried = 1
    improved = True
    while improved and best < moved and tried < MOST_CHOICES:
        improved = False
        for slot in slots:
            for one in slot.options:
                if one == chosen[slot.name] or best == moved or tried >= MOST_CHOICES:
                    continue
                others = {n: other for n, other in chosen.items() if _cells(other).isdisjoint(_cells(one))}
                candidate = _first_choice(constants, slots, {**others, slot.name: one})
                tried += 1
                count, all_ = score(candidate)
                if count > best:
                    chosen, best, moved, improved = candidate, count, all_, True
    notes = [
        _note(slot, chosen[slot.name], best, moved) for slot in slots if len(slot.options) > 1 and chosen[slot.name]
    ]
    return chosen, tuple(notes)


def _note(slot: _Slot, one: Placement, best: int, moved: int) -> str:
    places = sorted(_cells(one))
    first, last = places[0], places[-1]
    where = cell_place(first) + (f" … {cell_name(*last[1:])}" if len(places) > 1 else "")
    return (
        f"{symbol_of(slot.name)} fits in {len(slot.options)} ways; taken is {where}, "
        f"under which {best} of {moved} tried cells are identified"
    )


def _scorer(workbook: Workbook, network: Network, graph: Dependencies, engine: Evaluate, seed: int) -> Score:
    part = graph.order[:PART]
    small = excerpt(workbook, set(part))

    def score(chosen: Mapping[str, Placement]) -> tuple[int, int]:
        """How many cells of the part are identified, and how many its inputs move."""
        cells = {element: places for one in chosen.values() for element, places in one.items()}
        runs = run_sheet(small, network, InputMap(cells, ""), engine, part, ASSIGNMENT_TRIALS, seed)
        todo = [number for number, moved in enumerate(runs.moved) if moved]
        return len(look_up(Training(network, runs.inputs), runs.values, todo)), len(todo)

    return score
