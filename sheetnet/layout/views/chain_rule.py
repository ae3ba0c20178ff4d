"""The sheet `Chain rule`: every weight with its factors in cells of their own, last layer first.

    each layer:   J, and the paths to ∂C/∂a (softmax)
                  weight  i → j  n    factors … ∂C/∂w    γ  w  w′       the diagonal alone (softmax)

For several observations γ, w and w′ stand in a table of their own beside it, a row a weight.
"""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet.formulas import ACTIVATION_FORMULAS
from sheetnet.layout.grid import Grid
from sheetnet.layout.views.chain_columns import Column, Columns, low, up
from sheetnet.layout.views.context import Laid, ViewContext
from sheetnet.network import activation_name
from sheetnet.quantity import chain, q
from sheetnet.workbook import Box, View

CHAIN_TITLE_ROWS = 3
NAMES = 1  # the column of the weights' names; beside it "i → j", and n where there are several observations
CHAIN_RULE_WORDS = (
    "Each weight has its factors in cells of their own: multiply along a path, add over the paths, take the step."
)
FROZEN = " Biases are not trained: they have their gradient, and w′ = w."
MIXING = "softmax: each aᵢ moves with every zⱼ"
DIAGONAL_NOTE = (
    "Not the gradient: it leaves out that each output of a softmax moves with every z. Some worked examples "
    "multiply so: compare it with ∂C/∂w at the left."
)


def chain_rule_sheet(context: ViewContext) -> Laid:
    """The finished sheet and the names of its blocks."""
    words = CHAIN_RULE_WORDS if context.network.train_bias else CHAIN_RULE_WORDS + FROZEN
    grid = context.sheet("chain_rule", f"The chain rule: {context.network.title}", words)
    row = CHAIN_TITLE_ROWS + 1
    for layer in range(context.network.depth, 0, -1):
        row = _Layer(context, grid, layer).write(row)
    right = max(column for _, column in grid.cells)
    first = _first_column(context)
    widths = {NAMES: 9.0, NAMES + 1: 9.0} | ({first - 1: 5.0} if context.network.observations > 1 else {})
    widths |= dict.fromkeys(range(first, right + 1), 10.5)
    view = View(widths=widths, freeze=(CHAIN_TITLE_ROWS + 1, first), title_rows=(1, 2), tab="843C0C")
    return grid.finished(view), grid.names()


def _first_column(context: ViewContext) -> int:
    return NAMES + (3 if context.network.observations > 1 else 2)


