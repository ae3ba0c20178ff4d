"""The sheet `Check`: NumPy's number beside the sheet's, for every cell of Step, with a result for each block.

NumPy's numbers are constants, those of the inputs at generation; with other inputs nothing is compared, and the sheet
says so.
"""

from __future__ import annotations

from itertools import chain

from sheetnet.formulas import Dimensions, describe, spoken_index
from sheetnet.layout.grid import Grid
from sheetnet.layout.number_format import block_format
from sheetnet.layout.views.view_parts import AGREES, DIFFERS, Laid, ViewContext
from sheetnet.network import Block, Network
from sheetnet.syntax import cell_name
from sheetnet.workbook import Cell, Rule, View

CHECK_HEADERS = ("quantity", "which", "NumPy", "this workbook", "difference", "result")
QUANTITY, WHICH, NUMPY, FOUND, DIFFERENCE, LIGHT = range(1, 7)
OVERALL, INPUTS, HEADER = 4, 5, 7  # rows
TOLERANCE = "1E-9"  # of the largest number of a block, at least of 1
GENERATED, CHANGED = "as generated", "inputs changed"
LIGHT_STYLES = {GENERATED: "pass", AGREES: "pass", CHANGED: "kink", DIFFERS: "fail"}


def check(context: ViewContext) -> Laid:
    """One row a cell, the inputs first: while one of them is changed, the rest is not compared."""
    grid = context.sheet("check", "Check", "NumPy's numbers beside those of Step. A second, independent computation.")
    for column, words in enumerate(CHECK_HEADERS, 1):
        grid.write(HEADER, column, words, "header")
    blocks = context.network.blocks.values()
    inputs = [block for block in blocks if block.kind == "input"]
    answers = [block for block in blocks if block.kind == "answer"]
    row, lights = HEADER + 1, []
    for block in inputs:
        row = _block(context, grid, block, row, "")
    last_input = row - 1
    same = f"{cell_name(INPUTS, FOUND, absolute=True)}"
    for block in answers:
        lights.append(row)
        row = _block(context, grid, block, row, same)
    _overall(grid, last_input, (lights[0], row - 1), len(lights))
    _colours(grid, row - 1)
    widths = {QUANTITY: 14.0, WHICH: 24.0, NUMPY: 12.0, FOUND: 15.0, DIFFERENCE: 12.0, LIGHT: 15.0}
    view = View(widths=widths, freeze=(HEADER + 1, 1), landscape=False, title_rows=(HEADER, HEADER), tab="00522B")
    return grid.finished(view), []


def _block(context: ViewContext, grid: Grid, block: Block, top: int, same: str) -> int:
    """The rows of a block; `same` is the cell that says whether the inputs are those of generation."""
    symbol, _ = describe(context.network, block.name, context.presentation.column)
    row, values = top, context.values[block.name]
    digits = None if block.kind == "input" else block_format("copy", chain.from_iterable(values))
    for r in range(block.rows):
        for c in range(block.columns):
            number = values[r][c]
            shown = digits.code(number) if digits else ""
            numpy, found = cell_name(row, NUMPY), cell_name(row, FOUND)
            difference = f"ABS({found}-{numpy})"
            grid.write(row, QUANTITY, symbol, "name")
            grid.links[row, QUANTITY] = (context.grid.sheet, *context.grid.position(block.name, r, c))
            grid.write(row, WHICH, _which(block, (r, c), context.network), "index")
            grid.cells[row, NUMPY] = Cell(number, role="numpy", number=shown)
            grid.calculate(row, FOUND, context.step.cell(block.name, r, c), number, "copy", shown)
            wanted = f'IF({same}="{GENERATED}",{difference},"")' if same else difference
            grid.calculate(row, DIFFERENCE, wanted, 0.0, "difference")
            row += 1
    if same:
        agrees = f'IF({_close(top, row - 1)},"{AGREES}","{DIFFERS}")'
        grid.calculate(top, LIGHT, f'IF({same}="{GENERATED}",{agrees},"{CHANGED}")', AGREES, "light")
    else:
        grid.calculate(top, LIGHT, f'IF({_close(top, row - 1)},"{GENERATED}","{CHANGED}")', GENERATED, "light")
    return row


def _which(block: Block, at: tuple[int, int], network: Network) -> str:
    """What a cell of a block is, beside the symbol of the block: `neuron 0, observation 2`."""
    return spoken_index(block.name, at, Dimensions.of(network)).removeprefix("the ")


def _close(top: int, bottom: int) -> str:
    """Whether all differences of these rows are numbers, and small beside the numbers themselves."""
    differences = f"{cell_name(top, DIFFERENCE)}:{cell_name(bottom, DIFFERENCE)}"
    numbers = f"{cell_name(top, NUMPY)}:{cell_name(bottom, NUMPY)}"
    largest = f"MAX(1,MAX({numbers}),-MIN({numbers}))"
    # An error is no number: COUNT leaves it out, and IF asks for the largest only where there is none.
    return f"IF(COUNT({differences})={bottom - top + 1},MAX({differences})<={TOLERANCE}*{largest},FALSE)"


def _overall(grid: Grid, last_input: int, rows: tuple[int, int], blocks: int) -> None:
    """Above the table: are the inputs those of generation, and does every block agree?"""
    grid.write(OVERALL, QUANTITY, "All blocks", "symbol")
    grid.write(INPUTS, QUANTITY, "Inputs", "symbol")
    inputs = f'IF({_close(HEADER + 1, last_input)},"{GENERATED}","{CHANGED}")'
    grid.calculate(INPUTS, FOUND, inputs, GENERATED, "light")
    same = cell_name(INPUTS, FOUND)
    lights = f"{cell_name(rows[0], LIGHT)}:{cell_name(rows[1], LIGHT)}"
    light = f'IF(COUNTIF({lights},"{AGREES}")={blocks},"{AGREES}","{DIFFERS}")'
    grid.calculate(OVERALL, FOUND, f'IF({same}="{GENERATED}",{light},"{CHANGED}")', AGREES, "light")
    holds = "NumPy's numbers are those of these inputs."
    words = "NumPy's numbers were computed for the original inputs: see the gradient check, or run sheetnet validate."
    # An empty text would show as 0 where LibreOffice reads an .ods.
    grid.calculate(INPUTS, DIFFERENCE, f'IF({same}="{GENERATED}","{holds}","{words}")', holds, "beside")


def _colours(grid: Grid, last: int) -> None:
    """Green, amber and red by the word that a light shows."""
    for row, column in ((OVERALL, FOUND), (INPUTS, FOUND), (HEADER + 1, LIGHT)):
        bottom = last if row > HEADER else row
        cell = cell_name(row, column)
        for word, role in LIGHT_STYLES.items():
            grid.rules.append(Rule((row, column, bottom, column), f'{cell}="{word}"', role))
