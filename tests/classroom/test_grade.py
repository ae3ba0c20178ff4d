"""From what a class hands in to marks: who, whose copy, how many points and why, and what a person must decide."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet.classroom import (
    ClassFolder,
    Graded,
    Student,
    assign,
    explained,
    facts,
    grade,
    write_marks,
    write_overview,
)
from sheetnet.errors import FileError, UsageError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.generate import make_student_workbook
from sheetnet.layout.info_sheets import RECORD_SHEET
from sheetnet.network import Network
from sheetnet.workbook import Workbook
from tests.support.commands import Run
from tests.support.papers import as_text, blank, changed, doubled, filled, typed

NAMES = ("ada", "bob", "cyd", "dee", "eve", "fay", "gus", "hal")
STUDENTS = [Student(name, f"{name.title()} Example", "", str(number)) for number, name in enumerate(NAMES, 101)]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> ClassFolder:
    """A class whose copies differ in everything."""
    out = tmp_path_factory.mktemp("given") / "class"
    (out / "keep").mkdir(parents=True, mode=0o700)
    (out / "keep" / "secret").write_text("5e" * 32, "ascii")  # the same numbers at every run
    return assign("d02b", STUDENTS, out, vary=["inputs", "targets", "weights", "biases"], formats=["xlsx"]).folder


@pytest.fixture
def folder(given: ClassFolder, tmp_path: Path) -> ClassFolder:
    """A copy of it, whose settings a test may edit."""
    shutil.copytree(given.path, tmp_path / "class")
    return ClassFolder(tmp_path / "class")


@pytest.fixture
def handed_in(folder: ClassFolder, tmp_path: Path) -> Callable[..., Path]:
    """Write what a student made of a copy into a folder named by id."""

    def write(student: str, edit: Callable[[Workbook], Workbook] = lambda book: book, name: str = "") -> Path:
        path = tmp_path / "in" / (name or f"{student}/exercise.xlsx")
        path.parent.mkdir(parents=True, exist_ok=True)
        save_workbook(edit(solved(folder, student)), path)
        return path

    return write


def network_of(folder: ClassFolder, student: str) -> Network:
    return folder.network_of(folder.variants()[student])


def solved(folder: ClassFolder, student: str) -> Workbook:
    """The student's copy with every formula as the key has it: sheets and hidden record are the copy's own."""
    network = network_of(folder, student)
    return filled(read_workbook(folder.give / student / "exercise.xlsx"), network, lambda cell: cell)


def settings(folder: ClassFolder, *changes: tuple[str, str]) -> ClassFolder:
    path = folder.kept("assignment.toml")
    words = path.read_text("utf-8")
    for old, new in changes:
        assert old in words
        words = words.replace(old, new)
    path.write_text(words, "utf-8")
    return ClassFolder(folder.path)


def marks(folder: ClassFolder, tmp_path: Path) -> Graded:
    return grade([tmp_path / "in"], folder.path, tmp_path / "graded", jobs=2)


def points(graded: Graded) -> dict[str, float | None]:
    return {row.student.id: row.mark.points if row.mark else None for row in graded.rows if row.papers or row.mark}


def test_marks_by_question_explain_themselves(
    folder: ClassFolder, handed_in: Callable[..., Path], tmp_path: Path
) -> None:
    """Right, blank, wrong, carried and typed answers; every mark is the sum of its lines, in the file and on the screen."""
    handed_in("ada")
    handed_in("bob", changed("dC_dW_1", blank))
    handed_in("cyd", changed("delta_2", doubled))
    handed_in("dee", changed("z_1", typed))
    shutil.copytree(folder.give / "eve", tmp_path / "in" / "eve")
    settings(folder, ("points = 10", "points = 24"))
    graded = marks(folder, tmp_path)
    assert points(graded) == {"ada": 24.0, "bob": 23.0, "cyd": 23.0, "dee": 23.0, "eve": 0.0}
    assert [row.standing for row in graded.rows] == ["marked"] * 5 + ["no paper"] * 3
    write_marks(graded, tmp_path / "marks.csv")
    rows = list(csv.DictReader((tmp_path / "marks.csv").read_text("utf-8").splitlines()))
    for row, line in zip(graded.rows[:5], rows, strict=False):
        each = sum(float(line[question]) for question in graded.marker.questions)
        told = [float(words.split()[0]) for words in explained(graded, row.student.id) if words[:9].strip()[:1] in "+-"]
        assert row.mark is not None
        assert float(line["points"]) == row.mark.points == pytest.approx(each) == pytest.approx(sum(told))
    assert rows[7]["points"] == ""


def test_marks_by_idea(folder: ClassFolder, handed_in: Callable[..., Path], tmp_path: Path) -> None:
    """Blanks lose their block's points, then one mistake costs once, wherever it was filled to."""
    handed_in("ada", changed("delta_2", doubled))
    handed_in("bob", lambda book: changed("dC_dW_1", blank)(changed("delta_2", doubled)(book)))
    settings(
        folder, ("points = 10", "points = 24"), ('by = "question"', 'by = "idea"'), ("deduction = 1", "deduction = 5")
    )
    handed_in("cyd", lambda book: changed("z_1", as_text)(changed("a_2", as_text)(book)))
    graded = marks(folder, tmp_path)
    assert points(graded) == {"ada": 19.0, "bob": 18.0, "cyd": 19.0}
    assert "   -5.00  no formula in z_1, a_2" in explained(graded, "cyd")


