"""Papers as the platforms name them, in folders and zips, with the junk that comes along; names from their own pages."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from sheetnet.classroom.collect import Claim, Paper, claim_of, collect
from sheetnet.errors import FileError
from sheetnet.files.limits import Limits

METADATA = """submission_12345:
  :submitters:
  - :name: Ada Lovelace
    :sid: 's-ada'
    :email: ada@uni.example
  :created_at: 2026-12-01 10:00:00.123456000 Z
submission_777:
  :submitters:
  - :name: Bob
    :sid:
    :email: bob@uni.example
"""


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def collected(*paths: Path, most: int = Limits.file_size) -> tuple[list[Paper], dict[str, bytes]]:
    stored: dict[str, bytes] = {}
    papers = collect(list(paths), lambda digest, suffix, content: stored.update({f"{digest}{suffix}": content}), most)
    return papers, stored


@pytest.mark.parametrize(
    ("name", "claim", "late"),
    [
        ("lovelaceada_101_4711_exercise.xlsx", Claim("101", ("lovelaceada",)), False),
        ("lovelaceada_LATE_101_4711_exercise-2.xlsx", Claim("101", ("lovelaceada",)), True),
        ("Ada Lovelace_4242_assignsubmission_file_/exercise.ods", Claim("4242", ("Ada Lovelace",)), False),
        ("Ada Lovelace_4242_assignsubmission_file/exercise.ods", Claim("4242", ("Ada Lovelace",)), False),
        ("Ada_van_der L._7_assignsubmission_file_exercise.ods", Claim("7", ("Ada_van_der L.",)), False),
        ("submitted/ada/hw1/exercise.xlsx", Claim(words=("ada",)), False),
        ("ada/exercise.xlsx", Claim(words=("ada", "exercise")), False),
        ("all.zip/ada/my work/exercise.xlsx", Claim(words=("my work", "ada", "all", "exercise")), False),
        ("01_right.xlsx", Claim(words=("01_right",)), False),
    ],
)
def test_who_handed_in(name: str, claim: Claim, late: bool) -> None:
    """What names say, the surest first."""
    assert claim_of(name.split("/")) == (claim, late)


def test_folders_zips_and_a_zip_in_a_zip(tmp_path: Path) -> None:
    """Everything is found once, under the names that lead to it; nothing is written where a name would have it."""
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "a.xlsx").write_bytes(b"1")
    inner = zipped({"../../evil/b.ods": b"2", "__MACOSX/._b.ods": b"x", "deep.zip": zipped({"c.xlsx": b"3"})})
    (tmp_path / "in" / "bob.zip").write_bytes(inner)
    (tmp_path / "one.zip").write_bytes(zipped({"cyd/mine.zip": zipped({"d.xlsx": b"4"})}))
    papers, stored = collected(tmp_path / "in", tmp_path / "one.zip", tmp_path / "in" / "ada" / "a.xlsx")
    assert [(paper.name, paper.problem) for paper in papers] == [
        ("a.xlsx", None),
        ("ada/a.xlsx", None),
        ("bob.zip/deep.zip/c.xlsx", None),
        ("bob.zip/evil/b.ods", None),
        ("one.zip/cyd/mine.zip/d.xlsx", None),
    ]
    assert sorted(stored.values()) == [b"1", b"2", b"3", b"4"]
    assert papers[0].digest == papers[1].digest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "one.zip"]


def test_what_is_no_workbook_says_what_to_do(tmp_path: Path) -> None:
    """Junk is passed over; all else is one line with the remedy, and loses nobody else's paper."""
    files = {
        "a.pdf": "not a print", "b.png": "not a picture", "c.numbers": "Export To", "d.xls": "save it as .xlsx",
        "e.txt": "is no workbook", "f.zip": "damaged zip", "~$g.xlsx": None, ".DS_Store": None, "Thumbs.db": None,
        "g.xlsx": "",
    }  # fmt: skip
    for name in files:
        (tmp_path / name).write_bytes(b"nothing")
    (tmp_path / "link.xlsx").symlink_to(tmp_path / "g.xlsx")
    deep = zipped({"i.zip": zipped({"j.zip": zipped({"k.xlsx": b""})})})
    (tmp_path / "h.zip").write_bytes(deep)
    papers, _ = collected(tmp_path)
    found = {paper.name: paper.problem or "" for paper in papers}
    assert found.keys() == {name for name, part in files.items() if part is not None} | {"h.zip/i.zip/j.zip"}
    assert "zip in a zip in a zip" in found["h.zip/i.zip/j.zip"]
    for name, part in files.items():
        assert part is None or part in found[name]


