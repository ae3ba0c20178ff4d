"""Talks to one worker process: a call, its answer, or why the process ended."""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sheetnet.batch.worker_main import LENGTH_BYTES, STARTED, Reply
from sheetnet.errors import EngineError, LostError, StoppedError
from sheetnet.files.limits import Limits, amount

START_SECONDS = 60.0  # a start takes 0.4 on a quiet machine
_PIPE_BYTES = 4_096  # what POSIX promises to be written to a pipe as a whole (PIPE_BUF on Linux)
_FROM_OUTSIDE = ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT")  # signals that no file of itself can cause
_LAST_STANDARD = 2  # the number of stderr
_ROOT = Path(__file__).parent.parent.parent
_START = "import sys; sys.path[:] = sys.argv[2:]; from sheetnet.batch.worker_main import serve_forever; serve_forever()"


class NoWorkerError(EngineError):
    """No worker process can be started: nothing can be judged, whatever the file."""


class Worker:
    """A process that runs one call at a time. After `alive` turns False it answers no more; `stop` it in any case."""

    def __init__(self) -> None:
        lifeline, self._held = _pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, str(lifeline) if os.name == "posix" else "-1", *_module_paths()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                pass_fds=(lifeline,) if os.name == "posix" else (),
                bufsize=0,
                start_new_session=True,  # Ctrl-C is for us; and a group of its own can be killed as a whole
            )
        except OSError as error:
            os.close(self._held)
            raise NoWorkerError(
                f"no worker process can be started ({error.strerror})", remedy="close other programs"
            ) from error
        finally:
            os.close(lifeline)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._replies = self._process.stdin.fileno(), self._process.stdout.fileno()
        self.alive = True
        self._late = False
        self._answered = False

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...], limits: Limits) -> Any:
        """The function's value, computed under the limits.

        Raises the function's own SheetnetError, StoppedError where the call had to be ended or ended the worker, and
        ConnectionError where the worker was gone before it began.
        """
        message = pickle.dumps((function, arguments, limits), pickle.HIGHEST_PROTOCOL)
        until = time.monotonic() + limits.time + (0 if self._answered else START_SECONDS)
        if not self._send(message, until) or self._receive(len(STARTED), until) != STARTED:
            self.stop()
            raise ConnectionError("the worker was gone")
        self._answered = True
        reply = self._reply(time.monotonic() + limits.time)
        if reply is None or reply.retiring:
            self.alive = False
        if reply is None:
            raise self._cause_of_death(limits)
        return _value(reply, limits)

    @property
    def running(self) -> bool:
        """Whether the process is there, as far as one can know."""
        return self.alive and self._process.poll() is None

    def _reply(self, until: float) -> Reply | None:
        size = self._receive(LENGTH_BYTES, until)
        message = self._receive(int.from_bytes(size), until) if size else None
        if message is None:
            return None
        reply = pickle.loads(message)  # noqa: S301 - our own code wrote it, see SECURITY.md
        assert isinstance(reply, Reply)
        return reply

    def _send(self, message: bytes, until: float) -> bool:
        """Whether the message went out; no more is written at once than a pipe takes without waiting."""
        message = len(message).to_bytes(LENGTH_BYTES) + message
        try:
            for start in range(0, len(message), _PIPE_BYTES):
                if not self._ready(self._requests, writing=True, until=until):
                    return False
                os.write(self._requests, message[start : start + _PIPE_BYTES])
        except OSError:  # it has ended, or was let go
            return False
        return True

    def _receive(self, size: int, until: float) -> bytes | None:
        """So many bytes; None where the worker ended, or was ended since it is too late."""
        parts = []
        try:
            while size:
                if not self._ready(self._replies, writing=False, until=until):
                    return None
                part = os.read(self._replies, min(size, 1 << 20))
                if not part:
                    return None
                parts.append(part)
                size -= len(part)
        except OSError:
            return None
        return b"".join(parts)

    def _ready(self, pipe: int, writing: bool, until: float) -> bool:
        """Wait for a pipe. (Windows cannot wait on one: there no time limit holds.)"""
        if not hasattr(select, "poll"):
            return True
        poll = select.poll()
        poll.register(pipe, select.POLLOUT if writing else select.POLLIN)
        if poll.poll(max(0.0, until - time.monotonic()) * 1000):
            return True
        self._late = True
        self.kill()
        return False

    def kill(self) -> None:
        """End the process and what it started."""
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def _cause_of_death(self, limits: Limits) -> StoppedError:
        self.stop()
        code = self._process.returncode
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        if name in _FROM_OUTSIDE and not self._late:
            return LostError(
                "was killed from outside, as when memory runs out", remedy="close other programs and try again"
            )
        if self._late:
            reason = f"took over {amount('time', limits.time)} and was stopped: {_simpler('time')}"
        elif name == "SIGXCPU":
            spent = f"took over {limits.cpu_time:,} seconds of the processor"
            reason = f"{spent} and was stopped: {_simpler('cpu_time')}"
        elif name == "SIGABRT":
            needed = amount("memory", limits.memory)
            reason = f"needs over {needed} of memory, or broke the engine: {_simpler('memory')}"
        else:
            reason = f"crashed the engine ({name}): simplify its formulas, or try --engine libreoffice"
        return StoppedError(reason)

    def stop(self) -> None:
        """End the process now, whatever it does, and let go of it. It may be called twice."""
        self.alive = False
        self.kill()
        self._process.wait()
        self._let_go()

    def forget(self) -> None:
        """In a forked copy of this process: the worker belongs to the original, only our ends of its pipes are closed."""
        self.alive = False
        self._process.returncode = 0
        self._let_go()

    def _let_go(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        if self._held >= 0:
            os.close(self._held)
        self._held = self._requests = self._replies = -1


def _value(reply: Reply, limits: Limits) -> Any:
    if reply.error is not None:
        raise reply.error
    if reply.out_of_memory:
        raise StoppedError(f"needs over {amount('memory', limits.memory)} of memory", remedy=_simpler("memory"))
    if reply.failure is not None:
        raise StoppedError(f"made sheetnet itself fail, please report it: {reply.failure}")
    return reply.value


def _simpler(limit: str) -> str:
    return f"simplify the workbook, or allow more with --limit {limit}=…"


def _module_paths() -> list[str]:
    """Where the worker finds modules: as here, but never in the current folder, where strangers' files may lie."""
    here = _real(os.curdir)
    others = [path for path in sys.path if path and _real(path) != here]
    return [str(_ROOT), *others]


def _real(path: str) -> str:
    """The path without links; an empty one where it leads into a current folder that somebody removed."""
    try:
        return os.path.realpath(path)
    except FileNotFoundError:
        return ""


def _pipe() -> tuple[int, int]:
    """A pipe beyond the standard streams: where those are closed, it would get their numbers, and Popen needs them."""
    ends = os.pipe()
    if os.name != "posix" or min(ends) > _LAST_STANDARD:
        return ends
    import fcntl

    try:
        read, write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _LAST_STANDARD + 1) for end in ends)
    finally:
        for end in ends:
            os.close(end)
    return read, write


def _environment() -> dict[str, str]:
    """One thread a worker: the batch is what runs side by side, and idle threads cost address space."""
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **single}
