"""Other conventions of courses, each a consistent set of replaced equations: right in its own way, and no mistake.

Where a whole sheet follows one, it is judged by it and the report says so once. It knows no cells and no verdicts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheetnet.network import Network, activation_name
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
        a = activation_name(depth, depth)
        return {
            "cost_out": lambda v: s * loss.terms(v[a], v["target"]),
            "cost_out_new": lambda v: s * loss.terms(v[f"{a}_new"], v["target"]),
            f"dC_da_{depth}": lambda v: s * loss.gradient(v[a], v["target"]),
        }

    return scaled


def _cost_roots(network: Network) -> list[tuple[str, ...]]:
    return [("cost_out", "cost_n", "cost"), (f"dC_da_{network.depth}", f"delta_{network.depth}")]


def _share_in_error(network: Network) -> dict[str, Equation]:
    """δ⁽ᴸ⁾ carries 1/N, so that ∂C/∂W = Aᵀδ needs none."""
    depth, n = network.depth, network.observations
    a, dc_da, loss = activation_name(depth, depth), f"dC_da_{depth}", LOSSES[network.loss]
    found: dict[str, Equation] = {dc_da: lambda v: loss.gradient(v[a], v["target"]) / n}
    return found | _plain_gradients(network)


def _share_in_delta(network: Network) -> dict[str, Equation]:
    """The same, but ∂C/∂a⁽ᴸ⁾ itself stays as it is."""
    delta, n = f"delta_{network.depth}", network.observations
    usual = equations(network)[delta]
    return {delta: lambda v: usual(v) / n, **_plain_gradients(network)}


def _plain_gradients(network: Network) -> dict[str, Equation]:
    def gradient(layer: int) -> Equation:
        turned, delta = f"A_{layer - 1}_T", f"delta_{layer}"
        return lambda v: v[turned] @ v[delta]

    return {f"dC_dW_{layer}": gradient(layer) for layer in range(1, network.depth + 1)}


def _gradient_roots(network: Network) -> list[tuple[str, ...]]:
    return [(f"dC_da_{network.depth}", f"delta_{network.depth}"), (f"dC_dW_{network.depth}",)]


def _has_loss(*names: str) -> Callable[[Network], bool]:
    return lambda network: network.loss in names


def _is_mean(network: Network) -> bool:
    return network.reduction == "mean" and network.observations > 1


CONVENTIONS = (
    Convention("cost-without-half", "the cost is Σ (a − T)², without the ½, and its derivative 2(a − T)",
               _has_loss("half_sse"), _scaled(lambda net: 2.0), _cost_roots),
    Convention("mean-over-outputs", "the cost is the mean over the outputs, not their sum",
               _has_loss("half_sse", "binary_cross_entropy", "cross_entropy"),
               _scaled(lambda net: 1 / net.sizes[-1]), _cost_roots),
    Convention("mean-squares", "the cost is the mean over the outputs of (a − T)², without the ½",
               _has_loss("half_sse"), _scaled(lambda net: 2 / net.sizes[-1]), _cost_roots),
    Convention("sum-over-outputs", "the cost is the sum over the outputs of (a − T)², not their mean",
               _has_loss("mse"), _scaled(lambda net: float(net.sizes[-1])), _cost_roots),
    Convention("half-sum-over-outputs", "the cost is ½ Σ (a − T)², not the mean over the outputs",
               _has_loss("mse"), _scaled(lambda net: net.sizes[-1] / 2), _cost_roots),
    Convention("half-mean-over-outputs", "the cost has a ½ before the mean over the outputs",
               _has_loss("mse"), _scaled(lambda net: 0.5), _cost_roots),
    Convention("share-in-error", "1/N stands in ∂C/∂a of the output and so in every δ, not in ∂C/∂W",
               _is_mean, _share_in_error, _gradient_roots),
    Convention("share-in-delta", "1/N stands in δ of the output and so in every δ, not in ∂C/∂W",
               _is_mean, _share_in_delta, _gradient_roots),
)  # fmt: skip
