"""What a document's network file may leave out (γ, targets, the loss) where the text prints nothing that needs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sheetnet.audit.quantities import NEEDS
from sheetnet.errors import NetworkError
from sheetnet.fields import refuse


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
            found[field] = {"learning_rate": 1.0, "loss": "half_sse"}[field]
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


def refuse_lacking(names: Iterable[str], lacking: Iterable[str], where: str) -> NetworkError | None:
    """The error for a quantity that needs what the file does not give; None where none does."""
    for field in lacking:
        for name in sorted(names):
            if NEEDS[field].fullmatch(name):
                return refuse(where, f"reads {name}, which needs {field}", f"{field} in the network file", "add it")
    return None
