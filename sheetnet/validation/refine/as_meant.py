"""Finds formulas that were entered as text or with another language's function names, and says what they would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sheetnet.errors import EngineError
from sheetnet.files import limits
from sheetnet.validation.case import Case
from sheetnet.validation.cells import Answer
from sheetnet.validation.judge_cells import ENTER_AGAIN
from sheetnet.validation.refine.name_mistakes import name_mistakes
from sheetnet.validation.refine.other_readings import take_own_convention, take_targets_as_one_hot
from sheetnet.validation.refine.try_repairs import try_repairs
from sheetnet.validation.report import SOUND, CellVerdict
from sheetnet.validation.state import State, Step
from sheetnet.validation.texts import formula_in, has_equals, in_english, is_remark, local_names_in, number_in
from sheetnet.workbook import Cell, Position

READINGS: tuple[Step, ...] = (take_own_convention, take_targets_as_one_hot)
EXPLANATIONS: tuple[Step, ...] = (try_repairs, name_mistakes)


def say_what_was_meant(state: State) -> State:
    """The verdicts, those of formulas that were not entered as such with what they would be."""
    formulas = _formulas_meant(state)
    if not formulas:
        return state
    try:
        other = State.first(replace(state.runner, case=_with_answers(state.case, formulas)))
    except EngineError:  # by texts, which compute nothing
        return state
    for step in READINGS:
        other = step(other)
    unmeant = [n for n in range(len(other.cells)) if n not in formulas]
    other = other.given(_put(other.cells, {n: replace(other.cells[n], verdict="correct") for n in unmeant}))
    for step in EXPLANATIONS:
        other = step(other)
    return state.given(
        _put(state.cells, {n: _as_meant(state.cells[n], other.cells[n], formula) for n, formula in formulas.items()})
    )


def _put(cells: Sequence[CellVerdict], others: Mapping[int, CellVerdict]) -> list[CellVerdict]:
    return [others.get(n, cell) for n, cell in enumerate(cells)]


def _formulas_meant(state: State) -> dict[int, str]:
    """For answers by their numbers: the formula that was meant, where it is blamed for how it was entered.

    As much text as a file may hold of formulas; what is beyond is not read.
    """
    names = {name.name.upper() for name in state.case.workbook.names}
    found: dict[int, str] = {}
    length = 0
    for number, (answer, cell) in enumerate(zip(state.case.answers, state.cells, strict=True)):
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
    return in_english(answer.formula) if local and answer.array is None else None


def _with_answers(case: Case, formulas: Mapping[int, str]) -> Case:
    """The case with other formulas in some answers, and nothing else changed."""
    by_sheet: dict[str, dict[Position, Cell]] = {}
    answers = list(case.answers)
    for number, formula in formulas.items():
        cell, (sheet, *position) = Cell(None, formula), answers[number].place
        by_sheet.setdefault(sheet, {})[position[0], position[1]] = cell
        answers[number] = replace(answers[number], cell=cell, formula=formula)
    sheets = [
        replace(sheet, cells={**sheet.cells, **by_sheet[sheet.name]}) if sheet.name in by_sheet else sheet
        for sheet in case.workbook.sheets
    ]
    return replace(case, workbook=replace(case.workbook, sheets=tuple(sheets)), answers=answers)


def _as_meant(cell: CellVerdict, meant: CellVerdict, formula: str) -> CellVerdict:
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
