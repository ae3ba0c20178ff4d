"""Builds the styles, pages and view settings of an .ods file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from io import StringIO
from itertools import groupby
from typing import Any

from odf import config, number, office, style, table, text
from odf.namespaces import STYLENS, TABLENS

from sheetnet.files.sheet_features import USUAL_HEIGHT, row_heights
from sheetnet.styles import SHOWN_BY_COLOR, STYLES, Style, style_of
from sheetnet.syntax import COLUMNS
from sheetnet.workbook import Sheet, View

_THICKNESS = {"thin": "0.75pt", "thick": "1.75pt"}
_ALIGN = {"left": "start", "right": "end", "center": "center"}
_FORMAT = re.compile(r"0(?:\.(0+))?(E\+0+)?(%)?")
PORTRAIT, LANDSCAPE = "Portrait", "Landscape"
_GROUP, _TITLES = "table:table-column-group", "table:table-header-columns"
_INDENT = 0.25  # centimetres of one
_BREAKS = {False: "auto", True: "page"}


def xml_text(element: Any) -> str:
    """An odfpy element as XML. The namespaces stand in the document's root (odfpy's own list changes from call to call)."""
    out = StringIO()
    element.toXml(1, out)
    return out.getvalue()


@cache
def cell_style(role: str, number: str = "") -> str:
    """The name of the cell style of a look."""
    return "_".join(filter(None, ["ce", role, _data_name(number) if number else ""]))


@cache
def shown_as(role: str, number: str = "") -> str:
    """How Python spells a number as a cell of this look shows it; ten digits where it shows as many as it has."""
    match = _FORMAT.fullmatch(style_of(role, number).number)
    if match is None or match[3]:
        return ".10g"
    return f".{len(match[1] or '')}{'E' if match[2] else 'f'}"


def content_styles(sheets: Sequence[Sheet], more: Sequence[Any]) -> str:
    """The automatic styles of the content: number formats, cells of each look and `more`, columns, rows and tables."""
    looks = sorted({("", ""), *(cell.look for sheet in sheets for cell in sheet.cells.values() if cell.role in STYLES)})
    widths = {look for sheet in sheets for look in _column_looks(sheet.view)}
    heights = {look for sheet in sheets for look in _row_looks(sheet)}
    tables = {table_style(sheet): sheet for sheet in sheets}
    pieces = [_format_xml(pattern) for pattern in sorted({style_of(*look).number for look in looks})]
    pieces += [_look_xml(*look) for look in looks]
    made = [*more, *(_column_width(*look) for look in sorted(widths))]
    made += [_row_height(*look) for look in sorted(heights)]
    made += [_table(sheet) for _, sheet in sorted(tables.items())]
    pieces += map(xml_text, made)
    return f"<office:automatic-styles>{''.join(pieces)}</office:automatic-styles>"


@cache
def _format_xml(pattern: str) -> str:
    made = _data_style(pattern)
    return xml_text(made) if made is not None else ""


@cache
def _look_xml(role: str, number: str) -> str:
    """Kept, since odfpy takes half a millisecond for each."""
    return xml_text(cell(cell_style(role, number), style_of(role, number)))


def _column_looks(view: View) -> set[tuple[float, bool]]:
    """The widths of columns, and whether a page begins there."""
    looks = {(view.widths.get(column, view.default_width), column in view.column_breaks) for column in view.widths}
    return (
        looks
        | {(view.widths.get(column, view.default_width), True) for column in view.column_breaks}
        | {(view.default_width, False)}
    )


def _row_looks(sheet: Sheet) -> set[tuple[float, bool]]:
    """The heights of rows, and whether a page begins there."""
    heights, breaks = row_heights(sheet), sheet.view.row_breaks
    looks = {(height, False) for height in (USUAL_HEIGHT, *heights.values())}
    return looks | {(heights.get(row, USUAL_HEIGHT), True) for row in breaks}


def _column_width(width: float, breaks: bool) -> Any:
    column = style.Style(name=_column_style(width, breaks), family="table-column")
    column.addElement(style.TableColumnProperties(columnwidth=_centimetres(width), breakbefore=_BREAKS[breaks]))
    return column


def _row_height(height: float, breaks: bool) -> Any:
    row = style.Style(name=row_style(height, breaks), family="table-row")
    row.addElement(row_properties(height, breaks))
    return row


def row_style(height: float, breaks: bool = False) -> str:
    """The name of the style of a row so many points high, with which a page begins where it `breaks`."""
    return ("ro" if height == USUAL_HEIGHT else f"ro_{height:g}") + "_page" * breaks


def row_properties(height: float, breaks: bool = False) -> Any:
    """A fixed height in points: LibreOffice would measure anew, for other fonts than it prints with."""
    fixed = {"rowheight": f"{height:g}pt", "useoptimalrowheight": "false"}
    return style.TableRowProperties(**fixed, breakbefore=_BREAKS[breaks])


def _data_style(pattern: str) -> Any | None:
    if pattern == SHOWN_BY_COLOR:
        nothing = number.NumberStyle(name=_data_name(pattern))
        nothing.addElement(number.Text())
        return nothing
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
    if look.number == SHOWN_BY_COLOR or _FORMAT.fullmatch(look.number):
        made.setAttribute("datastylename", _data_name(look.number))
    border = f"{_THICKNESS[look.border]} solid #{look.border_color}" if look.border else "none"
    vertical = "top" if look.upright or (look.wrap and look.align == "left") else "middle"
    fill = f"#{look.fill}" if look.fill else "transparent"
    box = style.TableCellProperties(backgroundcolor=fill, border=border, verticalalign=vertical)
    box.setAttribute("cellprotect", "none" if look.open else "protected")
    if look.upright:
        box.setAttribute("rotationangle", "90")
    box.setAttribute("wrapoption", "wrap" if look.wrap else "no-wrap")
    made.addElement(box)
    made.addElement(style.ParagraphProperties(textalign=_ALIGN[look.align], marginleft=f"{_INDENT * look.indent:g}cm"))
    made.addElement(font(look))
    return made


def font(look: Style) -> Any:
    """The font of a look."""
    underline = {"textunderlinestyle": "solid", "textunderlinewidth": "auto"} if look.underline else {}
    return style.TextProperties(
        fontfamily=f"'{look.font}'",
        fontsize=f"{look.size}pt",
        color=f"#{look.color}",
        fontweight="bold" if look.bold else "normal",
        fontstyle="italic" if look.italic else "normal",
        **underline,
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
    """The name of the page that a sheet prints on: which way it lies, and how large the sheet is on it."""
    view = sheet.view
    size = f"_{view.scale}" if view.scale else "_one" if view.one_page else ""
    return (LANDSCAPE if view.landscape else PORTRAIT) + size


def table_style(sheet: Sheet) -> str:
    """The name of the sheet's own style: whether it shows, on what page it prints, the colour of its tab."""
    shown = "hidden" if sheet.hidden else "shown"
    return "_".join(filter(None, ["ta", shown, _page_name(sheet), sheet.view.tab]))


