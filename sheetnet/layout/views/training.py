"""The sheet `Training`: a row a step of gradient descent, each from the row above, and a chart of the cost.

    t  C  chart  W⁽¹⁾ … W⁽ᴸ⁾ | each observation: x  z  a … T  C_n  δ⁽ᴸ⁾ … δ⁽¹⁾ | ∂C/∂W⁽¹⁾ … ∂C/∂W⁽ᴸ⁾

It computes everything from its own cells; from Step it takes the inputs alone (`training_formulas`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sheetnet.formulas import describe
from sheetnet.layout.grid import Grid
from sheetnet.layout.views.columns import Group, Table, arrows, fixed, lowered
from sheetnet.layout.views.scene import Scene
from sheetnet.layout.views.training_formulas import Formulas
from sheetnet.looks import activation_role
from sheetnet.network import Network, activation_name
from sheetnet.workbook import Cell, LineChart, Name, Sheet, View

TOP = 4  # the row of the bands
CHART_COLUMNS, CHART_ROWS = 7, 18
STEP, COST, CHART = 1, 2, 3  # columns
WORDS = "Gradient descent, a row a step: each row takes its weights from the row above. Change Step: all rows follow."
EXPLAINED = (
    "Read a row from left to right:",
    "the weights; for each observation x, z, a (forward),",
    "its cost and δ (backward); then the gradient ∂C/∂W.",
    "The next row's weights are W − γ ∂C/∂W of this row.",
    "i→j leads from node i to neuron j; b is the bias node.",
    "Row 0 has the weights of Step, row 1 those after its step.",
)


def training(scene: Scene) -> tuple[Sheet, list[Name]]:
    """The sheet and the names of its blocks."""
    grid = scene.sheet("training", f"Training: {scene.presentation.steps:,} steps", WORDS)
    place_gamma(grid, scene)
    page = _Page(scene, Table(grid, TOP))
    groups = page.headers()
    templates = Formulas(scene, page.table).templates()
    for group in groups:
        page.table.fill(group, scene.values[group.block], templates[group.block])
    page.first_weights()
    page.margin()
    widths = {STEP: 8.0, COST: 11.0}
    view = View(widths=widths, freeze=(page.table.first, COST + 1), title_rows=(TOP, TOP + 2), tab="548235")
    return grid.finished(view), grid.names()


@dataclass(frozen=True)
class _Page:
    """The sheet being laid out."""

    scene: Scene
    table: Table

    @property
    def network(self) -> Network:
        return self.scene.network

    @property
    def layers(self) -> range:
        return range(1, self.network.depth + 1)

    # ---- Where everything stands

    def headers(self) -> list[Group]:
        """Every group of columns, placed from left to right under its headers."""
        cost = [Group("train_cost", "cost", ["C"], "cost")]
        self.table.section("", cost, COST)
        sections = [("Weights", self._of_weights("W", "trained"))]
        observations = range(self.network.observations)
        sections += [(f"Observation n = {n}: forward, cost, backward", self._of_observation(n)) for n in observations]
        share = ", the " + self.network.reduction + " over the observations" if self.network.observations > 1 else ""
        sections.append((f"Gradient{share}", self._of_weights("dC_dW", "gradient")))
        left, groups = CHART + CHART_COLUMNS + 1, cost
        for words, members in sections:
            left = self.table.section(words, members, left) + 1
            groups = groups + members
        return groups

    def _of_weights(self, kind: str, role: str) -> list[Group]:
        return [
            self._group(f"{kind}_{layer}", arrows(self.network.sizes[layer - 1], self.network.sizes[layer]), role)
            for layer in self.layers
        ]

    def _of_observation(self, n: int) -> list[Group]:
        network, n_out = self.network, self.network.sizes[-1]
        groups = [self._group("A_0", [*_numbered("x", network.sizes[0]), "1"], "copy", n)]
        for layer in self.layers:
            neurons, hidden = network.sizes[layer], layer < network.depth
            groups.append(self._group(f"z_{layer}", _numbered("z", neurons), "forward", n))
            if network.mixes(layer):
                groups.append(self._group(f"e_{layer}", _numbered("e", neurons), "forward", n))
            elements = [*_numbered("a", neurons), *(["1"] if hidden else [])]
            role = activation_role(layer) if hidden else "output"
            groups.append(self._group(activation_name(layer, network.depth), elements, role, n))
        groups.append(self._group("target", _numbered("T", n_out), "copy", n))
        groups.append(self._group("cost_n", [lowered("C", n)], "cost", n))
        for layer in reversed(self.layers):
            neurons = network.sizes[layer]
            if network.mixes(layer):
                groups.append(self._group(f"dC_da_{layer}", _numbered("∂C/∂a", neurons), "backward", n))
            groups.append(self._group(f"delta_{layer}", _numbered("δ", neurons), "backward", n))
        return groups

    def _group(self, quantity: str, elements: Sequence[str], role: str, n: int | None = None) -> Group:
        symbol, _ = describe(self.network, quantity)
        return Group(f"train_{quantity}" + ("" if n is None else f"_n{n}"), symbol, elements, role)

    # ---- What stands around it

    def first_weights(self) -> None:
        """The first row has the weights of Step."""
        grid, top = self.table.grid, self.table.first
        for layer in self.layers:
            block, nodes = f"train_W_{layer}", self.network.sizes[layer - 1] + 1
            for c, value in enumerate(self.scene.values[block][0]):
                j, i = divmod(c, nodes)
                source = fixed(self.scene, f"W_{layer}", i, j)
                grid.calculate(top, self.table.lefts[block] + c, source, value, "weight")

    def margin(self) -> None:
        """The numbers of the steps, γ, the chart of the cost and how to read a row."""
        grid, top, steps = self.table.grid, self.table.first, self.scene.presentation.steps
        grid.cells[TOP + 1, STEP] = Cell("step", role="header")
        grid.cells[TOP + 2, STEP] = Cell("t", role="header")
        for t in range(steps + 1):
            grid.cells[top + t, STEP] = Cell(float(t), role="whole")
        chart = LineChart(
            "Cost before each step", "step t", "cost C", (top, STEP, top + steps, STEP), grid.box("train_cost"),
            (top, CHART), (CHART_COLUMNS, CHART_ROWS),
        )  # fmt: skip
        grid.charts.append(chart)
        for number, line in enumerate(EXPLAINED):
            grid.write(top + CHART_ROWS + 1 + number, CHART, line, "equation")


def place_gamma(grid: Grid, scene: Scene) -> None:
    """The one γ of all rows, which is that of Step."""
    grid.write(TOP - 1, STEP, "γ", "symbol")
    source = fixed(scene, "gamma", 0, 0)
    grid.fill("train_gamma", scene.values["train_gamma"], lambda *_: source, "copy", (TOP - 1, COST))
    grid.write(TOP - 1, CHART, "the learning rate: change it on Step", "equation")
    grid.links[TOP - 1, STEP] = (scene.grid.sheet, *scene.grid.corners["gamma"])


def _numbered(symbol: str, count: int) -> list[str]:
    return [lowered(symbol, number) for number in range(count)]
