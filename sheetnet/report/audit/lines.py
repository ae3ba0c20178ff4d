"""An audit as lines for people: what agrees in one line a table, everything else by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from sheetnet.audit import MEANINGS, Audit, Entry
from sheetnet.mistakes import MISTAKES
from sheetnet.report.palette import LOOKS, Look
from sheetnet.report.words import called

AUDIT_LOOKS: dict[str, Look] = {
    "agrees": LOOKS["correct"],
    "last place": Look("CDEFF2", "±"),
    "carried": LOOKS["carried"],
    "missing": LOOKS["blank"],
    "says too little": Look("E8DFC0", "?"),
    "misprint": Look("F0C3EA", "≈"),
    "contradicts": Look("CDA9F2", "≠"),
    "wrong": LOOKS["wrong"],
}


@dataclass(frozen=True)
class Line:
    """One line of the table. `place` is empty where it is that of the line above."""

    place: str
    called: str
    printed: str
    computed: str
    verdict: str
    why: str


@dataclass(frozen=True)
class Correction:
    """What a document should have printed for a quantity: index and text of each of its printed numbers."""

    quantity: str
    rows: tuple[tuple[tuple[int, int], str], ...]


def lines(audit: Audit) -> Iterator[Line]:
    """The document's numbers in its order."""
    last = ""
    for place, group in groupby(audit.entries, key=lambda entry: entry.place):
        for line in _lines(list(group)):
            yield Line(place if place != last else "", *line)
            last = place


def _lines(entries: list[Entry]) -> Iterator[tuple[str, str, str, str, str]]:
    """Numbers of which the same is to be said stand in one line."""
    for (quantity, verdict, why), group in groupby(
        entries, key=lambda entry: (entry.quantity, entry.verdict, entry.why)
    ):
        del quantity
        found = list(group)
        printed = " ".join(entry.printed.strip() or "(blank)" for entry in found)
        yield _span(found), printed, " ".join(map(number, found)), verdict, why


def _span(entries: list[Entry]) -> str:
    first, last = entries[0], entries[-1]
    own = called(first.quantity, first.index)
    return own if len(entries) == 1 else f"{own} … [{last.index[0]}, {last.index[1]}]"


def number(entry: Entry) -> str:
    """The right value, as far as anybody wants to read it."""
    return "—" if entry.computed is None else f"{entry.computed:.9g}"


def counted(audit: Audit) -> str:
    """`33 agree, 2 missing, 1 wrong`, as one line."""
    words = [_plural(verdict, count) for verdict, count in audit.counts.items()]
    return f"{len(audit.entries):,} numbers: " + (", ".join(words) or "none")


def counted_formulas(audit: Audit) -> str:
    """The same of the equations; empty where there are none."""
    if not audit.formulas:
        return ""
    words = [_plural(verdict, count) for verdict, count in audit.formula_counts.items()]
    return f"{len(audit.formulas):,} equations: " + ", ".join(words)


def mistakes_named(audit: Audit) -> list[str]:
    """`SN021 softmax without exponentials: 3 numbers of a_3`, once a mistake and quantity."""
    found = Counter(
        (entry.mistake, entry.quantity) for entry in audit.entries if entry.mistake and entry.verdict == "wrong"
    )
    return [f"{code} {MISTAKES[code].name}: {_times(count)} of {quantity}" for (code, quantity), count in found.items()]


def _plural(verdict: str, count: int) -> str:
    """`1 agrees`, `33 agree`."""
    several = {"agrees": "agree", "contradicts": "contradict", "says too little": "say too little"}
    return f"{count:,} {several.get(verdict, verdict) if count > 1 else verdict}"


def _times(count: int) -> str:
    return "one number" if count == 1 else f"{count} numbers"


def corrections(audit: Audit) -> list[Correction]:
    """What should stand in the document wherever a quantity is not printed right, with as many digits as it has."""
    wrong = dict.fromkeys(entry.quantity for entry in audit.entries if entry.verdict != "agrees")
    found = []
    for quantity in wrong:
        texts: dict[tuple[int, int], str] = {}
        for entry in audit.entries:
            if entry.quantity == quantity and entry.computed is not None:
                old = texts.get(entry.index, "")
                texts[entry.index] = max(entry.right_text, old, key=len)
        found.append(Correction(quantity, tuple(sorted(texts.items()))))
    return found


def legend(audit: Audit) -> list[tuple[str, Look, str]]:
    """The verdicts that occur, with their looks and meanings."""
    occurring = {*audit.counts, *audit.formula_counts}
    return [(verdict, AUDIT_LOOKS[verdict], meaning) for verdict, meaning in MEANINGS.items() if verdict in occurring]
