"""What commands print on a terminal: reports, what is wrong first; steps, limits and known mistakes as tables.

What only one of these needs is imported in its function, since a report is shown without NumPy.
"""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sheetnet.errors import TYPE_CHECKING
from sheetnet.formulas import Dimensions, spoken, symbol_of
from sheetnet.report.wording import (
    VERDICT_STYLES,
    asked_text,
    blamed_answers,
    blocks_of_blanks,
    concealed,
    counted_blanks,
    dimensions_of,
    finding_line,
    findings_shown,
    followers,
    following,
    givens_changed,
    in_json,
    inherited,
    inputs_edited,
    mistake_title,
    named_or_verdict,
    number_text,
    printable,
    remarks,
    short,
    spoken_cells,
    stale_cells,
    value_text,
)
from sheetnet.syntax.references import and_more, listed
from sheetnet.validation import Report
from sheetnet.validation.result import BlockFinding
from sheetnet.verdict import Status, Verdict

if TYPE_CHECKING:
    from sheetnet.mistakes import Mistake
    from sheetnet.reference import Step

VERDICT_WIDTH = max(map(len, Verdict))  # of the column of verdicts
_MISTAKEN = (Verdict.ERROR, Verdict.HARDCODED, Verdict.ROUNDED, Verdict.WRONG)
MOST_NETWORKS = 4  # different ones in a batch that are told apart
MOST_NAMED = 5  # files that carry one of them
MOST_MISTAKES = 5  # of a batch that are told in the end
_UNWRAPPED = 1_000_000  # characters of a line, where no terminal has to hold it
MOST_SHOWN = 20  # blamed cells of one report, answers or givens, that are listed; the JSON has all


def totals(counts: Mapping[Status, int]) -> RenderableType:
    """How many workbooks of a batch became what, in one line."""
    known = (status for status in Status if counts[status])
    several = ", ".join(f"{counts[status]:,} {status}" for status in known)
    return Text(f"{sum(counts.values()):,} workbooks: {several}", style="bold")


def commonest(found: Mapping[str, int]) -> RenderableType | None:
    """The commonest mistakes of a batch, most first: `found` are the workbooks with each; None where there is none."""
    if not found:
        return None
    told = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=True)
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    for kind, count in told[:MOST_MISTAKES]:
        books = "1 workbook" if count == 1 else f"{count:,} workbooks"
        table.add_row(books, kind_title(kind))
    more = Text(f" {and_more(len(told) - MOST_MISTAKES).strip()}" if len(told) > MOST_MISTAKES else "", style="dim")
    return Group(Text("commonest mistakes", style="bold"), table, *([more] if more else []))


def kinds_of_mistakes(report: Report) -> set[str]:
    """What a student got wrong: the codes of known mistakes, and verdicts of cells that have none."""
    wrong = (cell for cell in blamed_answers(report) if cell.verdict in _MISTAKEN)
    return {cell.mistake or cell.verdict for cell in wrong}


def kind_title(kind: str) -> str:
    """A known mistake by its code, else a verdict and what it means."""
    if kind == Verdict.WRONG:
        return "wrong, by no known mistake"
    return f"{kind}: {Verdict(kind).meaning}" if kind in _MISTAKEN else mistake_title(kind)


def concise_lines(report: Report) -> Iterator[str]:
    """One line for each finding, and for each block of blanks, for editors and for programs that search text."""
    dimensions, path = dimensions_of(report), report.workbook
    findings = findings_shown(report, [*blamed_answers(report), *report.changed_givens])
    for finding in findings:
        if finding.first.verdict != Verdict.BLANK:
            given = "" if finding.first.answer else "not as given: "
            yield finding_line(
                path, finding.place, given + named_or_verdict(finding.first), spoken_cells(finding, dimensions)
            )
    for block in blocks_of_blanks(report):
        yield finding_line(path, block.place, counted_blanks(block), symbol_of(block.first.quantity))
    if report.strict_inputs:
        for edit in report.edited_inputs:
            element = spoken(edit.quantity, edit.index, dimensions)
            yield finding_line(path, edit.place, f"edited: {value_text(edit.found)}, was {edit.expected:.9g}", element)
    if not report.counts:
        yield finding_line(path, "", "nothing was compared")


