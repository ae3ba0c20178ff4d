"""IronCalc as an engine: fed cell by cell from our own reading, never the stranger's file. It judges nothing.

IronCalc's importer can hang or crash on hostile files; its evaluator is fast and knows LET, LAMBDA and arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import ironcalc

from sheetnet.engine import Trial
from sheetnet.engine.ironcalc.model import Formulas, load
from sheetnet.engine.overwrite import prepared
from sheetnet.errors import EngineError
from sheetnet.workbook import CellError, Place, Position, Sheet, Value, Workbook, array_cells

_OTHER = "--engine libreoffice"


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


def unsupported(workbook: Workbook) -> Mapping[Place, str]:
    """The cells whose formulas IronCalc cannot compute as spreadsheet programs do, each with the construct."""
    return Formulas.of(workbook).unsupported


def _on(sheet: Sheet, places: Sequence[Place]) -> Iterator[Position]:
    """The positions of the places that are on this sheet."""
    return ((row, column) for name, row, column in places if name.casefold() == sheet.name.casefold())
