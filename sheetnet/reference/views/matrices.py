"""The view `Matrices` in NumPy, from the step's own numbers.

The backward pass stands in columns: c, δ and the diagonal of D are n_l × N, an observation a column; D⁽ˡ⁾ holds one
n_l × n_l matrix an observation, stacked. A, W, z, a stand in rows as the step has them, or transposed as columns.
"""

from __future__ import annotations

import numpy as np

from sheetnet.network import Network
from sheetnet.quantity import mat, q
from sheetnet.reference.activations_and_losses import Array
from sheetnet.reference.equations import Values
from sheetnet.workbook_options import WorkbookOptions


def matrices_numbers(network: Network, values: Values, presentation: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns."""
    stood = trial_transposes if presentation.column else as_is
    found = {"mat_gamma": values["gamma"], "mat_target": stood(values["target"])}
    for layer in range(1, network.depth + 1):
        found[mat("A", layer - 1)] = stood(values[q("A", layer - 1)])
        found[mat("out", layer)] = stood(values[q("a", layer)])  # names do not tell mat_a_1 from mat_A_1
        names = [q("W", layer), q("z", layer), q("W", layer, new=True)]
        names += [q("e", layer)] if network.mixes(layer) else []
        found |= {mat.of(name): stood(values[name]) for name in names}
        if layer > 1:
            found[mat("w_only", layer)] = trial_transposes(values[q("W", layer)][:, :-1])
        found |= _backward(network, values, layer)
    return found


def trial_transposes(array: Array) -> Array:
    """Each trial's matrix, transposed."""
    return np.swapaxes(array, -1, -2)


def as_is(array: Array) -> Array:
    """The array itself."""
    return array


def _backward(network: Network, values: Values, layer: int) -> dict[str, Array]:
    mixes = network.mixes(layer)
    delta, gradient = trial_transposes(values[q("delta", layer)]), trial_transposes(values[q("dC_dW", layer)])
    factor = trial_transposes(values[q("J", layer)]) if mixes else diagonal(values[q("da_dz", layer)])
    return {
        mat("c", layer): trial_transposes(values[q("dC_da", layer)]),
        mat("D", layer): factor.reshape(len(factor), -1, network.sizes[layer]),
        mat("delta", layer): delta,
        mat("f", layer): trial_transposes(values[q("a", layer)] if mixes else values[q("da_dz", layer)]),
        mat("hadamard", layer): delta,
        mat("dC_dW", layer): gradient,
        mat("step", layer): gradient,
    }


def diagonal(array: Array) -> Array:
    """… × n → … × n × n, with the numbers on the diagonal."""
    return np.asarray(array[..., None] * np.eye(array.shape[-1]))
