"""The folder of a class: copies that say which they are and nothing else, kept numbers, and late joiners."""

from __future__ import annotations

import csv
import re
import shutil
import stat
from pathlib import Path

import pytest

from sheetnet.classroom import ClassFolder, Student, assign, read_assignment, write_key
from sheetnet.classroom.forget import forget
from sheetnet.errors import FileError, NetworkError
from sheetnet.files import read_workbook
from sheetnet.judge import validate
from sheetnet.layout.info_sheets import carried
from sheetnet.network_file import load_network
from tests.support.commands import Run

STUDENTS = [Student(f"id-{name}", name.title(), f"{name}@uni.example") for name in ("ada", "bob", "cyd")]
VARY = ("inputs", "weights")


@pytest.fixture
def folder(tmp_path: Path) -> ClassFolder:
    return assign("d02b", STUDENTS, tmp_path / "class", vary=VARY, formats=["xlsx"]).folder


def files(folder: ClassFolder) -> dict[str, bytes]:
    return {
        path.relative_to(folder.path).as_posix(): path.read_bytes() for path in folder.path.rglob("*") if path.is_file()
    }


def test_what_is_given_and_what_is_kept(folder: ClassFolder) -> None:
    """Students get their copies alone; the teacher's folder is the teacher's alone."""
    assert sorted(files(folder)) == [
        *(f"give/{student.id}/exercise.xlsx" for student in STUDENTS),
        *(f"keep/{name}" for name in ("assignment.toml", "codes.csv", "network.toml", "roster.csv", "secret")),
        "keep/variants.csv",
    ]
    assert stat.S_IMODE(folder.keep.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.kept("secret").stat().st_mode) == 0o600


def test_a_copy_says_which_it_is_and_never_whose(folder: ClassFolder) -> None:
    """The token is that of the student, and no part of a copy has a name, an address or an id."""
    tokens = set()
    for student in STUDENTS:
        book = read_workbook(folder.give / student.id / "exercise.xlsx")
        said = carried(book, "")
        assert said.facts["copy"] == "student"
        assert said.token == folder.secret.token(student.id)
        tokens.add(said.token)
        words = " ".join(str(cell.value) for sheet in book.sheets for cell in sheet.cells.values()).casefold()
        for other in STUDENTS:
            assert not any(part.casefold() in words for part in (other.id, other.email, folder.secret.code(other.id)))
            assert not re.search(rf"\b{other.name.casefold()}\b", words)
    assert len(tokens) == len(STUDENTS)


def test_every_copy_asks_for_the_same_of_its_own_numbers(folder: ClassFolder) -> None:
    """Nothing is filled in, nothing else is wrong, and the numbers are those that were written down."""
    networks = [folder.network_of(variant) for variant in folder.variants().values()]
    for student, network in zip(STUDENTS, networks, strict=True):
        report = validate(folder.give / student.id / "exercise.xlsx", network)
        assert report.counts == {"blank": 60}
        assert report.edited_inputs == ()
    assert len(set(networks)) == len(STUDENTS)
    assert {network.targets for network in networks} == {load_network("d02b").targets}


def test_late_joiners_alone_get_copies(folder: ClassFolder) -> None:
    """What is there stays as it is, to the byte."""
    before = files(folder)
    late = Student("id-dee", "Dee")
    given = assign("d02b", [*STUDENTS, late], folder.path)
    assert (given.new, given.known) == ((late,), 3)
    after = files(folder)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"give/id-dee/exercise.xlsx", *(f"keep/{name}.csv" for name in ("codes", "roster", "variants"))}
    assert after["keep/variants.csv"].startswith(before["keep/variants.csv"])


def test_a_run_that_was_stopped_goes_on(folder: ClassFolder) -> None:
    """The numbers come again from the secret where they were not yet written down, else from the table."""
    before = files(folder)
    shutil.rmtree(folder.give / STUDENTS[1].id)
    folder.kept("variants.csv").unlink()
    assert assign("d02b", STUDENTS, folder.path).new == (STUDENTS[1],)
    assert files(folder) == before


def test_a_number_that_was_written_down_counts(folder: ClassFolder) -> None:
    """The secret is only its source."""
    path = folder.kept("variants.csv")
    header, *rows = csv.reader(path.read_text("utf-8").splitlines())
    rows[0][header.index("A_0[0, 1]")] = "0.7"
    path.write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in (header, *rows)) + "\n", "utf-8")
    shutil.rmtree(folder.give / STUDENTS[0].id)
    assign("d02b", STUDENTS, folder.path)
    network = folder.network_of(folder.variants()[STUDENTS[0].id])
    assert network.inputs[0][1] == 0.7
    assert validate(folder.give / STUDENTS[0].id / "exercise.xlsx", network).edited_inputs == ()


