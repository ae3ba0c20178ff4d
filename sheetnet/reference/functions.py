"""Activations and losses in NumPy: values, derivatives, and softmax's Jacobian.

Each is stable for z of ±1000.

Each cost is a sum over the outputs; the reduction over observations is the network's. 0 · ln 0 = 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEAKY_SLOPE = 0.01
INFINITY = math.inf
BELOW_ZERO = math.nextafter(0.0, -1.0)  # relu does give 0 itself


@dataclass(frozen=True)
class Activation:
    """`f(z)` and `derivative(z, a)`, elementwise over any shape; `jacobian(a)` only where a_i depends on other z_j.

    `outputs` is an open interval that holds every value of f; `kink`: f bends at 0, so trials must see both sides.
    """

    f: Callable[[Array], Array]
    derivative: Callable[[Array, Array], Array]
    outputs: tuple[float, float]
    kink: bool = False
    jacobian: Callable[[Array], Array] | None = None


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z), without overflow on either side."""
    small = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1.0, small) / (1.0 + small), dtype=np.float64)


def softmax(z: Array) -> Array:
    """e^z / Σ e^z over the last axis; the row's largest z is taken off first, which changes nothing."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def softmax_jacobian(a: Array) -> Array:
    """∂a_i/∂z_j = a_i (δ_ij − a_j): shape (…, n) → (…, n, n)."""
    return np.asarray(a[..., :, None] * (np.eye(a.shape[-1]) - a[..., None, :]))


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(lambda z: z, lambda z, a: np.ones_like(z), (-INFINITY, INFINITY)),
    "sigmoid": Activation(sigmoid, lambda z, a: a * (1 - a), (0.0, 1.0)),
    "tanh": Activation(lambda z: np.asarray(np.tanh(z)), lambda z, a: 1 - a**2, (-1.0, 1.0)),
    "relu": Activation(
        lambda z: np.maximum(z, 0.0), lambda z, a: np.where(z > 0, 1.0, 0.0), (BELOW_ZERO, INFINITY), kink=True
    ),
    "leaky_relu": Activation(
        lambda z: np.where(z > 0, z, LEAKY_SLOPE * z),
        lambda z, a: np.where(z > 0, 1.0, LEAKY_SLOPE),
        (-INFINITY, INFINITY),
        kink=True,
    ),
    "elu": Activation(
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0.0))),
        lambda z, a: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0.0))),
        (-1.0, INFINITY),
        kink=True,
    ),
    "softplus": Activation(
        lambda z: np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))),
        lambda z, a: sigmoid(z),
        (0.0, INFINITY),
    ),
    "softmax": Activation(softmax, lambda z, a: a * (1 - a), (0.0, 1.0), jacobian=softmax_jacobian),
}


@dataclass(frozen=True)
class Loss:
    """`terms(a, t)` is the cost of each output, `gradient(a, t)` its derivative ∂C/∂a; both N × n_L → N × n_L.

    `outputs` is the open interval in which a must lie, `targets` the set from which targets are drawn in trials
    ("simplex": each row sums to 1).
    """

    terms: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]
    outputs: tuple[float, float]
    targets: Literal["real", "unit", "simplex"]


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
        (-np.inf, np.inf),
        "real",
    ),
    "mse": Loss(
        lambda a, t: (a - t) ** 2 / a.shape[-1],
        lambda a, t: 2 * (a - t) / a.shape[-1],
        (-np.inf, np.inf),
        "real",
    ),
    "binary_cross_entropy": Loss(
        lambda a, t: -(_t_ln_a(t, a) + _t_ln_a(1 - t, 1 - a)),
        lambda a, t: _t_over_a(1 - t, 1 - a) - _t_over_a(t, a),
        (0.0, 1.0),
        "unit",
    ),
    "cross_entropy": Loss(
        lambda a, t: -_t_ln_a(t, a),
        lambda a, t: -_t_over_a(t, a),
        (0.0, np.inf),
        "simplex",
    ),
}
