"""Which way the weights of a model lie: one row per neuron (out × in), or one row per input (in × out).

Shapes tell it where they can. A square matrix fits both ways: it is asked for, or proven by a sample, and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sheetnet.errors import NetworkError
from sheetnet.models.parts import Dense
from sheetnet.reference import Array

BY_NEURON, BY_INPUT = "neuron", "input"
WAYS = {BY_NEURON: "one row per neuron (out × in)", BY_INPUT: "one row per input (in × out)"}
ASK = "say which by weights_by (--weights-by): neuron (out × in, as PyTorch) or input (in × out, as Keras and scikit-learn)"


@dataclass(frozen=True)
class StoredLayer:
    """The weights and biases of a layer as a file has them, whichever way the weights lie."""

    name: str
    weights: Array
    bias: Array | None = None

    @property
    def fits_both_ways(self) -> bool:
        """Whether its transpose has the same shape and is another matrix."""
        rows, columns = self.weights.shape
        return rows == columns and not np.array_equal(self.weights, self.weights.T)

    def laid(self, way: str) -> Dense:
        """The layer with its weights in × out, if they lie this way."""
        return Dense(self.name, self.weights.T if way == BY_NEURON else self.weights, self.bias)


@dataclass(frozen=True)
class Reading:
    """One way to read all weights, which are in × out in `layers`; `way` is how those that are not square lie."""

    way: str
    layers: tuple[Dense, ...]


def ways_to_read(
    stored: Sequence[StoredLayer], weights_by: str | None, inputs: int | None, outputs: int | None
) -> list[Reading]:
    """The ways to read the weights with which all sizes meet, one where `weights_by` says which.

    `inputs` and `outputs` are how many numbers a sample has. Raises NetworkError where there is none.
    """
    if weights_by is not None and weights_by not in tuple(WAYS):
        raise NetworkError(
            f"weights_by is {weights_by!r}, expected one of {', '.join(WAYS)}", place="weights_by", remedy=ASK
        )
    ways = list(WAYS) if weights_by is None else [weights_by]
    found = [way for way in ways if misfit(stored, way, inputs, outputs) is None]
    if not found:
        reasons = [f"as {WAYS[way]}, {misfit(stored, way, inputs, outputs)}" for way in ways]
        raise NetworkError("the sizes of the layers do not meet: " + "; ".join(reasons), remedy=_remedy(weights_by))
    if weights_by is None and any(layer.fits_both_ways for layer in stored):
        pairs: Iterator[tuple[str, str]] = ((way, squares) for way in found for squares in WAYS)
        if all(_square(layer) for layer in stored):
            pairs = ((way, way) for way in found)
    else:
        pairs = ((way, way) for way in found)
    different: list[Reading] = []
    for way, squares in pairs:
        layers = tuple(layer.laid(squares if layer.fits_both_ways else way) for layer in stored)
        if not any(_same(layers, known.layers) for known in different):  # as those of symmetric matrices are
            different.append(Reading(way, layers))
    return different


def refuse_to_guess(stored: Sequence[StoredLayer]) -> NetworkError:
    """The error where shapes leave several readings and nothing else decides."""
    squares = [layer for layer in stored if layer.fits_both_ways]
    if squares:
        layer, (size, _) = squares[0], squares[0].weights.shape
        what = f"the weights {layer.name} are {size} × {size}, which fits both ways"
    else:
        shapes = ", ".join(f"{layer.weights.shape[0]} × {layer.weights.shape[1]}" for layer in stored)
        what = f"the weights ({shapes}) fit both ways"
    return NetworkError(what, remedy=f"{ASK}, or give a sample with the model's outputs, which proves it")


def _remedy(weights_by: str | None) -> str:
    return "check the order of the layers" if weights_by is None else "check weights_by, and the order of the layers"


def _same(layers: Sequence[Dense], others: Sequence[Dense]) -> bool:
    return all(np.array_equal(one.weights, other.weights) for one, other in zip(layers, others, strict=True))


def _square(layer: StoredLayer) -> bool:
    return bool(layer.weights.shape[0] == layer.weights.shape[1])


def misfit(
    stored: Sequence[StoredLayer], way: str, inputs: int | None = None, outputs: int | None = None
) -> str | None:
    """What does not meet if the weights lie this way; None where everything does."""
    layers = [layer.laid(way) for layer in stored]
    for layer in layers:
        if layer.bias is not None and layer.bias.size != layer.weights.shape[1]:
            return f"{layer.name} has {layer.weights.shape[1]} neurons and {layer.bias.size} biases"
    for before, after in pairwise(layers):
        if before.weights.shape[1] != after.weights.shape[0]:
            return (
                f"{before.name} has {before.weights.shape[1]} neurons and {after.name} {after.weights.shape[0]} inputs"
            )
    if inputs is not None and layers[0].weights.shape[0] != inputs:
        return f"the model has {layers[0].weights.shape[0]} inputs and the sample {inputs}"
    if outputs is not None and layers[-1].weights.shape[1] != outputs:
        return f"the model has {layers[-1].weights.shape[1]} outputs and the sample {outputs}"
    return None
