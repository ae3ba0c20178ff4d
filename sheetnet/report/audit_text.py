"""An audit as text: on a terminal, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sheetnet.auditing import Audit, NumberVerdict
from sheetnet.formulas import Dimensions, spoken, spoken_index, symbol_of
from sheetnet.mistakes import MISTAKES
from sheetnet.report.json import json_text, record, records
from sheetnet.report.wording import VERDICT_STYLES, Look, finding_line, printable
from sheetnet.verdict import PrintVerdict, Verdict

PRINT_STYLES: dict[str, Look] = {
    PrintVerdict.AGREES: VERDICT_STYLES[Verdict.CORRECT],
    PrintVerdict.LAST_PLACE: Look("CDEFF2", "±", "cyan"),
    PrintVerdict.CARRIED: VERDICT_STYLES[Verdict.CARRIED],
    PrintVerdict.MISSING: VERDICT_STYLES[Verdict.BLANK],
    PrintVerdict.SAYS_TOO_LITTLE: Look("E8DFC0", "?", "blue"),
    PrintVerdict.MISPRINT: Look("F0C3EA", "≈", "magenta"),
    PrintVerdict.CONTRADICTS: Look("CDA9F2", "≠", "magenta"),
    PrintVerdict.WRONG: VERDICT_STYLES[Verdict.WRONG],
}


@dataclass(frozen=True)
class AuditRow:
    """One line of the table. `place` is empty where it is that of the line above."""

    place: str
    called: str
    printed: str
    computed: str
    verdict: PrintVerdict
    why: str


@dataclass(frozen=True)
class Correction:
    """What a document should have printed for a quantity: index and text of each of its printed numbers."""

    quantity: str
    rows: tuple[tuple[tuple[int, int], str], ...]


def lines(audit: Audit) -> Iterator[AuditRow]:
    """The document's numbers in its order."""
    last = ""
    for place, group in groupby(audit.entries, key=lambda entry: entry.place):
        for line in _lines(list(group), audit.dimensions):
            yield AuditRow(place if place != last else "", *line)
            last = place


def _lines(entries: list[NumberVerdict], known: Dimensions) -> Iterator[tuple[str, str, str, PrintVerdict, str]]:
    """Numbers of which the same is to be said stand in one line."""
    for (quantity, verdict, why), group in groupby(
        entries, key=lambda entry: (entry.quantity, entry.verdict, entry.why)
    ):
        del quantity
        found = list(group)
        printed = " ".join(entry.printed.strip() or "(blank)" for entry in found)
        yield (
            _span(found[0].quantity, found[0].index, found[-1].index, known),
            printed,
            " ".join(map(right_value, found)),
            verdict,
            why,
        )


def _span(quantity: str, first: tuple[int, int], last: tuple[int, int], known: Dimensions) -> str:
    """One element, or from the first to the last of several: `a⁽¹⁾ of neuron 0 … neuron 2`."""
    own = spoken(quantity, first, known)
    return own if first == last else f"{own} … {spoken_index(quantity, last, known)}"


def right_value(entry: NumberVerdict) -> str:
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
        (entry.mistake, entry.quantity)
        for entry in audit.entries
        if entry.mistake and entry.verdict == PrintVerdict.WRONG
    )
    return [
        f"{code} {MISTAKES[code].name}: {_times(count)} of {symbol_of(quantity)}"
        for (code, quantity), count in found.items()
    ]


_QUIET = (PrintVerdict.AGREES, PrintVerdict.CARRIED)  # of these the reason is only for who asks
_SEVERAL: dict[str, str] = {
    PrintVerdict.AGREES: "agree",
    PrintVerdict.CONTRADICTS: "contradict",
    PrintVerdict.SAYS_TOO_LITTLE: "say too little",
}


def _plural(verdict: str, count: int) -> str:
    """`1 agrees`, `33 agree`."""
    return f"{count:,} {_SEVERAL.get(verdict, verdict) if count > 1 else verdict}"


def _times(count: int) -> str:
    return "one number" if count == 1 else f"{count} numbers"


def corrections(audit: Audit) -> list[Correction]:
    """What should stand in the document wherever a quantity is not printed right, with as many digits as it has."""
    wrong = dict.fromkeys(entry.quantity for entry in audit.entries if entry.verdict != PrintVerdict.AGREES)
    found = []
    for quantity in wrong:
        texts: dict[tuple[int, int], str] = {}
        for entry in audit.entries:
            if entry.quantity == quantity and entry.computed is not None:
                old = texts.get(entry.index, "")
                texts[entry.index] = max(entry.right_text, old, key=len)
        found.append(Correction(quantity, tuple(sorted(texts.items()))))
    return found


def legend(audit: Audit) -> list[tuple[PrintVerdict, Look, str]]:
    """The verdicts that occur, with their looks and meanings."""
    occurring = {*audit.counts, *audit.formula_counts}
    return [(verdict, PRINT_STYLES[verdict], verdict.meaning) for verdict in PrintVerdict if verdict in occurring]


