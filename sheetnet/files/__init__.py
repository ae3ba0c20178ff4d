"""Reads, writes and marks workbooks, by file format."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sheetnet.errors import FileError
from sheetnet.files.atomic import atomic_write, refuse_same
from sheetnet.files.formula_text import spelled_alike
from sheetnet.files.limits import DEFAULT_LIMITS, Limits
from sheetnet.files.marking import AddedSheet, Marks

if TYPE_CHECKING:
    from sheetnet.files.package import Package
    from sheetnet.workbook import Workbook

SUFFIXES = (".xlsx", ".ods")  # what can be written; .xlsm can be read too
_FAMILIES = {"xlsx": (".xlsx", ".xlsm", ".xltx", ".xltm"), "ods": (".ods", ".ots")}


def read_workbook(path: str | os.PathLike[str], limits: Limits = DEFAULT_LIMITS) -> Workbook:
    """Read an .xlsx, .xlsm or .ods file; its content decides the format, not its name.

    Nothing in the file is run, fetched or recalculated. Raises `FileError` for what is no whole workbook, what programs
    read in different ways, and what exceeds the limits that `sheetnet limits` lists.

    >>> path = sheetnet.write_workbook(sheetnet.load_network("d02b"), "d02b.xlsx")
    >>> [sheet.name for sheet in sheetnet.read_workbook(path).sheets][:3]
    ['Read me', 'Network', 'Step']
    """
    from sheetnet.files.notices import notice_hazards, refuse_ambiguous
    from sheetnet.files.package import open_package

    with open_package(path, limits) as package, _collector_paused():
        workbook = spelled_alike(_read(package))
        refuse_ambiguous(workbook)
        notice_hazards(package, workbook)
    return workbook


def _read(package: Package) -> Workbook:
    if package.kind == "ods":
        from sheetnet.files.ods.read import read_ods

        return read_ods(package)
    from sheetnet.files.xlsx.read import read_xlsx

    return read_xlsx(package)


def save_workbook(workbook: Workbook, path: str | os.PathLike[str]) -> None:
    """Write an .xlsx or .ods file, by the suffix. The file appears whole or not at all. Raises FileError."""
    place = Path(path)
    suffix = place.suffix.lower()
    if suffix not in SUFFIXES:
        known = " or ".join(SUFFIXES)
        raise FileError(
            f"the suffix {suffix!r} is no format that can be written", path=place, remedy=f"name it {known}"
        )
    with atomic_write(place) as stream:
        _write(workbook, suffix, stream)


def _write(workbook: Workbook, suffix: str, stream: IO[bytes]) -> None:
    if suffix == ".ods":
        from sheetnet.files.ods.write import write_ods

        write_ods(workbook, stream)
    else:
        from sheetnet.files.xlsx.write import write_xlsx

        write_xlsx(workbook, stream)


def mark_workbook(source: Path, target: Path, marks: Marks, added: AddedSheet, limits: Limits = DEFAULT_LIMITS) -> None:
    """Write `target`, a copy of `source` with the marks. An earlier copy is overwritten, the source never.

    Raises FileError where the copy would have another format's suffix, and for files that cannot be marked.
    """
    from sheetnet.files.package import open_package

    refuse_same(source, target)
    with open_package(source, limits) as package:
        _check_suffix(source, target, _FAMILIES[package.kind])
        if package.kind == "ods":
            from sheetnet.files.marking.ods import mark_ods

            parts = mark_ods(package, marks, added)
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


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A reader makes many objects and no cycles: searching them for cycles would double its time.

    Afterwards they count as old (frozen and released), so that the next search does not begin with all of them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
