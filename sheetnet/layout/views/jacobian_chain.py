"""The product of a layer's Jacobians on the sheet `Jacobians`. It knows formula text, no numbers.

∂net/∂W · ∂out/∂net · ∂E/∂out = ∂E/∂W, a number for each weight, folded to the shape of W
where ∂E/∂out⁽ˡ⁾ of a hidden layer is ∂net⁽ˡ⁺¹⁾/∂out⁽ˡ⁾ · ∂E/∂net⁽ˡ⁺¹⁾, and ∂E/∂net = ∂out/∂net · ∂E/∂out
"""

from __future__ import annotations

from sheetnet.formulas import LOSSES
from sheetnet.layout.views.jacobian_terms import shows_terms, vector
from sheetnet.layout.views.lesson import Lesson
from sheetnet.layout.views.line import Line, Words, layer_sign, numbered
from sheetnet.presentation import TERMS


def chain(lesson: Lesson, layer: int, n: int, top: int) -> int:
    """The chain of one layer for one observation; gives the first free row."""
    line = Line(lesson.grid, top)
    if not shows_terms(lesson, layer, n):
        vector(lesson, line, layer, n, "")
    if layer < lesson.network.depth:
        _from_above(lesson, line, layer + 1, n)
    line = Line(lesson.grid, max(line.bottom, top))
    _nets_by_weights(lesson, line, layer, n)
    _outs_by_nets(lesson, line, layer, n)
    _cost_by_outs(lesson, line, layer, n)
    _cost_by_weights(lesson, line, layer, n)
    return line.bottom


def _from_above(lesson: Lesson, line: Line, above: int, n: int) -> None:
    """The two factors of ∂E/∂out of the layer below: ∂net/∂out = wᵀ, shown once, and ∂E/∂net."""
    grid, sign, step = lesson.grid, layer_sign(above), lesson.scene.step
    nodes, neurons = numbered("i", lesson.network.sizes[above - 1]), numbered("j", lesson.network.sizes[above])
    weights, net = f"jac_w_{above}", f"jac_dE_dnet_{above}_n{n}"
    if n == 0:
        words = Words(
            f"∂net{sign}/∂out{layer_sign(above - 1)}",
            f"w{sign}ᵀ from Step",
            "",
            nodes,
            neurons,
            lesson.on_step(f"W_{above}"),
        )
        line.block(weights, lesson.values(weights), lambda i, j: step.cell(f"W_{above}", i, j), "weight", words)
    text = f"MMULT({grid.area(f'jac_dout_dnet_{above}_n{n}')},{grid.area(f'jac_dE_dout_{above}_n{n}')})"
    words = Words(f"∂E/∂net{sign}", "∂out/∂net · ∂E/∂out", "·" if n == 0 else f"w{sign}ᵀ ·", neurons)
    line.array(net, lesson.values(net), text, "backward", words)


