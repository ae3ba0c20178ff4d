"""Notes about judged cells on hidden, duplicate or unlabelled places of the sheets.

People take what stands under a label for the block. Rows and columns inserted, and blocks moved with their labels or
without, do no harm: only numbers that no name leads to are told of.

It changes no verdict: right formulas elsewhere are right, but the cells that people look at may be others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sheetnet.layout.step_sheet import label_of
from sheetnet.network import Network
from sheetnet.quantity import Quantity, picture
from sheetnet.reference.views import VIEW_NUMBERS
from sheetnet.syntax import Area, area_name, cell_name, column_letters
from sheetnet.syntax.number_formats import shows_another
from sheetnet.syntax.references import cell_place, listed
from sheetnet.validation.case import Answer
from sheetnet.validation.defined_names import is_view_block
from sheetnet.validation.locate import Located
from sheetnet.validation.result import CellVerdict
from sheetnet.workbook import Cell, Position, Sheet, Value, Workbook
from sheetnet.workbook_options import SHEETS

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
    judged = [area for area in located.areas.values() if area.sheet == main]
    for at, label in _standing(sheet, labels):
        area = located.areas[labels[label]]
        under = _under(sheet, labels, at, area)
        if under is None or (area.holds((under.top, under.left)) and area.holds((under.bottom, under.right))):
            continue
        strays = (place for place in _cells(under) if _is_number(sheet.cells.get(place)))
        if any(not any(each.holds(place) for each in judged) for place in strays):
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


_Cell = tuple[str, str]  # sheet and cell, as a verdict names them
_SHOWN = 40  # characters of a number format in a note


def disguised(workbook: Workbook, located: Located, cells: tuple[CellVerdict, ...]) -> Iterator[str]:
    """Notes on the blocks' cells that are hidden or look like other numbers; `cells` are the judged ones."""
    by_sheet: dict[str, dict[str, Area]] = defaultdict(dict)
    for block, area in located.areas.items():
        if Quantity.of(block).view != picture.prefix:  # whose colours are the numbers
            by_sheet[area.sheet or ""][block] = area
    values: dict[_Cell, Value] | None = None
    for sheet in workbook.sheets:
        areas = by_sheet.get(sheet.name, {})
        if areas and not sheet.hidden:
            yield from _hidden(sheet, areas)
        if areas and sheet.disguise.formats:
            if values is None:
                values = {(cell.sheet or "", cell.cell or ""): cell.value for cell in cells}
            yield from _formats(sheet, areas, values)


def _hidden(sheet: Sheet, areas: Mapping[str, Area]) -> Iterator[str]:
    """One note for the hidden rows that hold cells of blocks, one for such columns."""
    rows, columns = sheet.disguise.rows, sheet.disguise.columns
    for what, spans in (("row", rows), ("column", columns)):
        ends = {name: (a.top, a.bottom) if what == "row" else (a.left, a.right) for name, a in areas.items()}
        found = [span for span in spans if any(_meet(span, end) for end in ends.values())]
        blocks = [name for name, end in ends.items() if any(_meet(span, end) for span in found)]
        if found:
            spelled = listed([_span(span, what == "column") for span in found])
            one = len(found) == 1 and found[0][0] == found[0][1]
            hidden = f"{what} {spelled} of {sheet.name} is" if one else f"{what}s {spelled} of {sheet.name} are"
            yield f"{hidden} hidden, with cells of {listed(blocks)}"


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _span(span: tuple[int, int], letters: bool) -> str:
    first, last = (column_letters(end) if letters else f"{end}" for end in span)
    return first if first == last else f"{first} to {last}"


def _formats(sheet: Sheet, areas: Mapping[str, Area], values: Mapping[_Cell, Value]) -> Iterator[str]:
    """One note for each format in which a cell of a block shows another number."""
    found: dict[str, list[str]] = defaultdict(list)
    for (row, column), code in sheet.disguise.formats.items():
        cell = sheet.cells.get((row, column))
        if cell is None or not any(a.top <= row <= a.bottom and a.left <= column <= a.right for a in areas.values()):
            continue
        number = values.get((sheet.name, cell_name(row, column)), cell.value)
        if isinstance(number, float) and shows_another(code, number):
            found[code].append(cell_place((sheet.name, row, column)))
    for code, places in found.items():
        format_ = code if len(code) <= _SHOWN else code[:_SHOWN] + "…"
        hold = (
            "does not show the number it holds: its" if len(places) == 1 else "do not show the numbers they hold: their"
        )
        yield f"{listed(places)} {hold} number format is {format_}"


COPY = 0.8  # of the judged cells' places filled on another sheet too: it then looks like the judged one


def placement_notes(
    workbook: Workbook, network: Network, located: Located, answers: list[Answer], cells: tuple[CellVerdict, ...]
) -> Iterator[str]:
    """Notes on judged cells that are hidden, apart from the others, or have a double; and on sheets without names."""
    blocks: dict[str, list[str]] = defaultdict(list)
    for block, area in located.areas.items():
        blocks[area.sheet or ""].append(block)
    for sheet in workbook.sheets:
        if sheet.hidden and (found := blocks.get(sheet.name)):
            yield f"judged cells stand on the hidden sheet {sheet.name}: {listed(found)}"
    step = {name: [b for b in found if not is_view_block(b)] for name, found in blocks.items()}
    main = max(step, key=lambda name: len(step[name]), default="")
    for name, found in step.items():
        if found and name != main:
            yield f"the step stands on {main}, but {listed(found)} on {name}"
    yield from _views_apart(blocks)
    yield from misled_labels(workbook, network, located, main)
    yield from disguised(workbook, located, cells)
    places = [answer.place[1:] for answer in answers if answer.place[0] == main]
    for copy, judged in located.copies.items():
        yield f"{copy} is a copy of {judged} with names of its own: {judged} was judged, {copy} was not"
    for sheet in workbook.sheets:
        if sheet.name not in blocks and sheet.name not in located.copies and _looks_alike(sheet, places):
            yield f"{sheet.name} looks like the judged sheet {main}, but no name leads to it: it was not judged"
    for view in VIEW_NUMBERS:
        there = workbook.sheet(SHEETS[view])
        if (
            view not in located.presentation.views
            and there is not None
            and there.name not in blocks
            and _computes(there)
        ):
            yield f"no names lead to the sheet {there.name}, or too few: it was not judged"


def _views_apart(blocks: Mapping[str, list[str]]) -> Iterator[str]:
    """Notes on blocks of a view that stand on another sheet than most of it."""
    for view, numbers in VIEW_NUMBERS.items():
        own = {name: [block for block in found if block.startswith(numbers.prefix)] for name, found in blocks.items()}
        main = max(own, key=lambda name: len(own[name]), default="")
        for name, found in own.items():
            if found and name != main:
                yield f"{SHEETS[view]} stands on {main}, but {listed(found)} on {name}"


def _computes(sheet: Sheet) -> bool:
    return any(cell.formula is not None for cell in sheet.cells.values())


def _looks_alike(sheet: Sheet, places: list[Position]) -> bool:
    return bool(places) and sum(place in sheet.cells for place in places) >= COPY * len(places)
