"""How an .ods looks: its styles, pages and column widths, built with odfpy. It knows no values and no formulas."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO
from itertools import groupby
from typing import Any

from odf import number, office, style, table
from odf.namespaces import STYLENS

from sheetnet.looks import STYLES, Style
from sheetnet.syntax import COLUMNS
from sheetnet.workbook import Sheet, View

_THICKNESS = {"thin": "0.75pt", "thick": "1.75pt"}
_ALIGN = {"left": "start", "right": "end", "center": "center"}
_FORMAT = re.compile(r"0(?:\.(0+))?(E\+0+)?(%)?")
_PORTRAIT, _LANDSCAPE = "Portrait", "Landscape"


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


# ---- content.xml ----


def content_styles(sheets: Sequence[Sheet]) -> str:
    """The automatic styles of the content: number formats, cells of each role, columns, rows and tables."""
    styles = office.AutomaticStyles()
    for each in sorted({look.number for look in STYLES.values()}):
        if (data_style := _data_style(each)) is not None:
            styles.addElement(data_style)
    for role, look in STYLES.items():
        styles.addElement(_cell(cell_style(role), look))
    for width in sorted({width for sheet in sheets for width in _widths(sheet.view)}):
        column = style.Style(name=_column_style(width), family="table-column")
        column.addElement(style.TableColumnProperties(columnwidth=_centimetres(width), breakbefore="auto"))
        styles.addElement(column)
    row = style.Style(name="ro", family="table-row")
    row.addElement(style.TableRowProperties(useoptimalrowheight="true", breakbefore="auto"))
    styles.addElement(row)
    for hidden, landscape in sorted({(sheet.hidden, sheet.view.landscape) for sheet in sheets}):
        styles.addElement(_table(hidden, landscape))
    return xml_text(styles)


def _widths(view: View) -> set[float]:
    return {view.default_width, *view.widths.values()}


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


def _cell(name: str, look: Style) -> Any:
    cell = style.Style(name=name, family="table-cell", parentstylename="Default")
    if _FORMAT.fullmatch(look.number):
        cell.setAttribute("datastylename", _data_name(look.number))
    border = f"{_THICKNESS[look.border]} solid #{look.border_color}" if look.border else "none"
    fill = f"#{look.fill}" if look.fill else "transparent"
    box = style.TableCellProperties(backgroundcolor=fill, border=border, verticalalign="middle")
    box.setAttribute("wrapoption", "wrap" if look.wrap else "no-wrap")
    cell.addElement(box)
    cell.addElement(style.ParagraphProperties(textalign=_ALIGN[look.align]))
    cell.addElement(_font(look))
    return cell


def _font(look: Style) -> Any:
    return style.TextProperties(
        fontfamily=f"'{look.font}'",
        fontsize=f"{look.size}pt",
        color=f"#{look.color}",
        fontweight="bold" if look.bold else "normal",
        fontstyle="italic" if look.italic else "normal",
    )


def _table(hidden: bool, landscape: bool) -> Any:
    page = _LANDSCAPE if landscape else _PORTRAIT
    name = style.Style(name=_table_style(hidden, landscape), family="table", masterpagename=page)
    name.addElement(style.TableProperties(display="false" if hidden else "true", writingmode="lr-tb"))
    return name


def _table_style(hidden: bool, landscape: bool) -> str:
    return f"ta_{'hidden' if hidden else 'shown'}_{_LANDSCAPE if landscape else _PORTRAIT}"


def table_style(sheet: Sheet) -> str:
    """The name of the sheet's own style, which says whether it shows and on what page it prints."""
    return _table_style(sheet.hidden, sheet.view.landscape)


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


# ---- styles.xml ----


def common_styles() -> str:
    """The default cell, and the two pages: A4 upright or sideways, as many sheets long as needed but one wide."""
    styles = office.Styles()
    default = style.Style(name="Default", family="table-cell")
    default.addElement(_font(STYLES[""]))
    styles.addElement(default)
    # Gnumeric complains where a document names no height of rows; rows still grow with their text.
    height = style.DefaultStyle(family="table-row")
    height.addElement(style.TableRowProperties(rowheight="0.45cm", useoptimalrowheight="true"))
    styles.addElement(height)
    layouts, masters = office.AutomaticStyles(), office.MasterStyles()
    for name, size in ((_PORTRAIT, ("21cm", "29.7cm")), (_LANDSCAPE, ("29.7cm", "21cm"))):
        layouts.addElement(_page(name, *size))
        masters.addElement(style.MasterPage(name=name, pagelayoutname=f"pm_{name}"))
    return xml_text(styles) + xml_text(layouts) + xml_text(masters)


def _page(name: str, width: str, height: str) -> Any:
    layout = style.PageLayout(name=f"pm_{name}")
    properties = style.PageLayoutProperties(pagewidth=width, pageheight=height, margin="1.5cm")
    properties.setAttribute("printorientation", name.lower())
    # odfpy knows ODF 1.2; fitting to one page in width came with 1.3.
    properties.attributes[(STYLENS, "scale-to-X")] = "1"
    layout.addElement(properties)
    return layout
