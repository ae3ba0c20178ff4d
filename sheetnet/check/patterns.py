"""Trials that tell every ReLU mask from every other: where two units are on and off alike in all trials, one is added.

A mask has two values, so that a formula which reads another cell is right in half of the trials by chance. With M masks
and F cells whose sign might be read by mistake it takes about log₂ 2MF trials until none is right in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sheetnet.check.kinds import kinked
from sheetnet.network import Network
from sheetnet.reference import Array

Signs = NDArray[np.bool_]
MOST_PAIRS = 100_000  # looked at together


def signs(network: Network, values: Mapping[str, Array]) -> tuple[Signs, int]:
    """Candidates × cells, which of them are above 0: first the z whose masks are asked for (so many), then the others.

    A mask may be taken from an input or any z; activations have the sign of their z, and a mask from the second forward
    pass would be a circle. In small networks a mask may be taken from any weight or target as well.
    """
    layers = range(1, network.depth + 1)
    masks = [f"z_{layer}" for layer in layers if kinked(network, layer)]
    others = ["A_0", *(f"z_{layer}" for layer in layers if not kinked(network, layer))]
    count = sum(values[name].shape[1] * values[name].shape[2] for name in masks)
    more = ["target", *(f"W_{layer}" for layer in layers)]
    if count * sum(values[name].shape[1] * values[name].shape[2] for name in more) <= MOST_PAIRS:
        others += more
    above = [_flat(values[name]) > 0 for name in (*masks, *others)]
    return np.concatenate(above, axis=1), count


def _flat(array: Array) -> Array:
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
    """Pairs of a mask and a cell that are alike in all trials, and whether they are opposites; at most MOST_PAIRS.

    Signs in all trials are one word for each cell; equal words are next to each other once sorted.
    """
    words = np.concatenate([_words(found), _words(~found[:, :masks])])
    _, numbers = np.unique(words, return_inverse=True)
    cells = numbers[: found.shape[1]]
    order = np.argsort(cells, kind="stable")
    asked = np.concatenate([numbers[:masks], numbers[found.shape[1] :]])
    first, last = (np.searchsorted(cells[order], asked, side) for side in ("left", "right"))
    counts = last - first
    counts = np.where(np.cumsum(counts) - counts < MOST_PAIRS + masks, counts, 0)
    which = np.repeat(np.arange(len(asked)), counts)
    within = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    mask, other, opposite = which % masks, order[first[which] + within], which >= masks
    apart = opposite | (mask != other)
    return mask[apart], other[apart], opposite[apart]


def _words(found: Signs) -> NDArray[np.void]:
    packed = np.ascontiguousarray(np.packbits(found, axis=0).T)
    return packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
