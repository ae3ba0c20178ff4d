"""The view `Appendix` in NumPy: Jacobians of 1/x, e^(−x) and A x + b, and central differences.

x is 1 + p² and 2 + q² for the first two inputs p and q of the first observation, so that 1/x has no trouble; A and b
are the corner of W⁽¹⁾, a row a neuron.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sheetnet.network import Network
from sheetnet.quantity import app
from sheetnet.reference.activations_and_losses import Array
from sheetnet.reference.equations import Values
from sheetnet.workbook_options import WorkbookOptions

H = 1e-3  # the error of the method is of the order h², that of rounding 1e-16/h: both are small
AFFINE_INPUTS = 2


def appendix_numbers(network: Network, values: Values, _: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns."""
    count = len(values["gamma"])
    x = values["A_0"][:, 0, :AFFINE_INPUTS, None] ** 2 + np.array([[1.0], [2.0]])
    matrix, bias = _corner(network, values["W_1"])
    found = {"app_x": x, "app_A": matrix, "app_b": bias, "app_h": np.full((count, 1, 1), H)}
    for i in range(AFFINE_INPUTS):
        found[app("unit", index=i + 1)] = np.tile(np.eye(AFFINE_INPUTS)[i], (count, 1, 1))
        found[app("E", index=i + 1)] = np.tile(np.diag(np.eye(AFFINE_INPUTS)[i]), (count, 1, 1))
    inverse, power = 1 / x, np.exp(-x)
    found |= {"app_inv_y": inverse, "app_inv_v": inverse * inverse, "app_exp_y": power}
    found |= _elementwise("inv", -1 / x**2, inverse**2, _central(lambda at: 1 / at, x))
    found |= _elementwise("exp", -power, power, _central(lambda at: np.exp(-at), x))
    return found | _affine(x, matrix, bias)


def _corner(network: Network, weights: Array) -> tuple[Array, Array]:
    """A and b from W⁽¹⁾; where it has one input or one neuron, that stands twice."""
    inputs, neurons = network.sizes[:2]
    rows, columns = np.minimum([0, 1], inputs - 1), np.minimum([0, 1], neurons - 1)
    return np.swapaxes(weights[:, rows][:, :, columns], -1, -2), weights[:, -1, columns][:, :, None]


def _elementwise(part: str, slope: Array, v: Array, central: Array) -> dict[str, Array]:
    """The terms E_ii v e_iᵀ, their negative sum, the matrix, and the central differences."""
    units = np.eye(AFFINE_INPUTS)
    terms = {app("term", index=i + 1, part=part): v * np.diag(units[i]) for i in range(AFFINE_INPUTS)}
    ways = {"sum": slope * units, "matrix": slope * units, "central": central}
    return terms | {app(way, part=part): array for way, array in ways.items()}


def _central(f: Callable[[Array], Array], x: Array) -> Array:
    """(f(x + h e_j) − f(x − h e_j)) / 2h as column j."""
    step = H * np.eye(AFFINE_INPUTS)
    columns = [(f(x + step[:, j : j + 1]) - f(x - step[:, j : j + 1])) / (2 * H) for j in range(AFFINE_INPUTS)]
    return np.concatenate(columns, axis=-1)


def _affine(x: Array, matrix: Array, bias: Array) -> dict[str, Array]:
    """y = A x + b with ∂y/∂x and ∂y/∂A: column (i, j) of the latter belongs to a_ij, the stack is a matrix for each y."""

    def y(at: Array, by: Array) -> Array:
        return by[:, :, :1] * at[:, :1] + by[:, :, 1:] * at[:, 1:] + bias

    by_entry = []
    for i in range(AFFINE_INPUTS):
        for j in range(AFFINE_INPUTS):
            step = np.zeros((AFFINE_INPUTS, AFFINE_INPUTS))
            step[i, j] = H
            by_entry.append((y(x, matrix + step) - y(x, matrix - step)) / (2 * H))
    flat = np.asarray(np.kron(np.eye(AFFINE_INPUTS), np.swapaxes(x, -1, -2)), dtype=np.float64)  # [[xᵀ, 0], [0, xᵀ]]
    return {
        "app_affine_y": y(x, matrix),
        "app_affine_dx": matrix,
        "app_affine_dx_central": _central(lambda at: y(at, matrix), x),
        "app_affine_dA": flat,
        "app_affine_stack": flat.reshape(len(x), AFFINE_INPUTS * AFFINE_INPUTS, AFFINE_INPUTS),
        "app_affine_dA_central": np.concatenate(by_entry, axis=-1),
    }
