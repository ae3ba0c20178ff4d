"""Evaluates each cell's own formula with given values in all other judged cells: carried error or root error?

A shadow sheet holds the students' formulas at the same addresses (ROW and COLUMN stay true), every reference pointing
back at the original sheet; there the answer cells hold the reference's numbers. Cells that are no answers stay live.
One evaluation so judges all cells at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from sheetnet.syntax import cell_name, functions, qualify, quote_sheet
from sheetnet.workbook import Cell, Name, Place, Position, Sheet, Workbook, array_cells

# Functions that take addresses as text, which a shadow sheet cannot redirect.
BY_ADDRESS = {"INDIRECT"}


@dataclass(frozen=True)
class Local:
    """The workbook with shadow sheets; `shadow` gives the cell in which an answer's own formula is evaluated."""

    workbook: Workbook
    sheets: dict[str, str]

    def shadow(self, place: Place) -> Place:
        """Where the formula of an answer is evaluated on its own."""
        return (self.sheets[place[0]], *place[1:])

    def with_scratch(self, formulas: Sequence[tuple[str, str]]) -> tuple[Sheet, list[Place]]:
        """A sheet of formulas that read as if they stood on the original sheet each names, and where each stands."""
        name = next(_free_names(self.workbook))
        cells = {(row, 1): Cell(0.0, qualify(formula, sheet)) for row, (sheet, formula) in enumerate(formulas, 1)}
        return Sheet(name, cells), [(name, row, 1) for row in range(1, len(formulas) + 1)]


def local_workbook(workbook: Workbook, answers: Iterable[Place]) -> Local:
    """The workbook in which answer cells are numbers to be driven, and their formulas stand on shadow sheets."""
    positions: dict[str, set[Position]] = {}
    for sheet, *position in answers:
        positions.setdefault(sheet, set()).add((position[0], position[1]))
    shadows = _shadow_names(workbook, list(positions))
    originals = [_emptied(sheet, positions.get(sheet.name, set()), shadows) for sheet in workbook.sheets]
    extra = [_shadow(s, positions[s.name], shadows[s.name]) for s in workbook.sheets if s.name in shadows]
    # A name scoped to the original sheet means the same on its shadow.
    scoped = [Name(name.name, name.refers_to, shadows[name.sheet]) for name in workbook.names if name.sheet in shadows]
    return Local(Workbook((*originals, *extra), (*workbook.names, *scoped)), shadows)


def cannot_move(formula: str) -> set[str]:
    """The functions of a formula that keep it from being evaluated on a shadow sheet."""
    if not any(name in formula.upper() for name in BY_ADDRESS):
        return set()
    return BY_ADDRESS & set(functions(formula))


def _shadow_names(workbook: Workbook, sheets: list[str]) -> dict[str, str]:
    return dict(zip(sheets, _free_names(workbook), strict=False))


def _free_names(workbook: Workbook) -> Iterator[str]:
    """Sheet names that the workbook does not use."""
    taken = {sheet.name.casefold() for sheet in workbook.sheets}
    return (name for number in count() if (name := f"own {number}") not in taken)


def _emptied(sheet: Sheet, answers: set[Position], shadows: dict[str, str]) -> Sheet:
    """The original sheet, its answer cells plain numbers. What else an answer's array filled is read off the shadow."""
    if not answers:
        return sheet
    cells = dict(sheet.cells)
    moved = _moved(sheet, answers)
    for position, anchor in array_cells(sheet).items():
        if anchor in moved:
            cells[position] = Cell(0.0, f"{quote_sheet(shadows[sheet.name])}!{cell_name(*position)}")
    for position in answers:
        cells[position] = Cell(0.0)
    return replace(sheet, cells=cells, arrays={a: shape for a, shape in sheet.arrays.items() if a not in moved})


def _moved(sheet: Sheet, answers: set[Position]) -> set[Position]:
    """The anchors of the array formulas that fill answer cells, which move to the shadow sheet as a whole."""
    return {anchor for position, anchor in array_cells(sheet).items() if position in answers}


def _shadow(sheet: Sheet, answers: set[Position], name: str) -> Sheet:
    moved = _moved(sheet, answers)
    cells = {
        position: Cell(0.0, qualify(cell.formula, sheet.name))
        for position in answers | moved
        if (cell := sheet.cells.get(position)) is not None and cell.formula is not None
    }
    return Sheet(name, cells, {anchor: sheet.arrays[anchor] for anchor in moved})
