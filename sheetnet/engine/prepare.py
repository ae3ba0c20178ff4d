"""What engines take and give: prepared workbooks, in full and in isolation, and the values of runs.

A name without `$` is relative to cell A1: in G22, `left` = `Step!A1048576` means Step!G21, one row up. Engines differ in
what they make of it (IronCalc takes it for A1048576 everywhere); Excel and LibreOffice move it. `G18#` is the range that
the array formula in G18 fills, also where its cells hold numbers in a trial.

A shadow sheet holds the isolated formulas at the same addresses (ROW and COLUMN stay true), every reference pointing
back at the original sheet; there their cells hold the numbers of a trial. What is not isolated stays live. One
evaluation so judges all cells at once, whatever the engine.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from sheetnet.errors import EngineError
from sheetnet.syntax import (
    Area,
    Token,
    area_name,
    cell_name,
    functions,
    parse_area,
    qualify,
    quote_sheet,
    shift,
    tokenize,
)
from sheetnet.syntax.references import FORMULA_CHARACTERS
from sheetnet.workbook import Cell, Name, Place, Position, Sheet, Value, Workbook, array_cells

_Floats = NDArray[np.float64]
Trial = Sequence[float] | _Floats | None  # the numbers of some cells; None leaves the workbook as it stands


@dataclass(frozen=True, eq=False)
class Run:
    """The values of the cells that were asked for, in their order: 8 bytes per number instead of 32.

    `odd` has, by its place in the order, each value that is no number; `numbers` has NaN there.
    """

    numbers: _Floats
    odd: Mapping[int, Value]

    @classmethod
    def of(cls, values: Iterable[Value]) -> Run:
        """A run of these values."""
        found = list(values)
        odd: dict[int, Value] = {}
        if set(map(type, found)) != {float}:
            odd = {number: value for number, value in enumerate(found) if type(value) is not float}
            for number in odd:
                found[number] = np.nan
        return cls(np.array(found, dtype=np.float64), odd)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, number: int) -> Value:
        return self.odd[number] if number in self.odd else float(self.numbers[number])

    def __iter__(self) -> Iterator[Value]:
        values: list[Value] = self.numbers.tolist()
        for number, value in self.odd.items():
            values[number] = value
        return iter(values)


Evaluate = Callable[[Workbook, Sequence[Place], Sequence[Trial], Sequence[Place]], Iterator[Run]]

# Functions that take addresses as text, which a shadow sheet cannot redirect.
BY_ADDRESS = {"INDIRECT"}

_Key = tuple[str, str]  # the scope ("": the workbook) and the name, in small letters
_ABSOLUTE = re.compile(r"[^$]*!\$[A-Z]{1,3}\$[0-9]+(?::\$[A-Z]{1,3}\$[0-9]+)?")
_TOO_LONG = "#REF!"
_INDIRECT = re.compile(r'(?<![\w.])INDIRECT\( *"(?P<text>[^"]*)" *(?:, *TRUE *)?\)', re.IGNORECASE)


@dataclass(frozen=True)
class Isolated:
    """A workbook in which some cells are numbers to be driven, and their formulas stand on shadow sheets.

    `sheets` gives the shadow of each sheet. The numbers of the isolated cells are part of every trial.
    """

    workbook: Workbook
    sheets: dict[str, str]

    @classmethod
    def of(cls, workbook: Workbook, cells: Iterable[Place], numbers: Iterable[Place] = ()) -> Isolated:
        """The workbook with these cells isolated, and numbers to be driven in more cells."""
        isolated, driven = _by_sheet(cells), _by_sheet(numbers)
        positions = {name: isolated.get(name, set()) | driven.get(name, set()) for name in {**isolated, **driven}}
        shadows = dict(zip(positions, _free_names(workbook), strict=False))
        originals = [_emptied(sheet, positions.get(sheet.name, set()), shadows) for sheet in workbook.sheets]
        extra = [
            _shadow(sheet, isolated.get(sheet.name, set()) | _moved(sheet, positions[sheet.name]), shadows[sheet.name])
            for sheet in workbook.sheets
            if sheet.name in shadows
        ]
        # A name scoped to the original sheet means the same on its shadow.
        scoped = [
            Name(name.name, name.refers_to, shadows[name.sheet]) for name in workbook.names if name.sheet in shadows
        ]
        return cls(Workbook((*originals, *extra), (*workbook.names, *scoped)), shadows)

    def alone(
        self, engine: Evaluate, places: Sequence[Place], trials: Sequence[Trial], cells: Iterable[Place]
    ) -> Iterator[Run]:
        """What the own formulas of isolated cells give, with the numbers of each trial in the cells `places`."""
        return engine(self.workbook, places, trials, [(self.sheets[place[0]], *place[1:]) for place in cells])

    def instead(
        self, engine: Evaluate, places: Sequence[Place], trials: Sequence[Trial], formulas: Sequence[tuple[str, str]]
    ) -> Iterator[Run]:
        """What other formulas would give, (sheet, formula) each, which read as if they stood on that sheet."""
        name = next(_free_names(self.workbook))
        cells = {(row, 1): Cell(0.0, qualify(formula, sheet)) for row, (sheet, formula) in enumerate(formulas, 1)}
        workbook = self._without_shadows()
        workbook = replace(workbook, sheets=(*workbook.sheets, Sheet(name, cells)))
        return engine(workbook, places, trials, [(name, row, 1) for row in range(1, len(formulas) + 1)])

    def _without_shadows(self) -> Workbook:
        """The workbook without the isolated formulas, unless some of its cells show what their arrays fill."""
        shadows = set(self.sheets.values())
        if any(sheet.arrays for sheet in self.workbook.sheets if sheet.name in shadows):
            return self.workbook
        return Workbook(
            tuple(sheet for sheet in self.workbook.sheets if sheet.name not in shadows),
            tuple(name for name in self.workbook.names if name.sheet not in shadows),
        )


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


def _shadow(sheet: Sheet, positions: set[Position], name: str) -> Sheet:
    """The formulas at these positions; those of arrays with what they fill."""
    cells = {
        position: Cell(0.0, qualify(cell.formula, sheet.name))
        for position in positions
        if (cell := sheet.cells.get(position)) is not None and cell.formula is not None
    }
    return Sheet(name, cells, {anchor: sheet.arrays[anchor] for anchor in positions if anchor in sheet.arrays})


def _by_sheet(places: Iterable[Place]) -> dict[str, set[Position]]:
    found: dict[str, set[Position]] = {}
    for sheet, row, column in places:
        found.setdefault(sheet, set()).add((row, column))
    return found


def only_cells(workbook: Workbook, places: Iterable[Place]) -> Workbook:
    """The sheets and names of a workbook without arrays, and of its cells only these."""
    kept = _by_sheet(places)
    return replace(
        workbook,
        sheets=tuple(
            replace(sheet, cells={at: sheet.cells[at] for at in kept.get(sheet.name, ()) if at in sheet.cells})
            for sheet in workbook.sheets
        ),
    )


def prepared(workbook: Workbook, places: Sequence[Place]) -> Workbook:
    """The workbook without cached values, ready for numbers in `places`: no array formula covers one of them.

    Cached values are claims of whoever made the file. They become 0, so that none of them can pass for a result.
    """
    over: dict[str, set[Position]] = defaultdict(set)
    for name, row, column in places:
        over[_known(workbook, name).name].add((row, column))
    return replace(workbook, sheets=tuple(_freed(sheet, over[sheet.name]) for sheet in workbook.sheets))


def with_numbers(workbook: Workbook, places: Sequence[Place], numbers: Iterable[float]) -> Workbook:
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
    """One array formula per cell for those cells of an array that stay, each picking its own element."""
    return {
        (row, column): Cell(0.0, f"INDEX({formula},{row - anchor[0] + 1},{column - anchor[1] + 1})")
        for row, column in covered
        if (row, column) not in over
    }


def in_full(workbook: Workbook, longest: int = FORMULA_CHARACTERS) -> Workbook:
    """The workbook in whose formulas each relative name and each spilled range stands as what it means there.

    It is the workbook itself where nothing changes, as is most often so. A formula that becomes longer than `longest` is
    an error.
    """
    return _without_spills(_without_relative_names(_without_made_up(workbook), longest))


def _respelled(workbook: Workbook, respell: Callable[[str, Sheet, Position], str]) -> Workbook:
    sheets = []
    for sheet in workbook.sheets:
        changed = {
            at: replace(cell, formula=formula)
            for at, cell in sheet.cells.items()
            if cell.formula is not None and (formula := respell(cell.formula, sheet, at)) != cell.formula
        }
        sheets.append(replace(sheet, cells={**sheet.cells, **changed}) if changed else sheet)
    same = all(new is old for new, old in zip(sheets, workbook.sheets, strict=True))
    return workbook if same else replace(workbook, sheets=tuple(sheets))


def _without_made_up(workbook: Workbook) -> Workbook:
    """`INDIRECT("gamma")`, whose text is written out, is the reference itself: so it can be tried alone as others can."""
    if not any(map(_INDIRECT.search, workbook.formulas)):
        return workbook
    names = {name.name.casefold() for name in workbook.names}
    return _respelled(workbook, lambda formula, _, __: _INDIRECT.sub(lambda match: _named_cells(match, names), formula))


def _named_cells(match: re.Match[str], names: Collection[str]) -> str:
    text = match["text"]
    return f"({text})" if parse_area(text) is not None or text.casefold() in names else match[0]


def _without_spills(workbook: Workbook) -> Workbook:
    if not any(sheet.arrays for sheet in workbook.sheets) or not any("#" in formula for formula in workbook.formulas):
        return workbook
    return _respelled(workbook, lambda formula, sheet, _: _spilled(formula, sheet, workbook))


def _spilled(formula: str, sheet: Sheet, workbook: Workbook) -> str:
    """The formula with `G18#` as the cells that the array formula in G18 fills."""
    if "#" not in formula:
        return formula
    texts: list[str] = []
    before: Token | None = None
    for token in tokenize(formula):
        area = parse_area(before.text) if before is not None and before.kind == "reference" else None
        whole = _filled(area, sheet, workbook) if token.text == "#" and area is not None else None
        if whole is not None:
            texts[-1] = area_name(whole, absolute=False)
        else:
            texts.append(token.text)
        before = token
    return "".join(texts)


def _filled(anchor: Area, sheet: Sheet, workbook: Workbook) -> Area | None:
    there = sheet if anchor.sheet is None else workbook.sheet(anchor.sheet)
    size = there.arrays.get((anchor.top, anchor.left)) if there is not None else None
    return size and replace(anchor, bottom=anchor.top + size[0] - 1, right=anchor.left + size[1] - 1)


def _without_relative_names(workbook: Workbook, longest: int) -> Workbook:
    known = {((name.sheet or "").casefold(), name.name.casefold()): name.refers_to for name in workbook.names}
    moving = {key: text for key, text in known.items() if not _ABSOLUTE.fullmatch(text) and shift(text, 1, 1) != text}
    if not moving:
        return workbook

    def respell(formula: str, sheet: Sheet, at: Position) -> str:
        text = _names_in_full(formula, at, sheet.name.casefold(), moving, known)
        return text if len(text) <= longest else _TOO_LONG

    return _respelled(workbook, respell)


def _names_in_full(formula: str, at: Position, sheet: str, moving: Mapping[_Key, str], known: Collection[_Key]) -> str:
    parts = []
    for token in tokenize(formula):
        prefix, _, name = token.text.casefold().rpartition("!")
        scope = prefix.strip("'").replace("''", "'") or sheet
        meant = moving.get((scope if (scope, name) in known else "", name)) if token.kind == "name" else None
        if meant is None:
            parts.append(token.text)
        else:
            text = shift(meant, at[0] - 1, at[1] - 1)
            parts.append(text if parse_area(text) else f"({text})")
    return "".join(parts)


def excerpt(workbook: Workbook, formulas: Collection[Place]) -> Workbook:
    """The workbook with all its constants, but of its formulas only these."""
    sheets = []
    for sheet in workbook.sheets:
        cells = {at: cell for at, cell in sheet.cells.items() if cell.formula is None or (sheet.name, *at) in formulas}
        arrays = {at: size for at, size in sheet.arrays.items() if at in cells}
        sheets.append(replace(sheet, cells=cells, arrays=arrays))
    return replace(workbook, sheets=tuple(sheets))
