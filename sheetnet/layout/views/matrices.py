"""The sheet `Matrices`: the whole step as matrix products.

    D⁽ᴸ⁾ · c = δ⁽ᴸ⁾        D⁽ˡ⁾ · w⁽ˡ⁺¹⁾ᵀ δ⁽ˡ⁺¹⁾ = δ⁽ˡ⁾        the same without zeros: f′ ⊙ c
    δ⁽ˡ⁾ A⁽ˡ⁻¹⁾ = (∂C/∂W⁽ˡ⁾)ᵀ             W⁽ˡ⁾ − γ ∂C/∂W⁽ˡ⁾ = W⁽ˡ⁾′

c, δ and f′ have a column for each observation. D differs by observation: one n_l × n_l matrix each, stacked.

    each layer:  A⁽ˡ⁻¹⁾ · W⁽ˡ⁾ = z⁽ˡ⁾ → a⁽ˡ⁾        w⁽ˡ⁾           here
    backward:    D⁽ˡ⁾ · c⁽ˡ⁾ = δ⁽ˡ⁾ or f′ ⊙ c = δ    same?         `matrices_back`
    change:      δ⁽ˡ⁾ A⁽ˡ⁻¹⁾ = (∂C/∂W⁽ˡ⁾)ᵀ           as on Step?   W − γ ∂C/∂W = W′

In column orientation A, W, z and a stand transposed, as W x + b has them; the backward pass is in columns either way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheetnet.formulas import LOSS_FORMULAS, activation_formulas
from sheetnet.layout.views.view_parts import (
    EquationLine,
    Pieces,
    ViewContext,
    ViewLayout,
    Words,
    grey_dead,
    layer_sign,
    node_labels,
    numbered,
    penalised,
)
from sheetnet.quantity import mat, q
from sheetnet.styles import activation_role
from sheetnet.workbook import Name, Sheet, View


@dataclass(frozen=True)
class MatricesLayout(ViewLayout):
    """A, W, z and a are asked for as rows; in column orientation they stand transposed."""

    @property
    def column(self) -> bool:
        """Whether the workbook is in column orientation."""
        return self.context.presentation.column

    def turned_place(self, row: int, column: int) -> tuple[int, int]:
        """Where in its block, as that stands, the number (row, column) is found."""
        return (column, row) if self.column else (row, column)

    def cell(self, block: str, row: int, column: int) -> str:
        """The cell of a block's number (row, column)."""
        return self.grid.cell(block, *self.turned_place(row, column))

    def observation(self, block: str, n: int) -> str:
        """The range of one observation."""
        return self.grid.column(block, n) if self.column else self.grid.row(block, n)

    def stood(self, formula: Callable[[int, int], str | None]) -> Callable[[int, int], str | None]:
        """A formula by (row, column) as one by the place in the block as it stands."""
        return lambda r, c: formula(*self.turned_place(r, c))

    def stood_role(self, role: Callable[[int, int], str]) -> Callable[[int, int], str]:
        """The same for a look."""
        return lambda r, c: role(*self.turned_place(r, c))

    def words(
        self, symbol: str, equation: str, rows: list[str], columns: list[str], sign: str = "", source: str = ""
    ) -> Words:
        """The words around a block of which `rows` and `columns` are named as its name defines them."""
        heads = (columns, rows) if self.column else (rows, columns)
        return Words(symbol, equation, sign, *heads, self.on_step(source) if source else None)

    def observations(self) -> list[str]:
        """The names of the observations; none where there is but one."""
        return numbered("n", self.network.observations) if self.network.observations > 1 else []

    def neurons(self, layer: int) -> list[str]:
        """The names of the neurons of a layer."""
        return numbered("j", self.network.sizes[layer])

    def nodes(self, layer: int) -> list[str]:
        """The names of the nodes of a layer, the bias node among them."""
        return node_labels(self.network, layer)


def backward(layout: MatricesLayout, top: int) -> int:
    """δ of every layer from the last to the first; gives the first free row."""
    layout.grid.write(top, 1, "Backward", "band")
    top += 1
    for layer in range(layout.network.depth, 0, -1):
        line = EquationLine(layout.grid, top)
        _diagonal(layout, line, layer)
        _pull(layout, line, layer)
        _product(layout, line, layer)
        _hadamard(layout, line, layer)
        top = line.bottom
    return top


