"""Terms and factors that people give cells of their own, beside the blocks of the step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from sheetnet.formulas import Dimensions, symbol_of
from sheetnet.network import Network
from sheetnet.quantity import Quantity, q
from sheetnet.reference import Array

LARGEST_FACTOR = 20_000  # elements of one kind of factor; products of wide layers are left out


class Factor(NamedTuple):
    """A term or factor that people give a cell of its own: what it is, and the quantity that is made of it, if one is."""

    words: str
    block: str
    array: Array


_SIGNS = ((" * ", " · "), ("-", "−"), ("^2", "²"))
_OF_ALL = ("sum of", "max", "cost")  # begin what sums over neurons


def factor_in_words(name: str, index: tuple[int, ...], dimensions: Dimensions) -> str:
    """A factor as people say it, counted from 0.

    >>> factor_in_words("(a_2 - target)^2", (0, 1), Dimensions(1, (2, 2, 2)))
    '(a⁽²⁾ − T)² of neuron 1'
    """
    parts = re.split(r"(\W+)", name)
    known = [quantity for part in parts if (quantity := Quantity.of(part)).layer is not None]
    words = "".join(part if part == "a" else symbol_of(part) for part in parts)
    for sign, plain in _SIGNS:
        words = words.replace(sign, plain)
    *rows, column = index
    if any(quantity.symbol == "dC_dW" for quantity in known) or name.startswith("l2_factor"):
        return f"{words} row {rows[0]}, column {column}"
    ends = [] if name.startswith(_OF_ALL) else [f"neuron {column}"]
    if len(rows) > 1:
        below = Quantity("A", max(quantity.layer or 0 for quantity in known) - 1)
        ends = [
            f"{'the bias node' if dimensions.is_bias_node(below, rows[1]) else f'node {rows[1]}'} to neuron {column}"
        ]
    if dimensions.observations > 1 and symbol_of("cost") not in words:
        ends.append(f"observation {rows[0]}")
    return f"{words} of {', '.join(ends)}" if ends else words


def factors_of(network: Network, v: Mapping[str, Array]) -> list[Factor]:
    """Terms and factors that people give cells of their own, and the same with the other sign."""
    found = [*_loss_factors(network, v), *_penalty_factors(network, v)]
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


def _penalty_factors(network: Network, v: Mapping[str, Array]) -> Iterator[Factor]:
    """What the cost and its gradients are without the penalty, λ w, and sums of squares; nothing without a penalty."""
    if network.l2 is None:
        return
    yield Factor("cost - penalty", "cost", v["cost"] - v["penalty"])
    yield Factor("sum of w^2", "penalty", 2 * network.penalty_divisor * v["penalty"] / v["l2_factor"])
    for layer in range(1, network.depth + 1):
        w_l, gradient_l, rows = q("W", layer), q("dC_dW", layer), network.penalised_rows(layer)
        squares, decay = v[w_l][..., :rows, :] ** 2, v["l2_factor"] * v[w_l]
        decay[..., rows:, :] = 0.0
        yield Factor(f"sum of {w_l}^2", "penalty", squares.sum(axis=(-2, -1), keepdims=True))
        yield Factor(f"l2_factor * {w_l}", gradient_l, decay[..., :rows, :])
        if network.penalty_divisor > 1:
            yield Factor(f"l2_factor / N * {w_l}", gradient_l, decay[..., :rows, :] / network.penalty_divisor)
        yield Factor(f"{gradient_l} - l2_factor * {w_l}", gradient_l, v[gradient_l] - decay / network.penalty_divisor)


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
    if network.has_bias(layer):
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
