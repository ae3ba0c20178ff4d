"""The sheet `Predict`: rows in which to type new inputs, and what the network says of each.

    n   says      class   how sure   features …        outputs …         scaled …  z⁽¹⁾ … a⁽¹⁾ … z⁽²⁾ …
                                     mean  …
                                     scale …
    0   setosa    0       98%        5.1  3.5  1.4     0.98  0.02  0.00

It takes the weights of Step and computes all else from its own cells. A row shows nothing until all its inputs are typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import isnan

from sheetnet.formulas import activation_formulas
from sheetnet.layout.grid import Grid
from sheetnet.layout.views.view_parts import Laid, ViewContext, fixed
from sheetnet.layout.views.view_parts import layer_sign as up
from sheetnet.layout.views.view_parts import subscript as low
from sheetnet.quantity import Quantity, predicted, q
from sheetnet.styles import activation_role
from sheetnet.syntax import cell_name, quote_sheet
from sheetnet.workbook import Cell, CellValidation, Rule, View
from sheetnet.workbook_options import classifies

PREDICT_TOP = 5  # the row of the bands
ROW, SAYS, CLASS, HOW_SURE = 1, 2, 3, 4  # columns
FEATURES = 6  # the first column of the inputs
NARROW, PIXEL_WIDTH, FEATURE, OUTPUT = 2.0, 3.0, 12.0, 9.0
PIXEL_INK = ("FFFFFF", "8DB4E2")  # the colours of a pixel of 0 and of 1, on both of which a number can be read
SCALER_DIGITS = "0.0000"
PREDICT_WORDS = "Type new inputs, or paste rows of them, under Inputs: the network{} says {}."
NO_NUMBER, MISSING = "not a number", " missing"  # what a row says that waits for its inputs


def predict_sheet(context: ViewContext) -> Laid:
    """The finished sheet and the names of its blocks."""
    answer = "what they are" if classifies(context.network) else "what follows"
    alone = context.presentation.alone
    words = PREDICT_WORDS.format("" if alone else ", with the weights of Step,", answer)
    grid = context.sheet("predict", f"Predict: {context.network.title}", words)
    page = _Predictions(context, grid)
    page.place()
    page.answers()
    page.features()
    page.outputs()
    page.workings()
    view = View(
        widths=page.widths,
        freeze=(page.first, FEATURES),
        title_rows=(1, page.first - 1),
        column_groups=((page.left, max(page.widths)),),
        locked=True,
        printed_columns=page.left - 2 if alone else None,
        tab="7030A0",
    )
    return grid.finished(view), grid.names()


@dataclass
class _Predictions:
    """Writing the parts of the sheet from left to right; `widths` are those of the columns written so far."""

    context: ViewContext
    grid: Grid
    widths: dict[int, float] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The row of the first prediction, below the heads and the scaler's two rows."""
        return PREDICT_TOP + 2 + 2 * (self.context.network.scaler is not None)

    @property
    def _sizes(self) -> tuple[int, ...]:
        return self.context.network.sizes

    @property
    def _outputs_at(self) -> int:
        return FEATURES + self._sizes[0] + 1

    @property
    def left(self) -> int:
        """The first column of the workings."""
        return self._outputs_at + self._sizes[-1] + 1

    def _blank(self, n: int) -> bool:
        return any(isnan(x) for x in self.context.values[predicted("x")][n])

    def _guarded(self, n: int, formula: str) -> str:
        """Nothing where an input of the row is missing."""
        return f'IF(COUNT({self.grid.row(predicted("x"), n)})<{self._sizes[0]},"",{formula})'

    def _answered(self, n: int, word: str) -> str:
        """The word, or what the row waits for: nothing where it is blank."""
        row, size = self.grid.row(predicted("x"), n), self._sizes[0]
        filled = f'IF(COUNT({row})<COUNTA({row}),"{NO_NUMBER}",{size}-COUNTA({row})&"{MISSING}")'
        return f'IF(COUNT({row})={size},{word},IF(COUNTA({row})=0,"",{filled}))'

    def _workings(self) -> Iterator[tuple[str, str, int]]:
        """Block, symbol and width of the workings, from left to right."""
        network = self.context.network
        if network.scaler is not None:
            yield predicted("scaled"), "scaled x", self._sizes[0]
        for layer in range(1, network.depth + 1):
            for symbol in ("z", *(["e"] if network.mixes(layer) else []), *(["a"] if layer < network.depth else [])):
                yield predicted(symbol, layer), f"{symbol}{up(layer)}", self._sizes[layer]

    def place(self) -> None:
        """Where everything stands: formulas refer to blocks that are further right."""
        outputs, left = predicted("a", self.context.network.depth), self.left
        self.grid.place(predicted("x"), (self.context.presentation.rows, self._sizes[0]), self.first, FEATURES)
        self.grid.place(outputs, (self.context.presentation.rows, self._sizes[-1]), self.first, self._outputs_at)
        for block, _, size in self._workings():
            self.grid.place(block, (self.context.presentation.rows, size), self.first, left)
            left += size + 1
        if classifies(self.context.network):
            for symbol, column in (("says", CLASS), ("sure", HOW_SURE)):
                self.grid.place(predicted(symbol), (self.context.presentation.rows, 1), self.first, column)

    def _block(self, block: str, formula: Callable[[int, int], str], role: str, number: str = "") -> None:
        """A block of a row for each prediction; a row that waits for its inputs shows nothing. `number` is a format."""
        grid, values = self.grid, self.context.values[block]
        shown = [row if not self._blank(n) else [0.0] * len(row) for n, row in enumerate(values)]
        grid.fill(block, shown, lambda n, c: self._guarded(n, formula(n, c)), role)
        for n, row in enumerate(values):
            for c in range(len(row)):
                at = grid.position(block, n, c)
                cell = replace(grid.cells[at], value="") if self._blank(n) else grid.cells[at]
                grid.cells[at] = replace(cell, number=number or cell.number)

    def _heads(self, band: str, heads: Sequence[str], left: int, width: float) -> None:
        self.grid.write(PREDICT_TOP, left, band, "band")
        for number, head in enumerate(heads):
            self.grid.write(PREDICT_TOP + 1, left + number, head, "header")
            self.widths[left + number] = width

    def features(self) -> None:
        """The inputs, which may be typed over, and what scales them."""
        grid, network, values = self.grid, self.context.network, self.context.values[predicted("x")]
        names = network.names.features
        pixels = network.image is not None and not names
        heads = names or [str(i) if pixels else f"x{low(i)}" for i in range(self._sizes[0])]
        self._heads("Inputs", heads, FEATURES, PIXEL_WIDTH if pixels else FEATURE)
        self.widths[FEATURES - 1] = NARROW
        box = grid.box(predicted("x"))
        for n, row in enumerate(values):
            for i, x in enumerate(row):
                grid.cells[self.first + n, FEATURES + i] = Cell(None if isnan(x) else x, role="entry")
        first = cell_name(*box[:2])
        grid.rules.append(Rule(box, f"NOT(OR(ISBLANK({first}),ISNUMBER({first})))", "fail"))
        message = "A number as it was measured; the sheet scales it." if network.scaler else "A number."
        grid.entries.append(CellValidation(box, "Input", message))
        if pixels and network.scaler is None:
            grid.rules.append(Rule(box, scale=PIXEL_INK))
        for offset, name in enumerate(("mean", "scale") if network.scaler else ()):
            at = self.first - 2 + offset
            grid.write(at, HOW_SURE, name, "label")
            grid.fill(predicted(name), self.context.values[predicted(name)], lambda *_: None, "copy", (at, FEATURES))
            for i in range(self._sizes[0]):
                grid.cells[at, FEATURES + i] = replace(grid.cells[at, FEATURES + i], number=SCALER_DIGITS)

    def answers(self) -> None:
        """The largest output, its class, and how large it is; of outputs that are no classes, what a row waits for."""
        grid, network = self.grid, self.context.network
        self.widths |= {ROW: 5.0, SAYS: 14.0, CLASS: 7.0, HOW_SURE: 10.0}
        grid.write(PREDICT_TOP + 1, ROW, "n", "header")
        for n in range(self.context.presentation.rows):
            grid.write(self.first + n, ROW, str(n), "name")
        if not classifies(network):
            grid.write(PREDICT_TOP + 1, SAYS, "waits for", "header")
            for n in range(self.context.presentation.rows):
                grid.calculate(self.first + n, SAYS, self._answered(n, '""'), "", "name")
            return
        grid.write(PREDICT_TOP, SAYS, "What the network says", "band")
        for column, head in ((SAYS, "says"), (CLASS, "class"), (HOW_SURE, "how sure")):
            grid.write(PREDICT_TOP + 1, column, head, "header")
        self._block(predicted("says"), lambda n, _: self._largest(n), "count")
        self._block(predicted("sure"), lambda n, _: self._how_sure(n), "sure")
        classes = self._classes()
        for n, (number,) in enumerate(self.context.values[predicted("says")]):
            word = "" if self._blank(n) or isnan(number) else classes[int(number)]
            grid.calculate(self.first + n, SAYS, self._answered(n, self._word(n)), word, "name")

    def _classes(self) -> Sequence[str]:
        count = max(self._sizes[-1], 2)
        return self.context.network.names.classes or [str(k) for k in range(count)]

    def _largest(self, n: int) -> str:
        outputs = predicted("a", self.context.network.depth)
        if self._sizes[-1] == 1:
            return f"IF({self.grid.cell(outputs, n, 0)}>=0.5,1,0)"
        row = self.grid.row(outputs, n)
        return f"MATCH(MAX({row}),{row},0)-1"

    def _how_sure(self, n: int) -> str:
        outputs = predicted("a", self.context.network.depth)
        if self._sizes[-1] > 1:
            return f"MAX({self.grid.row(outputs, n)})"
        cell = self.grid.cell(outputs, n, 0)
        return f"IF({cell}>=0.5,{cell},1-{cell})"

    def _word(self, n: int) -> str:
        """The name of the class, from the heads of the outputs; of a single output one of two."""
        says = self.grid.cell(predicted("says"), n, 0)
        if self._sizes[-1] == 1:
            no, yes = (word.replace('"', '""') for word in self._classes())
            return f'IF({says}=1,"{yes}","{no}")'
        first, last = (
            cell_name(PREDICT_TOP + 1, self._outputs_at + k, absolute=True) for k in (0, self._sizes[-1] - 1)
        )
        return f"INDEX({first}:{last},1,{says}+1)"

    def outputs(self) -> None:
        """What the last layer puts out, one column for each class."""
        network, depth = self.context.network, self.context.network.depth
        heads = [self._classes()[1] if classifies(network) else "output"]
        if self._sizes[-1] > 1:
            heads = [*network.names.classes] or [str(j) for j in range(self._sizes[-1])]
        self._heads("Outputs", heads, self._outputs_at, OUTPUT)
        self.widths[self._outputs_at - 1] = self.widths[self.left - 1] = NARROW
        shown = "0.0%" if classifies(network) else ""
        self._block(predicted("a", depth), self._activation(depth), "forward", shown)
        box = self.grid.box(predicted("a", depth))
        if classifies(network) and self._sizes[-1] > 1:
            top, left, _, right = box
            row = f"${cell_name(top, left)}:${cell_name(top, right)}"
            self.grid.rules.append(Rule(box, f"AND(COUNT({row})>0,{cell_name(top, left)}=MAX({row}))", "said"))

    def workings(self) -> None:
        """The scaled inputs, and z and a of each layer."""
        for block, symbol, size in self._workings():
            left = self.grid.corners[block][1]
            self._heads(symbol, [str(j) for j in range(size)], left, OUTPUT)
            self.widths[left + size] = NARROW
            quantity = Quantity.of(block)
            layer = quantity.layer or 0
            make = {"z": self._z, "e": self._e, "a": self._activation}.get(quantity.symbol)
            role = activation_role(layer) if quantity.symbol == "a" else "forward"
            self._block(block, make(layer) if make else self._scaled, role)

    def _scaled(self, n: int, i: int) -> str:
        grid = self.grid
        mean, scale = (cell_name(*grid.position(predicted(name), 0, i), absolute=True) for name in ("mean", "scale"))
        return f"({grid.cell(predicted('x'), n, i)}-{mean})/{scale}"

    def _z(self, layer: int) -> Callable[[int, int], str]:
        """z_j = Σ_i a_i w_ij + b_j, with the weights of Step."""
        network, step, grid = self.context.network, self.context.grid, self.grid
        below = predicted("a", layer - 1) if layer > 1 else predicted("scaled" if network.scaler else "x")
        fan_in, weights = self._sizes[layer - 1], q("W", layer)

        def z(n: int, j: int) -> str:
            first, last = (cell_name(*step.position(weights, i, j), absolute=True) for i in (0, fan_in - 1))
            row, column = grid.row(below, n), f"{quote_sheet(step.sheet)}!{first}:{last}"
            total = f"SUMPRODUCT({row},{column})" if step.turned else f"SUM(MMULT({row},{column}))"
            return total + (f"+{fixed(self.context, weights, fan_in, j)}" if network.has_bias(layer) else "")

        return z

    def _e(self, layer: int) -> Callable[[int, int], str]:
        power, z = activation_formulas(self.context.network.layers[layer - 1]).power, predicted("z", layer)
        return lambda n, j: power(self.grid.cell(z, n, j), self.grid.row(z, n))

    def _activation(self, layer: int) -> Callable[[int, int], str]:
        """a = f(z); where neurons mix, of e."""
        network, grid = self.context.network, self.grid
        value, mixes = activation_formulas(network.layers[layer - 1]).value, network.mixes(layer)
        source = predicted("e" if mixes else "z", layer)

        def a(n: int, j: int) -> str:
            cell = grid.cell(source, n, j)
            return value(cell, grid.row(source, n)) if mixes else value(cell)

        return a
