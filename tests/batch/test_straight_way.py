"""How deep the calls within the project go from `sheetnet validate` to the opened file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from typer.testing import CliRunner

from sheetnet.batch import schedule
from sheetnet.batch.worker import Worker
from sheetnet.cli.commands import command_line
from sheetnet.errors import FileError
from sheetnet.files import package
from tests.support.paths import ROOT

MOST_HAND_OVERS = 8  # from one function of the project to the next, the command first, the one that opens the file last
SIGN = " calls "


def stack() -> list[str]:
    """The functions of the project that are running in this thread, the outermost first; its entry points left out."""
    found: list[str] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT / "sheetnet") and path.name not in ("main.py", "options.py"):
            found.append(f"{path.stem}.{frame.f_code.co_name}")
        frame = frame.f_back
    return found[::-1]


def open_nothing(*_asked: object) -> None:
    """Instead of opening a file: an error that says who asked for it."""
    raise FileError(SIGN.join([*stack(), "package.open_package"]))


def change_worker() -> None:
    """What the worker runs first, so that the next call tells its stack."""
    package.open_package = open_nothing  # type: ignore[assignment]


def noting(stacks: list[list[str]], function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, its first caller's stack noted."""

    def noted(*args: Any, **kwargs: Any) -> Any:
        if not stacks:
            stacks.append(stack())
        return function(*args, **kwargs)

    return noted


def test_the_way_from_the_command_to_the_file_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Along the three stacks: the command's, that of the thread which asks the worker, and the worker's own."""
    commands: list[list[str]] = []
    threads: list[list[str]] = []
    with schedule.Workers() as workers:
        workers.call(change_worker)
        monkeypatch.setattr("sheetnet.cli.validate_output.Workers", lambda _first: workers)
        monkeypatch.setattr(ThreadPoolExecutor, "submit", noting(commands, ThreadPoolExecutor.submit))
        monkeypatch.setattr(Worker, "_send", noting(threads, Worker._send))
        told = CliRunner().invoke(command_line, ["validate", str(ROOT / "generated" / "d02b.xlsx")]).stderr
    worker = told.rpartition(": ")[2].strip().split(SIGN)
    way = [*commands[0], *threads[0], *worker]
    assert way[0] == "commands.validate_command"
    assert way[-1] == "package.open_package"
    assert len(way) - 1 <= MOST_HAND_OVERS, way
