"""A report as the lines of a sheet: counts, then every blamed cell. It knows no file format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sheetnet.check import VERDICTS, CellVerdict, Report
from sheetnet.check.findings import BlockFinding, findings_of
from sheetnet.files.marks import AddedSheet, Field
from sheetnet.report.palette import look_of
from sheetnet.report.words import (
    asked_for,
    blamed_answers,
    called,
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
)
from sheetnet.syntax import parse_area
from sheetnet.workbook import Cell, Place, Workbook

NAME = "sheetnet report"
MOST = 10_000  # blamed cells that are listed; the JSON has all
_WIDTHS = (14, 20, 18, 18, 18, 70, 50)
_Row = tuple[Field, ...]


def summary_sheet(report: Report, again: bool = False) -> AddedSheet:
    """The sheet that is put behind the student's own, or (`again`) in the place of an earlier one."""
    return AddedSheet(NAME, tuple(_rows(report)), _WIDTHS, again)


def is_marked(workbook: Workbook) -> bool:
    """Whether it is a marked copy already: its summary begins as ours does."""
    sheet = workbook.sheet(NAME)
    return sheet is not None and sheet.cells.get((1, 1), Cell()).value == NAME


def place_of(cell: CellVerdict) -> Place | None:
    """Where a judged cell stands; None for a quantity that stands nowhere."""
    area = parse_area(cell.cell) if cell.cell else None
    return None if area is None or cell.sheet is None else (cell.sheet, area.top, area.left)


def _rows(report: Report) -> Iterator[_Row]:
    yield (Field(NAME, bold=True),)
    yield (Field("all correct" if report.ok else "not ok", fill=look_of("correct" if report.ok else "wrong").fill),)
    yield _text(f"{report.network}: network from {report.network_source}")
    yield _text(f"{report.engine}, {report.trials} trials, seed {report.seed}")
    yield ()
    yield from _counts(report)
    for note in report.notes:
        yield _text(f"note: {note}")
    if report.stale:
        yield _text(stale_cells(report))
    yield from _edited(report)
    yield from _blamed(report, blamed_answers(report))
    if words := givens_changed(report):
        yield ()
        yield (Field(words, bold=True),)
        yield from _blamed(report, report.changed_givens)


def _text(words: str) -> _Row:
    return (Field(printable(words)),)


def _counts(report: Report) -> Iterator[_Row]:
    what = "answers" if asked_for(report) else "cells"
    yield tuple(Field(title, bold=True) for title in ("verdict", what, "meaning"))
    for verdict, count in report.counts.items():
        yield (Field(verdict, fill=look_of(verdict).fill), Field(float(count)), Field(VERDICTS[verdict]))
    if not report.counts:
        yield _text("nothing was compared")
    yield ()


def _edited(report: Report) -> Iterator[_Row]:
    if not report.edited_inputs:
        return
    yield (Field(inputs_edited(report), bold=True),)
    for edit in report.edited_inputs:
        words = f"now {shown(edit.found)}, was {edit.expected:.9g}"
        place, name = printable(f"{edit.sheet}!{edit.cell}"), called(edit.quantity, edit.index)
        yield (Field(), Field(place), Field(name), Field(printable(words)))
    yield ()


def _blamed(report: Report, blamed: Sequence[CellVerdict]) -> Iterator[_Row]:
    if not blamed:
        return
    titles = ("verdict", "cell", "quantity", "shows", "expected", "why", "formula")
    yield tuple(Field(title, bold=True) for title in titles)
    carried = followers(report.cells)
    findings = findings_of(blamed)
    for finding in findings[:MOST]:
        yield _line(finding, following(finding, carried))
    if rest := sum(len(finding.cells) for finding in findings[MOST:]):
        yield _text(f"… and {rest:,} more: see --json")


def _line(finding: BlockFinding, carried: int) -> _Row:
    cell = finding.first
    why = reason(cell) + (f"; {inherited(carried)}" if carried else "")
    return (
        Field(cell.verdict, fill=look_of(cell.verdict).fill),
        Field(printable(finding.where), link=place_of(cell)),
        Field(numbers_of(finding)),
        Field("" if cell.cell is None else printable(shown(cell.value))),
        Field(None if cell.expected is None else f"{cell.expected:.9g}"),
        Field(why),
        Field(None if cell.formula is None else printable(f"={cell.formula}")),
    )
