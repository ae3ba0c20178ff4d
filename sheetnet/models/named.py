"""Which arrays of a file are weights, biases and batch normalizations, of which layer, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from sheetnet.errors import NetworkError
from sheetnet.models.arrays import matrix_of, vector_of
from sheetnet.models.orientation import WAYS, StoredLayer, misfit
from sheetnet.models.parts import Scaling
from sheetnet.models.proof import coarsest
from sheetnet.toml_fields import refuse

Arrays = Mapping[str, NDArray[np.generic]]
Group = tuple[int | str, ...]  # what is left of a name without the word for the role: ("fc", 1) of fc1.weight

# The words by which frameworks name what an array is, after which every other word and number tells the layer.
_ROLES: dict[tuple[str, ...], str] = {
    ("running", "mean"): "mean",
    ("running", "var"): "variance",
    ("moving", "mean"): "mean",
    ("moving", "variance"): "variance",
    ("num", "batches", "tracked"): "",
    **dict.fromkeys([("weight",), ("weights",), ("w",), ("kernel",), ("coef",), ("coefs",)], "weights"),
    **dict.fromkeys([("bias",), ("biases",), ("b",), ("intercept",), ("intercepts",)], "bias"),
    ("gamma",): "factor",
    ("beta",): "shift",
}
_UNNAMED = "arr_"  # as numpy.savez calls what it is given without names, with a number behind it
MOST_UNORDERED = 6  # layers whose order shapes are asked for
NAMED_LIKE = "names such as W1, b1, W2, b2 or 0.weight, 0.bias, 2.weight"


@dataclass
class _Found:
    """The arrays of one layer, by their roles."""

    arrays: dict[str, str] = field(default_factory=dict)  # role → name in the file

    @property
    def is_norm(self) -> bool:
        return "variance" in self.arrays


@dataclass(frozen=True)
class NamedModel:
    """The layers of a file in their order, and its batch normalizations in theirs."""

    layers: tuple[StoredLayer, ...]
    norms: tuple[Scaling, ...]
    precision: str


def named_model(arrays: Arrays, order: Sequence[str] | None = None, epsilon: float | None = None) -> NamedModel:
    """The model that arrays describe by their names and shapes; `order` names the layers as numbers pass through them.

    `epsilon` is what batch normalization adds to the variance, which no file says. Raises NetworkError.
    """
    groups = _positional(arrays) if arrays and all(map(_is_unnamed, arrays)) else _grouped(arrays)
    dense = {group: found for group, found in groups.items() if not found.is_norm}
    if not dense:
        raise NetworkError("holds no weights", remedy=f"arrays of two dimensions with {NAMED_LIKE}")
    layers, precisions = {}, []
    for group, found in dense.items():
        layers[group], precision = _stored(arrays, found)
        precisions.append(precision)
    in_order = _asked(groups, order) if order else _in_order(groups, layers)
    norms = [_norm(arrays, groups[group], epsilon) for group in in_order if groups[group].is_norm]
    return NamedModel(tuple(layers[group] for group in in_order if group in layers), tuple(norms), coarsest(precisions))


def _is_unnamed(name: str) -> bool:
    return name.startswith(_UNNAMED) and name.removeprefix(_UNNAMED).isdecimal()


def _positional(arrays: Arrays) -> dict[Group, _Found]:
    """Arrays without names: weights, and biases behind them."""
    found: dict[Group, _Found] = {}
    for name in sorted(arrays, key=lambda name: int(name.removeprefix(_UNNAMED))):
        if arrays[name].ndim == 2:
            found[len(found),] = _Found({"weights": name})
        elif not found or "bias" in found[len(found) - 1,].arrays:
            raise NetworkError(f"{name} is no matrix and follows no weights", place=name, remedy=f"give {NAMED_LIKE}")
        else:
            found[len(found) - 1,].arrays["bias"] = name
    return found


def _grouped(arrays: Arrays) -> dict[Group, _Found]:
    groups: dict[Group, _Found] = {}
    for name in arrays:
        role, group = _role(name)
        if role is None:
            raise NetworkError(
                f"{name}: this name does not say what the array is", place=name, remedy=f"give {NAMED_LIKE}"
            )
        if not role:
            continue
        known = groups.setdefault(group, _Found()).arrays
        if role in known:
            raise refuse(name, f"and {known[role]} are both {role} of one layer", "one of them")
        known[role] = name
    return groups


def _role(name: str) -> tuple[str | None, Group]:
    """What an array is, and of which layer; None where its name does not say."""
    words: list[int | str] = [
        int(word) if word.isdecimal() else word for word in re.findall(r"[A-Za-z]+|[0-9]{1,9}", name.removesuffix(":0"))
    ]
    for at in reversed(range(len(words))):
        for length in (3, 2, 1):
            part = tuple(str(word).lower() for word in words[at : at + length])
            if len(part) == length and part in _ROLES:
                return _ROLES[part], (*words[:at], *words[at + length :])
    return None, ()


def _stored(arrays: Arrays, found: _Found) -> tuple[StoredLayer, str]:
    parts = found.arrays
    if "weights" not in parts:
        name = next(iter(parts.values()))
        raise NetworkError(f"{name} belongs to no weights", place=name, remedy=f"give {NAMED_LIKE}")
    if others := [name for role, name in parts.items() if role not in ("weights", "bias")]:
        raise NetworkError(f"{others[0]} is no part of a dense layer", place=others[0], remedy="leave it out")
    if arrays[parts["weights"]].ndim == 1 and "bias" in parts:
        raise NetworkError(
            f"{parts['weights']} has 1 dimension, as of a layer or group normalization, which no dense layer can take in",
            place=parts["weights"],
            remedy="give a model without it",
        )
    weights, precision = matrix_of(arrays[parts["weights"]], parts["weights"])
    if "bias" not in parts:
        return StoredLayer(parts["weights"], weights), precision
    bias, of_bias = vector_of(arrays[parts["bias"]], parts["bias"])
    return StoredLayer(parts["weights"], weights, bias), coarsest([precision, of_bias])


def _norm(arrays: Arrays, found: _Found, epsilon: float | None) -> Scaling:
    """factor = γ / √(variance + ε), shift = β − mean · factor."""
    parts = found.arrays
    name = parts["variance"]
    if epsilon is None:
        raise NetworkError(
            f"{name} is of a batch normalization, whose epsilon the file does not say",
            place=name,
            remedy="give it: --epsilon 1e-5 is PyTorch's own, 1e-3 that of Keras",
        )
    if "mean" not in parts:
        raise NetworkError(f"{name} has no mean beside it", place=name, remedy="give the running mean")
    variance, mean = (vector_of(arrays[parts[role]], parts[role])[0] for role in ("variance", "mean"))
    factor, shift = (
        vector_of(arrays[parts[role]], parts[role])[0] if role in parts else None
        for role in ("weights" if "weights" in parts else "factor", "bias" if "bias" in parts else "shift")
    )
    return batch_norm(name.rpartition(".")[0] or name, mean, variance, epsilon, factor, shift)


def batch_norm(
    name: str,
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    epsilon: float,
    factor: NDArray[np.float64] | None,
    shift: NDArray[np.float64] | None,
) -> Scaling:
    """Batch normalization at prediction, with its running mean and variance. Raises NetworkError."""
    if len({each.size for each in (mean, variance, factor, shift) if each is not None}) > 1:
        raise refuse(name, "is a batch normalization with arrays of different lengths", "one number per neuron in each")
    if (variance + epsilon <= 0).any():
        raise refuse(name, "is a batch normalization with a variance that is not positive", "positive ones")
    with np.errstate(over="ignore", invalid="ignore"):  # what is no number then is refused as a weight
        scale = (1.0 if factor is None else factor) / np.sqrt(variance + epsilon)
        return Scaling(f"batch normalization {name}", scale, (0.0 if shift is None else shift) - mean * scale)


def _asked(groups: Mapping[Group, _Found], order: Sequence[str]) -> list[Group]:
    """The layers as somebody put them in order."""
    names = {_plain(group): group for group in groups}
    found = []
    for name in order:
        wanted = _plain(tuple(re.findall(r"[A-Za-z]+|[0-9]+", name)))
        if wanted not in names:
            raise NetworkError(
                f"layers: there is no {name.strip()!r}", place="layers", remedy=f"there are {', '.join(names)}"
            )
        found.append(names[wanted])
    return found


def _plain(group: Sequence[int | str]) -> str:
    return ".".join(map(str, group))


def _in_order(groups: Mapping[Group, _Found], layers: Mapping[Group, StoredLayer]) -> list[Group]:
    """By the numbers in their names, where these differ in nothing else; else in the one order in which shapes meet."""
    words = {tuple(word for word in group if isinstance(word, str)) for group in groups}
    if len(words) == 1:
        return sorted(groups, key=lambda group: tuple(word for word in group if isinstance(word, int)))
    ask = f"say the order by layers, such as {','.join(map(_plain, groups))}"
    if len(groups) > len(layers):
        raise NetworkError("the names do not say where the batch normalizations stand", place="layers", remedy=ask)
    found = list(_meeting(layers)) if len(layers) <= MOST_UNORDERED else []
    if len(found) != 1:
        raise NetworkError("the names do not say the order of the layers", place="layers", remedy=ask)
    return found[0]


def _meeting(layers: Mapping[Group, StoredLayer]) -> Iterator[list[Group]]:
    for order in permutations(layers):
        if any(misfit([layers[group] for group in order], way) is None for way in WAYS):
            yield list(order)
