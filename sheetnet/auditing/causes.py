"""Finds what explains wrong printed numbers: a known mistake, or one number misread.

With one trial and few digits this is never certain; what chance would hardly explain is named as perhaps.

There is one trial alone, the document's own, and few digits; so a mistake is looked for that explains as many numbers
of a table as possible and leaves those that are right as they are. First in the table's own equation, then in those
between it and the numbers printed above. Mistakes of any formula (a neighbour's number, a term missing) are too many to
be told from chance by one trial, and are not tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sheetnet.auditing.digits import LEAST_DIGITS, Digits, chance, likely_slip, one_digit_differs
from sheetnet.auditing.document import Document, Routes
from sheetnet.auditing.evaluate import Pin, Reach, StepFunction, Upstream, element, term_value
from sheetnet.auditing.expressions import FunctionTerm, Negative, Term, rebuilt, subterms
from sheetnet.auditing.published import PrintedNumber, block_of_column
from sheetnet.formulas import Dimensions, spoken, symbol_of
from sheetnet.mistakes import MISTAKES, Element, MistakenEquation, mistaken_equations, ways_up
from sheetnet.quantity import Quantity, q
from sheetnet.verdict import PrintVerdict

MISREAD_EQUATIONS_UP = 3  # equations further up, through what is not printed
LIKELIEST = 1 / 9  # chance up to which a misread number is named: that of hitting one wrong last digit
SMALL_BLOCK = 64  # numbers of a block; in larger ones some misread number is always near
SAME = 1e-12  # relative difference up to which a number read wrongly changes nothing
BESIDE = ((0, -1), (0, 1), (-1, 0), (1, 0))


@dataclass(frozen=True)
class Misread:
    """What was read at a number: its place, the value, and words that name it."""

    pin: Pin
    words: str


class Misreads:
    """The single misread numbers that may have led to what a document prints."""

    def __init__(self, document: Document, routes: Routes) -> None:
        self._document, self._routes = document, routes
        self._known: dict[tuple[object, ...], str] = {}

    def of(self, number: PrintedNumber) -> str:
        """Words such as `perhaps a_1[0, 0] was read in place of a_1[0, 1]`; empty where none is likely."""
        digits = number.digits
        if digits is None or digits.significant < LEAST_DIGITS or number.terms:
            return ""
        pins = self._routes.pins(number)[0]
        key = (self._document.place(number), number.expression, digits, pins)
        if key not in self._known:
            self._known[key] = self._found(number, digits, pins)
        return self._known[key]

    def _found(self, number: PrintedNumber, digits: Digits, pins: tuple[Pin, ...]) -> str:
        upstream, at = self._routes.upstream(pins, None), self._document.element(number)
        compute = self._document.compute(number)
        base = upstream.follow(compute, *at)
        if base is None:
            return ""
        tried: list[float] = []
        for kind in self._kinds(number, upstream, {pin.block for pin in pins}):
            misreads = list(kind)
            if not misreads:
                continue
            with np.errstate(all="ignore"):
                values = element(compute(upstream.varied([misread.pin for misread in misreads])), *at)
            gave = np.broadcast_to(values, (len(misreads),)).tolist()
            tried += [value for value in gave if abs(value - base.value) > SAME * abs(base.value)]
            hits = [m.words for m, value in zip(misreads, gave, strict=True) if _hit(digits, value, base)]
            width = 1 + (base.high - base.low) / digits.unit
            if hits and chance(digits, base.value, tried) * width <= LIKELIEST:
                return f"perhaps {' or '.join(hits[:2])}"
        return ""

    def _kinds(self, number: PrintedNumber, upstream: Upstream, printed: set[str]) -> Iterator[Iterator[Misread]]:
        """All misreadings, kind by kind, the likeliest first."""
        values, known = upstream.values, Dimensions.of(self._document.network)
        operands = [
            (block, values[block]) for block in self._operands(number, printed) if values[block].size <= SMALL_BLOCK
        ]
        flat = {block: array.reshape(-1, array.shape[-1]) for block, array in operands}
        yield (misread for block, array in flat.items() for misread in _neighbours(block, array, known))
        yield (misread for block, array in flat.items() for misread in _moved(block, array, known))
        yield (misread for block, array in flat.items() for misread in self._others(block, array, values))

    def _operands(self, number: PrintedNumber, printed: set[str]) -> list[str]:
        """The blocks that a number is computed from, and through those that are not printed what is above them."""
        found = self._document.direct(number)
        level = found
        for _ in range(MISREAD_EQUATIONS_UP):
            level = [name for name in self._document.below(b for b in level if b not in printed) if name not in found]
            found += dict.fromkeys(level)
        return found

    def _others(self, block: str, array: np.ndarray, values: dict[str, np.ndarray]) -> Iterator[Misread]:
        """The number of another quantity of the same layer at the same place."""
        network, known = self._document.network, Dimensions.of(self._document.network)
        layer = Quantity.of(block).layer
        beside = [q(kind, layer) for kind in ("z", "a", "dC_da", "da_dz", "delta")]
        beside += ["target"] if layer == network.depth else []
        if block not in {*beside, "target"}:
            return
        for other in beside if block != "target" else [q("a", network.depth)]:
            if other != block and values[other].shape[1:] == array.shape:
                for (row, column), value in np.ndenumerate(values[other][0]):
                    yield Misread(
                        _pin(block, row, column, value), _instead(known, (other, row, column), (block, row, column))
                    )


def _neighbours(block: str, array: np.ndarray, known: Dimensions) -> Iterator[Misread]:
    for row, column in np.ndindex(*array.shape):
        for down, right in BESIDE:
            r, c = row + down, column + right
            if 0 <= r < array.shape[0] and 0 <= c < array.shape[1] and array[r, c] != array[row, column]:
                yield Misread(
                    _pin(block, row, column, array[r, c]), _instead(known, (block, r, c), (block, row, column))
                )


def _instead(known: Dimensions, read: Element, right: Element) -> str:
    return f"{spoken(read[0], read[1:], known)} was read in place of {spoken(right[0], right[1:], known)}"


def _moved(block: str, array: np.ndarray, known: Dimensions) -> Iterator[Misread]:
    for (row, column), value in np.ndenumerate(array):
        for factor in (10.0, 0.1):
            read = float(f"{value * factor:.9g}")
            if value:
                yield Misread(
                    _pin(block, row, column, value * factor),
                    f"{spoken(block, (row, column), known)} was read as {read:.9g}",
                )


def _pin(block: str, row: int, column: int, value: float) -> Pin:
    return Pin(block, row, column, float(value), float(value), float(value))


def _hit(digits: Digits, value: float, base: Reach) -> bool:
    """Whether a printed number is what a misread one gives, within what the roundings above allow."""
    low, high = value - (base.value - base.low), value + (base.high - base.value)
    differs = abs(value - base.value) > SAME * abs(base.value)
    return bool(np.isfinite(value)) and differs and digits.within(low, high)


EQUATIONS_UP = 3  # equations further up: a new weight holds ∂C/∂W, δ and ∂C/∂a
EXPLAINED_DIGITS = 3  # significant ones explained in all; fewer are chance
HIT, NEAR = 2, 1  # weights of a number explained, and of one explained but for a slip


@dataclass(frozen=True)
class Cause:
    """What explains one number: a mistake's code, and words."""

    code: str
    words: str


