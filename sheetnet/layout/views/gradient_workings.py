"""The workings of the gradient check: a forward pass a row, with one weight moved. It knows no backward pass.

z of the moved weight's neuron:  z without the move ± h·a, where a is the activation that meets the weight
z of its layer's other neurons and of the layers below:  z without the move
z of the layers above:  Σ a w, from the row's own activations and the weights of Step
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sheetnet.formulas import ACTIVATIONS, LOSSES, describe
from sheetnet.formulas.activations import exponential
from sheetnet.layout.views.columns import Group, Table, fixed, lowered, mean, plus, short_enough
from sheetnet.layout.views.scene import Scene
from sheetnet.looks import activation_role
from sheetnet.network import Network

SIDES = {"plus": ("C(w + h)", "+"), "minus": ("C(w − h)", "-")}
BENDING = ("relu", "leaky_relu", "elu")  # activations whose slope, or its slope, jumps at z = 0
Weight = tuple[int, int, int]


def has_bends(network: Network) -> bool:
    """Whether any layer has an activation that bends at 0."""
    return any(layer.activation in BENDING for layer in network.layers)


@dataclass(frozen=True)
class Workings:
    """Two sections of a table, of C(w + h) and of C(w − h); the first row of numbers moves no weight."""

    scene: Scene
    table: Table
    weights: list[Weight]

    @property
    def network(self) -> Network:
        """The network whose weights are moved."""
        return self.scene.network

    @property
    def base(self) -> str:
        """The row in which no weight is moved, as references have it."""
        return f"${self.table.first}"

    def headers(self, left: int) -> None:
        """Place every block, from left to right."""
        for side, (words, _) in SIDES.items():
            for n in range(self.network.observations):
                left = self.table.section(f"{words}: observation n = {n}", list(self._groups(side, n)), left) + 1

    def _groups(self, side: str, n: int) -> Iterator[Group]:
        network, prefix = self.network, f"grad_{side}"
        for layer in range(1, network.depth + 1):
            kinds = ["z", "e", "a"] if network.mixes(layer) else ["z", "a"]
            for kind in kinds:
                symbol, _ = describe(network, f"{kind}_{layer}")
                role = "forward" if kind != "a" else "output" if layer == network.depth else activation_role(layer)
                names = [lowered(kind, j) for j in range(network.sizes[layer])]
                yield Group(f"{prefix}_{kind}_{layer}_n{n}", symbol, names, role)
        yield Group(f"{prefix}_cost_n_n{n}", "C_n", [lowered("C", n)], "cost")
        if has_bends(network):
            yield Group(f"{prefix}_switch_n{n}", "units", ["switch"], "count")

    def fill(self) -> None:
        """Every cell of both sections."""
        for side in SIDES:
            first = self.table.first if side == "plus" else self.table.first + 1
            for n in range(self.network.observations):
                for group in self._groups(side, n):
                    top = self.table.first + 1 if "_switch_" in group.block else first
                    self._fill(side, n, group, top)

    def _fill(self, side: str, n: int, group: Group, top: int) -> None:
        kind, layer = group.block.split("_")[2], group.block.split("_")[3]
        shift = self.table.first + 1 - top  # 1 where the block has the row without a move

        def formula(r: int, c: int) -> str:
            weight = self.weights[r - shift] if r >= shift else None
            if kind == "z":
                text = self._z(side, n, int(layer), c, weight)
            elif kind in ("e", "a"):
                text = self._activation(side, n, kind, int(layer), c)
            else:
                text = self._cost(side, n) if kind == "cost" else self._switched(side, n)
            return short_enough(text.format(top + r), self.table.grid.sheet)

        def role(r: int, c: int) -> str:
            weight = self.weights[r - shift] if r >= shift else None
            if kind != "z" or weight is None or int(layer) > weight[0]:
                return group.role
            return "nudged" if (int(layer), c) == (weight[0], weight[2]) else "copy"

        place = (top, self.table.lefts[group.block])
        self.table.grid.fill(group.block, self.scene.values[group.block], formula, role, place)

    # ---- The equations

    def _z(self, side: str, n: int, layer: int, j: int, weight: Weight | None) -> str:
        base = self.table.cell(f"grad_plus_z_{layer}_n{n}", j, self.base)
        if weight is None or layer > weight[0]:
            fan_in = self.network.sizes[layer - 1]
            w = [fixed(self.scene, f"W_{layer}", i, j) for i in range(fan_in + 1)]
            return plus([*(f"{self._below(side, n, layer, i)}*{w[i]}" for i in range(fan_in)), w[fan_in]])
        if (layer, j) != (weight[0], weight[2]):
            return base
        bias = weight[1] == self.network.sizes[layer - 1]
        move = f"{SIDES[side][1]}{self.table.grid.fixed('grad_h')}"
        return f"{base}{move}" if bias else f"{base}{move}*{self._below(side, n, layer, weight[1])}"

    def _below(self, side: str, n: int, layer: int, i: int) -> str:
        """The activation of node i of the layer below: an input of Step, or the row's own."""
        return fixed(self.scene, "A_0", n, i) if layer == 1 else self._at(side, f"a_{layer - 1}", n, i)

    def _activation(self, side: str, n: int, kind: str, layer: int, j: int) -> str:
        last, value = self.network.sizes[layer] - 1, ACTIVATIONS[self.network.layers[layer - 1].activation].value
        if kind == "e":
            row = self.table.span(f"grad_{side}_z_{layer}_n{n}", 0, last)
            return exponential(self._at(side, f"z_{layer}", n, j), row)
        if not self.network.mixes(layer):
            return value(self._at(side, f"z_{layer}", n, j))
        return value(self._at(side, f"e_{layer}", n, j), self.table.span(f"grad_{side}_e_{layer}_n{n}", 0, last))

    def _cost(self, side: str, n: int) -> str:
        """Σ over the outputs."""
        depth, count, term = self.network.depth, self.network.sizes[-1], LOSSES[self.network.loss].term
        out = [self._at(side, f"a_{depth}", n, j) for j in range(count)]
        return plus([term(out[j], fixed(self.scene, "target", n, j), count) for j in range(count)])

    def _switched(self, side: str, n: int) -> str:
        """How many units that bend at 0 are on one side of it here and on the other without the move."""
        terms = []
        for layer, size in enumerate(self.network.sizes[1:], 1):
            if self.network.layers[layer - 1].activation in BENDING:
                here = self.table.span(f"grad_{side}_z_{layer}_n{n}", 0, size - 1)
                still = self.table.span(f"grad_plus_z_{layer}_n{n}", 0, size - 1, self.base)
                terms.append(f"SUMPRODUCT(1*(({here}>0)<>({still}>0)))")
        return plus(terms)

    def _at(self, side: str, quantity: str, n: int, column: int) -> str:
        return self.table.cell(f"grad_{side}_{quantity}_n{n}", column)

    # ---- What the table takes from here

    def cost(self, side: str, row: int) -> str:
        """C of one row: the mean, or sum, over the observations."""
        cells = [self._at(side, "cost_n", n, 0) for n in range(self.network.observations)]
        return short_enough(mean(self.network, cells).format(row), self.table.grid.sheet)

    def switches(self, row: int) -> str:
        """How many units switch in one row, with the move to either side."""
        cells = [self._at(side, "switch", n, 0) for side in SIDES for n in range(self.network.observations)]
        return short_enough(plus(cells).format(row), self.table.grid.sheet)
