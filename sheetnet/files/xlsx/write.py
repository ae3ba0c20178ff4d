"""A Workbook written as an .xlsx file with XlsxWriter: styles and names. It computes nothing and knows no network."""

from __future__ import annotations

import os
import re
from datetime import datetime
from typing import IO, Any

from xlsxwriter import Workbook as Book
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.worksheet import Worksheet

from sheetnet.errors import FileError
from sheetnet.files.attached import check_views
from sheetnet.files.xlsx.attached import attach
from sheetnet.files.xlsx.cells import rows_xml
from sheetnet.files.xlsx.formulas import in_file
from sheetnet.files.xlsx.view import show
from sheetnet.looks import STYLES, Style
from sheetnet.syntax import parse_area
from sheetnet.workbook import Name, Sheet, Workbook

_CREATED = datetime(2000, 1, 1)  # a fixed date: the same workbook gives the same bytes
_BORDERS = {"thin": 1, "thick": 5}  # Excel's numbers of the line styles
_VALID_NAME = re.compile(r"(?:[^\W\d]|\\)[\w.\\?]{0,254}")
_ROW_COLUMN = re.compile(r"[Rr][0-9]*(?:[Cc][0-9]*)?|[Cc][0-9]*")


class _Sheet(Worksheet):  # type: ignore[misc, unused-ignore]
    """XlsxWriter's worksheet with rows that were written beforehand."""

    rows: list[str]

    def _write_rows(self) -> None:
        for row in self.rows:
            self.fh.write(row)


def write_xlsx(workbook: Workbook, stream: IO[bytes] | str | os.PathLike[str]) -> None:
    """Write the workbook to a path or binary stream; two runs give the same bytes.

    Each formula is written with its cached value, so that previewers show it, and spreadsheet programs recalculate on
    load. Raises FileError where a formula has no true cached value, or a cell, sheet name or defined name is impossible.
    """
    if not any(not sheet.hidden for sheet in workbook.sheets):
        raise FileError("the workbook has no visible sheet, which no spreadsheet program opens: show one")
    check_views(workbook)
    target = os.fspath(stream) if isinstance(stream, (str, os.PathLike)) else stream
    properties = {"font_name": "Arial", "font_size": 10}
    book: Any = Book(target, {"in_memory": True, "default_format_properties": properties})
    book.set_properties({"created": _CREATED})
    try:
        styles = {role: book.add_format(_format(style)) for role, style in STYLES.items()}
        written = [_add_sheet(book, sheet, styles) for sheet in workbook.sheets]
        _activate(workbook, written)
        for name in workbook.names:
            _add_name(book, name, workbook)
        book.close()
    except XlsxWriterException as error:
        raise FileError(f"the workbook cannot be written: {' '.join(str(error).split())}") from error
    finally:
        book.fileclosed = True  # otherwise XlsxWriter warns of a workbook that was given up


def _format(style: Style) -> dict[str, object]:
    properties: dict[str, object] = {
        "font_name": style.font,
        "font_size": style.size,
        "font_color": f"#{style.color}",
        "bold": style.bold,
        "italic": style.italic,
        "num_format": style.number,
        "align": style.align,
        "valign": "top" if style.wrap and style.align == "left" else "vcenter",
        "text_wrap": style.wrap,
        "locked": not style.open,
    }
    if style.fill is not None:
        properties["bg_color"] = f"#{style.fill}"
    if style.border is not None:
        properties |= {"border": _BORDERS[style.border], "border_color": f"#{style.border_color}"}
    return properties


def _add_sheet(book: Any, sheet: Sheet, styles: dict[str, Any]) -> Any:
    written = book.add_worksheet(sheet.name, worksheet_class=_Sheet)
    # Only the styles in use get an index, in the order of STYLES.
    used = {cell.role for cell in sheet.cells.values()}
    indices = {role: form._get_xf_index() for role, form in styles.items() if role in used}
    written.rows = list(rows_xml(sheet, indices, book.str_table._get_shared_string_index))
    for row, column in _corners(sheet):
        written._check_dimensions(row - 1, column - 1)
    show(written, sheet)
    attach(book, written, sheet)
    return written


def _corners(sheet: Sheet) -> tuple[tuple[int, int], ...]:
    if not sheet.cells:
        return ()
    rows, columns = {row for row, _ in sheet.cells}, {column for _, column in sheet.cells}
    return (min(rows), min(columns)), (max(rows), max(columns))


def _activate(workbook: Workbook, written: list[Any]) -> None:
    """Open on the first visible sheet; XlsxWriter would show a hidden first sheet otherwise."""
    first = next(index for index, sheet in enumerate(workbook.sheets) if not sheet.hidden)
    if first:
        written[first].activate()
        written[first].set_first_sheet()


def _add_name(book: Any, name: Name, workbook: Workbook) -> None:
    """XlsxWriter's define_name warns and goes on where a name is impossible; here that is an error."""
    text = name.name
    if not _VALID_NAME.fullmatch(text) or parse_area(text) is not None or _ROW_COLUMN.fullmatch(text):
        raise FileError(
            f"the defined name {text!r} is impossible in Excel, or reads as a cell: rename it (such as W_1)"
        )
    scope = -1
    if name.sheet is not None:
        wanted = name.sheet.casefold()
        folded = [sheet.name.casefold() for sheet in workbook.sheets]
        if wanted not in folded:
            raise FileError(f"the defined name {text!r} belongs to the sheet {name.sheet!r}, which is missing")
        scope = folded.index(wanted)
    book.defined_names.append([text, scope, in_file(name.refers_to), False])
