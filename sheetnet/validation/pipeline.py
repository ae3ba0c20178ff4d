"""Judges a located workbook in steps, each of which makes the verdicts more precise.

first verdicts → another convention of the whole sheet? → right for targets of 0 and 1? → a repair that fits →
a known mistake → texts and local names of functions, as they were meant → whose error the carried ones are
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sheetnet.errors import EngineError
from sheetnet.network import Network
from sheetnet.trials.near_rows import draw_for
from sheetnet.validation.cells import Answer, ties_of
from sheetnet.validation.conventions import CONVENTIONS, Convention
from sheetnet.validation.judge_cells import cell_verdict
from sheetnet.validation.lost import Lost
from sheetnet.validation.names import is_view_block
from sheetnet.validation.refine.name_mistakes import named, with_cancelled
from sheetnet.validation.refine.root_causes import with_causes, with_chance
from sheetnet.validation.refine.second_look import as_meant, formulas_meant, sharpened, with_answers, with_fillings
from sheetnet.validation.report import CellVerdict
from sheetnet.validation.run import Bench, Runs, run_workbook
from sheetnet.verdict import SOUND, Verdict

AFTER_TARGETS = ("cost_out", "cost_n", "cost", "dC_da", "dC_dW", "delta", "W")  # symbols of what the targets reach


@dataclass(frozen=True)
class Assessment:
    """The bench (by the sheet's convention, where it has another), what its runs gave, and a verdict an answer.

    `excused`: some formulas count as right because they are for targets of 0 and 1; others carry what they change.
    """

    bench: Bench
    runs: Runs
    cells: list[CellVerdict]
    lost: Lost
    excused: bool = False

    @classmethod
    def first(cls, bench: Bench) -> Assessment:
        """The verdicts that follow from the runs alone."""
        runs, lost = run_workbook(bench), Lost(bench)
        cells = [cell_verdict(answer, n, runs.evidence) for n, answer in enumerate(bench.answers)]
        if bench.located.lost:
            cells = [lost.verdict(n, cell) for n, cell in enumerate(cells)]
        return cls(bench, runs, cells, lost)

    def _is_frozen(self, answer: Answer) -> bool:
        """Whether the cell keeps the bias of a network that does not train it: it is the same by every convention."""
        is_bias = answer.block.quantity.kind == "W_new" and answer.row == answer.block.rows - 1
        return is_bias and not self.bench.network.train_bias

    def blamed(self, blocks: tuple[str, ...]) -> dict[str, list[bool]]:
        """For each of the blocks that the workbook has: which of its cells are blamed."""
        found: dict[str, list[bool]] = {}
        for answer, cell in zip(self.bench.answers, self.cells, strict=True):
            if answer.block.name in blocks and not self._is_frozen(answer):
                found.setdefault(answer.block.name, []).append(cell.verdict not in SOUND)
        return found


def assess(bench: Bench, seed: int) -> Assessment:
    """Every step, for a workbook whose blocks are found."""
    found = _by_convention(Assessment.first(bench))
    found = _for_one_hot(found, seed)
    cells = sharpened(found.bench, found.runs, found.cells)
    cells = with_fillings(found.bench, found.runs, named(found.bench, found.runs, cells))
    cells = with_cancelled(found.runs, cells)
    cells = _as_meant(replace(found, cells=cells), seed)
    cells = with_chance(found.bench, found.runs.values[0], cells)
    return replace(found, cells=with_causes(found.bench, found.runs, cells, found.excused))


def _by_convention(usual: Assessment) -> Assessment:
    """Judge by another convention where the whole sheet follows it; one in which every number agrees follows ours."""
    if usual.runs.evidence.alone is None:
        return usual
    for convention in CONVENTIONS:
        if convention.applies(usual.bench.network) and _may_follow(usual, convention):
            other = Assessment.first(replace(usual.bench, convention=convention))
            roots = convention.roots(usual.bench.network)
            if not any(any(marks) for blocks in roots for marks in other.blamed(blocks).values()):
                return other
    return usual


def _may_follow(usual: Assessment, convention: Convention) -> bool:
    """Whether in each group of roots some block is blamed in every cell."""
    groups = convention.roots(usual.bench.network)
    return all(any(all(marks) for marks in usual.blamed(blocks).values()) for blocks in groups)


def _for_one_hot(found: Assessment, seed: int) -> Assessment:
    """Formulas that are right for targets of 0 and 1 are right where the sheet's own targets are such."""
    network, evidence = found.bench.network, found.runs.evidence
    if evidence.alone is None or not has_one_hot_targets(network, found.runs) or not _in_need_of_targets(found):
        return found
    trials = draw_for(
        network, found.bench.located.presentation, found.bench.trials.count, seed, ties_of(found.bench.inputs), True
    )
    other = Assessment.first(replace(found.bench, trials=trials))
    cells = [_kinder(first, second) for first, second in zip(found.cells, other.cells, strict=True)]
    return replace(found, cells=cells, excused=cells != found.cells)


def _in_need_of_targets(found: Assessment) -> bool:
    """Whether a wrong cell depends on the targets: z, a and what else leads up to the outputs do not."""
    return any(
        cell.verdict in (Verdict.WRONG, Verdict.ERROR)
        and (answer.block.quantity.symbol in AFTER_TARGETS or is_view_block(answer.block.name))
        for answer, cell in zip(found.bench.answers, found.cells, strict=True)
    )


def _kinder(first: CellVerdict, one_hot: CellVerdict) -> CellVerdict:
    """The verdict of a cell after both sets of trials."""
    if first.verdict in (Verdict.WRONG, Verdict.ERROR, Verdict.CARRIED) and one_hot.verdict == Verdict.CORRECT:
        return replace(one_hot, message="right for targets of 0 and 1, as this sheet has them")
    return one_hot if first.verdict in (Verdict.WRONG, Verdict.ERROR) and one_hot.verdict == Verdict.CARRIED else first


def _as_meant(found: Assessment, seed: int) -> list[CellVerdict]:
    """The verdicts, those of formulas that were not entered as such with what they would be."""
    formulas = formulas_meant(found.bench, found.cells)
    if not formulas:
        return found.cells
    try:
        other = Assessment.first(with_answers(found.bench, formulas))
    except EngineError:  # by texts, which compute nothing
        return found.cells
    other = _for_one_hot(_by_convention(other), seed)
    cells = [cell if n in formulas else replace(cell, verdict=Verdict.CORRECT) for n, cell in enumerate(other.cells)]
    cells = named(other.bench, other.runs, sharpened(other.bench, other.runs, cells))
    return [
        as_meant(cell, meant, formulas[n]) if n in formulas else cell
        for n, (cell, meant) in enumerate(zip(found.cells, cells, strict=True))
    ]


def has_one_hot_targets(network: Network, runs: Runs) -> bool:
    """Whether the sheet's own targets are 0s and 1s, under a loss to which these are special."""
    if not network.loss_facts.one_hot or not runs.evidence.own:
        return False
    own = runs.drawn["target"][0]
    return bool(((own == 0) | (own == 1)).all())
