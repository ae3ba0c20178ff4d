"""The sheet `Training`: one row per step of gradient descent, and a chart of the cost.

Weights stand by neuron, so that those into one neuron are one range, which meets the activations below with the bias
node: z_j is column (n_in + 1) j to (n_in + 1)(j + 1) − 1 of W against the range of A (n_in j to n_in (j + 1) − 1 without
biases).

    t  C  chart  W⁽¹⁾ … W⁽ᴸ⁾ | R | each observation: x  z  a … T  C_n  δ⁽ᴸ⁾ … δ⁽¹⁾ | ∂C/∂W⁽¹⁾ … ∂C/∂W⁽ᴸ⁾

It computes everything from its own cells; from Step it takes the inputs alone (`training_formulas`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sheetnet.formulas import LOSS_FORMULAS, activation_formulas, describe, penalty_share
from sheetnet.layout.grid import Grid
from sheetnet.layout.views.view_parts import (
    ColumnGroup,
    ColumnTable,
    TableLayout,
    ViewContext,
    arrows,
    fixed,
    lowered,
    mean,
    penalised,
    plus,
    reduced_words,
)
from sheetnet.network import activation_name
from sheetnet.quantity import q, train
from sheetnet.styles import activation_role
from sheetnet.workbook import Cell, LineChart, Name, Series, Sheet, View

Templates = dict[str, list[str | None]]  # block → the template of each column; None where constants stand


@dataclass(frozen=True)
class TrainingFormulas(TableLayout):
    """The templates of all columns of a table whose blocks have their places."""

    def templates(self) -> Templates:
        """Block → the template of each of its columns."""
        network, count = self.network, self.network.observations
        of_observations = mean(network, [self.table.cell(f"train_cost_n_n{n}", 0) for n in range(count)])
        found: Templates = {"train_cost": [of_observations]}
        if network.l2 is not None:
            penalty = train("penalty")
            found |= {penalty: [self._penalty()], "train_cost": [f"{of_observations}+{self.table.cell(penalty, 0)}"]}
        for layer in self.layers:
            found[train("W", layer)] = list(self._weights(layer))
            found[train("dC_dW", layer)] = list(self._gradient(layer))
        for n in range(count):
            found |= {train.of(name, n): columns for name, columns in self._observation(n).items()}
        return found

    def _weights(self, layer: int) -> list[str]:
        """W − γ ∂C/∂W, all of the row above; a frozen bias stays what it is there."""
        cell, gamma = self.table.cell, self.table.grid.fixed("train_gamma")
        fan_in, nodes, neurons = self.network.sizes[layer - 1], self.network.nodes(layer - 1), self.network.sizes[layer]
        found = []
        for c in range(nodes * neurons):
            before = cell(train("W", layer), c, "{1}")
            bias = c % nodes == fan_in
            change = "" if bias and not self.network.train_bias else cell(train("dC_dW", layer), c, "{1}")
            found.append(f"{before}-{gamma}*{change}" if change else before)
        return found

    def _gradient(self, layer: int) -> list[str]:
        """∂C/∂w_ij = a_i δ_j, over all observations, and λ w_ij where the weight is penalised."""
        nodes, neurons, observations = self.network.nodes(layer - 1), self.network.sizes[layer], self._observations()
        return [
            mean(
                self.network,
                [f"{self._at(q('A', layer - 1), n, i)}*{self._at(q('delta', layer), n, j)}" for n in observations],
            )
            + penalised(self.context, layer, i, self.table.cell(train("W", layer), j * nodes + i))
            for j in range(neurons)
            for i in range(nodes)
        ]

    def _penalty(self) -> str:
        """λ/2 Σ w² of the row's weights, of those into each neuron apart where biases stand between them."""
        squares = list[str]()
        for layer in self.layers:
            nodes, taken, neurons = (
                self.network.nodes(layer - 1),
                self.network.penalised_rows(layer),
                self.network.sizes[layer],
            )
            block = train("W", layer)
            runs = (
                [(0, nodes * neurons)] if taken == nodes else [(j * nodes, j * nodes + taken) for j in range(neurons)]
            )
            squares += [f"SUMSQ({self.table.span(block, first, end - 1)})" for first, end in runs]
        return f"{penalty_share(self.network, fixed(self.context, 'l2_factor', 0, 0))}*({plus(squares)})"

    def _observation(self, n: int) -> Templates:
        network, context = self.network, self.context
        outputs, out = range(network.sizes[-1]), activation_name(network.depth, network.depth)
        term = LOSS_FORMULAS[network.loss].term
        found: Templates = {
            "A_0": [*(fixed(context, "A_0", n, i) for i in range(network.sizes[0])), *self._bias_node(0)],
            "target": [fixed(context, "target", n, j) for j in outputs],
            "cost_n": [plus([term(self._at(out, n, j), self._at("target", n, j), len(outputs)) for j in outputs])],
        }
        for layer in self.layers:
            found |= self._forward(layer, n)
            found |= self._backward(layer, n)
        return found

    def _forward(self, layer: int, n: int) -> Templates:
        """z_j = Σ_i a_i w_ij with the bias node last, and a_j = f(z_j)."""
        network, a = self.network, activation_name(layer, self.network.depth)
        nodes, neurons = network.nodes(layer - 1), network.sizes[layer]
        activation = activation_formulas(network.layers[layer - 1])
        f = activation.value
        below, span = train("A", layer - 1, n), self.table.span
        found: Templates = {
            q("z", layer): [
                f"SUMPRODUCT({span(below, 0, nodes - 1)},{span(train('W', layer), j * nodes, (j + 1) * nodes - 1)})"
                for j in range(neurons)
            ]
        }
        bias_node = self._bias_node(layer)
        if network.mixes(layer):
            z_row = span(train("z", layer, n), 0, neurons - 1)
            e_row = span(train("e", layer, n), 0, neurons - 1)
            found[q("e", layer)] = [activation.power(self._at(q("z", layer), n, j), z_row) for j in range(neurons)]
            found[a] = [*(f(self._at(q("e", layer), n, j), e_row) for j in range(neurons)), *bias_node]
        else:
            found[a] = [*(f(self._at(q("z", layer), n, j)) for j in range(neurons)), *bias_node]
        return found

    def _bias_node(self, layer: int) -> list[str | None]:
        """Behind the activations of a layer stands the constant of its bias node, if it has one."""
        return [None] if self.network.nodes(layer) > self.network.sizes[layer] else []

    def _backward(self, layer: int, n: int) -> Templates:
        """δ_j = ∂C/∂a_j f′(z_j); where each a_i depends on every z_j, δ_j = s_j (∂C/∂a_j − Σ_i a_i ∂C/∂a_i)."""
        network, a = self.network, activation_name(layer, self.network.depth)
        neurons = network.sizes[layer]
        activation = activation_formulas(network.layers[layer - 1])
        own = [(self._at(q("z", layer), n, j), self._at(a, n, j)) for j in range(neurons)]
        dc_da = [self._pull(layer, n, j) for j in range(neurons)]
        if network.mixes(layer):
            row = self.table.span(train("dC_da", layer, n), 0, neurons - 1)
            outputs = self.table.span(train.of(a, n), 0, neurons - 1)
            pulls = [self._at(q("dC_da", layer), n, j) for j in range(neurons)]
            delta = [f"{activation.share(*own[j])}*({pulls[j]}-SUMPRODUCT({row},{outputs}))" for j in range(neurons)]
            return {q("dC_da", layer): list(dc_da), q("delta", layer): list(delta)}
        slopes = [activation.derivative(*each) for each in own]
        return {q("delta", layer): [p if s == "1" else f"({p})*({s})" for p, s in zip(dc_da, slopes, strict=True)]}

    def _pull(self, layer: int, n: int, j: int) -> str:
        """∂C/∂a_j: of the loss itself in the last layer, else Σ_k δ_k w_jk over the neurons k above."""
        network = self.network
        if layer == network.depth:
            out = activation_name(layer, layer)
            return LOSS_FORMULAS[network.loss].gradient(
                self._at(out, n, j), self._at("target", n, j), network.sizes[-1]
            )
        nodes, above = network.nodes(layer), range(network.sizes[layer + 1])
        weights = [self.table.cell(train("W", layer + 1), k * nodes + j) for k in above]
        return plus([f"{self._at(q('delta', layer + 1), n, k)}*{weights[k]}" for k in above])

    def _at(self, quantity: str, n: int, column: int) -> str:
        return self.table.cell(train.of(quantity, n), column)

    def _observations(self) -> range:
        return range(self.network.observations)


