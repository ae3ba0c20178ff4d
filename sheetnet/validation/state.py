"""What is known of a case while it is judged: what its runs gave, and a verdict for each answer so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sheetnet.validation.case import Case
from sheetnet.validation.cell_verdicts import cell_verdict
from sheetnet.validation.lost_blocks import Lost
from sheetnet.validation.result import CellVerdict
from sheetnet.validation.run import Runner, Runs


@dataclass(frozen=True)
class State:
    """The runner (of the sheet's convention, where it has another), what its runs gave, and a verdict an answer.

    `excused`: some formulas count as right because they are for targets of 0 and 1; others carry what they change.
    """

    runner: Runner
    runs: Runs
    cells: Sequence[CellVerdict]
    lost: Lost
    excused: bool = False

    @classmethod
    def first(cls, runner: Runner) -> State:
        """The verdicts that follow from the runs alone."""
        runs, lost = runner.run(), Lost(runner)
        cells = [cell_verdict(answer, n, runs.evidence) for n, answer in enumerate(runner.case.answers)]
        if runner.case.located.lost:
            cells = [lost.verdict(n, cell) for n, cell in enumerate(cells)]
        return cls(runner, runs, cells, lost)

    @property
    def case(self) -> Case:
        """What is judged."""
        return self.runner.case

    def given(self, cells: Sequence[CellVerdict]) -> State:
        """The same with sharper verdicts."""
        return replace(self, cells=cells)


Refinement = Callable[[State], State]  # each makes the verdicts sharper, or leaves them as they are
