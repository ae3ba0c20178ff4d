"""IronCalc as an engine: fed cell by cell from our own reading, never the stranger's file. It judges nothing.

IronCalc's importer can hang or crash on hostile files; its evaluator is fast and knows LET, LAMBDA and arrays.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

import ironcalc

from sheetnet.engine import Trial
from sheetnet.engine.overwrite import prepared
from sheetnet.errors import EngineError
from sheetnet.syntax import functions, names, with_intersection
from sheetnet.workbook import Cell, CellError, Name, Place, Position, Sheet, Value, Workbook, array_cells

_OTHER = "--engine libreoffice"
_FEW_NAMES = 200
_SHEETS = re.compile(r":'?[^\s!:(),+*/^&=<>-]+'?!")  # the end of a range over sheets, as in first:last!A1
_WORD = re.compile(r"[\w.\\?]+")  # whatever a name may be made of, and more


def evaluate(
    workbook: Workbook, places: Sequence[Place], trials: Sequence[Trial], wanted: Sequence[Place]
) -> list[list[Value]]:
    """The values of `wanted` for each trial; raises `EngineError` where IronCalc itself fails."""
    try:
        return _evaluate(workbook, places, trials, wanted)
    except ironcalc.WorkbookError as error:
        raise EngineError(f"IronCalc does not take this workbook ({error}): correct that, or try {_OTHER}") from None
    except BaseException as error:
        # A Rust panic arrives as a BaseException of a class that the package does not export.
        if type(error).__name__ == "PanicException":
            raise EngineError(f"IronCalc gave up on this workbook ({error}): try {_OTHER}") from None
        raise


def _evaluate(
    workbook: Workbook, places: Sequence[Place], trials: Sequence[Trial], wanted: Sequence[Place]
) -> list[list[Value]]:
    as_it_stands = workbook
    if any(
        position in array_cells(sheet) for sheet in workbook.sheets if sheet.arrays for position in _on(sheet, places)
    ):
        workbook = prepared(workbook, places)
    index = {sheet.name.casefold(): number for number, sheet in enumerate(workbook.sheets)}
    driven = [(index[sheet.casefold()], row, column) for sheet, row, column in places]
    asked = [(index[sheet.casefold()], row, column) for sheet, row, column in wanted]
    used = {sheet.casefold() for sheet, *_ in (*places, *wanted)}
    model, loaded, pristine, results = None, None, True, []
    for trial in trials:
        needed = as_it_stands if trial is None else workbook
        if model is None or loaded is not needed or (trial is None and not pristine):
            model, loaded, pristine = load(needed, used), needed, True
        if trial is not None:
            pristine = False
            for (sheet, row, column), number in zip(driven, trial, strict=True):
                model.update_cell_with_number(sheet, row, column, number)
        model.evaluate()
        read = model.get_cell_value
        values: list[Value] = [read(*cell) for cell in asked]
        for number, value in enumerate(values):
            if type(value) is str and model.get_cell_type(*asked[number]) == ironcalc.CellType.ErrorValue:
                values[number] = CellError(value)
        results.append(values)
    return results


def _on(sheet: Sheet, places: Sequence[Place]) -> Iterator[Position]:
    """The positions of the places that are on this sheet."""
    return ((row, column) for name, row, column in places if name.casefold() == sheet.name.casefold())


def load(workbook: Workbook, used: Collection[str]) -> ironcalc.Model:
    """An IronCalc model with the workbook's sheets, names and cells. Names come first: formulas are parsed on entry.

    A sheet of constants alone, such as Read me, stays empty unless it is `used` (in small letters) or a formula names it.
    """
    formulas = [cell.formula for sheet in workbook.sheets for cell in sheet.cells.values() if cell.formula is not None]
    text = "\n".join([*formulas, *(name.refers_to for name in workbook.names)]).casefold()
    model = ironcalc.create("workbook", "en", "UTC", "en")
    for number, sheet in enumerate(workbook.sheets):
        if number:
            model.add_sheet(sheet.name)
        else:
            model.rename_sheet(0, sheet.name)
    scopes = {sheet.name.casefold(): number for number, sheet in enumerate(workbook.sheets)}
    for name in _needed_names(workbook, formulas, text):
        scope = None if name.sheet is None else scopes.get(name.sheet.casefold())
        try:
            model.new_defined_name(name.name, scope, name.refers_to)
        except ironcalc.WorkbookError:
            continue  # a formula that uses this name shows #NAME?, which is judged at that formula
    everywhere = "indirect" in text or _SHEETS.search(text) is not None
    for number, sheet in enumerate(workbook.sheets):
        if everywhere or _reached(sheet, used, text):
            _fill(model, number, sheet)
    return model


def _reached(sheet: Sheet, used: Collection[str], text: str) -> bool:
    name = sheet.name.casefold()
    computes = any(cell.formula is not None for cell in sheet.cells.values())
    return computes or name in used or "'" in name or name in text


def _needed_names(workbook: Workbook, formulas: list[str], text: str) -> Sequence[Name]:
    """The names that formulas use, at once or by way of others; where they are few, those that occur in any formula.

    IronCalc's time for names grows with the cube of their number: 5,000 take 17 seconds.
    """
    if len(workbook.names) <= _FEW_NAMES:
        made_up = "indirect" in text  # its text may be put together from pieces
        return workbook.names if made_up else [name for name in workbook.names if name.name.casefold() in text]
    by_name: dict[str, list[Name]] = defaultdict(list)
    for name in workbook.names:
        by_name[name.name.casefold()].append(name)
    queue = list(formulas)
    if all(map(_WORD.fullmatch, by_name)):  # most formulas have none of these words, and need not be taken apart
        queue = [formula for formula in formulas if not by_name.keys().isdisjoint(_WORD.findall(formula.casefold()))]
    needed: dict[Name, None] = {}
    while queue:
        formula = queue.pop()
        for used in (*names(formula), *functions(formula)):  # a name of a LAMBDA is called as a function
            for name in by_name.pop(used.rpartition("!")[2].casefold(), ()):
                needed[name] = None
                queue.append(name.refers_to)
    return list(needed)


def _fill(model: ironcalc.Model, number: int, sheet: Sheet) -> None:
    filled = array_cells(sheet)
    for (row, column), cell in sheet.cells.items():
        if filled.get((row, column), (row, column)) != (row, column):
            continue  # the array's anchor fills it
        if (row, column) in sheet.arrays:
            rows, columns = sheet.arrays[row, column]
            model.set_user_array_formula(number, row, column, columns, rows, f"={cell.formula}")
        elif cell.formula is not None:
            model.update_cell_with_formula(number, row, column, f"={with_intersection(cell.formula)}")
        else:
            _constant(model, number, row, column, cell)


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