def networks_carried(files: Mapping[str, Sequence[str]]) -> str:
    """Which networks the workbooks of a batch say they compute: `files` are their paths by the network's id."""
    from sheetnet.judge import network_id
    from sheetnet.network_file import load_network, template_names

    templates = {network_id(load_network(name)): name for name in template_names()}
    groups = sorted(files.items(), key=lambda group: -len(group[1]))
    told = []
    for number, (found, paths) in enumerate(groups[:MOST_NETWORKS]):
        carry = "carries" if len(paths) == 1 else "carry"
        network = (
            f"the network of {templates[found]}" if found in templates else "another one" if number else "one network"
        )
        names = listed([Path(printable(path)).name for path in paths], MOST_NAMED) if number else ""
        told.append(f"{len(paths):,} {carry} {network}" + (f": {names}" if names else ""))
    if len(groups) > MOST_NETWORKS:
        told.append(f"{sum(len(paths) for _, paths in groups[MOST_NETWORKS:]):,} carry others")
    return f"the workbooks carry different networks: {'; '.join(told)}. Give --network to judge all by one."


@contextmanager
def judging(count: int) -> Iterator[Callable[[RenderableType | None], None]]:
    """A progress bar on stderr, where somebody sees it. What is yielded prints a view, if any, and counts one workbook."""
    if not sys.stderr.isatty():
        yield lambda view: None if view is None else show_view(view)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("judging", total=count)
        out = bar.console if sys.stdout.isatty() else None  # on one terminal the bar must make way

        def done(view: RenderableType | None) -> None:
            if view is not None:
                show_view(view, out)
            bar.advance(task)

        yield done


def indented(words: str, style: str = "yellow") -> RenderableType:
    """What stands below a report's head, its further lines under the first."""
    return Padding(Text(words, style=style), (0, 0, 0, 2), expand=False)


def report_view(report: Report) -> RenderableType:
    """One workbook's report."""
    return Group(*_report_parts(report))


def _report_parts(report: Report) -> Iterator[RenderableType]:
    mark, color = ("✓", "green") if report.ok else ("✗", "red")
    yield Text(f"{mark} {printable(report.workbook)}", style=f"bold {color}")
    counts = ", ".join(f"{count:,} {verdict}" for verdict, count in reversed(report.counts.items()))
    yield indented(f"{printable(report.network)}: {asked_text(report)}{counts or 'nothing was compared'}", "")
    source = f"network from {report.network_source}"
    yield indented(f"{source}, {report.engine}, {report.trials} trials, seed {report.seed}", "dim")
    if words := concealed(report):
        yield indented(f"{words} (--reveal shows them)")
    for note in report.notes:
        yield indented(f"note: {printable(note)}")
    if report.stale:
        yield indented(stale_cells(report))
    yield from _edited_inputs(report)
    yield from _blanks(report)
    carried, dimensions = followers(report.cells), dimensions_of(report)
    shown = [cell for cell in blamed_answers(report) if cell.verdict != Verdict.BLANK]
    shown.sort(key=lambda cell: cell.verdict == Verdict.UNDETERMINED)  # they may be very many, and blame nobody
    yield from _blamed_cells(findings_shown(report, shown), carried, dimensions)
    if words := givens_changed(report):
        yield indented(f"{words}:")
        yield from _blamed_cells(findings_shown(report, report.changed_givens), carried, dimensions)


def _blanks(report: Report) -> Iterator[RenderableType]:
    """What is not filled in yet, a count for each quantity, and the remarks that stand there."""
    empty = Counter(cell.quantity for cell in report.answers if cell.verdict == Verdict.BLANK)
    if empty:
        counts = ", ".join(f"{symbol_of(quantity)} ({count})" for quantity, count in empty.items())
        yield indented(f"blank: {counts}", VERDICT_STYLES[Verdict.BLANK].color)
    if words := remarks(report):
        yield indented(f"remarks in blank cells: {words}", VERDICT_STYLES[Verdict.BLANK].color)


def _edited_inputs(report: Report) -> Iterator[RenderableType]:
    edited = report.edited_inputs
    if not edited:
        return
    dimensions = dimensions_of(report)
    first = [
        f"{e.place} ({spoken(e.quantity, e.index, dimensions)}) {value_text(e.found)}, was {e.expected:g}"
        for e in edited[:3]
    ]
    more = f" … {len(edited) - 3} more" if len(edited) > 3 else ""
    style = "red" if report.strict_inputs else "cyan"
    yield indented(printable(f"{inputs_edited(report)}: {'; '.join(first)}{more}"), style)


def _blamed_cells(
    findings: Sequence[BlockFinding], carried: Counter[str], dimensions: Dimensions
) -> Iterator[RenderableType]:
    for finding in findings[:MOST_SHOWN]:
        yield _blamed_cell(finding, following(finding, carried), dimensions)
    if rest := sum(len(finding.cells) for finding in findings[MOST_SHOWN:]):
        yield Text(f"  {in_json(rest)}", style="dim")