TRAINING_TOP = 5  # the row of the bands
CHART_COLUMNS, CHART_ROWS = 7, 18
# Of the chart of the outputs, after Okabe and Ito: told apart by the colour-blind too.
OUTPUTS = "Outputs, and their targets as thin lines"
LINE_COLORS = ("0072B2", "D55E00", "009E73", "CC79A7", "56B4E9", "E69F00", "000000", "8A6D00")
STEP, COST, CHART = 1, 2, 3  # columns
TRAINING_WORDS = "Gradient descent, one row per step. Change an input, a weight or γ on Step: all rows follow."
EXPLAINED = (
    "Read a row from left to right:",
    "the weights; for each observation x, z, a (forward),",
    "its cost and δ (backward); then the gradient ∂C/∂W.",
    "The next row's weights are W − γ ∂C/∂W of this row.",
    "i→j leads from node i to neuron j{bias}.",
    "Row 0 has the weights of Step, row 1 those after its step.",
)


def training_sheet(context: ViewContext) -> tuple[Sheet, list[Name]]:
    """The sheet and the names of its blocks."""
    grid = context.sheet("training", f"Training: {context.presentation.steps:,} steps", TRAINING_WORDS)
    place_gamma(grid, context)
    page = _Page(context, ColumnTable(grid, TRAINING_TOP))
    groups = page.headers()
    templates = TrainingFormulas(context, page.table).templates()
    for group in groups:
        page.table.fill(group, context.values[group.block], templates[group.block])
    page.first_weights()
    page.margin()
    widths = {STEP: 8.0, COST: 11.0}
    view = View(
        widths=widths,
        freeze=(page.table.first, COST + 1),
        title_rows=(TRAINING_TOP, TRAINING_TOP + 2),
        printed_columns=CHART + CHART_COLUMNS - 1,
        landscape=False,  # so that both charts stand on the first page
        tab="548235",
    )
    return grid.finished(view), grid.names()


