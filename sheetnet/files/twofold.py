"""What programs read in different ways is refused: a right reading could hide a wrong one. It knows no format."""

from __future__ import annotations

from collections.abc import Iterator

from sheetnet.errors import FileError
from sheetnet.syntax import cell_name
from sheetnet.workbook import Place, Workbook


def refuse_twofold(workbook: Workbook, where: str) -> None:
    """Raise `FileError` for names that differ in capitals alone, and for cells that two formulas fill."""
    names: set[tuple[str, str]] = set()
    for name in workbook.names:
        key = ((name.sheet or "").casefold(), name.name.casefold())
        if key in names:
            raise FileError(f"{where}: the name {name.name!r} is defined twice: delete one")
        names.add(key)
    for sheet, row, column in _filled_twice(workbook):
        raise FileError(f"{where}: {sheet}!{cell_name(row, column)}: two formulas fill it, one of an array: clear it")


def _filled_twice(workbook: Workbook) -> Iterator[Place]:
    """Cells of an array formula that have a formula of their own, or belong to another array, too."""
    for sheet in workbook.sheets:
        filled = {anchor for anchor, cell in sheet.cells.items() if cell.formula is not None} if sheet.arrays else set()
        for (top, left), (rows, columns) in sheet.arrays.items():
            for position in ((top + r, left + c) for r in range(rows) for c in range(columns) if r or c):
                if position in filled:
                    yield (sheet.name, *position)
                filled.add(position)
