"""Gives each printed number its verdict, and holds what an audit finds.

In this order: what agrees with the network agrees, however it came about, unless it says too little or its last place is
cut where the document rounds. A given that differs contradicts the others. What follows from the numbers printed above
is carried. Next comes a last place off by one; then a misprint, which one slip turns into a right number. The rest is
wrong; or contradicts, where other prints of it say something else and none of them is right.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sheetnet.auditing.causes import Explanations, Misreads
from sheetnet.auditing.digits import LEAST_DIGITS, TELLING, WIDEST_ROUNDING, Digits, likely_slip, one_digit_differs
from sheetnet.auditing.document import Document, Habit, Routes, Surroundings
from sheetnet.auditing.evaluate import Reach
from sheetnet.auditing.published import PrintedNumber
from sheetnet.formulas import ONE_OBSERVATION, Dimensions
from sheetnet.object_display import counted_words, shown_line
from sheetnet.quantity import Quantity
from sheetnet.verdict import PrintVerdict, tally


@dataclass(frozen=True)
class NumberVerdict:
    """The verdict on one printed number. `computed` is the right value; `right_text` is it as it should be printed."""

    place: str
    quantity: str
    index: tuple[int, int]
    printed: str
    computed: float | None
    right_text: str
    verdict: PrintVerdict
    why: str = ""
    mistake: str | None = None


@dataclass(frozen=True)
class FormulaEntry:
    """The verdict on one printed equation, `agrees` or `wrong`; `right_form` is the nearest right one, where found."""

    place: str
    equation: str
    verdict: PrintVerdict
    why: str = ""
    right_form: str | None = None


@dataclass(frozen=True)
class Audit:
    """All verdicts on a document, in its order; `dimensions` are those of its network.

    >>> found = sheetnet.audit("d02b")
    >>> [entry.quantity for entry in found.entries if entry.verdict == "wrong"]
    ['cost']
    """

    title: str
    source: str
    entries: tuple[NumberVerdict, ...]
    formulas: tuple[FormulaEntry, ...]
    notes: tuple[str, ...] = ()
    dimensions: Dimensions = ONE_OBSERVATION

    @property
    def counts(self) -> dict[str, int]:
        """How many numbers have each verdict that occurs."""
        return tally(entry.verdict for entry in self.entries)

    @property
    def formula_counts(self) -> dict[str, int]:
        """How many equations have each verdict that occurs."""
        return tally(formula.verdict for formula in self.formulas)

    @property
    def ok(self) -> bool:
        """Whether everything agrees; False where nothing was printed."""
        found = {*self.counts, *self.formula_counts}
        return found == {PrintVerdict.AGREES}

    def __repr__(self) -> str:
        """One line: the document, whether all agrees, and how many numbers and equations have each verdict."""
        numbers = f"{len(self.entries)} numbers: {counted_words(self.counts)}" if self.entries else ""
        equations = f"{len(self.formulas)} equations: {counted_words(self.formula_counts)}" if self.formulas else ""
        told = "; ".join(part for part in (numbers, equations) if part) or "nothing was printed"
        return shown_line(self, f"{self.title!r}: {'ok' if self.ok else 'not ok'}, {told}")


AGAIN = "as printed and judged under"
# Verdicts on prints that other prints may not contradict.
RIGHT = (PrintVerdict.AGREES, PrintVerdict.LAST_PLACE, PrintVerdict.CARRIED)


def judge_numbers(document: Document) -> tuple[NumberVerdict, ...]:
    """All numbers in the document's order."""
    judge = _Judge(document)
    entries = [judge.entry(number) for number in document.numbers]
    entries = list(_contradicting(document, judge.misread(judge.explained(entries))))
    return tuple(_again(entries))


@dataclass(frozen=True)
class _Judged:
    """What is said of a number. `text` is the right one as printed, where it is not the right value with its digits.

    `span`: between what bounds its author may have gone on with it, where that is known; computed if anybody asks.
    """

    verdict: PrintVerdict
    why: str = ""
    mistake: str | None = None
    text: str | None = None
    span: Callable[[], tuple[float, float]] | None = None


