"""From a workbook of anybody's layout to what each of its formula cells computes. It formats nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sheetnet.check.draws import TRIALS
from sheetnet.check.in_full import in_full
from sheetnet.check.inputs import input_blocks
from sheetnet.engine import engine_named
from sheetnet.errors import FileError
from sheetnet.files import read_workbook
from sheetnet.identify.assign import find_inputs
from sheetnet.identify.flow import Flow
from sheetnet.identify.input_map import InputMap, load_map
from sheetnet.identify.quantities import Training
from sheetnet.identify.repair import repair
from sheetnet.identify.result import Identification
from sheetnet.identify.sheet_runs import run
from sheetnet.identify.sight import Sight
from sheetnet.identify.telling import told
from sheetnet.network import Network
from sheetnet.workbook import Place, Workbook

_VOLATILE = re.compile(r"\b(?:RAND\w*|NOW|TODAY)\s*\(", re.IGNORECASE)


def identify(
    path: str | Path,
    network: Network,
    *,
    inputs: str | Path | None = None,
    steps: int | None = None,
    engine: str = "ironcalc",
    trials: int = TRIALS,
    seed: int = 0,
) -> Identification:
    """Label every formula cell of a workbook with the quantity it computes.

    `inputs` is a TOML file that says where the inputs stand (see docs/identify.md); None finds them by their values.
    `steps` is how many training steps to look for; None goes on for as long as they explain cells. Raises `FileError`
    for an unusable file or where inputs are not found, `NetworkError` for a wrong map, `EngineError`.
    """
    workbook = read_workbook(path)
    where = None if inputs is None else load_map(inputs, workbook, network)
    try:
        return identify_workbook(
            workbook, network, where, name=str(path), steps=steps, engine=engine, trials=trials, seed=seed
        )
    except FileError as error:
        raise FileError(f"{path}: {error}") from None


def identify_workbook(
    workbook: Workbook,
    network: Network,
    where: InputMap | None = None,
    *,
    name: str = "",
    steps: int | None = None,
    engine: str = "ironcalc",
    trials: int = TRIALS,
    seed: int = 0,
) -> Identification:
    """The same for a workbook that is already read; see `identify`."""
    evaluate = engine_named(engine)
    workbook = in_full(workbook)
    flow = Flow(workbook)
    if not flow.formulas:
        raise FileError("the workbook has no formulas, so nothing in it can be identified: give one with formulas")
    where = where or find_inputs(workbook, network, flow, evaluate, seed)
    driven = {place for places in where.cells.values() for place in places}
    places = [place for place in flow.formulas if place not in driven]
    runs = run(workbook, network, where, evaluate, places, trials, seed)
    runs = replace(runs, moved=runs.moved & _reached(flow, places, driven))
    training = Training(network, runs.inputs)
    sight = Sight(workbook, network, flow, evaluate, runs, training, steps, places, runs.values)
    sight.recognise(np.flatnonzero(runs.moved).tolist())
    sight.find_helpers()
    _know_inputs(sight, where)
    repair(sight)
    return told(sight, where, name=name, engine=engine, seed=seed)


def _reached(flow: Flow, places: list[Place], driven: set[Place]) -> NDArray[np.bool_]:
    """The cells that depend on an input; RAND and the like move others, too."""
    if not any(_VOLATILE.search(formula) for formula in flow.formulas.values()):
        return np.ones(len(places), dtype=bool)
    reached = flow.reached(driven)
    return np.array([place in reached for place in places])


def _know_inputs(sight: Sight, where: InputMap) -> None:
    """No missing quantity is one of the inputs that have cells."""
    blocks = {block.name for block in input_blocks(sight.network)}
    sight.taken |= {
        label
        for label in sight.training.first_labels()
        if label.quantity in blocks and (label.quantity, *label.index) in where.cells
    }
