"""Which known mistake explains wrong numbers: mistaken equations, on the numbers printed above.

There is one trial alone, the document's own, and few digits; so a mistake is looked for that explains as many numbers
of a table as possible and leaves those that are right as they are. First in the table's own equation, then in those
between it and the numbers printed above. Mistakes of any formula (a neighbour's number, a term missing) are too many to
be told from chance by one trial, and are not tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sheetnet.audit.digits import Digits, one_digit_differs
from sheetnet.audit.document import Document
from sheetnet.audit.evidence import likely_slip
from sheetnet.audit.published import PrintedNumber
from sheetnet.audit.quantities import canonical
from sheetnet.audit.routes import Routes
from sheetnet.audit.terms import Call, Negative, Term, parts, rebuilt
from sheetnet.audit.upstream import Compute, Pin, Reach, Upstream
from sheetnet.audit.values import value_of
from sheetnet.mistakes import MISTAKES, Change, Mistake, Site, cook, kind_of
from sheetnet.reference import Equation

DEEPEST = 3  # equations further up: a new weight holds ∂C/∂W, δ and ∂C/∂a
LEAST_DIGITS = 3  # significant ones explained in all; fewer are chance
HIT, NEAR = 2, 1  # weights of a number explained, and of one explained but for a slip


@dataclass(frozen=True)
class Explanation:
    """What explains one number: a mistake's code, and words."""

    code: str
    words: str


@dataclass(frozen=True)
class _Guess:
    """A mistaken equation: `compute` gives the table's block where it is its own, else `replaced` is one further up."""

    mistake: Mistake
    change: Change
    block: str
    own: bool

    @property
    def words(self) -> str:
        label = f" ({self.change.label})" if self.change.label else ""
        return f"{self.mistake.code} {self.mistake.name}{label}" + ("" if self.own else f" in {self.block}")


