"""Reads the defined names and database ranges of .ods files."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sheetnet.files.ods.openformula import from_openformula
from sheetnet.files.tables import Table
from sheetnet.syntax import parse_area, shift
from sheetnet.workbook import Name


def read_name(name: str, refers_to: str, base: str, scope: str | None, sheets: Collection[str]) -> Name:
    """The name of a `table:named-range` (an address) or `table:named-expression`; `base` is the cell it is relative to."""
    formula = from_openformula(f"of:=[{refers_to}]" if _is_address(refers_to) else refers_to, sheets)
    origin = parse_area(from_openformula(f"of:=[{base}]")) if base else None
    # Excel's names are relative to A1.
    return Name(name, shift(formula, 1 - origin.top, 1 - origin.left) if origin else formula, scope)


def read_range(name: str, cells: str, sheets: Mapping[str, str]) -> Table | None:
    """A `table:database-range`, whose name means all its cells; None where these are no single area of a sheet.

    `sheets` are the sheets' names by their small letters.
    """
    area = parse_area(from_openformula(f"of:=[{cells}]"))
    sheet = None if area is None else sheets.get((area.sheet or "").casefold())
    if not name or area is None or sheet is None:
        return None
    return Table(name, sheet, (area.top, area.left, area.bottom, area.right), 0, 0, {})


def _is_address(text: str) -> bool:
    return "." in text and "=" not in text and parse_area(from_openformula(f"of:=[{text}]")) is not None
