"""Tells which of the cells that nobody recognised may be wrong; others are set apart: not recognised is not wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from sheetnet.identification.intended import Candidate, Intentions
from sheetnet.identification.labels import Label
from sheetnet.identification.state import IdentifyState
from sheetnet.quantity import Quantity, q
from sheetnet.workbook import Place, array_cells

_ROOT = re.compile(r"\bSQRT\(|\bPOWER\(|\^\s*\(?(?:0?\.5|1/2)", re.IGNORECASE)


def perhaps_wrong(state: IdentifyState, unknown: Collection[Place]) -> set[Place]:
    """The unknown cells that seem meant for a quantity which no cell computes, and those that use them.

    A prediction for other inputs, a numeric check or another optimiser's cells seem meant for nothing of the kind.
    """
    intentions, left = Intentions(state), set(unknown)
    found = _that_train(state, left)
    for place in state.graph.order:
        if place not in left:
            continue
        used = [one for one in state.graph.precedents(place) if one != place]
        if any(one in found for one in used):
            found.add(place)
        elif left.isdisjoint(used):
            best = next(iter(intentions.candidates(place)), None)
            if best is not None and _is_likely(best):
                found.add(place)
    return found


def _that_train(state: IdentifyState, unknown: Collection[Place]) -> set[Place]:
    """The unknown cells that change a weight by γ of which no gradient is known, and those that they use.

    Where the gradient stands on the sheet, or γ changes from step to step, it is another optimiser that changes the weight.
    """
    present = state.present()
    found = {
        place
        for place, weights in _updates(state, unknown)
        if all(present.isdisjoint(_after(weight)) and state.is_possible(_after(weight)[0]) for weight in weights)
    }
    for place in reversed(state.graph.order):
        if place in found:
            found |= {one for one in state.graph.precedents(place) if one in unknown}
    return found


def _updates(state: IdentifyState, unknown: Collection[Place]) -> Iterator[tuple[Place, set[Label]]]:
    """The unknown cells that change a weight by γ, with the weight; in an array formula, with those of the layer."""
    known_gamma = {place for place, one in state.given.items() if one.quantity == "gamma"}
    by_gamma = set(known_gamma)
    arrays = {(sheet.name, *at) for sheet in state.workbook.sheets for at in array_cells(sheet)}
    for place in state.graph.order:
        if place not in unknown:
            continue
        used = [one for one in state.graph.precedents(place) if one != place]
        moved = [one for one in used if one in state.given or _is_moved(state, one)]
        if not by_gamma.isdisjoint(moved) and not known_gamma.issuperset(moved):
            by_gamma.add(place)
        weights = {label for one in used for label in _weights(state, one)}
        one_block = len({(label.quantity, label.step) for label in weights}) == 1
        if (len(weights) == 1 or (one_block and place in arrays)) and (place in by_gamma or not known_gamma):
            yield place, weights


def _after(weight: Label) -> tuple[Label, Label]:
    """The gradient and the new value of a weight."""
    gradient = Quantity("dC_dW", Quantity.of(weight.quantity).layer).name
    return replace(weight, quantity=gradient), replace(weight, step=weight.step + 1)


def _weights(state: IdentifyState, place: Place) -> list[Label]:
    """The weight that a cell holds, if it holds one."""
    labels = (state.given[place],) if place in state.given else state.labels.get(place, ())
    return [label for label in labels[:1] if Quantity.of(label.quantity).symbol == "W"]


def _is_likely(one: Candidate) -> bool:
    return one.pattern >= 2 or one.uses > 0.6 or (one.called == 1 and one.uses > 0.2)


def surely_apart(state: IdentifyState) -> dict[Place, str]:
    """The unknown cells that are surely no part of the training step, with the reason."""
    unknown = state.open()
    if not unknown:
        return {}
    optimisers, classes = _of_other_optimisers(state, unknown), _decisions(state, unknown)
    return dict.fromkeys(optimisers, "optimiser") | dict.fromkeys(classes, "decision")


def _of_other_optimisers(state: IdentifyState, unknown: Sequence[Place]) -> set[Place]:
    """The cells that change a weight by a root, as Adam does: W − γ ∂C/∂W has none, whatever is wrong with it."""
    rooted = set[Place]()
    for place in unknown:
        if _ROOT.search(state.graph.formulas[place]) or not rooted.isdisjoint(state.graph.precedents(place)):
            rooted.add(place)
    return {place for place, _ in _updates(state, set(unknown)) if place in rooted} if rooted else rooted


def _decisions(state: IdentifyState, unknown: Sequence[Place]) -> set[Place]:
    """The unknown cells that say what follows from an output: its class, whether that is right, how many are right.

    They hold whole numbers in every run, or are made of such cells and targets alone, and nothing else is made of them. A
    mask holds whole numbers, too, but is multiplied with something on its way to a gradient.
    """
    with np.errstate(invalid="ignore"):
        whole = (state.runs.values == np.rint(state.runs.values)).all(axis=0)
    made = {place for place in unknown if whole[state.numbers[place]]}
    if not made:
        return made
    for place in unknown:
        used = [one for one in state.graph.precedents(place) if one != place]
        if any(one in made for one in used) and all(one in made or _is_target(state, one) for one in used):
            made.add(place)
    for place in reversed(unknown):
        if not all(user in made or not _is_moved(state, user) for user in state.graph.dependents.get(place, ())):
            made.discard(place)
    return made & state.graph.reached(_outputs(state))


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
