"""Refines `wrong` to `rounded`, `hardcoded` or "wrong helper" by testing repaired formulas, and reads texts as formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sheetnet.files.limits import Limits
from sheetnet.naming import cell_place, element_name
from sheetnet.syntax import cell_name, quote_sheet
from sheetnet.validation.cells import Answer, quantity_of
from sheetnet.validation.judge_cells import ENTER_AGAIN, STILL
from sheetnet.validation.refine.repairs import KnownCell, KnownNumbers, Repair, helper_repairs, repairs
from sheetnet.validation.refine.slips import DOLLAR, constant_repairs, empty_cells, filled_from, slips
from sheetnet.validation.report import CellVerdict
from sheetnet.validation.run import Bench, Runs, run_instead
from sheetnet.validation.texts import formula_in, has_equals, in_english, is_remark, local_names_in, number_in
from sheetnet.verdict import SOUND, Verdict
from sheetnet.workbook import Cell, Place, Position


def formulas_meant(bench: Bench, cells: Sequence[CellVerdict]) -> dict[int, str]:
    """For answers by their numbers: the formula that was meant, where it is blamed for how it was entered.

    As much text as a file may usually hold of formulas; what is beyond is not read.
    """
    names = {name.name.upper() for name in bench.workbook.names}
    found: dict[int, str] = {}
    length = 0
    for number, (answer, cell) in enumerate(zip(bench.answers, cells, strict=True)):
        formula = None if cell.verdict in SOUND else _meant(answer, names)
        length += len(formula or "")
        if formula is not None and length <= Limits.formula_text:
            found[number] = formula
    return found


def _meant(answer: Answer, names: set[str]) -> str | None:
    text = answer.cell.value
    if answer.formula is None:
        is_formula = isinstance(text, str) and not is_remark(text) and number_in(text) is None
        return formula_in(text) if is_formula and isinstance(text, str) else None
    local = [name for name in local_names_in(answer.formula) if name.name not in names]
    return in_english(answer.formula) if local and answer.array is None else None


def with_answers(bench: Bench, formulas: Mapping[int, str]) -> Bench:
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


MOST_REPAIRS = 10_000  # repaired formulas of a workbook: evaluating them in all runs takes about a second
MOST_RIGHT = 50  # right formulas of a quantity from which a wrong one may have been filled
MOST_RETRIED = 200  # wrong cells of a workbook that are looked at twice: more have one cause, which these show


def sharpened(bench: Bench, runs: Runs, cells: list[CellVerdict]) -> list[CellVerdict]:
    """The verdicts, made sharper where one repair of the formula is right in every run: `rounded`, `hardcoded`, a helper."""
    alone = runs.evidence.alone
    if alone is None or not runs.evidence.own:
        return cells
    suspected = (Verdict.WRONG, Verdict.HARDCODED)
    wrong = [n for n, cell in enumerate(cells) if cell.verdict in suspected and cell.formula and not alone[:, n].all()]
    if not wrong:
        return cells
    known = known_cells(bench, runs)
    numbers, answers = KnownNumbers(known), {answer.place for answer in bench.answers} | set(bench.drivers)
    right_in = _right_formulas(bench, runs, cells)
    tried: list[tuple[int, Repair]] = []
    for number in wrong[:MOST_RETRIED]:
        if len(tried) > MOST_REPAIRS:
            break
        formula, place = cells[number].formula or "", bench.answers[number].place
        own = re.compile(re.escape(cell_name(*place[1:], absolute=True)) + r"(?![0-9])")
        found = _repairs_of(bench, cells[number], place, numbers, answers, right_in.get(cells[number].quantity, []))
        if cells[number].verdict == Verdict.WRONG:
            found += helper_repairs(bench.workbook, place, formula, answers, known)
        tried += [(number, repair) for repair in found if not own.search(repair.formula)]
    if not tried:
        return cells
    right = run_instead(bench, runs, [(number, repair.formula) for number, repair in tried])
    sharper = list(cells)
    for (number, repair), fits in reversed(list(zip(tried, right, strict=True))):
        if fits:  # reversed, so that the simplest repair has the last word
            sharper[number] = replace(
                cells[number],
                verdict=Verdict.HARDCODED if cells[number].verdict == Verdict.HARDCODED else repair.verdict,
                message=f"{STILL}: {repair.message}" if cells[number].verdict == Verdict.HARDCODED else repair.message,
                cause=repair.cause,
                mistakes=(repair.mistake,) if repair.mistake else (),
            )
    return sharper


def _repairs_of(
    bench: Bench,
    cell: CellVerdict,
    place: Place,
    numbers: KnownNumbers,
    taken: set[Place],
    right: Sequence[tuple[Place, str]],
) -> list[Repair]:
    """What may make a formula right, the simplest first; where no input moves it, only a slip of its entry."""
    formula = cell.formula or ""
    found = [
        repair
        for repair in slips(formula, filled_from(formula, place, right))
        if repair.mistake != DOLLAR or not empty_cells(bench.workbook, place, repair.formula, taken)
    ]
    if cell.verdict == Verdict.HARDCODED:
        return found
    constants = constant_repairs(bench.workbook, place, formula, taken, numbers, bench.network)
    return [*repairs(formula, numbers), *constants, *found]


def with_fillings(bench: Bench, runs: Runs, cells: list[CellVerdict]) -> list[CellVerdict]:
    """The verdicts; of wrong cells that nothing explains, those that were filled from a right one of their block say so."""
    suspected = (Verdict.WRONG, Verdict.HARDCODED)
    unnamed = [n for n, cell in enumerate(cells) if cell.verdict in suspected and cell.formula and not cell.mistakes]
    if not unnamed or runs.evidence.alone is None:
        return cells
    right, found = _right_formulas(bench, runs, cells), list(cells)
    for number in unnamed[:MOST_RETRIED]:
        cell, place = cells[number], bench.answers[number].place
        filled = filled_from(cell.formula or "", place, right.get(cell.quantity, []))
        if filled is not None:
            said = f"{cell.message}; it is the formula of {cell_name(*filled.place[1:])} as filled to here"
            message = f"{said}: a reference had to stay or to move otherwise"
            found[number] = replace(cell, message=message, mistakes=(DOLLAR,))
    return found


def _right_formulas(bench: Bench, runs: Runs, cells: Sequence[CellVerdict]) -> dict[str, list[tuple[Place, str]]]:
    """By quantity: the cells whose own formulas are right, some of them."""
    alone = runs.evidence.alone
    found: dict[str, list[tuple[Place, str]]] = {}
    for number, (answer, cell) in enumerate(zip(bench.answers, cells, strict=True)):
        if cell.formula is not None and alone is not None and alone[:, number].all():
            right = found.setdefault(cell.quantity, [])
            if len(right) < MOST_RIGHT:
                right.append((answer.place, cell.formula))
    return found


def known_cells(bench: Bench, runs: Runs) -> list[KnownCell]:
    """The inputs and answers whose numbers may have been typed into formulas: as the reference has them here."""
    found: list[tuple[Place, str, tuple[int, ...], float]] = []
    for cell in bench.inputs:
        name, row, column = cell.element
        found.append((cell.place, name, (row, column), float(runs.drawn[name][0, row, column])))
    for answer, value in zip(bench.answers, runs.evidence.expected[0].tolist(), strict=True):
        name, index = quantity_of(answer.block, answer.row, answer.column)
        found.append((answer.place, name, index, value))
    return [_known(place, name, index, value) for place, name, index, value in found]


def _known(place: Place, name: str, index: tuple[int, ...], value: float) -> KnownCell:
    sheet, row, column = place
    cell = f"{quote_sheet(sheet)}!{cell_name(row, column, absolute=True)}"
    called = f"{element_name(name, index)} ({cell_place(place)})"
    return KnownCell(cell, value, called)
