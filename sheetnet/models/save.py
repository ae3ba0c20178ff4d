"""Writes a network as a network file, or its weights as .npz or .safetensors for other programs."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sheetnet.errors import FileError
from sheetnet.files.archives import save_zip
from sheetnet.files.atomic import atomic_write, save_text
from sheetnet.models.orientation import BY_INPUT, BY_NEURON
from sheetnet.models.safetensors import SCALER_NAMES, safetensors_bytes
from sheetnet.models.words import word_for
from sheetnet.network import Layer, Network
from sheetnet.network_file import NetworkLike, dump_network, load_network
from sheetnet.reference import Array


def save_network(network: NetworkLike, path: str | os.PathLike[str]) -> Path:
    """Write a network by the ending of `path`: .toml, .npz or .safetensors; the file appears whole or not at all.

    `network` is whatever a network can be made of: an imported model, a template's name, … A network file holds
    everything. .npz holds `W1`, `b1`, `W2`, … (in × out, as Keras and scikit-learn have them), .safetensors `0.weight`
    (out × in), `0.bias`, `2.weight`, …, as the state of a torch.nn.Sequential of Linear layers with an activation behind
    each; both say their activations and what scales the inputs. Raises FileError for another ending and for a place that
    cannot be written.

    >>> from sheetnet.models import save_network
    >>> save_network("xor", "xor.npz").name
    'xor.npz'
    """
    place, made = Path(path), load_network(network)
    suffix = place.suffix.lower()
    if suffix not in WRITERS:
        known = " or ".join(WRITERS)
        raise FileError(f"the suffix {place.suffix!r} is no format of networks", path=place, remedy=f"name it {known}")
    WRITERS[suffix](made, place)
    return place


def _save_toml(network: Network, path: Path) -> None:
    save_text(dump_network(network), path)


def _save_npz(network: Network, path: Path) -> None:
    arrays: dict[str, NDArray[Any]] = {}
    for number, layer in enumerate(network.layers, 1):
        weights, bias = weights_and_bias(layer)
        arrays |= {f"W{number}": weights} | ({} if bias is None else {f"b{number}": bias})
    arrays |= {"activations": np.array(_words(network)), "weights_by": np.array(BY_INPUT)}
    arrays |= {name: np.array(numbers) for name, numbers in _scaler(network).items()}
    save_zip({f"{name}.npy": _npy(array) for name, array in arrays.items()}, path)


def _npy(array: NDArray[Any]) -> bytes:
    stream = BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=False)
    return stream.getvalue()


def _save_safetensors(network: Network, path: Path) -> None:
    arrays: dict[str, Array] = {}
    for number, layer in enumerate(network.layers):
        weights, bias = weights_and_bias(layer)
        arrays |= {f"{2 * number}.weight": weights.T} | ({} if bias is None else {f"{2 * number}.bias": bias})
    metadata = {"activations": ",".join(_words(network)), "weights_by": BY_NEURON}
    metadata |= {name: ",".join(map(repr, numbers)) for name, numbers in _scaler(network).items()}
    with atomic_write(path) as stream:
        stream.write(safetensors_bytes(arrays, metadata))


def _words(network: Network) -> list[str]:
    return [word_for(layer.activation, layer.slope) for layer in network.layers]


def _scaler(network: Network) -> dict[str, tuple[float, ...]]:
    """Beside the weights, for these take inputs that are scaled."""
    scaler = network.scaler
    return {} if scaler is None else dict(zip(SCALER_NAMES, (scaler.mean, scaler.scale), strict=True))


def weights_and_bias(layer: Layer) -> tuple[Array, Array | None]:
    """The weights of a layer, n_in × n_out, and its biases, None where it has none."""
    rows = np.array(layer.weights)
    return rows[: layer.fan_in], rows[-1] if layer.bias else None


WRITERS: dict[str, Callable[[Network, Path], None]] = {
    ".toml": _save_toml,
    ".npz": _save_npz,
    ".safetensors": _save_safetensors,
}
