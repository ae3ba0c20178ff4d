"""The command line: paths and reports on stdout, one line on stderr, exit codes 0, 1 and 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sheetnet.files import read_workbook, save_workbook
from sheetnet.generate import make_workbook, recalculated, write_workbook
from sheetnet.network_file import ALIASES, load_network, template_names
from sheetnet.workbook import Cell
from sheetnet.workbook_options import WorkbookOptions
from tests.support.commands import Run, document
from tests.support.quantities import edited, spell
from tests.support.sheets import place_of, with_cell


def test_templates_lists_every_template(run: Run) -> None:
    """One line per template, its name first; then the other names by which they are found."""
    done = run("templates")
    *lines, others = done.out.splitlines()
    assert [line.split()[0] for line in lines] == template_names()
    assert others == "Other names: " + ", ".join(f"{alias} = {name}" for alias, name in ALIASES.items())
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("template", template_names())
def test_show_prints_the_step(run: Run, template: str) -> None:
    """Every template can be shown; the cost is among the numbers."""
    done = run("show", template)
    assert done.code == 0
    assert "cost" in done.out


def test_show_prints_the_numbers_of_the_lesson(run: Run) -> None:
    """0.35891648 and 0.149780716 are the new weights that the lesson D02 (b) and its source print."""
    done = run("show", "d02b")
    assert "0.35891648" in done.out
    assert "0.149780716" in done.out


DOUBLED = "{dC_da_1[0,0]}*{da_dz_1[0,0]}*2"
LESSON = load_network("d02b")


def spelled(text: str) -> str:
    """A text about the lesson, with addresses in place of quantities."""
    return spell(text, make_workbook(LESSON), LESSON)


def damaged(path: Path) -> Path:
    """A copy of a d02b workbook with one formula changed, in the same format."""

    workbook, network = read_workbook(path), load_network("d02b")
    target = path.with_stem(f"{path.stem}-damaged")
    save_workbook(edited(workbook, network, {"{delta_1[0,0]}": Cell(0.0, DOUBLED)}), target)
    return target


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_validate_names_the_damaged_cell(run: Run, tmp_path: Path, suffix: str) -> None:
    """Exit code 1, and the report names the one cell, what it shows, what was expected and why."""
    run("generate", "d02b")
    path = damaged(tmp_path / f"d02b.{suffix}")
    done = run("validate", path.name)
    assert done.code == 1
    assert "1 wrong" in done.out
    assert spelled("{!delta_1[0,0]}") in done.out
    assert "δ⁽¹⁾ of neuron 0" in done.out
    assert spelled("=" + DOUBLED) in done.out


def test_json_is_the_schema(run: Run, tmp_path: Path) -> None:
    """The JSON has the fields of sheetnet.report/1, from stdout and from a file alike."""
    run("generate", "d02b", "--format", "xlsx")
    path = damaged(tmp_path / "d02b.xlsx")
    data = json.loads(run("validate", path.name, "--json", "-", "--trials", "5", "--seed", "3").out)
    assert data["schema"] == "sheetnet.report/1"
    assert (data["workbook"], data["engine"], data["trials"], data["seed"]) == ("d02b-damaged.xlsx", "ironcalc", 5, 3)
    assert data["summary"]["ok"] is False
    assert data["summary"]["wrong"] == 1
    wrong = [cell for cell in data["cells"] if cell["verdict"] == "wrong"]
    assert [(cell["sheet"], cell["cell"], cell["quantity"], cell["index"]) for cell in wrong] == [
        ("Step", spelled("{delta_1[0,0]}"), "delta_1", [0, 0])
    ]
    assert wrong[0]["formula"] == spelled("=" + DOUBLED)
    assert wrong[0]["value"] == pytest.approx(2 * wrong[0]["expected"])
    assert set(wrong[0]) == set(
        "sheet cell quantity index verdict formula value expected stale cause mistake mistakes message answer".split()
    )
    done = run("validate", path.name, "--json", "report.json")
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["summary"] == data["summary"]
    assert "1 wrong" in done.out


def test_json_of_errors_has_no_nan(run: Run) -> None:
    """Errors are their text and infinities null, so that any JSON reader takes the report."""
    run("generate", "d02b", "--format", "xlsx", "--views", "step")
    out = run("validate", "d02b.xlsx", "--json", "-").out
    assert "NaN" not in out
    assert "Infinity" not in out
    assert len(json.loads(out)["cells"]) == 63


def test_another_network_counts_instead(run: Run) -> None:
    """With --network the file given alone counts, and the report says that the workbook carries another one."""
    run("generate", "d02b", "--format", "xlsx")
    done = run("validate", "d02b.xlsx", "--network", "bias-node")
    assert done.code == 1
    assert "carries another network" in done.out
    assert "network from the file given" in done.out
    assert "network from the workbook itself" in run("validate", "d02b.xlsx").out


def test_strict_inputs(run: Run, tmp_path: Path) -> None:
    """An edited input is play; with --strict-inputs it is exit code 1."""
    import openpyxl

    run("generate", "d02b", "--format", "xlsx")
    book = openpyxl.load_workbook(tmp_path / "d02b.xlsx")
    book["Step"][spelled("{gamma[0,0]}")] = 0.25
    book.save(tmp_path / "played.xlsx")
    done = run("validate", "played.xlsx")
    assert done.code == 0
    assert "(γ) 0.25, was 0.5" in done.out
    assert run("validate", "played.xlsx", "--strict-inputs").code == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("show", "nosuch"), ("nosuch", "d02b")),
        (("generate", "broken.toml"), ("broken.toml", "TOML")),
        (("generate", "d02b", "-o", "broken.toml"), ("broken.toml", "folder")),
        (("validate", "nosuch.xlsx"), ("nosuch.xlsx",)),
        (("validate", "broken.toml"), ("broken.toml",)),
        (("validate", "foreign.xlsx"), ("foreign.xlsx", "_sheetnet", "--network")),
        (("validate", "foreign.xlsx", "--network", "nosuch"), ("nosuch", "d02b")),
    ],
)
def test_unusable_input_is_one_line_and_exit_code_2(
    run: Run, tmp_path: Path, args: tuple[str, ...], words: tuple[str, ...]
) -> None:
    """No traceback and nothing half-written: one line that says what, where, and the remedy."""
    import openpyxl

    (tmp_path / "broken.toml").write_text("title = ", encoding="utf-8")
    openpyxl.Workbook().save(tmp_path / "foreign.xlsx")
    before = sorted(tmp_path.iterdir())
    done = run(*args)
    assert done.code == 2
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith("sheetnet: ")
    assert all(word in done.err for word in words)
    assert sorted(tmp_path.iterdir()) == before


def test_an_unusable_file_does_not_cost_the_others_their_report(run: Run, tmp_path: Path) -> None:
    """Every usable workbook is judged; the exit code is 2."""
    run("generate", "d02b", "--views", "step")
    (tmp_path / "bad.xlsx").write_bytes(b"not a workbook")
    done = run("validate", "d02b.xlsx", "bad.xlsx", "d02b.ods")
    assert done.code == 2
    assert done.out.count("63 correct") == 2
    assert "bad.xlsx" in done.err


def test_bad_options_are_exit_code_2(run: Run) -> None:
    """An unknown engine, format or number of trials is refused by name."""
    for args in (("--engine", "abacus"), ("--trials", "0"), ("--seed", "-1")):
        assert run("validate", "x.xlsx", *args).code == 2
    assert run("generate", "d02b", "--format", "pdf").code == 2


def modules_of(*arguments: str) -> set[str]:
    """What the process of a command has imported when it ends."""
    code = f"import sys; sys.argv = {['sheetnet', *arguments]}\n"
    code += "import atexit\natexit.register(lambda: print(*sys.modules))\nfrom sheetnet.cli import main; main()"
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=unmeasured)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "sheetnet.cli" in loaded
    return loaded


HEAVY = {"numpy", "pandas", "ironcalc", "openpyxl", "xlsxwriter", "odf"}


def test_help_and_version_answer_at_once() -> None:
    """They import no heavy package. (Modules are looked at, not the clock, for machines are noisy: `make bench`.)"""
    assert not modules_of("--help") & HEAVY
    assert not modules_of("--version") & {*HEAVY, "typer", "typing", "dataclasses", "subprocess"}


def test_who_judges_in_another_process_imports_no_judge(tmp_path: Path) -> None:
    """While the worker imports NumPy, the command imports what it prints with, and neither waits for the other."""
    path = write_workbook("d02b", tmp_path / "d02b.xlsx", WorkbookOptions())
    judges = {"sheetnet.judge", "sheetnet.identification", "sheetnet.validation.run", "sheetnet.reference"}
    assert not modules_of("validate", str(path), "--network", "d02b") & {*HEAVY, *judges}


@pytest.mark.posix
def test_a_closed_pipe_is_one_line() -> None:
    """Where the reader is gone before all is said: no traceback, and the exit code of what could not be done."""
    command = f"{sys.executable} -m sheetnet show d02b | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == "sheetnet: output: the program that read it is gone: what it has read is not all\n"
    assert done.returncode == 2


def test_resuming_needs_results(run: Run) -> None:
    """--resume without a file that could hold them is a slip."""
    assert run("validate", "x.xlsx", "--resume").err.startswith("sheetnet: --resume needs --jsonl FILE")
    assert "there is no limit 'x'" in run("validate", "x.xlsx", "--limit", "x=1").err


def test_names_of_files_never_reach_the_terminal_as_they_are(run: Run, tmp_path: Path) -> None:
    """Escape sequences, line breaks, marks of direction, bytes that are no text: in reports, errors and JSON."""
    run("generate", "d02b", "--format", "xlsx")
    names = ["a\x1b[31m\nb\u202ec.xlsx", "d\x9be\udcff.xlsx"]
    for name in names:
        (tmp_path / name).write_bytes((tmp_path / "d02b.xlsx").read_bytes())
        (tmp_path / f"no{name}").write_bytes(b"a,b")
    for done in (run("validate", *names, *(f"no{name}" for name in names)), run("validate", *names, "--json", "-")):
        for words in (done.out, done.err):
            assert not set(words) & set("\x1b\x9b\u202e\udcff")
    found = [each["workbook"] for each in json.loads(done.out)]
    assert found == names
    assert run("validate", *names, "--jsonl", "r.jsonl", "--json", "r.json", "--html", "r.html").code == 0
    assert run("validate", *names, "--jsonl", "r.jsonl", "--resume").code == 0
    assert (tmp_path / "r.jsonl").read_bytes().count(b"\n") == 2


def test_workbooks_that_carry_different_networks_are_counted(run: Run, tmp_path: Path) -> None:
    """Who made the task easier shows; with --network all are judged by one, and nothing needs to be said."""
    run("generate", "d02b", "--views", "step")
    (tmp_path / "easier.toml").write_text(document("d02b").replace("0.05", "0.5"), encoding="utf-8")
    run("generate", "easier.toml", "--format", "xlsx", "--views", "step")
    files = ["d02b.xlsx", "d02b.ods", "easier.xlsx"]
    done = run("validate", *files)
    said = "2 carry the network of d02b; 1 carries another one: easier.xlsx. Give --network to judge all by one."
    assert said in " ".join(done.out.split())
    assert done.out.index("3 workbooks") < done.out.index("carry different networks")
    assert "carry" not in run("validate", *files[:2]).out
    assert "carry different" not in run("validate", *files, "--network", "d02b").out
    done = run("validate", *files, "--json", "-")
    assert said in done.err
    assert len({report["network_id"] for report in json.loads(done.out)}) == 2


def test_the_teachers_list_is_an_option(run: Run) -> None:
    """On a copy, the list given counts, and the terminal says how many answers there are."""
    run("generate", "d02b", "--student", "--format", "xlsx")
    assert "60 answers: 60 blank" in run("validate", "d02b-student.xlsx").out
    assert "4 answers: 4 blank" in run("validate", "d02b-student.xlsx", "--blank", "delta").out
    done = run("validate", "d02b-student.xlsx", "--blank", "error")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "there is no such calculation" in done.err


def test_strict_inputs_are_not_called_fine(run: Run) -> None:
    """Allowed without the option, not allowed with it."""
    run("generate", "d02b", "--format", "xlsx", "--views", "step")
    network = load_network("d02b")
    book = read_workbook("d02b.xlsx")
    save_workbook(recalculated(with_cell(book, place_of(book, network, "target"), Cell(0.5))), Path("d02b.xlsx"))
    assert "inputs you changed (allowed)" in run("validate", "d02b.xlsx").out
    done = run("validate", "d02b.xlsx", "--strict-inputs")
    assert done.code == 1
    assert "inputs you changed (not allowed: --strict-inputs)" in done.out
