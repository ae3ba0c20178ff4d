"""Networks for prediction alone: weights, names and a scaler, with nothing to train by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sheetnet.activations_and_losses import usual_loss
from sheetnet.errors import NetworkError
from sheetnet.input_names import NO_NAMES, Names, Scaler
from sheetnet.network import Block, Layer, Network
from sheetnet.object_display import shown_line
from sheetnet.toml_fields import Matrix

EXAMPLES = 3  # observations of a network that its workbook for prediction shows at first
_GAMMA, _TARGET = 0.1, 0.5  # what stands in for a learning rate and a target


@dataclass(frozen=True, repr=False)
class Predictor(Network):
    """A network with nothing to train by, as a network file without targets, loss and learning rate describes one.

    Targets, loss and γ only stand in, so that whatever is computed of a network can be computed of it. Its workbook is the
    sheet Predict with its weights. `inputs` are examples for that sheet; where there are none, one row of zeros stands in.

    >>> from sheetnet.predictor import predictor_of
    >>> predictor_of(sheetnet.load_network("xor-batch"))
    <Predictor 'Learning XOR, all four cases in one batch: 2-3-1 ...': 2-3-1 with tanh, sigmoid; for prediction>
    """

    @property
    def examples(self) -> Matrix:
        """The rows of inputs to be shown at first, N × n_0."""
        return self.inputs if any(map(any, self.inputs)) else ()

    def __repr__(self) -> str:
        """One line: the title and the sizes of the layers."""
        sizes, activations = "-".join(map(str, self.sizes)), ", ".join(layer.activation for layer in self.layers)
        return shown_line(self, f"{self.title!r}: {sizes} with {activations}; for prediction")


def make_predictor(
    title: str,
    source: str,
    layers: Sequence[Layer],
    inputs: Matrix = (),
    image: tuple[int, int] | None = None,
    names: Names = NO_NAMES,
    scaler: Scaler | None = None,
) -> Predictor:
    """The predictor of these layers; `inputs` are examples, N × n_0, if there are any. Raises NetworkError."""
    rows = inputs or ((0.0,) * layers[0].fan_in,)
    last = layers[-1]
    return Predictor(
        title=title,
        source=source,
        inputs=rows,
        targets=((_TARGET,) * last.neurons,) * len(rows),
        layers=tuple(replace(layer, shared_bias=False) for layer in layers),
        loss=usual_loss(last.activation),
        learning_rate=_GAMMA,
        image=image,
        names=names,
        scaler=scaler,
    )


def predictor_of(network: Network) -> Predictor:
    """What a network needs to predict, with its first observations as examples."""
    if isinstance(network, Predictor):
        return network
    examples = network.inputs[:EXAMPLES]
    return make_predictor(
        network.title, network.source, network.layers, examples, network.image, network.names, network.scaler
    )


def refuse_predictor(network: Network) -> None:
    """Raise NetworkError for a network that has no training step."""
    if isinstance(network, Predictor):
        raise NetworkError(
            f"{network.title!r} has no targets, loss and learning rate, so there is no training step",
            remedy="add them to its network file, or take the workbook that predicts: sheetnet generate --predict",
        )


def blocks_on_sheets(network: Network) -> dict[str, Block]:
    """The blocks of the step that a workbook of the network holds, by name: of a predictor its weights alone."""
    if not isinstance(network, Predictor):
        return network.blocks
    return {name: block for name, block in network.blocks.items() if block.quantity.kind == "W"}
