"""The rows of a sheet as .ods text, streamed. It knows values, formulas and roles, not what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from math import isfinite

from sheetnet.errors import FileError
from sheetnet.files.ods.look import cell_style, decimals
from sheetnet.files.ods.openformula import to_openformula
from sheetnet.files.ods.text import escape, paragraphs
from sheetnet.looks import STYLES
from sheetnet.syntax import COLUMNS, ROWS, cell_name
from sheetnet.workbook import Cell, CellError, Position, Sheet, Value

_STYLE = {role: f' table:style-name="{cell_style(role)}"' for role in STYLES}
_DECIMALS = {role: decimals(role) for role in STYLES}


def rows(sheet: Sheet) -> Iterator[str]:
    """The `table:table-row` elements of a sheet down to its last cell; empty rows and cells are counted, not listed."""
    places = sorted(sheet.cells)
    _check(sheet, places)
    below = 1
    for row, run in groupby(places, key=lambda place: place[0]):
        if row > below:
            yield _row(f"<table:table-cell{_STYLE['']}/>", row - below)
        yield _row("".join(_cells(sheet, list(run))), 1)
        below = row + 1
    if below == 1:
        yield _row("<table:table-cell/>", 1)


def _check(sheet: Sheet, places: list[Position]) -> None:
    for row, column in places:
        if not (0 < row <= ROWS and 0 < column <= COLUMNS):
            raise FileError(
                f"{sheet.name}: row {row}, column {column} is outside a sheet: it has {ROWS} by {COLUMNS} cells"
            )
    for place in sheet.arrays:
        cell = sheet.cells.get(place)
        if cell is None or cell.formula is None:
            raise FileError(
                f"{sheet.name}!{cell_name(*place)}: an array formula begins here without a formula: give it one"
            )


def _row(cells: str, count: int) -> str:
    repeated = f' table:number-rows-repeated="{count}"' if count > 1 else ""
    return f'<table:table-row table:style-name="ro"{repeated}>{cells}</table:table-row>'


def _cells(sheet: Sheet, places: list[Position]) -> Iterator[str]:
    left = 1
    for place in places:
        gap = place[1] - left
        if gap:
            repeated = f' table:number-columns-repeated="{gap}"' if gap > 1 else ""
            yield f"<table:table-cell{repeated}/>"
        yield _cell(sheet, place, sheet.cells[place])
        left = place[1] + 1


def _cell(sheet: Sheet, place: Position, cell: Cell) -> str:
    style = _STYLE.get(cell.role)
    if style is None:
        raise FileError(f"{sheet.name}!{cell_name(*place)}: there is no look for the role {cell.role!r}")
    formula = ""
    if cell.formula is not None:
        formula = f' table:formula="{escape(to_openformula(cell.formula))}"'
        if place in sheet.arrays:
            height, width = sheet.arrays[place]
            formula += f' table:number-matrix-columns-spanned="{width}" table:number-matrix-rows-spanned="{height}"'
    elif cell.value is None:
        return f"<table:table-cell{style}/>"
    value = _value(cell.value, _DECIMALS[cell.role], cell.formula is not None)
    if value is None:
        raise FileError(f"{sheet.name}!{cell_name(*place)}: {_no_value(cell)}")
    return f"<table:table-cell{style}{formula} {value}</table:table-cell>"


def _no_value(cell: Cell) -> str:
    if cell.value is None:
        return f"the formula {cell.formula} has no cached value: compute it before writing"
    return f"a spreadsheet cannot hold the number {cell.value}: write an error value such as #NUM! instead"


def _value(value: Value, places: int | None, computed: bool) -> str | None:
    """The value's attributes and the text that shows it, `…>…`; None where there is no such value."""
    if isinstance(value, bool):
        word = "true" if value else "false"
        return f'office:value-type="boolean" office:boolean-value="{word}"><text:p>{word.upper()}</text:p>'
    if isinstance(value, (float, int)):
        if not isfinite(value):
            return None
        shown = f"{value:.10g}" if places is None else f"{value:.{places}f}"
        return f'office:value-type="float" office:value="{float(value)!r}"><text:p>{shown}</text:p>'
    if isinstance(value, CellError):
        # As LibreOffice writes it: what was computed is no text, an error that was typed is at least shown by all.
        no_text = ' office:string-value=""' if computed else ""
        kind = f'office:value-type="string"{no_text} calcext:value-type="error"'
        return f"{kind}><text:p>{escape(value.code)}</text:p>"
    if value is None:
        return None
    text = f' office:string-value="{escape(value)}"' if computed else ""
    return f'office:value-type="string"{text}>{paragraphs(value)}'
