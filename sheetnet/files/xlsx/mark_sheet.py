"""A sheet of our own as a worksheet part of its own: inline texts, which are never formulas. It knows no package."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sheetnet.files.marks import AddedSheet, Field
from sheetnet.files.splice import escaped
from sheetnet.files.xlsx.parts import NAMESPACES
from sheetnet.files.xlsx.text import text_element
from sheetnet.syntax import cell_name, quote_sheet
from sheetnet.workbook import Place

_HEAD = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{NAMESPACES[0]}">'.encode()
_VIEW = (
    b'<sheetViews><sheetView showGridLines="0" workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
)
_PAGE = (
    b'<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
    b'<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
)
_FIT = b'<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'


def sheet_xml(sheet: AddedSheet, look: Callable[[str | None, bool], int]) -> bytes:
    """The part. `look` gives the format for a fill and a weight."""
    columns = b"".join(
        b'<col min="%d" max="%d" width="%g" customWidth="1"/>' % (number, number, width)
        for number, width in enumerate(sheet.widths, start=1)
    )
    parts = [_HEAD, _FIT, _VIEW, b"<cols>%s</cols>" % columns if columns else b"", b"<sheetData>"]
    for number, row in enumerate(sheet.rows, start=1):
        cells = b"".join(_cell(number, column, cell, look) for column, cell in enumerate(row, start=1))
        parts.append(b'<row r="%d">%s</row>' % (number, cells))
    links = b"".join(_links(sheet))
    parts += [b"</sheetData>", b"<hyperlinks>%s</hyperlinks>" % links if links else b"", _PAGE, b"</worksheet>"]
    return b"".join(parts)


def _cell(row: int, column: int, cell: Field, look: Callable[[str | None, bool], int]) -> bytes:
    if cell.value is None and cell.fill is None:
        return b""
    start = b'<c r="%s" s="%d"' % (cell_name(row, column).encode(), look(cell.fill, cell.bold))
    if cell.value is None:
        return start + b"/>"
    if isinstance(cell.value, str):
        return start + b' t="inlineStr"><is>' + text_element(b"", cell.value) + b"</is></c>"
    return start + b"><v>%s</v></c>" % repr(float(cell.value)).removesuffix(".0").encode()


def _links(sheet: AddedSheet) -> Iterator[bytes]:
    for number, row in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(row, start=1):
            if cell.link is not None:
                yield b'<hyperlink ref="%s" location="%s"/>' % (
                    cell_name(number, column).encode(), escaped(_location(cell.link)),
                )  # fmt: skip


def _location(place: Place) -> str:
    sheet, row, column = place
    return f"{quote_sheet(sheet)}!{cell_name(row, column)}"
