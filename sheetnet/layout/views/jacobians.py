"""The sheet `Jacobians`: the chain rule as products of Jacobians in column vectors, one observation after another.

E_ii is a matrix with a single 1, at (i, i); e_i a vector with a single 1, at i. E_ii v keeps v_i alone, e_iᵀ puts it
into column i. For f cell by cell v is f′(z), which is a ⊙ (1 − a) for the sigmoid; for softmax v is a, and
∂a/∂z is the sum less a aᵀ.

∂z/∂W · ∂a/∂z · ∂C/∂a = ∂C/∂W, a number for each weight, folded to the shape of W
where ∂C/∂a⁽ˡ⁾ of a hidden layer is ∂z⁽ˡ⁺¹⁾/∂a⁽ˡ⁾ · ∂C/∂z⁽ˡ⁺¹⁾, and ∂C/∂z = ∂a/∂z · ∂C/∂a

    forward:      x  z⁽¹⁾  a⁽¹⁾  z⁽²⁾ …  T                                      from Step
    each layer:   E_ii · v · e_iᵀ = a term of ∂a/∂z                          `jacobian_terms`
                  ∂z⁽ˡ⁺¹⁾/∂a⁽ˡ⁾ · ∂C/∂z⁽ˡ⁺¹⁾                                 `jacobian_chain`
                  ∂z/∂W · ∂a/∂z · ∂C/∂a = ∂C/∂W, folded to W's shape
    at the end:   the mean over the observations, as on Step?
"""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet.errors import FileError
from sheetnet.formulas import LOSS_FORMULAS, activation_formulas
from sheetnet.layout.views.view_parts import (
    EquationLine,
    ViewContext,
    ViewLayout,
    Words,
    grey_dead,
    layer_sign,
    node_labels,
    numbered,
    pale_zeros,
    penalised,
    reduced_words,
    subscript,
)
from sheetnet.network import Network, activation_name
from sheetnet.quantity import jac, q
from sheetnet.styles import activation_role
from sheetnet.workbook import Name, Sheet, View
from sheetnet.workbook_options import TERMS


@dataclass(frozen=True)
class JacobiansLayout(ViewLayout):
    """Everything stands in column vectors."""

    def weight_labels(self, layer: int) -> tuple[list[str], list[str]]:
        """Rows and columns of a matrix of the shape of W: its neurons, its nodes."""
        return numbered("j", self.network.sizes[layer]), node_labels(self.network, layer - 1)

    def weight_names(self, layer: int) -> list[str]:
        """The weights of a layer row by row: `w 0,1` leads to neuron 0 from node 1, `b 0` is its bias."""
        fan_in, nodes = self.network.sizes[layer - 1], range(self.network.nodes(layer - 1))
        return [f"w {j},{i}" if i < fan_in else f"b {j}" for j in range(self.network.sizes[layer]) for i in nodes]

    def compare(self, line: EquationLine, layer: int, name: str) -> None:
        """Step's ∂C/∂W beside a block of its shape, and a light."""
        step, copied = self.context.step, jac("step", layer)
        rows, columns = self.weight_labels(layer)
        words = Words(f"∂C/∂W{layer_sign(layer)}", "from Step", "", rows, columns, self.on_step(q("dC_dW", layer)))
        line.block(copied, self.values(copied), lambda j, i: step.cell(q("dC_dW", layer), i, j), "copy", words)
        line.light(self.grid.area(name), self.grid.area(copied), Words("Agrees?", "both ways"))


ONLY_DIAGONAL_NOTE = f"More than {TERMS} neurons: of Σ Eᵢᵢ v eᵢᵀ only what it comes to is shown, v on the diagonal."

MIXING_NOTE = "Each output depends on every z of its row: ∂a/∂z is Σ Eᵢᵢ v eᵢᵀ less v aᵀ, so that it is full."


def shows_terms(layout: JacobiansLayout, layer: int, n: int) -> bool:
    """Whether every term is shown: for the first observation, where the neurons are few."""
    return n == 0 and layout.network.sizes[layer] <= TERMS


