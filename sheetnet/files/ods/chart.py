"""A line chart as the document that an .ods embeds: live by its cells' addresses, with their values as a copy.

It knows no zip and no other cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from odf import chart as odf
from odf import office, style, text

from sheetnet.files.attached import chart_numbers, chart_size, clean
from sheetnet.files.ods.addresses import box_address
from sheetnet.files.ods.look import xml_text
from sheetnet.files.ods.text import escape
from sheetnet.workbook import LineChart, Sheet

_BLUE, _GREY, _LIGHT = "#1F3864", "#595959", "#D9D9D9"


def folder(number: int) -> str:
    """Where the chart's document lies in the package."""
    return f"Object {number}"


def frame(sheet: Sheet, chart: LineChart, number: int) -> str:
    """The element that shows the chart with its top left corner in the cell it stands in."""
    width, height = _size(sheet, chart)
    ranges = escape(f"{box_address(sheet.name, chart.x)} {box_address(sheet.name, chart.y)}")
    return (
        f'<draw:frame draw:name="{escape(clean(chart.title))}" draw:z-index="{number}" svg:width="{width}" '
        f'svg:height="{height}" svg:x="0cm" svg:y="0cm"><draw:object draw:notify-on-update-of-ranges="{ranges}" '
        f'xlink:href="./{folder(number)}" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame>'
    )


def _size(sheet: Sheet, chart: LineChart) -> tuple[str, str]:
    width, height = (f"{pixels / 96 * 2.54:.3f}cm" for pixels in chart_size(sheet, chart))
    return width, height


def content(sheet: Sheet, chart: LineChart) -> Iterator[str]:
    """What the chart's own content.xml holds: styles, and a body with the drawing and the copied values."""
    yield xml_text(_styles())
    yield "<office:body><office:chart>"
    closing = "</chart:chart>"
    yield xml_text(_chart(sheet, chart)).removesuffix(closing)
    yield from _values(sheet, chart)
    yield closing + "</office:chart></office:body>"


def _styles() -> Any:
    styles = office.AutomaticStyles()
    for name, properties in (
        ("ch_chart", (style.GraphicProperties(stroke="solid", strokecolor=_LIGHT, fill="solid", fillcolor="#ffffff"),)),
        ("ch_title", (style.TextProperties(fontsize="12pt", fontweight="bold", color=_BLUE, fontfamily="Arial"),)),
        ("ch_label", (style.TextProperties(fontsize="10pt", color=_GREY, fontfamily="Arial"),)),
        ("ch_turned", (style.ChartProperties(rotationangle="90"), style.TextProperties(fontsize="10pt", color=_GREY))),
        ("ch_plot", (style.ChartProperties(includehiddencells="true", treatemptycells="leave-gap"),)),
        ("ch_axis", (
            style.ChartProperties(displaylabel="true", logarithmic="false", linkdatastyletosource="false"),
            style.GraphicProperties(strokecolor="#A6A6A6"),
            style.TextProperties(fontsize="9pt", color=_GREY, fontfamily="Arial"),
        )),
        ("ch_grid", (style.GraphicProperties(stroke="solid", strokecolor=_LIGHT),)),
        ("ch_line", (
            style.ChartProperties(symboltype="none", lines="true"),
            style.GraphicProperties(stroke="solid", strokewidth="0.07cm", strokecolor=_BLUE, fillcolor=_BLUE),
        )),
        ("ch_wall", (style.GraphicProperties(stroke="none", fill="none"),)),
    ):  # fmt: skip
        each = style.Style(name=name, family="chart")
        for property_ in properties:
            each.addElement(property_)
        styles.addElement(each)
    return styles


def _chart(sheet: Sheet, chart: LineChart) -> Any:
    x, y = (box_address(sheet.name, box) for box in (chart.x, chart.y))
    width, height = _size(sheet, chart)
    whole = odf.Chart(attributes={"class": "chart:scatter"}, width=width, height=height, stylename="ch_chart")
    whole.addElement(_title(chart.title, "ch_title"))
    plot = odf.PlotArea(stylename="ch_plot", cellrangeaddress=f"{x} {y}")
    horizontal = odf.Axis(dimension="x", name="primary-x", stylename="ch_axis")
    horizontal.addElement(_title(chart.x_title, "ch_label"))
    vertical = odf.Axis(dimension="y", name="primary-y", stylename="ch_axis")
    vertical.addElement(_title(chart.y_title, "ch_turned"))
    vertical.addElement(odf.Grid(attributes={"class": "major"}, stylename="ch_grid"))
    series = odf.Series(stylename="ch_line", valuescellrangeaddress=y, attributes={"class": "chart:scatter"})
    series.addElement(odf.Domain(cellrangeaddress=x))
    series.addElement(odf.DataPoint(repeated=chart.y[2] - chart.y[0] + 1))
    for part in (horizontal, vertical, series, odf.Wall(stylename="ch_wall")):
        plot.addElement(part)
    whole.addElement(plot)
    return whole


def _title(words: str, look: str) -> Any:
    title = odf.Title(stylename=look)
    title.addElement(text.P(text=clean(words)))
    return title


def _values(sheet: Sheet, chart: LineChart) -> Iterator[str]:
    yield '<table:table table:name="local-table"><table:table-header-columns><table:table-column/>'
    yield '</table:table-header-columns><table:table-columns><table:table-column table:number-columns-repeated="2"/>'
    yield "</table:table-columns><table:table-header-rows>"
    yield _row("", _text(chart.x_title), _text(chart.y_title))
    yield "</table:table-header-rows><table:table-rows>"
    numbers = zip(chart_numbers(sheet, chart.x), chart_numbers(sheet, chart.y), strict=True)
    for count, pair in enumerate(numbers, 1):
        yield _row(str(count), *map(_number, pair))
    yield "</table:table-rows></table:table>"


def _row(label: str, *cells: str) -> str:
    return f"<table:table-row>{_text(label)}{''.join(cells)}</table:table-row>"


def _text(words: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{escape(clean(words))}</text:p></table:table-cell>'


def _number(value: float | None) -> str:
    if value is None:
        return "<table:table-cell/>"
    typed = f'office:value-type="float" office:value="{value!r}"'
    return f"<table:table-cell {typed}><text:p>{value:g}</text:p></table:table-cell>"
