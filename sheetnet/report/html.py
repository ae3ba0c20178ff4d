"""Reports, and for notebooks steps too, as HTML that needs no other files, scripts or network.

All text goes through jinja2's escaping, and control characters of strangers' texts are replaced. In notebooks styles
stand at the elements, because a notebook's page has its own and some viewers drop style sheets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from sheetnet.files import read_workbook
from sheetnet.files.limits import Limits
from sheetnet.formulas import Dimensions, describe, spoken, symbol_of
from sheetnet.reference import Step, stacked
from sheetnet.report.html_grid import LOOKS, MOST_GRID_CELLS, SheetGrid, grids
from sheetnet.report.wording import (
    EDITED,
    VERDICT_STYLES,
    Look,
    Progress,
    asked_text,
    blamed_answers,
    blocks_of_blanks,
    called,
    concealed,
    concerned,
    dimensions_of,
    findings_shown,
    followers,
    following,
    givens_changed,
    inherited,
    inputs_edited,
    number_text,
    printable,
    progress_of,
    reason,
    remarks,
    spoken_cells,
    stale_cells,
    value_text,
)
from sheetnet.syntax.references import place_name
from sheetnet.validation import Report
from sheetnet.validation.result import BlockFinding, EditedInput
from sheetnet.verdict import Verdict
from sheetnet.workbook import Workbook

MOST_ON_THE_PAGE = 5_000  # blamed cells of one workbook; the JSON has all


@dataclass(frozen=True, slots=True)
class FindingLine:
    """Cells blamed for one cause, in words; numbers and formula are the first cell's, `anchor` its cell in the grid."""

    identity: str
    verdict: str
    sign: str
    where: str
    anchor: str
    spoken: str
    formula: str
    shown: str
    expected: str
    why: str
    carried: str


@dataclass(frozen=True, slots=True)
class BlankLine:
    """The blanks of one block: where they stand, `anchor` the first of them in the grid, and how many there are."""

    identity: str
    where: str
    anchor: str
    symbol: str
    cells: str


@dataclass(frozen=True, slots=True)
class Section:
    """One workbook's part of the page."""

    name: str
    folder: str
    report: Report
    asked: str  # before the counts, how many answers were asked for
    progress: Progress
    chips: tuple[tuple[str, str, int], ...]  # verdict, sign, count
    heading: str  # of the inputs in `edited`
    edited: tuple[tuple[str, str, str, str], ...]  # where, called, found, expected
    lists: tuple[tuple[str, tuple[FindingLine, ...], int], ...]  # heading, causes, how many more cells there are
    blanks: tuple[BlankLine, ...]
    remarks: str  # that stand in blank cells
    stale: str
    concealed: str
    grids: tuple[SheetGrid, ...]