def _nets_by_weights(lesson: Lesson, line: Line, layer: int, n: int) -> None:
    """∂net_k/∂w_ki = out_i, and 0 for the weights of other neurons."""
    grid, nodes, name = lesson.grid, lesson.network.sizes[layer - 1] + 1, f"jac_dnet_dW_{layer}_n{n}"
    below = f"jac_out_{layer - 1}_n{n}"

    def formula(weight: int, k: int) -> str | None:
        owner, i = divmod(weight, nodes)
        return grid.cell(below, i, 0) if owner == k else None

    letter = f"out{layer_sign(layer - 1)}" if layer > 1 else "x"
    words = Words(
        f"∂net/∂W{layer_sign(layer)}", f"{letter} in its place", "", lesson.weight_names(layer), _nets(lesson, layer)
    )
    line.block(name, lesson.values(name), formula, lambda w, k: "copy" if w // nodes == k else "zero", words)


def _nets(lesson: Lesson, layer: int) -> list[str]:
    return [f"net {j}" for j in range(lesson.network.sizes[layer])]


def _outs_by_nets(lesson: Lesson, line: Line, layer: int, n: int) -> None:
    """Σ E_ii v e_iᵀ, less out outᵀ where neurons mix."""
    network, grid, name = lesson.network, lesson.grid, f"jac_dout_dnet_{layer}_n{n}"
    size, mixes, values = network.sizes[layer], network.mixes(layer), lesson.values(f"jac_dout_dnet_{layer}_n{n}")
    v, rows = f"jac_v_{layer}_n{n}", _nets(lesson, layer)
    equation = "Σ Eᵢᵢ v eᵢᵀ" + (" − out outᵀ" if mixes else "")
    words = Words(f"∂out/∂net{layer_sign(layer)}", equation, "·", rows, [f"out {j}" for j in range(size)])

    def less(i: int, j: int) -> str:
        return f"-{grid.cell(v, i, 0)}*{grid.cell(v, j, 0)}" if mixes else ""

    def summed(i: int, j: int) -> str:
        return "+".join(grid.cell(f"jac_term_{layer}_{k}", i, j) for k in range(size)) + less(i, j)

    def diagonal(i: int, j: int) -> str | None:
        return (grid.cell(v, i, 0) if i == j else "") + less(i, j) or None

    if size > TERMS:  # the sum as what it comes to
        line.block(name, values, diagonal, lambda i, j: "backward" if mixes or i == j else "zero", words)
    elif shows_terms(lesson, layer, n):
        line.block(name, values, summed, "backward", words)
    else:
        units = ((grid.area(f"jac_E_{layer}_{k}"), grid.area(f"jac_unit_{layer}_{k}")) for k in range(size))
        text = "+".join(f"MMULT(MMULT({e},{grid.area(v)}),{unit})" for e, unit in units)
        line.array(
            name,
            values,
            text + (f"-MMULT({grid.area(v)},TRANSPOSE({grid.area(v)}))" if mixes else ""),
            "backward",
            words,
        )


def _cost_by_outs(lesson: Lesson, line: Line, layer: int, n: int) -> None:
    """∂E/∂out from the targets, or through the layer above."""
    network, grid, name = lesson.network, lesson.grid, f"jac_dE_dout_{layer}_n{n}"
    rows, values = [f"out {j}" for j in range(network.sizes[layer])], lesson.values(name)
    if layer == network.depth:
        loss, outputs = LOSSES[network.loss], network.sizes[layer]
        out, target = f"jac_out_{layer}_n{n}", f"jac_target_n{n}"
        slope = loss.slope.replace("a", "out").replace("T", "target")
        words = Words(f"∂E/∂out{layer_sign(layer)}", slope, "·", rows)
        line.block(
            name,
            values,
            lambda j, _: loss.gradient(grid.cell(out, j, 0), grid.cell(target, j, 0), outputs),
            "backward",
            words,
        )
        return
    above = layer_sign(layer + 1)
    words = Words(f"∂E/∂out{layer_sign(layer)}", f"w{above}ᵀ ∂E/∂net{above}", "·", rows)
    text = f"MMULT({grid.area(f'jac_w_{layer + 1}')},{grid.area(f'jac_dE_dnet_{layer + 1}_n{n}')})"
    line.array(name, values, text, "backward", words)


def _cost_by_weights(lesson: Lesson, line: Line, layer: int, n: int) -> None:
    """The product, and the same numbers in the shape of W."""
    grid, sign = lesson.grid, layer_sign(layer)
    name, folded = f"jac_dE_dW_{layer}_n{n}", f"jac_folded_{layer}_n{n}"
    nodes = lesson.network.sizes[layer - 1] + 1
    factors = [grid.area(f"jac_{kind}_{layer}_n{n}") for kind in ("dnet_dW", "dout_dnet", "dE_dout")]
    text = f"MMULT({factors[0]},MMULT({factors[1]},{factors[2]}))"
    words = Words(f"∂E/∂W{sign}", "the product", "=", lesson.weight_names(layer))
    line.array(name, lesson.values(name), text, "gradient", words)
    words = Words(f"∂E/∂W{sign}", "folded like W", "→", *lesson.weight_labels(layer))
    line.block(folded, lesson.values(folded), lambda j, i: grid.cell(name, j * nodes + i, 0), "gradient", words)
    if lesson.network.observations == 1:
        lesson.compare(line, layer, folded)
