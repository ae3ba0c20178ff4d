"""The sheet `Gradient check`: each weight moved by +h and by −h, and whether the cost follows as ∂C/∂w says.

    weight  w  C(w+h)  C(w−h)  slope  ∂C/∂w  difference  light | workings of C(w+h) | workings of C(w−h)

The workings are a forward pass of their own, from the inputs and weights of Step. Their first row moves nothing; the
others differ from it in one z, where h enters, and in what follows from that.
"""

from __future__ import annotations

from collections.abc import Callable

from sheetnet.formulas import describe
from sheetnet.layout.grid import Grid
from sheetnet.layout.views.columns import Group, Table, fixed
from sheetnet.layout.views.gradient_workings import Workings, has_bends
from sheetnet.layout.views.scene import Scene
from sheetnet.network import Network
from sheetnet.presentation import checked_weights
from sheetnet.syntax import cell_name
from sheetnet.workbook import Name, Rule, Sheet, View

DIFFERENCE = "difference"  # a column of the table, and its look
TOP = 8  # the row of the bands
LABEL, VALUE, WORDS_AT = 1, 2, 3  # columns of what stands above the table
H_ROW, TOLERANCE_ROW, COST_ROW, LIGHT_ROW = 3, 4, 5, 6
WORDS = "Is ∂C/∂w right? Move one weight by ±h, see how the cost changes, and compare. It follows every edit of Step."


def gradient_check(scene: Scene) -> tuple[Sheet, list[Name]]:
    """The sheet and the names of its blocks."""
    grid = scene.sheet("gradient_check", "Gradient check", WORDS)
    table = Table(grid, TOP)
    _above(grid, scene)
    bends = has_bends(scene.network)
    light = table.section("", _main_groups(bends), LABEL) - 1
    workings = Workings(scene, table, checked_weights(scene.network))
    workings.headers(light + 2)
    workings.fill()
    _main(table, scene, bends)
    _lights(table, scene, light, bends)
    widths = {LABEL: 13.0, **dict.fromkeys(range(2, light), 12.0), light: 9.0}
    view = View(widths=widths, freeze=(table.first, VALUE), title_rows=(TOP, TOP + 2), tab="C55A11")
    return grid.finished(view), grid.names()


def _above(grid: Grid, scene: Scene) -> None:
    """h, the tolerance and the cost itself, each with a word on it; blocks are placed before what refers to them."""
    count, total = len(checked_weights(scene.network)), _all_weights(scene.network)
    sample = "" if count == total else f" A sample of {count} of {total:,} weights, evenly over the layers."
    lines = (
        (H_ROW, "h", "the move: smaller follows the curve closer, too small drowns in rounding"),
        (
            TOLERANCE_ROW,
            "tolerance",
            "100h² + 10⁻¹³/h: a larger difference (of numbers above 1, in parts of them) fails",
        ),
        (COST_ROW, "C(w)", "the cost with no weight moved"),
        (LIGHT_ROW, "all", f"pass: slope and ∂C/∂w agree.{_kink_words(scene.network)}{sample}"),
    )
    for row, label, words in lines:
        grid.write(row, LABEL, label, "symbol")
        grid.write(row, WORDS_AT, words, "equation")
    values = scene.values
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


def _main_groups(bends: bool) -> list[Group]:
    """The columns of the table itself."""
    groups = [
        Group("name", "weight", ["i→j"], "name"),
        Group("grad_w", "w", ["Step"], "copy"),
        Group("grad_C_plus", "C(w + h)", ["C₊"], "fine_cost"),
        Group("grad_C_minus", "C(w − h)", ["C₋"], "fine_cost"),
        Group("grad_numeric", "slope", ["(C₊−C₋)/2h"], "forward"),
        Group("grad_backprop", "∂C/∂w", ["Step"], "gradient"),
        Group(DIFFERENCE, "difference", ["slope − ∂C"], "difference"),
    ]
    switches = [Group("grad_switches", "units that", ["switch"], "count")] if bends else []
    return [*groups, *switches, Group("light", "check", ["light"], "light")]


def _main(table: Table, scene: Scene, bends: bool) -> None:
    """The blocks of the table: a row a weight, below the row in which no weight is moved."""
    grid, top = table.grid, table.first + 1
    workings = Workings(scene, table, checked_weights(scene.network))
    _names(grid, scene, top)
    formulas = _formulas(workings, top)
    for group in _main_groups(bends):
        if group.block in formulas:
            place = (top, table.lefts[group.block])
            grid.fill(group.block, scene.values[group.block], _by_row(formulas[group.block]), group.role, place)
    _differences(table, scene, top)
    cost = workings.cost("plus", table.first)
    grid.fill("grad_cost", scene.values["grad_cost"], lambda *_: cost, "fine_cost", (COST_ROW, VALUE))


