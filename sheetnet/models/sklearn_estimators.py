"""Networks from scikit-learn's estimators, known by their class names and attributes: scikit-learn is never imported."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sheetnet.activations_and_losses import activation_called, loss_called
from sheetnet.errors import NetworkError
from sheetnet.input_names import Names
from sheetnet.models.arrays import matrix_of, sample_of, vector_of
from sheetnet.models.imported import ImportedModel, ReadModel, TrainingChoices, imported
from sheetnet.models.orientation import StoredLayer
from sheetnet.models.parts import Activate, Dense, ModelPart, Scaling
from sheetnet.models.proof import Sample, coarsest
from sheetnet.penalty import L2
from sheetnet.reference import Array

_PIPELINE, _NOTHING = "Pipeline", "passthrough"
_ESTIMATORS = ("MLPClassifier", "MLPRegressor")
_ROWS = 16  # random inputs by which both are compared where nobody gives others


def from_sklearn(
    model: Any,
    inputs: Any = None,
    targets: Any = None,
    *,
    learning_rate: float | None = None,
    title: str | None = None,
) -> ImportedModel:
    """The network of a fitted MLPClassifier or MLPRegressor, and how near it comes to the model's own outputs.

    It may be the last step of a Pipeline: StandardScaler, MinMaxScaler, MaxAbsScaler and RobustScaler become the
    network's `scaler`, so that the sheet Predict takes what the pipeline takes, and the observations of Step are scaled.
    `inputs` are the observations as the pipeline takes them, N × n_0, `targets` their classes as the model knows them,
    or N × n_L numbers. A classifier of two classes has one logistic output, the probability of the second. Outputs are
    those of predict_proba, or predict of a regressor, for `inputs` or for 16 random rows. The learning rate is the
    model's own where its solver is sgd; its alpha is the penalty on weights. Raises NetworkError.
    """
    *scalers, estimator = _steps(model)
    kind = type(estimator).__name__
    if kind not in _ESTIMATORS:
        raise NetworkError(f"{kind} is no network that sheetnet reads", remedy=f"give {' or '.join(_ESTIMATORS)}")
    if not hasattr(estimator, "coefs_"):
        raise NetworkError(f"{kind} has no weights yet", remedy="fit it first")
    dense, precision = _dense(estimator)
    scalings = [scaling for step in scalers if (scaling := _scaling(step)) is not None]
    read = ReadModel(
        f"scikit-learn {kind}",
        ((*scalings, *_with_activations(estimator, dense)),),
        precision,
        passed_over=tuple(_NOTHING for step in scalers if step == _NOTHING),
        stored=tuple(StoredLayer(layer.name, layer.weights, layer.bias) for layer in dense),
    )
    size = len(scalings[0].factor if scalings else dense[0].weights)
    sample = sample_of(None if inputs is None else np.asarray(inputs), None, _targets(estimator, targets))
    rows = np.random.default_rng(0).normal(size=(_ROWS, size)) if sample is None else sample.inputs
    proof = Sample(rows, _outputs(model, estimator, rows if inputs is None else inputs), None, precision)
    own_rate = float(estimator.learning_rate_init) if estimator.solver == "sgd" else None
    loss = loss_called(str(estimator.loss), "")  # of a classifier it is that of the last activation
    rate = own_rate if learning_rate is None else learning_rate
    penalty = L2(float(estimator.alpha), per_observation=True) if estimator.alpha else None
    choices = TrainingChoices(loss, learning_rate=rate, names=_names(model, estimator), l2=penalty)
    return imported(read, sample, choices, title, proof=proof)


def _steps(model: Any) -> list[Any]:
    """The steps of a pipeline, pipelines in pipelines included."""
    if type(model).__name__ != _PIPELINE:
        return [model]
    return [inner for _, step in model.steps for inner in _steps(step)]


def _dense(estimator: Any) -> tuple[list[Dense], str]:
    layers, precisions = [], []
    for number, (matrix, row) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True)):
        weights, precision = matrix_of(matrix, f"coefs_[{number}]")
        layers.append(Dense(f"coefs_[{number}]", weights, vector_of(row, f"intercepts_[{number}]")[0]))
        precisions.append(precision)
    return layers, coarsest(precisions)


def _with_activations(estimator: Any, dense: Sequence[Dense]) -> list[ModelPart]:
    words = [estimator.activation] * (len(dense) - 1) + [estimator.out_activation_]
    parts: list[ModelPart] = []
    for layer, word in zip(dense, words, strict=True):
        known = activation_called(word)
        if known is None:
            raise NetworkError(
                f"{type(estimator).__name__} has the activation {word!r}, which sheetnet does not compute",
                remedy="train it with another activation or loss",
            )
        parts += [layer, Activate(known, word)]
    return parts


# Class → x → factor · x + shift, from its fitted attributes; None stands for what it was told to leave out.
_SCALERS: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "StandardScaler": lambda scaler: _moved_and_divided(scaler.mean_, scaler.scale_),
    "RobustScaler": lambda scaler: _moved_and_divided(scaler.center_, scaler.scale_),
    "MaxAbsScaler": lambda scaler: _moved_and_divided(None, scaler.scale_),
    "MinMaxScaler": lambda scaler: (scaler.scale_, scaler.min_),
}


def _moved_and_divided(center: Any, scale: Any) -> tuple[Any, Any]:
    known = center if scale is None else scale
    if known is None:
        return 1.0, 0.0
    factor = np.ones(len(known)) if scale is None else 1 / np.asarray(scale)
    return factor, np.zeros(len(known)) if center is None else -np.asarray(center) * factor


def _scaling(step: Any) -> Scaling | None:
    """A step before the network; None for one that does nothing. Raises NetworkError for what is no scaling."""
    name = type(step).__name__
    if step == _NOTHING:
        return None
    if name not in _SCALERS:
        raise NetworkError(
            f"the step {name} is no scaling by one number per feature", remedy=f"there are {', '.join(_SCALERS)}"
        )
    if getattr(step, "clip", False):
        raise NetworkError(f"{name} clips its outputs, which no layer does", remedy="fit it with clip=False")
    factor, shift = _SCALERS[name](step)
    if np.ndim(factor) == 0:
        return None
    return Scaling(name, vector_of(factor, f"{name}.scale_")[0], vector_of(shift, f"{name}.min_")[0], measured=True)


def _names(model: Any, estimator: Any) -> Names:
    """What the model calls its inputs and classes, where it was told."""
    features = getattr(model, "feature_names_in_", ())
    return Names(tuple(map(str, features)), tuple(map(str, getattr(estimator, "classes_", ()))))


def _outputs(model: Any, estimator: Any, rows: Any) -> Array:
    """What the model gives: of two classes the probability of the second, which is the one output of the network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rows without the names of the features, say
        if not hasattr(estimator, "classes_"):
            found = np.asarray(model.predict(rows))
            return found[:, None] if found.ndim == 1 else found
        found = np.asarray(model.predict_proba(rows))
    return found[:, 1:] if estimator.n_outputs_ == 1 else found


def _targets(estimator: Any, targets: Any) -> Any:
    """Classes as numbers from 0, in the model's order; numbers as they are."""
    if targets is None or not hasattr(estimator, "classes_") or np.ndim(targets) == 2:
        return targets
    known = {each: number for number, each in enumerate(estimator.classes_.tolist())}
    wanted = np.asarray(targets).tolist()
    unknown = next((each for each in wanted if each not in known), None)
    if unknown is not None:
        raise NetworkError(
            f"targets holds {unknown!r}, which is no class of the model", place="targets",
            remedy=f"there are {', '.join(map(str, list(known)[:10]))}",
        )  # fmt: skip
    return [known[each] for each in wanted]
