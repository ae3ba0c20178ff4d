"""What stands where a workbook is expected, and is none: links, folders, pipes, devices, pieces of files."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sheetnet.batch.api import validate_many
from sheetnet.batch.schedule import Workers
from tests.support.figures import record
from tests.support.hostile import CASES, OUTCOMES, Case, Trap
from tests.support.hostile.build import lesson
from tests.support.paths import ROOT
from tests.support.refusals import LIMITS, assert_refusal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links, pipes and devices of POSIX")
Make = Callable[[Path], object]


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(path.parent)  # its path may have 100 characters at most
        try:
            listener.bind(path.name)
        finally:
            os.chdir(here)


def _unreadable(path: Path) -> None:
    path.write_bytes(lesson("xlsx"))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("needs a user who may not read every file: this one is root")


PLACES: dict[str, tuple[Make, str]] = {
    "a link to /etc/passwd": (lambda path: path.symlink_to("/etc/passwd"), "plain text"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "cannot be opened"),
    "a link to nothing": (lambda path: path.symlink_to("gone"), "no such file"),
    "a link to a folder": (lambda path: path.symlink_to("/"), "is a folder"),
    "a link to /dev/zero": (lambda path: path.symlink_to("/dev/zero"), "no regular file"),
    "a link to a terminal": (lambda path: path.symlink_to("/dev/tty"), ""),
    "a link to its own process": (lambda path: path.symlink_to("/proc/self/environ"), ""),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "a pipe": (lambda path: os.mkfifo(path), "no regular file"),
    "a socket": (_socket, "no regular file"),
    "nothing": (lambda path: None, "no such file"),
    "a file without permission": (_unreadable, "cannot be opened"),
}


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
@pytest.mark.parametrize("name", PLACES)
def test_what_is_no_file_is_refused_at_once(name: str, suffix: str, workers: Workers, tmp_path: Path) -> None:
    """A pipe that nobody writes to would be waited for, an endless device read for ever."""
    make, said = PLACES[name]
    path = tmp_path / f"strange.{suffix}"
    make(path)
    started = time.monotonic()
    (result,) = validate_many([path], workers=workers, limits={"time": 20})
    assert time.monotonic() - started < 20
    assert result.error is not None
    assert_refusal(result.error, path)
    assert said in result.error


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_file_cut_anywhere_is_refused(
    suffix: str, workers: Workers, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """At every 1,000th byte, and one byte from its end: a zip file's directory stands last."""
    whole = lesson(suffix)
    lengths = [*range(0, len(whole), 1_000), len(whole) - 1]
    paths = [tmp_path / f"{length}.{suffix}" for length in lengths]
    for path, length in zip(paths, lengths, strict=True):
        path.write_bytes(whole[:length])
    results = list(validate_many(paths, workers=workers, limits=LIMITS))
    for path, result in zip(paths, results, strict=True):
        assert result.error is not None, path
        assert_refusal(result.error, path)
    record(record_property, f"cut: {len(paths)} lengths of a .{suffix} file, all refused")


def test_a_device_that_never_ends_is_refused(workers: Workers) -> None:
    """By its own path, too."""
    for path in (Path("/dev/zero"), Path("/dev/null"), Path("/dev/stdin")):
        (result,) = validate_many([path], workers=workers, limits={"time": 20})
        assert result.error is not None
        assert_refusal(result.error, path)


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.slow][7::75], ids=lambda case: f"{case.suffix}-{case.name}"
)
def test_the_command_line_says_the_same(case: Case, tmp_path: Path) -> None:
    """Exit code 2 and one line on stderr; or a report, and nothing on stderr."""
    path = tmp_path / f"strange.{case.suffix}"
    path.write_bytes(case.make(Trap("http://127.0.0.1:9", tmp_path / "secret")))
    command = [sys.executable, "-m", "sheetnet", "validate", path.name]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    status = {0: "correct", 1: "incorrect", 2: "unreadable"}[done.returncode]
    assert status in OUTCOMES[case.wanted], done.stderr
    if status == "unreadable":
        assert_refusal(done.stderr.removesuffix("\n").removeprefix("sheetnet: "), Path(path.name))
        assert done.stdout == ""
    else:
        assert done.stderr == ""
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
