"""What commands show as tables on a terminal: steps, limits and known mistakes. (A report's view needs no NumPy.)"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sheetnet.files.limits import DEFAULT_LIMITS, LIMITS, amount
from sheetnet.formulas import describe
from sheetnet.mistakes import CHAPTERS, Mistake, mistake_named
from sheetnet.reference import Step, stacked
from sheetnet.report.wording import number_text, printable


def step_view(step: Step) -> RenderableType:
    """One training step as tables, a block each, in the order in which it is computed."""
    network = step.network
    title = Text(f"{printable(network.title)}\n", style="bold")
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
            grid.add_row(*map(number_text, row))
        parts.append(grid)
    return Group(*parts)


def limits_view() -> RenderableType:
    """Every limit that --limit can change: name, value, what it counts and why it is what it is."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("limit", "at most", "of", "because"):
        table.add_column(title, overflow="fold", justify="right" if title == "at most" else "left")
    for name, limit in LIMITS.items():
        table.add_row(name, amount(name, getattr(DEFAULT_LIMITS, name)), limit.what, limit.reason)
    return table


def explanation(code: str | None = None) -> RenderableType:
    """One mistake by its code, or the list of all. Raises `SheetnetError` for a code that there is not."""
    return _list() if code is None else _one(mistake_named(code))


def _list() -> RenderableType:
    parts: list[RenderableType] = []
    for title, mistakes in CHAPTERS.items():
        table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=True)
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(min_width=50)
        table.add_column(style="dim")
        for mistake in mistakes:
            table.add_row(mistake.code, escape(mistake.name), escape(mistake.quantity))
        parts += [Text(title, style="bold"), table, Text()]
    return Group(*parts[:-1])


def _one(mistake: Mistake) -> RenderableType:
    grid = Table(box=None, show_header=False, padding=(0, 1), pad_edge=True)
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("in", Text(mistake.quantity))
    grid.add_row("wrong", Text(f"={mistake.wrong}", style="red"))
    grid.add_row("right", Text(f"={mistake.right}", style="green"))
    grid.add_row("why", Text(mistake.why))
    if forms := forms_of(mistake):
        grid.add_row("forms", Text("; ".join(forms)))
    return Group(Text.assemble((mistake.code, "bold cyan"), f" {mistake.name}"), grid)


def forms_of(mistake: Mistake) -> list[str]:
    """What a report may add to the name, to tell the forms of a mistake apart; those that fit any network."""
    return list(dict.fromkeys(change.label for change in mistake.changes if change.label))
