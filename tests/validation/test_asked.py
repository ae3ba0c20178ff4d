"""What a student was asked to fill in: it alone is counted, and what was given but changed is told apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet import load_network, read_workbook, validate
from sheetnet.batch.journal import Result, from_line, to_line
from sheetnet.errors import NetworkError
from sheetnet.files import SUFFIXES, save_workbook
from sheetnet.generate import make_student_workbook, make_workbook, recalculated
from sheetnet.layout.info_sheets import BLANKS, NETWORK, OLDER, RECORD_SHEET, carried, hidden_sheet
from sheetnet.layout.student_copy import Exercise, blanks_named
from sheetnet.network import Network
from sheetnet.network_file import dump_network
from sheetnet.report.json import report_data
from sheetnet.validation import Report
from sheetnet.workbook import Cell, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.sheets import place_of, with_cell

D02B = load_network("d02b")


def copy_of(network: Network, words: Sequence[str] = (), column: bool = False) -> Workbook:
    return make_student_workbook(network, Exercise(blanks_named(network, words)), WorkbookOptions(column=column))


def filled(copy: Workbook, network: Network, column: bool = False) -> Workbook:
    """The copy with the formulas of the key in its empty cells."""
    key = make_workbook(network, WorkbookOptions(column=column))
    step, whole = copy.sheet("Step"), key.sheet("Step")
    assert step is not None
    assert whole is not None
    for at, cell in step.cells.items():
        if cell.role == "answer":
            copy = with_cell(copy, ("Step", *at), Cell(None, whole.cells[at].formula))
    return copy


def judged(workbook: Workbook, folder: Path, suffix: str = ".xlsx", **how: object) -> Report:
    path = folder / f"book{suffix}"
    save_workbook(recalculated(workbook), path)
    return validate(path, **how)  # type: ignore[arg-type]


def saying(workbook: Workbook, lines: Sequence[str]) -> Workbook:
    """The workbook with other lines on its hidden sheet."""
    cells = {(row, 1): Cell(line) for row, line in enumerate(lines, 1)}
    sheets = tuple(replace(sheet, cells=cells) if sheet.name == RECORD_SHEET else sheet for sheet in workbook.sheets)
    return replace(workbook, sheets=sheets)


@pytest.mark.parametrize("words", [(), ("delta", "z_1"), ("a",), ("W_new",)])
@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize("name", ["d02b", "relu-sigmoid-softmax", "xor-batch", "bias-node"])
def test_an_untouched_copy_has_blanks_and_nothing_else(
    name: str, column: bool, words: tuple[str, ...], tmp_path: Path
) -> None:
    """As many as there are empty cells: bias nodes and formulas that the copy leaves are no answers."""
    network = load_network(name)
    copy = copy_of(network, words, column)
    step = copy.sheet("Step")
    assert step is not None
    empty = sum(cell.role == "answer" for cell in step.cells.values())
    for suffix in SUFFIXES:
        report = judged(copy, tmp_path, suffix)
        assert report.counts == {"blank": empty}
        assert len(report.answers) == empty < len(report.cells)
        assert (report.ok, report.changed_givens, report.notes) == (False, (), ())


@pytest.mark.parametrize("column", [False, True])
def test_a_copy_filled_in_is_ok_and_counts_its_answers(column: bool, tmp_path: Path) -> None:
    """In both formats and orientations."""
    network = load_network("xor-batch")
    copy = filled(copy_of(network, ["delta", "a"], column), network, column)
    for suffix in SUFFIXES:
        report = judged(copy, tmp_path, suffix)
        assert report.ok
        assert report.counts == {"correct": len(report.answers)}
        assert {cell.quantity for cell in report.answers} == {"delta_1", "delta_2", "a_1", "a_2", "a_1_new", "a_2_new"}


def test_in_a_whole_workbook_every_judged_cell_is_an_answer(tmp_path: Path) -> None:
    """Bias nodes too: nothing was given there."""
    report = judged(make_workbook(D02B), tmp_path)
    assert report.ok
    assert report.answers == report.cells


def test_changed_givens_are_told_apart_from_the_answers(tmp_path: Path) -> None:
    """A typed number in a z that was given and a bias node of 2: the answers stay counted, the report is not ok."""
    copy = filled(copy_of(D02B, ["delta"]), D02B)
    changed = with_cell(copy, place_of(copy, D02B, "z_2", 0, 1), Cell(0.61))
    changed = with_cell(changed, place_of(copy, D02B, "A_1_new", 0, 2), Cell(2.0))
    for suffix in SUFFIXES:
        report = judged(changed, tmp_path, suffix)
        assert {(cell.quantity, cell.index, cell.verdict) for cell in report.changed_givens} == {
            ("A_1_new", (0, 2), "wrong"),
            ("z_2", (0, 1), "hardcoded"),
        }
        assert set(report.counts) == {"correct", "carried"}
        assert not report.ok


def test_a_given_that_is_written_otherwise_but_right_is_as_given(tmp_path: Path) -> None:
    """The formula in brackets changes nothing."""
    copy = filled(copy_of(D02B, ["delta"]), D02B)
    place = place_of(copy, D02B, "z_2")
    sheet = copy.sheet(place[0])
    assert sheet is not None
    report = judged(with_cell(copy, place, Cell(None, f"({sheet.cells[place[1:]].formula})")), tmp_path)
    assert (report.ok, report.changed_givens) == (True, ())


def test_givens_that_carry_an_answers_error_are_as_given(tmp_path: Path) -> None:
    """The update that the copy computes with a wrong delta is nobody's change."""
    copy = filled(copy_of(D02B, ["delta_2"]), D02B)
    report = judged(with_cell(copy, place_of(copy, D02B, "delta_2"), Cell(None, "1+1")), tmp_path)
    assert report.changed_givens == ()
    assert set(report.counts) == {"hardcoded", "correct"}


