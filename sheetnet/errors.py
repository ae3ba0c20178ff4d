"""What can go wrong before anything is judged: one exception family, each message one line with what, where and the remedy.

A student's mistake is never an exception: it is a verdict. The command line turns a `SheetnetError` into one line on
stderr and exit code 2.
"""


class SheetnetError(Exception):
    """Unusable input or surroundings. The message is one line: what is wrong, where, and what to do."""


class NetworkError(SheetnetError):
    """A network file does not describe a network: names the field, what was found and what was expected."""


class FileError(SheetnetError):
    """A workbook file cannot be read or written: names the file, the part or cell, and the way out."""


class EngineError(SheetnetError):
    """A spreadsheet engine is missing, failed, or ran out of its time."""


class BugError(SheetnetError):
    """Something that cannot be, unless sheetnet itself is wrong: it fails loudly rather than judge on."""