@dataclass(frozen=True)
class _Guess:
    """A mistaken equation: the table's own, or one further up."""

    one: MistakenEquation
    own: bool

    @property
    def words(self) -> str:
        mistake, label = self.one.mistake, self.one.change.label
        said = f"{mistake.code} {mistake.name}" + (f" ({label})" if label else "")
        return said if self.own else f"{said} in {symbol_of(self.one.site.block)}"


class Explanations:
    """The mistaken equations of a document's network, on what it prints."""

    def __init__(self, document: Document, routes: Routes) -> None:
        self._document, self._routes, self._network = document, routes, document.network
        self._made: dict[tuple[object, ...], Upstream] = {}
        self._known: dict[tuple[object, ...], list[Cause | None]] = {}  # copies of a table are explained alike

    def of(self, numbers: Sequence[PrintedNumber], verdicts: Sequence[PrintVerdict]) -> list[Cause | None]:
        """What explains each number of a table that is wrong: the mistake that explains most of them."""
        nothing: list[Cause | None] = [None] * len(numbers)
        if self._document.is_given(numbers[0]):
            return nothing
        if numbers[0].expression is not None:
            return [
                self._expression(n) if v == PrintVerdict.WRONG else None for n, v in zip(numbers, verdicts, strict=True)
            ]
        key = (*self._routes.pins(numbers[0]), *((n.quantity, n.index, n.text) for n in numbers))
        if key not in self._known:
            self._known[key] = self._best(numbers, verdicts)
        return self._known[key]

    def _best(self, numbers: Sequence[PrintedNumber], verdicts: Sequence[PrintVerdict]) -> list[Cause | None]:
        best: list[Cause | None] = [None] * len(numbers)
        most = (0, 0)
        for guess in self._guesses(numbers[0]):
            for pins in dict.fromkeys([*self._routes.pins(numbers[0]), ()]):
                found, score = self._tried(guess, pins, numbers, verdicts)
                if score > most:
                    best, most = found, score
        return best

    def _tried(
        self, guess: _Guess, pins: tuple[Pin, ...], numbers: Sequence[PrintedNumber], verdicts: Sequence[PrintVerdict]
    ) -> tuple[list[Cause | None], tuple[int, int]]:
        found: list[Cause | None] = [None] * len(numbers)
        hits, digits, kept = 0, 0, 0
        if not any(
            v == PrintVerdict.WRONG and self._meets(guess, pins, n)[1] == HIT
            for n, v in zip(numbers, verdicts, strict=True)
        ):
            return found, (0, 0)
        for i, (number, verdict) in enumerate(zip(numbers, verdicts, strict=True)):
            words, weight = self._meets(guess, pins, number, slipped=True)
            if verdict != PrintVerdict.WRONG:
                kept += weight == HIT
            elif weight and number.digits is not None:
                found[i] = Cause(guess.one.mistake.code, guess.words + words)
                hits += weight
                digits += number.digits.significant if weight == HIT else 0
        return found, ((hits, kept) if digits >= EXPLAINED_DIGITS else (0, 0))

    def _meets(
        self, guess: _Guess, pins: tuple[Pin, ...], number: PrintedNumber, slipped: bool = False
    ) -> tuple[str, int]:
        """How a guess meets a printed number: words to add, and a weight. Slips are looked for only where asked."""
        digits = number.digits
        if digits is None or (guess.own and self._document.place(number)[0] != guess.one.site.block):
            return "", 0  # a blank, or the bias node beside the activations of a table
        reach = self._reach(guess, pins, number, None if slipped else (digits.low, digits.high))
        return ("", 0) if reach is None else _compared(digits, reach, slipped)

    def _reach(
        self, guess: _Guess, pins: tuple[Pin, ...], number: PrintedNumber, near: tuple[float, float] | None
    ) -> Reach | None:
        one, block = guess.one, guess.one.site.block
        key = (pins, None if guess.own else (block, one.change.label, one.mistake.code, one.change.kind))
        if key not in self._made:
            self._made[key] = Upstream(self._network, pins, None if guess.own else {block: one.array})
        compute: StepFunction = one.array if guess.own else self._document.compute(number)
        try:
            return self._made[key].follow(compute, *self._document.element(number), near=near)
        except KeyError:  # further up nothing can read what comes later in the step, as new weights do
            return None

    def _guesses(self, number: PrintedNumber) -> Iterator[_Guess]:
        own = self._document.place(number)[0]
        yield from self._mistaken(own, own=True)
        pinned = {pin.block for pin in self._routes.pins(number)[0]}
        for depth in range(1, EQUATIONS_UP + 1):
            ways = ways_up(own, depth, lambda block: self._between(block, pinned))
            for block in dict.fromkeys(way[-1] for way in ways):
                yield from self._mistaken(block, own=False)

    def _between(self, block: str, pinned: set[str]) -> Iterator[str]:
        """Computed blocks that a block reads and that are not printed above."""
        for name in self._document.reads(block):
            above = block_of_column(self._network, name, 0)
            if above not in pinned and self._document.reads(above):
                yield above

    def _mistaken(self, block: str, own: bool) -> Iterator[_Guess]:
        return (_Guess(one, own) for one in mistaken_equations(self._network, block, any_formula=False))

    def _expression(self, number: PrintedNumber) -> Cause | None:
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
                if reach is not None and number.digits.significant >= EXPLAINED_DIGITS:
                    words, weight = _compared(number.digits, reach, slipped=False)
                    if weight == HIT:
                        return Cause(code, f"{code} {MISTAKES[code].name}{label}{words}")
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


def _valued(term: Term) -> StepFunction:
    return lambda values: term_value(term, values)


def _variants(term: Term) -> Iterator[tuple[str, str, Term]]:
    if (base10 := _replaced(term, "LN", "LOG10")) != term:
        yield "SN036", "", base10
    yield "SN044", "", Negative(term)


def _replaced(term: Term, old: str, new: str) -> Term:
    changed = rebuilt(term, tuple(_replaced(part, old, new) for part in subterms(term)))
    return (
        FunctionTerm(new, changed.arguments)
        if isinstance(changed, FunctionTerm) and changed.function == old
        else changed
    )