def test_the_teachers_list_counts_whatever_the_copy_says(tmp_path: Path) -> None:
    """Also on a whole workbook, and on one of format 1, which says nothing."""
    copy = copy_of(D02B, ["delta"])
    deltas = {"delta_1", "delta_2"}
    forged = saying(copy, [OLDER, *dump_network(D02B).splitlines()])
    for workbook, words in ((copy, ["z_1"]), (forged, ["delta"]), (make_workbook(D02B), ["delta"])):
        report = judged(workbook, tmp_path, blanks=words)
        assert {cell.quantity for cell in report.answers} == ({"z_1", "z_1_new"} if words == ["z_1"] else deltas)
    assert judged(copy, tmp_path, blanks=["z_1"]).notes == (
        "the copy says that other cells were asked for; the list given counts",
    )
    everything = judged(forged, tmp_path, blanks=["all"])
    assert {cell.quantity for cell in everything.answers}.isdisjoint({"A_1", "A_0"})
    with pytest.raises(NetworkError, match="there is no such calculation"):
        judged(copy, tmp_path, blanks=["error"])


def test_a_copy_that_forgets_what_was_asked_is_not_ok(tmp_path: Path) -> None:
    """The list in the file is a claim: cells that are empty but said to be given are changed givens."""
    copy = saying(copy_of(D02B), ["sheetnet format 2", f"{BLANKS} = cost", NETWORK, *dump_network(D02B).splitlines()])
    place = place_of(copy, D02B, "cost")
    key = make_workbook(D02B, WorkbookOptions()).sheet(place[0])
    assert key is not None
    report = judged(with_cell(copy, place, key.cells[place[1:]]), tmp_path)
    assert not report.ok
    assert {cell.verdict for cell in report.changed_givens} == {"blank"}


def test_a_copy_that_asks_for_nothing_known_counts_everything(tmp_path: Path) -> None:
    """A list of unknown names is none, and a note says so."""
    book = make_workbook(D02B, WorkbookOptions())
    lines = ["sheetnet format 2", f"{BLANKS} = q_1 q_2", NETWORK, *dump_network(D02B).splitlines()]
    report = judged(saying(book, lines), tmp_path)
    assert report.answers == report.cells
    assert report.notes == ("the copy asks for nothing that the network has: all its calculations count as answers",)


def test_facts_of_later_versions_are_passed_over() -> None:
    """A key may come again; keys that nobody here knows do no harm."""
    lines = ["sheetnet format 2", "copy = 7", f"{BLANKS} = z_1 A_1", "token = a=b", f"{BLANKS} = z_2", NETWORK, "x"]
    said = carried(saying(Workbook((hidden_sheet(D02B),)), lines), "book")
    assert said.blanks == ("z_1", "A_1", "z_2")
    assert (said.facts["copy"], said.facts["token"], said.network_text) == ("7", "a=b", "x")


def test_many_blanks_stand_in_lines_that_fit_a_cell() -> None:
    """10,000 names take more than a cell holds."""
    names = tuple(f"delta_{number}" for number in range(10_000))
    sheet = hidden_sheet(D02B, names)
    assert max(len(str(cell.value)) for cell in sheet.cells.values()) <= 32_767
    assert carried(Workbook((sheet,)), "book").blanks == names


def test_what_was_asked_survives_reading_and_the_journal(tmp_path: Path) -> None:
    """`answer` stands in the frame, in JSON and in its lines; a line without it is of a time when all counted."""
    path = tmp_path / "copy.ods"
    save_workbook(copy_of(D02B, ["delta"]), path)
    assert carried(read_workbook(path), "copy").blanks == ("delta_2", "delta_1")
    report = validate(path)
    assert report.to_frame()["answer"].sum() == 4
    again, *_ = from_line(to_line(Result(str(path), report), None, "").encode())
    assert again.report is not None
    assert (again.report.counts, again.report.network_id) == (report.counts, report.network_id)
    data = json.loads(json.dumps(report_data(report)))
    assert data["summary"]["answers"] == 4
    assert data["summary"]["changed_givens"] == 0
    assert sum(cell["answer"] for cell in data["cells"]) == 4
