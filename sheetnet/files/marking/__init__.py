"""Makes a marked copy of a workbook file: fills, notes and one more sheet; all else is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sheetnet.errors import FileError
from sheetnet.files.atomic import written_aside
from sheetnet.files.limits import DEFAULT_LIMITS, Limits
from sheetnet.files.package import Parts, open_package, refuse_same
from sheetnet.workbook import Place

AUTHOR = "sheetnet"  # of the notes, which begin with it
SETTLED = "nothing to remark any more"  # where a copy is marked again, and a note of ours has lost its cause


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell's fill (RRGGBB) and the note it gets, if any."""

    fill: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One cell of the added sheet. A text stays a text, whatever it begins with; `link` is the cell it leads to."""

    value: float | str | None = None
    fill: str | None = None
    bold: bool = False
    link: Place | None = None


@dataclass(frozen=True, slots=True)
class AddedSheet:
    """The sheet that is put behind the others. Widths are in characters.

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


_FAMILIES = {"xlsx": (".xlsx", ".xlsm", ".xltx", ".xltm"), "ods": (".ods", ".ots")}


def mark_workbook(source: Path, target: Path, marks: Marks, added: AddedSheet, limits: Limits = DEFAULT_LIMITS) -> None:
    """Write `target`, a copy of `source` with the marks. An earlier copy is overwritten, the source never.

    Raises FileError where the copy would have another format's suffix, and for files that cannot be marked.
    """
    refuse_same(source, target)
    with open_package(source, limits) as package:
        _check_suffix(source, target, _FAMILIES[package.kind])
        if package.kind == "ods":
            from sheetnet.files.marking.ods import mark_ods

            parts: Parts = mark_ods(package, marks, added)
        else:
            from sheetnet.files.marking.xlsx import mark_xlsx

            parts = mark_xlsx(package, marks, added)
        with written_aside(target) as stream:
            parts.write(stream)


def _check_suffix(source: Path, target: Path, family: tuple[str, ...]) -> None:
    """Programs refuse a file whose suffix says another format than its content."""
    own = source.suffix.lower()
    wanted = own if own in family else family[0]
    if target.suffix.lower() != wanted:
        raise FileError("a marked copy has its workbook's format", path=target, remedy=f"name it {target.stem}{wanted}")
