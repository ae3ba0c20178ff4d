"""Follows the weights from step to step: γ, whether biases are trained, the inputs and targets of later steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sheetnet.identification.inference.layers import Cells, ForwardPass
from sheetnet.identification.inference.sums import Sums, WeightedSum
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.workbook import Place, Position


@dataclass(frozen=True)
class DataCells:
    """What one step computes with: the cells of its inputs and targets (None where a target was not found)."""

    inputs: tuple[Place, ...]
    targets: tuple[Place | None, ...]


@dataclass(frozen=True)
class TrainingCells:
    """What later steps show: `updates` are the cells of new weights, each with that of the first weight that it moves on.

    `gamma` is the cell of γ (None: it has none). `bias_updates` counts the biases that are moved on. `rows` are inputs and
    targets of later steps that stand in cells of their own. `strays` are sums that look like the first layer's, with their
    inputs, and whose weights do not go on from the first.
    """

    updates: Mapping[Place, Place]
    gamma: Place | None
    bias_updates: int
    rows: tuple[DataCells, ...]
    strays: Mapping[Place, tuple[Place, ...]]


def training_cells(
    graph: Dependencies, sums: Sums, forward: ForwardPass, targets: Mapping[tuple[int, int], Place]
) -> TrainingCells:
    """The new weights, γ and the rows of later steps."""
    moved = _moved(graph, sums, forward)
    first = {place: old for place, old in moved.items() if _olds(sums, place) & forward.trained}
    biases = {place for layer in forward.layers for place in layer.biases if place is not None}
    data = {place for row in forward.inputs for place in row} | set(targets.values())
    rows = tuple(_rows(sums, forward, targets, moved))
    return TrainingCells(
        first,
        _gamma(sums, first, forward.trained | data),
        len({old for old in first.values() if old in biases}),
        rows,
        dict(_strays(sums, forward, moved)),
    )


def _strays(
    sums: Sums, forward: ForwardPass, moved: Mapping[Place, Place]
) -> Iterator[tuple[Place, tuple[Place, ...]]]:
    known = {place for row in forward.layers[0].sums for place in row}
    looks = {
        tuple(_offsets(place, row))
        for sums_, row in zip(forward.layers[0].sums, forward.inputs, strict=True)
        for place in sums_
    }
    for one in sums.found.values():
        if one.place in known or any(cell in moved or cell in forward.trained for pair in one.pairs for cell in pair):
            continue
        sides = [[cell for cell in pair if sums.constant(cell)] for pair in one.pairs]
        inputs = tuple(sorted(cells[0] for cells in sides if len(cells) == 1))
        if len(inputs) == len(one.pairs) and tuple(_offsets(one.place, inputs)) in looks:
            yield one.place, inputs


def _offsets(place: Place, cells: Iterable[Place]) -> list[tuple[int, int]]:
    """How far cells stand from a place."""
    return sorted((row - place[1], column - place[2]) for _, row, column in cells)


def _olds(sums: Sums, place: Place) -> set[Place]:
    """The cells whose number the formula may move on from."""
    return {sums.root(change.old) for change in sums.probes.changes.get(place, ())}


def _moved(graph: Dependencies, sums: Sums, forward: ForwardPass) -> dict[Place, Place]:
    """Each cell that adds something to a weight, or to such a cell, and is no neuron itself, as x · w + b is."""
    found: dict[Place, Place] = {}
    known = forward.trained
    for place in graph.order:
        pairs = sums.found[place].pairs if place in sums.found else ()
        if any(cell in known or cell in found for pair in pairs for cell in pair):
            continue
        for change in sums.probes.changes.get(place, ()):
            old = sums.root(change.old)
            if old in known or old in found:
                found[place] = found.get(old, old)
                break
    return found


def _gamma(sums: Sums, first: Mapping[Place, Place], others: set[Place]) -> Place | None:
    """The constant that most changes of first weights are proportional to."""
    count: Counter[Place] = Counter()
    for place in first:
        for change in sums.probes.changes[place]:
            factors = {sums.root(factor) for factor in change.factors}
            count.update(factor for factor in factors if sums.constant(factor) and factor not in others)
    return max(sorted(count), key=lambda place: count[place], default=None)


def _rows(
    sums: Sums, forward: ForwardPass, targets: Mapping[tuple[int, int], Place], moved: Mapping[Place, Place]
) -> Iterator[DataCells]:
    """The inputs of first-layer sums with new weights; targets stand as far from those of the first step as the sums do."""
    first = forward.layers[0]
    element = {place: (j, i) for j, row in enumerate(first.weights) for i, place in enumerate(row)}
    own = {place for row in forward.inputs for place in row}
    for one in sums.found.values():
        inputs: dict[int, Place] = {}
        neurons: set[int] = set()
        for pair in one.pairs:
            for weight, other in (pair, pair[::-1]):
                if moved.get(weight) in element and sums.constant(other):
                    j, i = element[moved[weight]]
                    inputs[i] = other
                    neurons.add(j)
        if neurons == {0} and len(inputs) == len(forward.inputs[0]) and not own.issuperset(inputs.values()):
            cells = tuple(inputs[i] for i in range(len(inputs)))
            yield DataCells(cells, tuple(_shifted(sums, forward, targets, one, cells)))


def _shifted(
    sums: Sums, forward: ForwardPass, targets: Mapping[tuple[int, int], Place], one: WeightedSum, inputs: Cells
) -> Iterator[Place | None]:
    """The targets that stand to the sum as those of the first step do to its sum, at the observation whose inputs do so.

    Where several do, at that from which it is straight down or to the right: steps follow one another in rows or columns.
    """
    own, ways = _offsets(one.place, inputs), dict[int, Position]()
    for n, (row, of_row) in enumerate(zip(forward.inputs, forward.layers[0].sums, strict=True)):
        if _offsets(of_row[0], row) == own or len(forward.inputs) == 1:
            ways[n] = one.place[1] - of_row[0][1], one.place[2] - of_row[0][2]
    nearest = min(ways, key=lambda way: min(map(abs, ways[way])), default=None)
    for j in range(forward.sizes[-1]):
        target = None if nearest is None else targets.get((nearest, j))
        if nearest is None or target is None:
            yield None
            continue
        place = sums.root((target[0], target[1] + ways[nearest][0], target[2] + ways[nearest][1]))
        yield place if sums.constant(place) else target
