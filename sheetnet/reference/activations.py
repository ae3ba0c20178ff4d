"""Activations in NumPy, over the last axis: value, derivative and, where neurons mix, the whole Jacobian.

It knows neither networks nor spreadsheets. Each is stable for z of ±1000.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

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
