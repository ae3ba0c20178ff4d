"""The sheets about a workbook: `Read me` for people, and the hidden `_sheetnet` for programs.

`_sheetnet` holds the network, and what a student was asked to fill in. Column A, one line per cell. Format 2:

    sheetnet format 2
    copy = student                  facts, one per line: key = value; a key may come again, its values are joined
    token = k3v…                    which copy of a class it is, without saying whose
    blanks = z_1 A_1 delta_2        what is to be filled in
    network                         the facts end here, the network file begins
    title = "…"

Format 1 has no facts: the network file begins in the second line. Facts that this version does not know are passed over.
All of it is a claim of whoever had the file last.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sheetnet.errors import FileError
from sheetnet.formulas import describe
from sheetnet.layout.grid import Grid
from sheetnet.layout.pages import readable
from sheetnet.network import Network
from sheetnet.network_file import LONGEST_LINE, dump_network, parse_network
from sheetnet.workbook import Cell, Name, Sheet, View, Workbook
from sheetnet.workbook_options import ABOUT, SHEETS, left_out

if TYPE_CHECKING:
    from sheetnet.layout.views.view_parts import ViewContext

README_SHEET = "Read me"
README_WIDTHS = {1: 16.0, 2: 24.0, 3: 12.0, 4: 48.0}
ROLE_LEGEND = {
    "input": "inputs x and the learning rate γ: change them and watch",
    "weight": "weights before the step; the biases are the weights of the bias node",
    "bias_node": "the bias node, always 1",
    "forward": "z, what reaches a neuron",
    "activation_1": "activations a; the colour deepens from layer to layer",
    "output": "the output of the network",
    "target": "targets T: what the output should be",
    "cost": "the cost C",
    "backward": "the backward pass: ∂C/∂a, ∂a/∂z and δ",
    "gradient": "the gradient of the cost with respect to each weight",
    "new_weight": "weights after the step",
    "copy": "copied from another cell",
    "dead": "a ReLU unit that is off: it gives 0 and passes nothing back",
}
# What to look at first: the first three of these that the workbook has.
FIRST_LOOK = {
    "pictures": "what the network sees and says: see whether one step makes it surer",
    "network": "the whole network as one drawing: follow a line from an input to the cost, and δ back",
    "step": "the step with all its formulas: change an input, a weight or γ, and every number follows",
    "training": "many such steps: see the cost fall",
    "chain_rule": "why a weight's gradient is what it is, factor by factor",
}
FIRST_STEPS = (
    "Every number on the sheets is a live formula: change an input, a weight or γ on Step and all of them follow.",
    "Click a cell and press F2 to see which cells it uses; click a block's name to go where it is used.",
    "Replace a formula by your own, save, and ask `sheetnet validate FILE` whether it computes the same.",
    "To make a copy that students fill in, and its key, run `sheetnet generate FILE --student --key` on this file.",
)
STUDENT_STEPS = (
    "Fill in the framed white cells of Step with formulas: forward from the inputs to the outputs, then backward.",
    "Hover over the first cell of a block: its note may hold a hint. All other cells are given and locked.",
    "The sheet Check shows how far you are.",
    "To have your formulas checked, save the file and hand it in. With sheetnet installed, run `sheetnet validate FILE`.",
)
NOTATION = (
    "A⁽ˡ⁾ = [a⁽ˡ⁾, 1]: the activations of layer l with the bias node. One row per observation.",
    "W⁽ˡ⁾: row i: from node i of the previous layer; column j: to neuron j of this layer; the last row holds the biases.",
    "Textbooks write wⱼᵢ (to j, from i); here it is row i, column j. Counting starts at 0.",
)
NO_BIASES = (  # in place of the first two lines where no layer has biases
    "A⁽ˡ⁾ = a⁽ˡ⁾: the activations of layer l. One row per observation.",
    "W⁽ˡ⁾: row i: from neuron i of the previous layer; column j: to neuron j of this layer. There are no biases.",
)
SOME_BIASES = "A layer without biases has no last {line} of them, and no bias node stands in the A before it."
COLUMN_NOTATION = (
    "A⁽ˡ⁾: the activations of layer l above the bias node's 1, a column vector. One column per observation.",
    "W⁽ˡ⁾: row j: to neuron j of this layer; column i: from node i of the previous layer; the last column holds the biases.",
    "Textbooks write wⱼᵢ (to j, from i): that is row j, column i. Counting starts at 0.",
)
COLUMN_NO_BIASES = (
    "A⁽ˡ⁾ = a⁽ˡ⁾: the activations of layer l, a column vector. One column per observation.",
    "W⁽ˡ⁾: row j: to neuron j of this layer; column i: from neuron i of the previous layer. There are no biases.",
)
ALWAYS = (
    "Cₙⱼ: the cost of output j of observation n; Cₙ: of the whole observation; C: of all of them. γ is the learning rate.",
    "δ⁽ˡ⁾ = ∂C/∂z⁽ˡ⁾. ⊙ multiplies cell by cell. A prime (C′) marks what holds after the step, with the new weights.",
)


def readme_sheet(context: ViewContext, names: Sequence[Name], version: str) -> Sheet:
    """The first sheet of every workbook."""
    grid = _titled(context, "")
    row = _first_look(grid, context, 4)
    row = readme_lines(grid, row, "How to use it", FIRST_STEPS)
    row = _sheets(grid, context, row)
    row = _legend(grid, row, _roles(context.network))
    row = readme_lines(grid, row, "Notation", (*_notation(context), *ALWAYS))
    heads, row = row + 1, _places(grid, context, names, row, equations=True)
    _signed(grid, row, f"Made by sheetnet {version}. Each number was computed by NumPy too, and agrees.")
    return _readme(grid, heads)


def student_readme(context: ViewContext, version: str) -> Sheet:
    """The first sheet of a student's copy; equations are what the student is to find, so they do not stand here."""
    grid = _titled(context, "Exercise: ")
    for number, words in enumerate(("Name", "Date")):
        grid.write(4 + number, 1, words, "symbol")
        grid.cells[4 + number, 2] = Cell(None, role="answer")
    row = readme_lines(grid, 7, "What to do", STUDENT_STEPS)
    own = {"answer": "to be filled in by you", "input": "inputs x and the learning rate γ, given"}
    row = _legend(grid, row, {role: own.get(role, words) for role, words in (own | _roles(context.network)).items()})
    row = readme_lines(grid, row, "Notation", (*_notation(context), *ALWAYS))
    heads, row = row + 1, _places(grid, context, context.grid.names(), row, equations=False)
    _signed(grid, row, f"Made by sheetnet {version}.")
    return _readme(grid, heads)


