"""The sheet `Step`: writes the blocks where `step_bands` has placed them, and all that helps a reader of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, pairwise

from sheetnet.activations_and_losses import Interval, Targets
from sheetnet.formulas import CellFormula, cell_formulas, describe
from sheetnet.layout.grid import Grid, Numbers
from sheetnet.layout.number_format import fitting_widths, percent_format, text_characters
from sheetnet.layout.pages import paged
from sheetnet.layout.step_bands import (
    BANDS_ROW,
    BY_WEIGHT,
    CHANGE,
    FROZEN_BLOCKS,
    HEADS_ROW,
    LABELS,
    SINGLE,
    PlacedBand,
    PlacedLine,
    StepPlan,
    label_lines,
    step_plan,
    track_of,
)
from sheetnet.network import Block, Network, activation_name
from sheetnet.quantity import q
from sheetnet.styles import UPRIGHT, activation_role
from sheetnet.syntax import areas, cell_name
from sheetnet.workbook import Box, Cell, CellValidation, Position, Rule, Sheet, View
from sheetnet.workbook_options import SHEETS

PROBABLE = ("FFFFFF", "8DB4E2")  # the colours of a probability of 0 and of 1
SIGNED = ("F4A261", "FFFFFF", "6FA8DC")  # of a negative weight, of 0 and of a positive one
MANY_WEIGHTS = 200  # weights of a layer from which their signs and sizes are shown by colour
FIRST_SCREEN, SCREEN_COLUMNS = 30, 18  # rows, and columns of numbers, that a screen shows
POST_WIDTH = 4  # columns from one list of what stands where to the next
TALL = 16  # rows of a line from which it can be folded away
NUMBER_WIDTH, GAP_WIDTH, LABEL_WIDTH, HEADING_WIDTH = 7.6, 2.0, 6.0, 3.2

_ROLES = {
    "a": "output",
    "W": "weight",
    "target": "target",
    "gamma": "gamma",
    "l2_factor": "gamma",
    "penalty": "cost",
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
    "gamma": "The learning rate γ, above 0.",
    "l2_factor": "λ, how much large weights cost: the cost C has the penalty R more. From 0 on.",
    "A": "The inputs x, one row per observation.{last}",
    "target": "The targets T: what the outputs should be.",
    "W": "A weight before the step.{last}",
}
_TURNED_NOTES = {"A": "The inputs x, one column per observation.{last}"}
# What their last row or column is, where there are biases.
_LAST = {
    "A": " The last cell is the bias node.",
    "W": " The last {line} holds the biases, the weights of the bias node.",
}
_TURNED_ARROWS = {"→": "↓", "←": "↑", "↓": "→"}
_HEAD_LABELS = {"gamma": "γ", "l2_factor": "λ", "cost": "cost C", "cost_new": "new C′", CHANGE: "change"}


def role_of(block: Block) -> str:
    """How the cells of a block look."""
    quantity = block.quantity
    if quantity.symbol == "A":
        return activation_role(quantity.layer) if quantity.layer else "input"
    return "new_weight" if quantity.kind == "W_new" else _ROLES.get(quantity.symbol, "forward")


def label_of(network: Network, block: Block, turned: bool) -> str:
    """What stands above a block: its symbol, and its rows and columns on the sheet."""
    symbol, _ = describe(network, block.name, turned)
    rows, columns = block.shape[::-1] if turned else block.shape
    return f"{symbol}   {rows}×{columns}"


def equation_place(grid: Grid, block: str) -> Position | None:
    """Where the equation of a block stands, below its symbol; in the frozen rows there are none."""
    row, left = _symbol_place(grid, block)
    return None if block in FROZEN_BLOCKS else (row + 1, left)


def _symbol_place(grid: Grid, block: str) -> Position:
    top, left = grid.corners[block]
    return top - label_lines(grid.turned), left


def step_grid(network: Network, values: Mapping[str, Numbers], column: bool = False) -> Grid:
    """The laid out sheet with every block filled; `values` maps each block to its rows of numbers."""
    grid, plan = Grid(SHEETS["step"], turned=column), step_plan(network, column)
    grid.write(1, LABELS, network.title, "title")
    grid.write(2, LABELS, network.source, "subtitle")
    for name, block in network.blocks.items():
        grid.place(name, block.shape, *plan.corners[name])
    formulas = cell_formulas(network)
    for name, block in network.blocks.items():
        _fill(grid, network, block, formulas.get(name), values[name])
    _heads(grid, plan, values)
    for placed in plan.bands:
        _heading(grid, plan, placed)
        _number_rows(grid, network, placed)
        _arrows(grid, network, plan, placed)
        for name in chain.from_iterable(line.blocks for line in placed.lines):
            _label(grid, network, name)
        _repeats(grid, network, plan, placed)
    _signposts(grid, network, plan)
    _add_styles(grid, network)
    return grid


def step_sheet(grid: Grid, network: Network) -> Sheet:
    """The grid as a sheet: columns as wide as their texts need, and pages that begin with bands, if not all fits on one."""
    plan, turned = step_plan(network, grid.turned), grid.turned
    lines = [line for placed in plan.bands for line in placed.lines]
    groups = tuple((line.first, line.last) for line in lines if _folds(network, line))
    frozen = BANDS_ROW if turned else BANDS_ROW - 1
    view = View(
        widths=_widths(grid, network, plan),
        default_width=NUMBER_WIDTH,
        freeze=(frozen + 1, LABELS + 1),
        title_rows=(1, frozen),
        row_groups=() if turned else groups,
        column_groups=groups if turned else (),
        tab="1F3864",
    )
    return paged(grid.finished(view), [placed.first for placed in plan.bands[1:]], side_by_side=turned)


def _fill(grid: Grid, network: Network, block: Block, formula: CellFormula | None, values: Numbers) -> None:
    """Every cell of a block: a constant for inputs and bias nodes, else a formula with its cached value."""
    tied, role = _tied_row(network, block), role_of(block)

    def text(row: int, column: int) -> str | None:
        if row == tied and column > 0:
            return grid.cell(block.name, row, 0)
        return None if formula is None or block.is_bias_node(column) else formula(grid, row, column)

    def look(_: int, column: int) -> str:
        return "bias_node" if block.is_bias_node(column) else role

    grid.fill(block.name, values, text, look, typed=block.kind == "input")


def _tied_row(network: Network, block: Block) -> int | None:
    """The row of a weight block whose cells all refer to its first: a bias shared by the layer is one input."""
    quantity = block.quantity
    shared = quantity.kind == "W" and network.layers[(quantity.layer or 0) - 1].shared_bias
    return block.rows - 1 if shared else None


def _heads(grid: Grid, plan: StepPlan, values: Mapping[str, Numbers]) -> None:
    """The frozen row: what stands before γ, λ and the costs, and by how much the step changes the cost."""
    for name, (label, _) in plan.heads.items():
        grid.write(HEADS_ROW, label, _HEAD_LABELS[name], "head")
    old, new = (values[name][0][0] for name in ("cost", "cost_new"))
    change = new / old - 1 if old else 0.0
    cells = [grid.cell(name, 0, 0) for name in ("cost", "cost_new")]
    formula = f"IF({cells[0]}=0,0,{cells[1]}/{cells[0]}-1)"
    grid.calculate(HEADS_ROW, plan.heads[CHANGE][1], formula, change, "change", percent_format(change))


def _heading(grid: Grid, plan: StepPlan, placed: PlacedBand) -> None:
    """A bar in the band's colour, with its number, name and direction."""
    band = placed.band
    if grid.turned:
        _upright_heading(grid, plan, placed)
        return
    right = max(grid.box(block)[3] for block in plan.corners)
    for column in range(LABELS, right + 1):
        grid.cells[placed.first, column] = Cell(None, role=band.role)
    grid.write(placed.first, LABELS, f"{band.number} {band.name} {band.arrow}   {band.says}", band.role)