@dataclass(frozen=True)
class _Page(TableLayout):
    """The sheet being laid out."""

    # ---- Where everything stands

    def headers(self) -> list[ColumnGroup]:
        """Every group of columns, placed from left to right under its headers."""
        cost = [ColumnGroup("train_cost", "cost", ["C"], "cost")]
        self.table.section("", cost, COST)
        sections = [("Weights", self._of_weights("W", "trained"))]
        if self.network.l2 is not None:
            sections.append(("Penalty", [self._group("penalty", ["R"], "cost")]))
        observations = range(self.network.observations)
        sections += [(f"Observation n = {n}: forward, cost, backward", self._of_observation(n)) for n in observations]
        share = f", the {reduced_words(self.network)} over the observations" if self.network.reduces else ""
        share += " + λ W" * (self.network.l2 is not None)
        sections.append((f"Gradient{share}", self._of_weights("dC_dW", "gradient")))
        left, groups = CHART + CHART_COLUMNS + 1, cost
        for words, members in sections:
            left = self.table.section(words, members, left) + 1
            groups = groups + members
        return groups

    def _of_weights(self, kind: str, role: str) -> list[ColumnGroup]:
        return [self._group(q(kind, layer), arrows(self.network, layer), role) for layer in self.layers]

    def _of_observation(self, n: int) -> list[ColumnGroup]:
        network, n_out = self.network, self.network.sizes[-1]
        groups = [self._group("A_0", self._elements("x", 0), "copy", n)]
        for layer in self.layers:
            neurons, hidden = network.sizes[layer], layer < network.depth
            groups.append(self._group(q("z", layer), _numbered("z", neurons), "forward", n))
            if network.mixes(layer):
                groups.append(self._group(q("e", layer), _numbered("e", neurons), "forward", n))
            role = activation_role(layer) if hidden else "output"
            groups.append(self._group(activation_name(layer, network.depth), self._elements("a", layer), role, n))
        groups.append(self._group("target", _numbered("T", n_out), "copy", n))
        groups.append(self._group("cost_n", [lowered("C", n)], "cost", n))
        for layer in reversed(self.layers):
            neurons = network.sizes[layer]
            if network.mixes(layer):
                groups.append(self._group(q("dC_da", layer), _numbered("∂C/∂a", neurons), "backward", n))
            groups.append(self._group(q("delta", layer), _numbered("δ", neurons), "backward", n))
        return groups

    def _elements(self, letter: str, layer: int) -> list[str]:
        """The heads of the nodes of a layer, the bias node among them."""
        bias_node = self.network.nodes(layer) > self.network.sizes[layer]
        return [*_numbered(letter, self.network.sizes[layer]), *(["1"] if bias_node else [])]

    def _group(self, quantity: str, elements: Sequence[str], role: str, n: int | None = None) -> ColumnGroup:
        symbol, _ = describe(self.network, quantity)
        return ColumnGroup(train.of(quantity, n), symbol, elements, role)

    # ---- What stands around it

    def first_weights(self) -> None:
        """The first row has the weights of Step."""
        grid, top = self.table.grid, self.table.first
        for layer in self.layers:
            block, nodes = train("W", layer), self.network.nodes(layer - 1)
            for c in range(len(self.context.values[block][0])):
                j, i = divmod(c, nodes)
                at, source = (top, self.table.lefts[block] + c), fixed(self.context, q("W", layer), i, j)
                grid.cells[at] = replace(grid.cells[at], formula=source, role="weight")

    def margin(self) -> None:
        """The numbers of the steps, γ, the chart of the cost and how to read a row."""
        grid, top, steps = self.table.grid, self.table.first, self.context.presentation.steps
        grid.cells[TRAINING_TOP + 1, STEP] = Cell("step", role="header")
        grid.cells[TRAINING_TOP + 2, STEP] = Cell("t", role="header")
        for t in range(steps + 1):
            grid.cells[top + t, STEP] = Cell(float(t), role="whole")
        time, size, below = (top, STEP, top + steps, STEP), (CHART_COLUMNS, CHART_ROWS), top + CHART_ROWS + 1
        cost = (Series("cost C", grid.box("train_cost")),)
        outputs = tuple(self._outputs(below + CHART_ROWS + 2 + len(EXPLAINED)))
        grid.charts += [
            LineChart("Cost before each step", "step t", "cost C", time, cost, (top, CHART), size, float(steps)),
            LineChart(OUTPUTS, "step t", "a, T", time, outputs, (below, CHART), size, float(steps)),
        ]
        below += CHART_ROWS + 1
        bias = "; b is the bias node" * any(layer.bias for layer in self.network.layers)
        for number, line in enumerate(EXPLAINED):
            grid.write(below + number, CHART, line.format(bias=bias), "beside")
        names = {series.label: series.name for series in outputs}
        for number in range(2 * len(LINE_COLORS)):  # so many cells whatever the network, some of them blank
            at = below + 1 + len(EXPLAINED) + number // 2, CHART + number % 2
            grid.cells[at] = Cell(names.get(at), role="index")

    def _outputs(self, names: int) -> Iterator[Series]:
        """A thick line for each output of each observation, and a thin one of its colour for its target: the first few.

        Their names stand in row `names` and below.
        """
        network, grid = self.network, self.table.grid
        several, last = network.observations > 1, activation_name(network.depth, network.depth)
        pairs = [(n, j) for n in range(network.observations) for j in range(network.sizes[-1])]
        for number, ((n, j), color) in enumerate(zip(pairs, LINE_COLORS, strict=False)):
            where = f", n = {n}" if several else ""
            for column, (block, symbol) in enumerate(((last, "a"), ("target", "T"))):
                top, left, bottom, _ = grid.box(train.of(block, n))
                name = f"{lowered(symbol, j)}{where}"
                label = (names + number, CHART + column)
                yield Series(name, (top, left + j, bottom, left + j), color, symbol == "T", label)


def place_gamma(grid: Grid, context: ViewContext) -> None:
    """The one γ of all rows, which is that of Step."""
    grid.write(TRAINING_TOP - 1, STEP, "γ", "symbol")
    source = fixed(context, "gamma", 0, 0)
    grid.fill("train_gamma", context.values["train_gamma"], lambda *_: source, "copy", (TRAINING_TOP - 1, COST))
    grid.write(TRAINING_TOP - 1, CHART, "the learning rate: change it on Step", "beside")
    grid.links[TRAINING_TOP - 1, STEP] = (context.grid.sheet, *context.grid.corners["gamma"])


def _numbered(symbol: str, count: int) -> list[str]:
    return [lowered(symbol, number) for number in range(count)]
