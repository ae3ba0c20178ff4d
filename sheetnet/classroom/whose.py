"""Says whose a paper is: who handed it in, by what the platform calls them, and whose copy it is, by its token or numbers.

Nothing is guessed: what could be either of two students' is left to a person.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sheetnet.classroom.collect import Claim
from sheetnet.classroom.folder import ClassFolder
from sheetnet.classroom.roster import Student
from sheetnet.errors import SheetnetError
from sheetnet.files import read_workbook
from sheetnet.files.limits import Limits
from sheetnet.layout.info_sheets import carried
from sheetnet.network import Network
from sheetnet.validation.locate import locate

ALIKE_ENOUGH = 0.75  # of the numbers that differ in a class: a copy in which somebody played with a few


@dataclass(frozen=True)
class Said:
    """What a workbook says of itself: its token, and the numbers that stand where those of a variant should."""

    token: str = ""
    givens: tuple[float | None, ...] = ()


def read_said(path: str, network: Network, cells: Sequence[tuple[str, int, int]], limits: Limits) -> Said:
    """Ask a workbook, whose file is a stranger's: this runs in a guarded process. Empty where it cannot be read."""
    try:
        workbook = read_workbook(path, limits)
    except SheetnetError:
        return Said()
    try:
        token = carried(workbook, path).token
    except SheetnetError:
        token = ""
    located = locate(workbook, network)
    givens = []
    for block, row, column in cells:
        at = located.place(block, row, column) if block in located.areas else None
        sheet = None if at is None else workbook.sheet(at[0])
        value = None if sheet is None or at is None else sheet.cells[at[1:]].value if at[1:] in sheet.cells else None
        givens.append(float(value) if isinstance(value, int | float) else None)
    return Said(token, tuple(givens))


@dataclass(frozen=True)
class Whose:
    """Who handed a paper in and whose copy it is, and how that is known; `student` is None where a person must say."""

    student: str | None
    copy: str | None = None
    how: str = ""

    @property
    def is_anothers(self) -> bool:
        """Whether it is known to be the copy of somebody else than whoever handed it in."""
        return self.copy not in (None, self.student)


class Owners:
    """The students of a class, as papers may name them."""

    def __init__(self, folder: ClassFolder) -> None:
        self._students = folder.students
        self._tokens = {folder.secret.token(student.id): student.id for student in folder.students}
        self._variants = {student: variant.numbers for student, variant in folder.variants().items()}

    def whose(self, claim: Claim, said: Said) -> Whose:
        """Whose paper it is, by its names and by what it says itself."""
        student, how = self._handed_in(claim)
        copy, by = self._copy(said)
        if student is None and how == "" and copy is not None:
            return Whose(copy, copy, f"known by its {by}")
        if student is None:
            return Whose(None, copy, how or "nothing says who handed it in")
        return Whose(student, copy, how + (f"; the copy is known by its {by}" if by == "numbers" else ""))

    def _handed_in(self, claim: Claim) -> tuple[str | None, str]:
        """By the platform's number, then by words that are an id, then by those that are a name."""
        if claim.platform_id and (found := self._by("platform_id").get(_plain(claim.platform_id))):
            return _only(found, "the platform's number")
        if claim.email and (found := self._by("email").get(_plain(claim.email))):
            return _only(found, "the address")
        for word in claim.words:
            if found := self._by("id").get(_plain(word)) or self._beginning(word):
                return _only(found, "the id")
        for word in claim.words:
            if found := self._by("name").get(_spoken(word)):
                return _only(found, "the name")
        return None, ""

    def _by(self, field: str) -> Mapping[str, list[str]]:
        return self._index[field]

    @cached_property
    def _index(self) -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = {"id": {}, "platform_id": {}, "email": {}, "name": {}}
        for student in self._students:
            for field, spelled in (("id", _plain), ("platform_id", _plain), ("email", _plain), ("name", _spoken)):
                for key in {spelled(name) for name in _names(student, field)} - {""}:
                    found[field].setdefault(key, []).append(student.id)
        return found

    def _beginning(self, word: str) -> list[str]:
        """The students with whose id a word begins, as in `01_right`; the longest id counts."""
        word = _plain(word)
        for length in range(len(word) - 1, 0, -1):
            if not word[length].isalnum() and (found := self._by("id").get(word[:length])):
                return found
        return []

    def _copy(self, said: Said) -> tuple[str | None, str]:
        """Whose copy a workbook is: by its token, else by the numbers that nobody else was given."""
        if (owner := self._tokens.get(said.token)) is not None:
            return owner, "token"
        if not said.givens:
            return None, ""
        equal = {
            student: sum(mine == theirs for mine, theirs in zip(numbers, said.givens, strict=True))
            for student, numbers in self._variants.items()
        }
        most = max(equal.values(), default=0)
        best = [student for student, count in equal.items() if count == most]
        if len(best) == 1 and most >= ALIKE_ENOUGH * len(said.givens):
            return best[0], "numbers"
        return None, ""


def _names(student: Student, field: str) -> list[str]:
    """What a field may be spelled as: of a name also without spaces and the last name first, as platforms write it."""
    value = str(getattr(student, field))
    if field != "name" or not value:
        return [value]
    last_first = " ".join(reversed([part.strip() for part in value.split(",")]))
    words = last_first.split()
    turned = " ".join([words[-1], *words[:-1]])
    return [value, last_first, turned, last_first.replace(" ", ""), turned.replace(" ", "")]


def _plain(word: str) -> str:
    return unicodedata.normalize("NFC", word).strip().casefold()


def _spoken(word: str) -> str:
    """A name without what platforms leave out or change: spaces, dots, hyphens, apostrophes, commas."""
    return "".join(c for c in _plain(word) if c.isalnum())


def _only(found: Sequence[str], how: str) -> tuple[str | None, str]:
    if len(set(found)) == 1:
        return found[0], how
    return None, f"{how} is that of {' and '.join(sorted(set(found)))}"
