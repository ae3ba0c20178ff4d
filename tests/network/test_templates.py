"""The templates are the networks of their sources, number by number."""

from __future__ import annotations

import numpy as np
import pytest

from sheetnet import load_network
from sheetnet.network import Layer
from sheetnet.network_file import template_names, templates_folder

# name → sizes, activations, loss, learning rate, are biases trained?, observations
TEMPLATES = {
    "bias-node": ((2, 2, 2), ["sigmoid", "sigmoid"], "half_sse", 0.5, True, 1),
    "d02b": ((2, 2, 2), ["sigmoid", "sigmoid"], "half_sse", 0.5, False, 1),
    "digits-64-32-10": ((64, 32, 10), ["relu", "softmax"], "cross_entropy", 0.1, True, 8),
    "relu-sigmoid-softmax": ((3, 3, 3, 3), ["relu", "sigmoid", "softmax"], "binary_cross_entropy", 0.01, False, 1),
    "xor-batch": ((2, 3, 1), ["tanh", "sigmoid"], "half_sse", 0.5, True, 4),
}


@pytest.mark.parametrize(("name", "expected"), TEMPLATES.items(), ids=TEMPLATES)
def test_templates_are_what_their_sources_say(name: str, expected: tuple) -> None:
    """Sizes, activations, loss, learning rate, biases and the number of observations."""
    network = load_network(name)
    found = (
        network.sizes, [layer.activation for layer in network.layers], network.loss, network.learning_rate,
        network.train_bias, network.observations,
    )  # fmt: skip
    assert found == expected
    assert network.title
    assert network.source


def test_every_template_is_described_here() -> None:
    """A template that ships is a template that is tested."""
    assert template_names() == sorted(TEMPLATES) == sorted(path.stem for path in templates_folder().glob("*.toml"))


def test_d02b_has_the_numbers_of_its_source() -> None:
    """One bias a layer, 0.35 and 0.6, each one number."""
    network = load_network("d02b")
    assert (network.inputs, network.targets) == (((0.05, 0.1),), ((0.01, 0.99),))
    assert network.layers[0] == Layer("sigmoid", ((0.15, 0.25), (0.2, 0.3), (0.35, 0.35)), shared_bias=True)
    assert network.layers[1] == Layer("sigmoid", ((0.4, 0.5), (0.45, 0.55), (0.6, 0.6)), shared_bias=True)


def test_bias_node_has_the_weights_of_the_companion_sheet() -> None:
    """By end neuron with the bias last: (0.5, −0.2, 0.3), (0.2, −0.6, 0.6); (0.1, 0.5, −0.3), (0.2, 0.3, 0.5)."""
    network = load_network("bias-node")
    assert (network.inputs, network.targets) == (((0.1, 0.9),), ((0.3, 0.4),))
    by_neuron = [list(zip(*layer.weights, strict=True)) for layer in network.layers]
    assert by_neuron == [[(0.5, -0.2, 0.3), (0.2, -0.6, 0.6)], [(0.1, 0.5, -0.3), (0.2, 0.3, 0.5)]]


def test_relu_sigmoid_softmax_has_biases_of_one() -> None:
    """Its initial W_ij is the one under "Initializing the Network"."""
    network = load_network("relu-sigmoid-softmax")
    assert [layer.weights[-1] for layer in network.layers] == [(1.0, 1.0, 1.0)] * 3
    assert network.layers[0].weights[:-1] == ((0.1, 0.2, 0.3), (0.3, 0.2, 0.7), (0.4, 0.3, 0.9))


def test_xor_batch_is_xor() -> None:
    """The four observations and what XOR makes of them."""
    network = load_network("xor-batch")
    assert {x: t for x, (t,) in zip(network.inputs, network.targets, strict=True)} == {
        (float(p), float(q)): float(p ^ q) for p in (0, 1) for q in (0, 1)
    }


def test_digits_are_one_hot() -> None:
    """Eight observations of the classes 0 … 7, pixels from 0 to 1."""
    network = load_network("digits-64-32-10")
    assert np.array(network.targets).tolist() == np.eye(10)[:8].tolist()
    assert set(np.unique(network.inputs)) <= {0.0, 0.5, 1.0}
    assert len(set(network.inputs)) == 8
