"""scikit-learn's networks become sheetnet's: predictions, one step of SGD, scalers, and what is refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sheetnet
from sheetnet.errors import NetworkError
from sheetnet.models import from_sklearn
from sheetnet.network_file import dump_network
from sheetnet.penalty import L2
from tests.support.engines import module
from tests.support.figures import record
from tests.support.trained import trained

pytestmark = [pytest.mark.sklearn, pytest.mark.slow]  # importing it takes seconds
RNG = np.random.default_rng(7)
X = RNG.normal(size=(40, 3))


def fitted(kind: str, targets: Any, steps: list | None = None, **options: Any) -> Any:
    """A small network fitted to the inputs, behind the steps of a pipeline if there are any."""
    pipeline = module("sklearn.pipeline")
    options = {"hidden_layer_sizes": (4,), "activation": "tanh", "max_iter": 20, "random_state": 0} | options
    model = getattr(module("sklearn.neural_network"), kind)(**options)
    if steps:
        model = pipeline.make_pipeline(*steps, model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, targets)


@pytest.mark.parametrize("name", ["iris", "digits"])
def test_predictions_are_those_of_scikit_learn(name: str, record_property: Callable[[str, object], None]) -> None:
    """For every row on which it was trained."""
    data = trained(name)
    model = from_sklearn(data.estimator, data.inputs[:8], data.classes[:8])
    whole = from_sklearn(data.estimator)
    assert (model.network.loss, model.network.observations) == ("cross_entropy", 8)
    assert np.argmax(model.network.targets, axis=1).tolist() == data.classes[:8].tolist()
    for each in (model, whole):
        assert each.difference is not None
        assert each.difference.largest < 1e-13
    record(record_property, f"from_sklearn, {name}: {whole.difference}")


LABELS = np.array(["no", "yes"])[(X[:, 0] > 0).astype(int)]
KINDS: dict[str, tuple[str, Any, list[str], str]] = {
    "two classes": ("MLPClassifier", LABELS, ["tanh", "sigmoid"], "binary_cross_entropy"),
    "three classes": ("MLPClassifier", np.arange(40) % 3 + 5, ["tanh", "softmax"], "cross_entropy"),
    "several labels": ("MLPClassifier", (X > 0).astype(int), ["tanh", "sigmoid"], "binary_cross_entropy"),
    "one number": ("MLPRegressor", X @ [1.0, -2.0, 0.5], ["tanh", "identity"], "half_sse"),
    "two numbers": ("MLPRegressor", X[:, :2] ** 2, ["tanh", "identity"], "half_sse"),
}


@pytest.mark.parametrize("alpha", [0.0, 0.5])
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_is_that_of_scikit_learn(
    kind: str, alpha: float, record_property: Callable[[str, object], None]
) -> None:
    """One step of plain SGD with all observations in one batch: every weight and bias."""
    estimator, targets, activations, loss = KINDS[kind]
    options: dict[str, Any] = {"solver": "sgd", "learning_rate_init": 0.2, "momentum": 0.0, "nesterovs_momentum": False}
    fit = fitted(estimator, targets, alpha=alpha, batch_size=40, **options)
    model = from_sklearn(fit, X, targets)
    assert [layer.activation for layer in model.network.layers] == activations
    assert (model.network.loss, model.network.learning_rate) == (loss, 0.2)
    assert model.network.l2 == (L2(alpha, per_observation=True) if alpha else None)
    if kind == "two classes":
        assert model.network.names.classes == ("no", "yes")
    step = sheetnet.training_step(model)
    fit.partial_fit(X, targets)
    apart = max(
        float(np.abs(step[f"W_{number}_new"] - np.vstack([weights, bias])).max())
        for number, (weights, bias) in enumerate(zip(fit.coefs_, fit.intercepts_, strict=True), 1)
    )
    assert model.difference is not None
    assert max(apart, model.difference.largest) < 1e-14
    record(record_property, f"from_sklearn, {kind}, alpha {alpha:g}: weights after a step differ by {apart:.1e}")


@pytest.mark.parametrize("scaler", ["StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler"])
def test_scalers_scale_the_inputs_of_the_network(scaler: str) -> None:
    """Two in a row, one of them told to leave something out, become one; nothing is folded, so Step trains as the model."""
    preprocessing = module("sklearn.preprocessing")
    kind = getattr(preprocessing, scaler)
    fit = fitted("MLPRegressor", X[:, :2], [kind(), "passthrough", preprocessing.StandardScaler(with_std=False)])
    model = from_sklearn(fit, X * 100, X[:, :2])
    assert (model.folded, model.passed_over) == ((), ("passthrough",))
    assert f"inputs are scaled by {scaler}, StandardScaler" in "".join(model.lines)
    assert model.difference is not None
    assert model.difference.largest < 1e-12
    np.testing.assert_allclose(model.network.inputs, fit[:-1].transform(X * 100), rtol=1e-12, atol=1e-12)
    assert from_sklearn(fit).network.inputs == ((0.0, 0.0, 0.0),)  # the means, as measured


def test_a_frame_with_names_is_taken() -> None:
    """Of pandas, by whose names a model may have been fitted."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = module("sklearn.neural_network").MLPRegressor(hidden_layer_sizes=(3,), max_iter=5).fit(frame, X[:, 0])
    assert from_sklearn(fit).network.names.features == ("a", "b", "c")  # for the sheet Predict
    for model in (from_sklearn(fit, frame), from_sklearn(fit)):
        assert model.difference is not None
        assert model.difference.largest < 1e-13


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "another estimator": (lambda: module("sklearn.svm").SVC(), "SVC is no network that sheetnet reads"),
    "not fitted": (lambda: module("sklearn.neural_network").MLPRegressor(), "has no weights yet: fit it first"),
    "a step that is no scaling": (
        lambda: fitted("MLPRegressor", X[:, 0], [module("sklearn.preprocessing").PolynomialFeatures()]),
        "PolynomialFeatures is no scaling",
    ),
    "a clipping scaler": (
        lambda: fitted("MLPRegressor", X[:, 0], [module("sklearn.preprocessing").MinMaxScaler(clip=True)]),
        "clips its outputs",
    ),
    "a Poisson loss": (lambda: fitted("MLPRegressor", np.abs(X[:, 0]), loss="poisson"), "the activation 'exp'"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_has_no_translation_is_refused(kind: str) -> None:
    """With the class and the remedy."""
    make, words = REFUSED[kind]
    with pytest.raises(NetworkError, match=words) as caught:
        from_sklearn(make())
    assert caught.value.remedy


def test_the_penalty_is_said() -> None:
    """The weights are shrunk by alpha: in the import's lines, and in the file as its `l2`."""
    model = from_sklearn(fitted("MLPRegressor", X[:, 0], alpha=0.01))
    assert "learning rate 0.1, l2 0.01, over N" in "".join(model.lines)
    assert "l2 = { factor = 0.01, per_observation = true }" in dump_network(model.network)


def test_a_class_that_the_model_does_not_know_is_refused() -> None:
    """With those that it knows."""
    fit = fitted("MLPClassifier", LABELS)
    with pytest.raises(NetworkError, match=r"targets holds 'maybe'.*there are no, yes"):
        from_sklearn(fit, X[:1], ["maybe"])
