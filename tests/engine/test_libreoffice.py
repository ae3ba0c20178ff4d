"""LibreOffice as an engine: it really recalculates, says which file failed, and never outlives its time."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet.engine import libreoffice
from sheetnet.engine.prepare import Run, prepared, with_numbers
from sheetnet.errors import EngineError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.workbook import Cell, CellError, Name, Position, Sheet, Value, Workbook
from tests.support.paths import ROOT


def book(cells: dict[Position, Cell], arrays: dict[Position, tuple[int, int]] | None = None) -> Workbook:
    """A workbook of one sheet, Step, whose first cell is named x."""
    return Workbook((Sheet("Step", cells, arrays or {}),), (Name("x", "Step!$A$1"),))


# A1 = 2 and what follows from it; every cached value is a lie.
LYING = book(
    {
        (1, 1): Cell(2.0),
        (1, 2): Cell(999.0, "A1*3"),
        (1, 3): Cell(999.0, "x+B1"),
        (1, 4): Cell(999.0, '"x is "&A1'),
        (1, 5): Cell(999.0, "A1=2"),
        (1, 6): Cell(999.0, "1/(A1-2)"),
    }
)
ROW = [("Step", 1, column) for column in range(1, 7)]


@pytest.mark.libreoffice
@pytest.mark.parametrize("source", ["xlsx", "ods"])
@pytest.mark.parametrize("to", ["xlsx", "ods"])
def test_wrong_cached_values_are_recalculated(tmp_path: Path, source: str, to: str) -> None:
    """LibreOffice keeps the values a file comes with unless it is made to recalculate."""
    path = tmp_path / f"lying.{source}"
    save_workbook(LYING, path)
    (result,) = libreoffice.recalculate([path], tmp_path / "out", to)
    sheet = read_workbook(result).sheet("Step")
    assert sheet is not None
    assert result == tmp_path / "out" / f"lying.{to}"
    assert [sheet.cells[1, column].value for column in range(2, 5)] == [6.0, 8.0, "x is 2"]
    assert sheet.cells[1, 6].value == CellError("#DIV/0!")


@pytest.mark.libreoffice
def test_files_of_the_same_name_do_not_clash(tmp_path: Path) -> None:
    """Three students hand in homework.xlsx, in three folders."""
    paths = [tmp_path / str(student) / "homework.xlsx" for student in range(3)]
    for student, path in enumerate(paths):
        path.parent.mkdir()
        save_workbook(book({(1, 1): Cell(float(student)), (1, 2): Cell(0.0, "A1+10")}), path)
    results = libreoffice.recalculate(paths, tmp_path / "out")
    assert [path.name for path in results] == ["homework.xlsx", "homework-2.xlsx", "homework-3.xlsx"]
    sheets = [read_workbook(path).sheets[0] for path in results]
    assert [sheet.cells[1, 2].value for sheet in sheets] == [10.0, 11.0, 12.0]


@pytest.mark.libreoffice
@pytest.mark.parametrize("broken", ["truncated", "text", "absent"])
def test_the_file_that_does_not_load_is_named(tmp_path: Path, broken: str) -> None:
    """LibreOffice exits with 0 then, and opens plain text as a page of text."""
    good, bad = tmp_path / "good.xlsx", tmp_path / "bad.xlsx"
    save_workbook(LYING, good)
    if broken == "truncated":
        bad.write_bytes(good.read_bytes()[:2000])
    elif broken == "text":
        bad.write_text("x,w\n1,2\n", encoding="utf-8")
    with pytest.raises(EngineError, match=r"bad\.xlsx") as raised:
        libreoffice.recalculate([good, bad], tmp_path / "out")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists(), "nothing is left half-done"


@pytest.mark.libreoffice
def test_a_source_is_never_overwritten(tmp_path: Path) -> None:
    """Results go to another folder than the files they come from."""
    path = tmp_path / "lying.xlsx"
    save_workbook(LYING, path)
    with pytest.raises(EngineError, match="overwrite"):
        libreoffice.recalculate([path], tmp_path)


def alive(process: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc, to see whether a process runs")
def test_the_time_limit_ends_every_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """soffice is a script: killing it alone would leave its child at work, and here the child never ends."""
    program, noted = tmp_path / "soffice", tmp_path / "pids"
    program.write_text(f"#!/bin/sh\nsleep 600 &\necho $$ $! > {noted}\nwait\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(libreoffice, "find_libreoffice", lambda: program)
    path = tmp_path / "endless.xlsx"
    save_workbook(LYING, path)
    started = time.monotonic()
    with pytest.raises(EngineError, match=r"did not finish 1 file\(s\) in 1 seconds"):
        libreoffice.recalculate([path], tmp_path / "out", time_limit=1)
    assert time.monotonic() - started < 10
    processes = [int(text) for text in noted.read_text(encoding="utf-8").split()]
    assert len(processes) == 2
    deadline = time.monotonic() + 5
    while any(map(alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [process for process in processes if alive(process)] == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc, to see whether a process runs")
def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    """A worker that judges with LibreOffice may be killed at any time: what it started ends with it."""
    program, noted, path = tmp_path / "soffice", tmp_path / "pids", tmp_path / "endless.xlsx"
    program.write_text(
        f"#!/bin/sh\nsleep 600 &\necho $$ $! > {noted}.new\nmv {noted}.new {noted}\nwait\n", encoding="utf-8"
    )
    program.chmod(0o755)
    save_workbook(LYING, path)
    code = (
        "import sys; from pathlib import Path; from sheetnet.engine.libreoffice import recalculate\n"
        "recalculate([Path(sys.argv[1])], Path(sys.argv[2]))"
    )
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(path), str(tmp_path / "out")]
    with subprocess.Popen(command, env=environment) as parent:
        deadline = time.monotonic() + 30
        while not noted.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        parent.kill()
    processes = [int(text) for text in noted.read_text(encoding="utf-8").split()]
    assert len(processes) == 2
    deadline = time.monotonic() + 5
    while any(map(alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [process for process in processes if alive(process)] == []


def test_a_command_without_network_reaches_nothing() -> None:
    """Not even this machine itself, where the system permits to take the network away."""
    prefix = libreoffice.without_network()
    if not prefix:
        pytest.skip("needs a Linux that permits `unshare --net`")
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)"
        with_it = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        without = subprocess.run([*prefix, sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert with_it.returncode == 0
    assert "unreachable" in without.stderr


def test_a_missing_libreoffice_is_said_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, with the command that installs it."""
    monkeypatch.setattr(libreoffice, "find_libreoffice", lambda: None)
    with pytest.raises(EngineError, match="apt-get install libreoffice-calc-nogui"):
        libreoffice.recalculate([tmp_path / "any.xlsx"], tmp_path / "out")


