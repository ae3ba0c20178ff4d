"""The kinds of trials: what each is drawn for, and what of it is to be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network
from sheetnet.quantity import q
from sheetnet.reference import Array

Shows = Callable[[Network, Mapping[str, Array]], Iterator[NDArray[np.bool_]]]


@dataclass(frozen=True)
class TrialKind:
    """A kind of trials: why it is drawn, and of the trials that judge, at least how many are of it.

    `hidden` and `output` say how far z varies in the layers, `away` how far from 0 its middle lies: in half of the trials
    above 0, in half below (units with a bend: on either side). `lift` is a place above 0 for units without a bound above.
    `error` is the size of a − T (None: targets of order 1), `gamma` the bounds of the learning rate. Numbers that are
    `typed` have few decimals or none; `soft` targets are never 0 or 1. `shows` gives what is special to the kind and is to
    be seen once, candidates × anything each; None: nothing.
    """

    name: str
    reason: str
    least: int
    hidden: float = 1.0
    output: float = 1.0
    away: float = 0.0
    lift: float = 0.0
    error: tuple[float, float] | None = None
    gamma: tuple[float, float] = (0.1, 1.0)
    typed: bool = False
    soft: bool = False
    shows: Shows | None = None


def _whole_numbers(network: Network, values: Mapping[str, Array]) -> Iterator[NDArray[np.bool_]]:
    """Trials of whole numbers, and trials of short decimals in every weight."""
    weights = [values[q("W", layer)][:, : network.sizes[layer - 1]] for layer in range(1, network.depth + 1)]
    for decimals in (0, 1):
        short = [(np.round(array, decimals) == array).all(axis=(1, 2)) for array in (values["A_0"], *weights)]
        yield from (short[0][:, None], np.all(short, axis=0)[:, None])


def _beyond(threshold: float, *stems: str) -> Shows:
    """Every cell of these quantities beyond a threshold, above it and below its opposite."""

    def shows(network: Network, values: Mapping[str, Array]) -> Iterator[NDArray[np.bool_]]:
        names = [q(stem, layer) for stem in stems for layer in range(1, network.depth + 1)]
        for name in names:
            flat = values[name].reshape(len(values[name]), network.blocks[name].rows * network.blocks[name].columns)
            yield from (flat > threshold, flat < -threshold)

    return shows


USUAL = TrialKind("usual", "all numbers of order 1, every unit on and off", 2)
PLAIN_TRIALS = TrialKind("plain", "all numbers of order 1, for documents", 0, soft=True)
KINDS = (
    USUAL,
    TrialKind("typed", "short decimals and whole numbers, as people type them", 2, typed=True, shows=_whole_numbers),
    TrialKind(
        "far",
        "z beyond ±6 and γ above 1: cut-off activations",
        2,
        hidden=2.0,
        output=2.0,
        away=9.0,
        error=(0.5, 2.0),
        gamma=(1.5, 4.0),
        shows=_beyond(6.5, "z"),
    ),
    TrialKind(
        "steep",
        "gradients beyond ±1: cut-off gradients",
        2,
        hidden=0.3,
        lift=5.0,
        error=(4.0, 16.0),  # so that EXP of a cost is a number yet
        shows=_beyond(1.2, "dC_da", "delta", "dC_dW"),
    ),
)
