"""Evaluates workbooks with IronCalc, fed cell by cell from our own readers.

IronCalc's importer can hang or crash on hostile files; its evaluator is fast and knows LET, LAMBDA and arrays.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import ironcalc
import numpy as np

from sheetnet.engine.ironcalc.rewrites import UnsupportedError
from sheetnet.engine.ironcalc.spelling import Speller, unusual
from sheetnet.engine.prepare import Run, Trial, prepared
from sheetnet.errors import EngineError
from sheetnet.syntax.grammar import FormulaError
from sheetnet.workbook import Cell, CellError, Name, Place, Position, Sheet, Workbook, array_cells

NOT_COMPUTED = "#N/IMPL!"  # IronCalc's own error for what it lacks
_NO_FORMULA = "#NAME?"  # what stands for a formula that is none
_FEW_NAMES = 200  # IronCalc's time for names grows with the cube of their number: 5,000 take 17 seconds
_SHEETS = re.compile(r":'?[^\s!:(),+*/^&=<>-]+'?!")  # the end of a range over sheets, as in first:last!A1


class IronCalcFormulas:
    """The formulas of a workbook as IronCalc gets them: what is no formula, or cannot be computed, is an error."""

    def __init__(self, workbook: Workbook) -> None:
        self._speller = Speller(workbook)
        self._spelled: dict[Place, str] = {}
        self.unsupported: dict[Place, str] = {}
        odd = unusual(workbook)
        for sheet in workbook.sheets:
            for position, cell in sheet.cells.items() if odd or sheet.arrays else ():
                array = position in sheet.arrays
                if cell.formula is not None and (array or cell.formula in odd):
                    place = (sheet.name, *position)
                    self._spelled[place] = self._spell(place, cell.formula, array)

    @classmethod
    def of(cls, workbook: Workbook) -> IronCalcFormulas:
        """Those of a workbook, made once: it is asked what cannot be computed, and loaded."""
        if "ironcalc" not in workbook.memory:
            workbook.memory["ironcalc"] = cls(workbook)
        found: IronCalcFormulas = workbook.memory["ironcalc"]
        return found

    def _spell(self, place: Place, formula: str, array: bool) -> str:
        try:
            return self._speller.spell(formula, place[0], place[1:], array)
        except FormulaError:
            return _NO_FORMULA
        except UnsupportedError as reason:
            self.unsupported[place] = str(reason)
            return NOT_COMPUTED

    def of_cell(self, place: Place, formula: str) -> str:
        """The formula of the cell at a place."""
        return self._spelled.get(place, formula)

    def names(self, workbook: Workbook, text: str) -> Iterator[tuple[Name, str]]:
        """The names that IronCalc must know, each with what it refers to: all others are put into the formulas.

        Those that refer to themselves, and those that INDIRECT may make up from pieces of text.
        """
        made_up = "indirect" in text
        for name in workbook.names:
            word = name.name.casefold()
            if word in self._speller.kept or (made_up and (len(workbook.names) <= _FEW_NAMES or word in text)):
                try:
                    yield name, self._speller.spell(name.refers_to, name.sheet or "", None, array=True)
                except (FormulaError, UnsupportedError):
                    yield name, name.refers_to


def load(workbook: Workbook, used: Collection[str]) -> ironcalc.Model:
    """An IronCalc model with the workbook's sheets, names and cells. Names come first: formulas are parsed on entry.

    A sheet of constants alone, such as Read me, stays empty unless it is `used` (in small letters) or a formula names it.
    """
    formulas = IronCalcFormulas.of(workbook)
    text = "\n".join([*workbook.formulas, *(name.refers_to for name in workbook.names)]).casefold()
    model = ironcalc.create("workbook", "en", "UTC", "en")
    for number, sheet in enumerate(workbook.sheets):
        if number:
            model.add_sheet(sheet.name)
        else:
            model.rename_sheet(0, sheet.name)
    _define(model, formulas.names(workbook, text), {s.name.casefold(): n for n, s in enumerate(workbook.sheets)})
    everywhere = "indirect" in text or _SHEETS.search(text) is not None
    for number, sheet in enumerate(workbook.sheets):
        if everywhere or _reached(sheet, used, text):
            _fill(model, number, sheet, formulas)
    return model


def _define(model: ironcalc.Model, names: Iterator[tuple[Name, str]], scopes: Mapping[str, int]) -> None:
    for name, refers_to in names:
        scope = None if name.sheet is None else scopes.get(name.sheet.casefold())
        try:
            model.new_defined_name(name.name, scope, refers_to)
        except ironcalc.WorkbookError:
            continue  # a formula that uses this name shows #NAME?, which is judged at that formula


def _reached(sheet: Sheet, used: Collection[str], text: str) -> bool:
    name = sheet.name.casefold()
    computes = any(cell.formula is not None for cell in sheet.cells.values())
    return computes or name in used or "'" in name or name in text


def _fill(model: ironcalc.Model, number: int, sheet: Sheet, formulas: IronCalcFormulas) -> None:
    filled = array_cells(sheet)
    for at, cell in sheet.cells.items():
        if filled.get(at, at) == at:  # the array's anchor fills the others
            _enter(model, number, sheet, at, cell, formulas)


def _enter(
    model: ironcalc.Model, number: int, sheet: Sheet, at: Position, cell: Cell, formulas: IronCalcFormulas
) -> None:
    row, column = at
    if cell.formula is None:
        _constant(model, number, row, column, cell)
        return
    formula = f"={formulas.of_cell((sheet.name, row, column), cell.formula)}"
    if at in sheet.arrays:
        rows, columns = sheet.arrays[at]
        model.set_user_array_formula(number, row, column, columns, rows, formula)
    else:
        model.update_cell_with_formula(number, row, column, formula)


def _constant(model: ironcalc.Model, sheet: int, row: int, column: int, cell: Cell) -> None:
    value = cell.value
    if isinstance(value, bool):
        model.update_cell_with_bool(sheet, row, column, value)
    elif isinstance(value, float):
        model.update_cell_with_number(sheet, row, column, value)
    elif isinstance(value, str):
        model.update_cell_with_text(sheet, row, column, value)
    elif isinstance(value, CellError):
        model.update_cell_with_formula(sheet, row, column, f"={value.code}")


_OTHER = "--engine libreoffice"


def evaluate(
    workbook: Workbook, places: Sequence[Place], trials: Sequence[Trial], wanted: Sequence[Place]
) -> Iterator[Run]:
    """The values of `wanted` for each trial; raises `EngineError` where IronCalc itself fails."""
    try:
        yield from _evaluate(workbook, places, trials, wanted)
    except ironcalc.WorkbookError as error:
        workbook.memory.pop("loaded", None)
        raise EngineError(
            f"IronCalc does not take this workbook ({error})", remedy=f"correct that, or try {_OTHER}"
        ) from None
    except BaseException as error:
        # A Rust panic arrives as a BaseException of a class that the package does not export.
        if type(error).__name__ == "PanicException":
            workbook.memory.pop("loaded", None)
            raise EngineError(f"IronCalc gave up on this workbook ({error})", remedy=f"try {_OTHER}") from None
        raise


def _evaluate(
    workbook: Workbook, places: Sequence[Place], trials: Sequence[Trial], wanted: Sequence[Place]
) -> Iterator[Run]:
    over_arrays = any(
        position in array_cells(sheet) for sheet in workbook.sheets if sheet.arrays for position in _on(sheet, places)
    )
    driven_workbook = prepared(workbook, places) if over_arrays else workbook
    driven, asked = _columns(workbook, places), _columns(workbook, wanted)
    used = frozenset(sheet.casefold() for sheet in {place[0] for place in chain(places, wanted)})
    for trial in trials:
        loaded = Loaded.of(workbook if trial is None else driven_workbook, used)
        loaded.put(driven if trial is not None else _NOTHING, () if trial is None else np.asarray(trial).tolist())
        loaded.model.evaluate()
        yield _run(loaded.model, asked)


_Columns = tuple[list[int], list[int], list[int]]  # of many cells: their sheets by number, their rows, their columns


_NOTHING: _Columns = ([], [], [])


class Loaded:
    """A model of a workbook, kept for the next runs of it, and the cells in which it has numbers of a trial."""

    def __init__(self, workbook: Workbook, used: frozenset[str]) -> None:
        self._workbook, self._used = workbook, used
        self._driven: _Columns = _NOTHING
        self.model = load(workbook, used)

    @classmethod
    def of(cls, workbook: Workbook, used: frozenset[str]) -> Loaded:
        """The one that is kept for a workbook, or a new one where more sheets are used."""
        kept: Loaded | None = workbook.memory.get("loaded")
        if kept is None or not kept._used >= used:
            kept = workbook.memory["loaded"] = cls(workbook, used)
        return kept

    def put(self, driven: _Columns, numbers: Sequence[float]) -> None:
        """Numbers in these cells; all others are as the workbook has them."""
        if driven is not self._driven:
            now = set(zip(*driven, strict=True))
            for number, row, column in set(zip(*self._driven, strict=True)) - now:
                self._restore(number, row, column)
            self._driven = driven
        deque(map(self.model.update_cell_with_number, *driven, numbers), maxlen=0)

    def _restore(self, number: int, row: int, column: int) -> None:
        sheet = self._workbook.sheets[number]
        cell = sheet.cells.get((row, column), Cell())
        if cell == Cell():
            self.model.clear_cell_contents(number, row, column)
        else:
            _enter(self.model, number, sheet, (row, column), cell, IronCalcFormulas.of(self._workbook))


def _columns(workbook: Workbook, places: Sequence[Place]) -> _Columns:
    index = {sheet.name: number for number, sheet in enumerate(workbook.sheets)}
    index |= {name.casefold(): number for name, number in index.items()}
    sheets = [index[name] if name in index else index[name.casefold()] for name, _, _ in places]
    return sheets, [row for _, row, _ in places], [column for _, _, column in places]


def _run(model: ironcalc.Model, asked: _Columns) -> Run:
    """The values of these cells. What is read as text may be an error."""
    run = Run.of(map(model.get_cell_value, *asked))
    sheets, rows, columns = asked
    errors = {
        number: CellError(value)
        for number, value in run.odd.items()
        if isinstance(value, str)
        and model.get_cell_type(sheets[number], rows[number], columns[number]) == ironcalc.CellType.ErrorValue
    }
    return replace(run, odd={**run.odd, **errors}) if errors else run


def unsupported(workbook: Workbook) -> Mapping[Place, str]:
    """The cells whose formulas IronCalc cannot compute as spreadsheet programs do, each with the construct."""
    return IronCalcFormulas.of(workbook).unsupported


def _on(sheet: Sheet, places: Sequence[Place]) -> Iterator[Position]:
    """The positions of the places that are on this sheet."""
    return ((row, column) for name, row, column in places if name.casefold() == sheet.name.casefold())
