"""The styles of an .ods's cells, rows, columns and tables, built with odfpy. It knows no values and no formulas."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from io import StringIO
from itertools import groupby
from typing import Any

from odf import number, style, table
from odf.namespaces import TABLENS

from sheetnet.files.heights import USUAL_HEIGHT, row_heights
from sheetnet.looks import STYLES, Style
from sheetnet.syntax import COLUMNS
from sheetnet.workbook import Sheet, View

_THICKNESS = {"thin": "0.75pt", "thick": "1.75pt"}
_ALIGN = {"left": "start", "right": "end", "center": "center"}
_FORMAT = re.compile(r"0(?:\.(0+))?(E\+0+)?(%)?")
PORTRAIT, LANDSCAPE = "Portrait", "Landscape"


def xml_text(element: Any) -> str:
    """An odfpy element as XML. The namespaces stand in the document's root (odfpy's own list changes from call to call)."""
    out = StringIO()
    element.toXml(1, out)
    return out.getvalue()


def cell_style(role: str) -> str:
    """The name of the cell style of a role."""
    return f"ce_{role}" if role else "ce"


def decimals(role: str) -> int | None:
    """How many decimals a number of this role shows; None where it shows as many as it has."""
    match = _FORMAT.fullmatch(STYLES[role].number)
    return len(match[1] or "") if match and not match[2] and not match[3] else None


def content_styles(sheets: Sequence[Sheet], more: Sequence[Any]) -> str:
    """The automatic styles of the content: number formats, cells of each role and `more`, columns, rows and tables."""
    roles = sorted({"", *(cell.role for sheet in sheets for cell in sheet.cells.values())} & STYLES.keys())
    widths = {width for sheet in sheets for width in (sheet.view.default_width, *sheet.view.widths.values())}
    heights = {USUAL_HEIGHT, *(height for sheet in sheets for height in row_heights(sheet).values())}
    tables = {table_style(sheet): sheet for sheet in sheets}
    pieces = [_format_xml(pattern) for pattern in sorted({STYLES[role].number for role in roles})]
    pieces += [_role_xml(role) for role in roles]
    made = [*more, *map(_column_width, sorted(widths)), *map(_row_height, sorted(heights))]
    made += [_table(sheet) for _, sheet in sorted(tables.items())]
    pieces += map(xml_text, made)
    return f"<office:automatic-styles>{''.join(pieces)}</office:automatic-styles>"


@cache
def _format_xml(pattern: str) -> str:
    made = _data_style(pattern)
    return xml_text(made) if made is not None else ""


@cache
def _role_xml(role: str) -> str:
    """Kept, since odfpy takes half a millisecond for each."""
    return xml_text(cell(cell_style(role), STYLES[role]))


def _column_width(width: float) -> Any:
    column = style.Style(name=_column_style(width), family="table-column")
    column.addElement(style.TableColumnProperties(columnwidth=_centimetres(width), breakbefore="auto"))
    return column


def _row_height(height: float) -> Any:
    row = style.Style(name=row_style(height), family="table-row")
    row.addElement(row_properties(height))
    return row


def row_style(height: float) -> str:
    """The name of the style of a row so many points high."""
    return "ro" if height == USUAL_HEIGHT else f"ro_{height:g}"


def row_properties(height: float) -> Any:
    """A fixed height in points: LibreOffice would measure anew, for other fonts than it prints with."""
    return style.TableRowProperties(rowheight=f"{height:g}pt", useoptimalrowheight="false", breakbefore="auto")


def _data_style(pattern: str) -> Any | None:
    match = _FORMAT.fullmatch(pattern)
    if match is None:
        return None
    places = len(match[1] or "")
    if match[2]:
        part = number.ScientificNumber(decimalplaces=places, minintegerdigits=1, minexponentdigits=len(match[2]) - 2)
    else:
        part = number.Number(decimalplaces=places, minintegerdigits=1)
    kind = number.PercentageStyle if match[3] else number.NumberStyle
    data_style = kind(name=_data_name(pattern))
    data_style.addElement(part)
    if match[3]:
        data_style.addElement(number.Text(text="%"))
    return data_style


def _data_name(pattern: str) -> str:
    return "N" + re.sub(r"\W", "_", pattern)


def cell(name: str, look: Style) -> Any:
    """A cell's style, without conditions."""
    made = style.Style(name=name, family="table-cell", parentstylename="Default")
    if _FORMAT.fullmatch(look.number):
        made.setAttribute("datastylename", _data_name(look.number))
    border = f"{_THICKNESS[look.border]} solid #{look.border_color}" if look.border else "none"
    vertical = "top" if look.wrap and look.align == "left" else "middle"
    fill = f"#{look.fill}" if look.fill else "transparent"
    box = style.TableCellProperties(backgroundcolor=fill, border=border, verticalalign=vertical)
    box.setAttribute("cellprotect", "none" if look.open else "protected")
    box.setAttribute("wrapoption", "wrap" if look.wrap else "no-wrap")
    made.addElement(box)
    made.addElement(style.ParagraphProperties(textalign=_ALIGN[look.align]))
    made.addElement(font(look))
    return made


def font(look: Style) -> Any:
    """The font of a look."""
    return style.TextProperties(
        fontfamily=f"'{look.font}'",
        fontsize=f"{look.size}pt",
        color=f"#{look.color}",
        fontweight="bold" if look.bold else "normal",
        fontstyle="italic" if look.italic else "normal",
    )


def _table(sheet: Sheet) -> Any:
    name = style.Style(name=table_style(sheet), family="table", masterpagename=_page_name(sheet))
    properties = style.TableProperties(display="false" if sheet.hidden else "true", writingmode="lr-tb")
    if sheet.view.tab is not None:
        # odfpy knows ODF 1.2; a tab's colour came with 1.3.
        properties.attributes[(TABLENS, "tab-color")] = f"#{sheet.view.tab}"
    name.addElement(properties)
    return name


def _page_name(sheet: Sheet) -> str:
    return LANDSCAPE if sheet.view.landscape else PORTRAIT


def table_style(sheet: Sheet) -> str:
    """The name of the sheet's own style: whether it shows, on what page it prints, the colour of its tab."""
    shown = "hidden" if sheet.hidden else "shown"
    return "_".join(filter(None, ["ta", shown, _page_name(sheet), sheet.view.tab]))


def columns(view: View) -> str:
    """The `table:table-column` elements of all columns of a sheet."""
    last = min(max(view.widths, default=0) + 1, COLUMNS)
    widths = [view.widths.get(column, view.default_width) for column in range(1, last + 1)]
    runs = [(width, len(list(run))) for width, run in groupby(widths)]
    runs[-1] = (runs[-1][0], runs[-1][1] + COLUMNS - last)
    return "".join(xml_text(_column(_column_style(width), count)) for width, count in runs)


def _column(name: str, count: int) -> Any:
    return table.TableColumn(stylename=name, numbercolumnsrepeated=count, defaultcellstylename="Default")


def _column_style(width: float) -> str:
    return f"co_{width:g}".replace(".", "_")


def _centimetres(characters: float) -> str:
    """A width in characters as Excel counts it: 7 pixels a digit and 5 around, 96 pixels an inch."""
    return f"{(characters * 7 + 5) / 96 * 2.54:.3f}cm"
