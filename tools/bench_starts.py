"""How long commands take to start, against a bare Python, and how much a journal takes, each with its goal.

`make bench` runs it. Modules are compiled before: an installed package is.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sheetnet.batch.api import validate_many
from sheetnet.generate import write_workbook
from sheetnet.workbook_options import SHEETS, WorkbookOptions
from tools.bench import network_of
from tools.bench_report import Figure, show

ROUNDS = 15
CLASS = 1000  # files, whose journal is reckoned from one line
PYTHON = [sys.executable, "-c"]
COMMAND = [sys.executable, "-m", "sheetnet"]
# As a user's Python has it, whatever this one was told.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds_of(command: list[str]) -> float:
    """How long a whole process takes by the clock."""
    start = time.perf_counter()
    subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def ratio(ours: list[str], bare: list[str]) -> float:
    """The median ratio of two processes, one after the other, after one round to warm up."""
    seconds_of(ours), seconds_of(bare)
    return statistics.median(seconds_of(ours) / seconds_of(bare) for _ in range(ROUNDS))


def starts(folder: Path) -> list[Figure]:
    """Whole processes: one small file, and the version."""
    path = write_workbook(network_of((2, 2, 2)), folder / "small.xlsx", WorkbookOptions())
    one = ratio([*COMMAND, "validate", str(path)], [*PYTHON, "import numpy"])
    version = ratio([*COMMAND, "--version"], [*PYTHON, "pass"])
    return [
        Figure("validate one 2-2-2 file, whole process / import numpy", one, 2.7),
        Figure("--version / python -c pass", version, 2.5),
    ]


def journals(folder: Path) -> list[Figure]:
    """A line of a right workbook with all views, for a whole class."""
    path, jsonl = write_workbook("d02b", folder / "all.xlsx", WorkbookOptions(tuple(SHEETS))), folder / "all.jsonl"
    (result,) = validate_many([path], jsonl=jsonl)
    line = jsonl.read_bytes()
    assert result.ok
    assert json.loads(line)["report"]["cells"] == []
    return [Figure(f"journal of {CLASS:,} correct files with all views, MB", CLASS * len(line) / 1e6, 20)]


def figures() -> Iterator[Figure]:
    """Every figure."""
    with tempfile.TemporaryDirectory() as name:
        yield from starts(Path(name))
        yield from journals(Path(name))


if __name__ == "__main__":
    show(figures())
