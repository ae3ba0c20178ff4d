"""Marked copies: which cell gets which fill and note, and where copies go. It knows no file format and judges nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sheetnet.check import CellVerdict, Report
from sheetnet.errors import FileError
from sheetnet.files import read_workbook
from sheetnet.files.mark import mark_workbook
from sheetnet.files.marks import Mark
from sheetnet.report.palette import look_of
from sheetnet.report.summary import is_marked, place_of, summary_sheet
from sheetnet.report.words import called, concerned, printable, reason, shown
from sheetnet.workbook import Place

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
            raise FileError(f"{target}: is a workbook of its own, which is never overwritten: give another path")
    return targets


def save_marked(report: Report, target: Path) -> None:
    """Write a marked copy of the reported workbook. An earlier copy is overwritten, the workbook itself never.

    Where the workbook is a marked copy that somebody worked on, the new marks take the place of the old.
    Raises FileError for the workbook's own path, another format's suffix, and a file that cannot be marked.
    """
    again = is_marked(read_workbook(report.workbook))
    mark_workbook(Path(report.workbook), target, marks_of(report), summary_sheet(report, again))


def _targets(workbooks: Sequence[Path], path: Path) -> list[Path]:
    if len(workbooks) == 1:
        return [path / workbooks[0].name if path.is_dir() else path]
    resolved = [Path(os.path.realpath(workbook)) for workbook in workbooks]
    if len(set(resolved)) < len(resolved):
        raise FileError(f"{path}: one workbook is given twice, and its copies would be one: give it once")
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
        raise FileError(f"{folder}: cannot be made ({error.strerror}): give another folder") from error


def marks_of(report: Report) -> dict[Place, Mark]:
    """The fill of every answer, and of what was given and changed; a note for all but the correct ones."""
    return {place: _mark(cell) for cell in concerned(report) if (place := place_of(cell)) is not None}


def _mark(cell: CellVerdict) -> Mark:
    return Mark(look_of(cell.verdict).fill, None if cell.verdict == "correct" else _note(cell))


def _note(cell: CellVerdict) -> str:
    lines = [f"{cell.verdict}: {called(cell.quantity, cell.index)}", reason(cell)]
    if cell.expected is not None:
        lines.append(f"expected {cell.expected:.9g}, shows {printable(shown(cell.value))}")
    return "\n".join(lines)[:_LONGEST]
