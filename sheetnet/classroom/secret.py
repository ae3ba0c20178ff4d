"""A class's secret, and what is derived from it: the token of a copy, the code of a student, the draws of a variant.

Each is an HMAC (RFC 2104) with a label of its own, so that none tells anything about another, nor about the secret.
"""

from __future__ import annotations

import base64
import hmac
import os
import random
import secrets
from dataclasses import dataclass
from pathlib import Path

from sheetnet.errors import FileError

SECRET_BYTES = 32
TOKEN_LETTERS, CODE_LETTERS = 20, 10  # of 5 bits each


@dataclass(frozen=True)
class Secret:
    """The secret of one class and assignment; it never leaves the teacher's folder.

    >>> one, other = Secret(b"0" * 32, "homework 1"), Secret(b"0" * 32, "homework 2")
    >>> one.token("ada") == one.token("ada"), one.token("ada") == other.token("ada"), one.token("ada") == one.code("ada")
    (True, False, False)
    """

    key: bytes
    assignment: str

    def __repr__(self) -> str:
        """Without the key, which has no place in a traceback or a log."""
        return f"<Secret of {self.assignment!r}>"

    def token(self, student: str) -> str:
        """What the student's copy carries: it says which copy it is to whoever has the secret, and nothing to others."""
        return self._letters("token", student, TOKEN_LETTERS)

    def code(self, student: str, renewals: int = 0) -> str:
        """What the student proves an id with; another after each renewal."""
        return self._letters("code", student, CODE_LETTERS, *([str(renewals)] if renewals else []))

    def key_for(self, purpose: str) -> bytes:
        """A key for another purpose, such as the cookies of the class's page."""
        return self._digest("key", purpose)

    def draws(self, student: str, attempt: int) -> random.Random:
        """The random numbers of one attempt at the student's variant."""
        return random.Random(self._digest("variant", student, str(attempt)))

    def _letters(self, label: str, student: str, count: int, *more: str) -> str:
        return base64.b32encode(self._digest(label, student, *more)).decode()[:count].lower()

    def _digest(self, *parts: str) -> bytes:
        # Each part with its length before it: no two lists of parts make the same message.
        words = [part.encode("utf-8", "surrogatepass") for part in (self.assignment, *parts)]
        message = b"".join(len(word).to_bytes(4, "big") + word for word in words)
        return hmac.digest(self.key, message, "sha256")


def load_secret(path: Path, assignment: str) -> Secret:
    """The secret that a file holds. Raises FileError where it is not there or is not one."""
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except OSError as error:
        raise FileError(
            f"cannot be read ({error.strerror})", path=path, remedy="copies are known by it: bring it back"
        ) from None
    except ValueError:
        key = b""
    if len(key) != SECRET_BYTES:
        raise FileError("is no secret of a class", path=path, remedy="bring back the one the copies were made with")
    return Secret(key, assignment)


def make_secret(path: Path) -> None:
    """A new secret, in a file that its owner alone can read. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(SECRET_BYTES) + "\n")
