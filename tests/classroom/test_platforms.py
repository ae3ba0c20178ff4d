"""Marks in a teacher's own export, by the platforms' own rules, and a student who is forgotten."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from sheetnet.classroom import ClassFolder, Graded, Student, assign, grade
from sheetnet.classroom.platforms import fill_canvas, fill_moodle, write_nbgrader
from sheetnet.errors import FileError
from sheetnet.files import save_workbook
from sheetnet.generate import make_workbook
from tests.support.commands import Run

STUDENTS = [
    Student("s-ada", "Ada Lovelace", "ada@uni.example", "101"),
    Student("s-bob", "Bob", "bob@uni.example", "102"),
    Student("s-cyd", "Cyd", "", "103"),
    Student("s-dee", "Dee", "", "104"),
]
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (4711),Homework 2 (4712),Final Score
    Points Possible,,,,,10.00,10.00,(read only)
"Lovelace, Ada",101,s-ada,ada@uni.example,Mon,,3,
Bob,102,,bob@uni.example,Mon,5,,
Cyd,103,,,Mon,5,,
Stranger,999,,,Mon,7,,
"Student, Test",888,,,Mon,,,
"""
MOODLE = """Kennung,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Beste Bewertung,Änderbar,Geändert,Bewertet,Feedback
Teilnehmer/in 101,Ada Lovelace,ada@uni.example,Abgegeben,,"10,00",Ja,-,-,
Teilnehmer/in 102,Bob,bob@uni.example,Keine Abgabe,,"10,00",Ja,-,-,
Teilnehmer/in 999,Wer,wer@uni.example,Abgegeben,"7,00","10,00",Ja,-,-,gut
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of four: Ada right, Bob unreadable, Cyd excused, Dee missing."""
    place = tmp_path_factory.mktemp("made")
    folder = assign("d02b", STUDENTS, place / "class", name="Homework 1", formats=["xlsx"]).folder
    (place / "in" / "s-bob").mkdir(parents=True)
    save_workbook(make_workbook("d02b"), place / "in" / "s-ada.xlsx")
    (place / "in" / "s-bob" / "photo.png").write_bytes(b"x")
    folder.kept("overrides.csv").write_text("id,question,points,reason\ns-cyd,,ex,ill\n", "utf-8")
    return place


@pytest.fixture
def graded(made: Path, tmp_path: Path) -> Graded:
    shutil.copytree(made, tmp_path / "made")
    return grade([tmp_path / "made" / "in"], tmp_path / "made" / "class", tmp_path / "out", jobs=1)


def written(folder: Path, words: str) -> Path:
    path = folder / "export.csv"
    path.write_text(words, "utf-8")
    return path


def read(path: Path, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(path.read_text("utf-8").splitlines(), delimiter=separator))


def test_canvas_takes_its_own_export_back(graded: Graded, tmp_path: Path) -> None:
    """The column of the assignment alone; what the importer looks at first stays as it was."""
    assert fill_canvas(graded, written(tmp_path, CANVAS), tmp_path / "canvas.csv") == 2
    before, after = read(written(tmp_path, CANVAS)), read(tmp_path / "canvas.csv")
    assert [line[5] for line in after] == ["Homework 1 (4711)", "10.00", "10.00", "5", "EX", "7", ""]
    assert [line[:5] + line[6:] for line in after] == [line[:5] + line[6:] for line in before]
    assert re.fullmatch(r"(.*)\s\((\d+)\)", after[0][5])


def test_canvas_with_decimal_commas_and_other_columns(graded: Graded, tmp_path: Path) -> None:
    """Semicolons go with decimal commas; a column is named by title or number."""
    sheet = written(
        tmp_path, CANVAS.replace(",", ";").replace('"Lovelace; Ada"', "Ada").replace('"Student; Test"', "Test")
    )
    assert fill_canvas(graded, sheet, tmp_path / "canvas.csv", "4712") == 2
    assert [line[6] for line in read(tmp_path / "canvas.csv", ";")][2:5] == ["10,00", "", "EX"]
    with pytest.raises(FileError, match=r"no columns for 'Homework 3': give --column with one of: Homework 1"):
        fill_canvas(graded, sheet, tmp_path / "canvas.csv", "Homework 3")
    with pytest.raises(FileError, match="no rows under a header"):
        fill_canvas(graded, written(tmp_path, "Student,ID\n"), tmp_path / "canvas.csv")


