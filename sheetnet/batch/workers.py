"""Warm worker processes, lent to whoever makes a call, so that they serve many. It knows no files and no networks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from sheetnet.batch.worker import NoWorkerError, Worker
from sheetnet.errors import StoppedError

_ATTEMPTS = 3  # a worker may end just when it is asked; what ends at once three times will do so forever


class Workers:
    """As many workers as calls are made at once, kept warm in between. Use it as a context, or `close` it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._closed = False

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def start(self, count: int) -> None:
        """Start workers ahead of the first call; returns at once."""
        started = [Worker() for _ in range(count)]
        with self._lock:
            self._idle += started

    def call(
        self, function: Callable[..., Any], arguments: tuple[Any, ...] = (), limits: Mapping[str, int] | None = None
    ) -> Any:
        """The value of a function, computed in a worker. It must be importable, its arguments and value picklable.

        Raises its own SheetnetError, and StoppedError where it took too long, too much memory, or crashed.
        """
        for _ in range(_ATTEMPTS):
            worker = self._borrowed()
            try:
                return worker.call(function, arguments, limits or {})
            except ConnectionError:
                continue
            finally:
                self._returned(worker)
        raise NoWorkerError(
            "worker processes end as they start: see that this Python can import sheetnet and its needs"
        )

    def _borrowed(self) -> Worker:
        with self._lock:
            if self._closed:
                raise StoppedError("was not begun: the batch was ended")
            while self._idle and not self._idle[-1].running:
                self._idle.pop().stop()  # it ended by itself, nobody having asked it for long
            worker = self._idle.pop() if self._idle else Worker()
            self._busy.add(worker)
            return worker

    def _returned(self, worker: Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
            if worker.alive and not self._closed:
                self._idle.append(worker)
                return
        worker.stop()

    def close(self) -> None:
        """End all workers, also those amid a call, which then raises StoppedError."""
        with self._lock:
            self._closed = True
            idle, busy = self._idle, list(self._busy)
            self._idle = []
        for worker in idle:
            worker.stop()
        for worker in busy:
            worker.kill()

    def _forget(self) -> None:
        """After a fork: the workers are the original process's."""
        for worker in (*self._idle, *self._busy):
            worker.forget()
        self._idle, self._busy = [], set()
        self._lock = threading.Lock()  # the old one may be held by a thread that is not here


_SHARED = Workers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SHARED._forget)


def isolated(function: Callable[..., Any], *arguments: Any, limits: Mapping[str, int] | None = None) -> Any:
    """`function(*arguments)` in a worker that this process keeps for such calls; see `Workers.call`.

    This is what runs inside the workers of a foreign executor: a crash costs our worker, never the executor's.
    """
    return _SHARED.call(function, arguments, limits)
