"""Names what a document may print of the step, and what of a network file each name needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sheetnet.activations_and_losses import losses_for_all
from sheetnet.errors import NetworkError
from sheetnet.network import Network
from sheetnet.quantity import Quantity, q
from sheetnet.reference import Array
from sheetnet.toml_fields import refuse

PrintedPlace = tuple[str, int, int]  # block, row, column
BIASES = {"W": "b", "dC_dW": "db"}  # what the last row of a block is called, by symbols
_OF_COST = {"cost_out", "cost_n", "cost", "dC_da", "dC_dW", "delta", "db"}
# Field of a network file → the symbols of what cannot be computed without it; new values need them all.
NEEDS = {"learning_rate": {"gamma"}, "observations.targets": {"target", *_OF_COST}, "loss": _OF_COST}


def shapes_of(network: Network) -> dict[str, tuple[int, int]]:
    """Every name of the step → rows and columns.

    Beside the blocks these are `a_l` of hidden layers, which stands in `A_l`, and the biases apart from the weights:
    `b_l`, `db_l` and `b_l_new`, the last rows of `W_l`, `dC_dW_l` and `W_l_new`.
    """
    shapes = {name: block.shape for name, block in network.blocks.items()}
    for layer in range(1, network.depth + 1):
        shapes |= dict.fromkeys((q("b", layer), q("db", layer), q("b", layer, new=True)), (1, network.sizes[layer]))
        if layer < network.depth:
            rows, columns = shapes[q("A", layer)]
            shapes |= dict.fromkeys((q("a", layer), q("a", layer, new=True)), (rows, columns - 1))
    return shapes


def weights_of(name: str) -> str | None:
    """The block whose last row `b_l`, `db_l` or `b_l_new` is; None for any other name."""
    bias = Quantity.of(name)
    symbols = (symbol for symbol, own in BIASES.items() if name == q(own, bias.layer, bias.new and symbol == "W"))
    return next((q(symbol, bias.layer, bias.new) for symbol in symbols if bias.layer is not None), None)


def block_of_column(network: Network, block: str, column: int) -> str:
    """`a_l` for the activations inside `A_l`, `W_l` for `b_l`; other blocks stay themselves."""
    cells = Quantity.of(block).of_cells
    if cells.symbol == "a" and cells.layer and cells.layer < network.depth and column < network.sizes[cells.layer]:
        return cells.name
    return weights_of(block) or block


def printed_place(network: Network, name: str, index: tuple[int, int]) -> PrintedPlace:
    """Where a number of a quantity stands among the blocks of the step."""
    row, column = index
    if (block := weights_of(name)) is not None:
        row += network.blocks[block].rows - 1
    return block_of_column(network, name, column), row, column


def with_biases(values: Mapping[str, Array]) -> dict[str, Array]:
    """The values with `b_l`, `db_l` and `b_l_new` beside the blocks that hold them, … × 1 × n_l."""
    found = dict(values)
    for name, array in values.items():
        quantity = Quantity.of(name)
        if quantity.symbol in BIASES:
            found[q(BIASES[quantity.symbol], quantity.layer, quantity.new)] = array[..., -1:, :]
    return found


def lacking_in(table: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of a network that a document's file does not give; targets and loss go together where both are missing."""
    if "published" not in table:
        return ()
    observations = table.get("observations")
    targets = isinstance(observations, dict) and "inputs" in observations and "targets" not in observations
    missing = {"learning_rate": "learning_rate" not in table, "observations.targets": targets}
    missing["loss"] = targets and "loss" not in table
    return tuple(field for field in NEEDS if missing[field])


def completed(table: Mapping[str, Any], lacking: Iterable[str]) -> Mapping[str, Any]:
    """The table with a number for each field that is lacking; nothing that is printed may depend on it."""
    found = dict(table)
    for field in lacking:
        if field == "observations.targets":
            observations = table["observations"]
            inputs = observations["inputs"]
            many = isinstance(inputs, list) and inputs and isinstance(inputs[0], list)
            targets = [[0.0] * _outputs(table.get("layers"))] * (len(inputs) if many else 1)
            found["observations"] = {**observations, "targets": targets}
        else:
            found[field] = {"learning_rate": 1.0, "loss": losses_for_all()[0]}[field]
    return found


def _outputs(layers: object) -> int:
    """The neurons of the last layer; 1 where the layers are wrong anyway, which is refused before targets are counted."""
    last = layers[-1] if isinstance(layers, list) and layers else None
    if not isinstance(last, dict):
        return 1
    neurons, rows = last.get("neurons"), last.get("weights")
    if isinstance(neurons, int):
        return max(1, min(neurons, 1_000_000))
    if not isinstance(rows, list) or not rows:
        return 1
    rows = rows if isinstance(rows[0], list) else [rows]
    return len(rows) if last.get("weights_by", "neuron") == "neuron" else len(rows[0])


def needs(name: str) -> set[str]:
    """The fields of a network file without which a quantity cannot be computed; the others it has in any case."""
    quantity = Quantity.of(name)
    return {field for field, symbols in NEEDS.items() if quantity.new or quantity.symbol in symbols}


def refuse_lacking(names: Iterable[str], lacking: Iterable[str], where: str) -> NetworkError | None:
    """The error for a quantity that needs what the file does not give; None where none does."""
    for field in lacking:
        for name in sorted(names):
            if field in needs(name):
                return refuse(where, f"reads {name}, which needs {field}", f"{field} in the network file", "add it")
    return None
