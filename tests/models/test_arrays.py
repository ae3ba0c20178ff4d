"""Models from arrays: sizes, orientation, activations and what is refused, each in one line."""

from __future__ import annotations

import numpy as np
import pytest

import sheetnet
from sheetnet.errors import NetworkError
from sheetnet.models import from_arrays
from sheetnet.models.proof import predictions

W1 = np.array([[0.9, -0.7], [-0.6, 0.8], [0.5, 0.4]])  # 3 neurons × 2 inputs, as PyTorch has it
B1 = np.array([0.1, -0.2, 0.3])
W2 = np.array([[1.1, 0.9, -0.8]])
B2 = np.array([-0.4])
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
SQUARE = np.array([[0.15, 0.2], [0.25, 0.3]])


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


Y = sigmoid(np.tanh(X @ W1.T + B1) @ W2.T + B2)  # XOR's network, written out


@pytest.mark.parametrize("turned", [False, True], ids=["out × in", "in × out"])
def test_xor_from_arrays_whichever_way_they_lie(turned: bool) -> None:
    """The shapes say which; the outputs are those of the network written out, to the last digits."""
    weights = [W1.T, W2.T] if turned else [W1, W2]
    model = from_arrays(weights, [B1, B2], activations="tanh,sigmoid", inputs=X, outputs=Y, targets=[0, 1, 1, 0])
    assert model.network.sizes == (2, 3, 1)
    assert model.difference is not None
    assert model.difference.largest < 1e-15
    assert (model.network.loss, model.network.observations) == ("binary_cross_entropy", 4)
    expected = sheetnet.load_network("xor-batch")
    assert [layer.weights for layer in model.network.layers] == [layer.weights for layer in expected.layers]


def test_a_square_matrix_is_never_guessed() -> None:
    """It fits both ways: the refusal names it, and both ways out."""
    with pytest.raises(NetworkError, match=r"W1 are 2 × 2, which fits both ways.*weights_by.*sample"):
        from_arrays([SQUARE, W2[:, :2]], [[0.35, 0.35], B2], activations=["sigmoid", "sigmoid"])


@pytest.mark.parametrize("way", ["neuron", "input"])
def test_a_square_matrix_lies_as_somebody_says(way: str) -> None:
    """Out × in is turned, in × out is not."""
    model = from_arrays([SQUARE], [[0.35, 0.6]], activations="sigmoid", weights_by=way)
    found = np.array(model.network.layers[0].weights)[:-1]
    np.testing.assert_array_equal(found, SQUARE.T if way == "neuron" else SQUARE)


@pytest.mark.parametrize("turned", [False, True])
def test_a_sample_proves_a_square_matrix(turned: bool) -> None:
    """One of the two ways gives the model's outputs, and the import says so."""
    weights = SQUARE.T if turned else SQUARE
    outputs = sigmoid(X @ weights + 0.1)
    model = from_arrays([SQUARE], [[0.1, 0.1]], activations="sigmoid", inputs=X, outputs=outputs)
    np.testing.assert_array_equal(np.array(model.network.layers[0].weights)[:-1], weights)
    assert any("proves" in note for note in model.notes)


def test_a_sample_proves_a_square_matrix_among_others() -> None:
    """Though the shapes of the others say how those lie, a file may mix both: the sample decides."""
    outputs = sigmoid(np.tanh(X @ SQUARE + 0.1) @ np.array([[0.5], [0.7]]))
    model = from_arrays(
        [SQUARE, [[0.5, 0.7]]], [[0.1, 0.1], [0.0]], activations="tanh,sigmoid", inputs=X, outputs=outputs
    )
    np.testing.assert_array_equal(np.array(model.network.layers[0].weights)[:-1], SQUARE)


def test_a_sample_that_proves_nothing_is_refused() -> None:
    """Inputs of 0 give the same outputs whichever way the weights lie."""
    with pytest.raises(NetworkError, match="does not tell which way"):
        from_arrays([SQUARE], [[0.1, 0.1]], activations="tanh", inputs=0 * X, outputs=np.tanh(np.full((4, 2), 0.1)))


