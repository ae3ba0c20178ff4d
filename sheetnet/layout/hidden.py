"""The hidden sheet `_sheetnet`: the network file and the format's version, so that a workbook explains itself."""

from __future__ import annotations

from sheetnet.errors import FileError
from sheetnet.network import Network
from sheetnet.network_file import dump_network, parse_network
from sheetnet.workbook import Cell, Sheet, Workbook

SHEET = "_sheetnet"
FORMAT = 1


def hidden_sheet(network: Network) -> Sheet:
    """Cell A1 names the format's version; below it stands the network file, a line a cell."""
    lines = dump_network(network).splitlines()
    cells = {(1, 1): Cell(f"sheetnet format {FORMAT}")}
    cells |= {(row, 1): Cell(line) for row, line in enumerate(lines, 2) if line}
    return Sheet(SHEET, cells, hidden=True)


def embedded_network(workbook: Workbook, where: str) -> Network:
    """The network a workbook carries; raises `FileError` where it carries none that can be read."""
    sheet = workbook.sheet(SHEET)
    if sheet is None:
        raise FileError(f"{where}: has no sheet {SHEET}, so it does not say which network it computes: give --network")
    head = sheet.cells.get((1, 1), Cell()).value
    if head != f"sheetnet format {FORMAT}":
        raise FileError(
            f"{where}: {SHEET}!A1 holds {head!r}, expected 'sheetnet format {FORMAT}': give --network, or a newer sheetnet"
        )
    lines = [str(cell.value) for (row, column), cell in sorted(sheet.cells.items()) if row > 1 and column == 1]
    return parse_network("\n".join(lines), f"{where}: {SHEET}")
