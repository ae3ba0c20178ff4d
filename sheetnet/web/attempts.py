"""Keeps what a class hands in: each attempt as files that `sheetnet grade` reads, and beside them what became of it.

class/handed-in/submitted/ID/attempt-001/exercise.xlsx, timestamp.txt    what was handed in, and when
class/keep/handed-in.sqlite                                              an index of it, and the results

The files are the truth: an attempt is there as soon as its folder has been renamed into its place, whatever ends this
process then, and what the index lacks is entered and judged at the next start.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sheetnet.classroom import ClassFolder
from sheetnet.classroom.collect import TIMESTAMP
from sheetnet.classroom.folder import ATTEMPTS
from sheetnet.errors import FileError

TURNS_WITH_UNREADABLE = 3  # times the attempts that a student has may be handed in, those that cannot be read included
SUBMITTED, ATTEMPT, INCOMING = "submitted", "attempt-", ".incoming-"
SCHEMA = """
create table if not exists attempts (
    student text not null, number integer not null, received text not null, digest text not null, file text not null,
    level text, anothers integer, error text, page blob, found blob, marked blob,
    primary key (student, number), unique (student, digest)
)
"""
_COLUMNS = "student, number, received, digest, file, level, anothers, error"


@dataclass(frozen=True)
class HandedIn:
    """One attempt: its receipt, and once it is judged the `level` at which it is told, or why it cannot be judged."""

    student: str
    number: int
    received: datetime
    digest: str
    file: str
    level: str | None = None
    anothers: bool = False
    error: str | None = None

    @property
    def judged(self) -> bool:
        """Whether it is known what became of it."""
        return self.level is not None or self.error is not None


def attempts_left(attempts: Sequence[HandedIn], most: int) -> int:
    """How often a student may still hand in: what cannot be read is not counted, but nobody sends such things for ever."""
    counted = sum(attempt.error is None for attempt in attempts)
    return max(0, min(most - counted, TURNS_WITH_UNREADABLE * most - len(attempts)))


@dataclass
class Attempts:
    """All attempts of a class."""

    folder: ClassFolder
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        (self.folder.handed_in / SUBMITTED).mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._connected() as base:
            base.execute("pragma journal_mode = wal")
            base.execute(SCHEMA)

    def path(self, attempt: HandedIn) -> Path:
        """Where its file is."""
        return self._place(attempt.student, attempt.number) / attempt.file

    def of(self, student: str) -> list[HandedIn]:
        """Those of a student, the first first."""
        with self._connected() as base:
            rows = base.execute(f"select {_COLUMNS} from attempts where student = ? order by number", [student])  # noqa: S608
            return [_attempt(row) for row in rows]

    def everybodys(self) -> list[HandedIn]:
        """Those of all."""
        with self._connected() as base:
            rows = base.execute(f"select {_COLUMNS} from attempts order by received, student")  # noqa: S608
            return [_attempt(row) for row in rows]

    def get(self, student: str, number: int) -> HandedIn | None:
        """One of them."""
        return next((attempt for attempt in self.of(student) if attempt.number == number), None)

    @contextmanager
    def new_folder(self) -> Iterator[Path]:
        """Where a file is written before it is handed in; what is left there counts for nothing."""
        folder = Path(tempfile.mkdtemp(prefix=INCOMING, dir=self.folder.handed_in))
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def receive(self, student: str, path: Path, most: int) -> HandedIn:
        """Take in the file, alone in its new folder; the same file again is the attempt that it was.

        Raises FileError where the student has had `most` attempts.
        """
        digest, now = _digest(path), datetime.now(UTC)
        with self._lock:
            before = self.of(student)
            for attempt in before:
                if attempt.digest == digest:
                    shutil.rmtree(path.parent)
                    return attempt
            number = max((attempt.number for attempt in before), default=0) + 1
            if not attempts_left(before, most):
                shutil.rmtree(path.parent)
                raise FileError(f"you have handed in {most} times", remedy="ask your teacher")
            (path.parent / TIMESTAMP).write_text(now.isoformat(timespec="seconds") + "\n", "ascii")
            place = self._place(student, number)
            place.parent.mkdir(exist_ok=True)
            _flush(path, path.parent / TIMESTAMP, path.parent)
            path.parent.rename(place)
            _flush(place.parent)
            return self._enter(HandedIn(student, number, now, digest, path.name))

    def reconcile(self) -> list[HandedIn]:
        """Make the index tell what the files tell, after whatever happened; the attempts that are not judged yet."""
        for left in self.folder.handed_in.glob(f"{INCOMING}*"):
            shutil.rmtree(left, ignore_errors=True)
        there = {(attempt.student, attempt.number): attempt for attempt in self._on_disk()}
        known = {(attempt.student, attempt.number) for attempt in self.everybodys()}
        with self._connected() as base:
            base.executemany("delete from attempts where student = ? and number = ?", known - there.keys())
        for key in sorted(there.keys() - known):
            self._enter(there[key])
        return [attempt for attempt in self.everybodys() if not attempt.judged]

    def judge(
        self, attempt: HandedIn, level: str, anothers: bool, outcome: Mapping[str, Any], marked: bytes | None
    ) -> None:
        """Keep what became of an attempt: the `page` for its student, and what was `found`, for grading."""
        page, found = (zlib.compress(json.dumps(outcome[part]).encode()) for part in ("page", "found"))
        what = "level = ?, anothers = ?, page = ?, found = ?, marked = ?"
        self._update(attempt, what, level, int(anothers), page, found, marked)

    def refuse(self, attempt: HandedIn, error: str) -> None:
        """Keep why an attempt cannot be judged."""
        self._update(attempt, "error = ?", error)

    def page(self, student: str, digest: str) -> Any:
        """What a student's file looks like to its student; None where it is not judged."""
        data = self._part("page", student, digest)
        return None if data is None else unpacked_json(data)

    def findings(self) -> dict[tuple[str, str], tuple[str | None, bytes | None]]:
        """Of everybody's files, by student and digest: why each cannot be judged, or what was found, for `unpacked_json`."""
        with self._connected() as base:
            rows = base.execute("select student, digest, error, found from attempts order by number").fetchall()
        return {(student, digest): (error, found) for student, digest, error, found in rows}

    def marked(self, student: str, digest: str) -> bytes | None:
        """The marked copy of a student's file."""
        return self._part("marked", student, digest)

    def _part(self, part: str, student: str, digest: str) -> bytes | None:
        wanted = f"select {part} from attempts where student = ? and digest = ?"  # noqa: S608
        with self._connected() as base:
            row = base.execute(wanted, [student, digest]).fetchone()
        return None if row is None else row[0]

    def _update(self, attempt: HandedIn, what: str, *values: object) -> None:
        with self._connected() as base:
            base.execute(
                f"update attempts set {what} where student = ? and number = ? and digest = ?",  # noqa: S608
                [*values, attempt.student, attempt.number, attempt.digest],
            )

    def _enter(self, attempt: HandedIn) -> HandedIn:
        row = [attempt.student, attempt.number, attempt.received.isoformat(), attempt.digest, attempt.file]
        with self._connected() as base:
            base.execute(
                "insert or ignore into attempts (student, number, received, digest, file) values (?, ?, ?, ?, ?)", row
            )
        return attempt

    def _on_disk(self) -> Iterator[HandedIn]:
        students = {student.id for student in self.folder.students}
        for place in sorted((self.folder.handed_in / SUBMITTED).glob(f"*/{ATTEMPT}*")):
            files = [path for path in place.iterdir() if path.name != TIMESTAMP and path.is_file()]
            number = place.name.removeprefix(ATTEMPT)
            whole = len(files) == 1 and (place / TIMESTAMP).is_file() and number.isdecimal()
            if whole and place.parent.name in students:
                received = datetime.fromisoformat((place / TIMESTAMP).read_text("ascii").strip())
                yield HandedIn(place.parent.name, int(number), received, _digest(files[0]), files[0].name)

    def _place(self, student: str, number: int) -> Path:
        return self.folder.handed_in / SUBMITTED / student / f"{ATTEMPT}{number:03d}"

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which is on the disk when the block ends."""
        with closing(sqlite3.connect(self.folder.kept(ATTEMPTS), timeout=60)) as base:
            base.execute("pragma synchronous = full")
            base.execute("pragma secure_delete = on")
            with base:
                yield base


def _attempt(row: tuple[Any, ...]) -> HandedIn:
    student, number, received, digest, file, level, anothers, error = row
    return HandedIn(student, number, datetime.fromisoformat(received), digest, file, level, bool(anothers), error)


def unpacked_json(data: bytes) -> Any:
    """What was kept of an answer."""
    return json.loads(zlib.decompress(data))


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _flush(*paths: Path) -> None:
    """Have files and folders on the disk, not in the system's memory alone."""
    for path in paths:
        if path.is_dir() and os.name != "posix":
            continue
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
