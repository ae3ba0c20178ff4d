"""Reports and steps on a terminal, with rich: what is wrong first, what it caused as a count. It decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sheetnet.check import CellVerdict, Report
from sheetnet.check.inputs import EditedInput
from sheetnet.check.verdicts import SOUND
from sheetnet.formulas import describe
from sheetnet.reference import Step, stacked
from sheetnet.workbook import Value

COLORS = {
    "missing": "red",
    "blank": "blue",
    "error": "red",
    "unsupported": "yellow",
    "undetermined": "yellow",
    "hardcoded": "magenta",
    "wrong": "red",
    "rounded": "magenta",
    "carried": "yellow",
    "correct": "green",
}
MOST_SHOWN = 20  # blamed cells of one report that are listed; the JSON has all
SHORT = 48  # characters of a formula that are shown


def printable(words: str) -> str:
    """Text of a stranger's file without control characters, which a terminal would obey."""
    return "".join(c if c.isprintable() else "�" for c in words)


def report_view(report: Report) -> RenderableType:
    """One workbook's report."""
    return Group(*_report_parts(report))


def _report_parts(report: Report) -> Iterator[RenderableType]:
    mark, color = ("✓", "green") if report.ok else ("✗", "red")
    yield Text(f"{mark} {printable(report.workbook)}", style=f"bold {color}")
    counts = ", ".join(f"{count:,} {verdict}" for verdict, count in reversed(report.counts.items()))
    yield Text(f"  {printable(report.network)}: {counts or 'nothing was compared'}")
    source = f"network from {report.network_source}"
    yield Text(f"  {source}, {report.engine}, {report.trials} trials, seed {report.seed}", style="dim")
    for note in report.notes:
        yield Text(f"  note: {note}", style="yellow")
    if report.stale:
        yield Text(f"  {report.stale} cells were saved with another value than they compute (stale)", style="yellow")
    yield from _edited_inputs(report.edited_inputs)
    blamed = [cell for cell in report.cells if cell.verdict not in SOUND]
    if blamed:
        yield _blamed_table(blamed[:MOST_SHOWN], _followers(report))
    if len(blamed) > MOST_SHOWN:
        yield Text(f"  … and {len(blamed) - MOST_SHOWN:,} more: see --json", style="dim")


def _edited_inputs(edited: tuple[EditedInput, ...]) -> Iterator[RenderableType]:
    if not edited:
        return
    first = [
        f"{e.sheet}!{e.cell} ({_called(e.quantity, e.index)}) {_shown(e.found)}, was {e.expected:g}" for e in edited[:3]
    ]
    more = f" … {len(edited) - 3} more" if len(edited) > 3 else ""
    yield Text(printable(f"  edited inputs, which is fine: {'; '.join(first)}{more}"), style="cyan")


def _followers(report: Report) -> Counter[str]:
    """How many carried cells name each blamed cell as their cause."""
    carried = (cell.message for cell in report.cells if cell.verdict == "carried")
    return Counter(message.rpartition("comes from ")[2].partition(" (")[0] for message in carried)


def _blamed_table(cells: list[CellVerdict], followers: Counter[str]) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=True, header_style="dim")
    for title in ("verdict", "cell", "quantity", "shows", "expected", "why"):
        table.add_column(title, justify="right" if title in ("shows", "expected") else "left", overflow="fold")
    for cell in cells:
        where = f"{cell.sheet}!{cell.cell}" if cell.cell else "—"
        why = escape(printable(cell.message))
        if cell.formula is not None:
            why += f"\n[dim]={escape(_short(printable(cell.formula)))}[/dim]"
        if count := followers[where]:
            why += f"\n[yellow]{count} more cells carry this error[/yellow]"
        expected = "" if cell.expected is None else f"{cell.expected:.9g}"
        name = _called(cell.quantity, cell.index)
        color = COLORS[cell.verdict]
        shown = escape(printable(_shown(cell.value)))
        table.add_row(f"[{color}]{cell.verdict}[/]", escape(printable(where)), escape(name), shown, expected, why)
    return table


def _called(quantity: str, index: tuple[int, ...] | None) -> str:
    return quantity if index is None else f"{quantity}[{', '.join(map(str, index))}]"


def _shown(value: Value) -> str:
    if value is None:
        return "empty"
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _short(words: str) -> str:
    return words if len(words) <= SHORT else words[: SHORT - 1] + "…"


def step_view(step: Step) -> RenderableType:
    """One training step as tables, a block each, in the order in which it is computed."""
    network = step.network
    title = Text(f"{network.title}\n", style="bold")
    n = " → ".join(map(str, network.sizes))
    head = Text(f"{n}, loss {network.loss}, γ = {network.learning_rate:g}, {network.observations} observation(s)\n")
    parts: list[RenderableType] = [title, head]
    for name, block in network.blocks.items():
        if block.transposed:
            continue  # a copy that only the sheet needs
        symbol, equation = describe(network, name)
        shape = f"  {name}  {block.rows}×{block.columns}  "
        parts.append(Text.assemble((symbol, "bold cyan"), shape, (equation, "italic dim")))
        grid = Table(box=None, show_header=False, padding=(0, 1))
        for row in stacked(step[name], block).tolist():
            grid.add_row(*map(_number, row))
        parts.append(grid)
    return Group(*parts)


def _number(number: float) -> str:
    """Nine decimals, as worked examples print them; very large or small numbers in scientific notation."""
    if number != 0 and not 1e-6 <= abs(number) < 1e6:
        return f"{number:.6g}"
    return f"{number:.9f}".rstrip("0").rstrip(".")


def console(stderr: bool = False) -> Console:
    """A console that never wraps numbers in colour codes where nobody can see them."""
    return Console(stderr=stderr, highlight=False, soft_wrap=False)
