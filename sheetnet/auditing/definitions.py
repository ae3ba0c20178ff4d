"""Writes each quantity out by index, as a tree over the quantities it is computed from.

The equations are those of docs/design.md; what is not written out here (some activations, larger batches) stays a name.
"""

from __future__ import annotations

from functools import cache, reduce

from sheetnet.auditing.terms import (
    FunctionTerm,
    MatrixTerm,
    NameTerm,
    Negative,
    Number,
    Operation,
    Term,
    names_in,
    rebuilt,
)
from sheetnet.auditing.terms import subterms as parts_of
from sheetnet.network import Network
from sheetnet.quantity import Quantity, q

ONE, HALF = Number("1"), Number("0.5")


def written_out(term: Term, network: Network, wanted: set[str], steps: int) -> Term:
    """The tree with quantities written out that are not wanted but lead to wanted ones in so many more steps."""

    @cache
    def leads(name: str, more: int) -> bool:
        meaning = definition(NameTerm(name, (0, 0)), network)
        return meaning is not None and reaches(meaning, more)

    def reaches(meaning: Term, more: int) -> bool:
        names = names_in(meaning)
        return bool(names & wanted) or (more > 0 and any(leads(name, more - 1) for name in names))

    def spell(term: Term) -> Term:
        if not isinstance(term, NameTerm):
            return rebuilt(term, tuple(spell(part) for part in parts_of(term)))
        meaning = None if term.name in wanted else definition(term, network)
        return spell(meaning) if meaning is not None and reaches(meaning, steps) else term

    return spell(term)


def definition(name: NameTerm, network: Network) -> Term | None:
    """What a quantity, or one number of it, is computed from; None for inputs and what is not written out."""
    found = Quantity.of(name.name)
    make, layer = _MAKERS.get(found.kind), found.layer or 0
    if make is None or network.observations > 1 or name.name != q(found.symbol, found.layer, found.new):
        return None
    if layer > network.depth or (name.index is None and found.kind not in _WHOLE):
        return None
    return make(network, layer, found.new, name.index)


def _a(layer: int, new: bool, index: tuple[int, int] | None) -> NameTerm:
    return NameTerm(q("a", layer, new) if layer else "A_0", index)


def _sum(terms: list[Term]) -> Term:
    return reduce(lambda one, other: Operation("+", one, other), terms)


def _times(*factors: Term) -> Term:
    return reduce(lambda one, other: Operation("*", one, other), factors)


def _less(one: Term, other: Term) -> Term:
    return Operation("-", one, other)


def _over(one: Term, other: Term) -> Term:
    return Operation("/", one, other)


TermIndex = tuple[int, int] | None


