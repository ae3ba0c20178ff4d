"""Holds what an audit finds: a verdict for each printed number and each equation."""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet.object_display import counted_words, shown_line
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
