"""Puts numbers over cells, and evaluates formulas in isolation: each alone, with given numbers in all other cells.

A shadow sheet holds the isolated formulas at the same addresses (ROW and COLUMN stay true), every reference pointing
back at the original sheet; there their cells hold the numbers of a trial. What is not isolated stays live. One
evaluation so judges all cells at once, whatever the engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from sheetnet.errors import EngineError
from sheetnet.syntax import cell_name, functions, qualify, quote_sheet
from sheetnet.workbook import Cell, Name, Place, Position, Sheet, Value, Workbook, array_cells

Trial = Sequence[float] | None  # the numbers of some cells; None leaves the workbook as it stands
Evaluate = Callable[[Workbook, Sequence[Place], Sequence[Trial], Sequence[Place]], list[list[Value]]]

# Functions that take addresses as text, which a shadow sheet cannot redirect.
BY_ADDRESS = {"INDIRECT"}


@dataclass(frozen=True)
class Isolated:
    """A workbook in which some cells are numbers to be driven, and their formulas stand on shadow sheets.

    `sheets` gives the shadow of each sheet. The numbers of the isolated cells are part of every trial.
    """

    workbook: Workbook
    sheets: dict[str, str]

    @classmethod
    def of(cls, workbook: Workbook, cells: Iterable[Place]) -> Isolated:
        """The workbook with these cells isolated."""
        positions: dict[str, set[Position]] = {}
        for sheet, *position in cells:
            positions.setdefault(sheet, set()).add((position[0], position[1]))
        shadows = dict(zip(positions, _free_names(workbook), strict=False))
        originals = [_emptied(sheet, positions.get(sheet.name, set()), shadows) for sheet in workbook.sheets]
        extra = [_shadow(s, positions[s.name], shadows[s.name]) for s in workbook.sheets if s.name in shadows]
        # A name scoped to the original sheet means the same on its shadow.
        scoped = [
            Name(name.name, name.refers_to, shadows[name.sheet]) for name in workbook.names if name.sheet in shadows
        ]
        return cls(Workbook((*originals, *extra), (*workbook.names, *scoped)), shadows)

    def alone(
        self, engine: Evaluate, places: Sequence[Place], trials: Sequence[Trial], cells: Iterable[Place]
    ) -> list[list[Value]]:
        """What the own formulas of isolated cells give, with the numbers of each trial in the cells `places`."""
        return engine(self.workbook, places, trials, [(self.sheets[place[0]], *place[1:]) for place in cells])

    def instead(
        self, engine: Evaluate, places: Sequence[Place], trials: Sequence[Trial], formulas: Sequence[tuple[str, str]]
    ) -> list[list[Value]]:
        """What other formulas would give, (sheet, formula) each, which read as if they stood on that sheet."""
        name = next(_free_names(self.workbook))
        cells = {(row, 1): Cell(0.0, qualify(formula, sheet)) for row, (sheet, formula) in enumerate(formulas, 1)}
        workbook = replace(self.workbook, sheets=(*self.workbook.sheets, Sheet(name, cells)))
        return engine(workbook, places, trials, [(name, row, 1) for row in range(1, len(formulas) + 1)])


def cannot_move(formula: str) -> set[str]:
    """The functions of a formula that keep it from being evaluated on a shadow sheet."""
    if not any(name in formula.upper() for name in BY_ADDRESS):
        return set()
    return BY_ADDRESS & set(functions(formula))


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


def prepared(workbook: Workbook, places: Sequence[Place]) -> Workbook:
    """The workbook without cached values, ready for numbers in `places`: no array formula covers one of them.

    Cached values are claims of whoever made the file. They become 0, so that none of them can pass for a result.
    """
    over: dict[str, set[Position]] = defaultdict(set)
    for name, row, column in places:
        over[_known(workbook, name).name].add((row, column))
    return replace(workbook, sheets=tuple(_freed(sheet, over[sheet.name]) for sheet in workbook.sheets))


def with_numbers(workbook: Workbook, places: Sequence[Place], numbers: Sequence[float]) -> Workbook:
    """The workbook with `numbers` in the cells `places`, in that order."""
    put: dict[str, dict[Position, Cell]] = defaultdict(dict)
    for (name, row, column), number in zip(places, numbers, strict=True):
        put[_known(workbook, name).name][row, column] = Cell(float(number))
    return replace(
        workbook,
        sheets=tuple(
            replace(sheet, cells={**sheet.cells, **put[sheet.name]}) if sheet.name in put else sheet
            for sheet in workbook.sheets
        ),
    )


def _known(workbook: Workbook, name: str) -> Sheet:
    sheet = workbook.sheet(name)
    if sheet is None:
        raise EngineError(f"the workbook has no sheet {name!r} to put numbers in")
    return sheet


def _freed(sheet: Sheet, over: set[Position]) -> Sheet:
    """The sheet with cached values of 0, and each array that covers a position of `over` taken apart."""
    cells = {at: replace(cell, value=0.0) if cell.formula is not None else cell for at, cell in sheet.cells.items()}
    arrays: dict[Position, tuple[int, int]] = {}
    for anchor, size in sheet.arrays.items():
        covered = [(anchor[0] + i, anchor[1] + j) for i in range(size[0]) for j in range(size[1])]
        cells.update({at: replace(cells.get(at, Cell()), value=0.0) for at in covered})
        if over.isdisjoint(covered):
            arrays[anchor] = size
        else:
            pieces = _pieces(cells[anchor].formula or "", anchor, covered, over)
            cells.update(pieces)
            arrays.update(dict.fromkeys(pieces, (1, 1)))
    return replace(sheet, cells=cells, arrays=arrays)


def _pieces(
    formula: str, anchor: Position, covered: Sequence[Position], over: set[Position]
) -> Mapping[Position, Cell]:
    """One array formula a cell for the cells of an array that stay, each picking its own element."""
    return {
        (row, column): Cell(0.0, f"INDEX({formula},{row - anchor[0] + 1},{column - anchor[1] + 1})")
        for row, column in covered
        if (row, column) not in over
    }