def _letter(layout: MatricesLayout, layer: int) -> str:
    """How ∂C/∂a is written: c for the outputs."""
    above = layer_sign(layer + 1)
    return "c" if layer == layout.network.depth else f"w{above}ᵀ δ{above}"


def _diagonal(layout: MatricesLayout, line: EquationLine, layer: int) -> None:
    """D, f′ on the diagonal; where neurons mix the whole Jacobian, turned as D is: row i has the derivatives by z_i."""
    neurons, mixes, name = layout.network.sizes[layer], layout.network.mixes(layer), mat("D", layer)
    activation = activation_formulas(layout.network.layers[layer - 1])
    z, a = mat("z", layer), mat("out", layer)

    def formula(row: int, j: int) -> str | None:
        n, i = divmod(row, neurons)
        if mixes and not layout.network.mixing(layer).symmetric:
            i, j = j, i
        own = layout.cell(z, n, j), layout.cell(a, n, j)
        if i == j:
            return activation.derivative(*own)
        return f"-({layout.cell(a, n, i)}*{activation.share(*own)})" if mixes else None

    rows = layout.neurons(layer)
    if layout.observations():
        rows = [f"n = {n}" if j == 0 else "" for n in range(layout.network.observations) for j in range(neurons)]
    facts = layout.network.activation_facts(layer)
    equation = f"∂aᵢ/∂zⱼ = {facts.mixing.jacobian}" if facts.mixing else f"diagonal: {facts.slope}"
    words = Words(_factor(layout, layer), equation, "", rows, layout.neurons(layer))
    line.block(
        name,
        layout.values(name),
        formula,
        lambda row, j: "backward" if mixes or row % neurons == j else "zero",
        words,
    )


def _factor(layout: MatricesLayout, layer: int) -> str:
    if not layout.network.mixes(layer):
        return f"D{layer_sign(layer)}"
    return f"J{layer_sign(layer)}" + ("" if layout.network.mixing(layer).symmetric else "ᵀ")


def _pull(layout: MatricesLayout, line: EquationLine, layer: int) -> None:
    """c = ∂C/∂a of the outputs, cell by cell; below, wᵀ δ of the layer above."""
    name, letter, grid = mat("c", layer), _letter(layout, layer), layout.grid
    if layer < layout.network.depth:
        words = Words(letter, "∂C/∂a", "·", layout.neurons(layer), layout.observations())
        text = f"MMULT(TRANSPOSE({grid.area(mat('w_only', layer + 1))}),{grid.area(mat('delta', layer + 1))})"
        line.array(name, layout.values(name), text, "backward", words)
        return
    loss, outputs, a = LOSS_FORMULAS[layout.network.loss], layout.network.sizes[layer], mat("out", layer)
    words = Words(
        letter, f"∂C/∂a = {layout.network.loss_facts.slope}", "·", layout.neurons(layer), layout.observations()
    )
    line.block(
        name,
        layout.values(name),
        lambda j, n: loss.gradient(layout.cell(a, n, j), layout.cell("mat_target", n, j), outputs),
        "backward",
        words,
    )


def _product(layout: MatricesLayout, line: EquationLine, layer: int) -> None:
    """δ, a column for each observation: its D times its column of c."""
    name, neurons = mat("delta", layer), layout.network.sizes[layer]
    d, c, grid = mat("D", layer), mat("c", layer), layout.grid
    pieces: Pieces = {
        (0, n): (
            (neurons, 1),
            f"MMULT({grid.cell(d, n * neurons, 0)}:{grid.cell(d, (n + 1) * neurons - 1, neurons - 1)},{grid.column(c, n)})",
        )
        for n in range(layout.network.observations)
    }
    equation = f"{_factor(layout, layer)} {_letter(layout, layer)}"
    words = Words(f"δ{layer_sign(layer)}", equation, "=", layout.neurons(layer), layout.observations())
    line.arrays(name, layout.values(name), pieces, "backward", words)


