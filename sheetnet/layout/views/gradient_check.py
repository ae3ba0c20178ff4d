"""The sheet `Gradient check`: each weight moved by +h and by −h, and whether the cost follows as ∂C/∂w says.

z of the moved weight's neuron:  z without the move ± h·a, where a is the activation that meets the weight
z of its layer's other neurons and of the layers below:  z without the move
z of the layers above:  Σ a w, from the row's own activations and the weights of Step

    weight  w  C(w+h)  C(w−h)  slope  ∂C/∂w  difference  light | workings of C(w+h) | workings of C(w−h)

The workings are a forward pass of their own, from the inputs and weights of Step. Their first row moves nothing; the
others differ from it in one z, where h enters, and in what follows from that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sheetnet.formulas import LOSS_FORMULAS, activation_formulas, describe, penalty_share
from sheetnet.layout.grid import Grid
from sheetnet.layout.views.view_parts import (
    AGREES,
    DIFFERS,
    ColumnGroup,
    ColumnTable,
    TableLayout,
    ViewContext,
    fixed,
    lowered,
    mean,
    plus,
    short_enough,
)
from sheetnet.network import Network
from sheetnet.quantity import Quantity, moved, q
from sheetnet.styles import activation_role
from sheetnet.syntax import cell_name, quote_sheet
from sheetnet.workbook import Name, Rule, Sheet, View
from sheetnet.workbook_options import checked_weights

SIDES = {"plus": ("C(w + h)", "+"), "minus": ("C(w − h)", "-")}
Weight = tuple[int, int, int]
KINK = "kink"
LIGHTS = {AGREES: "pass", DIFFERS: "fail", KINK: "kink"}  # the word of a light → its look


def has_bends(network: Network) -> bool:
    """Whether any layer has an activation that bends."""
    return any(network.kinks(layer) for layer in range(1, network.depth + 1))


@dataclass(frozen=True)
class Workings(TableLayout):
    """Two sections of a table, of C(w + h) and of C(w − h); the first row of numbers moves no weight."""

    weights: list[Weight]

    @property
    def base(self) -> str:
        """The row in which no weight is moved, as references have it."""
        return f"${self.table.first}"

    def headers(self, left: int) -> None:
        """Place every block, from left to right."""
        for side, (words, _) in SIDES.items():
            for n in range(self.network.observations):
                left = self.table.section(f"{words}: observation n = {n}", list(self._groups(side, n)), left) + 1
            if self.network.l2 is not None:
                left = self.table.section(f"{words}: penalty", [self._penalty_group(side)], left) + 1

    def _groups(self, side: str, n: int) -> Iterator[ColumnGroup]:
        network = self.network
        for layer in range(1, network.depth + 1):
            kinds = ["z", "e", "a"] if network.mixes(layer) else ["z", "a"]
            for kind in kinds:
                symbol, _ = describe(network, q(kind, layer))
                role = "forward" if kind != "a" else "output" if layer == network.depth else activation_role(layer)
                names = [lowered(kind, j) for j in range(network.sizes[layer])]
                yield ColumnGroup(moved(kind, layer, n, part=side), symbol, names, role)
        yield ColumnGroup(moved("cost_n", None, n, part=side), "C_n", [lowered("C", n)], "cost")
        if has_bends(network):
            yield ColumnGroup(moved("switch", None, n, part=side), "units", ["switch"], "count")

    def _penalty_group(self, side: str) -> ColumnGroup:
        return ColumnGroup(moved("penalty", part=side), "penalty", ["R"], "cost")

    def fill(self) -> None:
        """Every cell of both sections."""
        for side in SIDES:
            first = self.table.first if side == "plus" else self.table.first + 1
            if self.network.l2 is not None:
                group, shift = self._penalty_group(side), self.table.first + 1 - first
                self.table.grid.fill(group.block, self.context.values[group.block], self._penalties(side, shift),
                                     group.role, (first, self.table.lefts[group.block]))  # fmt: skip
            for n in range(self.network.observations):
                for group in self._groups(side, n):
                    quantity = Quantity.of(group.block)
                    top = self.table.first + 1 if quantity.symbol == "switch" else first
                    self._fill(side, n, group, quantity, top)

    def _fill(self, side: str, n: int, group: ColumnGroup, quantity: Quantity, top: int) -> None:
        kind, layer = quantity.symbol, quantity.layer or 0
        shift = self.table.first + 1 - top  # 1 where the block has the row without a move

        def formula(r: int, c: int) -> str:
            weight = self.weights[r - shift] if r >= shift else None
            if kind == "z":
                text = self._z(side, n, layer, c, weight)
            elif kind in ("e", "a"):
                text = self._activation(side, n, kind, layer, c)
            else:
                text = self._cost(side, n) if kind == "cost_n" else self._switched(side, n)
            return short_enough(text.format(top + r), self.table.grid.sheet)

        def role(r: int, c: int) -> str:
            weight = self.weights[r - shift] if r >= shift else None
            if kind != "z" or weight is None or layer > weight[0]:
                return group.role
            return "nudged" if (layer, c) == (weight[0], weight[2]) else "copy"

        place = (top, self.table.lefts[group.block])
        self.table.grid.fill(group.block, self.context.values[group.block], formula, role, place)

    # ---- The equations

    def _z(self, side: str, n: int, layer: int, j: int, weight: Weight | None) -> str:
        base = self.table.cell(moved("z", layer, n, part="plus"), j, self.base)
        if weight is None or layer > weight[0]:
            fan_in, nodes = self.network.sizes[layer - 1], self.network.nodes(layer - 1)
            w = [fixed(self.context, q("W", layer), i, j) for i in range(nodes)]
            return plus([*(f"{self._below(side, n, layer, i)}*{w[i]}" for i in range(fan_in)), *w[fan_in:]])
        if (layer, j) != (weight[0], weight[2]):
            return base
        bias = weight[1] == self.network.sizes[layer - 1]
        move = f"{SIDES[side][1]}{self.table.grid.fixed('grad_h')}"
        return f"{base}{move}" if bias else f"{base}{move}*{self._below(side, n, layer, weight[1])}"

    def _below(self, side: str, n: int, layer: int, i: int) -> str:
        """The activation of node i of the layer below: an input of Step, or the row's own."""
        return fixed(self.context, "A_0", n, i) if layer == 1 else self._at(side, q("a", layer - 1), n, i)

    def _activation(self, side: str, n: int, kind: str, layer: int, j: int) -> str:
        last, activation = self.network.sizes[layer] - 1, activation_formulas(self.network.layers[layer - 1])
        if kind == "e":
            row = self.table.span(moved("z", layer, n, part=side), 0, last)
            return activation.power(self._at(side, q("z", layer), n, j), row)
        if not self.network.mixes(layer):
            return activation.value(self._at(side, q("z", layer), n, j))
        row = self.table.span(moved("e", layer, n, part=side), 0, last)
        return activation.value(self._at(side, q("e", layer), n, j), row)

    def _cost(self, side: str, n: int) -> str:
        """Σ over the outputs."""
        depth, count, term = self.network.depth, self.network.sizes[-1], LOSS_FORMULAS[self.network.loss].term
        out = [self._at(side, q("a", depth), n, j) for j in range(count)]
        return plus([term(out[j], fixed(self.context, "target", n, j), count) for j in range(count)])

    def _penalties(self, side: str, shift: int) -> Callable[[int, int], str]:
        """R with no weight moved, and with that of each row, ± h in its square; `shift` is 1 where the first row stands."""
        context, network, h = self.context, self.network, self.table.grid.fixed("grad_h")
        share = penalty_share(network, fixed(context, "l2_factor", 0, 0))

        def formula(r: int, _: int) -> str:
            if r < shift:
                return f"{share}*({plus(list(self._squares()))})"
            layer, i, j = self.weights[r - shift]
            base = self.table.cell(moved("penalty", part="plus"), 0, self.base)
            if i >= network.penalised_rows(layer):
                return base
            w = fixed(context, q("W", layer), i, j)
            return f"{base}+{share}*(({w}{SIDES[side][1]}{h})^2-{w}^2)"

        return formula

    def _squares(self) -> Iterator[str]:
        """Σ w² of the weights of each layer on Step that are penalised."""
        for layer in self.layers:
            first, last = (0, 0), (self.network.penalised_rows(layer) - 1, self.network.sizes[layer] - 1)
            corners = [self.context.grid.position(q("W", layer), *at) for at in (first, last)]
            area = ":".join(cell_name(*at, absolute=True) for at in corners)
            yield f"SUMSQ({quote_sheet(self.context.grid.sheet)}!{area})"

    def _switched(self, side: str, n: int) -> str:
        """How many units are on one side of their bend here and on the other without the move."""
        terms = []
        for layer, size in enumerate(self.network.sizes[1:], 1):
            here = self.table.span(moved("z", layer, n, part=side), 0, size - 1)
            still = self.table.span(moved("z", layer, n, part="plus"), 0, size - 1, self.base)
            bends = [f"{kink:.15g}" for kink in self.network.kinks(layer)]
            terms += [f"SUMPRODUCT(1*(({here}>{bend})<>({still}>{bend})))" for bend in bends]
        return plus(terms)

    def _at(self, side: str, quantity: str, n: int, column: int) -> str:
        return self.table.cell(moved.of(quantity, n, side), column)

    # ---- What the table takes from here

    def cost(self, side: str, row: int) -> str:
        """C of one row: the mean, or sum, over the observations, and the penalty."""
        cells = [self._at(side, "cost_n", n, 0) for n in range(self.network.observations)]
        penalty = "" if self.network.l2 is None else f"+{self.table.cell(moved('penalty', part=side), 0)}"
        return short_enough((mean(self.network, cells) + penalty).format(row), self.table.grid.sheet)

    def switches(self, row: int) -> str:
        """How many units switch in one row, with the move to either side."""
        cells = [self._at(side, "switch", n, 0) for side in SIDES for n in range(self.network.observations)]
        return short_enough(plus(cells).format(row), self.table.grid.sheet)


