"""Holds every use of XlsxWriter beyond its documented interface.

A new minor version of XlsxWriter may change any of it, so pyproject.toml bounds the version, and a test asks for each
attribute by its name (`USED`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.sharedstrings import SharedStringTable
from xlsxwriter.url import Url
from xlsxwriter.worksheet import Worksheet

# Class → what of its instances is used here.
USED: dict[type, tuple[str, ...]] = {
    Worksheet: ("_write_rows", "_check_dimensions", "hyperlinks", "fh"),
    Workbook: ("str_table", "defined_names", "fileclosed"),
    Format: ("_get_xf_index",),
    SharedStringTable: ("_get_shared_string_index",),
}


class RowsSheet(Worksheet):  # type: ignore[misc, unused-ignore]
    """XlsxWriter's worksheet with rows that were written beforehand (see `write` for the reason)."""

    rows: list[str]

    def _write_rows(self) -> None:
        for row in self.rows:
            self.fh.write(row)


def set_link(written: Any, row: int, column: int, target: str) -> None:
    """Lay a link to `Sheet!A1` over the cell; XlsxWriter's `write_url` would also write the cell."""
    written.hyperlinks[row][column] = Url(f"internal:{target}")


def style_index(form: Any) -> int:
    """The index by which cells name a format; the order of these calls decides the order in the file."""
    return int(form._get_xf_index())


def shared_texts(book: Any) -> Callable[[str], int]:
    """What gives a text's index among the shared strings of the file."""
    share: Callable[[str], int] = book.str_table._get_shared_string_index
    return share


def include_cell(written: Any, row: int, column: int) -> None:
    """Widen the sheet's used range to the cell, which XlsxWriter did not write itself."""
    written._check_dimensions(row, column)


def add_defined_name(book: Any, name: str, scope: int, refers_to: str) -> None:
    """Add a name (`scope` is a sheet's number, -1 the workbook); `define_name` warns and goes on where one is impossible."""
    book.defined_names.append([name, scope, refers_to, False])


def give_up(book: Any) -> None:
    """Mark the workbook as closed; XlsxWriter would warn of one that was left half-way."""
    book.fileclosed = True
