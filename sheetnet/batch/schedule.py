"""Runs calls side by side and in order, on a pool of worker processes or on any executor."""

from __future__ import annotations

import os
import pickle
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from queue import SimpleQueue
from typing import Any

from sheetnet.batch.worker import Worker
from sheetnet.batch.worker_process import NoWorkerError, WorkerProcess
from sheetnet.errors import LostError, SheetnetError, StoppedError
from sheetnet.files.limits import DEFAULT_LIMITS, Limits

_ATTEMPTS = 3  # a worker may end just when it is asked; what ends at once three times will do so forever


class Workers:
    """As many workers as calls are made at once, kept warm in between. Use it as a context, or `close` it.

    `first` is a process that was started before; `make` starts the others.
    """

    def __init__(self, first: WorkerProcess | None = None, make: Callable[[], Worker] = Worker) -> None:
        self._lock, self._make = threading.Lock(), make
        self._idle: list[Worker] = [] if first is None else [Worker(first)]
        self._busy: set[Worker] = set()
        self._closed = False

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def start(self, count: int) -> None:
        """Start workers ahead of the first call; returns at once."""
        started = [self._make() for _ in range(count)]
        with self._lock:
            self._idle += started

    def call(
        self, function: Callable[..., Any], arguments: tuple[Any, ...] = (), limits: Limits = DEFAULT_LIMITS
    ) -> Any:
        """The value of a function, computed in a worker. It must be importable, its arguments and value picklable.

        Raises its own SheetnetError, and StoppedError where it took too long, too much memory, or crashed.
        """
        for _ in range(_ATTEMPTS):
            worker = self._borrowed()
            try:
                return worker.call(function, arguments, limits)
            except ConnectionError:
                continue
            finally:
                self._returned(worker)
        raise NoWorkerError(
            "worker processes end as they start", remedy="see that this Python can import sheetnet and its needs"
        )

    def _borrowed(self) -> Worker:
        with self._lock:
            if self._closed:
                raise StoppedError("was not begun: the batch was ended")
            while self._idle and not self._idle[-1].running:
                self._idle.pop().stop()  # it ended by itself, nobody having asked it for long
            worker = self._idle.pop() if self._idle else self._make()
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


def isolated(function: Callable[..., Any], *arguments: Any, limits: Limits = DEFAULT_LIMITS) -> Any:
    """`function(*arguments)` in a worker that this process keeps for such calls; see `Workers.call`.

    This is what runs inside the workers of a foreign executor: a crash costs our worker, never the executor's.
    """
    return _SHARED.call(function, arguments, limits)


AHEAD = 1_000  # calls that may be done before one that still runs: results wait for their turn, and memory is bounded
PACKED = 50  # from so many that wait they are packed: a report of 3,000 cells takes 1.3 MB, packed 0.06
WorkerCall = tuple[Any, ...]
Outcome = Any  # a call's value, or the SheetnetError that it ended with
Submit = Callable[[Callable[..., Any], WorkerCall], "Future[Outcome]"]


@dataclass(frozen=True)
class Ready:
    """Something that needs no call any more."""

    value: Any


@contextmanager
def runner(
    executor: Executor | None, jobs: int | None, count: int, limits: Limits, own: Workers | None = None
) -> Iterator[Submit]:
    """A function that submits a call: to the executor, or to `jobs` workers of our own (None: one per core).

    Workers of our own end with the block, at once where it ends by an exception; `own` outlive it.
    """
    if executor is not None:
        yield _submitting(executor, _attempt, limits)
        return
    workers = own or Workers()
    pool = ThreadPoolExecutor(max(1, min(jobs or cores(), count)), "sheetnet")
    try:
        yield _submitting(pool, workers.call, limits)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        workers.close()  # whoever still waits for an answer waits no longer
        raise
    finally:
        pool.shutdown()
        if own is None:
            workers.close()


def _submitting(executor: Executor, attempt: Callable[..., Outcome], limits: Limits) -> Submit:
    submit: Any = executor.submit
    return partial(submit, attempt, limits=limits)


def cores() -> int:
    """How many processes this one may run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _attempt(function: Callable[..., Any], call: WorkerCall, limits: Limits) -> Outcome:
    """What a foreign executor runs: the call in a guarded process. What a file causes is a value, never an exception."""
    try:
        return isolated(function, *call, limits=limits)
    except NoWorkerError:
        raise
    except SheetnetError as error:
        return error


def in_order(
    submit: Submit,
    function: Callable[..., Any],
    calls: Iterable[WorkerCall | Ready],
    result: Callable[[int, Outcome], Any],
) -> Iterator[Any]:
    """For each call, in order, what `result(number, outcome)` makes of it, which is asked as soon as it is done.

    Raises NoWorkerError; where the executor itself lost a call, its outcome is a LostError.
    """
    done: SimpleQueue[Future[Outcome]] = SimpleQueue()
    running: dict[Future[Outcome], int] = {}
    waiting, todo = _Waiting(), enumerate(calls)
    turn = begun = 0
    try:
        while True:
            for number, call in islice(todo, AHEAD - (begun - turn)):
                begun = number + 1
                if isinstance(call, Ready):
                    waiting.put(number, call.value)
                else:
                    running[future := submit(function, call)] = number
                    future.add_done_callback(done.put)
            if turn in waiting:
                yield waiting.pop(turn)
                turn += 1
            elif running:
                future = done.get()
                number = running.pop(future)
                waiting.put(number, result(number, _outcome(future)))
            else:
                return
    finally:
        for future in running:
            future.cancel()


class _Waiting:
    """Results by number, which wait for their turn."""

    def __init__(self) -> None:
        self._values: dict[int, Any] = {}
        self._packed: dict[int, bytes] = {}

    def __contains__(self, number: int) -> bool:
        return number in self._values or number in self._packed

    def put(self, number: int, value: Any) -> None:
        if len(self._values) < PACKED:
            self._values[number] = value
        else:
            self._packed[number] = zlib.compress(pickle.dumps(value, pickle.HIGHEST_PROTOCOL), 1)

    def pop(self, number: int) -> Any:
        if number in self._values:
            return self._values.pop(number)
        return pickle.loads(zlib.decompress(self._packed.pop(number)))  # noqa: S301 - packed by `put`


def _outcome(future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except NoWorkerError:
        raise
    except SheetnetError as error:
        return error
    except Exception as error:  # noqa: BLE001 - an executor may fail in ways of its own
        return LostError(
            f"was lost by the executor ({type(error).__name__}: {error})", remedy="try it again with --resume"
        )
