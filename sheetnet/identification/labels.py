"""Labels cells: computes the quantities of several training steps, and finds those that agree with a cell in every run.

A later step starts from the new weights of the step before. So W_l_new of step k is W_l of step k + 1, and the forward
pass with new weights is the next step's: each stands here once, under the later step.

Columns are compared by one weighted sum of their runs, sorted; within the tolerance of that sum few are left, and those
are compared run by run. So 25,000 columns against 100,000 take a fraction of a second.

Some quantities have one signature (at one observation ∂C/∂b is δ): then the one that fits the neighbours is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sheetnet.formulas import Dimensions, spoken, symbol_of
from sheetnet.identification.factors import Factor, factor_in_words, factors_of
from sheetnet.network import Network
from sheetnet.quantity import Quantity
from sheetnet.reference import Array, equations
from sheetnet.reference.equations import forward_pass
from sheetnet.trials.tolerance import ABSOLUTE, RELATIVE, scales
from sheetnet.workbook import Place

SANE = 1e6  # a trial in which training has blown up so far says nothing more
TAKEN_IN_TURN = ("A_0", "target")  # by the steps of a training with batches
ALWAYS_THE_SAME = ("gamma", "l2_factor")
CONSTANT = (*TAKEN_IN_TURN, *ALWAYS_THE_SAME)  # inputs that no step changes, and that may be copied to every step
# Symbols of what the next step's forward pass computes anew.
FORWARD = {"z", "a", "cost_out", "cost_n", "cost", "penalty"}
BACKWARD = {"delta", "dC_da", "dC_dW", "da_dz"}


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A quantity's element at a training step (from 1), index from 0 in the canonical row form of docs/design.md."""

    quantity: str
    index: tuple[int, ...]
    step: int = 1

    def __str__(self) -> str:
        return self.spoken(Dimensions(1 + self.index[0]))

    def spoken(self, dimensions: Dimensions) -> str:
        """As people say it: `a⁽¹⁾ of neuron 0, step 2`."""
        step = "" if self.step == 1 else f", step {self.step}"
        is_factor = symbol_of(self.quantity) == self.quantity
        return (factor_in_words if is_factor else spoken)(self.quantity, self.index, dimensions) + step


