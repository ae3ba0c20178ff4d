"""The columns of the sheet `Chain rule`: their headings and the formulas of their cells.

A row of a layer's table belongs to the weight from node i below to neuron j, and to observation n. Factors of the
layer above are read off the table of that layer on the same sheet; of Step only x, W, T, γ, z and a are used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sheetnet.errors import FileError
from sheetnet.formulas import ACTIVATION_FORMULAS, LOSS_FORMULAS
from sheetnet.layout.grid import Grid
from sheetnet.layout.views.context import ViewContext
from sheetnet.network import activation_name
from sheetnet.quantity import chain, q
from sheetnet.workbook import Position

MOST_PATHS = 700  # a formula has 8,192 characters at most, a term up to 11
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

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


def low(number: int) -> str:
    """An index as people write it: ₁₂."""
    return str(number).translate(SUBSCRIPTS)


def up(layer: int) -> str:
    """A layer as people write it: ⁽²⁾."""
    return f"⁽{str(layer).translate(SUPERSCRIPTS)}⁾"


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
        return "∂Cₙ" if self.context.network.observations > 1 else "∂C"

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
        """A path through each neuron k of the layer above: the factors of ∂C/∂z_k, w_kj, product; their sum ∂C/∂a_j."""
        above = Columns(self.context, self.grid, self.layer + 1)
        found: list[Column] = []
        products: list[int] = []
        for k in range(self.context.network.sizes[above.layer]):
            first = len(found)
            for number, (head, column) in enumerate(above.upstream(k)):
                group = "" if number else f"path through z{up(above.layer)}{low(k)}"
                source = self.grid.position(above.table, above.first_row(k), column)
                found.append(Column("· " * (number > 0) + head, "backward", above.read(k, column), group, source))
            found.append(Column(f"· ∂z{low(k)}/∂aⱼ = w{low(k)}ⱼ", "copy", self._weight_above(k)))
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
        return k * (network.sizes[self.layer - 1] + 1) * network.observations

    @property
    def table(self) -> str:
        """The block with the table of the layer's weights."""
        return chain("", self.layer)

    def diagonal(self) -> RowFormula:
        """What a softmax layer's gradient would be if a_j moved with z_j alone."""
        below = 3 * self.context.network.sizes[self.layer] + 1
        return lambda r, j, i, n: self._joined("*", self.table, r, (3 * j, 3 * j + 1, below))

    def _weight(self, first: int, factors: int) -> list[Column]:
        """∂z_j/∂w_ji, the activation of node i below, and the product of the last `factors` columns with it."""
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
        derivative = ACTIVATION_FORMULAS[network.layers[self.layer - 1].activation].derivative
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
