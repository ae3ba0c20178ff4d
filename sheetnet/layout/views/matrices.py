"""The sheet `Matrices`: the whole step as matrix products.

    D⁽ᴸ⁾ · c = δ⁽ᴸ⁾        D⁽ˡ⁾ · w⁽ˡ⁺¹⁾ᵀ δ⁽ˡ⁺¹⁾ = δ⁽ˡ⁾        the same without zeros: f′ ⊙ c
    δ⁽ˡ⁾ A⁽ˡ⁻¹⁾ = dC/dW⁽ˡ⁾                W⁽ˡ⁾ − γ (dC/dW⁽ˡ⁾)ᵀ = W⁽ˡ⁾′

c, δ and f′ have a column for each observation. D differs by observation: one n_l × n_l matrix each, stacked.

After HappyDustbunny, "Back propagation in a simple neural net" (2019).

    each layer:  A⁽ˡ⁻¹⁾ · W⁽ˡ⁾ = z⁽ˡ⁾ → a⁽ˡ⁾        w⁽ˡ⁾           here
    backward:    D⁽ˡ⁾ · c⁽ˡ⁾ = δ⁽ˡ⁾ or f′ ⊙ c = δ    same?         `matrices_back`
    change:      δ⁽ˡ⁾ A⁽ˡ⁻¹⁾ = dC/dW⁽ˡ⁾              as on Step?   W − γ (dC/dW)ᵀ = W′

In column orientation A, W, z and a stand transposed, as W x + b has them; the backward pass is in columns either way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheetnet.formulas import ACTIVATION_FORMULAS, LOSS_FORMULAS
from sheetnet.layout.grid import Grid, Numbers
from sheetnet.layout.views.context import ViewContext
from sheetnet.layout.views.tables import EquationLine, Pieces, Words, grey_dead, layer_sign, numbered
from sheetnet.network import Network
from sheetnet.quantity import mat, q
from sheetnet.styles import activation_role
from sheetnet.workbook import Name, Place, Sheet, View


@dataclass(frozen=True)
class Desk:
    """The context and the sheet. A, W, z and a are asked for as rows; in column orientation they stand transposed."""

    context: ViewContext
    grid: Grid

    @property
    def network(self) -> Network:
        """The network of the context."""
        return self.context.network

    @property
    def column(self) -> bool:
        """Whether the workbook is in column orientation."""
        return self.context.presentation.column

    def values(self, block: str) -> Numbers:
        """The numbers of a block as it stands."""
        return self.context.values[block]

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

    def on_step(self, block: str) -> Place:
        """Where a block stands on Step."""
        return self.context.grid.sheet, *self.context.grid.corners[block]

    def observations(self) -> list[str]:
        """The names of the observations; none where there is but one."""
        return numbered("n", self.network.observations) if self.network.observations > 1 else []

    def neurons(self, layer: int) -> list[str]:
        """The names of the neurons of a layer."""
        return numbered("j", self.network.sizes[layer])

    def nodes(self, layer: int) -> list[str]:
        """The names of the nodes of a layer, the bias node among them."""
        return numbered("i", self.network.sizes[layer], "bias")


def backward(desk: Desk, top: int) -> int:
    """δ of every layer from the last to the first; gives the first free row."""
    desk.grid.write(top, 1, "Backward", "band")
    top += 1
    for layer in range(desk.network.depth, 0, -1):
        line = EquationLine(desk.grid, top)
        _diagonal(desk, line, layer)
        _pull(desk, line, layer)
        _product(desk, line, layer)
        _hadamard(desk, line, layer)
        top = line.bottom
        if layer == desk.network.depth - 1:
            own, above = layer_sign(layer), layer_sign(layer + 1)
            words = (
                f"HappyDustbunny prints D{own} w{above} δ{above}, but multiplies by w{above} transposed: ᵀ is meant."
            )
            desk.grid.write(top, 2, words, "subtitle")
            top += 2
    return top


def _letter(desk: Desk, layer: int) -> str:
    """How ∂C/∂a is written: c for the outputs."""
    above = layer_sign(layer + 1)
    return "c" if layer == desk.network.depth else f"w{above}ᵀ δ{above}"


def _diagonal(desk: Desk, line: EquationLine, layer: int) -> None:
    """D, f′ on the diagonal; where neurons mix the whole Jacobian, turned as D is: row i has the derivatives by z_i."""
    neurons, mixes, name = desk.network.sizes[layer], desk.network.mixes(layer), mat("D", layer)
    activation = ACTIVATION_FORMULAS[desk.network.layers[layer - 1].activation]
    z, a = mat("z", layer), mat("out", layer)

    def formula(row: int, j: int) -> str | None:
        n, i = divmod(row, neurons)
        if mixes and not desk.network.mixing(layer).symmetric:
            i, j = j, i
        own = desk.cell(z, n, j), desk.cell(a, n, j)
        if i == j:
            return activation.derivative(*own)
        return f"-({desk.cell(a, n, i)}*{activation.share(*own)})" if mixes else None

    rows = desk.neurons(layer)
    if desk.observations():
        rows = [f"n = {n}" if j == 0 else "" for n in range(desk.network.observations) for j in range(neurons)]
    facts = desk.network.activation_facts(layer)
    equation = f"∂aᵢ/∂zⱼ = {facts.mixing.jacobian}" if facts.mixing else f"diagonal: {facts.slope}"
    words = Words(_factor(desk, layer), equation, "", rows, desk.neurons(layer))
    line.block(
        name,
        desk.values(name),
        formula,
        lambda row, j: "backward" if mixes or row % neurons == j else "zero",
        words,
    )


def _factor(desk: Desk, layer: int) -> str:
    if not desk.network.mixes(layer):
        return f"D{layer_sign(layer)}"
    return f"J{layer_sign(layer)}" + ("" if desk.network.mixing(layer).symmetric else "ᵀ")


def _pull(desk: Desk, line: EquationLine, layer: int) -> None:
    """c = ∂C/∂a of the outputs, cell by cell; below, wᵀ δ of the layer above."""
    name, letter, grid = mat("c", layer), _letter(desk, layer), desk.grid
    if layer < desk.network.depth:
        words = Words(letter, "∂C/∂a", "·", desk.neurons(layer), desk.observations())
        text = f"MMULT(TRANSPOSE({grid.area(mat('w_only', layer + 1))}),{grid.area(mat('delta', layer + 1))})"
        line.array(name, desk.values(name), text, "backward", words)
        return
    loss, outputs, a = LOSS_FORMULAS[desk.network.loss], desk.network.sizes[layer], mat("out", layer)
    words = Words(letter, f"∂C/∂a = {desk.network.loss_facts.slope}", "·", desk.neurons(layer), desk.observations())
    line.block(
        name,
        desk.values(name),
        lambda j, n: loss.gradient(desk.cell(a, n, j), desk.cell("mat_target", n, j), outputs),
        "backward",
        words,
    )


def _product(desk: Desk, line: EquationLine, layer: int) -> None:
    """δ, a column for each observation: its D times its column of c."""
    name, neurons = mat("delta", layer), desk.network.sizes[layer]
    d, c, grid = mat("D", layer), mat("c", layer), desk.grid
    pieces: Pieces = {
        (0, n): (
            (neurons, 1),
            f"MMULT({grid.cell(d, n * neurons, 0)}:{grid.cell(d, (n + 1) * neurons - 1, neurons - 1)},{grid.column(c, n)})",
        )
        for n in range(desk.network.observations)
    }
    equation = f"{_factor(desk, layer)} {_letter(desk, layer)}"
    words = Words(f"δ{layer_sign(layer)}", equation, "=", desk.neurons(layer), desk.observations())
    line.arrays(name, desk.values(name), pieces, "backward", words)


def _hadamard(desk: Desk, line: EquationLine, layer: int) -> None:
    """δ without the zeros of D. Where neurons mix: δⱼ = Σᵢ cᵢ(δᵢⱼ − aᵢ)sⱼ = sⱼ(cⱼ − Σᵢ aᵢcᵢ), without their matrix."""
    mixes, grid = desk.network.mixes(layer), desk.grid
    activation = ACTIVATION_FORMULAS[desk.network.layers[layer - 1].activation]
    z, a, c, f, name = (mat(kind, layer) for kind in ("z", "out", "c", "f", "hadamard"))
    labels = desk.neurons(layer), desk.observations()

    def factor(j: int, n: int) -> str:
        own = desk.cell(a, n, j)
        return own if mixes else activation.derivative(desk.cell(z, n, j), own)

    def product(j: int, n: int) -> str:
        own, pull = grid.cell(f, j, n), grid.cell(c, j, n)
        if not mixes:
            return f"{own}*{pull}"
        share = activation.share(desk.cell(z, n, j), own)
        return f"{share}*({pull}-SUMPRODUCT({grid.column(f, n)},{grid.column(c, n)}))"

    facts = desk.network.activation_facts(layer)
    symbol, slope = (f"a{layer_sign(layer)}", "as columns") if mixes else ("f′(z)", facts.slope)
    equation = f"{facts.mixing.share} ⊙ (∂C/∂a − Σ a ∂C/∂a)" if facts.mixing else f"f′ ⊙ {_letter(desk, layer)}"
    line.block(f, desk.values(f), factor, "backward", Words(symbol, slope, "or", *labels))
    line.block(name, desk.values(name), product, "backward", Words(f"δ{layer_sign(layer)}", equation, "=", *labels))
    delta = grid.area(mat("delta", layer))
    line.light(delta, grid.area(name), Words("Same?", "both δ"))


def weight_change(desk: Desk, top: int) -> int:
    """dC/dW and the new weights of every layer; gives the first free row."""
    desk.grid.write(top, 1, "Change of the weights", "band")
    top += 1
    for layer in range(1, desk.network.depth + 1):
        line = EquationLine(desk.grid, top)
        _change_matrix(desk, line, layer)
        if layer == 1:
            words = Words("γ", "from Step", source=desk.on_step("gamma"))
            line.block(
                "mat_gamma", desk.values("mat_gamma"), lambda *_: desk.context.step.cell("gamma", 0, 0), "gamma", words
            )
        _new_weights(desk, line, layer)
        top = line.bottom
    text = "HappyDustbunny prints W − γ dC/dW, where W has a column a neuron, dC/dW a row: W − γ (dC/dW)ᵀ is meant."
    if desk.column:
        text = "Here W has a row for each neuron, as dC/dW has: HappyDustbunny's W − γ dC/dW fits as it is printed."
    desk.grid.write(top, 2, text, "subtitle")
    return top + 2


def _change_matrix(desk: Desk, line: EquationLine, layer: int) -> None:
    """dC/dW = δ A, a row for each neuron, over all observations at once; beside it Step's numbers."""
    network, grid, sign = desk.network, desk.grid, layer_sign(layer)
    name, copied, nodes = mat("dC_dW", layer), mat("step", layer), grid.area(mat("A", layer - 1))
    below = f"TRANSPOSE({nodes})" if desk.column else nodes
    mean = network.reduction == "mean" and network.observations > 1
    text = f"MMULT({grid.area(mat('delta', layer))},{below})" + (f"/{network.observations}" if mean else "")
    labels = desk.neurons(layer), desk.nodes(layer - 1)
    equation = f"δ{sign} A{layer_sign(layer - 1)}{'ᵀ' if desk.column else ''}{' / N' if mean else ''}"
    line.array(name, desk.values(name), text, "gradient", Words(f"dC/dW{sign}", equation, "", *labels))
    words = Words(f"∂C/∂W{sign}", "from Step", "", *labels, desk.on_step(q("dC_dW", layer)))
    step = desk.context.step
    line.block(copied, desk.values(copied), lambda j, i: step.cell(q("dC_dW", layer), i, j), "copy", words)
    line.light(grid.area(name), grid.area(copied), Words("Same?", "both ways"))


