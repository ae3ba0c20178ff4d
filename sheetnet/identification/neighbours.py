"""Blames many cells of a large workbook at once: labels around suggest what each should compute, its formula decides.

Where a whole block surrounds each wrong cell, this takes one run for all of them; trying each out would take too many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sheetnet.identification.explain import IsKnown, guesses
from sheetnet.identification.labels import CONSTANT, Label, label_all
from sheetnet.identification.state import IdentifyState
from sheetnet.syntax import parse_area
from sheetnet.workbook import Place

Hypothesis = dict[Place, Label]


@dataclass(frozen=True)
class _Copies:
    """How many cells hold each quantity, and how many hold one of its block as a rule: copies of A_0, A transposed."""

    holders: Counter[Label]
    usual: dict[tuple[str, int], int]
    typed: frozenset[Label]

    @classmethod
    def of(cls, state: IdentifyState) -> _Copies:
        holders = Counter(labels[0] for labels in state.labels.values()) + Counter(state.wrong.values())
        counts: dict[tuple[str, int], list[int]] = {}
        for label, count in holders.items():
            counts.setdefault((label.quantity, label.step), []).append(count)
        usual = {kind: sorted(each)[len(each) // 2] for kind, each in counts.items()}
        return cls(holders, usual, frozenset(state.given.values()))

    def lacks(self, label: Label) -> bool:
        """Whether fewer cells hold it than as a rule, though some do: an input stands where it is typed."""
        there = label in self.typed or label in self.holders
        return there and self.holders[label] < self.usual.get((label.quantity, label.step), 0)


def by_neighbours(state: IdentifyState, unknown: Sequence[Place]) -> Hypothesis:
    """The cells that are wrong though all that they use is right, and what they should compute.

    Recognised cells that an unknown one uses are suspects: z without its bias is known, too, but not where z belongs.
    """
    copies, present = _Copies.of(state), state.present()
    suspects = _suspects(state, unknown)
    known = {place: labels[0] for place, labels in state.labels.items() if place not in suspects} | state.wrong

    def possible(label: Label) -> bool:
        return copies.lacks(label) or (state.is_possible(label) and label not in present)

    guessed = guesses([*suspects, *unknown], known, possible)
    if not guessed:
        return {}
    agree = state.alone(guessed)
    settled = {place for place in guessed if agree.get(place)}
    undecided = (set(unknown) | suspects) - settled
    blamed, unproved = Hypothesis(), Hypothesis()
    for place in state.graph.order:
        # Blamed only where what it uses is beyond doubt, and what uses it is right once it is put right.
        if place in agree and place in undecided and undecided.isdisjoint(state.graph.precedents(place)):
            users = [user for user in state.graph.dependents.get(place, ()) if user in state.numbers]
            if not users or not settled.isdisjoint(users):
                blamed[place] = guessed[place]
                undecided.discard(place)
            else:
                unproved[place] = guessed[place]
    return blamed or _together(state, unproved, possible)


def _together(state: IdentifyState, guessed: Hypothesis, possible: IsKnown) -> Hypothesis:
    """Guesses whose users have no neighbours that tell what they are: all are put right at once.

    Blamed are those that a cell uses which then is a quantity that was missing. So what uses two wrong cells tells of both.
    """
    if not guessed or not state.may_run():
        return {}
    values = state.put_right(guessed)
    users = {user for place in guessed for user in state.graph.dependents.get(place, ())}
    asked = [state.numbers[user] for user in users if user in state.numbers and user not in guessed]
    labels = label_all(state.training, state.look_up(values, asked), state.places)
    found = {user for user, (label, *_) in labels.items() if possible(label)}
    return {p: label for p, label in guessed.items() if not found.isdisjoint(state.graph.dependents.get(p, ()))}


def _suspects(state: IdentifyState, unknown: Sequence[Place]) -> set[Place]:
    """Recognised cells, used by first unknown ones, that compute a mere factor or what another cell computes too."""
    used = {u for place in first_of(state, unknown) for u in state.graph.precedents(place) if u in state.labels}
    used = {u for u in used if state.labels[u][0].quantity not in CONSTANT and not copies_a_cell(state, u)}
    computed = Counter(frozenset(labels) for p, labels in state.labels.items() if not copies_a_cell(state, p))
    return {
        place
        for place in used
        if not state.training.is_block(state.labels[place][0])
        or computed[frozenset(state.labels[place])] > len(state.labels[place])
    }


def first_of(state: IdentifyState, unknown: Collection[Place]) -> list[Place]:
    """Those of the unknown cells that use no other, in order of calculation."""
    waiting = set(unknown)
    return [p for p in unknown if waiting.isdisjoint(used for used in state.graph.precedents(p) if used != p)]


def copies_a_cell(state: IdentifyState, place: Place) -> bool:
    """Whether a formula is no more than a reference to one cell."""
    area = parse_area(state.graph.formulas[place])
    return area is not None and area.size == 1
