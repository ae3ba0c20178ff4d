"""Cells and boxes as .ods spells them outside formulas: `Step.B3`, `'Chain rule'.A1:'Chain rule'.B5`. It knows no cells."""

from __future__ import annotations

import re

from sheetnet.syntax import cell_name
from sheetnet.workbook import Box

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def address(sheet: str, row: int, column: int) -> str:
    """One cell."""
    name = sheet if _PLAIN.fullmatch(sheet) else "'" + sheet.replace("'", "''") + "'"
    return f"{name}.{cell_name(row, column)}"


def box_address(sheet: str, box: Box) -> str:
    """The cells from a box's top left to its bottom right."""
    top, left, bottom, right = box
    return f"{address(sheet, top, left)}:{address(sheet, bottom, right)}"
