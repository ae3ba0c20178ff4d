"""The network: its layers, inputs and weights, and the name and shape of each quantity of one training step.

The two derivations of the step (`reference` in NumPy, `formulas` in spreadsheet text) meet here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Literal

from sheetnet import toml_fields
from sheetnet.activations_and_losses import (
    ACTIVATION_FACTS,
    LOSS_FACTS,
    ActivationFacts,
    LossFacts,
    Mixing,
    activations_for,
    losses_for_all,
)
from sheetnet.input_names import NO_NAMES, Names, Scaler, check_named, checked_image
from sheetnet.object_display import shown_line
from sheetnet.penalty import L2
from sheetnet.quantity import Quantity, q
from sheetnet.toml_fields import Matrix, refuse

REDUCTIONS = ("mean", "sum", "elements")
MOST_SLOPE = 100.0  # below 0
MOST_STEPS = 10_000  # of the sheet Training


@dataclass(frozen=True)
class Remark:
    """What an author says of this network's own source: `text` stands at the end of the sheet of that `view`."""

    view: str
    text: str

    def __post_init__(self) -> None:
        toml_fields.text(self.view, "remarks.view")
        if not toml_fields.text(self.text, "remarks.text").strip():
            raise refuse("remarks.text", "is empty", "what the remark says", "or leave the remark out")


@dataclass(frozen=True)
class Layer:
    """A dense layer. `weights` is W⁽ˡ⁾, (n_in + 1) × n_out: row i leads from node i, the last row is the biases.

    `shared_bias` says that the biases are ONE number, which stands in one cell (only where biases are not trained).
    Where `bias` is False the layer has none: `weights` is n_in × n_out, and no bias node stands beside its inputs.
    `slope` is that of leaky_relu below 0 (0.01 where None is given), or α of elu (1), its slope just below 0.
    Weights may be given as lists, tuples or an array; they become tuples of floats with 15 significant digits, as
    spreadsheets keep them. Raises NetworkError.

    >>> layer = sheetnet.Layer("sigmoid", weights=((0.15, 0.25), (0.2, 0.3), (0.35, 0.35)))  # two inputs, two neurons
    >>> layer.neurons
    2
    """

    activation: str
    weights: Matrix
    shared_bias: bool = False
    bias: bool = True
    slope: float | None = None

    def __post_init__(self) -> None:
        toml_fields.choice(self.activation, "activation", ACTIVATION_FACTS)
        object.__setattr__(self, "slope", _checked_slope(self))
        object.__setattr__(self, "weights", toml_fields.matrix(self.weights, "weights"))
        if toml_fields.flag(self.bias, "bias") and len(self.weights) == 1:
            raise refuse("weights", "has 1 row", "one for each input of the layer, and the biases last")
        if toml_fields.flag(self.shared_bias, "shared_bias") and not self.bias:
            raise refuse("shared_bias", "is True, but the layer has no biases", "False where bias is False")
        if self.shared_bias and len(set(self.weights[-1])) > 1:
            raise refuse(
                "shared_bias", "is True, but the biases differ", "one number all along the last row of weights"
            )

    @property
    def neurons(self) -> int:
        """n_l, the number of neurons of this layer."""
        return len(self.weights[0])

    @property
    def facts(self) -> ActivationFacts:
        """What the catalogue says of the activation, with the layer's own slope."""
        known = ACTIVATION_FACTS[self.activation]
        usual = known.sloped is None or self.slope is None or self.slope == known.below
        return known if usual or known.sloped is None else known.sloped(self.slope or 0.0)

    @property
    def fan_in(self) -> int:
        """n_in, the number of inputs of each neuron, the bias node not among them."""
        return len(self.weights) - self.bias

    def __repr__(self) -> str:
        """One line: the activation, and how many weights there are."""
        which = "weights with the biases" if self.bias else "weights, no biases"
        return shown_line(self, f"{self.activation}, {len(self.weights)} × {self.neurons} {which}")


