"""Models from .npz files: which arrays are what, by the names that frameworks give, and `sheetnet import`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sheetnet.errors import SheetnetError
from sheetnet.models import import_model
from sheetnet.network_file import load_network
from tests.support.commands import Run

RNG = np.random.default_rng(18)
W1, B1 = RNG.normal(size=(3, 2)), RNG.normal(size=3)  # out × in
W2, B2 = RNG.normal(size=(4, 3)), RNG.normal(size=4)
X = RNG.normal(size=(10, 2))
MEAN, VARIANCE, FACTOR, SHIFT = RNG.normal(size=3), RNG.uniform(0.5, 2, 3), RNG.normal(size=3), RNG.normal(size=3)


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def norm(z: np.ndarray, epsilon: float) -> np.ndarray:
    return (z - MEAN) / np.sqrt(VARIANCE + epsilon) * FACTOR + SHIFT


Y = softmax(np.maximum(X @ W1.T + B1, 0) @ W2.T + B2)
NAMINGS = {
    "PyTorch": {"0.weight": W1, "0.bias": B1, "2.weight": W2, "2.bias": B2},
    "PyTorch, out of order": {"net.10.weight": W2, "net.10.bias": B2, "net.9.weight": W1, "net.9.bias": B1},
    "PyTorch, by name": {"out.weight": W2, "out.bias": B2, "hidden.weight": W1, "hidden.bias": B1},
    "Keras": {"dense_1/kernel:0": W2.T, "dense_1/bias:0": B2, "dense/kernel:0": W1.T, "dense/bias:0": B1},
    "scikit-learn": {"coefs_0": W1.T, "coefs_1": W2.T, "intercepts_0": B1, "intercepts_1": B2},
    "textbook": {"W1": W1.T, "b1": B1[None], "W2": W2.T, "b2": B2[None]},
    "without names": {"arr_0": W1.T, "arr_1": B1, "arr_2": W2.T, "arr_3": B2},
}


def saved(folder: Path, arrays: dict, name: str = "model.npz") -> Path:
    np.savez(folder / name, **arrays)
    return folder / name


@pytest.mark.parametrize("naming", NAMINGS)
def test_arrays_are_known_by_the_names_of_each_framework(naming: str, tmp_path: Path) -> None:
    """One network comes out, whose outputs are those of the formula."""
    sample = saved(tmp_path, {"inputs": X, "outputs": Y}, "sample.npz")
    model = import_model(saved(tmp_path, NAMINGS[naming]), activations="relu,softmax", sample=sample)
    assert model.network.sizes == (2, 3, 4)
    assert model.difference is not None
    assert model.difference.largest < 1e-13


def test_layers_that_neither_names_nor_shapes_order_are_asked_for(tmp_path: Path) -> None:
    """`head` and `body` may stand either way; --layers says it."""
    square = RNG.normal(size=(2, 2, 2))
    path = saved(
        tmp_path, {"head.weight": square[0], "head.bias": B1[:2], "body.weight": square[1], "body.bias": B2[:2]}
    )
    with pytest.raises(SheetnetError, match=r"do not say the order of the layers.*head,body"):
        import_model(path, activations="relu,tanh", weights_by="neuron")
    model = import_model(path, activations="relu,tanh", weights_by="neuron", layers=["body", "head"])
    np.testing.assert_allclose(np.array(model.network.layers[0].weights)[:-1], square[1].T, rtol=1e-14)
    with pytest.raises(SheetnetError, match=r"there is no 'tail': there are head, body"):
        import_model(path, activations="relu,tanh", weights_by="neuron", layers=["tail", "head"])


@pytest.mark.parametrize("place", ["before", "after", "end", "start"])
def test_batch_normalization_is_folded_wherever_it_stands(place: str, tmp_path: Path) -> None:
    """Before the activation into its layer, after it into the next, behind the last as a layer of its own."""
    arrays = {"1.running_mean": MEAN, "1.running_var": VARIANCE, "1.weight": FACTOR, "1.bias": SHIFT,
              "1.num_batches_tracked": np.array(7)}  # fmt: skip
    z = X @ W1.T + B1
    if place == "end":
        arrays |= {"0.weight": W1, "0.bias": B1}
        words, outputs, sizes = "relu+batch_norm", norm(np.maximum(z, 0), 1e-3), (2, 3, 3)
    else:
        arrays |= {"0.weight": W1, "0.bias": B1, "3.weight": W2, "3.bias": B2}
        hidden = np.maximum(norm(z, 1e-3), 0) if place != "after" else norm(np.maximum(z, 0), 1e-3)
        words = "relu+batch_norm,softmax" if place == "after" else "batch_norm+relu,softmax"
        outputs, sizes = softmax(hidden @ W2.T + B2), (2, 3, 4)
    sample = saved(tmp_path, {"inputs": X, "outputs": outputs}, "sample.npz")
    model = import_model(saved(tmp_path, arrays), activations=words, epsilon=1e-3, sample=sample)
    assert model.network.sizes == sizes
    assert model.difference is not None
    assert model.difference.largest < 1e-13
    assert model.folded == (f"batch normalization 1 into layer {1 if place in ('before', 'start') else 2}",)
    assert "For prediction only" in model.network.source
    assert [remark.view for remark in model.network.remarks] == ["step"]


def test_the_epsilon_of_batch_normalization_is_asked_for(tmp_path: Path) -> None:
    """No file says it, and frameworks differ; so does where it stands."""
    arrays = {"0.weight": W1, "0.bias": B1, "1.running_mean": MEAN, "1.running_var": VARIANCE}
    path = saved(tmp_path, arrays)
    with pytest.raises(SheetnetError, match=r"1.running_var.*epsilon.*1e-5.*1e-3"):
        import_model(path, activations="batch_norm+relu")
    with pytest.raises(SheetnetError, match="says 0 batch normalizations, and the model has 1"):
        import_model(path, activations="relu", epsilon=1e-5)
    with pytest.raises(SheetnetError, match="variance that is not positive"):
        import_model(
            saved(tmp_path, arrays | {"1.running_var": -VARIANCE}), activations="batch_norm+relu", epsilon=1e-5
        )


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"theta": W1}, "theta: this name does not say what the array is"),
        ({"0.bias": B1}, "0.bias belongs to no weights"),
        ({"0.weight": FACTOR, "0.bias": SHIFT}, "a layer or group normalization"),
        ({"0.weight": W1[None]}, "0.weight has 3 dimensions"),
        ({"0.weight": W1, "0.kernel": W1}, "0.kernel and 0.weight are both weights of one layer"),
        ({"arr_0": B1}, "arr_0 is no matrix and follows no weights"),
        ({"1.running_var": VARIANCE}, "holds no weights"),
        ({"W1": W1, "b1": B1, "activations": np.array([1.0])}, "activations holds float64, expected text"),
        ({"W1": np.array([["a"]])}, "W1 holds <U1, expected numbers"),
        ({"W1": np.full((3, 2), np.inf), "b1": B1}, r"W1\[0, 0\] is inf"),
    ],
)
def test_what_is_no_model_is_refused_in_one_line(arrays: dict, words: str, tmp_path: Path) -> None:
    """With the file and the array."""
    path = saved(tmp_path, arrays)
    with pytest.raises(SheetnetError, match=words) as caught:
        import_model(path, activations="relu")
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_import_writes_a_network_file(run: Run, tmp_path: Path) -> None:
    """And prints sizes, activations and the largest difference; what it wrote is the network that it imported."""
    saved(tmp_path, NAMINGS["PyTorch"])
    saved(tmp_path, {"inputs": X, "outputs": Y, "targets": np.arange(10) % 4}, "sample.npz")
    done = run("import", "model.npz", "--activations", "relu,softmax", "--sample", "sample.npz", "-o", "net.toml")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "model.npz: 2-3-4 with relu, softmax; 25 weights and biases, float64"
    assert lines[1].startswith("largest difference ")
    assert "of 10 observations (tolerance 1e-09, of float64)" in lines[1]
    assert lines[2:] == [
        "observations: the first 8 of 10 rows",
        "loss cross_entropy, reduction mean, learning rate 0.1",
        "net.toml",
    ]
    network = load_network(tmp_path / "net.toml")
    assert (network.sizes, network.observations) == ((2, 3, 4), 8)
    np.testing.assert_allclose(np.array(network.layers[1].weights)[:-1], W2.T, rtol=1e-14)
    assert run("import", "model.npz", "--activations", "relu,softmax", "-o", "net.toml").code == 2
    assert run("show", "net.toml").code == 0


def test_import_asks_for_what_the_file_does_not_say(run: Run, tmp_path: Path) -> None:
    """In one line, with the option that says it."""
    saved(tmp_path, NAMINGS["PyTorch"])
    done = run("import", "model.npz")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "sheetnet: model.npz: activations: the file does not say the activations of its 2 layers: "
        "give them in order, such as --activations relu,softmax\n"
    )


def test_import_folds_and_says_so(run: Run, tmp_path: Path) -> None:
    """What was folded, and that the network is for prediction only."""
    saved(tmp_path, {"0.weight": W1, "0.bias": B1, "1.running_mean": MEAN, "1.running_var": VARIANCE})
    done = run("import", "model.npz", "--activations", "batch_norm+tanh", "--epsilon", "1e-5", "-o", "net.toml")
    assert "folded, so for prediction only: batch normalization 1 into layer 1" in done.out
    assert "For prediction only" in (tmp_path / "net.toml").read_text(encoding="utf-8")
    run("generate", "net.toml", "--views", "step")
    assert (tmp_path / "net.xlsx").exists()
