"""What students get back: their own work, at the level the teacher chose, under the names that came in."""

from __future__ import annotations

import re
import shutil
import zipfile
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from sheetnet.classroom import ClassFolder, Graded, Student, assign, grade, write_overview
from sheetnet.classroom.feedback import PAGE, page_of, write_feedback
from sheetnet.files import read_workbook, save_workbook
from sheetnet.files.limits import Limits
from sheetnet.judge import validate
from sheetnet.mistakes import MISTAKES
from sheetnet.reference import training_step
from sheetnet.report.marked import save_marked
from sheetnet.report.redacted import Level, redacted
from tests.support.browser import looked_at
from tests.support.papers import blank, changed, doubled, filled, typed

STUDENTS = [
    Student("s-ada", "Ada Lovelace", "ada@uni.example", "101"),
    Student("s-bob", "Bob Builder", "bob@uni.example", "102"),
    Student("s-cyd", "Cyd Charisse", "cyd@uni.example", "103"),
]
ADA = "lovelaceada_101_4711_exercise.xlsx"
BOB = "builderbob_102_4712_my work.ods"
NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?!\w)")
CYD = "charissecyd_LATE_103_4713_photo.png"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ada has one mistake, one blank block and a typed number, Bob handed in Ada's copy as .ods, Cyd a picture."""
    place = tmp_path_factory.mktemp("made")
    (place / "class" / "keep").mkdir(parents=True, mode=0o700)
    (place / "class" / "keep" / "secret").write_text("5e" * 32, "ascii")
    folder = assign("d02b", STUDENTS, place / "class", vary=["inputs", "weights"], name="Homework").folder
    network = folder.network_of(folder.variants()["s-ada"])
    right = filled(read_workbook(folder.give / "s-ada" / "exercise.xlsx"), network, lambda cell: cell)
    own = changed("W_2_new", blank)(changed("delta_1", doubled)(changed("z_1", typed)(right)))
    (place / "in").mkdir()
    save_workbook(own, place / "in" / ADA)
    save_workbook(right, place / "in" / BOB)
    (place / "in" / CYD).write_bytes(b"x")
    with zipfile.ZipFile(place / "submissions.zip", "w") as archive:
        for path in sorted((place / "in").iterdir()):
            archive.write(path, path.name)
    return place


@pytest.fixture
def graded(made: Path, tmp_path: Path) -> Graded:
    shutil.copytree(made / "class", tmp_path / "class")
    return grade([made / "submissions.zip"], tmp_path / "class", tmp_path / "out", jobs=2)


def texts(folder: Path) -> dict[str, str]:
    """The text of every file that a student gets, those of workbooks from all their parts."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".xlsx", ".ods"):
            with zipfile.ZipFile(path) as archive:
                found[path.name] = " ".join(
                    archive.read(name).decode("utf-8", "replace") for name in archive.namelist()
                )
        elif path.is_file():
            found[path.name] = path.read_text("utf-8")
    return found


def test_everybody_gets_what_is_theirs(graded: Graded, tmp_path: Path) -> None:
    """A page, a marked copy and a mark; who has no mark is told why, and nothing about anybody else."""
    assert write_feedback(graded, tmp_path / "out", jobs=2) == 1
    files = {path.relative_to(tmp_path / "out" / "feedback").as_posix() for path in (tmp_path / "out").rglob("*.*")
        if "feedback" in path.parts and path.is_file()}  # fmt: skip
    assert files == {f"s-ada/{ADA}", "s-ada/feedback.html", "s-ada/mark.txt", "s-bob/mark.txt", "s-cyd/mark.txt"}
    mark = (tmp_path / "out" / "feedback" / "s-ada" / "mark.txt").read_text("utf-8").splitlines()
    assert sum(float(line.split()[0]) for line in mark[:-1]) == pytest.approx(float(mark[-1].split()[0]))
    assert "your teacher looks at your file" in texts(tmp_path / "out" / "feedback" / "s-bob")["mark.txt"]
    assert "not a picture of it" in texts(tmp_path / "out" / "feedback" / "s-cyd")["mark.txt"]
    for student in STUDENTS:
        for other in STUDENTS:
            if other != student:
                words = (other.id, other.name, other.email, graded.folder.secret.token(other.id))
                for name, text in texts(tmp_path / "out" / "feedback" / student.id).items():
                    assert not any(word.casefold() in text.casefold() for word in words), (student.id, name)


def test_the_zip_has_the_names_that_came_in(graded: Graded, tmp_path: Path) -> None:
    """Canvas takes the first two numbers between underscores; a marked copy has its very name."""
    write_feedback(graded, tmp_path / "out", jobs=2)
    with zipfile.ZipFile(tmp_path / "out" / "feedback.zip") as archive:
        names = archive.namelist()
    assert ADA in names
    assert {re.findall(r"(?<=_)\d+(?=_)", name)[0] for name in names} == {"101", "102", "103"}
    assert {re.findall(r"(?<=_)\d+(?=_)", name)[1] for name in names} == {"4711", "4712", "4713"}


@pytest.mark.parametrize("level", ["where", "hint"])
def test_no_number_of_the_key(graded: Graded, tmp_path: Path, level: str) -> None:
    """At any rounding to four or more digits: what is neither given nor the student's own entry is nowhere."""
    edit(graded.folder, f'level = "{level}"')
    write_feedback(regraded(graded, tmp_path), tmp_path / "out", jobs=2)
    found = texts(tmp_path / "out" / "feedback" / "s-ada")
    assert_plain_words(graded, found, level)
    network = graded.folder.network_of(graded.folder.variants()["s-ada"])
    step = training_step(network)
    filled_in = {float(x) for name in step if name not in ("W_2_new", "delta_1") for x in step[name].ravel()}
    doubled_now = entered(tmp_path / "out" / "feedback" / "s-ada" / ADA)
    hidden = {float(x) for name in ("W_2_new", "delta_1") for x in step[name].ravel()} - filled_in
    for number in hidden:
        for digits in range(4, 16):
            word = f"{number:.{digits}g}"
            if float(word) not in {float(f"{x:.{digits}g}") for x in doubled_now | filled_in}:
                pattern = re.compile(rf"(?<![\d.]){re.escape(word)}(?!\d)")
                assert not any(pattern.search(text) for text in found.values()), (number, word)