def _checked_slope(layer: Layer) -> float | None:
    """The slope below 0, the usual one where none is given; None of activations that have none."""
    usual = ACTIVATION_FACTS[layer.activation].below
    if layer.slope is None:
        return usual
    if usual is None:
        have = " or ".join(name for name, facts in ACTIVATION_FACTS.items() if facts.below is not None)
        raise refuse("slope", f"stands beside {layer.activation}", f"none, or the activation {have}")
    if not 0 < (found := toml_fields.number(layer.slope, "slope")) <= MOST_SLOPE:
        raise refuse("slope", f"is {found:g}", f"a number above 0, at most {MOST_SLOPE:g}")
    return found


@dataclass(frozen=True)
class Network:
    """A dense network, its observations and everything one training step needs.

    `inputs` is N × n_0 and `targets` N × n_L; `reduction` ("mean" or "sum") is over the observations only, "elements" the
    mean over all N n_L elements. Lists, tuples and arrays become tuples of floats as in `Layer`. Raises NetworkError for
    what is no number, shapes that do not meet, an unknown word, and logarithms of outputs or targets that may be negative.

    `training_steps` are those of the sheet Training where nobody asks for others; `remarks` stand on the sheets.
    `image` says that an observation is a picture of so many rows and columns; `names` what inputs and outputs are called,
    and `scaler` how inputs were scaled before they became these, for the sheet Predict. `l2` is the penalty on large
    weights that is part of the cost; λ alone may be given for it.

    >>> layer = sheetnet.Layer("sigmoid", weights=((0.15,), (0.2,), (0.35,)))
    >>> sheetnet.Network("One neuron", "", ((0.05, 0.1),), ((0.99,),), (layer,), "half_sse", learning_rate=0.5)
    <Network 'One neuron': 2-1 with sigmoid; half_sse; observations: 1>
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
    training_steps: int | None = None
    remarks: tuple[Remark, ...] = ()
    image: tuple[int, int] | None = None
    names: Names = NO_NAMES
    scaler: Scaler | None = None
    l2: L2 | None = None

    def __post_init__(self) -> None:
        toml_fields.text(self.title, "title")
        toml_fields.text(self.source, "source")
        for name in ("inputs", "targets"):
            object.__setattr__(self, name, toml_fields.matrix(getattr(self, name), name))
        toml_fields.choice(self.loss, "loss", LOSS_FACTS)
        object.__setattr__(self, "learning_rate", toml_fields.number(self.learning_rate, "learning_rate"))
        toml_fields.choice(self.reduction, "reduction", REDUCTIONS)
        toml_fields.flag(self.train_bias, "train_bias")
        object.__setattr__(self, "l2", L2.of(self.l2))
        if self.training_steps is not None:
            toml_fields.whole(self.training_steps, "training_steps", MOST_STEPS)
        if not all(isinstance(remark, Remark) for remark in self.remarks):
            raise refuse("remarks", f"is {toml_fields.shown(self.remarks)}", "a Remark for each")
        object.__setattr__(self, "remarks", tuple(self.remarks))
        object.__setattr__(self, "layers", _checked_layers(self))
        object.__setattr__(self, "image", checked_image(self.image, len(self.inputs[0])))
        _check_shapes(self)
        check_named(self.names, self.scaler, self.sizes[0], self.sizes[-1])
        _check_meaning(self)

    @property
    def observations(self) -> int:
        """N, the number of observations."""
        return len(self.inputs)

    @property
    def depth(self) -> int:
        """L, the number of layers that have weights."""
        return len(self.layers)

    @property
    def divisor(self) -> int:
        """By what the sum of all costs is divided: N for the mean, N n_L for that of all elements, 1 for the sum."""
        every = {"mean": self.observations, "elements": self.observations * self.sizes[-1]}
        return every.get(self.reduction, 1)

    @property
    def reduces(self) -> bool:
        """Whether the cost is another number than that of the one observation."""
        return self.observations > 1 or self.divisor > 1 or self.l2 is not None

    @property
    def penalty_divisor(self) -> int:
        """By what λ is divided: N where it is meant for all observations together, else 1."""
        return self.observations if self.l2 is not None and self.l2.per_observation else 1

    def penalised_rows(self, layer: int) -> int:
        """How many rows of the weights of layer `layer` (from 1) the penalty takes: none, all but the biases, or all."""
        if self.l2 is None:
            return 0
        return self.nodes(layer - 1) if self.l2.biases else self.sizes[layer - 1]

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """n_0, n_1, … n_L."""
        return (len(self.inputs[0]), *(layer.neurons for layer in self.layers))

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """Every block of the step by name, in the order in which the step computes them.

        Names and shapes are those of docs/design.md; `J_l` is stacked, one n × n Jacobian under the other.
        """
        found = [*_inputs(self), *_forward(self), *_backward(self), *_forward(self, new=True)]
        return {block.name: block for block in found}

    def has_bias(self, layer: int) -> bool:
        """Whether the neurons of layer `layer` (from 1) have biases."""
        return self.layers[layer - 1].bias

    def nodes(self, layer: int) -> int:
        """How many nodes of layer `layer` (from 0) lead to the next: its neurons, and the bias node if that has biases."""
        return self.sizes[layer] + (layer < self.depth and self.has_bias(layer + 1))

    def mixes(self, layer: int) -> bool:
        """Whether each output of layer `layer` (from 1) depends on the whole row of z, as softmax's do."""
        return self.activation_facts(layer).mixes

    def kinks(self, layer: int) -> tuple[float, ...]:
        """The z at which the activation of layer `layer` (from 1) bends."""
        return self.activation_facts(layer).kinks

    def activation_facts(self, layer: int) -> ActivationFacts:
        """What the catalogue says of the activation of layer `layer` (from 1)."""
        return self.layers[layer - 1].facts

    def mixing(self, layer: int) -> Mixing:
        """How the neurons of layer `layer` (from 1) mix, which they are known to do."""
        found = self.activation_facts(layer).mixing
        assert found is not None, f"the neurons of layer {layer} do not mix"
        return found

    @property
    def loss_facts(self) -> LossFacts:
        """What the catalogue says of the loss."""
        return LOSS_FACTS[self.loss]

    def __repr__(self) -> str:
        """One line: the title, the sizes of the layers and what is trained."""
        sizes, activations = "-".join(map(str, self.sizes)), ", ".join(layer.activation for layer in self.layers)
        return shown_line(
            self, f"{self.title!r}: {sizes} with {activations}; {self.loss}; observations: {self.observations}"
        )