def test_policies_and_questions(folder: ClassFolder, handed_in: Callable[..., Path], tmp_path: Path) -> None:
    """Shares of credit, points of single questions, and totals that do not add up."""
    handed_in("ada", changed("cost_new", typed))
    handed_in("bob", changed("delta_2", doubled))
    folder = settings(
        folder,
        ("points = 10", "points = 26\nquestions = { z_1 = 3 }"),
        ("hardcoded = 0.0", "hardcoded = 0.5"),
        ("carried = 1.0", "carried = 0.0"),
    )
    found = points(marks(folder, tmp_path))
    assert found["ada"] == 25.5
    assert found["bob"] is not None
    assert found["bob"] < 20
    settings(folder, ("questions = { z_1 = 3 }", "questions = { z_9 = 3 }"))
    with pytest.raises(UsageError, match=r"marks.questions.z_9 is no question"):
        marks(folder, tmp_path)
    settings(folder, ("questions = { z_9 = 3 }", "questions = { z_1 = 30 }"))
    with pytest.raises(UsageError, match=r"add up to 30, marks.points is 26"):
        marks(folder, tmp_path)


def test_late_work(folder: ClassFolder, handed_in: Callable[..., Path], tmp_path: Path) -> None:
    """Only a platform's record counts; each day begun costs, with grace and extensions, and no mark is below 0."""
    times = {
        "ada": "2026-12-01 11:59:00 UTC", "bob": "2026-12-01 12:04:00 UTC", "cyd": "2026-12-01 12:06:00 UTC",
        "dee": "2026-12-03 12:06:00 UTC", "eve": "2026-12-03 11:00:00 UTC", "fay": "2027-01-01 00:00:00 UTC",
    }  # fmt: skip
    for student, words in times.items():
        path = handed_in(student, name=f"submitted/{student}/hw/exercise.xlsx")
        path.with_name("timestamp.txt").write_text(words, "utf-8")
    handed_in("gus", name="gusexample_LATE_107_9_exercise.xlsx")
    handed_in("hal")
    settings(
        folder,
        ("# deadline = 2026-12-14T23:59:00+01:00", "deadline = 2026-12-01T13:00:00+01:00"),
        ("grace_minutes = 0", "grace_minutes = 5"),
        ("percent_a_day = 0", "percent_a_day = 20"),
        ('# extensions = { "id" = 2026-12-16T23:59:00+01:00 }', "extensions = { eve = 2026-12-03T12:00:00+01:00 }"),
    )
    graded = marks(folder, tmp_path)
    assert points(graded) == {
        "ada": 10.0, "bob": 10.0, "cyd": 8.0, "dee": 4.0, "eve": 10.0, "fay": 0.0, "gus": 8.0, "hal": 10.0
    }  # fmt: skip
    assert "does not say by how much" in graded.row("gus").notes[0]


