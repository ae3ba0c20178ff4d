"""Holds every use of XlsxWriter beyond its documented interface.

A new minor version of XlsxWriter may change any of it, so pyproject.toml bounds the version, and a test asks for each
attribute by its name (`USED`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.drawing import Drawing, DrawingInfo, DrawingTypes
from xlsxwriter.format import Format
from xlsxwriter.sharedstrings import SharedStringTable
from xlsxwriter.url import Url
from xlsxwriter.worksheet import Worksheet

# Class → what of its instances is used here.
USED: dict[type, tuple[str, ...]] = {
    Worksheet: (
        "_write_rows",
        "_check_dimensions",
        "hyperlinks",
        "fh",
        "_prepare_shape",
        "shapes",
        "drawing",
        "external_drawing_links",
        "outline_row_level",
        "merge",
    ),
    Drawing: ("_write_sp", "_add_drawing_object", "embedded", "fh"),
    DrawingInfo: ("_drawing_type", "_dimensions", "_width", "_height", "_shape", "_anchor"),
    Workbook: ("str_table", "defined_names", "fileclosed"),
    Format: ("_get_xf_index",),
    SharedStringTable: ("_get_shared_string_index",),
}


_EMU = 9525  # of a pixel
Point = tuple[float, float]  # pixels right and down


@dataclass(frozen=True)
class _Connector:
    """A straight line as a sheet's list of shapes holds it: the cells at its ends, and where these lie."""

    begin: tuple[int, int]
    end: tuple[int, int]
    near: Point
    far: Point
    edit_as: str = ""  # what XlsxWriter asks of a shape

    def xml(self, number: int) -> str:
        """The element of the drawing; XlsxWriter's own draws rectangles alone."""
        left, top = round(self.near[0] * _EMU), round(min(self.near[1], self.far[1]) * _EMU)
        width, height = round((self.far[0] - self.near[0]) * _EMU), round(abs(self.far[1] - self.near[1]) * _EMU)
        flip = ' flipV="1"' if self.far[1] < self.near[1] else ""
        return (
            f'<xdr:cxnSp macro=""><xdr:nvCxnSpPr><xdr:cNvPr id="{number + 1}" name="Line {number}"/><xdr:cNvCxnSpPr/>'
            f'</xdr:nvCxnSpPr><xdr:spPr><a:xfrm{flip}><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/>'
            '</a:xfrm><a:prstGeom prst="line"><a:avLst/></a:prstGeom><a:ln w="9525"><a:solidFill>'
            '<a:srgbClr val="7F7F7F"/></a:solidFill></a:ln></xdr:spPr></xdr:cxnSp>'
        )


def draw_line(written: Any, begin: tuple[int, int], end: tuple[int, int], near: Point, far: Point) -> None:
    """A line between the corners of two cells, which lie at those points."""
    written.shapes.append(_Connector(begin, end, near, far))


def write_connector(drawing: Any, number: int, _right: int, _down: int, info: Any) -> None:
    """Write a line where XlsxWriter would write a box."""
    drawing.fh.write(info._shape.xml(number))


class RowsSheet(Worksheet):  # type: ignore[misc, unused-ignore]
    """XlsxWriter's worksheet with rows that were written beforehand (see `write` for the reason)."""

    rows: list[str]
    drawing: Any

    def _write_rows(self) -> None:
        for row in self.rows:
            self.fh.write(row)

    def _prepare_shape(self, index: int, drawing_id: int) -> None:
        """Hang a line on the sheet's drawing, as XlsxWriter hangs its text boxes."""
        if not self.drawing:
            self.drawing = Drawing()
            self.drawing.embedded = 1
            self.external_drawing_links.append(["/drawing", f"../drawings/drawing{drawing_id}.xml", None])
        line: _Connector = self.shapes[index]
        top, bottom = sorted((line.begin[0] - 1, line.end[0] - 1))
        info = DrawingInfo()
        info._drawing_type, info._shape, info._anchor = DrawingTypes.SHAPE, line, 1
        info._dimensions = [line.begin[1] - 1, top, 0, 0, line.end[1] - 1, bottom, 0, 0, 0, 0]
        info._width = info._height = 0
        self.drawing._add_drawing_object(info)
        self.drawing._write_sp = partial(write_connector, self.drawing)


def set_link(written: Any, row: int, column: int, target: str) -> None:
    """Lay a link to `Sheet!A1` over the cell; XlsxWriter's `write_url` would also write the cell."""
    written.hyperlinks[row][column] = Url(f"internal:{target}")


def merge_cells(written: Any, top: int, left: int, bottom: int, right: int) -> None:
    """Show the cells of a box as one; XlsxWriter's `merge_range` would also write them."""
    written.merge.append([top, left, bottom, right])


def set_outline(written: Any, rows: bool) -> None:
    """Put the signs that fold groups away above and left of these; `rows` says whether some of rows were written."""
    written.outline_settings(symbols_below=False, symbols_right=False)
    if rows:
        written.outline_row_level = 1


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
