"""One more trial, which nobody can prepare for: it is drawn from what the workbook itself holds. It judges nothing.

The trials of a seed are known to whoever has sheetnet, and a sheet could keep a table of the answers to just these. This
one depends on every formula and constant of the workbook, so that such a table would have to hold a draw that the table
itself changes.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from sheetnet.check.draws import Ties, blocks_of, candidates, flattened, tie, usable
from sheetnet.network import Network
from sheetnet.reference import Array, evaluate
from sheetnet.workbook import Workbook

CANDIDATES = 16  # of which the first is taken in which nothing explodes


def unforeseen(workbook: Workbook, network: Network, ties: Ties, one_hot: bool) -> dict[str, Array]:
    """The inputs of one trial, 1 × rows × columns each; of none, 0 × …, where every draw explodes."""
    generator = np.random.default_rng(int.from_bytes(_digest(workbook)))
    inputs = candidates(network, generator, CANDIDATES, one_hot)
    tie(inputs, network, ties)
    values = blocks_of(network, evaluate(network, inputs))
    first = usable(network, values, flattened(values))[:1]
    return {name: array[first] for name, array in inputs.items()}


def _digest(workbook: Workbook) -> bytes:
    """Of all formulas and constants; what formulas were saved with is no part of it, for it says nothing."""
    content = sha256()
    for sheet in workbook.sheets:
        cells = (
            f"{at}{cell.formula if cell.formula is not None else cell.value!r}" for at, cell in sheet.cells.items()
        )
        content.update("\n".join([sheet.name, *cells]).encode("utf-8", "surrogatepass"))
    return content.digest()