def test_attempts(folder: ClassFolder, handed_in: Callable[..., Path], tmp_path: Path) -> None:
    """The best counts, or the last by the platform's record."""
    first = handed_in("ada", name="submitted/ada/hw/1.xlsx")
    first.with_name("timestamp.txt").write_text("2026-12-01 10:00:00 UTC", "utf-8")
    handed_in("ada", changed("z_1", blank), name="submitted/ada/hw2/2.xlsx").with_name("timestamp.txt").write_text(
        "2026-12-02 10:00:00 UTC", "utf-8"
    )
    settings(folder, ("points = 10", "points = 24"))
    assert points(marks(folder, tmp_path)) == {"ada": 24.0}
    settings(folder, ('attempt = "best"', 'attempt = "last"'))
    assert points(marks(folder, tmp_path)) == {"ada": 23.0}


def test_another_students_copy_waits_for_the_teacher(
    folder: ClassFolder, handed_in: Callable[..., Path], tmp_path: Path
) -> None:
    """The row stays the uploader's; an override decides, and survives."""
    handed_in("ada", name="bob/exercise.xlsx")
    graded = marks(folder, tmp_path)
    assert (graded.row("bob").standing, points(graded)) == ("needs a person", {"bob": None})
    assert "is the copy of ada" in graded.row("bob").notes[0]
    assert any(fact.students == ("bob", "ada") and "is the copy of ada" in fact.words for fact in facts(graded))
    folder.kept("overrides.csv").write_text("id,question,points,reason\nbob,,2.5,a talk\ncyd,,EX,ill\n", "utf-8")
    graded = marks(folder, tmp_path)
    assert points(graded)["bob"] == 2.5
    assert (graded.row("cyd").standing, graded.row("dee").standing) == ("excused", "no paper")
    folder.kept("overrides.csv").write_text("id,question,points,reason\nnobody,,1,\n", "utf-8")
    with pytest.raises(FileError, match="line 2: the id 'nobody' cannot be"):
        marks(folder, tmp_path)


def test_a_copy_without_its_record_is_known_by_its_numbers(
    folder: ClassFolder, handed_in: Callable[..., Path], tmp_path: Path
) -> None:
    """The hidden sheet is gone and the file's name says nothing; the row says how it is known."""
    handed_in("ada", lambda b: replace(b, sheets=tuple(s for s in b.sheets if s.name != RECORD_SHEET)), "homework.xlsx")
    handed_in("bob", name="work.xlsx")
    graded = marks(folder, tmp_path)
    assert points(graded) == {"ada": 10.0, "bob": 10.0}
    assert "known by its numbers" in graded.row("ada").notes[0]
    assert graded.row("bob").notes == ()


def test_pasted_numbers_of_a_friend(folder: ClassFolder, handed_in: Callable[..., Path], tmp_path: Path) -> None:
    """The own copy with the answers to another's numbers: a fact for the teacher."""
    friends = network_of(folder, "bob")
    handed_in("ada", lambda book: filled(book, friends, typed))
    handed_in("bob")
    (found,) = [fact for fact in facts(marks(folder, tmp_path)) if "typed numbers" in fact.words]
    assert found.students == ("ada", "bob")
    match = re.fullmatch(
        r"(\d+) of (\d+) typed numbers are the answers to the copy of bob, (\d+) to the own", found.words
    )
    assert match is not None
    theirs, typed_in_all, own = map(int, match.groups())
    assert theirs == typed_in_all > 50
    assert own < 10


