"""Runs in the worker process: one call after another under its limits, until the parent is gone.

`python -c "from sheetnet.batch.worker_main import serve_forever; serve_forever()" LIFELINE` starts it: a request on stdin
is a pickled (function, arguments, limits), the answers on stdout are STARTED and then a pickled `Reply`. LIFELINE is the
reading end of a pipe whose writing end only the parent holds. Pickles go with their length before them.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import select
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from sheetnet.errors import SheetnetError
from sheetnet.files.limits import Limits

STARTED = b"\x01"
LENGTH_BYTES = 8  # bytes of a length
IDLE_SECONDS = 60.0  # after which a worker that nobody asks ends by itself, as on a cluster that has other work
# What judging a usual file imports, also where it does so late: a worker has it before its first call.
WARM = ("sheetnet.judge", "sheetnet.engine.ironcalc", "sheetnet.files.xlsx.read", "numpy.random")
RETIRE_BYTES = 500_000_000  # of peak memory, after which a worker is replaced: Python seldom gives memory back


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a call: its value; or a SheetnetError; or, in words, what no call should end with."""

    value: Any = None
    error: SheetnetError | None = None
    failure: str | None = None
    out_of_memory: bool = False
    retiring: bool = False


@dataclass(frozen=True, slots=True)
class ByName:
    """A function that a process need not import to have it called in another: pickled, it becomes the function itself."""

    module: str
    name: str

    def __call__(self, *arguments: Any) -> Any:
        """The same where it is called in this process."""
        return _imported(self.module, self.name)(*arguments)

    def __reduce__(self) -> tuple[Callable[[str, str], Any], tuple[str, str]]:
        return _imported, (self.module, self.name)


def _imported(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


def serve_forever() -> None:
    """Serve until stdin ends. Whoever made the files, no other program is started for them that was not chosen."""
    requests, replies = begin_serving()
    from sheetnet.engine import only_the_chosen  # what starts a worker needs no engine

    for request in requests_in(requests, replies):
        function, arguments, allowed = pickle.loads(request)  # noqa: S301 - our own parent wrote it
        with CallAnswer() as answer, only_the_chosen():
            restrict(allowed)
            answer.value = function(*arguments)
        send_reply(replies, pickle.dumps(answer.reply, pickle.HIGHEST_PROTOCOL))
        if answer.reply.retiring:
            return


def begin_serving() -> tuple[IO[bytes], IO[bytes]]:
    """Make this process ready to serve: the streams of requests and replies, tied to its parent's life, all imported."""
    requests, replies = _private_streams()
    if os.name == "posix":
        _end_with_parent(int(sys.argv[1]))
    _no_core_dumps()
    _warm()
    return requests, replies


def requests_in(requests: IO[bytes], replies: IO[bytes]) -> Iterator[bytes]:
    """One request after another, each acknowledged, until the parent closes the pipe or is silent for long."""
    while _asked(requests):
        size = int.from_bytes(requests.read(LENGTH_BYTES))
        if not size:
            return
        request = requests.read(size)
        _send(replies, STARTED)
        yield request


def send_reply(replies: IO[bytes], message: bytes) -> None:
    """Send what became of a call."""
    _send(replies, len(message).to_bytes(LENGTH_BYTES) + message)


class CallAnswer:
    """One call: what it gives or raises, whatever that is, becomes the `reply`."""

    def __init__(self) -> None:
        self.value: Any = None
        self.reply = Reply()

    def __enter__(self) -> CallAnswer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if error is None or isinstance(error, SheetnetError):
            self.reply = Reply(self.value, error, retiring=_grown())
        elif isinstance(error, MemoryError):
            self.reply = Reply(out_of_memory=True, retiring=True)
        else:  # whatever a file causes is that file's result, never the worker's end
            self.reply = Reply(failure=_told(error), retiring=True)
        return True


def _private_streams() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes to the parent, taken away from stdin and stdout: what a library prints or reads goes nowhere."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    return requests, replies


def _send(replies: IO[bytes], message: bytes) -> None:
    replies.write(message)
    replies.flush()


def _end_with_parent(lifeline: int) -> None:
    """Let the kernel end this process when the parent's end of the pipe closes, even amid a call into an engine."""
    import fcntl
    import signal

    signal.signal(signal.SIGIO, signal.SIG_DFL)  # which ends the process
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, os.O_ASYNC | fcntl.fcntl(lifeline, fcntl.F_GETFL))
    if select.select([lifeline], [], [], 0)[0]:
        os._exit(1)  # it was gone before


def _no_core_dumps() -> None:
    if os.name == "posix":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _warm() -> None:
    """Import what judging needs, once, and keep the collector from looking at it, now and again and again."""
    gc.disable()
    for module in WARM:
        import_module(module)
    gc.freeze()
    gc.enable()


def _asked(requests: IO[bytes]) -> bool:
    """Wait for the next request; False after a long silence. (Windows cannot wait on a pipe: it waits in reading.)"""
    return os.name != "posix" or bool(select.select([requests], [], [], IDLE_SECONDS)[0])


def restrict(limits: Limits) -> None:
    """Memory and processor time for the next call; only the soft limits, so that each call can have its own."""
    if os.name != "posix":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    for kind, amount in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, spent + limits.cpu_time + 1),
    ):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (amount if hard == resource.RLIM_INFINITY else min(amount, hard), hard))


def _grown() -> bool:
    """Whether this process ever held so much memory that another is better for the next call."""
    return os.name == "posix" and _peak() > RETIRE_BYTES


def _peak() -> int:
    """The most memory that this process held, in bytes. On Linux `getrusage` counts what the parent held at the fork."""
    with contextlib.suppress(OSError), Path("/proc/self/status").open("rb") as status:
        for line in status:
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _told(error: BaseException) -> str:
    """An unexpected error with its place, in one line."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}{f' ({words})' if words else ''} at {os.path.basename(last.filename)}:{last.lineno}"  # noqa: PTH119
