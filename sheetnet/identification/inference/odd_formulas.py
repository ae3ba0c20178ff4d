"""Writes formulas that are built otherwise than most cells of their row or column as these are built.

A fault in one cell of a forward pass hides the network from whoever reads that cell; the cells below it show what was
meant. A network that is read so is never sure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from sheetnet.syntax import shift
from sheetnet.workbook import Place, Position, Sheet, Workbook

_FEWEST = 3  # cells that are built alike
_MOST_ODD = 40  # odd cells of a workbook; one with more has no pattern


def as_most_are_built(workbook: Workbook) -> tuple[Workbook, tuple[Place, ...]]:
    """The workbook with its odd formulas as most beside them, and their places; as it is where there are none, or many."""
    sheets, odd = list[Sheet](), list[Place]()
    for sheet in workbook.sheets:
        changed = _as_in_lines(sheet, 1)
        changed = {**_as_in_lines(sheet, 0), **changed}
        odd += [(sheet.name, *at) for at in sorted(changed)]
        cells = {at: replace(sheet.cells[at], formula=formula) for at, formula in changed.items()}
        sheets.append(replace(sheet, cells={**sheet.cells, **cells}))
    return (replace(workbook, sheets=tuple(sheets)), tuple(odd)) if 0 < len(odd) <= _MOST_ODD else (workbook, ())


def _as_in_lines(sheet: Sheet, across: int) -> dict[Position, str]:
    """The odd formulas of rows (0) or columns (1), and what would stand there."""
    found: dict[Position, str] = {}
    for line in _lines(sheet, across):
        patterns = {at: shift(sheet.cells[at].formula or "", 1 - at[0], 1 - at[1]) for at in line}
        usual, count = Counter(patterns.values()).most_common(1)[0]
        if count >= _FEWEST and 2 * count > len(line):
            found |= {at: shift(usual, at[0] - 1, at[1] - 1) for at in line if patterns[at] != usual}
    return found


def _lines(sheet: Sheet, across: int) -> Iterator[Sequence[Position]]:
    """The formula cells side by side in each row or column."""
    places = [at for at, cell in sheet.cells.items() if cell.formula is not None and at not in sheet.arrays]
    places.sort(key=lambda at: (at[across], at[1 - across]))
    numbered = enumerate(places)
    for _, group in groupby(numbered, key=lambda each: (each[1][across], each[1][1 - across] - each[0])):
        line = [at for _, at in group]
        if len(line) > _FEWEST:
            yield line