def columns(view: View) -> str:
    """The `table:table-column` elements of all columns of a sheet."""
    ends = [end for _, end in (*view.column_groups, *([view.title_columns] if view.title_columns else []))]
    last = max([*view.widths, *view.column_breaks, *ends], default=0)
    last = min(last + 1, COLUMNS)
    looks = [
        (view.widths.get(column, view.default_width), column in view.column_breaks, _group_of(view, column))
        for column in range(1, last + 1)
    ]
    runs = [(look, len(list(run))) for look, run in groupby(looks)]
    runs[-1] = (runs[-1][0], runs[-1][1] + COLUMNS - last)
    pieces = []
    for group, run in groupby(runs, key=lambda run: run[0][2]):
        inside = "".join(xml_text(_column(_column_style(*look[:2]), count)) for look, count in run)
        pieces.append(f"<{group[0]}>{inside}</{group[0]}>" if group else inside)
    return "".join(pieces)


def _group_of(view: View, column: int) -> tuple[str, int] | None:
    """The element around a column, and its number: columns that fold away, or repeat on each page."""
    around = [(_GROUP, *group) for group in view.column_groups]
    around += [(_TITLES, *view.title_columns)] if view.title_columns is not None else []
    return next(((name, n) for n, (name, first, last) in enumerate(around) if first <= column <= last), None)


def _column(name: str, count: int) -> Any:
    return table.TableColumn(stylename=name, numbercolumnsrepeated=count, defaultcellstylename="Default")


def _column_style(width: float, breaks: bool = False) -> str:
    return f"co_{width:g}".replace(".", "_") + "_page" * breaks


def _centimetres(characters: float) -> str:
    """A width in characters as Excel counts it: 7 pixels a digit and 5 around, 96 pixels an inch."""
    return f"{(characters * 7 + 5) / 96 * 2.54:.3f}cm"


