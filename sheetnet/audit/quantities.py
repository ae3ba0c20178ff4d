"""The names under which a document may print a number of the step, and what of a network file each of them needs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sheetnet.network import Network
from sheetnet.reference import Array

Place = tuple[str, int, int]  # block, row, column
_BIAS = re.compile(r"(?P<change>d?)b_(?P<layer>\d+)(?P<new>_new)?")
# Field of a network file → the quantities that cannot be computed without it.
NEEDS = {
    "learning_rate": re.compile(r"gamma|.*_new(_T)?"),
    "observations.targets": re.compile(r"target|cost.*|dC_.*|delta_.*|db_.*|.*_new(_T)?"),
    "loss": re.compile(r"cost.*|dC_.*|delta_.*|db_.*|.*_new(_T)?"),
}


def shapes_of(network: Network) -> dict[str, tuple[int, int]]:
    """Every name of the step → rows and columns.

    Beside the blocks these are `a_l` of hidden layers, which stands in `A_l`, and the biases apart from the weights:
    `b_l`, `db_l` and `b_l_new`, the last rows of `W_l`, `dC_dW_l` and `W_l_new`.
    """
    shapes = {name: block.shape for name, block in network.blocks.items()}
    for layer in range(1, network.depth + 1):
        shapes |= dict.fromkeys((f"b_{layer}", f"db_{layer}", f"b_{layer}_new"), (1, network.sizes[layer]))
        if layer < network.depth:
            rows, columns = shapes[f"A_{layer}"]
            shapes |= dict.fromkeys((f"a_{layer}", f"a_{layer}_new"), (rows, columns - 1))
    return shapes


def weights_of(name: str) -> str | None:
    """The block whose last row `b_l`, `db_l` or `b_l_new` is; None for any other name."""
    match = _BIAS.fullmatch(name)
    if match is None or (match["change"] and match["new"]):
        return None
    return f"dC_dW_{match['layer']}" if match["change"] else f"W_{match['layer']}{match['new'] or ''}"


def canonical(network: Network, block: str, column: int) -> str:
    """`a_l` for the activations inside `A_l`, `W_l` for `b_l`; other blocks stay themselves."""
    match = re.fullmatch(r"A_(\d+)(_new)?", block)
    if match and 0 < int(match[1]) < network.depth and column < network.sizes[int(match[1])]:
        return "a" + block[1:]
    return weights_of(block) or block


def place_of(network: Network, name: str, index: tuple[int, int]) -> Place:
    """Where a number of a quantity stands among the blocks of the step."""
    row, column = index
    if (block := weights_of(name)) is not None:
        row += network.blocks[block].rows - 1
    return canonical(network, name, column), row, column


def with_biases(values: Mapping[str, Array]) -> dict[str, Array]:
    """The values with `b_l`, `db_l` and `b_l_new` beside the blocks that hold them, … × 1 × n_l."""
    found = dict(values)
    for name, array in values.items():
        if match := re.fullmatch(r"W_(\d+)(_new)?|dC_dW_(\d+)", name):
            bias = f"db_{match[3]}" if match[3] else f"b_{match[1]}{match[2] or ''}"
            found[bias] = array[..., -1:, :]
    return found
