"""The sheet `Read me`: what this is, what to do first, the legend, the notation and where each block stands."""

from __future__ import annotations

from sheetnet.formulas import describe
from sheetnet.layout.grid import Grid
from sheetnet.layout.views.scene import Scene
from sheetnet.workbook import Cell, Name, Sheet, View

SHEET = "Read me"
LEGEND = (
    ("input", "inputs x and the learning rate γ: change them and watch"),
    ("weight", "weights before the step; the last row of each block is the biases"),
    ("bias_node", "the bias node, always 1"),
    ("forward", "the forward pass: z and a"),
    ("output", "the output of the network"),
    ("target", "targets T: what the output should be"),
    ("cost", "the cost C"),
    ("backward", "the backward pass: ∂C/∂a, ∂a/∂z and δ"),
    ("gradient", "the gradient of the cost by each weight"),
    ("new_weight", "weights after the step"),
)
FIRST_STEPS = (
    "Every number on the sheet Step is a live formula: change an input, a weight or γ and all of it follows.",
    "Click a cell and press F2 to see which cells it uses.",
    "Replace a formula by your own, save, and ask `sheetnet validate FILE` whether it computes the same.",
)
NOTATION = (
    "A⁽ˡ⁾ = [a⁽ˡ⁾, 1]: the activations of layer l with the bias node. One row an observation.",
    "W⁽ˡ⁾: row i leads from node i below, column j to neuron j above; the last row holds the biases.",
    "w⁽ˡ⁾ⱼᵢ in print is row i, column j here: end neuron first, counted from 0.",
    "δ⁽ˡ⁾ = ∂C/∂z⁽ˡ⁾. ⊙ multiplies cell by cell. A prime marks what holds after the step.",
)


def readme_sheet(scene: Scene, names: list[Name], version: str) -> Sheet:
    """The first sheet of every workbook."""
    grid, network = Grid(SHEET), scene.network
    grid.write(1, 1, network.title, "title")
    grid.write(2, 1, network.source, "subtitle")
    row = _lines(grid, 4, "What to do first", FIRST_STEPS)
    row = _legend(grid, row)
    row = _lines(grid, row, "Notation", NOTATION)
    row = _places(grid, scene, names, row)
    grid.write(row, 1, f"Made by sheetnet {version}. Each number was computed by NumPy too, and agrees.", "subtitle")
    return grid.finished(View(widths={1: 16.0, 2: 24.0, 3: 12.0, 4: 48.0}, landscape=False))


def _lines(grid: Grid, row: int, title: str, lines: tuple[str, ...]) -> int:
    grid.write(row, 1, title, "band")
    for offset, line in enumerate(lines, 1):
        grid.write(row + offset, 1, line, "plain")
    return row + len(lines) + 2


def _legend(grid: Grid, row: int) -> int:
    grid.write(row, 1, "Legend", "band")
    for offset, (role, words) in enumerate(LEGEND, 1):
        grid.cells[row + offset, 1] = Cell(role.replace("_", " "), role=role)
        grid.write(row + offset, 2, words, "plain")
    return row + len(LEGEND) + 2


def _places(grid: Grid, scene: Scene, names: list[Name], row: int) -> int:
    """A table of all blocks: name, place, symbol, equation."""
    grid.write(row, 1, "Where things are", "band")
    for column, words in enumerate(("name", "place", "symbol", "equation"), 1):
        grid.write(row + 1, column, words, "symbol")
    places = {name.name: name.refers_to.replace("$", "") for name in names}
    for offset, name in enumerate(scene.network.blocks, 2):
        symbol, equation = describe(scene.network, name, scene.presentation.column)
        for column, words in enumerate((name, places[name], symbol, equation), 1):
            grid.write(row + offset, column, words, "equation" if column == 4 else "plain")
    return row + len(scene.network.blocks) + 3
