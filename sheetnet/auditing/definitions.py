"""Writes each quantity out by index, as a tree over the quantities it is computed from.

The equations are those of docs/design.md; what is not written out here (some activations, larger batches) stays a name.
"""

from __future__ import annotations

from functools import cache, reduce

from sheetnet.auditing.expressions import (
    FunctionTerm,
    MatrixTerm,
    NameTerm,
    Negative,
    Number,
    Operation,
    Term,
    around,
    mapped,
    names_in,
    parse_term,
)
from sheetnet.auditing.expressions import subterms as parts_of
from sheetnet.network import Network
from sheetnet.quantity import Quantity, q

ONE = Number("1")


def written_out(term: Term, network: Network, wanted: set[str], most: int) -> list[Term]:
    """The tree with quantities written out that are not wanted but lead to wanted ones: in 0, 1, … `most` - 1 more steps."""

    @cache
    def meaning_of(name: NameTerm) -> Term | None:
        return definition(name, network)

    @cache
    def leads(name: str, more: int) -> bool:
        meaning = meaning_of(NameTerm(name, (0, 0)))
        return meaning is not None and reaches(meaning, more)

    def reaches(meaning: Term, more: int) -> bool:
        names = names_in(meaning)
        return bool(names & wanted) or (more > 0 and any(leads(name, more - 1) for name in names))

    def spell(term: Term, steps: int) -> Term:
        if not isinstance(term, NameTerm):
            return around(term, tuple([spell(part, steps) for part in parts_of(term)]))
        meaning = None if term.name in wanted else meaning_of(term)
        return spell(meaning, steps) if meaning is not None and reaches(meaning, steps) else term

    return [spell(term, steps) for steps in range(most)]


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


TermIndex = tuple[int, int] | None


def _z(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    assert index is not None
    n, j = index
    fan_in = network.sizes[layer - 1]
    terms: list[Term] = [
        _times(_a(layer - 1, new, (n, i)), NameTerm(q("W", layer, new), (i, j))) for i in range(fan_in)
    ]
    return _sum([*terms, *([NameTerm(q("W", layer, new), (fan_in, j))] if network.has_bias(layer) else [])])


@cache
def _printed(text: str) -> Term:
    return parse_term(text, "the catalogue")


def _of_activation(network: Network, layer: int, new: bool, index: TermIndex, part: int) -> Term | None:
    """f (part 0) or f′ (1) of a layer as documents print it; None where it is not known, or would be a lone number."""
    printed = network.activation_facts(layer).printed
    if printed is None:
        return None
    z = NameTerm(q("z", layer, new), index)
    own = {"z": z, "a": NameTerm(q("a", layer, new), index), "row": NameTerm(z.name)}
    term = _printed(printed[part])
    return None if index is None and not names_in(term) else mapped(term, lambda name: own[name.name])


def _activated(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    if layer == 0 or (index is not None and index[1] >= network.sizes[layer]):
        return None
    return _of_activation(network, layer, new, index, 0)


def _slope(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del new
    return _of_activation(network, layer, False, index, 1)


def _of_loss(network: Network, new: bool, index: TermIndex, part: int) -> Term | None:
    """The cost of an output (part 0) or its ∂C/∂a (1) as documents print it; None where that is not known."""
    printed = network.loss_facts.printed
    if printed is None:
        return None
    own: dict[str, Term] = {"a": NameTerm(q("a", network.depth, new), index), "target": NameTerm("target", index)}
    own["n"] = Number(str(network.sizes[-1]))
    return mapped(_printed(printed[part]), lambda name: own[name.name])


def _cost_out(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del layer
    return _of_loss(network, new, index, 0)


def _total(network: Network, layer: int, new: bool, index: TermIndex) -> Term:
    del layer, index
    return _sum([NameTerm(q("cost_out", new=new), (0, j)) for j in range(network.sizes[-1])])


def _cost(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    if network.divisor > 1:
        return None
    total = _total(network, layer, new, index)
    return total if network.l2 is None else Operation("+", total, NameTerm(q("penalty", new=new), index))


def _penalty(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    """λ/2 Σ w², of the one observation that there is."""
    del layer, index
    weights = [
        NameTerm(q("W", layer, new), (i, j))
        for layer in range(1, network.depth + 1)
        for i in range(network.penalised_rows(layer))
        for j in range(network.sizes[layer])
    ]
    return _times(Operation("/", NameTerm("l2_factor"), Number("2")), _sum([_times(w, w) for w in weights]))


def _dC_da(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del new
    if layer == network.depth:
        return _of_loss(network, False, index, 1)
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
    del new
    if index is None or not network.mixing(layer).is_softmax:
        return None
    i, j = index
    a, other = NameTerm(q("a", layer), (0, i)), NameTerm(q("a", layer), (0, j))
    return _times(a, _less(ONE, a)) if i == j else _times(Negative(a), other)


def _gradient(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del new
    if network.divisor > 1 or (network.l2 is not None and index is None):
        return None
    if index is None:
        return FunctionTerm(
            "MMULT", (FunctionTerm("TRANSPOSE", (NameTerm(q("A", layer - 1)),)), NameTerm(q("delta", layer)))
        )
    i, j = index
    delta = NameTerm(q("delta", layer), (0, j))
    product = delta if i == network.sizes[layer - 1] else _times(delta, _a(layer - 1, False, (0, i)))
    if i >= network.penalised_rows(layer):
        return product
    return Operation("+", product, _times(NameTerm("l2_factor"), NameTerm(q("W", layer), (i, j))))


def _updated(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    del new
    old = NameTerm(q("W", layer), index)
    if index is not None and index[0] == network.sizes[layer - 1] and not network.train_bias:
        return old
    if index is None and network.has_bias(layer) and not network.train_bias:
        return None
    return _less(old, _times(NameTerm("gamma"), NameTerm(q("dC_dW", layer), index)))


def _augmented(network: Network, layer: int, new: bool, index: TermIndex) -> Term | None:
    if layer == 0:
        return None
    if index is not None:
        return ONE if index[1] == network.sizes[layer] else NameTerm(q("a", layer, new), index)
    activations = [NameTerm(q("a", layer, new), (0, j)) for j in range(network.sizes[layer])]
    return MatrixTerm(((*activations, *([ONE] if network.has_bias(layer + 1) else [])),))


_MAKERS = {
    "A": _augmented,
    "a": _activated,
    "z": _z,
    "da_dz": _slope,
    "cost_out": _cost_out,
    "cost_n": _total,
    "cost": _cost,
    "penalty": _penalty,
    "dC_da": _dC_da,
    "delta": _delta,
    "J": _jacobian,
    "dC_dW": _gradient,
    "W_new": _updated,
}
_WHOLE = {"A", "a", "da_dz", "cost_out", "cost_n", "cost", "penalty", "dC_da", "delta", "dC_dW", "W_new"}
