"""Networks from lists of weights and biases, and what every other way in does with arrays of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sheetnet.errors import NetworkError
from sheetnet.models.imported import ImportedModel, ReadModel, TrainingChoices, imported
from sheetnet.models.orientation import StoredLayer, ways_to_read
from sheetnet.models.parts import Activate, ModelPart, Scaling
from sheetnet.models.proof import Sample, coarsest
from sheetnet.models.safetensors import BFLOAT16, WAS
from sheetnet.models.words import Behind, Gives, words_behind
from sheetnet.reference import Array
from sheetnet.syntax.references import element_name
from sheetnet.toml_fields import refuse


def numbers_of(values: object, name: str) -> tuple[Array, str]:
    """Values as finite 64-bit numbers, and the precision that they had. Raises NetworkError naming the first other."""
    try:
        array: NDArray[np.generic] = np.asarray(plain_array(values))
    except ValueError:
        raise refuse(name, "has rows of different lengths", "numbers in rows of one length") from None
    if array.dtype.kind not in "fiu" or array.dtype.itemsize > np.dtype(np.float64).itemsize:
        raise refuse(name, f"holds {array.dtype}", "numbers such as float64 or float32")
    if not array.size:
        raise refuse(name, "is empty", "numbers")
    finite = np.isfinite(array)
    if not finite.all():
        index = tuple(int(i) for i in np.argwhere(~finite)[0])
        where = element_name(name, index)
        raise NetworkError(f"{where} is {array[index]}, expected a finite number", place=where, remedy="train it again")
    metadata: Mapping[str, str] = array.dtype.metadata or {}
    return array.astype(np.float64), metadata.get(WAS, array.dtype.name)


def plain_array(values: Any) -> Any:
    """A tensor of PyTorch's as an array, in its precision or as float32 where NumPy lacks that; all else as it is."""
    if not hasattr(values, "detach"):
        return values
    plain = values.detach().cpu()
    return plain.float().numpy().astype(BFLOAT16) if "bfloat16" in str(plain.dtype) else plain.numpy()


def matrix_of(values: object, name: str) -> tuple[Array, str]:
    """The same of a matrix."""
    array, precision = numbers_of(values, name)
    if array.ndim != 2:
        raise refuse(name, f"has {array.ndim} dimensions", "2: rows and columns")
    return array, precision


def vector_of(values: object, name: str) -> tuple[Array, str]:
    """The same of a row of numbers; a single number and a matrix of one row or one column are one, too."""
    array, precision = numbers_of(values, name)
    if array.ndim != 1 and array.size != max(array.shape, default=1):
        raise refuse(name, f"has {array.ndim} dimensions", "a row of numbers")
    return array.ravel(), precision


def sample_of(inputs: object, outputs: object = None, targets: object = None) -> Sample | None:
    """What was given of observations, checked. Raises NetworkError."""
    if inputs is None:
        for name, values in (("outputs", outputs), ("targets", targets)):
            if values is not None:
                raise NetworkError(f"{name} without inputs", place=name, remedy="give the inputs that they belong to")
        return None
    rows, precision = matrix_of(inputs, "inputs")
    precisions, found = [precision], None
    if outputs is not None:
        found, precision = _of_observations(outputs, "outputs")
        found = found[:, None] if found.ndim == 1 else found
        precisions.append(precision)
    wanted = None if targets is None else _of_observations(targets, "targets")[0]
    return Sample(rows, found, wanted, coarsest(precisions))


def _of_observations(values: object, name: str) -> tuple[Array, str]:
    """One number per observation, or one row. Raises NetworkError."""
    array, precision = numbers_of(values, name)
    if array.ndim not in (1, 2):
        raise refuse(name, f"has {array.ndim} dimensions", "1 or 2: a number or a row per observation")
    return array, precision