def page_templates() -> Environment:
    """The templates of all pages: what they are given is escaped, and a name that is not given is an error."""
    loader = PackageLoader("sheetnet.report", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["printable"] = printable
    environment.filters["called"] = called
    return environment


def report_page(
    sections: Sequence[Section], unreadable: Sequence[str] = (), more_looks: Sequence[tuple[str, Look, str]] = ()
) -> str:
    """The page of sections made before, and the lines of workbooks without a report; `more_looks` end the legend."""
    return (
        page_templates()
        .get_template("report.html")
        .render(
            sections=sections,
            unreadable=unreadable,
            looks=LOOKS,
            legend=[*legend_of([section.report for section in sections]), *more_looks],
            most_cells=MOST_GRID_CELLS,
        )
    )


def legend_of(reports: Sequence[Report]) -> list[tuple[str, Look, str]]:
    """The verdicts that occur in the reports, each with its look and meaning."""
    occurring = {cell.verdict for report in reports for cell in concerned(report)}
    found: list[tuple[str, Look, str]] = [(each, LOOKS[each], each.meaning) for each in Verdict if each in occurring]
    if any(report.edited_inputs for report in reports):
        found.append(("edited", EDITED, "an input with another number than the network's"))
    return found


def read_section(number: int, report: Report, limits: Limits) -> Section:
    """The section of a report whose workbook is still to be read for its grids. Raises FileError."""
    return section(number, report, read_workbook(report.workbook, limits))


def section(number: int, report: Report, workbook: Workbook | None = None) -> Section:
    """One workbook's part of the page, its `number` the place among all; without a workbook no grids are shown."""
    lists = _findings(report)
    blanks = blocks_of_blanks(report)
    shown_grids = [] if workbook is None else grids(report, workbook, _links(number, report, lists, blanks))
    anchors = {
        place_name(grid.sheet, cell.name): f"b{number}s{index}-{cell.name}"
        for index, grid in enumerate(shown_grids)
        for row in grid.rows
        for cell in row
        if cell.look
    }
    path = Path(printable(report.workbook))
    return Section(
        name=path.name or "workbook",
        folder="" if path.parent == Path() else str(path.parent),
        report=report,
        asked=asked_text(report),
        progress=progress_of(report),
        chips=tuple((verdict, LOOKS[verdict].sign, count) for verdict, count in report.counts.items()),
        heading=inputs_edited(report),
        edited=tuple(_edited(one, dimensions_of(report)) for one in report.edited_inputs),
        lists=_finding_lines(number, report, lists, anchors),
        blanks=tuple(_blank_line(f"b{number}t{at}", block, anchors) for at, block in enumerate(blanks)),
        remarks=remarks(report),
        stale=stale_cells(report) if report.stale else "",
        concealed=concealed(report),
        grids=tuple(shown_grids),
    )


Lists = tuple[tuple[str, list[BlockFinding]], ...]  # headings, each with causes


def _findings(report: Report) -> Lists:
    """What somebody should look at: answers that are not right, and givens that are not as given."""
    wrong = [cell for cell in blamed_answers(report) if cell.verdict != Verdict.BLANK]
    lists = (("To look at", wrong), (givens_changed(report), report.changed_givens))
    return tuple((heading, findings_shown(report, cells)) for heading, cells in lists if cells)


def _links(number: int, report: Report, lists: Lists, blanks: Sequence[BlockFinding]) -> dict[str, str]:
    """The identity of the line that speaks of a cell, by its place; of a carried cell the line of its cause."""
    links = {
        cell.place: f"b{number}f{which}-{at}"
        for which, (_, found) in enumerate(lists)
        for at, finding in enumerate(found[:MOST_ON_THE_PAGE])
        for cell in finding.cells
    }
    links |= {cell.place: f"b{number}t{at}" for at, block in enumerate(blanks) for cell in block.cells}
    links |= {edit.place: f"b{number}e{at}" for at, edit in enumerate(report.edited_inputs)}
    carried = {cell.place: links[cell.cause] for cell in report.cells if cell.cause in links}
    return carried | links


def _finding_lines(
    number: int, report: Report, lists: Lists, anchors: Mapping[str, str]
) -> tuple[tuple[str, tuple[FindingLine, ...], int], ...]:
    carried, dimensions = followers(report.cells), dimensions_of(report)
    return tuple(
        (
            heading,
            tuple(
                _line(f"b{number}f{which}-{at}", each, anchors, following(each, carried), dimensions)
                for at, each in enumerate(found[:MOST_ON_THE_PAGE])
            ),
            sum(len(each.cells) for each in found[MOST_ON_THE_PAGE:]),
        )
        for which, (heading, found) in enumerate(lists)
    )


def _blank_line(identity: str, block: BlockFinding, anchors: Mapping[str, str]) -> BlankLine:
    symbol, count = symbol_of(block.first.quantity), len(block.cells)
    cells = "1 cell" if count == 1 else f"{count:,} cells"
    anchor = anchors.get(printable(block.first.place), "")
    return BlankLine(identity, printable(block.place), anchor, printable(symbol), cells)


def _edited(one: EditedInput, dimensions: Dimensions) -> tuple[str, str, str, str]:
    """An input's place, what it is called, what was found there and what the network file has."""
    found = printable(value_text(one.found))
    return printable(one.place), spoken(one.quantity, one.index, dimensions), found, f"{one.expected:.9g}"


def _line(
    identity: str, finding: BlockFinding, anchors: Mapping[str, str], carried: int, dimensions: Dimensions
) -> FindingLine:
    cell = finding.first
    return FindingLine(
        identity=identity,
        verdict=cell.verdict,
        sign=LOOKS[cell.verdict].sign,
        where=printable(finding.where),
        anchor=anchors.get(printable(cell.place), ""),
        spoken=printable(spoken_cells(finding, dimensions)),
        formula="" if cell.formula is None else printable(f"={cell.formula}"),
        shown="" if cell.cell is None else printable(value_text(cell.value)),
        expected="" if cell.expected is None else f"{cell.expected:.9g}",
        why=reason(cell),
        carried=inherited(carried),
    )


MOST_FINDINGS = 20  # of each list of a report; `to_frame` and the page of `validate --html` have all
MOST_LINES = 12  # rows, and columns, of a quantity


@dataclass(frozen=True, slots=True)
class QuantityTable:
    """One quantity of a step: `rows` begin with the number of the row, `columns` are the numbers above."""

    name: str
    symbol: str
    equation: str
    size: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def step_fragment(step: Step) -> str:
    """Every quantity as a table, in the order in which the step computes them, rows and columns counted from 0."""
    return page_templates().get_template("notebook-step.html").render(network=step.network, tables=_tables(step))


def _tables(step: Step) -> list[QuantityTable]:
    network, found = step.network, []
    for name, block in network.blocks.items():
        numbers = stacked(step[name], block).tolist()
        rows = [(str(r), *_shortened([number_text(number) for number in row])) for r, row in enumerate(numbers)]
        columns = _shortened([str(column) for column in range(block.columns)])
        if len(rows) > MOST_LINES:
            rows[MOST_LINES // 2 : -(MOST_LINES // 2)] = [("⋮", *("⋮" for _ in columns))]
        size = f"{block.rows} × {block.columns}"
        found.append(QuantityTable(name, *describe(network, name), size, tuple(columns), tuple(rows)))
    return found


def _shortened(row: Sequence[str]) -> list[str]:
    """The row, or its two ends."""
    if len(row) <= MOST_LINES:
        return list(row)
    return [*row[: MOST_LINES // 2], "…", *row[-(MOST_LINES // 2) :]]


def report_fragment(report: Report) -> str:
    """The summary of the report and the findings in it, as the page of `validate --html` has them, without the sheets."""
    fills = {look: style.fill for look, style in {**VERDICT_STYLES, "edited": EDITED}.items()}
    return (
        page_templates()
        .get_template("notebook-report.html")
        .render(section=section(0, report), fills=fills, most=MOST_FINDINGS)
    )
