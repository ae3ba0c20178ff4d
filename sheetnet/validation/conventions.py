"""Other conventions of courses, each a consistent set of replaced equations: right in its own way.

Where a whole sheet follows one, it is judged by it and the report says so once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sheetnet.network import Network
from sheetnet.quantity import Quantity, q
from sheetnet.reference import LOSSES, Equation, equations


@dataclass(frozen=True)
class Convention:
    """A named convention: where it applies, its equations, and the blocks in which it shows first.

    `roots` are groups of blocks: in each group one block at least is wrong in every cell of a sheet that follows the
    convention but is judged by the usual equations.
    """

    name: str
    message: str
    applies: Callable[[Network], bool]
    equations: Callable[[Network], dict[str, Equation]]
    roots: Callable[[Network], list[tuple[str, ...]]]


def _scaled(factor: Callable[[Network], float]) -> Callable[[Network], dict[str, Equation]]:
    """The cost of each output and its derivative, both times a factor: all gradients follow."""

    def scaled(network: Network) -> dict[str, Equation]:
        loss, s, depth = LOSSES[network.loss], factor(network), network.depth
        a, a_new = q("a", depth), q("a", depth, new=True)
        return {
            "cost_out": lambda v: s * loss.terms(v[a], v["target"]),
            "cost_out_new": lambda v: s * loss.terms(v[a_new], v["target"]),
            q("dC_da", depth): lambda v: s * loss.gradient(v[a], v["target"]),
        }

    return scaled


def _cost_roots(network: Network) -> list[tuple[str, ...]]:
    return [("cost_out", "cost_n", "cost"), (q("dC_da", network.depth), q("delta", network.depth))]


def _share_in_error(network: Network) -> dict[str, Equation]:
    """δ⁽ᴸ⁾ carries 1/N, so that ∂C/∂W = Aᵀδ needs none."""
    depth, n = network.depth, network.observations
    a, dc_da, loss = q("a", depth), q("dC_da", depth), LOSSES[network.loss]
    found: dict[str, Equation] = {dc_da: lambda v: loss.gradient(v[a], v["target"]) / n}
    return found | _plain_gradients(network)


def _share_in_delta(network: Network) -> dict[str, Equation]:
    """The same, but ∂C/∂a⁽ᴸ⁾ itself stays as it is."""
    delta, n = q("delta", network.depth), network.observations
    usual = equations(network)[delta]
    return {delta: lambda v: usual(v) / n, **_plain_gradients(network)}


def _plain_gradients(network: Network) -> dict[str, Equation]:
    """∂C/∂W without 1/N: as where the cost is the sum."""
    summed = equations(replace(network, reduction="sum"))
    return {name: summed[name] for name in _gradients(network)}


def _gradients(network: Network) -> list[str]:
    return [q("dC_dW", layer) for layer in range(1, network.depth + 1)]


def _gradient_roots(network: Network) -> list[tuple[str, ...]]:
    return [(q("dC_da", network.depth), q("delta", network.depth)), (q("dC_dW", network.depth),)]


def _sign_turned(block: str) -> Callable[[Network], dict[str, Equation]]:
    """The error as target minus output in a block of the last layer, so that the update adds: the delta rule."""

    def turned(network: Network) -> dict[str, Equation]:
        usual, first = equations(network), q(block, network.depth)
        added: dict[str, Equation] = {first: lambda v: -usual[first](v)}
        for layer in range(1, network.depth + 1):
            added[q("dC_dW", layer)] = _negative(usual[q("dC_dW", layer)], q("delta", layer))
            added[q("W", layer, new=True)] = _added(q("W", layer), usual[q("W", layer, new=True)])
        return added

    return turned


def _negative(usual: Equation, delta: str) -> Equation:
    """The gradient with the other sign, of δ that has it already: what the penalty adds has it too."""
    return lambda v: -usual({**v, delta: -v[delta]})


def _added(weights: str, usual: Equation) -> Equation:
    return lambda v: 2 * v[weights] - usual(v)


def _sign_roots(block: str) -> Callable[[Network], list[tuple[str, ...]]]:
    return lambda network: [
        (q(block, network.depth),),
        *((q("W", layer, new=True),) for layer in range(1, network.depth + 1)),
    ]


def _other_reduction(network: Network) -> dict[str, Equation]:
    """The batch summed where the network takes the mean, or the mean taken where it sums."""
    other = equations(replace(network, reduction="sum" if network.reduction == "mean" else "mean"))
    return {name: other[name] for name in ("cost", "cost_new", *_gradients(network))}


def _decay_in_update(network: Network) -> dict[str, Equation]:
    """∂C/∂W without λ W, which the update adds: W − γ (∂C/∂W + λ W)."""
    plain, usual = equations(replace(network, l2=None)), equations(network)
    found: dict[str, Equation] = {}
    for layer, gradient in enumerate(_gradients(network), 1):
        found |= {gradient: plain[gradient], q("W", layer, new=True): _with(usual, q("W", layer, new=True), gradient)}
    return found


def _with(usual: dict[str, Equation], name: str, other: str) -> Equation:
    """An equation in which another quantity is what its usual equation gives."""
    return lambda v: usual[name]({**v, other: usual[other](v)})


def _decay_roots(network: Network) -> list[tuple[str, ...]]:
    layers = range(1, network.depth + 1)
    return [(q(symbol, layer, new),) for layer in layers for symbol, new in (("dC_dW", False), ("W", True))]


def _reduction_roots(network: Network) -> list[tuple[str, ...]]:
    return [("cost", "cost_new"), *((q("dC_dW", layer),) for layer in range(1, network.depth + 1))]


def _without_maximum(network: Network) -> dict[str, Equation]:
    """e^z as it stands, which gives the same shares."""
    found = [Quantity.of(name) for names in _exponential_roots(network) for name in names]
    return {e.name: _exponential(q("z", e.layer, e.new)) for e in found}


def _exponential(z: str) -> Equation:
    return lambda v: np.exp(v[z])


def _exponential_roots(network: Network) -> list[tuple[str, ...]]:
    softmax = [n for n in range(1, network.depth + 1) if network.mixes(n) and network.mixing(n).is_softmax]
    return [(q("e", n), q("e", n, new=True)) for n in softmax]


def _has_half_squares(network: Network) -> bool:
    return network.loss_facts.halves


def _has_mean_squares(network: Network) -> bool:
    return network.loss_facts.squares and network.loss_facts.averages


def _has_whole_squares(network: Network) -> bool:
    facts = network.loss_facts
    return facts.squares and not facts.halves and not facts.averages


def _is_batch(reduction: str) -> Callable[[Network], bool]:
    return lambda network: network.reduction == reduction and network.observations > 1


CONVENTIONS = (
    Convention("cost-without-half", "the cost is Σ (a − T)², without the ½, and its derivative 2(a − T)",
               _has_half_squares, _scaled(lambda net: 2.0), _cost_roots),
    Convention("mean-over-outputs", "the cost is the mean over the outputs, not their sum",
               lambda net: not net.loss_facts.averages,
               _scaled(lambda net: 1 / net.sizes[-1]), _cost_roots),
    Convention("mean-squares", "the cost is the mean over the outputs of (a − T)², without the ½",
               _has_half_squares, _scaled(lambda net: 2 / net.sizes[-1]), _cost_roots),
    Convention("half-squares", "the cost is ½ Σ (a − T)², with the ½, and its derivative a − T",
               _has_whole_squares, _scaled(lambda net: 0.5), _cost_roots),
    Convention("sum-over-outputs", "the cost is the sum over the outputs of (a − T)², not their mean",
               _has_mean_squares, _scaled(lambda net: float(net.sizes[-1])), _cost_roots),
    Convention("half-sum-over-outputs", "the cost is ½ Σ (a − T)², not the mean over the outputs",
               _has_mean_squares, _scaled(lambda net: net.sizes[-1] / 2), _cost_roots),
    Convention("half-mean-over-outputs", "the cost has a ½ before the mean over the outputs",
               _has_mean_squares, _scaled(lambda net: 0.5), _cost_roots),
    Convention("share-in-error", "1/N stands in ∂C/∂a of the output and so in every δ, not in ∂C/∂W",
               _is_batch("mean"), _share_in_error, _gradient_roots),
    Convention("share-in-delta", "1/N stands in δ of the output and so in every δ, not in ∂C/∂W",
               _is_batch("mean"), _share_in_delta, _gradient_roots),
    Convention("sum-over-observations", "cost and gradients are summed over the observations, not their mean: the step is"
               " as many times longer", _is_batch("mean"), _other_reduction, _reduction_roots),
    Convention("mean-over-observations", "cost and gradients are the mean over the observations, not their sum: the step"
               " is as many times shorter", _is_batch("sum"), _other_reduction, _reduction_roots),
    Convention("decay-in-update", "λ w stands in the update, W − γ (∂C/∂W + λ w), not in ∂C/∂W: the same new weights",
               lambda net: net.l2 is not None, _decay_in_update, _decay_roots),
    Convention("delta-rule", "∂C/∂a is target minus output and so has the other sign in every δ and gradient; the update"
               " adds γ times the gradient, which gives the same new weights",
               lambda net: True, _sign_turned("dC_da"), _sign_roots("dC_da")),
    Convention("delta-rule-in-delta", "δ of the output is (T − a) f′ and so has the other sign, as every gradient; the"
               " update adds γ times the gradient, which gives the same new weights",
               lambda net: True, _sign_turned("delta"), _sign_roots("delta")),
    Convention("exponential-without-maximum", "e^z is taken without subtracting the maximum: the same softmax, but it"
               " overflows from z = 710 on",
               lambda net: bool(_exponential_roots(net)), _without_maximum, _exponential_roots),
)  # fmt: skip
