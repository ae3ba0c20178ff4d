"""The processes that read strangers' files have nothing but those, no network and no programs, and answer in data."""

from __future__ import annotations

import json
import os
import pickle
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sheetnet.batch.schedule import Workers
from sheetnet.errors import FileError, StoppedError
from sheetnet.files.limits import Limits
from sheetnet.web.tasks import judge_upload
from sheetnet.web.worker import confined_call, data_reply, in_a_browser, web_workers
from tests.support import web_calls

pytestmark = pytest.mark.linux
LIMITS = Limits(time=30)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with web_workers() as lent:
        yield lent


def call(workers: Workers, function: Callable[..., Any], *arguments: Any, folder: Path | None = None) -> Any:
    """A call that may read and write one folder, or nothing."""
    return confined_call(workers, function, arguments, LIMITS, [], [] if folder is None else [str(folder)])


@pytest.mark.landlock
def test_nothing_is_in_reach(workers: Workers, tmp_path: Path) -> None:
    """No file, no folder, no other program, no process, and no address, not even of this machine."""
    secret = tmp_path / "secret"
    secret.write_text("not for you")
    with socket.create_server(("127.0.0.1", 0)) as server:
        attempts: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
            (web_calls.read, (str(secret),)),
            (web_calls.read, ("/etc/passwd",)),
            (web_calls.read, (f"/proc/{os.getpid()}/environ",)),
            (web_calls.listed, (str(tmp_path),)),
            (web_calls.write, (str(tmp_path / "new"),)),
            (web_calls.connect, (server.getsockname()[1],)),
            (web_calls.run, ("/bin/true",)),
            (web_calls.fork, ()),
            (web_calls.hit, (os.getpid(),)),
        ]
        for function, arguments in attempts:
            with pytest.raises(StoppedError, match="PermissionError"):
                call(workers, function, *arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


@pytest.mark.landlock
def test_its_own_folder_is_left_to_it_and_nothing_beside(workers: Workers, tmp_path: Path) -> None:
    """Files there can be written and read; what leads elsewhere can be neither made nor followed."""
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    (other / "secret").write_text("not for you")
    (own / "link").symlink_to(other / "secret")
    assert call(workers, web_calls.write, str(own / "new"), folder=own) == 4
    assert call(workers, web_calls.read, str(own / "new"), folder=own) == "mine"
    for function, arguments in (
        (web_calls.read, (str(own / "link"),)),
        (web_calls.write, (str(own / ".." / "other" / "new"),)),
        (web_calls.linked, (str(own / "door"), "/etc/passwd")),
    ):
        with pytest.raises(StoppedError, match="PermissionError"):
            call(workers, function, *arguments, folder=own)


def test_nothing_of_one_file_meets_the_next(workers: Workers) -> None:
    """Each call has a process of its own."""
    assert [call(workers, web_calls.remember, "mine") for _ in range(3)] == ["nothing"] * 3


def test_whatever_a_file_does_is_its_own_end(workers: Workers) -> None:
    """Crashes, endless loops and memory end that call with its reason; the next is answered."""
    for function, arguments, said in (
        (web_calls.die, (11,), "SIGSEGV"),
        (web_calls.die, (6,), "memory, or broke the engine"),
        (web_calls.fill, (), "memory"),
        (web_calls.objects, (), "ended without an answer"),
    ):
        with pytest.raises(StoppedError, match=said):
            call(workers, function, *arguments)
    with pytest.raises(StoppedError, match="over 1 seconds"):
        confined_call(workers, web_calls.spin, (), Limits(time=1), [], [])
    assert call(workers, len, "still here") == 10


def test_an_answer_is_data_or_nothing() -> None:
    """Pickles and half answers are failures; words of an error stay words."""
    for message in (pickle.dumps({"value": 1}), b"", b"[]", b"{}", b"[" * 100_000, b'{"value": 1, "error": null}'):
        assert data_reply(message).failure == "its process answered what is no answer"
    whole = {"value": {"a": [1.5, None]}, "error": None, "failure": None, "out_of_memory": False, "retiring": False}
    assert data_reply(json.dumps(whole).encode()).value == {"a": [1.5, None]}
    assert isinstance(data_reply(json.dumps({**whole, "error": "is broken"}).encode()).error, FileError)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("unpacks to more than 200 MB (--limit total_size=…): split it", "unpacks to more than 200 MB: split it"),
        ("took long: simplify it, or allow more with --limit time=…", "took long: simplify it"),
        ("has no sheet _sheetnet: give --network", "has no sheet _sheetnet: say which network it should compute"),
        ("is 2-1: give the right one by --network", "is 2-1: say which network it should compute"),
        ("IronCalc cannot compute X: try --engine libreoffice", "IronCalc cannot compute X"),
        ("the formula −−F2 is wrong", "the formula −−F2 is wrong"),
    ],
)
def test_a_browser_is_told_of_no_options(words: str, shown: str) -> None:
    """What the command line would say of them is left out, or said in another way."""
    assert in_a_browser(words) == shown


def test_errors_name_no_path_of_ours(workers: Workers, tmp_path: Path) -> None:
    """What a browser is told begins with what is wrong."""
    path = tmp_path / "workbook.xlsx"
    path.write_text("a,b\n1,2\n")
    arguments = (str(path), "mine.xlsx", None, str(tmp_path / "marked.xlsx"), LIMITS)
    with pytest.raises(FileError) as told:
        confined_call(workers, judge_upload, arguments, LIMITS, [str(path)], [str(tmp_path)])
    assert str(tmp_path) not in str(told.value)
    assert str(told.value).startswith("is plain text")
