"""∂out/∂net as a sum of E_ii v e_iᵀ on the sheet `Jacobians`. It knows formula text, no numbers.

E_ii is a matrix with a single 1, at (i, i); e_i a vector with a single 1, at i. E_ii v keeps v_i alone, e_iᵀ puts it
into column i. For f cell by cell v is f′(net), which is out ⊙ (1 − out) for the sigmoid; for softmax v is out, and
∂out/∂net is the sum less out outᵀ.
"""

from __future__ import annotations

from sheetnet.formulas import ACTIVATIONS
from sheetnet.layout.views.lesson import Lesson
from sheetnet.layout.views.line import Line, Words, layer_sign, numbered, subscript
from sheetnet.presentation import TERMS

SIGMOID = (
    "Lesson D02 (b) prints Σ −Eᵢᵢ out eᵢ, the derivative of e^(−x). Here v is out ⊙ (1 − out), and eᵢ lies flat: eᵢᵀ."
)
SOFTMAX = "Softmax mixes its neurons: ∂out/∂net is Σ Eᵢᵢ out eᵢᵀ less out outᵀ, so that it is full."
DIAGONAL = f"More than {TERMS} neurons: of Σ Eᵢᵢ v eᵢᵀ only what it comes to is shown, v on the diagonal."


def shows_terms(lesson: Lesson, layer: int, n: int) -> bool:
    """Whether every term is shown: for the first observation, where the neurons are few."""
    return n == 0 and lesson.network.sizes[layer] <= TERMS


def terms(lesson: Lesson, layer: int, n: int, top: int) -> int:
    """The layer's heading, and every term of the sum where they are shown; gives the first free row."""
    network, grid = lesson.network, lesson.grid
    name, size = network.layers[layer - 1].activation, network.sizes[layer]
    where = f", observation n = {n}" if network.observations > 1 else ""
    grid.write(top, 1, f"Layer {layer}: {name}, {network.sizes[layer - 1]} → {size}{where}", "band")
    top, note = top + 1, {"sigmoid": SIGMOID, "softmax": SOFTMAX}.get(name, "")
    if shows_terms(lesson, layer, n):
        top = _every_term(lesson, layer, top)
    elif size > TERMS:
        note = DIAGONAL
    told = name in (above.activation for above in network.layers[layer:])  # by a layer higher up
    if note and n == 0 and not told:
        grid.write(top, 2, note, "subtitle")
        top += 2
    return top


def _every_term(lesson: Lesson, layer: int, top: int) -> int:
    """A line for each E_ii · v · e_iᵀ; v itself stands in the first."""
    unit_column = 1
    for i in range(lesson.network.sizes[layer]):
        line = Line(lesson.grid, top)
        _single_one(lesson, line, layer, i)
        if i == 0:
            vector(lesson, line, layer, 0, "·")
            unit_column = line.right
        line.right = unit_column
        _term(lesson, line, layer, i)
        top = line.bottom
    return top


def _single_one(lesson: Lesson, line: Line, layer: int, i: int) -> None:
    """E_ii."""
    name, sign = f"jac_E_{layer}_{i}", subscript(i)
    words = Words(f"E{sign}{sign}", f"1 at ({i}, {i})")
    line.constants(name, lesson.values(name), lambda r, c: "one" if r == c == i else "zero", words)


def vector(lesson: Lesson, line: Line, layer: int, n: int, sign: str) -> None:
    """v of one observation."""
    network, grid, name = lesson.network, lesson.grid, f"jac_v_{layer}_n{n}"
    activation = ACTIVATIONS[network.layers[layer - 1].activation]
    net, out = f"jac_net_{layer}_n{n}", f"jac_out_{layer}_n{n}"

    def formula(j: int, _: int) -> str:
        own = grid.cell(out, j, 0)
        return own if network.mixes(layer) else activation.derivative(grid.cell(net, j, 0), own)

    slope = activation.slope.replace("a", "out").replace("z", "net")
    equation = "out" if network.mixes(layer) else f"f′(net) = {slope}"
    rows = numbered("j", network.sizes[layer])
    line.block(name, lesson.values(name), formula, "backward", Words(f"v{layer_sign(layer)}", equation, sign, rows))


def _term(lesson: Lesson, line: Line, layer: int, i: int) -> None:
    """· e_iᵀ = v_i at (i, i)."""
    e, unit, term = (f"jac_{kind}_{layer}_{i}" for kind in ("E", "unit", "term"))
    grid, sign = lesson.grid, subscript(i)
    words = Words(f"e{sign}ᵀ", f"1 at {i}", "·" if i == 0 else "· v ·")
    line.constants(unit, lesson.values(unit), lambda _, c: "one" if c == i else "zero", words)
    text = f"MMULT(MMULT({grid.area(e)},{grid.area(f'jac_v_{layer}_n0')}),{grid.area(unit)})"
    words = Words(f"E{sign}{sign} v e{sign}ᵀ", f"v{sign} at ({i}, {i})", "=")
    line.array(term, lesson.values(term), text, "backward", words)
