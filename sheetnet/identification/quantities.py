"""Computes all quantities of several training steps as columns of numbers to compare cells with.

A later step starts from the new weights of the step before. So W_l_new of step k is W_l of step k + 1, and the forward
pass with new weights is the next step's: each stands here once, under the later step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sheetnet.identification.result import Label
from sheetnet.network import Network
from sheetnet.quantity import Quantity, q
from sheetnet.reference import Array, equations
from sheetnet.trials.tolerance import scales

LARGEST_FACTOR = 20_000  # elements of one kind of factor; products of wide layers are left out
SANE = 1e6  # a trial in which training has blown up so far says nothing more
FORWARD = {"z", "a", "cost_out", "cost_n", "cost"}  # symbols of what the next step's forward pass computes anew
BACKWARD = {"delta", "dC_da", "dC_dW", "da_dz"}


class Training:
    """The steps of a training, computed when first asked for: `step(k)` is runs × quantities, k from 1."""

    def __init__(self, network: Network, inputs: Mapping[str, Array]) -> None:
        self.network = network
        self._next = dict(inputs)
        self._equations = {
            name: equation
            for name, equation in equations(network).items()
            if not (quantity := Quantity.of(name)).transposed and (not quantity.new or quantity.symbol == "W")
        }
        self._steps: list[Array] = []
        self._scales: list[Array] = []
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
        return quantity in self._next or (self.quantity(quantity).symbol in FORWARD and " " not in quantity)

    def quantity(self, name: str) -> Quantity:
        """The quantity of that name; of a factor the one that is made of it (with the symbol "" where there is none)."""
        return Quantity.of(self._made_of.get(name, name))

    def is_backward(self, label: Label) -> bool:
        """Whether it belongs to the backward pass, as a quantity or as its factor."""
        return self.quantity(label.quantity).symbol in BACKWARD

    def column(self, label: Label) -> Array | None:
        """The values of one quantity in all runs."""
        number = self.number_of.get((label.quantity, label.index))
        return None if number is None else self.step(label.step)[:, number]

    def first_labels(self) -> Iterator[Label]:
        """The labels of all quantities of the first step."""
        return (Label(quantity, index) for quantity, index in self.elements)

    def _compute(self) -> tuple[dict[str, Array], list[Factor]]:
        values = dict(self._next)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            for name, equation in self._equations.items():
                values[name] = equation(values)
            found, factors = dict(_blocks(values)), _factors(self.network, values)
            blocks = _columns(found.values())
            columns = np.concatenate([blocks, _columns(factor.array for factor in factors)], axis=1)
            self._scales.append(np.where(np.isfinite(blocks).all(axis=1, keepdims=True), scales(blocks), np.inf))
        self._steps.append(columns)
        self._next = {name: values.get(Quantity.of(name).updated.name, values[name]) for name in self._next}
        return found, factors


def _columns(arrays: Iterable[Array]) -> Array:
    return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)


def _blocks(v: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    """The blocks of the step, without bias nodes; activations are called a_l."""
    for name in v:
        quantity = Quantity.of(name)
        if name == "A_0":
            yield name, v[name][..., :-1]
        elif quantity.symbol != "A" and not quantity.new:
            yield name, v[name]


class Factor(NamedTuple):
    """A term or factor that people give a cell of its own: what it is, and the quantity that is made of it, if one is."""

    words: str
    block: str
    array: Array


def _factors(network: Network, v: Mapping[str, Array]) -> list[Factor]:
    """Terms and factors that people give cells of their own, and the same with the other sign."""
    found = [*_loss_factors(network, v)]
    for layer in range(1, network.depth + 1):
        found += [*_layer_factors(network, v, layer), *_gradient_factors(network, v, layer)]
    return [factor for factor in found if factor.array[0].size <= LARGEST_FACTOR]


def _loss_factors(network: Network, v: Mapping[str, Array]) -> Iterator[Factor]:
    a_L = q("a", network.depth)
    a, t = v[a_L], v["target"]
    yield Factor(f"{a_L} - target", a_L, a - t)
    yield Factor(f"target - {a_L}", a_L, t - a)
    yield Factor(f"({a_L} - target)^2", a_L, (a - t) ** 2)
    yield Factor("target * ln(a)", "", t * np.log(a))
    yield Factor("ln(a)", "", np.log(a))
    yield Factor("(1 - target) * ln(1 - a)", "", (1 - t) * np.log(1 - a))
    yield Factor("1 - target", "", 1 - t)
    yield Factor("sum of cost_n", "cost", v["cost_n"].sum(axis=-2, keepdims=True))
    yield Factor("sum of (a - target)^2", "cost_n", ((a - t) ** 2).sum(axis=-1, keepdims=True))


def _layer_factors(network: Network, v: Mapping[str, Array], layer: int) -> Iterator[Factor]:
    z_l, a_l, below_l, w_l = q("z", layer), q("a", layer), q("A", layer - 1), q("W", layer)
    z, a, below, w = v[z_l], v[a_l], v[below_l], v[w_l]
    yield Factor(f"1 - {a_l}", a_l, 1 - a)
    yield Factor(f"{a_l} * (1 - {a_l})", a_l, a * (1 - a))
    yield Factor(f"{a_l}^2", a_l, a * a)
    yield Factor(f"-{z_l}", z_l, -z)
    yield Factor(f"exp(-{z_l})", z_l, np.exp(-z))
    yield Factor(f"1 + exp(-{z_l})", z_l, 1 + np.exp(-z))
    yield Factor(f"exp({z_l})", z_l, np.exp(z))
    if network.mixes(layer):
        yield Factor(f"sum of exp({z_l})", z_l, np.exp(z).sum(axis=-1, keepdims=True))
        yield Factor(f"max {z_l}", z_l, z.max(axis=-1, keepdims=True))
    yield Factor(f"{z_l} without bias", z_l, z - w[..., -1:, :])
    products = below[..., :, :, None] * w[..., None, :, :]
    yield Factor(f"{below_l} * {w_l}", "", products)
    yield Factor(f"partial sums of {z_l}", z_l, np.cumsum(products, axis=-2))


def _gradient_factors(network: Network, v: Mapping[str, Array], layer: int) -> Iterator[Factor]:
    delta_l, gradient_l, dc_da_l = q("delta", layer), q("dC_dW", layer), q("dC_da", layer)
    delta, gradient, dc_da = v[delta_l], v[gradient_l], v[dc_da_l]
    below_l, w_l, gamma, n = q("A", layer - 1), q("W", layer), v["gamma"], network.observations
    yield Factor(f"gamma * {gradient_l}", gradient_l, gamma * gradient)
    yield Factor(f"gamma * {delta_l}", delta_l, gamma * delta)
    yield Factor(f"-{delta_l}", delta_l, -delta)
    yield Factor(f"-{dc_da_l}", dc_da_l, -dc_da)
    yield Factor(f"-{gradient_l}", gradient_l, -gradient)
    yield Factor(f"-gamma * {gradient_l}", gradient_l, -gamma * gradient)
    yield Factor(f"{below_l} * {delta_l}", delta_l, v[below_l][..., :, :, None] * delta[..., :, None, :])
    yield Factor(f"{delta_l} * {w_l}", delta_l, delta[..., :, None, :] * v[w_l][..., None, :, :])
    if n > 1:
        yield Factor(f"{delta_l} / N", delta_l, delta / n)
        yield Factor(f"{dc_da_l} / N", dc_da_l, dc_da / n)
        yield Factor(f"N * {gradient_l}", gradient_l, gradient * n)
        yield Factor(f"{gradient_l} / N", gradient_l, gradient / n)