class _Judge:
    def __init__(self, document: Document) -> None:
        self._document, self._routes, self._around = document, Routes(document), Surroundings(document)
        self._cuts = _cuts(document)
        self._known: dict[tuple[object, ...], _Judged] = {}
        self._spans: dict[tuple[object, ...], tuple[float, float]] = {}

    def entry(self, number: PrintedNumber) -> NumberVerdict:
        right, judged = self._document.right(number), self._judged(number)
        if judged.span is not None:
            self._document.bound(number, judged.span)
        computed = right if math.isfinite(right) else None
        as_printed = number.digits.like(right) if number.digits is not None and computed is not None else f"{right:.9g}"
        return NumberVerdict(
            number.place,
            number.quantity,
            number.index,
            number.text,
            computed,
            judged.text or as_printed,
            judged.verdict,
            judged.why,
            judged.mistake,
        )

    def _judged(self, number: PrintedNumber) -> _Judged:
        digits = number.digits
        if digits is None:
            return _Judged(PrintVerdict.MISSING, "left to the reader")
        right = self._document.right(number)
        if digits.agrees(right):
            return self._agreeing(number, digits, right)
        if self._document.is_given(number):
            return self._given(number, digits, right)
        key = (self._document.place(number), number.expression, digits, number.terms, *self._routes.pins(number))
        if key not in self._known:  # copies of a number are judged alike
            self._known[key] = self._computed(number, digits)
        return self._known[key]

    def _given(self, number: PrintedNumber, digits: Digits, right: float) -> _Judged:
        words, elsewhere = f"the network has {right:.9g} here", self._elsewhere(number, digits)
        others = [n.place for n in self._document.occurrences(number) if n.digits and n.digits.agrees(right)]
        if others:
            return _Judged(PrintVerdict.CONTRADICTS, f"{words}, as printed under {others[0]!r}{elsewhere}")
        return _Judged(PrintVerdict.WRONG, words + elsewhere)

    def _elsewhere(self, number: PrintedNumber, digits: Digits) -> str:
        """Which other weights have this number in this place."""
        own, row, column = self._document.place(number)
        for name, array in self._document.values.items():
            block = Quantity.of(name).symbol == "W" and name in self._document.givens and name != own
            if block and row < array.shape[1] and column < array.shape[2] and digits.value == array[0, row, column]:
                return f"; {name} has {digits.text}"
        return ""

    def _agreeing(self, number: PrintedNumber, digits: Digits, right: float) -> _Judged:
        """Its author may have gone on with the right value, or with what followed from rounded ones."""

        def span() -> tuple[float, float]:
            if self._document.is_given(number):
                return right, right
            key = (self._document.place(number), number.expression, digits, *self._routes.pins(number))
            if key not in self._spans:
                followed = [reach for reach, _ in self._routes.reaches(number)]
                self._spans[key] = _span(digits, [*followed, Reach(right, right, right)])
            return self._spans[key]

        if self._around.says_too_little(number, right, right):
            return self._too_little(number, digits, Reach(right, right, right), span)
        if digits.rounds(right):
            return _Judged(PrintVerdict.AGREES, span=span)
        if self._cuts or digits.significant < TELLING or self._document.is_given(number):
            return _Judged(PrintVerdict.AGREES, "truncated, not rounded", span=span)
        for reach, _ in self._routes.reaches(number):
            nearest = min(max(digits.value, reach.low), reach.high)
            if reach.high <= reach.low + WIDEST_ROUNDING * digits.unit and digits.rounds(nearest):
                words = f"follows from the rounded numbers above ({reach.value:.9g})"
                return _Judged(PrintVerdict.AGREES, words, span=span)
        return _Judged(PrintVerdict.LAST_PLACE, f"cut, not rounded: {digits.like(right)}", span=span)

    def _too_little(
        self, number: PrintedNumber, digits: Digits, reach: Reach, span: Callable[[], tuple[float, float]]
    ) -> _Judged:
        sharper = self._around.sharper(number)
        right = self._document.right(number)
        text = f"{right:.4g}" if sharper is None else sharper.like(right)
        words = f"anything from {digits.low:.9g} to {digits.high:.9g} may be printed so; here it is {reach.value:.9g}"
        return _Judged(PrintVerdict.SAYS_TOO_LITTLE, words, text=text, span=span)

    def _computed(self, number: PrintedNumber, digits: Digits) -> _Judged:
        right = self._document.right(number)
        exact, reaches = Reach(right, right, right), list(self._routes.reaches(number))
        followed = [reach for reach, _ in reaches]
        met = [(reach, habit) for reach, habit in reaches if digits.within(reach.low, reach.high)]
        for reach, habit in met:
            if not self._around.says_too_little(number, reach.low, reach.high):
                code = habit.code if habit else None
                return _Judged(PrintVerdict.CARRIED, _carried(reach, habit), code, span=lambda: _span(digits, followed))
        if met:
            return self._too_little(number, digits, met[0][0], lambda: _span(digits, followed))
        return self._near(number, digits, [(exact, None), *reaches]) or _Judged(
            PrintVerdict.WRONG, _off(digits, right, followed[0].value if followed else right)
        )

    def _near(
        self, number: PrintedNumber, digits: Digits, reaches: Sequence[tuple[Reach, Habit | None]]
    ) -> _Judged | None:
        """A last place off by one, or a slip, in the right value or in what follows from the numbers above."""
        exact, precise = reaches[0][0], digits.significant >= (LEAST_DIGITS if self._around.coarse(number) else TELLING)
        for reach, habit in reaches if precise else ():
            narrow = reach.high <= reach.low + WIDEST_ROUNDING * digits.unit
            if narrow and digits.off_by_one(reach.low, reach.high):
                low, high = min(digits.low, reach.low), max(digits.high, reach.high)
                words = f"the last digit is off by one: {digits.like(reach.value)}"
                words += "" if reach is exact else " follows from the numbers above"
                return _Judged(
                    PrintVerdict.LAST_PLACE, words, habit.code if habit else None, span=partial(_both, low, high)
                )
        decimals = self._around.decimals(number)
        for reach, habit in reaches:
            if (likely := likely_slip(digits, reach, decimals)) is not None:
                if reach is exact:
                    return _Judged(PrintVerdict.MISPRINT, likely.words, text=likely.slip.meant.text)
                words = f"{likely.words} follows from the numbers above"
                return _Judged(PrintVerdict.MISPRINT, words, habit.code if habit else None)
        return None

    def misread(self, entries: list[NumberVerdict]) -> list[NumberVerdict]:
        """The entries again, with the single misread numbers that may explain those which are wrong."""
        misreads = Misreads(self._document, self._routes)
        for i, (number, entry) in enumerate(zip(self._document.numbers, entries, strict=True)):
            if entry.verdict == PrintVerdict.WRONG and entry.mistake is None and not self._document.is_given(number):
                words = misreads.of(number)
                entries[i] = replace(entry, why=f"{words}; {entry.why}") if words else entry
        return entries

    def explained(self, entries: list[NumberVerdict]) -> list[NumberVerdict]:
        """The entries again, with the known mistakes that explain those which are wrong, a table at a time."""
        tables: dict[int, list[int]] = defaultdict(list)
        for i, number in enumerate(self._document.numbers):
            tables[number.table].append(i)
        explanations = Explanations(self._document, self._routes)
        for members in tables.values():
            if any(entries[i].verdict == PrintVerdict.WRONG for i in members):
                numbers = [self._document.numbers[i] for i in members]
                verdicts = [entries[i].verdict for i in members]
                for i, found in zip(members, explanations.of(numbers, verdicts), strict=True):
                    if found is not None:
                        entries[i] = replace(entries[i], why=f"{found.words}; {entries[i].why}", mistake=found.code)
        return entries


