"""Reports as one page that needs nothing else: no scripts, no other files, no network. It judges nothing.

All text goes through jinja2's escaping, and control characters of strangers' texts are replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from sheetnet.check import VERDICTS, Report
from sheetnet.check.findings import BlockFinding, findings_of
from sheetnet.files import read_workbook
from sheetnet.files.aside import save_text
from sheetnet.files.repack import refuse_same
from sheetnet.report.grid import MOST_CELLS, Grid, grids
from sheetnet.report.palette import EDITED, LOOKS, NEUTRAL, Look, look_of
from sheetnet.report.words import (
    asked_for,
    blamed_answers,
    called,
    concerned,
    followers,
    following,
    givens_changed,
    inherited,
    inputs_edited,
    numbers_of,
    printable,
    reason,
    shown,
    stale_cells,
    where,
)
from sheetnet.workbook import Workbook

MOST_LISTED = 5_000  # blamed cells of one workbook; the JSON has all


@dataclass(frozen=True, slots=True)
class Line:
    """Cells blamed for one cause, in words; numbers and formula are the first cell's, `anchor` its cell in the grid."""

    verdict: str
    sign: str
    where: str
    anchor: str
    called: str
    formula: str
    shown: str
    expected: str
    why: str
    carried: str


@dataclass(frozen=True, slots=True)
class Section:
    """One workbook's part of the page."""

    name: str
    folder: str
    report: Report
    asked: str  # before the counts, how many answers were asked for
    chips: tuple[tuple[str, str, int], ...]  # verdict, sign, count
    heading: str  # of the inputs in `edited`
    edited: tuple[tuple[str, str, str, str], ...]  # where, called, found, expected
    lists: tuple[tuple[str, tuple[Line, ...], int], ...]  # heading, causes, how many more cells there are
    stale: str
    grids: tuple[Grid, ...]


def report_html(reports: Sequence[Report], workbooks: Mapping[str, Workbook] | None = None) -> str:
    """The page. `workbooks` are those that were judged, by the name in their report; their sheets are shown as grids."""
    known = workbooks or {}
    return page([section(number, report, known.get(report.workbook)) for number, report in enumerate(reports)])


def page(sections: Sequence[Section], unreadable: Sequence[str] = ()) -> str:
    """The page of sections made before, and the lines of workbooks without a report."""
    reports = [section.report for section in sections]
    loader = PackageLoader("sheetnet.report", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["printable"] = printable
    occurring = {cell.verdict for report in reports for cell in concerned(report)}
    return environment.get_template("report.html").render(
        sections=sections,
        unreadable=unreadable,
        looks={**LOOKS, **{verdict: NEUTRAL for verdict in VERDICTS if verdict not in LOOKS}, "edited": EDITED},
        legend=_legend(occurring, any(report.edited_inputs for report in reports)),
        most_cells=MOST_CELLS,
    )


def save_html(reports: Sequence[Report], path: Path) -> None:
    """Write the page, with the sheets of the reported workbooks. Raises FileError; no workbook is ever overwritten."""
    for report in reports:
        refuse_same(Path(report.workbook), path)
    workbooks = {report.workbook: read_workbook(report.workbook) for report in reports}
    save_text(report_html(reports, workbooks), path)


def _legend(occurring: set[str], edited: bool) -> list[tuple[str, Look, str]]:
    found = [(verdict, look_of(verdict), meaning) for verdict, meaning in VERDICTS.items() if verdict in occurring]
    return [*found, ("edited", EDITED, "an input with another number than the network's")] if edited else found


def read_section(number: int, report: Report) -> Section:
    """The section of a report whose workbook is still to be read for its grids. Raises FileError."""
    return section(number, report, read_workbook(report.workbook))


def section(number: int, report: Report, workbook: Workbook | None = None) -> Section:
    """One workbook's part of the page, its `number` the place among all; without a workbook no grids are shown."""
    shown_grids = grids(report, workbook) if workbook is not None else []
    anchors = {
        f"{grid.sheet}!{cell.name}": f"b{number}s{index}-{cell.name}"
        for index, grid in enumerate(shown_grids)
        for row in grid.rows
        for cell in row
        if cell.look
    }
    lists = (
        ("What is not right", findings_of(blamed_answers(report))),
        (givens_changed(report), findings_of(report.changed_givens)),
    )
    carried = followers(report.cells)
    path = Path(printable(report.workbook))
    return Section(
        name=path.name or "workbook",
        folder="" if path.parent == Path() else str(path.parent),
        report=report,
        asked=asked_for(report),
        chips=tuple((verdict, look_of(verdict).sign, count) for verdict, count in report.counts.items()),
        heading=inputs_edited(report),
        edited=tuple(
            (
                printable(f"{e.sheet}!{e.cell}"),
                called(e.quantity, e.index),
                printable(shown(e.found)),
                f"{e.expected:.9g}",
            )
            for e in report.edited_inputs
        ),
        lists=tuple(
            (
                heading,
                tuple(_line(each, anchors, following(each, carried)) for each in found[:MOST_LISTED]),
                sum(len(each.cells) for each in found[MOST_LISTED:]),
            )
            for heading, found in lists
            if found
        ),
        stale=stale_cells(report) if report.stale else "",
        grids=tuple(shown_grids),
    )


def _line(finding: BlockFinding, anchors: Mapping[str, str], carried: int) -> Line:
    cell = finding.first
    return Line(
        verdict=cell.verdict,
        sign=look_of(cell.verdict).sign,
        where=printable(finding.where),
        anchor=anchors.get(printable(where(cell)), ""),
        called=numbers_of(finding),
        formula="" if cell.formula is None else printable(f"={cell.formula}"),
        shown="" if cell.cell is None else printable(shown(cell.value)),
        expected="" if cell.expected is None else f"{cell.expected:.9g}",
        why=reason(cell),
        carried=inherited(carried),
    )