DIFFERENCE_COLUMN = "difference"  # a column of the table, and its look
GRADIENT_TOP = 9  # the row of the bands
LABEL, VALUE, WORDS_AT = 1, 2, 3  # columns of what stands above the table
H_ROW, TOLERANCE_ROW, COST_ROW, LIGHT_ROW = 4, 5, 6, 7
GRADIENT_CHECK_WORDS = (
    "Is ∂C/∂w right? Move one weight by ±h, see how the cost changes, and compare. It follows every edit of Step."
)


def gradient_check_sheet(context: ViewContext) -> tuple[Sheet, list[Name]]:
    """The sheet and the names of its blocks."""
    grid = context.sheet("gradient_check", "Gradient check", GRADIENT_CHECK_WORDS)
    table = ColumnTable(grid, GRADIENT_TOP)
    _above(grid, context)
    bends = has_bends(context.network)
    light = table.section("", _main_groups(bends), LABEL) - 1
    workings = Workings(context, table, checked_weights(context.network))
    workings.headers(light + 2)
    workings.fill()
    _main(table, context, bends)
    _lights(table, context, light, bends)
    widths = {LABEL: 13.0, **dict.fromkeys(range(2, light), 12.0), light: 9.0}
    heads = (GRADIENT_TOP, GRADIENT_TOP + 2)
    view = View(
        widths=widths,
        freeze=(table.first, VALUE),
        title_rows=heads,
        printed_columns=light,
        landscape=False,
        tab="C55A11",
    )
    return grid.finished(view), grid.names()


