"""Runs a workbook of any layout: its own numbers first, then trials in which every mapped input varies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetnet.engine import Evaluate
from sheetnet.identification.input_map import InputMap
from sheetnet.network import Network
from sheetnet.reference import Array, inputs_of
from sheetnet.trials.draw import draw_trials
from sheetnet.trials.tolerance import as_numbers
from sheetnet.validation.case import InputPlace, input_blocks
from sheetnet.workbook import Place, Value, Workbook


@dataclass(frozen=True)
class SheetRuns:
    """What the runs gave: `values` of the formula cells (runs × cells, NaN for what is no number), `shown` as they stand.

    `inputs` are the reference's inputs in the same runs, `drivers` the cells that were driven, `numbers` what with
    (None: the workbook as it stands). `moved` marks the cells whose values the trials moved.
    """

    inputs: Mapping[str, Array]
    drivers: list[Place]
    numbers: list[list[float]]
    values: Array
    shown: Sequence[Value]
    moved: NDArray[np.bool_]
    trials: int


def run_sheet(
    workbook: Workbook,
    network: Network,
    where: InputMap,
    engine: Evaluate,
    wanted: Sequence[Place],
    trials: int,
    seed: int,
) -> SheetRuns:
    """The workbook at its own numbers and in the trials."""
    drivers = {place: element for element, places in where.cells.items() for place in places}
    own = _own(workbook, network, where)
    drawn = _drawn(network, where, trials, seed, own)
    inputs = {name: np.concatenate([own[name], array]) for name, array in drawn.items()}
    numbers = element_numbers(inputs, list(drivers.values()))
    rows = engine(workbook, list(drivers), [None, *numbers[1:]], wanted)
    values = as_numbers(rows)
    texts = np.flatnonzero(np.isnan(values).any(axis=0))
    moved = np.asarray(np.ptp(values[1:], axis=0) > 0)
    for number in texts:
        moved[number] = any(row[number] != rows[1][number] for row in rows[2:])
    return SheetRuns(inputs, list(drivers), numbers, values, rows[0], moved, len(numbers) - 1)


def element_numbers(inputs: Mapping[str, Array], elements: Sequence[InputPlace]) -> list[list[float]]:
    """The numbers of these input elements in every run: runs × elements."""
    columns = [inputs[name][:, row, column] for name, row, column in elements]
    rows: list[list[float]] = np.array(columns).reshape(len(columns), len(inputs["gamma"])).T.tolist()
    return rows


def _own(workbook: Workbook, network: Network, where: InputMap) -> dict[str, Array]:
    """The inputs as the workbook holds them; where a cell holds no number, as the network file does."""
    sheets = {sheet.name: sheet.cells for sheet in workbook.sheets}
    inputs = inputs_of(network)
    for (name, row, column), (place, *_) in where.cells.items():
        cell = sheets[place[0]].get(place[1:])
        if cell is not None and type(cell.value) is float:
            inputs[name][0, row, column] = cell.value
    return inputs


def _drawn(network: Network, where: InputMap, trials: int, seed: int, own: Mapping[str, Array]) -> dict[str, Array]:
    """Seeded draws of the inputs that have a cell; all others keep the numbers of the sheet."""
    owners: dict[Place, InputPlace] = {}
    for element, places in where.cells.items():
        owners.setdefault(places[0], element)
    ties = {e: owners[places[0]] for e, places in where.cells.items() if owners[places[0]] != e}
    drawn = draw_trials(network, trials, seed, ties).values
    blocks = [block.name for block in input_blocks(network)]
    inputs = {name: np.repeat(own[name], len(drawn["gamma"]), axis=0) for name in blocks}
    for name, row, column in where.cells:
        inputs[name][:, row, column] = drawn[name][:, row, column]
    return inputs
