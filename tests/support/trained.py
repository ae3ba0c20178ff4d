"""Models trained once by scikit-learn, with the data they were trained on: iris 4-8-3 and digits 64-32-10."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from sheetnet.network_file import load_network
from tests.support.engines import module


class Trained(NamedTuple):
    """Weights in × out, one activation per layer, inputs N × n_0 and classes from 0."""

    weights: list[np.ndarray]
    biases: list[np.ndarray]
    activations: list[str]
    inputs: np.ndarray
    classes: np.ndarray
    estimator: Any = None  # of scikit-learn; None for XOR, which the template holds


@lru_cache
def trained(name: str) -> Trained:
    """The model of that name: "xor", "iris" or "digits"."""
    if name == "xor":
        network = load_network("xor-batch")
        rows = [np.array(layer.weights) for layer in network.layers]
        targets = np.array(network.targets)[:, 0].astype(int)
        words = [layer.activation for layer in network.layers]
        return Trained([row[:-1] for row in rows], [row[-1] for row in rows], words, np.array(network.inputs), targets)
    datasets, networks = module("sklearn.datasets"), module("sklearn.neural_network")
    inputs, classes = getattr(datasets, f"load_{name}")(return_X_y=True)
    inputs = inputs / 16 if name == "digits" else inputs
    hidden, word = {"iris": (8, "tanh"), "digits": (32, "relu")}[name]
    model = networks.MLPClassifier((hidden,), activation=word, random_state=1, max_iter=60, learning_rate_init=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has not converged, which takes longer and shows no more
        model.fit(inputs, classes)
    return Trained(model.coefs_, model.intercepts_, [word, "softmax"], inputs, classes, model)
