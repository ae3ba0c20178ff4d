"""Looking signatures up: which columns of numbers agree in every run. It knows neither cells nor quantities.

Columns are compared by one weighted sum of their runs, sorted; within the tolerance of that sum few are left, and those
are compared run by run. So 25,000 columns against 100,000 take a fraction of a second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sheetnet.check.compare import ABSOLUTE, RELATIVE
from sheetnet.reference import Array

Indices = NDArray[np.intp]
MOST = 50_000_000  # pairs that are compared; where more are near, those beyond are not looked at
LATER = 10.0  # training repeats rounding errors, so that later steps are compared this much more loosely


class Index:
    """The expected columns (runs × quantities), ready to be searched; `scale` is runs × 1."""

    def __init__(self, expected: Array, scale: Array) -> None:
        self._expected, self._scale = expected, scale
        # Any weights do; these keep the runs apart and are the same every time.
        self._weights = np.random.default_rng(2).uniform(0.5, 1.5, size=len(expected))
        sums = self._weights @ np.where(np.isfinite(expected), expected, np.inf)
        self._order = np.argsort(sums)
        self._sums = sums[self._order]

    def matches(self, found: Array, loose: float = 1.0) -> tuple[Indices, Indices]:
        """All pairs (column of `found`, quantity) that agree in every run."""
        with np.errstate(invalid="ignore"):
            sums = self._weights @ found
            room = self._weights @ (2 * RELATIVE * np.abs(found) + ABSOLUTE * self._scale) * loose
            low = np.searchsorted(self._sums, np.where(np.isfinite(sums), sums - room, np.inf), "left")
            high = np.searchsorted(self._sums, np.where(np.isfinite(sums), sums + room, -np.inf), "right")
        counts = np.maximum(high - low, 0)
        counts[np.cumsum(counts) > MOST] = 0
        columns = np.repeat(np.arange(found.shape[1]), counts)
        offsets = np.arange(len(columns)) - np.repeat(np.cumsum(counts) - counts, counts)
        quantities = self._order[np.repeat(low, counts) + offsets]
        good = self._agree(found, columns, quantities, loose)
        return columns[good], quantities[good]

    def _agree(self, found: Array, columns: Indices, quantities: Indices, loose: float) -> NDArray[np.bool_]:
        good = np.ones(len(columns), dtype=bool)
        for run, expected in enumerate(self._expected):
            mine, theirs = found[run, columns], expected[quantities]
            with np.errstate(invalid="ignore"):
                room = RELATIVE * np.maximum(np.abs(mine), np.abs(theirs)) + ABSOLUTE * self._scale[run, 0]
                good &= np.abs(mine - theirs) <= room * loose
        return good
