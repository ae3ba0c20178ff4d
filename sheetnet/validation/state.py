"""What is known of a case while it is judged: its runs, a verdict for each answer, and what lost blocks leave open.

The workbook is run as it stands, in every trial, and each formula alone. The first run is the sheet's own numbers; the
reference is computed from the same inputs as each run.

What depends on a lost input is left undetermined. Of a lost calculation: the trials put right numbers in all cells that
are known, so the others are judged as ever; but a formula that uses unknown or deleted cells instead is not blamed for
what they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

import numpy as np

from sheetnet.effort import Effort
from sheetnet.engine import Engine
from sheetnet.quantity import Quantity, q
from sheetnet.reference import Array, Equation, equations, evaluate_step, stacked
from sheetnet.reference.views import noise, view_values
from sheetnet.syntax.dependencies import through_helpers
from sheetnet.trials.for_workbook import inputs_from_content, view_inputs
from sheetnet.trials.tolerance import Truth, agreement, scales
from sheetnet.validation.alone import Isolation
from sheetnet.validation.case import (
    Case,
    as_columns,
    chooser_blocks,
    element_numbers,
    own_inputs,
    step_ties,
    ties_of,
)
from sheetnet.validation.cell_verdicts import Evidence, cell_verdict
from sheetnet.validation.defined_names import STEP_SIZE_NAME, is_view_block
from sheetnet.validation.result import CellVerdict
from sheetnet.validation.texts import Texts, texts_of
from sheetnet.verdict import SOUND, Verdict
from sheetnet.workbook import CellError, Place, Value, Workbook, array_cells


@dataclass(frozen=True)
class Runs:
    """What the runs gave: the values of the inputs as they stand, which answers were an error in some run, the evidence.

    `drawn` are the inputs of the step in each run that was compared; `lacking` empty inputs with which formulas fail.
    """

    inputs: Mapping[Place, Value]
    failed: frozenset[int]
    drawn: Mapping[str, Array]
    evidence: Evidence
    lacking: frozenset[Place]


@dataclass(frozen=True)
class Runner:
    """A case with the engine that runs it: values of the workbook, and what the reference expects."""

    case: Case
    engine: Engine

    def run(self) -> Runs:
        """Run the workbook as it stands and in every trial; where anything disagrees, each formula alone too."""
        case = self.case
        inputs: dict[Place, Value] = {cell.place: _typed(case.workbook, cell.place) for cell in case.inputs}
        wanted = [*case.places, *(place for place, number in inputs.items() if number is None)]
        runs = self.engine(case.workbook, list(case.drivers), [None, *self.numbers(self.drawn)], wanted)
        first = next(runs)
        shown = list(first)
        inputs.update(zip(wanted[len(case.places) :], shown[len(case.places) :], strict=True))
        fails = any(isinstance(value, CellError) for value in first.odd.values())
        lacking = frozenset(place for place, value in inputs.items() if fails and value is None)
        drawn, expected, own = self._compared(None if lacking else inputs)
        isolation = self._isolation(drawn, expected)
        compared = isolation.compared(chain([first], runs) if own else runs)
        here = compared.agree
        errors = (n for run in (first, *compared.runs) for n, value in run.odd.items() if isinstance(value, CellError))
        doubtful = self.doubtful() | ~np.isfinite(expected).any(axis=0)  # what no run asks for, none has judged
        evidence = Evidence(shown[: len(case.places)], expected, here, None, {}, doubtful, own, self.texts, self.noise)
        if not here.all():
            alone, values = isolation.alone(compared)
            evidence = replace(evidence, alone=alone, alone_values=values)
        return Runs(inputs, frozenset(errors), drawn, evidence, lacking)

    def _compared(self, shown: Mapping[Place, Value] | None) -> tuple[Mapping[str, Array], Array, bool]:
        """The inputs and expected answers of the runs that are compared, and whether the sheet's own is the first.

        Where the step itself overflows at the sheet's own inputs, or one is lacking (`shown` is None), nothing can be
        compared there.
        """
        own, drawn = None, self.drawn
        if shown is not None:
            own = own_inputs(self.case.network, self.case.inputs, shown)
        if own is None:
            return drawn, self.expected(drawn), False
        inputs = {name: np.concatenate([own[name], array]) for name, array in drawn.items()}
        expected = self.expected(inputs)
        if np.isfinite(expected[0][self.of_step]).all():
            return inputs, expected, True
        return drawn, expected[1:], False

    def instead(self, runs: Runs, formulas: Sequence[tuple[int, str]]) -> Truth:
        """For (answer's number, formula): whether that formula in the answer's place would be right in every run."""
        return self._isolation(runs.drawn, runs.evidence.expected).instead(formulas)

    def _isolation(self, drawn: Mapping[str, Array], expected: Array) -> Isolation:
        return Isolation(self.case, self.engine, lambda: self.numbers(drawn), expected, self.noise)

    @cached_property
    def texts(self) -> Texts:
        """What the formulas' texts alone decide."""
        return texts_of(self.case, self.engine.unsupported(self.case.workbook))

    @cached_property
    def of_step(self) -> Truth:
        """Which answers belong to the step, not to a view of it."""
        return np.array([not is_view_block(answer.block.name) for answer in self.case.answers], dtype=np.bool_)

    @property
    def drawn(self) -> dict[str, Array]:
        """The inputs of the step in each trial, and in one more of the workbook's own; joined each time: they are large."""
        drawn = self.case.trials.inputs.items()
        found = {name: np.concatenate([array, self._from_content[name]]) for name, array in drawn}
        return found | self._of_views(found)

    def _of_views(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """What is typed into views in each trial; where the sheet ties it to another input, that one's numbers."""
        wanted = frozenset(block.name for block in chooser_blocks(self.case.located))
        found = view_inputs(self.case.network, inputs, wanted, self.case.located.presentation) if wanted else {}
        every = {**inputs, **found}
        for (name, row, column), (other, r, c) in ties_of(self.case.inputs).items():
            if name in found:
                found[name][:, row, column] = every[other][:, r, c]
        return found

    @cached_property
    def _from_content(self) -> dict[str, Array]:
        case = self.case
        return inputs_from_content(
            case.workbook, case.network, step_ties(case.network, case.inputs), case.trials.one_hot
        )

    def numbers(self, inputs: Mapping[str, Array]) -> Array:
        """The numbers of the driven cells for K sets of inputs: K × drivers."""
        return element_numbers(inputs, self.case.drivers.values())

    @property
    def equations(self) -> dict[str, Equation]:
        """The equations of the step. A convention replaces some of them."""
        network, convention = self.case.network, self.case.convention
        return equations(network) | (convention.equations(network) if convention else {})

    def quantities(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Every quantity of the reference for K sets of inputs."""
        return evaluate_step(self.case.network, inputs, self.equations)

    def expected(self, inputs: Mapping[str, Array]) -> Array:
        """The reference's answers for K sets of inputs, K × answers; of large networks, some sets at a time."""
        count, answers = len(inputs["gamma"]), len(self.case.answers)
        found, part = np.empty((count, answers)), max(1, MOST_AT_ONCE // max(answers, 1))
        for begin in range(0, count, part):
            some = {name: array[begin : begin + part] for name, array in inputs.items()}
            found[begin : begin + part] = self.answers_of(self.quantities(some))
        return found

    def answers_of(self, arrays: Mapping[str, Array]) -> Array:
        """The answers among K sets of quantities, and what the views make of these: K × answers."""
        values = {name: stacked(arrays[name], block) for name, block in self.case.network.blocks.items()}
        views = view_values(self.case.network, arrays, self.case.located.presentation, asked=True)
        return as_columns(self.case.located, values | views)

    @cached_property
    def noise(self) -> Array:
        """How many times the absolute tolerance each answer is allowed, because rounding is magnified in it."""
        allowed = noise(self.case.located.presentation)
        return np.array([allowed.get(answer.block.name, 1.0) for answer in self.case.answers])

    def agreement(self, found: Array, expected: Array) -> Truth:
        """Where the answers' numbers are those expected, both runs × answers."""
        return agreement(found, expected, scales(expected) * self.noise)

    def doubtful(self) -> Truth:
        """The answers that no trial could tell right from wrong."""
        marks = {name: cells[None].astype(float) for name, cells in self.case.trials.doubtful.items()}
        for name, block in self.case.located.blocks.items():
            # views show what the step computes: no doubts of their own
            marks.setdefault(name, np.zeros((1, *block.shape)))
        return np.asarray(as_columns(self.case.located, marks)[0] > 0)


def _typed(workbook: Workbook, place: Place) -> float | None:
    """The number that a cell holds where no formula gives it; None for any other cell."""
    sheet = workbook.sheet(place[0])
    cell = None if sheet is None or (sheet.arrays and place[1:] in array_cells(sheet)) else sheet.cells.get(place[1:])
    return cell.value if cell is not None and cell.formula is None and type(cell.value) is float else None


MOST_AT_ONCE = (
    1_000_000  # numbers of answers that the reference computes together: beside them stand three times as many
)
REF_ERROR = "#REF!"  # what is left of a reference to deleted cells
CHANGES = 3  # sets of other numbers that are tried, all trials each: one may leave some unit as it was
# Equations computed to see what lost blocks change, 10 µs each on a small block: more than thirty lost layers take. Past
# that every answer counts as changed: a network of 200 layers, claimed by a small workbook, once took two minutes.
MOST_CHANGED = 500_000
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
        if len(located.lost) * len(case.network.blocks) * CHANGES > MOST_CHANGED:
            return np.ones(len(case.answers), dtype=np.bool_)
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
        other = _other(drawn[name], seed)
        if name == "A_0":  # the bias node stays 1
            other[..., runner.case.network.sizes[0] :] = 1.0
        return runner.quantities({**drawn, name: other})
    return evaluate_step(runner.case.network, drawn, {**known, name: _otherwise(known[name], seed)})


def _otherwise(equation: Equation, seed: int) -> Equation:
    return lambda values: _other(equation(values), seed)


def _other(array: Array, seed: int) -> Array:
    """Other numbers of that size, of both signs, so that units are switched on and off."""
    return np.asarray(array * np.random.default_rng(seed).uniform(-1.5, 1.5, size=array.shape) + 0.125)


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
