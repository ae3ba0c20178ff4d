"""Reads what a sheet calls its cells: the text above or beside a number, and the quantities that such a text may mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sheetnet.workbook import Place, Position, Workbook

FARTHEST = 60  # rows or columns to the text that belongs to a cell
# Symbol → what people write for it, in English and German: ∂C/∂W before C, and δ before d.
_MEANINGS: tuple[tuple[str, str], ...] = (
    ("dC_dW", r"(?:∂|\bd|δ)\s*\w{1,6}\s*/\s*(?:∂|d|δ)\s*[wb]|grad|ableitung nach (?:gew|schw|bias)|\bd[wb]_?\d*\b"),
    ("dC_da", r"(?:∂|\bd)\s*(?:c|e|l|j|loss|cost|error)(?:_?\w{1,6})?\s*/\s*(?:∂|d)\s*(?:a|h|o|y|out)(?:_?\w{1,3})?\b"),
    ("da_dz", r"(?:∂|\bd)\s*(?:a|h|o|y|out)(?:_?\w{1,3})?\s*/\s*(?:∂|d)\s*(?:z|net)"),
    ("delta", r"delta|δ|(?:∂|\bd)\s*\w{1,8}\s*/\s*(?:∂|d)\s*(?:z|net)|\bdz_?\d*(?:\b|\[)"),
    ("W", r"\bnew\b|\bneue?s?\b|updated"),
    ("cost", r"\b(?:cost|loss|error|e\d*|c\d*|fehler|kosten|verlust|mse|sse)\b"),
    ("a", r"\b(?:out|output|a\d*|a_\w+|ausgabe|activation|aktivierung|sigmoid|y)\b"),
    ("z", r"\b(?:net|z\d*|sum|summe|netzeingabe)\b"),
)
_NUMBERS = re.compile(r"\d+")


class Headings:
    """The texts of a workbook, by place."""

    def __init__(self, workbook: Workbook) -> None:
        self._sheets = {sheet.name: sheet for sheet in workbook.sheets}

    def of(self, place: Place) -> str:
        """The text that stands above a cell, or else to its left, with nothing but numbers between; "" without one."""
        _, row, column = place
        above = ((row - up, column) for up in range(1, min(row, FARTHEST)))
        left = ((row, column - steps) for steps in range(1, min(column, FARTHEST)))
        return self._first(place[0], above) or self._first(place[0], left)

    def _first(self, sheet: str, way: Iterable[Position]) -> str:
        cells = self._sheets[sheet].cells
        for at in way:
            cell = cells.get(at)
            if cell is None or cell.value == "":
                return ""
            if cell.formula is None and isinstance(cell.value, str):
                return cell.value.strip()
        return ""

    def symbols(self, place: Place) -> frozenset[str]:
        """The symbols of the quantities that a cell's heading may mean: of several the one that says most."""
        return frozenset(_meant(self.of(place)))

    def numbers(self, place: Place) -> tuple[int, ...]:
        """The numbers in a cell's heading."""
        return tuple(int(number) for number in _NUMBERS.findall(self.of(place)))


def _meant(text: str) -> Iterator[str]:
    for symbol, pattern in _MEANINGS:
        if text and re.search(pattern, text, re.IGNORECASE):
            yield symbol
            return
