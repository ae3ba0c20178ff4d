"""Known mistakes in softmax, forward. It knows no sheet and no student."""

from __future__ import annotations

import numpy as np

from sheetnet.mistakes.entry import Mistake, change
from sheetnet.mistakes.scene import Part
from sheetnet.reference import Array


def _power(base: float) -> Part:
    return lambda s: base ** (s["z"] - s["top"])


SOFTMAX = (
    Mistake(
        "SN021",
        "softmax without exponentials",
        "a, e",
        "z_0/SUM(z_0,z_1,z_2)",
        "EXP(z_0)/SUM(EXP(z_0),EXP(z_1),EXP(z_2))",
        "z may be negative or sum to 0, so its shares are no probabilities; take e^z of each z first.",
        (
            change("softmax", "z over the sum of z", e=lambda s: s["z"]),
            change("softmax", "e^z over the sum of z", top=lambda s: 0.0, total=lambda s: _row_sum(s["z"])),
            change("softmax", "z over the sum of e^z", act=lambda s: s["z"] / _row_sum(np.exp(s["z"]))),
            change("e", "z", e=lambda s: s["z"]),
            change("e", "z - max z", e=lambda s: s["z"] - s["top"]),
        ),
    ),
    Mistake(
        "SN022",
        "softmax normalised over the batch",
        "a",
        "EXP(z_0)/SUM(EXP(column))",
        "EXP(z_0)/SUM(EXP(row))",
        "The outputs of one observation must sum to 1: divide by the sum over its row, not over the observations.",
        (
            change("softmax", "over a column", total=lambda s: s["e"].sum(axis=-2, keepdims=True)),
            change("softmax", "over a column of e^z", top=lambda s: 0.0, total=lambda s: _column_sum(np.exp(s["z"]))),
            change("softmax", "over everything", total=lambda s: s["e"].sum(axis=(-2, -1), keepdims=True)),
            change("softmax", "over all e^z", top=lambda s: 0.0, total=lambda s: _column_sum(_row_sum(np.exp(s["z"])))),
        ),
    ),
    Mistake(
        "SN023",
        "softmax not normalised",
        "a",
        "EXP(z_0)",
        "EXP(z_0)/SUM(EXP(z_0),EXP(z_1))",
        "e^z alone is no share of the whole; divide by the sum of e^z over the row.",
        (
            change("softmax", "e^(z - max z)", total=lambda s: 1.0),
            change("softmax", "e^z", e=lambda s: np.exp(s["z"]), total=lambda s: 1.0),
        ),
    ),
    Mistake(
        "SN024",
        "own term missing in softmax's sum",
        "a",
        "EXP(z_0)/(EXP(z_1)+EXP(z_2))",
        "EXP(z_0)/(EXP(z_0)+EXP(z_1)+EXP(z_2))",
        "The sum is over all neurons of the row, the own one included.",
        (change("softmax", total=lambda s: _row_sum(s["e"]) - s["e"]),),
    ),
    Mistake(
        "SN025",
        "maximum subtracted on one side alone",
        "a",
        "EXP(z_0-MAX(row))/SUM(EXP(row))",
        "EXP(z_0-MAX(row))/SUM(EXP(row-MAX(row)))",
        "Subtracting the maximum changes nothing only where numerator and sum both do it.",
        (
            change("softmax", "above", total=lambda s: _row_sum(np.exp(s["z"]))),
            change("softmax", "below", act=lambda s: np.exp(s["z"]) / _row_sum(s["e"])),
        ),
    ),
    Mistake(
        "SN026",
        "maximum not subtracted",
        "e",
        "EXP(z_0)",
        "EXP(z_0-MAX(row))",
        "e^z overflows from z = 710 on; this block is e^(z - max z), which gives the same shares and never overflows.",
        (change("e", top=lambda s: 0.0), change("e", "of the whole batch", top=lambda s: _batch_top(s["z"]))),
    ),
    Mistake(
        "SN027",
        "power of 10 in place of e",
        "a, e",
        "10^z_0/(10^z_0+10^z_1)",
        "EXP(z_0)/(EXP(z_0)+EXP(z_1))",
        "Softmax takes powers of e = 2.718…: EXP(z), not 10^z or 2^z.",
        tuple(change(kind, f"{base:g}^z", e=_power(base)) for kind in ("softmax", "e") for base in (10.0, 2.0)),
    ),
)


def _row_sum(array: Array) -> Array:
    return np.asarray(array.sum(axis=-1, keepdims=True))


def _column_sum(array: Array) -> Array:
    return np.asarray(array.sum(axis=-2, keepdims=True))


def _batch_top(array: Array) -> Array:
    return np.asarray(array.max(axis=(-2, -1), keepdims=True))
