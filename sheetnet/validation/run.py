"""Runs the workbook of a case: as it stands, in every trial, and each formula alone; and the reference in the same runs.

The first run is the sheet's own numbers; the reference is computed from the same inputs as each run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sheetnet.engine import Engine, Trial
from sheetnet.engine.prepare import Isolated
from sheetnet.reference import Array, Equation, equations, evaluate_step, stacked
from sheetnet.reference.views import noise, view_values
from sheetnet.trials.for_workbook import unforeseen
from sheetnet.trials.tolerance import Truth, agreement, as_numbers, scales
from sheetnet.validation.case import Case, as_columns, input_blocks, own_inputs, ties_of
from sheetnet.validation.cell_verdicts import Evidence
from sheetnet.validation.defined_names import is_view_block
from sheetnet.validation.texts import Texts, texts_of
from sheetnet.workbook import Place, Value


@dataclass(frozen=True)
class Runs:
    """What the runs gave: the values of the answers in each run, those of the inputs as they stand, the evidence.

    `drawn` are the inputs of the step in each run that was compared.
    """

    values: Sequence[Sequence[Value]]
    inputs: Mapping[Place, Value]
    drawn: Mapping[str, Array]
    evidence: Evidence


@dataclass(frozen=True)
class Runner:
    """A case with the engine that runs it: values of the workbook, and what the reference expects."""

    case: Case
    engine: Engine

    def run(self) -> Runs:
        """Run the workbook as it stands and in every trial; where anything disagrees, each formula alone too."""
        case, drawn = self.case, self.drawn
        wanted = [*case.places, *(cell.place for cell in case.inputs)]
        rows = self.engine(case.workbook, list(case.drivers), [None, *self.numbers(drawn)], wanted)
        count = len(case.places)
        values = [row[:count] for row in rows]
        shown_inputs = {cell.place: value for cell, value in zip(case.inputs, rows[0][count:], strict=True)}
        own = own_inputs(case.network, case.inputs, shown_inputs)
        inputs = drawn if own is None else {name: np.concatenate([own[name], array]) for name, array in drawn.items()}
        expected = self.expected(inputs)
        if own is not None and not np.isfinite(expected[0][self.of_step]).all():
            own, inputs, expected = (
                None,
                drawn,
                expected[1:],
            )  # where the step itself overflows, nothing can be compared
        here = self.agreement(values if own is not None else values[1:], expected)
        doubtful = self.doubtful() | ~np.isfinite(expected).any(axis=0)  # what no run asks for, none has judged
        evidence = Evidence(values[0], expected, here, None, None, doubtful, own is not None, self.texts, self.noise)
        if not here.all():
            alone = self._isolated.alone(self.engine, *self._driven(inputs, expected), case.places)
            evidence = replace(evidence, alone=self.agreement(alone, expected), alone_values=alone)
        return Runs(values, shown_inputs, inputs, evidence)

    def instead(self, runs: Runs, formulas: Sequence[tuple[int, str]]) -> Truth:
        """For (answer's number, formula): whether that formula in the answer's place would be right in every run."""
        expected, numbers = runs.evidence.expected, [number for number, _ in formulas]
        on_sheets = [(self.case.places[number][0], formula) for number, formula in formulas]
        values = self._isolated.instead(self.engine, *self._driven(runs.drawn, expected), on_sheets)
        room = scales(expected) * self.noise[numbers]
        return np.asarray(agreement(as_numbers(values), expected[:, numbers], room).all(axis=0))

    @cached_property
    def _isolated(self) -> Isolated:
        return Isolated.of(self.case.workbook, self.case.places)

    def _driven(self, inputs: Mapping[str, Array], expected: Array) -> tuple[list[Place], list[Trial]]:
        """The inputs and all answers, with the numbers that the reference has there in each run."""
        finite = np.where(np.isfinite(expected), expected, 0.0).tolist()
        trials: list[Trial] = [[*own, *answers] for own, answers in zip(self.numbers(inputs), finite, strict=True)]
        return [*self.case.drivers, *self.case.places], trials

    @cached_property
    def texts(self) -> Texts:
        """What the formulas' texts alone decide."""
        return texts_of(self.case, self.engine.unsupported(self.case.workbook))

    @cached_property
    def of_step(self) -> Truth:
        """Which answers belong to the step, not to a view of it."""
        return np.array([not is_view_block(answer.block.name) for answer in self.case.answers], dtype=np.bool_)

    @cached_property
    def drawn(self) -> dict[str, Array]:
        """The inputs of the step in each trial, and in one more of the workbook's own."""
        more = unforeseen(self.case.workbook, self.case.network, ties_of(self.case.inputs), self.case.trials.one_hot)
        names = [block.name for block in input_blocks(self.case.network)]
        return {name: np.concatenate([self.case.trials.values[name], more[name]]) for name in names}

    def numbers(self, inputs: Mapping[str, Array]) -> list[list[float]]:
        """The numbers of the driven cells for K sets of inputs: K × drivers."""
        columns = [inputs[name][:, row, column] for name, row, column in self.case.drivers.values()]
        rows: list[list[float]] = np.array(columns).reshape(len(columns), len(inputs["gamma"])).T.tolist()
        return rows

    @property
    def equations(self) -> dict[str, Equation]:
        """The equations of the step. A convention replaces some of them."""
        network, convention = self.case.network, self.case.convention
        return equations(network) | (convention.equations(network) if convention else {})

    def quantities(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Every quantity of the reference for K sets of inputs."""
        return evaluate_step(self.case.network, inputs, self.equations)

    def expected(self, inputs: Mapping[str, Array]) -> Array:
        """The reference's answers for K sets of inputs: K × answers."""
        return self.answers_of(self.quantities(inputs))

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

    def agreement(self, values: Sequence[Sequence[Value]], expected: Array) -> Truth:
        """Where the answers' values are those expected, both runs × answers."""
        return agreement(as_numbers(values), expected, scales(expected) * self.noise)

    def doubtful(self) -> Truth:
        """The answers that no trial could tell right from wrong."""
        marks = {name: cells[None].astype(float) for name, cells in self.case.trials.doubtful.items()}
        for name, block in self.case.located.blocks.items():
            marks.setdefault(
                name, np.zeros((1, *block.shape))
            )  # views show what the step computes: no doubts of their own
        return np.asarray(as_columns(self.case.located, marks)[0] > 0)
