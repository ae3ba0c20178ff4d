"""A class that hands in, from the codes to the marks; what students cannot see, and what outlives a killed server."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from sheetnet.classroom import ClassFolder, Student, assign, grade
from sheetnet.classroom.folder import ATTEMPTS
from sheetnet.classroom.forget import forget
from sheetnet.errors import FileError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.web import ServeOptions
from sheetnet.web.attempts import SUBMITTED, TURNS_WITH_UNREADABLE, Attempts, HandedIn, attempts_left
from sheetnet.web.server import class_app
from tests.support.hostile.zips import overlapping
from tests.support.papers import changed, doubled, filled
from tests.support.web import Server, Visitor, served

pytestmark = [pytest.mark.posix, pytest.mark.xdist_group("web class")]  # one server
ADA, BOB, CYD = "id-ada", "id-bob", "id-cyd"
MOST = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ClassFolder:
    students = [Student(ADA, "Ada"), Student(BOB, "Bob"), Student(CYD, "Cyd")]
    place = tmp_path_factory.mktemp("class") / "class"
    return assign("bias-node", students, place, vary=["inputs"], formats=["xlsx"]).folder


@pytest.fixture(scope="module")
def papers(folder: ClassFolder, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """`right ID` and `wrong ID`: what students hand in, the wrong with a doubled δ."""
    place, found = tmp_path_factory.mktemp("papers"), {}
    for student, variant in folder.variants().items():
        copy = read_workbook(folder.give / student / "exercise.xlsx")
        right = filled(copy, folder.network_of(variant), lambda cell: cell)
        for kind, book in (("right", right), ("wrong", changed("delta_2", doubled)(right))):
            save_workbook(book, place / f"{kind} {student}.xlsx")
            found[f"{kind} {student}"] = (place / f"{kind} {student}.xlsx").read_bytes()
    return found


@pytest.fixture(scope="module")
def server(folder: ClassFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("served"), "--class", str(folder.path), "--attempts", str(MOST)) as running:
        yield running


def password(server: Server) -> str:
    return server.said[1].rpartition(" ")[2]


def entered(server: Server, folder: ClassFolder, student: str) -> Visitor:
    """A student who is in."""
    visitor = Visitor(server.url)
    assert "Hand in" in visitor.post("/enter", id=student.upper(), code=ClassFolder(folder.path).code(student)).text
    return visitor


def teacher(server: Server) -> Visitor:
    visitor = Visitor(server.url)
    visitor.post("/teacher/enter", page="/teacher", password=password(server))
    return visitor


def row(page: str, student: str) -> str:
    """The row of a student in the teacher's table, as text."""
    found = re.search(rf'<tr><th scope="row">{student}</th>(.*?)</tr>', page, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


@pytest.fixture(scope="module")
def answers(server: Server, folder: ClassFolder, papers: dict[str, bytes]) -> tuple[httpx.Response, httpx.Response]:
    """What Ada, the first to hand in, was told of a wrong and then of a right paper."""
    ada = entered(server, folder, ADA)
    wrong = ada.post("/hand-in", ("Ada's work.xlsx", papers["wrong id-ada"]))
    return wrong, ada.post("/hand-in", ("again.xlsx", papers["right id-ada"]))


def test_the_copy_the_receipt_and_the_feedback(
    server: Server,
    folder: ClassFolder,
    papers: dict[str, bytes],
    answers: tuple[httpx.Response, httpx.Response],
) -> None:
    """The own copy; of each paper its number, hash and findings, without answers; and the marked copy."""
    wrong, right = answers
    ada = entered(server, folder, ADA)
    assert ada.get("/copy/xlsx").content == (folder.give / ADA / "exercise.xlsx").read_bytes()
    assert [wrong.url.path, right.url.path] == ["/attempts/1", "/attempts/2"]
    assert hashlib.sha256(papers["wrong id-ada"]).hexdigest() in wrong.text
    assert "to look at" in wrong.text
    assert "expected <strong>" not in wrong.text
    assert "✓ all correct" in right.text
    assert zipfile.is_zipfile(io.BytesIO(ada.get("/attempts/1/marked").content))


@pytest.mark.usefixtures("answers")
def test_the_teacher_has_marks_and_feedback(server: Server) -> None:
    """The table, and all that is downloaded from it."""
    told = teacher(server)
    assert "marked 10 " in row(told.get("/teacher").text, ADA)
    assert f"{ADA},Ada,marked,10" in told.get("/teacher/marks.csv").text
    files = zipfile.ZipFile(io.BytesIO(told.get("/teacher/feedback.zip").content))
    assert {f"{ADA}/{name}" for name in ("feedback.html", "mark.txt", "marked.xlsx")} <= set(files.namelist())
    assert b"in all" in files.read(f"{ADA}/mark.txt")
    assert "Ada" in told.get("/teacher/overview.html").text


@pytest.mark.usefixtures("answers")
def test_grade_reads_what_lies_on_the_disk(folder: ClassFolder, tmp_path: Path) -> None:
    """`sheetnet grade class/handed-in` gives the marks that the page shows, from the files alone."""
    graded = grade([folder.handed_in], folder.path, tmp_path / "graded", jobs=1)
    counted = graded.row(ADA)
    assert counted.mark is not None
    assert counted.mark.points == 10
    assert all(paper.paper.handed_in is not None for paper in counted.papers)
    assert {paper.whose.how for paper in counted.papers} == {"the id"}


@pytest.mark.usefixtures("answers")
def test_another_level_is_that_of_papers_handed_in_before(server: Server, folder: ClassFolder) -> None:
    """As after a deadline: what is told is judged anew, and told as before when the level is changed back."""
    ada, settings = entered(server, folder, ADA), folder.kept("assignment.toml")
    before = settings.read_text("utf-8")
    for level, answers, cells in (("full", True, True), ("where", False, False), ("hint", False, True)):
        settings.write_text(before.replace('level = "hint"', f'level = "{level}"'), "utf-8")
        page = ada.get("/attempts/1").text
        assert ("expected <strong>" in page, "=2*(" in page) == (answers, cells)
    assert settings.read_text("utf-8") == before


@pytest.mark.usefixtures("answers")
def test_the_same_file_is_the_same_attempt_and_attempts_end(
    server: Server, folder: ClassFolder, papers: dict[str, bytes]
) -> None:
    """What is sent twice is handed in once; what cannot be read takes no attempt, but not for ever; then one must ask."""
    ada = entered(server, folder, ADA)
    assert ada.post("/hand-in", ("x.xlsx", papers["wrong id-ada"])).url.path == "/attempts/1"
    assert f"{MOST - 2} attempts are left" in ada.get("/").text
    for number in range(3, TURNS_WITH_UNREADABLE * MOST + 1):
        assert ada.post("/hand-in", ("x.xlsx", b"PK" + bytes([number]))).url.path == f"/attempts/{number}"
    assert "You have no attempts left" in ada.get("/").text
    answer = ada.post("/hand-in", ("x.xlsx", b"one more"))
    assert answer.status_code == 422
    assert f"you have handed in {MOST} times" in answer.text
    assert len(list((folder.handed_in / SUBMITTED / ADA).iterdir())) == TURNS_WITH_UNREADABLE * MOST


def test_what_cannot_be_read_takes_no_attempt() -> None:
    """Those that wait to be judged are counted, so that nobody sends many at once."""
    now = datetime.now(UTC)
    read, broken = HandedIn("a", 1, now, "1", "x.xlsx"), HandedIn("a", 2, now, "2", "x.xlsx", error="is empty")
    assert attempts_left([], 3) == 3
    assert attempts_left([read, broken, broken], 3) == 2
    assert attempts_left([read] * 3, 3) == attempts_left([broken] * TURNS_WITH_UNREADABLE * 3, 3) == 0


def test_anothers_copy_is_taken_with_a_note(server: Server, folder: ClassFolder, papers: dict[str, bytes]) -> None:
    """Whoever handed it in hears nothing of the other; the teacher decides."""
    answer = entered(server, folder, BOB).post("/hand-in", ("mine.xlsx", papers["right id-ada"]))
    assert "Attempt 1 is handed in" in answer.text
    assert "Your teacher looks at it" in answer.text
    for word in ("Ada", ADA, "Sheet Step"):
        assert word not in answer.text
    shown = row(teacher(server).get("/teacher").text, BOB)
    assert "needs a person" in shown
    assert f"is the copy of {ADA}: no mark until you decide" in shown


def test_hostile_papers_are_taken_and_named(server: Server, folder: ClassFolder) -> None:
    """There is a receipt, and one line that says why it cannot be judged."""
    answer = entered(server, folder, CYD).post("/hand-in", ("bomb.xlsx", overlapping("xlsx", 50, 200)))
    assert "Attempt 1 is not counted" in answer.text
    assert "unpacks to more than 200 MB" in answer.text
    assert "unpacks to more than" in row(teacher(server).get("/teacher").text, CYD)


def test_students_see_their_own_alone(server: Server, folder: ClassFolder) -> None:
    """No attempt of another, no key, no other workbook, no page of the teacher; nothing without a code."""
    cyd = entered(server, folder, CYD)
    for path in ("/attempts/2", "/attempts/1/marked", "/copy/ods", "/copy/..%2F..%2Fkeep%2Fsecret", "/make", "/judge"):
        assert cyd.get(path).status_code == 404
    for path in ("/teacher/marks.csv", "/teacher/feedback.zip", "/teacher/overview.html"):
        assert cyd.get(path).status_code == 401
    stranger = Visitor(server.url)
    for path in ("/copy/xlsx", "/attempts/1"):
        assert stranger.get(path).status_code == 401
    assert "template" not in cyd.get("/").text


def test_a_lost_code_is_replaced(server: Server, folder: ClassFolder) -> None:
    """The new one is shown and stands in codes.csv; the old one, and whoever is in by it, is out."""
    old, before = ClassFolder(folder.path).code(CYD), entered(server, folder, CYD)
    shown = teacher(server).post("/teacher/code", page="/teacher", id=CYD).text
    new = ClassFolder(folder.path).code(CYD)
    assert new != old
    assert new in shown
    assert old not in folder.kept("codes.csv").read_text("utf-8")
    assert f"{CYD},{new}" in folder.kept("codes.csv").read_text("utf-8")
    assert "Enter with the id" in before.get("/").text
    assert Visitor(server.url).post("/enter", id=CYD, code=old).status_code == 403
    assert "Hand in" in Visitor(server.url).post("/enter", id=CYD, code=new).text


def test_wrong_codes_are_slowed(server: Server, folder: ClassFolder) -> None:
    """After three the next must wait, also with the right one; an id that there is not answers alike, others go on."""
    for name in (BOB, "nobody"):
        guesser = Visitor(server.url)
        answers = [guesser.post("/enter", id=name, code="aaaaaaaaaa") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [403, 403, 403, 429]
        assert {answer.text.count("do not go together") for answer in answers[:3]} == {1}
    waiting = Visitor(server.url).post("/enter", id=BOB, code=folder.code(BOB))
    assert (waiting.status_code, waiting.headers["retry-after"]) == (429, "1")
    entered(server, folder, CYD)
    with_password = Visitor(server.url)
    answers = [with_password.post("/teacher/enter", page="/teacher", password="x") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 429]
    assert answers[-1].headers["retry-after"] == "1"
    assert "Try again in 1 second." in answers[-1].text


def test_one_server_serves_a_class(server: Server, folder: ClassFolder) -> None:
    """A second one is refused in a line: they would take each other's files for what was left over."""
    assert server.process.poll() is None
    with pytest.raises(FileError, match="another server serves this class"):
        class_app(ServeOptions(), folder.path, "password")


@pytest.mark.slow
def test_nothing_handed_in_is_lost_or_twice(papers: dict[str, bytes], folder: ClassFolder, tmp_path: Path) -> None:
    """Killed before a paper is judged, and once more without its index: the attempt is there once, and judged."""
    copy = ClassFolder(Path(shutil.copytree(folder.path, tmp_path / "class")))
    shutil.rmtree(copy.handed_in, ignore_errors=True)
    with served(tmp_path, "--class", str(copy.path)) as first:
        bob = entered(first, copy, BOB)
        data, files = {"token": bob.token()}, {"workbook": ("mine.xlsx", papers["wrong id-bob"])}
        bob.client.follow_redirects = False
        assert bob.client.post("/hand-in", data=data, files=files).headers["location"] == "/attempts/1"
        first.kill()
    (copy.handed_in / ".incoming-half").mkdir()
    for _ in range(2):
        with served(tmp_path, "--class", str(copy.path)) as again:
            bob = entered(again, copy, BOB)
            assert "to look at" in bob.post("/hand-in", ("again.xlsx", papers["wrong id-bob"])).text
            assert bob.get("/attempts/2").status_code == 404
            again.kill()
        for path in copy.keep.glob(f"{ATTEMPTS}*"):
            path.unlink()
    assert not list(copy.handed_in.glob(".incoming-*"))
    assert [path.name for path in (copy.handed_in / SUBMITTED / BOB).iterdir()] == ["attempt-001"]


@pytest.mark.usefixtures("answers")
def test_whoever_is_forgotten_leaves_no_attempt(folder: ClassFolder, tmp_path: Path) -> None:
    """Files and index."""
    copy = ClassFolder(Path(shutil.copytree(folder.path, tmp_path / "class")))
    Attempts(copy).reconcile()
    forget(ADA, copy)
    attempts = Attempts(ClassFolder(copy.path))
    assert not (copy.handed_in / SUBMITTED / ADA).exists()
    assert attempts.of(ADA) == []
    attempts.reconcile()
    assert ADA not in {attempt.student for attempt in attempts.everybodys()}
