"""The equations of one training step in matrix form, in their order.

Every array has a leading trials axis K: X is K × N × n_0, W⁽ˡ⁾ is K × (n_{l-1} + 1) × n_l. With A⁽ˡ⁾ = [a⁽ˡ⁾, 1]
(HappyDustbunny, "Back propagation in a simple neural net", 2019, in row form):

    z⁽ˡ⁾ = A⁽ˡ⁻¹⁾ W⁽ˡ⁾          δ⁽ᴸ⁾ = ∂C/∂a⁽ᴸ⁾ ∂a/∂z          ∂C/∂W⁽ˡ⁾ = A⁽ˡ⁻¹⁾ᵀ δ⁽ˡ⁾
    a⁽ˡ⁾ = f(z⁽ˡ⁾)              ∂C/∂a⁽ˡ⁾ = δ⁽ˡ⁺¹⁾ w⁽ˡ⁺¹⁾ᵀ      W⁽ˡ⁾ ← W⁽ˡ⁾ − γ ∂C/∂W⁽ˡ⁾

w is W without its bias row. A known mistake is this set with one equation replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from sheetnet.network import Block, Network, activation_name
from sheetnet.reference.functions import ACTIVATIONS, LOSSES, Array

if TYPE_CHECKING:
    import pandas


class Recorder(dict[str, Array]):
    """Values by name; `asked` are the names in the order in which they were asked for, repeats included."""

    def __init__(self, values: Mapping[str, Array]) -> None:
        super().__init__(values)
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Array:
        self.asked.append(name)
        return super().__getitem__(name)


Values = Mapping[str, Array]
Equation = Callable[[Values], Array]


def equations(network: Network) -> dict[str, Equation]:
    """Name → equation, in an order in which each needs only the inputs and those before it."""
    depth = network.depth
    found = forward_pass(network, "")
    for layer in range(depth, 0, -1):
        found |= _errors(network, layer)
    for layer in range(1, depth + 1):
        found[f"dC_dW_{layer}"] = _weight_gradient(network, layer)
    for layer in range(1, depth + 1):
        found[f"W_{layer}_new"] = _updated(network, layer)
    return found | forward_pass(network, "_new")


def evaluate_step(network: Network, inputs: Values, replaced: Mapping[str, Equation] | None = None) -> dict[str, Array]:
    """All quantities for K sets of inputs at once: name → K × rows × columns. `replaced` swaps single equations."""
    values = dict(inputs)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for name, equation in (equations(network) | dict(replaced or {})).items():
            values[name] = equation(values)
    return values


def forward_pass(network: Network, suffix: str) -> dict[str, Equation]:
    """z, a and the cost, with the weights (suffix "") or the new weights (suffix "_new")."""
    found: dict[str, Equation] = {}
    for layer in range(1, network.depth + 1):
        found |= _layer(network, layer, suffix)
    return found | _cost(network, suffix)


def _layer(network: Network, layer: int, suffix: str) -> dict[str, Equation]:
    activation = ACTIVATIONS[network.layers[layer - 1].activation]
    below = f"A_{layer - 1}" + (suffix if layer > 1 else "")
    weights, z, a = f"W_{layer}{suffix}", f"z_{layer}{suffix}", f"a_{layer}{suffix}"
    found: dict[str, Equation] = {
        f"{below}_T": lambda v: np.swapaxes(v[below], -1, -2),
        z: lambda v: v[below] @ v[weights],
    }
    if (power := activation.power) is not None:
        found[f"e_{layer}{suffix}"] = lambda v: power(v[z])
    found[a] = lambda v: activation.f(v[z])
    if layer < network.depth:
        found[f"A_{layer}{suffix}"] = lambda v: with_bias_node(v[a])
    return found


def with_bias_node(a: Array) -> Array:
    """[a, 1]: a column of ones for the bias node, … × n → … × (n + 1)."""
    return np.concatenate([a, np.ones_like(a[..., :1])], axis=-1)


def _cost(network: Network, suffix: str) -> dict[str, Equation]:
    loss, out = LOSSES[network.loss], activation_name(network.depth, network.depth) + suffix
    reduce = np.mean if network.reduction == "mean" else np.sum
    return {
        f"cost_out{suffix}": lambda v: loss.terms(v[out], v["target"]),
        f"cost_n{suffix}": lambda v: v[f"cost_out{suffix}"].sum(axis=-1, keepdims=True),
        f"cost{suffix}": lambda v: np.asarray(reduce(v[f"cost_n{suffix}"], axis=-2, keepdims=True)),
    }


def _errors(network: Network, layer: int) -> dict[str, Equation]:
    """∂C/∂a, ∂a/∂z and their product δ = ∂cost_n/∂z of one layer; δ carries no 1/N."""
    activation, loss = ACTIVATIONS[network.layers[layer - 1].activation], LOSSES[network.loss]
    z, a, dc_da, da_dz, jacobian = f"z_{layer}", f"a_{layer}", f"dC_da_{layer}", f"da_dz_{layer}", f"J_{layer}"
    found: dict[str, Equation] = {}
    if layer == network.depth:
        found[dc_da] = lambda v: loss.gradient(v[a], v["target"])
    else:
        found[dc_da] = lambda v: v[f"delta_{layer + 1}"] @ np.swapaxes(v[f"W_{layer + 1}"][..., :-1, :], -1, -2)
    if network.mixes(layer):
        found[jacobian] = lambda v: activation.jacobian(v[z], v[a])
    found[da_dz] = lambda v: activation.derivative(v[z], v[a])
    if network.mixes(layer):
        found[f"delta_{layer}"] = lambda v: (v[dc_da][..., None, :] @ v[jacobian])[..., 0, :]
    else:
        found[f"delta_{layer}"] = lambda v: v[dc_da] * v[da_dz]
    return found


def _weight_gradient(network: Network, layer: int) -> Equation:
    share = 1 / network.observations if network.reduction == "mean" else 1.0
    return lambda v: share * (np.swapaxes(v[f"A_{layer - 1}"], -1, -2) @ v[f"delta_{layer}"])


def _updated(network: Network, layer: int) -> Equation:
    trained = np.ones((network.sizes[layer - 1] + 1, 1))
    trained[-1] = network.train_bias
    return lambda v: v[f"W_{layer}"] - trained * (v["gamma"] * v[f"dC_dW_{layer}"])


class Step(Mapping[str, Array]):
    """The quantities of one training step, name → array, with the shapes of docs/design.md (`J_l` is N × n × n)."""

    def __init__(self, network: Network, arrays: Values) -> None:
        self.network = network
        self._arrays = arrays

    def __getitem__(self, name: str) -> Array:
        try:
            return self._arrays[name]
        except KeyError:
            raise KeyError(f"no quantity {name!r}; there are {', '.join(self._arrays)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def to_frame(self) -> pandas.DataFrame:
        """A long table, one row a number: quantity, index (a tuple from 0), value."""
        import pandas

        rows = [(name, index, float(x)) for name, array in self.items() for index, x in np.ndenumerate(array)]
        return pandas.DataFrame(rows, columns=["quantity", "index", "value"])


def inputs_of(network: Network) -> dict[str, Array]:
    """The inputs of the step with a trials axis of 1: A_0, W_1 … W_L, target, gamma."""
    values = {"A_0": with_bias_node(np.array([network.inputs])), "target": np.array([network.targets])}
    values |= {f"W_{number}": np.array([layer.weights]) for number, layer in enumerate(network.layers, 1)}
    return values | {"gamma": np.array([[[network.learning_rate]]])}


def training_step(network: Network) -> Step:
    """One step of gradient descent: forward, cost, backward, new weights, new cost.

    All gradients are computed before any weight changes. Values are floats in the network's own units; where the
    network saturates they may be infinite or NaN, as the mathematics says.
    """
    values = evaluate_step(network, inputs_of(network))
    return Step(network, {name: array[0] for name, array in values.items()})


def stacked(array: Array, block: Block) -> Array:
    """A quantity as its block stands on a sheet: … × rows × columns (`J_l`: one n × n Jacobian under the other)."""
    trials = array.shape[: array.ndim - (3 if block.name.startswith("J_") else 2)]
    return array.reshape(*trials, block.rows, block.columns)