def _blamed_cell(finding: BlockFinding, carried: int, dimensions: Dimensions) -> RenderableType:
    """Cells blamed for one cause, in any width: where and what, then why, the formula, and how far the error went."""
    cell, several = finding.first, len(finding.cells) > 1
    numbers = "" if cell.cell is None else f"  {f'{cell.cell} ' if several else ''}shows {value_text(cell.value)}"
    numbers += "" if cell.expected is None else f", expected {value_text(cell.expected)}"
    place = f"{finding.where}  " if cell.cell else ""
    lines = [Text(printable(f"{place}{spoken_cells(finding, dimensions)}{numbers}"), style="bold")]
    lines.append(Text(printable(cell.message)))
    if cell.formula is not None:
        lines.append(Text(f"={short(printable(cell.formula))}", style="dim"))
    if carried:
        lines.append(Text(inherited(carried), style="yellow"))
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=True)
    table.add_column(width=VERDICT_WIDTH, style=VERDICT_STYLES[cell.verdict].color)
    table.add_column(overflow="fold")
    table.add_row(cell.verdict, Group(*lines))
    return table


def step_view(step: Step) -> RenderableType:
    """One training step as tables, one per block, in the order in which it is computed."""
    from sheetnet.formulas import describe
    from sheetnet.reference import stacked

    network = step.network
    title = Text(f"{printable(network.title)}\n", style="bold")
    n = " → ".join(map(str, network.sizes))
    observations = f"{network.observations} observation{'s' if network.observations > 1 else ''}"
    penalty = "" if network.l2 is None else f", λ = {network.l2.words}"
    head = Text(f"{n}, loss {network.loss}, γ = {network.learning_rate:g}{penalty}, {observations}\n")
    parts: list[RenderableType] = [title, head]
    for name, block in network.blocks.items():
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
    from sheetnet.files.limits import DEFAULT_LIMITS, LIMITS, amount

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("limit", "at most", "of", "because"):
        table.add_column(title, overflow="fold", justify="right" if title == "at most" else "left")
    for name, limit in LIMITS.items():
        table.add_row(name, amount(name, getattr(DEFAULT_LIMITS, name)), limit.what, limit.reason)
    return table


def explanation(code: str | None = None) -> RenderableType:
    """One mistake by its code, or the list of all. Raises `SheetnetError` for a code that there is not."""
    from sheetnet.mistakes import CHAPTERS, mistake_named

    return _mistakes(CHAPTERS) if code is None else _mistake(mistake_named(code))


def _mistakes(chapters: Mapping[str, Sequence[Mistake]]) -> RenderableType:
    parts: list[RenderableType] = []
    for title, mistakes in chapters.items():
        table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=True)
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(min_width=50)
        table.add_column(style="dim")
        for mistake in mistakes:
            table.add_row(mistake.code, escape(mistake.name), escape(mistake.quantity))
        parts += [Text(title, style="bold"), table, Text()]
    return Group(*parts[:-1])


def _mistake(mistake: Mistake) -> RenderableType:
    grid = Table(box=None, show_header=False, padding=(0, 1), pad_edge=True)
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    rows = {
        "in": Text(mistake.quantity),
        "wrong": Text(f"={mistake.wrong}", style="red"),
        "right": Text(f"={mistake.right}", style="green"),
        "why": Text(mistake.why),
        "forms": Text("; ".join(forms_of(mistake))),
    }
    for name, words in rows.items():
        if words:
            grid.add_row(name, words)
    return Group(Text.assemble((mistake.code, "bold cyan"), f" {mistake.name}"), grid)


def forms_of(mistake: Mistake) -> list[str]:
    """What a report may add to the name, to tell the forms of a mistake apart; those that fit any network."""
    return list(dict.fromkeys(change.label for change in mistake.changes if change.label))


def size_of(path: Path) -> str:
    """A file's size in kB or MB, as people speak of it."""
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


class _Console(Console):
    """A console that tells of a closed pipe like of any other trouble, where rich would end the process in silence."""

    def on_broken_pipe(self) -> None:
        """Let the command line tell."""
        raise BrokenPipeError


def console(stderr: bool = False) -> Console:
    """A console that never wraps numbers in colour codes where nobody can see them."""
    return _Console(stderr=stderr, highlight=False, soft_wrap=False)


def show_view(view: RenderableType, out: Console | None = None) -> None:
    """Print to stdout: as wide as a terminal, with its colours; where there is none, for files and pipes, as plain lines.

    A view that is text already stays as it is, however long its lines.
    """
    out = out or console()
    if view == "":
        return
    if out.is_terminal:
        out.print(view, soft_wrap=isinstance(view, str), markup=False)
    else:
        sys.stdout.write(plain_lines(view))


def plain_lines(view: RenderableType) -> str:
    """A view as text without colours: no line is wrapped, and none ends in spaces."""
    wide = Console(file=io.StringIO(), width=_UNWRAPPED, color_system=None, force_terminal=False, highlight=False)
    with wide.capture() as captured:
        wide.print(view, markup=False)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().split("\n")[:-1])