class Training:
    """The steps of a training, computed when first asked for: `step(k)` is runs × quantities, k from 1.

    With a `batch` each step takes so many observations, the next ones, and begins again after the last; `network` is then
    that of one step, `whole` that of all observations.
    """

    def __init__(self, network: Network, inputs: Mapping[str, Array], batch: int | None = None) -> None:
        self.whole, self.batch = network, batch or network.observations
        network = replace(network, inputs=network.inputs[: self.batch], targets=network.targets[: self.batch])
        self.network = network
        self.period = self.whole.observations // self.batch
        self._inputs = dict(inputs)
        self._next = dict(inputs)
        self._equations = {
            name: equation
            for name, equation in equations(network).items()
            if not (quantity := Quantity.of(name)).new or quantity.symbol == "W"
        }
        self._steps: list[Array] = []
        self._scales: list[Array] = []
        self._varying: list[NDArray[np.bool_]] = []
        blocks, factors = self._compute()
        first = [*blocks.items(), *((factor.words, factor.array) for factor in factors)]
        self.elements = [(name, index) for name, array in first for index in np.ndindex(array.shape[1:])]
        self.blocks = sum(array[0].size for array in blocks.values())
        self._made_of = {factor.words: factor.block for factor in factors}
        self.number_of = {element: number for number, element in reversed(list(enumerate(self.elements)))}

    def step(self, number: int) -> Array:
        """All quantities of a step: runs × quantities."""
        while len(self._steps) < number:
            self._compute()
        return self._steps[number - 1]

    def batch_inputs(self, number: int) -> dict[str, Array]:
        """The inputs and targets of a step."""
        begin = (number - 1) % self.period * self.batch
        return {name: self._inputs[name][:, begin : begin + self.batch] for name in TAKEN_IN_TURN}

    def normal(self, label: Label) -> Label:
        """Inputs are the same in all steps, or in each pass over the observations."""
        if label.quantity in ALWAYS_THE_SAME:
            return replace(label, step=1)
        return replace(label, step=(label.step - 1) % self.period + 1) if label.quantity in TAKEN_IN_TURN else label

    def of_input(self, name: str, row: int, column: int) -> Label:
        """The label of an input of the whole network."""
        if name not in TAKEN_IN_TURN:
            return Label(name, (row, column))
        return Label(name, (row % self.batch, column), row // self.batch + 1)

    def scale(self, number: int) -> Array:
        """The largest magnitude of each run in that step's blocks, at least 1: runs × 1."""
        self.step(number)
        return self._scales[number - 1]

    def sane(self, number: int) -> NDArray[np.bool_]:
        """The runs in which training has not blown up by that step."""
        self.step(number)
        return np.asarray(np.isfinite(self._scales[number - 1][:, 0]) & (self._scales[number - 1][:, 0] < SANE))

    def fresh(self, number: int) -> NDArray[np.bool_]:
        """Which quantities of a step are not simply those of the step before, as the inputs are."""
        if number == 1:
            return np.ones(len(self.elements), dtype=bool)
        return np.asarray((self.step(number) != self.step(number - 1)).any(axis=0))

    def varies(self, label: Label) -> bool:
        """Whether the trials move it: f′ of an identity is always 1, and what cannot vary is no evidence."""
        while len(self._varying) < label.step:
            columns = self.step(len(self._varying) + 1)[1:]
            with np.errstate(invalid="ignore"):
                self._varying.append(np.asarray((columns != columns[:1]).any(axis=0)))
        return bool(self._varying[label.step - 1][self.number_of[label.quantity, label.index]])

    def follows(self, quantity: str) -> bool:
        """Whether a quantity of the next step belongs to this one under the name of `…_new`."""
        return quantity in self._next or (self.quantity(quantity).symbol in FORWARD and " " not in quantity)

    def quantity(self, name: str) -> Quantity:
        """The quantity of that name; of a factor the one that is made of it (with the symbol "" where there is none)."""
        return Quantity.of(self._made_of.get(name, name))

    def made_into(self, name: str) -> str:
        """The block of which a factor is a part, such as z of e^z; "" for a block, and where there is none."""
        return self._made_of.get(name, "")

    def is_backward(self, label: Label) -> bool:
        """Whether it belongs to the backward pass, as a quantity or as its factor."""
        return self.quantity(label.quantity).symbol in BACKWARD

    def is_block(self, label: Label) -> bool:
        """Whether it is an element of a block, and no factor or part of one."""
        return label.quantity not in self._made_of

    def column(self, label: Label) -> Array | None:
        """The values of one quantity in all runs."""
        number = self.number_of.get((label.quantity, label.index))
        return None if number is None else self.step(label.step)[:, number]

    def first_labels(self) -> Iterator[Label]:
        """The labels of all quantities of the first step."""
        return (Label(quantity, index) for quantity, index in self.elements)

    def _compute(self) -> tuple[dict[str, Array], list[Factor]]:
        values = self._next | self.batch_inputs(len(self._steps) + 1)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            for name, equation in self._equations.items():
                values[name] = equation(values)
            found = dict(_blocks(self.network, values))
            factors = [*factors_of(self.network, values), self._change(values)]
            blocks = _columns(found.values())
            columns = np.concatenate([blocks, _columns(factor.array for factor in factors)], axis=1)
            self._scales.append(np.where(np.isfinite(blocks).all(axis=1, keepdims=True), scales(blocks), np.inf))
        self._steps.append(columns)
        self._next = {name: values.get(Quantity.of(name).updated.name, values[name]) for name in self._next}
        return found, factors

    def _change(self, values: Mapping[str, Array]) -> Factor:
        """By what part of itself the step changes the cost."""
        later = dict(values)
        for name, equation in forward_pass(self.network, new=True).items():
            later[name] = equation(later)
        return Factor("cost_new / cost - 1", "", later["cost_new"] / later["cost"] - 1)


def _columns(arrays: Iterable[Array]) -> Array:
    return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)


