"""Judges strangers' files: each in a process of its own, which is forked, confined, answers in JSON and ends.

The process that forks has imported everything and reads no file of a stranger, so nothing of one file outlives its answer.
Where a system cannot fork (Windows) the process itself answers, and is not asked again.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import re
import signal
from collections.abc import Callable, Iterable
from dataclasses import fields
from importlib import import_module
from typing import Any

from sheetnet.batch.schedule import Workers
from sheetnet.batch.worker import Worker
from sheetnet.batch.worker_main import CallAnswer, Reply, begin_serving, requests_in, restrict, send_reply
from sheetnet.batch.worker_process import WorkerProcess
from sheetnet.errors import FileError
from sheetnet.files.limits import Limits
from sheetnet.web.sandbox import confine, die_with_parent

LARGEST_REPLY = 64_000_000  # bytes; what d02b with all views gives is 2 MB
LARGEST_FILE = 100_000_000  # bytes of one that is written for a stranger's
WARM_FOR_THE_WEB = ("sheetnet.web.tasks", "sheetnet.identification")  # besides what every worker imports
# What errors and reports say of the command line, and what they say in a browser instead.
_OPTIONS = (
    (re.compile(r",? \(--limit [^)]*\)|,? or (?:allow more with )?--limit \S+"), ""),
    (re.compile(r"(?:: |, or )try --engine libreoffice|: ask for more --trials|, or take another --seed"), ""),
    (re.compile(r"give [^:;,]*--network\b"), "say which network it should compute"),
    (re.compile(r": say where the inputs stand with --inputs MAP.toml, as sheetnet infer --map writes it"), ""),
)


def web_workers() -> Workers:
    """Workers whose calls are those of `confined_call`, and whose answers are data and no pickles."""
    return Workers(make=lambda: Worker(WorkerProcess("sheetnet.web.worker:serve_by_children"), data_reply))


def confined_call(
    workers: Workers,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    limits: Limits,
    reads: Iterable[str],
    writes: Iterable[str],
) -> Any:
    """What a function gives, computed in a process that has no files but those. Its value must be plain data.

    Raises FileError for the function's own SheetnetError, StoppedError where it had to be ended or crashed.
    """
    return workers.call(_confined, (list(reads), list(writes), function, arguments), limits)


def _confined(reads: list[str], writes: list[str], function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    confine(reads, writes)
    return function(*arguments)


def data_reply(message: bytes) -> Reply:
    """The reply that JSON tells; whatever else the bytes are, a failure."""
    try:
        data = json.loads(message)
        if data["error"] is not None:
            return Reply(error=FileError(str(data["error"])))
        failure = None if data["failure"] is None else str(data["failure"])
        return Reply(data["value"], None, failure, bool(data["out_of_memory"]), bool(data["retiring"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return Reply(failure="its process answered what is no answer")


def in_a_browser(words: str) -> str:
    """Words without options, which nobody has there."""
    for option, instead in _OPTIONS:
        words = option.sub(instead, words)
    return words


def serve_by_children() -> None:
    """What the forking process runs."""
    requests, replies = begin_serving()
    for module in WARM_FOR_THE_WEB:
        import_module(module)
    for request in requests_in(requests, replies):
        send_reply(replies, _by_a_child(request) if hasattr(os, "fork") else _told(request, retiring=True))
        if not hasattr(os, "fork"):
            return


def _by_a_child(request: bytes) -> bytes:
    """The answer of a child, which has no pipe but the one to us; how it is ended, this process ends, too."""
    answers, end = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(request, end)
    os.close(end)
    with os.fdopen(answers, "rb") as stream:
        message = stream.read(LARGEST_REPLY + 1)
    if len(message) > LARGEST_REPLY:
        message = _encoded(Reply(failure="its answer is too long"))
    if not message:
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            os.kill(os.getpid(), os.WTERMSIG(status))
        return _encoded(Reply(failure="its process ended without an answer"))
    os.kill(child, signal.SIGKILL)  # it has said all
    os.waitpid(child, 0)
    return message


def _answer(request: bytes, end: int) -> None:
    """The child: whatever happens in it, it ends here."""
    with contextlib.suppress(BaseException):
        die_with_parent()
        os.dup2(end, 3)
        os.closerange(4, os.sysconf("SC_OPEN_MAX"))
        _bound_files()
        message = _told(request)
        while message:
            message = message[os.write(3, message) :]
    os._exit(0)


def _bound_files() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))


def _told(request: bytes, retiring: bool = False) -> bytes:
    from sheetnet.engine import only_the_chosen

    function, arguments, allowed = pickle.loads(request)  # noqa: S301 - our own parent wrote it
    with CallAnswer() as answer, only_the_chosen():
        restrict(allowed)
        answer.value = function(*arguments)
    return _encoded(answer.reply, retiring)


def _encoded(reply: Reply, retiring: bool = False) -> bytes:
    error = None if reply.error is None else str(reply.error)
    told = {
        "value": reply.value,
        "error": error,
        "failure": reply.failure,
        "out_of_memory": reply.out_of_memory,
        "retiring": retiring,
    }
    return json.dumps(told, default=_fields).encode()


def _fields(value: Any) -> dict[str, Any]:
    """A data class as JSON has it."""
    return {field.name: getattr(value, field.name) for field in fields(value)}