def _upright_heading(grid: Grid, plan: StepPlan, placed: PlacedBand) -> None:
    """The same beside a band in column orientation, from below to above; its number stays in sight in the frozen row."""
    band, bottom = placed.band, max(grid.box(block)[2] for block in plan.corners)
    grid.write(BANDS_ROW, placed.first, band.number, band.role)
    box = (BANDS_ROW + 1, placed.first, bottom, placed.first)
    for row in range(box[0], bottom + 1):
        grid.cells[row, placed.first] = Cell(None, role=band.role + UPRIGHT)
    grid.write(
        *box[:2], f"{band.name} {_TURNED_ARROWS[band.arrow]}   {band.turned_says or band.says}", band.role + UPRIGHT
    )
    grid.merged.append(box)


def _number_rows(grid: Grid, network: Network, placed: PlacedBand) -> None:
    """Which observation each row is; beside weights and Jacobians, from which node it leads.

    In column orientation it is what the columns are, and stands above each block.
    """
    for line in placed.lines:
        by_weight = network.blocks[line.blocks[0]].quantity.symbol in BY_WEIGHT
        if grid.turned:
            for name in line.blocks:
                _number_columns(grid, network, network.blocks[name])
            for n in () if by_weight else range(network.observations):
                grid.write(BANDS_ROW, line.first + n, f"n = {n}", "index")
        elif not by_weight:
            for n in range(network.observations):
                grid.write(line.first + n, LABELS, f"n = {n}", "label")
        else:
            for name in (name for name in line.blocks if network.blocks[name].quantity.symbol not in SINGLE):
                top, left = grid.corners[name]
                for number, node in enumerate(_nodes(network, network.blocks[name])):
                    grid.write(top + number, left - 1, node, "index")