def test_one_copy_for_all(tmp_path: Path) -> None:
    """Nothing varies: everybody gets the same file."""
    given = assign("d02b", STUDENTS, tmp_path / "class", formats=["ods"])
    assert [name for name in files(given.folder) if name.startswith("give")] == ["give/everybody/exercise.ods"]
    assert (len(given.new), given.known) == (3, 0)
    assert assign("d02b", STUDENTS, tmp_path / "class").known == 3


def test_a_key_on_demand(folder: ClassFolder) -> None:
    """Of one student's numbers, among what the teacher keeps."""
    (path,) = write_key(folder, "id-bob")
    assert path.parent == folder.kept("keys")
    assert validate(path, folder.network_of(folder.variants()["id-bob"])).ok
    with pytest.raises(FileError, match="nobody has the id 'bob'"):
        write_key(folder, "bob")


def test_another_network_secret_or_option_is_refused(folder: ClassFolder) -> None:
    """Copies that are out could not be known again."""
    before = files(folder)
    with pytest.raises(FileError, match="another network"):
        assign("bias-node", STUDENTS, folder.path)
    with pytest.raises(FileError, match="another variation"):
        assign("d02b", STUDENTS, folder.path, vary=["inputs"])
    assert files(folder) == before
    folder.kept("secret").write_text("00" * 32, "ascii")
    with pytest.raises(FileError, match="the secret or the name of the assignment changed"):
        assign("d02b", STUDENTS, folder.path)
    folder.kept("secret").write_text("nothing", "ascii")
    with pytest.raises(FileError, match="is no secret of a class"):
        assign("d02b", STUDENTS, folder.path)


def test_titles_that_toml_must_quote(tmp_path: Path) -> None:
    """They stand in assignment.toml, and come back."""
    folder = assign("d02b", STUDENTS, tmp_path / "class", name='An "odd" \\ näme').folder
    assert ClassFolder(folder.path).assignment.name == 'An "odd" \\ näme'


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('[marks]\nby = "luck"', "marks.by"),
        ("[credit]\ncarried = 2", "credit.carried"),
        ("[lateness]\ndeadline = 2026-12-14T23:59:00", "lateness.deadline"),
        ("[lateness]\npercent_a_day = 101", "lateness.percent_a_day"),
        ('[feedback]\nlevel = "all"', "feedback.level"),
        ("[privacy]\nkeep_until = 3", "privacy.keep_until"),
        ("[marks]\npoints = -1", "marks.points"),
        ("[markz]", "markz"),
    ],
)
def test_settings_that_cannot_be(folder: ClassFolder, line: str, field: str) -> None:
    """An error names the file, the field and what was expected."""
    path = folder.kept("assignment.toml")
    path.write_text(f'assignment = "homework"\n{line}\n', "utf-8")
    with pytest.raises(NetworkError) as caught:
        read_assignment(path)
    assert str(caught.value).startswith(f"{path}: {field}")


def test_the_command(run: Run, tmp_path: Path) -> None:
    """`sheetnet assign` says what it wrote; what does not fit together is one line and exit code 2."""
    roster, out = tmp_path / "roster.csv", tmp_path / "class"
    roster.write_text("id,name\n1,Ada\n2,Ada\n", "utf-8")
    done = run("assign", "d02b", "--students", str(roster), "-o", str(out), "--vary", "inputs", "--format", "xlsx")
    assert (done.code, done.out.splitlines()[0]) == (0, f"{out / 'give'}  2 new, 0 there already")
    assert "2 students are called Ada (1, 2)" in done.err
    assert run("assign", "d02b", "-o", str(out), "--key", "2").out == f"{out / 'keep' / 'keys' / '2.xlsx'}\n"
    for words in (["--same", "--vary", "inputs", "--students", str(roster)], []):
        done = run("assign", "d02b", "-o", str(out), *words)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_an_id_that_a_spreadsheet_program_would_take_for_a_formula(tmp_path: Path) -> None:
    """What sheetnet reads back is written as it is: the copies are known again."""
    students = [Student("@ada"), Student("-bob"), Student("+491234")]
    folder = assign("d02b", students, tmp_path / "class", vary=VARY, formats=["xlsx"]).folder
    assert list(folder.variants()) == [student.id for student in students]
    assert assign("d02b", students, folder.path).known == 3
    assert "'@ada," in folder.kept("codes.csv").read_text("utf-8")
    forget("@ada", folder)
    for path in folder.path.rglob("*.csv"):
        assert "@ada" not in path.read_text("utf-8")
