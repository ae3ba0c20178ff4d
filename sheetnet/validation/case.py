"""What is judged: a workbook, the network that it should compute, its judged cells and inputs, and the trials.

An input cell that merely refers to another cell is a tie: that other cell is driven, and both have one value. No judged
cell is ever driven: an input that refers to one (to a bias node, say) is a formula like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import isclose
from operator import itemgetter

import numpy as np

from sheetnet.formulas import Dimensions, spoken
from sheetnet.network import Block, Network
from sheetnet.predictor import blocks_on_sheets
from sheetnet.quantity import Quantity, q
from sheetnet.reference import Array, inputs_of
from sheetnet.syntax import cell_name, parse_area, quote_sheet
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.syntax.references import cell_place
from sheetnet.trials.draw import Trials
from sheetnet.trials.for_workbook import draw_for
from sheetnet.trials.tolerance import RELATIVE
from sheetnet.validation.conventions import Convention
from sheetnet.validation.locate import Located, locate
from sheetnet.validation.result import EditedInput
from sheetnet.workbook import Cell, Place, Position, Value, Workbook, array_cells


@dataclass(frozen=True, slots=True)
class Answer:
    """A judged cell: its block and position in it (from 0), where it stands, what stands there.

    `array` is the anchor of the array formula that fills the cell, where one does; `formula` is then the array's.
    """

    block: Block
    row: int
    column: int
    place: Place
    cell: Cell
    formula: str | None
    array: Position | None

    @property
    def bias_node(self) -> bool:
        """Whether this is a bias node's cell, a judged constant."""
        return self.block.is_bias_node(self.column)


def answer_cells(workbook: Workbook, located: Located) -> list[Answer]:
    """Every cell of the answer blocks, and the bias node's cells of the inputs."""
    arrays = {sheet.name: array_cells(sheet) for sheet in workbook.sheets}
    sheets = {sheet.name: sheet.cells for sheet in workbook.sheets}
    found = []
    nothing = Cell()
    for block in judged_blocks(located):
        area = located.areas[block.name]
        assert area.sheet is not None
        cells, filled = sheets[area.sheet], arrays[area.sheet]
        turned = located.turned(block.name)
        rows, columns = located.lines_of(block.name)
        for row, column in judged_positions(block):
            position = (rows[column], columns[row]) if turned else (rows[row], columns[column])
            cell = cells.get(position, nothing)
            anchor = filled.get(position) if filled else None
            formula = cells[anchor].formula if anchor else cell.formula
            found.append(Answer(block, row, column, (area.sheet, *position), cell, formula, anchor))
    return found


def judged_blocks(located: Located) -> list[Block]:
    """The located blocks that have judged cells."""
    known = located.blocks.values()
    return [block for block in known if block.name in located.areas and (block.kind == "answer" or block.bias_node)]


def judged_positions(block: Block) -> list[tuple[int, int]]:
    """The judged cells of a block: all of an answer, of the inputs the bias node's alone."""
    return [
        (row, column)
        for row in range(block.rows)
        for column in range(block.columns)
        if block.kind == "answer" or block.is_bias_node(column)
    ]


def is_judged(located: Located, place: Place) -> bool:
    """Whether the cell at a place is a judged one."""
    for block in judged_blocks(located):
        index = located.index(block.name, place)
        if index is not None:
            return block.kind == "answer" or block.is_bias_node(index[1])
    return False


def as_columns(located: Located, values: Mapping[str, Array]) -> Array:
    """Block → K × rows × columns as one K × answers matrix, in the order of `answer_cells`."""
    count = len(values["gamma"])
    columns = [np.empty((count, 0))]
    for block in judged_blocks(located):
        array = values[block.name]
        if block.kind == "input":
            array = array[:, :, -1]
        columns.append(np.asarray(array, dtype=float).reshape(count, -1))
    return np.concatenate(columns, axis=1)


