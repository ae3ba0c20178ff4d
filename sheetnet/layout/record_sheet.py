"""The hidden sheet `_sheetnet`: the network of a workbook, and what a student was asked to fill in.

Column A, one line per cell. Format 2:

    sheetnet format 2
    blanks = z_1 A_1 delta_2        facts, one per line: key = value; a key may come again, its values are joined
    network                         the facts end here, the network file begins
    title = "…"

Format 1 has no facts: the network file begins in the second line. Facts that this version does not know are passed over.
All of it is a claim of whoever had the file last.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sheetnet.errors import FileError
from sheetnet.network import Network
from sheetnet.network_file import LONGEST_LINE, dump_network, parse_network
from sheetnet.workbook import Cell, Sheet, Workbook

RECORD_SHEET = "_sheetnet"
FORMAT, OLDER = "sheetnet format 2", "sheetnet format 1"
NETWORK = "network"  # the line after the facts
BLANKS = "blanks"  # the fact that lists the blocks to be filled in


@dataclass(frozen=True)
class Carried:
    """What a workbook says of itself: the text of its network file, and its facts by their keys."""

    network_text: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def blanks(self) -> tuple[str, ...]:
        """The blocks that a student was asked to fill in; none where the workbook does not say."""
        return tuple(self.facts.get(BLANKS, "").split())


def hidden_sheet(network: Network, blanks: Sequence[str] = ()) -> Sheet:
    """The sheet of a workbook; `blanks` are the blocks that a student's copy leaves empty."""
    facts = [f"{BLANKS} = {names}" for names in textwrap.wrap(" ".join(blanks), LONGEST_LINE, break_on_hyphens=False)]
    lines = [FORMAT, *facts, NETWORK, *dump_network(network).splitlines()]
    return Sheet(RECORD_SHEET, {(row, 1): Cell(line) for row, line in enumerate(lines, 1) if line}, hidden=True)


def carried(workbook: Workbook, where: str) -> Carried:
    """What the workbook says of itself; raises `FileError` where it has no such sheet, or one of another format."""
    sheet = workbook.sheet(RECORD_SHEET)
    if sheet is None:
        raise FileError(
            f"has no sheet {RECORD_SHEET}, so it does not say which network it computes",
            path=where,
            remedy="give --network",
        )
    head = sheet.cells.get((1, 1), Cell()).value
    if head not in (FORMAT, OLDER):
        raise FileError(
            f"{RECORD_SHEET}!A1 holds {head!r}, expected '{FORMAT}'",
            path=where,
            remedy="give --network, or a newer sheetnet",
        )
    lines = [str(cell.value) for (row, column), cell in sorted(sheet.cells.items()) if row > 1 and column == 1]
    if head == OLDER:
        return Carried("\n".join(lines))
    if NETWORK not in lines:
        raise FileError(
            f"{RECORD_SHEET} has no line '{NETWORK}', after which the network stands",
            path=where,
            remedy="give --network",
        )
    end = lines.index(NETWORK)
    return Carried("\n".join(lines[end + 1 :]), _facts(lines[:end]))


def _facts(lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        key, _, value = (part.strip() for part in line.partition("="))
        found[key] = f"{found[key]} {value}" if key in found else value
    return found


def embedded_network(workbook: Workbook, where: str) -> Network:
    """The network a workbook carries; raises `FileError` where it carries none that can be read."""
    return parse_network(carried(workbook, where).network_text, where, RECORD_SHEET)