def _checked_layers(network: Network) -> tuple[Layer, ...]:
    """The layers, each of which takes what the one before gives."""
    layers: object = network.layers
    if not isinstance(layers, list | tuple) or not layers:
        raise refuse("layers", f"is {toml_fields.shown(network.layers)}", "a Layer for each layer that has weights")
    fan_in = len(network.inputs[0])
    for index, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            raise refuse(f"layers[{index}]", f"is {toml_fields.shown(layer)}", "a Layer")
        if layer.fan_in != fan_in:
            found = f"has {len(layer.weights)} rows"
            last = "and the biases last" if layer.bias else "and none for biases"
            raise refuse(
                f"layers[{index}].weights", found, f"{fan_in + layer.bias}: one for each of {fan_in} inputs, {last}"
            )
        if layer.shared_bias and network.train_bias:
            raise refuse(f"layers[{index}].shared_bias", "is True", "False where biases are trained, for they part")
        fan_in = layer.neurons
    return tuple(layers)


def _check_shapes(network: Network) -> None:
    if len(network.targets) != len(network.inputs):
        raise refuse(
            "targets", f"has {len(network.targets)} rows", f"{len(network.inputs)}, one per observation as in inputs"
        )
    if len(network.targets[0]) != network.sizes[-1]:
        found = f"has {len(network.targets[0])} numbers per row"
        raise refuse("targets", found, f"{network.sizes[-1]}, one per neuron of the last layer")