def _new_weights(desk: Desk, line: EquationLine, layer: int) -> None:
    """W′ = W − γ (dC/dW)ᵀ; biases that are not trained stay."""
    network, grid, sign = desk.network, desk.grid, layer_sign(layer)
    name, weights, gradient = mat("W", layer, new=True), mat("W", layer), mat("dC_dW", layer)
    nodes, neurons = network.sizes[layer - 1] + network.train_bias, network.sizes[layer]

    def upper(block: str, rows: int, columns: int) -> str:
        return f"{grid.cell(block, 0, 0)}:{grid.cell(block, rows - 1, columns - 1)}"

    shape = desk.turned_place(nodes, neurons)
    change = upper(gradient, neurons, nodes)
    change = change if desk.column else f"TRANSPOSE({change})"
    pieces: dict[tuple[int, int], tuple[tuple[int, int], str]] = {
        (0, 0): (shape, f"{upper(weights, *shape)}-{grid.fixed('mat_gamma')}*{change}")
    }
    if not network.train_bias:
        for j in range(neurons):
            pieces[desk.turned_place(nodes, j)] = (1, 1), desk.cell(weights, nodes, j)
    transposed = f"dC/dW{sign}" if desk.column else f"(dC/dW{sign})ᵀ"
    equation = f"W{sign} − γ {transposed}" + ("" if network.train_bias else "; biases stay")
    words = desk.words(f"W{sign}′", equation, desk.nodes(layer - 1), desk.neurons(layer), "→")
    line.arrays(name, desk.values(name), pieces, "new_weight", words)