def listed(runs: Iterable[Run]) -> list[list[Value]]:
    """The values of every run."""
    return [list(run) for run in runs]


@pytest.mark.libreoffice
def test_trials_are_evaluated() -> None:
    """x = 5 gives 15, 20, text, FALSE and a third; x = 2 divides by zero. The sheet's name may be spelled in any case."""
    trials = listed(
        libreoffice.evaluate(LYING, [("step", 1, 1)], [[5.0], [2.0]], [*ROW, ("Step", 9, 9), ("Gone", 1, 1)])
    )
    third = pytest.approx(1 / 3, rel=1e-14)
    assert trials[0] == [5.0, 15.0, 20.0, "x is 5", False, third, None, None]
    assert trials[1] == [2.0, 6.0, 8.0, "x is 2", True, CellError("#DIV/0!"), None, None]


@pytest.mark.libreoffice
def test_a_trial_of_none_leaves_the_workbook_as_it_stands() -> None:
    """Its own numbers, recalculated; a trial before it leaves no trace."""
    assert listed(libreoffice.evaluate(LYING, [("Step", 1, 2)], [[100.0], None], ROW[:3])) == [
        [2.0, 100.0, 102.0],
        [2.0, 6.0, 8.0],
    ]


@pytest.mark.libreoffice
def test_a_number_over_a_formula_takes_its_place() -> None:
    """How the cause of an error is found: the reference's number in the cells before it."""
    assert listed(libreoffice.evaluate(LYING, [("Step", 1, 2)], [[100.0]], ROW[:3])) == [[2.0, 100.0, 102.0]]


ARRAY = book(
    {(1, 1): Cell(2.0), (2, 1): Cell(9.0, "A1*{1,2;3,4}"), (2, 2): Cell(9.0), (3, 1): Cell(9.0), (3, 2): Cell(9.0)},
    {(2, 1): (2, 2)},
)
CORNERS = [("Step", 2, 1), ("Step", 2, 2), ("Step", 3, 1), ("Step", 3, 2)]


@pytest.mark.libreoffice
def test_the_rest_of_an_array_stays_alive() -> None:
    """x · {1, 2; 3, 4} with 50 over its first cell, then with 50 over its last."""
    assert listed(libreoffice.evaluate(ARRAY, [("Step", 1, 1), CORNERS[0]], [[10.0, 50.0]], CORNERS)) == [
        [50.0, 20.0, 30.0, 40.0]
    ]
    assert listed(libreoffice.evaluate(ARRAY, [("Step", 1, 1), CORNERS[3]], [[10.0, 50.0]], CORNERS)) == [
        [10.0, 20.0, 30.0, 50.0]
    ]


def test_an_array_untouched_by_the_trials_stays_one() -> None:
    """Cached values go, formulas stay as they are."""
    ready = prepared(ARRAY, [("Step", 1, 1)])
    assert dict(ready.sheets[0].arrays) == {(2, 1): (2, 2)}
    assert [ready.sheets[0].cells[row, column].value for _, row, column in CORNERS] == [0.0, 0.0, 0.0, 0.0]
    assert ready.sheets[0].cells[2, 1].formula == "A1*{1,2;3,4}"


def test_an_array_wholly_overwritten_is_gone() -> None:
    """Four numbers over four cells leave four numbers."""
    full = with_numbers(prepared(ARRAY, CORNERS), CORNERS, [1.0, 2.0, 3.0, 4.0])
    assert dict(full.sheets[0].arrays) == {}
    assert [full.sheets[0].cells[row, column] for _, row, column in CORNERS] == [
        Cell(1.0),
        Cell(2.0),
        Cell(3.0),
        Cell(4.0),
    ]


def test_a_sheet_that_is_not_there_cannot_take_numbers() -> None:
    """A programming error of the caller, said plainly."""
    with pytest.raises(EngineError, match="no sheet 'Stepp'"):
        prepared(LYING, [("Stepp", 1, 1)])


@pytest.mark.libreoffice
def test_nothing_outside_the_folder_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own LibreOffice profile stays as it is."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    path = tmp_path / "lying.xlsx"
    save_workbook(replace(LYING, names=()), path)
    libreoffice.recalculate([path], tmp_path / "out")
    made = [path.relative_to(tmp_path).as_posix() for path in (tmp_path / "home").rglob("*")]
    assert [name for name in made if "libreoffice" in name] == []