def _above(grid: Grid, context: ViewContext) -> None:
    """h, the tolerance and the cost itself, each with a word on it; blocks are placed before what refers to them."""
    count, total = len(checked_weights(context.network)), _all_weights(context.network)
    sample = "" if count == total else f" A sample of {count} of {total:,} weights, evenly over the layers."
    lines = (
        (H_ROW, "h", "the move: smaller follows the curve closer, too small drowns in rounding"),
        (
            TOLERANCE_ROW,
            "tolerance",
            "passes if the difference is at most 100h² + 10⁻¹³/h (relative for values above 1)",
        ),
        (COST_ROW, "C(w)", "the cost with no weight moved"),
        (LIGHT_ROW, "all", f"{AGREES}: slope and ∂C/∂w.{_kink_words(context.network)}{sample}"),
    )
    for row, label, words in lines:
        grid.write(row, LABEL, label, "symbol")
        grid.write(row, WORDS_AT, words, "beside")
    values = context.values
    grid.fill("grad_h", values["grad_h"], lambda *_: None, "step_size", (H_ROW, VALUE))
    h = grid.fixed("grad_h")
    formula = f"100*{h}*{h}+1E-13/{h}"
    grid.fill("grad_tolerance", values["grad_tolerance"], lambda *_: formula, "difference", (TOLERANCE_ROW, VALUE))
    grid.place("grad_cost", (1, 1), COST_ROW, VALUE)


