"""Names that refer to other cells from every cell that uses them, put in full into the formulas. It judges nothing.

A name without `$` is relative to cell A1: in G22, `left` = `Step!A1048576` means Step!G21, one row up. Engines differ in
what they make of it (IronCalc takes it for A1048576 everywhere); Excel and LibreOffice move it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from sheetnet.files.limits import MAX_FORMULA
from sheetnet.syntax import parse_area, shift, tokenize
from sheetnet.workbook import Cell, Position, Sheet, Workbook

_Key = tuple[str, str]  # the scope ("": the workbook) and the name, in small letters
_ABSOLUTE = re.compile(r"[^$]*!\$[A-Z]{1,3}\$[0-9]+(?::\$[A-Z]{1,3}\$[0-9]+)?")
_TOO_LONG = "#REF!"


def without_relative_names(workbook: Workbook) -> Workbook:
    """The workbook in whose formulas each relative name stands as what it means there."""
    known = {((name.sheet or "").casefold(), name.name.casefold()): name.refers_to for name in workbook.names}
    moving = {key: text for key, text in known.items() if not _ABSOLUTE.fullmatch(text) and shift(text, 1, 1) != text}
    if not moving:
        return workbook
    return replace(workbook, sheets=tuple(_in_full(sheet, moving, known) for sheet in workbook.sheets))


def _in_full(sheet: Sheet, moving: Mapping[_Key, str], known: Collection[_Key]) -> Sheet:
    cells = {at: _cell(cell, at, sheet.name.casefold(), moving, known) for at, cell in sheet.cells.items()}
    return replace(sheet, cells=cells)


def _cell(cell: Cell, at: Position, sheet: str, moving: Mapping[_Key, str], known: Collection[_Key]) -> Cell:
    if cell.formula is None:
        return cell
    parts = []
    for token in tokenize(cell.formula):
        prefix, _, name = token.text.casefold().rpartition("!")
        scope = prefix.strip("'").replace("''", "'") or sheet
        meant = moving.get((scope if (scope, name) in known else "", name)) if token.kind == "name" else None
        if meant is None:
            parts.append(token.text)
        else:
            text = shift(meant, at[0] - 1, at[1] - 1)
            parts.append(text if parse_area(text) else f"({text})")
    formula = "".join(parts)
    return replace(cell, formula=formula if len(formula) <= MAX_FORMULA else _TOO_LONG)
