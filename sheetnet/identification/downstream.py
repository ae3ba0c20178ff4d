"""Tries what the cells downstream of some places become when these hold other quantities.

The cells downstream stand in a small workbook, with what they use as numbers. It is loaded once for all hypotheses about
the same places; each then overwrites those alone. One run rules out most hypotheses, few runs tell the rest apart.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from sheetnet.identification.labels import Label, SignatureIndex
from sheetnet.identification.state import IdentifyState
from sheetnet.reference import Array
from sheetnet.trials.tolerance import as_numbers
from sheetnet.workbook import Cell, Place, Position, Workbook, array_cells

MOST_AFTER = 60  # cells downstream in which a hypothesis must show
ONE_RUN = range(1, 2)  # a trial: at the sheet's own numbers more agrees by chance
FEW_RUNS = range(4)  # the sheet's own numbers and three trials tell a good hypothesis from a bad one
Hypothesis = dict[Place, Label]


class Downstream:
    """The unknown cells after some places, the nearest first, ready for hypotheses about these places."""

    def __init__(self, state: IdentifyState, places: Collection[Place]) -> None:
        graph = state.graph
        self._state, self._places = state, list(places)
        self.cells = [p for p in graph.after(places, MOST_AFTER) if p not in state.labels and p not in places]
        inside = {*self.cells, *places}
        used = {u for place in self.cells for u in graph.precedents(place)}
        border = [u for u in used if u in state.numbers and u not in inside]
        border = [u for u in border if not np.isnan(state.values[:, state.numbers[u]]).any()]
        drivers = dict(zip(state.runs.drivers, range(len(state.runs.drivers)), strict=True))
        if not any(map(graph.makes_up, self.cells)):
            drivers = {place: number for place, number in drivers.items() if place in used}
        else:
            used |= {(sheet.name, *at) for sheet in state.workbook.sheets for at in sheet.cells}
        self._driven = [*drivers, *border, *self._places]
        own = np.array(state.runs.numbers)[:, list(drivers.values())]
        self._given = np.concatenate([own, state.values[:, [state.numbers[u] for u in border]]], axis=1)
        self._workbook = _part(state.workbook, self.cells, [u for u in used if u not in state.numbers])
        self._work = sum(1 + len(graph.precedents(place)) for place in self.cells)

    def gains(self, hypotheses: Sequence[Hypothesis], least: int) -> list[int]:
        """How many cells each hypothesis would have recognised, where that may be more than `least`; else 0.

        So it is for all of them where the budget does not last.
        """
        if len(self.cells) <= least or not self._state.may_try(self._work * len(hypotheses)):
            return [0] * len(hypotheses)
        expected = np.array([self._state.expected(hypothesis) for hypothesis in hypotheses])
        steps = [max(label.step for label in hypothesis.values()) for hypothesis in hypotheses]
        first = self._values(expected, ONE_RUN)
        hopeful = [n for n, at in enumerate(steps) if self._index(at, ONE_RUN).near(first[n]).sum() > least]
        gains = [0] * len(hypotheses)
        for number, values in zip(hopeful, self._values(expected[hopeful], FEW_RUNS), strict=True):
            columns, _ = self._index(steps[number], FEW_RUNS).matches(values)
            gains[number] = len(np.unique(columns))
        return gains

    def _values(self, expected: Array, runs: range) -> Array:
        """What the cells give with the expected numbers of each hypothesis: hypotheses × runs × cells."""
        if not len(expected):
            return np.zeros((0, len(runs), len(self.cells)))
        given = self._given[runs].tolist()
        trials = [
            [*numbers, *own] for each in expected for numbers, own in zip(given, each[runs].tolist(), strict=True)
        ]
        found = as_numbers(self._state.engine(self._workbook, self._driven, trials, self.cells))
        return found.reshape(len(expected), len(runs), -1)

    def _index(self, step: int, runs: range) -> SignatureIndex:
        """What can be recognised around a step, in these runs."""
        key = step, runs
        if key not in self._state.indices:
            steps = range(max(1, step - 1), step + 2)
            expected = np.concatenate([self._state.training.step(s)[runs] for s in steps], axis=1)
            self._state.indices[key] = SignatureIndex(expected, self._state.training.scale(step)[runs])
        return self._state.indices[key]


def _part(workbook: Workbook, formulas: Collection[Place], constants: Collection[Place]) -> Workbook:
    """These formulas of a workbook and these constants; of an array's cells, the whole array."""
    kept: dict[str, dict[Position, Cell]] = {sheet.name: {} for sheet in workbook.sheets}
    cells = {sheet.name: sheet.cells for sheet in workbook.sheets}
    anchors = {sheet.name: array_cells(sheet) for sheet in workbook.sheets if sheet.arrays}
    for name, row, column in formulas:
        at = anchors.get(name, {}).get((row, column), (row, column))
        kept[name][at] = cells[name][at]
    arrays = {s.name: {at: size for at, size in s.arrays.items() if at in kept[s.name]} for s in workbook.sheets}
    for name, row, column in constants:
        if (row, column) in cells[name]:
            kept[name].setdefault((row, column), cells[name][row, column])
    return replace(
        workbook,
        sheets=tuple(replace(sheet, cells=kept[sheet.name], arrays=arrays[sheet.name]) for sheet in workbook.sheets),
    )
