"""Imports a model from a file of arrays: what the file says of itself, what has to be asked, and what is never opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sheetnet.errors import FileError, NetworkError, UsageError, errors_within
from sheetnet.files.limits import DEFAULT_LIMITS, Limits
from sheetnet.files.package import open_regular
from sheetnet.input_names import Scaler
from sheetnet.models.arrays import read_stored, sample_of, vector_of
from sheetnet.models.imported import ImportedModel, ReadModel, TrainingChoices, imported
from sheetnet.models.named import named_model
from sheetnet.models.npz import PICKLES, read_npz
from sheetnet.models.onnx_graph import read_onnx
from sheetnet.models.parts import Scaling
from sheetnet.models.proof import Sample
from sheetnet.models.safetensors import SCALER_NAMES, read_safetensors
from sheetnet.models.words import Gives, words_behind

NamedArrays = dict[str, NDArray[Any]]
READERS: dict[str, Callable[[IO[bytes], Limits], NamedArrays]] = {".npz": read_npz, ".safetensors": read_safetensors}
MODEL_READERS: dict[str, Callable[[IO[bytes], Limits, str], ReadModel]] = {".onnx": read_onnx}
_TORCH = 'in PyTorch: safetensors.torch.save_file(model.state_dict(), "model.safetensors")'
_SKLEARN = 'in scikit-learn: sheetnet.models.save_network(sheetnet.models.from_sklearn(model), "net.toml")'
_KERAS = 'in Keras: numpy.savez("model.npz", *model.get_weights())'
_NEVER_OPENED = {
    **dict.fromkeys([".pt", ".pth", ".ckpt", ".bin"], f"{_TORCH}"),
    **dict.fromkeys([".pkl", ".pickle", ".joblib", ".sav"], f"{_SKLEARN}; {_TORCH}"),
}
_KERAS_FILES = (".h5", ".hdf5", ".keras")
_SMALLER = "take a smaller model, or raise the limit"
SAMPLE_NAMES = {"inputs": "inputs", "x": "inputs", "outputs": "outputs", "predictions": "outputs", "targets": "targets"}


@dataclass(frozen=True)
class ImportChoices:
    """What a file of arrays may leave open; None where it says so itself."""

    activations: str | Sequence[str] | None = None
    weights_by: str | None = None
    layers: Sequence[str] | None = None
    epsilon: float | None = None
    logits: bool = False


def import_model(
    path: str | os.PathLike[str],
    *,
    sample: str | os.PathLike[str] | None = None,
    activations: str | Sequence[str] | None = None,
    weights_by: str | None = None,
    layers: Sequence[str] | None = None,
    epsilon: float | None = None,
    logits: bool = False,
    loss: str | None = None,
    reduction: str = TrainingChoices.reduction,
    learning_rate: float | None = None,
    title: str | None = None,
    rows: int | None = None,
    limits: Mapping[str, int] | Limits | None = None,
) -> ImportedModel:
    """The network of a model in an .npz, .safetensors or .onnx file, and how near it comes to the sample's outputs.

    Arrays are known by names such as W1, b1 or 0.weight, 0.bias. `activations`, `weights_by`, `loss`, `reduction`,
    `learning_rate`, `logits` and `title` are those of `from_arrays`; `layers` names the layers in their order where
    neither names nor shapes say it, `epsilon` is that of batch normalization. An .onnx file, which needs `sheetnet[onnx]`,
    says all of these but loss and learning rate itself. `sample` is a file with arrays "inputs", "outputs" and "targets",
    the last two if they are known; its first `rows` become the observations. `limits` are
    changes to how much a file may ask. Nothing is unpickled. Raises FileError,
    NetworkError, and UsageError for a choice that the file leaves nobody.
    """
    place, allowed = Path(path), Limits.of(limits)
    choices = ImportChoices(activations, weights_by, layers, epsilon, logits)
    given = None if sample is None else read_sample(Path(sample), allowed)
    training = TrainingChoices(loss, reduction, learning_rate)
    with errors_within(place):
        if place.suffix.lower() in MODEL_READERS:
            model = _read_model(place, choices, allowed)
            return imported(model, given, training, title, rows)
        arrays = read_arrays(place, allowed)
        return _imported_arrays(place.name, arrays, choices, given, training, title, rows)


def _read_model(place: Path, choices: ImportChoices, limits: Limits) -> ReadModel:
    """A model whose file says everything but whether its outputs are logits. Raises UsageError for another choice."""
    if replace(choices, logits=False) != ImportChoices():
        raise UsageError(
            f"a {place.suffix} file says activations, orientation and order itself",
            remedy="leave --activations, --weights-by, --layers and --epsilon out",
        )
    with open_regular(place, limits, _SMALLER) as stream:
        model = MODEL_READERS[place.suffix.lower()](stream, limits, place.name)
    return replace(model, gives=Gives.LOGITS) if choices.logits else model


def _imported_arrays(
    name: str,
    arrays: NamedArrays,
    choices: ImportChoices,
    sample: Sample | None,
    training: TrainingChoices,
    title: str | None,
    rows: int | None,
) -> ImportedModel:
    said, scaling = _said(arrays, choices), _said_scaling(arrays)
    own = {key: arrays.pop(key) for key in list(arrays) if key in ("inputs", "outputs", "targets")}
    if sample is None and own:
        sample = sample_of(own.get("inputs"), own.get("outputs"), own.get("targets"))
    named = named_model(arrays, said.layers, said.epsilon)
    if said.activations is None:
        raise NetworkError(
            f"the file does not say the activations of its {len(named.layers)} layers",
            place="activations",
            remedy="give them in order, such as --activations relu,softmax",
        )
    behind, gives = words_behind(said.activations)
    gives = Gives.LOGITS if said.logits else gives
    model = read_stored(name, named.layers, named.precision, behind, gives, said.weights_by, sample, named.norms)
    if scaling is not None:
        model = replace(model, readings=tuple((scaling, *parts) for parts in model.readings))
    return imported(model, sample, training, title, rows)


def _said(arrays: NamedArrays, choices: ImportChoices) -> ImportChoices:
    """The choices, with what the file says itself where nobody chose; these arrays are taken out."""
    texts = {key: arrays.pop(key) for key in ("activations", "weights_by") if key in arrays}
    for key, array in texts.items():
        if array.dtype.kind != "U" or array.ndim > 1:
            raise NetworkError(f"{key} holds {array.dtype}, expected text", place=key, remedy="leave it out")
    if "activations" in texts and choices.activations is None:
        choices = replace(choices, activations=[str(word) for word in texts["activations"].ravel()])
    if "weights_by" in texts and choices.weights_by is None:
        choices = replace(choices, weights_by=str(texts["weights_by"].ravel()[0]))
    return choices


def _said_scaling(arrays: NamedArrays) -> Scaling | None:
    """What scales the inputs, as files of sheetnet's own say beside the weights; its arrays are taken out."""
    given = {name: arrays.pop(name) for name in SCALER_NAMES if name in arrays}
    if not given:
        return None
    try:
        texts = [given[name] for name in SCALER_NAMES]
        mean, scale = (vector_of(each.astype(float) if each.dtype.kind == "U" else each, "scaler") for each in texts)
        scaler = Scaler(mean[0], scale[0])  # type: ignore[arg-type] # arrays become tuples there
    except (KeyError, ValueError):
        raise NetworkError(
            "scaler_mean and scaler_scale are no numbers for each input", remedy="leave both out"
        ) from None
    factor = 1 / np.array(scaler.scale)
    return Scaling("the file's scaler", factor, -np.array(scaler.mean) * factor, measured=True)


