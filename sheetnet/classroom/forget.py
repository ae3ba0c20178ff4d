"""Removes a student everywhere: from what was given out, from what is kept, and from what was graded."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sheetnet.classroom.folder import ATTEMPTS, RENEWED, ClassFolder, guard
from sheetnet.classroom.grade import UNKNOWN
from sheetnet.classroom.roster import decoded
from sheetnet.errors import FileError
from sheetnet.files.atomic import save_text

SUMMARIES = ("overview.html", "feedback.zip", "canvas.csv", "moodle.csv", "grades.csv")  # that tell of several students


def forget(student: str, folder: ClassFolder, graded: Path | None = None) -> list[Path]:
    """Remove a student, and give the paths that were removed or changed; summaries go, for `grade` to make anew.

    Whoever handed in under no name of the class may be this student: the papers of nobody go, too. Raises FileError for
    an id that nobody has.
    """
    known = {one.key: one.id for one in folder.students}
    name = known.get(student.strip().casefold())
    if name is None:
        raise FileError(f"nobody has the id {student!r}", path=folder.kept("roster.csv"), remedy="see there")
    done: list[Path] = []
    for path in (folder.give / name, folder.handed_in / "submitted" / name, *folder.kept("keys").glob(f"{name}.*")):
        done += _removed(path)
    if graded is not None:
        work = graded / "work"
        for path in (work / "papers" / name, work / "papers" / UNKNOWN, graded / "feedback" / name):
            done += _removed(path)
        done += [path for summary in SUMMARIES for path in _removed(graded / summary)]
        done += _without(graded / "marks.csv", lambda line: _is_theirs(line, name))
        done += _without(work / "results.jsonl", lambda line: _owner(line) in (name, UNKNOWN))
    done += _without_attempts(folder.kept(ATTEMPTS), name)
    # the roster last: it says who there is
    for table in ("variants.csv", "codes.csv", RENEWED, "overrides.csv", "roster.csv"):
        done += _without(folder.kept(table), lambda line: _is_theirs(line, name))
    return done


def _removed(path: Path) -> list[Path]:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()
    else:
        return []
    return [path]


def _without(path: Path, is_theirs: Callable[[str], bool]) -> list[Path]:
    """Leave out the lines of a file that are the student's."""
    if not path.exists():
        return []
    lines = decoded(path).splitlines(keepends=True)
    left = [line for line in lines if not is_theirs(line)]
    if len(left) == len(lines):
        return []
    save_text("".join(left), path)
    return [path]


def _without_attempts(path: Path, name: str) -> list[Path]:
    """Leave a student out of the index of what was handed in to `sheetnet serve` (web/attempts.py), which may be running."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(path, timeout=60)) as base:
        base.execute("pragma secure_delete = on")
        with base:
            done = base.execute("delete from attempts where student = ?", [name]).rowcount
        base.execute("pragma wal_checkpoint(truncate)")
    return [path] if done else []


def _is_theirs(line: str, name: str) -> bool:
    """Whether a row of a table is about a student, whose id may be guarded there."""
    first = next(csv.reader(io.StringIO(line)), [""])[0].strip().casefold()
    return first in (name.casefold(), str(guard(name)).casefold())


def _owner(line: str) -> str:
    """The folder of a result's paper; nothing for what is no result."""
    try:
        return Path(json.loads(line)["workbook"]).parent.name
    except (ValueError, KeyError, TypeError):
        return ""
