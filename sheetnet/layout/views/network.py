"""The sheet `Network`: the network drawn with cells, and the numbers of the first observation.

Layers stand side by side and share the height of the tallest evenly; the bias nodes stand in a row below all.

    x   from  w  w·x  ↘   z  a   from  w  w·a  ↘   z  a   →  T  C_j  →  C
        from  w  w·x  →          from  w  w·a  →                        C′
        bias  w  w·1  ↗          bias  w  w·1  ↗
    1                        1

Every neuron has what flows into it at its left: a line for each node below, in that node's colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from sheetnet.formulas import ACTIVATION_FORMULAS, LOSS_FORMULAS
from sheetnet.layout.grid import Grid
from sheetnet.layout.views.view_parts import Laid, ViewContext
from sheetnet.layout.views.view_parts import layer_sign as up
from sheetnet.layout.views.view_parts import subscript as low
from sheetnet.network import Network
from sheetnet.quantity import drawn, q
from sheetnet.styles import activation_role
from sheetnet.syntax import cell_name
from sheetnet.workbook import Rule, View

NETWORK_TOP = 8  # the first row of the drawing
INPUT_COLUMN = 2  # the column of the inputs; the first is a margin
NODE = 2  # rows of a node: its symbol and its number


@dataclass(frozen=True)
class Places:
    """Rows and columns of the drawing of one network."""

    network: Network

    @property
    def height(self) -> int:
        """Rows of the drawing above the bias nodes: the tallest layer's."""
        sizes = self.network.sizes
        heights = [size * (below + 1 + 1) for below, size in pairwise(sizes)]  # the nodes below, the bias node, a gap
        return max(sizes[0] * (NODE + 1), *heights) - 1

    def left(self, layer: int) -> int:
        """The first column of a layer: where its weights come from, then w, w · a, arrow, z (e) and a."""
        net = self.network
        return INPUT_COLUMN + 2 + sum(7 + net.mixes(below) for below in range(1, layer))

    def band(self, layer: int, j: int) -> int:
        """The first row of what flows into neuron j: layers share the height evenly."""
        sizes = self.network.sizes
        rows = sizes[layer - 1] + 1 if layer else NODE
        slot = (self.height + 1) / sizes[layer]
        return NETWORK_TOP + int(j * slot + (slot - 1 - rows) / 2)

    def symbol_row(self, layer: int, j: int) -> int:
        """The row of a node's symbol, its number stands below: in the middle of what flows into it."""
        rows = self.network.sizes[layer - 1] + 1 if layer else NODE
        return self.band(layer, j) + (rows - NODE) // 2

    def activation_column(self, layer: int) -> int:
        """The column of a layer's activations, of the inputs for layer 0."""
        return self.left(layer) + 5 + self.network.mixes(layer) if layer else INPUT_COLUMN

    def node(self, layer: int, i: int) -> str:
        """The cell with the number of a node; the one after the last is the bias node."""
        if i == self.network.sizes[layer]:
            return cell_name(NETWORK_TOP + self.height + 2, self.activation_column(layer))
        return cell_name(self.symbol_row(layer, i) + 1, self.activation_column(layer))

    def symbol(self, layer: int, i: int) -> str:
        """x₀, a⁽¹⁾₀, or 1 for the bias node."""
        if i == self.network.sizes[layer]:
            return "bias"
        return f"a{up(layer)}{low(i)}" if layer else f"x{low(i)}"

    def role(self, layer: int, i: int = 0) -> str:
        """The look of a node."""
        net = self.network
        if i == net.sizes[layer] and layer < net.depth:
            return "bias_node"
        return "output" if layer == net.depth else activation_role(layer) if layer else "input"

    def widths(self) -> dict[int, float]:
        """Column → width: gaps and arrows are narrow."""
        net = self.network
        found = {1: 2.0, INPUT_COLUMN: 9.0}
        for layer in range(1, net.depth + 1):
            left = self.left(layer)
            found |= {left - 1: 3.0, left: 6.0, left + 1: 9.0, left + 2: 9.0, left + 3: 3.0}
            found |= dict.fromkeys(range(left + 4, self.activation_column(layer) + 1), 9.0)
        end = self.activation_column(net.depth) + 1
        return found | {end: 3.0, end + 1: 9.0, end + 2: 9.0, end + 3: 3.0, end + 4: 17.0}

    def numbers(self, layer: int, column: int) -> str:
        """The range of a layer's numbers in a column; the symbols between them are text and do not count."""
        rows = [self.symbol_row(layer, j) + 1 for j in (0, self.network.sizes[layer] - 1)]
        return f"{cell_name(rows[0], column)}:{cell_name(rows[1], column)}"


