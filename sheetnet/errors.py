"""The exceptions: one family, each message one line that says what, where and the remedy.

A student's mistake is never an exception: it is a verdict. The command line turns a `SheetnetError` into one line on
stderr and exit code 2.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

TYPE_CHECKING = False  # as type checkers take it: typing would double the time in which `sheetnet --version` answers
if TYPE_CHECKING:
    from typing import Self

_LONGEST = 1_000  # characters of a message; an untrusted sheet may have a name of a million


class SheetnetError(Exception):
    """Unusable input or surroundings. The message is one line: what is wrong, where, and what to do.

    `path` is the file it is about, `place` where in it: a cell, a part or a field; `remedy` is what to do. Each may be None.

    Every error of sheetnet is one:

    >>> try:
    ...     sheetnet.read_workbook("nowhere.xlsx")
    ... except sheetnet.SheetnetError as error:
    ...     print(type(error).__name__)
    FileError
    """

    def __init__(
        self,
        what: str,
        *,
        path: str | os.PathLike[str] | None = None,
        place: str | None = None,
        remedy: str | None = None,
    ) -> None:
        """The line is "path: place: what: remedy"; `what` may begin with the place itself."""
        self.path = None if path is None else os.fspath(path)
        self.place, self.remedy = place, remedy
        lead = None if place is None or what.startswith(place) else place
        super().__init__(": ".join(part for part in (self.path, lead, what, remedy) if part))

    def within(self, path: str | os.PathLike[str] | None, sheet: str | None = None) -> Self:
        """The same error as one of a file, and of a sheet in it; as it is where it names a file already."""
        if self.path is not None or path is None:
            return self
        self.path = os.fspath(path)
        self.place = ": ".join(part for part in (sheet, self.place) if part) or None
        self.args = (": ".join(part for part in (self.path, sheet, self.args[0]) if part),)
        return self

    def __str__(self) -> str:
        """The line as a terminal may show it: control characters replaced, the middle of long ones cut."""
        words = "".join(c if c.isprintable() else "\ufffd" for c in super().__str__())
        return words if len(words) <= _LONGEST else f"{words[: _LONGEST // 2]} … {words[-_LONGEST // 2 :]}"


class UsageError(SheetnetError):
    """An option has a value it cannot have, or options do not fit together: names what is possible or missing.

    >>> sheetnet.validate("d02b.xlsx", engine="abacus")
    Traceback (most recent call last):
    sheetnet.errors.UsageError: engine is 'abacus', expected one of ironcalc, libreoffice
    """


class NetworkError(SheetnetError):
    """A network file does not describe a network: names the field, what was found and what was expected.

    >>> sheetnet.load_network("d02c")
    Traceback (most recent call last):
    sheetnet.errors.NetworkError: d02c: no such file, and no template of that name; templates are bias-node, d02b, ...
    """


class FileError(SheetnetError):
    """A workbook file cannot be read or written: names the file, the part or cell, and the way out.

    >>> sheetnet.write_workbook(sheetnet.load_network("d02b"), "lesson.pdf")
    Traceback (most recent call last):
    sheetnet.errors.FileError: lesson.pdf: the suffix '.pdf' is no format that can be written: name it .xlsx or .ods
    """


class LimitError(SheetnetError):
    """A limit on untrusted files is unknown or no number: names those there are, or the form.

    >>> list(sheetnet.validate_many(["d02b.xlsx"], limits={"patience": 3}))
    Traceback (most recent call last):
    sheetnet.errors.LimitError: ...patience...
    """


class EngineError(SheetnetError):
    """A spreadsheet engine is missing, failed, or ran out of its time.

    Whoever asks for `engine="libreoffice"` where it is not installed meets one.

    >>> issubclass(sheetnet.EngineError, sheetnet.SheetnetError)
    True
    """


class StoppedError(SheetnetError):
    """Work on an untrusted file was ended: it took too long or too much memory, or crashed its worker process.

    `validate_many` raises none: the file's result holds the line.

    >>> issubclass(sheetnet.StoppedError, sheetnet.SheetnetError)
    True
    """


class LostError(StoppedError):
    """Work on a file was ended by what has nothing to do with the file: another time it may well be done."""


class BugError(SheetnetError):
    """Something that cannot be, unless sheetnet itself is wrong: it fails loudly rather than judge on."""


def one_line(words: str) -> str:
    """Words for a terminal in one line: control characters, which it would obey, become replacement signs."""
    return "".join(c if c.isprintable() else "\ufffd" for c in words)


@contextmanager
def errors_within(path: str | os.PathLike[str] | None, sheet: str | None = None) -> Iterator[None]:
    """Whatever error leaves the block is one of this file, and of the sheet in it."""
    try:
        yield
    except SheetnetError as error:
        error.within(path, sheet)
        raise
