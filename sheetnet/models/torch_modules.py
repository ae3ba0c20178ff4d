"""Networks from PyTorch's modules, known by their class names and attributes: PyTorch itself is never imported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from sheetnet.activations_and_losses import SOFTMAX, activation_called
from sheetnet.errors import NetworkError
from sheetnet.models.arrays import matrix_of, numbers_of, plain_array, read_stored, sample_of, vector_of
from sheetnet.models.imported import ImportedModel, ReadModel, TrainingChoices, imported
from sheetnet.models.named import batch_norm
from sheetnet.models.orientation import BY_NEURON, StoredLayer
from sheetnet.models.parts import Activate, Dense, ModelPart, Scaling
from sheetnet.models.proof import Sample, coarsest
from sheetnet.models.torch_training import Optimized, loss_of, optimized
from sheetnet.models.words import Gives, words_behind
from sheetnet.reference import Array
from sheetnet.toml_fields import refuse

PASSED_OVER = ("Dropout", "Dropout1d", "AlphaDropout", "FeatureAlphaDropout", "Flatten", "Identity")
_DENSE, _NORM, _LOGS, _CHAIN = "Linear", "BatchNorm1d", "LogSoftmax", "Sequential"
_ROWS = 16  # random inputs by which a module and its network are compared where nobody gives others
_KNOWN = "Linear, BatchNorm1d, Dropout, Flatten, Identity and the activations of docs/network-files.md"


def from_torch(
    module: Any,
    inputs: Any = None,
    targets: Any = None,
    *,
    loss: Any = None,
    optimizer: Any = None,
    activations: str | Sequence[str] | None = None,
    learning_rate: float | None = None,
    title: str | None = None,
) -> ImportedModel:
    """The network of a torch.nn.Sequential, and how near it comes to the module's own outputs.

    `inputs` are the observations (N × n_0; what Flatten takes is flattened), `targets` N × n_L or N classes. `loss` is a
    loss of sheetnet's by its name, or PyTorch's object: CrossEntropyLoss and BCEWithLogitsLoss take logits, so their
    softmax or sigmoid joins the last layer. `optimizer` is a plain SGD, whose learning rate and weight_decay it is.
    BatchNorm1d is folded (for prediction only), Dropout, Flatten and Identity are passed over. Of another module, whose
    forward nobody can read, the Linear and BatchNorm1d layers are taken in the order of their definition with the
    `activations` given as for a file, and only if its own outputs prove it. Both are compared for `inputs`, or for 16
    random rows. Raises NetworkError.
    """
    loss_name, reduction, takes = loss_of(loss)
    leaves = list(_leaves(module))
    precision = coarsest([str(leaf.weight.dtype).rpartition(".")[2] for leaf in leaves if _kind(leaf) == _DENSE])
    model = (
        _chain(module, leaves, precision) if activations is None else _defined(module, leaves, activations, precision)
    )
    if takes is not Gives.OUTPUTS:
        model = _before_loss(model, takes)
    settings = Optimized(learning_rate=learning_rate) if optimizer is None else optimized(optimizer, learning_rate)
    first = next(part for part in model.readings[0] if isinstance(part, Dense | Scaling))
    size = len(first.weights) if isinstance(first, Dense) else first.factor.size
    sample = _sample(module, inputs, targets, size)
    random = np.random.default_rng(0).normal(size=(_ROWS, size))
    proof = sample if sample is not None else Sample(random, _outputs(module, random), None, precision)
    if reduction == "elements" and (proof.outputs is None or proof.outputs.shape[1] == 1):
        reduction = "mean"  # which is the same
    train_bias = _trains_biases(leaves)
    penalty = settings.penalty(train_bias)
    choices = TrainingChoices(loss_name, reduction, settings.learning_rate, train_bias, l2=penalty)
    return imported(model, sample, choices, title, proof=proof)


def _leaves(module: Any) -> Iterator[Any]:
    """The modules that have none inside, in the order of their definition; a Sequential may have one of them twice."""
    inside = list(module) if _kind(module) == _CHAIN else list(module.children())
    if not inside:
        yield module
    for child in inside:
        yield from _leaves(child)


def _kind(module: Any) -> str:
    """The name of its class; a class of one's own made of Sequential is one, as long as its forward is Sequential's."""
    kinds = [kind.__name__ for kind in type(module).__mro__]
    own = _CHAIN in kinds and "forward" not in vars(type(module))
    return _CHAIN if own else kinds[0]


def _is_chain(module: Any) -> bool:
    inside = list(module.children())
    return not inside or (_kind(module) == _CHAIN and all(map(_is_chain, inside)))


def _chain(module: Any, leaves: Sequence[Any], precision: str) -> ReadModel:
    """The model of modules that are called one after another."""
    if not _is_chain(module):
        raise NetworkError(
            f"{type(module).__name__} is no Sequential: what its forward does cannot be read",
            remedy="give activations, one per layer in order; the outputs of the module then prove them",
        )
    dense = [id(leaf) for leaf in leaves if _kind(leaf) == _DENSE]
    if len(set(dense)) < len(dense):
        raise NetworkError(
            "a Linear stands twice in the module: its weights are shared, and no layers of a sheet share theirs",
            remedy="give each place a Linear of its own",
        )
    parts, passed, gives = list[ModelPart](), list[str](), Gives.OUTPUTS
    for number, leaf in enumerate(leaves):
        if gives is Gives.LOGS and _kind(leaf) not in PASSED_OVER:
            raise NetworkError("LogSoftmax is not the last part of the module", remedy="no dense layer has logarithms")
        if _kind(leaf) in PASSED_OVER:
            passed.append(_kind(leaf))
        else:
            parts.append(_part(leaf, str(number)))
            gives = Gives.LOGS if _kind(leaf) == _LOGS else gives
    stored = tuple(StoredLayer(part.name, part.weights.T, part.bias) for part in parts if isinstance(part, Dense))
    return ReadModel(f"PyTorch {type(module).__name__}", (tuple(parts),), precision, gives, tuple(passed), stored)


def _defined(module: Any, leaves: Sequence[Any], activations: str | Sequence[str], precision: str) -> ReadModel:
    """The model of the dense layers and batch normalizations of a module, with the activations that somebody says."""
    parts = [_part(leaf, str(number)) for number, leaf in enumerate(leaves) if _kind(leaf) in (_DENSE, _NORM)]
    stored = [StoredLayer(part.name, part.weights.T, part.bias) for part in parts if isinstance(part, Dense)]
    behind, gives = words_behind(activations)
    norms = [part for part in parts if isinstance(part, Scaling)]
    return read_stored(f"PyTorch {type(module).__name__}", stored, precision, behind, gives, BY_NEURON, None, norms)


def _part(leaf: Any, name: str) -> ModelPart:
    kind = _kind(leaf)
    called = f"{kind} {name}"
    if kind == _DENSE:
        weights, bias = matrix_of(leaf.weight, f"{name}.weight")[0], leaf.bias
        return Dense(called, weights.T, None if bias is None else vector_of(bias, f"{name}.bias")[0])
    if kind == _NORM:
        return _norm(leaf, name)
    if kind in ("Softmax", _LOGS):
        if leaf.dim not in (None, 1, -1):
            raise refuse(f"{called}.dim", f"is {leaf.dim}", "1, the outputs of an observation")
        return Activate(SOFTMAX, called)
    known = activation_called(kind)
    if known is None:
        raise NetworkError(f"{called} is no part that sheetnet computes", place=name, remedy=f"there are {_KNOWN}")
    if getattr(leaf, "beta", 1.0) != 1.0:
        raise refuse(f"{called}.beta", f"is {leaf.beta}", "1.0")
    slope = getattr(leaf, "negative_slope", getattr(leaf, "alpha", None))
    return Activate(known, called, None if slope is None else float(slope))


def _norm(leaf: Any, name: str) -> Scaling:
    if leaf.running_mean is None:
        raise NetworkError(
            f"BatchNorm1d {name} has no running statistics, so its outputs depend on the batch",
            place=name,
            remedy="train it with track_running_stats=True",
        )
    names = ("running_mean", "running_var", "weight", "bias")
    mean, variance, factor, shift = (
        None if getattr(leaf, each) is None else vector_of(getattr(leaf, each), f"{name}.{each}")[0] for each in names
    )
    assert mean is not None
    assert variance is not None
    return batch_norm(name, mean, variance, float(leaf.eps), factor, shift)


def _before_loss(model: ReadModel, takes: Gives) -> ReadModel:
    """The model whose outputs a loss takes as logits or as logarithms."""
    if takes is Gives.LOGS:
        if model.gives is not Gives.LOGS:
            raise NetworkError("NLLLoss takes logarithms, and the module does not end with LogSoftmax",
                               place="loss", remedy="give CrossEntropyLoss, which takes logits")  # fmt: skip
        return model
    if model.gives is Gives.LOGS:
        raise NetworkError("the module ends with LogSoftmax, and the loss applies softmax itself",
                           place="loss", remedy="give NLLLoss")  # fmt: skip
    chains = model.readings
    return ReadModel(model.name, chains, model.precision, Gives.LOGITS, model.passed_over, model.stored)


def _sample(module: Any, inputs: Any, targets: Any, size: int) -> Sample | None:
    if inputs is None:
        return sample_of(None, None, targets)
    rows = numbers_of(inputs, "inputs")[0]
    flat = rows.reshape(len(rows), -1)
    if flat.shape[1] != size:
        raise refuse("inputs", f"has {flat.shape[1]} numbers per observation", f"{size}, as the first layer takes")
    outputs = _outputs(module, rows)
    return sample_of(flat, outputs, None if targets is None else plain_array(targets))


def _outputs(module: Any, rows: Array) -> Array:
    """What the module gives at prediction, in its own precision; it is left as it was."""
    tensor = next(iter(module.parameters())).detach().new_tensor(rows.tolist())
    modes = [(each, each.training) for each in module.modules()]
    module.eval()
    try:
        outputs = module(tensor)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise NetworkError(
            f"the module cannot be called with {len(rows)} rows of inputs ({' '.join(str(error).split())[:200]})",
            remedy="give inputs as it takes them",
        ) from None
    finally:
        for each, mode in modes:
            each.training = mode
    array = np.asarray(plain_array(outputs))
    return array[:, None] if array.ndim == 1 else array


def _trains_biases(leaves: Sequence[Any]) -> bool:
    """Whether training changes biases. Raises NetworkError where it changes some parameters and others not."""
    dense = [leaf for leaf in leaves if _kind(leaf) == _DENSE]
    biases = {leaf.bias.requires_grad for leaf in dense if leaf.bias is not None}
    weights = {leaf.weight.requires_grad for leaf in dense}
    if weights == {False} and biases <= {False}:  # nothing is trained: a model for prediction
        return True
    if len(biases) > 1 or False in weights:
        raise NetworkError(
            "some weights or biases are frozen (requires_grad), and others not",
            remedy="train all weights; biases all, or none",
        )
    return biases != {False}
