"""The sheet `Step`: forward down the page, backward beside it, gradients next to the weights they belong to.

It knows where each block stands; what the cells compute is asked of `formulas`, their cached values of the caller.

    observations:  γ          A⁽⁰⁾
    each layer:    A⁽ˡ⁻¹⁾ᵀ     W  z  a        ∂C/∂W  ∂C/∂a  ∂a/∂z  δ        W′  z′  a′
    cost:                     T  C            .                             C′
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from sheetnet.formulas import CellFormula, cell_formulas, describe
from sheetnet.layout.grid import Grid
from sheetnet.network import Block, Network, activation_name
from sheetnet.workbook import Cell, Sheet, View

Numbers = Sequence[Sequence[float]]
NARROWEST_PANEL = 4  # columns, so that a block's symbol and equation have room above it
LABELS = 1  # the column of the row labels
SHEET = "Step"


def step_grid(network: Network, values: Mapping[str, Numbers]) -> Grid:
    """The laid out sheet with every block filled; `values` maps each block to its rows of numbers."""
    grid = Grid.empty(SHEET)
    known = network.blocks
    grid.write(1, LABELS, network.title, "title")
    grid.write(2, LABELS, network.source, "subtitle")
    bottom = _observations(grid, network, known, top=4)
    for layer in range(1, network.depth + 1):
        bottom = _layer(grid, network, known, layer, bottom)
    _cost(grid, network, known, bottom)
    formulas = cell_formulas(network)
    for name, block in known.items():
        _fill(grid, network, block, formulas.get(name), values[name])
    return grid


def step_sheet(grid: Grid) -> Sheet:
    """The grid as a sheet."""
    return Sheet(grid.sheet, grid.cells, view=View(widths={LABELS: 12.0}, freeze=(4, LABELS + 1)))


def _panels(network: Network) -> tuple[int, int, int, int]:
    """The first columns of the four panels: activations below, forward, backward, new."""
    widest = max(network.sizes[1:]) + 1
    below = LABELS + 1
    forward = below + max(NARROWEST_PANEL, network.observations) + 1
    backward = forward + max(NARROWEST_PANEL, widest) + 1
    return below, forward, backward, backward + max(NARROWEST_PANEL, widest) + 1


def _observations(grid: Grid, network: Network, known: Mapping[str, Block], top: int) -> int:
    below, forward, *_ = _panels(network)
    grid.write(top, LABELS, f"Observations: {network.observations}", "band")
    _place(grid, network, known["gamma"], top + 1, below)
    bottom = _place(grid, network, known["A_0"], top + 1, forward)
    for n in range(network.observations):
        grid.write(top + 3 + n, forward - 1, f"n = {n}", "label")
    return bottom


def _layer(grid: Grid, network: Network, known: Mapping[str, Block], layer: int, top: int) -> int:
    below, forward, backward, new = _panels(network)
    fan_in, neurons = network.sizes[layer - 1], network.sizes[layer]
    activation = network.layers[layer - 1].activation
    grid.write(top, LABELS, f"Layer {layer}: {activation}, {fan_in} → {neurons}", "band")
    _place(grid, network, known[f"A_{layer - 1}_T"], top + 1, below)
    _place(grid, network, known[f"W_{layer}"], top + 1, forward)
    _place(grid, network, known[f"dC_dW_{layer}"], top + 1, backward)
    bottom = _place(grid, network, known[f"W_{layer}_new"], top + 1, new)
    for i in range(fan_in + 1):
        grid.write(top + 3 + i, LABELS, f"i = {i}" if i < fan_in else "bias node", "label")
    a = activation_name(layer, network.depth)
    mixed = [f"e_{layer}"] if network.mixes(layer) else []
    forward_stack = [f"z_{layer}", *mixed, a]
    jacobian = [f"J_{layer}"] if network.mixes(layer) else []
    backward_stack = [f"dC_da_{layer}", f"da_dz_{layer}", *jacobian, f"delta_{layer}"]
    new_stack = [f"{name}_new" for name in forward_stack]
    turned = [f"A_{layer}_new_T"] if layer < network.depth else []
    stacks = ((forward, forward_stack), (backward, backward_stack), (new, [*new_stack, *turned]))
    return max(_stack(grid, network, known, names, bottom, column) for column, names in stacks)


def _cost(grid: Grid, network: Network, known: Mapping[str, Block], top: int) -> int:
    _, forward, _, new = _panels(network)
    grid.write(top, LABELS, f"Cost: {network.loss}", "band")
    costs = ["cost_out", "cost_n", "cost"]
    _stack(grid, network, known, [f"{name}_new" for name in costs], top + 4 + network.observations, new)
    return _stack(grid, network, known, ["target", *costs], top + 1, forward)


def _stack(grid: Grid, network: Network, known: Mapping[str, Block], names: list[str], top: int, column: int) -> int:
    for name in names:
        top = _place(grid, network, known[name], top, column)
    return top


def _place(grid: Grid, network: Network, block: Block, top: int, column: int) -> int:
    """A block below its two lines of symbol, shape and equation; gives the first free row after a gap."""
    symbol, equation = describe(network, block.name)
    grid.write(top, column, f"{symbol}   {block.rows}×{block.columns}", "symbol")
    grid.write(top + 1, column, equation, "equation")
    grid.place(block, top + 2, column)
    return top + 2 + block.rows + 1


def role_of(network: Network, block: Block) -> str:
    """How the cells of a block look."""
    name = block.name
    if block.transposed:
        return "copy"
    if name.removesuffix("_new") == activation_name(network.depth, network.depth):
        return "output"
    for start, role in _ROLES:
        if name.startswith(start):
            return "new_weight" if role == "weight" and name.endswith("_new") else role
    return "forward"


_ROLES = (
    ("A_0", "input"),
    ("W_", "weight"),
    ("target", "target"),
    ("gamma", "gamma"),
    ("cost", "cost"),
    ("dC_dW", "gradient"),
    ("dC_da", "backward"),
    ("da_dz", "backward"),
    ("J_", "backward"),
    ("delta", "backward"),
)


def _fill(grid: Grid, network: Network, block: Block, formula: CellFormula | None, values: Numbers) -> None:
    """Every cell of a block: a constant for inputs and bias nodes, else a formula with its cached value."""
    top, left = grid.corners[block.name]
    role = role_of(network, block)
    tied = _tied_row(network, block)
    for r, numbers in zip(count(), values):
        for c, number in zip(count(), numbers):
            if block.is_bias_node(r, c) and not block.transposed:
                cell = Cell(1.0, role="bias_node")
            elif formula is not None:
                cell = Cell(number, formula(grid, r, c), "bias_node" if block.is_bias_node(r, c) else role)
            elif r == tied and c > 0:
                cell = Cell(number, grid.cell(block.name, r, 0), role)
            else:
                cell = Cell(number, role=role)
            grid.cells[top + r, left + c] = cell


def _tied_row(network: Network, block: Block) -> int | None:
    """The row of a weight block whose cells all refer to its first: a bias shared by the layer is one input."""
    if block.kind == "input" and block.name.startswith("W_") and network.layers[int(block.name[2:]) - 1].shared_bias:
        return block.rows - 1
    return None
