"""The command line: paths and reports on stdout, one line on stderr, exit codes 0, 1 and 2."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from sheetnet.cli import main
from sheetnet.files import read_workbook, save_workbook
from sheetnet.generate import make_workbook, recalculated
from sheetnet.network_file import load_network, template_names, templates_folder
from sheetnet.syntax import parse_area
from sheetnet.workbook import Cell
from tests.quantities import edited, spell
from tests.sheets import place_of, with_cell


class Done(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command line in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def call(*args: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["sheetnet", *args])
        code: int | str | None = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        assert isinstance(code, int)
        return Done(code, out, err)

    return call


def test_templates_lists_every_template(run: Run) -> None:
    """One line a template, its name first."""
    done = run("templates")
    assert [line.split()[0] for line in done.out.splitlines()] == template_names()
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


def paths_in(printed: str) -> list[str]:
    """The paths that `generate` prints, each with its size."""
    found = [re.fullmatch(r"(\S+)  (\d+ kB|\d+\.\d MB)", line) for line in printed.splitlines()]
    assert all(found)
    return [match[1] for match in found if match]


def test_generate_prints_each_path(run: Run, tmp_path: Path) -> None:
    """Both formats by default, one with --format; each path with its size, and nothing else is left behind."""
    assert paths_in(run("generate", "d02b", "-o", "out").out) == ["out/d02b.xlsx", "out/d02b.ods"]
    assert paths_in(run("generate", "xor-batch", "-o", "out", "--format", "ods").out) == ["out/xor-batch.ods"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["d02b.ods", "d02b.xlsx", "xor-batch.ods"]


def test_generate_and_validate_a_file_of_ones_own(run: Run, tmp_path: Path) -> None:
    """The network file of docs/network-files.md becomes a workbook that is correct."""
    words = (Path(__file__).parent.parent / "docs" / "network-files.md").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(words.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert paths_in(run("generate", "mine.toml").out) == ["mine.xlsx", "mine.ods"]
    assert run("validate", "mine.xlsx", "mine.ods", "--network", "mine.toml").code == 0


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
    assert "delta_1[0, 0]" in done.out
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
    assert len(json.loads(out)["cells"]) == 72


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
    assert "gamma[0, 0]" in done.out
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
    assert done.out.count("72 correct") == 2
    assert "bad.xlsx" in done.err


def test_bad_options_are_exit_code_2(run: Run) -> None:
    """An unknown engine, format or number of trials is refused by name."""
    for args in (("--engine", "abacus"), ("--trials", "0"), ("--seed", "-1")):
        assert run("validate", "x.xlsx", *args).code == 2
    assert run("generate", "d02b", "--format", "pdf").code == 2


def test_help_answers_at_once() -> None:
    """`--help` imports no heavy package. (The goal is 0.3 s; modules are looked at, for machines are noisy.)"""
    code = (
        "import sys; sys.argv = ['sheetnet', '--help']\nimport atexit\natexit.register(lambda: print(*sys.modules))\n"
    )
    code += "from sheetnet.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "sheetnet.cli" in loaded
    assert not loaded & {"numpy", "pandas", "ironcalc", "openpyxl", "xlsxwriter", "odf"}


@pytest.mark.posix
def test_a_closed_pipe_is_one_line() -> None:
    """Where the reader is gone before all is said: no traceback, and the exit code of what could not be done."""
    command = f"{sys.executable} -m sheetnet show d02b | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == "sheetnet: output: the program that read it is gone: what it has read is not all\n"
    assert done.returncode == 2


def test_outputs_overwrite_nothing_without_force(run: Run, tmp_path: Path) -> None:
    """Before anything is judged; with --force they do, but never a workbook, under whatever name."""
    run("generate", "d02b")
    (tmp_path / "other.xlsx").symlink_to("d02b.xlsx")
    for option in ("--json", "--html", "--jsonl", "--marked"):
        target = tmp_path / f"out{'.xlsx' if option == '--marked' else '.txt'}"
        target.write_bytes(b"precious")
        done = run("validate", "d02b.xlsx", option, target.name)
        assert (done.code, done.out) == (2, "")
        assert done.err == f"sheetnet: {target.name}: exists already: give another name, or --force to overwrite it\n"
        assert target.read_bytes() == b"precious"
        assert run("validate", "d02b.xlsx", option, target.name, "--force").code == 0
        assert target.read_bytes() != b"precious"
        before = (tmp_path / "d02b.xlsx").read_bytes()
        for name in ("d02b.xlsx", "other.xlsx"):
            done = run("validate", "d02b.xlsx", option, name, "--force")
            assert done.code == 2
            assert "never overwritten" in done.err
        assert (tmp_path / "d02b.xlsx").read_bytes() == before
    assert run("identify", "d02b.xlsx", "--network", "d02b", "--json", "d02b.xlsx", "--force").code == 2
    assert (tmp_path / "d02b.xlsx").read_bytes() == before


def test_every_output_names_what_has_no_report(run: Run, tmp_path: Path) -> None:
    """JSON, JSON lines and the page; what is printed comes in the order of the files, then the totals."""
    run("generate", "d02b")
    (tmp_path / "bad.xlsx").write_bytes(b"a,b\n")
    outputs = ("--json", "a.json", "--jsonl", "a.jsonl", "--html", "a.html")
    done = run("validate", "d02b.ods", "bad.xlsx", "d02b.xlsx", *outputs)
    assert done.code == 2
    assert done.out.index("d02b.ods") < done.out.index("d02b.xlsx")
    assert done.out.splitlines()[-1] == "3 workbooks: 2 correct, 1 unreadable"
    line = "bad.xlsx: is plain text such as CSV, which holds no formulas"
    assert [line in (tmp_path / f"a.{kind}").read_text(encoding="utf-8") for kind in ("json", "jsonl", "html")] == [
        True
    ] * 3
    data = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert [each["schema"] for each in data] == ["sheetnet.report/1", "sheetnet.unreadable/1", "sheetnet.report/1"]


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


def test_generate_takes_views_steps_and_orientation(run: Run, tmp_path: Path) -> None:
    """The sheets asked for in their order, a row a step, and the blocks of Step transposed."""
    done = run("generate", "d02b", "--format", "xlsx", "--views", "training,chain-rule", "--steps", "7",
               "--orientation", "column")  # fmt: skip
    assert done.code == 0
    book = read_workbook(tmp_path / "d02b.xlsx")
    assert [sheet.name for sheet in book.sheets] == ["Read me", "Step", "Chain rule", "Training", "_sheetnet"]
    places = {name.name: name.refers_to for name in book.names}
    area = parse_area(places["train_cost"])
    assert area is not None
    assert area.bottom - area.top == 7
    x = parse_area(places["A_0"])
    assert x is not None
    assert (x.bottom - x.top, x.right - x.left) == (2, 0)  # three rows, one column


def test_generate_writes_a_student_copy_and_its_key(run: Run) -> None:
    """Two files, and the copy has nothing but blanks and givens."""
    done = run("generate", "d02b", "--student", "--key", "--format", "ods", "--blank", "delta", "--hints", "example")
    assert paths_in(done.out) == ["d02b-student.ods", "d02b-key.ods"]
    done = run("validate", "d02b-student.ods")
    assert done.code == 1
    assert "blank: delta_2 (2), delta_1 (2)" in done.out
    assert run("validate", "d02b-key.ods").code == 0


def test_what_cannot_be_generated_is_one_line(run: Run, tmp_path: Path) -> None:
    """A view or quantity that there is not: exit code 2, one line, no file."""
    for words in (("--views", "graph"), ("--student", "--blank", "q"), ("--key",), ("--steps", "0")):
        done = run("generate", "d02b", *words)
        assert done.code == 2, words
        assert done.err.count("\n") == 1, words
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("validate book.xlsx --html x --json x", "x: is named for two outputs"),
        ("validate book.xlsx --html ./x --jsonl x", "x: is named for two outputs"),
        ("validate book.xlsx --json one --html other", "other: is named for two outputs"),
        ("validate book.xlsx --json hard --html soft --force", "soft: is named for two outputs"),
        ("validate book.xlsx --marked m.xlsx --json m.xlsx", "m.xlsx: is named for two outputs"),
        ("validate book.xlsx --html book.xlsx --force", "book.xlsx: is the workbook itself"),
        ("validate book.xlsx --jsonl book.xlsx --force", "book.xlsx: is the workbook itself"),
        ("validate book.xlsx --network net.toml --json net.toml --force", "net.toml: is read by this command"),
        ("audit net.toml --html a --json a", "a: is named for two outputs"),
        ("audit net.toml --json net.toml --force", "net.toml: is read by this command"),
        ("identify book.xlsx --network net.toml --json net.toml --force", "net.toml: is read by this command"),
        ("generate d02b -o linked --views step --force", "is named for two outputs"),
        ("generate net.toml -o own --views step --format ods --force", "net.ods: is read by this command"),
    ],
)
def test_no_output_overwrites_another_or_what_was_read(run: Run, tmp_path: Path, command: str, said: str) -> None:
    """One line, before anything is judged or written, whatever the paths are called; also with --force."""
    run("generate", "d02b", "--format", "xlsx", "--views", "step")
    (tmp_path / "d02b.xlsx").rename(tmp_path / "book.xlsx")
    (tmp_path / "net.toml").write_text(document("d02b"), encoding="utf-8")
    (tmp_path / "other").symlink_to("one")
    (tmp_path / "hard").write_text("kept")
    (tmp_path / "soft").hardlink_to(tmp_path / "hard")
    for folder, name, target in (("linked", "d02b.ods", "d02b.xlsx"), ("own", "net.ods", "../net.toml")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).symlink_to(target)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    done = run(*command.split())
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def document(template: str) -> str:
    return (templates_folder() / f"{template}.toml").read_text(encoding="utf-8")


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