def _blocks(network: Network, v: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    """The blocks of the step, without bias nodes; activations are called a_l."""
    yield "A_0", v["A_0"][..., : network.sizes[0]]
    kinds = {name: Quantity.of(name) for name in v}
    yield from ((name, v[name]) for name, kind in kinds.items() if kind.symbol != "A" and not kind.new)


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

    def near(self, found: Array, loose: float = 1.0) -> Indices:
        """How many quantities each column of `found` may agree with: no others do."""
        low, high = self._between(found, loose)
        return np.asarray(np.maximum(high - low, 0))

    def matches(self, found: Array, loose: float = 1.0) -> tuple[Indices, Indices]:
        """All pairs (column of `found`, quantity) that agree in every run."""
        low, high = self._between(found, loose)
        counts = np.maximum(high - low, 0)
        counts[np.cumsum(counts) > MOST_PAIRS] = 0
        columns = np.repeat(np.arange(found.shape[1]), counts)
        offsets = np.arange(len(columns)) - np.repeat(np.cumsum(counts) - counts, counts)
        quantities = self._order[np.repeat(low, counts) + offsets]
        good = self._agree(found, columns, quantities, loose)
        return columns[good], quantities[good]

    def _between(self, found: Array, loose: float) -> tuple[Indices, Indices]:
        """Where in the order of sums those of the columns lie, with their room."""
        with np.errstate(invalid="ignore"):
            sums = self._weights @ found
            room = self._weights @ (2 * RELATIVE * np.abs(found) + ABSOLUTE * self._scale) * loose
            low = np.searchsorted(self._sums, np.where(np.isfinite(sums), sums - room, np.inf), "left")
            high = np.searchsorted(self._sums, np.where(np.isfinite(sums), sums + room, -np.inf), "right")
        return low, high

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


def look_up_between(training: Training, values: Array, todo: Iterable[int], first: int, last: int) -> Found:
    """The same for quantities of these steps alone."""
    columns = np.array(sorted(todo), dtype=np.intp)
    return _look_up(training, values, columns, first, last, None) if len(columns) else {}


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


def in_context(training: Training, labels: Mapping[Place, tuple[Label, ...]]) -> dict[Place, tuple[Label, ...]]:
    """Labels under the step and name by which their surroundings know them.

    W of step k + 1 is the new W of step k, unless it stands among numbers of step k + 1. The forward pass of a step
    without any backward pass is the one with the new weights. Inputs are the same in all steps: they get their row's.
    """
    backward = {label[0].step for label in labels.values() if training.is_backward(label[0])}
    steps = _steps_along(labels)
    found = {}
    for place, (label, *also) in labels.items():
        around = steps.get(place[:2]) or steps.get((place[0], -place[2]))
        found[place] = tuple(_named(one, around, backward) for one in (label, *also))
    return found


def _steps_along(labels: Mapping[Place, tuple[Label, ...]]) -> dict[tuple[str, int], int]:
    """For each row and column (negative) the one step that all its numbers are of, weights and inputs apart."""
    counts: dict[tuple[str, int], Counter[int]] = {}
    for (sheet, row, column), (label, *_) in labels.items():
        if label.quantity not in CONSTANT and Quantity.of(label.quantity).symbol != "W":
            counts.setdefault((sheet, row), Counter())[label.step] += 1
            counts.setdefault((sheet, -column), Counter())[label.step] += 1
    return {line: next(iter(steps)) for line, steps in counts.items() if len(steps) == 1}


def _named(label: Label, around: int | None, backward: set[int]) -> Label:
    name, step = label.quantity, label.step
    if name in CONSTANT:
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
