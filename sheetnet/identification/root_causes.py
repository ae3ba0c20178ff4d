"""Separates root errors from propagated ones: puts in expected values and identifies again.

A cell that computes nothing known may be wrong itself or follow from a wrong one. What it should compute is guessed from
its neighbours, or tried out: the quantity under which most cells downstream are recognised is the one that is missing
there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import groupby

import numpy as np

from sheetnet.errors import EngineError
from sheetnet.identification.explain import connected, guesses
from sheetnet.identification.labels import Label, SignatureIndex, label_all
from sheetnet.identification.state import IdentifyState
from sheetnet.quantity import Quantity
from sheetnet.reference import Array
from sheetnet.syntax import parse_area
from sheetnet.trials.tolerance import as_numbers
from sheetnet.validation.case import input_blocks
from sheetnet.workbook import Cell, Place, Position, Workbook, array_cells

ROUNDS = 12  # each finds at least one wrong cell, usually all that do not depend on one another
WINDOW, WIDER = 200, 4  # unknown cells looked at in the first round, and how many times more in each further one
MOST_HYPOTHESES = 400  # quantities that are tried at one place
MOST_GROUPS = 40  # places of one round at which they are tried
REPEATED_INPUTS = ("A_0", "target", "gamma")  # copied into every row of a training, and the same in every step
MOST_AFTER = 60  # cells downstream in which a hypothesis must show
ONE_RUN = range(1, 2)  # a trial: at the sheet's own numbers more agrees by chance
FEW_RUNS = range(4)  # the sheet's own numbers and three trials tell a good hypothesis from a bad one
Hypothesis = dict[Place, Label]
MissingBlocks = dict[tuple[str, int], list[Label]]  # (quantity, step) → its elements that no cell computes
OPTIONAL = ("cost_out", "e")  # intermediate results, which are tried last


def repair(state: IdentifyState) -> None:
    """Sort what is not recognised into wrong and carried, as far as that can be told and the budgets last.

    Nothing that was found before depends on it: where the engine fails at a hypothesis, the cells left are not looked at.
    """
    try:
        _look_twice(state)
    except EngineError:
        state.exhausted = True


def _look_twice(state: IdentifyState) -> None:
    state.blame(misplaced_factors(state))
    unknown = state.open()
    window = WINDOW
    for _ in range(ROUNDS):
        if not unknown or not state.may_run(2):
            return
        if not _by_neighbours(state, unknown[:window]) and not _by_trying(state, _first(state, unknown)):
            if window >= len(unknown):
                return
        else:
            state.rerun()
            # What was recognised downstream as −δ, say, because δ has the wrong sign, is looked up once more, too.
            after = state.graph.after(state.wrong, len(state.places))
            again = {p for p in after if p in state.labels and p not in state.carried} | set(state.open())
            state.carried |= set(state.recognise([state.numbers[place] for place in again]))
        unknown = state.open()
        window *= WIDER
    state.exhausted |= bool(unknown)


def _first(state: IdentifyState, unknown: Sequence[Place]) -> list[Place]:
    """Those that use no other unknown cell, in order of calculation."""
    waiting = set(unknown)
    return [
        place
        for place in unknown
        if not any(used in waiting for used in state.graph.precedents(place) if used != place)
    ]


def _possible(state: IdentifyState, label: Label) -> bool:
    within = state.steps is None or label.step <= state.steps
    after = state.steps is not None and label.step == state.steps + 1 and state.training.follows(label.quantity)
    return (
        (within or after)
        and (label.quantity, label.index) in state.training.number_of
        and label not in state.taken
        and label not in state.wrong.values()
    )


@dataclass(frozen=True)
class _Copies:
    """How many cells hold each quantity, and how many hold one of its block as a rule: copies of A_0, A transposed."""

    holders: Counter[Label]
    usual: dict[tuple[str, int], int]
    typed: set[Label]

    @classmethod
    def of(cls, state: IdentifyState) -> _Copies:
        holders = Counter(labels[0] for labels in state.labels.values()) + Counter(state.wrong.values())
        counts: dict[tuple[str, int], list[int]] = {}
        for label, count in holders.items():
            counts.setdefault((label.quantity, label.step), []).append(count)
        usual = {kind: sorted(each)[len(each) // 2] for kind, each in counts.items()}
        inputs = {block.name for block in input_blocks(state.network)}
        return cls(holders, usual, {label for label in state.training.first_labels() if label.quantity in inputs})

    def lacks(self, label: Label) -> bool:
        """Whether fewer cells hold it than as a rule, though some do: an input stands where it is typed."""
        there = label in self.typed or label in self.holders
        return there and self.holders[label] < self.usual.get((label.quantity, label.step), 0)


def _by_neighbours(state: IdentifyState, unknown: Sequence[Place]) -> bool:
    """Guess from the labels around; each formula alone, given right numbers, then says whether it is right.

    True if a cell was blamed.

    Recognised cells that an unknown one uses are suspects: z without its bias is known, too, but not where z belongs.
    """
    copies = _Copies.of(state)
    suspects = _suspects(state, unknown)
    known = {place: labels[0] for place, labels in state.labels.items() if place not in suspects} | state.wrong
    guessed = guesses([*suspects, *unknown], known, lambda label: copies.lacks(label) or _possible(state, label))
    if not guessed:
        return False
    agree = state.alone(guessed)
    settled = {place for place in guessed if agree.get(place)}
    undecided, blamed = (set(unknown) | suspects) - settled, False
    unproved = Hypothesis()
    for place in state.graph.order:
        # Blamed only where what it uses is beyond doubt, and what uses it is right once it is put right.
        if place in guessed and place in undecided and undecided.isdisjoint(state.graph.precedents(place)):
            users = [user for user in state.graph.dependents.get(place, ()) if user in state.numbers]
            if place in agree and (not users or not settled.isdisjoint(users)):
                state.blame({place: guessed[place]})
                undecided.discard(place)
                blamed = True
            elif place in agree:
                unproved[place] = guessed[place]
    return blamed or _together(state, unproved, copies)


def _together(state: IdentifyState, guessed: Hypothesis, copies: _Copies) -> bool:
    """Guesses whose users have no neighbours that tell what they are: all are put right at once.

    Blamed are those that a cell uses which then is a quantity that was missing. So what uses two wrong cells tells of both.
    """
    if not guessed or not state.may_run():
        return False
    values = state.put_right(guessed)
    users = {user for place in guessed for user in state.graph.dependents.get(place, ())}
    asked = [state.numbers[user] for user in users if user in state.numbers and user not in guessed]
    labels = label_all(state.training, state.look_up(values, asked), state.places)
    found = {user for user, (label, *_) in labels.items() if copies.lacks(label) or _possible(state, label)}
    proved = {
        place: label for place, label in guessed.items() if not found.isdisjoint(state.graph.dependents.get(place, ()))
    }
    state.blame(proved)
    return bool(proved)


def misplaced_factors(state: IdentifyState) -> Hypothesis:
    """Last results that are a mere factor of a quantity that is nowhere: the sum where the mean is wanted, −δ for δ."""
    found: Hypothesis = {}
    blocks = set(state.training.elements[: state.training.blocks])
    for place, (label, *_) in state.labels.items():
        if (label.quantity, label.index) in blocks or state.graph.dependents.get(place):
            continue
        name = state.training.quantity(label.quantity).name
        wanted = Label(name, label.index, label.step)
        if (name, label.index) in blocks and _possible(state, wanted):
            found[place] = wanted
    return found


def _suspects(state: IdentifyState, unknown: Sequence[Place]) -> set[Place]:
    """Recognised cells, used by first unknown ones, that compute a mere factor or what another cell computes too."""
    used = {u for place in _first(state, unknown) for u in state.graph.precedents(place) if u in state.labels}
    used = {u for u in used if state.labels[u][0].quantity not in REPEATED_INPUTS}
    blocks = set(state.training.elements[: state.training.blocks])
    computed = Counter(frozenset(labels) for p, labels in state.labels.items() if not _copies_a_cell(state, p))
    labels = {place: state.labels[place] for place in used if not _copies_a_cell(state, place)}
    return {
        place
        for place, (label, *also) in labels.items()
        if (label.quantity, label.index) not in blocks or computed[frozenset((label, *also))] > 1 + len(also)
    }


def _copies_a_cell(state: IdentifyState, place: Place) -> bool:
    """Whether a formula is no more than a reference to one cell."""
    area = parse_area(state.graph.formulas[place])
    return area is not None and area.size == 1


def _by_trying(state: IdentifyState, first: Sequence[Place]) -> bool:
    """For groups of first unknown cells, and of what they use: which missing quantity would explain most?

    True if a cell was blamed.
    """
    best, most = Hypothesis(), 0
    for places, about in groupby(_hypotheses(state, first), key=tuple):
        if not state.wrong.keys().isdisjoint(places):
            continue
        hypotheses = list(about)
        gains = Downstream(state, places).gains(hypotheses, most)
        if max(gains) > most:
            best, most = hypotheses[gains.index(max(gains))], max(gains)
    if best:
        state.blame(best)
        return True
    missing_at = cache(partial(missing_blocks, state))
    alone = {place: label for place in first if (label := _only_one(state, place, missing_at))}
    state.blame(alone)
    return bool(alone)


def _hypotheses(state: IdentifyState, first: Sequence[Place]) -> Iterator[Hypothesis]:
    """Groups of cells, each with a missing quantity of their shape."""
    step = max((labels[0].step for place in first for labels in _upstream(state, place)), default=1)
    missing = missing_blocks(state, step)
    own = connected(first, lambda a, b: True)
    used = {u for place in first for u in state.graph.precedents(place) if u in state.labels}
    known = connected(used, lambda a, b: _kind(state, a) == _kind(state, b))
    for group in known[:MOST_GROUPS]:
        yield from _renamed(state, group, missing)
    for group in own[:MOST_GROUPS]:
        yield from _shaped(group, missing)
        if len(group) <= 2 * ROUNDS:
            for place in group:
                singles = (label for labels in missing.values() for label in labels)
                yield from ({place: label} for label, _ in zip(singles, range(MOST_HYPOTHESES), strict=False))


def _upstream(state: IdentifyState, place: Place) -> Iterator[tuple[Label, ...]]:
    return (state.labels[used] for used in state.graph.precedents(place) if used in state.labels)


def _kind(state: IdentifyState, place: Place) -> tuple[str, int]:
    label = state.labels[place][0]
    return label.quantity, label.step


def missing_blocks(state: IdentifyState, step: int) -> MissingBlocks:
    """(quantity, step) → its elements that no cell computes; blocks of that step and the weights after it."""
    found: MissingBlocks = {}
    elements = state.training.elements[: state.training.blocks]
    for quantity, index in sorted(elements, key=lambda element: Quantity.of(element[0]).symbol in OPTIONAL):
        label = Label(quantity, index, step + (Quantity.of(quantity).symbol == "W"))
        if quantity not in REPEATED_INPUTS and _possible(state, label):
            found.setdefault((quantity, label.step), []).append(label)
    return found


def _renamed(state: IdentifyState, group: list[Place], missing: MissingBlocks) -> Iterator[Hypothesis]:
    """A group of recognised cells as another quantity with the same indices: δ where ∂C/∂a stands, for instance."""
    labels = {place: state.labels[place][0] for place in group}
    for (quantity, step), elements in missing.items():
        there = {label.index for label in elements}
        if quantity != labels[group[0]].quantity and all(label.index in there for label in labels.values()):
            yield {place: Label(quantity, label.index, step) for place, label in labels.items()}


def _shaped(group: list[Place], missing: MissingBlocks) -> Iterator[Hypothesis]:
    """A rectangle of unknown cells as a missing block of its shape, as it stands or turned."""
    top, left = min(place[1] for place in group), min(place[2] for place in group)
    shape = max(place[1] for place in group) - top + 1, max(place[2] for place in group) - left + 1
    if len(group) != shape[0] * shape[1] or len(group) == 1:
        return
    for elements in missing.values():
        at = {label.index[-2:]: label for label in elements}
        for turned in (False, True):
            rows, columns = shape[::-1] if turned else shape
            if columns != 1 + max(j for _, j in at) or rows > 1 + max(i for i, _ in at):
                continue
            wanted = {p: (p[1] - top, p[2] - left)[:: -1 if turned else 1] for p in group}
            if all(index in at for index in wanted.values()):
                yield {place: at[index] for place, index in wanted.items()}


def _only_one(state: IdentifyState, place: Place, missing_at: Callable[[int], MissingBlocks]) -> Label | None:
    """A cell that nothing uses: the one missing element of a block that stands beside it."""
    near = [(place[0], place[1] + a, place[2] + b) for a, b in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    kinds = {_kind(state, one) for one in near if one in state.labels}
    missing = missing_at(max((labels[0].step for labels in _upstream(state, place)), default=1)) if kinds else {}
    beside = [labels[0] for kind, labels in missing.items() if kind in kinds and len(labels) == 1]
    return beside[0] if len(beside) == 1 and _possible(state, beside[0]) else None


class Downstream:
    """The unknown cells after some places, the nearest first, ready for hypotheses about these places.

    They stand in a small workbook, with what they use as numbers. It is loaded once for all hypotheses; each then overwrites
    the places alone. One run rules out most hypotheses, few runs tell the rest apart.
    """

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
