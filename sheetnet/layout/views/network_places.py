"""Where the nodes of the sheet `Network` stand and what they are called. It knows positions, and no formulas.

Layers stand side by side and share the height of the tallest evenly; the bias nodes stand in a row below all.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from sheetnet.layout.views.chain_columns import low, up
from sheetnet.looks import activation_role
from sheetnet.network import Network
from sheetnet.syntax import cell_name

TOP = 8  # the first row of the drawing
INPUTS = 2  # the column of the inputs; the first is a margin
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
        return INPUTS + 2 + sum(7 + net.mixes(below) for below in range(1, layer))

    def band(self, layer: int, j: int) -> int:
        """The first row of what flows into neuron j: layers share the height evenly."""
        sizes = self.network.sizes
        rows = sizes[layer - 1] + 1 if layer else NODE
        slot = (self.height + 1) / sizes[layer]
        return TOP + int(j * slot + (slot - 1 - rows) / 2)

    def symbol_row(self, layer: int, j: int) -> int:
        """The row of a node's symbol, its number stands below: in the middle of what flows into it."""
        rows = self.network.sizes[layer - 1] + 1 if layer else NODE
        return self.band(layer, j) + (rows - NODE) // 2

    def activation_column(self, layer: int) -> int:
        """The column of a layer's activations, of the inputs for layer 0."""
        return self.left(layer) + 5 + self.network.mixes(layer) if layer else INPUTS

    def node(self, layer: int, i: int) -> str:
        """The cell with the number of a node; the one after the last is the bias node."""
        if i == self.network.sizes[layer]:
            return cell_name(TOP + self.height + 2, self.activation_column(layer))
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
        found = {1: 2.0, INPUTS: 9.0}
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