def _readme(grid: Grid, heads: int) -> Sheet:
    """The sheet; the heads of its table, in row `heads`, repeat on every page that the table goes on to."""
    return readable(grid.finished(View(widths=README_WIDTHS, landscape=False, title_rows=(heads, heads))))


def remarked(sheet: Sheet, network: Network, view: str) -> Sheet:
    """The sheet with what the network's author remarks on it below all else."""
    words = [remark.text for remark in network.remarks if remark.view == view]
    if not words:
        return sheet
    top = max(row for row, _ in sheet.cells) + 2
    lines = {(top, 1): Cell("Remarks on the source", role="band")}
    lines |= {(top + number, 1): Cell(text, role="plain") for number, text in enumerate(words, 1)}
    return replace(sheet, cells={**sheet.cells, **lines})


def led_back(sheet: Sheet) -> Sheet:
    """The sheet with a link to Read me below its title, where that cell is free."""
    at = (3, 1)
    if at in sheet.cells:
        return sheet
    view = replace(sheet.view, links={**sheet.view.links, at: (README_SHEET, 1, 1)})
    return replace(sheet, cells={**sheet.cells, at: Cell("← Read me", role="link")}, view=view)


def _titled(context: ViewContext, before: str) -> Grid:
    grid = Grid(README_SHEET)
    grid.write(1, 1, before + context.network.title, "title")
    grid.write(2, 1, context.network.source, "subtitle")
    return grid


def _signed(grid: Grid, row: int, words: str) -> None:
    grid.write(row, 1, words, "subtitle")


def _notation(context: ViewContext) -> tuple[str, ...]:
    """What A and W are, in the workbook's orientation, with biases or without."""
    column, biases = context.presentation.column, [layer.bias for layer in context.network.layers]
    lines = COLUMN_NOTATION if column else NOTATION
    if not any(biases):
        return *(COLUMN_NO_BIASES if column else NO_BIASES), *lines[2:]
    some = () if all(biases) else (SOME_BIASES.format(line="column" if column else "row"),)
    return *lines[:2], *some, *lines[2:]


def _first_look(grid: Grid, context: ViewContext, row: int) -> int:
    """Three sheets to begin with, each a link."""
    grid.write(row, 1, "Look at this first", "band")
    shown = [view for view in FIRST_LOOK if context.shows(view)][:3]
    for offset, view in enumerate(shown, 1):
        grid.write(row + offset, 1, SHEETS[view], "link")
        grid.links[row + offset, 1] = (SHEETS[view], 1, 1)
        grid.write(row + offset, 2, FIRST_LOOK[view], "plain")
    return row + len(shown) + 2


def readme_lines(grid: Grid, row: int, title: str, lines: Sequence[str]) -> int:
    """Lines of text below a title, from a row on; gives the row for what follows."""
    grid.write(row, 1, title, "band")
    for offset, line in enumerate(lines, 1):
        grid.write(row + offset, 1, line, "plain")
    return row + len(lines) + 2


def _sheets(grid: Grid, context: ViewContext, row: int) -> int:
    """The sheets of the workbook, each a link."""
    grid.write(row, 1, "Sheets", "band")
    shown = [view for view in SHEETS if context.shows(view)]
    for offset, view in enumerate(shown, 1):
        grid.write(row + offset, 1, SHEETS[view], "link")
        grid.links[row + offset, 1] = (SHEETS[view], 1, 1)
        grid.write(row + offset, 2, ABOUT[view], "plain")
    row += len(shown)
    for view, reason in left_out(context.network).items():
        if not reason:
            continue
        row += 1
        grid.write(row, 1, SHEETS[view], "plain")
        grid.write(row, 2, reason, "plain")
    return row + 2


