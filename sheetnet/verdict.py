"""Every verdict of the judges, with its meaning and its rank in reports.

A cell and a printed number are judged by different evidence, so some verdicts share a word and not the meaning: they are
two enumerations, and the type checker keeps them apart. Each member is its text, in JSON, tables and comparisons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum


class _Word(StrEnum):
    """Members that people meet as the quoted words which they are: `{'correct': 3113}`."""

    def __repr__(self) -> str:
        return repr(self.value)


class _Ranked(_Word):
    """Members written as `text, meaning`, in the order of reports."""

    meaning: str
    rank: int

    def __new__(cls, text: str, meaning: str = "") -> _Ranked:
        member = str.__new__(cls, text)
        member._value_, member.meaning, member.rank = text, meaning, len(cls.__members__)
        return member


class Verdict(_Ranked):
    """On a judged cell, by `validate` and `identify`. Where several would fit, the first in this order is given."""

    MISSING = "missing", "a quantity that the network implies stands nowhere at its full shape"
    BLANK = "blank", "nothing was entered, or a remark and no formula"
    ERROR = "error", "the formula shows an error"
    UNSUPPORTED = "unsupported", "the engine cannot evaluate the formula"
    UNDETERMINED = "undetermined", "nothing could tell right from wrong: no trial did, or what it depends on is gone"
    HARDCODED = "hardcoded", "a number stands where a calculation should"
    ROUNDED = "rounded", "right but for its rounding, or a shortened constant"
    WRONG = "wrong", "the formula computes something else: the error begins here"
    CARRIED = "carried", "the formula is right, its value inherits an error from upstream"
    CORRECT = "correct", "computes what it should, at the sheet's numbers and in every trial"


SOUND = (Verdict.CORRECT, Verdict.CARRIED)  # they blame nobody
OF_THE_ENGINE = (Verdict.UNSUPPORTED, Verdict.UNDETERMINED)  # no change of the cell need explain them


class PrintVerdict(_Ranked):
    """On a printed number or equation, by `audit`; the worst last."""

    AGREES = "agrees", "equal to the last printed digit, rounded or truncated; an equation that is an identity"
    LAST_PLACE = (
        "last place",
        "right but for the last digit, off by one: rounded the wrong way, or cut where others are rounded",
    )
    CARRIED = "carried", "follows from the numbers printed above, within what their rounding allows"
    MISSING = "missing", "a blank that the document leaves to its reader"
    SAYS_TOO_LITTLE = (
        "says too little",
        "right as far as it goes, but printed with so few digits that other numbers would be too",
    )
    MISPRINT = "misprint", "one slip away from the right number: a digit dropped, doubled or swapped, the point moved"
    CONTRADICTS = "contradicts", "the document prints two values for one thing"
    WRONG = "wrong", "the error begins here"


class Status(_Word):
    """What became of one file of a batch."""

    CORRECT = "correct"
    INCORRECT = "incorrect"  # something in it is not correct
    UNREADABLE = "unreadable"  # there is no report


def tally(verdicts: Iterable[Verdict | PrintVerdict]) -> dict[str, int]:
    """How often each verdict occurs, in the order of reports."""
    found = Counter(verdicts)
    return {verdict: found[verdict] for verdict in sorted(found, key=lambda verdict: verdict.rank)}
