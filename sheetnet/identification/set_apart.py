"""Tells which of the cells that nobody recognised may be wrong; others are set apart: not recognised is not wrong."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from sheetnet.identification.intended import Candidate, Intentions
from sheetnet.identification.state import IdentifyState
from sheetnet.quantity import q
from sheetnet.workbook import Place


def perhaps_wrong(state: IdentifyState, unknown: Collection[Place]) -> dict[Place, Candidate | None]:
    """The unknown cells that seem meant for a quantity which no cell computes, and those that use them.

    Each with the quantity; None for one that only follows. A prediction for other inputs, a numeric check or another
    optimiser's cells seem meant for nothing of the kind.
    """
    intentions, left = Intentions(state), set(unknown)
    found: dict[Place, Candidate | None] = {}
    for place in state.graph.order:
        if place not in left:
            continue
        used = [one for one in state.graph.precedents(place) if one != place]
        if any(one in found for one in used):
            found[place] = None
        elif left.isdisjoint(used):
            best = next(iter(intentions.candidates(place)), None)
            if best is not None and _is_likely(best):
                found[place] = best
    return found


def _is_likely(one: Candidate) -> bool:
    return one.pattern >= 2 or one.uses > 0.6 or (one.called == 1 and one.uses > 0.2)


def decisions(state: IdentifyState) -> frozenset[Place]:
    """The unknown cells that say what follows from an output: its class, whether that is right, how many are right.

    They hold whole numbers in every run, or are made of such cells and targets alone, and nothing else is made of them. A
    mask holds whole numbers, too, but is multiplied with something on its way to a gradient.
    """
    unknown = state.open()
    with np.errstate(invalid="ignore"):
        whole = (state.runs.values == np.rint(state.runs.values)).all(axis=0)
    made = {place for place in unknown if whole[state.numbers[place]]}
    if not made:
        return frozenset()
    for place in unknown:
        used = [one for one in state.graph.precedents(place) if one != place]
        if any(one in made for one in used) and all(one in made or _is_target(state, one) for one in used):
            made.add(place)
    for place in reversed(unknown):
        if not all(user in made or not _is_moved(state, user) for user in state.graph.dependents.get(place, ())):
            made.discard(place)
    return frozenset(made & state.graph.reached(_outputs(state)))


def _is_target(state: IdentifyState, place: Place) -> bool:
    """Whether it is a target, or holds a number that no input moves."""
    given = state.given.get(place)
    return given.quantity == "target" if given is not None else not _is_moved(state, place)


def _is_moved(state: IdentifyState, place: Place) -> bool:
    return place in state.numbers and bool(state.runs.moved[state.numbers[place]])


def _outputs(state: IdentifyState) -> set[Place]:
    """The cells that hold an output, and those that hold its z, where another cell holds the output."""
    depth, present = state.network.depth, state.present()
    labels = {place: own[0] for place, own in state.labels.items()} | state.wrong
    outputs = {q("a", depth), q("z", depth)}
    return {
        place
        for place, label in labels.items()
        if label.quantity in outputs and replace(label, quantity=q("a", depth)) in present
    }