def assert_plain_words(graded: Graded, found: dict[str, str], level: str) -> None:
    """A student has no `sheetnet explain`: no codes, no words of the code; names of mistakes where hints are given."""
    counted = graded.row("s-ada").counted
    assert counted is not None
    assert counted.result is not None
    assert counted.result.report is not None
    (code,) = {cell.mistake for cell in counted.result.report.answers if cell.mistake is not None}
    assert not any(re.search(r"\bSN\d{3}\b|(?<![ve]-)hardcoded", text) for text in found.values())
    assert "2 typed in" in found["mark.txt"]
    for name in (PAGE, ADA):
        assert (MISTAKES[code].name in unescape(found[name])) is (level == "hint")


def regraded(graded: Graded, tmp_path: Path) -> Graded:
    source = next((tmp_path / "out" / "work" / "papers" / "s-ada").iterdir())
    (tmp_path / "again" / "s-ada").mkdir(parents=True)
    shutil.copy(source, tmp_path / "again" / "s-ada" / ADA)
    return grade([tmp_path / "again"], graded.folder.path, tmp_path / "out", jobs=2)


def entered(path: Path) -> set[float]:
    """The numbers that stand in the cells of a marked copy: the student's own, and what was given."""
    return {
        cell.value
        for sheet in read_workbook(path).sheets
        for cell in sheet.cells.values()
        if isinstance(cell.value, float)
    }


def edit(folder: ClassFolder, line: str) -> None:
    path = folder.kept("assignment.toml")
    words = path.read_text("utf-8").replace('level = "hint"', line)
    path.write_text(words, "utf-8")


def test_more_is_told_after_the_deadline(graded: Graded, tmp_path: Path) -> None:
    """The second level holds from the student's own deadline on."""
    edit(graded.folder, 'level = "where"\nafter_deadline = "full"')
    path = graded.folder.kept("assignment.toml")
    path.write_text(path.read_text("utf-8").replace("# deadline = 2026-12-14T23:59:00+01:00",
        "deadline = 2026-12-14T23:59:00+01:00"), "utf-8")  # fmt: skip
    again = regraded(graded, tmp_path)
    pages = []
    for day in (14, 15):
        write_feedback(again, tmp_path / "out", jobs=1, now=datetime(2026, 12, day, 12, tzinfo=UTC))
        pages.append(texts(tmp_path / "out" / "feedback" / "s-ada")["feedback.html"])
    assert ", expected" not in pages[0]
    assert ", expected" in pages[1]


@pytest.mark.slow
def test_a_hundred_variants_give_nothing_away(tmp_path: Path) -> None:
    """In pages and marked copies of 100 students, at both levels, at any rounding to four digits or more."""
    students = [Student(f"s{number:03}") for number in range(100)]
    vary = ["inputs", "targets", "weights", "biases"]
    folder = assign("d02b", students, tmp_path / "class", vary=vary, formats=["xlsx"]).folder
    for number, (student, variant) in enumerate(folder.variants().items()):
        network = folder.network_of(variant)
        book = filled(read_workbook(folder.give / student / "exercise.xlsx"), network, lambda cell: cell)
        undone = ("dC_dW_1", "W_1_new", "W_2_new", "z_1_new", "A_1_new", "z_2_new", "a_2_new", "cost_new")
        for name in undone:
            book = changed(name, blank)(book)
        path = tmp_path / f"{student}.xlsx"
        save_workbook(changed("delta_2", doubled)(book), path)
        report = validate(path, network, blanks=["all"])
        own = {cell.value for cell in report.cells if isinstance(cell.value, float)} | entered(path)
        key = {cell.expected for cell in report.answers if cell.expected is not None}
        secret = {number for number in roundings(key) - roundings(own) if len(f"{number:g}".strip("0.")) > 3}
        assert len(secret) > 50
        told = redacted(report, (Level.WHERE, Level.HINT)[number % 2])
        out = tmp_path / "out" / student
        out.mkdir(parents=True)
        save_marked(told, out / path.name)
        (out / "page.html").write_text(page_of(told, path.name, Limits()), "utf-8")
        for name, text in texts(out).items():
            assert (name, secret & {float(word) for word in NUMBER.findall(text)}) == (name, set())


def roundings(numbers: set[float]) -> set[float]:
    """The numbers without their signs, rounded to 4 to 15 significant digits, and to 4 to 9 decimals as sheets round."""
    rounded = {float(f"{abs(number):.{digits}g}") for number in numbers for digits in range(4, 16)}
    return rounded | {round(abs(number), places) for number in numbers for places in range(4, 10) if abs(number) > 0.1}


@pytest.mark.slow
@pytest.mark.browser
def test_the_overview_in_a_browser(graded: Graded, tmp_path: Path) -> None:
    """Readable on a phone and a screen, light and dark; axe-core finds nothing serious."""
    write_overview(graded, tmp_path / "overview.html")
    for (width, _), found in looked_at((tmp_path / "overview.html").read_text("utf-8"), tmp_path).items():
        assert found["needed"] == width
        assert [violation for violation in found["violations"] if violation[1] in ("serious", "critical")] == []
