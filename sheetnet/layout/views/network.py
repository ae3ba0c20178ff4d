"""The sheet `Network`: the network drawn, with the numbers of one observation.

    x ── w ── z a δ ── w ── z a δ ── T C_j ── C
       ∂C/∂w        ∂C/∂w
    1 /          1 /

Layers share the height of the tallest evenly. Each weight stands on its line, left of the neuron to which it leads, ∂C/∂w
below it; bias nodes stand in a row below all. Lines have columns of their own, so that they cover no number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sheetnet.formulas import LOSS_FORMULAS, activation_formulas
from sheetnet.layout.grid import Grid
from sheetnet.layout.views.view_parts import Laid, ViewContext, plus, reduced_words
from sheetnet.layout.views.view_parts import layer_sign as up
from sheetnet.layout.views.view_parts import subscript as low
from sheetnet.network import Network
from sheetnet.quantity import drawn, q
from sheetnet.styles import activation_role
from sheetnet.syntax import cell_name
from sheetnet.workbook import CellValidation, DrawnLine, Rule, View

CHOICE = 5  # the row of the observation that is shown, where there are several
INPUT_COLUMN = 2  # the column of the inputs; the first is a margin
NODE = 2  # rows of a node, its symbol and its number, and of a weight, w and ∂C/∂w


@dataclass(frozen=True)
class Places:
    """Rows and columns of the drawing of one network."""

    network: Network

    @property
    def captions(self) -> int:
        """The row of the layers' names, above their equations; lower where there is an observation to be chosen."""
        return 7 if self.network.observations > 1 else 5

    @property
    def heads(self) -> int:
        """The row of the columns' heads."""
        return self.captions + 2

    @property
    def top(self) -> int:
        """The first row of the drawing."""
        return self.heads + 2

    @property
    def height(self) -> int:
        """Rows of the drawing above the bias nodes: the tallest layer's."""
        sizes = self.network.sizes
        heights = [  # the weights, and a gap
            sizes[layer] * (NODE * self.network.nodes(layer - 1) + 1) for layer in range(1, self.network.depth + 1)
        ]
        return max(sizes[0] * (NODE + 1), *heights) - 1

    def left(self, layer: int) -> int:
        """The first column of a layer: lines, then its weights, lines, z (e), a and δ."""
        return INPUT_COLUMN + 1 + sum(6 + self.network.mixes(below) for below in range(1, layer))

    def first_row(self, layer: int, j: int) -> int:
        """The first row of the weights into neuron j, or of an input: layers share the height evenly."""
        sizes = self.network.sizes
        rows = NODE * self.network.nodes(layer - 1) if layer else NODE
        slot = (self.height + 1) / sizes[layer]
        return self.top + int(j * slot + (slot - 1 - rows) / 2)

    def symbol_row(self, layer: int, j: int) -> int:
        """The row of a node's symbol, its number stands below: in the middle of what flows into it, bias nodes last."""
        if j == self.network.sizes[layer]:
            return self.top + self.height + 1
        return self.first_row(layer, j) + (self.network.nodes(layer - 1) - 1 if layer else 0)

    def activation_column(self, layer: int) -> int:
        """The column of a layer's activations, of the inputs for layer 0."""
        return self.left(layer) + 4 + self.network.mixes(layer) if layer else INPUT_COLUMN

    def rim(self, layer: int) -> int:
        """The last column of a layer's nodes: that of δ, where its bias node stands too."""
        return self.activation_column(layer) + (1 if layer else 0)

    def node(self, layer: int, i: int) -> str:
        """The cell with the number of a node; the one after the last is the bias node."""
        column = self.rim(layer) if i == self.network.sizes[layer] else self.activation_column(layer)
        return cell_name(self.symbol_row(layer, i) + 1, column)

    def delta(self, layer: int, j: int) -> str:
        """The cell with δ of a neuron."""
        return cell_name(self.symbol_row(layer, j) + 1, self.rim(layer))

    def symbol(self, layer: int, i: int) -> str:
        """x₀, a⁽¹⁾₀, or `bias`."""
        if i == self.network.sizes[layer]:
            return "bias"
        return f"a{up(layer)}{low(i)}" if layer else f"x{low(i)}"

    def widths(self) -> dict[int, float]:
        """Column → width: those of lines are wide before weights, narrow behind them."""
        found = {1: 2.0, INPUT_COLUMN: 8.0}
        for layer in range(1, self.network.depth + 1):
            left = self.left(layer)
            found |= {left: 11.0, left + 1: 10.0, left + 2: 5.0}
            found |= dict.fromkeys(range(left + 3, self.rim(layer) + 1), 8.0)
        end = self.rim(self.network.depth) + 1
        return found | {end: 4.0, end + 1: 8.0, end + 2: 8.0, end + 3: 6.0, end + 4: 17.0}

    def numbers(self, layer: int, column: int) -> str:
        """The range of a layer's numbers in a column; the symbols between them are text and do not count."""
        rows = [self.symbol_row(layer, j) + 1 for j in (0, self.network.sizes[layer] - 1)]
        return f"{cell_name(rows[0], column)}:{cell_name(rows[1], column)}"


