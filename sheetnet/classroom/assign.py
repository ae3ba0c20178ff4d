"""Gives each student a copy with numbers of its own, and writes down all that is needed to know the copies again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sheetnet.classroom.assignment import Assignment
from sheetnet.classroom.folder import EVERYBODY, ClassFolder
from sheetnet.classroom.roster import Student, namesakes, refuse_shared_ids
from sheetnet.classroom.secret import make_secret
from sheetnet.classroom.soundness import doubts
from sheetnet.classroom.variants import Variant, Variants, Variation
from sheetnet.errors import FileError
from sheetnet.files import save_workbook
from sheetnet.files.atomic import save_text
from sheetnet.generate import make_student_workbook, make_workbook
from sheetnet.layout import Exercise, as_key, blanks_named
from sheetnet.network import Network
from sheetnet.network_file import NetworkLike, dump_network, load_network
from sheetnet.predictor import refuse_predictor
from sheetnet.workbook_options import WorkbookOptions

SETTINGS = """\
# What is given out and how it is marked. `sheetnet grade` reads this file each time: edit it as you like.
# Only `assignment` and [copies] must stay as they were when the copies were made.
assignment = {name}

[copies]
vary = {vary}  # of inputs, targets, weights, biases; none: everybody has the same numbers
step = {step}
blanks = {blanks}  # none: every calculation
hints = "{hints}"
column = {column}
formats = {formats}

[marks]
points = 10
by = "question"  # or "idea": one deduction for each mistake, wherever it was filled to
deduction = 1  # of an idea
attempt = "best"  # or "last"
# questions = {{ delta_2 = 3 }}  # the others share the rest equally

[credit]  # the share of its points that an answer has which is neither right nor wrong
carried = 1.0  # right formulas whose numbers only carry an error on
rounded = 1.0
hardcoded = 0.0  # a typed number where a formula was asked
as_text = 0.0  # a formula entered as text

[lateness]
# deadline = 2026-12-14T23:59:00+01:00
grace_minutes = 0
percent_a_day = 0  # of the maximum, for each day begun
# extensions = {{ "id" = 2026-12-16T23:59:00+01:00 }}

[feedback]
level = "hint"  # where: which blocks are right; hint: also the idea; full: also the numbers
# after_deadline = "full"

[privacy]
# keep_until = 2027-03-31  # then `sheetnet forget` everybody
"""


@dataclass(frozen=True)
class Given:
    """What `assign` did: the students who got a new copy, those who had one, and what the teacher should know."""

    folder: ClassFolder
    new: tuple[Student, ...]
    known: int
    notes: tuple[str, ...]


def assign(
    network: NetworkLike,
    students: Sequence[Student],
    out: str | os.PathLike[str],
    *,
    name: str | None = None,
    vary: Sequence[str] | None = None,
    step: float | None = None,
    blanks: Sequence[str] | None = None,
    hints: str | None = None,
    column: bool | None = None,
    formats: Sequence[str] | None = None,
) -> Given:
    """Make the folder of a class with a copy for each student, or add copies for those who came later.

    `vary` are those of inputs, targets, weights and biases that differ from student to student, in multiples of `step`;
    none: everybody gets the same copy. `name` is that of the assignment, by default the network's title. `blanks`,
    `hints`, `column` and `formats` are those of `write_student_workbook`. A copy that is there is never written again.
    Raises NetworkError for numbers that cannot be varied, FileError where two students have one id, the network or an
    option is another than that of the copies that are there, or a file cannot be written.

    >>> from sheetnet.classroom import Student, assign
    >>> assign("d02b", [Student("ada"), Student("bob")], "class", vary=["inputs"]).new
    (Student(id='ada', ...), Student(id='bob', ...))
    """
    network, folder = load_network(network), ClassFolder(Path(out))
    refuse_predictor(network)
    asked: dict[str, Any] = {
        "name": name,
        "variation": None if vary is None else Variation(tuple(vary), step or Variation.step),
        "blanks": None if blanks is None else blanks_named(network, blanks) if blanks else (),
        "hints": None if hints is None else Exercise(hints=hints).hints,
        "column": column,
        "formats": None if formats is None else tuple(formats),
    }
    settings = replace(Assignment(network.title), **{key: value for key, value in asked.items() if value is not None})
    if not folder.kept("assignment.toml").exists():
        settings.variation.slots(network)
        _begin(folder, network, settings)
    elif dump_network(folder.network) != dump_network(network):
        raise FileError(
            "the class was made for another network", path=folder.kept("network.toml"), remedy="begin another class"
        )
    for key, value in asked.items():
        if value is not None and getattr(folder.assignment, key) != value:
            raise FileError(
                f"the copies were made with another {key}",
                path=folder.kept("assignment.toml"),
                remedy="leave the option out, or begin another class",
            )
    return _give(folder, students)


def _begin(folder: ClassFolder, network: Network, settings: Assignment) -> None:
    """The teacher's part of a new folder; `assignment.toml` comes last: without it nothing was begun."""
    try:
        folder.give.mkdir(parents=True, exist_ok=True)
        folder.keep.mkdir(mode=0o700, exist_ok=True)
        if not folder.kept("secret").exists():
            make_secret(folder.kept("secret"))
    except OSError as error:
        raise FileError(
            f"cannot be made ({error.strerror})", path=folder.path, remedy="choose another folder with -o"
        ) from None
    save_text(dump_network(network), folder.kept("network.toml"))
    words = SETTINGS.format(
        name=_toml(settings.name),
        vary=_toml(settings.variation.parts),
        step=settings.variation.step,
        blanks=_toml(settings.blanks),
        hints=settings.hints,
        column=str(settings.column).lower(),
        formats=_toml(settings.formats),
    )
    save_text(words, folder.kept("assignment.toml"))


