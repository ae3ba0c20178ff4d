"""Marked copies: which cell gets which fill and note, and the lines of the report sheet."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from sheetnet.errors import FileError
from sheetnet.files import mark_workbook, read_workbook
from sheetnet.files.limits import DEFAULT_LIMITS, Limits
from sheetnet.files.marking import AddedSheet, Field, Mark
from sheetnet.formulas import Dimensions, spoken, symbol_of
from sheetnet.report.redacted import Level
from sheetnet.report.wording import (
    VERDICT_STYLES,
    blamed_answers,
    blocks_of_blanks,
    called,
    concealed,
    concerned,
    counted_blanks,
    dimensions_of,
    findings_shown,
    followers,
    following,
    givens_changed,
    in_json,
    inherited,
    inputs_edited,
    printable,
    progress_of,
    reason,
    spoken_cells,
    stale_cells,
    value_text,
)
from sheetnet.syntax import parse_area
from sheetnet.validation import CellVerdict, Report
from sheetnet.validation.result import BlockFinding
from sheetnet.verdict import Verdict
from sheetnet.workbook import Cell, Place, Workbook

SUMMARY_NAME = "sheetnet report"
MOST_IN_THE_SUMMARY = 10_000  # blamed cells that are listed; the JSON has all
_WIDTHS = (16, 22, 26, 60, 30, 14, 14)
_COLUMNS = ("verdict", "cell", "quantity", "why", "formula", "shows", "expected")
_Row = tuple[Field, ...]


def summary_sheet(report: Report, again: bool = False) -> AddedSheet:
    """The sheet that is put before the student's own, or (`again`) in the place of an earlier one."""
    return AddedSheet(SUMMARY_NAME, tuple(_rows(report)), _WIDTHS, again)


def is_marked(workbook: Workbook) -> bool:
    """Whether it is a marked copy already: its summary begins as ours does."""
    sheet = workbook.sheet(SUMMARY_NAME)
    return sheet is not None and sheet.cells.get((1, 1), Cell()).value == SUMMARY_NAME


def cell_position(cell: CellVerdict) -> Place | None:
    """Where a judged cell stands; None for a quantity that stands nowhere."""
    area = parse_area(cell.cell) if cell.cell else None
    return None if area is None or cell.sheet is None else (cell.sheet, area.top, area.left)


def _rows(report: Report) -> Iterator[_Row]:
    yield (Field(SUMMARY_NAME, bold=True),)
    state, look = ("✓ all correct", Verdict.CORRECT) if report.ok else ("✗ not ok", Verdict.WRONG)
    progress = progress_of(report)
    yield Field(state, VERDICT_STYLES[look].fill), Field(progress.words, bold=True)
    for words in (progress.remark, concealed(report)):
        if words:
            yield Field(), Field(words)
    yield ()
    if report.notes or report.stale:
        yield from _notes(report)
    yield from _edited(report)
    yield from _to_look_at(report)
    yield from _blanks(report)
    yield from _counts(report)
    yield _text(f"{report.network}: network from {report.network_source}")
    yield _text(f"{report.engine}, {report.trials} trials, seed {report.seed}")


def _text(words: str) -> _Row:
    return (Field(printable(words)),)


def _verdict(verdict: str, count: int | None = None) -> Field:
    """A verdict in its colour, with its sign for who sees no colours."""
    look = VERDICT_STYLES[verdict]
    words = called(verdict) if count is None else f"{count:,} {called(verdict)}"
    return Field(f"{look.sign} {words}", look.fill, strokes=look.strokes)


def _notes(report: Report) -> Iterator[_Row]:
    notes = [*report.notes, *([stale_cells(report)] if report.stale else [])]
    for note in notes:
        yield Field("note"), Field(), Field(), Field(printable(note), wrap=True)
    yield ()


def _counts(report: Report) -> Iterator[_Row]:
    yield tuple(Field(title, bold=True) for title in ("verdict", "in its cells", "meaning"))
    for verdict, count in report.counts.items():
        yield _verdict(verdict, count), Field(VERDICT_STYLES[verdict].strokes or None), Field(Verdict(verdict).meaning)
    yield ()


def _edited(report: Report) -> Iterator[_Row]:
    if not report.edited_inputs:
        return
    yield (Field(inputs_edited(report), bold=True),)
    for edit in report.edited_inputs:
        words = f"now {value_text(edit.found)}, was {edit.expected:.9g}"
        area = parse_area(edit.cell)
        place = None if area is None else (edit.sheet, area.top, area.left)
        name = spoken(edit.quantity, edit.index, dimensions_of(report))
        yield Field(), Field(printable(edit.place), link=place), Field(name), Field(printable(words), wrap=True)
    yield ()


def _to_look_at(report: Report) -> Iterator[_Row]:
    answers = [cell for cell in blamed_answers(report) if cell.verdict != Verdict.BLANK]
    for heading, cells in (("To look at", answers), (givens_changed(report), report.changed_givens)):
        if cells:
            yield (Field(heading, bold=True),)
            yield tuple(Field(title, bold=True) for title in _COLUMNS)
            yield from _findings(report, cells)
            yield ()