def _check_meaning(network: Network) -> None:
    """Refuse what mathematics refuses: softmax of one neuron, a logarithm of outputs or targets that may be negative."""
    for index, layer in enumerate(network.layers):
        if network.mixes(index + 1) and layer.neurons == 1:
            words = f"is {layer.activation} over one neuron, which is always 1"
            raise refuse(f"layers[{index}].activation", words, "two neurons or more")
    output, loss = network.activation_facts(network.depth), network.loss_facts
    if not output.outputs.within(loss.outputs):
        low, high = loss.outputs.low, loss.outputs.high
        raise refuse(
            "loss",
            f"is {network.loss}, whose {loss.because} wants outputs in ({low:g}, {high:g}), but "
            f"{network.layers[-1].activation} also gives others",
            "a last layer with " + " or ".join(activations_for(network.loss)),
            f"change layers[-1].activation, or take loss {losses_for_all()[0]}",
        )
    if network.reduction == "elements" and loss.averages:
        words = f"is elements, but {network.loss} is the mean over the outputs already"
        raise refuse("reduction", words, "mean, or a loss that is a sum over the outputs, such as sse")
    allowed = loss.targets.allowed
    if not all(t in allowed for row in network.targets for t in row):
        found = "has a number outside 0 … 1" if isfinite(allowed.high) else "has a negative number"
        numbers = "probabilities" if loss.one_hot else "numbers from 0 on"
        raise refuse("targets", found, f"{numbers} for {network.loss}")


BlockKind = Literal["input", "answer"]


@dataclass(frozen=True, slots=True)
class Block:
    """A named block of cells: one quantity as it stands on a sheet, `rows` × `columns`.

    `bias_node`: its last column is the bias node, a judged constant 1.
    `required`: False for intermediate results that a sheet may do without; they are judged where they stand.
    """

    quantity: Quantity
    rows: int
    columns: int
    kind: BlockKind = "answer"
    bias_node: bool = False
    required: bool = True

    @property
    def name(self) -> str:
        """The name of its quantity, by which it is known everywhere."""
        return self.quantity.name

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    def is_bias_node(self, column: int) -> bool:
        """Whether the cells of a column, from 0, are bias nodes."""
        return self.bias_node and column == self.columns - 1


def activation_name(layer: int, depth: int, new: bool = False) -> str:
    """The block with the activations of `layer`: `A_l` with the bias node if there is one, `a_L` in the last layer."""
    return q("a" if layer == depth else "A", layer, new)


def _inputs(network: Network) -> Iterator[Block]:
    n = network.sizes
    yield Block(Quantity("A", 0), network.observations, network.nodes(0), "input", bias_node=network.has_bias(1))
    yield Block(Quantity("target"), network.observations, n[-1], "input")
    yield Block(Quantity("gamma"), 1, 1, "input")
    if network.l2 is not None:
        yield Block(Quantity("l2_factor"), 1, 1, "input")
    for layer in range(1, network.depth + 1):
        yield Block(Quantity("W", layer), network.nodes(layer - 1), n[layer], "input")


def _forward(network: Network, new: bool = False) -> Iterator[Block]:
    """The forward pass, with the weights or with the new ones."""
    rows, n, depth = network.observations, network.sizes, network.depth
    for layer in range(1, depth + 1):
        yield Block(Quantity("z", layer, new), rows, n[layer], required=not new)
        if network.mixes(layer):
            yield Block(Quantity("e", layer, new), rows, n[layer], required=False)
        a, nodes = Quantity("A" if layer < depth else "a", layer, new), network.nodes(layer)
        yield Block(a, rows, nodes, bias_node=nodes > n[layer], required=not new)
    yield Block(Quantity("cost_out", None, new), rows, n[depth], required=False)
    yield Block(Quantity("cost_n", None, new), rows, 1, required=not new)
    if network.l2 is not None:
        yield Block(Quantity("penalty", None, new), 1, 1, required=False)
    yield Block(Quantity("cost", None, new), 1, 1)


def _backward(network: Network) -> Iterator[Block]:
    rows, n = network.observations, network.sizes
    for layer in range(network.depth, 0, -1):
        yield Block(Quantity("dC_da", layer), rows, n[layer])
        if network.mixes(layer):
            yield Block(Quantity("J", layer), rows * n[layer], n[layer])
        yield Block(Quantity("da_dz", layer), rows, n[layer])
        yield Block(Quantity("delta", layer), rows, n[layer])
    for layer in range(1, network.depth + 1):
        yield Block(Quantity("dC_dW", layer), network.nodes(layer - 1), n[layer])
    for layer in range(1, network.depth + 1):
        yield Block(Quantity("W", layer, new=True), network.nodes(layer - 1), n[layer])
