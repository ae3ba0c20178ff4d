"""Tells which of the cells that nobody recognised may be wrong; others are set apart: not recognised is not wrong."""

from __future__ import annotations

from collections.abc import Collection

from sheetnet.identification.intended import Candidate, Intentions
from sheetnet.identification.state import IdentifyState
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
