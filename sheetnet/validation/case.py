"""What is judged: a workbook, the network that it should compute, where its cells stand, and the trials."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sheetnet.network import Network
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.trials.draw import Trials
from sheetnet.trials.for_workbook import draw_for
from sheetnet.validation.cells import Answer, InputCell, InputPlace, answer_cells, input_cells, ties_of
from sheetnet.validation.conventions import Convention
from sheetnet.validation.locate import Located, locate
from sheetnet.workbook import Place, Workbook


@dataclass(frozen=True)
class Case:
    """A workbook whose blocks are found, and the trials that are drawn for it; `convention` is its own, if it has one."""

    workbook: Workbook
    network: Network
    located: Located
    inputs: list[InputCell]
    answers: list[Answer]
    trials: Trials
    seed: int
    convention: Convention | None = None

    @classmethod
    def of(cls, workbook: Workbook, network: Network, trials: int, seed: int) -> Case:
        """Find the cells and draw the trials."""
        located = locate(workbook, network)
        inputs = input_cells(workbook, network, located)
        answers = answer_cells(workbook, located)
        drawn = draw_for(network, located.presentation, trials, seed, ties_of(inputs))
        return cls(workbook, network, located, inputs, answers, drawn, seed)

    @cached_property
    def places(self) -> list[Place]:
        """Where the answers stand."""
        return [answer.place for answer in self.answers]

    @cached_property
    def drivers(self) -> dict[Place, InputPlace]:
        """Each cell that a trial drives, with the input whose number it takes."""
        found: dict[Place, InputPlace] = {}
        for cell in self.inputs:
            if cell.driver == cell.place or cell.driver not in found:
                found[cell.driver] = cell.element
        return found

    @cached_property
    def known(self) -> set[Place]:
        """The cells whose numbers are judged or driven: all others are helpers of the student's, or texts."""
        return {*self.places, *self.drivers, *(cell.place for cell in self.inputs)}

    @cached_property
    def dependencies(self) -> Dependencies:
        """Which cells the formulas use; an emptied answer counts as one."""
        return Dependencies(self.workbook, self.known)
