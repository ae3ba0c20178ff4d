"""The view `Matrices` in NumPy, from the step's own numbers.

The backward pass stands in columns: c, δ and the diagonal of D are n_l × N, an observation a column; D⁽ˡ⁾ holds one
n_l × n_l matrix an observation, stacked. A, W, z, a stand in rows as the step has them, or transposed as columns.
"""

from __future__ import annotations

import numpy as np

from sheetnet.network import Network
from sheetnet.reference.equations import Values
from sheetnet.reference.functions import Array
from sheetnet.workbook_options import Presentation


def matrices_numbers(network: Network, values: Values, presentation: Presentation) -> dict[str, Array]:
    """Block → K × rows × columns."""
    stood = trial_transposes if presentation.column else as_is
    found = {"mat_gamma": values["gamma"], "mat_target": stood(values["target"])}
    for layer in range(1, network.depth + 1):
        found[f"mat_A_{layer - 1}"] = stood(values[f"A_{layer - 1}"])
        found[f"mat_out_{layer}"] = stood(values[f"a_{layer}"])  # names do not tell mat_a_1 from mat_A_1
        names = [f"W_{layer}", f"z_{layer}", f"W_{layer}_new"]
        names += [f"e_{layer}"] if network.mixes(layer) else []
        found |= {f"mat_{name}": stood(values[name]) for name in names}
        if layer > 1:
            found[f"mat_w_only_{layer}"] = trial_transposes(values[f"W_{layer}"][:, :-1])
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
    delta, gradient = trial_transposes(values[f"delta_{layer}"]), trial_transposes(values[f"dC_dW_{layer}"])
    factor = trial_transposes(values[f"J_{layer}"]) if mixes else diagonal(values[f"da_dz_{layer}"])
    return {
        f"mat_c_{layer}": trial_transposes(values[f"dC_da_{layer}"]),
        f"mat_D_{layer}": factor.reshape(len(factor), -1, network.sizes[layer]),
        f"mat_delta_{layer}": delta,
        f"mat_f_{layer}": trial_transposes(values[f"a_{layer}"] if mixes else values[f"da_dz_{layer}"]),
        f"mat_hadamard_{layer}": delta,
        f"mat_dC_dW_{layer}": gradient,
        f"mat_step_{layer}": gradient,
    }


def diagonal(array: Array) -> Array:
    """… × n → … × n × n, with the numbers on the diagonal."""
    return np.asarray(array[..., None] * np.eye(array.shape[-1]))