def test_moodles_worksheet_in_its_own_language(graded: Graded, tmp_path: Path) -> None:
    """The grade stands before the highest grade, whatever the columns are called; strangers stay."""
    sheet = written(tmp_path, MOODLE)
    assert fill_moodle(graded, sheet, tmp_path / "moodle.csv") == 2
    before, after = read(sheet), read(tmp_path / "moodle.csv")
    assert [line[4] for line in after] == ["Bewertung", "10.00", "", "7,00"]
    assert [line[:4] + line[5:9] for line in after] == [line[:4] + line[5:9] for line in before]
    assert after[2][9] == "s-bob/photo.png: hand in the workbook, not a picture of it"
    assert after[3][9] == "gut"
    assert fill_moodle(graded, sheet, tmp_path / "moodle.csv", "Bewertung") == 2
    with pytest.raises(FileError, match="no column Note: give --column with one of: Vollständiger Name"):
        fill_moodle(graded, sheet, tmp_path / "moodle.csv", "Note")


def test_nbgraders_table(graded: Graded, tmp_path: Path) -> None:
    """Its columns; a student without a paper has 0.0, one whose paper nobody could read has nothing."""
    write_nbgrader(graded, tmp_path / "grades.csv")
    header, *rows = read(tmp_path / "grades.csv")
    columns = """assignment duedate timestamp student_id last_name first_name email raw_score late_submission_penalty
        score max_score"""
    assert header == columns.split()
    lines = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(line["student_id"], line["score"], line["max_score"]) for line in lines] == [
        ("s-ada", "10.0", "10.0"), ("s-bob", "", "10.0"), ("s-cyd", "", "10.0"), ("s-dee", "0.0", "10.0")
    ]  # fmt: skip
    assert (lines[0]["first_name"], lines[0]["last_name"]) == ("Ada", "Lovelace")


def test_a_student_who_is_forgotten(run: Run, made: Path, tmp_path: Path) -> None:
    """No file anywhere has the id, the name, the address, the code or the token; others' are as they were."""
    shutil.copytree(made, tmp_path / "made")
    folder = ClassFolder(tmp_path / "made" / "class")
    words = ["s-ada", "Ada Lovelace", "ada@uni.example", folder.secret.code("s-ada"), folder.secret.token("s-ada")]
    (tmp_path / "export.csv").write_text(CANVAS, "utf-8")
    run("grade", str(tmp_path / "made" / "in"), "--class", str(folder.path), "-o", "out", "--lms", "canvas",
        "--sheet", "export.csv")  # fmt: skip
    done = run("forget", "S-ADA", "--class", str(folder.path), "-o", "out")
    assert done.code == 0
    assert "roster.csv" in done.out
    for path in [*folder.path.rglob("*"), *(tmp_path / "out").rglob("*")]:
        assert not any(word.casefold() in str(path).casefold() for word in words)
        if path.is_file():
            content = path.read_bytes()
            assert not any(word.encode() in content for word in words), path
    assert [student.id for student in ClassFolder(folder.path).students] == ["s-bob", "s-cyd", "s-dee"]
    done = run("forget", "s-ada", "--class", str(folder.path))
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_options_that_go_together(run: Run, made: Path) -> None:
    """A sheet without its platform, or the other way round, is one line."""
    for words in (["--lms", "canvas"], ["--sheet", "x.csv"], ["--lms", "nbgrader", "--sheet", "x.csv"]):
        done = run("grade", str(made / "in"), "--class", str(made / "class"), "-o", "out", *words)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
