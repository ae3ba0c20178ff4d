"""What a student of a class sees: the way in, the own copy, where to hand in, a receipt, and feedback."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from sheetnet.classroom import ClassFolder, Student
from sheetnet.classroom.folder import EVERYBODY
from sheetnet.errors import FileError
from sheetnet.web.attempts import HandedIn, attempts_left
from sheetnet.web.desk import ClassDesk
from sheetnet.web.pages import LONG_WAIT, SHORT_WAIT, WebSite, of_a_process
from sheetnet.web.requests import STUDENT, STUDENT_SECONDS, WrongCodes, given, store, suffix_for

ANOTHERS = "Your teacher looks at it: it does not seem to be your own copy. If it is not, hand in your own."


@dataclass(frozen=True)
class StudentPages:
    """Pages and forms for students. Each has `most` attempts."""

    site: WebSite
    desk: ClassDesk
    most: int
    wrong: WrongCodes = field(default_factory=WrongCodes)

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/", self.start),
            Route("/enter", self.enter, methods=["POST"]),
            Route("/leave", self.leave, methods=["POST"]),
            Route("/copy/{suffix}", self.own_copy),
            Route("/hand-in", self.hand_in, methods=["POST"]),
            Route("/attempts/{number:int}", self.attempt),
            Route("/attempts/{number:int}/marked", self.marked),
        ]

    def start(self, request: Request) -> Response:
        """The way in, or for whoever is in: the copy, the attempts, and where to hand in."""
        folder = self.desk.folder
        student = self._student(request, folder)
        if student is None:
            return self.site.page(request, "enter.html", title=folder.assignment.name, wrong=False, name="")
        attempts = self.desk.attempts.of(student.id)
        due = folder.assignment.lateness.due(student.id)
        return self.site.page(
            request,
            "work.html",
            title=folder.assignment.name,
            student=student,
            attempts=[(attempt, shown_time(attempt)) for attempt in reversed(attempts)],
            left=attempts_left(attempts, self.most),
            suffixes=folder.assignment.formats,
            due=None if due is None else due.astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        )

    async def enter(self, request: Request) -> Response:
        """Let a student in by id and code; after wrong codes one must wait."""
        async with self.site.form(request) as form:
            name = unicodedata.normalize("NFC", str(form.get("id", "")).strip())
            code = str(form.get("code", "")).strip().lower()
        key = name.casefold()[:200]
        self.wrong.refuse_hurry(key)
        folder = self.desk.folder
        student = next((one for one in folder.students if one.key == name.casefold()), None)
        # as long for an unknown id
        right = await run_in_threadpool(folder.code, name if student is None else student.id)
        if not self.wrong.is_right(key, code, right) or student is None:
            return self.site.page(request, "enter.html", 403, title=folder.assignment.name, wrong=True, name=name)
        response = RedirectResponse("/", 303)
        signed = self.site.cookies.signed(STUDENT, f"{self._renewals(folder, student)} {student.id}", STUDENT_SECONDS)
        self.site.cookies.put(response, STUDENT, signed, STUDENT_SECONDS)
        return response

    async def leave(self, request: Request) -> Response:
        """Forget who it was."""
        async with self.site.form(request):
            response = RedirectResponse("/", 303)
        response.delete_cookie(STUDENT, path="/")
        return response

    def own_copy(self, request: Request) -> Response:
        """The copy that was made for this student, or for everybody."""
        folder = self.desk.folder
        student, suffix = self._known(request, folder), request.path_params["suffix"]
        place = folder.give / (student.id if folder.slots else EVERYBODY) / f"exercise.{suffix}"
        if suffix not in folder.assignment.formats or not place.is_file():
            raise HTTPException(404)
        return FileResponse(place, media_type="application/octet-stream", filename=place.name)

    async def hand_in(self, request: Request) -> Response:
        """Take a file in, and lead to its receipt."""
        student = await run_in_threadpool(self._known, request, self.desk.folder)
        async with self.site.form(request, with_file=True) as form:
            upload = given(form, "workbook")
            if upload is None:
                raise FileError("no workbook was chosen", remedy="choose an .xlsx or .ods file")
            with self.desk.attempts.new_folder() as folder:
                path = folder / f"exercise{suffix_for(upload)}"
                store(upload, path, self.site.limits.file_size)
        attempt = await run_in_threadpool(self.desk.attempts.receive, student.id, path, self.most)
        if not attempt.judged:
            self.desk.put(attempt)
        return RedirectResponse(f"/attempts/{attempt.number}", 303)

    async def attempt(self, request: Request) -> Response:
        """The receipt at once; with it the feedback, as soon as that is there."""
        found = await run_in_threadpool(self._attempt, request)
        if not await run_in_threadpool(self.desk.is_current, found):
            await self.desk.put(found).wait(LONG_WAIT)
            found = await run_in_threadpool(self._attempt, request)
        return await run_in_threadpool(self._receipt, request, found)

    def _receipt(self, request: Request, found: HandedIn) -> Response:
        words: dict[str, Any] = {"attempt": found, "time": shown_time(found)}
        if found.error is not None:
            return self.site.page(request, "receipt.html", problem=f"The file {found.error}", waits=False, **words)
        if not self.desk.is_current(found):
            return self.site.page(request, "receipt.html", refresh=SHORT_WAIT, problem=None, waits=True, **words)
        if found.anothers:
            return self.site.page(request, "receipt.html", problem=ANOTHERS, waits=False, **words)
        outcome = self.desk.attempts.page(found.student, found.digest)
        marked = None if outcome.get("unmarked") else f"/attempts/{found.number}/marked"
        with of_a_process():
            return self.site.report(
                request, outcome, "attempt.html", marked=marked, back=("/", "Hand in again"), **words
            )

    def marked(self, request: Request) -> Response:
        """The marked copy of an attempt."""
        found = self._attempt(request)
        content = self.desk.attempts.marked(found.student, found.digest)
        if content is None or found.anothers or not self.desk.is_current(found):
            raise HTTPException(404)
        name = f"attempt-{found.number}-marked{Path(found.file).suffix}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type="application/octet-stream", headers=headers)

    def _attempt(self, request: Request) -> HandedIn:
        student = self._known(request, self.desk.folder)
        found = self.desk.attempts.get(student.id, request.path_params["number"])
        if found is None:
            raise HTTPException(404)
        return found

    def _known(self, request: Request, folder: ClassFolder) -> Student:
        student = self._student(request, folder)
        if student is None:
            raise HTTPException(401)
        return student

    def _student(self, request: Request, folder: ClassFolder) -> Student | None:
        """Who is in, by a cookie that was given for the code of today."""
        renewals, _, name = (self.site.cookies.read(request, STUDENT) or "").partition(" ")
        student = next((one for one in folder.students if one.id == name), None)
        return student if student is not None and renewals == str(self._renewals(folder, student)) else None

    def _renewals(self, folder: ClassFolder, student: Student) -> int:
        return folder.renewals().get(student.id, 0)


def shown_time(attempt: HandedIn) -> str:
    """When it was handed in, by the server's clock and zone."""
    return attempt.received.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
