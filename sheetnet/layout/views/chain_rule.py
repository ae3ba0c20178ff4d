"""The sheet `Chain rule`: every weight with its factors in cells of their own, last layer first.

    each layer:   J, and the paths to ∂C/∂a (softmax)
                  weight  i → j  n    factors … ∂C/∂w    γ  w  w′       the diagonal alone (softmax)

For several observations γ, w and w′ stand in a table of their own beside it, a row a weight.

A row of a layer's table belongs to the weight from node i below to neuron j, and to observation n. Factors of the
layer above are read off the table of that layer on the same sheet; of Step only x, W, T, γ, z and a are used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sheetnet.errors import FileError
from sheetnet.formulas import LOSS_FORMULAS, activation_formulas
from sheetnet.layout.grid import Grid
from sheetnet.layout.views.view_parts import Laid, ViewContext, penalised, reduced_words
from sheetnet.layout.views.view_parts import layer_sign as up
from sheetnet.layout.views.view_parts import subscript as low
from sheetnet.network import activation_name
from sheetnet.quantity import chain, q
from sheetnet.workbook import Box, Position, View

MOST_PATHS = 700  # a formula has 8,192 characters at most, a term up to 11

# A cell's formula by the row it stands in, as the row of its block and as j, i, n.
RowFormula = Callable[[int, int, int, int], str]


@dataclass(frozen=True)
class Column:
    """`group` is written above the first of the columns that belong together; `source` is a cell it leads to."""

    head: str
    role: str
    formula: RowFormula
    group: str = ""
    source: Position | None = None


@dataclass(frozen=True)
class Columns:
    """The columns of the tables of one layer; `grid` must hold the tables of the layers above already."""

    context: ViewContext
    grid: Grid
    layer: int

    @property
    def last(self) -> bool:
        """Whether the layer is the network's last."""
        return self.layer == self.context.network.depth

    @property
    def cost(self) -> str:
        """What is derived: the cost, of the row's observation where there are several."""
        return "∂Cₙ" if self.context.network.reduces else "∂C"

    def plain(self) -> list[Column]:
        """∂C/∂a_j, as the loss gives it or summed over the paths; ∂a_j/∂z_j; ∂z_j/∂w; their product."""
        found = [Column(f"{self.cost}/∂a{up(self.layer)}ⱼ", "backward", lambda r, j, i, n: self._loss(n, j))]
        if not self.last:
            found = self.paths(self.table)
        slope = Column("· ∂aⱼ/∂zⱼ", "backward", lambda r, j, i, n: self._slope(n, j))
        return [*found, slope, *self._weight(len(found) - 1, 2)]

    def mixing(self) -> list[Column]:
        """A path through each output i of a softmax: ∂C/∂a_i, ∂a_i/∂z_j, product; their sum; ∂z_j/∂w; the product."""
        size = self.context.network.sizes[self.layer]
        found: list[Column] = []
        for i in range(size):
            found += [
                Column(
                    f"{self.cost}/∂a{low(i)}", "backward", self._arriving(i), f"path through a{up(self.layer)}{low(i)}"
                ),
                Column(f"· ∂a{low(i)}/∂zⱼ", "backward", self._jacobian(i)),
                self._product(self.table, 3 * i, 2),
            ]
        found.append(self._sum(self.table, f"{self.cost}/∂z{up(self.layer)}ⱼ", range(2, 3 * size, 3)))
        return [*found, *self._weight(len(found) - 1, 1)]

    def paths(self, table: str) -> list[Column]:
        """A path through each neuron k of the layer above: the factors of ∂C/∂z_k, w_jk, product; their sum ∂C/∂a_j."""
        above = Columns(self.context, self.grid, self.layer + 1)
        found: list[Column] = []
        products: list[int] = []
        for k in range(self.context.network.sizes[above.layer]):
            first = len(found)
            for number, (head, column) in enumerate(above.upstream(k)):
                group = "" if number else f"path through z{up(above.layer)}{low(k)}"
                source = self.grid.position(above.table, above.first_row(k), column)
                found.append(Column("· " * (number > 0) + head, "backward", above.read(k, column), group, source))
            found.append(Column(f"· ∂z{low(k)}/∂aⱼ = wⱼ{low(k)}", "copy", self._weight_above(k)))
            found.append(self._product(table, first, len(found) - first))
            products.append(len(found) - 1)
        return [*found, self._sum(table, f"{self.cost}/∂a{up(self.layer)}ⱼ", products)]

    def upstream(self, k: int) -> list[tuple[str, int]]:
        """The columns of this layer's table whose product is ∂C/∂z_k, with their heads for neuron k."""
        network = self.context.network
        if network.mixes(self.layer):
            return [(f"{self.cost}/∂z{low(k)}", 3 * network.sizes[self.layer])]
        arriving = 0
        if not self.last:
            above = Columns(self.context, self.grid, self.layer + 1)
            arriving = network.sizes[above.layer] * (len(above.upstream(0)) + 2)
        return [(f"{self.cost}/∂a{low(k)}", arriving), (f"∂a{low(k)}/∂z{low(k)}", arriving + 1)]

    def read(self, k: int, column: int) -> RowFormula:
        """A cell of this layer's table in the row of neuron k's first weight and the same observation."""
        first = self.first_row(k)
        return lambda r, j, i, n: self.grid.cell(self.table, first + n, column)

    def first_row(self, k: int) -> int:
        """The row of neuron k's first weight and observation in this layer's table."""
        network = self.context.network
        return k * network.nodes(self.layer - 1) * network.observations

    @property
    def table(self) -> str:
        """The block with the table of the layer's weights."""
        return chain("", self.layer)

    def diagonal(self) -> RowFormula:
        """What a softmax layer's gradient would be if a_j moved with z_j alone."""
        below = 3 * self.context.network.sizes[self.layer] + 1
        return lambda r, j, i, n: self._joined("*", self.table, r, (3 * j, 3 * j + 1, below))

    def _weight(self, first: int, factors: int) -> list[Column]:
        """∂z_j/∂w_ij, the activation of node i below, and the product of the last `factors` columns with it."""
        below = q("A", self.layer - 1)
        head = f"· ∂zⱼ/∂w = {'x' if self.layer == 1 else 'a' + up(self.layer - 1)}ᵢ"
        activation = Column(head, "copy", lambda r, j, i, n: self.context.step.cell(below, n, i))
        product = self._product(self.table, first, factors + 1)
        return [activation, Column(f"= {self.cost}/∂w", "gradient", product.formula)]

    def _product(self, table: str, first: int, count: int) -> Column:
        factors = range(first, first + count)
        return Column("= product", "path", lambda r, j, i, n: self._joined("*", table, r, factors))

    def _sum(self, table: str, head: str, columns: Sequence[int]) -> Column:
        """Added by "+", for SUM takes 255 arguments at most; raises FileError where no formula is long enough."""
        if len(columns) > MOST_PATHS:
            raise FileError(
                f"Chain rule: layer {self.layer} would add {len(columns):,} paths in one formula, of at most {MOST_PATHS}",
                remedy="leave the view chain-rule out",
            )
        return Column(f"Σ = {head}", "sum", lambda r, j, i, n: self._joined("+", table, r, columns), "sum of the paths")

    def _joined(self, operator: str, table: str, row: int, columns: Sequence[int]) -> str:
        """Cells of one row of a table, with an operator between them."""
        return operator.join(self.grid.cell(table, row, column) for column in columns)

    def _loss(self, n: int, j: int) -> str:
        network, step = self.context.network, self.context.step
        a = step.cell(activation_name(self.layer, network.depth), n, j)
        return LOSS_FORMULAS[network.loss].gradient(a, step.cell("target", n, j), network.sizes[-1])

    def _slope(self, n: int, j: int) -> str:
        network, step = self.context.network, self.context.step
        derivative = activation_formulas(network.layers[self.layer - 1]).derivative
        a = activation_name(self.layer, network.depth)
        return derivative(step.cell(q("z", self.layer), n, j), step.cell(a, n, j))

    def _arriving(self, output: int) -> RowFormula:
        """∂C/∂a_i of a softmax layer: the loss's, or the sum over the paths of the table beside J."""
        if self.last:
            return lambda r, j, i, n: self._loss(n, output)
        table, count = chain("a", self.layer), self.context.network.observations
        return lambda r, j, i, n: self.grid.cell(table, output * count + n, self.grid.shapes[table][1] - 1)

    def _jacobian(self, output: int) -> RowFormula:
        size = self.context.network.sizes[self.layer]
        return lambda r, j, i, n: self.grid.cell(chain("J", self.layer), n * size + output, j)

    def _weight_above(self, k: int) -> RowFormula:
        return lambda r, j, i, n: self.context.step.cell(q("W", self.layer + 1), j, k)


