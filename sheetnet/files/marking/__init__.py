"""Makes a marked copy of a workbook file: fills, notes and one more sheet; all else is kept."""

from __future__ import annotations

from pathlib import Path

from sheetnet.errors import FileError
from sheetnet.files.atomic import atomic_write
from sheetnet.files.limits import DEFAULT_LIMITS, Limits
from sheetnet.files.marking.marks import AddedSheet, Field, Mark, Marks
from sheetnet.files.package import Parts, open_package, refuse_same

__all__ = ["AddedSheet", "Field", "Mark", "mark_workbook"]

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
        with atomic_write(target) as stream:
            parts.write(stream)


def _check_suffix(source: Path, target: Path, family: tuple[str, ...]) -> None:
    """Programs refuse a file whose suffix says another format than its content."""
    own = source.suffix.lower()
    wanted = own if own in family else family[0]
    if target.suffix.lower() != wanted:
        raise FileError("a marked copy has its workbook's format", path=target, remedy=f"name it {target.stem}{wanted}")
