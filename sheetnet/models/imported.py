"""Makes a network of a model that was read: its layers, what training it needs, and the proof that both compute the same."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sheetnet.activations_and_losses import LOSS_FACTS, NO_ACTIVATION, usual_loss
from sheetnet.errors import NetworkError
from sheetnet.files.limits import Limits
from sheetnet.input_names import NO_NAMES, Names, Scaler
from sheetnet.models.orientation import StoredLayer, refuse_to_guess
from sheetnet.models.parts import DenseLayer, ModelPart, folded_layers, split_scaler
from sheetnet.models.proof import Difference, Sample, difference, predictions, scaled
from sheetnet.models.words import Gives
from sheetnet.network import Layer, Network, Remark
from sheetnet.object_display import shown_line
from sheetnet.penalty import L2
from sheetnet.reference import Array
from sheetnet.toml_fields import choice, refuse
from sheetnet.workbook_options import WorkbookOptions, least_cells

LEARNING_RATE = 0.1  # where nobody says another
FOLDED = "For prediction only: folded {names}, so a training step differs from the model's own."
_OF_LOGITS = " or ".join(name for name, loss in LOSS_FACTS.items() if loss.of_logits)
PER_WEIGHT = 3  # cells of Step for each weight: W, ∂C/∂W and the new W


@dataclass(frozen=True)
class TrainingChoices:
    """What weights do not say of training; None takes what is usual for the last activation."""

    loss: str | None = None
    reduction: str = "mean"
    learning_rate: float | None = None
    train_bias: bool = True
    names: Names = NO_NAMES
    l2: L2 | None = None


@dataclass(frozen=True)
class ReadModel:
    """A model as it was read: `name` is its file or class, `readings` are the ways in which its weights may lie.

    `stored` are the weights as they lie there. `classes` are what the file calls the outputs. `notes` are what a reader
    should know of how it was read.
    """

    name: str
    readings: tuple[tuple[ModelPart, ...], ...]
    precision: str
    gives: Gives = Gives.OUTPUTS
    passed_over: tuple[str, ...] = ()
    stored: tuple[StoredLayer, ...] = ()
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportedModel:
    """A network made of a trained model; it may be given wherever a network is.

    `network` has the weights with 15 significant digits, in × out, the biases in the last row. `folded` names the batch
    normalizations and scalers that its weights took in: such a network is for prediction only. `passed_over` names parts
    that change no prediction. `difference` is the largest one between the network and the model's own outputs; None where
    there were none to compare with. `notes` say what was chosen.

    >>> from sheetnet.models import from_arrays
    >>> from_arrays([[[0.15, 0.25, 0.3], [0.2, 0.3, 0.1]]], [[0.35, 0.35, 0.35]], activations="sigmoid")
    <ImportedModel arrays: 2-3 with sigmoid, not compared with outputs>
    """

    network: Network
    name: str
    precision: str
    folded: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    difference: Difference | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """One line: where it comes from, sizes and activations, and how near it comes."""
        proof = "not compared with outputs" if self.difference is None else str(self.difference)
        return shown_line(self, f"{self.name}: {shape_words(self.network)}, {proof}")

    @property
    def lines(self) -> list[str]:
        """What people should know of the import, line by line."""
        weights = sum(len(layer.weights) * layer.neurons for layer in self.network.layers)
        lines = [f"{self.name}: {shape_words(self.network)}; {weights:,} weights and biases, {self.precision}"]
        if self.folded:
            lines.append(f"folded, so for prediction only: {', '.join(self.folded)}")
        if self.passed_over:
            lines.append(f"passed over: {', '.join(self.passed_over)}")
        lines.append(
            "not compared: there are no outputs to compare with" if self.difference is None else str(self.difference)
        )
        return lines + list(self.notes)


def shape_words(network: Network) -> str:
    """`64-32-10 with relu, softmax`."""
    sizes, activations = "-".join(map(str, network.sizes)), ", ".join(layer.activation for layer in network.layers)
    return textwrap.shorten(f"{sizes} with {activations}", 200, placeholder=" …")


def imported(
    model: ReadModel,
    sample: Sample | None,
    choices: TrainingChoices,
    title: str | None = None,
    rows: int | None = None,
    proof: Sample | None = None,
) -> ImportedModel:
    """The network of a model, and how near it comes to the outputs of the sample, or of `proof` where that is given.

    Its observations are the first `rows` of the sample (None: all); where there is none, one row of zeros. Raises
    NetworkError: where weights may lie in several ways that no sample tells apart, where outputs differ by more than
    rounding, and for what no workbook can hold or sheetnet does not compute.
    """
    proof = sample if proof is None else proof
    if len(model.readings) > 1 and (proof is None or proof.outputs is None):
        raise refuse_to_guess(model.stored)
    found = [_compared(_made(model, parts, sample, choices, title, rows), model, proof) for parts in model.readings]
    if len(found) == 1:
        only = found[0]
        if only.difference is not None and not only.difference.within:
            raise only.difference.refusal()
        return only
    proven = [each for each in found if each.difference is not None and each.difference.within]
    if not proven:
        raise min((each.difference for each in found if each.difference), key=lambda each: each.largest).refusal()
    if len(proven) > 1:
        raise NetworkError(
            "the sample does not tell which way the weights lie: several give its outputs",
            remedy="say it by weights_by, or give a sample of other inputs",
        )
    return replace(proven[0], notes=(*proven[0].notes, "the sample proves which way the square weights lie"))


def _made(
    model: ReadModel,
    parts: Sequence[ModelPart],
    sample: Sample | None,
    choices: TrainingChoices,
    title: str | None,
    rows: int | None,
) -> ImportedModel:
    with np.errstate(over="ignore", invalid="ignore"):  # what is no number then is refused as a weight
        scaling, parts = split_scaler(parts)
        layers = folded_layers(parts)
        scaler = None if scaling is None else Scaler(0.0 - scaling.shift / scaling.factor, 1 / scaling.factor)  # type: ignore[arg-type]
    _refuse_too_many_weights(layers)
    _refuse_other_inputs(sample, len(layers[0].weights))
    loss = _loss(layers, model.gives, choices.loss)
    if model.gives is Gives.LOGITS:
        layers[-1] = _with_applied(layers[-1], loss)
    folded = tuple(f"{name} into layer {n}" for n, layer in enumerate(layers, 1) for name in layer.took_in)
    given = sample if sample is None else replace(sample, inputs=scaled(sample.inputs, scaler))
    network, notes = _network(model, layers, given, replace(choices, loss=loss), folded, title, rows)
    if scaling is not None:
        network = replace(network, scaler=scaler)
        notes.insert(0, f"inputs are scaled by {scaling.name}, as [scaler] says: Predict takes them as measured")
    return ImportedModel(network, model.name, model.precision, folded, model.passed_over, notes=(*model.notes, *notes))


def _refuse_other_inputs(sample: Sample | None, size: int) -> None:
    if sample is not None and sample.inputs.shape[1] != size:
        raise refuse("inputs", f"has {sample.inputs.shape[1]} columns", f"{size}, one per input of the model")


def _compared(made: ImportedModel, model: ReadModel, proof: Sample | None) -> ImportedModel:
    found = None if proof is None else difference(made.network, proof, model.gives, model.precision)
    return replace(made, difference=found)


def _loss(layers: Sequence[DenseLayer], gives: Gives, loss: str | None) -> str:
    if loss is not None:
        return choice(loss, "loss", LOSS_FACTS)
    if gives is Gives.LOGITS:
        raise NetworkError(
            "the model gives logits, and no loss says what becomes of them",
            place="loss",
            remedy=f"give loss {_OF_LOGITS}",
        )
    return usual_loss(layers[-1].activation)


def _with_applied(layer: DenseLayer, loss: str) -> DenseLayer:
    """The last layer with the activation that the loss applies to its logits."""
    applied = LOSS_FACTS[loss].of_logits
    if layer.activation != NO_ACTIVATION or not applied:
        what = f"the last layer has {layer.activation}" if applied else f"loss {loss} takes no logits"
        raise NetworkError(what, place="logits", remedy=f"logits are z of the last layer, and loss is {_OF_LOGITS}")
    return replace(layer, activation=applied)


def _network(
    model: ReadModel,
    layers: Sequence[DenseLayer],
    sample: Sample | None,
    choices: TrainingChoices,
    folded: Sequence[str],
    title: str | None,
    rows: int | None,
) -> tuple[Network, list[str]]:
    """The network, and what was chosen for it."""
    size, neurons = len(layers[0].weights), layers[-1].weights.shape[1]
    inputs = np.zeros((1, size)) if sample is None else sample.inputs[:rows]
    rate = LEARNING_RATE if choices.learning_rate is None else choices.learning_rate
    targets = None if sample is None or sample.targets is None else one_hot(sample.targets[:rows], neurons)
    placeholder = np.full((len(inputs), neurons), 0.5)
    made = Network(
        title="",
        source=" ".join(
            [
                f"Imported from {model.name}, {model.precision}.",
                *map("{}.".format, model.notes),
                *_only_prediction(folded),
            ]
        ),
        inputs=inputs,  # type: ignore[arg-type] # arrays become tuples there
        targets=placeholder if targets is None else targets,  # type: ignore[arg-type]
        layers=tuple(map(_layer, layers)),
        loss=choices.loss or "",
        learning_rate=rate,
        reduction=choices.reduction,
        train_bias=choices.train_bias,
        names=choices.names or _classes_of(model, neurons),
        l2=choices.l2,
        remarks=tuple(Remark("step", words) for words in _only_prediction(folded)),
    )
    _refuse_too_many_cells(made)
    notes = []
    if sample is None:
        notes.append("observations: one row of zeros, for the model has none; put yours")
    elif rows is not None and len(sample.inputs) > rows:
        notes.append(f"observations: the first {rows:,} of {len(sample.inputs):,} rows")
    if targets is None:
        targets = predictions(made, inputs)
        notes.append("targets: the network's own outputs, for no others are known; put yours")
    penalty = "" if made.l2 is None else f", l2 {made.l2.words}"
    notes.append(f"loss {made.loss}, reduction {made.reduction}, learning rate {rate:g}{penalty}")
    title = title or f"{model.name}: {shape_words(made)}"
    return replace(made, title=title, targets=targets), notes  # type: ignore[arg-type]


def _classes_of(model: ReadModel, neurons: int) -> Names:
    """What the file calls the classes, if it has a name for each."""
    return Names(classes=model.classes) if len(model.classes) == max(neurons, 2) else NO_NAMES


def _only_prediction(folded: Sequence[str]) -> list[str]:
    return [textwrap.shorten(FOLDED.format(names=", ".join(folded)), 900, placeholder=" …")] if folded else []


def _layer(layer: DenseLayer) -> Layer:
    rows = layer.weights if layer.bias is None else np.vstack([layer.weights, layer.bias])
    return Layer(layer.activation, rows, bias=layer.bias is not None, slope=layer.slope)  # type: ignore[arg-type]


def one_hot(targets: Array, neurons: int) -> Array:
    """Targets as N × n_L; whole numbers, one per observation, are classes from 0 where there are several outputs."""
    if targets.ndim == 2:
        return targets
    if neurons == 1:
        return targets[:, None]
    classes = targets.astype(int)
    if not np.array_equal(classes, targets) or classes.min() < 0 or classes.max() >= neurons:
        classes_wanted = f"classes from 0 to {neurons - 1}, or {neurons} numbers each"
        raise refuse("targets", "has one number per observation", classes_wanted)
    return np.asarray(np.eye(neurons)[classes])


def _refuse_too_many_weights(layers: Sequence[DenseLayer]) -> None:
    """Before anything is made of them."""
    count, most = sum(layer.weights.size for layer in layers), Limits.cells // PER_WEIGHT
    if count > most:
        raise NetworkError(
            f"the model has {count:,} weights, and Step holds three numbers for each (W, ∂C/∂W and the new W) in at most "
            f"{Limits.cells:,} cells",
            remedy=f"up to about {most:,} weights fit: take a smaller model",
        )


def _refuse_too_many_cells(network: Network) -> None:
    """What fits is linear in the observations."""
    step = WorkbookOptions()
    cells = least_cells(network, step)
    if cells <= Limits.cells:
        return
    one = least_cells(replace(network, inputs=network.inputs[:1], targets=network.targets[:1]), step)
    each = (cells - one) / max(network.observations - 1, 1)
    fit = 1 + int((Limits.cells - one) / max(each, 1))
    raise NetworkError(
        f"{network.observations:,} observations of this model take {cells:,} cells or more, and a workbook has at most "
        f"{Limits.cells:,}",
        remedy=f"up to about {fit:,} observations fit" if fit >= 1 else "take a smaller model",
    )