def read_sample(path: Path, limits: Limits = DEFAULT_LIMITS) -> Sample:
    """The sample in a file of arrays. Raises FileError and NetworkError."""
    with errors_within(path):
        found: NamedArrays = {}
        for name, array in read_arrays(path, limits).items():
            if name.lower() not in SAMPLE_NAMES:
                raise NetworkError(
                    f"{name} is no part of a sample", place=name, remedy="name its arrays inputs, outputs and targets"
                )
            found[SAMPLE_NAMES[name.lower()]] = array
        if "inputs" not in found:
            raise NetworkError("holds no inputs", remedy="name its arrays inputs, outputs and targets")
        sample = sample_of(found["inputs"], found.get("outputs"), found.get("targets"))
        assert sample is not None
        return sample


def read_arrays(path: Path, limits: Limits) -> NamedArrays:
    """The arrays of a file by their names. Raises FileError without the path."""
    suffix = path.suffix.lower()
    if suffix in _NEVER_OPENED:
        raise FileError(f"a {suffix} file holds {PICKLES}", remedy=_NEVER_OPENED[suffix])
    if suffix in _KERAS_FILES:
        raise FileError("is a Keras file, which is not read", remedy=_KERAS)
    if suffix not in READERS:
        raise FileError(
            f"the suffix {suffix!r} is no format of models", remedy=f"give {', '.join([*READERS, *MODEL_READERS])}"
        )
    with open_regular(path, limits, _SMALLER) as stream:
        return READERS[suffix](stream, limits)
