"""The parts of a model in the order in which numbers pass through them, and how scalings become part of dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sheetnet.activations_and_losses import NO_ACTIVATION
from sheetnet.errors import NetworkError
from sheetnet.reference import Array


@dataclass(frozen=True)
class Dense:
    """z = x W + b: `weights` are n_in × n_out, `bias` has n_out numbers, or is None where the layer has none."""

    name: str
    weights: Array
    bias: Array | None = None


@dataclass(frozen=True)
class Scaling:
    """x → factor · x + shift, each one number per feature: a scaler, or batch normalization at prediction.

    `measured`: it was fitted to inputs as they were measured, before any training, so it may stand before the network.
    """

    name: str
    factor: Array
    shift: Array
    measured: bool = False


@dataclass(frozen=True)
class Activate:
    """a = f(z), by sheetnet's name; `called` is the name that the model has for it, `slope` its parameter, if it has one."""

    activation: str
    called: str = ""
    slope: float | None = None


ModelPart = Dense | Scaling | Activate


@dataclass(frozen=True)
class DenseLayer:
    """A dense layer with its activation, and the scalings that it took in."""

    weights: Array
    bias: Array | None
    activation: str = ""
    slope: float | None = None
    took_in: tuple[str, ...] = ()

    def scaled_after(self, scaling: Scaling) -> DenseLayer:
        """The layer whose z is factor · z + shift of this one's."""
        bias = scaling.shift if self.bias is None else self.bias * scaling.factor + scaling.shift
        return replace(self, weights=self.weights * scaling.factor, bias=bias, took_in=(*self.took_in, scaling.name))


def split_scaler(parts: Sequence[ModelPart]) -> tuple[Scaling | None, Sequence[ModelPart]]:
    """The scaling of measured inputs with which the parts begin, several as one, and the parts behind it.

    None where they begin otherwise, or a factor is not above 0, as that of no scaler is: it is then folded. Raises
    NetworkError where sizes do not meet.
    """
    whole: Scaling | None = None
    for behind, part in enumerate(parts):
        if not isinstance(part, Scaling) or not part.measured:
            return (whole, parts[behind:]) if whole is not None and (whole.factor > 0).all() else (None, parts)
        _checked_size(part, None if whole is None else whole.factor.size)
        whole = part if whole is None else _both(whole, part)
    return None, parts


def folded_layers(parts: Sequence[ModelPart]) -> list[DenseLayer]:
    """The parts as dense layers, every scaling folded into the layer before its activation, or into the one after.

    factor · (x W + b) + shift has the weights W · factor, (factor · x + shift) W + b has diag(factor) W, and shift W
    joins the bias. A scaling behind the last activation becomes a layer of its own. Raises NetworkError for what is no
    such chain, and where sizes do not meet.
    """
    layers: list[DenseLayer] = []
    waiting: Scaling | None = None  # for the next dense part
    size: int | None = None
    for part in parts:
        size = _checked_size(part, size)
        last = layers[-1] if layers and not layers[-1].activation else None
        if isinstance(part, Dense):
            if last is not None:
                layers[-1] = replace(last, activation=NO_ACTIVATION)
            layers.append(_scaled_before(part, waiting))
            waiting = None
        elif isinstance(part, Scaling):
            if last is not None:
                layers[-1] = last.scaled_after(part)
            else:
                waiting = part if waiting is None else _both(waiting, part)
        elif last is not None:
            layers[-1] = replace(last, activation=part.activation, slope=part.slope)
        elif part.activation != NO_ACTIVATION:
            raise NetworkError(
                f"{part.called or part.activation} follows no dense layer, so no layer of the sheet can have it",
                remedy="sheetnet computes dense layers with one activation each",
            )
    if not layers:
        raise NetworkError("the model has no dense layer", remedy="give one that has weights")
    if not layers[-1].activation:
        layers[-1] = replace(layers[-1], activation=NO_ACTIVATION)
    if waiting is not None:
        layers.append(DenseLayer(np.diag(waiting.factor), waiting.shift, NO_ACTIVATION, took_in=(waiting.name,)))
    return layers


def _scaled_before(part: Dense, scaling: Scaling | None) -> DenseLayer:
    if scaling is None:
        return DenseLayer(part.weights, part.bias)
    moved = scaling.shift @ part.weights
    bias = moved if part.bias is None else part.bias + moved
    return DenseLayer(scaling.factor[:, None] * part.weights, bias, took_in=(scaling.name,))


def _both(first: Scaling, second: Scaling) -> Scaling:
    factor, shift = second.factor * first.factor, second.factor * first.shift + second.shift
    return Scaling(f"{first.name}, {second.name}", factor, shift, first.measured and second.measured)


def _checked_size(part: ModelPart, size: int | None) -> int | None:
    """How many numbers leave a part that as many enter. Raises NetworkError where it takes others."""
    if isinstance(part, Activate):
        return size
    takes, gives = part.weights.shape if isinstance(part, Dense) else (part.factor.size, part.factor.size)
    if size is not None and takes != size:
        raise NetworkError(
            f"{part.name} takes {takes} numbers, but {size} come from the part before it",
            remedy="check the order of the parts and the orientation of the weights",
        )
    return int(gives)
