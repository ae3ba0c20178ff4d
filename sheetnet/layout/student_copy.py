"""A student's copy: answer cells emptied and open, givens locked, hints as notes, and the sheet `Check`.

It reads the student's cells and compares them with nothing but one another: no cell here computes an answer.

The copy holds `Read me`, `Step` and checks of the student's own cells, never a sheet that computes an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import isfinite
from typing import TYPE_CHECKING

from sheetnet.errors import NetworkError
from sheetnet.formulas import LEVELS, describe, hint
from sheetnet.layout.grid import Grid, Numbers
from sheetnet.layout.info_sheets import hidden_sheet, led_back, student_readme
from sheetnet.layout.pages import readable
from sheetnet.layout.step_sheet import equation_place, step_grid, step_sheet
from sheetnet.network import Network, activation_name
from sheetnet.quantity import Quantity, q
from sheetnet.styles import STYLES
from sheetnet.syntax import Area, area_name, areas, cell_name
from sheetnet.workbook import Cell, Position, Rule, Sheet, View, Workbook
from sheetnet.workbook_options import SHEETS, WorkbookOptions

if TYPE_CHECKING:
    from sheetnet.layout.views.view_parts import ViewContext

BLANK_FORMAT = "0.000000"  # of every number that is to be found, whatever its size
USUAL_GIVENS = (1e-4, 100.0)  # sizes of given numbers from which such numbers come as this format shows
NAME_COLUMN, FILLED_COLUMN, OF_COLUMN, LIGHT_COLUMN = range(1, 5)
HEADER_ROW = 4
FULL, BEGUN, NOT_BEGUN = "filled in", "begun", "empty"
YES, NO, NOT_YET = "yes", "no", "not yet"
PROGRESS_STYLES = {FULL: "filled", BEGUN: "kink", YES: "pass", NO: "fail", NOT_YET: "light"}


def check_sheet(context: ViewContext, blanks: tuple[str, ...], falls: bool) -> Sheet:
    """A row a block with how many of its cells hold numbers; below, questions that right answers say yes to.

    `falls`: whether the step lowers the cost, which with a large γ it need not.
    """
    grid = Grid(SHEETS["check"])
    grid.write(1, NAME_COLUMN, "Check", "title")
    grid.write(2, NAME_COLUMN, "How far you are, not whether it is right: for that, hand the file in.", "subtitle")
    for column, words in (
        (NAME_COLUMN, "block"),
        (FILLED_COLUMN, "filled in"),
        (OF_COLUMN, "cells"),
        (LIGHT_COLUMN, "state"),
    ):
        grid.write(HEADER_ROW, column, words, "header")
    row = HEADER_ROW + 1
    for name in blanks:
        _counted(context, grid, name, row)
        row += 1
    row = _questions(context, grid, row + 1, falls)
    for column in (NAME_COLUMN, LIGHT_COLUMN):
        for word, role in PROGRESS_STYLES.items():
            rule = Rule((HEADER_ROW + 1, column, row, column), f'{cell_name(HEADER_ROW + 1, column)}="{word}"', role)
            grid.rules.append(rule)
    widths = {NAME_COLUMN: 14.0, FILLED_COLUMN: 11.0, OF_COLUMN: 9.0, LIGHT_COLUMN: 12.0}
    view = View(widths=widths, freeze=(HEADER_ROW + 1, 1), title_rows=(HEADER_ROW, HEADER_ROW))
    return readable(grid.finished(view))


def _counted(context: ViewContext, grid: Grid, name: str, row: int) -> None:
    block = context.network.blocks[name]
    # Bias nodes are given: count what is to be filled in.
    given = block.rows if block.bias_node else 0
    cells = block.rows * block.columns - given
    grid.write(row, NAME_COLUMN, describe(context.network, name, context.presentation.column)[0], "name")
    grid.links[row, NAME_COLUMN] = (context.grid.sheet, *context.grid.corners[name])
    counted = f"COUNT({context.step.area(name)})" + (f"-{given}" if given else "")
    grid.calculate(row, FILLED_COLUMN, counted, None, "count")
    grid.cells[row, OF_COLUMN] = Cell(float(cells), role="count")
    filled = cell_name(row, FILLED_COLUMN)
    light = f'IF({filled}={cells},"{FULL}",IF({filled}>0,"{BEGUN}","{NOT_BEGUN}"))'
    grid.calculate(row, LIGHT_COLUMN, light, None, "light")


def _questions(context: ViewContext, grid: Grid, row: int, falls: bool) -> int:
    grid.write(row, NAME_COLUMN, "Does it make sense?", "band")
    for words, needed, test in _sensible(context.network, context, falls):
        row += 1
        full = "AND(" + ",".join(f"COUNT({area})={count}" for area, count in needed) + ")"
        grid.calculate(row, NAME_COLUMN, f'IF({full},IF({test},"{YES}","{NO}"),"{NOT_YET}")', None, "light")
        grid.write(row, FILLED_COLUMN, words, "beside")
    return row


Question = tuple[str, list[tuple[str, int]], str]  # words, the areas that must be full of numbers, a test


def _sensible(network: Network, context: ViewContext, falls: bool) -> list[Question]:
    """Questions about the student's own numbers. None of their formulas is one that a student is to find."""
    step, found = context.step, []
    for layer in range(1, network.depth + 1):
        found += _bounds(network, context, layer)
    last = q("a", network.depth)
    if network.mixes(network.depth):
        area, count = step.area(last), network.observations * network.sizes[-1]
        words = "The outputs of an observation are probabilities: do they add up to 1?"
        found.append((words, [(area, count)], f"ABS(SUM({area})-{network.observations})<0.001"))
    if falls:
        costs = [(step.area(name), 1) for name in ("cost", "cost_new")]
        found.append(("Is the cost with the new weights lower than before?", costs, f"{costs[1][0]}<{costs[0][0]}"))
    return found


