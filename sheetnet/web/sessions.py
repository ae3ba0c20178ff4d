"""Who is asking: signed cookies, the tokens of forms, and the waits after wrong codes."""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from dataclasses import dataclass, field
from math import ceil

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

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