def _kink_words(network: Network) -> str:
    if not has_bends(network):
        return ""
    return " kink: a unit switches between w − h and w + h, so the two rightly differ."


def _all_weights(network: Network) -> int:
    return sum(len(layer.weights) * layer.neurons for layer in network.layers)


def _main_groups(bends: bool) -> list[ColumnGroup]:
    """The columns of the table itself."""
    groups = [
        ColumnGroup("name", "weight", ["i→j"], "name"),
        ColumnGroup("grad_w", "w", ["Step"], "copy"),
        ColumnGroup("grad_C_plus", "C(w + h)", ["C₊"], "fine_cost"),
        ColumnGroup("grad_C_minus", "C(w − h)", ["C₋"], "fine_cost"),
        ColumnGroup("grad_numeric", "slope", ["(C₊−C₋)/2h"], "forward"),
        ColumnGroup("grad_backprop", "∂C/∂w", ["Step"], "gradient"),
        ColumnGroup(DIFFERENCE_COLUMN, "difference", ["slope − ∂C"], "difference"),
    ]
    switches = [ColumnGroup("grad_switches", "units that", ["switch"], "count")] if bends else []
    return [*groups, *switches, ColumnGroup("light", "check", ["result"], "light")]


def _main(table: ColumnTable, context: ViewContext, bends: bool) -> None:
    """The blocks of the table: a row a weight, below the row in which no weight is moved."""
    grid, top = table.grid, table.first + 1
    workings = Workings(context, table, checked_weights(context.network))
    _names(grid, context, top)
    formulas = _formulas(workings, top)
    for group in _main_groups(bends):
        if group.block in formulas:
            place = (top, table.lefts[group.block])
            grid.fill(group.block, context.values[group.block], _by_row(formulas[group.block]), group.role, place)
    _differences(table, context, top)
    cost = workings.cost("plus", table.first)
    grid.fill("grad_cost", context.values["grad_cost"], lambda *_: cost, "fine_cost", (COST_ROW, VALUE))


def _differences(table: ColumnTable, context: ViewContext, top: int) -> None:
    """Slope less ∂C/∂w: no quantity of its own, next to 0 where both are right."""
    for r, (slope, backprop) in enumerate(_pairs(context)):
        formula = f"{table.cell('grad_numeric', 0, str(top + r))}-{table.cell('grad_backprop', 0, str(top + r))}"
        table.grid.calculate(top + r, table.lefts[DIFFERENCE_COLUMN], formula, slope - backprop, DIFFERENCE_COLUMN)


def _pairs(context: ViewContext) -> list[tuple[float, float]]:
    """Slope and ∂C/∂w of each row."""
    columns = (context.values[name] for name in ("grad_numeric", "grad_backprop"))
    return [(slope, backprop) for (slope,), (backprop,) in zip(*columns, strict=True)]


