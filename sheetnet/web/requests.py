"""What a request brings: who asks, by signed cookies and codes, and what is sent, whose size is known before it is read.

No name that somebody gave a file becomes a path.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path, PurePosixPath
from typing import IO

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sheetnet.errors import FileError, one_line
from sheetnet.files.limits import Limits

VISITOR, STUDENT, TEACHER = "sheetnet_visitor", "sheetnet_student", "sheetnet_teacher"
STUDENT_SECONDS, TEACHER_SECONDS = 12 * 3_600, 8 * 3_600
KEY_BYTES = 32
FREE_TRIES = 3
LONGEST_WAIT = (
    5.0  # seconds after a wrong code: long for a guesser of 50 bits, short for whom somebody wants to lock out
)
MOST_WATCHED = 10_000  # ids whose wrong codes are counted


class FormRefused(Exception):  # noqa: N818 - an answer rather than an error
    """A form that this page did not give out, or gave out long ago."""


@dataclass(frozen=True)
class Cookies:
    """Cookies that nobody else can make. `https`: they go by https alone."""

    key: bytes = field(repr=False, default_factory=lambda: secrets.token_bytes(KEY_BYTES))
    https: bool = False

    def put(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        """Give the browser a cookie that no script reads and no other site sends along."""
        response.set_cookie(name, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=self.https)

    def signed(self, purpose: str, value: str, seconds: int) -> str:
        """A value that holds for so long."""
        words = f"{base64.urlsafe_b64encode(value.encode()).decode()}.{int(time.time()) + seconds}"
        return f"{words}.{self._mac(purpose, words)}"

    def read(self, request: Request, purpose: str) -> str | None:
        """The value of a cookie that was signed for this purpose and still holds."""
        words, _, mac = request.cookies.get(purpose, "").rpartition(".")
        if not words or not hmac.compare_digest(mac.encode(), self._mac(purpose, words).encode()):
            return None
        value, _, until = words.partition(".")
        return base64.urlsafe_b64decode(value).decode() if int(until) > time.time() else None

    def form_token(self, visitor: str) -> str:
        """What this visitor's forms carry."""
        return self._mac("form", visitor)

    def check(self, request: Request, form: FormData) -> None:
        """Raise FormRefused for a form that did not come from one of our pages in the same browser."""
        visitor, token = request.cookies.get(VISITOR, ""), str(form.get("token", ""))
        if not visitor or not hmac.compare_digest(token.encode(), self.form_token(visitor).encode()):
            raise FormRefused

    def _mac(self, purpose: str, words: str) -> str:
        return hmac.new(self.key, f"{purpose}\0{words}".encode(), "sha256").hexdigest()


class TooManyTriesError(Exception):
    """Too many wrong codes: `seconds`, whole ones, until the next is looked at."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Try again in {seconds} second{'' if seconds == 1 else 's'}.")
        self.seconds = seconds


@dataclass
class WrongCodes:
    """How long one must wait after wrong codes, for each id by itself."""

    _until: dict[str, tuple[int, float]] = field(default_factory=dict)

    def refuse_hurry(self, name: str) -> None:
        """Raise TooManyTriesError before the wait is over."""
        seconds = self._until.get(name, (0, 0.0))[1] - time.monotonic()
        if seconds > 0:
            raise TooManyTriesError(ceil(seconds))

    def is_right(self, name: str, code: str, right: str) -> bool:
        """Whether it is the right code, in a time that tells nothing of either; a wrong one counts."""
        if hmac.compare_digest(code.encode(), right.encode()):
            self._until.pop(name, None)
            return True
        tries = self._until.pop(name, (0, 0.0))[0] + 1
        seconds = 0.0 if tries < FREE_TRIES else min(LONGEST_WAIT, 2.0 ** (tries - FREE_TRIES))
        self._until[name] = tries, time.monotonic() + seconds
        if len(self._until) > MOST_WATCHED:
            del self._until[next(iter(self._until))]
        return False


BESIDES_THE_FILE = 1_000_000  # bytes of a form: a network file, fields, boundaries
SMALL_FORM = 20_000  # bytes of one without a file
LARGEST_NETWORK_FILE = 500_000
DRAINED = 5  # times the most: what is a little too large is taken and thrown away, so that the browser hears the answer
SLOWEST_SECONDS = 120.0  # for a whole upload
_PIECE = 1 << 16
LONGEST_NAME = 80
_FAMILIES = {True: (".ods", ".ots"), False: (".xlsx", ".xlsm", ".xltx", ".xltm")}
_ODS = b"mimetypeapplication/vnd.oasis"


@asynccontextmanager
async def read_form(request: Request, most: int) -> AsyncIterator[FormData]:
    """The fields and files of a form of so many bytes: its length is told, and looked at before any of it is read.

    Raises HTTPException: 411 for no length, 413 for too much, 400 for no form; FileError where it is slow.
    """
    words = request.headers.get("content-length", "")
    if not words.isdecimal():
        raise HTTPException(411)
    try:
        async with asyncio.timeout(SLOWEST_SECONDS):
            if int(words) > most:
                if int(words) <= DRAINED * most:
                    async for _ in request.stream():
                        pass
                raise HTTPException(413)
            form = await request.form(max_files=2, max_fields=10, max_part_size=10_000)
    except TimeoutError:
        raise FileError("the upload took too long", remedy="try again") from None
    try:
        yield form
    finally:
        await form.close()


def given(form: FormData, name: str) -> UploadFile | None:
    """The file of a field; None where the field was left empty."""
    upload = form.get(name)
    return upload if isinstance(upload, UploadFile) and upload.filename else None


def suffix_for(upload: UploadFile) -> str:
    """The suffix of a workbook: the family by its content, in it what its name says, if that is one of ours."""
    beginning = upload.file.read(100)
    upload.file.seek(0)
    family = _FAMILIES[_ODS in beginning]
    said = PurePosixPath(upload.filename or "").suffix.lower()
    return said if said in family else family[0]


def shown_name(upload: UploadFile) -> str:
    """What a file is called, as text for a page: never a path, nor a name of ours."""
    name = one_line(PurePosixPath((upload.filename or "").replace("\\", "/")).name)
    return name[-LONGEST_NAME:] or "workbook"


def store(upload: UploadFile, path: Path, most: int = Limits.file_size) -> None:
    """Write what was sent to a path of ours. Raises FileError for a file that is empty or too large."""
    with path.open("xb") as stream:
        size = _copied(upload.file, stream, most)
    if size > most:
        raise FileError(f"the file has more than {most:,} bytes", remedy="send the workbook alone")
    if not size:
        raise FileError("the file is empty", remedy="choose another")


def _copied(source: IO[bytes], target: IO[bytes], most: int) -> int:
    """How many bytes were copied: one piece more than allowed at most."""
    size = 0
    while size <= most and (piece := source.read(_PIECE)):
        target.write(piece)
        size += len(piece)
    return size