def stored_layers(
    weights: Sequence[object], biases: Sequence[object] | None, names: Sequence[str], bias_names: Sequence[str]
) -> tuple[list[StoredLayer], str]:
    """The layers as arrays, and their coarsest precision. A layer of None has no biases. Raises NetworkError."""
    if not weights:
        raise refuse("weights", "is empty", "a matrix for each layer")
    given = [None] * len(weights) if biases is None else list(biases)
    if len(given) != len(weights):
        raise refuse("biases", f"has {len(given)} entries", f"{len(weights)}, one per layer; None where it has none")
    layers, precisions = [], []
    for matrix, row, name, bias_name in zip(weights, given, names, bias_names, strict=True):
        found, precision = matrix_of(matrix, name)
        bias, of_bias = (None, precision) if row is None else vector_of(row, bias_name)
        layers.append(StoredLayer(name, found, bias))
        precisions += [precision, of_bias]
    return layers, coarsest(precisions)


def read_stored(
    name: str,
    stored: Sequence[StoredLayer],
    precision: str,
    behind: Sequence[Behind],
    gives: Gives,
    weights_by: str | None,
    sample: Sample | None,
    norms: Sequence[Scaling] = (),
) -> ReadModel:
    """A model of dense layers with what stands behind each; `norms` are its batch normalizations in their order."""
    if len(behind) != len(stored):
        entries = f"{len(stored)}, one per layer, such as relu,softmax"
        raise refuse("activations", f"has {len(behind)} entries", entries)
    asked = sum(each.norm_before + each.norm_after for each in behind)
    if asked != len(norms):
        raise NetworkError(
            f"activations says {asked} batch normalizations, and the model has {len(norms)}",
            place="activations",
            remedy="write batch_norm+relu where one stands before the activation, relu+batch_norm where after it",
        )
    outputs = None if sample is None or sample.outputs is None else sample.outputs.shape[1]
    found = ways_to_read(stored, weights_by, None if sample is None else sample.inputs.shape[1], outputs)
    chains = tuple(_chain(reading.layers, behind, norms) for reading in found)
    return ReadModel(name, chains, precision, gives, stored=tuple(stored))


def _chain(layers: Sequence[ModelPart], behind: Sequence[Behind], norms: Sequence[Scaling]) -> tuple[ModelPart, ...]:
    scalings, parts = iter(norms), list[ModelPart]()
    for layer, each in zip(layers, behind, strict=True):
        before = [next(scalings)] if each.norm_before else []
        after = [next(scalings)] if each.norm_after else []
        parts += [layer, *before, Activate(each.activation, slope=each.slope), *after]
    return tuple(parts)


def from_arrays(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None = None,
    *,
    activations: str | Sequence[str],
    weights_by: str | None = None,
    inputs: ArrayLike | None = None,
    outputs: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    loss: str | None = None,
    reduction: str = TrainingChoices.reduction,
    learning_rate: float | None = None,
    logits: bool = False,
    title: str | None = None,
) -> ImportedModel:
    """A network of one weight matrix and one row of biases per layer, and how near it comes to the model's own outputs.

    `weights_by` says how each matrix lies: "neuron", n_out × n_in as in PyTorch, or "input", n_in × n_out as in Keras and
    scikit-learn. None takes what the shapes say; a square matrix is never guessed: `outputs`, what the model gives for
    `inputs` (N × n_0 → N × n_L), prove it. `activations` are one word per layer, such as "relu,softmax"; "log_softmax"
    at the end says that `outputs` are logarithms, `logits` that they are z of the last layer, whose activation is then
    that of the loss. `targets` are N × n_L, or N classes from 0. Without a loss it is cross_entropy after softmax,
    binary_cross_entropy after sigmoid, else mse. Raises NetworkError in one line.

    >>> from sheetnet.models import from_arrays
    >>> model = from_arrays([[[2.0, -1.0]]], [[0.5]], activations="tanh", inputs=[[0.3, 0.1]], outputs=[[0.761594155955765]])
    >>> model.network
    <Network 'arrays: 2-1 with tanh': 2-1 with tanh; mse; observations: 1>
    >>> model.difference.within
    True
    """
    count = range(1, len(weights) + 1)
    stored, precision = stored_layers(weights, biases, [f"W{n}" for n in count], [f"b{n}" for n in count])
    behind, gives = words_behind(activations)
    sample = sample_of(inputs, outputs, targets)
    model = read_stored("arrays", stored, precision, behind, Gives.LOGITS if logits else gives, weights_by, sample)
    return imported(model, sample, TrainingChoices(loss, reduction, learning_rate), title)
