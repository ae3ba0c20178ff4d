"""Finds formulas that were entered as text or with another language's function names, and says what they would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sheetnet.check.answers import Answer
from sheetnet.check.entry import canonical, formula_in, has_equals, is_remark, local_names_in, number_in
from sheetnet.check.judge import ENTER_AGAIN
from sheetnet.check.runs import Bench
from sheetnet.check.verdicts import SOUND, CellVerdict
from sheetnet.files import limits
from sheetnet.workbook import Cell, Position


def formulas_meant(bench: Bench, cells: Sequence[CellVerdict]) -> dict[int, str]:
    """For answers by their numbers: the formula that was meant, where it is blamed for how it was entered.

    As much text as a file may hold of formulas; what is beyond is not read.
    """
    names = {name.name.upper() for name in bench.workbook.names}
    found: dict[int, str] = {}
    length = 0
    for number, (answer, cell) in enumerate(zip(bench.answers, cells, strict=True)):
        formula = None if cell.verdict in SOUND else _meant(answer, names)
        length += len(formula or "")
        if formula is not None and length <= limits.MAX_FORMULA_TEXT:
            found[number] = formula
    return found


def _meant(answer: Answer, names: set[str]) -> str | None:
    text = answer.cell.value
    if answer.formula is None:
        is_formula = isinstance(text, str) and not is_remark(text) and number_in(text) is None
        return formula_in(text) if is_formula and isinstance(text, str) else None
    local = [name for name in local_names_in(answer.formula) if name.name not in names]
    return canonical(answer.formula) if local and answer.array is None else None


def with_formulas(bench: Bench, formulas: Mapping[int, str]) -> Bench:
    """The bench with other formulas in some answers, and nothing else changed."""
    by_sheet: dict[str, dict[Position, Cell]] = {}
    answers = list(bench.answers)
    for number, formula in formulas.items():
        cell, (sheet, *position) = Cell(None, formula), answers[number].place
        by_sheet.setdefault(sheet, {})[position[0], position[1]] = cell
        answers[number] = replace(answers[number], cell=cell, formula=formula)
    sheets = [
        replace(sheet, cells={**sheet.cells, **by_sheet[sheet.name]}) if sheet.name in by_sheet else sheet
        for sheet in bench.workbook.sheets
    ]
    return replace(bench, workbook=replace(bench.workbook, sheets=tuple(sheets)), answers=answers)


def as_meant(cell: CellVerdict, meant: CellVerdict, formula: str) -> CellVerdict:
    """The verdict of a cell, with what its formula would be if it were entered as it was meant."""
    right = meant.verdict in SOUND
    if cell.formula is not None:
        names = "; ".join(f"{name}: write {name.english}" for name in local_names_in(cell.formula))
        message = f"right, but {names}" if right else f"{names}. Besides, {meant.message}"
        return replace(cell, message=message, mistakes=meant.mistakes)
    if right:
        how = ENTER_AGAIN if has_equals(str(cell.value)) else f"enter it with = before it, ={formula}"
        return replace(cell, message=f"right, but entered as text: {how}")
    return replace(cell, message=f"entered as text, and {meant.message}", mistakes=meant.mistakes, cause=meant.cause)
