"""The backward pass and the change of the weights on the sheet `Matrices`. It knows formula text, no numbers.

    D⁽ᴸ⁾ · c = δ⁽ᴸ⁾        D⁽ˡ⁾ · w⁽ˡ⁺¹⁾ᵀ δ⁽ˡ⁺¹⁾ = δ⁽ˡ⁾        the same without zeros: f′ ⊙ c
    δ⁽ˡ⁾ A⁽ˡ⁻¹⁾ = dC/dW⁽ˡ⁾                W⁽ˡ⁾ − γ (dC/dW⁽ˡ⁾)ᵀ = W⁽ˡ⁾′

c, δ and f′ have a column for each observation. D differs by observation: one n_l × n_l matrix each, stacked.
"""

from __future__ import annotations

from sheetnet.formulas import ACTIVATIONS, LOSSES
from sheetnet.layout.views.line import Line, Pieces, Words, layer_sign
from sheetnet.layout.views.matrices_desk import Desk


def backward(desk: Desk, top: int) -> int:
    """δ of every layer from the last to the first; gives the first free row."""
    desk.grid.write(top, 1, "Backward", "band")
    top += 1
    for layer in range(desk.network.depth, 0, -1):
        line = Line(desk.grid, top)
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


def _diagonal(desk: Desk, line: Line, layer: int) -> None:
    """D, f′ on the diagonal; for softmax its whole Jacobian."""
    neurons, mixes, name = desk.network.sizes[layer], desk.network.mixes(layer), f"mat_D_{layer}"
    activation = ACTIVATIONS[desk.network.layers[layer - 1].activation]
    z, a = f"mat_z_{layer}", f"mat_out_{layer}"

    def formula(row: int, j: int) -> str | None:
        n, i = divmod(row, neurons)
        if i == j:
            return activation.derivative(desk.cell(z, n, j), desk.cell(a, n, j))
        return f"-({desk.cell(a, n, i)}*{desk.cell(a, n, j)})" if mixes else None

    rows = desk.neurons(layer)
    if desk.observations():
        rows = [f"n = {n}" if j == 0 else "" for n in range(desk.network.observations) for j in range(neurons)]
    equation = "∂aᵢ/∂zⱼ = aᵢ(δᵢⱼ − aⱼ)" if mixes else f"diagonal: {activation.slope}"
    words = Words(_factor(desk, layer), equation, "", rows, desk.neurons(layer))
    line.block(
        name,
        desk.values(name),
        formula,
        lambda row, j: "backward" if mixes or row % neurons == j else "zero",
        words,
    )


def _factor(desk: Desk, layer: int) -> str:
    return f"{'J' if desk.network.mixes(layer) else 'D'}{layer_sign(layer)}"


def _pull(desk: Desk, line: Line, layer: int) -> None:
    """c = ∂C/∂a of the outputs, cell by cell; below, wᵀ δ of the layer above."""
    name, letter, grid = f"mat_c_{layer}", _letter(desk, layer), desk.grid
    if layer < desk.network.depth:
        words = Words(letter, "∂C/∂a", "·", desk.neurons(layer), desk.observations())
        text = f"MMULT(TRANSPOSE({grid.area(f'mat_w_only_{layer + 1}')}),{grid.area(f'mat_delta_{layer + 1}')})"
        line.array(name, desk.values(name), text, "backward", words)
        return
    loss, outputs, a = LOSSES[desk.network.loss], desk.network.sizes[layer], f"mat_out_{layer}"
    words = Words(letter, f"∂C/∂a = {loss.slope}", "·", desk.neurons(layer), desk.observations())
    line.block(
        name,
        desk.values(name),
        lambda j, n: loss.gradient(desk.cell(a, n, j), desk.cell("mat_target", n, j), outputs),
        "backward",
        words,
    )


def _product(desk: Desk, line: Line, layer: int) -> None:
    """δ, a column for each observation: its D times its column of c."""
    name, neurons = f"mat_delta_{layer}", desk.network.sizes[layer]
    d, c, grid = f"mat_D_{layer}", f"mat_c_{layer}", desk.grid
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