MATRICES_TOP = 4  # the first row below the title
MATRICES_TAB = "7F6000"


def matrices_sheet(context: ViewContext) -> tuple[Sheet, list[Name]]:
    """The sheet, and the names of its blocks."""
    words = "The same step as products of matrices, from the inputs on Step: forward, backward, change of the weights."
    desk = Desk(context, context.sheet("matrices", "The step in matrices", words))
    weight_change(desk, backward(desk, _forward(desk, MATRICES_TOP)))
    return desk.grid.finished(View(freeze=(MATRICES_TOP, 1), title_rows=(1, 3), tab=MATRICES_TAB)), desk.grid.names()


def _forward(desk: Desk, top: int) -> int:
    desk.grid.write(top, 1, "Forward", "band")
    top += 1
    for layer in range(1, desk.network.depth + 1):
        line = EquationLine(desk.grid, top)
        _weigh(desk, line, layer)
        _activate(desk, line, layer)
        if layer > 1:
            _without_biases(desk, line, layer)
        if layer == desk.network.depth:
            _targets(desk, line)
        top = line.bottom
    return top


def _weigh(desk: Desk, line: EquationLine, layer: int) -> None:
    """A · W = z, or W · A in column orientation."""
    sign, below = layer_sign(layer), layer_sign(layer - 1)
    if desk.column:
        _weights(desk, line, layer, "")
        _nodes(desk, line, layer - 1, "·")
        factors, words = (mat("W", layer), mat("A", layer - 1)), f"W{sign} A{below}"
    else:
        _nodes(desk, line, layer - 1, "")
        _weights(desk, line, layer, "·")
        factors, words = (mat("A", layer - 1), mat("W", layer)), f"A{below} W{sign}"
    first, second = map(desk.grid.area, factors)
    heads = desk.words(f"z{sign}", words, desk.observations(), desk.neurons(layer), "=")
    line.array(mat("z", layer), desk.values(mat("z", layer)), f"MMULT({first},{second})", "forward", heads)