CHAIN_TITLE_ROWS = 3
NAMES = 1  # the column of the weights' names; beside it "i → j", and n where there are several observations
CHAIN_RULE_WORDS = (
    "Each weight has its factors in cells of their own: multiply along a path, add over the paths, take the step."
)
FROZEN = " Biases are not trained: they have their gradient, and w′ = w."
MIXING = "softmax: each aₘ moves with every zⱼ"
DIAGONAL_NOTE = (
    "Not the gradient: it leaves out that each output of a softmax moves with every z. Some worked examples "
    "multiply so: compare it with ∂C/∂w at the left."
)


def chain_rule_sheet(context: ViewContext) -> Laid:
    """The finished sheet and the names of its blocks."""
    network = context.network
    frozen = not network.train_bias and any(layer.bias for layer in network.layers)
    words = CHAIN_RULE_WORDS + FROZEN * frozen
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
        if not network.reduces:
            right = self._step(top, right + 1)
        if network.mixes(layer):
            right = self._diagonal(top, right + 2, columns)
        if network.reduces:
            self._step(top, right + 2)
        return box[2] + 3

    def _equation(self) -> str:
        network, here, above = self.context.network, up(self.layer), up(self.layer + 1)
        mixes = network.mixes(self.layer)
        source = f"a{here}{'ₘ' if mixes else 'ⱼ'}"
        arriving = f"∂C/∂{source}"
        if self.layer < network.depth:
            mixed = f"∂C/∂z{above}ₖ" if network.mixes(self.layer + 1) else f"∂C/∂a{above}ₖ · ∂a{above}ₖ/∂z{above}ₖ"
            arriving = f"( Σₖ {mixed} · ∂z{above}ₖ/∂{source} )"
        weight = f"∂z{here}ⱼ/∂w{here}ᵢⱼ"
        if mixes:
            return f"∂C/∂w{here}ᵢⱼ = ( Σₘ {arriving} · ∂{source}/∂z{here}ⱼ ) · {weight}      {MIXING}"
        return f"∂C/∂w{here}ᵢⱼ = {arriving} · ∂{source}/∂z{here}ⱼ · {weight}"

    def _jacobian(self, top: int) -> int:
        """J of each observation, one under the other; gives the next free row."""
        grid, network, step = self.grid, self.context.network, self.context.step
        size, block, left = network.sizes[self.layer], chain("J", self.layer), _first_column(self.context)
        a = activation_name(self.layer, network.depth)
        activation = activation_formulas(network.layers[self.layer - 1])

        def formula(row: int, j: int) -> str:
            n, i = divmod(row, size)
            own = step.cell(q("z", self.layer), n, j), step.cell(a, n, j)
            return activation.derivative(*own) if i == j else f"-({step.cell(a, n, i)}*{activation.share(*own)})"

        elements = f"∂aᵢ/∂zⱼ = {network.mixing(self.layer).elements}"  # i is a node of the layer below here
        grid.write(top, NAMES, f"J{up(self.layer)}   {elements.replace('ᵢ', 'ₘ').replace('i = j', 'm = j')}", "symbol")
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
        fan = fan or self.context.network.nodes(self.layer - 1)

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
        count, weights = self.context.network.observations, self.context.network.blocks[q("W", self.layer)]
        heads = ["weight", "i → j"] + (["n"] if count > 1 else [])
        for column, head in enumerate(heads):
            self.grid.write(top + 1, left + column, head, "header")
        for row in range(weights.rows * weights.columns * count):
            weight, n = divmod(row, count)
            self._label(top + 2 + row, *self._named(weight), n, n == 0)

    def _named(self, weight: int) -> tuple[str, str]:
        """w⁽²⁾₁₀ and 1 → 0: row and column of W, which are the node it leads from and the neuron it leads to."""
        fan = self.context.network.sizes[self.layer - 1]
        j, i = divmod(weight, self.context.network.nodes(self.layer - 1))
        comma = "," if max(fan, self.context.network.sizes[self.layer] - 1) > 9 else ""
        return f"w{up(self.layer)}{low(i)}{comma}{low(j)}", f"{'bias' if i == fan else i} → {j}"

    def _label(self, row: int, name: str, ends: str, n: int, first: bool) -> None:
        self.grid.write(row, NAMES, name, "name" if first else "index")
        if ends:
            self.grid.write(row, NAMES + 1, ends, "name" if first else "index")
        if self.context.network.observations > 1:
            self.grid.write(row, NAMES + 2, str(n), "index")

    def _step(self, top: int, left: int) -> int:
        """γ, w and w′ of each weight, with ∂C/∂w over all observations where there are several; gives the last column."""
        network, grid, block = self.context.network, self.grid, chain("step", self.layer)
        several, values = network.reduces, self.context.values[block]
        heads = ["γ", "w", "w′ = w − γ ∂C/∂w"]
        if several:
            over = "n and outputs" if network.reduction == "elements" else "n"
            heads = [f"∂C/∂w, {reduced_words(network)} over {over}{' + λ w' * (network.l2 is not None)}", *heads]
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
        j, i = divmod(weight, network.nodes(self.layer - 1))
        gradient = grid.cell(block, weight, 0) if network.reduces else grid.cell(table, weight, last)
        gamma, old = (grid.cell(block, weight, c + network.reduces) for c in (0, 1))
        frozen = i == network.sizes[self.layer - 1] and not network.train_bias
        first, final = (grid.cell(table, weight * count + n, last) for n in (0, count - 1))
        share, reduces = f"/{network.divisor}" if network.divisor > 1 else "", network.reduces
        choices = [
            step.fixed("gamma"),
            step.cell(q("W", self.layer), i, j),
            old if frozen else f"{old}-{gamma}*{gradient}",
        ]
        penalty = penalised(self.context, self.layer, i, old)
        return [*([f"SUM({first}:{final}){share}{penalty}"] if reduces else []), *choices][column]

    def _diagonal(self, top: int, left: int, columns: Columns) -> int:
        """The product that takes only ∂a_j/∂z_j of the Jacobian, greyed and called what it is; gives its column."""
        block, count = chain("diagonal", self.layer), self.context.network.observations
        fan = self.context.network.nodes(self.layer - 1)
        self.grid.write(top - 1, left, "not the gradient:", "symbol")
        self.grid.write(top, left, "diagonal only", "symbol")
        self.grid.write(top + 1, left, f"{columns.cost}/∂aⱼ · ∂aⱼ/∂zⱼ · ∂zⱼ/∂w", "header")
        self.grid.notes[top + 1, left] = DIAGONAL_NOTE
        values, formula = self.context.values[block], columns.diagonal()

        def cell(row: int, _: int) -> str:
            weight, n = divmod(row, count)
            return formula(row, *divmod(weight, fan), n)

        self.grid.fill(block, values, cell, "wrong_way", (top + 2, left))
        return left
