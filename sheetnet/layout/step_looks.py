"""How the sheet `Step` looks and leads on: roles, conditional formats, checks of what is typed, notes, links.

It knows no positions but those of the grid it is given, and computes nothing.
"""

from __future__ import annotations

from sheetnet.formulas import cell_formulas
from sheetnet.layout.grid import Grid
from sheetnet.looks import activation_role
from sheetnet.network import Block, Network, activation_name
from sheetnet.syntax import areas, cell_name
from sheetnet.workbook import Box, Entry, Rule

PROBABLE = ("FFFFFF", "8DB4E2")  # the colours of a probability of 0 and of 1
SYMBOL_ABOVE = 2  # rows from a block's symbol down to its first cell

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
_INPUT_NOTES = {
    "gamma": "The learning rate γ, above 0. Change it: every sheet follows.",
    "A_0": "The inputs x, one row an observation. Change them: every sheet follows. The last cell is the bias node.",
    "target": "The targets T: what the outputs should be.",
    "W_": "A weight before the step. The last row holds the biases, the weights of the bias node.",
}
_TURNED_NOTES = {
    "A_0": "The inputs x, one column an observation. Change them: every sheet follows. The last cell is the bias node.",
    "W_": "A weight before the step. The last column holds the biases, the weights of the bias node.",
}


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
    if name.startswith("A_"):
        return activation_role(int(name.removesuffix("_new")[2:]))
    return "forward"


def dress(grid: Grid, network: Network) -> None:
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
    start = "W_" if block.name.startswith("W_") else block.name
    notes = _INPUT_NOTES | (_TURNED_NOTES if grid.turned else {})
    grid.notes[grid.corners[block.name]] = notes[start]
    rows, columns = block.rows, block.columns - (1 if block.bias_node else 0)
    first, last = grid.position(block.name, 0, 0), grid.position(block.name, rows - 1, columns - 1)
    if block.name == "gamma":
        entry = Entry((*first, *last), "Learning rate γ", "A number above 0, such as 0.5.", above=0.0)
    else:
        entry = Entry((*first, *last), "Number", "A number. What follows from it is computed anew.")
    grid.entries.append(entry)


def _grey_dead_units(grid: Grid, network: Network) -> None:
    """A ReLU unit with z ≤ 0 gives 0 and passes nothing back: its a, ∂a/∂z and δ turn grey.

    An empty z, as in a student's copy, is not yet dead, though it counts as 0.
    """
    for number, layer in enumerate(network.layers, 1):
        if layer.activation != "relu":
            continue
        z = cell_name(*grid.corners[f"z_{number}"])
        for name in (f"z_{number}", activation_name(number, network.depth), f"da_dz_{number}", f"delta_{number}"):
            shape = network.observations - 1, layer.neurons - 1
            box: Box = (*grid.corners[name], *grid.position(name, *shape))
            grid.rules.append(Rule(box, formula=f"AND(COUNT({z})=1,{z}<=0)", role="dead"))


def _scale_probabilities(grid: Grid, network: Network) -> None:
    activation = network.layers[-1].activation
    if activation == "softmax" or (activation == "sigmoid" and network.loss == "binary_cross_entropy"):
        for suffix in ("", "_new"):
            grid.rules.append(Rule(grid.box(f"a_{network.depth}{suffix}"), scale=PROBABLE))


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