NETWORK_WORDS = (
    "Forward from left to right; backward ∂C/∂w = a · δ: what a line comes from times δ of the neuron that it leads to."
)
OF_OUTPUTS = {False: "C = Σ Cⱼ", True: "Σ Cⱼ, of which ∂C/∂w is shown"}
NETWORK_LEGEND = (
    ("input", "input"),
    ("weight", "w"),
    ("gradient", "∂C/∂w"),
    ("bias_node", "bias node"),
    ("forward", "z"),
    ("activation_1", "hidden a"),
    ("backward", "δ"),
    ("output", "output"),
    ("target", "target"),
    ("cost", "cost"),
)


def network_sheet(context: ViewContext) -> Laid:
    """The finished sheet and the names of its blocks."""
    grid = context.sheet("network", f"The network: {context.network.title}", NETWORK_WORDS)
    drawing = _Drawing(context, grid, Places(context.network))
    drawing.choice()
    drawing.inputs()
    for layer in range(1, context.network.depth + 1):
        drawing.layer(layer)
    drawing.outputs()
    drawing.cost()
    drawing.legend()
    view = View(widths=drawing.at.widths(), freeze=(drawing.at.heads + 1, 1), title_rows=(1, 2), tab="2E75B6")
    return grid.finished(view), grid.names()