def terms(layout: JacobiansLayout, layer: int, n: int, top: int) -> int:
    """The layer's heading, and every term of the sum where they are shown; gives the first free row."""
    network, grid = layout.network, layout.grid
    name, size = network.layers[layer - 1].activation, network.sizes[layer]
    where = f", observation n = {n}" if network.observations > 1 else ""
    grid.write(top, 1, f"Layer {layer}: {name}, {network.sizes[layer - 1]} → {size}{where}", "band")
    top, note = top + 1, MIXING_NOTE if network.mixes(layer) else ""
    if shows_terms(layout, layer, n):
        top = _every_term(layout, layer, top)
    elif size > TERMS:
        note = ONLY_DIAGONAL_NOTE
    told = name in (above.activation for above in network.layers[layer:])  # by a layer higher up
    if note and n == 0 and not told:
        grid.write(top, 2, note, "subtitle")
        top += 2
    return top


def _every_term(layout: JacobiansLayout, layer: int, top: int) -> int:
    """A line for each E_ii · v · e_iᵀ; v itself stands in the first."""
    unit_column = 1
    for i in range(layout.network.sizes[layer]):
        line = EquationLine(layout.grid, top)
        _single_one(layout, line, layer, i)
        if i == 0:
            vector(layout, line, layer, 0, "·")
            unit_column = line.right
        line.right = unit_column
        _term(layout, line, layer, i)
        top = line.bottom
    return top


def _single_one(layout: JacobiansLayout, line: EquationLine, layer: int, i: int) -> None:
    """E_ii."""
    name, sign = jac("E", layer, index=i), subscript(i)
    words = Words(f"E{sign}{sign}", f"1 at ({i}, {i})")
    line.constants(name, layout.values(name), lambda r, c: "one" if r == c == i else "zero", words)


def vector(layout: JacobiansLayout, line: EquationLine, layer: int, n: int, sign: str) -> None:
    """v of one observation."""
    network, grid, name = layout.network, layout.grid, jac("v", layer, n)
    activation, facts = activation_formulas(network.layers[layer - 1]), network.activation_facts(layer)
    net, out = jac("net", layer, n), jac("out", layer, n)

    def formula(j: int, _: int) -> str:
        make = activation.share if facts.mixes else activation.derivative
        return make(grid.cell(net, j, 0), grid.cell(out, j, 0))

    slope = facts.mixing.share if facts.mixing else facts.slope
    equation = slope if facts.mixes else f"f′(z) = {slope}"
    rows = numbered("j", network.sizes[layer])
    line.block(name, layout.values(name), formula, "backward", Words(f"v{layer_sign(layer)}", equation, sign, rows))


def _term(layout: JacobiansLayout, line: EquationLine, layer: int, i: int) -> None:
    """· e_iᵀ = v_i at (i, i)."""
    e, unit, term = (jac(kind, layer, index=i) for kind in ("E", "unit", "term"))
    grid, sign = layout.grid, subscript(i)
    words = Words(f"e{sign}ᵀ", f"1 at {i}", "·" if i == 0 else "· v ·")
    line.constants(unit, layout.values(unit), lambda _, c: "one" if c == i else "zero", words)
    text = f"MMULT(MMULT({grid.area(e)},{grid.area(jac('v', layer, 0))}),{grid.area(unit)})"
    words = Words(f"E{sign}{sign} v e{sign}ᵀ", f"v{sign} at ({i}, {i})", "=")
    line.array(term, layout.values(term), text, "backward", words)
    pale_zeros(grid, term)


def chain_lines(layout: JacobiansLayout, layer: int, n: int, top: int) -> int:
    """The chain of one layer for one observation; gives the first free row."""
    line = EquationLine(layout.grid, top)
    if not shows_terms(layout, layer, n):
        vector(layout, line, layer, n, "")
    if layer < layout.network.depth:
        _from_above(layout, line, layer + 1, n)
    line = EquationLine(layout.grid, max(line.bottom, top))
    _nets_by_weights(layout, line, layer, n)
    _outs_by_nets(layout, line, layer, n)
    _cost_by_outs(layout, line, layer, n)
    _cost_by_weights(layout, line, layer, n)
    return line.bottom


