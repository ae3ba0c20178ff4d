"""Thirty students hand in at once, a tenth of them malicious files; then again, and the server is killed amid it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from sheetnet.classroom import ClassFolder, Student, assign, grade
from sheetnet.classroom.grade import Standing
from sheetnet.files import read_workbook, save_workbook
from sheetnet.web.attempts import SUBMITTED
from tests.support.figures import record
from tests.support.hostile import CASES, Trap
from tests.support.papers import changed, doubled, filled
from tests.support.web import Visitor, served

pytestmark = [pytest.mark.slow, pytest.mark.linux, pytest.mark.xdist_group("many at once")]  # in this order
STUDENTS = [f"s{number:02d}" for number in range(1, 31)]
HOSTILE = dict(
    zip(
        STUDENTS[::10],
        ("3,000 open parentheses", "a formula in a million cells a hundred times", "spans nested 20,000 deep"),
        strict=True,
    )
)
GOOD = [student for student in STUDENTS if student not in HOSTILE]
LATEST_P95 = 60.0  # seconds on two cores that others use too


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ClassFolder:
    place = tmp_path_factory.mktemp("class") / "class"
    return assign("bias-node", [Student(each) for each in STUDENTS], place, vary=["inputs"], formats=["ods"]).folder


@pytest.fixture(scope="module")
def papers(folder: ClassFolder, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, bytes]]:
    """Of each student the paper of the first and of the second time."""
    place = tmp_path_factory.mktemp("papers")
    traps = {case.name: case for case in CASES if case.suffix == "ods"}
    first, second = dict[str, bytes](), dict[str, bytes]()
    for student, variant in folder.variants().items():
        if student in HOSTILE:
            case = traps[HOSTILE[student]]
            first[student] = second[student] = case.make(Trap("http://127.0.0.1:9", place / "secret"))
            continue
        right = filled(read_workbook(folder.give / student / "exercise.ods"), folder.network_of(variant), lambda c: c)
        for found, book in ((first, changed("delta_2", doubled)(right)), (second, right)):
            path = place / f"{student}-{len(found)}.ods"
            save_workbook(book, path)
            found[student] = path.read_bytes()
            path.unlink()
    return [first, second]


def at_once(hand_in: Callable[[str], float]) -> list[float]:
    """What each student's seconds were, all beginning at one moment."""
    gate = threading.Barrier(len(STUDENTS))

    def begin(student: str) -> float:
        gate.wait()
        return hand_in(student)

    with ThreadPoolExecutor(len(STUDENTS)) as threads:
        return sorted(threads.map(begin, STUDENTS))


def peaks(process: int) -> tuple[int, int]:
    """The most memory that a process held, and what those that it started held together, in MB."""
    held = {}
    for place in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError, IndexError):  # it ended meanwhile
            status = place.read_text()
            parent = int(status.split("PPid:")[1].split()[0])
            if process in (parent, int(place.parent.name)):
                held[int(place.parent.name)] = int(status.split("VmHWM:")[1].split()[0]) // 1000
    return held.pop(process), sum(held.values())


def entered(url: str, folder: ClassFolder, student: str) -> Visitor:
    visitor = Visitor(url)
    visitor.post("/enter", id=student, code=folder.code(student))
    return visitor


@pytest.fixture(scope="module")
def port() -> int:
    """The same before and after the kill, as in a school."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_thirty_at_once_are_all_judged(
    folder: ClassFolder,
    papers: list[dict[str, bytes]],
    port: int,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """Every good paper is judged, every malicious one named; the time until the feedback stands there is printed."""
    with served(tmp_path, "--class", str(folder.path), port=port) as server:
        visitors = {student: entered(server.url, folder, student) for student in STUDENTS}

        def hand_in(student: str) -> float:
            begun = time.monotonic()
            answer = visitors[student].post("/hand-in", ("exercise.ods", papers[0][student]))
            expected = "The file " if student in HOSTILE else "to look at"
            assert expected in answer.text, student
            return time.monotonic() - begun

        seconds = at_once(hand_in)
        p95 = seconds[round(0.95 * len(seconds)) - 1]
        own, workers = peaks(server.process.pid)
        words = f"median {seconds[15]:.1f} s, p95 {p95:.1f} s, server {own} MB, its workers {workers} MB"
        record(record_property, f"web: 30 papers at once: {words}")
        assert p95 < LATEST_P95


def test_killed_in_the_middle_nothing_is_lost_or_twice(
    folder: ClassFolder, papers: list[dict[str, bytes]], port: int, tmp_path: Path
) -> None:
    """Those who heard nothing send their file again; each has one attempt more, and `grade` finds all."""
    receipts: dict[str, str] = {}
    up = threading.Event()

    def hand_in(student: str) -> float:
        begun, visitor = time.monotonic(), None
        while True:
            try:
                visitor = visitor or entered(url, folder, student)
                visitor.client.follow_redirects = False
                data = {"token": visitor.token()}
                files = {"workbook": ("exercise.ods", papers[1][student])}
                answer = visitor.client.post("/hand-in", data=data, files=files)
                receipts[student] = answer.headers["location"]
                return time.monotonic() - begun
            except httpx.TransportError:
                up.wait(60)
                time.sleep(0.2)

    with served(tmp_path, "--class", str(folder.path), port=port) as first:
        url = first.url

        def kill() -> None:
            while len(receipts) < len(STUDENTS) // 3:
                time.sleep(0.01)
            first.kill()

        killing = threading.Thread(target=kill)
        killing.start()
        handing = threading.Thread(target=at_once, args=(hand_in,))
        handing.start()
        killing.join()
        assert len(receipts) < len(STUDENTS)
        with served(tmp_path, "--class", str(folder.path), port=port) as again:
            up.set()
            handing.join()
            for student in GOOD:
                visitor = entered(again.url, folder, student)
                answer = visitor.get(receipts[student])
                while "refresh" in answer.headers:
                    answer = visitor.get(receipts[student])
                assert "✓ all correct" in answer.text
    assert {receipts[student] for student in GOOD} == {"/attempts/2"}
    assert {receipts[student] for student in HOSTILE} == {"/attempts/1"}  # the same file is the same attempt
    for student in STUDENTS:
        files = list((folder.handed_in / SUBMITTED / student).glob("attempt-*/exercise.ods"))
        assert len(files) == (1 if student in HOSTILE else 2)
    graded = grade([folder.handed_in], folder.path, tmp_path / "graded")
    standings = {row.student.id: row.standing for row in graded.rows}
    assert {standings[student] for student in GOOD} == {Standing.MARKED}
    assert {standings[student] for student in HOSTILE} == {Standing.NOT_READABLE}
    assert {row.mark.points for row in graded.rows if row.mark is not None} == {10}