def _hadamard(layout: MatricesLayout, line: EquationLine, layer: int) -> None:
    """δ without the zeros of D. Where neurons mix: δⱼ = Σᵢ cᵢ(δᵢⱼ − aᵢ)sⱼ = sⱼ(cⱼ − Σᵢ aᵢcᵢ), without their matrix."""
    mixes, grid = layout.network.mixes(layer), layout.grid
    activation = activation_formulas(layout.network.layers[layer - 1])
    z, a, c, f, name = (mat(kind, layer) for kind in ("z", "out", "c", "f", "hadamard"))
    labels = layout.neurons(layer), layout.observations()

    def factor(j: int, n: int) -> str:
        own = layout.cell(a, n, j)
        return own if mixes else activation.derivative(layout.cell(z, n, j), own)

    def product(j: int, n: int) -> str:
        own, pull = grid.cell(f, j, n), grid.cell(c, j, n)
        if not mixes:
            return f"{own}*{pull}"
        share = activation.share(layout.cell(z, n, j), own)
        return f"{share}*({pull}-SUMPRODUCT({grid.column(f, n)},{grid.column(c, n)}))"

    facts = layout.network.activation_facts(layer)
    symbol, slope = (f"a{layer_sign(layer)}", "as columns") if mixes else ("f′(z)", facts.slope)
    equation = f"{facts.mixing.share} ⊙ (∂C/∂a − Σ a ∂C/∂a)" if facts.mixing else f"f′ ⊙ {_letter(layout, layer)}"
    line.block(f, layout.values(f), factor, "backward", Words(symbol, slope, "or", *labels))
    line.block(name, layout.values(name), product, "backward", Words(f"δ{layer_sign(layer)}", equation, "=", *labels))
    delta = grid.area(mat("delta", layer))
    line.light(delta, grid.area(name), Words("Agrees?", "both δ"))


def weight_change(layout: MatricesLayout, top: int) -> int:
    """∂C/∂W and the new weights of every layer; gives the first free row."""
    layout.grid.write(top, 1, "Change of the weights", "band")
    top += 1
    for layer in range(1, layout.network.depth + 1):
        line = EquationLine(layout.grid, top)
        _change_matrix(layout, line, layer)
        if layer == 1:
            words = Words("γ", "from Step", source=layout.on_step("gamma"))
            line.block(
                "mat_gamma",
                layout.values("mat_gamma"),
                lambda *_: layout.context.step.cell("gamma", 0, 0),
                "gamma",
                words,
            )
        _new_weights(layout, line, layer)
        top = line.bottom
    return top


def _change_matrix(layout: MatricesLayout, line: EquationLine, layer: int) -> None:
    """(∂C/∂W)ᵀ = δ A, a row for each neuron, over all observations at once; beside it Step's numbers."""
    network, grid, sign = layout.network, layout.grid, layer_sign(layer)
    name, copied = mat("dC_dW", layer), mat("step", layer)
    mean, n = network.divisor > 1, "(N n)" if network.reduction == "elements" else "N"
    nodes, taken = network.nodes(layer - 1), network.penalised_rows(layer)
    ends = [(0, taken), (taken, nodes)] if 0 < taken < nodes else [(0, nodes)]
    pieces: Pieces = {(0, first): ((network.sizes[layer], last - first), _change(layout, layer, first, last))
                      for first, last in ends}  # fmt: skip
    labels = layout.neurons(layer), layout.nodes(layer - 1)
    equation = f"δ{sign} A{layer_sign(layer - 1)}{'ᵀ' if layout.column else ''}{f' / {n}' if mean else ''}"
    equation += f" + λ {'W' if layout.column else 'Wᵀ'}" * (network.l2 is not None)
    symbol = f"∂C/∂W{sign}" if layout.column else f"(∂C/∂W{sign})ᵀ"
    line.arrays(name, layout.values(name), pieces, "gradient", Words(symbol, equation, "", *labels))
    words = Words(symbol, "from Step", "", *labels, layout.on_step(q("dC_dW", layer)))
    step = layout.context.step
    line.block(copied, layout.values(copied), lambda j, i: step.cell(q("dC_dW", layer), i, j), "copy", words)
    line.light(grid.area(name), grid.area(copied), Words("Agrees?", "both ways"))


