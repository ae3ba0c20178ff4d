"""Marked copies in other programs and before validators, and copies of what other programs saved."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from sheetnet.files import read_workbook, save_workbook
from sheetnet.generate import make_student_workbook, make_workbook
from sheetnet.judge import validate
from sheetnet.report.marked import cell_position, save_marked
from sheetnet.report.wording import VERDICT_STYLES
from sheetnet.verdict import Verdict
from tests.support.engines import libreoffice_convert, odf_errors, ooxml_errors
from tests.support.marked import FORMATS, NETWORK, OWN, PROGRAMS, damaged, mark, notes_in, ours_in, remarked, resaved
from tests.support.sheets import place_of as stands_at


@pytest.mark.slow
@pytest.mark.libreoffice
def test_libreoffice_opens_copies_and_keeps_their_notes(tmp_path: Path) -> None:
    """Recalculated and saved again, a copy has the sheets, formulas, notes and texts it had; nothing became a formula."""
    copies = []
    for suffix in FORMATS:
        path = tmp_path / f"{suffix}.{suffix}"
        save_workbook(damaged(), path)
        copies.append(mark(path, tmp_path / f"marked-{path.name}")[1])
    saved = libreoffice_convert(copies, "xlsx", tmp_path / "saved")
    for copy, again in zip(copies, saved, strict=True):
        report, before, after = validate(copy, NETWORK), read_workbook(copy), read_workbook(again)
        assert [sheet.name for sheet in after.sheets] == [sheet.name for sheet in before.sheets]
        assert validate(again, NETWORK).counts == report.counts
        assert not [cell for cell in after.sheets[0].cells.values() if cell.formula is not None]
        assert ours_in(again).keys() == remarked(report)
        assert notes_in(again).keys() == remarked(report) | OWN.keys()
        step = openpyxl.load_workbook(again)["Step"]
        assert step["A1"].fill.fgColor.rgb not in {"FF" + look.fill for look in VERDICT_STYLES.values()}


@pytest.mark.validator
def test_a_marked_xlsx_is_valid_open_xml(tmp_path: Path) -> None:
    """No error of any kind, by the newest schema the SDK knows: all views, and a student's copy."""
    for number, workbook in enumerate([damaged(), make_student_workbook(NETWORK)]):
        path = tmp_path / f"student{number}.xlsx"
        save_workbook(workbook, path)
        assert ooxml_errors(mark(path)[1]) == []


@pytest.mark.slow
@pytest.mark.schema
def test_a_marked_ods_is_valid_opendocument(tmp_path: Path) -> None:
    """No error by the schema of OpenDocument 1.3: all views, and a student's copy."""
    for number, workbook in enumerate([damaged(), make_student_workbook(NETWORK)]):
        path = tmp_path / f"student{number}.ods"
        save_workbook(workbook, path)
        assert odf_errors(mark(path)[1], tmp_path / f"parts{number}") == ""


@pytest.mark.parametrize("program", PROGRAMS)
def test_files_saved_by_other_programs_can_be_marked(original: Path, program: str, tmp_path: Path) -> None:
    """All that is read before is read after, and the copy gets the same verdicts."""
    path = resaved(original, program, tmp_path / "saved")
    report, target = mark(path)
    before, after = read_workbook(path), read_workbook(target)
    assert (after.sheets[1:], after.names) == (before.sheets, before.names)
    assert validate(target, NETWORK).counts == report.counts
    if original.suffix == ".xlsx":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Gnumeric names no default style
            book = openpyxl.load_workbook(target)
        for cell in report.cells:
            if cell.cell and cell.verdict != "correct":
                assert book[cell.sheet][cell.cell].fill.fgColor.rgb == "FF" + VERDICT_STYLES[cell.verdict].fill
        assert ours_in(target).keys() == remarked(report)


@pytest.mark.slow
@pytest.mark.libreoffice
@pytest.mark.gnumeric
def test_copies_of_other_programs_files_open_in_libreoffice(tmp_path: Path) -> None:
    """Marked after another program saved it, in either format, a workbook still recalculates to the same verdicts."""
    marked = []
    for suffix in FORMATS:
        original = tmp_path / f"student.{suffix}"
        save_workbook(damaged(), original)
        marked += [
            mark(resaved(original, program, tmp_path / f"{program}-{suffix}"))
            for program in ("libreoffice", "gnumeric")
        ]
    saved = libreoffice_convert([target for _, target in marked], "ods", tmp_path / "again")
    assert len(saved) == 4
    for (report, _), again in zip(marked, saved, strict=True):
        assert validate(again, NETWORK).counts == report.counts


@pytest.mark.parametrize("program", [None, *PROGRAMS[:1]])
def test_a_marked_copy_that_was_worked_on_is_marked_anew(original: Path, program: str | None, tmp_path: Path) -> None:
    """New marks take the place of the old: one summary, and no note that still blames a cell that is now right."""
    _, copy = mark(original)
    if program:
        copy = libreoffice_convert([copy], original.suffix[1:], tmp_path / "saved")[0]
    z = stands_at(make_workbook(NETWORK), NETWORK, "z_1")
    report = validate(copy, NETWORK)
    settled = [replace(c, verdict=Verdict.CORRECT) if cell_position(c) == z else c for c in report.cells]
    target = tmp_path / f"anew{original.suffix}"
    save_marked(replace(report, cells=tuple(settled)), target)
    before, after = read_workbook(copy), read_workbook(target)
    assert after.sheets[1:] == before.sheets[1:]
    assert [sheet.name for sheet in after.sheets] == [sheet.name for sheet in before.sheets]
    ours = ours_in(target)
    assert ours.pop(z) == "sheetnet: nothing to remark any more"
    assert {note.count("sheetnet: ") for note in ours.values()} == {1}
    assert len(ours) == len(report.cells) - report.counts["correct"] - 1
    assert notes_in(target).keys() == notes_in(copy).keys() >= OWN.keys()