class Explanations:
    """The mistaken equations of a document's network, on what it prints."""

    def __init__(self, document: Document, routes: Routes) -> None:
        self._document, self._routes, self._network = document, routes, document.network
        self._made: dict[tuple[object, ...], Upstream] = {}
        self._known: dict[tuple[object, ...], list[Explanation | None]] = {}  # copies of a table are explained alike

    def of(self, numbers: Sequence[PrintedNumber], verdicts: Sequence[str]) -> list[Explanation | None]:
        """What explains each number of a table that is wrong: the mistake that explains most of them."""
        nothing: list[Explanation | None] = [None] * len(numbers)
        if self._document.is_given(numbers[0]):
            return nothing
        if numbers[0].expression is not None:
            return [self._expression(n) if v == "wrong" else None for n, v in zip(numbers, verdicts, strict=True)]
        key = (*self._routes.pins(numbers[0]), *((n.quantity, n.index, n.text) for n in numbers))
        if key not in self._known:
            self._known[key] = self._best(numbers, verdicts)
        return self._known[key]

    def _best(self, numbers: Sequence[PrintedNumber], verdicts: Sequence[str]) -> list[Explanation | None]:
        best: list[Explanation | None] = [None] * len(numbers)
        most = (0, 0)
        for guess in self._guesses(numbers[0]):
            for pins in dict.fromkeys([*self._routes.pins(numbers[0]), ()]):
                found, score = self._tried(guess, pins, numbers, verdicts)
                if score > most:
                    best, most = found, score
        return best

    def _tried(
        self, guess: _Guess, pins: tuple[Pin, ...], numbers: Sequence[PrintedNumber], verdicts: Sequence[str]
    ) -> tuple[list[Explanation | None], tuple[int, int]]:
        found: list[Explanation | None] = [None] * len(numbers)
        hits, digits, kept = 0, 0, 0
        if not any(
            v == "wrong" and self._meets(guess, pins, n)[1] == HIT for n, v in zip(numbers, verdicts, strict=True)
        ):
            return found, (0, 0)
        for i, (number, verdict) in enumerate(zip(numbers, verdicts, strict=True)):
            words, weight = self._meets(guess, pins, number, slipped=True)
            if verdict != "wrong":
                kept += weight == HIT
            elif weight and number.digits is not None:
                found[i] = Explanation(guess.mistake.code, guess.words + words)
                hits += weight
                digits += number.digits.significant if weight == HIT else 0
        return found, ((hits, kept) if digits >= LEAST_DIGITS else (0, 0))

    def _meets(
        self, guess: _Guess, pins: tuple[Pin, ...], number: PrintedNumber, slipped: bool = False
    ) -> tuple[str, int]:
        """How a guess meets a printed number: words to add, and a weight. Slips are looked for only where asked."""
        digits = number.digits
        if digits is None or (guess.own and self._document.place(number)[0] != guess.block):
            return "", 0  # a blank, or the bias node beside the activations of a table
        reach = self._reach(guess, pins, number, None if slipped else (digits.low, digits.high))
        return ("", 0) if reach is None else _compared(digits, reach, slipped)

    def _reach(
        self, guess: _Guess, pins: tuple[Pin, ...], number: PrintedNumber, near: tuple[float, float] | None
    ) -> Reach | None:
        mistaken = _cooked(Site.of(self._network, guess.block), guess.change)
        key = (pins, None if guess.own else (guess.block, guess.change.label, guess.mistake.code, guess.change.kind))
        if key not in self._made:
            self._made[key] = Upstream(self._network, pins, None if guess.own else {guess.block: mistaken})
        compute: Compute = mistaken if guess.own else self._document.compute(number)
        try:
            return self._made[key].follow(compute, *self._document.element(number), near=near)
        except KeyError:  # further up nothing can read what comes later in the step, as new weights do
            return None

    def _guesses(self, number: PrintedNumber) -> Iterator[_Guess]:
        own = self._document.place(number)[0]
        yield from self._mistaken(own, own=True)
        pinned = {pin.block for pin in self._routes.pins(number)[0]}
        level = [own]
        for _ in range(DEEPEST):
            level = [above for block in level for above in self._between(block, pinned)]
            for block in dict.fromkeys(level):
                yield from self._mistaken(block, own=False)

    def _between(self, block: str, pinned: set[str]) -> Iterator[str]:
        """Computed blocks that a block reads and that are not printed above."""
        for name in self._document.reads(block):
            above = canonical(self._network, name, 0)
            if above not in pinned and self._document.reads(above):
                yield above

    def _mistaken(self, block: str, own: bool) -> Iterator[_Guess]:
        site = Site.of(self._network, block)
        if (kind := kind_of(site)) is not None:
            for mistake in MISTAKES.values():
                if mistake.quantity != "any":
                    for change in mistake.changes_at(site, kind):
                        yield _Guess(mistake, change, block, own)

    def _expression(self, number: PrintedNumber) -> Explanation | None:
        """An expression with the wrong logarithm or the wrong sign."""
        assert number.expression is not None  # as `of` asked
        assert number.digits is not None  # a blank is missing, not wrong
        for code, label, term in _variants(number.expression):
            for pins in self._routes.pins(number):
                upstream = self._routes.upstream(pins, None)
                compute = _valued(term)
                reach = upstream.follow(
                    compute, *self._document.element(number), near=(number.digits.low, number.digits.high)
                )
                if reach is not None and number.digits.significant >= LEAST_DIGITS:
                    words, weight = _compared(number.digits, reach, slipped=False)
                    if weight == HIT:
                        return Explanation(code, f"{code} {MISTAKES[code].name}{label}{words}")
        return None


def _compared(printed: Digits, reach: Reach, slipped: bool) -> tuple[str, int]:
    """How a printed number meets what a mistake gives: words to add, and a weight (0: not at all)."""
    if printed.within(reach.low, reach.high):
        return "", HIT
    if not slipped:
        return "", 0
    if (likely := likely_slip(printed, Reach(reach.value, reach.value, reach.value), {})) is not None:
        return f", and {likely.words}", NEAR
    if one_digit_differs(printed, reach.value):
        return f", and one digit differs from {printed.like(reach.value)}", NEAR
    return "", 0


def _cooked(site: Site, change: Change) -> Equation:
    return lambda values: cook(site, values, change.parts)


def _valued(term: Term) -> Compute:
    return lambda values: value_of(term, values)


def _variants(term: Term) -> Iterator[tuple[str, str, Term]]:
    if (base10 := _replaced(term, "LN", "LOG10")) != term:
        yield "SN036", "", base10
    yield "SN044", "", Negative(term)


def _replaced(term: Term, old: str, new: str) -> Term:
    changed = rebuilt(term, tuple(_replaced(part, old, new) for part in parts(term)))
    return Call(new, changed.arguments) if isinstance(changed, Call) and changed.function == old else changed
