"""Finds the cells that compute an activation of a weighted sum, also by way of helper cells such as EXP(-z)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetnet.activations_and_losses import ACTIVATION_FACTS
from sheetnet.engine.prepare import Evaluate
from sheetnet.identification.inference.probe import PLAIN
from sheetnet.identification.inference.sums import Sums
from sheetnet.reference import Array
from sheetnet.reference.activations_and_losses import ACTIVATIONS
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.trials.tolerance import RELATIVE, as_numbers
from sheetnet.workbook import Place, Workbook

_TRIALS = 10
_LARGEST = 3.0  # z in the trials, of both signs
_WIDEST = 200  # neurons of a row that share an activation


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
    for name, flipped in _known():
        left = [(n, place) for n, place in enumerate(reach) if place not in found and len(reach[place]) == 1]
        if left:
            z = np.stack([column[next(iter(reach[place]))] for _, place in left], axis=1)
            good = _same(values[:, [n for n, _ in left]], ACTIVATIONS[name].f(-z if flipped else z))
            for (_, place), fits in zip(left, good, strict=True):
                if fits:
                    found[place] = Activated(place, next(iter(reach[place])), name, flipped)
    for number, (place, zs) in enumerate(reach.items()):
        if place not in found and np.ptp(values[:, number]) > 0:
            one = (
                Activated(place, next(iter(zs)), None)
                if len(zs) == 1
                else _of_row(place, zs, values[:, number], column)
            )
            if one is not None:
                found[place] = one
    return found


def _known() -> Iterator[tuple[str, bool]]:
    """The activations that do not mix a row, and then, but for the plain one, those of −z."""
    names = [name for name, facts in ACTIVATION_FACTS.items() if not facts.mixes]
    yield from ((name, False) for name in names)
    yield from ((name, True) for name in names if name != PLAIN)


def _of_row(place: Place, zs: frozenset[Place], found: Array, column: Mapping[Place, Array]) -> Activated | None:
    row = sorted(zs)
    for name, facts in ACTIVATION_FACTS.items():
        if facts.mixes:
            expected = ACTIVATIONS[name].f(np.stack([column[z] for z in row], axis=1))
            fitting = np.flatnonzero(_same(np.repeat(found[:, None], len(row), axis=1), expected)).tolist()
            if fitting:
                return Activated(place, row[fitting[0]], name, row=zs)
    return None


def _same(found: Array, expected: Array) -> NDArray[np.bool_]:
    """Which columns agree in all trials."""
    with np.errstate(invalid="ignore"):
        near = np.abs(found - expected) <= RELATIVE * np.maximum(1.0, np.abs(expected))
    return np.asarray(near.all(axis=0))


def by_sum(found: Mapping[Place, Activated]) -> dict[Place, list[Activated]]:
    """The activation cells of each z, those whose sign is right first; unknown functions last."""
    cells: dict[Place, list[Activated]] = {}
    for one in _in_order(found):
        cells.setdefault(one.z, []).append(one)
    return cells


def _in_order(found: Mapping[Place, Activated]) -> Iterator[Activated]:
    yield from (one for one in found.values() if one.name is not None and one.name != PLAIN and not one.flipped)
    yield from (one for one in found.values() if one.name is not None and one.flipped)
    yield from (one for one in found.values() if one.name == PLAIN)
