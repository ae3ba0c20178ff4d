"""Defined names of .ods files in the canonical dialect. It knows no cells."""

from __future__ import annotations

from collections.abc import Collection

from sheetnet.files.ods.openformula import from_openformula
from sheetnet.syntax import parse_area, shift
from sheetnet.workbook import Name


def read_name(name: str, refers_to: str, base: str, scope: str | None, sheets: Collection[str]) -> Name:
    """The name of a `table:named-range` (an address) or `table:named-expression`; `base` is the cell it is relative to."""
    formula = from_openformula(f"of:=[{refers_to}]" if _is_address(refers_to) else refers_to, sheets)
    origin = parse_area(from_openformula(f"of:=[{base}]")) if base else None
    # Excel's names are relative to A1.
    return Name(name, shift(formula, 1 - origin.top, 1 - origin.left) if origin else formula, scope)


def _is_address(text: str) -> bool:
    return "." in text and "=" not in text and parse_area(from_openformula(f"of:=[{text}]")) is not None
