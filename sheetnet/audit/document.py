"""A document's numbers beside the step they belong to: right values, equations, and what is printed above."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial

import numpy as np

from sheetnet.audit.published import PrintedNumber, Published
from sheetnet.audit.quantities import Place, canonical, place_of, with_biases
from sheetnet.audit.terms import names_in
from sheetnet.audit.upstream import Compute, Pin, element
from sheetnet.audit.values import value_of
from sheetnet.mistakes import MISTAKES, Site, cook
from sheetnet.network import Network
from sheetnet.reference import Array, Equation, Recorder, Values, equations, evaluate, inputs_of, stacked

DIAGONAL = MISTAKES["SN061"]  # softmax's Jacobian reduced to its diagonal


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
        self._printed: dict[Place, list[PrintedNumber]] = defaultdict(list)
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
        return evaluate(self.network, inputs_of(self.network))

    @property
    def givens(self) -> set[str]:
        """The blocks that nothing computes."""
        return {name for name in self.values if name not in self.equations}

    def place(self, number: PrintedNumber) -> Place:
        """Where a number stands; activations of hidden layers are those of `a_l`, also inside `A_l`."""
        if number.expression is not None:
            return number.quantity, *number.index
        return place_of(self.network, number.quantity, number.index)

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

    def compute(self, number: PrintedNumber) -> Compute:
        """The equation of a number's block, or its expression, in the values of the others."""
        if (term := number.expression) is not None:
            return lambda values: value_of(term, _flat(self.network, values))
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
        return list(dict.fromkeys(canonical(self.network, name, 0) for name in names))

    def below(self, blocks: Iterable[str]) -> list[str]:
        """The blocks that these are computed from."""
        return [canonical(self.network, name, 0) for block in blocks for name in self.reads(block)]

    def bound(self, number: PrintedNumber, bounds: Callable[[], tuple[float, float]]) -> None:
        """Say what the author may have gone on with, given a judged number: its bounds, computed if anybody asks."""
        self._pending.append((number, bounds))

    def _settle(self) -> None:
        """Compute the bounds of all numbers so far, in their order: each may need those before it."""
        pending, self._pending = self._pending, []
        for number, bounds in pending:
            self._spans[id(number)] = bounds()

    def _key(self, number: PrintedNumber) -> tuple[str, ...]:
        return tuple(self.direct(number))

    def _upstream_of(self, direct: tuple[str, ...]) -> frozenset[str]:
        found: set[str] = set()
        waiting = list(direct)
        while waiting:
            block = waiting.pop()
            if block not in found:
                found.add(block)
                waiting += [canonical(self.network, name, 0) for name in self.reads(block)]
        return frozenset(found)

    def pins(
        self, number: PrintedNumber, choose: Callable[[list[PrintedNumber]], PrintedNumber], given: bool = False
    ) -> tuple[Pin, ...]:
        """The numbers printed above that this one depends on: of each one print, the last or another.

        Inputs stand as in the network file, whatever is printed; with `given` those printed otherwise stand as printed.
        """
        self._settle()
        found = []
        own, blocks = self.place(number)[0] if number.expression is None else "", self._upstream(self._key(number))
        for place, prints in self._printed.items():
            above = [n for n in prints if n.table < number.table]
            if above and place[0] in blocks and place[0] != own:
                pin = self._pin(place, choose(above), given)
                found += [pin] if pin is not None else []
        return tuple(found)

    def _pin(self, place: Place, printed: PrintedNumber, given: bool) -> Pin | None:
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
        if network.mixes(layer) and f"da_dz_{layer}" in printed and f"J_{layer}" not in printed:
            block = f"delta_{layer}"
            (change,) = (change for change in DIAGONAL.changes if change.kind == "delta.softmax")
            equation = partial(cook, Site.of(network, block), replaced=change.parts)
            yield Habit(DIAGONAL.code, "with softmax's Jacobian reduced to its diagonal", {block: equation})


def _flat(network: Network, values: Values) -> dict[str, Array]:
    """All quantities as matrices: Jacobians one under the other, biases apart too."""
    blocks = network.blocks
    return with_biases(
        {name: stacked(array, blocks[name]) if name in blocks else array for name, array in values.items()}
    )
