"""Losses in NumPy: the cost of each output and its derivative. It knows neither networks nor spreadsheets.

Each cost is a sum over the outputs; the reduction over observations is the network's. 0 · ln 0 = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sheetnet.reference.activations import Array


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
