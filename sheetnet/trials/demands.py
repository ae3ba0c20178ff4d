"""What the trials of a network must show together, each unit switched on and off and told from every other.

A mask has two values, so that a formula which reads another cell is right in half of the trials by chance. With M masks
and F cells whose sign might be read by mistake it takes about log₂ 2MF trials until none is right in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network, activation_name
from sheetnet.quantity import q
from sheetnet.reference import ACTIVATIONS, Array, activation_of
from sheetnet.trials.tolerance import ABSOLUTE

Met = NDArray[np.bool_]

# In how many trials a unit is to be on and off, a number, its change and a target between 0 and 1 to be seen.
ALIVE, DEAD, VISIBLE, UPDATED, SOFT = 3, 2, 3, 2, 4
THRESHOLD = 1e-6  # a number is visible when it is at least so large a part of its block's largest
CLEAR = 1000 * ABSOLUTE  # and so large a part of the trial's largest number
_AT_ONCE = 1_000_000  # numbers of a block that are looked at together
LEVEL = 1e-9  # nearer to its bend no unit may be: rounding would decide on which side it is
MOST_CLASSES = 16  # outputs up to which each is to be a softmax's largest once, and a target of 0 and of 1 once


@dataclass(frozen=True)
class Demand:
    """Which candidate meets a condition in which cell (candidates × cells), and in how many trials it is to be met.

    Where no trial meets it, that cell of the blocks `doubts` is doubtful.
    """

    met: Met
    wanted: int
    doubts: tuple[str, ...] = ()


def demands(network: Network, values: Mapping[str, Array]) -> list[Demand]:
    """Everything asked of the trials that are taken from these candidates."""
    scale = largest(values)
    return [
        *_visible(values, scale),
        *_updates(network, values, scale),
        *_bends(network, values, scale),
        *_maxima(network, values),
        *_targets(network, values),
    ]


def largest(values: Mapping[str, Array]) -> Array:
    """The largest magnitude of each candidate, at least 1: the scale of the absolute tolerance."""
    sizes = [[array.max(axis=(1, 2), initial=1.0), -array.min(axis=(1, 2), initial=-1.0)] for array in values.values()]
    return np.asarray(np.max(sizes, axis=(0, 1)))


def _flat(array: NDArray[np.bool_]) -> Met:
    return array.reshape(len(array), array.shape[1] * array.shape[2])


def _clear(array: Array, scale: Array) -> Met:
    """Where numbers stand far above the absolute tolerance, and are no mere rest of their block."""
    found = np.empty(array.shape, dtype=np.bool_)
    for part in _parts(array):
        size = np.abs(array[part])
        least = np.maximum(THRESHOLD * size.max(axis=(1, 2), initial=0.0), CLEAR * scale[part])
        np.greater(size, least[:, None, None], out=found[part])
    return found


def _parts(array: Array) -> Iterator[slice]:
    """The candidates some at a time, so that what is computed in between of large blocks takes little memory."""
    step = max(1, _AT_ONCE // max(array[:1].size, 1))
    return (slice(begin, begin + step) for begin in range(0, len(array), step))


def _visible(values: Mapping[str, Array], scale: Array) -> Iterator[Demand]:
    for name, array in values.items():
        yield Demand(_flat(_clear(array, scale)), VISIBLE, (name,))


def _updates(network: Network, values: Mapping[str, Array], scale: Array) -> Iterator[Demand]:
    """A new weight differs from the old one by far more than the tolerance."""
    for layer in range(1, network.depth + 1):
        old, new = values[q("W", layer)], values[q("W", layer, new=True)]
        changed = np.empty(old.shape, dtype=np.bool_)
        for part in _parts(old):
            room = np.maximum(THRESHOLD * np.abs(old[part]), CLEAR * scale[part, None, None])
            np.greater(np.abs(new[part] - old[part]), room, out=changed[part])
        if not network.train_bias:
            changed[:, network.sizes[layer - 1] :] = True
        yield Demand(_flat(changed), UPDATED, (q("W", layer, new=True),))


def _bends(network: Network, values: Mapping[str, Array], scale: Array) -> Iterator[Demand]:
    """Each unit with a bend on; off, while ∂C/∂a pulls at it (else a δ without ∂a/∂z would be 0 all the same).

    And apart from its neighbours, so that one compared with another cell, or with 0, instead of where it bends is seen.
    """
    for layer in range(1, network.depth + 1):
        z, pull = values[q("z", layer)], values[q("dC_da", layer)]
        doubts = (q("da_dz", layer), q("delta", layer), activation_name(layer, network.depth))
        unpulled = _unpulled_when_off(network, layer)
        for kink, following in pairwise((*network.kinks(layer), inf)):
            above = z > kink
            yield Demand(_flat((z > kink + LEVEL) & (z < following - LEVEL)), ALIVE, doubts)
            off = z < kink - LEVEL
            yield Demand(_flat(off & _clear(pull, scale) if not unpulled else off), DEAD, doubts)
            yield Demand(_flat(above & (z < kink + 1)), 1)
            for other in _beside(network, values, layer):
                yield Demand(_flat(above != (z > other)), 1)
            if kink:
                yield Demand(_flat(above != (z > 0)), 1)


def single_unit_below(network: Network, layer: int) -> bool:
    """Whether z of a layer is 0, by the mathematics and not by rounding, wherever one single unit below is off.

    Where no layer from that one's successor to this one has biases, and each of those between gives 0 for 0.
    """
    for number in range(layer, 1, -1):
        if network.has_bias(number):
            return False
        if network.sizes[number - 1] == 1 and network.activation_facts(number - 1).off is not None:
            return True
        if float(activation_of(network.layers[number - 2]).f(np.zeros((1, 2)))[0, 0]) != 0.0:
            return False
    return False


def _unpulled_when_off(network: Network, layer: int) -> bool:
    """Whether nothing pulls at a layer's single unit while it is off, for a layer above is then off altogether."""
    if network.sizes[layer] > 1 or network.activation_facts(layer).off is None:
        return False
    for number in range(layer + 1, network.depth + 1):
        if network.has_bias(number):
            return False
        facts, name = network.activation_facts(number), network.layers[number - 1].activation
        if facts.off is not None and facts.off >= 0:
            return True
        if float(ACTIVATIONS[name].f(np.zeros((1, 2)))[0, 0]) != 0.0:
            return False
    return False