def test_a_symmetric_matrix_needs_no_proof() -> None:
    """Both ways are one."""
    model = from_arrays([[[0.2, 0.4], [0.4, 0.1]]], [[0.1, 0.1]], activations="tanh")
    assert model.network.sizes == (2, 2)


def test_matrices_that_fit_both_ways_by_turns_are_not_guessed() -> None:
    """3 × 2 and 2 × 3 without biases may be 2-3-2 or 3-2-3."""
    with pytest.raises(NetworkError, match=r"\(3 × 2, 2 × 3\) fit both ways"):
        from_arrays([W1, W1.T], activations="tanh,tanh")


def test_outputs_of_another_model_are_refused() -> None:
    """An activation wrongly named shows in the outputs; the line says where and how far."""
    with pytest.raises(NetworkError, match=r"differs by up to 0\.\d+, at outputs\[\d, 0\].*check activations"):
        from_arrays([W1, W2], [B1, B2], activations="relu,sigmoid", inputs=X, outputs=Y)


def test_single_precision_has_a_tolerance_of_its_own() -> None:
    """15 digits of each float32 are kept, which is all it has; what rounding explains is said."""
    single = [each.astype(np.float32) for each in (W1, B1, W2, B2)]
    model = from_arrays(
        [single[0], single[2]],
        [single[1], single[3]],
        activations="tanh,sigmoid",
        inputs=X,
        outputs=Y.astype(np.float32),
    )
    assert model.difference is not None
    assert (model.precision, model.difference.precision, model.difference.tolerance) == ("float32", "float32", 1e-5)
    assert 1e-12 < model.difference.largest < 1e-6
    kept = np.array(model.network.layers[0].weights)[:-1].astype(np.float32)
    np.testing.assert_array_equal(kept, single[0].T)


def test_logits_are_followed_by_what_the_loss_applies() -> None:
    """The outputs compared are z of the last layer; the network has the activation that the loss applies."""
    z = np.tanh(X @ W1.T + B1) @ W2.T + B2
    model = from_arrays(
        [W1, W2], [B1, B2], activations="tanh,identity", logits=True, loss="binary_cross_entropy", inputs=X, outputs=z
    )
    assert model.network.layers[-1].activation == "sigmoid"
    assert model.difference is not None
    assert model.difference.largest < 1e-15


def test_log_softmax_is_softmax_whose_logarithms_are_compared() -> None:
    """As NLLLoss takes them."""
    z = X @ W1.T + B1
    logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    model = from_arrays([W1], [B1], activations=["log_softmax"], inputs=X, outputs=logs, targets=[0, 1, 2, 0])
    assert (model.network.layers[0].activation, model.network.loss) == ("softmax", "cross_entropy")
    assert np.argmax(model.network.targets, axis=1).tolist() == [0, 1, 2, 0]
    assert model.difference is not None
    assert model.difference.largest < 1e-15


def test_without_targets_the_outputs_stand_in_for_them() -> None:
    """And the import says so; so it does where there are no inputs."""
    model = from_arrays([W1, W2], [B1, B2], activations="tanh,sigmoid", inputs=X)
    np.testing.assert_allclose(model.network.targets, predictions(model.network, X), rtol=1e-14)
    assert any("own outputs" in note for note in model.notes)
    none = from_arrays([W1, W2], [B1, B2], activations="tanh,sigmoid")
    assert none.network.inputs == ((0.0, 0.0),)
    assert any("one row of zeros" in note for note in none.notes)