CAPTIONS, HEADS = NETWORK_TOP - 3, NETWORK_TOP - 2  # rows
NETWORK_WORDS = "Numbers flow from left to right. Click a cell and press F2 to see where its number comes from."
NETWORK_LEGEND = (
    ("input", "input"),
    ("plus", "w > 0"),
    ("minus", "w < 0"),
    ("bias_node", "bias node"),
    ("activation_1", "hidden a"),
    ("output", "output"),
    ("target", "target"),
    ("cost", "cost"),
)


def network_sheet(context: ViewContext) -> Laid:
    """The finished sheet and the names of its blocks."""
    count = context.network.observations
    shown = f"The first of {count} observations, n = 0. " if count > 1 else ""
    grid = context.sheet("network", f"The network: {context.network.title}", shown + NETWORK_WORDS)
    drawing = _Drawing(context, grid, Places(context.network))
    drawing.inputs()
    for layer in range(1, context.network.depth + 1):
        drawing.layer(layer)
    drawing.outputs()
    drawing.cost()
    drawing.legend()
    view = View(widths=drawing.at.widths(), freeze=(HEADS + 1, 1), title_rows=(1, 2), tab="2E75B6")
    return grid.finished(view), grid.names()


@dataclass(frozen=True)
class _Drawing:
    """Writing the parts of the drawing."""

    context: ViewContext
    grid: Grid
    at: Places

    def inputs(self) -> None:
        net, step = self.context.network, self.context.step
        self._caption(INPUT_COLUMN, "inputs", "", "A_0")
        self.grid.write(HEADS, INPUT_COLUMN, "x", "header")
        for i in range(net.sizes[0]):
            row = self.at.symbol_row(0, i)
            self.grid.write(row, INPUT_COLUMN, self.at.symbol(0, i), "input")
            self._fill(drawn("x", index=i), [step.cell("A_0", 0, i)], "input", (row + 1, INPUT_COLUMN))
        self._bias(0)

    def layer(self, layer: int) -> None:
        """What flows into each neuron of a layer, its z and its a, and the bias node below."""
        net, left = self.context.network, self.at.left(layer)
        kind, below = net.layers[layer - 1].activation, "a" if layer > 1 else "x"
        powers = f"e = {net.mixing(layer).power.replace('ⱼ', '')},  " if net.mixes(layer) else ""
        equation = f"z = Σ w·{below},  {powers}{net.activation_facts(layer).equation}"
        self._caption(left, f"layer {layer}: {kind}", equation, q("W", layer))
        heads = ["from", "w", f"w · {below}", "", "z", *(["e"] if net.mixes(layer) else []), "a"]
        for column, head in enumerate(heads):
            if head:
                self.grid.write(HEADS, left + column, head, "header")
        self.grid.write(NETWORK_TOP + self.at.height // 2, left - 1, "▶", "arrow")
        for j in range(net.sizes[layer]):
            self._edges(layer, j)
            self._neuron(layer, j)
        if layer < net.depth:
            self._bias(layer)

    def _edges(self, layer: int, j: int) -> None:
        """A line for each node below: its symbol, the weight, the product, and an arrow towards the neuron."""
        step, left, top, block = (
            self.context.step,
            self.at.left(layer),
            self.at.band(layer, j),
            drawn("w", layer, index=j),
        )
        rows = self.context.network.sizes[layer - 1] + 1
        for i in range(rows):
            self.grid.write(top + i, left, self.at.symbol(layer - 1, i), self.at.role(layer - 1, i))
            off = 2 * i - (rows - 1)  # twice the lines from the middle
            self.grid.write(top + i, left + 3, "↘" if off < -1 else "↗" if off > 1 else "→", "arrow")

        def formula(i: int, column: int) -> str:
            if column:
                return f"{self.grid.cell(block, i, 0)}*{self.at.node(layer - 1, i)}"
            return step.cell(q("W", layer), i, j)

        roles = ("weight", "edge")
        box = self.grid.fill(block, self.context.values[block], formula, lambda i, c: roles[c], (top, left + 1))
        signed, first = (*box[:3], box[1]), self.grid.cell(block, 0, 0)
        self.grid.rules += [Rule(signed, f"{first}<0", "minus"), Rule(signed, f"{first}>0", "plus")]

    def _neuron(self, layer: int, j: int) -> None:
        """z, with softmax e, and a of a neuron, each under its symbol."""
        net, grid, z = self.context.network, self.grid, self.at.left(layer) + 4
        kind, row = net.layers[layer - 1].activation, self.at.symbol_row(layer, j) + 1
        flowing = grid.column(drawn("w", layer, index=j), 1)
        cells = [cell_name(row, z + offset) for offset in range(2)]
        if net.mixes(layer):
            formulas = [
                f"SUM({flowing})",
                ACTIVATION_FORMULAS[kind].power(cells[0], self.at.numbers(layer, z)),
                ACTIVATION_FORMULAS[kind].value(cells[1], self.at.numbers(layer, z + 1)),
            ]
        else:
            formulas = [f"SUM({flowing})", ACTIVATION_FORMULAS[kind].value(cells[0])]
        names = [
            f"z{up(layer)}{low(j)}",
            *([f"e{up(layer)}{low(j)}"] if net.mixes(layer) else []),
            self.at.symbol(layer, j),
        ]
        roles = [*["forward"] * (len(names) - 1), self.at.role(layer)]
        for column, name in enumerate(names):
            grid.write(row - 1, z + column, name, roles[column])
        self._fill(drawn("a", layer, index=j), formulas, roles, (row, z))
        if (off := net.activation_facts(layer).off) is not None:
            grid.rules.append(Rule((row, z, row, z + 1), f"${cells[0]}<={off:.15g}", "dead"))

    def outputs(self) -> None:
        """Each output's target and cost."""
        net, step, grid = self.context.network, self.context.step, self.grid
        left, loss = self.at.activation_column(net.depth) + 2, LOSS_FORMULAS[net.loss]
        self._caption(left, "targets, cost", f"Cⱼ = {net.loss_facts.equation}", "target")
        for column, head in enumerate(("T", "Cⱼ")):
            grid.write(HEADS, left + column, head, "header")
        for j in range(net.sizes[-1]):
            row = self.at.symbol_row(net.depth, j) + 1
            for column, (name, role) in enumerate(((f"T{low(j)}", "target"), (f"C{low(j)}", "cost"))):
                grid.write(row - 1, left + column, name, role)
            grid.write(row, left - 1, "→", "arrow")
            a, target = cell_name(row, left - 2), cell_name(row, left)
            formulas = [step.cell("target", 0, j), loss.term(a, target, net.sizes[-1])]
            self._fill(drawn("out", index=j), formulas, ["target", "cost"], (row, left))

    def cost(self) -> None:
        """The cost of the observation, of all, and after the step: nodes of their own at the right."""
        net, step, grid = self.context.network, self.context.step, self.grid
        terms = self.at.activation_column(net.depth) + 3
        nodes = [
            (
                "net_cost_n",
                f"SUM({self.at.numbers(net.depth, terms)})",
                "C of n = 0" if net.observations > 1 else "C = Σ Cⱼ",
            )
        ]
        if net.observations > 1:
            words = "mean" if net.reduction == "mean" else "sum"
            nodes.append(("net_cost", step.cell("cost", 0, 0), f"C, {words} of all {net.observations}"))
        nodes.append(("net_cost_new", step.cell("cost_new", 0, 0), "C′ after the step"))
        row = NETWORK_TOP + (self.at.height - NODE) // 2
        for j in range(net.sizes[-1]):
            own = self.at.symbol_row(net.depth, j) + 1
            grid.write(own, terms + 1, "→" if own == row + 1 else "↘" if own < row + 1 else "↗", "arrow")
        for block, formula, words in nodes:
            grid.write(row, terms + 2, words, "cost")
            self._fill(block, [formula], "cost", (row + 1, terms + 2))
            row += NODE + 2

    def legend(self) -> None:
        """A line of swatches in the wide columns, at the bottom."""
        row = max(row for row, _ in self.grid.cells) + 2
        self.grid.write(row, INPUT_COLUMN, "Legend", "symbol")
        narrow = {column for column, width in self.at.widths().items() if width < 8}
        columns = [c for c in range(INPUT_COLUMN, max(self.at.widths()) + 1) if c not in narrow]
        for column, (role, word) in zip(columns, NETWORK_LEGEND, strict=False):
            self.grid.write(row + 1, column, word, role)

    def _bias(self, layer: int) -> None:
        """The bias node below the nodes of a layer."""
        row, column = NETWORK_TOP + self.at.height + 1, self.at.activation_column(layer)
        self.grid.write(row, column, "bias", "bias_node")
        reference = self.context.step.cell(q("A", layer), 0, self.context.network.sizes[layer])
        self._fill(drawn("bias", layer), [reference], "bias_node", (row + 1, column))

    def _caption(self, column: int, title: str, equation: str, block: str) -> None:
        """What a group of columns is, leading to its block on Step."""
        self.grid.write(CAPTIONS - 1, column, title, "band")
        self.grid.write(CAPTIONS, column, equation, "equation")
        self.grid.links[CAPTIONS - 1, column] = (self.context.grid.sheet, *self.context.grid.corners[block])

    def _fill(self, block: str, formulas: list[str], roles: str | list[str], at: tuple[int, int]) -> None:
        """A block of one row."""
        look = roles if isinstance(roles, str) else lambda r, c: roles[c]
        self.grid.fill(block, self.context.values[block], lambda r, c: formulas[c], look, at)