def _change(layout: MatricesLayout, layer: int, first: int, last: int) -> str:
    """(∂C/∂W)ᵀ of the weights from node `first` to before `last`, which are all penalised or none of them is."""
    network, below, weights = layout.network, mat("A", layer - 1), mat("W", layer)

    def part(block: str, *corners: tuple[int, int]) -> str:
        return ":".join(layout.cell(block, *corner) for corner in corners)

    nodes = part(below, (0, first), (network.observations - 1, last - 1))
    w = part(weights, (first, 0), (last - 1, network.sizes[layer] - 1))
    nodes, w = (f"TRANSPOSE({nodes})", w) if layout.column else (nodes, f"TRANSPOSE({w})")
    product, share = f"MMULT({layout.grid.area(mat('delta', layer))},{nodes})", f"/{network.divisor}"
    return product + share * (network.divisor > 1) + penalised(layout.context, layer, first, w)


def _new_weights(layout: MatricesLayout, line: EquationLine, layer: int) -> None:
    """W′ = W − γ ∂C/∂W; biases that are not trained stay."""
    network, grid, sign = layout.network, layout.grid, layer_sign(layer)
    name, weights, gradient = mat("W", layer, new=True), mat("W", layer), mat("dC_dW", layer)
    fan_in, neurons = network.sizes[layer - 1], network.sizes[layer]
    nodes, frozen = network.nodes(layer - 1), network.has_bias(layer) and not network.train_bias
    nodes -= frozen

    def upper(block: str, rows: int, columns: int) -> str:
        return f"{grid.cell(block, 0, 0)}:{grid.cell(block, rows - 1, columns - 1)}"

    shape = layout.turned_place(nodes, neurons)
    change = upper(gradient, neurons, nodes)
    change = change if layout.column else f"TRANSPOSE({change})"
    pieces: dict[tuple[int, int], tuple[tuple[int, int], str]] = {
        (0, 0): (shape, f"{upper(weights, *shape)}-{grid.fixed('mat_gamma')}*{change}")
    }
    if frozen:
        for j in range(neurons):
            pieces[layout.turned_place(fan_in, j)] = (1, 1), layout.cell(weights, fan_in, j)
    equation = f"W{sign} − γ ∂C/∂W{sign}" + ("; biases stay" if frozen else "")
    words = layout.words(f"W{sign}′", equation, layout.nodes(layer - 1), layout.neurons(layer), "→")
    line.arrays(name, layout.values(name), pieces, "new_weight", words)


MATRICES_TOP = 4  # the first row below the title
MATRICES_TAB = "7F6000"


def matrices_sheet(context: ViewContext) -> tuple[Sheet, list[Name]]:
    """The sheet, and the names of its blocks."""
    words = "The same step as products of matrices, from the inputs on Step: forward, backward, change of the weights."
    layout = MatricesLayout(context, context.sheet("matrices", "The step in matrices", words))
    weight_change(layout, backward(layout, _forward(layout, MATRICES_TOP)))
    return layout.grid.finished(
        View(freeze=(MATRICES_TOP, 1), title_rows=(1, 3), tab=MATRICES_TAB)
    ), layout.grid.names()


def _forward(layout: MatricesLayout, top: int) -> int:
    layout.grid.write(top, 1, "Forward", "band")
    top += 1
    for layer in range(1, layout.network.depth + 1):
        line = EquationLine(layout.grid, top)
        _weigh(layout, line, layer)
        _activate(layout, line, layer)
        if layer > 1:
            _without_biases(layout, line, layer)
        if layer == layout.network.depth:
            _targets(layout, line)
        top = line.bottom
    return top


def _weigh(layout: MatricesLayout, line: EquationLine, layer: int) -> None:
    """A · W = z, or W · A in column orientation."""
    sign, below = layer_sign(layer), layer_sign(layer - 1)
    if layout.column:
        _weights(layout, line, layer, "")
        _nodes(layout, line, layer - 1, "·")
        factors, words = (mat("W", layer), mat("A", layer - 1)), f"W{sign} A{below}"
    else:
        _nodes(layout, line, layer - 1, "")
        _weights(layout, line, layer, "·")
        factors, words = (mat("A", layer - 1), mat("W", layer)), f"A{below} W{sign}"
    first, second = map(layout.grid.area, factors)
    heads = layout.words(f"z{sign}", words, layout.observations(), layout.neurons(layer), "=")
    line.array(mat("z", layer), layout.values(mat("z", layer)), f"MMULT({first},{second})", "forward", heads)


