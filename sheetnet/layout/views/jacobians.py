"""The sheet `Jacobians`: the chain rule as products of Jacobians in column vectors, an observation after the other.

After CPSC 4430/5440, Lesson D02 (b). It knows positions and formula text, no numbers.

    forward:      x  net⁽¹⁾  out⁽¹⁾  net⁽²⁾ …  target                           from Step
    each layer:   E_ii · v · e_iᵀ = a term of ∂out/∂net                          `jacobian_terms`
                  ∂net⁽ˡ⁺¹⁾/∂out⁽ˡ⁾ · ∂E/∂net⁽ˡ⁺¹⁾                                 `jacobian_chain`
                  ∂net/∂W · ∂out/∂net · ∂E/∂out = ∂E/∂W, folded to W's shape
    at the end:   the mean over the observations, as on Step?
"""

from __future__ import annotations

from sheetnet.errors import FileError
from sheetnet.layout.views.jacobian_chain import chain
from sheetnet.layout.views.jacobian_terms import terms
from sheetnet.layout.views.lesson import Lesson
from sheetnet.layout.views.line import Line, Words, grey_dead, layer_sign, numbered
from sheetnet.layout.views.scene import Scene
from sheetnet.looks import activation_role
from sheetnet.network import activation_name
from sheetnet.workbook import Name, Sheet, View

TOP = 4  # the first row below the title
TAB = "833C0B"
MOST = 500  # observations; the formula of their mean names a cell of each, and may have 8,192 characters
NOTES = (
    "Vectors are columns: W has a row for each neuron, its last column belongs to the bias node (the lesson leaves it out).",
    "Column k of ∂net/∂W is the lesson's matrix ∂netₖ/∂W read row by row, so that one product gives every weight's ∂E/∂w.",
)


def jacobians(scene: Scene) -> tuple[Sheet, list[Name]]:
    """The sheet, and the names of its blocks."""
    words = "∂E/∂W = ∂net/∂W · ∂out/∂net · ∂E/∂out, every factor a matrix of partial derivatives."
    if scene.network.observations > MOST:
        raise FileError(
            f"{scene.network.observations:,} observations: Jacobians shows them one after the other, at most {MOST:,}: "
            "leave it out of the views"
        )
    lesson = Lesson(scene, scene.sheet("jacobians", "The chain rule in Jacobians", words))
    network, grid = lesson.network, lesson.grid
    for number, note in enumerate(NOTES):
        grid.write(TOP + number, 1, note, "subtitle")
    top = TOP + len(NOTES) + 1
    for n in range(network.observations):
        grid.write(top, 1, f"Forward, observation n = {n}" if network.observations > 1 else "Forward", "band")
        top = _forward(lesson, n, top + 1)
        for layer in range(network.depth, 0, -1):
            top = chain(lesson, layer, n, terms(lesson, layer, n, top))
    if network.observations > 1:
        _over_observations(lesson, top)
    return grid.finished(View(freeze=(TOP, 1), title_rows=(1, 3), tab=TAB)), grid.names()


def _forward(lesson: Lesson, n: int, top: int) -> int:
    """x, every net and out, and the target, copied from Step as column vectors."""
    network, line = lesson.network, Line(lesson.grid, top)
    for layer in range(network.depth + 1):
        sign, last = layer_sign(layer), layer == network.depth
        if layer:
            _copy(
                lesson, line, f"jac_net_{layer}_n{n}", f"z_{layer}", n, "forward", Words(f"net{sign}", "from Step", "→")
            )
        source = activation_name(layer, network.depth)
        words = Words(
            f"out{sign}" if layer else "x", "from Step" if last else "from Step, 1 below", "→" if layer else ""
        )
        role = "output" if last else activation_role(layer) if layer else "input"
        _copy(lesson, line, f"jac_out_{layer}_n{n}", source, n, role, words)
        if layer and network.layers[layer - 1].activation == "relu":
            net = f"jac_net_{layer}_n{n}"
            grey_dead(lesson.grid, net, (net, f"jac_out_{layer}_n{n}"))
    _copy(lesson, line, f"jac_target_n{n}", "target", n, "target", Words("target", "from Step"))
    return line.bottom


def _copy(lesson: Lesson, line: Line, name: str, source: str, n: int, role: str, words: Words) -> None:
    """An observation of a block of Step as a column vector; the bias node is the constant 1."""
    block = lesson.network.blocks[source]
    bias = block.columns - 1 if block.bias_node else -1
    rows = numbered("i", block.columns - 1, "bias") if block.bias_node else numbered("j", block.columns)
    step = lesson.scene.step
    line.block(
        name,
        lesson.values(name),
        lambda j, _: None if j == bias else step.cell(source, n, j),
        lambda j, _: "bias_node" if j == bias else role,
        Words(words.symbol, words.equation, words.sign, rows, source=lesson.on_step(source)),
    )


def _over_observations(lesson: Lesson, top: int) -> None:
    """The mean (or the sum) of what the observations give, beside Step's ∂C/∂W."""
    network, grid = lesson.network, lesson.grid
    mean = network.reduction == "mean"
    grid.write(top, 1, "Mean over the observations" if mean else "Sum over the observations", "band")
    top += 1
    for layer in range(1, network.depth + 1):
        line, name = Line(grid, top), f"jac_mean_{layer}"

        def formula(j: int, i: int, layer: int = layer) -> str:
            cells = "+".join(grid.cell(f"jac_folded_{layer}_n{n}", j, i) for n in range(network.observations))
            return f"({cells})/{network.observations}" if mean else cells

        words = Words(f"∂E/∂W{layer_sign(layer)}", "Σ / N" if mean else "Σ", "", *lesson.weight_labels(layer))
        line.block(name, lesson.values(name), formula, "gradient", words)
        lesson.compare(line, layer, name)
        top = line.bottom
