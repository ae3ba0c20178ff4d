"""The sheet `Step`: forward down the page, backward beside it, gradients next to their weights.

    observations:  γ          A⁽⁰⁾
    each layer:    A⁽ˡ⁻¹⁾ᵀ     W  z  a        ∂C/∂W  ∂C/∂a  ∂a/∂z  δ        W′  z′  a′
    cost:                     T  C            .                             C′

In column orientation every block stands transposed: W⁽ˡ⁾ has a row a neuron, activations are column vectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from sheetnet.activations_and_losses import Interval, Targets
from sheetnet.formulas import CellFormula, cell_formulas, describe
from sheetnet.layout.grid import Grid, Numbers
from sheetnet.layout.number_format import block_format
from sheetnet.network import Block, Network, activation_name
from sheetnet.quantity import q
from sheetnet.styles import activation_role
from sheetnet.syntax import areas, cell_name
from sheetnet.workbook import Box, Cell, CellValidation, Rule, Sheet, View
from sheetnet.workbook_options import SHEETS

PROBABLE = ("FFFFFF", "8DB4E2")  # the colours of a probability of 0 and of 1
SYMBOL_ABOVE = 2  # rows from a block's symbol down to its first cell

_ROLES = {
    "a": "output",
    "W": "weight",
    "target": "target",
    "gamma": "gamma",
    "cost_out": "cost",
    "cost_n": "cost",
    "cost": "cost",
    "dC_dW": "gradient",
    "dC_da": "backward",
    "da_dz": "backward",
    "J": "backward",
    "delta": "backward",
}
_INPUT_NOTES = {
    "gamma": "The learning rate γ, above 0. Change it: every sheet follows.",
    "A": "The inputs x, one row an observation. Change them: every sheet follows. The last cell is the bias node.",
    "target": "The targets T: what the outputs should be.",
    "W": "A weight before the step. The last row holds the biases, the weights of the bias node.",
}
_TURNED_NOTES = {
    "A": "The inputs x, one column an observation. Change them: every sheet follows. The last cell is the bias node.",
    "W": "A weight before the step. The last column holds the biases, the weights of the bias node.",
}


def role_of(block: Block) -> str:
    """How the cells of a block look."""
    quantity = block.quantity
    if quantity.transposed:
        return "copy"
    if quantity.symbol == "A":
        return activation_role(quantity.layer) if quantity.layer else "input"
    return "new_weight" if quantity.kind == "W_new" else _ROLES.get(quantity.symbol, "forward")


def add_styles(grid: Grid, network: Network) -> None:
    """Everything that helps the reader of a laid out `Step`."""
    for block in network.blocks.values():
        if block.kind == "input":
            _ask(grid, block)
    _grey_dead_units(grid, network)
    _scale_probabilities(grid, network)
    for name, use in uses(grid, network).items():
        top, left = grid.corners[name]
        grid.links[top - SYMBOL_ABOVE, left] = (grid.sheet, *grid.corners[use])


def _ask(grid: Grid, block: Block) -> None:
    """What may be typed into an input, and a note that says what it is."""
    notes = _INPUT_NOTES | (_TURNED_NOTES if grid.turned else {})
    grid.notes[grid.corners[block.name]] = notes[block.quantity.symbol]
    rows, columns = block.rows, block.columns - (1 if block.bias_node else 0)
    first, last = grid.position(block.name, 0, 0), grid.position(block.name, rows - 1, columns - 1)
    if block.name == "gamma":
        entry = CellValidation((*first, *last), "Learning rate γ", "A number above 0, such as 0.5.", above=0.0)
    else:
        entry = CellValidation((*first, *last), "Number", "A number. What follows from it is computed anew.")
    grid.entries.append(entry)


def _grey_dead_units(grid: Grid, network: Network) -> None:
    """A unit that is off, as a ReLU with z ≤ 0, gives 0 and passes nothing back: its a, ∂a/∂z and δ turn grey.

    An empty z, as in a student's copy, is not yet dead, though it counts as 0.
    """
    for number, layer in enumerate(network.layers, 1):
        off = network.activation_facts(number).off
        if off is None:
            continue
        z = cell_name(*grid.corners[q("z", number)])
        for name in (q("z", number), activation_name(number, network.depth), q("da_dz", number), q("delta", number)):
            shape = network.observations - 1, layer.neurons - 1
            box: Box = (*grid.corners[name], *grid.position(name, *shape))
            grid.rules.append(Rule(box, formula=f"AND(COUNT({z})=1,{z}<={off:.15g})", role="dead"))


def _scale_probabilities(grid: Grid, network: Network) -> None:
    """Outputs that are probabilities: parts of 1, or each that of a target from 0 to 1."""
    outputs = network.activation_facts(network.depth).outputs
    if network.mixes(network.depth) or (network.loss_facts.targets is Targets.UNIT and outputs == Interval(0, 1)):
        for new in (False, True):
            grid.rules.append(Rule(grid.box(q("a", network.depth, new)), scale=PROBABLE))


def uses(grid: Grid, network: Network) -> dict[str, str]:
    """Block → the first block whose formulas use it."""
    owners = {position: name for name in network.blocks for position in _cells(grid, network.blocks[name])}
    found: dict[str, str] = {}
    for name, formula in cell_formulas(network).items():
        for area in areas(formula(grid, 0, 0)):
            used = owners.get((area.top, area.left))
            if used is not None and used != name:
                found.setdefault(used, name)
    return found


def _cells(grid: Grid, block: Block) -> list[tuple[int, int]]:
    """The first row and the first column of a block: where the ranges of a formula of its user begin."""
    corners = [(row, 0) for row in range(block.rows)] + [(0, column) for column in range(block.columns)]
    return [grid.position(block.name, *corner) for corner in corners]


NARROWEST_PANEL = 4  # columns, so that a block's symbol and equation have room above it
LABELS = 1  # the column of the row labels
TITLE_ROWS = 3


def step_grid(network: Network, values: Mapping[str, Numbers], column: bool = False) -> Grid:
    """The laid out sheet with every block filled; `values` maps each block to its rows of numbers."""
    grid = Grid(SHEETS["step"], turned=column)
    grid.write(1, LABELS, network.title, "title")
    grid.write(2, LABELS, network.source, "subtitle")
    places = _Places(grid, network, *_panels(grid, network))
    bottom = places.observations(TITLE_ROWS + 1)
    for layer in range(1, network.depth + 1):
        bottom = places.layer(layer, bottom)
    places.cost(bottom)
    formulas = cell_formulas(network)
    for name, block in network.blocks.items():
        _fill(grid, network, block, formulas.get(name), values[name])
    add_styles(grid, network)
    return grid


def step_sheet(grid: Grid) -> Sheet:
    """The grid as a sheet."""
    view = View(widths={LABELS: 12.0}, freeze=(TITLE_ROWS + 1, LABELS + 1), title_rows=(1, 2), tab="1F3864")
    return grid.finished(view)


def label_of(network: Network, block: Block, turned: bool) -> str:
    """What stands above a block: its symbol, and its rows and columns on the sheet."""
    symbol, _ = describe(network, block.name, turned)
    rows, columns = block.shape[::-1] if turned else block.shape
    return f"{symbol}   {rows}×{columns}"


def _panel_blocks(network: Network, layer: int) -> tuple[list[str], list[str], list[str], list[str]]:
    """The blocks of a layer from top to bottom: activations below, forward, backward, with the new weights."""
    mixes = network.mixes(layer)

    def forward(new: bool) -> list[str]:
        e = [q("e", layer, new)] if mixes else []
        return [q("W", layer, new), q("z", layer, new), *e, activation_name(layer, network.depth, new)]

    backward = [q("dC_da", layer), q("da_dz", layer), *([q("J", layer)] if mixes else []), q("delta", layer)]
    turned = [q("A", layer, new=True, transposed=True)] if layer < network.depth else []
    return (
        [q("A", layer - 1, transposed=True)],
        forward(new=False),
        [q("dC_dW", layer), *backward],
        [*forward(new=True), *turned],
    )


def _panels(grid: Grid, network: Network) -> tuple[int, int, int, int]:
    """The first columns of the four panels, each as wide as its widest block (A_0 has the whole width to itself)."""
    left, found = LABELS + 1, []
    for panel in range(4):
        names = [name for layer in range(1, network.depth + 1) for name in _panel_blocks(network, layer)[panel]]
        width = max(grid.on_sheet(network.blocks[name].shape)[1] for name in names)
        found.append(left)
        left += max(NARROWEST_PANEL, width) + 1
    return found[0], found[1], found[2], found[3]


@dataclass(frozen=True)
class _Places:
    """Placing blocks: the grid, and the first columns of the four panels."""

    grid: Grid
    network: Network
    below: int
    forward: int
    backward: int
    new: int

    def observations(self, top: int) -> int:
        grid, network = self.grid, self.network
        grid.write(top, LABELS, f"Observations: {network.observations}", "band")
        self._place("gamma", top + 1, self.below)
        bottom = self._place("A_0", top + 1, self.forward)
        if not grid.turned:
            for n in range(network.observations):
                grid.write(top + 3 + n, self.forward - 1, f"n = {n}", "label")
        return bottom

    def layer(self, layer: int, top: int) -> int:
        """The blocks of a layer: first those that stand beside W, then the others below them."""
        grid, fan_in = self.grid, self.network.sizes[layer - 1]
        neurons, activation = self.network.sizes[layer], self.network.layers[layer - 1].activation
        grid.write(top, LABELS, f"Layer {layer}: {activation}, {fan_in} → {neurons}", "band")
        columns = self.below, self.forward, self.backward, self.new
        panels = list(zip(columns, _panel_blocks(self.network, layer), strict=True))
        bottom = max(self._place(names[0], top + 1, column) for column, names in panels)
        if grid.turned:
            for j in range(neurons):
                grid.write(top + 3 + j, self.forward - 1, f"j = {j}", "label")
        else:
            for i in range(fan_in + 1):
                grid.write(top + 3 + i, LABELS, f"i = {i}" if i < fan_in else "bias node", "label")
        return max(self._stack(names[1:], bottom, column) for column, names in panels)

    def cost(self, top: int) -> int:
        grid, costs = self.grid, ["cost_out", "cost_n", "cost"]
        grid.write(top, LABELS, f"Cost: {self.network.loss_facts.title}", "band")
        beside = self._place("target", top + 1, self.forward)
        self._stack([q(name, new=True) for name in costs], beside, self.new)
        return self._stack(costs, beside, self.forward)

    def _stack(self, names: list[str], top: int, column: int) -> int:
        for name in names:
            top = self._place(name, top, column)
        return top

    def _place(self, name: str, top: int, column: int) -> int:
        """A block below its two lines of symbol, shape and equation; gives the first free row after a gap."""
        block = self.network.blocks[name]
        _, equation = describe(self.network, name, self.grid.turned)
        rows, _ = self.grid.on_sheet(block.shape)
        self.grid.write(top, column, label_of(self.network, block, self.grid.turned), "symbol")
        self.grid.write(top + 1, column, equation, "equation")
        self.grid.place(name, block.shape, top + 2, column)
        return top + 2 + rows + 1


def _fill(grid: Grid, network: Network, block: Block, formula: CellFormula | None, values: Numbers) -> None:
    """Every cell of a block: a constant for inputs and bias nodes, else a formula with its cached value."""
    role, tied = role_of(block), _tied_row(network, block)
    digits = None if block.kind == "input" else block_format(role, chain.from_iterable(values))
    for r, numbers in enumerate(values):
        for c, number in enumerate(numbers):
            is_bias = block.is_bias_node(r, c)
            if is_bias and not block.transposed:
                cell = Cell(1.0, role="bias_node")
            else:
                text = formula(grid, r, c) if formula is not None else None
                if r == tied and c > 0:
                    text = grid.cell(block.name, r, 0)
                look, shown = ("bias_node", "") if is_bias else (role, digits.code(number) if digits else "")
                cell = Cell(number, text, look, shown)
            grid.cells[grid.position(block.name, r, c)] = cell


def _tied_row(network: Network, block: Block) -> int | None:
    """The row of a weight block whose cells all refer to its first: a bias shared by the layer is one input."""
    quantity = block.quantity
    shared = quantity.kind == "W" and network.layers[(quantity.layer or 0) - 1].shared_bias
    return block.rows - 1 if shared else None
