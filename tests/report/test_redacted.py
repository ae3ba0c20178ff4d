"""What students are shown: below the level "full", no number of the key in anything, however it is rounded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet.batch.journal import Result, to_line
from sheetnet.files import read_workbook, save_workbook
from sheetnet.generate import make_student_workbook
from sheetnet.judge import validate
from sheetnet.network_file import load_network
from sheetnet.report.html import report_fragment
from sheetnet.report.json import json_text, report_data
from sheetnet.report.marked import marks_of, summary_sheet
from sheetnet.report.redacted import Level, for_students, redacted
from sheetnet.report.terminal import concise_lines, plain_lines, report_view
from sheetnet.report.wording import progress_of
from sheetnet.validation import Report
from sheetnet.workbook import Cell, Workbook
from tests.support.browser import report_html
from tests.support.quantities import edited

# The digits of a large network are many, and tell nothing that these do not.
TEMPLATES = ("bias-node", "d02b", "relu-sigmoid-softmax", "xor-batch")
NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?!\w)")


@pytest.fixture(params=TEMPLATES)
def handed_in(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Report, Workbook]:
    """A student's copy with a right and a wrong formula, a typed number that is nearly right, a text and many blanks."""
    network = load_network(request.param)
    entries = {
        "{z_1[0,0]}": Cell(0.0, "SUMPRODUCT({A_0[0,0:]},TRANSPOSE({W_1[0:,0]}))"),
        "{z_1[0,1]}": Cell(0.0, "{A_0[0,0]}*{W_1[0,1]}+{A_0[0,1]}*{W_1[1,1]}"),
        "{A_1[0,0]}": Cell(0.0, "ROUND(1/(1+EXP(-{z_1[0,0]})),3)+0.12345"),
        "{cost_n[0,0]}": Cell("0,2984"),
        "{delta_1[0,0]}": Cell(0.0087),
    }
    path = tmp_path / "ada.xlsx"
    save_workbook(edited(make_student_workbook(network), network, entries), path)
    return replace(validate(path), workbook="ada.xlsx"), read_workbook(path)


def shown(report: Report, workbook: Workbook) -> dict[str, str]:
    """Everything that is made of a report."""
    sheet, marks = summary_sheet(report), marks_of(report)
    return {
        "terminal": plain_lines(report_view(report)),
        "concise": "\n".join(concise_lines(report)),
        "page": report_html([report], {report.workbook: workbook}),
        "notebook": report_fragment(report),
        "report sheet": "\n".join(str(field.value) for row in sheet.rows for field in row),
        "notes": "\n".join(mark.note or "" for mark in marks.values()),
        "json": json_text([report_data(report)]),
        "json lines": to_line(Result("ada.xlsx", report), "c", "h"),
        "frame": report.to_frame().to_csv(),
    }


def roundings(numbers: Iterable[float]) -> set[float]:
    """The numbers without their signs, rounded to 4 to 15 significant digits, and to 4 to 9 decimals as sheets round."""
    rounded = (float(f"{abs(number):.{digits}g}") for number in numbers for digits in range(4, 16))
    fixed = (round(abs(number), places) for number in numbers for places in range(4, 10) if abs(number) > 0.1)
    return {*rounded, *fixed}


def known(report: Report, workbook: Workbook) -> Iterator[float]:
    """What a student has anyway: all that stands in the workbook, alone or in formulas, and what it computes."""
    texts = [str(cell.value) for sheet in workbook.sheets for cell in sheet.cells.values()]
    texts += [cell.formula or "" for sheet in workbook.sheets for cell in sheet.cells.values()]
    texts += [str(cell.value) for cell in report.cells]
    yield from (float(found) for text in texts for found in NUMBER.findall(text))


@pytest.mark.parametrize("level", [Level.WHERE, Level.HINT])
def test_no_number_of_the_key_is_shown(handed_in: tuple[Report, Workbook], level: Level) -> None:
    """In no form of the report, at any rounding to four digits or more, but what is given or the student's own."""
    report, workbook = handed_in
    assert report.students_copy
    key = [cell.expected for cell in report.answers if cell.expected is not None]
    secret = roundings(key) - roundings(known(report, workbook)) - {0.0, 1.0}
    assert len(secret) > 100
    for form, text in shown(report, workbook).items():
        if form not in ("concise", "notebook"):
            assert secret & {float(found) for found in NUMBER.findall(text)}, f"the full report shows none in {form}"
    for form, text in shown(redacted(report, level), workbook).items():
        assert (form, secret & {float(found) for found in NUMBER.findall(text)}) == (form, set())


@pytest.mark.parametrize("level", [Level.WHERE, Level.HINT])
def test_other_answers_of_unfilled_cells_give_the_same_feedback(
    handed_in: tuple[Report, Workbook], level: Level
) -> None:
    """Byte for byte: nothing that is shown depends on them."""
    report, workbook = handed_in
    others = tuple(
        replace(cell, expected=1234.5678) if cell.verdict == "blank" and cell.expected is not None else cell
        for cell in report.cells
    )
    other = replace(report, cells=others)
    assert other != report
    assert shown(redacted(other, level), workbook) == shown(redacted(report, level), workbook)


def test_how_far_a_student_is_stays(handed_in: tuple[Report, Workbook]) -> None:
    """`ok` and what is to do at every level; a hint has the same verdicts, "full" is the report itself."""
    report, _ = handed_in
    hint, where = (redacted(report, level) for level in ("hint", "where"))
    assert redacted(report, "full") is report
    assert (hint.counts, progress_of(hint)) == (report.counts, progress_of(report))
    assert progress_of(where).to_do == progress_of(report).to_do
    assert report.ok is hint.ok is where.ok is False
    assert for_students(report) == hint
    other = replace(report, students_copy=False)
    assert for_students(other) is other
    with pytest.raises(ValueError, match="all"):
        redacted(report, "all")


def test_a_hint_names_the_mistake_and_why(handed_in: tuple[Report, Workbook]) -> None:
    """By code and name, with the student's own formula; how many digits of a typed number are right is not told."""
    report, _ = handed_in
    for before, after in zip(report.cells, redacted(report, Level.HINT).cells, strict=True):
        assert (after.verdict, after.formula, after.mistakes) == (before.verdict, before.formula, before.mistakes)
        assert after.expected is None
        assert before.mistake is None or f"({before.mistake})" in after.message
        assert "digits" not in after.message


def test_where_tells_blocks_and_marks_only_what_is_right(handed_in: tuple[Report, Workbook]) -> None:
    """One finding per block, without formula, mistake or reason; a marked copy has no notes and no colour of a mistake."""
    report, _ = handed_in
    where = redacted(report, Level.WHERE)
    assert {(cell.formula, cell.mistakes, cell.cause, cell.expected) for cell in where.cells} == {
        (None, (), None, None)
    }
    assert set(where.counts) <= {"correct", "wrong", "blank"}
    lines = [line for line in concise_lines(where) if ": wrong: not right yet (" in line]
    assert len(lines) == len({(cell.sheet, cell.quantity) for cell in where.answers if cell.verdict == "wrong"}) > 1
    marks = marks_of(where)
    assert {mark.note for mark in marks.values()} <= {None}
    assert len(marks) == where.counts.get("correct", 0)


def test_a_report_of_json_lines_stays_redacted(handed_in: tuple[Report, Workbook]) -> None:
    """Its level and whose copy it is are kept with it."""
    report, _ = handed_in
    data = json.loads(json_text([report_data(for_students(report))]))
    assert (data["students_copy"], data["level"]) == (True, "hint")
    assert json.loads(json_text([report_data(report)]))["level"] == "full"
