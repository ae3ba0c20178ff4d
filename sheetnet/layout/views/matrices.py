"""The sheet `Matrices`: a forward pass of its own as matrix products, from the inputs on `Step`.

After HappyDustbunny, "Back propagation in a simple neural net" (2019). It knows positions and formula text, no numbers.

    each layer:  A⁽ˡ⁻¹⁾ · W⁽ˡ⁾ = z⁽ˡ⁾ → a⁽ˡ⁾        w⁽ˡ⁾           here
    backward:    D⁽ˡ⁾ · c⁽ˡ⁾ = δ⁽ˡ⁾ or f′ ⊙ c = δ    same?         `matrices_back`
    change:      δ⁽ˡ⁾ A⁽ˡ⁻¹⁾ = dC/dW⁽ˡ⁾              as on Step?   W − γ (dC/dW)ᵀ = W′

In column orientation A, W, z and a stand transposed, as W x + b has them; the backward pass is in columns either way.
"""

from __future__ import annotations

from sheetnet.formulas import ACTIVATIONS
from sheetnet.formulas.activations import exponential
from sheetnet.layout.views.line import Line, Words, grey_dead, layer_sign
from sheetnet.layout.views.matrices_back import backward, change
from sheetnet.layout.views.matrices_desk import Desk
from sheetnet.layout.views.scene import Scene
from sheetnet.looks import activation_role
from sheetnet.workbook import Name, Sheet, View

TOP = 4  # the first row below the title
TAB = "7F6000"


def matrices(scene: Scene) -> tuple[Sheet, list[Name]]:
    """The sheet, and the names of its blocks."""
    words = "The same step as products of matrices, from the inputs on Step: forward, backward, change of the weights."
    desk = Desk(scene, scene.sheet("matrices", "The step in matrices", words))
    change(desk, backward(desk, _forward(desk, TOP)))
    return desk.grid.finished(View(freeze=(TOP, 1), title_rows=(1, 3), tab=TAB)), desk.grid.names()


def _forward(desk: Desk, top: int) -> int:
    desk.grid.write(top, 1, "Forward", "band")
    top += 1
    for layer in range(1, desk.network.depth + 1):
        line = Line(desk.grid, top)
        _weigh(desk, line, layer)
        _activate(desk, line, layer)
        if layer > 1:
            _without_biases(desk, line, layer)
        if layer == desk.network.depth:
            _targets(desk, line)
        top = line.bottom
    return top


def _weigh(desk: Desk, line: Line, layer: int) -> None:
    """A · W = z, or W · A in column orientation."""
    sign, below = layer_sign(layer), layer_sign(layer - 1)
    if desk.column:
        _weights(desk, line, layer, "")
        _nodes(desk, line, layer - 1, "·")
        factors, words = (f"mat_W_{layer}", f"mat_A_{layer - 1}"), f"W{sign} A{below}"
    else:
        _nodes(desk, line, layer - 1, "")
        _weights(desk, line, layer, "·")
        factors, words = (f"mat_A_{layer - 1}", f"mat_W_{layer}"), f"A{below} W{sign}"
    first, second = map(desk.grid.area, factors)
    heads = desk.words(f"z{sign}", words, desk.observations(), desk.neurons(layer), "=")
    line.array(f"mat_z_{layer}", desk.values(f"mat_z_{layer}"), f"MMULT({first},{second})", "forward", heads)


def _nodes(desk: Desk, line: Line, layer: int, sign: str) -> None:
    """A⁽ˡ⁾: the inputs or the activations, and the bias node."""
    nodes, name = desk.network.sizes[layer], f"mat_A_{layer}"
    equation = "[x, 1] from Step" if layer == 0 else f"[a{layer_sign(layer)}, 1]"
    words = desk.words(
        f"A{layer_sign(layer)}", equation, desk.observations(), desk.nodes(layer), sign, "A_0" * (not layer)
    )

    def formula(n: int, i: int) -> str | None:
        if i == nodes:
            return None
        return desk.cell(f"mat_out_{layer}", n, i) if layer else desk.scene.step.cell("A_0", n, i)

    usual = activation_role(layer) if layer else "input"
    line.block(
        name,
        desk.values(name),
        desk.stood(formula),
        desk.stood_role(lambda n, i: "bias_node" if i == nodes else usual),
        words,
    )


def _weights(desk: Desk, line: Line, layer: int, sign: str) -> None:
    name = f"W_{layer}"
    words = desk.words(f"W{layer_sign(layer)}", "from Step", desk.nodes(layer - 1), desk.neurons(layer), sign, name)
    formula = desk.stood(lambda i, j: desk.scene.step.cell(name, i, j))
    line.block(f"mat_{name}", desk.values(f"mat_{name}"), formula, "weight", words)


def _activate(desk: Desk, line: Line, layer: int) -> None:
    """a = f(z); where neurons mix, through e."""
    activation, sign = ACTIVATIONS[desk.network.layers[layer - 1].activation], layer_sign(layer)
    z, e, name = f"mat_z_{layer}", f"mat_e_{layer}", f"mat_out_{layer}"
    labels = desk.observations(), desk.neurons(layer)
    role = "output" if layer == desk.network.depth else activation_role(layer)
    if desk.network.mixes(layer):
        above = desk.stood(lambda n, j: exponential(desk.cell(z, n, j), desk.observation(z, n)))
        line.block(e, desk.values(e), above, "forward", desk.words(f"e{sign}", "exp(z − max z)", *labels, "→"))
        formula = desk.stood(lambda n, j: activation.value(desk.cell(e, n, j), desk.observation(e, n)))
    else:
        formula = desk.stood(lambda n, j: activation.value(desk.cell(z, n, j)))
    line.block(name, desk.values(name), formula, role, desk.words(f"a{sign}", activation.equation, *labels, "→"))
    if desk.network.layers[layer - 1].activation == "relu":
        grey_dead(desk.grid, z, (z, name))


def _targets(desk: Desk, line: Line) -> None:
    words = desk.words("T", "from Step", desk.observations(), desk.neurons(desk.network.depth), source="target")
    formula = desk.stood(lambda n, j: desk.scene.step.cell("target", n, j))
    line.block("mat_target", desk.values("mat_target"), formula, "target", words)


def _without_biases(desk: Desk, line: Line, layer: int) -> None:
    """w⁽ˡ⁾ as the note has it: a row for each neuron at the end, a column for each at the start, no biases."""
    name, nodes, neurons = f"mat_w_only_{layer}", desk.network.sizes[layer - 1], desk.network.sizes[layer]
    first = desk.grid.cell(f"mat_W_{layer}", 0, 0)
    last = desk.grid.cell(f"mat_W_{layer}", *desk.turned_place(nodes - 1, neurons - 1))
    formula, equation = f"TRANSPOSE({first}:{last})", "Wᵀ without the biases"
    if desk.column:
        formula, equation = f"{first}:{last}", "W without the biases"
    words = Words(f"w{layer_sign(layer)}", equation, "", desk.neurons(layer), desk.nodes(layer - 1)[:-1])
    line.array(name, desk.values(name), formula, "weight", words)