@dataclass(frozen=True)
class _Drawing:
    """Writing the parts of the drawing."""

    context: ViewContext
    grid: Grid
    at: Places

    def choice(self) -> None:
        """Which observation is shown, where there are several: a cell that may be changed."""
        last = self.context.network.observations - 1
        if not last:
            return
        words = f"n, the observation that is shown: type 0 to {last}. ∂C/∂w is that of this observation alone."
        self._fill(drawn("n"), [None], "input", (CHOICE, INPUT_COLUMN))
        self.grid.write(CHOICE, INPUT_COLUMN + 1, words, "beside")
        box = (CHOICE, INPUT_COLUMN, CHOICE, INPUT_COLUMN)
        self.grid.entries.append(CellValidation(box, "Observation", f"A whole number, 0 to {last}.", whole=(0, last)))

    def inputs(self) -> None:
        self._caption(INPUT_COLUMN, "inputs", "", "A_0")
        self.grid.write(self.at.heads, INPUT_COLUMN, "x", "header")
        for i in range(self.context.network.sizes[0]):
            row = self.at.symbol_row(0, i)
            self.grid.write(row, INPUT_COLUMN, self.at.symbol(0, i), "input")
            self._fill(drawn("x", index=i), [self._chosen("A_0", i)], "input", (row + 1, INPUT_COLUMN))
        if self.context.network.has_bias(1):
            self._bias(0)

    def layer(self, layer: int) -> None:
        """The weights into each neuron of a layer, its z, a and δ, and the bias node below."""
        net, left = self.context.network, self.at.left(layer)
        kind, below = net.layers[layer - 1].activation.replace("_", " "), "a" if layer > 1 else "x"
        powers = f"e = {net.mixing(layer).power.replace('ⱼ', '')},  " if net.mixes(layer) else ""
        equation = f"z = Σ w·{below},  {powers}{net.activation_facts(layer).equation}"
        self._caption(left + 1, f"layer {layer}: {kind}", equation, q("W", layer))
        self.grid.write(self.at.heads, left + 1, "w, ∂C/∂w", "header")
        for column, head in enumerate(["z", *(["e"] if net.mixes(layer) else []), "a", "δ"], left + 3):
            self.grid.write(self.at.heads, column, head, "header")
        for j in range(net.sizes[layer]):
            self._weights(layer, j)
            self._neuron(layer, j)
        if layer < net.depth and net.has_bias(layer + 1):
            self._bias(layer)

    def _weights(self, layer: int, j: int) -> None:
        """w and below it ∂C/∂w for each node of the layer below, and a line from the node through them to the neuron."""
        top, left, block = self.at.first_row(layer, j), self.at.left(layer), drawn("edge", layer, index=j)

        def formula(row: int, _: int) -> str:
            i, under = divmod(row, NODE)
            if under:
                return f"{self.at.node(layer - 1, i)}*{self.at.delta(layer, j)}"
            return self.context.step.cell(q("W", layer), i, j)

        roles = ("weight", "gradient")
        self.grid.fill(block, self.context.values[block], formula, lambda r, c: roles[r % NODE], (top, left + 1))
        for i in range(self.context.network.nodes(layer - 1)):
            here = top + NODE * i + 1
            self._line((self.at.symbol_row(layer - 1, i) + 1, left), (here, left + 1))
            self._line((here, left + 2), (self.at.symbol_row(layer, j) + 1, left + 3))

    def _neuron(self, layer: int, j: int) -> None:
        """z, with softmax e, a and δ of a neuron, each under its symbol."""
        net, grid, z = self.context.network, self.grid, self.at.left(layer) + 3
        activation, row = activation_formulas(net.layers[layer - 1]), self.at.symbol_row(layer, j) + 1
        weights = [grid.cell(drawn("edge", layer, index=j), NODE * i, 0) for i in range(net.nodes(layer - 1))]
        flowing = plus([f"{w}*{self.at.node(layer - 1, i)}" for i, w in enumerate(weights)])
        cells = [cell_name(row, z + offset) for offset in range(2)]
        names, formulas = [f"z{up(layer)}{low(j)}"], [flowing]
        if net.mixes(layer):
            names.append(f"e{up(layer)}{low(j)}")
            formulas.append(activation.power(cells[0], self.at.numbers(layer, z)))
            formulas.append(activation.value(cells[1], self.at.numbers(layer, z + 1)))
        else:
            formulas.append(activation.value(cells[0]))
        names += [self.at.symbol(layer, j), f"δ{up(layer)}{low(j)}"]
        formulas.append(self._chosen(q("delta", layer), j))
        roles = [*["forward"] * (len(names) - 2), self._role(layer), "backward"]
        for column, name in enumerate(names):
            grid.write(row - 1, z + column, name, roles[column])
        self._fill(drawn("node", layer, index=j), formulas, roles, (row, z))
        if (off := net.activation_facts(layer).off) is not None:
            grid.rules.append(Rule((row, z, row, self.at.rim(layer)), f"${cells[0]}<={off:.15g}", "dead"))

    def outputs(self) -> None:
        """Each output's target and cost."""
        net, grid = self.context.network, self.grid
        left, loss = self.at.rim(net.depth) + 2, LOSS_FORMULAS[net.loss]
        self._caption(left, "targets, cost", f"Cⱼ = {net.loss_facts.equation}", "target")
        for column, head in enumerate(("T", "Cⱼ")):
            grid.write(self.at.heads, left + column, head, "header")
        for j in range(net.sizes[-1]):
            row = self.at.symbol_row(net.depth, j) + 1
            for column, (name, role) in enumerate(((f"T{low(j)}", "target"), (f"C{low(j)}", "cost"))):
                grid.write(row - 1, left + column, name, role)
            formulas = [self._chosen("target", j)]
            formulas.append(loss.term(self.at.node(net.depth, j), cell_name(row, left), net.sizes[-1]))
            self._fill(drawn("out", index=j), formulas, ["target", "cost"], (row, left))
            self._line((row, left - 1), (row, left))

    def cost(self) -> None:
        """The cost of the observation, of all, and after the step: nodes of their own at the right."""
        net, step, grid = self.context.network, self.context.step, self.grid
        terms = self.at.rim(net.depth) + 3
        several = net.observations > 1
        own = f"SUM({self.at.numbers(net.depth, terms)})"
        nodes = [(drawn("cost_n"), own, "C of this n" if several else OF_OUTPUTS[net.reduces])]
        penalty = " + R" * (net.l2 is not None)
        if net.l2 is not None:
            nodes.append((drawn("penalty"), step.cell("penalty", 0, 0), "R, the penalty"))
        if net.reduces:
            words = f"C, {reduced_words(net)} of all {net.observations * (1 if several else net.sizes[-1])}{penalty}"
            nodes.append((drawn("cost"), step.cell("cost", 0, 0), words))
        nodes.append((drawn("cost", new=True), step.cell("cost_new", 0, 0), "C′ after the step"))
        row = self.at.top + (self.at.height - NODE) // 2
        for j in range(net.sizes[-1]):
            self._line((self.at.symbol_row(net.depth, j) + 1, terms + 1), (row + 1, terms + 2))
        for block, formula, words in nodes:
            grid.write(row, terms + 2, words, "cost")
            self._fill(block, [formula], "cost", (row + 1, terms + 2))
            row += NODE + 1

    def legend(self) -> None:
        """A line of swatches in the wide columns, at the bottom."""
        row = max(row for row, _ in self.grid.cells) + 2
        self.grid.write(row, INPUT_COLUMN, "Legend", "symbol")
        columns = [column for column, width in sorted(self.at.widths().items()) if width >= 8]
        biases = any(layer.bias for layer in self.context.network.layers)
        shown = [entry for entry in NETWORK_LEGEND if entry[0] != "bias_node" or biases]
        for column, (role, word) in zip(columns, shown, strict=False):
            self.grid.write(row + 1, column, word, role)

    def _role(self, layer: int) -> str:
        return "output" if layer == self.context.network.depth else activation_role(layer)

    def _bias(self, layer: int) -> None:
        """The bias node below the nodes of a layer."""
        nodes = self.context.network.sizes[layer]
        row, column = self.at.symbol_row(layer, nodes), self.at.rim(layer)
        self.grid.write(row, column, "bias", "bias_node")
        self._fill(drawn("bias", layer), [self._chosen(q("A", layer), nodes)], "bias_node", (row + 1, column))

    def _chosen(self, block: str, column: int) -> str:
        """The cell of a block of Step in the column and the row of the observation that is shown."""
        step, grid = self.context.step, self.context.grid
        if self.context.network.observations == 1:
            return step.cell(block, 0, column)
        shown = f"{self.grid.fixed(drawn('n'))}+1"
        return f"INDEX({step.column(block, column)},{f'1,{shown}' if grid.turned else f'{shown},1'})"

    def _line(self, begin: tuple[int, int], end: tuple[int, int]) -> None:
        self.grid.lines.append(DrawnLine(begin, end))

    def _caption(self, column: int, title: str, equation: str, block: str) -> None:
        """What a group of columns is, leading to its block on Step."""
        row = self.at.captions
        self.grid.write(row, column, title, "band")
        self.grid.write(row + 1, column, equation, "equation")
        self.grid.links[row, column] = (self.context.grid.sheet, *self.context.grid.corners[block])

    def _fill(self, block: str, formulas: Sequence[str | None], roles: str | list[str], at: tuple[int, int]) -> None:
        """A block of one row."""
        look = roles if isinstance(roles, str) else lambda r, c: roles[c]
        self.grid.fill(block, self.context.values[block], lambda r, c: formulas[c], look, at)