def _nodes(desk: Desk, line: EquationLine, layer: int, sign: str) -> None:
    """A⁽ˡ⁾: the inputs or the activations, and the bias node."""
    nodes, name = desk.network.sizes[layer], mat("A", layer)
    equation = "[x, 1] from Step" if layer == 0 else f"[a{layer_sign(layer)}, 1]"
    words = desk.words(
        f"A{layer_sign(layer)}", equation, desk.observations(), desk.nodes(layer), sign, "A_0" * (not layer)
    )

    def formula(n: int, i: int) -> str | None:
        if i == nodes:
            return None
        return desk.cell(mat("out", layer), n, i) if layer else desk.context.step.cell("A_0", n, i)

    usual = activation_role(layer) if layer else "input"
    line.block(
        name,
        desk.values(name),
        desk.stood(formula),
        desk.stood_role(lambda n, i: "bias_node" if i == nodes else usual),
        words,
    )


def _weights(desk: Desk, line: EquationLine, layer: int, sign: str) -> None:
    name = q("W", layer)
    words = desk.words(f"W{layer_sign(layer)}", "from Step", desk.nodes(layer - 1), desk.neurons(layer), sign, name)
    formula = desk.stood(lambda i, j: desk.context.step.cell(name, i, j))
    line.block(mat("W", layer), desk.values(mat("W", layer)), formula, "weight", words)


