"""Says in words which number a cell holds, counted from 0 as everywhere, and in which cells one fault stands."""

from __future__ import annotations

from collections.abc import Collection

from sheetnet.formulas import Dimensions
from sheetnet.identification.labels import Label
from sheetnet.network import Network
from sheetnet.quantity import Quantity
from sheetnet.syntax import cell_name
from sheetnet.workbook import Position


def in_words(network: Network, label: Label) -> str:
    """An element as a person says it.

    >>> network = sheetnet.load_network("d02b")
    >>> in_words(network, Label("W_2", (0, 1), 3))
    'the weight from node 0 of layer 1 to neuron 1 of layer 2, step 3'
    >>> in_words(network, Label("dC_dW_1", (2, 0)))
    '∂C/∂b, b the bias of neuron 0 of layer 1'
    """
    quantity = Quantity.of(label.quantity)
    layer = quantity.layer
    if quantity.symbol not in ("W", "dC_dW") or layer is None:
        return label.spoken(Dimensions.of(network))
    row, column = label.index
    bias = row == network.sizes[layer - 1]
    below = f"input {row}" if layer == 1 else f"node {row} of layer {layer - 1}"
    weight = "the bias of" if bias else f"the weight from {below} to"
    text = f"{weight} neuron {column} of layer {layer}"
    if quantity.symbol == "dC_dW":
        text = f"∂C/∂b, b {text}" if bias else f"∂C/∂w, w {text}"
    text = f"the new value of {text}" if quantity.new else text
    return f"{text}, step {label.step}" if label.step > 1 else text


def ranges(positions: Collection[Position]) -> tuple[str, ...]:
    """Cells of one sheet as few ranges, down the columns.

    >>> ranges([(10, 4), (11, 4), (12, 4), (3, 6)])
    ('D10:D12', 'F3')
    """
    runs: list[tuple[Position, Position]] = []
    for row, column in sorted(positions, key=lambda at: at[::-1]):
        if runs and runs[-1][1] == (row - 1, column):
            runs[-1] = (runs[-1][0], (row, column))
        else:
            runs.append(((row, column), (row, column)))
    return tuple(cell_name(*first) + (f":{cell_name(*last)}" if first != last else "") for first, last in runs)