def _bounds(network: Network, context: ViewContext, layer: int) -> list[Question]:
    """Whether the activations of a layer lie where its f has them: nothing where that is everywhere."""
    activation, outputs = network.layers[layer - 1].activation, network.activation_facts(layer).outputs
    low, high = (f"{end:.15g}" if isfinite(end) else "" for end in (outputs.low, outputs.high))
    if not low and not high:
        return []
    name = activation_name(layer, network.depth)
    area, block = context.step.area(name), network.blocks[name]
    inside = ",".join([f"MIN({area})>={low}"] * bool(low) + [f"MAX({area})<={high}"] * bool(high))
    between = f"between {low} and {high}" if low and high else f"at least {low}" if low else f"at most {high}"
    symbol = describe(network, name, context.presentation.column)[0]
    words = f"{symbol}: {activation} gives numbers {between}. Do yours?"
    return [(words, [(area, block.rows * block.columns)], f"AND({inside})")]


@dataclass(frozen=True)
class Exercise:
    """What a student is to fill in: block names (none: every calculation), and how much the notes tell.

    `token`: by which a teacher knows the copy again, whatever its file is called then.
    """

    blanks: tuple[str, ...] = ()
    hints: str = "equation"
    token: str = ""

    def __post_init__(self) -> None:
        if self.hints not in LEVELS:
            raise NetworkError(f"there are no hints {self.hints!r}", remedy=f"choose from {', '.join(LEVELS)}")


def blanks_named(network: Network, asked: Sequence[str]) -> tuple[str, ...]:
    """The answer blocks that quantities name: `delta_2` is one block, `delta` that of every layer.

    The forward pass with the new weights repeats the first one's formulas, so that z means both. None asked: every
    calculation, and so does "all". Raises NetworkError for a quantity that the network does not have.
    """
    asked = () if "all" in asked else asked
    answers = [block.name for block in network.blocks.values() if block.kind == "answer"]
    found: list[str] = []
    for word in asked:
        fitting = [name for name in answers if word in _spoken(name)]
        if not fitting:
            known = ", ".join(dict.fromkeys(_spoken(name)[0] for name in answers))
            raise NetworkError(
                f"--blank {word}: there is no such calculation", remedy=f"choose from {known}, or one of a layer"
            )
        found += fitting
    return tuple(name for name in answers if name in found or not asked)


def _spoken(name: str) -> tuple[str, str, str]:
    """What people call a block: its kind in any layer, and it alone. `A_1` and `A_1_new` hold activations a_1."""
    quantity = Quantity.of(name)
    if quantity.symbol == "W":
        return quantity.kind, name, name
    return quantity.of_cells.symbol, quantity.old.name, quantity.old.of_cells.name


