"""Rows and columns inserted and deleted as spreadsheet programs do it: cells move, references and names follow.

Formulas lose their cached values: what they show afterwards is not known.
"""

from __future__ import annotations

from dataclasses import replace

from sheetnet.syntax import Area, Token, area_name, cell_name, parse_area, tokenize
from sheetnet.workbook import Cell, Name, Sheet, Workbook

REF = "#REF!"


def with_line(workbook: Workbook, sheet: str, *, row: int = 0, column: int = 0) -> Workbook:
    """The workbook with an empty row or column before the one given."""
    return _changed(workbook, sheet, row, column, 1)


def without_line(workbook: Workbook, sheet: str, *, row: int = 0, column: int = 0) -> Workbook:
    """The workbook without that row or column."""
    return _changed(workbook, sheet, row, column, -1)


def _changed(workbook: Workbook, sheet: str, row: int, column: int, by: int) -> Workbook:
    axis, line = (0, row) if row else (1, column)
    sheets = tuple(_sheet(each, sheet, axis, line, by) for each in workbook.sheets)
    names = tuple(
        Name(name.name, _formula(name.refers_to, "", sheet, axis, line, by), name.sheet) for name in workbook.names
    )
    return replace(workbook, sheets=sheets, names=names)


def _sheet(sheet: Sheet, changed: str, axis: int, line: int, by: int) -> Sheet:
    cells: dict[tuple[int, int], Cell] = {}
    for at, cell in sheet.cells.items():
        text = None if cell.formula is None else _formula(cell.formula, sheet.name, changed, axis, line, by)
        moved: tuple[int, int] | None = at
        if sheet.name == changed and at[axis] >= line:
            place = list(at)
            place[axis] += by
            moved = None if by < 0 and at[axis] == line else (place[0], place[1])
        if moved is not None:
            cells[moved] = cell if text is None else replace(cell, value=None, formula=text)
    return replace(sheet, cells=cells)


def _formula(formula: str, here: str, changed: str, axis: int, line: int, by: int) -> str:
    parts: list[str] = []
    tokens = tokenize(formula)
    while tokens:
        token = tokens.pop(0)
        text = token.text
        if token.kind == "reference" and len(tokens) > 1 and tokens[0].text == ":":
            text += ":" + tokens[1].text
            del tokens[:2]
        parts.append(_reference(Token(token.kind, text), here, changed, axis, line, by))
    return "".join(parts)


def _reference(token: Token, here: str, changed: str, axis: int, line: int, by: int) -> str:
    area = parse_area(token.text) if token.kind == "reference" else None
    if area is None or (area.sheet or here) != changed:
        return token.text
    first, last = (area.top, area.bottom) if axis == 0 else (area.left, area.right)
    if by > 0:
        first, last = first + (first >= line), last + (last >= line)
    else:
        first, last = first - (first > line), last - (last >= line)
    if first > last:
        return REF
    moved = replace(area, top=first, bottom=last) if axis == 0 else replace(area, left=first, right=last)
    return _spelled(moved, "$" in token.text)


def _spelled(area: Area, absolute: bool) -> str:
    if absolute or area.sheet is not None:
        return area_name(area, absolute)
    first, last = cell_name(area.top, area.left), cell_name(area.bottom, area.right)
    return first if first == last else f"{first}:{last}"
