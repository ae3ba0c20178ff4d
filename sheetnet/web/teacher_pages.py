"""What the teacher of a class sees: the table of `sheetnet grade`, marks and feedback to download, and new codes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from sheetnet.classroom import Graded, write_marks, write_overview
from sheetnet.classroom.feedback import MARK, PAGE, mark_text
from sheetnet.classroom.grade import StudentRow
from sheetnet.files.archives import zip_bytes
from sheetnet.web.attempts import HandedIn
from sheetnet.web.desk import ClassDesk
from sheetnet.web.pages import WebSite
from sheetnet.web.requests import TEACHER, TEACHER_SECONDS, Cookies, WrongCodes

TEACHERS = "\0teacher"  # no id, among those whose wrong codes are counted
ATTACHED = {"Content-Disposition": 'attachment; filename="feedback.zip"'}


@dataclass(frozen=True)
class TeacherPages:
    """Pages and forms for the teacher, who is let in by a password that this process made."""

    site: WebSite
    desk: ClassDesk
    password: str
    wrong: WrongCodes = field(default_factory=WrongCodes)
    cookies: Cookies = field(default_factory=Cookies)  # with a key of this process: the next has another password
    _grading: threading.Lock = field(default_factory=threading.Lock)

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/teacher", self.table),
            Route("/teacher/enter", self.enter, methods=["POST"]),
            Route("/teacher/code", self.code, methods=["POST"]),
            Route("/teacher/marks.csv", self.marks),
            Route("/teacher/overview.html", self.overview),
            Route("/teacher/feedback.zip", self.feedback),
        ]

    async def enter(self, request: Request) -> Response:
        """Let the teacher in."""
        async with self.site.form(request) as form:
            password = str(form.get("password", "")).strip()
        self.wrong.refuse_hurry(TEACHERS)
        if not self.wrong.is_right(TEACHERS, password, self.password):
            return self.site.page(request, "teacher_enter.html", 403, wrong=True)
        response = RedirectResponse("/teacher", 303)
        signed = self.cookies.signed(TEACHER, "teacher", TEACHER_SECONDS)
        self.site.cookies.put(response, TEACHER, signed, TEACHER_SECONDS)
        return response

    async def table(self, request: Request) -> Response:
        """Every student, graded anew at each look."""
        if self.cookies.read(request, TEACHER) is None:
            return self.site.page(request, "teacher_enter.html", wrong=False)
        waiting = await self._judge_anew()
        return await run_in_threadpool(self._table, request, waiting, None)

    async def code(self, request: Request) -> Response:
        """A new code for a student who lost the old one, shown once."""
        self._refuse_others(request)
        async with self.site.form(request) as form:
            name = str(form.get("id", ""))
        if name not in {student.id for student in self.desk.folder.students}:
            raise HTTPException(404)
        code = await run_in_threadpool(self.desk.folder.renew_code, name)
        return await run_in_threadpool(self._table, request, 0, (name, code))

    def marks(self, request: Request) -> Response:
        """The table of marks as `grade` writes it."""
        self._refuse_others(request)
        path = self.desk.path / "graded" / "marks.csv"
        write_marks(self._graded(), path)
        return FileResponse(path, media_type="text/csv", filename=path.name)

    def overview(self, request: Request) -> Response:
        """The class at a glance as `grade` writes it."""
        self._refuse_others(request)
        path = self.desk.path / "graded" / "overview.html"
        write_overview(self._graded(), path)
        return FileResponse(path, media_type="application/octet-stream", filename=path.name)

    async def feedback(self, request: Request) -> Response:
        """What every student gets back: the page, the marked copy and the mark."""
        self._refuse_others(request)
        if waiting := await self._judge_anew():
            return self.site.told(request, 200, "Not yet", f"{waiting} papers are still being judged.", refresh=3)
        files = await run_in_threadpool(lambda: dict(self._feedback(self._graded())))
        return Response(zip_bytes(files), media_type="application/zip", headers=ATTACHED)

    def _table(self, request: Request, waiting: int, renewed: tuple[str, str] | None) -> Response:
        graded = self._graded()
        return self.site.page(
            request,
            "teacher.html",
            title=graded.folder.assignment.name,
            rows=graded.rows,
            questions=graded.marker.questions,
            most=graded.marker.most / 100,
            waiting=waiting,
            renewed=renewed,
        )

    async def _judge_anew(self) -> int:
        """How many attempts are still to be judged, or judged at another level since a deadline passed."""
        behind = await run_in_threadpool(self._behind)
        for attempt in behind:
            self.desk.put(attempt)
        return len(behind)

    def _behind(self) -> list[HandedIn]:
        return [attempt for attempt in self.desk.attempts.everybodys() if not self.desk.is_current(attempt)]

    def _graded(self) -> Graded:
        with self._grading:
            return self.desk.graded()

    def _feedback(self, graded: Graded) -> Iterator[tuple[str, bytes]]:
        for row in graded.rows:
            if row.papers:
                yield (
                    f"{row.student.id}/{MARK}",
                    mark_text(row, self.desk.level(row.student.id)).encode(),
                )
                yield from self._copy(row)

    def _copy(self, row: StudentRow) -> Iterator[tuple[str, bytes]]:
        """The page and the marked copy of the paper that counts, where it is the student's own."""
        if row.counted is None or row.counted.whose.is_anothers:
            return
        digest = row.counted.paper.digest
        outcome: Any = self.desk.attempts.page(row.student.id, digest)
        if outcome is None:
            return
        yield f"{row.student.id}/{PAGE}", self.site.report_alone(outcome).encode()
        if (marked := self.desk.attempts.marked(row.student.id, digest)) is not None:
            yield f"{row.student.id}/marked{Path(row.counted.paper.file).suffix}", marked

    def _refuse_others(self, request: Request) -> None:
        if self.cookies.read(request, TEACHER) is None:
            raise HTTPException(401)
