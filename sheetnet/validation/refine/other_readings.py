"""Judges a sheet once more as it may be meant: by another convention, for targets of 0 and 1, its texts as formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sheetnet.errors import EngineError
from sheetnet.files.limits import Limits
from sheetnet.network import Network
from sheetnet.trials.for_workbook import draw_for
from sheetnet.validation.case import Answer, Case, step_ties
from sheetnet.validation.cell_verdicts import ENTER_AGAIN
from sheetnet.validation.conventions import CONVENTIONS, Convention
from sheetnet.validation.defined_names import is_view_block
from sheetnet.validation.refine.explain import name_mistakes
from sheetnet.validation.refine.repair import try_repairs
from sheetnet.validation.result import RIGHT_AS_TEXT, CellVerdict
from sheetnet.validation.state import Refinement, Runs, State
from sheetnet.validation.texts import formula_in, has_equals, in_english, is_remark, local_names_in, number_in
from sheetnet.verdict import SOUND, Verdict
from sheetnet.workbook import Cell, Position

AFTER_TARGETS = ("cost_out", "cost_n", "cost", "dC_da", "dC_dW", "delta", "W")  # symbols of what the targets reach


def take_own_convention(usual: State) -> State:
    """Judge by another convention where the whole sheet follows it; one in which every number agrees follows ours."""
    if usual.runs.evidence.alone is None:
        return usual
    for convention in CONVENTIONS:
        if convention.applies(usual.case.network) and _may_follow(usual, convention):
            other = State.first(replace(usual.runner, case=replace(usual.case, convention=convention)), usual.effort)
            roots = convention.roots(usual.case.network)
            if not any(any(marks) for blocks in roots for marks in _blamed(other, blocks).values()):
                return other
    return usual


def _may_follow(usual: State, convention: Convention) -> bool:
    """Whether in each group of roots some block is blamed in every cell."""
    groups = convention.roots(usual.case.network)
    return all(any(all(marks) for marks in _blamed(usual, blocks).values()) for blocks in groups)


def _blamed(state: State, blocks: tuple[str, ...]) -> dict[str, list[bool]]:
    """For each of the blocks that the workbook has: which of its cells are blamed."""
    found: dict[str, list[bool]] = {}
    for answer, cell in zip(state.case.answers, state.cells, strict=True):
        if answer.block.name in blocks and not _is_the_same(answer, state.case.network):
            found.setdefault(answer.block.name, []).append(cell.verdict not in SOUND)
    return found


def _is_the_same(answer: Answer, network: Network) -> bool:
    """Whether the cell is the same by every convention: a bias that is not trained, or that has no part of the penalty."""
    kind, layer = answer.block.quantity.kind, answer.block.quantity.layer or 0
    if kind not in ("W_new", "dC_dW") or answer.row < network.sizes[layer - 1]:
        return False
    if network.l2 is not None and not network.l2.biases:
        return True
    return kind == "W_new" and not network.train_bias


def take_targets_as_one_hot(found: State) -> State:
    """Formulas that are right for targets of 0 and 1 are right where the sheet's own targets are such."""
    case, network, evidence = found.case, found.case.network, found.runs.evidence
    if evidence.alone is None or not has_one_hot_targets(network, found.runs) or not _in_need_of_targets(found):
        return found
    trials = draw_for(
        network, case.located.presentation, case.trials.count, case.seed, step_ties(network, case.inputs), True
    )
    other = State.first(replace(found.runner, case=replace(case, trials=trials)), found.effort)
    cells = [_kinder(first, second) for first, second in zip(found.cells, other.cells, strict=True)]
    return replace(found, cells=cells, excused=cells != list(found.cells))


def _in_need_of_targets(found: State) -> bool:
    """Whether a wrong cell depends on the targets: z, a and what else leads up to the outputs do not."""
    return any(
        cell.verdict in (Verdict.WRONG, Verdict.ERROR)
        and (answer.block.quantity.symbol in AFTER_TARGETS or is_view_block(answer.block.name))
        for answer, cell in zip(found.case.answers, found.cells, strict=True)
    )


def _kinder(first: CellVerdict, one_hot: CellVerdict) -> CellVerdict:
    """The verdict of a cell after both sets of trials."""
    if first.verdict in (Verdict.WRONG, Verdict.ERROR, Verdict.CARRIED) and one_hot.verdict == Verdict.CORRECT:
        return replace(one_hot, message="right for targets of 0 and 1, as this sheet has them")
    return one_hot if first.verdict in (Verdict.WRONG, Verdict.ERROR) and one_hot.verdict == Verdict.CARRIED else first


def has_one_hot_targets(network: Network, runs: Runs) -> bool:
    """Whether the sheet's own targets are 0s and 1s, under a loss to which these are special."""
    if not network.loss_facts.one_hot or not runs.evidence.own:
        return False
    own = runs.drawn["target"][0]
    return bool(((own == 0) | (own == 1)).all())


# ---- texts, and names of functions in other languages

READINGS: tuple[Refinement, ...] = (take_own_convention, take_targets_as_one_hot)
EXPLANATIONS: tuple[Refinement, ...] = (try_repairs, name_mistakes)


def say_what_was_meant(state: State) -> State:
    """The verdicts, those of formulas that were not entered as such with what they would be."""
    formulas = _formulas_meant(state)
    if not formulas:
        return state
    try:
        other = State.first(replace(state.runner, case=_with_answers(state.case, formulas)), state.effort)
    except EngineError:  # by texts, which compute nothing
        return state
    for step in READINGS:
        other = step(other)
    unmeant = [n for n in range(len(other.cells)) if n not in formulas]
    other = other.given(_put(other.cells, {n: replace(other.cells[n], verdict=Verdict.CORRECT) for n in unmeant}))
    for step in EXPLANATIONS:
        other = step(other)
    meant = {n: _as_meant(state.cells[n], other.cells[n], formula) for n, formula in formulas.items()}
    return state.given(_put(state.cells, meant), other.skipped.intersection(formulas))


def _put(cells: Sequence[CellVerdict], others: Mapping[int, CellVerdict]) -> list[CellVerdict]:
    return [others.get(n, cell) for n, cell in enumerate(cells)]


def _formulas_meant(state: State) -> dict[int, str]:
    """For answers by their numbers: the formula that was meant, where it is blamed for how it was entered.

    As much text as a file may usually hold of formulas; what is beyond is not read.
    """
    names = {name.name.upper() for name in state.case.workbook.names}
    found: dict[int, str] = {}
    length = 0
    for number, (answer, cell) in enumerate(zip(state.case.answers, state.cells, strict=True)):
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
        return replace(cell, message=f"{RIGHT_AS_TEXT}: {how}")
    return replace(cell, message=f"entered as text, and {meant.message}", mistakes=meant.mistakes, cause=meant.cause)
