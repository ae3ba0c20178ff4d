"""Leaves open what a blank row or column broke that somebody inserted inside a block, and says which line it is.

A product of matrices wants shapes that fit: with one more row inside W, each z that reads W shows an error, though nobody
changed its formula. Hundreds of cells may do so for one line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sheetnet.syntax import areas, column_letters
from sheetnet.validation.locate import Located
from sheetnet.validation.result import CellVerdict
from sheetnet.validation.state import State
from sheetnet.verdict import Verdict
from sheetnet.workbook import CellError

_Line = tuple[int, int]  # axis, 0 for rows and 1 for columns, and the number of the line


def leave_open_what_was_inserted(state: State) -> State:
    """Errors of formulas that read a range with an inserted line inside are not judged, and blame nobody."""
    inserted = _inserted(state.case.located)
    if not inserted:
        return state
    return state.given([_left_open(cell, inserted) for cell in state.cells])


def _inserted(located: Located) -> Mapping[str, set[_Line]]:
    """By sheet: the lines inside blocks that were passed over."""
    found: dict[str, set[_Line]] = defaultdict(set)
    for block, area in located.areas.items():
        rows, columns = located.lines_of(block)
        ends = (area.top, area.bottom, rows), (area.left, area.right, columns)
        for axis, (first, last, kept) in enumerate(ends):
            if last - first + 1 > len(kept):
                found[area.sheet or ""].update((axis, line) for line in range(first, last + 1) if line not in kept)
    return found


def _left_open(cell: CellVerdict, inserted: Mapping[str, set[_Line]]) -> CellVerdict:
    if cell.verdict != Verdict.ERROR or not isinstance(cell.value, CellError) or cell.formula is None:
        return cell
    lines = list(dict.fromkeys(_read(cell, inserted)))
    if not lines:
        return cell
    words = " and ".join(lines)
    message = (
        f"not judged: its range has grown by {words}, inserted and blank. Delete {'it' if len(lines) == 1 else 'them'}"
    )
    return replace(cell, verdict=Verdict.UNDETERMINED, message=message)


def _read(cell: CellVerdict, inserted: Mapping[str, set[_Line]]) -> Iterator[str]:
    """The inserted lines that lie inside ranges of the cell's formula."""
    for area in areas(cell.formula or ""):
        ends = (area.top, area.bottom), (area.left, area.right)
        for axis, line in sorted(inserted.get(area.sheet or cell.sheet or "", ())):
            if ends[axis][0] < line < ends[axis][1]:
                yield f"column {column_letters(line)}" if axis else f"row {line}"
