"""How a worksheet is shown and printed: widths, panes, pages, tab, protection. It knows no cells' content."""

from __future__ import annotations

from typing import Any

from sheetnet.workbook import Sheet

_A4 = 9


def show(written: Any, sheet: Sheet) -> None:
    """Set all of it on XlsxWriter's worksheet."""
    view = sheet.view
    last = max([column for _, column in sheet.cells] + list(view.widths), default=1)
    written.set_column(0, last - 1, view.default_width)
    for column, width in view.widths.items():
        written.set_column(column - 1, column - 1, width)
    if view.freeze is not None:
        written.freeze_panes(view.freeze[0] - 1, view.freeze[1] - 1)
    if view.tab is not None:
        written.set_tab_color(f"#{view.tab}")
    if view.locked:
        written.protect()
    if sheet.hidden:
        written.hide()
    written.hide_gridlines(2)
    _print(written, sheet)


def _print(written: Any, sheet: Sheet) -> None:
    """One page wide, as many long as needed."""
    if sheet.view.landscape:
        written.set_landscape()
    written.set_paper(_A4)
    written.fit_to_pages(1, 0)
    if sheet.view.title_rows is not None:
        first, last = sheet.view.title_rows
        written.repeat_rows(first - 1, last - 1)