def common_styles(sheets: Sequence[Sheet], more: Sequence[Any]) -> str:
    """The default cell, `more`, and the pages on which the sheets print: A4 upright or sideways."""
    styles = office.Styles()
    default = style.Style(name="Default", family="table-cell")
    default.addElement(font(STYLES[""]))
    styles.addElement(default)
    # Gnumeric complains where a document names no height of rows.
    height = style.DefaultStyle(family="table-row")
    height.addElement(row_properties(USUAL_HEIGHT))
    styles.addElement(height)
    for each in more:
        styles.addElement(each)
    layouts, masters = office.AutomaticStyles(), office.MasterStyles()
    for name, sheet in sorted({_page_name(sheet): sheet for sheet in sheets}.items()):
        layouts.addElement(_page(name, sheet.view))
        master = style.MasterPage(name=name, pagelayoutname=f"pm_{name}")
        master.addElement(_footer())
        masters.addElement(master)
    return xml_text(styles) + xml_text(layouts) + xml_text(masters)


def _page(name: str, view: View) -> Any:
    layout = style.PageLayout(name=f"pm_{name}")
    width, height = ("29.7cm", "21cm") if view.landscape else ("21cm", "29.7cm")
    properties = style.PageLayoutProperties(pagewidth=width, pageheight=height, margintop="1.5cm", marginbottom="0.7cm")
    properties.setAttribute("marginleft", "0.64cm")
    properties.setAttribute("marginright", "0.64cm")
    properties.setAttribute("firstpagenumber", "continue")
    properties.setAttribute("printorientation", (LANDSCAPE if view.landscape else PORTRAIT).lower())
    if view.scale:
        properties.setAttribute("scaleto", f"{view.scale}%")
    elif view.one_page:
        properties.setAttribute("scaletopages", "1")
    else:
        # odfpy knows ODF 1.2; fitting to one page in width came with 1.3.
        properties.attributes[(STYLENS, "scale-to-X")] = "1"
    layout.addElement(properties)
    below = style.FooterStyle()
    below.addElement(style.HeaderFooterProperties(minheight="0.8cm", margintop="0.2cm"))
    layout.addElement(below)
    return layout


def _footer() -> Any:
    """The sheet's name on the left of each page, the number of the page on the right."""
    name, page = text.P(), text.P(text="Page ")
    name.addElement(text.SheetName(text="Sheet"))
    page.addElement(text.PageNumber(text="1"))
    page.addText(" of ")
    page.addElement(text.PageCount(text="1"))
    footer = style.Footer()
    for region, words in ((style.RegionLeft(), name), (style.RegionRight(), page)):
        region.addElement(words)
        footer.addElement(region)
    return footer


def settings(sheets: Sequence[Sheet]) -> str:
    """The view settings: no grid, and the panes frozen at each sheet's first scrolling cell."""
    tables = config.ConfigItemMapNamed(name="Tables")
    for sheet in sheets:
        entry = config.ConfigItemMapEntry(name=sheet.name)
        for name, kind, value in (("ShowGrid", "boolean", "false"), *_panes(sheet.view)):
            entry.addElement(_item(name, kind, value))
        tables.addElement(entry)
    entry = config.ConfigItemMapEntry()
    shown = next((sheet.name for sheet in sheets if not sheet.hidden), sheets[0].name)
    for item in (_item("ViewId", "string", "view1"), tables, _item("ActiveTable", "string", shown)):
        entry.addElement(item)
    entry.addElement(_item("ShowGrid", "boolean", "false"))
    views = config.ConfigItemMapIndexed(name="Views")
    views.addElement(entry)
    items = config.ConfigItemSet(name="ooo:view-settings")
    items.addElement(views)
    whole = office.Settings()
    whole.addElement(items)
    return xml_text(whole)


def _panes(view: View) -> Iterator[tuple[str, str, str]]:
    row, column = (place - 1 for place in view.freeze or (1, 1))
    frozen = "2"
    for axis, far, count in (("Horizontal", "PositionRight", column), ("Vertical", "PositionBottom", row)):
        if count:
            yield f"{axis}SplitMode", "short", frozen
            yield f"{axis}SplitPosition", "int", str(count)
            yield far, "int", str(count)
    if row or column:
        pane = 3 if row and column else 1 if column else 2
        yield "ActiveSplitRange", "short", str(pane)


def _item(name: str, kind: str, value: str) -> Any:
    return config.ConfigItem(name=name, type=kind, text=value)