def _beside(network: Network, values: Mapping[str, Array], layer: int) -> Iterator[Array]:
    """The z beside each z: of the next and previous observation and unit, and of the layers above and below."""
    z = values[q("z", layer)]
    for axis in (1, 2):
        if z.shape[axis] > 1:
            yield from (np.roll(z, shift, axis=axis) for shift in (1, -1))
    for number in (layer - 1, layer + 1):
        if 1 <= number <= network.depth:
            other = values[q("z", number)]
            yield np.take(other, np.arange(z.shape[2]) % other.shape[2], axis=2)


def _maxima(network: Network, values: Mapping[str, Array]) -> Iterator[Demand]:
    """Each z of a layer that mixes the largest of its row once, or a MAX over too few of them passes."""
    for layer in range(1, network.depth + 1):
        if network.mixes(layer) and network.sizes[layer] <= MOST_CLASSES:
            z = values[q("z", layer)]
            yield Demand(_flat(z == z.max(axis=-1, keepdims=True)), 1)


def _targets(network: Network, values: Mapping[str, Array]) -> Iterator[Demand]:
    """Targets of 0 and of 1, beside others, where they are probabilities: formulas may treat them apart."""
    if network.loss_facts.one_hot and network.sizes[-1] <= MOST_CLASSES:
        target = values["target"]
        yield Demand(_flat((target > 0) & (target < 1)), SOFT)
        beside = [np.roll(target, shift, axis=2) for shift in (1, -1)] if target.shape[2] > 1 else [target + 1]
        for special in (0.0, 1.0):
            for other in beside:
                yield Demand(_flat((target == special) & (other != special)), 1)


Signs = NDArray[np.bool_]
MOST_MASK_PAIRS = 100_000  # looked at together


def signs(network: Network, values: Mapping[str, Array]) -> tuple[Signs, int]:
    """Candidates × cells, which of them are above a bend: first the z whose masks are asked for (so many), then the others.

    A mask may be taken from an input or any z; activations have the sign of their z, and a mask from the second forward
    pass would be a circle. In small networks a mask may be taken from any weight or target as well. Every cell is
    compared with every bend of the network.
    """
    layers = range(1, network.depth + 1)
    masks = [(q("z", layer), kink) for layer in layers for kink in network.kinks(layer)]
    others = ["A_0", *(q("z", layer) for layer in layers)]
    count = sum(values[name].shape[1] * values[name].shape[2] for name, _ in masks)
    more = ["target", *(q("W", layer) for layer in layers)]
    if count * sum(values[name].shape[1] * values[name].shape[2] for name in more) <= MOST_MASK_PAIRS:
        others += more
    bends = sorted({kink for _, kink in masks}) or [0.0]
    compared = [(name, kink) for name in others for kink in bends if (name, kink) not in masks]
    above = [_flat_pattern(values[name]) > kink for name, kink in (*masks, *compared)]
    return np.concatenate(above, axis=1), count


def _flat_pattern(array: Array) -> Array:
    return array.reshape(len(array), array.shape[1] * array.shape[2])


def telling_apart(found: Signs, masks: int, chosen: list[int], most: int) -> list[int]:
    """The candidates to add to those chosen until no mask equals another cell's, or its opposite, in all of them."""
    added: list[int] = []
    while masks and len(chosen) + len(added) < most:
        mask, other, opposite = untold(found[[*chosen, *added]], masks)
        told = found[:, mask] != found[:, other] ^ opposite
        while told.any() and len(chosen) + len(added) < most:
            best = int(told.sum(axis=1).argmax())
            added.append(best)
            told = told[:, ~told[best]]
        if not told.size or not told.any():
            break
    return added


def all_told(found: Signs, masks: int) -> bool:
    """Whether every mask differs from every other cell, and from its opposite, in one trial at least."""
    return not masks or not len(untold(found, masks)[0])


def untold(found: Signs, masks: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Signs]:
    """Pairs of a mask and a cell that are alike in all trials, and whether they are opposites; at most MOST_MASK_PAIRS.

    Signs in all trials are one word for each cell; equal words are next to each other once sorted.
    """
    words = np.concatenate([_words(found), _words(~found[:, :masks])])
    _, numbers = np.unique(words, return_inverse=True)
    cells = numbers[: found.shape[1]]
    order = np.argsort(cells, kind="stable")
    asked = np.concatenate([numbers[:masks], numbers[found.shape[1] :]])
    first, last = (np.searchsorted(cells[order], asked, side) for side in ("left", "right"))
    counts = last - first
    counts = np.where(np.cumsum(counts) - counts < MOST_MASK_PAIRS + masks, counts, 0)
    which = np.repeat(np.arange(len(asked)), counts)
    within = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    mask, other, opposite = which % masks, order[first[which] + within], which >= masks
    apart = opposite | (mask != other)
    return mask[apart], other[apart], opposite[apart]


def _words(found: Signs) -> NDArray[np.void]:
    packed = np.ascontiguousarray(np.packbits(found, axis=0).T)
    return packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
