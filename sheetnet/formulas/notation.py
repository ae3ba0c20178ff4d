"""How people write each quantity: its symbol and its equation."""

from __future__ import annotations

from collections.abc import Callable

from sheetnet.network import Network
from sheetnet.quantity import Quantity

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

# Kind → symbol and equation, where l is this layer, k the one below, m the one above; "′" marks the new values.
_TEXTS: dict[str, tuple[str, Callable[[Network, int], str]]] = {
    "A": (
        "A{l}",
        lambda net, layer: f"[a, 1] with {_activation(net, layer)}" if layer else "[x, 1]: inputs, bias node",
    ),
    "a": ("a{l}", lambda net, layer: _activation(net, layer)),
    "W": ("W{l}", lambda net, layer: "row i → column j; last row: biases"),
    "z": ("z{l}", lambda net, layer: "z{l} = A{k} W{l}"),
    "e": ("e{l}", lambda net, layer: f"eⱼ = {net.mixing(layer).power}"),
    "target": ("T", lambda net, layer: "what the outputs should be"),
    "gamma": ("γ", lambda net, layer: "the learning rate"),
    "cost_out": ("Cₙⱼ", lambda net, layer: net.loss_facts.equation),
    "cost_n": ("Cₙ", lambda net, layer: "Σ over the outputs"),
    "cost": ("C", lambda net, layer: f"{net.reduction} over the observations"),
    "dC_da": (
        "∂C/∂a{l}",
        lambda net, layer: net.loss_facts.slope if layer == net.depth else "δ{m} w{m}ᵀ, without the bias row",
    ),
    "da_dz": ("∂a/∂z{l}", lambda net, layer: net.activation_facts(layer).slope),
    "J": ("J{l}", lambda net, layer: f"∂aᵢ/∂zⱼ = {net.mixing(layer).jacobian}"),
    "delta": ("δ{l}", lambda net, layer: "∂C/∂a J" if net.mixes(layer) else "∂C/∂a ⊙ ∂a/∂z"),
    "dC_dW": ("∂C/∂W{l}", lambda net, layer: "A{k}ᵀ δ{l}" + (" / N" if _mean(net) else "")),
}

# Where they read differently with column vectors.
_COLUMN_EQUATIONS: dict[str, Callable[[Network, int], str]] = {
    "A": lambda net, layer: f"a over 1, {_activation(net, layer)}" if layer else "x over 1: inputs, bias node",
    "W": lambda net, layer: "row: neuron j; last column: biases",
    "z": lambda net, layer: "z{l} = W{l} A{k}",
    "dC_da": lambda net, layer: net.loss_facts.slope if layer == net.depth else "w{m}ᵀ δ{m}, without the bias column",
    "delta": lambda net, layer: "J ∂C/∂a" if net.mixes(layer) else "∂C/∂a ⊙ ∂a/∂z",
    "dC_dW": lambda net, layer: "δ{l} A{k}ᵀ" + (" / N" if _mean(net) else ""),
}


def describe(network: Network, block: str, column: bool = False) -> tuple[str, str]:
    """Symbol and equation of a block, such as ("z⁽¹⁾", "z⁽¹⁾ = A⁽⁰⁾ W⁽¹⁾"); `column` where all stands transposed."""
    quantity = Quantity.of(block)
    kind, layer = quantity.symbol, quantity.layer or 0
    symbol, write = _TEXTS[kind]
    equation = (_COLUMN_EQUATIONS.get(kind, write) if column else write)(network, layer)
    if kind == "W" and quantity.new:
        frozen = "" if network.train_bias else "; biases stay"
        equation = f"W − γ ∂C/∂W{frozen}"
    if kind == "z" and quantity.new:
        below = "A{k}′" if layer > 1 else "A{k}"
        equation = f"z{{l}}′ = W{{l}}′ {below}" if column else f"z{{l}}′ = {below} W{{l}}′"
    if quantity.transposed:
        symbol, equation = (
            symbol + "ᵀ",
            "A transposed, to line up with W",
        )
    symbol += "′" if quantity.new else ""
    return _with_layers(symbol, layer), _with_layers(equation, layer)


def _with_layers(words: str, layer: int) -> str:
    for key, number in (("{l}", layer), ("{k}", layer - 1), ("{m}", layer + 1)):
        words = words.replace(key, f"⁽{str(number).translate(_SUPERSCRIPT)}⁾")
    return words


def _activation(network: Network, layer: int) -> str:
    return network.activation_facts(layer).equation


def _mean(network: Network) -> bool:
    return network.reduction == "mean" and network.observations > 1
