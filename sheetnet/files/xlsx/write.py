"""Writes a Workbook as .xlsx, with XlsxWriter for everything but the cells.

XlsxWriter's own cell writer drops the last bits of numbers, writes cached errors and truth values of array formulas
wrongly and cannot cache an empty text, so the XML of rows is written here. Sheets are checked before
(`files/sheet_features.py`): what XlsxWriter would warn of and leave out does not come here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from math import isfinite
from operator import itemgetter
from typing import IO, Any

from xlsxwriter import Workbook as Book
from xlsxwriter.exceptions import XlsxWriterException

from sheetnet.errors import FileError
from sheetnet.files.escaping import clean, excel, fits_in_cell
from sheetnet.files.formula_text import in_file
from sheetnet.files.sheet_features import (
    chart_numbers,
    chart_size,
    check_views,
    largest_magnitude,
    note_size,
    pixels_to,
    row_heights,
)
from sheetnet.files.xlsx.sheet_view import set_view
from sheetnet.files.xlsx.xlsxwriter_internals import (
    RowsSheet,
    add_defined_name,
    draw_line,
    give_up,
    include_cell,
    merge_cells,
    set_link,
    shared_texts,
    style_index,
)
from sheetnet.styles import STYLES, Style, style_of
from sheetnet.syntax import cell_name, column_letters, parse_area, quote_sheet
from sheetnet.syntax.references import COLUMNS, FORMULA_CHARACTERS, ROWS, TEXT_CHARACTERS, place_name
from sheetnet.workbook import (
    Box,
    Cell,
    CellError,
    CellValidation,
    LineChart,
    Name,
    Position,
    Rule,
    Sheet,
    Value,
    Workbook,
)

_BLUE, _GREY, _LIGHT = "#1F3864", "#595959", "#D9D9D9"


def from_zero(box: Box) -> Box:
    """The box as XlsxWriter counts."""
    top, left, bottom, right = box
    return top - 1, left - 1, bottom - 1, right - 1


def insert_chart(book: Any, written: Any, sheet: Sheet, chart: LineChart) -> None:
    """Points joined by a line, with a place for each number on the x axis."""
    drawn = book.add_chart({"type": "scatter", "subtype": "straight"})
    for series in chart.series:
        drawn.add_series(
            {
                "name": clean(series.name),
                "categories": [sheet.name, *from_zero(chart.x)],
                "values": [sheet.name, *from_zero(series.y)],
                # XlsxWriter does not know the cells' values, which viewers show that never recalculate.
                "categories_data": chart_numbers(sheet, chart.x),
                "values_data": chart_numbers(sheet, series.y),
                "line": {"color": f"#{series.color}", "width": 0.75 if series.thin else 2},
                "marker": {"type": "none"},
            }
        )
    drawn.set_title({"name": clean(chart.title), "name_font": {"size": 12, "color": _BLUE}, "overlay": False})
    ends: dict[str, object] = {} if chart.last is None else {"min": 0, "max": chart.last}
    drawn.set_x_axis(_axis(chart.x_title, {"visible": False}) | ends)
    drawn.set_y_axis(_axis(chart.y_title, {"visible": True, "line": {"color": _LIGHT, "width": 0.75}}))
    drawn.set_legend({"none": True} if len(chart.series) == 1 else {"position": "bottom", "font": {"color": _GREY}})
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
        set_link(written, row - 1, column - 1, f"{quote_sheet(target)}!{cell_name(*spot)}")
    for rule in view.rules:
        written.conditional_format(*from_zero(rule.box), _condition(book, rule))
    for entry in view.entries:
        written.data_validation(*from_zero(entry.box), _validation(entry))
    for chart in view.charts:
        insert_chart(book, written, sheet, chart)
    for box in view.merged:
        merge_cells(written, *from_zero(box))
    for line in view.lines:
        draw_line(written, line.begin, line.end, pixels_to(sheet, line.begin), pixels_to(sheet, line.end))


def _condition(book: Any, rule: Rule) -> dict[str, object]:
    if rule.scale is not None and len(rule.scale) > 2:
        low, middle, high = (f"#{color}" for color in rule.scale)
        largest = largest_magnitude(rule.box)
        types = {"min_type": "formula", "mid_type": "num", "max_type": "formula"}
        values = {"min_value": f"=-{largest}", "mid_value": 0, "max_value": f"={largest}"}
        return {"type": "3_color_scale", "min_color": low, "mid_color": middle, "max_color": high, **types, **values}
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


def _validation(entry: CellValidation) -> dict[str, object]:
    title, message = clean(entry.title), clean(entry.message)
    said = {"input_title": title, "input_message": message, "error_title": title, "error_message": message}
    if entry.whole is not None:
        first, last = entry.whole
        return {"validate": "integer", "criteria": "between", "minimum": first, "maximum": last, **said}
    if entry.above is None:
        least = -_LARGEST if entry.least is None else entry.least
        allowed: dict[str, object] = {"criteria": "between", "minimum": least, "maximum": _LARGEST}
    else:
        allowed = {"criteria": ">", "value": entry.above}
    return {"validate": "decimal", **allowed, **said}


_CREATED = datetime(2000, 1, 1)  # a fixed date: the same workbook gives the same bytes
_BORDERS = {"thin": 1, "thick": 5}  # Excel's numbers of the line styles
_VALID_NAME = re.compile(r"(?:[^\W\d]|\\)[\w.\\?]{0,254}")
_ROW_COLUMN = re.compile(r"[Rr][0-9]*(?:[Cc][0-9]*)?|[Cc][0-9]*")


def write_xlsx(workbook: Workbook, stream: IO[bytes] | str | os.PathLike[str]) -> None:
    """Write the workbook to a path or binary stream; two runs give the same bytes.

    Each formula is written with its cached value, so that previewers show it, and spreadsheet programs recalculate on
    load. Raises FileError where a formula has no true cached value, or a cell, sheet name or defined name is impossible.
    """
    if not any(not sheet.hidden for sheet in workbook.sheets):
        raise FileError("the workbook has no visible sheet, which no spreadsheet program opens", remedy="show one")
    check_views(workbook)
    target = os.fspath(stream) if isinstance(stream, (str, os.PathLike)) else stream
    properties = {"font_name": "Arial", "font_size": 10}
    book: Any = Book(target, {"in_memory": True, "default_format_properties": properties})
    book.set_properties({"created": _CREATED})
    try:
        looks = sorted({look for sheet in workbook.sheets for look in _looks(sheet)})
        styles = {look: book.add_format(_format(style_of(*look))) for look in looks}
        written = [_add_sheet(book, sheet, styles) for sheet in workbook.sheets]
        _activate(workbook, written)
        for name in workbook.names:
            _add_name(book, name, workbook)
        book.close()
    except XlsxWriterException as error:
        raise FileError(f"the workbook cannot be written: {' '.join(str(error).split())}") from error
    finally:
        give_up(book)


def _format(style: Style) -> dict[str, object]:
    properties: dict[str, object] = {
        "font_name": style.font,
        "font_size": style.size,
        "font_color": f"#{style.color}",
        "bold": style.bold,
        "italic": style.italic,
        "underline": int(style.underline),
        "num_format": style.number,
        "align": style.align,
        "indent": style.indent,
        "valign": "top" if style.upright or (style.wrap and style.align == "left") else "vcenter",
        "rotation": 90 if style.upright else 0,
        "text_wrap": style.wrap,
        "locked": not style.open,
    }
    if style.fill is not None:
        properties["bg_color"] = f"#{style.fill}"
    if style.border is not None:
        properties |= {"border": _BORDERS[style.border], "border_color": f"#{style.border_color}"}
    return properties


def _looks(sheet: Sheet) -> list[tuple[str, str]]:
    return sorted({cell.look for cell in sheet.cells.values()})


def _add_sheet(book: Any, sheet: Sheet, styles: dict[tuple[str, str], Any]) -> Any:
    written = book.add_worksheet(sheet.name, worksheet_class=RowsSheet)
    # Only the styles in use get an index, each sheet's in their order.
    indices = {look: style_index(styles[look]) for look in _looks(sheet)}
    written.rows = list(rows_xml(sheet, indices, shared_texts(book)))
    for row, column in _corners(sheet):
        include_cell(written, row - 1, column - 1)
    set_view(written, sheet)
    attach(book, written, sheet)
    return written


def _corners(sheet: Sheet) -> tuple[tuple[int, int], ...]:
    if not sheet.cells:
        return ()
    rows, columns = {row for row, _ in sheet.cells}, {column for _, column in sheet.cells}
    return (min(rows), min(columns)), (max(rows), max(columns))


def _activate(workbook: Workbook, written: list[Any]) -> None:
    """Open on the first visible sheet; XlsxWriter would show a hidden first sheet otherwise."""
    first = next(index for index, sheet in enumerate(workbook.sheets) if not sheet.hidden)
    if first:
        written[first].activate()
        written[first].set_first_sheet()


def _add_name(book: Any, name: Name, workbook: Workbook) -> None:
    """Define a name; one that Excel cannot have is an error."""
    text = name.name
    if not _VALID_NAME.fullmatch(text) or parse_area(text) is not None or _ROW_COLUMN.fullmatch(text):
        raise FileError(
            f"the defined name {text!r} is impossible in Excel, or reads as a cell", remedy="rename it (such as W_1)"
        )
    scope = -1
    if name.sheet is not None:
        wanted = name.sheet.casefold()
        folded = [sheet.name.casefold() for sheet in workbook.sheets]
        if wanted not in folded:
            raise FileError(f"the defined name {text!r} belongs to the sheet {name.sheet!r}, which is missing")
        scope = folded.index(wanted)
    add_defined_name(book, text, scope, in_file(name.refers_to))


def rows_xml(sheet: Sheet, style: Mapping[tuple[str, str], int], share: Callable[[str], int]) -> Iterator[str]:
    """Each row's `<row>` element. `style` gives a look's index, `share` a text's index among the shared strings.

    Raises FileError naming the cell whose content no program could read back.
    """
    styled = {look: f' s="{index}"' if index else "" for look, index in style.items()}
    ordered = sorted(sheet.cells.items(), key=itemgetter(0))
    # Excel measures rows itself where it must; LibreOffice and others believe the file.
    heights = {row: f' ht="{height:g}"' for row, height in row_heights(sheet).items()}
    levels = {row for first, last in sheet.view.row_groups for row in range(first, last + 1)}
    for number, cells in groupby(ordered, key=lambda item: item[0][0]):
        level = ' outlineLevel="1"' if number in levels else ""
        parts = [f'<row r="{number}"{heights.get(number, "")}{level}>']
        for place, cell in cells:
            try:
                parts.append(_cell_xml(place, cell, styled[cell.look], sheet.arrays.get(place), share))
            except ValueError as error:
                raise FileError(str(error), place=place_name(sheet.name, _spot(place))) from error
        parts.append("</row>")
        yield "".join(parts)


def _spot(place: Position) -> str:
    row, column = place
    return cell_name(row, column) if row > 0 and column > 0 else f"row {row}, column {column}"


def _cell_xml(
    place: Position, cell: Cell, style: str, array: tuple[int, int] | None, share: Callable[[str], int]
) -> str:
    row, column = place
    if not (0 < row <= ROWS and 0 < column <= COLUMNS):
        raise ValueError("lies outside the sheet: place it elsewhere")
    start = f'<c r="{column_letters(column)}{row}"{style}'
    value = cell.value
    if cell.formula is not None:
        kind, text = _value_xml(value)
        return f"{start}{kind}>{_formula_xml(place, cell.formula, array)}<v>{text}</v></c>"
    if value is None:
        return start + "/>"
    if isinstance(value, str):
        return start + _text_xml(value, share)
    kind, text = _value_xml(value)
    return f"{start}{kind}><v>{text}</v></c>"


def _value_xml(value: Value) -> tuple[str, str]:
    """The type attribute and the content of `<v>` for a constant that is no text, or any cached value."""
    if isinstance(value, bool):
        return ' t="b"', "1" if value else "0"
    if isinstance(value, (float, int)):
        if not isfinite(value):
            raise ValueError(f"has the value {value}, which no spreadsheet knows: use an error or a finite number")
        text = float.__repr__(float(value))
        return "", text.removesuffix(".0")
    if isinstance(value, str):
        return ' t="str"', excel(_checked_text(value))
    if isinstance(value, CellError):
        return ' t="e"', excel(value.code)
    raise ValueError(f"has a formula without a true cached value ({value!r}): compute it before writing")


def _formula_xml(place: Position, formula: str, array: tuple[int, int] | None) -> str:
    if not formula or len(formula) > FORMULA_CHARACTERS:
        raise ValueError(f"has a formula of {len(formula):,} characters, 1 to {FORMULA_CHARACTERS:,} are possible")
    if not fits_in_cell(formula):
        raise ValueError("has a control character in its formula: use CHAR() for it")
    text = excel(in_file(formula))
    if array is None:
        return f"<f>{text}</f>"
    row, column = place
    first, last = cell_name(row, column), cell_name(row + array[0] - 1, column + array[1] - 1)
    return f'<f t="array" ref="{first if first == last else f"{first}:{last}"}">{text}</f>'


def _text_xml(text: str, share: Callable[[str], int]) -> str:
    _checked_text(text)
    if text.startswith("<r>") and text.endswith("</r>"):
        # XlsxWriter would take such a shared string for the XML of rich text.
        return f' t="inlineStr"><is><t xml:space="preserve">{excel(text)}</t></is></c>'
    return f' t="s"><v>{share(text)}</v></c>'


def _checked_text(text: str) -> str:
    if len(text) > TEXT_CHARACTERS // 2 and len(text.encode("utf-16-le", "surrogatepass")) > 2 * TEXT_CHARACTERS:
        raise ValueError(f"has a text longer than {TEXT_CHARACTERS:,} characters: shorten it")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("has a text with half a character (a lone surrogate): correct it") from None
    return text
