"""Reads the network that a workbook holds: as it was edited, or with the weights after rows of Training.

The third door, from a workbook back to a network. What the file has saved is a claim: formulas are recalculated.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sheetnet.engine import engine_named
from sheetnet.engine.prepare import in_full
from sheetnet.errors import FileError, UsageError, errors_within
from sheetnet.files import read_workbook
from sheetnet.files.limits import Limits
from sheetnet.formulas import Dimensions, spoken
from sheetnet.input_names import Scaler
from sheetnet.judge_options import JudgeOptions
from sheetnet.layout.info_sheets import RECORD_SHEET, embedded_network
from sheetnet.network import Layer, Network
from sheetnet.quantity import predicted, q, train
from sheetnet.reference import Array, inputs_of
from sheetnet.syntax.references import cell_place
from sheetnet.validation.case import InputPlace, cell_at, input_blocks
from sheetnet.validation.locate import Located, locate
from sheetnet.workbook import Place, Workbook

SCALER = ("mean", "scale")  # the quantities of Predict by which it scales
_INFER = "`sheetnet infer FILE -o net.toml` reads a network off any workbook"
_WITHOUT_TRAINING = "leave the step out, or generate the workbook with the view training"


def extract_network(
    path: str | os.PathLike[str], step: int | None = None, limits: Mapping[str, int] | Limits | None = None
) -> Network:
    """The network of a workbook that sheetnet wrote, as somebody edited it: inputs, targets, γ and weights of Step.

    With `step` its weights are those of that row of Training, so that 0 has those of Step. All are recalculated by
    IronCalc, in the calling process, which a hostile formula can keep busy; an empty cell is 0. Numbers keep 15
    significant digits. Raises FileError where a cell holds no number or a block is gone, UsageError for a row that there
    is not, NetworkError where the numbers are no network any more.

    >>> import sheetnet
    >>> path = sheetnet.write_workbook("d02b", "d02b.xlsx")
    >>> from sheetnet.models import extract_network
    >>> extract_network(path) == sheetnet.load_network("d02b")
    True
    """
    most = Limits.of(limits)
    with errors_within(path):
        workbook = in_full(read_workbook(path, most), most.formula)
        if workbook.sheet(RECORD_SHEET) is None:
            raise FileError(f"has no sheet {RECORD_SHEET}, so sheetnet did not write it", remedy=_INFER)
        return network_in(workbook, embedded_network(workbook, os.fspath(path)), step)


def network_in(workbook: Workbook, network: Network, step: int | None = None) -> Network:
    """The same of a workbook that is read already, which carries this network."""
    located = locate(workbook, network)
    _refuse_lost(located, [block.name for block in input_blocks(network)])
    places = {element: located.place(*element) for element in _elements(network)}
    trained = {} if step is None else _trained(located, network, step)
    scaler = _scaler_places(located, network)
    numbers = _recalculated(workbook, places | trained | scaler)
    values = {name: array[0].copy() for name, array in inputs_of(network).items()}
    if network.scaler is not None:
        values |= {predicted(name): np.array([getattr(network.scaler, name)]) for name in SCALER}
    for (name, row, column), number in numbers.items():
        values[name][row, column] = number
    return _with_numbers(network, values, step)


def _elements(network: Network) -> list[InputPlace]:
    """Every input of the step; bias nodes are none."""
    return [
        (block.name, row, column)
        for block in input_blocks(network)
        for row in range(block.rows)
        for column in range(block.columns)
        if not block.is_bias_node(column)
    ]


def _trained(located: Located, network: Network, step: int) -> dict[InputPlace, Place]:
    """The weights in one row of Training, where they stand by neuron."""
    last = located.presentation.steps
    if "training" not in located.presentation.views:
        raise UsageError(f"--step {step}: the workbook has no sheet Training", remedy=_WITHOUT_TRAINING)
    if not 0 <= step <= last:
        raise UsageError(f"--step {step}: Training has the rows 0 to {last:,}", remedy="choose one of them")
    layers = range(1, network.depth + 1)
    _refuse_lost(located, [train("W", layer) for layer in layers])
    found = {}
    for layer in layers:
        block = network.blocks[q("W", layer)]
        for i in range(block.rows):
            for j in range(block.columns):
                found[block.name, i, j] = located.place(train("W", layer), step, j * block.rows + i)
    return found


def _scaler_places(located: Located, network: Network) -> dict[InputPlace, Place]:
    """What scales the inputs of Predict, where the workbook has that sheet."""
    names = [name for name in map(predicted, SCALER) if name in located.areas] if network.scaler else []
    return {(name, 0, i): located.place(name, 0, i) for name in names for i in range(network.sizes[0])}


def _refuse_lost(located: Located, names: Sequence[str]) -> None:
    for name in names:
        if name not in located.areas:
            why = next((each.message for each in located.problems if each.block == name), f"{name} is gone")
            raise FileError(
                why, place=name, remedy="take the workbook as it was written, or a copy of its network file"
            )


def _recalculated(workbook: Workbook, places: Mapping[InputPlace, Place]) -> dict[InputPlace, float]:
    """The number of each element. Raises FileError for the first cell that has none."""
    run = next(engine_named(JudgeOptions.engine)(workbook, [], [None], list(places.values())))
    found = {}
    for (element, place), value in zip(places.items(), run, strict=True):
        if value is None or (value == "" and cell_at(workbook, place).formula is None):
            found[element] = 0.0
        elif isinstance(value, float) and np.isfinite(value):
            found[element] = value
        else:
            called = spoken(element[0], element[1:], Dimensions(1 + element[1]))
            raise FileError(
                f"{called} is {str(value)[:40]!r}, expected a number", place=cell_place(place), remedy="enter one"
            )
    return found


def _with_numbers(network: Network, values: Mapping[str, Array], step: int | None) -> Network:
    layers = tuple(_with_weights(layer, values[q("W", number)]) for number, layer in enumerate(network.layers, 1))
    source = network.source if not step else f"{network.source}; weights after {step:,} steps of Training".lstrip("; ")
    return replace(
        network,
        source=source,
        inputs=values["A_0"][:, : network.sizes[0]].tolist(),
        targets=values["target"].tolist(),
        learning_rate=float(values["gamma"][0, 0]),
        layers=layers,
        l2=network.l2 and replace(network.l2, factor=float(values["l2_factor"][0, 0])),
        scaler=network.scaler and Scaler(*(tuple(values[predicted(name)][0].tolist()) for name in SCALER)),
    )


def _with_weights(layer: Layer, weights: Array) -> Layer:
    """The layer with other weights; biases that were one number may have been edited apart."""
    rows = weights.tolist()
    return replace(layer, weights=rows, shared_bias=layer.shared_bias and len(set(rows[-1])) == 1)
