"""Submissions as four learning platforms give them to a teacher; names of files as their documentation has them."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Person:
    id: str
    name: str
    email: str
    platform_id: str
    days_late: int = 0


def files_of(student: str, papers: Path) -> Iterator[Path]:
    yield from (path for path in (papers / f"{student}.xlsx", papers / f"{student}-2.xlsx") if path.exists())


def stamp(student: Person) -> str:
    """One hour before the deadline, or so many days begun after it."""
    return f"2026-12-{1 + student.days_late:02} 11:00:00 UTC"


def canvas(people: Sequence[Person], papers: Path, out: Path) -> Path:
    """One zip: name[_LATE]_userid_attachmentid_file, the name in small letters without spaces, the last name first."""
    with zipfile.ZipFile(out / "submissions.zip", "w") as archive:
        for number, student in enumerate(people):
            first, last = student.name.split(" ")
            late = "LATE_" if student.days_late else ""
            for attempt, path in enumerate(files_of(student.id, papers)):
                name = f"{last}{first}".lower()
                archive.write(path, f"{name}_{late}{student.platform_id}_{number * 10 + attempt}_exercise.xlsx")
    return out / "submissions.zip"


def moodle(people: Sequence[Person], papers: Path, out: Path) -> Path:
    """One zip with a folder a student: fullname_id_assignsubmission_file_."""
    with zipfile.ZipFile(out / "Course-Homework 1-4242.zip", "w") as archive:
        for student in people:
            for path in files_of(student.id, papers):
                archive.write(
                    path, f"{student.name}_{student.platform_id}_assignsubmission_file_/exercise{path.name[5:]}"
                )
    return out / "Course-Homework 1-4242.zip"


def nbgrader(people: Sequence[Person], papers: Path, out: Path) -> Path:
    """submitted/STUDENT/ASSIGNMENT/file with timestamp.txt."""
    for student in people:
        for path in files_of(student.id, papers):
            place = out / "submitted" / student.id / "homework1"
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place / path.name)
            (place / "timestamp.txt").write_text(stamp(student), "utf-8")
    return out


def gradescope(people: Sequence[Person], papers: Path, out: Path) -> Path:
    """assignment_123_export/submission_N/file and submission_metadata.yml."""
    place, lines = out / "assignment_123_export", []
    for number, student in enumerate(people, 555):
        for path in files_of(student.id, papers):
            (place / f"submission_{number}").mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place / f"submission_{number}" / f"exercise{path.name[5:]}")
        lines += [f"submission_{number}:", "  :submitters:", f"  - :name: {student.name}", f"    :sid: {student.id}",
            f"    :email: {student.email}", f"  :created_at: {stamp(student).replace(' UTC', ' Z')}"]  # fmt: skip
    (place / "submission_metadata.yml").write_text("---\n" + "\n".join(lines), "utf-8")
    return out
