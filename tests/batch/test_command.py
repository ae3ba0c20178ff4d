"""The command for many files: killed and resumed, interrupted, its streams closed, the disk full."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.homework import lines_of
from tests.support.paths import ROOT


def sheetnet(*args: str | Path) -> list[str]:
    return [sys.executable, "-m", "sheetnet", *map(str, args)]


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.posix
def test_a_batch_killed_half_way_is_resumed_without_loss(right: Path, homework: list[Path], tmp_path: Path) -> None:
    """SIGKILL to the command itself: the lines that were written stand, the others are judged, none twice."""
    jsonl, paths = tmp_path / "results.jsonl", [tmp_path / f"s{number:03}.xlsx" for number in range(120)]
    for number, path in enumerate(paths):
        shutil.copy(homework[2] if number % 20 == 7 else right, path)
    command = sheetnet("validate", *paths, "--jsonl", jsonl)
    first = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not jsonl.exists() or jsonl.read_bytes().count(b"\n") < 20:
        assert first.poll() is None
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = jsonl.read_bytes()
    before = before[: before.rfind(b"\n") + 1]
    assert 20 <= before.count(b"\n") < 120
    done = subprocess.run([*command, "--resume"], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert jsonl.read_bytes().startswith(before)
    assert sorted(line["workbook"] for line in lines_of(jsonl)) == [str(path) for path in paths]
    assert done.stdout.endswith("120 workbooks: 114 correct, 6 unreadable\n")
    assert done.stdout.count("✓") == 114
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == [str(p) for p in paths[7::20]]


@pytest.mark.posix
def test_a_batch_that_is_interrupted_says_how_to_go_on(right: Path, tmp_path: Path) -> None:
    """Ctrl-C is one line and exit code 130, and no worker stays behind."""
    paths = []
    for number in range(900):  # so many that none is through them before it is interrupted
        paths.append(tmp_path / f"{number}.xlsx")
        os.link(right, paths[-1])
    jsonl = tmp_path / "results.jsonl"
    command = sheetnet("validate", *paths, "--jsonl", jsonl)
    process = subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )  # fmt: skip
    while not jsonl.exists() or not jsonl.read_bytes():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    (line,) = err.splitlines()
    assert line.startswith("sheetnet: interrupted after ")
    assert line.endswith(" of 900 workbooks: go on with --resume")


def in_shell(words: str, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """The command, run by the shell with `words` around it, in which it is "$@"."""
    return subprocess.run(
        ["/bin/sh", "-c", words, "sh", *command], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_cost_nothing(right: Path, tmp_path: Path, closed: str) -> None:
    """As some schedulers close them: pipes to workers must not get their numbers, and what is printed goes nowhere."""
    done = in_shell(f'"$@" {closed}', *sheetnet("validate", right, "--json", tmp_path / "report.json"))
    assert (done.returncode, done.stderr) == (0, "")
    assert (done.stdout != "") == (">&-" not in closed.replace("2>&-", ""))
    assert json.loads((tmp_path / "report.json").read_text())["summary"]["ok"] is True


@pytest.mark.skipif(os.name != "posix", reason="needs a system where folders in use can be removed")
def test_a_current_folder_that_is_gone_costs_nothing(right: Path, tmp_path: Path) -> None:
    """The workbook's path is a whole one."""
    (tmp_path / "gone").mkdir()
    done = in_shell(f'cd {tmp_path}/gone && rmdir ../gone && "$@"', *sheetnet("validate", right))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [["--json", "-"], []])
def test_a_full_output_is_one_line(right: Path, arguments: list[str]) -> None:
    """Exit code 2, no traceback, neither from the command nor from Python's own end."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, a device that is always full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            sheetnet("validate", right, *arguments),
            env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["sheetnet: output: No space left on device: free the disk, or write elsewhere"]


def test_files_on_a_full_disk_are_one_line_and_devices_stay(right: Path) -> None:
    """A device is written to, never replaced by a file."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, a device that is always full")
    for option in ("--json", "--html", "--jsonl"):
        command = sheetnet("validate", right, option, "/dev/full")
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert line.startswith("sheetnet: /dev/full: cannot be written (No space left on device)")
    assert Path("/dev/full").is_char_device()


@pytest.mark.slow
def test_a_class_of_two_thousand_loses_nothing() -> None:
    """Good files judged, broken ones named, killed half-way and resumed, memory flat; the script says so."""
    script = [sys.executable, "-m", "tools.batch", "--count", "2000"]
    done = subprocess.run(script, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2,000 files: {'correct': 1900, 'unreadable': 100}" in done.stdout