def _roles(network: Network) -> dict[str, str]:
    """The legend; that of units that are off, and of biases, stands where there may be some."""
    layers = range(1, network.depth + 1)
    legend = dict(ROLE_LEGEND)
    if all(network.activation_facts(layer).off is None for layer in layers):
        del legend["dead"]
    if not any(network.has_bias(layer) for layer in layers):
        del legend["bias_node"]
        legend["weight"] = "weights before the step"
    if network.l2 is not None:
        legend["cost"] = "the cost C, and the penalty R in it"
    return legend


def _legend(grid: Grid, row: int, legend: dict[str, str]) -> int:
    grid.write(row, 1, "Legend", "band")
    for offset, (role, words) in enumerate(legend.items(), 1):
        grid.cells[row + offset, 1] = Cell(role.removesuffix("_1").replace("_", " "), role=role)
        grid.write(row + offset, 2, words, "beside")
    return row + len(legend) + 2


def _places(grid: Grid, context: ViewContext, names: Sequence[Name], row: int, equations: bool) -> int:
    """A table of the blocks of Step: name, place, symbol, equation."""
    grid.write(row, 1, "Where things are", "band")
    heads = ("name", "place", "symbol", "equation")[: 4 if equations else 3]
    for column, words in enumerate(heads, 1):
        grid.write(row + 1, column, words, "symbol")
    places = {name.name: name.refers_to.replace("$", "") for name in names}
    for offset, name in enumerate(context.network.blocks, 2):
        texts = (name, places[name], *describe(context.network, name, context.presentation.column))[: len(heads)]
        for column, words in enumerate(texts, 1):
            grid.write(row + offset, column, words, "equation" if column == 4 else "plain")
        grid.links[row + offset, 2] = (context.grid.sheet, *context.grid.corners[name])
    return row + len(context.network.blocks) + 3


RECORD_SHEET = "_sheetnet"
FORMAT, OLDER = "sheetnet format 2", "sheetnet format 1"
NETWORK = "network"  # the line after the facts
BLANKS = "blanks"  # the fact that lists the blocks to be filled in
COPY_OF, STUDENTS = "copy", "student"  # the fact that a workbook is a student's copy
TOKEN = "token"  # noqa: S105 - the fact by which a teacher knows a copy again


@dataclass(frozen=True)
class Carried:
    """What a workbook says of itself: the text of its network file, and its facts by their keys."""

    network_text: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def blanks(self) -> tuple[str, ...]:
        """The blocks that a student was asked to fill in; none where the workbook does not say."""
        return tuple(self.facts.get(BLANKS, "").split())

    @property
    def token(self) -> str:
        """Which copy of a class it is; empty where it is none."""
        return self.facts.get(TOKEN, "")


def hidden_sheet(network: Network, blanks: Sequence[str] = (), token: str = "") -> Sheet:
    """The sheet of a workbook; `blanks` are the blocks that a student's copy leaves empty, `token` is that of the copy."""
    facts = [f"{COPY_OF} = {STUDENTS}"] if blanks else []
    facts += [f"{TOKEN} = {token}"] if token else []
    facts += [f"{BLANKS} = {names}" for names in textwrap.wrap(" ".join(blanks), LONGEST_LINE, break_on_hyphens=False)]
    lines = [FORMAT, *facts, NETWORK, *dump_network(network).splitlines()]
    return Sheet(RECORD_SHEET, {(row, 1): Cell(line) for row, line in enumerate(lines, 1) if line}, hidden=True)


def carried(workbook: Workbook, where: str) -> Carried:
    """What the workbook says of itself; raises `FileError` where it has no such sheet, or one of another format."""
    sheet = workbook.sheet(RECORD_SHEET)
    if sheet is None:
        raise FileError(
            f"has no sheet {RECORD_SHEET}, so it does not say which network it computes",
            path=where,
            remedy="give --network",
        )
    head = sheet.cells.get((1, 1), Cell()).value
    if head not in (FORMAT, OLDER):
        raise FileError(
            f"{RECORD_SHEET}!A1 holds {head!r}, expected '{FORMAT}'",
            path=where,
            remedy="give --network, or a newer sheetnet",
        )
    lines = [str(cell.value) for (row, column), cell in sorted(sheet.cells.items()) if row > 1 and column == 1]
    if head == OLDER:
        return Carried("\n".join(lines))
    if NETWORK not in lines:
        raise FileError(
            f"{RECORD_SHEET} has no line '{NETWORK}', after which the network stands",
            path=where,
            remedy="give --network",
        )
    end = lines.index(NETWORK)
    return Carried("\n".join(lines[end + 1 :]), _facts(lines[:end]))


def _facts(lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        key, _, value = (part.strip() for part in line.partition("="))
        found[key] = f"{found[key]} {value}" if key in found else value
    return found


def embedded_network(workbook: Workbook, where: str) -> Network:
    """The network a workbook carries; raises `FileError` where it carries none that can be read."""
    return parse_network(carried(workbook, where).network_text, where, RECORD_SHEET)
