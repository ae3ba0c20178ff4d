"""Marked copies of workbook files: what one gets, fills, notes and one more sheet; all else is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sheetnet.errors import FileError
from sheetnet.styles import Strokes
from sheetnet.workbook import Place

AUTHOR = "sheetnet"  # of the notes, which begin with it
LINK_COLOR = "0B57D0"  # of the texts that lead somewhere
SETTLED = "nothing to remark any more"  # where a copy is marked again, and a note of ours has lost its cause


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell's fill (RRGGBB), the strokes of its text, and the note it gets, if any."""

    fill: str
    note: str | None = None
    strokes: Strokes = Strokes.NONE


@dataclass(frozen=True, slots=True)
class Field:
    """One cell of the added sheet. A text stays a text, whatever it begins with; `link` is the cell it leads to.

    A text that does not `wrap` runs over empty cells beside it.
    """

    value: float | str | None = None
    fill: str | None = None
    bold: bool = False
    link: Place | None = None
    wrap: bool = False
    strokes: Strokes = Strokes.NONE


@dataclass(frozen=True, slots=True)
class AddedSheet:
    """The sheet that is put before the others, and shown when the file is opened. Widths are in characters.

    Another sheet of its name gives it a number, or is replaced by it: `again` says that it is an earlier one of ours.
    """

    name: str
    rows: tuple[tuple[Field, ...], ...]
    widths: tuple[float, ...] = ()
    again: bool = False


Marks = Mapping[Place, Mark]


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number where a sheet is called so already; capitals do not count."""
    folded = {each.casefold() for each in taken}
    number = 1
    found = name
    while found.casefold() in folded:
        number += 1
        found = f"{name} {number}"
    return found


def unmarkable(part: str, why: str) -> FileError:
    """The error for a part of a package that is not as programs write it."""
    return FileError(f"{part} {why}, so the file cannot be marked", place=part, remedy="save it again")
