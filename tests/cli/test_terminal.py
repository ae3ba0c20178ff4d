"""What is printed: as wide as a terminal, plain lines for files and pipes, and one line per finding on request."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from sheetnet.files import read_workbook, save_workbook
from sheetnet.formulas import Dimensions, spoken
from sheetnet.generate import make_student_workbook
from sheetnet.judge import judge
from sheetnet.network_file import load_network
from sheetnet.reference import training_step
from sheetnet.report.terminal import (
    commonest,
    concise_lines,
    explanation,
    limits_view,
    plain_lines,
    report_view,
    show_view,
    step_view,
)
from sheetnet.validation import Report
from sheetnet.workbook import Cell
from tests.support.commands import Run, document
from tests.support.quantities import edited
from tests.support.sheets import place_of, step_book, with_cell

NETWORK = load_network("d02b")
FLIPPED = {"{A_1[0,0]}": Cell(0.40673, "1/(1+EXP({z_1[0,0]}))"), "{a_2[0,1]}": Cell(0.7729)}


def damaged_report() -> Report:
    """d02b with a mistake that has a name, a typed number and a block of blanks."""
    workbook = edited(step_book(NETWORK), NETWORK, FLIPPED)
    for row in range(3):
        for column in range(2):
            workbook = with_cell(workbook, place_of(workbook, NETWORK, "W_2_new", row, column), None)
    return replace(judge(workbook, NETWORK), workbook="class/student.xlsx")


def test_where_nobody_sees_it_no_line_is_wrapped_or_padded(capsys: pytest.CaptureFixture[str]) -> None:
    """A message stands in one line whatever COLUMNS says, and no line of any view ends in spaces; a terminal wraps."""
    report = damaged_report()
    (wrong,) = (cell for cell in report.cells if cell.mistake == "SN013")
    views = [report_view(report), step_view(training_step(NETWORK)), limits_view(), explanation(), explanation("SN013")]
    for view in views:
        show_view(view)
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) > 100
    assert [line for line in printed.splitlines() if line != line.rstrip()] == []
    assert any(line.strip() == wrong.message for line in printed.splitlines())
    screen = Console(file=io.StringIO(), width=60, force_terminal=True, color_system=None, _environ={})
    with screen.capture() as captured:
        show_view(views[0], screen)
    assert wrong.message not in captured.get()
    assert max(map(len, captured.get().splitlines())) <= 60


def test_a_view_that_is_text_is_never_wrapped() -> None:
    """The lines of `--output-format concise` stay whole on a terminal too, and what looks like markup stays text."""
    line = "class/student.xlsx:Step!G22: [red]" + "x" * 90
    screen = Console(file=io.StringIO(), width=60, force_terminal=True, color_system=None, _environ={})
    with screen.capture() as captured:
        show_view(line, screen)
    assert captured.get() == plain_lines(line) == line + "\n"


def test_concise_is_one_line_per_finding() -> None:
    """`FILE:CELL: what (symbol)`: mistakes by code and name, other verdicts with their reason, blanks a line per block."""
    report = damaged_report()
    lines = list(concise_lines(report))
    a, typed, blank = (
        next(cell for cell in report.cells if (cell.quantity, cell.index) == found)
        for found in (("a_1", (0, 0)), ("a_2", (0, 1)), ("W_2_new", (0, 0)))
    )
    assert lines[0] == f"class/student.xlsx:{a.place}: SN013 exponent's sign flipped (a⁽¹⁾ of neuron 0)"
    assert lines[1] == f"class/student.xlsx:{typed.place}: hardcoded: {typed.message} (a⁽²⁾ of neuron 1)"
    assert re.fullmatch(
        rf"class/student\.xlsx:{re.escape(blank.place)}:[A-Z]+\d+: 6 cells are blank \(W⁽²⁾′\)", lines[2]
    )
    assert len(lines) == 3
    assert list(concise_lines(judge(step_book(NETWORK), NETWORK))) == []


@pytest.mark.parametrize(
    ("quantity", "index", "observations", "words"),
    [
        ("a_1", (0, 0), 1, "a⁽¹⁾ of neuron 0"),
        ("A_0", (3, 1), 4, "A⁽⁰⁾ of input 1, observation 3"),
        ("A_0", (3, 2), 4, "A⁽⁰⁾ of the bias node, observation 3"),
        ("A_1", (0, 2), 1, "A⁽¹⁾ of the bias node"),
        ("dC_dW_12", (2, 1), 4, "∂C/∂W⁽¹²⁾ row 2, column 1"),
        ("W_1_new", (0, 1), 1, "W⁽¹⁾′ row 0, column 1"),
        ("cost_n", (2, 0), 4, "Cₙ of observation 2"),
        ("cost_new", (0, 0), 4, "C′"),
        ("delta_2", None, 4, "δ⁽²⁾"),
        ("train_cost", (48, 0), 1, "train_cost[48, 0]"),
    ],
)
def test_elements_are_spoken_of_as_the_sheets_write_them(
    quantity: str, index: tuple[int, ...] | None, observations: int, words: str
) -> None:
    """Symbol, neuron, row and column, counted from 0; the observation where there are several; views by their names."""
    assert spoken(quantity, index, Dimensions(observations, (2, 2, 2))) == words


def test_the_commands_print_concise_lines(run: Run, tmp_path: Path) -> None:
    """`validate`, `identify` and `audit`: every line begins with the file and ends with the quantity; exit codes stay."""
    workbook = edited(step_book(NETWORK), NETWORK, FLIPPED)
    save_workbook(workbook, tmp_path / "wrong.xlsx")
    save_workbook(step_book(NETWORK), tmp_path / "right.xlsx")
    done = run("validate", "right.xlsx", "wrong.xlsx", "--output-format", "concise")
    assert (done.code, done.err) == (1, "")
    assert [line.split("!")[0] for line in done.out.splitlines()] == ["wrong.xlsx:Step"] * 2
    assert run("validate", "right.xlsx", "--output-format", "concise") == (0, "", "")
    doubled = {"{delta_1[0,0]}": Cell(0.0, "{dC_da_1[0,0]}*{da_dz_1[0,0]}*2")}
    save_workbook(edited(step_book(NETWORK), NETWORK, doubled), tmp_path / "own.xlsx")
    done = run("identify", "own.xlsx", "--network", "d02b", "--output-format", "concise")
    assert done.code == 1
    assert [
        line for line in done.out.splitlines() if not re.fullmatch(r"own\.xlsx:Step!\w+: .*\(δ⁽¹⁾ of neuron 0\)", line)
    ] == []
    assert done.out
    (tmp_path / "net.toml").write_text(document("d02b"), encoding="utf-8")
    done = run("audit", "net.toml", "--output-format", "concise")
    assert (done.code, done.err) == (1, "")
    assert all(line.startswith("net.toml:") for line in done.out.splitlines())


def test_several_files_end_with_their_commonest_mistakes(run: Run, tmp_path: Path) -> None:
    """By the number of workbooks with each, known ones by name; blanks are no mistake, one file alone has no such list."""
    save_workbook(edited(step_book(NETWORK), NETWORK, FLIPPED), tmp_path / "both.xlsx")
    save_workbook(edited(step_book(NETWORK), NETWORK, dict([*FLIPPED.items()][:1])), tmp_path / "one.xlsx")
    done = run("validate", "both.xlsx", "one.xlsx")
    assert [line.strip() for line in done.out.splitlines()[-3:]] == [
        "commonest mistakes",
        "2 workbooks  SN013 exponent's sign flipped",
        "1 workbook  hardcoded: a number stands where a calculation should",
    ]
    assert "commonest" not in run("validate", "both.xlsx").out
    assert commonest({}) is None


def test_answers_of_a_students_copy_are_shown_only_on_request(run: Run, tmp_path: Path) -> None:
    """By default hints alone, wherever results go and also when they are kept; `--reveal` shows the expected values."""
    workbook = edited(make_student_workbook(NETWORK), NETWORK, {"{A_1[0,0]}": FLIPPED["{A_1[0,0]}"]})
    save_workbook(workbook, tmp_path / "ada.xlsx")
    outputs = ("--json", "a.json", "--html", "a.html", "--jsonl", "a.jsonl", "--marked", "marked.xlsx")
    for options, expected in (((), False), (("--resume", "--force"), False), (("--reveal", "--force"), True)):
        done = run("validate", "ada.xlsx", *outputs, *options)
        assert (done.code, done.err) == (1, "")
        marked = read_workbook(tmp_path / "marked.xlsx").sheets[0]
        texts = {name: (tmp_path / name).read_text(encoding="utf-8") for name in outputs[1:6:2]}
        texts |= {"stdout": done.out, "marked": " ".join(str(cell.value) for cell in marked.cells.values())}
        for name, text in texts.items():
            assert "sign flipped (SN013)" in text
            assert (name, "0.59326999" in text) == (name, expected)
        assert ("a student's copy: the right values are not shown" in done.out) is not expected
    done = run("validate", "ada.xlsx", "--jsonl", "a.jsonl", "--resume")  # the last one kept what it revealed
    assert (done.code, done.out) == (2, "")
    assert done.err.strip().endswith("values of a student's copy: go on with --reveal, or begin anew with --force")
