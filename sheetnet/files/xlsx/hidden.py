"""Rows and columns of a worksheet that are hidden, or too small to be seen. Filters and closed groups hide them, too."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from sheetnet.files import limits
from sheetnet.files.disguise import FLAT, Disguises

_NARROW = 0.3  # characters; Excel measures columns in them
_YES = ("1", "true")


def note_row(disguises: Disguises, row: Element, number: int) -> None:
    """Keep a row that shows nothing."""
    if row.get("hidden") in _YES or _small(row.get("ht"), FLAT):
        disguises.hide_rows(number)


def note_columns(disguises: Disguises, columns: Element) -> None:
    """Keep columns that show nothing. What is no number is no matter: it hides nothing."""
    if columns.get("hidden") not in _YES and not _small(columns.get("width"), _NARROW):
        return
    first, last = columns.get("min", ""), columns.get("max", "")
    if first.isdecimal() and last.isdecimal() and max(len(first), len(last)) < 6:
        count = min(int(last), limits.MAX_COLUMN) - int(first) + 1
        if int(first) > 0 < count:
            disguises.hide_columns(int(first), count)


def _small(size: str | None, least: float) -> bool:
    if size is None:
        return False
    try:
        return float(size) < least
    except ValueError:
        return False
