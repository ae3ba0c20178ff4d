"""Draws numbers of their own for each student, and keeps those draws alone that make an exercise as good as the others.

A draw comes from the class's secret, so that it can be made again; what was accepted is written down all the same, and
what is written down counts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from math import ceil, floor, inf

import numpy as np

from sheetnet.classroom.secret import Secret
from sheetnet.classroom.soundness import Soundness
from sheetnet.errors import NetworkError, UsageError
from sheetnet.network import Network
from sheetnet.quantity import q
from sheetnet.reference import Array, evaluate_step, inputs_of
from sheetnet.syntax.references import element_name

DRAWS_AT_ONCE = 32  # draws that are computed together
MOST_ATTEMPTS = 4_096  # of one student: 1 in 1,000 draws of a network of ours is sound at the worst
FEWEST_CHOICES = 8  # values that a number may take, where its range does not forbid it
FINEST, COARSEST = 1e-12, 1e12
ROUNDING_OF_A_STEP = 0.001  # of a step: an end of the range counts in spite of how it is rounded

Draw = tuple[float, ...]


@dataclass(frozen=True)
class Slot:
    """One number that differs from student to student: the cells of a block that hold it, and what it may be.

    `one_hot`: the number is a class, and stands in its cells as 0, … 1, … 0.
    """

    block: str
    cells: tuple[tuple[int, int], ...]
    choices: Draw
    one_hot: bool = False

    def write(self, array: Array, numbers: Sequence[float]) -> None:
        """Put a number of each trial into the cells of the block, trials × rows × columns."""
        rows, columns = zip(*self.cells, strict=True)
        chosen = np.array(numbers)[:, None]
        array[:, rows, columns] = chosen == np.arange(len(self.cells)) if self.one_hot else chosen

    @property
    def name(self) -> str:
        """The element, as the class's tables head its column: `W_1[0, 1]`."""
        return element_name(self.block, self.cells[0])


def _of_inputs(network: Network, step: float) -> Iterator[Slot]:
    cells = [[(r, c)] for r in range(network.observations) for c in range(network.sizes[0])]
    return _each("A_0", cells, _choices([x for row in network.inputs for x in row], step))


def _of_targets(network: Network, step: float) -> Iterator[Slot]:
    """Probabilities of classes stay 0 and 1; other targets stay where the last layer's outputs can be."""
    targets, width = network.targets, network.sizes[-1]
    if width > 1 and all(sorted(row) == [0.0] * (width - 1) + [1.0] for row in targets):
        classes = tuple(map(float, range(width)))
        for r in range(network.observations):
            yield Slot("target", tuple((r, c) for c in range(width)), classes, one_hot=True)
        return
    outputs, numbers = network.activation_facts(network.depth).outputs, [x for row in targets for x in row]
    inside = all(outputs.low <= x <= outputs.high for x in numbers)
    choices = _choices(numbers, step, *((outputs.low, outputs.high) if inside else ()))
    yield from _each("target", [[(r, c)] for r in range(network.observations) for c in range(width)], choices)


def _of_weights(network: Network, step: float) -> Iterator[Slot]:
    for number, layer in enumerate(network.layers, 1):
        cells = [[(r, c)] for r in range(layer.fan_in) for c in range(layer.neurons)]
        yield from _each(
            q("W", number), cells, _choices([x for row in layer.weights[: layer.fan_in] for x in row], step)
        )


def _of_biases(network: Network, step: float) -> Iterator[Slot]:
    """A bias that is one number for a whole layer stays one."""
    for number, layer in enumerate(network.layers, 1):
        if not layer.bias:
            continue
        last = len(layer.weights) - 1
        cells = [(last, c) for c in range(layer.neurons)]
        yield from _each(q("W", number), [cells] if layer.shared_bias else [[cell] for cell in cells],
            _choices(list(layer.weights[-1]), step))  # fmt: skip


_SLOTS: dict[str, Callable[[Network, float], Iterator[Slot]]] = {
    "inputs": _of_inputs,
    "targets": _of_targets,
    "weights": _of_weights,
    "biases": _of_biases,
}


def _each(block: str, cells: Iterable[Sequence[tuple[int, int]]], choices: Draw) -> Iterator[Slot]:
    if len(choices) > 1:
        yield from (Slot(block, tuple(some), choices) for some in cells)


