"""Sets how a sheet of an .xlsx file is shown and printed: widths, groups, frozen panes, pages."""

from __future__ import annotations

from typing import Any

from sheetnet.files.xlsx.xlsxwriter_internals import set_outline
from sheetnet.workbook import Sheet

_A4 = 9
_BESIDE, _ABOVE = 0.64 / 2.54, 1.5 / 2.54  # inches of margin; those beside the page are Excel's narrow ones
_FOOTER = "&L&A&RPage &P of &N"  # the sheet's name, the number of the page


def set_view(written: Any, sheet: Sheet) -> None:
    """Set all of it on XlsxWriter's worksheet."""
    view = sheet.view
    last = max([column for _, column in sheet.cells] + list(view.widths), default=1)
    written.set_column(0, last - 1, view.default_width)
    levels = {column: {"level": 1} for first, end in view.column_groups for column in range(first, end + 1)}
    for column in sorted({*view.widths, *levels}):
        width = view.widths.get(column, view.default_width)
        written.set_column(column - 1, column - 1, width, None, levels.get(column, {}))
    if view.row_groups or view.column_groups:
        set_outline(written, rows=bool(view.row_groups))
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
    """One page wide and as many long as needed, one in all, or as large as the view says."""
    view = sheet.view
    if view.landscape:
        written.set_landscape()
    written.set_paper(_A4)
    written.set_margins(_BESIDE, _BESIDE, _ABOVE, _ABOVE)
    written.set_footer(_FOOTER)
    if view.scale:
        written.set_print_scale(view.scale)
        written.set_h_pagebreaks([row - 1 for row in view.row_breaks])
        written.set_v_pagebreaks([column - 1 for column in view.column_breaks])
    else:
        written.fit_to_pages(1, 1 if view.one_page else 0)
    if view.title_rows is not None:
        first, last = view.title_rows
        written.repeat_rows(first - 1, last - 1)
    if view.title_columns is not None:
        first, last = view.title_columns
        written.repeat_columns(first - 1, last - 1)
    if view.printed_columns is not None:
        written.print_area(0, 0, max(row for row, _ in sheet.cells) - 1, view.printed_columns - 1)
