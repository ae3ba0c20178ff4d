"""The network: its layers, inputs and weights, and the name and shape of each quantity of one training step.

The two derivations of the step (`reference` in NumPy, `formulas` in spreadsheet text) meet here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sheetnet.catalogue import ACTIVATION_FACTS, LOSS_FACTS, ActivationFacts, LossFacts, Mixing

Row = tuple[float, ...]
Matrix = tuple[Row, ...]


@dataclass(frozen=True)
class Layer:
    """A dense layer. `weights` is W⁽ˡ⁾, (n_in + 1) × n_out: row i leads from node i, the last row is the biases.

    `shared_bias` says that the biases are ONE number, which stands in one cell (only where biases are not trained).
    """

    activation: str
    weights: Matrix
    shared_bias: bool = False

    @property
    def neurons(self) -> int:
        """n_l, the number of neurons of this layer."""
        return len(self.weights[0])


@dataclass(frozen=True)
class Network:
    """A dense network, its observations and everything one training step needs.

    `inputs` is N × n_0 and `targets` N × n_L; `reduction` ("mean" or "sum") is over the observations only.
    """

    title: str
    source: str
    inputs: Matrix
    targets: Matrix
    layers: tuple[Layer, ...]
    loss: str
    learning_rate: float
    reduction: str = "mean"
    train_bias: bool = True

    @property
    def observations(self) -> int:
        """N, the number of observations."""
        return len(self.inputs)

    @property
    def depth(self) -> int:
        """L, the number of layers that have weights."""
        return len(self.layers)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """n_0, n_1, … n_L."""
        return (len(self.inputs[0]), *(layer.neurons for layer in self.layers))

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """Every block of the step by name, in the order in which the step computes them.

        Names and shapes are those of docs/design.md; `J_l` is stacked, one n × n Jacobian under the other.
        """
        found = [*_inputs(self), *_forward(self, ""), *_backward(self), *_forward(self, "_new")]
        return {block.name: block for block in found}

    def mixes(self, layer: int) -> bool:
        """Whether each output of layer `layer` (from 1) depends on the whole row of z, as softmax's do."""
        return self.activation_facts(layer).mixes

    def kinks(self, layer: int) -> tuple[float, ...]:
        """The z at which the activation of layer `layer` (from 1) bends."""
        return self.activation_facts(layer).kinks

    def activation_facts(self, layer: int) -> ActivationFacts:
        """What the catalogue says of the activation of layer `layer` (from 1)."""
        return ACTIVATION_FACTS[self.layers[layer - 1].activation]

    def mixing(self, layer: int) -> Mixing:
        """How the neurons of layer `layer` (from 1) mix, which they are known to do."""
        found = self.activation_facts(layer).mixing
        assert found is not None, f"the neurons of layer {layer} do not mix"
        return found

    @property
    def loss_facts(self) -> LossFacts:
        """What the catalogue says of the loss."""
        return LOSS_FACTS[self.loss]


BlockKind = Literal["input", "answer"]


@dataclass(frozen=True, slots=True)
class Block:
    """A named block of cells: one quantity as it stands on a sheet, `rows` × `columns`.

    `bias_node`: its last column (last row, where `transposed`) is the bias node, a judged constant 1.
    `required`: False for intermediate results that a sheet may do without; they are judged where they stand.
    """

    name: str
    rows: int
    columns: int
    kind: BlockKind = "answer"
    bias_node: bool = False
    transposed: bool = False
    required: bool = True

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    def is_bias_node(self, row: int, column: int) -> bool:
        """Whether (row, column), from 0, is a bias node's cell."""
        return self.bias_node and (row == self.rows - 1 if self.transposed else column == self.columns - 1)


def activation_name(layer: int, depth: int) -> str:
    """The block with the activations of `layer`: `A_l` with the bias node, `a_L` in the last layer."""
    return f"a_{layer}" if layer == depth else f"A_{layer}"


def _inputs(network: Network) -> Iterator[Block]:
    n = network.sizes
    yield Block("A_0", network.observations, n[0] + 1, "input", bias_node=True)
    yield Block("target", network.observations, n[-1], "input")
    yield Block("gamma", 1, 1, "input")
    for layer in range(1, network.depth + 1):
        yield Block(f"W_{layer}", n[layer - 1] + 1, n[layer], "input")


def _forward(network: Network, suffix: str) -> Iterator[Block]:
    """The forward pass, with the weights (suffix "") or with the new ones (suffix "_new")."""
    rows, n, depth = network.observations, network.sizes, network.depth
    required = not suffix
    for layer in range(1, depth + 1):
        below = f"A_{layer - 1}" + (suffix if layer > 1 else "")
        if layer > 1 or not suffix:
            yield Block(f"{below}_T", n[layer - 1] + 1, rows, bias_node=True, transposed=True, required=False)
        yield Block(f"z_{layer}{suffix}", rows, n[layer], required=required)
        if network.mixes(layer):
            yield Block(f"e_{layer}{suffix}", rows, n[layer], required=False)
        hidden = layer < depth
        name = activation_name(layer, depth) + suffix
        yield Block(name, rows, n[layer] + hidden, bias_node=hidden, required=required)
    yield Block(f"cost_out{suffix}", rows, n[depth], required=False)
    yield Block(f"cost_n{suffix}", rows, 1, required=required)
    yield Block(f"cost{suffix}", 1, 1)


def _backward(network: Network) -> Iterator[Block]:
    rows, n = network.observations, network.sizes
    for layer in range(network.depth, 0, -1):
        yield Block(f"dC_da_{layer}", rows, n[layer])
        if network.mixes(layer):
            yield Block(f"J_{layer}", rows * n[layer], n[layer])
        yield Block(f"da_dz_{layer}", rows, n[layer])
        yield Block(f"delta_{layer}", rows, n[layer])
    for layer in range(1, network.depth + 1):
        yield Block(f"dC_dW_{layer}", n[layer - 1] + 1, n[layer])
    for layer in range(1, network.depth + 1):
        yield Block(f"W_{layer}_new", n[layer - 1] + 1, n[layer])
