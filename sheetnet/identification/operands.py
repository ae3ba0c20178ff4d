"""From which elements each element of a training step is computed, and from which of those that have cells on a sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sheetnet.identification.labels import Label
from sheetnet.network import Network
from sheetnet.quantity import Quantity, q

PRODUCT = " * "  # in the name of a factor that is the product of two quantities
MOST_IN_A_FORMULA = 120  # elements that one formula computes on its way
Held = Callable[[Label], bool]


def operands(network: Network, label: Label) -> tuple[Label, ...]:
    """The elements in the equation of one element of a block; of an input at its first step none.

    >>> network = sheetnet.load_network("d02b")
    >>> [str(one) for one in operands(network, Label("delta_2", (0, 1)))]
    ['dC_da_2[0, 1]', 'da_dz_2[0, 1]']
    """
    if PRODUCT in label.quantity:
        return tuple(_of_product(network, label))
    quantity = Quantity.of(label.quantity)
    if quantity.symbol == "W":
        return tuple(_of_new_weight(network, label)) if label.step > 1 else ()
    find = _BY_SYMBOL.get(quantity.symbol)
    if find is None or len(label.index) < 2:
        return ()
    found = find(network, quantity.layer or network.depth, *label.index)
    return tuple(Label(name, index, label.step) for name, index in found)


def _of_product(network: Network, label: Label) -> Iterator[Label]:
    """Of a product of two numbers that has a cell of its own, such as δ W: index (observation, node below, neuron)."""
    if len(label.index) != 3:
        return
    k, i, j = label.index
    for name in label.quantity.split(PRODUCT):
        known = Quantity.of(name)
        layer = known.layer or 0
        if known.symbol == "A" and i < network.sizes[layer]:
            yield Label(_below(layer + 1), (k, i), label.step)
        elif known.symbol in ("delta", "W"):
            yield Label(name, (k, j) if known.symbol == "delta" else (i, j), label.step)


_Element = tuple[str, tuple[int, ...]]


def _of_new_weight(network: Network, label: Label) -> Iterator[Label]:
    layer, before = Quantity.of(label.quantity).layer or 1, label.step - 1
    yield replace(label, step=before)
    if network.train_bias or label.index[0] < network.sizes[layer - 1]:
        yield Label("gamma", (0, 0), before)
        yield Label(q("dC_dW", layer), label.index, before)


def _of_z(network: Network, layer: int, k: int, j: int) -> Iterator[_Element]:
    for i in range(network.sizes[layer - 1]):
        yield _below(layer), (k, i)
    for i in range(network.sizes[layer - 1] + network.has_bias(layer)):
        yield q("W", layer), (i, j)


def _below(layer: int) -> str:
    return q("A", 0) if layer == 1 else q("a", layer - 1)


def _of_a(network: Network, layer: int, k: int, j: int) -> Iterator[_Element]:
    for column in range(network.sizes[layer]) if network.mixes(layer) else (j,):
        yield q("z", layer), (k, column)


def _of_cost_out(network: Network, _: int, k: int, j: int) -> Iterator[_Element]:
    yield q("a", network.depth), (k, j)
    yield "target", (k, j)


def _of_cost_n(network: Network, _: int, k: int, __: int) -> Iterator[_Element]:
    for j in range(network.sizes[-1]):
        yield q("cost_out"), (k, j)


def _of_cost(network: Network, *_: int) -> Iterator[_Element]:
    for k in range(network.observations):
        yield q("cost_n"), (k, 0)
    if network.l2 is not None:
        yield "penalty", (0, 0)


def _of_penalty(network: Network, *_: int) -> Iterator[_Element]:
    yield "l2_factor", (0, 0)
    for layer in range(1, network.depth + 1):
        for i in range(network.penalised_rows(layer)):
            for j in range(network.sizes[layer]):
                yield q("W", layer), (i, j)


def _of_error(network: Network, layer: int, k: int, j: int) -> Iterator[_Element]:
    if layer == network.depth:
        yield from _of_cost_out(network, layer, k, j)
        return
    for m in range(network.sizes[layer + 1]):
        yield q("delta", layer + 1), (k, m)
        yield q("W", layer + 1), (j, m)


def _of_derivative(network: Network, layer: int, k: int, j: int) -> Iterator[_Element]:
    yield q("z" if network.activation_facts(layer).off is not None else "a", layer), (k, j)


def _of_delta(network: Network, layer: int, k: int, j: int) -> Iterator[_Element]:
    if network.mixes(layer):
        for column in range(network.sizes[layer]):
            yield q("a", layer), (k, column)
            yield q("dC_da", layer), (k, column)
        return
    yield q("dC_da", layer), (k, j)
    yield q("da_dz", layer), (k, j)


def _of_gradient(network: Network, layer: int, i: int, j: int) -> Iterator[_Element]:
    for k in range(network.observations):
        if i < network.sizes[layer - 1]:
            yield _below(layer), (k, i)
        yield q("delta", layer), (k, j)
    if i < network.penalised_rows(layer):
        yield "l2_factor", (0, 0)
        yield q("W", layer), (i, j)


_BY_SYMBOL: dict[str, Callable[..., Iterator[_Element]]] = {
    "z": _of_z,
    "e": _of_a,
    "a": _of_a,
    "cost_out": _of_cost_out,
    "cost_n": _of_cost_n,
    "cost": _of_cost,
    "penalty": _of_penalty,
    "dC_da": _of_error,
    "da_dz": _of_derivative,
    "delta": _of_delta,
    "dC_dW": _of_gradient,
}


def on_sheet(network: Network, label: Label, held: Held) -> tuple[frozenset[Label], int]:
    """What a formula for `label` refers to, and how many elements that no cell holds it computes on its way.

    Nothing where that would be more than anybody writes into one formula.
    """
    found, waiting, seen = set[Label](), [label], {label}
    while waiting:
        for one in operands(network, waiting.pop()):
            if one in seen:
                continue
            seen.add(one)
            if held(one):
                found.add(one)
            else:
                waiting.append(one)
        if len(seen) > MOST_IN_A_FORMULA:
            return frozenset(), len(seen)
    return frozenset(found), len(seen) - len(found)