def quantity_of(block: Block, row: int, column: int) -> tuple[str, tuple[int, ...]]:
    """What a cell is called: activations inside the block `A_l` are `a_l`, `J_l` has the index (n, i, j)."""
    if block.quantity.kind == "J":
        n, i = divmod(row, block.columns)
        return block.name, (n, i, column)
    quantity = block.quantity if block.is_bias_node(column) else block.quantity.of_cells
    return quantity.name, (row, column)


InputPlace = tuple[str, int, int]  # block, row, column from 0


@dataclass(frozen=True, slots=True)
class InputCell:
    """One input: its element, its own cell, and the cell that is driven for it (another one where it is tied)."""

    element: InputPlace
    place: Place
    driver: Place
    formula: str | None  # kept only where the cell holds a formula that is more than a reference


def input_cells(workbook: Workbook, network: Network, located: Located) -> list[InputCell]:
    """Every input of the step that has a cell, and what is typed into views; bias nodes are no inputs."""
    return [
        _input_cell(workbook, located, (block.name, row, column))
        for block in (*input_blocks(network), *chooser_blocks(located))
        if block.name in located.areas
        for row in range(block.rows)
        for column in range(block.columns)
        if not block.is_bias_node(column)
    ]


def chooser_blocks(located: Located) -> list[Block]:
    """The cells found of views that people type into: which observation is shown, new inputs to predict from."""
    there = [block for name, block in located.blocks.items() if name in located.areas]
    return [block for block in there if block.kind == "input" and block.quantity.view]


def input_blocks(network: Network) -> list[Block]:
    """A_0, target, gamma, W_1 … W_L; of a predictor the weights alone."""
    return [block for block in blocks_on_sheets(network).values() if block.kind == "input"]


def element_numbers(inputs: Mapping[str, Array], elements: Collection[InputPlace]) -> Array:
    """The numbers of these input elements in every run: runs × elements."""
    found, begin = np.empty((len(inputs["gamma"]), len(elements))), 0
    for name, of_block in groupby(elements, key=itemgetter(0)):
        _, rows, columns = zip(*of_block, strict=True)
        found[:, begin : begin + len(rows)] = inputs[name][:, rows, columns]
        begin += len(rows)
    return found


@dataclass(frozen=True, slots=True)
class KnownCell:
    """A cell whose number may have been typed into a formula: where it stands, what it holds, what it is."""

    place: Place
    value: float
    quantity: str
    index: tuple[int, ...]
    dimensions: Dimensions
    stays: bool = False  # the same in every run, as the bias node: put for its own number it would change nothing

    @property
    def reference(self) -> str:
        """How formulas of any sheet refer to it."""
        return f"{quote_sheet(self.place[0])}!{cell_name(*self.place[1:], absolute=True)}"

    @property
    def called(self) -> str:
        """What sentences call it: `z⁽¹⁾ of neuron 1 (Step!D22)`."""
        return f"{spoken(self.quantity, self.index, self.dimensions)} ({cell_place(self.place)})"

    @property
    def size(self) -> str:
        """What to put for the number as typed: a minus before it is a token of its own."""
        return f"(-{self.reference})" if self.value < 0 else self.reference


def ties_of(cells: list[InputCell]) -> dict[InputPlace, InputPlace]:
    """Inputs driven by the cell of another input, each → that other one; those of views may be driven by the step's."""
    owners: dict[Place, InputPlace] = {}
    for cell in cells:
        if cell.driver == cell.place or cell.driver not in owners:
            owners[cell.driver] = cell.element
    return {cell.element: owners[cell.driver] for cell in cells if owners[cell.driver] != cell.element}


def step_ties(network: Network, cells: list[InputCell]) -> dict[InputPlace, InputPlace]:
    """The ties among inputs of the step."""
    found = ties_of(cells)
    return {one: other for one, other in found.items() if one[0] in network.blocks and other[0] in network.blocks}


def played_ties(network: Network, cells: list[InputCell]) -> dict[InputPlace, InputPlace]:
    """Inputs that the sheet makes one number with another input, where the network has two."""
    return {one: other for one, other in step_ties(network, cells).items() if not _one_number(network, one, other)}