AUDIT_SCHEMA = "sheetnet.audit/1"
AUDIT_FIELDS = "schema entries formulas summary"
NUMBER_FIELDS = "place quantity index printed computed verdict why mistake"
EQUATION_FIELDS = "place equation verdict why right_form"
AUDIT_SUMMARY_FIELDS = "title source ok numbers formulas mistakes notes should_print"


def audit_data(audit: Audit) -> dict[str, Any]:
    """The audit as plain data, in the fields of the schema."""
    summary = record(
        audit,
        AUDIT_SUMMARY_FIELDS,
        numbers={"printed": len(audit.entries), **audit.counts},
        formulas={"printed": len(audit.formulas), **audit.formula_counts},
        mistakes=mistakes_named(audit),
        should_print=[
            {"quantity": correction.quantity, "index": list(index), "text": text}
            for correction in corrections(audit)
            for index, text in correction.rows
        ],
    )
    entries, formulas = records(audit.entries, NUMBER_FIELDS), records(audit.formulas, EQUATION_FIELDS)
    return record(audit, AUDIT_FIELDS, schema=AUDIT_SCHEMA, entries=entries, formulas=formulas, summary=summary)


def audit_json(audit: Audit) -> str:
    """The audit as the text of a JSON file."""
    return json_text([audit_data(audit)])


def audit_lines(audit: Audit, path: str) -> Iterator[str]:
    """One line for each printed number and equation that is not right: `mine.toml:The cost: wrong 0.157395: … (C)`."""
    for entry in audit.entries:
        if entry.verdict not in _QUIET:
            what = f"{entry.verdict} {entry.printed.strip() or '(blank)'}" + (f": {entry.why}" if entry.why else "")
            yield finding_line(path, entry.place, what, spoken(entry.quantity, entry.index, audit.dimensions))
    for formula in audit.formulas:
        if formula.verdict not in _QUIET:
            yield finding_line(path, formula.place, f"{formula.verdict} {formula.equation}: {formula.why}")


def audit_view(audit: Audit) -> RenderableType:
    """The whole audit."""
    return Group(*_parts(audit))


def _parts(audit: Audit) -> Iterator[RenderableType]:
    yield Text(printable(audit.title), style="bold")
    if audit.source:
        yield Text(printable(audit.source), style="dim")
    yield Text()
    yield from _numbers(audit)
    yield from _equations(audit)
    yield from _summary(audit)


def _numbers(audit: Audit) -> Iterator[RenderableType]:
    table: Table | None = None
    width = max(map(len, audit.counts), default=0)
    for line in lines(audit):
        if line.place:
            if table is not None:
                yield table
            yield Text(printable(line.place), style="bold")
            table = _grid(width)
        assert table is not None  # the first line has a place
        color = PRINT_STYLES[line.verdict].color
        computed = "" if line.verdict == PrintVerdict.AGREES else f"  computed {line.computed}"
        words = [Text.assemble(f"{line.called}  ", (printable(line.printed), "bold"), computed)]
        if line.why:
            words.append(Text(printable(line.why), style="dim" if line.verdict in _QUIET else ""))
        table.add_row(Text(line.verdict, style=color), Group(*words))
    if table is not None:
        yield table


def _grid(width: int) -> Table:
    """A table of verdicts, the longest of which has some width; most documents have none longer than `contradicts`."""
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=True)
    table.add_column(width=max(width, len(PrintVerdict.CONTRADICTS)))
    table.add_column(overflow="fold")
    return table


def _equations(audit: Audit) -> Iterator[RenderableType]:
    wrong = [formula for formula in audit.formulas if formula.verdict != PrintVerdict.AGREES]
    if wrong:
        yield Text("\nEquations that do not hold", style="bold")
    for formula in wrong:
        yield Text(f"{printable(formula.place)}")
        table = _grid(max(map(len, audit.counts), default=0))
        table.add_row(
            Text(formula.verdict, style=PRINT_STYLES[formula.verdict].color), Text(printable(formula.equation))
        )
        table.add_row("", Text(printable(formula.why), style="dim"))
        if formula.right_form is not None:
            table.add_row(Text("right", style="green"), Text(printable(formula.right_form)))
        yield table


def _summary(audit: Audit) -> Iterator[RenderableType]:
    mark, color = ("✓", "green") if audit.ok else ("✗", "red")
    yield Text(f"\n{mark} {counted(audit)}", style=f"bold {color}")
    if words := counted_formulas(audit):
        yield Text(f"  {words}")
    for words in mistakes_named(audit):
        yield Text(f"  {words}", style="red")
    for note in audit.notes:
        yield Padding(Text(note, style="yellow"), (0, 0, 0, 2))
    found = corrections(audit)
    if found:
        yield Text("\nIt should print", style="bold")
        table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=True)
        table.add_column(no_wrap=True, style="cyan")
        table.add_column(overflow="fold")
        for correction in found:
            (first, _), (last, _) = correction.rows[0], correction.rows[-1]
            name = _span(correction.quantity, first, last, audit.dimensions)
            table.add_row(Text(printable(name)), Text("  ".join(text for _, text in correction.rows)))
        yield table
