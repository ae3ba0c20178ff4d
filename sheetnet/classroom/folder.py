"""The folder of a class: what is given to students, and what the teacher keeps.

class/give/ID/…             all that leaves the teacher's hands: a copy in each format
class/keep/assignment.toml  what is varied and how it is marked; meant to be edited
class/keep/network.toml     the network that all copies come from
class/keep/secret           which the copies are known by
class/keep/roster.csv       who has a copy
class/keep/variants.csv     every number that a student's network has of its own
class/keep/codes.csv        what students prove their ids with
class/keep/handed-in.sqlite what became of it
class/keep/renewed.csv      how many times a lost code was replaced
class/handed-in/            what students hand in to `sheetnet serve`
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sheetnet.classroom.assignment import Assignment, read_assignment
from sheetnet.classroom.marks import WHOLE, Override
from sheetnet.classroom.roster import Student, read_roster, table_of
from sheetnet.classroom.secret import Secret, load_secret
from sheetnet.classroom.variants import Slot, Variant, network_with
from sheetnet.errors import FileError
from sheetnet.files.atomic import save_text
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.syntax.number_formats import is_number

EVERYBODY = "everybody"  # the folder in give/ of the one copy that all have
OPENS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # at the beginning of a field, to spreadsheet programs
RENEWED, ATTEMPTS = "renewed.csv", "handed-in.sqlite"
ID_COLUMN, TOKEN_COLUMN, DIFFICULTY_COLUMN = "id", "token", "difficulty"


@dataclass(frozen=True)
class ClassFolder:
    """The paths of a class, and what stands in its files."""

    path: Path

    @property
    def give(self) -> Path:
        """What students get."""
        return self.path / "give"

    @property
    def keep(self) -> Path:
        """What the teacher alone has."""
        return self.path / "keep"

    @property
    def handed_in(self) -> Path:
        """What students hand in to `sheetnet serve`: `grade` reads this folder."""
        return self.path / "handed-in"

    def kept(self, name: str) -> Path:
        """One of the teacher's files."""
        return self.keep / name

    @cached_property
    def assignment(self) -> Assignment:
        """What the teacher decided. Raises FileError and NetworkError."""
        return read_assignment(self.kept("assignment.toml"))

    @cached_property
    def network(self) -> Network:
        """The network that all copies come from. Raises NetworkError."""
        return load_network(self.kept("network.toml"))

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The numbers that differ from student to student."""
        return self.assignment.variation.slots(self.network)

    @property
    def cells_that_differ(self) -> list[tuple[str, int, int]]:
        """Where these numbers stand: block, row and column of each."""
        return [(slot.block, *slot.cells[0]) for slot in self.slots]

    @cached_property
    def secret(self) -> Secret:
        """The class's secret. Raises FileError where it is lost."""
        return load_secret(self.kept("secret"), self.assignment.name)

    @cached_property
    def students(self) -> tuple[Student, ...]:
        """Who has a copy, in the order in which they came. Raises FileError."""
        return read_roster(self.kept("roster.csv"))

    def variants(self) -> Mapping[str, Variant]:
        """Id → the numbers of a student, as they were written down. Raises FileError where they are not this class's."""
        return self._variants

    @cached_property
    def _variants(self) -> dict[str, Variant]:
        path = self.kept("variants.csv")
        rows = table_of(path) if path.exists() else []
        names = [slot.name for slot in self.slots]
        found = {}
        for line, row in enumerate(rows, 2):
            student = row.get(ID_COLUMN, "")
            if row.get(TOKEN_COLUMN) != self.secret.token(student):
                raise FileError(
                    f"line {line}: the token is not that of {student!r}: the secret or the name of the assignment changed",
                    path=path,
                    remedy="bring back what the copies were made with, or begin another class",
                )
            if row.keys() - {ID_COLUMN, TOKEN_COLUMN, DIFFICULTY_COLUMN} != set(names):
                raise FileError(
                    "its columns are not the numbers that differ: the network or what is varied changed",
                    path=path,
                    remedy="bring back what the copies were made with, or begin another class",
                )
            try:
                numbers = tuple(float(row[name]) for name in names)
                found[student] = Variant(numbers, float(row[DIFFICULTY_COLUMN]))
            except ValueError:
                raise FileError(f"line {line}: a number is missing", path=path, remedy="bring it back") from None
        return found

    def overrides(self) -> dict[str, list[Override]]:
        """Id → what the teacher decided in `keep/overrides.csv`: id, question, points (or EX), reason. Raises FileError."""
        path = self.kept("overrides.csv")
        found: dict[str, list[Override]] = {}
        ids = {student.key: student.id for student in self.students}
        for number, row in enumerate(table_of(path) if path.exists() else [], 2):
            student, words = ids.get(row.get("id", "").strip().casefold()), row.get("points", "").strip()
            try:
                points = None if words.upper() == "EX" else float(words.replace(",", "."))
            except ValueError:
                points = -1.0
            if student is None or (points is not None and points < 0):
                what = f"the points {words!r}" if student else f"the id {row.get('id', '')!r}"
                raise FileError(
                    f"line {number}: {what} cannot be", path=path, remedy="id,question,points,reason; points may be EX"
                )
            question = row.get("question", "").strip() or WHOLE
            found.setdefault(student, []).append(Override(student, question, points, row.get("reason", "").strip()))
        return found

    def renewals(self) -> dict[str, int]:
        """Id → how many times the student's code was replaced. Raises FileError."""
        path = self.kept(RENEWED)
        rows = table_of(path) if path.exists() else []
        try:
            return {row[ID_COLUMN]: int(row["times"]) for row in rows}
        except (KeyError, ValueError):
            raise FileError("has no id and number in each row", path=path, remedy="bring it back") from None

    def code(self, student: str) -> str:
        """What the student proves the id with now."""
        return self.secret.code(student, self.renewals().get(student, 0))

    def renew_code(self, student: str) -> str:
        """A new code for a student, whose old one is worth nothing from now on. Raises FileError."""
        renewals = self.renewals()
        renewals[student] = renewals.get(student, 0) + 1
        save_table(self.kept(RENEWED), [ID_COLUMN, "times"], list(renewals.items()), guarded=False)
        self._write_codes(self.students)
        return self.code(student)

    def network_of(self, variant: Variant) -> Network:
        """The network of a student."""
        return network_with(self.network, self.slots, variant.numbers)

    def write_variants(self, variants: Mapping[str, Variant]) -> None:
        """Write down all numbers."""
        rows = [
            [student, self.secret.token(student), variant.difficulty, *variant.numbers]
            for student, variant in variants.items()
        ]
        save_table(
            self.kept("variants.csv"),
            [ID_COLUMN, TOKEN_COLUMN, DIFFICULTY_COLUMN, *(slot.name for slot in self.slots)],
            rows,
            guarded=False,
        )

    def write_students(self, students: Sequence[Student]) -> None:
        """Write down who has a copy, and the code of each."""
        rows = [(student.id, student.name, student.email, student.platform_id) for student in students]
        save_table(self.kept("roster.csv"), ["id", "name", "email", "platform_id"], rows, guarded=False)
        self._write_codes(students)

    def _write_codes(self, students: Sequence[Student]) -> None:
        renewals = self.renewals()
        codes = [(student.id, self.secret.code(student.id, renewals.get(student.id, 0))) for student in students]
        save_table(self.kept("codes.csv"), [ID_COLUMN, "code"], codes)


def save_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], guarded: bool = True) -> None:
    """Write a CSV, whole or not at all. `guarded`: for spreadsheet programs, in which no text is to become a formula.

    What is read back is not guarded: an id must come back as it was.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([guard(cell) if guarded else cell for cell in row] for row in rows)
    save_text(stream.getvalue(), path)


def guard(cell: object) -> object:
    """A text that a spreadsheet program would take for a formula, with an apostrophe before it; numbers as they are."""
    if isinstance(cell, str) and cell.startswith(OPENS_A_FORMULA) and not is_number(cell):
        return f"'{cell}"
    return cell