def _findings(report: Report, blamed: Sequence[CellVerdict]) -> Iterator[_Row]:
    carried, dimensions = followers(report.cells), dimensions_of(report)
    findings = findings_shown(report, blamed)
    for finding in findings[:MOST_IN_THE_SUMMARY]:
        yield _line(finding, following(finding, carried), dimensions)
    if rest := sum(len(finding.cells) for finding in findings[MOST_IN_THE_SUMMARY:]):
        yield _text(in_json(rest))


def _line(finding: BlockFinding, carried: int, dimensions: Dimensions) -> _Row:
    cell = finding.first
    why = reason(cell) + (f" ({inherited(carried)})" if carried else "")
    return (
        _verdict(cell.verdict),
        Field(printable(finding.where), link=cell_position(cell), wrap=True),
        Field(printable(spoken_cells(finding, dimensions)), wrap=True),
        Field(why, wrap=True),
        Field(None if cell.formula is None else printable(f"={cell.formula}"), wrap=True),
        Field("" if cell.cell is None else printable(value_text(cell.value)), wrap=True),
        Field(None if cell.expected is None else f"{cell.expected:.9g}"),
    )


def _blanks(report: Report) -> Iterator[_Row]:
    """One line for the blanks of each block."""
    blocks = blocks_of_blanks(report)
    if not blocks:
        return
    yield (Field("To do", bold=True),)
    for block in blocks:
        place = Field(printable(block.place), link=cell_position(block.first), wrap=True)
        yield _verdict(Verdict.BLANK), place, Field(symbol_of(block.first.quantity)), Field(counted_blanks(block))
    yield ()


_LONGEST = 2_000  # characters of a note; a box on a sheet is for a glance


def copy_paths(workbooks: Sequence[Path], path: Path) -> dict[Path, Path]:
    """Where the copy of each workbook goes: the file `path` (or into that folder) for one, the folder `path` for several.

    Copies keep the names of their workbooks; where two are alike, also the folders that tell them apart. Raises
    FileError where a copy would overwrite one of the workbooks, or another copy.
    """
    targets = dict(zip(workbooks, _targets(workbooks, path), strict=True))
    originals = {os.path.realpath(workbook) for workbook in workbooks}
    for target in targets.values():
        if os.path.realpath(target) in originals:
            raise FileError(
                "is a workbook of its own, which is never overwritten", path=target, remedy="give another path"
            )
    return targets


def save_marked(report: Report, target: Path, limits: Limits = DEFAULT_LIMITS) -> None:
    """Write a marked copy of the reported workbook. An earlier copy is overwritten, the workbook itself never.

    Where the workbook is a marked copy that somebody worked on, the new marks take the place of the old.
    Raises FileError for the workbook's own path, another format's suffix, and a file that cannot be marked.
    """
    again = is_marked(read_workbook(report.workbook, limits))
    mark_workbook(Path(report.workbook), target, marks_of(report), summary_sheet(report, again), limits)


def _targets(workbooks: Sequence[Path], path: Path) -> list[Path]:
    if len(workbooks) == 1:
        return [path / workbooks[0].name if path.is_dir() else path]
    resolved = [Path(os.path.realpath(workbook)) for workbook in workbooks]
    if len(set(resolved)) < len(resolved):
        raise FileError("one workbook is given twice, and its copies would be one", path=path, remedy="give it once")
    _make_folder(path)
    if len({workbook.name.casefold() for workbook in workbooks}) == len(workbooks):
        return [path / workbook.name for workbook in workbooks]
    common = os.path.commonpath([workbook.parent for workbook in resolved])
    targets = [path / workbook.relative_to(common) for workbook in resolved]
    for target in targets:
        _make_folder(target.parent)
    return targets


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot be made ({error.strerror})", path=folder, remedy="give another folder") from error


def marks_of(report: Report) -> dict[Place, Mark]:
    """The fill of every answer, and of what was given and changed; a note for all but the correct ones.

    A report that tells blocks alone marks only what is right.
    """
    shown = (cell for cell in concerned(report) if report.level != Level.WHERE or cell.verdict == Verdict.CORRECT)
    dimensions = dimensions_of(report)
    return {place: _mark(cell, dimensions) for cell in shown if (place := cell_position(cell)) is not None}


def _mark(cell: CellVerdict, dimensions: Dimensions) -> Mark:
    look = VERDICT_STYLES[cell.verdict]
    return Mark(look.fill, None if cell.verdict == Verdict.CORRECT else _note(cell, dimensions), look.strokes)


def _note(cell: CellVerdict, dimensions: Dimensions) -> str:
    lines = [
        f"{VERDICT_STYLES[cell.verdict].sign} {called(cell.verdict)}: {spoken(cell.quantity, cell.index, dimensions)}",
        reason(cell),
    ]
    if cell.expected is not None:
        lines.append(f"expected {cell.expected:.9g}, shows {printable(value_text(cell.value))}")
    return "\n".join(lines)[:_LONGEST]
