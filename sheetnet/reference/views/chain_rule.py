"""The view `Chain rule` in NumPy: the factors of each weight's derivative, for every observation.

A table has a row for each weight w_ji and observation n: by j, then i (the bias node last), then n. Its columns are
first laid out as K × j × i × n, broadcast, and then stacked. For layer l with k (or i) the neurons paths lead over:

    last layer      ∂C/∂a_j                                        · ∂a_j/∂z_j · ∂z_j/∂w
    hidden layer    Σ_k ∂C/∂a_k · ∂a_k/∂z_k · ∂z_k/∂a_j            · ∂a_j/∂z_j · ∂z_j/∂w
    softmax         Σ_i ∂C/∂a_i · ∂a_i/∂z_j                                    · ∂z_j/∂w
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.network import Network
from sheetnet.quantity import chain, q
from sheetnet.reference.activations_and_losses import Array
from sheetnet.reference.equations import Values
from sheetnet.workbook_options import WorkbookOptions


def chain_rule_numbers(network: Network, values: Values, _: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns: `chain_l` and `chain_l_step` of each layer, and what softmax adds."""
    found: dict[str, Array] = {}
    for layer in range(network.depth, 0, -1):
        found |= _mixing(network, values, layer) if network.mixes(layer) else _plain(network, values, layer)
        found[chain("step", layer)] = _update(network, values, layer)
    return found


def _plain(network: Network, values: Values, layer: int) -> dict[str, Array]:
    """Each neuron for itself: ∂C/∂a_j (with the paths it sums, in a hidden layer), ∂a_j/∂z_j, ∂z_j/∂w, the product."""
    dc_da, da_dz = _neurons(values[q("dC_da", layer)]), _neurons(values[q("da_dz", layer)])
    below = _below(values, layer)
    columns = [*_paths(network, values, layer), dc_da, da_dz, below, dc_da * da_dz * below]
    return {chain("", layer): _table(columns)}


def _mixing(network: Network, values: Values, layer: int) -> dict[str, Array]:
    """Softmax: a path over each output i, their sum ∂C/∂z_j, ∂z_j/∂w, the product; and what the diagonal alone gives."""
    dc_da, jacobian, below = values[q("dC_da", layer)], values[q("J", layer)], _below(values, layer)
    count, size = len(dc_da), network.sizes[layer]
    columns: list[Array] = []
    for i in range(size):
        gradient, slope = _over(dc_da[..., i]), _neurons(jacobian[..., i, :])
        columns += [gradient, slope, gradient * slope]
    dc_dz = _neurons(values[q("delta", layer)])
    diagonal = _neurons(dc_da * np.diagonal(jacobian, axis1=-2, axis2=-1)) * below
    found = {chain("J", layer): jacobian.reshape(count, -1, size)}
    if layer < network.depth:
        paths = [*_paths(network, values, layer), _neurons(dc_da)]
        found[chain("a", layer)] = _table(paths)
    found[chain("", layer)] = _table([*columns, dc_dz, below, dc_dz * below])
    found[chain("diagonal", layer)] = _table([diagonal])
    return found


def _paths(network: Network, values: Values, layer: int) -> list[Array]:
    """The columns of the paths over each neuron k of the layer above; none for the last layer."""
    columns: list[Array] = []
    above = layer + 1
    for k in range(network.sizes[above] if layer < network.depth else 0):
        if network.mixes(above):
            factors = [_over(values[q("delta", above)][..., k])]
        else:
            factors = [_over(values[q(name, above)][..., k]) for name in ("dC_da", "da_dz")]
        weight = values[q("W", above)][:, :-1, k, None, None]  # w_kj: K × j × 1 × 1
        columns += [*factors, weight, np.asarray(np.prod(np.broadcast_arrays(*factors, weight), axis=0))]
    return columns


def _update(network: Network, values: Values, layer: int) -> Array:
    """A row for each weight: ∂C/∂w over all observations (only where there are several), γ, w, w′."""
    matrices = [values[name] for name in (q("dC_dW", layer), q("W", layer), q("W", layer, new=True))]
    gradient, old, new = (np.swapaxes(matrix, -1, -2).reshape(len(matrix), -1, 1) for matrix in matrices)
    gamma = np.broadcast_to(values["gamma"], old.shape)
    return np.concatenate([*([gradient] if network.observations > 1 else []), gamma, old, new], axis=-1)


def _neurons(array: Array) -> Array:
    """A number of each neuron j: K × n × j → K × j × 1 × n."""
    return np.swapaxes(array, -1, -2)[:, :, None, :]


def _over(array: Array) -> Array:
    """A number of the one neuron a path leads over: K × n → K × 1 × 1 × n."""
    return array[:, None, None, :]


def _below(values: Values, layer: int) -> Array:
    """∂z_j/∂w_ji, the activation of node i below: K × n × i → K × 1 × i × n."""
    return np.swapaxes(values[q("A", layer - 1)], -1, -2)[:, None, :, :]


def _table(columns: Sequence[Array]) -> Array:
    """Columns that broadcast to K × j × i × n, as K × rows × columns."""
    table = np.stack(np.broadcast_arrays(*columns), axis=-1)
    return table.reshape(len(table), -1, len(columns))
