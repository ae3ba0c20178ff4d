"""How people write each quantity: its symbol, its equation, and a hint with a worked example of unrelated numbers.

The results of the examples are checked by a test, which computes their formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheetnet.formulas.activations_and_losses import LOSS_FORMULAS, activation_formulas
from sheetnet.network import Network
from sheetnet.quantity import Quantity
from sheetnet.syntax.references import element_name

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_REDUCED = {
    "mean": "mean over the observations",
    "sum": "sum over the observations",
    "elements": "mean over all outputs of all observations",
}

# Kind → symbol and equation, where l is this layer, k the one below, m the one above; "′" marks the new values.
_TEXTS: dict[str, tuple[str, Callable[[Network, int], str]]] = {
    "A": (
        "A{l}",
        lambda net, layer: _nodes(net, layer, "[a, 1] with", "[x, 1]: inputs, bias node"),
    ),
    "a": ("a{l}", lambda net, layer: _activation(net, layer)),
    "W": ("W{l}", lambda net, layer: "row i → column j" + "; last row: biases" * net.has_bias(layer)),
    "z": ("z{l}", lambda net, layer: "A{k} W{l}"),
    "e": ("e{l}", lambda net, layer: f"eⱼ = {net.mixing(layer).power}"),
    "target": ("T", lambda net, layer: "the targets"),
    "gamma": ("γ", lambda net, layer: "the learning rate"),
    "l2_factor": ("λ", lambda net, layer: "how much large weights cost"),
    "cost_out": ("Cₙⱼ", lambda net, layer: net.loss_facts.equation),
    "cost_n": ("Cₙ", lambda net, layer: "Σ over the outputs"),
    "penalty": ("R", lambda net, layer: _penalty(net)),
    "cost": ("C", lambda net, layer: _REDUCED[net.reduction] + ", and R" * (net.l2 is not None)),
    "dC_da": (
        "∂C/∂a{l}",
        lambda net, layer: (
            net.loss_facts.slope if layer == net.depth else _without_biases(net, layer, "δ{m} {w}ᵀ", "row")
        ),
    ),
    "da_dz": ("∂a/∂z{l}", lambda net, layer: net.activation_facts(layer).slope),
    "J": ("J{l}", lambda net, layer: f"∂aᵢ/∂zⱼ = {net.mixing(layer).jacobian}"),
    "delta": ("δ{l}", lambda net, layer: "∂C/∂a J" if net.mixes(layer) else "∂C/∂a ⊙ ∂a/∂z"),
    "dC_dW": ("∂C/∂W{l}", lambda net, layer: "A{k}ᵀ δ{l}" + _share(net) + _decay(net, layer, "row")),
}

# Where they read differently with column vectors.
_COLUMN_EQUATIONS: dict[str, Callable[[Network, int], str]] = {
    "A": lambda net, layer: _nodes(net, layer, "a over 1,", "x over 1: inputs, bias node"),
    "W": lambda net, layer: "row: neuron j" + ("; last column: biases" if net.has_bias(layer) else ", column: node i"),
    "z": lambda net, layer: "W{l} A{k}",
    "dC_da": lambda net, layer: (
        net.loss_facts.slope if layer == net.depth else _without_biases(net, layer, "{w}ᵀ δ{m}", "column")
    ),
    "delta": lambda net, layer: "J ∂C/∂a" if net.mixes(layer) else "∂C/∂a ⊙ ∂a/∂z",
    "dC_dW": lambda net, layer: "δ{l} A{k}ᵀ" + _share(net) + _decay(net, layer, "column"),
}


def symbol_of(name: str) -> str:
    """How people write a quantity of the step, `δ⁽²⁾` for "delta_2"; the name itself of what has no symbol of its own."""
    quantity = Quantity.of(name)
    if quantity.view or quantity.symbol not in _TEXTS:
        return name
    return _with_layers(_TEXTS[quantity.symbol][0] + "′" * quantity.new, quantity.layer or 0)


_OF_NEURONS = ("A", "a", "z", "e", "delta", "dC_da", "da_dz", "target", "cost_out")  # a row per observation


@dataclass(frozen=True, slots=True)
class Dimensions:
    """What decides how elements are spoken of: how many observations there are, and n_0 … n_L (none where not known)."""

    observations: int = 1
    sizes: tuple[int, ...] = ()

    @classmethod
    def of(cls, network: Network) -> Dimensions:
        """Those of a network."""
        return cls(network.observations, network.sizes)

    def is_bias_node(self, quantity: Quantity, column: int) -> bool:
        """Whether a column of A_l, from 0, is behind the neurons."""
        layer = quantity.layer or 0
        return quantity.symbol == "A" and layer < len(self.sizes) and column == self.sizes[layer]


ONE_OBSERVATION = Dimensions()


def spoken(quantity: str, index: tuple[int, ...] | None, dimensions: Dimensions = ONE_OBSERVATION) -> str:
    """An element as the sheets write it, counted from 0: `a⁽¹⁾ of neuron 0`, `∂C/∂W⁽²⁾ row 2, column 1`.

    >>> spoken("A_1", (0, 2), Dimensions(3, (2, 2, 1)))
    'A⁽¹⁾ of the bias node, observation 0'
    """
    known, symbol = Quantity.of(quantity), symbol_of(quantity)
    if index is None:
        return symbol
    if symbol == quantity:
        return element_name(quantity, index)
    row, column = index[0], index[-1]
    of_observation = f"observation {row}" if dimensions.observations > 1 else ""
    if known.symbol in _OF_NEURONS:
        below = known.symbol == "A" and not known.layer
        neuron = f"{'input' if below else 'neuron'} {column}"
        neuron = "the bias node" if dimensions.is_bias_node(known, column) else neuron
        return f"{symbol} of {neuron}" + (f", {of_observation}" if of_observation else "")
    if known.symbol == "cost_n":
        return symbol + (f" of {of_observation}" if of_observation else "")
    if known.symbol in ("W", "dC_dW", "J"):
        return f"{symbol} row {row}, column {column}"
    return symbol


def spoken_index(quantity: str, index: tuple[int, ...], dimensions: Dimensions) -> str:
    """What tells an element from the others of its quantity: `neuron 0, observation 2`."""
    return spoken(quantity, index, dimensions).removeprefix(symbol_of(quantity)).strip().removeprefix("of ")


def describe(network: Network, block: str, column: bool = False) -> tuple[str, str]:
    """Symbol and equation of a block, such as ("z⁽¹⁾", "A⁽⁰⁾ W⁽¹⁾"); `column` where all stands transposed."""
    quantity = Quantity.of(block)
    kind, layer = quantity.symbol, quantity.layer or 0
    write = _TEXTS[kind][1]
    equation = (_COLUMN_EQUATIONS.get(kind, write) if column else write)(network, layer)
    if kind == "W" and quantity.new:
        frozen = "; biases stay" if network.has_bias(layer) and not network.train_bias else ""
        equation = f"W − γ ∂C/∂W{frozen}"
    if kind == "z" and quantity.new:
        below = "A{k}′" if layer > 1 else "A{k}"
        equation = f"W{{l}}′ {below}" if column else f"{below} W{{l}}′"
    return symbol_of(block), _with_layers(equation, layer)


def _with_layers(words: str, layer: int) -> str:
    for key, number in (("{l}", layer), ("{k}", layer - 1), ("{m}", layer + 1)):
        words = words.replace(key, f"⁽{str(number).translate(_SUPERSCRIPT)}⁾")
    return words


def _activation(network: Network, layer: int) -> str:
    return network.activation_facts(layer).equation


def _nodes(network: Network, layer: int, beside: str, inputs: str) -> str:
    """What A is made of: the activations, or the inputs, with the bias node `beside` them or without."""
    if not network.has_bias(layer + 1):
        return _activation(network, layer) if layer else "x: inputs"
    return f"{beside} {_activation(network, layer)}" if layer else inputs


def _without_biases(network: Network, layer: int, product: str, line: str) -> str:
    """∂C/∂a of a hidden layer; w is W without its biases, where it has any."""
    if not network.has_bias(layer + 1):
        return product.replace("{w}", "W{m}")
    return product.replace("{w}", "w{m}") + f", without the bias {line}"


def _share(network: Network) -> str:
    """What the sum over the observations is divided by."""
    if network.divisor == 1:
        return ""
    return " / N" if network.reduction == "mean" else " / (N n)"


def _penalty(network: Network) -> str:
    """What the penalty is, and whether biases are part of it, where there are any."""
    biases = any(layer.bias for layer in network.layers)
    which = "" if not biases else ", biases too" if network.l2 and network.l2.biases else " without biases"
    return f"{'λ/(2N)' if network.l2 and network.l2.per_observation else 'λ/2'} Σ w²{which}"


def _decay(network: Network, layer: int, line: str) -> str:
    """What the penalty adds to ∂C/∂W."""
    if network.l2 is None:
        return ""
    left_out = f"; bias {line}: no λ" * (network.penalised_rows(layer) < network.nodes(layer - 1))
    return " + λ W{l}" + " / N" * network.l2.per_observation + left_out


LEVELS = ("none", "equation", "example")


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
    kind, divided = Quantity.of(block).symbol, network.l2 is not None and network.l2.per_observation
    if kind == "penalty":
        return ("0.1/(2*4)*(0.5^2+0.4^2)", "0.0051") if divided else ("0.1/2*(0.5^2+0.4^2)", "0.0205")
    formula, result = _without_penalty(network, block)
    if network.l2 is None or kind not in ("cost", "dC_dW"):
        return formula, result
    more, number = ("0.05", 0.05) if kind == "cost" else ("0.1/4*0.5", 0.0125) if divided else ("0.1*0.5", 0.05)
    return f"{formula}+{more}", f"{round(float(result) + number, 4):g}"


def _without_penalty(network: Network, block: str) -> tuple[str, str]:
    """The same where the cost is that of the observations alone."""
    quantity = Quantity.of(block)
    kind, layer = quantity.symbol, quantity.layer or 0
    if quantity.of_cells.symbol == "a":
        return _activated(network, layer)
    if kind in ("e", "da_dz", "J"):
        return _of_activation(network, layer, kind)
    outputs, alone = network.sizes[-1], network.observations == 1
    if kind == "cost_out":
        return LOSS_FORMULAS[network.loss].term("0.8", "0.5", outputs), _shared(network, 0)
    if kind == "dC_da" and layer == network.depth:
        return LOSS_FORMULAS[network.loss].gradient("0.8", "0.5", outputs), _shared(network, 1)
    if kind == "dC_da" and network.sizes[layer + 1] == 1:
        return "0.1*0.3", "0.03"
    if network.reduction == "elements" and outputs > 1 and kind in ("cost", "dC_dW"):
        return _of_elements(kind, alone)
    if (kind == "cost_n" and outputs == 1) or (kind == "cost" and alone):
        return "SUM(0.3)", "0.3"
    if kind == "z" and not network.has_bias(layer):
        return "0.2*0.5+0.7*(-0.3)", "-0.11"
    if kind == "delta" and network.mixes(layer):
        return "0.3*0.21+(-0.1)*(-0.21)", "0.084"
    if kind == "dC_dW" and not alone:
        share = "/2" if network.divisor > 1 else ""
        return f"(0.2*0.07+0.9*(-0.03)){share}", "-0.0065" if share else "-0.013"
    if kind == "cost" and network.divisor > 1:
        return "SUM(0.3,0.5)/2", "0.4"
    return _EXAMPLES[kind]


def _of_elements(kind: str, alone: bool) -> tuple[str, str]:
    """The mean over three outputs, of one observation or of two."""
    if kind == "cost":
        return ("SUM(0.3)/3", "0.1") if alone else ("SUM(0.3,0.5)/6", "0.1333")
    return ("0.2*0.072/3", "0.0048") if alone else ("(0.2*0.07+0.9*(-0.03))/6", "-0.0022")


def _activated(network: Network, layer: int) -> tuple[str, str]:
    """f(0.4); where neurons mix, the part that e = 1 has of 1 and 0.5."""
    value, facts = activation_formulas(network.layers[layer - 1]).value, network.activation_facts(layer)
    return value("1", "1,0.5") if facts.mixes else value("0.4"), facts.example.value


def _of_activation(network: Network, layer: int, kind: str) -> tuple[str, str]:
    """f′(0.4); where neurons mix, e of 1.5 beside 2, and an element of the Jacobian off its diagonal."""
    formulas, shown = activation_formulas(network.layers[layer - 1]), network.activation_facts(layer).example
    if kind == "e":
        return formulas.power("1.5", "2,1.5"), shown.power
    if kind == "J":
        return f"-(0.7*{formulas.share('0.4', '0.3')})", shown.rest
    return formulas.derivative("0.4", shown.at), shown.slope


def _shared(network: Network, number: int) -> str:
    """One of the two costs of the loss, with four decimals where the outputs share it."""
    whole = network.loss_facts.example[number]
    return f"{round(float(whole) / network.sizes[-1], 4):g}" if network.loss_facts.averages else whole


_EXAMPLES = {
    "A": ("0.2", "0.2"),  # turned: the same number
    "z": ("0.2*0.5+0.7*(-0.3)+1*0.1", "-0.01"),
    "cost_n": ("SUM(0.3,0.5)", "0.8"),
    "cost": ("SUM(0.3,0.5)", "0.8"),
    "dC_da": ("0.1*0.3+(-0.2)*0.5", "-0.07"),
    "delta": ("0.3*0.24", "0.072"),
    "dC_dW": ("0.2*0.072", "0.0144"),
    "W": ("0.5-0.1*0.2", "0.48"),
}
