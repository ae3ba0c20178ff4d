"""Blames cells that use chance or the time by way of helper cells: what changes at every look is not right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sheetnet.engine.isolate import with_numbers
from sheetnet.place_names import cell_place
from sheetnet.syntax.dependencies import through_helpers
from sheetnet.syntax.function_facts import volatile_function
from sheetnet.trials.tolerance import same
from sheetnet.validation.case import Case
from sheetnet.validation.cells import Answer
from sheetnet.validation.result import CellVerdict
from sheetnet.validation.state import State
from sheetnet.verdict import SOUND, Verdict
from sheetnet.workbook import Place

_OTHERS = (0.0, 1e6)  # numbers that a helper's chance, or its time, might as well have given


def blame_volatile_helpers(state: State) -> State:
    """Cells that use chance by way of helper cells are wrong; with chance in their own formulas they already are."""
    case, volatile = state.case, _volatile_helpers(state.case)
    if not volatile:
        return state
    told: list[CellVerdict] = []
    moved: list[bool] | None = None
    for number, (answer, cell) in enumerate(zip(case.answers, state.cells, strict=True)):
        used = list(through_helpers(case.dependencies, answer.place, case.known))
        helpers = [answer.place, *(place for place in used if place not in case.known)]
        if any(map(case.dependencies.makes_up, helpers)):
            moved = moved or _moved(state, volatile)
            used += volatile if moved[number] else ()
        told.append(_by_chance(cell, answer, volatile, used))
    return state.given(told)


def _volatile_helpers(case: Case) -> dict[Place, str]:
    """The helper cells that call a volatile function, each with its name."""
    return {
        (sheet.name, *position): found
        for sheet in case.workbook.sheets
        for position, cell in sheet.cells.items()
        if cell.formula is not None and (sheet.name, *position) not in case.known
        if (found := volatile_function(cell.formula))
    }


def _moved(state: State, volatile: Mapping[Place, str]) -> list[bool]:
    """Which answers change where chance, or the time, is another: what no reading of a formula tells."""
    runner, case, places = state.runner, state.case, list(volatile)
    sheets = [with_numbers(case.workbook, places, [number] * len(places)) for number in _OTHERS]
    runs = [runner.engine(workbook, [], [None], case.places)[0] for workbook in sheets]
    return [
        any(not same(value, other) for other in others)
        for value, *others in zip(state.runs.values[0], *runs, strict=True)
    ]


def _by_chance(cell: CellVerdict, answer: Answer, volatile: dict[Place, str], used: Iterable[Place]) -> CellVerdict:
    if answer.formula is None or cell.verdict not in (*SOUND, Verdict.WRONG):
        return cell
    helper = next((place for place in used if place in volatile), None)
    if helper is None:
        return cell
    where = cell_place(helper)
    message = f"uses {where}, where {volatile[helper]} gives another value at every look: not deterministic"
    return replace(cell, verdict=Verdict.WRONG, message=message, mistakes=())
