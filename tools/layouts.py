"""Workbooks as other people lay them out: columns, transposed weights, biases apart, helpers, one training step a row.

Formulas are written here from the scalar equations once more, for half the squared error, N observations and the mean
over them; no cell has a name.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, product

import xlsxwriter

from sheetnet.files import read_workbook
from sheetnet.network import Layer, Network
from sheetnet.syntax import cell_name, quote_sheet
from sheetnet.workbook import Cell, Place, Sheet, Workbook

# activation → (value at {z}, derivative at {z} and {a})
FORMULAS = {
    "sigmoid": ("1/(1+EXP(-{z}))", "{a}*(1-{a})"),
    "tanh": ("TANH({z})", "(1-{a}^2)"),
    "relu": ("MAX(0,{z})", "IF({z}>0,1,0)"),
    "identity": ("{z}", "1"),
}
Grid = list[list[Place]]


def small_network(observations: int = 1, activation: str = "sigmoid", sizes: Sequence[int] = (2, 3, 2)) -> Network:
    """A network whose numbers are all different, by a fixed rule: easy to find by value."""
    numbers = iter(round(0.11 + 0.037 * k * (-1) ** k, 3) for k in range(1, 1000))
    n_in, n_out = sizes[0], sizes[-1]
    inputs = tuple(tuple(next(numbers) for _ in range(n_in)) for _ in range(observations))
    targets = tuple(tuple(next(numbers) for _ in range(n_out)) for _ in range(observations))
    layers = tuple(
        Layer(activation, tuple(tuple(next(numbers) for _ in range(n)) for _ in range(fan_in + 1)))
        for fan_in, n in pairwise(sizes)
    )
    return Network("a stranger's network", "tests", inputs, targets, layers, "half_sse", 0.45)


@dataclass
class Paper:
    """Sheets under construction. `grid` puts a block below what stands on its sheet, turned by 90° where asked."""

    turned: bool = False
    cells: dict[str, dict[tuple[int, int], Cell]] = field(default_factory=dict)
    grids: dict[str, Grid] = field(default_factory=dict)

    def grid(self, name: str, sheet: str, rows: int, columns: int) -> Grid:
        """Room for a block, with its label above; `grid[i][j]` is the place of element (i, j) however it is turned."""
        cells = self.cells.setdefault(sheet, {})
        top = max((row for row, _ in cells), default=0) + 2
        cells[top, 2] = Cell(f"block {name}")
        elements = [[(j, i) if self.turned else (i, j) for j in range(columns)] for i in range(rows)]
        self.grids[name] = [[(sheet, top + 1 + down, 3 + right) for down, right in row] for row in elements]
        for row in self.grids[name]:
            for place in row:
                cells[place[1:]] = Cell()
        return self.grids[name]

    def put(self, place: Place, content: float | str) -> None:
        """A number, or the text of a formula."""
        cell = Cell(0.0, content) if isinstance(content, str) else Cell(float(content))
        self.cells[place[0]][place[1:]] = cell

    def workbook(self) -> Workbook:
        """What was written."""
        return Workbook(tuple(Sheet(name, cells) for name, cells in self.cells.items()))


def ref(place: Place) -> str:
    """A reference that works from every sheet."""
    return f"{quote_sheet(place[0])}!{cell_name(*place[1:])}"


def total(terms: Sequence[str]) -> str:
    """A plain sum."""
    return "+".join(terms)


@dataclass
class Writer:
    """One training step, block by block. `helpers` gives products cells of their own, `sheets` spreads the blocks."""

    network: Network
    turned: bool = False
    helpers: bool = False
    sheets: bool = False
    literal_gamma: bool = False
    weights_turned: bool = False

    def workbook(self) -> Workbook:
        """The whole step."""
        self.paper = Paper(self.turned)
        self._inputs()
        for layer in range(1, self.network.depth + 1):
            self._forward(layer)
        self._cost()
        for layer in range(self.network.depth, 0, -1):
            self._error(layer)
        for layer in range(1, self.network.depth + 1):
            self._update(layer)
        return self.paper.workbook()

    def _grid(self, name: str, sheet: str, rows: int, columns: int) -> Grid:
        return self.paper.grid(name, sheet if self.sheets else "My net", rows, columns)

    def _numbers(self, name: str, sheet: str, rows: Sequence[Sequence[float]]) -> None:
        grid = self._grid(name, sheet, len(rows), len(rows[0]))
        for i, j in product(range(len(rows)), range(len(rows[0]))):
            self.paper.put(grid[i][j], rows[i][j])

    def _inputs(self) -> None:
        network = self.network
        self._numbers("x", "Data", network.inputs)
        self._numbers("t", "Data", network.targets)
        if not self.literal_gamma:
            self._numbers("gamma", "Data", [[network.learning_rate]])
        for number, layer in enumerate(network.layers, 1):
            self.paper.turned ^= self.weights_turned
            self._numbers(f"w{number}", "Weights here", layer.weights[:-1])
            self._numbers(f"b{number}", "Weights here", layer.weights[-1:])
            self.paper.turned ^= self.weights_turned

    def _forward(self, layer: int) -> None:
        g, f = self.paper.grids, FORMULAS[self.network.layers[layer - 1].activation][0]
        below = g["x"] if layer == 1 else g[f"a{layer - 1}"]
        w, b, rows, n = g[f"w{layer}"], g[f"b{layer}"], len(below), len(g[f"b{layer}"][0])
        z = self._grid(f"z{layer}", "Forward", rows, n)
        for k, j in product(range(rows), range(n)):
            terms = [f"{ref(below[k][i])}*{ref(w[i][j])}" for i in range(len(w))]
            if self.helpers:
                terms = self._helper(f"path {layer} {k} {j}", terms)
            self.paper.put(z[k][j], total([*terms, ref(b[0][j])]))
        a = self._grid(f"a{layer}", "Forward", rows, n)
        for k, j in product(range(rows), range(n)):
            self.paper.put(a[k][j], f.format(z=ref(z[k][j])))

    def _helper(self, name: str, terms: list[str]) -> list[str]:
        row = self._grid(name, "Forward", 1, len(terms))[0]
        for place, term in zip(row, terms, strict=True):
            self.paper.put(place, term)
        return [ref(place) for place in row]

    def _cost(self) -> None:
        a, t = self.paper.grids[f"a{self.network.depth}"], self.paper.grids["t"]
        each = self._grid("cost_n", "Forward", len(a), 1)
        for k, row in enumerate(a):
            self.paper.put(each[k][0], total([f"({ref(x)}-{ref(y)})^2/2" for x, y in zip(row, t[k], strict=True)]))
        mean = f"({total([ref(row[0]) for row in each])})/{len(a)}"
        self.paper.put(self._grid("cost", "Forward", 1, 1)[0][0], mean)

    def _error(self, layer: int) -> None:
        g, derivative = self.paper.grids, FORMULAS[self.network.layers[layer - 1].activation][1]
        a, z, depth = g[f"a{layer}"], g[f"z{layer}"], self.network.depth
        delta = self._grid(f"d{layer}", "Backward", len(a), len(a[0]))
        for k, j in product(range(len(a)), range(len(a[0]))):
            if layer == depth:
                pull = f"({ref(a[k][j])}-{ref(g['t'][k][j])})"
            else:
                above, w = g[f"d{layer + 1}"][k], g[f"w{layer + 1}"][j]
                pull = "(" + total([f"{ref(d)}*{ref(x)}" for d, x in zip(above, w, strict=True)]) + ")"
            factor = derivative.format(z=ref(z[k][j]), a=ref(a[k][j]))
            self.paper.put(delta[k][j], f"{pull}*{factor}")

    def _update(self, layer: int) -> None:
        g, network = self.paper.grids, self.network
        below = g["x"] if layer == 1 else g[f"a{layer - 1}"]
        delta, w, b = g[f"d{layer}"], g[f"w{layer}"], g[f"b{layer}"]
        gamma = repr(network.learning_rate) if self.literal_gamma else ref(g["gamma"][0][0])
        old = [*w, b[0]]
        slope = self._grid(f"slope{layer}", "Backward", len(old), len(b[0]))
        new = self._grid(f"new{layer}", "Backward", len(old), len(b[0]))
        for i, j in product(range(len(old)), range(len(b[0]))):
            ones = i == len(w)
            terms = [ref(d[j]) if ones else f"{ref(x[i])}*{ref(d[j])}" for x, d in zip(below, delta, strict=True)]
            self.paper.put(slope[i][j], f"({total(terms)})/{len(delta)}")
            self.paper.put(new[i][j], f"{ref(old[i][j])}-{gamma}*{ref(slope[i][j])}")


def training_rows(network: Network, steps: int, repeated_inputs: bool = False) -> bytes:
    """One training step a row, for one observation and sigmoid layers: an .xlsx file without names.

    Columns: inputs, targets, weights neuron by neuron with the bias last, then z and a of each layer, the δ's, the
    cost. The weights of a row come from the row above. γ stands in B1. `repeated_inputs` types x and T in every row.
    """
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    page = book.add_worksheet("Training")
    page.write_row(0, 0, ["rate", network.learning_rate])
    for step in range(steps):
        for column, content in enumerate(_training_row(network, 3 + step, step == 0, repeated_inputs)):
            if isinstance(content, str):
                page.write_formula(2 + step, column, "=" + content)
            else:
                page.write_number(2 + step, column, content)
    book.close()
    return stream.getvalue()


def _training_row(network: Network, row: int, first: bool, repeated: bool) -> list[float | str]:
    n, free = network.sizes, iter(range(1, 10_000))

    def at(count: int) -> list[int]:
        return [next(free) for _ in range(count)]

    def name(column: int, up: int = 0) -> str:
        return cell_name(row - up, column)

    x, t = at(n[0]), at(n[-1])
    w = [[at(n[k] + 1) for _ in range(n[k + 1])] for k in range(network.depth)]
    z, a = [at(size) for size in n[1:]], [at(size) for size in n[1:]]
    delta = [at(size) for size in n[1:]]
    content: list[float | str] = []
    for columns, numbers in ((x, network.inputs[0]), (t, network.targets[0])):
        content += [number if first or repeated else name(c, 1) for c, number in zip(columns, numbers, strict=True)]
    for k, layer in enumerate(network.layers):
        for j, own in enumerate(w[k]):
            for i, c in enumerate(own):
                used = "" if i == n[k] else "*" + name(x[i] if k == 0 else a[k - 1][i], 1)
                content.append(layer.weights[i][j] if first else f"{name(c, 1)}-$B$1*{name(delta[k][j], 1)}{used}")
    for k in range(network.depth):
        below = x if k == 0 else a[k - 1]
        for own in w[k]:
            terms = [f"{name(c)}*{name(i)}" for c, i in zip(own, below, strict=False)]
            content.append(total([*terms, name(own[-1])]))
    content += [f"1/(1+EXP(-{name(c)}))" for layer in z for c in layer]
    for k in range(network.depth):
        for j in range(n[k + 1]):
            if k == network.depth - 1:
                pull = f"({name(a[k][j])}-{name(t[j])})"
            else:
                pull = "(" + total([f"{name(d)}*{name(w[k + 1][m][j])}" for m, d in enumerate(delta[k + 1])]) + ")"
            content.append(f"{pull}*{name(a[k][j])}*(1-{name(a[k][j])})")
    content.append(total([f"({name(c)}-{name(y)})^2/2" for c, y in zip(a[-1], t, strict=True)]))
    return content


def damaged(workbook: Workbook, place: Place, formula: str) -> Workbook:
    """The workbook with another formula in one cell."""
    sheets = tuple(
        replace(sheet, cells={**sheet.cells, place[1:]: Cell(0.0, formula)}) if sheet.name == place[0] else sheet
        for sheet in workbook.sheets
    )
    return replace(workbook, sheets=sheets)


def read_bytes(content: bytes, path: str) -> Workbook:
    """The workbook of an .xlsx file's bytes, by way of a file at `path`."""
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(content)
    return read_workbook(path)
