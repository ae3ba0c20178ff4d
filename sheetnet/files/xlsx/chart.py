"""A line chart on a worksheet, through XlsxWriter. It knows no other cells than the chart's own."""

from __future__ import annotations

from typing import Any

from sheetnet.files.attached import chart_numbers, chart_size, clean
from sheetnet.workbook import Box, LineChart, Sheet

_BLUE, _GREY, _LIGHT = "#1F3864", "#595959", "#D9D9D9"


def from_zero(box: Box) -> Box:
    """The box as XlsxWriter counts."""
    top, left, bottom, right = box
    return top - 1, left - 1, bottom - 1, right - 1


def insert_chart(book: Any, written: Any, sheet: Sheet, chart: LineChart) -> None:
    """Points joined by a line, with a place for each number on the x axis."""
    drawn = book.add_chart({"type": "scatter", "subtype": "straight"})
    drawn.add_series(
        {
            "name": clean(chart.y_title),
            "categories": [sheet.name, *from_zero(chart.x)],
            "values": [sheet.name, *from_zero(chart.y)],
            # XlsxWriter does not know the cells' values, which viewers show that never recalculate.
            "categories_data": chart_numbers(sheet, chart.x),
            "values_data": chart_numbers(sheet, chart.y),
            "line": {"color": _BLUE, "width": 2},
            "marker": {"type": "none"},
        }
    )
    drawn.set_title({"name": clean(chart.title), "name_font": {"size": 12, "color": _BLUE}, "overlay": False})
    drawn.set_x_axis(_axis(chart.x_title, {"visible": False}))
    drawn.set_y_axis(_axis(chart.y_title, {"visible": True, "line": {"color": _LIGHT, "width": 0.75}}))
    drawn.set_legend({"none": True})
    width, height = chart_size(sheet, chart)
    drawn.set_size({"width": width, "height": height})
    row, column = chart.anchor
    written.insert_chart(row - 1, column - 1, drawn)


def _axis(title: str, grid: dict[str, object]) -> dict[str, object]:
    return {
        "name": clean(title),
        "name_font": {"bold": False, "color": _GREY},
        "num_font": {"color": _GREY},
        "num_format": "General",
        "num_format_linked": False,
        "major_gridlines": grid,
    }
