"""What is known of a case while it is judged: its runs, a verdict for each answer, and what lost blocks leave open.

What depends on a lost input is left undetermined. Of a lost calculation: the trials put right numbers in all cells that
are known, so the others are judged as ever; but a formula that uses unknown or deleted cells instead is not blamed for
what they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sheetnet.effort import Effort
from sheetnet.quantity import Quantity, q
from sheetnet.reference import Array, Equation, evaluate_step
from sheetnet.syntax.dependencies import through_helpers
from sheetnet.trials.tolerance import Truth
from sheetnet.validation.case import Case
from sheetnet.validation.cell_verdicts import cell_verdict
from sheetnet.validation.defined_names import STEP_SIZE_NAME, is_view_block
from sheetnet.validation.result import CellVerdict
from sheetnet.validation.run import Runner, Runs
from sheetnet.verdict import SOUND, Verdict

REF_ERROR = "#REF!"  # what is left of a reference to deleted cells
CHANGES = 3  # sets of other numbers that are tried, all trials each: one may leave some unit as it was
_FROM_Z = ("z", "a", "A", "e", "da_dz", "J")  # what a formula may take from the z of the layer instead


@dataclass(frozen=True)
class Lost:
    """What the lost blocks of a workbook keep from being judged."""

    runner: Runner

    @cached_property
    def inputs(self) -> dict[str, Truth]:
        """Lost input → the answers that depend on it. The step size of the gradient check counts as an input."""
        located = self.runner.case.located
        names = [name for name in located.lost if located.blocks[name].kind == "input" or name == STEP_SIZE_NAME]
        return {name: self._dependent(name) for name in names}

    @cached_property
    def calculated(self) -> dict[str, Truth]:
        """Lost calculated block → the answers that may use it."""
        return {name: self._dependent(name) for name in self.runner.case.located.lost if name not in self.inputs}

    def verdict(self, number: int, cell: CellVerdict) -> CellVerdict:
        """The verdict of answer `number`: `undetermined` where a lost block keeps it from being judged."""
        if cell.verdict == Verdict.BLANK:
            return cell
        if names := [name for name, dependent in self.inputs.items() if dependent[number]]:
            message = f"not judged, for it depends on {', '.join(names)}: {self.runner.case.located.lost[names[0]]}"
            return replace(cell, verdict=Verdict.UNDETERMINED, message=message, expected=None)
        if cell.verdict in SOUND or cell.formula is None:
            return cell
        deleted = REF_ERROR in cell.formula
        for name, users in self._users.items():
            if users[number] and (deleted or (name in self.calculated and self._uses_unknown(number))):
                return replace(cell, verdict=Verdict.UNDETERMINED, message=self._why(name))
        return cell

    def notes(self, cells: Sequence[CellVerdict]) -> Iterator[str]:
        """How many cells each lost block keeps from being judged; of calculated ones, where there are any."""
        undetermined = np.array([cell.verdict == Verdict.UNDETERMINED for cell in cells], dtype=np.bool_)
        if self.runner.case.located.without_step:
            yield f"{undetermined.sum():,} cells that depend on the inputs of the step were not judged"
            return
        for name, reason in self.runner.case.located.lost.items():
            if name in self.inputs:
                count = int((self.inputs[name] & undetermined).sum())
                yield f"{reason}: {count:,} cells that depend on it were not judged"
            elif count := sum(cell.message == self._why(name) for cell in cells):
                yield f"{reason}: {count:,} cells that use it were not judged"

    @cached_property
    def _users(self) -> dict[str, Truth]:
        """Lost block → the answers in whose blocks some cell depends on it: a formula may use more than it needs.

        A_0 holds the bias node, too, which anything may use though its number never changes.
        """
        owners = np.array([answer.block.name for answer in self.runner.case.answers])
        dependent = self.calculated | self.inputs
        users = {name: np.isin(owners, owners[cells]) for name, cells in dependent.items()}
        return {name: np.ones_like(cells) if name == "A_0" else cells for name, cells in users.items()}

    def _uses_unknown(self, number: int) -> bool:
        """Whether a formula uses cells that are neither judged nor inputs."""
        case = self.runner.case
        used = through_helpers(case.dependencies, case.places[number], case.known)
        return any(place not in case.known for place in used)

    def _dependent(self, name: str) -> Truth:
        """The answers whose expected values change where a block has other numbers."""
        runner, case, located = self.runner, self.runner.case, self.runner.case.located
        if is_view_block(name) and name != STEP_SIZE_NAME:
            view = Quantity.of(name).view
            of_view = [answer.block.quantity.view == view for answer in case.answers]
            return np.array(of_view, dtype=np.bool_)
        quantities = runner.quantities(runner.drawn)
        before = runner.answers_of(quantities)
        if name == STEP_SIZE_NAME:
            halved = replace(located.presentation, step_size=located.presentation.step_size / 2)
            other = replace(case, located=replace(located, presentation=halved))
            others = [replace(runner, case=other).answers_of(quantities)]
        else:
            others = [runner.answers_of(_changed(runner, _source(name), seed)) for seed in range(CHANGES)]
        same = [(before == after) | (np.isnan(before) & np.isnan(after)) for after in others]
        return np.asarray(~np.all(same, axis=(0, 1)))

    def _why(self, name: str) -> str:
        return f"not judged, for it uses cells of {name}: {self.runner.case.located.lost[name]}"


def _changed(runner: Runner, name: str, seed: int) -> dict[str, Array]:
    """The quantities of all trials with other numbers for one of them, and what follows from these."""
    drawn, known = runner.drawn, runner.equations
    if name in drawn:
        return runner.quantities({**drawn, name: _other(name, drawn[name], seed)})
    return evaluate_step(runner.case.network, drawn, {**known, name: _otherwise(name, known[name], seed)})


def _otherwise(name: str, equation: Equation, seed: int) -> Equation:
    return lambda values: _other(name, equation(values), seed)


def _other(name: str, array: Array, seed: int) -> Array:
    """Other numbers of that size, of both signs, so that units are switched on and off; the bias node stays 1."""
    found = array * np.random.default_rng(seed).uniform(-1.5, 1.5, size=array.shape) + 0.125
    if name == "A_0":
        found[..., -1] = 1.0
    return found


def _source(name: str) -> str:
    """The quantity that all formulas follow which may use a block: copies and activations follow from z."""
    quantity = Quantity.of(name)
    if quantity.symbol not in _FROM_Z:
        return name
    return q("z", quantity.layer, quantity.new) if quantity.layer else "A_0"


@dataclass(frozen=True)
class State:
    """The runner (of the sheet's convention, where it has another), what its runs gave, and a verdict an answer.

    `excused`: some formulas count as right because they are for targets of 0 and 1; others carry what they change.
    `effort` is the work that may be spent on explaining, `skipped` are the numbers of answers for which it did not last.
    """

    runner: Runner
    runs: Runs
    cells: Sequence[CellVerdict]
    lost: Lost
    effort: Effort
    excused: bool = False
    skipped: frozenset[int] = frozenset()

    @classmethod
    def first(cls, runner: Runner, effort: Effort | None = None) -> State:
        """The verdicts that follow from the runs alone; a new effort unless one is given."""
        runs, lost = runner.run(), Lost(runner)
        cells = [cell_verdict(answer, n, runs.evidence) for n, answer in enumerate(runner.case.answers)]
        if runner.case.located.lost:
            cells = [lost.verdict(n, cell) for n, cell in enumerate(cells)]
        return cls(runner, runs, cells, lost, effort or Effort())

    @property
    def case(self) -> Case:
        """What is judged."""
        return self.runner.case

    def given(self, cells: Sequence[CellVerdict], skipped: Iterable[int] = ()) -> State:
        """The same with sharper verdicts, and more answers for which the effort did not last."""
        return replace(self, cells=cells, skipped=self.skipped.union(skipped))


Refinement = Callable[[State], State]  # each makes the verdicts sharper, or leaves them as they are