def _from_above(layout: JacobiansLayout, line: EquationLine, above: int, n: int) -> None:
    """The two factors of ∂C/∂a of the layer below: ∂z/∂a = wᵀ, shown once, and ∂C/∂z."""
    grid, sign, step = layout.grid, layer_sign(above), layout.context.step
    nodes, neurons = numbered("i", layout.network.sizes[above - 1]), numbered("j", layout.network.sizes[above])
    weights, net = jac("w", above), jac("dE_dnet", above, n)
    if n == 0:
        words = Words(
            f"∂z{sign}/∂a{layer_sign(above - 1)}",
            f"w{sign}ᵀ from Step",
            "",
            nodes,
            neurons,
            layout.on_step(q("W", above)),
        )
        line.block(weights, layout.values(weights), lambda i, j: step.cell(q("W", above), i, j), "weight", words)
    text = f"MMULT({grid.area(jac('dout_dnet', above, n))},{grid.area(jac('dE_dout', above, n))})"
    words = Words(f"∂C/∂z{sign}", "∂a/∂z · ∂C/∂a", "·" if n == 0 else f"w{sign}ᵀ ·", neurons)
    line.array(net, layout.values(net), text, "backward", words)


def _nets_by_weights(layout: JacobiansLayout, line: EquationLine, layer: int, n: int) -> None:
    """∂z_k/∂w_ki = a_i, and 0 for the weights of other neurons."""
    grid, nodes, name = layout.grid, layout.network.nodes(layer - 1), jac("dnet_dW", layer, n)
    below = jac("out", layer - 1, n)

    def formula(weight: int, k: int) -> str | None:
        owner, i = divmod(weight, nodes)
        return grid.cell(below, i, 0) if owner == k else None

    letter = f"a{layer_sign(layer - 1)}" if layer > 1 else "x"
    words = Words(
        f"∂z/∂W{layer_sign(layer)}", f"{letter} in its place", "", layout.weight_names(layer), _nets(layout, layer)
    )
    line.block(name, layout.values(name), formula, lambda w, k: "copy" if w // nodes == k else "zero", words)


def _nets(layout: JacobiansLayout, layer: int) -> list[str]:
    return [f"z{subscript(j)}" for j in range(layout.network.sizes[layer])]


def _outs_by_nets(layout: JacobiansLayout, line: EquationLine, layer: int, n: int) -> None:
    """Σ E_ii v e_iᵀ, less v aᵀ where neurons mix; where v is a, it stands for both."""
    network, grid, name = layout.network, layout.grid, jac("dout_dnet", layer, n)
    size, mixes, values = network.sizes[layer], network.mixes(layer), layout.values(jac("dout_dnet", layer, n))
    v, rows = jac("v", layer, n), _nets(layout, layer)
    alike = mixes and network.mixing(layer).share == "a"
    out = v if alike else jac("out", layer, n)
    equation = "Σ Eᵢᵢ v eᵢᵀ" + (f" − {'a' if alike else 'v'} aᵀ" if mixes else "")
    words = Words(f"∂a/∂z{layer_sign(layer)}", equation, "·", rows, [f"a{subscript(j)}" for j in range(size)])

    def less(i: int, j: int) -> str:
        return f"-{grid.cell(v, i, 0)}*{grid.cell(out, j, 0)}" if mixes else ""

    def summed(i: int, j: int) -> str:
        return "+".join(grid.cell(jac("term", layer, index=k), i, j) for k in range(size)) + less(i, j)

    def diagonal(i: int, j: int) -> str | None:
        return (grid.cell(v, i, 0) if i == j else "") + less(i, j) or None

    if size > TERMS:  # the sum as what it comes to
        line.block(name, values, diagonal, lambda i, j: "backward" if mixes or i == j else "zero", words)
    elif shows_terms(layout, layer, n):
        line.block(name, values, summed, "backward", words)
    else:
        units = ((grid.area(jac("E", layer, index=k)), grid.area(jac("unit", layer, index=k))) for k in range(size))
        text = "+".join(f"MMULT(MMULT({e},{grid.area(v)}),{unit})" for e, unit in units)
        outs = f"{grid.cell(out, 0, 0)}:{grid.cell(out, size - 1, 0)}"  # without the bias node below
        line.array(
            name,
            values,
            text + (f"-MMULT({grid.area(v)},TRANSPOSE({outs}))" if mixes else ""),
            "backward",
            words,
        )
    if not mixes:
        pale_zeros(grid, name)


def _cost_by_outs(layout: JacobiansLayout, line: EquationLine, layer: int, n: int) -> None:
    """∂C/∂a from the targets, or through the layer above."""
    network, grid, name = layout.network, layout.grid, jac("dE_dout", layer, n)
    rows, values = [f"a{subscript(j)}" for j in range(network.sizes[layer])], layout.values(name)
    if layer == network.depth:
        loss, outputs = LOSS_FORMULAS[network.loss], network.sizes[layer]
        out, target = jac("out", layer, n), f"jac_target_n{n}"
        slope = network.loss_facts.slope
        words = Words(f"∂C/∂a{layer_sign(layer)}", slope, "·", rows)
        line.block(
            name,
            values,
            lambda j, _: loss.gradient(grid.cell(out, j, 0), grid.cell(target, j, 0), outputs),
            "backward",
            words,
        )
        return
    above = layer_sign(layer + 1)
    words = Words(f"∂C/∂a{layer_sign(layer)}", f"w{above}ᵀ ∂C/∂z{above}", "·", rows)
    text = f"MMULT({grid.area(jac('w', layer + 1))},{grid.area(jac('dE_dnet', layer + 1, n))})"
    line.array(name, values, text, "backward", words)


def _cost_by_weights(layout: JacobiansLayout, line: EquationLine, layer: int, n: int) -> None:
    """The product, and the same numbers in the shape of W."""
    grid, sign = layout.grid, layer_sign(layer)
    name, folded = jac("dE_dW", layer, n), jac("folded", layer, n)
    nodes = layout.network.nodes(layer - 1)
    factors = [grid.area(jac(kind, layer, n)) for kind in ("dnet_dW", "dout_dnet", "dE_dout")]
    text = f"MMULT({factors[0]},MMULT({factors[1]},{factors[2]}))"
    words = Words(f"∂C/∂W{sign}", "the product", "=", layout.weight_names(layer))
    line.array(name, layout.values(name), text, "gradient", words)
    words = Words(f"∂C/∂W{sign}", "folded like W", "→", *layout.weight_labels(layer))
    line.block(folded, layout.values(folded), lambda j, i: grid.cell(name, j * nodes + i, 0), "gradient", words)
    if not layout.network.reduces:
        layout.compare(line, layer, folded)


JACOBIANS_TOP = 4  # the first row below the title
JACOBIANS_TAB = "833C0B"
MOST_OBSERVATIONS = 500  # observations; the formula of their mean names a cell of each, and may have 8,192 characters
JACOBIANS_NOTES = (
    "Vectors are columns: W has a row for each neuron{biases}.",
    "Column k of ∂z/∂W is the matrix ∂zₖ/∂W read row by row, so that one product gives every weight's ∂C/∂w.",
)


def jacobians_sheet(context: ViewContext) -> tuple[Sheet, list[Name]]:
    """The sheet, and the names of its blocks."""
    words = "∂C/∂W = ∂z/∂W · ∂a/∂z · ∂C/∂a, every factor a matrix of partial derivatives."
    if context.network.observations > MOST_OBSERVATIONS:
        raise FileError(
            f"{context.network.observations:,} observations: Jacobians shows them one after the other, "
            f"at most {MOST_OBSERVATIONS:,}",
            remedy="leave it out of the views",
        )
    layout = JacobiansLayout(context, context.sheet("jacobians", "The chain rule in Jacobians", words))
    network, grid = layout.network, layout.grid
    biases = ", its last column belongs to the bias node" * any(layer.bias for layer in network.layers)
    for number, note in enumerate(JACOBIANS_NOTES):
        grid.write(JACOBIANS_TOP + number, 1, note.format(biases=biases), "subtitle")
    top = JACOBIANS_TOP + len(JACOBIANS_NOTES) + 1
    for n in range(network.observations):
        grid.write(top, 1, f"Forward, observation n = {n}" if network.observations > 1 else "Forward", "band")
        top = _forward(layout, n, top + 1)
        for layer in range(network.depth, 0, -1):
            top = chain_lines(layout, layer, n, terms(layout, layer, n, top))
    if network.reduces:
        _over_observations(layout, top)
    view = View(default_width=8.0, freeze=(JACOBIANS_TOP, 1), title_rows=(1, 3), tab=JACOBIANS_TAB)
    return grid.finished(view), grid.names()


def _forward(layout: JacobiansLayout, n: int, top: int) -> int:
    """x, every net and out, and the target, copied from Step as column vectors."""
    network, line = layout.network, EquationLine(layout.grid, top)
    for layer in range(network.depth + 1):
        sign, last = layer_sign(layer), layer == network.depth
        if layer:
            _copy(layout, line, jac("net", layer, n), q("z", layer), n, "forward", Words(f"z{sign}", "from Step", "→"))
        source = activation_name(layer, network.depth)
        below = ", 1 below" * (not last and network.has_bias(layer + 1))
        words = Words(f"a{sign}" if layer else "x", f"from Step{below}", "→" if layer else "")
        role = "output" if last else activation_role(layer) if layer else "input"
        _copy(layout, line, jac("out", layer, n), source, n, role, words)
        if layer:
            net = jac("net", layer, n)
            grey_dead(layout.grid, network.activation_facts(layer).off, net, (net, jac("out", layer, n)))
    _copy(layout, line, f"jac_target_n{n}", "target", n, "target", Words("T", "from Step"))
    return line.bottom


def _copy(layout: JacobiansLayout, line: EquationLine, name: str, source: str, n: int, role: str, words: Words) -> None:
    """An observation of a block of Step as a column vector; the bias node is the constant 1."""
    block = layout.network.blocks[source]
    bias = block.columns - 1 if block.bias_node else -1
    rows = numbered("j", block.columns)
    if (layer := block.quantity.layer) is not None and layer < layout.network.depth:
        rows = node_labels(layout.network, layer) if block.quantity.symbol == "A" else rows
    step = layout.context.step
    line.block(
        name,
        layout.values(name),
        lambda j, _: None if j == bias else step.cell(source, n, j),
        lambda j, _: "bias_node" if j == bias else role,
        Words(words.symbol, words.equation, words.sign, rows, source=layout.on_step(source)),
    )


def _divided(network: Network) -> str:
    if network.divisor == 1:
        return ""
    return " / (N n)" if network.reduction == "elements" else " / N"


def _over_observations(layout: JacobiansLayout, top: int) -> None:
    """The mean (or the sum) of what the observations give, beside Step's ∂C/∂W."""
    network, grid = layout.network, layout.grid
    mean = network.divisor > 1
    over = " and outputs" * (network.reduction == "elements")
    penalty = ", and the penalty" * (network.l2 is not None)
    grid.write(top, 1, f"{reduced_words(network).capitalize()} over the observations{over}{penalty}", "band")
    top += 1
    for layer in range(1, network.depth + 1):
        line, name = EquationLine(grid, top), jac("mean", layer)

        def formula(j: int, i: int, layer: int = layer) -> str:
            cells = "+".join(grid.cell(jac("folded", layer, n), j, i) for n in range(network.observations))
            weight = layout.context.step.cell(q("W", layer), i, j)
            return (f"({cells})/{network.divisor}" if mean else cells) + penalised(layout.context, layer, i, weight)

        equation = f"Σ{_divided(network)}" + " + λ W" * (network.l2 is not None)
        words = Words(f"∂C/∂W{layer_sign(layer)}", equation, "", *layout.weight_labels(layer))
        line.block(name, layout.values(name), formula, "gradient", words)
        layout.compare(line, layer, name)
        top = line.bottom
