"""The equations of one training step in matrix form, in their order.

Every array has a leading trials axis K: X is K × N × n_0, W⁽ˡ⁾ is K × (n_{l-1} + 1) × n_l. With A⁽ˡ⁾ = [a⁽ˡ⁾, 1]
(HappyDustbunny, "Back propagation in a simple neural net", 2019, in row form), or A⁽ˡ⁾ = a⁽ˡ⁾ and W⁽ˡ⁺¹⁾ without a
bias row where layer l + 1 has no biases:

    z⁽ˡ⁾ = A⁽ˡ⁻¹⁾ W⁽ˡ⁾          δ⁽ᴸ⁾ = ∂C/∂a⁽ᴸ⁾ ∂a/∂z          ∂C/∂W⁽ˡ⁾ = A⁽ˡ⁻¹⁾ᵀ δ⁽ˡ⁾
    a⁽ˡ⁾ = f(z⁽ˡ⁾)              ∂C/∂a⁽ˡ⁾ = δ⁽ˡ⁺¹⁾ w⁽ˡ⁺¹⁾ᵀ      W⁽ˡ⁾ ← W⁽ˡ⁾ − γ ∂C/∂W⁽ˡ⁾

w is W without its bias row. With L2 regularisation the cost has the penalty R = λ/2 Σ tr(Wᵀ M W) more and ∂C/∂W the
matrix λ M W, where M = diag(1, …, 1, 0), or diag(1, …, 1) where biases are penalised too.

A known mistake is this set with one equation replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from sheetnet.network import Block, Network
from sheetnet.network_file import NetworkLike, load_network
from sheetnet.object_display import shown_html, shown_line
from sheetnet.predictor import refuse_predictor
from sheetnet.quantity import q
from sheetnet.reference.activations_and_losses import LOSSES, Array, activation_of

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
    found = forward_pass(network)
    for layer in range(depth, 0, -1):
        found |= _errors(network, layer)
    for layer in range(1, depth + 1):
        found[q("dC_dW", layer)] = _weight_gradient(network, layer)
    for layer in range(1, depth + 1):
        found[q("W", layer, new=True)] = _updated(network, layer)
    return found | forward_pass(network, new=True)


def evaluate_step(network: Network, inputs: Values, replaced: Mapping[str, Equation] | None = None) -> dict[str, Array]:
    """All quantities for K sets of inputs at once: name → K × rows × columns. `replaced` swaps single equations."""
    values = dict(inputs)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for name, equation in (equations(network) | dict(replaced or {})).items():
            values[name] = equation(values)
    return values


def forward_pass(network: Network, new: bool = False) -> dict[str, Equation]:
    """z, a and the cost, with the weights or with the new ones."""
    found: dict[str, Equation] = {}
    for layer in range(1, network.depth + 1):
        found |= _layer(network, layer, new)
    return found | _cost(network, new)


def _layer(network: Network, layer: int, new: bool) -> dict[str, Equation]:
    activation = activation_of(network.layers[layer - 1])
    below, weights = q("A", layer - 1, new), q("W", layer, new)
    z, a = q("z", layer, new), q("a", layer, new)
    found: dict[str, Equation] = {z: lambda v: v[below] @ v[weights]}
    if (power := activation.power) is not None:
        found[q("e", layer, new)] = lambda v: power(v[z])
    found[a] = lambda v: activation.f(v[z])
    if layer < network.depth:
        found[q("A", layer, new)] = lambda v: nodes_of(network, layer, v[a])
    return found


def with_bias_node(a: Array) -> Array:
    """[a, 1]: a column of ones for the bias node, … × n → … × (n + 1)."""
    return np.concatenate([a, np.ones_like(a[..., :1])], axis=-1)


def nodes_of(network: Network, layer: int, a: Array) -> Array:
    """A⁽ˡ⁾ of a⁽ˡ⁾ (of x for layer 0): with the bias node where the next layer has biases."""
    return with_bias_node(a) if network.has_bias(layer + 1) else a


def _cost(network: Network, new: bool) -> dict[str, Equation]:
    loss, out = LOSSES[network.loss], q("a", network.depth, new)
    cost_out, cost_n = q("cost_out", new=new), q("cost_n", new=new)
    found: dict[str, Equation] = {
        cost_out: lambda v: loss.terms(v[out], v["target"]),
        cost_n: lambda v: v[cost_out].sum(axis=-1, keepdims=True),
    }

    def of_observations(v: Values) -> Array:
        return np.asarray(v[cost_n].sum(axis=-2, keepdims=True) / network.divisor)

    if network.l2 is None:
        return found | {q("cost", new=new): of_observations}
    penalty = q("penalty", new=new)
    return found | {
        penalty: _penalty(network, new),
        q("cost", new=new): lambda v: of_observations(v) + v[penalty],
    }


def _penalised(network: Network, layer: int) -> Array:
    """The diagonal of M, as a column: 1 for the rows of W that are penalised, 0 for the others."""
    found = np.zeros((network.nodes(layer - 1), 1))
    found[: network.penalised_rows(layer)] = 1.0
    return found


def _penalty(network: Network, new: bool) -> Equation:
    """λ/2 Σ tr(Wᵀ M W), with λ/N for λ where that is meant for all observations."""
    masks = {q("W", layer, new): _penalised(network, layer) for layer in range(1, network.depth + 1)}

    def penalty(v: Values) -> Array:
        traces = [np.einsum("...ij,...ij->...", v[name], mask * v[name]) for name, mask in masks.items()]
        return np.asarray(v["l2_factor"] / (2 * network.penalty_divisor) * sum(traces)[..., None, None])

    return penalty


def _errors(network: Network, layer: int) -> dict[str, Equation]:
    """∂C/∂a, ∂a/∂z and their product δ = ∂cost_n/∂z of one layer; δ carries no 1/N."""
    activation, loss = activation_of(network.layers[layer - 1]), LOSSES[network.loss]
    z, a, dc_da, da_dz, jacobian = q("z", layer), q("a", layer), q("dC_da", layer), q("da_dz", layer), q("J", layer)
    found: dict[str, Equation] = {}
    if layer == network.depth:
        found[dc_da] = lambda v: loss.gradient(v[a], v["target"])
    else:
        neurons = network.sizes[layer]
        found[dc_da] = lambda v: v[q("delta", layer + 1)] @ np.swapaxes(v[q("W", layer + 1)][..., :neurons, :], -1, -2)
    if network.mixes(layer):
        found[jacobian] = lambda v: activation.jacobian(v[z], v[a])
    found[da_dz] = lambda v: activation.derivative(v[z], v[a])
    if network.mixes(layer):
        found[q("delta", layer)] = lambda v: (v[dc_da][..., None, :] @ v[jacobian])[..., 0, :]
    else:
        found[q("delta", layer)] = lambda v: v[dc_da] * v[da_dz]
    return found


def _weight_gradient(network: Network, layer: int) -> Equation:
    share = 1 / network.divisor

    def of_observations(v: Values) -> Array:
        return np.asarray(share * (np.swapaxes(v[q("A", layer - 1)], -1, -2) @ v[q("delta", layer)]))

    if network.l2 is None:
        return of_observations
    penalised = _penalised(network, layer) / network.penalty_divisor
    return lambda v: of_observations(v) + v["l2_factor"] * penalised * v[q("W", layer)]


def _updated(network: Network, layer: int) -> Equation:
    trained = np.ones((network.nodes(layer - 1), 1))
    trained[network.sizes[layer - 1] :] = network.train_bias
    return lambda v: v[q("W", layer)] - trained * (v["gamma"] * v[q("dC_dW", layer)])


class Step(Mapping[str, Array]):
    """The quantities of one training step, name → array, with the shapes of docs/design.md (`J_l` is N × n × n).

    Among N observations and layers of n_l neurons, `z_1` is N × n_1, and `W_1`, `dC_dW_1` and `W_1_new` are
    (n_0 + 1) × n_1 with the biases in the last row, n_0 × n_1 where there are none; `cost` is 1 × 1. A name that there
    is not raises KeyError.

    >>> step = sheetnet.training_step(sheetnet.load_network("d02b"))
    >>> step["delta_2"].round(6)
    array([[ 0.138499, -0.038098]])
    >>> step.to_frame().head(3)
      quantity   index  value
    0      A_0  (0, 0)   0.05
    1      A_0  (0, 1)   0.10
    2      A_0  (0, 2)   1.00
    """

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

    def __repr__(self) -> str:
        """One line: the network, how many quantities there are, and the cost before and after."""
        sizes = "-".join(map(str, self.network.sizes))
        before, after = (self._arrays[name].item() for name in ("cost", "cost_new"))
        return shown_line(
            self, f"of {self.network.title!r}, {sizes}: {len(self)} quantities, cost {before:.6g} → {after:.6g}"
        )

    def _repr_html_(self) -> str | None:
        return shown_html(self)

    def to_frame(self) -> pandas.DataFrame:
        """A long table, one row per number: quantity, index (a tuple from 0), value."""
        import pandas

        rows = [(name, index, float(x)) for name, array in self.items() for index, x in np.ndenumerate(array)]
        return pandas.DataFrame(rows, columns=["quantity", "index", "value"])


def inputs_of(network: Network) -> dict[str, Array]:
    """The inputs of the step with a trials axis of 1: A_0, W_1 … W_L, target, gamma, and λ where there is a penalty."""
    values = {"A_0": nodes_of(network, 0, np.array([network.inputs])), "target": np.array([network.targets])}
    values |= {q("W", number): np.array([layer.weights]) for number, layer in enumerate(network.layers, 1)}
    values["gamma"] = np.array([[[network.learning_rate]]])
    return values if network.l2 is None else values | {"l2_factor": np.array([[[network.l2.factor]]])}


def training_step(network: NetworkLike) -> Step:
    """One step of gradient descent: forward, cost, backward, new weights, new cost.

    `network` is a template's name, a path, a table as TOML has it or a `Network`.
    All gradients are computed before any weight changes. Values are floats in the network's own units; where the
    network saturates they may be infinite or NaN, as the mathematics says.

    The equations are those of Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors"
    (Nature 323, 1986), in matrix form as in Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.5, and in
    Nielsen, Neural Networks and Deep Learning (2015), chapter 2: δ⁽ᴸ⁾ is his BP1, δ⁽ˡ⁾ BP2, and ∂C/∂W⁽ˡ⁾ BP4 with
    BP3 as its last row. Softmax goes through its whole Jacobian; with cross-entropy that gives a − T, as in Bishop,
    Pattern Recognition and Machine Learning (2006), 4.108 and 4.109.

    >>> step = sheetnet.training_step(sheetnet.load_network("d02b"))
    >>> step
    <Step of "Mazur's step by step example: 2-2-2 with sigmoid", 2-2-2: 31 quantities, cost 0.298371 → 0.291028>
    >>> step["W_2_new"].round(6)  # (n_1 + 1) × n_2, the biases in the last row
    array([[0.358916, 0.511301],
           [0.408666, 0.56137 ],
           [0.6     , 0.6     ]])
    """
    network = load_network(network)
    refuse_predictor(network)
    values = evaluate_step(network, inputs_of(network))
    return Step(network, {name: array[0] for name, array in values.items()})


def stacked(array: Array, block: Block) -> Array:
    """A quantity as its block stands on a sheet: … × rows × columns (`J_l`: one n × n Jacobian under the other)."""
    trials = array.shape[: array.ndim - (3 if block.quantity.symbol == "J" else 2)]
    return array.reshape(*trials, block.rows, block.columns)
