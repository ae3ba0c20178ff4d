"""Notes, links, conditional formats, entries and charts of a worksheet, through XlsxWriter. It knows no rows.

The sheet is checked before (`files.attached`): what XlsxWriter would warn of and leave out does not come here.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter.url import Url

from sheetnet.files.attached import clean, note_size
from sheetnet.files.xlsx.chart import from_zero, insert_chart
from sheetnet.files.xlsx.formulas import in_file
from sheetnet.looks import STYLES
from sheetnet.syntax import cell_name, quote_sheet
from sheetnet.workbook import Entry, Rule, Sheet

_AUTHOR = "sheetnet"
_LARGEST = 1e307  # the bound of "any number": Excel's entries know no other way to say it


def attach(book: Any, written: Any, sheet: Sheet) -> None:
    """Hang everything of the sheet's view on XlsxWriter's worksheet."""
    view = sheet.view
    for (row, column), text in sorted(view.notes.items()):
        width, height = note_size(text)
        look = {"author": _AUTHOR, "visible": False, "width": width, "height": height, "font_size": 9}
        written.write_comment(row - 1, column - 1, clean(text), look)
    for (row, column), (target, *spot) in view.links.items():
        # XlsxWriter's write_url would also write the cell.
        link = Url(f"internal:{quote_sheet(target)}!{cell_name(*spot)}")
        written.hyperlinks[row - 1][column - 1] = link
    for rule in view.rules:
        written.conditional_format(*from_zero(rule.box), _condition(book, rule))
    for entry in view.entries:
        written.data_validation(*from_zero(entry.box), _validation(entry))
    for chart in view.charts:
        insert_chart(book, written, sheet, chart)


def _condition(book: Any, rule: Rule) -> dict[str, object]:
    if rule.scale is not None:
        low, high = (f"#{color}" for color in rule.scale)
        ends = {"min_type": "num", "max_type": "num", "min_value": 0, "max_value": 1}
        return {"type": "2_color_scale", "min_color": low, "max_color": high, **ends}
    style = STYLES[rule.role]
    look: dict[str, object] = {"font_color": f"#{style.color}", "bold": style.bold, "italic": style.italic}
    if style.fill is not None:
        look["bg_color"] = f"#{style.fill}"
    # The first rule that is true decides, as in .ods.
    return {
        "type": "formula",
        "criteria": "=" + in_file(rule.formula),
        "format": book.add_format(look),
        "stop_if_true": True,
    }


def _validation(entry: Entry) -> dict[str, object]:
    if entry.above is None:
        allowed: dict[str, object] = {"criteria": "between", "minimum": -_LARGEST, "maximum": _LARGEST}
    else:
        allowed = {"criteria": ">", "value": entry.above}
    title, message = clean(entry.title), clean(entry.message)
    said = {"input_title": title, "input_message": message, "error_title": title, "error_message": message}
    return {"validate": "decimal", **allowed, **said}
