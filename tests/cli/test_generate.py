"""The command `generate`: its paths, views, students' copies, and what cannot be generated."""

from __future__ import annotations

import re
from pathlib import Path

from sheetnet.files import read_workbook
from sheetnet.syntax import parse_area
from tests.support.commands import Run, document
from tests.support.paths import ROOT


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
    words = (ROOT / "docs" / "network-files.md").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(words.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert paths_in(run("generate", "mine.toml").out) == ["mine.xlsx", "mine.ods"]
    assert run("validate", "mine.xlsx", "mine.ods", "--network", "mine.toml").code == 0


def test_generate_takes_views_steps_and_orientation(run: Run, tmp_path: Path) -> None:
    """The sheets asked for in their order, one row per step, and the blocks of Step transposed."""
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
    assert "blank: δ⁽²⁾ (2), δ⁽¹⁾ (2)" in done.out
    assert run("validate", "d02b-key.ods").code == 0


def test_what_cannot_be_generated_is_one_line(run: Run, tmp_path: Path) -> None:
    """A view or quantity that there is not: exit code 2, one line, no file."""
    for words in (("--views", "graph"), ("--student", "--blank", "q"), ("--key",), ("--steps", "0")):
        done = run("generate", "d02b", *words)
        assert done.code == 2, words
        assert done.err.count("\n") == 1, words
    assert list(tmp_path.iterdir()) == []


def test_a_dead_exercise_is_told(run: Run, tmp_path: Path) -> None:
    """A unit that is off for every observation, as random weights may have it, is a note; the files are written."""
    words = (
        document("d02b").replace('activation = "sigmoid"', 'activation = "relu"', 1).replace("[0.05, 0.1]", "[-9, -9]")
    )
    (tmp_path / "dead.toml").write_text(words.split("# ----")[0], "utf-8")
    done = run("generate", "dead.toml", "--student", "--format", "xlsx")
    assert done.code == 0
    assert "sheetnet: note: neuron 0 of layer 1 is off for every observation\n" in done.err
    assert "dead-student.xlsx" in done.out