def _activate(desk: Desk, line: EquationLine, layer: int) -> None:
    """a = f(z); where neurons mix, through e."""
    activation, sign = ACTIVATION_FORMULAS[desk.network.layers[layer - 1].activation], layer_sign(layer)
    z, e, name = mat("z", layer), mat("e", layer), mat("out", layer)
    labels = desk.observations(), desk.neurons(layer)
    role = "output" if layer == desk.network.depth else activation_role(layer)
    facts = desk.network.activation_facts(layer)
    if facts.mixing:
        power = facts.mixing.power.replace("ⱼ", "")
        above = desk.stood(lambda n, j: activation.power(desk.cell(z, n, j), desk.observation(z, n)))
        line.block(e, desk.values(e), above, "forward", desk.words(f"e{sign}", power, *labels, "→"))
        formula = desk.stood(lambda n, j: activation.value(desk.cell(e, n, j), desk.observation(e, n)))
    else:
        formula = desk.stood(lambda n, j: activation.value(desk.cell(z, n, j)))
    line.block(name, desk.values(name), formula, role, desk.words(f"a{sign}", facts.equation, *labels, "→"))
    grey_dead(desk.grid, facts.off, z, (z, name))


def _targets(desk: Desk, line: EquationLine) -> None:
    words = desk.words("T", "from Step", desk.observations(), desk.neurons(desk.network.depth), source="target")
    formula = desk.stood(lambda n, j: desk.context.step.cell("target", n, j))
    line.block("mat_target", desk.values("mat_target"), formula, "target", words)


def _without_biases(desk: Desk, line: EquationLine, layer: int) -> None:
    """w⁽ˡ⁾ as the note has it: a row for each neuron at the end, a column for each at the start, no biases."""
    name, nodes, neurons = mat("w_only", layer), desk.network.sizes[layer - 1], desk.network.sizes[layer]
    first = desk.grid.cell(mat("W", layer), 0, 0)
    last = desk.grid.cell(mat("W", layer), *desk.turned_place(nodes - 1, neurons - 1))
    formula, equation = f"TRANSPOSE({first}:{last})", "Wᵀ without the biases"
    if desk.column:
        formula, equation = f"{first}:{last}", "W without the biases"
    words = Words(f"w{layer_sign(layer)}", equation, "", desk.neurons(layer), desk.nodes(layer - 1)[:-1])
    line.array(name, desk.values(name), formula, "weight", words)