@dataclass(frozen=True)
class _Layer:
    """Writing the tables of one layer."""

    context: ViewContext
    grid: Grid
    layer: int

    def write(self, top: int) -> int:
        """Everything of the layer from row `top` on; gives the first row of the next."""
        grid, layer, network = self.grid, self.layer, self.context.network
        kind = network.layers[layer - 1].activation
        fan_in, neurons = network.sizes[layer - 1], network.sizes[layer]
        grid.write(top, NAMES, f"Layer {layer}: {kind}, {fan_in} → {neurons}", "band")
        columns = Columns(self.context, grid, layer)
        grid.write(top + 1, NAMES, self._equation().replace("∂C", columns.cost), "equation")
        top += 2
        if network.mixes(layer):
            top = self._jacobian(top + 1)
            top = top if columns.last else self._paths(top, columns)
        self._weights(top, NAMES)
        box = self._table(chain("", layer), columns.mixing() if network.mixes(layer) else columns.plain(), top)
        right = box[3]
        if network.observations == 1:
            right = self._step(top, right + 1)
        if network.mixes(layer):
            right = self._diagonal(top, right + 2, columns)
        if network.observations > 1:
            self._step(top, right + 2)
        return box[2] + 3

    def _equation(self) -> str:
        network, here, above = self.context.network, up(self.layer), up(self.layer + 1)
        mixes = network.mixes(self.layer)
        source = f"a{here}{'ᵢ' if mixes else 'ⱼ'}"
        arriving = f"∂C/∂{source}"
        if self.layer < network.depth:
            mixed = f"∂C/∂z{above}ₖ" if network.mixes(self.layer + 1) else f"∂C/∂a{above}ₖ · ∂a{above}ₖ/∂z{above}ₖ"
            arriving = f"( Σₖ {mixed} · ∂z{above}ₖ/∂{source} )"
        weight = f"∂z{here}ⱼ/∂w{here}ⱼᵢ"
        if mixes:
            return f"∂C/∂w{here}ⱼᵢ = ( Σᵢ {arriving} · ∂{source}/∂z{here}ⱼ ) · {weight}      {MIXING}"
        return f"∂C/∂w{here}ⱼᵢ = {arriving} · ∂{source}/∂z{here}ⱼ · {weight}"

    def _jacobian(self, top: int) -> int:
        """J of each observation, one under the other; gives the next free row."""
        grid, network, step = self.grid, self.context.network, self.context.step
        size, block, left = network.sizes[self.layer], chain("J", self.layer), _first_column(self.context)
        a = activation_name(self.layer, network.depth)
        activation = ACTIVATION_FORMULAS[network.layers[self.layer - 1].activation]

        def formula(row: int, j: int) -> str:
            n, i = divmod(row, size)
            own = step.cell(q("z", self.layer), n, j), step.cell(a, n, j)
            return activation.derivative(*own) if i == j else f"-({step.cell(a, n, i)}*{activation.share(*own)})"

        grid.write(top, NAMES, f"J{up(self.layer)}   ∂aᵢ/∂zⱼ = {network.mixing(self.layer).elements}", "symbol")
        for j in range(size):
            grid.write(top + 1, left + j, f"∂z{low(j)}", "header")
        box = grid.fill(block, self.context.values[block], formula, "backward", (top + 2, left))
        for row in range(box[2] - box[0] + 1):
            n, i = divmod(row, size)
            self._label(top + 2 + row, f"∂a{low(i)}", "", n, True)
        return box[2] + 2

    def _paths(self, top: int, columns: Columns) -> int:
        """The table of ∂C/∂a_i of a hidden softmax layer, to which every weight refers; gives the next free row."""
        block, count = chain("a", self.layer), self.context.network.observations
        self.grid.write(
            top, NAMES, f"{columns.cost}/∂a{up(self.layer)}: a path through each neuron of the layer above", "symbol"
        )
        box = self._table(block, columns.paths(block), top + 1, fan=1)
        for row in range(box[2] - box[0] + 1):
            i, n = divmod(row, count)
            self._label(box[0] + row, f"a{up(self.layer)}{low(i)}", "", n, n == 0)
        return box[2] + 2

    def _table(self, block: str, columns: list[Column], top: int, fan: int | None = None) -> Box:
        """Two rows of heads and a row for each j, i (below `fan`) and n; gives the box of the numbers."""
        count, left = self.context.network.observations, _first_column(self.context)
        fan = fan or self.context.network.sizes[self.layer - 1] + 1

        def formula(row: int, column: int) -> str:
            weight, n = divmod(row, count)
            return columns[column].formula(row, *divmod(weight, fan), n)

        for number, column in enumerate(columns):
            if column.group:
                self.grid.write(top, left + number, column.group, "symbol")
                if column.source:
                    self.grid.links[top, left + number] = (self.grid.sheet, *column.source)
            self.grid.write(top + 1, left + number, column.head, "header")
        values = self.context.values[block]
        return self.grid.fill(block, values, formula, lambda r, c: columns[c].role, (top + 2, left))

    def _weights(self, top: int, left: int) -> None:
        """The names of the weights and their ends, beside the rows of the table."""
        count, fan = self.context.network.observations, self.context.network.sizes[self.layer - 1]
        heads = ["weight", "i → j"] + (["n"] if count > 1 else [])
        for column, head in enumerate(heads):
            self.grid.write(top + 1, left + column, head, "header")
        for row in range(self.context.network.sizes[self.layer] * (fan + 1) * count):
            weight, n = divmod(row, count)
            self._label(top + 2 + row, *self._named(weight), n, n == 0)

    def _named(self, weight: int) -> tuple[str, str]:
        """w⁽²⁾₀₁ and 1 → 0: the neuron it leads to first in its name, last in the arrow."""
        fan = self.context.network.sizes[self.layer - 1]
        j, i = divmod(weight, fan + 1)
        comma = "," if max(fan, self.context.network.sizes[self.layer] - 1) > 9 else ""
        return f"w{up(self.layer)}{low(j)}{comma}{low(i)}", f"{'bias' if i == fan else i} → {j}"

    def _label(self, row: int, name: str, ends: str, n: int, first: bool) -> None:
        self.grid.write(row, NAMES, name, "name" if first else "index")
        if ends:
            self.grid.write(row, NAMES + 1, ends, "name" if first else "index")
        if self.context.network.observations > 1:
            self.grid.write(row, NAMES + 2, str(n), "index")

    def _step(self, top: int, left: int) -> int:
        """γ, w and w′ of each weight, with ∂C/∂w over all observations where there are several; gives the last column."""
        network, grid, block = self.context.network, self.grid, chain("step", self.layer)
        several, values = network.observations > 1, self.context.values[block]
        heads = ["γ", "w", "w′ = w − γ ∂C/∂w"]
        if several:
            heads = [f"∂C/∂w, {'mean' if network.reduction == 'mean' else 'sum'} over n", *heads]
            grid.write(top + 1, left, "weight", "header")
            for weight in range(len(values)):
                grid.write(top + 2 + weight, left, self._named(weight)[0], "name")
            left += 1
        for column, head in enumerate(heads):
            grid.write(top + 1, left + column, head, "header")
        roles = [*(["gradient"] if several else []), "copy", "copy", "new_weight"]
        box = grid.fill(block, values, self._stepped, lambda r, c: roles[c], (top + 2, left))
        return box[3]

    def _stepped(self, weight: int, column: int) -> str:
        """The formulas of `_step`; without the column of the mean they count from γ."""
        network, grid, step = self.context.network, self.grid, self.context.step
        table, block, count = chain("", self.layer), chain("step", self.layer), network.observations
        last = grid.shapes[table][1] - 1
        j, i = divmod(weight, network.sizes[self.layer - 1] + 1)
        gradient = grid.cell(table, weight, last) if count == 1 else grid.cell(block, weight, 0)
        gamma, old = (grid.cell(block, weight, c + (count > 1)) for c in (0, 1))
        frozen = i == network.sizes[self.layer - 1] and not network.train_bias
        first, final = (grid.cell(table, weight * count + n, last) for n in (0, count - 1))
        share = f"/{count}" if network.reduction == "mean" else ""
        choices = [
            step.fixed("gamma"),
            step.cell(q("W", self.layer), i, j),
            old if frozen else f"{old}-{gamma}*{gradient}",
        ]
        return [*([f"SUM({first}:{final}){share}"] if count > 1 else []), *choices][column]

    def _diagonal(self, top: int, left: int, columns: Columns) -> int:
        """The product that takes only ∂a_j/∂z_j of the Jacobian, greyed and called what it is; gives its column."""
        block, count = chain("diagonal", self.layer), self.context.network.observations
        fan = self.context.network.sizes[self.layer - 1] + 1
        self.grid.write(top - 1, left, "not the gradient:", "symbol")
        self.grid.write(top, left, "the diagonal of J only", "symbol")
        self.grid.write(top + 1, left, f"{columns.cost}/∂aⱼ · ∂aⱼ/∂zⱼ · ∂zⱼ/∂w", "header")
        self.grid.notes[top + 1, left] = DIAGONAL_NOTE
        values, formula = self.context.values[block], columns.diagonal()

        def cell(row: int, _: int) -> str:
            weight, n = divmod(row, count)
            return formula(row, *divmod(weight, fan), n)

        self.grid.fill(block, values, cell, "wrong_way", (top + 2, left))
        return left