def _one_number(network: Network, one: InputPlace, other: InputPlace) -> bool:
    """Whether both are the bias that a layer's neurons share."""
    return one[:2] == other[:2] and any(
        layer.shared_bias and one[:2] == (q("W", number), len(layer.weights) - 1)
        for number, layer in enumerate(network.layers, 1)
    )


def _input_cell(workbook: Workbook, located: Located, element: InputPlace) -> InputCell:
    place = located.place(*element)
    formula = cell_at(workbook, place).formula
    if formula is None:
        return InputCell(element, place, place, None)
    driver = _referred(workbook, place)
    if driver is None or is_judged(located, driver):
        return InputCell(element, place, place, formula)
    return InputCell(element, place, driver, None)


def _referred(workbook: Workbook, place: Place) -> Place | None:
    """The constant cell at the end of a chain of mere references; None where a real formula stands in between."""
    seen = {place}
    while (formula := cell_at(workbook, place).formula) is not None:
        area = parse_area(formula.strip())
        if area is None or (area.top, area.left) != (area.bottom, area.right):
            return None
        sheet = workbook.sheet(area.sheet or place[0])
        if sheet is None:
            return None
        place = (sheet.name, area.top, area.left)
        if place in seen:
            return None
        seen.add(place)
    return place


def cell_at(workbook: Workbook, place: Place) -> Cell:
    """The cell at a place; an empty one where nothing stands."""
    sheet = workbook.sheet(place[0])
    return Cell() if sheet is None else sheet.cells.get(place[1:], Cell())


def own_inputs(network: Network, cells: list[InputCell], values: Mapping[Place, Value]) -> dict[str, Array] | None:
    """The step's inputs as the workbook holds them; None where a cell holds something that is no number.

    An empty cell counts as 0, as most functions take it; one of a view's own waits for a number, and asks nothing.
    """
    inputs, of_views = inputs_of(network), {cell.element for cell in cells if Quantity.of(cell.element[0]).view}
    for name in {name for name, _, _ in of_views}:
        rows, columns = zip(*((row, column) for other, row, column in of_views if other == name), strict=True)
        inputs[name] = np.full((1, max(rows) + 1, max(columns) + 1), np.nan)
    for cell in cells:
        value, (name, row, column) = values[cell.place], cell.element
        number = (np.nan if cell.element in of_views else 0.0) if value is None else value
        if not isinstance(number, float):
            return None
        inputs[name][0, row, column] = number
    return inputs


def edited_inputs(network: Network, cells: list[InputCell], values: Mapping[Place, Value]) -> list[EditedInput]:
    """The inputs that differ from the network file's."""
    expected = {name: array[0].tolist() for name, array in inputs_of(network).items()}
    tied = played_ties(network, cells)
    edited = []
    for cell in cells:
        name, row, column = cell.element
        if name not in expected:  # it chooses what is shown, and changes no number of the step
            continue
        wanted, found = expected[name][row][column], values[cell.place]
        same = isinstance(found, float) and isclose(found, wanted, rel_tol=RELATIVE)
        if not same or cell.formula is not None or cell.element in tied:
            edited.append(_edited(cell, found, wanted))
    return edited


def _edited(cell: InputCell, found: Value, wanted: float) -> EditedInput:
    sheet, row, column = cell.place
    name, *index = cell.element
    return EditedInput(sheet, cell_name(row, column), name, tuple(index), found, wanted, cell.formula)


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
        drawn = draw_for(network, located.presentation, trials, seed, step_ties(network, inputs))
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

    @property
    def dependencies(self) -> Dependencies:
        """Which cells the formulas use; an emptied answer counts as one. Other trials and conventions change nothing."""
        located, _ = self.workbook.memory.get("dependencies", (None, None))
        if located is not self.located:
            self.workbook.memory["dependencies"] = (self.located, Dependencies(self.workbook, self.known))
        graph: Dependencies = self.workbook.memory["dependencies"][1]
        return graph
