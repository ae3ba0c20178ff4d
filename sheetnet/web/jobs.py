"""Runs work side by side, from a queue that is bounded, and keeps each result for an hour under an address of its own."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from sheetnet.batch.schedule import cores
from sheetnet.errors import SheetnetError

MOST_WAITING = 100  # jobs; a class that hands in at once is 30
KEPT_SECONDS = 3_600.0
MOST_RESULTS, MOST_BYTES_KEPT = 1_000, 4_000_000_000  # at once; a usual one takes 0.1 MB
FOLDER = "sheetnet-web-"  # how the folders of results begin
NAME_BYTES = 18  # of a result's address: nobody guesses 144 bits


class BusyError(SheetnetError):
    """More is asked for than can be done soon: whoever asks should come back later."""


@dataclass
class Job:
    """Work that waits, runs or is done: then it has an `outcome`, or an `error` in one line."""

    place: int = 0
    outcome: Any = None
    error: str | None = None
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float) -> bool:
        """Whether it is done, after so many seconds at most."""
        try:
            async with asyncio.timeout(seconds):
                await self.finished.wait()
        except TimeoutError:
            return False
        return True


class JobQueue:
    """As many threads as jobs run at once; the rest waits in the order in which it came."""

    def __init__(self, at_once: int | None = None, most_waiting: int = MOST_WAITING) -> None:
        self._threads = ThreadPoolExecutor(at_once or cores(), "sheetnet-web")
        self._most, self._open, self._coming = most_waiting, 0, 0
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """What is sent within the block has a place in the queue. Raises BusyError where no more may wait."""
        if self._open + self._coming >= self._most:
            raise BusyError("many files are waiting", remedy="try again in a minute")
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1

    def put(self, work: Callable[[], Any]) -> Job:
        """Have work done in its turn. Its SheetnetError becomes the job's error."""
        job = Job(place=self._open)
        self._open += 1
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._run(job, loop.run_in_executor(self._threads, work)))
        self._tasks.add(task)  # the loop itself holds it but loosely
        task.add_done_callback(self._tasks.discard)
        return job

    async def _run(self, job: Job, future: asyncio.Future[Any]) -> None:
        try:
            job.outcome = await future
        except SheetnetError as error:
            job.error = str(error)
        finally:
            self._open -= 1
            job.finished.set()

    def close(self) -> None:
        """Begin nothing any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@dataclass
class KeptResult:
    """A job of the open page: its address, its folder, and what the page calls it."""

    address: str
    folder: Path
    kind: str
    name: str
    job: Job
    made: float = field(default_factory=time.monotonic)

    def size(self) -> int:
        """The bytes that it takes."""
        size = 0
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):  # what was sent goes when it was read
                size += path.stat().st_size
        return size

    def file(self, name: str) -> Path | None:
        """One of the files that may be downloaded, by a name that was made here."""
        known = self.job.outcome.get("files", ()) if isinstance(self.job.outcome, dict) else ()
        path = self.folder / Path(name).name
        return path if name in known and path.is_file() and not path.is_symlink() else None


class Results:
    """The results of the open page, in a folder that goes with this process. What an earlier one left goes, too."""

    def __init__(self, seconds: float = KEPT_SECONDS) -> None:
        self._seconds, self._kept = seconds, dict[str, KeptResult]()
        _remove_left_over()
        self.root = Path(tempfile.mkdtemp(prefix=FOLDER))
        self._lock = hold_lock(self.root / "lock")

    @contextmanager
    def new_folder(self) -> Iterator[Path]:
        """An empty folder, readable by this user alone, which goes where the block fails. Raises BusyError."""
        self.sweep()
        if len(self._kept) >= MOST_RESULTS or sum(kept.size() for kept in self._kept.values()) > MOST_BYTES_KEPT:
            raise BusyError("too many results are kept", remedy="try again in a while")
        folder = Path(tempfile.mkdtemp(dir=self.root))
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def keep(self, folder: Path, kind: str, name: str, job: Job) -> KeptResult:
        """Keep a result under a new address."""
        kept = KeptResult(secrets.token_urlsafe(NAME_BYTES), folder, kind, name, job)
        self._kept[kept.address] = kept
        return kept

    def get(self, address: str) -> KeptResult | None:
        """The result, unless it is gone."""
        self.sweep()
        return self._kept.get(address)

    def sweep(self) -> None:
        """Remove what is old."""
        until = time.monotonic() - self._seconds
        for kept in [each for each in self._kept.values() if each.made <= until and each.job.finished.is_set()]:
            del self._kept[kept.address]
            shutil.rmtree(kept.folder, ignore_errors=True)

    def close(self) -> None:
        """Remove all."""
        shutil.rmtree(self.root, ignore_errors=True)
        self._lock.close()


def hold_lock(path: Path) -> IO[bytes]:
    """A file, locked until it is closed or this process ends, where the system has such locks.

    Raises OSError where somebody else holds it.
    """
    stream = path.open("ab")
    try:
        import fcntl
    except ImportError:
        return stream
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise
    return stream


def _remove_left_over() -> None:
    """Results of a process that was killed: nobody holds their lock."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        try:
            if folder.is_symlink() or not (folder / "lock").exists():
                continue
            hold_lock(folder / "lock").close()
        except OSError:
            continue
        shutil.rmtree(folder, ignore_errors=True)
