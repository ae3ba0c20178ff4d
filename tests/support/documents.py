"""Documents for tests: a network file with numbers printed from its own step, rightly or with errors planted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from sheetnet.auditing import Audit, NumberVerdict, Published, audit, load_published
from sheetnet.network import Network
from sheetnet.network_file import dump_network
from sheetnet.reference import stacked, training_step

Printed = dict[str, Any]


def printed(number: float, places: int, truncated: bool = False) -> str:
    """A number as a document prints it; 14 digits are what nobody disputes (0.3 is not 0.29999999999999999)."""
    rounding = ROUND_DOWN if truncated else ROUND_HALF_EVEN
    return str(Decimal(f"{number:.14g}").quantize(Decimal(1).scaleb(-places), rounding))


def everything(network: Network, places: int, truncated: bool = False) -> list[Printed]:
    """Every quantity of the step, one table each."""
    step = training_step(network)
    return [
        {
            "place": f"the table of {name}",
            "quantity": name,
            "printed": [[printed(x, places, truncated) for x in row] for row in stacked(step[name], block).tolist()],
        }
        for name, block in network.blocks.items()
    ]


def document(network: Network, folder: Path, numbers: Sequence[Printed], formulas: Sequence[Printed] = ()) -> Published:
    """What an author writes, read back."""
    lines = [dump_network(network)]
    for key, tables in (("numbers", numbers), ("formulas", formulas)):
        for table in tables:
            lines += [f"\n[[published.{key}]]", *(f"{name} = {_toml(value)}" for name, value in table.items())]
    path = folder / "document.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return load_published(path)


def audited(network: Network, folder: Path, numbers: Sequence[Printed], formulas: Sequence[Printed] = ()) -> Audit:
    return audit(document(network, folder, numbers, formulas))


@cache
def audit_of(template: str) -> Audit:
    """A template's audit, computed once a process."""
    return audit(template)


def by_place(found: Audit) -> dict[str, NumberVerdict]:
    """The entries of a document that prints one number a place."""
    return {entry.place: entry for entry in found.entries}


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)
