"""A marked copy of a workbook file: fills, notes and one more sheet, all else kept. It knows no XML and no verdicts."""

from __future__ import annotations

from pathlib import Path

from sheetnet.errors import FileError
from sheetnet.files.aside import written_aside
from sheetnet.files.guard import open_package
from sheetnet.files.marks import AddedSheet, Marks
from sheetnet.files.repack import Parts, refuse_same

_FAMILIES = {"xlsx": (".xlsx", ".xlsm", ".xltx", ".xltm"), "ods": (".ods", ".ots")}


def mark_workbook(source: Path, target: Path, marks: Marks, added: AddedSheet) -> None:
    """Write `target`, a copy of `source` with the marks. An earlier copy is overwritten, the source never.

    Raises FileError where the copy would have another format's suffix, and for files that cannot be marked.
    """
    refuse_same(source, target)
    with open_package(source) as package:
        _check_suffix(source, target, _FAMILIES[package.kind])
        if package.kind == "ods":
            from sheetnet.files.ods.mark import mark_ods

            parts: Parts = mark_ods(package, marks, added)
        else:
            from sheetnet.files.xlsx.mark import mark_xlsx

            parts = mark_xlsx(package, marks, added)
        with written_aside(target) as stream:
            parts.write(stream)


def _check_suffix(source: Path, target: Path, family: tuple[str, ...]) -> None:
    """Programs refuse a file whose suffix says another format than its content."""
    own = source.suffix.lower()
    wanted = own if own in family else family[0]
    if target.suffix.lower() != wanted:
        raise FileError(f"{target}: a marked copy has its workbook's format: name it {target.stem}{wanted}")
