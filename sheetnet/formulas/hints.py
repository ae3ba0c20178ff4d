"""Hints for students: how a quantity is computed, and a worked example with unrelated numbers.

The results of the examples are checked by a test, which computes their formulas.
"""

from __future__ import annotations

from sheetnet.formulas.functions import ACTIVATION_FORMULAS, LOSS_FORMULAS, exponential
from sheetnet.formulas.notation import describe
from sheetnet.network import Network
from sheetnet.quantity import Quantity

LEVELS = ("none", "equation", "example")

# What f(0.4) is, and f′ there, by activation; for softmax of e = (1, 0.5).
_ACTIVATED = {
    "identity": ("0.4", "1"),
    "sigmoid": ("0.5987", "0.2403"),
    "tanh": ("0.3799", "0.8556"),
    "relu": ("0.4", "1"),
    "leaky_relu": ("0.4", "1"),
    "elu": ("0.4", "1"),
    "softplus": ("0.913", "0.5987"),
    "softmax": ("0.6667", "0.21"),
}
# The value before the derivative's example: a where it needs a.
_SLOPED_AT = {"sigmoid": "0.5987", "tanh": "0.38", "softmax": "0.7"}
# The cost of an output with a = 0.8 and T = 0.5, and its ∂C/∂a; those of mse are shared among the outputs.
_COSTS = {
    "half_sse": ("0.045", "0.3"),
    "mse": ("0.09", "0.6"),
    "binary_cross_entropy": ("0.9163", "1.875"),
    "cross_entropy": ("0.1116", "-0.625"),
}


def hint(network: Network, block: str, level: str, column: bool = False) -> str | None:
    """The note beside a block: nothing, its equation, or its equation and an example."""
    if level == "none":
        return None
    symbol, equation = describe(network, block, column)
    words = f"{symbol}: {equation}"
    if level == "equation":
        return words
    formula, result = example(network, block)
    return f"{words}\nFor example with other numbers:\n={formula}\ngives {result}"


def example(network: Network, block: str) -> tuple[str, str]:
    """A formula over made-up numbers that computes such a quantity, and what it gives, rounded to four decimals."""
    quantity = Quantity.of(block)
    kind, layer = quantity.symbol, quantity.layer or 0
    if quantity.of_cells.symbol == "a":
        activation = network.layers[layer - 1].activation
        value = ACTIVATION_FORMULAS[activation].value
        text = "1/SUM(1,0.5)" if activation == "softmax" else value("0.4")
        return text, _ACTIVATED[activation][0]
    if kind == "da_dz":
        activation = network.layers[layer - 1].activation
        return ACTIVATION_FORMULAS[activation].derivative("0.4", _SLOPED_AT.get(activation, "0.4")), _ACTIVATED[
            activation
        ][1]
    outputs, alone = network.sizes[-1], network.observations == 1
    if kind == "cost_out":
        return LOSS_FORMULAS[network.loss].term("0.8", "0.5", outputs), _shared(network, 0)
    if kind == "dC_da" and layer == network.depth:
        return LOSS_FORMULAS[network.loss].gradient("0.8", "0.5", outputs), _shared(network, 1)
    if kind == "dC_da" and network.sizes[layer + 1] == 1:
        return "0.1*0.3", "0.03"
    if (kind == "cost_n" and outputs == 1) or (kind == "cost" and alone):
        return "SUM(0.3)", "0.3"
    if kind == "delta" and network.mixes(layer):
        return "0.3*0.21+(-0.1)*(-0.21)", "0.084"
    if kind == "dC_dW" and not alone:
        share = "/2" if network.reduction == "mean" else ""
        return f"(0.2*0.07+0.9*(-0.03)){share}", "-0.0065" if share else "-0.013"
    if kind == "cost" and network.reduction == "mean":
        return "SUM(0.3,0.5)/2", "0.4"
    return _EXAMPLES[kind]


def _shared(network: Network, number: int) -> str:
    """One of the two costs of the loss, with four decimals where the outputs share it."""
    whole = _COSTS[network.loss][number]
    return f"{round(float(whole) / network.sizes[-1], 4):g}" if network.loss == "mse" else whole


_EXAMPLES = {
    "A": ("0.2", "0.2"),  # turned: the same number
    "z": ("0.2*0.5+0.7*(-0.3)+1*0.1", "-0.01"),
    "e": (exponential("1.5", "2,1.5"), "0.6065"),
    "cost_n": ("SUM(0.3,0.5)", "0.8"),
    "cost": ("SUM(0.3,0.5)", "0.8"),
    "dC_da": ("0.1*0.3+(-0.2)*0.5", "-0.07"),
    "J": ("-(0.7*0.3)", "-0.21"),
    "delta": ("0.3*0.24", "0.072"),
    "dC_dW": ("0.2*0.072", "0.0144"),
    "W": ("0.5-0.1*0.2", "0.48"),
}
