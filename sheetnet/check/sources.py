"""Finds which quantities a formula refers to, at once or through helper cells and names: the evidence for a cause."""

from __future__ import annotations

from functools import cached_property

from sheetnet.check.graph import through_helpers
from sheetnet.check.runs import Bench
from sheetnet.mistakes import Element
from sheetnet.workbook import Place


class Sources:
    """What the formulas of a workbook refer to, as elements of blocks: ("z_1", 0, 1)."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    @cached_property
    def _elements(self) -> dict[Place, list[Element]]:
        """The elements that stand in a cell; views are ways to the step's cells, as helper cells are."""
        found: dict[Place, list[Element]] = {}
        for cell in self._bench.inputs:
            found.setdefault(cell.place, []).append(cell.element)
        for answer in self._bench.answers:
            if answer.block.name in self._bench.network.blocks:
                found.setdefault(answer.place, []).append((answer.block.name, answer.row, answer.column))
        return found

    def of(self, place: Place) -> frozenset[Element] | None:
        """The elements that the formula at a place refers to; None where that cannot be told."""
        used = list(through_helpers(self._bench.graph, place, self._elements))
        helpers = [place, *(cell for cell in used if cell not in self._elements)]
        if any(map(self._bench.graph.makes_up, helpers)):
            return None
        return frozenset(element for cell in used for element in self._elements.get(cell, ()))
