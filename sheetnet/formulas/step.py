"""The formula of every cell of the step, from the scalar equations by index.

Index text follows the source of the notation: n an observation, i a node below, j a neuron above, all from 0.
A cell of block X at (row, column) is asked of `Refs`, which only the layout can answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sheetnet.formulas.activations_and_losses import LOSS_FORMULAS, activation_formulas
from sheetnet.network import Network, activation_name
from sheetnet.quantity import q


class Refs(Protocol):
    """Where the blocks stand: references as text, rows and columns of a block counted from 0.

    On a sheet in column orientation, which is `turned`, a row of a block stands upright and a column lies flat.
    """

    @property
    def turned(self) -> bool:
        """Whether the blocks stand transposed."""

    def cell(self, block: str, row: int, column: int) -> str:
        """One cell, such as `B7`."""

    def fixed(self, block: str) -> str:
        """The only cell of a 1 × 1 block, absolute: `$C$3`."""

    def row(self, block: str, row: int) -> str:
        """One whole row of a block, such as `B7:D7`."""

    def column(self, block: str, column: int) -> str:
        """One whole column of a block, such as `B7:B9`."""


CellFormula = Callable[[Refs, int, int], str]


def cell_formulas(network: Network) -> dict[str, CellFormula]:
    """Block → the formula of its cell at (row, column), without "="; the bias nodes' cells are constants, not asked."""
    found = _forward(network)
    for layer in range(1, network.depth + 1):
        found |= _errors(network, layer)
        found[q("dC_dW", layer)] = _weight_gradient(network, layer)
        found[q("W", layer, new=True)] = _updated(network, layer)
    return found | _forward(network, new=True)


def _forward(network: Network, new: bool = False) -> dict[str, CellFormula]:
    found: dict[str, CellFormula] = {}
    for layer in range(1, network.depth + 1):
        found |= _layer(network, layer, new)
    return found | _cost(network, new)


def _layer(network: Network, layer: int, new: bool) -> dict[str, CellFormula]:
    """z_nj = Σ_i A_ni W_ij and a_nj = f(z_nj)."""
    activation = activation_formulas(network.layers[layer - 1])
    below, weights, z, e = q("A", layer - 1, new), q("W", layer, new), q("z", layer, new), q("e", layer, new)
    a = activation_name(layer, network.depth, new)
    found: dict[str, CellFormula] = {z: lambda at, n, j: _row_by_column(at, at.row(below, n), at.column(weights, j))}
    if network.mixes(layer):
        found[e] = lambda at, n, j: activation.power(at.cell(z, n, j), at.row(z, n))
        found[a] = lambda at, n, j: activation.value(at.cell(e, n, j), at.row(e, n))
    else:
        found[a] = lambda at, n, j: activation.value(at.cell(z, n, j))
    return found


def _row_by_column(at: Refs, row: str, column: str) -> str:
    """The sum of the products of a row of one block and a column of another; MMULT wants what lies flat first.

    The sum of the one number that MMULT gives makes it one in programs that would see an array.
    """
    flat, upright = (column, row) if at.turned else (row, column)
    return f"SUM(MMULT({flat},{upright}))"


def _cost(network: Network, new: bool) -> dict[str, CellFormula]:
    loss, outputs = LOSS_FORMULAS[network.loss], network.sizes[-1]
    a, cost_out, cost_n = q("a", network.depth, new), q("cost_out", new=new), q("cost_n", new=new)
    penalty = None if network.l2 is None else q("penalty", new=new)
    found: dict[str, CellFormula] = {
        cost_out: lambda at, n, j: loss.term(at.cell(a, n, j), at.cell("target", n, j), outputs),
        cost_n: lambda at, n, _: f"SUM({at.row(cost_out, n)})",
        q("cost", new=new): lambda at, *_: f"SUM({at.column(cost_n, 0)})" + _share(network) + _more(at, penalty),
    }
    return found if penalty is None else found | {penalty: lambda at, *_: _penalty(network, at, new)}


def _more(at: Refs, penalty: str | None) -> str:
    """The penalty as a further term."""
    return "" if penalty is None else f"+{at.cell(penalty, 0, 0)}"


def _penalty(network: Network, at: Refs, new: bool) -> str:
    """R = λ/2 Σ_l Σ_ij w_ij², over N where λ is meant for all observations."""
    squares = []
    for layer in range(1, network.depth + 1):
        weights, last = q("W", layer, new), (network.penalised_rows(layer) - 1, network.sizes[layer] - 1)
        squares.append(f"SUMSQ({at.cell(weights, 0, 0)}:{at.cell(weights, *last)})")
    return f"{penalty_share(network, at.fixed('l2_factor'))}*({'+'.join(squares)})"