def test_an_imported_model_may_be_given_wherever_a_network_is() -> None:
    """It has a network."""
    model = from_arrays([W1, W2], [B1, B2], activations="tanh,sigmoid", inputs=X)
    assert sheetnet.load_network(model) is model.network
    assert sheetnet.training_step(model)["a_2"].shape == (4, 1)
    assert repr(model).startswith("<ImportedModel arrays: 2-3-1 with tanh, sigmoid")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weights": [W1 * np.nan, W2]}, r"W1\[0, 0\] is nan, expected a finite number"),
        ({"biases": [B1, B2 * np.inf]}, r"b2\[0\] is -inf, expected a finite number"),
        ({"weights": [W1 > 0, W2]}, "W1 holds bool"),
        ({"weights": [W1 + 1j, W2]}, "W1 holds complex128"),
        ({"weights": [[[1.0], [1.0, 2.0]], W2]}, "W1 has rows of different lengths"),
        ({"weights": [B1, W2]}, "W1 has 1 dimensions, expected 2"),
        ({"weights": [], "biases": []}, "weights is empty"),
        ({"biases": [B1]}, "biases has 1 entries, expected 2"),
        ({"activations": "tanh"}, "activations has 1 entries, expected 2"),
        ({"activations": "tanh,sigmoit"}, r"activations\[1\] is 'sigmoit'.*did you mean sigmoid"),
        ({"activations": "tanh+relu,sigmoid"}, r"activations\[0\] is 'tanh\+relu', expected one activation"),
        ({"activations": "batch_norm+tanh,sigmoid"}, "says 1 batch normalizations, and the model has 0"),
        ({"activations": "leaky_relu(x),sigmoid"}, r"is 'leaky_relu\(x\)', expected a number in the brackets"),
        ({"weights_by": "row"}, "weights_by is 'row', expected one of neuron, input"),
        ({"weights_by": "input"}, "do not meet: as one row per input.*W1 has 2 neurons and 3 biases"),
        ({"weights": [W1, W1]}, "sizes of the layers do not meet"),
        ({"loss": "huber"}, "loss is 'huber', expected one of"),
        ({"inputs": X[:, :1]}, "the model has 2 inputs and the sample 1"),
        ({"inputs": X, "outputs": Y[:3]}, "outputs has 3 rows, expected 4"),
        ({"inputs": X, "outputs": Y[:, [0, 0]]}, "the model has 1 outputs and the sample 2"),
        ({"outputs": Y}, "outputs without inputs"),
        ({"inputs": X, "targets": Y[:, [0, 0]]}, "targets.* has 2 numbers"),
        ({"logits": True}, "gives logits, and no loss says"),
        ({"logits": True, "loss": "cross_entropy"}, "the last layer has sigmoid"),
        ({"logits": True, "loss": "mse"}, "loss mse takes no logits"),
        ({"activations": None}, "activations is missing, expected a word for each layer"),
        ({"weights_by": []}, r"weights_by is \[\], expected one of neuron, input"),
        ({"biases": [1.0, B2]}, "W1 has 3 neurons and 1 biases"),
        ({"inputs": X, "outputs": 1.0}, "outputs has 0 dimensions, expected 1 or 2"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(change: dict, words: str) -> None:
    """What, where and the remedy."""
    given = {"weights": [W1, W2], "biases": [B1, B2], "activations": "tanh,sigmoid"} | change
    weights, biases = given.pop("weights"), given.pop("biases")
    with pytest.raises(NetworkError, match=words) as caught:
        from_arrays(weights, biases, **given)
    assert "\n" not in str(caught.value)


def test_classes_that_there_are_not_are_refused() -> None:
    """Targets of one number per observation are classes from 0."""
    for targets in ([0, 1, 2, 3], [0, 1, -1, 0], [0, 0.5, 1, 2]):
        with pytest.raises(NetworkError, match="expected classes from 0 to 2"):
            from_arrays([W1], [B1], activations="softmax", inputs=X, targets=targets)


def test_models_too_large_are_refused_with_what_fits() -> None:
    """Step holds three numbers for each weight; what fits of weights, and of observations, is told."""
    with pytest.raises(NetworkError, match=r"401,408 weights.*up to about 333,333 weights fit"):
        from_arrays([np.zeros((512, 784))], [np.zeros(512)], activations="relu")
    inputs, weights = np.zeros((40, 2)), np.ones((5000, 2))
    with pytest.raises(NetworkError, match=r"40 observations.*up to about ([\d,]+) observations fit") as caught:
        from_arrays([weights], [np.zeros(5000)], activations="relu", inputs=inputs)
    fit = int(str(caught.value).split("about ")[1].split(" ")[0].replace(",", ""))
    with pytest.raises(NetworkError, match="observations fit"):
        from_arrays([weights], [np.zeros(5000)], activations="relu", inputs=inputs[: fit + 1])
    from_arrays([weights], [np.zeros(5000)], activations="relu", inputs=inputs[:fit])
