"""The rows of a sheet as .ods text, streamed. It knows values, formulas and roles, not what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise
from math import isfinite
from operator import itemgetter

from sheetnet.errors import FileError
from sheetnet.files.heights import USUAL_HEIGHT, row_heights
from sheetnet.files.ods.dress import Dress
from sheetnet.files.ods.look import cell_style, decimals, row_style
from sheetnet.files.ods.openformula import to_openformula
from sheetnet.files.ods.text import escape, paragraphs
from sheetnet.looks import STYLES
from sheetnet.syntax import COLUMNS, ROWS, cell_name
from sheetnet.workbook import Cell, CellError, Position, Sheet, Value

_STYLE = {role: f' table:style-name="{cell_style(role)}"' for role in STYLES}
_BLANK = f"<table:table-cell{_STYLE['']}/>"
_NO_CELL, _PLAIN = Cell(), Dress()
_USUAL = row_style(USUAL_HEIGHT)
_SHOWN = {role: ".10g" if decimals(role) is None else f".{decimals(role)}f" for role in STYLES}


def rows(sheet: Sheet, worn: Mapping[Position, Dress]) -> Iterator[str]:
    """The `table:table-row` elements of a sheet down to its last cell; empty rows and cells are counted, not listed.

    `worn` are the cells with a dress, also such as are blank. Rows that repeat on each page are header rows.
    """
    _check(sheet)
    styles = {row: row_style(height) for row, height in row_heights(sheet).items()}
    if sheet.view.title_rows is None:
        yield from (_row(cells, count, styles.get(row, _USUAL)) for row, count, cells in _runs(sheet, worn))
        return
    first, last = sheet.view.title_rows
    for row, count, cells in _split(_runs(sheet, worn, last), first, last + 1):
        opening = "<table:table-header-rows>" if row == first else ""
        closing = "</table:table-header-rows>" if row + count == last + 1 else ""
        yield opening + _row(cells, count, styles.get(row, _USUAL)) + closing


def _runs(sheet: Sheet, worn: Mapping[Position, Dress], least: int = 1) -> Iterator[tuple[int, int, str]]:
    """Each row with its cells, and blank ones between them, at least down to row `least`: (row, how many, cells)."""
    below = 1
    for row, run in groupby(sorted({**sheet.cells, **worn} if worn else sheet.cells), key=itemgetter(0)):
        if row > below:
            yield below, row - below, _BLANK
        yield row, 1, "".join(_cells(sheet, run, worn))
        below = row + 1
    if below <= least:
        yield below, least + 1 - below, _BLANK


def _split(runs: Iterator[tuple[int, int, str]], *bounds: int) -> Iterator[tuple[int, int, str]]:
    """The same rows, none counted together across a bound."""
    for row, count, cells in runs:
        stops = [row, *(bound for bound in bounds if row < bound < row + count), row + count]
        yield from ((start, stop - start, cells) for start, stop in pairwise(stops))


def _check(sheet: Sheet) -> None:
    for row, column in sheet.cells:
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


def _row(cells: str, count: int, style: str) -> str:
    repeated = f' table:number-rows-repeated="{count}"' if count > 1 else ""
    return f'<table:table-row table:style-name="{style}"{repeated}>{cells}</table:table-row>'


def _cells(sheet: Sheet, places: Iterable[Position], worn: Mapping[Position, Dress]) -> Iterator[str]:
    cells, left = sheet.cells, 1
    for place in places:
        gap = place[1] - left
        if gap:
            repeated = f' table:number-columns-repeated="{gap}"' if gap > 1 else ""
            yield f"<table:table-cell{repeated}/>"
        yield _cell(sheet, place, cells.get(place, _NO_CELL), worn.get(place, _PLAIN) if worn else _PLAIN)
        left = place[1] + 1


def _cell(sheet: Sheet, place: Position, cell: Cell, dress: Dress) -> str:
    style = _STYLE.get(cell.role)
    if style is None:
        raise FileError(f"{sheet.name}!{cell_name(*place)}: there is no look for the role {cell.role!r}")
    if dress is not _PLAIN:
        style = (f' table:style-name="{dress.style}"' if dress.style else style) + dress.attributes
    formula = ""
    if cell.formula is not None:
        formula = f' table:formula="{escape(to_openformula(cell.formula))}"'
        if place in sheet.arrays:
            height, width = sheet.arrays[place]
            formula += f' table:number-matrix-columns-spanned="{width}" table:number-matrix-rows-spanned="{height}"'
    elif cell.value is None:
        return f"<table:table-cell{style}>{dress.before}{dress.after}</table:table-cell>"
    attributes, text = _value(cell.value, _SHOWN[cell.role], cell.formula is not None)
    if not attributes:
        raise FileError(f"{sheet.name}!{cell_name(*place)}: {_no_value(cell)}")
    if dress.link:
        text = text.replace("<text:p>", f"<text:p>{dress.link}").replace("</text:p>", "</text:a></text:p>")
    return f"<table:table-cell{style}{formula} {attributes}>{dress.before}{text}{dress.after}</table:table-cell>"


def _no_value(cell: Cell) -> str:
    if cell.value is None:
        return f"the formula {cell.formula} has no cached value: compute it before writing"
    return f"a spreadsheet cannot hold the number {cell.value}: write an error value such as #NUM! instead"


def _value(value: Value, shown: str, computed: bool) -> tuple[str, str]:
    """The value's attributes, and the paragraphs that show it (a number in the format `shown`); empty for no value."""
    if isinstance(value, (float, int)) and value is not True and value is not False:
        if not isfinite(value):
            return "", ""
        return f'office:value-type="float" office:value="{float(value)!r}"', f"<text:p>{value:{shown}}</text:p>"
    if isinstance(value, bool):
        word = "true" if value else "false"
        return f'office:value-type="boolean" office:boolean-value="{word}"', f"<text:p>{word.upper()}</text:p>"
    if isinstance(value, CellError):
        # As LibreOffice writes it: what was computed is no text, an error that was typed is at least shown by all.
        no_text = ' office:string-value=""' if computed else ""
        kind = f'office:value-type="string"{no_text} calcext:value-type="error"'
        return kind, f"<text:p>{escape(value.code)}</text:p>"
    if value is None:
        return "", ""
    text = f' office:string-value="{escape(value)}"' if computed else ""
    return f'office:value-type="string"{text}', paragraphs(value)