def _number_columns(grid: Grid, network: Network, block: Block) -> None:
    """Above each column of a block: its node, or its observation."""
    top, left = grid.corners[block.name]
    if block.quantity.symbol in BY_WEIGHT:
        words = ["bias" if node == "b" else f"i = {node}" for node in _nodes(network, block)]
    else:
        words = [f"n = {number}" for number in range(block.rows)] if block.quantity.symbol not in SINGLE else []
    for number, each in enumerate(words):
        grid.write(top - 1, left + number, each, "index")


def _nodes(network: Network, block: Block) -> list[str]:
    """The node of each row of a block of weights, b for the bias node, or of Jacobians that stand one below the other."""
    layer = block.quantity.layer or 0
    if block.quantity.symbol == "J":
        return [str(row % block.columns) for row in range(block.rows)]
    return [*map(str, range(network.sizes[layer - 1])), *(["b"] if network.has_bias(layer) else [])]


def _arrows(grid: Grid, network: Network, plan: StepPlan, placed: PlacedBand) -> None:
    """Between the blocks of a band, in the direction in which its numbers follow from one another."""
    arrow = _TURNED_ARROWS[placed.band.arrow] if grid.turned else placed.band.arrow
    blocks = [network.blocks[name] for line in placed.lines for name in (*line.blocks, *line.repeats)]
    starts = {block.name: plan.tracks[track_of(network, block)] for block in blocks}
    for block in blocks:
        if block.quantity.symbol in placed.band.arrows and starts[block.name] > min(starts.values()):
            top, left = grid.corners[block.name]
            at = (top - label_lines(True) - 1, left) if grid.turned else (top, left - 1)
            grid.write(*at, arrow, "arrow")


def _label(grid: Grid, network: Network, name: str) -> None:
    """The two lines above a block: symbol and shape, equation."""
    row, left = _symbol_place(grid, name)
    grid.write(row, left, label_of(network, network.blocks[name], grid.turned), "symbol")
    grid.write(row + 1, left, describe(network, name, grid.turned)[1], "equation")


def _signposts(grid: Grid, network: Network, plan: StepPlan) -> None:
    """At the top of a large network, whose first blocks stand beyond the first screen: where each block is, band by band."""
    inputs, weights = grid.corners["A_0"], grid.corners[q("W", 1)]
    if (inputs[1] <= SCREEN_COLUMNS) if grid.turned else (inputs[0] <= FIRST_SCREEN):
        return
    bottom, left = weights if grid.turned else inputs  # what is above is free
    for number, placed in enumerate(plan.bands):
        at = (BANDS_ROW + 2, left + number * POST_WIDTH)
        grid.write(*at, f"{placed.band.number} {placed.band.name}", "symbol")
        names = sorted(chain.from_iterable(line.blocks for line in placed.lines), key=list(network.blocks).index)
        for row, name in enumerate(names[: bottom - at[0] - label_lines(grid.turned) - 2], at[0] + 1):
            symbol, place = describe(network, name, grid.turned)[0], grid.corners[name]
            grid.write(row, at[1], f"{symbol} stands at {cell_name(*place)}", "link")
            grid.links[row, at[1]] = (grid.sheet, *place)


def _repeats(grid: Grid, network: Network, plan: StepPlan, placed: PlacedBand) -> None:
    """Where a band uses a block of another: its symbol, a link, and where it stands."""
    for line in placed.lines:
        for name in line.repeats:
            track = plan.tracks[track_of(network, network.blocks[name])]
            top, left = (track, line.first) if grid.turned else (line.first, track)
            row = top - label_lines(grid.turned)
            grid.write(row, left, describe(network, name, grid.turned)[0], "symbol")
            grid.write(row + 1, left, f"as in {plan.bands[0].band.number}", "equation")
            grid.links[row, left] = (grid.sheet, *grid.corners[name])


