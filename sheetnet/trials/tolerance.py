"""When two numbers count as equal: relative and absolute tolerance, on the scale of the run.

RELATIVE is 1e-9: programs differ in EXP, LN and TANH by 1e-15, files that LibreOffice saved keep 15 digits (5e-15,
in .ods as little as 3e-8 for numbers near 1e-13), and no mistake of a student is as small. ABSOLUTE is 1e-12 times the
largest magnitude in the run (at least 1): where terms cancel, the rest is noise of that size, and Excel and LibreOffice
snap it to 0. Errors, texts and NaN equal nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sheetnet.engine.prepare import Run
from sheetnet.reference import Array
from sheetnet.workbook import Value

RELATIVE = 1e-9
ABSOLUTE = 1e-12
Truth = NDArray[np.bool_]


def as_numbers(runs: Iterable[Run]) -> Array:
    """The values of runs as a matrix of numbers; whatever is not a number is NaN."""
    return np.array([run.numbers for run in runs], dtype=np.float64)


def agreement(found: Array, expected: Array, scale: Array) -> Truth:
    """Where `found` equals `expected`, both runs × cells; an infinite expectation asks nothing.

    `scale` is runs × 1, or runs × cells.
    """
    with np.errstate(invalid="ignore"):
        room = RELATIVE * np.maximum(np.abs(found), np.abs(expected)) + ABSOLUTE * scale
        return np.asarray((np.abs(found - expected) <= room) | ~np.isfinite(expected))


def scales(expected: Array) -> Array:
    """The largest finite magnitude of each run, at least 1: runs × 1."""
    finite = np.isfinite(expected)
    most, least = (of(expected, axis=1, keepdims=True, initial=0.0, where=finite) for of in (np.max, np.min))
    return np.asarray(np.maximum(np.maximum(most, -least), 1.0))


def same(a: Value, b: Value, room: float = 1.0) -> bool:
    """Whether two shown values are the same, numbers within the tolerance; `room` is what its absolute part is times."""
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= RELATIVE * max(abs(a), abs(b)) + ABSOLUTE * room
    return a == b


def right_digits(value: float, expected: float) -> int:
    """To how many significant digits a typed number is right, 0 to 15: 0.5933 for 0.59326999 to 4."""
    for digits in range(15, 0, -1):
        if float(f"{value:.{digits}g}") == float(f"{expected:.{digits}g}"):
            return digits
    return 0