def _choices(numbers: Sequence[float], step: float, low: float = -inf, high: float = inf) -> Draw:
    """Multiples of the step about where the numbers are, with their signs; labels 0 and 1 stay what they are.

    The range is widened to some choices, but never beyond `low` and `high`, nor across 0 where all are of one sign.
    """
    if set(numbers) == {0.0, 1.0}:
        return 0.0, 1.0
    least, most = min(numbers), max(numbers)
    if (missing := (FEWEST_CHOICES - 1) * step - (most - least)) > 0:
        least, most = least - missing / 2, most + missing / 2
    if min(numbers) >= 0:  # as many steps as before, moved up
        least, most = max(least, 0.0 if 0.0 in numbers else step), most - min(least, 0.0)
    elif max(numbers) <= 0:
        least, most = least - max(most, 0.0), min(most, 0.0 if 0.0 in numbers else -step)
    first, last = ceil(max(least, low) / step - ROUNDING_OF_A_STEP), floor(min(most, high) / step + ROUNDING_OF_A_STEP)
    return tuple(float(f"{k * step:.15g}") for k in range(first, last + 1) if low <= k * step <= high)


PARTS = tuple(_SLOTS)


@dataclass(frozen=True)
class Variation:
    """What differs from student to student, and in which steps. Raises UsageError for what cannot be varied.

    >>> Variation(("inputs", "targets"), 0.1)
    Variation(parts=('inputs', 'targets'), step=0.1)
    """

    parts: tuple[str, ...] = ()
    step: float = 0.1

    def __post_init__(self) -> None:
        for part in self.parts:
            if part not in PARTS:
                raise UsageError(f"{part!r} cannot be varied", place="vary", remedy=f"choose from {', '.join(PARTS)}")
        if not FINEST <= self.step <= COARSEST:
            raise UsageError(f"step is {self.step!r}", place="step", remedy="a positive number such as 0.1")

    def slots(self, network: Network) -> tuple[Slot, ...]:
        """The numbers of a network that differ, in the order of its blocks. Raises NetworkError where there are none."""
        found = [slot for part in PARTS if part in self.parts for slot in _SLOTS[part](network, self.step)]
        if self.parts and not found:
            raise NetworkError(
                f"{' and '.join(self.parts)} of the network cannot differ", remedy="vary the inputs or the weights"
            )
        return tuple(found)


@dataclass(frozen=True)
class Variant:
    """The numbers of one student, in the order of the slots, and how hard they are."""

    numbers: Draw
    difficulty: float


def network_with(network: Network, slots: Sequence[Slot], numbers: Sequence[float]) -> Network:
    """The network with a student's own numbers."""
    arrays = {name: array[0] for name, array in _drawn(network, slots, [numbers]).items()}
    layers = tuple(
        replace(layer, weights=arrays[q("W", number)]) for number, layer in enumerate(network.layers, 1)
    )  # of an array a layer makes the tuples it wants
    return replace(network, inputs=arrays["A_0"][:, : network.sizes[0]], targets=arrays["target"], layers=layers)


def _drawn(network: Network, slots: Sequence[Slot], draws: Sequence[Sequence[float]]) -> dict[str, Array]:
    """The inputs of the step for many draws at once, a trial each."""
    arrays = {name: np.repeat(array, len(draws), axis=0) for name, array in inputs_of(network).items()}
    for number, slot in enumerate(slots):
        slot.write(arrays[slot.block], [draw[number] for draw in draws])
    return arrays


@dataclass(frozen=True)
class Vetted:
    """One draw, and why it was not accepted; None for one that was."""

    variant: Variant
    refused: str | None


class Variants:
    """The variants of one class. `taken` are numbers that students have already: no two have the same."""

    def __init__(self, network: Network, variation: Variation, secret: Secret, taken: Sequence[Draw] = ()) -> None:
        self.network, self.slots = network, variation.slots(network)
        self._secret, self._taken = secret, set(taken)
        self._soundness = Soundness.of(network)

    def of(self, student: str) -> Variant:
        """The first of the student's draws that is sound and that nobody has. Raises NetworkError where there is none."""
        reasons: dict[str, int] = {}
        for vetted in islice(self.vetted(student), MOST_ATTEMPTS):
            numbers = vetted.variant.numbers
            reason = vetted.refused or ("somebody has it" if numbers in self._taken else None)
            if reason is None:
                self._taken.add(numbers)
                return vetted.variant
            reasons[reason] = reasons.get(reason, 0) + 1
        most = max(reasons, key=lambda reason: reasons[reason])
        raise NetworkError(
            f"none of {MOST_ATTEMPTS:,} draws makes an exercise like the network's own: mostly, {most}",
            remedy="vary less, take a smaller step, or begin from another network",
        )

    def vetted(self, student: str) -> Iterator[Vetted]:
        """Each draw of a student in turn, without end."""
        attempts = (self._draw(self._secret.draws(student, attempt)) for attempt in count())
        while draws := list(islice(attempts, DRAWS_AT_ONCE)):
            values = evaluate_step(self.network, _drawn(self.network, self.slots, draws))
            for numbers, refused, hard in zip(
                draws, self._soundness.refusals(values), self._soundness.difficulty(values), strict=True
            ):
                yield Vetted(Variant(numbers, float(hard)), refused)

    def _draw(self, source: random.Random) -> Draw:
        return tuple(source.choice(slot.choices) for slot in self.slots)
