"""One training step of a network at its own numbers, as a mapping from quantity to array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from sheetnet.network import Block, Network
from sheetnet.reference.activations import Array
from sheetnet.reference.equations import Values, evaluate, with_bias_node

if TYPE_CHECKING:
    import pandas


class Step(Mapping[str, Array]):
    """The quantities of one training step, name → array, with the shapes of docs/design.md (`J_l` is N × n × n)."""

    def __init__(self, network: Network, arrays: Values) -> None:
        self.network = network
        self._arrays = arrays

    def __getitem__(self, name: str) -> Array:
        try:
            return self._arrays[name]
        except KeyError:
            raise KeyError(f"no quantity {name!r}; there are {', '.join(self._arrays)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def to_frame(self) -> pandas.DataFrame:
        """A long table, one row a number: quantity, index (a tuple from 0), value."""
        import pandas

        rows = [(name, index, float(x)) for name, array in self.items() for index, x in np.ndenumerate(array)]
        return pandas.DataFrame(rows, columns=["quantity", "index", "value"])


def inputs_of(network: Network) -> dict[str, Array]:
    """The inputs of the step with a trials axis of 1: A_0, W_1 … W_L, target, gamma."""
    values = {"A_0": with_bias_node(np.array([network.inputs])), "target": np.array([network.targets])}
    values |= {f"W_{number}": np.array([layer.weights]) for number, layer in enumerate(network.layers, 1)}
    return values | {"gamma": np.array([[[network.learning_rate]]])}


def training_step(network: Network) -> Step:
    """One step of gradient descent: forward, cost, backward, new weights, new cost.

    All gradients are computed before any weight changes. Values are floats in the network's own units; where the
    network saturates they may be infinite or NaN, as the mathematics says.
    """
    values = evaluate(network, inputs_of(network))
    return Step(network, {name: array[0] for name, array in values.items()})


def stacked(array: Array, block: Block) -> Array:
    """A quantity as its block stands on a sheet: … × rows × columns (`J_l`: one n × n Jacobian under the other)."""
    trials = array.shape[: array.ndim - (3 if block.name.startswith("J_") else 2)]
    return array.reshape(*trials, block.rows, block.columns)
