"""Finds γ where it has no cell: by what multiple of its gradient each weight is moved on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sheetnet.engine.prepare import Evaluate, excerpt
from sheetnet.identification.input_map import InputMap
from sheetnet.identification.labels import Label, Training
from sheetnet.identification.state import run_sheet
from sheetnet.network import Network
from sheetnet.quantity import Quantity, q
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.workbook import Place, Workbook

_TRIALS = 3
_SAME = 1e-7  # two multiples; the sheet's own rounding is divided by gradients


def rate_in_formulas(
    workbook: Workbook,
    graph: Dependencies,
    engine: Evaluate,
    network: Network,
    inputs: InputMap,
    updates: Mapping[Place, Place],
    seed: int,
) -> float | None:
    """The multiple of the gradient by which most weights are moved on; None where fewer than half have the same.

    `updates` are the cells of new weights, each with that of the weight.
    """
    part = set(graph.order[: 1 + max((graph.order.index(place) for place in updates), default=0)])
    element = {place: at for at, places in inputs.cells.items() for place in places}
    wanted = [place for place in updates if updates[place] in element]
    unit = replace(network, learning_rate=1.0)
    runs = run_sheet(excerpt(workbook, part), unit, inputs, engine, wanted, _TRIALS, seed)
    training = Training(unit, runs.inputs)
    rates: list[float] = []
    for number, place in enumerate(wanted):
        name, i, j = element[updates[place]]
        weight = runs.inputs[name][:, i, j]
        slope = training.column(Label(q("dC_dW", Quantity.of(name).layer), (i, j)))
        assert slope is not None
        with np.errstate(all="ignore"):
            multiples = ((weight - runs.values[:, number]) / slope)[np.abs(slope) > _SAME]
        if len(multiples) > 1 and np.ptp(multiples) <= _SAME * np.abs(multiples).max():
            rates.append(float(f"{np.median(multiples):.9g}"))
    best = max(rates, key=rates.count, default=None)
    return best if best is not None and 2 * rates.count(best) >= len(wanted) else None
