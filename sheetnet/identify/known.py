"""The known mistakes behind wrong cells of a stranger's layout. It knows no places; `check/diagnose.py` does the search."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sheetnet.check.diagnose import Diagnosis, Finding
from sheetnet.check.inputs import input_blocks
from sheetnet.identify.result import Label
from sheetnet.identify.sight import Sight
from sheetnet.network import activation_name
from sheetnet.reference import Array, evaluate, stacked
from sheetnet.workbook import Place

MOST = 24  # wrong cells that are diagnosed: a search may take a fifth of a second


def mistakes(sight: Sight) -> dict[Place, tuple[Finding, ...]]:
    """Wrong cell → its simplest explanations, for the first wrong cells in the order of calculation.

    Only cells that use no other wrong or carried cell are asked about: their numbers are their own formula's.
    """
    spoilt = sight.wrong.keys() | sight.carried
    asked = [p for p in sight.flow.order if p in sight.wrong and spoilt.isdisjoint(sight.flow.uses(p))][:MOST]
    diagnoses: dict[int, Diagnosis] = {}
    found = {}
    for place in asked:
        block, row, column, step = _block(sight, sight.wrong[place])
        if block in sight.network.blocks:
            if step not in diagnoses:
                diagnoses[step] = Diagnosis(sight.network, _values(sight, step))
            signature = sight.runs.values[:, sight.numbers[place]]
            found[place] = diagnoses[step].findings(block, row, column, signature)
    return {place: findings for place, findings in found.items() if findings}


def _block(sight: Sight, label: Label) -> tuple[str, int, int, int]:
    """The block, row and column of a label, and the step that computes it."""
    name, step, *_, row, column = label.quantity, label.step, *label.index
    if name.startswith("W_"):
        return f"{name}_new", row, column, step - 1
    if name.startswith("a_"):
        return activation_name(int(name[2:]), sight.network.depth), row, column, step
    if name.startswith("J_"):
        return name, label.index[0] * sight.network.blocks[name].columns + row, column, step
    return name, row, column, step


def _values(sight: Sight, step: int) -> Mapping[str, Array]:
    """Every quantity of one step, from that step's weights."""
    inputs = {block.name: sight.runs.inputs[block.name] for block in input_blocks(sight.network)}
    for name, array in inputs.items():
        if name.startswith("W_"):
            columns = [sight.training.column(Label(name, index, step)) for index in np.ndindex(array.shape[1:])]
            inputs[name] = np.array(columns).T.reshape(array.shape)
    arrays = evaluate(sight.network, inputs)
    shaped = {name: stacked(arrays[name], block) for name, block in sight.network.blocks.items()}
    return {**arrays, **{name: array for name, array in shaped.items() if not name.startswith("J_")}}
