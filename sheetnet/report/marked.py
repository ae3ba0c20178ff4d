"""Marked copies: which cell gets which fill and note, and the lines of the report sheet."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from sheetnet.errors import FileError
from sheetnet.files import mark_workbook, read_workbook
from sheetnet.files.limits import DEFAULT_LIMITS, Limits
from sheetnet.files.marking import AddedSheet, Field, Mark
from sheetnet.report.wording import (
    VERDICT_STYLES,
    asked_text,
    blamed_answers,
    concerned,
    elements_text,
    followers,
    following,
    givens_changed,
    in_json,
    inherited,
    inputs_edited,
    printable,
    reason,
    stale_cells,
    value_text,
)
from sheetnet.syntax import parse_area
from sheetnet.syntax.references import element_name
from sheetnet.validation import CellVerdict, Report
from sheetnet.validation.result import BlockFinding, findings_of
from sheetnet.verdict import Verdict
from sheetnet.workbook import Cell, Place, Workbook

SUMMARY_NAME = "sheetnet report"
MOST_IN_THE_SUMMARY = 10_000  # blamed cells that are listed; the JSON has all
_WIDTHS = (14, 20, 18, 18, 18, 70, 50)
_Row = tuple[Field, ...]


def summary_sheet(report: Report, again: bool = False) -> AddedSheet:
    """The sheet that is put behind the student's own, or (`again`) in the place of an earlier one."""
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
    words, look = ("all correct", Verdict.CORRECT) if report.ok else ("not ok", Verdict.WRONG)
    yield (Field(words, fill=VERDICT_STYLES[look].fill),)
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
    what = "answers" if asked_text(report) else "cells"
    yield tuple(Field(title, bold=True) for title in ("verdict", what, "meaning"))
    for verdict, count in report.counts.items():
        yield (Field(verdict, fill=VERDICT_STYLES[verdict].fill), Field(float(count)), Field(Verdict(verdict).meaning))
    if not report.counts:
        yield _text("nothing was compared")
    yield ()


def _edited(report: Report) -> Iterator[_Row]:
    if not report.edited_inputs:
        return
    yield (Field(inputs_edited(report), bold=True),)
    for edit in report.edited_inputs:
        words = f"now {value_text(edit.found)}, was {edit.expected:.9g}"
        place, name = printable(edit.place), element_name(edit.quantity, edit.index)
        yield (Field(), Field(place), Field(name), Field(printable(words)))
    yield ()


def _blamed(report: Report, blamed: Sequence[CellVerdict]) -> Iterator[_Row]:
    if not blamed:
        return
    titles = ("verdict", "cell", "quantity", "shows", "expected", "why", "formula")
    yield tuple(Field(title, bold=True) for title in titles)
    carried = followers(report.cells)
    findings = findings_of(blamed)
    for finding in findings[:MOST_IN_THE_SUMMARY]:
        yield _line(finding, following(finding, carried))
    if rest := sum(len(finding.cells) for finding in findings[MOST_IN_THE_SUMMARY:]):
        yield _text(in_json(rest))


def _line(finding: BlockFinding, carried: int) -> _Row:
    cell = finding.first
    why = reason(cell) + (f"; {inherited(carried)}" if carried else "")
    return (
        Field(cell.verdict, fill=VERDICT_STYLES[cell.verdict].fill),
        Field(printable(finding.where), link=cell_position(cell)),
        Field(elements_text(finding)),
        Field("" if cell.cell is None else printable(value_text(cell.value))),
        Field(None if cell.expected is None else f"{cell.expected:.9g}"),
        Field(why),
        Field(None if cell.formula is None else printable(f"={cell.formula}")),
    )


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
    """The fill of every answer, and of what was given and changed; a note for all but the correct ones."""
    return {place: _mark(cell) for cell in concerned(report) if (place := cell_position(cell)) is not None}


def _mark(cell: CellVerdict) -> Mark:
    return Mark(VERDICT_STYLES[cell.verdict].fill, None if cell.verdict == Verdict.CORRECT else _note(cell))


def _note(cell: CellVerdict) -> str:
    lines = [f"{cell.verdict}: {element_name(cell.quantity, cell.index)}", reason(cell)]
    if cell.expected is not None:
        lines.append(f"expected {cell.expected:.9g}, shows {printable(value_text(cell.value))}")
    return "\n".join(lines)[:_LONGEST]
