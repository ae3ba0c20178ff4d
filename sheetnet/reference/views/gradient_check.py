"""The view `Gradient check` in NumPy: the cost with each weight moved by +h and by −h.

(C(w + h) − C(w − h)) / 2h = ∂C/∂w + O(h²)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network
from sheetnet.quantity import moved, q
from sheetnet.reference.activations_and_losses import Array
from sheetnet.reference.equations import Equation, Values, forward_pass
from sheetnet.reference.views.training import told_apart
from sheetnet.workbook_options import WorkbookOptions, checked_weights

# The last digit of C₊ and C₋ is 1e-16 of them, spreadsheets take numbers for equal from 4e-15 on; 2h divides it.
DIGIT = 1e-14
JUDGED = 1e-12  # the judge's absolute tolerance, of which `noise` gives multiples
AT_BEND = 1e-12  # so near to its bend, rounding decides on which side of it a unit is


def gradient_noise(presentation: WorkbookOptions) -> dict[str, float]:
    """How many times the usual tolerance the quotient is allowed."""
    return {"grad_numeric": max(DIGIT / (2 * presentation.step_size) / JUDGED, 1.0)}


def gradient_check_numbers(network: Network, values: Values, presentation: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns: a row a weight, in the order of `checked_weights`.

    The workings of C(w + h) have a row more, the first: there no weight is moved.
    """
    h, weights, count = presentation.step_size, checked_weights(network), len(values["gamma"])
    forward = forward_pass(network)
    base = _moved(forward, values, None, 0.0)
    plus = [_moved(forward, values, weight, h) for weight in weights]
    minus = [_moved(forward, values, weight, -h) for weight in weights]
    w, backprop = (_column([values[q(x, layer)][:, i, j] for layer, i, j in weights]) for x in ("W", "dC_dW"))
    c_plus, c_minus = (_column([run["cost"][:, 0, 0] for run in runs]) for runs in (plus, minus))
    numeric = (c_plus - c_minus) / (2 * h)
    found = {
        "grad_h": np.full((count, 1, 1), h),
        "grad_tolerance": np.full((count, 1, 1), 100 * h * h + 1e-13 / h),
        "grad_cost": base["cost"],
        "grad_w": w,
        "grad_C_plus": c_plus,
        "grad_C_minus": c_minus,
        "grad_numeric": numeric,
        "grad_backprop": backprop,
    }
    found |= _workings(network, "plus", [base, *plus]) | _workings(network, "minus", minus)
    return found | _switches(network, found)


def gradient_check_asked(network: Network, values: Values, presentation: WorkbookOptions) -> dict[str, Array]:
    """The same, with NaN for the count of units over their bend where rounding decides on which side one is."""
    found = gradient_check_numbers(network, values, presentation)
    for name, (z, still) in _bent(network, found).items():
        unclear = (np.minimum(np.abs(z), np.abs(still)) < AT_BEND).any(axis=-1, keepdims=True)
        found[name] = np.where(unclear, np.nan, found[name])
        found["grad_switches"] = np.where(unclear, np.nan, found["grad_switches"])
    return found


def gradient_row_demands(network: Network, found: Values) -> Iterator[NDArray[np.bool_]]:
    """As `told_apart`; and which trial takes units over their bends, and not as many in the next row."""
    yield from told_apart(network, found)
    for name in _bent(network, found):
        yield from (found[name] > 0, found[name][:, 1:] != found[name][:, :-1])


def _moved(
    forward: Mapping[str, Equation], values: Values, weight: tuple[int, int, int] | None, by: float
) -> dict[str, Array]:
    """The forward pass with one weight moved."""
    run = dict(values)
    if weight is not None:
        layer, i, j = weight
        changed = values[q("W", layer)].copy()
        changed[:, i, j] += by
        run[q("W", layer)] = changed
    with np.errstate(all="ignore"):
        for name, equation in forward.items():
            run[name] = equation(run)
    return run


def _workings(network: Network, side: str, runs: list[dict[str, Array]]) -> dict[str, Array]:
    """Each observation's z, a and cost, without the bias nodes."""
    names = ["cost_n"]
    for layer in range(1, network.depth + 1):
        names += [q("z", layer), q("a", layer), *([q("e", layer)] if network.mixes(layer) else [])]
    return {
        moved.of(name, n, part=side): np.stack([run[name][:, n] for run in runs], axis=1)
        for n in range(network.observations)
        for name in names
    }


def _switches(network: Network, found: Values) -> dict[str, Array]:
    """How many units of each observation the moved weight takes over their bends, and in all."""
    counts = {
        name: ((z > 0) != (still > 0)).sum(axis=-1, keepdims=True).astype(float)
        for name, (z, still) in _bent(network, found).items()
    }
    return counts | {"grad_switches": np.asarray(sum(counts.values()))} if counts else {}


def _bent(network: Network, found: Values) -> dict[str, tuple[Array, Array]]:
    """Block of counts → how far the z of units lie above their bends, with the weight moved and without."""
    bent = [(k, kink) for k in range(1, network.depth + 1) for kink in network.kinks(k)]
    pairs: dict[str, tuple[Array, Array]] = {}
    for n in range(network.observations if bent else 0):
        plus, minus = (
            np.concatenate([found[moved("z", k, n, part=side)] - kink for k, kink in bent], axis=-1)
            for side in ("plus", "minus")
        )
        pairs[f"grad_plus_switch_n{n}"] = plus[:, 1:], plus[:, :1]
        pairs[f"grad_minus_switch_n{n}"] = minus, plus[:, :1]
    return pairs


def _column(rows: list[Array]) -> Array:
    return np.stack(rows, axis=1)[:, :, None]
