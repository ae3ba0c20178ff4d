"""Holds what a teacher decides about an assignment, and reads it from `assignment.toml`, which is meant to be edited.

Every field is checked; an error names the field, what was found, what was expected, and the remedy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sheetnet import toml_fields
from sheetnet.classroom.variants import Variation
from sheetnet.errors import FileError, NetworkError, errors_within
from sheetnet.report.redacted import Level
from sheetnet.toml_fields import refuse


class By(StrEnum):
    """What points are given for."""

    QUESTION = "question"
    IDEA = "idea"


class Attempt(StrEnum):
    """Which of several attempts counts."""

    BEST = "best"
    LAST = "last"


@dataclass(frozen=True)
class Points:
    """Points: `total` of the whole assignment; by question each block has an equal share, but for those in `questions`.

    By idea each mistake costs `deduction`, wherever it was filled to.
    """

    total: float = 10.0
    by: By = By.QUESTION
    deduction: float = 1.0
    questions: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Credit:
    """Which share of its points an answer has that is neither right nor wrong, from 0 to 1."""

    carried: float = 1.0
    rounded: float = 1.0
    hardcoded: float = 0.0
    as_text: float = 0.0


@dataclass(frozen=True)
class Lateness:
    """When work is due, and what a day costs. No deadline: nothing is late."""

    deadline: datetime | None = None
    grace: timedelta = timedelta(0)
    percent_a_day: float = 0.0
    extensions: Mapping[str, datetime] = field(default_factory=dict)

    def due(self, student: str) -> datetime | None:
        """When the work of a student is due, without the grace."""
        return self.extensions.get(student, self.deadline)

    def days_late(self, student: str, handed_in: datetime) -> int:
        """How many days late, each one begun counting: 0 within the grace."""
        due = self.due(student)
        if due is None or handed_in <= due + self.grace:
            return 0
        return -((due - handed_in) // timedelta(days=1))


@dataclass(frozen=True)
class Assignment:
    """An assignment: what is given out and how it is marked. `name` goes into tokens, so that it must not change."""

    name: str
    variation: Variation = field(default_factory=Variation)
    blanks: tuple[str, ...] = ()
    hints: str = "equation"
    column: bool = False
    formats: tuple[str, ...] = ("xlsx", "ods")
    points: Points = field(default_factory=Points)
    credit: Credit = field(default_factory=Credit)
    lateness: Lateness = field(default_factory=Lateness)
    attempt: Attempt = Attempt.BEST
    feedback: Level = Level.HINT
    feedback_after_deadline: Level | None = None
    keep_until: date | None = None


def read_assignment(path: Path) -> Assignment:
    """The assignment of a file. Raises FileError where it cannot be read, NetworkError for a field that cannot be."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FileError(f"cannot be read ({error.strerror})", path=path, remedy="run `sheetnet assign` first") from None
    except ValueError as error:
        raise FileError(f"is not TOML: {error}", path=path, remedy="mend the line") from None
    with errors_within(path):
        return _assignment(table)


def _assignment(table: Mapping[str, Any]) -> Assignment:
    toml_fields.known_keys(table, ("assignment", "copies", "marks", "credit", "lateness", "feedback", "privacy"), "")
    copies = _table(table, "copies", "vary step blanks hints column formats")
    marks = _table(table, "marks", "points by deduction questions attempt")
    feedback = _table(table, "feedback", "level after_deadline")
    step = toml_fields.number(copies.get("step", Variation.step), "copies.step")
    return Assignment(
        name=toml_fields.text(table.get("assignment"), "assignment"),
        variation=Variation(_words(copies.get("vary", []), "copies.vary"), step),
        blanks=_words(copies.get("blanks", []), "copies.blanks"),
        hints=toml_fields.text(copies.get("hints", Assignment.hints), "copies.hints"),
        column=toml_fields.flag(copies.get("column", False), "copies.column"),
        formats=_formats(copies.get("formats", list(Assignment.formats))),
        points=_points(marks),
        credit=_credit(_table(table, "credit", "carried rounded hardcoded as_text")),
        lateness=_lateness(_table(table, "lateness", "deadline grace_minutes percent_a_day extensions")),
        attempt=Attempt(toml_fields.choice(marks.get("attempt", "best"), "marks.attempt", Attempt)),
        feedback=Level(toml_fields.choice(feedback.get("level", "hint"), "feedback.level", Level)),
        feedback_after_deadline=_level(feedback.get("after_deadline")),
        keep_until=_day(_table(table, "privacy", "keep_until").get("keep_until")),
    )


def _table(table: Mapping[str, Any], name: str, known: str) -> Mapping[str, Any]:
    found = table.get(name, {})
    if not isinstance(found, dict):
        raise refuse(name, f"is {toml_fields.shown(found)}", f"a table [{name}]")
    toml_fields.known_keys(found, known.split(), f"{name}.")
    return found


def _words(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise refuse(place, f"is {toml_fields.shown(value)}", 'a list of words, such as ["inputs"]')
    return tuple(value)


def _formats(value: object) -> tuple[str, ...]:
    words = _words(value, "copies.formats")
    return tuple(toml_fields.choice(word, "copies.formats", Assignment.formats) for word in words)


def _level(value: object) -> Level | None:
    return None if value is None else Level(toml_fields.choice(value, "feedback.after_deadline", Level))


def _points(table: Mapping[str, Any]) -> Points:
    questions = table.get("questions", {})
    if not isinstance(questions, dict):
        raise refuse("marks.questions", f"is {toml_fields.shown(questions)}", "a table such as { delta_2 = 3 }")
    return Points(
        _not_negative(table.get("points", Points.total), "marks.points"),
        By(toml_fields.choice(table.get("by", Points.by), "marks.by", By)),
        _not_negative(table.get("deduction", Points.deduction), "marks.deduction"),
        {name: _not_negative(points, f"marks.questions.{name}") for name, points in questions.items()},
    )


def _credit(table: Mapping[str, Any]) -> Credit:
    shares = {name: _not_negative(value, f"credit.{name}") for name, value in table.items()}
    for name, share in shares.items():
        if share > 1:
            raise refuse(f"credit.{name}", f"is {share:g}", "a share from 0 to 1")
    return Credit(**shares)


def _lateness(table: Mapping[str, Any]) -> Lateness:
    extensions = table.get("extensions", {})
    if not isinstance(extensions, dict):
        raise refuse("lateness.extensions", f"is {toml_fields.shown(extensions)}", "a table of ids and times")
    deadline = table.get("deadline")
    percent = _not_negative(table.get("percent_a_day", 0.0), "lateness.percent_a_day")
    if percent > 100:
        raise refuse("lateness.percent_a_day", f"is {percent:g}", "a percentage of the maximum, from 0 to 100")
    return Lateness(
        None if deadline is None else _time(deadline, "lateness.deadline"),
        timedelta(minutes=_not_negative(table.get("grace_minutes", 0.0), "lateness.grace_minutes")),
        percent,
        {name: _time(value, f"lateness.extensions.{name}") for name, value in extensions.items()},
    )


def _time(value: object, place: str) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise refuse(place, f"is {toml_fields.shown(value)}", "a time with its zone, such as 2026-12-14T23:59:00+01:00")
    return value


def _day(value: object) -> date | None:
    if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
        raise refuse("privacy.keep_until", f"is {toml_fields.shown(value)}", "a day, such as 2027-03-31")
    return value


def _not_negative(value: object, place: str) -> float:
    found = toml_fields.number(value, place)
    if found < 0:
        raise NetworkError(f"{place} is {found:g}, expected a number from 0", place=place)
    return found