def _hadamard(desk: Desk, line: Line, layer: int) -> None:
    """δ without the zeros of D. Softmax: δⱼ = Σᵢ cᵢ aᵢ(δᵢⱼ − aⱼ) = aⱼ(cⱼ − Σᵢ aᵢcᵢ), without its matrix."""
    mixes, grid = desk.network.mixes(layer), desk.grid
    activation = ACTIVATIONS[desk.network.layers[layer - 1].activation]
    z, a, c, f, name = (f"mat_{kind}_{layer}" for kind in ("z", "out", "c", "f", "hadamard"))
    labels = desk.neurons(layer), desk.observations()

    def factor(j: int, n: int) -> str:
        own = desk.cell(a, n, j)
        return own if mixes else activation.derivative(desk.cell(z, n, j), own)

    def product(j: int, n: int) -> str:
        own, pull = grid.cell(f, j, n), grid.cell(c, j, n)
        return f"{own}*({pull}-SUMPRODUCT({grid.column(f, n)},{grid.column(c, n)}))" if mixes else f"{own}*{pull}"

    symbol, slope = (f"a{layer_sign(layer)}", "as columns") if mixes else ("f′(z)", activation.slope)
    equation = "a ⊙ (∂C/∂a − Σ a ∂C/∂a)" if mixes else f"f′ ⊙ {_letter(desk, layer)}"
    line.block(f, desk.values(f), factor, "backward", Words(symbol, slope, "or", *labels))
    line.block(name, desk.values(name), product, "backward", Words(f"δ{layer_sign(layer)}", equation, "=", *labels))
    delta = grid.area(f"mat_delta_{layer}")
    line.light(delta, grid.area(name), Words("Same?", "both δ"))


def change(desk: Desk, top: int) -> int:
    """dC/dW and the new weights of every layer; gives the first free row."""
    desk.grid.write(top, 1, "Change of the weights", "band")
    top += 1
    for layer in range(1, desk.network.depth + 1):
        line = Line(desk.grid, top)
        _change_matrix(desk, line, layer)
        if layer == 1:
            words = Words("γ", "from Step", source=desk.on_step("gamma"))
            line.block(
                "mat_gamma", desk.values("mat_gamma"), lambda *_: desk.scene.step.cell("gamma", 0, 0), "gamma", words
            )
        _new_weights(desk, line, layer)
        top = line.bottom
    text = "HappyDustbunny prints W − γ dC/dW, where W has a column a neuron, dC/dW a row: W − γ (dC/dW)ᵀ is meant."
    if desk.column:
        text = "Here W has a row for each neuron, as dC/dW has: HappyDustbunny's W − γ dC/dW fits as it is printed."
    desk.grid.write(top, 2, text, "subtitle")
    return top + 2


def _change_matrix(desk: Desk, line: Line, layer: int) -> None:
    """dC/dW = δ A, a row for each neuron, over all observations at once; beside it Step's numbers."""
    network, grid, sign = desk.network, desk.grid, layer_sign(layer)
    name, copied, nodes = f"mat_dC_dW_{layer}", f"mat_step_{layer}", grid.area(f"mat_A_{layer - 1}")
    below = f"TRANSPOSE({nodes})" if desk.column else nodes
    mean = network.reduction == "mean" and network.observations > 1
    text = f"MMULT({grid.area(f'mat_delta_{layer}')},{below})" + (f"/{network.observations}" if mean else "")
    labels = desk.neurons(layer), desk.nodes(layer - 1)
    equation = f"δ{sign} A{layer_sign(layer - 1)}{'ᵀ' if desk.column else ''}{' / N' if mean else ''}"
    line.array(name, desk.values(name), text, "gradient", Words(f"dC/dW{sign}", equation, "", *labels))
    words = Words(f"∂C/∂W{sign}", "from Step", "", *labels, desk.on_step(f"dC_dW_{layer}"))
    step = desk.scene.step
    line.block(copied, desk.values(copied), lambda j, i: step.cell(f"dC_dW_{layer}", i, j), "copy", words)
    line.light(grid.area(name), grid.area(copied), Words("Same?", "both ways"))


def _new_weights(desk: Desk, line: Line, layer: int) -> None:
    """W′ = W − γ (dC/dW)ᵀ; biases that are not trained stay."""
    network, grid, sign = desk.network, desk.grid, layer_sign(layer)
    name, weights, gradient = f"mat_W_{layer}_new", f"mat_W_{layer}", f"mat_dC_dW_{layer}"
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
