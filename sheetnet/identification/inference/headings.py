"""Reads the headings of cells: whether the text above or beside a number calls it an input or a weight."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sheetnet.workbook import Place, Workbook

FARTHEST = 12  # cells upwards or to the left in which a heading is sought
_INPUT = re.compile(r"(x|i|in|input|inputs|eingabe|eingang|feature|entrée|entrada)[\s_{(]*\d*[)}]?", re.IGNORECASE)
_WEIGHT = re.compile(r"(w|weight|weights|gewicht|θ|theta|poids|peso)[\s_{(]*\d*[)}]?", re.IGNORECASE)


def heading(workbook: Workbook, place: Place) -> str:
    """The nearest text above the cell, else to its left; empty where there is none."""
    sheet = workbook.sheet(place[0])
    if sheet is None:
        return ""
    _, row, column = place
    ways = (
        [(row - step, column) for step in range(1, FARTHEST)],
        [(row, column - step) for step in range(1, FARTHEST)],
    )
    for way in ways:
        for at in way:
            cell = sheet.cells.get(at)
            if cell is not None and isinstance(cell.value, str) and cell.formula is None and cell.value.strip():
                return cell.value.strip()
    return ""


def all_called(workbook: Workbook, places: Iterable[Place], *, weights: bool) -> bool:
    """Whether the headings of all these cells call them weights (or inputs)."""
    pattern = _WEIGHT if weights else _INPUT
    return all(pattern.fullmatch(heading(workbook, place)) for place in places)
