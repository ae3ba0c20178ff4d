"""Judges a sheet once more by another convention, or for targets of 0 and 1, where the whole of it follows these."""

from __future__ import annotations

from dataclasses import replace

from sheetnet.network import Network
from sheetnet.trials.near_rows import draw_for
from sheetnet.validation.cells import Answer, ties_of
from sheetnet.validation.conventions import CONVENTIONS, Convention
from sheetnet.validation.names import is_view_block
from sheetnet.validation.report import SOUND, CellVerdict
from sheetnet.validation.run import Runs
from sheetnet.validation.state import State

AFTER_TARGETS = ("cost", "dC_", "delta_", "W_")  # the blocks whose values the targets reach


def take_own_convention(usual: State) -> State:
    """Judge by another convention where the whole sheet follows it; one in which every number agrees follows ours."""
    if usual.runs.evidence.alone is None:
        return usual
    for convention in CONVENTIONS:
        if convention.applies(usual.case.network) and _may_follow(usual, convention):
            other = State.first(replace(usual.runner, case=replace(usual.case, convention=convention)))
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
        if answer.block.name in blocks and not _is_frozen(answer, state.case.network):
            found.setdefault(answer.block.name, []).append(cell.verdict not in SOUND)
    return found


def _is_frozen(answer: Answer, network: Network) -> bool:
    """Whether the cell keeps the bias of a network that does not train it: it is the same by every convention."""
    name = answer.block.name
    is_bias = name.startswith("W_") and name.endswith("_new") and answer.row == answer.block.rows - 1
    return is_bias and not network.train_bias


def take_targets_as_one_hot(found: State) -> State:
    """Formulas that are right for targets of 0 and 1 are right where the sheet's own targets are such."""
    case, network, evidence = found.case, found.case.network, found.runs.evidence
    if evidence.alone is None or not has_one_hot_targets(network, found.runs) or not _in_need_of_targets(found):
        return found
    trials = draw_for(network, case.located.presentation, case.trials.count, case.seed, ties_of(case.inputs), True)
    other = State.first(replace(found.runner, case=replace(case, trials=trials)))
    cells = [_kinder(first, second) for first, second in zip(found.cells, other.cells, strict=True)]
    return replace(found, cells=cells, excused=cells != list(found.cells))


def _in_need_of_targets(found: State) -> bool:
    """Whether a wrong cell depends on the targets: z, a and what else leads up to the outputs do not."""
    return any(
        cell.verdict in ("wrong", "error")
        and (answer.block.name.startswith(AFTER_TARGETS) or is_view_block(answer.block.name))
        for answer, cell in zip(found.case.answers, found.cells, strict=True)
    )


def _kinder(first: CellVerdict, one_hot: CellVerdict) -> CellVerdict:
    """The verdict of a cell after both sets of trials."""
    if first.verdict in ("wrong", "error", "carried") and one_hot.verdict == "correct":
        return replace(one_hot, message="right for targets of 0 and 1, as this sheet has them")
    return one_hot if first.verdict in ("wrong", "error") and one_hot.verdict == "carried" else first


def has_one_hot_targets(network: Network, runs: Runs) -> bool:
    """Whether the sheet's own targets are 0s and 1s, under a loss with a logarithm."""
    if network.loss not in ("cross_entropy", "binary_cross_entropy") or not runs.evidence.own:
        return False
    own = runs.drawn["target"][0]
    return bool(((own == 0) | (own == 1)).all())
