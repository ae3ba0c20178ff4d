"""The exceptions: one family, each message one line that says what, where and the remedy.

A student's mistake is never an exception: it is a verdict. The command line turns a `SheetnetError` into one line on
stderr and exit code 2.
"""

_LONGEST = 1_000  # characters of a message; a stranger's sheet may have a name of a million


class SheetnetError(Exception):
    """Unusable input or surroundings. The message is one line: what is wrong, where, and what to do."""

    def __str__(self) -> str:
        """The line as a terminal may show it: strangers' control characters replaced, the middle of long ones cut."""
        words = "".join(c if c.isprintable() else "\ufffd" for c in super().__str__())
        return words if len(words) <= _LONGEST else f"{words[: _LONGEST // 2]} … {words[-_LONGEST // 2 :]}"


class UsageError(SheetnetError):
    """Options that do not fit together: names what is missing."""


class NetworkError(SheetnetError):
    """A network file does not describe a network: names the field, what was found and what was expected."""


class FileError(SheetnetError):
    """A workbook file cannot be read or written: names the file, the part or cell, and the way out."""


class LimitError(SheetnetError):
    """A limit on strangers' files is unknown or no number: names those there are, or the form."""


class EngineError(SheetnetError):
    """A spreadsheet engine is missing, failed, or ran out of its time."""


class StoppedError(SheetnetError):
    """Work on a stranger's file was ended: it took too long or too much memory, or crashed its worker process."""


class LostError(StoppedError):
    """Work on a file was ended by what has nothing to do with the file: another time it may well be done."""


class BugError(SheetnetError):
    """Something that cannot be, unless sheetnet itself is wrong: it fails loudly rather than judge on."""


def one_line(words: str) -> str:
    """Words for a terminal in one line: control characters, which it would obey, become replacement signs."""
    return "".join(c if c.isprintable() else "\ufffd" for c in words)
