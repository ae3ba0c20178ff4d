"""Reads who is in a class: a CSV of one's own, or what Canvas, Moodle and Gradescope export.

A file of one's own has a column `id`, and may have `name`, `email` and `platform_id`. The platforms' own columns are those
of docs/teaching.md; Moodle writes them in the site's language, so there the contents tell which column is which.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sheetnet.errors import FileError

LONGEST_ID = 100
MOST_STUDENTS = 20_000
# Windows keeps these names for devices, whatever comes after a dot.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
_IN_NO_FILE_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*]')
MOODLES_PARTICIPANT = re.compile(r"\D+ (\d+)")  # "Participant 123", in any language
# What a student has → the columns it may stand in: the first that is there and filled in counts.
USUAL_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "sid", "student id", "student_id"),
    "name": ("name", "full name"),
    "email": ("email", "email address"),
    "platform_id": ("platform_id",),
}
CANVAS_IDS = ("sis user id", "sis login id")  # which no other export has
CANVAS_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": (*CANVAS_IDS, "id"),
    "name": ("student",),
    "email": ("email",),
    "platform_id": ("id",),
}


@dataclass(frozen=True)
class Student:
    """One student. `id` names folders and rows; `platform_id` is how the learning platform calls them in file names.

    Raises FileError for an id that cannot be the name of a folder.
    """

    id: str
    name: str = ""
    email: str = ""
    platform_id: str = ""

    def __post_init__(self) -> None:
        for field in ("id", "name", "email", "platform_id"):
            object.__setattr__(self, field, unicodedata.normalize("NFC", getattr(self, field).strip()))
        if (why := _no_folder(self.id)) is not None:
            shown = self.id[:LONGEST_ID]
            raise FileError(f"the id {shown!r} {why}", remedy="give an id of letters, digits and . _ - @")

    @property
    def key(self) -> str:
        """What two students must not share: on some systems names of folders differ by more than capitals."""
        return self.id.casefold()


def _no_folder(name: str) -> str | None:
    """Why a text cannot be the name of a folder on every system; None where it can."""
    if not name:
        return "is empty"
    if len(name) > LONGEST_ID:
        return f"has more than {LONGEST_ID} characters"
    if _IN_NO_FILE_NAME.search(name):
        return "has a character that no name of a folder may have"
    if name.startswith((".", "~")) or name.endswith("."):
        return "begins or ends as no name of a folder should"
    return "is a name that Windows keeps" if name.split(".")[0].casefold() in _DEVICES else None


def read_roster(path: Path) -> tuple[Student, ...]:
    """The students of a file, in its order. Raises FileError where it cannot be read or two students have one id."""
    rows = table_of(path)
    kind = _of_moodle if _is_moodles(rows) else _of_columns
    students = []
    for number, row in enumerate(rows, 2):
        try:
            student = kind(row)
        except FileError as error:
            error.place, error.args = f"line {number}", (f"line {number}: {error.args[0]}",)
            raise error.within(path) from None
        if student is not None:
            students.append(student)
    if not students:
        raise FileError("names no student", path=path, remedy="a header, then one line per student")
    if len(students) > MOST_STUDENTS:
        raise FileError(f"names {len(students):,} students", path=path, remedy=f"at most {MOST_STUDENTS:,} at once")
    refuse_shared_ids(students, path)
    return tuple(students)


def refuse_shared_ids(students: Iterable[Student], path: Path) -> None:
    """Raise FileError where two students have one id, in capitals or not."""
    twice = [key for key, count in Counter(student.key for student in students).items() if count > 1]
    if twice:
        raise FileError(
            f"the id {twice[0]!r} stands there more than once", path=path, remedy="give each student an id of their own"
        )


def namesakes(students: Sequence[Student]) -> dict[str, list[Student]]:
    """The names that several students have: a paper that says nothing but such a name may be either's."""
    by_name: dict[str, list[Student]] = {}
    for student in students:
        if student.name:
            by_name.setdefault(student.name.casefold(), []).append(student)
    return {alike[0].name: alike for alike in by_name.values() if len(alike) > 1}


def table_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV by its header, as text; commas, semicolons or tabs. Raises FileError."""
    text = decoded(path)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator_of(text), restval="", restkey="")
        rows = [{key or "": value if isinstance(value, str) else "" for key, value in row.items()} for row in reader]
    except csv.Error as error:
        raise FileError(f"is no table of text ({error})", path=path, remedy="save it as CSV, UTF-8") from None
    if not rows:
        raise FileError("has no rows under a header", path=path, remedy="a header with id, then one line a student")
    return rows


def decoded(path: Path) -> str:
    """The text of a file: UTF-8, or the UTF-16 that Excel calls Unicode text. Raises FileError."""
    try:
        content = path.read_bytes()
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except OSError as error:
        raise FileError(f"cannot be read ({error.strerror})", path=path, remedy="check the path") from None
    except UnicodeError as error:
        raise FileError(f"is no table of text ({error})", path=path, remedy="save it as CSV, UTF-8") from None


def separator_of(text: str) -> str:
    """What separates the fields of a table: the commonest of three in its header."""
    return max(",;\t", key=text.split("\n", 1)[0].count)


def _of_columns(row: Mapping[str, str]) -> Student | None:
    """A student by the columns' names; None for a line that is no student's, such as Canvas's points possible."""
    low = {key.strip().casefold(): value.strip() for key, value in row.items()}
    canvas = any(column in low for column in CANVAS_IDS)
    known = CANVAS_COLUMNS if canvas else USUAL_COLUMNS
    if not any(column in low for column in known["id"]):
        raise FileError("the header names no id", remedy="name a column id")
    found = {field: next((low[name] for name in names if low.get(name)), "") for field, names in known.items()}
    if not any(low.values()) or (canvas and not found["id"]):
        return None
    if not found["name"]:
        found["name"] = " ".join(part for part in (low.get("first name"), low.get("last name")) if part)
    return Student(**found)


def _is_moodles(rows: Sequence[Mapping[str, str]]) -> bool:
    """Whether it is the grading worksheet of a Moodle assignment, whose first column is `Participant 123`."""
    firsts = [next(iter(row.values()), "") for row in rows]
    return bool(firsts) and all(MOODLES_PARTICIPANT.fullmatch(first.strip()) for first in firsts)


def _of_moodle(row: Mapping[str, str]) -> Student:
    """Participant and full name come first; an address is known by its sign, wherever it stands."""
    first, *others = (value.strip() for value in row.values())
    match = MOODLES_PARTICIPANT.fullmatch(first)
    assert match is not None, first
    email = next((value for value in others if re.fullmatch(r"\S+@\S+\.\S+", value)), "")
    name = others[0] if others and others[0] != email else ""
    return Student(match[1], name, email, match[1])