def _nodes(layout: MatricesLayout, line: EquationLine, layer: int, sign: str) -> None:
    """A⁽ˡ⁾: the inputs or the activations, and the bias node."""
    nodes, name = layout.network.sizes[layer], mat("A", layer)
    made_of = f"a{layer_sign(layer)}" if layer else "x"
    equation = (f"[{made_of}, 1]" if layout.network.has_bias(layer + 1) else made_of) + " from Step" * (layer == 0)
    words = layout.words(
        f"A{layer_sign(layer)}", equation, layout.observations(), layout.nodes(layer), sign, "A_0" * (not layer)
    )

    def formula(n: int, i: int) -> str | None:
        if i == nodes:
            return None
        return layout.cell(mat("out", layer), n, i) if layer else layout.context.step.cell("A_0", n, i)

    usual = activation_role(layer) if layer else "input"
    line.block(
        name,
        layout.values(name),
        layout.stood(formula),
        layout.stood_role(lambda n, i: "bias_node" if i == nodes else usual),
        words,
    )


def _weights(layout: MatricesLayout, line: EquationLine, layer: int, sign: str) -> None:
    name = q("W", layer)
    words = layout.words(
        f"W{layer_sign(layer)}", "from Step", layout.nodes(layer - 1), layout.neurons(layer), sign, name
    )
    formula = layout.stood(lambda i, j: layout.context.step.cell(name, i, j))
    line.block(mat("W", layer), layout.values(mat("W", layer)), formula, "weight", words)


def _activate(layout: MatricesLayout, line: EquationLine, layer: int) -> None:
    """a = f(z); where neurons mix, through e."""
    activation, sign = activation_formulas(layout.network.layers[layer - 1]), layer_sign(layer)
    z, e, name = mat("z", layer), mat("e", layer), mat("out", layer)
    labels = layout.observations(), layout.neurons(layer)
    role = "output" if layer == layout.network.depth else activation_role(layer)
    facts = layout.network.activation_facts(layer)
    if facts.mixing:
        power = facts.mixing.power.replace("ⱼ", "")
        above = layout.stood(lambda n, j: activation.power(layout.cell(z, n, j), layout.observation(z, n)))
        line.block(e, layout.values(e), above, "forward", layout.words(f"e{sign}", power, *labels, "→"))
        formula = layout.stood(lambda n, j: activation.value(layout.cell(e, n, j), layout.observation(e, n)))
    else:
        formula = layout.stood(lambda n, j: activation.value(layout.cell(z, n, j)))
    line.block(name, layout.values(name), formula, role, layout.words(f"a{sign}", facts.equation, *labels, "→"))
    grey_dead(layout.grid, facts.off, z, (z, name))


def _targets(layout: MatricesLayout, line: EquationLine) -> None:
    words = layout.words("T", "from Step", layout.observations(), layout.neurons(layout.network.depth), source="target")
    formula = layout.stood(lambda n, j: layout.context.step.cell("target", n, j))
    line.block("mat_target", layout.values("mat_target"), formula, "target", words)


def _without_biases(layout: MatricesLayout, line: EquationLine, layer: int) -> None:
    """w⁽ˡ⁾: a row for each neuron at the end, a column for each at the start, no biases."""
    name, nodes, neurons = mat("w_only", layer), layout.network.sizes[layer - 1], layout.network.sizes[layer]
    first = layout.grid.cell(mat("W", layer), 0, 0)
    last = layout.grid.cell(mat("W", layer), *layout.turned_place(nodes - 1, neurons - 1))
    without = " without the biases" * layout.network.has_bias(layer)
    formula, equation = f"TRANSPOSE({first}:{last})", f"Wᵀ{without}"
    if layout.column:
        formula, equation = f"{first}:{last}", f"W{without}"
    words = Words(f"w{layer_sign(layer)}", equation, "", layout.neurons(layer), numbered("i", nodes))
    line.array(name, layout.values(name), formula, "weight", words, typed=True)
