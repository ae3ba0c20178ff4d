"""Computes what a formula can know that refers to certain cells only.

All other numbers are taken from another run, so that an explanation that needs one of them no longer fits.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from sheetnet.mistakes import Element, Site, cook, kind_of, names_read
from sheetnet.network import Network, activation_name
from sheetnet.quantity import q
from sheetnet.reference import Array, Values
from sheetnet.trials.tolerance import Truth, agreement

MASK_VALUES = 2  # values of a mask: two of them may be equal in every run by chance
MOST_REMEMBERED = 64  # sets of cells whose knowledge is kept: cells of one block often refer to the same


class Knowledge:
    """What follows from which cells, in all runs of one workbook; `J_l` is not stacked."""

    def __init__(self, network: Network, values: Values, scale: Array) -> None:
        self._network, self._values, self._scale = network, values, scale
        self._others = {name: np.roll(array, 1, axis=0) for name, array in values.items()}
        self._kept: dict[frozenset[Element], dict[str, Array]] = {}
        self._needs: dict[str, list[str]] = {}

    @cached_property
    def _columns(self) -> dict[bytes, list[Element]]:
        """The elements by their numbers in all runs, those of more than two values: equal ones stand for each other."""
        found: dict[bytes, list[Element]] = {}
        for name, array in self._values.items():
            flat = array.reshape(len(array), -1, array.shape[-1])
            ordered = np.sort(flat, axis=0)  # what is no number comes last
            steps = (ordered[1:] != ordered[:-1]) & ~np.isnan(ordered[:-1])
            rows = np.ascontiguousarray(np.moveaxis(flat, 0, -1))
            for row, column in np.argwhere(steps.sum(axis=0) >= MASK_VALUES).tolist():
                found.setdefault(rows[row, column].tobytes(), []).append((name, row, column))
        return found

    def _equal(self, name: str, row: int, column: int) -> list[Element]:
        """The elements that hold the same number as this one in every run, as C and C_n of a single observation."""
        array = self._values[name]
        numbers = np.ascontiguousarray(array.reshape(len(array), -1, array.shape[-1])[:, row, column])
        return self._columns.get(numbers.tobytes(), [])

    def of(self, reads: frozenset[Element]) -> dict[str, Array]:
        """Every quantity, right where it follows from the elements read, else from another run."""
        if reads not in self._kept:
            if len(self._kept) >= MOST_REMEMBERED:
                self._kept.clear()
            self._kept[reads] = self._made(reads)
        return self._kept[reads]

    def _made(self, reads: frozenset[Element]) -> dict[str, Array]:
        found, known = dict(self._others), set[str]()
        marks = self._marks(reads)
        for name in self._network.blocks:
            mark = marks.get(name)
            computed = self._computed(name, found) if known.intersection(self._needed(name)) else None
            if computed is not None:
                mark = computed if mark is None else mark | computed
            if mark is not None and mark.any():
                known.add(name)
                found[name] = np.where(mark, self._values[name], self._others[name])
        return found

    def _marks(self, reads: frozenset[Element]) -> dict[str, Truth]:
        """Which elements of which blocks are read; z, f(z) and copies of one neuron's number count as one."""
        marks: dict[str, Truth] = {}
        for name, row, column in reads:
            for block, r, c in (*self._alike(name, row, column), *self._equal(name, row, column)):
                if block not in marks:
                    marks[block] = np.zeros(self._values[block].shape[1:], dtype=np.bool_)
                flat = marks[block].reshape(-1, marks[block].shape[-1])
                flat[r, c] = True
        return marks

    def _alike(self, name: str, row: int, column: int) -> list[Element]:
        """The element, and those from which it can be told: whoever refers to a may mean z, and to z may mean a."""
        site = Site.of(self._network, name)
        if site.quantity not in ("A", "a", "z", "e"):
            return [(name, row, column)]
        if site.quantity == "e":  # whose maximum is the row's
            z = q("z", site.layer, site.new)
            return [(name, row, column), *((z, row, j) for j in range(self._network.blocks[z].columns))]
        own, shapes = (site.layer, site.new), self._network.blocks
        alike = [activation_name(site.layer, self._network.depth, site.new), q("z", *own), q("e", *own)]
        return [
            (block, row, column)
            for block in alike
            if block in shapes and row < shapes[block].rows and column < shapes[block].columns
        ]

    def _computed(self, name: str, found: dict[str, Array]) -> Truth | None:
        """Which elements of a block come out right from what is known before it."""
        site = Site.of(self._network, name)
        if kind_of(site) is None:
            return None
        right = self._values[name]
        array = np.broadcast_to(cook(site, found), right.shape)
        count = len(right)
        same = agreement(array.reshape(count, -1), right.reshape(count, -1), self._scale)
        return np.asarray(same.all(axis=0).reshape(right.shape[1:]))

    def _needed(self, name: str) -> list[str]:
        """The blocks that the equation of a block reads."""
        if name not in self._needs:
            self._needs[name] = names_read(self._network, name, self._values)
        return self._needs[name]
