"""Writes the rows of a sheet as the XML of a worksheet part.

XlsxWriter's own cell writer drops the last bits of numbers, writes cached errors and truth values of array formulas
wrongly and cannot cache an empty text, so the rows are written here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from math import isfinite

from sheetnet.errors import FileError
from sheetnet.files.escaping import excel, excel_replaced, fits_in_cell
from sheetnet.files.sheet_features import row_heights
from sheetnet.files.xlsx.formulas import in_file
from sheetnet.place_names import place_name
from sheetnet.syntax import cell_name, column_letters
from sheetnet.syntax.references import COLUMNS, FORMULA_CHARACTERS, ROWS, TEXT_CHARACTERS
from sheetnet.workbook import Cell, CellError, Position, Sheet, Value


def text_element(prefix: bytes, text: str) -> bytes:
    """A `t` element. Control characters of a stranger's text show as a replacement sign."""
    text = excel_replaced(text, TEXT_CHARACTERS)
    return b'<%st xml:space="preserve">%s</%st>' % (prefix, text.encode(), prefix)


def rows_xml(sheet: Sheet, style: Mapping[str, int], share: Callable[[str], int]) -> Iterator[str]:
    """Each row's `<row>` element. `style` gives a role's index, `share` a text's index among the shared strings.

    Raises FileError naming the cell whose content no program could read back.
    """
    styled = {role: f' s="{index}"' if index else "" for role, index in style.items()}
    ordered = sorted(sheet.cells.items(), key=_position)
    # Excel measures rows itself where it must; LibreOffice and others believe the file.
    heights = {row: f' ht="{height:g}"' for row, height in row_heights(sheet).items()}
    for number, cells in groupby(ordered, key=_row):
        parts = [f'<row r="{number}"{heights.get(number, "")}>']
        for place, cell in cells:
            try:
                parts.append(_cell_xml(place, cell, styled[cell.role], sheet.arrays.get(place), share))
            except ValueError as error:
                raise FileError(str(error), place=place_name(sheet.name, _spot(place))) from error
        parts.append("</row>")
        yield "".join(parts)


def _position(item: tuple[Position, Cell]) -> Position:
    return item[0]


def _row(item: tuple[Position, Cell]) -> int:
    return item[0][0]


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
