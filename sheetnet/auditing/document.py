"""Sets a document's numbers beside the step: right values, equations, and what is printed around them and above.

The first route takes of every number above the last print. Documents also skip a rounded result they printed (softmax's
derivative from z, not from the rounded a), go back to the first print of a number, or use a given that they misprint.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial

import numpy as np

from sheetnet.auditing.digits import NOISE, TELLING, Digits
from sheetnet.auditing.evaluate import Pin, Reach, StepFunction, Upstream, element, term_value
from sheetnet.auditing.expressions import names_in
from sheetnet.auditing.published import (
    PrintedNumber,
    PrintedPlace,
    Published,
    block_of_column,
    printed_place,
    with_biases,
)
from sheetnet.mistakes import MISTAKES, Site, cook
from sheetnet.network import Network
from sheetnet.quantity import q
from sheetnet.reference import Array, Equation, Recorder, Values, equations, evaluate_step, inputs_of, stacked

DIAGONAL_MISTAKE = MISTAKES["SN061"]  # softmax's Jacobian reduced to its diagonal


@dataclass(frozen=True)
class Habit:
    """A way of computing that the document keeps to throughout, though another equation is right."""

    code: str
    words: str
    equations: Mapping[str, Equation]


class Document:
    """The printed numbers of a document by place, and the step of its network."""

    def __init__(self, published: Published) -> None:
        self.network, self.numbers = published.network, published.numbers
        self._printed: dict[PrintedPlace, list[PrintedNumber]] = defaultdict(list)
        for number in self.numbers:
            if number.expression is None and number.digits is not None:
                self._printed[self.place(number)].append(number)
        self.reads = cache(self._read_by)  # block → the blocks its equation reads; none for inputs
        self.equations = equations(self.network)
        self._right: dict[int, float] = {}
        self._upstream = cache(self._upstream_of)
        self._spans: dict[int, tuple[float, float]] = {}
        self._pending: list[tuple[PrintedNumber, Callable[[], tuple[float, float]]]] = []
        self.habits = tuple(_habits(self))

    @cached_property
    def values(self) -> dict[str, Array]:
        """All quantities of the step, with a trials axis of 1."""
        return evaluate_step(self.network, inputs_of(self.network))

    @property
    def givens(self) -> set[str]:
        """The blocks that nothing computes."""
        return {name for name in self.values if name not in self.equations}

    def place(self, number: PrintedNumber) -> PrintedPlace:
        """Where a number stands; activations of hidden layers are those of `a_l`, also inside `A_l`."""
        if number.expression is not None:
            return number.quantity, *number.index
        return printed_place(self.network, number.quantity, number.index)

    def is_given(self, number: PrintedNumber) -> bool:
        """Whether it is an input of the step, which nothing computes."""
        return number.expression is None and self.place(number)[0] not in self.equations

    def right(self, number: PrintedNumber) -> float:
        """The value the network gives."""
        if id(number) not in self._right:
            with np.errstate(all="ignore"):
                array = self.compute(number)(self.values)
            self._right[id(number)] = float(element(array, *self.element(number))[0])
        return self._right[id(number)]

    def compute(self, number: PrintedNumber) -> StepFunction:
        """The equation of a number's block, or its expression, in the values of the others."""
        if (term := number.expression) is not None:
            return lambda values: term_value(term, _flat(self.network, values))
        block = self.place(number)[0]
        if self.is_given(number):
            return lambda values: values[block]
        return self.equations[block]

    def element(self, number: PrintedNumber) -> tuple[int, int]:
        """Which number of what is computed; an expression may give a single one wherever it is printed."""
        if number.expression is None:
            return self.place(number)[1:]
        shape = self.compute(number)(self.values).shape[1:]
        return number.index if number.index[0] < shape[0] and number.index[1] < shape[1] else (0, 0)

    def occurrences(self, number: PrintedNumber) -> list[PrintedNumber]:
        """Every print of the same number, itself included."""
        if number.expression is None:
            return self._printed[self.place(number)]
        same = (n for n in self.numbers if n.expression == number.expression and n.digits is not None)
        return [n for n in same if self.element(n) == self.element(number)]

    def labelled(self, label: str, number: PrintedNumber) -> PrintedNumber | None:
        """The last number above another with that label or quantity, at the same index where it has several."""
        above = (n for n in self.numbers if n.quantity == label and n.table < number.table and n.digits is not None)
        found = list(above)
        return next((n for n in reversed(found) if n.index == number.index), found[-1] if found else None)

    def direct(self, number: PrintedNumber) -> list[str]:
        """The blocks that a number is computed from, activations as `a_l`."""
        if number.expression is not None:
            names: Iterable[str] = names_in(number.expression)
        else:
            names = self.reads(self.place(number)[0])
        return list(dict.fromkeys(block_of_column(self.network, name, 0) for name in names))

    def below(self, blocks: Iterable[str]) -> list[str]:
        """The blocks that these are computed from."""
        return [block_of_column(self.network, name, 0) for block in blocks for name in self.reads(block)]

    def bound(self, number: PrintedNumber, bounds: Callable[[], tuple[float, float]]) -> None:
        """Say what the author may have gone on with, given a judged number: its bounds, computed if anybody asks."""
        self._pending.append((number, bounds))

    def _settle(self) -> None:
        """Compute the bounds of all numbers so far, in their order: each may need those before it."""
        pending, self._pending = self._pending, []
        for number, bounds in pending:
            self._spans[id(number)] = bounds()

    def _upstream_of(self, direct: tuple[str, ...]) -> frozenset[str]:
        found: set[str] = set()
        waiting = list(direct)
        while waiting:
            block = waiting.pop()
            if block not in found:
                found.add(block)
                waiting += self.below([block])
        return frozenset(found)

    def pins(
        self, number: PrintedNumber, choose: Callable[[list[PrintedNumber]], PrintedNumber], given: bool = False
    ) -> tuple[Pin, ...]:
        """The numbers printed above that this one depends on: of each one print, the last or another.

        Inputs stand as in the network file, whatever is printed; with `given` those printed otherwise stand as printed.
        """
        self._settle()
        found = []
        own, blocks = (
            self.place(number)[0] if number.expression is None else "",
            self._upstream(tuple(self.direct(number))),
        )
        for place, prints in self._printed.items():
            above = [n for n in prints if n.table < number.table]
            if above and place[0] in blocks and place[0] != own:
                pin = self._pin(place, choose(above), given)
                found += [pin] if pin is not None else []
        return tuple(found)

    def _pin(self, place: PrintedPlace, printed: PrintedNumber, given: bool) -> Pin | None:
        digits = printed.digits
        assert digits is not None  # blanks are not kept
        low, high = self._spans.get(id(printed), (digits.low, digits.high))
        if self.is_given(printed) and not digits.agrees(self.right(printed)):
            return Pin(*place, digits.value, digits.value, digits.value) if given else None
        return Pin(*place, min(low, digits.value), digits.value, max(high, digits.value))

    def _read_by(self, block: str) -> list[str]:
        if block not in self.equations:
            return []
        seen = Recorder(self.values)
        with np.errstate(all="ignore"):
            self.equations[block](seen)
            for habit in self.habits:
                if block in habit.equations:
                    habit.equations[block](seen)
        return list(dict.fromkeys(seen.asked))