def test_a_bomb_is_one_line(tmp_path: Path) -> None:
    """A member that unpacks to far more than a workbook is never unpacked whole."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.xlsx", "w") as member:
        for _ in range(120):
            member.write(bytes(1_000_000))
        archive_size = stream.tell()
    assert archive_size < 1_000_000
    (tmp_path / "bomb.zip").write_bytes(stream.getvalue())
    (paper,), stored = collected(tmp_path)
    assert "hand in the workbook alone" in (paper.problem or "")
    assert stored == {}


def test_files_may_be_as_large_as_the_limit_says(tmp_path: Path) -> None:
    """In folders, in zips and alone; what is no workbook is not even read."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.xlsx").write_bytes(b"12345")
    (tmp_path / "all.zip").write_bytes(
        zipped({"b.xlsx": b"12345", "c.zip": zipped({"d.ods": b"1234"}), "e.pdf": b"123456"})
    )
    paths = tmp_path / "in", tmp_path / "in" / "a.xlsx", tmp_path / "all.zip"
    papers, stored = collected(*paths, most=200)
    assert sorted(stored.values()) == [b"1234", b"12345"]
    papers, stored = collected(*paths[:2], most=4)
    assert [paper.problem for paper in papers] == 2 * ["has more than 4 bytes: hand in the workbook alone"]
    assert stored == {}
    problems = {paper.name: paper.problem or "" for paper in collected(paths[2], most=4)[0]}
    assert problems["all.zip/b.xlsx"].startswith("has more than 4 bytes")
    assert problems["all.zip/c.zip"].startswith("has more than 4 bytes")
    assert "not a print" in problems["all.zip/e.pdf"]


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("2026-12-01 10:00:00.948203 UTC", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("2026-12-01T10:00:00+01:00", datetime(2026, 12, 1, 10, tzinfo=timezone(timedelta(hours=1)))),
        ("2026-12-01 10:00:00 Europe/Berlin", datetime(2026, 12, 1, 9, tzinfo=UTC)),
        ("2026-12-01 10:00:00", None),
        ("soon", None),
        ("2026-12-01 10:00:00 Nowhere/City", None),
        ("2026-13-41 10:00:00 UTC", None),
    ],
)
def test_nbgraders_timestamps(tmp_path: Path, words: str, moment: datetime | None) -> None:
    """A time counts only with its zone."""
    place = tmp_path / "submitted" / "ada" / "hw1"
    place.mkdir(parents=True)
    (place / "timestamp.txt").write_text(words, "utf-8")
    (place / "exercise.xlsx").write_bytes(b"")
    (paper,), _ = collected(tmp_path)
    assert paper.handed_in == moment
    assert paper.claim == Claim(words=("ada",))


def test_gradescopes_export(tmp_path: Path) -> None:
    """Its list says whose each folder is."""
    for folder in ("submission_12345", "submission_777"):
        (tmp_path / "export" / folder).mkdir(parents=True)
        (tmp_path / "export" / folder / "exercise.xlsx").write_bytes(b"")
    (tmp_path / "export" / "submission_metadata.yml").write_text(METADATA, "utf-8")
    papers, _ = collected(tmp_path)
    assert [(paper.claim.words, paper.claim.email, paper.handed_in) for paper in papers] == [
        (("s-ada", "Ada Lovelace"), "ada@uni.example", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        (("Bob",), "bob@uni.example", None),
    ]


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    """That is the teacher's slip, and one line."""
    with pytest.raises(FileError, match=r"nowhere: cannot be read \(No such file"):
        collected(tmp_path / "nowhere")