def student_workbook(
    network: Network, values: Mapping[str, Numbers], version: str, presentation: WorkbookOptions, exercise: Exercise
) -> Workbook:
    """The copy; formulas that are left have no cached values yet, since with the blanks they show other numbers."""
    from sheetnet.layout.views.view_parts import ViewContext  # who only reads a workbook needs no views

    grid = step_grid(network, values, presentation.column)
    blanks = exercise.blanks or blanks_named(network, ())
    shown = blank_format(network, values)
    for name in blanks:
        _empty(grid, network, name, exercise.hints, shown)
    _wait(grid, shown)
    context = ViewContext(network, presentation, {}, grid)
    falls = values["cost_new"][0][0] < values["cost"][0][0]
    title = replace(grid.cells[1, 1], value=f"Exercise: {network.title}")
    grid.cells[1, 1] = title
    views = map(led_back, (step_sheet(grid, network), check_sheet(context, blanks, falls)))
    sheets = (student_readme(context, version), *views)
    locked = [replace(sheet, view=replace(sheet.view, locked=True)) for sheet in sheets]
    names = sorted(grid.names(), key=lambda name: name.name)
    return Workbook((*locked, hidden_sheet(network, blanks, exercise.token)), tuple(names))


def blank_format(network: Network, values: Mapping[str, Numbers]) -> str:
    """The one number format of all that is to be found; none where the given numbers are unusually large or small.

    It depends on what is given alone, so that it tells no answer's size.
    """
    given = [
        abs(x) for name, block in network.blocks.items() if block.kind == "input" for row in values[name] for x in row
    ]
    low, high = USUAL_GIVENS
    return BLANK_FORMAT if all(size == 0 or low <= size < high for size in given) else ""


def as_key(workbook: Workbook) -> Workbook:
    """The whole workbook with KEY before the title of every sheet, so that nobody hands it out by mistake."""
    sheets = [
        sheet
        if sheet.hidden
        else replace(sheet, cells={**sheet.cells, (1, 1): replace(title, value=f"KEY: {title.value}")})
        for sheet in workbook.sheets
        for title in (sheet.cells.get((1, 1), Cell()),)
    ]
    return replace(workbook, sheets=tuple(sheets))


def _empty(grid: Grid, network: Network, name: str, level: str, shown: str) -> None:
    """Take the formulas of a block away, without hints its equation too; leave bias nodes and, as a note, the hint."""
    block = network.blocks[name]
    for r in range(block.rows):
        for c in range(block.columns):
            if not block.is_bias_node(c):
                grid.cells[grid.position(name, r, c)] = Cell(None, role="answer", number=shown)
    if level == "none" and (place := equation_place(grid, name)) is not None:
        del grid.cells[place]
    if (words := hint(network, name, level, grid.turned)) is not None:
        grid.notes[grid.corners[name]] = words


def _wait(grid: Grid, shown: str) -> None:
    """Let formulas that are left show nothing while a cell that they use does, for blanks are no numbers to them.

    Neither their number format, which is that of the blanks, nor a column's width tells what will stand there. Nothing is
    a blank character: where LibreOffice reads an .ods without recalculating it, an empty text counts as the number 0.
    """
    empty = {at for at, cell in grid.cells.items() if cell.role == "answer"}
    for at, cell in grid.cells.items():  # in the order in which the step computes them
        if cell.formula is None:
            continue
        used, formula = list(dict.fromkeys(areas(cell.formula))), cell.formula
        if any(place in empty for area in used for place in _places(area)):
            empty.add(at)
            count = sum(sum(1 for _ in _places(area)) for area in used)
            formula = f'IF(COUNT({",".join(map(_relative, used))})<{count}," ",{formula})'
        calculated = STYLES[cell.role].digits and cell.role != "weight"  # a bias that is shared is given
        grid.cells[at] = replace(cell, value=None, formula=formula, number=shown if calculated else "")


def _places(area: Area) -> Iterator[Position]:
    return product(range(area.top, area.bottom + 1), range(area.left, area.right + 1))


def _relative(area: Area) -> str:
    return area_name(area, absolute=False)