def _folds(network: Network, line: PlacedLine) -> bool:
    """Jacobians, which few people need at first, and what is tall."""
    return line.last - line.first >= TALL or network.blocks[line.blocks[0]].quantity.symbol == "J"


def _widths(grid: Grid, network: Network, plan: StepPlan) -> dict[int, float]:
    """Column → characters: gaps are narrow, others as wide as their numbers and as the labels above these need."""
    widths = {LABELS: LABEL_WIDTH, **dict.fromkeys(plan.gaps, GAP_WIDTH)}
    widths |= {placed.first: HEADING_WIDTH for placed in plan.bands if grid.turned}
    for column, width in fitting_widths(grid.cells).items():
        widths[column] = max(width, widths.get(column, NUMBER_WIDTH))
    written = sorted(at for at, cell in grid.cells.items() if _hides_a_neighbour(cell))
    following = {at: after for at, after in pairwise(written) if at[0] == after[0]}
    for name in network.blocks:
        _, left, _, right = grid.box(name)
        row, _ = _symbol_place(grid, name)
        for at in ((row, left), (row + 1, left)) if name not in FROZEN_BLOCKS else ():
            if (cell := grid.cells.get(at)) is not None and at in following:
                room = sum(widths.get(column, NUMBER_WIDTH) for column in range(left, following[at][1]))
                lacking = text_characters(str(cell.value), cell.role) - room
                for column in range(left, right + 1) if lacking > 0 else ():
                    widths[column] = widths.get(column, NUMBER_WIDTH) + lacking / (right + 1 - left)
    return widths


def _hides_a_neighbour(cell: Cell) -> bool:
    """Whether a text that runs over is cut at the cell: it shows something, or is part of a heading of merged cells."""
    return cell.value is not None or cell.formula is not None or cell.role.endswith(UPRIGHT)


def _add_styles(grid: Grid, network: Network) -> None:
    """What may be typed where, colours that follow the numbers, and links from each block to its use."""
    for block in network.blocks.values():
        if block.kind == "input":
            _ask(grid, network, block)
    _grey_dead_units(grid, network)
    _scale_probabilities(grid, network)
    _scale_weights(grid, network)
    for name, use in uses(grid, network).items():
        if name not in FROZEN_BLOCKS:
            grid.links[_symbol_place(grid, name)] = (grid.sheet, *grid.corners[use])


def _ask(grid: Grid, network: Network, block: Block) -> None:
    """What may be typed into an input, and a note that says what it is."""
    notes, symbol = _INPUT_NOTES | (_TURNED_NOTES if grid.turned else {}), block.quantity.symbol
    biases = block.bias_node or (symbol == "W" and network.has_bias(block.quantity.layer or 0))
    about = _LAST[symbol].format(line="column" if grid.turned else "row") if biases else ""
    grid.notes[grid.corners[block.name]] = notes[symbol].format(last=about)
    rows, columns = block.rows, block.columns - (1 if block.bias_node else 0)
    first, last = grid.position(block.name, 0, 0), grid.position(block.name, rows - 1, columns - 1)
    if block.name == "gamma":
        entry = CellValidation((*first, *last), "Learning rate γ", "A number above 0, such as 0.5.", above=0.0)
    elif block.name == "l2_factor":
        entry = CellValidation((*first, *last), "Factor λ", "A number from 0 on, such as 0.01.", least=0.0)
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


def _scale_weights(grid: Grid, network: Network) -> None:
    """Weights and gradients of large layers, which nobody reads one by one: blue above 0, orange below."""
    for layer in range(1, network.depth + 1):
        weights = network.blocks[q("W", layer)]
        if weights.rows * weights.columns > MANY_WEIGHTS:
            for name in (weights.name, q("dC_dW", layer), q("W", layer, new=True)):
                grid.rules.append(Rule(grid.box(name), scale=SIGNED))


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


def _cells(grid: Grid, block: Block) -> list[Position]:
    """The first row and the first column of a block: where the ranges of a formula of its user begin."""
    corners = [(row, 0) for row in range(block.rows)] + [(0, column) for column in range(block.columns)]
    return [grid.position(block.name, *corner) for corner in corners]