def _z(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    assert index is not None
    n, j = index
    fan_in = network.sizes[layer - 1]
    terms: list[Term] = [
        _times(_a(layer - 1, new, (n, i)), NameTerm(q("W", layer, new), (i, j))) for i in range(fan_in)
    ]
    return _sum([*terms, NameTerm(q("W", layer, new), (fan_in, j))])


def _activated(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    if layer == 0 or (index is not None and index[1] >= network.sizes[layer]):
        return None
    z = NameTerm(q("z", layer, new), index)
    match network.layers[layer - 1].activation:
        case "sigmoid":
            return _over(ONE, Operation("+", ONE, FunctionTerm("EXP", (Negative(z),))))
        case "relu":
            return FunctionTerm("MAX", (Number("0"), z))
        case "tanh":
            return FunctionTerm("TANH", (z,))
        case "softmax":
            return _over(FunctionTerm("EXP", (z,)), FunctionTerm("SUM", (FunctionTerm("EXP", (NameTerm(z.name),)),)))
        case "identity":
            return z
    return None


def _slope(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del new
    a = NameTerm(q("a", layer), index)
    match network.layers[layer - 1].activation:
        case "sigmoid" | "softmax":
            return _times(a, _less(ONE, a))
        case "relu":
            return FunctionTerm("IF", (Operation(">", NameTerm(q("z", layer), index), Number("0")), ONE, Number("0")))
        case "tanh":
            return _less(ONE, Operation("^", a, Number("2")))
        case "identity":
            return None if index is None else ONE
    return None


def _cost_out(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del layer
    a, t = NameTerm(q("a", network.depth, new), index), NameTerm("target", index)
    square = Operation("^", _less(a, t), Number("2"))
    own = _times(t, FunctionTerm("LN", (a,)))
    other = _times(_less(ONE, t), FunctionTerm("LN", (_less(ONE, a),)))
    match network.loss:
        case "half_sse":
            return _times(HALF, square)
        case "mse":
            return _over(square, Number(str(network.sizes[-1])))
        case "binary_cross_entropy":
            return Negative(Operation("+", own, other))
        case "cross_entropy":
            return Negative(own)
    return None


def _total(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del layer, index
    return _sum([NameTerm(q("cost_out", new=new), (0, j)) for j in range(network.sizes[-1])])


def _dC_da(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del new
    if layer == network.depth:
        return _output_error(network, index)
    if index is None:
        return None
    n, j = index
    above = layer + 1
    return _sum(
        [
            _times(NameTerm(q("delta", above), (n, k)), NameTerm(q("W", above), (j, k)))
            for k in range(network.sizes[above])
        ]
    )


def _output_error(network: Network, index: TermIndex) -> Term | None:
    a, t = NameTerm(q("a", network.depth), index), NameTerm("target", index)
    match network.loss:
        case "half_sse":
            return _less(a, t)
        case "mse":
            return _over(_times(Number("2"), _less(a, t)), Number(str(network.sizes[-1])))
        case "binary_cross_entropy":
            return Negative(_less(_over(t, a), _over(_less(ONE, t), _less(ONE, a))))
        case "cross_entropy":
            return Negative(_over(t, a))
    return None


def _delta(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del new
    if not network.mixes(layer):
        return _times(NameTerm(q("dC_da", layer), index), NameTerm(q("da_dz", layer), index))
    if index is None:
        return FunctionTerm("MMULT", (NameTerm(q("dC_da", layer)), NameTerm(q("J", layer))))
    n, j = index
    return _sum(
        [
            _times(NameTerm(q("dC_da", layer), (n, i)), NameTerm(q("J", layer), (i, j)))
            for i in range(network.sizes[layer])
        ]
    )


def _jacobian(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del network, new
    assert index is not None
    i, j = index
    a, other = NameTerm(q("a", layer), (0, i)), NameTerm(q("a", layer), (0, j))
    return _times(a, _less(ONE, a)) if i == j else _times(Negative(a), other)


def _gradient(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del new
    if index is None:
        return FunctionTerm(
            "MMULT", (FunctionTerm("TRANSPOSE", (NameTerm(q("A", layer - 1)),)), NameTerm(q("delta", layer)))
        )
    i, j = index
    delta = NameTerm(q("delta", layer), (0, j))
    return delta if i == network.sizes[layer - 1] else _times(delta, _a(layer - 1, False, (0, i)))


def _updated(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del new
    old = NameTerm(q("W", layer), index)
    if index is not None and index[0] == network.sizes[layer - 1] and not network.train_bias:
        return old
    if index is None and not network.train_bias:
        return None
    return _less(old, _times(NameTerm("gamma"), NameTerm(q("dC_dW", layer), index)))


def _augmented(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    if layer == 0:
        return None
    if index is not None:
        return ONE if index[1] == network.sizes[layer] else NameTerm(q("a", layer, new), index)
    return MatrixTerm(((*(NameTerm(q("a", layer, new), (0, j)) for j in range(network.sizes[layer])), ONE),))


_MAKERS = {
    "A": _augmented,
    "a": _activated,
    "z": _z,
    "da_dz": _slope,
    "cost_out": _cost_out,
    "cost_n": _total,
    "cost": _total,
    "dC_da": _dC_da,
    "delta": _delta,
    "J": _jacobian,
    "dC_dW": _gradient,
    "W_new": _updated,
}
_WHOLE = {"A", "a", "da_dz", "cost_out", "cost_n", "cost", "dC_da", "delta", "dC_dW", "W_new"}
