"""Who is in a class, from a file of one's own or a platform's export, made of the literals of their documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetnet.classroom import Student, read_roster
from sheetnet.classroom.roster import namesakes
from sheetnet.errors import FileError

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (4711)
    Points Possible,,,,,10
"Lovelace, Ada",101,s-ada,ada@uni.example,Mon,
"Ångström, 李",102,,li@uni.example,Mon,
"""
MOODLE = """Kennung,Vollständiger Name,E-Mail-Adresse,Status,Bewertung
Teilnehmer/in 7,Ada Lovelace,ada@uni.example,Keine Abgabe,-
Teilnehmer/in 12,Bob,bob@uni.example,Keine Abgabe,-
"""
GRADESCOPE = "First Name,Last Name,SID,Email,Role\nAda,Lovelace,s-ada,ada@uni.example,Student\n"


def written(folder: Path, words: str | bytes) -> Path:
    path = folder / "roster.csv"
    path.write_bytes(words if isinstance(words, bytes) else words.encode())
    return path


@pytest.mark.parametrize(
    ("words", "students"),
    [
        ("id\n01\n02\n", [Student("01"), Student("02")]),
        ("name;ID;platform_id\nAda;a;7\n", [Student("a", "Ada", "", "7")]),
        (
            CANVAS,
            [
                Student("s-ada", "Lovelace, Ada", "", "101"),
                Student("li@uni.example", "Ångström, 李", "", "102"),
            ],
        ),
        (
            MOODLE,
            [Student("7", "Ada Lovelace", "ada@uni.example", "7"), Student("12", "Bob", "bob@uni.example", "12")],
        ),
        (GRADESCOPE, [Student("s-ada", "Ada Lovelace", "ada@uni.example")]),
        ("id,name\n1,Ada\n".encode("utf-16"), [Student("1", "Ada")]),
        ("\ufeffid,name\r\n1,Ada\r\n", [Student("1", "Ada")]),
        ("id,name\n1,A\u030angstrom\n", [Student("1", "Ångstrom")]),
    ],
)  # fmt: skip
def test_rosters(tmp_path: Path, words: str | bytes, students: list[Student]) -> None:
    """The same students, whoever wrote the file."""
    assert list(read_roster(written(tmp_path, words))) == students


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("id\nada\nAda\n", "'ada' stands there more than once"),
        ("id\n../etc\n", "line 2: the id '../etc' has a character"),
        ("id\n.ssh\n", "begins or ends as no name"),
        ("id\na.\n", "begins or ends as no name"),
        ("id\nCON.txt\n", "Windows keeps"),
        ("id,name\n,Ada\n", "is empty"),
        (f"id\n{'a' * 101}\n", "more than 100 characters"),
        ("nobody\nada\n", "the header names no id"),
        ("id\n", "no rows under a header"),
        ("", "no rows under a header"),
        (b"\xff\xfe\x00", "no table of text"),
        (b"id\n\xe9\n", "no table of text"),
        (CANVAS.split('"', 1)[0], "names no student"),
    ],
)
def test_rosters_that_cannot_be_used(tmp_path: Path, words: str | bytes, part: str) -> None:
    """One line that names the file, the place and the remedy."""
    path = written(tmp_path, words)
    with pytest.raises(FileError) as caught:
        read_roster(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert part in line
    assert caught.value.remedy
    assert "\n" not in line


def test_namesakes() -> None:
    """Two students of one name are told, in capitals or not; others are not."""
    students = [Student("1", "Ada"), Student("2", "ada"), Student("3", "Bob"), Student("4"), Student("5")]
    assert namesakes(students) == {"Ada": students[:2]}
