"""What a cell should compute: from the pattern of its row and column, its heading, and the cells that its formula uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from sheetnet.identification.explain import FOUR_WAYS, suggestions
from sheetnet.identification.labels import CONSTANT, Label
from sheetnet.identification.neighbours import copies_a_cell
from sheetnet.identification.operands import PRODUCT, on_sheet, operands
from sheetnet.identification.state import IdentifyState
from sheetnet.quantity import Quantity
from sheetnet.syntax.number_formats import is_number
from sheetnet.workbook import Place

COST_SYMBOLS = ("cost", "cost_n", "cost_out")  # which headings do not tell apart
OPTIONAL = ("cost_out", "e", "penalty")  # intermediate results, which come last among equals
MOST_CANDIDATES = 8  # for one cell
DEEPEST = 6  # unknown or partial results that are followed to what they are made of
COST_OF_A_LABEL = 5  # to compare what a cell uses with what a label needs, in the units of the budget
LEAST_SCORE = 0.5
SHARED = " / N"  # behind the name of δ where the sheet shares it among the observations
MOST_MULTIPLIED = 3  # numbers in a cell that may be meant for a product of two
MOST_BESIDE = 4  # elements of a quantity that are missing, where a cell beside tells of it
NEARLY = 0.6  # how much a new weight counts where the old one belongs
Move = tuple[int, tuple[int, ...]]  # by so many steps, and by so much in the index
Reference = frozenset[Label]  # what one reference of a formula may be; nothing where nobody knows


@dataclass(frozen=True, order=True)
class Candidate:
    """A quantity that a cell may be meant to compute: `pattern` counts neighbours that say so, `uses` is the share of
    the operands that the formula refers to (0 to 1), `called` whether the heading says so (-1: it says another).
    """

    score: float
    label: Label
    pattern: int
    uses: float
    called: int


class Intentions:
    """The labels of a sheet as they are known in one round, ready to say what other cells should compute."""

    def __init__(
        self,
        state: IdentifyState,
        doubtful: frozenset[Place] = frozenset(),
        ordered: Mapping[Place, Label] = MappingProxyType({}),
    ) -> None:
        self._state, self._doubtful, self._ordered = state, doubtful, ordered
        self.known: dict[Place, Label] = dict(state.given)
        self.known |= {place: labels[0] for place, labels in state.labels.items() if place not in doubtful}
        self.known |= state.wrong
        self._held = {state.training.normal(label) for label in state.given.values()} | set(state.wrong.values())
        for place, labels in state.labels.items():
            if place not in doubtful:
                self._held.update(map(state.training.normal, labels))
        self._holders = Counter(label for labels in state.labels.values() for label in labels)
        self._shared = frozenset(_unshared(one) for one in self.known.values() if one.quantity.endswith(SHARED))
        self._products: dict[int, dict[Label, list[Label]]] = {}
        self._missing: dict[int, list[Label]] = {}
        self._inside: dict[Label, int] = {}
        self._expanded: dict[Label, frozenset[Label]] = {}
        self._moves: dict[tuple[str, int, int, int], tuple[Move, int] | None] = {}

    def holds(self, label: Label) -> bool:
        """Whether some cell computes it, or should."""
        return self._state.training.normal(label) in self._held

    def possible(self, label: Label) -> bool:
        """Whether it may be what a cell should compute: no other does."""
        return self._state.is_possible(label) and not self.holds(label)

    def candidates(self, place: Place) -> list[Candidate]:
        """The likeliest first."""
        tokens, labels = self.tokens(place), self._state.labels.get(place, ())
        own = frozenset(label for label in labels if self._holders[label] == 1)
        votes = self._votes(place)
        symbols = self._state.headings.symbols(place)
        found = []
        missing = [one for step in sorted(_steps(tokens)) for one in self.missing(step)]
        if not self._state.may_compare(COST_OF_A_LABEL * len(missing)):
            missing = []
        for label in {*votes, *missing, *self._multiplied(place, tokens), *self._shared_with(place)} - {*labels}:
            uses = similarity(tokens, self.expanded(label, own))
            called = _called(label, symbols)
            unlikely = self._unlikely(label) + 0.002 * self._inside.get(label, 0)
            beyond = self._state.steps is not None and label.step > self._state.steps
            if beyond and Quantity.of(label.quantity).symbol != "W" and not votes[label] and called < 1:
                continue
            score = min(votes[label], 4) + 2 * uses + 0.6 * called - unlikely
            if score >= LEAST_SCORE:
                found.append(Candidate(score, label, votes[label], uses, called))
        return sorted(found, key=lambda one: (-one.score, one.label))[:MOST_CANDIDATES]

    def _unlikely(self, label: Label) -> float:
        """How much less an intermediate result, or a factor, is to be expected."""
        if self._state.training.is_block(label) or PRODUCT in label.quantity:
            return 0.05 * (PRODUCT in label.quantity or Quantity.of(label.quantity).symbol in OPTIONAL)
        return 0.5

    def _votes(self, place: Place) -> Counter[Label]:
        """What the cells around say, and how many of them."""
        possible = self._possible_copy if self._is_among_copies(place) else self.possible
        votes = Counter(label for label in suggestions(place, self.known) if possible(label))
        for label, count in self.along_lines(place):
            if possible(label):
                votes[label] += count
        votes.update(label for label in self._beside(place) if label not in votes)
        if place in self._ordered and self.possible(self._ordered[place]):
            votes[self._ordered[place]] += 4
        return votes

    def _is_among_copies(self, place: Place) -> bool:
        """Whether it is a copy of a cell, or a number typed beside such copies."""
        state, (sheet, row, column) = self._state, place
        if not is_number(state.graph.formulas[place]):
            return copies_a_cell(state, place)
        beside = ((sheet, row + down, column + right) for down, right in FOUR_WAYS)
        return any(near in state.labels and copies_a_cell(state, near) for near in beside)

    def _possible_copy(self, label: Label) -> bool:
        """Whether it may be what a copy should hold: no other copy does."""
        return self._state.is_possible(label) and self._state.training.normal(label) not in self._copied

    @cached_property
    def _copied(self) -> frozenset[Label]:
        """What copies of cells hold, those in doubt apart."""
        state = self._state
        places = (p for p in state.labels if p not in self._doubtful and copies_a_cell(state, p))
        return frozenset(state.training.normal(one) for p in places for one in state.labels[p])

    def _beside(self, place: Place) -> Iterator[Label]:
        """What is missing of the quantities that cells beside it with a formula of the same form compute."""
        sheet, row, column = place
        beside = [(sheet, row + down, column + right) for down, right in FOUR_WAYS]
        beside = [p for p in beside if p in self._state.labels and p in self.known]
        form = self._state.skeleton(place)
        if is_number(self._state.graph.formulas[place]):
            form = next(iter(Counter(map(self._state.skeleton, beside)).most_common(1)), (form, 0))[0]
        alike = [p for p in beside if self._state.skeleton(p) == form]
        for name, step in {(self.known[p].quantity, self.known[p].step) for p in alike}:
            from_ = step - (Quantity.of(name).symbol == "W")
            missing = [one for one in self.missing(from_) if (one.quantity, one.step) == (name, step)]
            yield from missing if len(missing) <= MOST_BESIDE else ()

    def _multiplied(self, place: Place, tokens: Sequence[Reference]) -> Iterator[Label]:
        """The products of two numbers that a cell may be meant for, as a term of a sum that another cell makes."""
        if not tokens or len(tokens) > MOST_MULTIPLIED:
            return
        for step in _steps(tokens):
            products = self._products_of(step)
            for token in tokens:
                for label in token:
                    for one in (label, replace(label, step=label.step - 1)):
                        yield from (
                            p for p in products.get(one, ()) if self.possible(p) and not self._computes(place, p)
                        )

    def _computes(self, place: Place, label: Label) -> bool:
        """Whether a cell computes it, by whatever name."""
        own = self._state.labels.get(place, ())
        column, other = (self._state.training.column(one) for one in (label, *own[:1])) if own else (None, None)
        return column is not None and other is not None and np.array_equal(column, other)

    def _products_of(self, step: int) -> dict[Label, list[Label]]:
        """The products and other factors of a step, by each of the numbers in them."""
        if step not in self._products:
            found: dict[Label, list[Label]] = {}
            training = self._state.training
            for name, index in training.elements[training.blocks :]:
                factor = Label(name, index, step)
                for used in self.parts(factor):
                    found.setdefault(used, []).append(factor)
            self._products[step] = found
        return self._products[step]

    def parts(self, label: Label) -> frozenset[Label]:
        """The numbers of which a factor is made: a product of two, a function of z or a, or the sum of e^z; else none."""
        training, network = self._state.training, self._state.network
        if PRODUCT in label.quantity and len(label.index) == len(("observation", "below", "neuron")):
            return frozenset(map(training.normal, operands(network, label)))
        block = training.made_into(label.quantity)
        symbol = Quantity.of(block).symbol
        of_one = symbol in ("z", "a") and len(label.index) == 2
        if not of_one or label.quantity.startswith("-") or "target" in label.quantity:
            return frozenset()
        row, column = label.index
        width = network.sizes[Quantity.of(block).layer or 0] if label.quantity.startswith(("sum", "max")) else 0
        return frozenset(Label(block, (row, j), label.step) for j in (range(width) if width else (column,)))

    def _shared_with(self, place: Place) -> frozenset[Label]:
        """For an unknown last result that no heading calls otherwise: the cost of one observation is the cost, so that one
        cell holds both, and the other is missing.
        """
        state = self._state
        if state.graph.dependents.get(place) or place in state.labels or state.headings.of(place):
            return frozenset()
        return self._half_held

    @cached_property
    def _half_held(self) -> frozenset[Label]:
        """Blocks that are the same number as another one, where fewer cells hold it than there are blocks."""
        holders = Counter(frozenset(filter(self._state.training.is_block, ls)) for ls in self._state.labels.values())
        return frozenset(label for labels, count in holders.items() if count < len(labels) for label in labels)

    def by_lines(self, place: Place) -> Label | None:
        """What the rows and columns beside say that a cell computes, where two of their cells do."""
        votes = Counter[Label]()
        for label, count in self.along_lines(place):
            votes[label] += count
        best = votes.most_common(1)
        return best[0][0] if best and best[0][1] >= 2 else None

    def missing(self, step: int) -> list[Label]:
        """The elements of blocks that no cell computes, of that step and the weights after it."""
        if step not in self._missing:
            elements = self._state.training.elements[: self._state.training.blocks]
            labels = (Label(name, index, step + (Quantity.of(name).symbol == "W")) for name, index in elements)
            blocks = [o for o in labels if o.quantity not in CONSTANT and self.possible(o)]
            shared = (replace(one, quantity=one.quantity + SHARED) for one in blocks if self._shared)
            self._missing[step] = [*blocks, *filter(self.possible, shared)]
        return self._missing[step]

    def expanded(self, label: Label, own: frozenset[Label] = frozenset()) -> frozenset[Label]:
        """What a right formula for it would refer to on this sheet, if no cell held what is `own`."""
        if label not in self._expanded:
            self._expanded[label] = self.operands(label, ())
        found = self._expanded[label]
        return found if own.isdisjoint(found) else self.operands(label, (), own)

    def operands(self, label: Label, also: Collection[Label], own: Collection[Label] = ()) -> frozenset[Label]:
        """What a right formula for it would refer to where cells compute `also` too, and none what is `own`."""

        if parts := self.parts(label):
            return parts

        def held(one: Label) -> bool:
            return one in also or ((self.holds(one) or one in self._shared) and one not in own)

        found, self._inside[label] = on_sheet(self._state.network, _unshared(label), held)
        return frozenset(map(self._state.training.normal, found))

    def as_operands(self, labels: Iterable[Label]) -> frozenset[Label]:
        """These labels as an equation names them: δ where it is shared among the observations."""
        return frozenset(map(_unshared, labels))

    def is_used(self, label: Label, needed: frozenset[Label]) -> bool:
        """Whether a formula that refers to what is `needed` may refer to this: one of it, or a factor made of it."""
        parts = self.parts(label)
        return needed.issuperset(parts) if parts else _unshared(label) in needed

    def tokens(self, place: Place) -> list[Reference]:
        """What the formula of a cell refers to; partial results and unknown ones by what they are made of."""
        return list(dict.fromkeys(self._tokens(place, DEEPEST)))

    def _tokens(self, place: Place, deep: int) -> Iterator[Reference]:
        state = self._state
        for used in state.graph.precedents(place):
            if used in state.given or used in state.wrong:
                yield frozenset([state.training.normal(self.known[used])])
            elif (labels := [one for one in state.labels.get(used, ()) if state.training.is_block(one)]) and (
                used not in self._doubtful
            ):
                yield frozenset(map(state.training.normal, labels))
            elif used in self.known and (shared := _unshared(self.known[used])) in self._shared:
                yield frozenset([shared])
            elif used in state.graph.formulas and used != place and deep:
                yield from self._tokens(used, deep - 1)
            elif used not in state.texts:
                yield frozenset()

    def along_lines(self, place: Place) -> Iterator[tuple[Label, int]]:
        """What the rows and columns beside say: as one line goes on to the next, so does each of its cells."""
        sheet, row, column = place
        for axis, line, at in ((0, row, column), (1, column, row)):
            for other in (line - 1, line + 1):
                near = (sheet, other, at) if axis == 0 else (sheet, at, other)
                if near in self.known and (moved := self._move(sheet, axis, other, line)) is not None:
                    (steps, change), count = moved
                    label = self.known[near]
                    if len(label.index) == len(change) and label.quantity not in CONSTANT:
                        index = tuple(a + b for a, b in zip(label.index, change, strict=True))
                        if label.step + steps >= 1:
                            yield Label(label.quantity, index, label.step + steps), min(count, 3)

    def _move(self, sheet: str, axis: int, one: int, other: int) -> tuple[Move, int] | None:
        """How the labels of one line go on in the other, where they agree, and how many say so."""
        key = (sheet, axis, one, other)
        if key not in self._moves:
            here, there = self._lines.get(key[:3], {}), self._lines.get((sheet, axis, other), {})
            votes = Counter(
                (there[at].step - label.step, tuple(b - a for a, b in zip(label.index, there[at].index, strict=True)))
                for at, label in here.items()
                if at in there and there[at].quantity == label.quantity and label.quantity not in CONSTANT
            )
            votes.pop((0, (0, 0)), None)
            best = votes.most_common(1)
            self._moves[key] = best[0] if best and 2 * best[0][1] > votes.total() else None
        return self._moves[key]

    @cached_property
    def _lines(self) -> Mapping[tuple[str, int, int], dict[int, Label]]:
        lines: dict[tuple[str, int, int], dict[int, Label]] = {}
        for (sheet, row, column), label in self.known.items():
            lines.setdefault((sheet, 0, row), {})[column] = label
            lines.setdefault((sheet, 1, column), {})[row] = label
        return lines


def similarity(tokens: Sequence[Reference], operands: frozenset[Label]) -> float:
    """The share of references and operands that are the same, 0 to 1."""
    if not operands or not tokens:
        return 0.0
    shared = {label for token in tokens for label in token & operands}
    others = [token for token in tokens if token.isdisjoint(operands)]
    near = sum(not _before(token).isdisjoint(operands - shared) for token in others)
    return (len(shared) + NEARLY * near) / max(len(operands) + len(others) - near, 1)


def _before(token: Reference) -> Reference:
    """The weights of which these are the new ones."""
    return frozenset(replace(one, step=one.step - 1) for one in token if Quantity.of(one.quantity).symbol == "W")


def _unshared(label: Label) -> Label:
    """δ where the sheet has its share of the observations."""
    return replace(label, quantity=label.quantity.removesuffix(SHARED))


def _steps(tokens: Sequence[Reference]) -> frozenset[int]:
    """The step of the latest number that a formula refers to, and that of the latest but weights and inputs."""
    if not tokens:
        return frozenset()
    latest = max((min(label.step for label in token) for token in tokens if token), default=1)
    given = (*CONSTANT, "W")
    others = [{one.step for one in token if Quantity.of(one.quantity).symbol not in given} for token in tokens]
    return frozenset({latest, max((min(steps) for steps in others if steps), default=latest)})


def _called(label: Label, symbols: frozenset[str]) -> int:
    if not symbols or PRODUCT in label.quantity:
        return 0
    symbol = Quantity.of(_unshared(label).quantity).symbol
    return 1 if ("cost" if symbol in COST_SYMBOLS else symbol) in symbols else -1
