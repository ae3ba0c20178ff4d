"""XOR, iris and digits come in by each way with the same predictions, and examples in the documentation are true."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sheetnet
from sheetnet import models
from sheetnet.models import from_arrays, import_model
from sheetnet.models.imported import ImportedModel
from sheetnet.models.safetensors import safetensors_bytes
from tests.support.figures import record
from tests.support.trained import Trained, trained

NAMES = [name for name in models.__all__ if getattr(models, name).__doc__ and ">>>" in (getattr(models, name).__doc__)]


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_public_name_is_true(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands in its documentation."""
    monkeypatch.chdir(tmp_path)
    words = inspect.getdoc(getattr(models, name)) or ""
    example = doctest.DocTestParser().get_doctest(words, {"sheetnet": sheetnet}, name, None, None)
    told: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(example, out=told.append)
    assert example.examples
    assert "".join(told) == ""


def test_most_public_names_have_an_example() -> None:
    """Those that need no other program."""
    assert {"ImportedModel", "extract_network", "from_arrays", "save_network"} <= set(NAMES)


def arrays(data: Trained, sample: Path) -> ImportedModel:
    """Weights and biases from Python."""
    given = np.load(sample)
    return from_arrays(
        data.weights, data.biases, activations=data.activations, inputs=given["inputs"], outputs=given["outputs"]
    )


def npz(data: Trained, sample: Path) -> ImportedModel:
    """As numpy.savez keeps scikit-learn's coefs_ and intercepts_."""
    named: dict[str, Any] = {f"coefs_{n}": each for n, each in enumerate(data.weights)}
    named |= {f"intercepts_{n}": each for n, each in enumerate(data.biases)}
    np.savez(sample.with_name("model.npz"), **named)
    return import_model(sample.with_name("model.npz"), activations=data.activations, sample=sample)


def safetensors(data: Trained, sample: Path) -> ImportedModel:
    """As the state of a Sequential."""
    named = {f"{2 * n}.weight": each.T for n, each in enumerate(data.weights)}
    named |= {f"{2 * n}.bias": each for n, each in enumerate(data.biases)}
    path = sample.with_name("model.safetensors")
    path.write_bytes(safetensors_bytes(named, {}))
    return import_model(path, activations=",".join(data.activations), sample=sample)


def written_out(data: Trained) -> np.ndarray:
    """What the model gives, in NumPy."""
    a = data.inputs
    for weights, bias, word in zip(data.weights, data.biases, data.activations, strict=True):
        z = a @ weights + bias
        e = np.exp(z - z.max(axis=1, keepdims=True))
        values = {"tanh": np.tanh(z), "relu": np.maximum(z, 0), "sigmoid": 1 / (1 + np.exp(-z))}
        a = (values | {"softmax": e / e.sum(axis=1, keepdims=True)})[word]
    return a


@pytest.mark.slow
@pytest.mark.sklearn
@pytest.mark.parametrize("way", [arrays, npz, safetensors], ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", ["xor", "iris", "digits"])
def test_each_way_leads_to_the_same_predictions(
    name: str,
    way: Callable[[Trained, Path], ImportedModel],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """For all inputs on which it was trained; PyTorch, scikit-learn and ONNX have tests of their own."""
    data = trained(name)
    outputs = written_out(data) if data.estimator is None else data.estimator.predict_proba(data.inputs)
    rows = slice(200)
    np.savez(tmp_path / "sample.npz", inputs=data.inputs[rows], outputs=outputs[rows])
    model = way(data, tmp_path / "sample.npz")
    assert model.network.sizes == (data.inputs.shape[1], *(each.size for each in data.biases))
    assert model.difference is not None
    assert model.difference.largest < 1e-13
    record(record_property, f"{way.__name__}, {name}: {model.difference}")
