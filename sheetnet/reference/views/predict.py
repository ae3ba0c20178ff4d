"""What the sheet Predict computes in NumPy: new inputs, scaled, on their way through the network, and what it says."""

from __future__ import annotations

import numpy as np

from sheetnet.network import Network
from sheetnet.predictor import Predictor
from sheetnet.quantity import Quantity, predicted, q
from sheetnet.reference.activations_and_losses import Array
from sheetnet.reference.equations import Values, forward_pass, nodes_of
from sheetnet.reference.views.pictures import HALF, largest_of, tied
from sheetnet.workbook_options import WorkbookOptions, classifies, predicts

PREDICT_INPUTS = tuple(predicted(symbol) for symbol in ("x", "mean", "scale"))  # that people type
MEASURED_DIGITS = 12  # of the inputs that stand there at first: what was scaled is not known more exactly


def predict_numbers(network: Network, values: Values, shown: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns; nothing where the network has neither names nor a scaler.

    `pred_x` are the new inputs, at first those of the observations, and NaN in rows without; `pred_scaled` =
    (x − mean) / scale. `pred_z_l`, `pred_e_l` (where neurons mix) and `pred_a_l` are the forward pass, one row for each
    row of inputs; `pred_says`, which output is the largest, counted from 0; `pred_sure`, how large it is.
    """
    if not predicts(network):
        return {}
    count = len(values["gamma"])
    given = {predicted("x"): np.broadcast_to(_first_inputs(network, shown.rows), (count, shown.rows, network.sizes[0]))}
    if network.scaler is not None:
        for name in ("mean", "scale"):
            row = np.array([getattr(network.scaler, name)])
            given[predicted(name)] = np.broadcast_to(row, (count, *row.shape))
    found = {name: np.asarray(values.get(name, array)) for name, array in given.items()}
    x = found[predicted("x")]
    scaled = np.where(np.isnan(x).any(axis=-1, keepdims=True), np.nan, x)  # a row waits for the last of its inputs
    if network.scaler is not None:
        with np.errstate(all="ignore"):
            scaled = (scaled - found[predicted("mean")]) / found[predicted("scale")]
        found[predicted("scaled")] = scaled
    found |= forward(network, values, scaled)
    if classifies(network):
        outputs = found[predicted("a", network.depth)]
        missing = np.isnan(outputs).any(axis=-1, keepdims=True)
        says = largest_of(outputs)
        sure = np.where(outputs >= HALF, outputs, 1 - outputs) if outputs.shape[-1] == 1 else _highest(outputs)
        found |= {predicted("says"): np.where(missing, np.nan, says), predicted("sure"): sure}
    return found


def forward(network: Network, values: Values, inputs: Array) -> dict[str, Array]:
    """z, e and a of every layer for rows of (scaled) inputs, K × rows × n_0, with the weights of `values`."""
    run = {name: array for name, array in values.items() if Quantity.of(name).symbol == "W"}
    run[q("A", 0)] = nodes_of(network, 0, inputs)
    shown = {"z", "e", "a"}
    found: dict[str, Array] = {}
    with np.errstate(all="ignore"):
        for name, equation in forward_pass(network).items():
            quantity = Quantity.of(name)
            if quantity.layer is None:  # the cost, which needs targets
                break
            run[name] = equation(run)
            if quantity.symbol in shown:
                found[predicted.of(name)] = run[name]
    return found


def predict_asked(network: Network, values: Values, shown: WorkbookOptions) -> dict[str, Array]:
    """The same with NaN where rounding decides which output is the largest."""
    found = predict_numbers(network, values, shown)
    if (says := predicted("says")) in found:
        found[says] = np.where(tied(found[predicted("a", network.depth)]), np.nan, found[says])
    return found


def _first_inputs(network: Network, rows: int) -> Array:
    """The network's own observations as they were before they were scaled, and NaN below them."""
    found = np.full((rows, network.sizes[0]), np.nan)
    inputs = network.examples if isinstance(network, Predictor) else network.inputs
    if not inputs:
        return found
    own = np.array(inputs[:rows])
    if network.scaler is not None:
        raw = own * np.array(network.scaler.scale) + np.array(network.scaler.mean)
        own = np.array([[float(f"{x:.{MEASURED_DIGITS}g}") for x in row] for row in raw])
    found[: len(own)] = own
    return found


def _highest(array: Array) -> Array:
    return np.asarray(array.max(axis=-1, keepdims=True))
