"""Draws what the sheets beyond Step are given in each trial: which observation is shown, and new inputs to predict from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network
from sheetnet.quantity import drawn, predicted
from sheetnet.reference import Array
from sheetnet.reference.views.pictures import largest_of
from sheetnet.reference.views.predict import forward
from sheetnet.workbook_options import PREDICT_ROWS, classifies

CHOICES = 60  # rows of inputs drawn for each trial, of which those are taken that show most


def view_inputs(network: Network, inputs: Mapping[str, Array], wanted: frozenset[str]) -> dict[str, Array]:
    """The inputs `wanted` by the views for the K trials whose inputs of the step are given: block → K × rows × columns."""
    count, found = len(inputs["gamma"]), {}
    if drawn("n") in wanted:
        found[drawn("n")] = np.arange(count, dtype=float)[:, None, None] % network.observations
    if predicted("x") in wanted:
        found |= _new_inputs(network, inputs)
    return {name: array for name, array in found.items() if name in wanted}


def _new_inputs(network: Network, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Rows of inputs that show each unit on and off, and each class, in as many rows of the sheet as can be.

    And of each two rows in some trial one thing in one and not in the other: else a row could read another's class.
    """
    dice, count, n = np.random.default_rng(0), len(inputs["gamma"]), network.sizes[0]
    candidates = dice.normal(size=(count, CHOICES, n))
    shows = np.concatenate(list(_shown(network, forward(network, inputs, candidates))), axis=-1)
    chosen = np.empty((count, PREDICT_ROWS), dtype=np.intp)
    lacking = np.ones((PREDICT_ROWS, shows.shape[-1]), dtype=np.bool_)
    alike = np.ones((PREDICT_ROWS, PREDICT_ROWS, shows.shape[-1]), dtype=np.bool_)
    for trial, free in enumerate(shows):
        open_ = np.ones(CHOICES, dtype=np.bool_)
        for row in range(PREDICT_ROWS):
            apart = free[:, None] != free[chosen[trial, :row]]
            told_apart = (apart & alike[row, :row]).sum(axis=(1, 2))
            new = (free & lacking[row]).sum(axis=1) * (1 + alike[row].size)  # counts more than all of that
            best = int(np.where(open_, new + told_apart, -1).argmax())
            open_[best] = False
            chosen[trial, row] = best
            lacking[row] &= ~free[best]
            alike[row, :row] &= ~apart[best]
    x = np.take_along_axis(candidates, chosen[:, :, None], axis=1)
    if network.scaler is None:
        return {predicted("x"): x}
    mean, scale = dice.normal(size=(count, 1, n)), dice.uniform(0.5, 2.0, size=(count, 1, n))
    return {predicted("x"): x * scale + mean, predicted("mean"): mean, predicted("scale"): scale}


def _shown(network: Network, found: Mapping[str, Array]) -> Iterator[NDArray[np.bool_]]:
    """What each row of inputs shows, trials × rows × anything: units beyond each bend and below it, and the class said."""
    yield np.zeros((*next(iter(found.values())).shape[:2], 1), dtype=np.bool_)
    for layer in range(1, network.depth + 1):
        for kink in network.kinks(layer):
            z = found[predicted("z", layer)]
            yield from (z > kink, z < kink)
    if classifies(network):
        yield largest_of(found[predicted("a", network.depth)]) == np.arange(max(network.sizes[-1], 2))