def _toml(value: str | Sequence[str]) -> str:
    """A text, or a list of texts, as TOML has it; control characters have no place in a title."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(c if c.isprintable() else " " for c in escaped) + '"'
    return "[" + ", ".join(_toml(word) for word in value) + "]"


def _give(folder: ClassFolder, students: Sequence[Student]) -> Given:
    """What was drawn is written down before it is given out: whoever is stopped in between goes on where it was."""
    before = {student.key: student for student in folder.students} if folder.kept("roster.csv").exists() else {}
    refuse_shared_ids(students, folder.path)
    everybody = [*before.values(), *(student for student in students if student.key not in before)]
    variants = _variants(folder, everybody)
    folder.write_variants(variants)
    folder.write_students(everybody)
    new = [student for student in everybody if student.key not in before]
    for student in everybody:
        if _write_copy(folder, student, variants[student.id]) and student not in new:
            new.append(student)  # whose copy was lost, or was not yet written when an earlier run was stopped
    notes = [
        f"{len(alike)} students are called {name} ({', '.join(s.id for s in alike)}): a paper that says only the name "
        "needs a person"
        for name, alike in namesakes(everybody).items()
    ]
    notes += [f"the network: {doubt}" for doubt in doubts(folder.network)]
    written = ClassFolder(folder.path)  # which reads what was written just now
    return Given(written, tuple(new), len(everybody) - len(new), tuple(notes))


def _variants(folder: ClassFolder, students: Sequence[Student]) -> dict[str, Variant]:
    """The numbers of each student: those written down, and new ones for whoever has none."""
    known = folder.variants()
    drawing: Variants | None = None
    found = {}
    for student in students:
        variant = known.get(student.id)
        if variant is None and not folder.slots:
            variant = Variant((), 0.0)
        elif variant is None:
            if drawing is None:
                taken = [one.numbers for one in known.values()]
                drawing = Variants(folder.network, folder.assignment.variation, folder.secret, taken)
            variant = drawing.of(student.id)
        found[student.id] = variant
    return found


def _write_copy(folder: ClassFolder, student: Student, variant: Variant) -> bool:
    """Write what of a student's copy is not there yet, and say whether anything was."""
    settings, shared = folder.assignment, not folder.slots
    place = folder.give / (EVERYBODY if shared else student.id)
    paths = [place / f"exercise.{suffix}" for suffix in settings.formats]
    missing = [path for path in paths if not path.exists()]
    if not missing:
        return False
    token = folder.secret.token(EVERYBODY if shared else student.id)
    exercise = Exercise(settings.blanks, settings.hints, token)
    book = make_student_workbook(folder.network_of(variant), exercise, WorkbookOptions(column=settings.column))
    place.mkdir(exist_ok=True)
    for path in missing:
        save_workbook(book, path)
    return True


def write_key(folder: ClassFolder, student: str) -> list[Path]:
    """The teacher's key of one student's copy, in `keep/keys`. Raises FileError for an id that has no copy."""
    variant = folder.variants().get(student)
    if variant is None:
        raise FileError(f"nobody has the id {student!r}", path=folder.kept("variants.csv"), remedy="see roster.csv")
    place = folder.kept("keys")
    place.mkdir(mode=0o700, exist_ok=True)
    book = as_key(make_workbook(folder.network_of(variant), WorkbookOptions(column=folder.assignment.column)))
    paths = [place / f"{student}.{suffix}" for suffix in folder.assignment.formats]
    for path in paths:
        save_workbook(book, path)
    return paths
