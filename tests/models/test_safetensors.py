"""Models from .safetensors files, and what is written for other programs, which read it as it was meant."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sheetnet.errors import SheetnetError
from sheetnet.input_names import Scaler
from sheetnet.models import from_arrays, import_model, save_network
from sheetnet.models.safetensors import safetensors_bytes
from sheetnet.network_file import load_network
from tests.support import engines
from tests.support.refusals import assert_refusal

RNG = np.random.default_rng(81)
W1, B1 = RNG.normal(size=(3, 2)), RNG.normal(size=3)
X = RNG.normal(size=(10, 2))
Y = np.tanh(X @ W1.T + B1)
SCALER = Scaler((0.1, -1.5), (0.3, 1e-7))


def written(path: Path, header: object, numbers: bytes = b"", length: int | None = None) -> Path:
    words = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(words) if length is None else length).to_bytes(8, "little") + words + numbers)
    return path


def entry(kind: str, shape: list, begin: int, end: int) -> dict:
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize("template", ["xor-batch", "digits-64-32-10", "without biases", "with a scaler"])
@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_what_is_saved_comes_back(template: str, suffix: str, tmp_path: Path) -> None:
    """Every weight to the last bit, with activations, orientation and scaler, and nothing has to be asked."""
    bare = from_arrays([W1.T, W1], [None, B1[:2]], activations="leaky_relu(0.2),elu", weights_by="input")
    made = {"without biases": bare.network, "with a scaler": replace(bare.network, scaler=SCALER)}
    network = made[template] if template in made else load_network(template)
    path = save_network(network, tmp_path / f"model.{suffix}")
    found = import_model(path).network
    assert (found.layers, found.scaler) == (network.layers, network.scaler)
    assert path.read_bytes() == save_network(network, tmp_path / f"again.{suffix}").read_bytes()


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.safetensors
def test_pytorch_loads_what_is_saved(tmp_path: Path) -> None:
    """As the state of a Sequential, whose outputs are those of the reference; and its own file is read."""
    torch = engines.torch()
    safetensors = engines.module("safetensors.torch")
    network = load_network("xor-batch")
    path = save_network(network, tmp_path / "xor.safetensors")
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1), torch.nn.Sigmoid())
    model.load_state_dict(safetensors.load_file(path))
    outputs = model(torch.tensor(network.inputs)).detach().numpy()
    safetensors.save_file(model.state_dict(), tmp_path / "own.safetensors")
    np.savez(tmp_path / "sample.npz", inputs=np.array(network.inputs), outputs=outputs)
    found = import_model(tmp_path / "own.safetensors", activations="tanh,sigmoid", sample=tmp_path / "sample.npz")
    assert found.network.layers == network.layers
    assert found.difference is not None
    assert found.difference.largest < 1e-15


def test_half_precision_is_read_with_a_wide_tolerance(tmp_path: Path) -> None:
    """bfloat16 is the upper half of a float32, of which NumPy knows nothing; the tolerance is that of its digits."""
    halves = (W1.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    exact = (halves.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    header = {"0.weight": entry("BF16", [3, 2], 0, 12), "0.bias": entry("F32", [3], 12, 24)}
    path = written(tmp_path / "a.safetensors", header, halves.tobytes() + B1.astype(np.float32).tobytes())
    sample = tmp_path / "sample.npz"
    np.savez(sample, inputs=X, outputs=Y)
    model = import_model(path, activations="tanh", sample=sample)
    np.testing.assert_array_equal(np.array(model.network.layers[0].weights)[:-1], exact.T)
    assert model.precision == "bfloat16"
    assert model.difference is not None
    assert model.difference.tolerance == 0.1


GOOD = {"W1": entry("F64", [3, 2], 0, 48), "b1": entry("F64", [3], 48, 72)}
HOSTILE: dict[str, tuple[object, bytes, int | None, str]] = {
    "a header longer than the file": (GOOD, b"", 1 << 62, "says a header of 4,611,686,018,427,387,904 bytes"),
    "an empty file": (b"", b"", 0, "damaged header"),
    "a header too long": (b" " * 2_000_000, b"", None, "at most 1,000,000 are read"),
    "no JSON": (b"{'a'", b"", None, "damaged header"),
    "no table": ([1], b"", None, "no table"),
    "deep JSON": (b"[" * 100_000, b"", None, "damaged header"),
    "a name twice": (b'{"a": 1, "a": 2}', b"", None, "a name stands twice"),
    "a huge number": (b'{"a": ' + b"9" * 5000 + b"}", b"", None, "damaged header"),
    "overlapping offsets": (GOOD | {"b1": entry("F64", [3], 24, 48)}, bytes(48), None, "begins at byte 24"),
    "a gap": (GOOD | {"b1": entry("F64", [3], 56, 80)}, bytes(80), None, "begins at byte 56"),
    "numbers behind the last": (GOOD, bytes(100), None, "says 72 bytes of numbers in its header and has 100"),
    "numbers missing": (GOOD, bytes(60), None, "says 72 bytes of numbers in its header and has 60"),
    "nothing": ({"W1": entry("F64", [0, 2], 0, 0)}, b"", None, "W1: is empty"),
    "a lying shape": (GOOD | {"W1": entry("F64", [1 << 40, 1 << 40], 0, 48)}, bytes(72), None, "its shape says"),
    "a negative shape": (GOOD | {"W1": entry("F64", [-3, -2], 0, 48)}, bytes(72), None, "damaged shape or offsets"),
    "a shape of truth": (GOOD | {"W1": entry("F64", [True, 6], 0, 48)}, bytes(72), None, "damaged shape or offsets"),
    "offsets backwards": ({"W1": entry("F64", [3, 2], 0, -48)}, bytes(48), None, "damaged shape or offsets"),
    "three offsets": ({"W1": GOOD["W1"] | {"data_offsets": [0, 48, 50]}}, bytes(48), None, "damaged shape or offsets"),
    "another type": ({"W1": entry("F8_E4M3", [6], 0, 6)}, bytes(6), None, "holds F8_E4M3"),
    "no entry": ({"W1": [1, 2]}, b"", None, "no entry with dtype"),
    "more in an entry": ({"W1": GOOD["W1"] | {"run": "x"}}, bytes(48), None, "no entry with dtype"),
    "metadata of numbers": ({"__metadata__": {"a": 1}}, b"", None, "metadata that are no texts"),
    "a flood of arrays": ({f"a{n}": entry("F64", [0], 0, 0) for n in range(600)}, b"", None, "has 600 arrays, at most 500"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_ends_in_one_line(kind: str, tmp_path: Path) -> None:
    """With the path and the reason."""
    header, numbers, length, words = HOSTILE[kind]
    path = written(tmp_path / "a.safetensors", header, numbers, length)
    with pytest.raises(SheetnetError, match=words) as caught:
        import_model(path, activations="relu")
    assert_refusal(str(caught.value), path)


def test_the_good_file_of_these_is_read(tmp_path: Path) -> None:
    """Or the refusals would say nothing."""
    path = written(tmp_path / "a.safetensors", GOOD, np.arange(9.0).tobytes())
    assert import_model(path, activations="relu").network.sizes == (2, 3)
    own = tmp_path / "b.safetensors"
    own.write_bytes(safetensors_bytes({"W1": W1, "b1": B1}, {}))
    assert import_model(own, activations="relu").network.sizes == (2, 3)


def test_another_ending_is_refused(tmp_path: Path) -> None:
    """With those that can be written."""
    with pytest.raises(SheetnetError, match=r"'.onnx' is no format of networks: name it .toml or .npz or .safetensors"):
        save_network("xor", tmp_path / "xor.onnx")