def _differences(table: Table, scene: Scene, top: int) -> None:
    """Slope less ∂C/∂w: no quantity of its own, next to 0 where both are right."""
    for r, (slope, backprop) in enumerate(_pairs(scene)):
        formula = f"{table.cell('grad_numeric', 0, str(top + r))}-{table.cell('grad_backprop', 0, str(top + r))}"
        table.grid.calculate(top + r, table.lefts[DIFFERENCE], formula, slope - backprop, DIFFERENCE)


def _pairs(scene: Scene) -> list[tuple[float, float]]:
    """Slope and ∂C/∂w of each row."""
    columns = (scene.values[name] for name in ("grad_numeric", "grad_backprop"))
    return [(slope, backprop) for (slope,), (backprop,) in zip(*columns, strict=True)]


def _names(grid: Grid, scene: Scene, top: int) -> None:
    """What each row's weight is called, with a way to it on Step."""
    grid.write(top - 1, LABEL, "none moved", "name")
    for row, (layer, i, j) in enumerate(checked_weights(scene.network), top):
        symbol, _ = describe(scene.network, f"W_{layer}")
        node = str(i) if i < scene.network.sizes[layer - 1] else "b"
        grid.write(row, LABEL, f"{symbol} {node}→{j}", "name")
        grid.links[row, LABEL] = (scene.grid.sheet, *scene.grid.position(f"W_{layer}", i, j))


def _formulas(workings: Workings, top: int) -> dict[str, Callable[[int], str]]:
    """Block → the formula of a row, counted from 0."""
    scene, table, weights = workings.scene, workings.table, workings.weights
    h = table.grid.fixed("grad_h")

    def at(block: str, r: int) -> str:
        return table.cell(block, 0, str(top + r))

    return {
        "grad_w": lambda r: fixed(scene, f"W_{weights[r][0]}", *weights[r][1:]),
        "grad_C_plus": lambda r: workings.cost("plus", top + r),
        "grad_C_minus": lambda r: workings.cost("minus", top + r),
        "grad_numeric": lambda r: f"({at('grad_C_plus', r)}-{at('grad_C_minus', r)})/(2*{h})",
        "grad_backprop": lambda r: fixed(scene, f"dC_dW_{weights[r][0]}", *weights[r][1:]),
        "grad_switches": lambda r: workings.switches(top + r),
    }


def _by_row(formula: Callable[[int], str]) -> Callable[[int, int], str]:
    return lambda r, _: formula(r)


def _lights(table: Table, scene: Scene, column: int, bends: bool) -> None:
    """pass, fail or kink for each weight, and one light for all."""
    grid, top = table.grid, table.first + 1
    bottom = top + len(checked_weights(scene.network)) - 1
    shown = [_light(scene, number, bends) for number in range(bottom - top + 1)]
    for row, word in enumerate(shown, top):
        grid.calculate(row, column, _light_formula(table, row, bends), word, "light")
    box = (top, column, bottom, column)
    cells = f"{cell_name(top, column, absolute=True)}:{cell_name(bottom, column, absolute=True)}"
    passed, kinks = (f'COUNTIF({cells},"{word}")' for word in ("pass", "kink"))
    good = f"{passed}+{kinks}={len(shown)}"
    failed = len(shown) - shown.count("pass") - shown.count("kink")
    overall = f'IF({good},"pass",{len(shown)}-{passed}-{kinks}&" fail")'
    grid.calculate(LIGHT_ROW, VALUE, overall, f"{failed} fail" if failed else "pass", "light")
    first = cell_name(top, column)
    grid.rules += [Rule(box, formula=f'{first}="{word}"', role=word) for word in ("pass", "fail", "kink")]
    whole = (LIGHT_ROW, VALUE, LIGHT_ROW, VALUE)
    grid.rules += [Rule(whole, formula=good, role="pass"), Rule(whole, formula=f"NOT({good})", role="fail")]


def _light_formula(table: Table, row: int, bends: bool) -> str:
    """The difference is compared with the tolerance, in parts of the numbers themselves where these are above 1."""
    slope, backprop, difference = (
        table.cell(name, 0, str(row)) for name in ("grad_numeric", "grad_backprop", DIFFERENCE)
    )
    room = f"{table.grid.fixed('grad_tolerance')}*MAX(1,ABS({slope}),ABS({backprop}))"
    otherwise = f'IF({table.cell("grad_switches", 0, str(row))}>0,"kink","fail")' if bends else '"fail"'
    return f'IF(ABS({difference})<={room},"pass",{otherwise})'


def _light(scene: Scene, number: int, bends: bool) -> str:
    """What the light shows at the numbers of generation."""
    slope, backprop = _pairs(scene)[number]
    if abs(slope - backprop) <= scene.values["grad_tolerance"][0][0] * max(1.0, abs(slope), abs(backprop)):
        return "pass"
    return "kink" if bends and scene.values["grad_switches"][number][0] > 0 else "fail"
