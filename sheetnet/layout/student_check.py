"""The sheet `Check` of a student's copy: what is filled in, and whether the student's own numbers make sense.

It reads the student's cells and compares them with nothing but one another: no cell here computes an answer.
"""

from __future__ import annotations

from sheetnet.formulas import describe
from sheetnet.layout.grid import Grid
from sheetnet.layout.views.scene import Scene
from sheetnet.network import Network, activation_name
from sheetnet.presentation import SHEETS
from sheetnet.syntax import cell_name
from sheetnet.workbook import Cell, Rule, Sheet, View

NAME, FILLED, OF, LIGHT = range(1, 5)
HEADER = 4
FULL, BEGUN, EMPTY = "filled in", "begun", "empty"
YES, NO, LATER = "yes", "no", "not yet"
LOOKS = {FULL: "pass", BEGUN: "kink", YES: "pass", NO: "fail", LATER: "light"}
BOUNDS = {"sigmoid": (0, 1), "softmax": (0, 1), "tanh": (-1, 1), "relu": (0, None), "softplus": (0, None)}


def check_sheet(scene: Scene, blanks: tuple[str, ...], falls: bool) -> Sheet:
    """A row a block with how many of its cells hold numbers; below, questions that right answers say yes to.

    `falls`: whether the step lowers the cost, which with a large γ it need not.
    """
    grid = Grid(SHEETS["check"])
    grid.write(1, NAME, "Check", "title")
    grid.write(2, NAME, "How far you are. Whether your formulas are right says: sheetnet validate FILE", "subtitle")
    for column, words in ((NAME, "block"), (FILLED, "filled in"), (OF, "cells"), (LIGHT, "light")):
        grid.write(HEADER, column, words, "header")
    row = HEADER + 1
    for name in blanks:
        _counted(scene, grid, name, row)
        row += 1
    row = _questions(scene, grid, row + 1, falls)
    for column in (NAME, LIGHT):
        for word, role in LOOKS.items():
            rule = Rule((HEADER + 1, column, row, column), f'{cell_name(HEADER + 1, column)}="{word}"', role)
            grid.rules.append(rule)
    widths = {NAME: 14.0, FILLED: 11.0, OF: 9.0, LIGHT: 12.0}
    return grid.finished(View(widths=widths, freeze=(HEADER + 1, 1), title_rows=(HEADER, HEADER)))


def _counted(scene: Scene, grid: Grid, name: str, row: int) -> None:
    block = scene.network.blocks[name]
    # Bias nodes are given, in the copies too no thought of the student's: count what is to be filled in.
    given = sum(block.is_bias_node(r, c) for r in range(block.rows) for c in range(block.columns))
    given = 0 if block.transposed else given
    cells = block.rows * block.columns - given
    grid.write(row, NAME, describe(scene.network, name, scene.presentation.column)[0], "name")
    grid.links[row, NAME] = (scene.grid.sheet, *scene.grid.corners[name])
    counted = f"COUNT({scene.step.area(name)})" + (f"-{given}" if given else "")
    grid.calculate(row, FILLED, counted, None, "count")
    grid.cells[row, OF] = Cell(float(cells), role="count")
    filled = cell_name(row, FILLED)
    light = f'IF({filled}={cells},"{FULL}",IF({filled}>0,"{BEGUN}","{EMPTY}"))'
    grid.calculate(row, LIGHT, light, None, "light")


def _questions(scene: Scene, grid: Grid, row: int, falls: bool) -> int:
    grid.write(row, NAME, "Does it make sense?", "band")
    for words, needed, test in _sensible(scene.network, scene, falls):
        row += 1
        full = "AND(" + ",".join(f"COUNT({area})={count}" for area, count in needed) + ")"
        grid.calculate(row, NAME, f'IF({full},IF({test},"{YES}","{NO}"),"{LATER}")', None, "light")
        grid.write(row, FILLED, words, "plain")
    return row


Question = tuple[str, list[tuple[str, int]], str]  # words, the areas that must be full of numbers, a test


def _sensible(network: Network, scene: Scene, falls: bool) -> list[Question]:
    """Questions about the student's own numbers. None of their formulas is one that a student is to find."""
    step, found = scene.step, []
    for layer in range(1, network.depth + 1):
        found += _bounds(network, scene, layer)
    last = f"a_{network.depth}"
    if network.mixes(network.depth):
        area, count = step.area(last), network.observations * network.sizes[-1]
        words = "The outputs of an observation are probabilities: do they add up to 1?"
        found.append((words, [(area, count)], f"ABS(SUM({area})-{network.observations})<0.001"))
    if falls:
        costs = [(step.area(name), 1) for name in ("cost", "cost_new")]
        found.append(("Is the cost with the new weights lower than before?", costs, f"{costs[1][0]}<{costs[0][0]}"))
    return found


def _bounds(network: Network, scene: Scene, layer: int) -> list[Question]:
    activation = network.layers[layer - 1].activation
    if activation not in BOUNDS:
        return []
    low, high = BOUNDS[activation]
    name = activation_name(layer, network.depth)
    area, block = scene.step.area(name), network.blocks[name]
    inside = f"MIN({area})>={low}" + (f",MAX({area})<={high}" if high is not None else "")
    between = f"between {low} and {high}" if high is not None else f"at least {low}"
    symbol = describe(network, name, scene.presentation.column)[0]
    words = f"{symbol}: {activation} gives numbers {between}. Do yours?"
    return [(words, [(area, block.rows * block.columns)], f"AND({inside})")]
