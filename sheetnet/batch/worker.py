"""Talks to one worker process: a call, its answer, or why the process ended."""

from __future__ import annotations

import os
import pickle
import select
import time
from collections.abc import Callable
from typing import Any

from sheetnet.batch.worker_main import LENGTH_BYTES, STARTED, Reply
from sheetnet.batch.worker_process import WorkerProcess
from sheetnet.errors import LostError, StoppedError
from sheetnet.files.limits import Limits, amount

START_SECONDS = 60.0  # a start takes 0.4 on a quiet machine
_PIPE_BYTES = 4_096  # what POSIX promises to be written to a pipe as a whole (PIPE_BUF on Linux)
_FROM_OUTSIDE = ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT")  # signals that no file of itself can cause


def unpickled(message: bytes) -> Reply:
    """The reply of a process that runs our own code, see SECURITY.md."""
    reply = pickle.loads(message)  # noqa: S301
    assert isinstance(reply, Reply)
    return reply


class Worker:
    """Asks a process for one call at a time. After `alive` turns False it answers no more; `stop` it in any case.

    `decoded` makes a reply of the bytes that the process answers with.
    """

    def __init__(self, process: WorkerProcess | None = None, decoded: Callable[[bytes], Reply] = unpickled) -> None:
        self._process, self._decoded = process or WorkerProcess(), decoded
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
        return self.alive and self._process.running

    def _reply(self, until: float) -> Reply | None:
        size = self._receive(LENGTH_BYTES, until)
        message = self._receive(int.from_bytes(size), until) if size else None
        return None if message is None else self._decoded(message)

    def _send(self, message: bytes, until: float) -> bool:
        """Whether the message went out; no more is written at once than a pipe takes without waiting."""
        message = len(message).to_bytes(LENGTH_BYTES) + message
        try:
            for start in range(0, len(message), _PIPE_BYTES):
                if not self._ready(self._process.requests, writing=True, until=until):
                    return False
                os.write(self._process.requests, message[start : start + _PIPE_BYTES])
        except OSError:  # it has ended, or was let go
            return False
        return True

    def _receive(self, size: int, until: float) -> bytes | None:
        """So many bytes; None where the worker ended, or was ended since it is too late."""
        parts = []
        try:
            while size:
                if not self._ready(self._process.replies, writing=False, until=until):
                    return None
                part = os.read(self._process.replies, min(size, 1 << 20))
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
        self._process.kill()

    def _cause_of_death(self, limits: Limits) -> StoppedError:
        self.stop()
        name = self._process.ended_by
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
        self._process.stop()

    def forget(self) -> None:
        """In a forked copy of this process: the worker belongs to the original, only our ends of its pipes are closed."""
        self.alive = False
        self._process.forget()


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
