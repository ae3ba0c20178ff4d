"""The nearest known quantity of a cell that computes something else: how the two differ, in one sentence."""

from __future__ import annotations

import numpy as np

from sheetnet.identify.lookup import Index
from sheetnet.identify.result import Label
from sheetnet.identify.sight import Sight
from sheetnet.reference import Array

CLOSE = 1e-9  # relative; as in check/compare.py
RATIOS = {-1.0: "−1", 2.0: "2", 0.5: "½", -2.0: "−2", -0.5: "−½"}


def compared(sight: Sight, column: int, expected: Label, right: Array, computes: Label | None) -> str:
    """A cell against what it should compute."""
    found = sight.runs.values[:, column]
    if computes is not None:
        return f"computes {computes}, where {expected} is wanted{_missing_factor(sight, expected, computes)}"
    if (ratio := _ratio(found[1:], right[1:])) is not None:
        return f"is {_times(ratio)} × {expected}, which it should be"
    agree = _agreeing(found, right)
    count = int(agree[1:].sum())
    if agree[0] and count == 0:
        return f"should be {expected}: right at the sheet's own numbers by chance, wrong at others"
    often = f", though it agrees in {count} of {len(found) - 1} trials" if count else ""
    return f"should be {expected}, and computes something else{often}"


def nearest(sight: Sight, column: int) -> str:
    """A cell of which nobody knows what it should compute."""
    found = sight.runs.values[:, column]
    if not np.isfinite(found).all():
        return "does not give a number in every trial"
    if (multiple := _multiple(sight, found)) is not None:
        return multiple
    numbers = sight.training.step(1)[:, : sight.training.blocks]
    counts = _agreeing(found[1:, None], numbers[1:]).sum(axis=0)
    best = int(counts.argmax())
    if counts[best] >= 2:
        label = Label(*sight.training.elements[best])
        return f"computes no known quantity; it agrees with {label} in {counts[best]} of {len(found) - 1} trials"
    return "computes no known quantity"


def _missing_factor(sight: Sight, expected: Label, computes: Label) -> str:
    """δ = ∂C/∂a · f′(z): where one factor stands for the product, the other one is missing."""
    kind, _, layer = expected.quantity.rpartition("_")
    if kind != "delta":
        return ""
    if computes.quantity == f"dC_da_{layer}":
        activation = sight.network.layers[int(layer) - 1].activation
        mask = " mask" if activation == "relu" else ""
        return f": the factor da_dz_{layer}, the derivative of {activation}{mask}, is missing"
    return f": the factor dC_da_{layer} is missing" if computes.quantity == f"da_dz_{layer}" else ""


def _ratio(found: Array, right: Array) -> float | None:
    """found / right, where that is the same number in all trials."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (found / right)[right != 0]
    if len(ratios) < 2 or not np.isfinite(ratios).all() or not np.allclose(ratios, ratios[0], rtol=CLOSE, atol=0):
        return None
    return None if abs(ratios[0]) < CLOSE or ((found != 0) & (right == 0)).any() else float(ratios[0])


def _multiple(sight: Sight, found: Array) -> str | None:
    """The quantity of the first step of which the cell is a constant multiple."""
    trials = found[1:]
    expected = sight.training.step(1)[1:]
    usable = np.flatnonzero(np.isfinite(expected).all(axis=0) & (np.ptp(expected, axis=0) > 0))
    _, matches = Index(_unit(expected[:, usable]), np.ones((len(trials), 1))).matches(_unit(trials[:, None]))
    for number in sorted(usable[matches].tolist()):
        if (ratio := _ratio(trials, expected[:, number])) is not None:
            return f"is {_times(ratio)} × {Label(*sight.training.elements[number])}, and no quantity itself"
    return None


def _unit(columns: Array) -> Array:
    """Columns of length 1 whose largest number is positive: alike for all multiples of one column."""
    largest = columns[np.abs(columns).argmax(axis=0), np.arange(columns.shape[1])]
    return columns / np.where(largest == 0, 1.0, largest)


def _agreeing(found: Array, right: Array) -> np.typing.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(found - right) <= CLOSE * np.maximum(np.abs(found), np.abs(right)) + 1e-12)


def _times(ratio: float) -> str:
    return next((text for number, text in RATIOS.items() if abs(ratio / number - 1) < CLOSE), f"{ratio:.6g}")