def penalty_share(network: Network, factor: str) -> str:
    """λ/2, or λ/(2 N) where λ is meant for several observations together, `factor` being the cell of λ."""
    return f"{factor}/(2*{network.penalty_divisor})" if network.penalty_divisor > 1 else f"{factor}/2"


def decay(network: Network, layer: int, i: int, factor: str, weight: str) -> str:
    """ "+λ w", or "+λ/N w", the part that the penalty has in ∂C/∂w of row i; nothing for weights that it leaves out.

    `factor` is the cell of λ, `weight` that of w.
    """
    if i >= network.penalised_rows(layer):
        return ""
    return f"+{factor}{f'/{network.penalty_divisor}' if network.penalty_divisor > 1 else ''}*{weight}"


def _share(network: Network) -> str:
    """ "/N" where the network takes the mean over several observations, "/(N n)" over all elements, as one number."""
    return f"/{network.divisor}" if network.divisor > 1 else ""


def _errors(network: Network, layer: int) -> dict[str, CellFormula]:
    """∂C/∂a_ni = Σ_j δ_nj w_ij from the layer above, ∂a/∂z, and their product δ."""
    activation = activation_formulas(network.layers[layer - 1])
    a, z, neurons = activation_name(layer, network.depth), q("z", layer), network.sizes[layer]
    dc_da, da_dz, delta, jacobian = q("dC_da", layer), q("da_dz", layer), q("delta", layer), q("J", layer)
    found: dict[str, CellFormula] = {da_dz: lambda at, n, j: activation.derivative(at.cell(z, n, j), at.cell(a, n, j))}
    if layer == network.depth:
        gradient = LOSS_FORMULAS[network.loss].gradient
        found[dc_da] = lambda at, n, j: gradient(at.cell(a, n, j), at.cell("target", n, j), neurons)
    else:
        above, weights = q("delta", layer + 1), q("W", layer + 1)
        found[dc_da] = lambda at, n, i: f"SUMPRODUCT({at.row(above, n)},{at.row(weights, i)})"
    if not network.mixes(layer):
        found[delta] = lambda at, n, j: f"{at.cell(dc_da, n, j)}*{at.cell(da_dz, n, j)}"
        return found

    def jacobian_cell(at: Refs, row: int, j: int) -> str:
        n, i = divmod(row, neurons)
        z_j, a_j = at.cell(z, n, j), at.cell(a, n, j)
        return activation.derivative(z_j, a_j) if i == j else f"-({at.cell(a, n, i)}*{activation.share(z_j, a_j)})"

    def delta_cell(at: Refs, n: int, j: int) -> str:
        """δ_nj = Σ_i ∂C/∂a_ni J_ij; where J is symmetric its row j serves as its column j, which lies as ∂C/∂a does."""
        if network.mixing(layer).symmetric:
            return f"SUMPRODUCT({at.row(dc_da, n)},{at.row(jacobian, n * neurons + j)})"
        return "+".join(f"{at.cell(dc_da, n, i)}*{at.cell(jacobian, n * neurons + i, j)}" for i in range(neurons))

    found[jacobian], found[delta] = jacobian_cell, delta_cell
    return found


def _weight_gradient(network: Network, layer: int) -> CellFormula:
    """∂C/∂W_ij = Σ_n A_ni δ_nj, averaged where the network says so, and λ W_ij where W_ij is penalised."""
    a, delta, weights, share = q("A", layer - 1), q("delta", layer), q("W", layer), _share(network)

    def penalised(at: Refs, i: int, j: int) -> str:
        return "" if network.l2 is None else decay(network, layer, i, at.fixed("l2_factor"), at.cell(weights, i, j))

    if network.observations == 1:
        return lambda at, i, j: f"{at.cell(a, 0, i)}*{at.cell(delta, 0, j)}{share}{penalised(at, i, j)}"
    return lambda at, i, j: f"SUMPRODUCT({at.column(a, i)},{at.column(delta, j)}){share}{penalised(at, i, j)}"


def _updated(network: Network, layer: int) -> CellFormula:
    """W_ij − γ ∂C/∂W_ij; a frozen bias keeps its value."""
    weights, gradient, bias_row = q("W", layer), q("dC_dW", layer), network.sizes[layer - 1]

    def updated(at: Refs, i: int, j: int) -> str:
        if i == bias_row and not network.train_bias:
            return at.cell(weights, i, j)
        return f"{at.cell(weights, i, j)}-{at.fixed('gamma')}*{at.cell(gradient, i, j)}"

    return updated