def _habits(document: Document) -> Iterator[Habit]:
    """A document that prints softmax's derivative as one number an output, and no Jacobian, multiplies by that."""
    network = document.network
    printed = {number.quantity for number in document.numbers}
    for layer in range(1, network.depth + 1):
        if network.mixes(layer) and q("da_dz", layer) in printed and q("J", layer) not in printed:
            block = q("delta", layer)
            (change,) = (change for change in DIAGONAL_MISTAKE.changes if change.kind == "delta.softmax")
            equation = partial(cook, Site.of(network, block), replaced=change.parts)
            yield Habit(DIAGONAL_MISTAKE.code, "with softmax's Jacobian reduced to its diagonal", {block: equation})


def _flat(network: Network, values: Values) -> dict[str, Array]:
    """All quantities as matrices: Jacobians one under the other, biases apart too."""
    blocks = network.blocks
    return with_biases(
        network, {name: stacked(array, blocks[name]) if name in blocks else array for name, array in values.items()}
    )


BARE = 0.01  # how far, relative to the right value, a number without decimals may be off where nothing stands around it


class Surroundings:
    """The prints of a document by table, quantity and place."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._near: dict[tuple[str, object], list[PrintedNumber]] = defaultdict(list)
        for number in document.numbers:
            if number.digits is not None:
                for key in _keys(number):
                    self._near[key].append(number)

    def sharper(self, number: PrintedNumber) -> Digits | None:
        """A number that says little by itself, with the decimals usual around it; None where it has as many."""
        digits = number.digits
        if digits is None or digits.significant >= TELLING:
            return None
        around = (n.digits for n in self._around(number) if n.digits is not None and n.digits.significant >= TELLING)
        finer = Counter(d.decimals for d in around if d.decimals > digits.decimals)
        if not finer:
            return None
        most = max(finer, key=lambda decimals: (finer[decimals], -decimals))
        more = most - digits.decimals
        return replace(digits, digits=digits.digits + "0" * more, places=digits.places + more)

    def says_too_little(self, number: PrintedNumber, low: float, high: float) -> bool:
        """Whether it agrees with something from `low` to `high` only because it has hardly any digits."""
        digits = number.digits
        if digits is None or digits.significant >= TELLING or low <= digits.value <= high:
            return False
        if (sharper := self.sharper(number)) is not None:
            return not sharper.within(low, high)
        nearest = low if digits.value < low else high
        return digits.decimals <= 0 and abs(digits.value - nearest) > BARE * abs(nearest) + NOISE

    def coarse(self, number: PrintedNumber) -> bool:
        """Whether others around it have more decimals."""
        digits = number.digits
        others = (n.digits for n in self._around(number) if n.digits is not None)
        return digits is not None and any(other.decimals > digits.decimals for other in others)

    def decimals(self, number: PrintedNumber) -> Counter[int]:
        """How many numbers in its table, and right ones around it, are printed with how many decimals."""
        own = self._document.place(number)
        found = set()
        for other in self._around(number):
            place, digits = self._document.place(other), other.digits
            if digits is not None:
                beside = place != own and other.table == number.table
                if beside or digits.agrees(self._document.right(other)):
                    found.add((place, digits.decimals))
        return Counter(decimals for _, decimals in found)

    def _around(self, number: PrintedNumber) -> Iterator[PrintedNumber]:
        """The other numbers around it: givens around a given, computed ones around a computed one."""
        given = self._document.is_given(number)
        found = {id(n): n for key in _keys(number) for n in self._near[key] if n is not number}
        yield from (n for n in found.values() if self._document.is_given(n) == given)


def _keys(number: PrintedNumber) -> tuple[tuple[str, object], ...]:
    return ("table", number.table), ("quantity", number.quantity), ("place", number.place)


class Routes:
    """Everything that follows from what a document prints, computed once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._pins: dict[int, list[tuple[Pin, ...]]] = {}
        self._made: dict[tuple[tuple[Pin, ...], str], Upstream] = {}

    def reaches(self, number: PrintedNumber) -> Iterator[tuple[Reach, Habit | None]]:
        """What follows from the numbers above on each route; the habits of the document after the right equations."""
        for copy in self._document.occurrences(number):
            if copy.terms and copy.table <= number.table and (total := self._sum(copy)) is not None:
                yield total, None
        if number.terms:
            return
        compute, at = self._document.compute(number), self._document.element(number)
        routes = self.pins(number)
        for habit in (None, *self._document.habits):
            for pins in routes:
                reach = self.upstream(pins, habit).follow(self._own(number, compute, habit), *at)
                if reach is not None:
                    yield reach, habit

    def pins(self, number: PrintedNumber) -> list[tuple[Pin, ...]]:
        """The pins of each route, for all numbers of a table alike."""
        if number.table not in self._pins:
            self._pins[number.table] = list(dict.fromkeys(self._routes(number)))
        return self._pins[number.table]

    def _routes(self, number: PrintedNumber) -> Iterator[tuple[Pin, ...]]:
        document = self._document
        latest = document.pins(number, lambda prints: prints[-1])
        if number.sources is not None:
            sources = {block_of_column(document.network, name, 0) for name in number.sources}
            yield tuple(pin for pin in latest if pin.block in sources)
            return
        yield latest
        direct = document.direct(number)
        for block in direct:
            yield tuple(pin for pin in latest if pin.block != block)
        for skipped in (set(direct), {*direct, *document.below(direct)}):
            yield tuple(pin for pin in latest if pin.block not in skipped)
        yield document.pins(number, lambda prints: prints[0])
        yield document.pins(number, lambda prints: prints[-1], given=True)

    def upstream(self, pins: tuple[Pin, ...], habit: Habit | None) -> Upstream:
        """The step with these numbers in it."""
        key = (pins, habit.code if habit else "")
        if key not in self._made:
            self._made[key] = Upstream(self._document.network, pins, habit.equations if habit else None)
        return self._made[key]

    def _own(self, number: PrintedNumber, compute: StepFunction, habit: Habit | None) -> StepFunction:
        block = self._document.place(number)[0]
        replaced = habit.equations.get(block) if habit and number.expression is None else None
        return replaced or compute

    def _sum(self, number: PrintedNumber) -> Reach | None:
        terms = [self._document.labelled(label, number) for label in number.terms]
        digits = [term.digits for term in terms if term is not None and term.digits is not None]
        if len(digits) < len(number.terms):
            return None
        return Reach(sum(d.low for d in digits), sum(d.value for d in digits), sum(d.high for d in digits))
