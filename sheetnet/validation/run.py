"""Runs a workbook: as it stands, in every trial, and each judged cell's formula in isolation.

The first run is the sheet's own numbers; the reference is computed from the same inputs as each run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sheetnet.engine import Engine, Trial
from sheetnet.engine.isolate import local_workbook
from sheetnet.network import Network
from sheetnet.reference import Array, Equation, equations, evaluate_step, stacked
from sheetnet.reference.views import noise, view_values
from sheetnet.syntax.dependencies import Graph
from sheetnet.trials.draw import Trials
from sheetnet.trials.from_content import unforeseen
from sheetnet.trials.near_rows import draw_for
from sheetnet.trials.tolerance import Truth, agreement, as_numbers, scales
from sheetnet.validation.cells import (
    Answer,
    InputCell,
    InputPlace,
    answer_cells,
    as_columns,
    input_blocks,
    input_cells,
    own_inputs,
    ties_of,
)
from sheetnet.validation.conventions import Convention
from sheetnet.validation.judge_cells import Evidence
from sheetnet.validation.locate import Located, locate
from sheetnet.validation.names import is_view_block
from sheetnet.validation.texts import Texts, texts_of
from sheetnet.workbook import Place, Value, Workbook


@dataclass(frozen=True)
class Bench:
    """A workbook on the bench: where its quantities stand, the trials, and the engine that runs them."""

    workbook: Workbook
    network: Network
    located: Located
    inputs: list[InputCell]
    answers: list[Answer]
    trials: Trials
    engine: Engine
    convention: Convention | None = None

    @classmethod
    def of(cls, workbook: Workbook, network: Network, engine: Engine, trials: int, seed: int) -> Bench:
        """Find the cells and draw the trials."""
        located = locate(workbook, network)
        inputs = input_cells(workbook, network, located)
        answers = answer_cells(workbook, located)
        drawn = draw_for(network, located.presentation, trials, seed, ties_of(inputs))
        return cls(workbook, network, located, inputs, answers, drawn, engine)

    @cached_property
    def drivers(self) -> dict[Place, InputPlace]:
        """Each cell that a trial drives, with the input whose number it takes."""
        found: dict[Place, InputPlace] = {}
        for cell in self.inputs:
            if cell.driver == cell.place or cell.driver not in found:
                found[cell.driver] = cell.element
        return found

    @cached_property
    def graph(self) -> Graph:
        """Which cells the formulas use."""
        return Graph(self.workbook, [answer.place for answer in self.answers])

    @cached_property
    def texts(self) -> Texts:
        """What the formulas' texts alone decide."""
        return texts_of(self.workbook, self.answers, self.engine.unsupported(self.workbook))

    @cached_property
    def of_step(self) -> Truth:
        """Which answers belong to the step, not to a view of it."""
        return np.array([not is_view_block(answer.block.name) for answer in self.answers], dtype=np.bool_)

    @cached_property
    def drawn(self) -> dict[str, Array]:
        """The inputs of the step in each trial, and in one more of the workbook's own."""
        more = unforeseen(self.workbook, self.network, ties_of(self.inputs), self.trials.one_hot)
        names = [block.name for block in input_blocks(self.network)]
        return {name: np.concatenate([self.trials.values[name], more[name]]) for name in names}

    def numbers(self, inputs: Mapping[str, Array]) -> list[list[float]]:
        """The numbers of the driven cells for K sets of inputs: K × drivers."""
        columns = [inputs[name][:, row, column] for name, row, column in self.drivers.values()]
        rows: list[list[float]] = np.array(columns).reshape(len(columns), len(inputs["gamma"])).T.tolist()
        return rows

    @property
    def equations(self) -> dict[str, Equation]:
        """The equations of the step. A convention replaces some of them."""
        return equations(self.network) | (self.convention.equations(self.network) if self.convention else {})

    def quantities(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Every quantity of the reference for K sets of inputs."""
        return evaluate_step(self.network, inputs, self.equations)

    def expected(self, inputs: Mapping[str, Array]) -> Array:
        """The reference's answers for K sets of inputs: K × answers."""
        return self.answers_of(self.quantities(inputs))

    def answers_of(self, arrays: Mapping[str, Array]) -> Array:
        """The answers among K sets of quantities, and what the views make of these: K × answers."""
        values = {name: stacked(arrays[name], block) for name, block in self.network.blocks.items()}
        views = view_values(self.network, arrays, self.located.presentation, asked=True)
        return as_columns(self.located, values | views)

    @cached_property
    def noise(self) -> Array:
        """How many times the absolute tolerance each answer is allowed, because rounding is magnified in it."""
        allowed = noise(self.located.presentation)
        return np.array([allowed.get(answer.block.name, 1.0) for answer in self.answers])

    def agreement(self, values: Sequence[Sequence[Value]], expected: Array) -> Truth:
        """Where the answers' values are those expected, both runs × answers."""
        return agreement(as_numbers(values), expected, scales(expected) * self.noise)

    def doubtful(self) -> Truth:
        """The answers that no trial could tell right from wrong."""
        marks = {name: cells[None].astype(float) for name, cells in self.trials.doubtful.items()}
        for name, block in self.located.blocks.items():
            marks.setdefault(
                name, np.zeros((1, *block.shape))
            )  # views show what the step computes: no doubts of their own
        return np.asarray(as_columns(self.located, marks)[0] > 0)


@dataclass(frozen=True)
class Runs:
    """What the runs gave: the values of the answers in each run, those of the inputs as they stand, the evidence.

    `drawn` are the inputs of the step in each run that was compared.
    """

    values: Sequence[Sequence[Value]]
    inputs: Mapping[Place, Value]
    drawn: Mapping[str, Array]
    evidence: Evidence


def run_workbook(bench: Bench) -> Runs:
    """Run the workbook as it stands and in every trial; where anything disagrees, each formula alone too."""
    wanted = [answer.place for answer in bench.answers]
    asked = [*wanted, *(cell.place for cell in bench.inputs)]
    drawn = bench.drawn
    trials: list[Trial] = [None, *bench.numbers(drawn)]
    rows = bench.engine(bench.workbook, list(bench.drivers), trials, asked)
    values = [row[: len(wanted)] for row in rows]
    shown_inputs = {cell.place: value for cell, value in zip(bench.inputs, rows[0][len(wanted) :], strict=True)}
    own = own_inputs(bench.network, bench.inputs, shown_inputs)
    inputs = drawn if own is None else {name: np.concatenate([own[name], array]) for name, array in drawn.items()}
    expected = bench.expected(inputs)
    if own is not None and not np.isfinite(expected[0][bench.of_step]).all():
        own, inputs, expected = None, drawn, expected[1:]  # where the step itself overflows, nothing can be compared
    here = bench.agreement(values if own is not None else values[1:], expected)
    doubtful = bench.doubtful() | ~np.isfinite(expected).any(axis=0)  # what no run asks for, none has judged
    evidence = Evidence(values[0], expected, here, None, None, doubtful, own is not None, bench.texts, bench.noise)
    if not here.all():
        alone = run_alone(bench, inputs, expected)
        evidence = replace(evidence, alone=bench.agreement(alone, expected), alone_values=alone)
    return Runs(values, shown_inputs, inputs, evidence)


def run_alone(bench: Bench, inputs: Mapping[str, Array], expected: Array) -> list[list[Value]]:
    """The value of each answer's own formula, with the reference's values in all other answer cells."""
    local = local_workbook(bench.workbook, (answer.place for answer in bench.answers))
    return _run_local(bench, inputs, expected, local.workbook, [local.shadow(a.place) for a in bench.answers])


def run_instead(bench: Bench, runs: Runs, formulas: Sequence[tuple[int, str]]) -> Truth:
    """For (answer's number, formula): whether that formula in the answer's place would be right in every run."""
    local = local_workbook(bench.workbook, (answer.place for answer in bench.answers))
    sheet, places = local.with_scratch([(bench.answers[number].place[0], formula) for number, formula in formulas])
    workbook = replace(local.workbook, sheets=(*local.workbook.sheets, sheet))
    expected = runs.evidence.expected
    values = _run_local(bench, runs.drawn, expected, workbook, places)
    numbers = [number for number, _ in formulas]
    room = scales(expected) * bench.noise[numbers]
    return np.asarray(agreement(as_numbers(values), expected[:, numbers], room).all(axis=0))


def _run_local(
    bench: Bench, inputs: Mapping[str, Array], expected: Array, workbook: Workbook, wanted: Sequence[Place]
) -> list[list[Value]]:
    places = [*bench.drivers, *(answer.place for answer in bench.answers)]
    finite = np.where(np.isfinite(expected), expected, 0.0).tolist()
    trials = [[*own, *answers] for own, answers in zip(bench.numbers(inputs), finite, strict=True)]
    return bench.engine(workbook, places, trials, wanted)
