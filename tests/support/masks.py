"""Wrong ReLU masks, `IF(x>0,1,0)` of another cell, and explanations that name a cell to which the formula does not refer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sheetnet.network import Network
from sheetnet.syntax import Area, area_name, areas
from sheetnet.validation import CellVerdict
from sheetnet.validation.locate import locate
from sheetnet.workbook import Place, Workbook
from tests.support.sheets import with_formula

_NAMED = re.compile(r"([A-Za-z]\w*)\[(-?\d+), (-?\d+)\] for [A-Za-z]\w*\[\d+, \d+\]")


def masks(workbook: Workbook, network: Network, layer: int) -> Iterator[tuple[Place, Place, Workbook]]:
    """Each slope of a layer made of each other number of the step: its cell, the cell it refers to, the workbook."""
    located = locate(workbook, network)
    slopes, own = f"da_dz_{layer}", (f"z_{layer}", f"A_{layer}")
    for row, column in _positions(network, slopes):
        place = located.place(slopes, row, column)
        for block in network.blocks:
            for r, c in _positions(network, block) if block != slopes else ():
                if block in own and (r, c) == (row, column):
                    continue
                other = located.place(block, r, c)
                area = Area(None, other[1], other[2], other[1], other[2])
                yield place, other, with_formula(workbook, place, f"IF({area_name(area, False)}>0,1,0)")


def not_referred_to(cell: CellVerdict, workbook: Workbook, network: Network) -> list[str]:
    """The cells that a verdict's message names in place of others, without that the formula refers to them."""
    located, found = locate(workbook, network), []
    used = {(area.top, area.left) for area in areas(cell.formula or "")}
    for name, row, column in _NAMED.findall(cell.message):
        if located.place(name, int(row), int(column))[1:] not in used:
            found.append(f"{name}[{row}, {column}]")
    return found


def _positions(network: Network, block: str) -> Iterator[tuple[int, int]]:
    shape = network.blocks[block]
    return ((row, column) for row in range(shape.rows) for column in range(shape.columns))