def _off(digits: Digits, right: float, followed: float) -> str:
    """What is known of a wrong number without a mistake's name."""
    for value, words in (
        (right, f"should be {right:.9g}"),
        (followed, f"{followed:.9g} follows from the numbers above"),
    ):
        if digits.agrees(-value):
            return f"the sign is wrong: {words}"
        if one_digit_differs(digits, value):
            return f"one digit differs: {words}"
    if digits.like(followed) == digits.like(right):
        return f"should be {right:.9g}"
    return f"{followed:.9g} follows from the numbers above"


def _span(digits: Digits, reaches: Sequence[Reach]) -> tuple[float, float]:
    """What printed so and followed from the numbers above."""
    met = [reach for reach in reaches if digits.within(reach.low, reach.high)]
    return min(max(digits.low, r.low) for r in met), max(min(digits.high, r.high) for r in met)


def _cuts(document: Document) -> bool:
    """Whether a document cuts its numbers rather than rounding them, where the two differ."""
    cut: dict[tuple[object, ...], bool] = {}
    for number in document.numbers:
        digits, right = number.digits, document.right(number)
        if digits is not None and not document.is_given(number) and digits.rounds(right) != digits.cuts(right):
            cut[document.place(number), number.expression, digits] = digits.cuts(right)
    return 2 * sum(cut.values()) > len(cut)


def _both(low: float, high: float) -> tuple[float, float]:
    return low, high


def _carried(reach: Reach, habit: Habit | None) -> str:
    words = f"follows from the numbers above ({reach.value:.9g})"
    return f"{words}, {habit.words}" if habit else words


def _contradicting(document: Document, entries: Sequence[NumberVerdict]) -> Iterator[NumberVerdict]:
    """Wrong numbers that no mistake explains contradict other prints of the same number, where none is right."""
    verdicts = dict(zip(map(id, document.numbers), entries, strict=True))
    for number, entry in zip(document.numbers, entries, strict=True):
        if entry.verdict != PrintVerdict.WRONG or entry.mistake is not None or document.is_given(number):
            yield entry
            continue
        prints = document.occurrences(number)
        others = [n for n in prints if _differ(n.digits, number.digits)]
        if others and not any(verdicts[id(n)].verdict in RIGHT for n in prints):
            words = f"{others[0].text} is printed under {others[0].place!r}"
            yield replace(entry, verdict=PrintVerdict.CONTRADICTS, why=f"{words}; {entry.why}")
        else:
            yield entry


def _again(entries: Sequence[NumberVerdict]) -> Iterator[NumberVerdict]:
    """A number printed once more, and judged alike, refers to where the reason stands."""
    first: dict[tuple[object, ...], NumberVerdict] = {}
    for entry in entries:
        known = first.setdefault((entry.quantity, entry.index, entry.printed, entry.verdict, entry.why), entry)
        if known is entry or entry.verdict == PrintVerdict.AGREES:
            yield entry
        else:
            code = f"{entry.mistake}, " if entry.mistake else ""
            yield replace(entry, why=f"{code}{AGAIN} {known.place!r}")


def _differ(one: Digits | None, other: Digits | None) -> bool:
    """Whether two prints cannot be of the same number."""
    return one is not None and other is not None and (one.high < other.low or other.high < one.low)