def _names(grid: Grid, context: ViewContext, top: int) -> None:
    """What each row's weight is called, with a way to it on Step."""
    grid.write(top - 1, LABEL, "none moved", "name")
    for row, (layer, i, j) in enumerate(checked_weights(context.network), top):
        symbol, _ = describe(context.network, q("W", layer))
        node = str(i) if i < context.network.sizes[layer - 1] else "b"
        grid.write(row, LABEL, f"{symbol} {node}→{j}", "name")
        grid.links[row, LABEL] = (context.grid.sheet, *context.grid.position(q("W", layer), i, j))


def _formulas(workings: Workings, top: int) -> dict[str, Callable[[int], str]]:
    """Block → the formula of a row, counted from 0."""
    context, table, weights = workings.context, workings.table, workings.weights
    h = table.grid.fixed("grad_h")

    def at(block: str, r: int) -> str:
        return table.cell(block, 0, str(top + r))

    return {
        "grad_w": lambda r: fixed(context, q("W", weights[r][0]), *weights[r][1:]),
        "grad_C_plus": lambda r: workings.cost("plus", top + r),
        "grad_C_minus": lambda r: workings.cost("minus", top + r),
        "grad_numeric": lambda r: f"({at('grad_C_plus', r)}-{at('grad_C_minus', r)})/(2*{h})",
        "grad_backprop": lambda r: fixed(context, q("dC_dW", weights[r][0]), *weights[r][1:]),
        "grad_switches": lambda r: workings.switches(top + r),
    }


def _by_row(formula: Callable[[int], str]) -> Callable[[int, int], str]:
    return lambda r, _: formula(r)


def _lights(table: ColumnTable, context: ViewContext, column: int, bends: bool) -> None:
    """Agrees, differs or kink for each weight, and one light for all."""
    grid, top = table.grid, table.first + 1
    bottom = top + len(checked_weights(context.network)) - 1
    shown = [_light(context, number, bends) for number in range(bottom - top + 1)]
    for row, word in enumerate(shown, top):
        grid.calculate(row, column, _light_formula(table, row, bends), word, "light")
    box = (top, column, bottom, column)
    cells = f"{cell_name(top, column, absolute=True)}:{cell_name(bottom, column, absolute=True)}"
    passed, kinks = (f'COUNTIF({cells},"{word}")' for word in (AGREES, KINK))
    good = f"{passed}+{kinks}={len(shown)}"
    failed = len(shown) - shown.count(AGREES) - shown.count(KINK)
    overall = f'IF({good},"{AGREES}",{len(shown)}-{passed}-{kinks}&" differ")'
    grid.calculate(LIGHT_ROW, VALUE, overall, f"{failed} differ" if failed else AGREES, "light")
    first = cell_name(top, column)
    grid.rules += [Rule(box, formula=f'{first}="{word}"', role=role) for word, role in LIGHTS.items()]
    whole = (LIGHT_ROW, VALUE, LIGHT_ROW, VALUE)
    grid.rules += [Rule(whole, formula=good, role="pass"), Rule(whole, formula=f"NOT({good})", role="fail")]


def _light_formula(table: ColumnTable, row: int, bends: bool) -> str:
    """The difference is compared with the tolerance, in parts of the numbers themselves where these are above 1."""
    slope, backprop, difference = (
        table.cell(name, 0, str(row)) for name in ("grad_numeric", "grad_backprop", DIFFERENCE_COLUMN)
    )
    room = f"{table.grid.fixed('grad_tolerance')}*MAX(1,ABS({slope}),ABS({backprop}))"
    otherwise = f'IF({table.cell("grad_switches", 0, str(row))}>0,"{KINK}","{DIFFERS}")' if bends else f'"{DIFFERS}"'
    return f'IF(ABS({difference})<={room},"{AGREES}",{otherwise})'


def _light(context: ViewContext, number: int, bends: bool) -> str:
    """What the light shows at the numbers of generation."""
    slope, backprop = _pairs(context)[number]
    if abs(slope - backprop) <= context.values["grad_tolerance"][0][0] * max(1.0, abs(slope), abs(backprop)):
        return AGREES
    return KINK if bends and context.values["grad_switches"][number][0] > 0 else DIFFERS
