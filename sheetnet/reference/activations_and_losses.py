"""Activations and losses in NumPy: values, derivatives, and softmax's Jacobian.

Each is stable for z of ±1000.

Each cost is a sum over the outputs; the reduction over observations is the network's. 0 · ln 0 = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Layer

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Activation:
    """`f(z)` and `derivative(z, a)`, elementwise over any shape.

    Where neurons mix, a_j = e_j / Σe: `power(z)` is e, `share(z, a)` is s_j = a_j ∂ln e_j/∂z_j, and the derivative is the
    diagonal of the Jacobian. `sloped` gives the same with another slope just below 0.
    """

    f: Callable[[Array], Array]
    derivative: Callable[[Array, Array], Array]
    power: Callable[[Array], Array] | None = None
    share: Callable[[Array, Array], Array] | None = None
    sloped: Callable[[float], Activation] | None = None

    def jacobian(self, z: Array, a: Array) -> Array:
        """∂a_i/∂z_j = (δ_ij − a_i) s_j of one that mixes: shape (…, n) → (…, n, n)."""
        assert self.share is not None, "neurons that do not mix have no Jacobian but its diagonal"
        return np.asarray((np.eye(a.shape[-1]) - a[..., :, None]) * self.share(z, a)[..., None, :])


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z), without overflow on either side."""
    small = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1.0, small) / (1.0 + small), dtype=np.float64)


def powers(z: Array) -> Array:
    """e^z of each z; the row's largest z is taken off first, which changes no part of the sum."""
    return np.asarray(np.exp(z - z.max(axis=-1, keepdims=True)))


def parts_of_sum(e: Array) -> Array:
    """e / Σe over the last axis."""
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _leaky_relu(slope: float) -> Activation:
    return Activation(lambda z: np.where(z > 0, z, slope * z), lambda z, a: np.where(z > 0, 1.0, slope))


def _elu(alpha: float) -> Activation:
    """α (e^z − 1) below 0, with the slope α e^z."""
    return Activation(
        lambda z: np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0))),
        lambda z, a: np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0.0))),
    )


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(lambda z: z, lambda z, a: np.ones_like(z)),
    "sigmoid": Activation(sigmoid, lambda z, a: a * (1 - a)),
    "tanh": Activation(lambda z: np.asarray(np.tanh(z)), lambda z, a: 1 - a**2),
    "relu": Activation(lambda z: np.maximum(z, 0.0), lambda z, a: np.where(z > 0, 1.0, 0.0)),
    "leaky_relu": replace(_leaky_relu(0.01), sloped=_leaky_relu),
    "elu": replace(_elu(1.0), sloped=_elu),
    "softplus": Activation(
        lambda z: np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))),
        lambda z, a: sigmoid(z),
    ),
    "softmax": Activation(lambda z: parts_of_sum(powers(z)), lambda z, a: a * (1 - a), powers, lambda z, a: a),
}


def activation_of(layer: Layer) -> Activation:
    """The activation of a layer, with the layer's own slope below 0 where it has one."""
    known = ACTIVATIONS[layer.activation]
    return known if known.sloped is None or layer.slope is None else known.sloped(layer.slope)


@dataclass(frozen=True)
class Loss:
    """`terms(a, t)` is the cost of each output, `gradient(a, t)` its derivative ∂C/∂a; both N × n_L → N × n_L."""

    terms: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]


def _t_ln_a(t: Array, a: Array) -> Array:
    """T ln a, with 0 · ln 0 = 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(t == 0, 0.0, t * np.log(a))


def _t_over_a(t: Array, a: Array) -> Array:
    """T / a, and 0 where T = 0: the derivative of T ln a."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(t == 0, 0.0, t / a)


LOSSES: dict[str, Loss] = {
    "half_sse": Loss(
        lambda a, t: (a - t) ** 2 / 2,
        lambda a, t: a - t,
    ),
    "mse": Loss(
        lambda a, t: (a - t) ** 2 / a.shape[-1],
        lambda a, t: 2 * (a - t) / a.shape[-1],
    ),
    "sse": Loss(
        lambda a, t: (a - t) ** 2,
        lambda a, t: 2 * (a - t),
    ),
    "binary_cross_entropy": Loss(
        lambda a, t: -(_t_ln_a(t, a) + _t_ln_a(1 - t, 1 - a)),
        lambda a, t: _t_over_a(1 - t, 1 - a) - _t_over_a(t, a),
    ),
    "cross_entropy": Loss(
        lambda a, t: -_t_ln_a(t, a),
        lambda a, t: -_t_over_a(t, a),
    ),
}
