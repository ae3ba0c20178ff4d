"""The view `Network` in NumPy: the first observation on its way through the network.

Each node has a block of its own, for the nodes of a drawing do not touch: `net_x_i` and `net_bias_l` (1 × 1),
`net_w_l_j` (the weights into neuron j and what each adds to z), `net_a_l_j` (z, with softmax e, and a), `net_out_j`
(the target and the cost of an output), and the costs of the observation, of all and after the step.
"""

from __future__ import annotations

import numpy as np

from sheetnet.network import Network
from sheetnet.quantity import drawn, q
from sheetnet.reference.activations_and_losses import Array
from sheetnet.reference.equations import Values
from sheetnet.workbook_options import WorkbookOptions


def network_numbers(net: Network, values: Values, _: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns; the weights' way into neuron j is a row a node below, the bias node last."""
    found = {drawn("x", index=i): _cells(values["A_0"][:, 0, i]) for i in range(net.sizes[0])}
    for layer in range(1, net.depth + 1):
        below, weights = values[q("A", layer - 1)][:, 0], values[q("W", layer)]
        found[drawn("bias", layer - 1)] = _cells(below[:, -1])
        kinds = ("z", "e", "a") if net.mixes(layer) else ("z", "a")
        for j in range(net.sizes[layer]):
            found[drawn("w", layer, index=j)] = np.stack([weights[..., j], weights[..., j] * below], axis=-1)
            found[drawn("a", layer, index=j)] = _cells(*(values[q(kind, layer)][:, 0, j] for kind in kinds))
    for j in range(net.sizes[-1]):
        found[drawn("out", index=j)] = _cells(values["target"][:, 0, j], values["cost_out"][:, 0, j])
    if net.observations > 1:
        found["net_cost"] = values["cost"]
    return found | {"net_cost_n": values["cost_n"][:, :1], "net_cost_new": values["cost_new"]}


def _cells(*numbers: Array) -> Array:
    """Numbers of K trials side by side: K × 1 × count."""
    return np.stack(numbers, axis=-1)[:, None, :]
