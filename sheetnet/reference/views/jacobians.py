"""The view `Jacobians` in NumPy, one observation after another.

Everything stands in column vectors, gradients too, so the factors multiply from left to right (D02 (b), I to III):

    ∂E/∂W = ∂net/∂W · ∂out/∂net · ∂E/∂out           ∂E/∂out⁽ˡ⁾ = ∂net⁽ˡ⁺¹⁾/∂out⁽ˡ⁾ · ∂E/∂net⁽ˡ⁺¹⁾

∂net/∂W has a row for each weight, (n_l (n_{l-1} + 1)) × n_l: column k is ∂net_k/∂W, read row by row.
"""

from __future__ import annotations

import numpy as np

from sheetnet.network import Network
from sheetnet.quantity import jac, q
from sheetnet.reference.activations_and_losses import ACTIVATIONS, Array
from sheetnet.reference.equations import Values
from sheetnet.workbook_options import TERMS, WorkbookOptions


def jacobians_numbers(network: Network, values: Values, _: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns; the blocks of observation n end in `_n{n}`."""
    found: dict[str, Array] = {}
    for n in range(network.observations):
        found |= {f"jac_target_n{n}": _vector(values["target"], n), f"jac_out_0_n{n}": _vector(values["A_0"], n)}
        for layer in range(1, network.depth + 1):
            found |= _observation(network, values, layer, n)
    for layer in range(1, network.depth + 1):
        gradient = np.swapaxes(values[q("dC_dW", layer)], -1, -2)
        found[jac("step", layer)] = gradient
        if network.observations > 1:
            found[jac("mean", layer)] = gradient
        if layer > 1:
            found[jac("w", layer)] = values[q("W", layer)][:, :-1]
        if network.sizes[layer] <= TERMS:
            found |= _terms(found[jac("v", layer, 0)], layer)
    return found


def _vector(array: Array, n: int) -> Array:
    """Observation n as a column vector: K × N × m → K × m × 1."""
    return array[:, n, :, None]


def _observation(network: Network, values: Values, layer: int, n: int) -> dict[str, Array]:
    """The vectors and Jacobians of one layer for one observation."""
    last, mixes = layer == network.depth, network.mixes(layer)
    out, delta = values[q("a", layer)], values[q("delta", layer)]
    slope = values[q("da_dz", layer)][:, n]
    below = values[q("A", layer - 1)][:, n]
    # Row (k, i) belongs to the weight from node i to neuron k, which net_k alone depends on.
    by_weight = np.einsum("ki,ab->kaib", below, np.eye(network.sizes[layer]))
    gradient = np.einsum("kj,ki->kji", delta[:, n], below)
    slopes = (
        np.swapaxes(values[q("J", layer)][:, n], -1, -2) if mixes else slope[:, :, None] * np.eye(network.sizes[layer])
    )
    parts = {
        "net": _vector(values[q("z", layer)], n),
        "out": _vector(out if last else values[q("A", layer)], n),
        "v": _vector(_share(network, values, layer), n) if mixes else slope[:, :, None],
        "dout_dnet": slopes,
        "dE_dout": _vector(values[q("dC_da", layer)], n),
        "dnet_dW": by_weight.reshape(len(below), -1, network.sizes[layer]),
        "dE_dW": gradient.reshape(len(below), -1, 1),
        "folded": gradient,
    }
    if layer > 1:
        parts["dE_dnet"] = _vector(delta, n)
    return {jac(part, layer, n): array for part, array in parts.items()}


def _share(network: Network, values: Values, layer: int) -> Array:
    share = ACTIVATIONS[network.layers[layer - 1].activation].share
    assert share is not None, "only where neurons mix"
    return share(values[q("z", layer)], values[q("a", layer)])


def _terms(v: Array, layer: int) -> dict[str, Array]:
    """E_ii, e_iᵀ and E_ii v e_iᵀ for each neuron i, for the first observation."""
    size = v.shape[1]
    found: dict[str, Array] = {}
    for i in range(size):
        unit = np.broadcast_to(np.eye(size)[i], (len(v), 1, size))
        chosen = np.swapaxes(unit, -1, -2) * unit
        found |= {
            jac("E", layer, index=i): chosen,
            jac("unit", layer, index=i): unit,
            jac("term", layer, index=i): v * chosen,
        }
    return found
