"""Holds what an audit finds: a verdict for each printed number and each equation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sheetnet.display import counted_words, shown_line

# Verdict → what it means, worst last.
MEANINGS = {
    "agrees": "equal to the last printed digit, rounded or truncated; an equation that is an identity",
    "last place": "right but for the last digit, off by one: rounded the wrong way, or cut where others are rounded",
    "carried": "follows from the numbers printed above, within what their rounding allows",
    "missing": "a blank that the document leaves to its reader",
    "says too little": "right as far as it goes, but printed with so few digits that other numbers would be too",
    "misprint": "one slip away from the right number: a digit dropped, doubled or swapped, the point moved",
    "contradicts": "the document prints two values for one thing",
    "wrong": "the error begins here",
}


@dataclass(frozen=True)
class NumberVerdict:
    """The verdict on one printed number. `computed` is the right value; `right_text` is it as it should be printed."""

    place: str
    quantity: str
    index: tuple[int, int]
    printed: str
    computed: float | None
    right_text: str
    verdict: str
    why: str = ""
    mistake: str | None = None


@dataclass(frozen=True)
class FormulaEntry:
    """The verdict on one printed equation, `agrees` or `wrong`; `right_form` is the nearest right one, where found."""

    place: str
    equation: str
    verdict: str
    why: str = ""
    right_form: str | None = None


@dataclass(frozen=True)
class Audit:
    """All verdicts on a document, in its order.

    >>> found = sheetnet.audit("d02b")
    >>> [entry.quantity for entry in found.entries if entry.verdict == "wrong"]
    ['cost']
    """

    title: str
    source: str
    entries: tuple[NumberVerdict, ...]
    formulas: tuple[FormulaEntry, ...]
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many numbers have each verdict that occurs."""
        found = Counter(entry.verdict for entry in self.entries)
        return {verdict: found[verdict] for verdict in MEANINGS if found[verdict]}

    @property
    def formula_counts(self) -> dict[str, int]:
        """How many equations have each verdict that occurs."""
        found = Counter(formula.verdict for formula in self.formulas)
        return {verdict: found[verdict] for verdict in MEANINGS if found[verdict]}

    @property
    def ok(self) -> bool:
        """Whether everything agrees; False where nothing was printed."""
        found = {*self.counts, *self.formula_counts}
        return found == {"agrees"}

    def __repr__(self) -> str:
        """One line: the document, whether all agrees, and how many numbers and equations have each verdict."""
        numbers = f"{len(self.entries)} numbers: {counted_words(self.counts)}" if self.entries else ""
        equations = f"{len(self.formulas)} equations: {counted_words(self.formula_counts)}" if self.formulas else ""
        told = "; ".join(part for part in (numbers, equations) if part) or "nothing was printed"
        return shown_line(self, f"{self.title!r}: {'ok' if self.ok else 'not ok'}, {told}")
