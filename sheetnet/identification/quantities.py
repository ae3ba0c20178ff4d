"""Computes all quantities of several training steps as columns of numbers to compare cells with.

A later step starts from the new weights of the step before. So W_l_new of step k is W_l of step k + 1, and the forward
pass with new weights is the next step's: each stands here once, under the later step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from sheetnet.identification.result import Label
from sheetnet.network import Network
from sheetnet.reference import Array, equations
from sheetnet.trials.tolerance import scales

LARGEST_FACTOR = 20_000  # elements of one kind of factor; products of wide layers are left out
SANE = 1e6  # a trial in which training has blown up so far says nothing more
Named = Iterator[tuple[str, Array]]


class Training:
    """The steps of a training, computed when first asked for: `step(k)` is runs × quantities, k from 1."""

    def __init__(self, network: Network, inputs: Mapping[str, Array]) -> None:
        self.network = network
        self._next = dict(inputs)
        self._equations = {
            name: equation
            for name, equation in equations(network).items()
            if not name.endswith("_T") and (not name.endswith("_new") or name.startswith("W_"))
        }
        self._steps: list[Array] = []
        self._scales: list[Array] = []
        first = self._compute()
        self.elements = [(name, index) for name, array in first for index in np.ndindex(array.shape[1:])]
        self.blocks = sum(array[0].size for name, array in first if name in network.blocks or name.startswith("a_"))
        self.number_of = {element: number for number, element in reversed(list(enumerate(self.elements)))}

    def step(self, number: int) -> Array:
        """All quantities of a step: runs × quantities."""
        while len(self._steps) < number:
            self._compute()
        return self._steps[number - 1]

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

    def follows(self, quantity: str) -> bool:
        """Whether a quantity of the next step belongs to this one under the name of `…_new`."""
        return quantity in self._next or (quantity.startswith(("z_", "a_", "cost")) and " " not in quantity)

    def column(self, label: Label) -> Array | None:
        """The values of one quantity in all runs."""
        number = self.number_of.get((label.quantity, label.index))
        return None if number is None else self.step(label.step)[:, number]

    def first_labels(self) -> Iterator[Label]:
        """The labels of all quantities of the first step."""
        return (Label(quantity, index) for quantity, index in self.elements)

    def _compute(self) -> list[tuple[str, Array]]:
        values = dict(self._next)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            for name, equation in self._equations.items():
                values[name] = equation(values)
            named = list(_blocks(values))
            size = sum(array[0].size for _, array in named)
            named += _factors(self.network, values)
            columns = np.concatenate([array.reshape(len(array), -1) for _, array in named], axis=1)
            blocks = columns[:, :size]
            self._scales.append(np.where(np.isfinite(blocks).all(axis=1, keepdims=True), scales(blocks), np.inf))
        self._steps.append(columns)
        self._next = {
            name: values.get(f"{name}_new", values[name]) if name.startswith("W_") else values[name]
            for name in self._next
        }
        return named


def _blocks(v: Mapping[str, Array]) -> Named:
    """The blocks of the step, without bias nodes; activations are called a_l."""
    for name in v:
        if name == "A_0":
            yield name, v[name][..., :-1]
        elif not name.startswith("A_") and not name.endswith("_new"):
            yield name, v[name]


def _factors(network: Network, v: Mapping[str, Array]) -> list[tuple[str, Array]]:
    """Terms and factors that people give cells of their own, and the same with the other sign."""
    found = [*_loss_factors(network, v)]
    for layer in range(1, network.depth + 1):
        found += [*_layer_factors(network, v, layer), *_gradient_factors(network, v, layer)]
    return [(name, array) for name, array in found if array[0].size <= LARGEST_FACTOR]


def _loss_factors(network: Network, v: Mapping[str, Array]) -> Named:
    depth = network.depth
    a, t = v[f"a_{depth}"], v["target"]
    yield f"a_{depth} - target", a - t
    yield f"target - a_{depth}", t - a
    yield f"(a_{depth} - target)^2", (a - t) ** 2
    yield "target * ln(a)", t * np.log(a)
    yield "ln(a)", np.log(a)
    yield "(1 - target) * ln(1 - a)", (1 - t) * np.log(1 - a)
    yield "1 - target", 1 - t
    yield "sum of cost_n", v["cost_n"].sum(axis=-2, keepdims=True)
    yield "sum of (a - target)^2", ((a - t) ** 2).sum(axis=-1, keepdims=True)


def _layer_factors(network: Network, v: Mapping[str, Array], layer: int) -> Named:
    z, a, below, w = v[f"z_{layer}"], v[f"a_{layer}"], v[f"A_{layer - 1}"], v[f"W_{layer}"]
    yield f"1 - a_{layer}", 1 - a
    yield f"a_{layer} * (1 - a_{layer})", a * (1 - a)
    yield f"a_{layer}^2", a * a
    yield f"-z_{layer}", -z
    yield f"exp(-z_{layer})", np.exp(-z)
    yield f"1 + exp(-z_{layer})", 1 + np.exp(-z)
    yield f"exp(z_{layer})", np.exp(z)
    if network.mixes(layer):
        yield f"sum of exp(z_{layer})", np.exp(z).sum(axis=-1, keepdims=True)
        yield f"max z_{layer}", z.max(axis=-1, keepdims=True)
    yield f"z_{layer} without bias", z - w[..., -1:, :]
    products = below[..., :, :, None] * w[..., None, :, :]
    yield f"A_{layer - 1} * W_{layer}", products
    yield f"partial sums of z_{layer}", np.cumsum(products, axis=-2)


def _gradient_factors(network: Network, v: Mapping[str, Array], layer: int) -> Named:
    delta, gradient, gamma, n = v[f"delta_{layer}"], v[f"dC_dW_{layer}"], v["gamma"], network.observations
    below, w = v[f"A_{layer - 1}"], v[f"W_{layer}"]
    yield f"gamma * dC_dW_{layer}", gamma * gradient
    yield f"gamma * delta_{layer}", gamma * delta
    yield f"-delta_{layer}", -delta
    yield f"-dC_da_{layer}", -v[f"dC_da_{layer}"]
    yield f"-dC_dW_{layer}", -gradient
    yield f"-gamma * dC_dW_{layer}", -gamma * gradient
    yield f"A_{layer - 1} * delta_{layer}", below[..., :, :, None] * delta[..., :, None, :]
    yield f"delta_{layer} * W_{layer}", delta[..., :, None, :] * w[..., None, :, :]
    if n > 1:
        yield f"delta_{layer} / N", delta / n
        yield f"dC_da_{layer} / N", v[f"dC_da_{layer}"] / n
        yield f"N * dC_dW_{layer}", gradient * n
        yield f"dC_dW_{layer} / N", gradient / n
