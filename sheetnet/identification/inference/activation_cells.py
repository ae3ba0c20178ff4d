"""Finds the cells that compute an activation of a weighted sum, also by way of helper cells such as EXP(-z)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sheetnet.activations_and_losses import ACTIVATION_FACTS
from sheetnet.engine.prepare import Evaluate
from sheetnet.identification.inference.sums import Sums
from sheetnet.reference import Array
from sheetnet.reference.activations_and_losses import ACTIVATIONS
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.trials.tolerance import as_numbers
from sheetnet.workbook import Place, Workbook

_TRIALS = 10
_LARGEST = 3.0  # z in the trials, of both signs
_WIDEST = 200  # neurons of a row that share an activation
_EXACT = 1e-9


@dataclass(frozen=True)
class Activated:
    """A cell that computes the activation of the weighted sum in `z`; `row` are the sums that share it, as in softmax.

    `name` is None where the cell depends on z alone and computes no activation that is known.
    """

    place: Place
    z: Place
    name: str | None
    flipped: bool = False
    row: frozenset[Place] = frozenset()


def reached_from(graph: Dependencies, frontier: Collection[Place], most: int) -> dict[Place, frozenset[Place]]:
    """For each formula cell the cells of the frontier that it depends on, not through others; without those of too many."""
    found: dict[Place, frozenset[Place] | None] = {}  # None: of too many
    for place in graph.order:
        parts = [
            frozenset({used}) if used in frontier else found.get(used, frozenset()) for used in graph.precedents(place)
        ]
        own = None if None in parts else frozenset[Place]().union(*(part for part in parts if part is not None))
        found[place] = own if own is not None and len(own) <= most else None
    return {place: own for place, own in found.items() if own}


def activation_cells(
    workbook: Workbook, graph: Dependencies, engine: Evaluate, sums: Sums, seed: int
) -> dict[Place, Activated]:
    """The cells that compute an activation, each with its z: those of a z cell, and sums that hold it themselves."""
    found = {
        place: Activated(place, place, one.activation, one.flipped)
        for place, one in sums.found.items()
        if one.activation is not None
    }
    frontier = list(sums.found)
    reach = {p: zs for p, zs in reached_from(graph, sums.found, _WIDEST).items() if p not in sums.found}
    if not reach:
        return found
    # Constants are moved too: what depends on one, such as a − T where T is 0, is no activation.
    driven = [*frontier, *sorted(sums.probes.constants)]
    drawn = np.random.default_rng(seed).uniform(-_LARGEST, _LARGEST, (_TRIALS, len(driven)))
    values = as_numbers(engine(workbook, driven, list(drawn), list(reach)))
    column = {place: drawn[:, number] for number, place in enumerate(frontier)}
    for number, (place, zs) in enumerate(reach.items()):
        one = (
            _of_row(place, zs, values[:, number], column)
            if len(zs) > 1
            else _of_one(place, zs, values[:, number], column)
        )
        if one is not None:
            found[place] = one
    return found


def _of_one(place: Place, zs: frozenset[Place], found: Array, column: Mapping[Place, Array]) -> Activated | None:
    (z,) = zs
    if not np.ptp(found) > 0:
        return None
    for flipped in (False, True):
        for name, facts in ACTIVATION_FACTS.items():
            if not facts.mixes and not (flipped and name == "identity"):
                expected = ACTIVATIONS[name].f(-column[z] if flipped else column[z])
                if _same(found, expected):
                    return Activated(place, z, name, flipped)
    return Activated(place, z, None)


def _of_row(place: Place, zs: frozenset[Place], found: Array, column: Mapping[Place, Array]) -> Activated | None:
    row = sorted(zs)
    for name, facts in ACTIVATION_FACTS.items():
        if facts.mixes:
            expected = ACTIVATIONS[name].f(np.stack([column[z] for z in row], axis=1))
            for number in range(len(row)):
                if _same(found, expected[:, number]):
                    return Activated(place, row[number], name, row=zs)
    return None


def _same(found: Array, expected: Array) -> bool:
    with np.errstate(invalid="ignore"):
        return bool(np.all(np.abs(found - expected) <= _EXACT * np.maximum(1.0, np.abs(expected))))


def by_sum(found: Mapping[Place, Activated]) -> dict[Place, list[Activated]]:
    """The activation cells of each z, those whose sign is right first; unknown functions last."""
    cells: dict[Place, list[Activated]] = {}
    for one in _in_order(found):
        cells.setdefault(one.z, []).append(one)
    return cells


def _in_order(found: Mapping[Place, Activated]) -> Iterator[Activated]:
    yield from (one for one in found.values() if one.name is not None and one.name != "identity" and not one.flipped)
    yield from (one for one in found.values() if one.name is not None and one.flipped)
    yield from (one for one in found.values() if one.name == "identity")
