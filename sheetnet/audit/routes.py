"""How a printed number may follow from those above it: the routes on which it is computed.

The first route takes of every number above the last print. Documents also skip a rounded result they printed (softmax's
derivative from z, not from the rounded a), go back to the first print of a number, or use a given that they misprint.
"""

from __future__ import annotations

from collections.abc import Iterator

from sheetnet.audit.document import Document, Habit
from sheetnet.audit.published import PrintedNumber
from sheetnet.audit.quantities import canonical
from sheetnet.audit.upstream import Compute, Pin, Reach, Upstream


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
            sources = {canonical(document.network, name, 0) for name in number.sources}
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

    def _own(self, number: PrintedNumber, compute: Compute, habit: Habit | None) -> Compute:
        block = self._document.place(number)[0]
        replaced = habit.equations.get(block) if habit and number.expression is None else None
        return replaced or compute

    def _sum(self, number: PrintedNumber) -> Reach | None:
        terms = [self._document.labelled(label, number) for label in number.terms]
        digits = [term.digits for term in terms if term is not None and term.digits is not None]
        if len(digits) < len(number.terms):
            return None
        return Reach(sum(d.low for d in digits), sum(d.value for d in digits), sum(d.high for d in digits))
