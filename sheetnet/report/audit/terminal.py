"""An audit on a terminal, with rich: the table in the document's order, then its equations, then what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sheetnet.audit import Audit
from sheetnet.report.audit.lines import corrections, counted, counted_formulas, lines, mistakes_named
from sheetnet.report.words import called, printable

COLORS = {
    "agrees": "green",
    "last place": "cyan",
    "carried": "yellow",
    "missing": "blue",
    "says too little": "blue",
    "misprint": "magenta",
    "contradicts": "magenta",
    "wrong": "red",
}


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
        color = COLORS[line.verdict]
        computed = "" if line.verdict == "agrees" else f"  computed {line.computed}"
        words = [Text.assemble(f"{line.called}  ", (printable(line.printed), "bold"), computed)]
        if line.why:
            words.append(Text(printable(line.why), style="dim" if line.verdict in ("agrees", "carried") else ""))
        table.add_row(Text(line.verdict, style=color), Group(*words))
    if table is not None:
        yield table


def _grid(width: int) -> Table:
    """A table of verdicts, the longest of which has some width; most documents have none longer than `contradicts`."""
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=True)
    table.add_column(width=max(width, len("contradicts")))
    table.add_column(overflow="fold")
    return table


def _equations(audit: Audit) -> Iterator[RenderableType]:
    wrong = [formula for formula in audit.formulas if formula.verdict != "agrees"]
    if wrong:
        yield Text("\nEquations that are none", style="bold")
    for formula in wrong:
        yield Text(f"{printable(formula.place)}")
        table = _grid(max(map(len, audit.counts), default=0))
        table.add_row(Text("wrong", style="red"), Text(printable(formula.equation)))
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
            name = called(correction.quantity, first) + ("" if first == last else f" … [{last[0]}, {last[1]}]")
            table.add_row(Text(printable(name)), Text("  ".join(text for _, text in correction.rows)))
        yield table