def test_honest_work_makes_no_fact(folder: ClassFolder, handed_in: Callable[..., Path], tmp_path: Path) -> None:
    """Eight right papers with the usual formulas, and empty copies that are all alike."""
    for student in NAMES[:6]:
        handed_in(student)
    for student in NAMES[6:]:
        shutil.copytree(folder.give / student, tmp_path / "in" / student)
    assert facts(marks(folder, tmp_path)) == []


def test_what_nobody_can_mark(folder: ClassFolder, tmp_path: Path) -> None:
    """Unreadable is no 0; papers of strangers are listed; the secret may not lie among the papers."""
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "photo.png").write_bytes(b"x")
    (tmp_path / "in" / "bob").mkdir()
    (tmp_path / "in" / "bob" / "cut.xlsx").write_bytes(b"PK")
    save_workbook(make_student_workbook("bias-node"), tmp_path / "in" / "work.xlsx")
    graded = marks(folder, tmp_path)
    assert {row.student.id: row.standing for row in graded.rows[:3]} == {
        "ada": "not readable", "bob": "not readable", "cyd": "no paper"
    }  # fmt: skip
    assert [paper.paper.name for paper in graded.strays] == ["work.xlsx"]
    write_overview(graded, tmp_path / "overview.html")
    page = (tmp_path / "overview.html").read_text("utf-8")
    for words in ("not a picture of it", "Of nobody in the class", "work.xlsx: nothing says who handed it in"):
        assert words in page
    shutil.copy(folder.kept("secret"), tmp_path / "in" / "secret")
    with pytest.raises(FileError, match="the class's secret or numbers lie there"):
        marks(folder, tmp_path)


def test_a_second_run_judges_only_what_is_new(
    folder: ClassFolder, handed_in: Callable[..., Path], tmp_path: Path
) -> None:
    """Other points, an override or one more paper: what is known is not judged again, and nothing stale is left."""
    handed_in("ada")
    handed_in("bob", changed("z_1", blank))
    first = marks(folder, tmp_path)
    settings(folder, ("points = 10", "points = 48"))
    handed_in("cyd")
    shutil.rmtree(tmp_path / "in" / "bob")
    second = marks(folder, tmp_path)
    kept = {row.student.id: row.counted.result.kept for row in second.rows if row.counted and row.counted.result}
    assert kept == {"ada": True, "cyd": False}
    assert points(first)["bob"] != 10
    assert points(second) == {"ada": 48.0, "cyd": 48.0}


def test_a_formula_in_a_name_stays_text(tmp_path: Path) -> None:
    """A table for a spreadsheet program guards what would become a formula there."""
    students = [Student("a1", "=1+1"), Student("a2", "@cmd")]
    folder = assign("d02b", students, tmp_path / "class", formats=["xlsx"]).folder
    (tmp_path / "in").mkdir()
    write_marks(marks(folder, tmp_path), tmp_path / "marks.csv")
    rows = list(csv.DictReader((tmp_path / "marks.csv").read_text("utf-8").splitlines()))
    assert [row["name"] for row in rows] == ["'=1+1", "'@cmd"]
    assert [student.name for student in ClassFolder(folder.path).students] == ["=1+1", "@cmd"]


def test_the_grade_command(run: Run, folder: ClassFolder, handed_in: Callable[..., Path], tmp_path: Path) -> None:
    """Marks and overview on the disk; what a teacher must look at on the screen; 1 where somebody has no mark."""
    handed_in("ada")
    words = ("grade", str(tmp_path / "in"), "--class", str(folder.path), "-o", "out")
    done = run(*words)
    assert done.code == 1
    assert "bob Bob Example no paper\n" in done.out
    assert "7 no paper, 1 marked\nout/marks.csv\nout/overview.html\nout/feedback.zip  feedback pages: 1\n" in done.out
    assert run(*words, "--explain", "ADA").out.endswith("   10.00  in all\n")
    done = run(*words, "--explain", "zoe")
    assert (done.code, done.err.count("\n")) == (2, 1)
