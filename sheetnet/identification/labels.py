"""Labels cells: finds the quantities whose numbers agree with a cell's in every run.

Columns are compared by one weighted sum of their runs, sorted; within the tolerance of that sum few are left, and those
are compared run by run. So 25,000 columns against 100,000 take a fraction of a second.

Some quantities have one signature (at one observation ∂C/∂b is δ): then the one that fits the neighbours is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sheetnet.identification.quantities import FORWARD, Training
from sheetnet.identification.result import Label
from sheetnet.quantity import Quantity
from sheetnet.reference import Array
from sheetnet.trials.tolerance import ABSOLUTE, RELATIVE
from sheetnet.workbook import Place

Indices = NDArray[np.intp]
MOST_PAIRS = 50_000_000  # pairs that are compared; where more are near, those beyond are not looked at
LATER = 10.0  # training repeats rounding errors, so that later steps are compared this much more loosely


class SignatureIndex:
    """The expected columns (runs × quantities), ready to be searched; `scale` is runs × 1."""

    def __init__(self, expected: Array, scale: Array) -> None:
        self._expected, self._scale = expected, scale
        # Any weights do; these keep the runs apart and are the same every time.
        self._weights = np.random.default_rng(2).uniform(0.5, 1.5, size=len(expected))
        sums = self._weights @ np.where(np.isfinite(expected), expected, np.inf)
        self._order = np.argsort(sums)
        self._sums = sums[self._order]

    def matches(self, found: Array, loose: float = 1.0) -> tuple[Indices, Indices]:
        """All pairs (column of `found`, quantity) that agree in every run."""
        with np.errstate(invalid="ignore"):
            sums = self._weights @ found
            room = self._weights @ (2 * RELATIVE * np.abs(found) + ABSOLUTE * self._scale) * loose
            low = np.searchsorted(self._sums, np.where(np.isfinite(sums), sums - room, np.inf), "left")
            high = np.searchsorted(self._sums, np.where(np.isfinite(sums), sums + room, -np.inf), "right")
        counts = np.maximum(high - low, 0)
        counts[np.cumsum(counts) > MOST_PAIRS] = 0
        columns = np.repeat(np.arange(found.shape[1]), counts)
        offsets = np.arange(len(columns)) - np.repeat(np.cumsum(counts) - counts, counts)
        quantities = self._order[np.repeat(low, counts) + offsets]
        good = self._agree(found, columns, quantities, loose)
        return columns[good], quantities[good]

    def _agree(self, found: Array, columns: Indices, quantities: Indices, loose: float) -> NDArray[np.bool_]:
        good = np.ones(len(columns), dtype=bool)
        for run, expected in enumerate(self._expected):
            mine, theirs = found[run, columns], expected[quantities]
            with np.errstate(invalid="ignore"):
                room = RELATIVE * np.maximum(np.abs(mine), np.abs(theirs)) + ABSOLUTE * self._scale[run, 0]
                good &= np.abs(mine - theirs) <= room * loose
        return good


MOST_IDENTIFIED_STEPS = 20_000
MOST_TRAINING_NUMBERS = 100_000_000  # numbers of a training that are kept: 800 MB
FEWEST_RUNS = 3  # with fewer runs that have not blown up, agreement would say little
EARLY = 10  # steps in which rounding errors have not yet grown
Found = dict[int, list[tuple[int, int]]]  # column → (quantity, step), all that agree


def look_up(
    training: Training, values: Array, todo: Iterable[int], steps: int | None = None, reached: int = 1
) -> Found:
    """Which quantities the columns `todo` of `values` are; the steps go on for as long as they explain anything.

    With `steps` exactly those are looked at, and the weights and forward pass that follow them; else at least those up
    to `reached`, which explained something before.
    """
    left, found = np.array(sorted(todo), dtype=np.intp), Found()
    first, last = 1, 2 if steps is None else steps + 1
    while len(left) and last * training.step(1).size <= MOST_TRAINING_NUMBERS:
        more = _look_up(training, values, left, first, last, steps)
        found |= more
        left = np.array([column for column in left.tolist() if column not in more], dtype=np.intp)
        if steps is not None or (not more and last > reached) or last >= MOST_IDENTIFIED_STEPS:
            break
        first, last = last + 1, 2 * last
    return found


def _look_up(training: Training, values: Array, columns: Indices, first: int, last: int, steps: int | None) -> Found:
    """Steps `first` to `last` at once; of the one after `steps` only what follows from the last."""
    sane = training.sane(last)
    while not sane[1:].sum() >= min(FEWEST_RUNS, len(sane) - 1) and last > first:
        last = (first + last) // 2
        sane = training.sane(last)
    if not sane.any():
        return {}
    numbers = range(first, last + 1)
    fresh = [np.flatnonzero(training.fresh(number)) for number in numbers]
    if steps is not None and last > steps:
        fresh[-1] = np.array([n for n in fresh[-1] if training.follows(training.elements[n][0])], dtype=np.intp)
    expected = np.concatenate([training.step(n)[:, f] for n, f in zip(numbers, fresh, strict=True)], axis=1)
    quantities = np.concatenate(fresh)
    at_step = np.repeat(list(numbers), [len(f) for f in fresh])
    scale = np.max([training.scale(number) for number in numbers], axis=0)
    index = SignatureIndex(expected[sane], scale[sane])
    own, theirs = index.matches(values[np.ix_(sane, columns)], LATER if last > EARLY else 1.0)
    found: Found = {}
    at = columns[own].tolist()
    for column, quantity, step in zip(at, quantities[theirs].tolist(), at_step[theirs].tolist(), strict=True):
        found.setdefault(column, []).append((quantity, step))
    return found


def label_all(training: Training, found: Found, places: Sequence[Place]) -> dict[Place, tuple[Label, ...]]:
    """The labels of each place, the best first: blocks go before factors, then what fits the neighbours."""
    candidates = {places[column]: _ranked(training, pairs) for column, pairs in found.items()}
    chosen = {place: labels[0] for place, labels in candidates.items() if len(labels) == 1}
    result: dict[Place, tuple[Label, ...]] = {place: labels for place, labels in candidates.items() if len(labels) == 1}
    for place in sorted(place for place in candidates if place not in result):
        labels = candidates[place]
        best = max(labels, key=lambda label: _fits(label, place, chosen))
        chosen[place] = best
        result[place] = (best, *(label for label in labels if label != best))
    return result


def _ranked(training: Training, pairs: list[tuple[int, int]]) -> tuple[Label, ...]:
    if len(pairs) > 1:
        # The cost before the cost of each observation and of each output: with one of them it is all the same.
        pairs = sorted(pairs, key=lambda p: (p[1], training.elements[p[0]][0] in ("cost_out", "cost_n"), p[0]))
        blocks = [pair for pair in pairs if pair[0] < training.blocks]
        pairs = blocks or pairs
    return tuple(Label(*training.elements[number], step) for number, step in pairs)


def _fits(label: Label, place: Place, chosen: Mapping[Place, Label]) -> int:
    """How well a label goes with those of the cells nearby: the same quantity, one index or one step further."""
    score = 0
    for distance, neighbour in _around(place):
        other = chosen.get(neighbour)
        if other is not None:
            score += other.step == label.step
            if other.quantity == label.quantity:
                moved = [abs(a - b) for a, b in zip(other.index, label.index, strict=True)]
                score += 2 + 3 * (sum(moved) + abs(other.step - label.step) == distance)
    return score


def _around(place: Place) -> Iterator[tuple[int, Place]]:
    sheet, row, column = place
    for distance in (1, 2):
        for sign in (-distance, distance):
            yield distance, (sheet, row + sign, column)
            yield distance, (sheet, row, column + sign)


def in_context(
    training: Training, labels: Mapping[Place, tuple[Label, ...]], constant: set[str]
) -> dict[Place, tuple[Label, ...]]:
    """Labels under the step and name by which their surroundings know them.

    W of step k + 1 is the new W of step k, unless it stands among numbers of step k + 1. The forward pass of a step
    without any backward pass is the one with the new weights. Inputs are the same in all steps: they get their row's.
    """
    backward = {label[0].step for label in labels.values() if training.is_backward(label[0])}
    rows, columns = _steps_along(labels, constant)
    found = {}
    for place, (label, *also) in labels.items():
        around = rows.get(place[:2]) or columns.get((place[0], -place[2]))
        found[place] = tuple(_named(one, around, backward, constant) for one in (label, *also))
    return found


def _steps_along(
    labels: Mapping[Place, tuple[Label, ...]], constant: set[str]
) -> tuple[dict[tuple[str, int], int], dict[tuple[str, int], int]]:
    """For each row and column (negative) the one step that all its numbers are of, weights and inputs apart."""
    counts: dict[tuple[str, int], Counter[int]] = {}
    for (sheet, row, column), (label, *_) in labels.items():
        if label.quantity not in constant and Quantity.of(label.quantity).symbol != "W":
            counts.setdefault((sheet, row), Counter())[label.step] += 1
            counts.setdefault((sheet, -column), Counter())[label.step] += 1
    sole = {line: next(iter(steps)) for line, steps in counts.items() if len(steps) == 1}
    return {line: step for line, step in sole.items() if line[1] > 0}, {
        line: step for line, step in sole.items() if line[1] < 0
    }


def _named(label: Label, around: int | None, backward: set[int], constant: set[str]) -> Label:
    name, step = label.quantity, label.step
    if name in constant:
        return replace(label, step=around) if around else label
    if step == 1:
        return label
    quantity = Quantity.of(name)
    if quantity.symbol == "W":
        known_as_next = around == step and step in backward
        return label if known_as_next else Label(quantity.updated.name, label.index, step - 1)
    if step not in backward and step - 1 in backward and quantity.symbol in FORWARD:
        return Label(quantity.updated.name, label.index, step - 1)
    return label
