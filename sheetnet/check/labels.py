"""Numbers that stand under the label of a block but are not judged: the block's name leads to other cells.

People take what stands under a label for the block. Rows and columns inserted, and blocks moved with their labels or
without, do no harm: only numbers that no name leads to are told of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sheetnet.check.locate import Located
from sheetnet.layout.step import label_of
from sheetnet.network import Network
from sheetnet.syntax import Area, area_name
from sheetnet.workbook import Cell, Position, Sheet, Workbook

_REACH = 12  # rows below a label in which its block may begin


def misled_labels(workbook: Workbook, network: Network, located: Located, main: str) -> Iterator[str]:
    """A note for each block of the step whose label, on the sheet `main`, stands above other cells than the judged ones."""
    sheet = workbook.sheet(main)
    if sheet is None:
        return
    turned = located.presentation.column
    labels = {
        label_of(network, block, turned): name
        for name, block in network.blocks.items()
        if name in located.areas and located.areas[name].sheet == main
    }
    judged = {at for area in located.areas.values() if area.sheet == main for at in _cells(area)}
    for at, label in _standing(sheet, labels):
        area = located.areas[labels[label]]
        under = _under(sheet, labels, at, area)
        strays = [] if under is None else [place for place in _cells(under) if _is_number(sheet.cells.get(place))]
        if under is not None and any(place not in judged for place in strays):
            name, symbol = labels[label], label.split("   ")[0]
            yield (
                f"{_spelled(under)} under the label {symbol} was not judged: the name {name} leads to {_spelled(area)}"
            )


def _standing(sheet: Sheet, labels: Mapping[str, str]) -> list[tuple[Position, str]]:
    """Where the labels stand, as often as they do."""
    cells = sheet.cells.items()
    return [(at, cell.value) for at, cell in cells if type(cell.value) is str and cell.value in labels]


def _under(sheet: Sheet, labels: Mapping[str, str], label: Position, area: Area) -> Area | None:
    """As many cells as the block has, from the first row below its label with a number; None before the next label."""
    height, width = area.bottom - area.top, area.right - area.left
    row, column = label
    for top in range(row + 1, row + 1 + _REACH):
        across = [sheet.cells.get((top, place)) for place in range(column, column + width + 1)]
        if any(cell is not None and type(cell.value) is str and cell.value in labels for cell in across):
            return None
        if any(map(_is_number, across)):
            return Area(sheet.name, top, column, top + height, column + width)
    return None


def _is_number(cell: Cell | None) -> bool:
    """Whether a cell shows a number, be it computed, typed or typed as text."""
    if cell is None:
        return False
    if isinstance(cell.value, str) and cell.formula is None:
        return cell.value.strip().replace(",", ".").lstrip("+-").replace(".", "", 1).isdecimal()
    return cell.formula is not None or isinstance(cell.value, float)


def _cells(area: Area) -> Iterator[Position]:
    for row in range(area.top, area.bottom + 1):
        for column in range(area.left, area.right + 1):
            yield row, column


def _spelled(area: Area) -> str:
    return area_name(area, absolute=False)
