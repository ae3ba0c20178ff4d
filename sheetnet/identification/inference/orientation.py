"""Which constants of a first layer are inputs and which are weights: the ways that fit all its sums.

In the product of node i all inputs stand on one side and all weights on the other, whatever the observation and the neuron.
A way is right where each observation meets each neuron once, and where a bias belongs to a neuron.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sheetnet.identification.headings import Headings
from sheetnet.identification.inference.layers import NeuronSum
from sheetnet.identification.inference.sums import WeightedSum, together
from sheetnet.workbook import Place

# With a number behind it, as people write it in English, German, French and Spanish.
_INPUT = re.compile(r"(x|i|in|input|inputs|eingabe|eingang|feature|entrée|entrada)[\s_{(]*\d*[)}]?", re.IGNORECASE)
_WEIGHT = re.compile(r"(w|weight|weights|gewicht|θ|theta|poids|peso)[\s_{(]*\d*[)}]?", re.IGNORECASE)

Labels = tuple[int, ...]  # for each sum the number of the first one with the same cells


@dataclass(frozen=True)
class FirstLayer:
    """A way to read the first layer: `inputs[n][i]`, and each sum as a neuron.

    `free`: each product may be turned alone. `evidence` is above 0 where headings, or formulas that move on from weights,
    speak for the way, in each product; below 0 where they speak against it. `left` are sums of observations
    that do not meet every neuron.
    """

    inputs: tuple[tuple[Place, ...], ...]
    terms: tuple[NeuronSum, ...]
    free: bool
    evidence: int
    left: tuple[Place, ...] = ()

    @property
    def weights(self) -> set[Place]:
        """The cells that are weights in this way."""
        return {place for term in self.terms for place in term.weights.values()}


@dataclass(frozen=True)
class _Slot:
    """The products of one node: for each sum the cells of the one side and of the other."""

    sides: tuple[tuple[Place, ...], tuple[Place, ...]]

    def turned(self) -> _Slot:
        return _Slot((self.sides[1], self.sides[0]))

    def labels(self, side: int) -> Labels:
        return _labels(self.sides[side])


def _labels(cells: Sequence[object]) -> Labels:
    first: dict[object, int] = {}
    return tuple(first.setdefault(cell, number) for number, cell in enumerate(cells))


SideEvidence = Callable[[Sequence[Place], Sequence[Place]], int]  # that the first are inputs and the others weights


def orientations(
    sums: Sequence[WeightedSum], evidence: SideEvidence, constants: Mapping[Place, float]
) -> list[FirstLayer]:
    """The ways to read these sums of products of constants; none where no way fits."""
    ordered = sorted((_without_ones(sums, constants)), key=lambda one: one.place)
    biases, slots = [one.singles for one in ordered], _slots(ordered)
    if not slots:
        return []
    found: list[FirstLayer] = []
    for reference in (slots[0], slots[0].turned()):
        aligned = _aligned(slots, reference, evidence)
        one = _orientation(ordered, aligned, biases, evidence) if aligned else None
        if one is not None and one not in found:
            found.append(one)
    return found


def _without_ones(sums: Sequence[WeightedSum], constants: Mapping[Place, float]) -> Iterator[WeightedSum]:
    """The sums with a bias times 1, the same in several of them, read as that bias: one bias serves several neurons."""
    shared = set.intersection(*(set(one.pairs) for one in sums)) if len(sums) > 1 else set()
    for one in sums:
        ones = {pair: [cell for cell in pair if constants[cell] == 1] for pair in shared}
        biases = [next(cell for cell in pair if cell != ones[pair][0]) for pair in shared if ones[pair]]
        kept = tuple(pair for pair in one.pairs if not ones.get(pair))
        yield replace(one, pairs=kept, singles=(*one.singles, *biases)) if kept and biases else one


def _slots(sums: Sequence[WeightedSum]) -> list[_Slot]:
    """The products of the sums node by node; [] where the sums are not of the same nodes."""
    number_of = together(pair for one in sums for pair in one.pairs)
    by_slot: dict[int, list[tuple[Place, Place]]] = {}
    for one in sums:
        for pair in one.pairs:
            by_slot.setdefault(number_of[pair[0]], []).append(pair)
    slots = [_two_sided(pairs) for pairs in by_slot.values() if len(pairs) == len(sums)]
    whole = [slot for slot in slots if slot is not None]
    return whole if len(whole) == len(by_slot) else []


def _two_sided(pairs: Sequence[tuple[Place, Place]]) -> _Slot | None:
    """The cells of the products on two sides, so that no cell is on both; None where that cannot be."""
    side: dict[Place, int] = {pairs[0][0]: 0}
    waiting = list(pairs)
    while waiting:
        known = [pair for pair in waiting if pair[0] in side or pair[1] in side]
        for a, b in known:
            side.setdefault(a, 1 - side.get(b, 1))
            side.setdefault(b, 1 - side[a])
            if side[a] == side[b]:
                return None
        waiting = [pair for pair in waiting if pair not in known]
    ordered = [pair if side[pair[0]] == 0 else (pair[1], pair[0]) for pair in pairs]
    return _Slot((tuple(a for a, _ in ordered), tuple(b for _, b in ordered)))


def _aligned(slots: Sequence[_Slot], reference: _Slot, evidence: SideEvidence) -> list[_Slot] | None:
    """All slots with the inputs first, where those of the first slot stand as `reference` has them."""
    wanted, found = reference.labels(1), []
    for slot in [reference, *slots[1:]]:
        ways = [way for way in (slot, slot.turned()) if way.labels(1) == wanted]
        if slot is reference:
            ways = [reference]
        if not ways:
            return None
        first = min(ways, key=lambda way: (-evidence(*way.sides), way.sides[0]))
        found.append(first)
    return found


def _orientation(
    sums: Sequence[WeightedSum], slots: Sequence[_Slot], biases: Sequence[Sequence[Place]], evidence: SideEvidence
) -> FirstLayer | None:
    """The way with these inputs; None where a bias changes with the observation, or most do not meet every neuron.

    What is left of an observation that does not is left out: one of its formulas is no weighted sum.
    """
    if any(len(own) > 1 for own in biases):
        return None
    ordered = sorted(slots, key=lambda slot: min(slot.sides[0]))
    rows = list(zip(*(slot.sides[0] for slot in ordered), strict=True))
    neurons = list(zip(*(slot.sides[1] for slot in ordered), strict=True))
    bias = [own[0] if own else None for own in biases]
    of_neuron = dict(zip(neurons, bias, strict=True))
    if any(of_neuron[neuron] != own for neuron, own in zip(neurons, bias, strict=True)):
        return None
    met = set(zip(rows, neurons, strict=True))
    observations = sorted({row for row in rows if all((row, neuron) in met for neuron in of_neuron)})
    if 2 * len(observations) < len(set(rows)) or len(set(rows)) * len(of_neuron) > 2 * len(met):
        return None
    terms = tuple(
        NeuronSum(one.place, observations.index(row), dict(enumerate(neuron)), own)
        for one, row, neuron, own in zip(sums, rows, neurons, bias, strict=True)
        if row in observations
    )
    each = [evidence(*slot.sides) for slot in slots]
    sure = min(each) if min(each) > 0 else max(each) if max(each) < 0 else 0
    left = tuple(one.place for one, row in zip(sums, rows, strict=True) if row not in observations)
    return FirstLayer(tuple(observations), terms, len(met) == 1, sure, left)


def bias_nodes(way: FirstLayer, constants: Mapping[Place, float], elsewhere: set[Place]) -> Iterator[int]:
    """The inputs that are bias nodes: 1 at every observation, of several or in a cell that later layers use, too."""
    if any(term.bias is not None for term in way.terms) or len(way.inputs[0]) < 2:
        return
    for i in range(len(way.inputs[0])):
        cells = {row[i] for row in way.inputs}
        alike = all(constants[cell] == 1 for cell in cells)
        if alike and (len(way.inputs) > 1 or not elsewhere.isdisjoint(cells)):
            yield i


def without_node(way: FirstLayer, i: int) -> FirstLayer:
    """The same with node i read as the bias node."""
    inputs = tuple(row[:i] + row[i + 1 :] for row in way.inputs)
    terms = tuple(
        NeuronSum(
            term.place,
            term.observation,
            {k - (k > i): place for k, place in term.weights.items() if k != i},
            term.weights[i],
        )
        for term in way.terms
    )
    return replace(way, inputs=inputs, terms=terms)


def sides_by_headings(headings: Headings, inputs: Iterable[Place], weights: Iterable[Place]) -> int:
    """How much headings speak for these inputs and these weights: below 0 where they speak for the other way round.

    A heading counts where it is that of all cells of one side.
    """
    found = 0
    for cells, own, other in ((tuple(inputs), _INPUT, _WEIGHT), (tuple(weights), _WEIGHT, _INPUT)):
        texts = [headings.of(place) for place in cells]
        found += all(map(own.fullmatch, texts))
        found -= all(map(other.fullmatch, texts))
    return found
