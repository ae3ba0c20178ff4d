"""The judged cells of a workbook, in the order in which the step computes them, and what each is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sheetnet.check.locate import Located
from sheetnet.network import Block
from sheetnet.reference import Array
from sheetnet.workbook import Cell, Place, Position, Workbook, array_cells


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
        return self.block.is_bias_node(self.row, self.column)


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
        if block.kind == "answer" or block.is_bias_node(row, column)
    ]


def is_judged(located: Located, place: Place) -> bool:
    """Whether the cell at a place is a judged one."""
    for block in judged_blocks(located):
        index = located.index(block.name, place)
        if index is not None:
            return block.kind == "answer" or block.is_bias_node(*index)
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
    name = block.name
    if name.startswith("J_"):
        n, i = divmod(row, block.columns)
        return name, (n, i, column)
    if name.startswith("A_") and not block.transposed and not block.is_bias_node(row, column):
        return "a" + name[1:], (row, column)
    return name, (row, column)
