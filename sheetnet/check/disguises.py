"""Judged cells that people do not see, or see with another number: hidden rows and columns, number formats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sheetnet.check.locate import Located
from sheetnet.check.verdicts import CellVerdict
from sheetnet.syntax import Area, cell_name, column_letters
from sheetnet.syntax.number_formats import shows_another
from sheetnet.workbook import Sheet, Value, Workbook

_Cell = tuple[str, str]  # sheet and cell, as a verdict names them
_SHOWN = 40  # characters of a number format in a note


def disguised(workbook: Workbook, located: Located, cells: tuple[CellVerdict, ...]) -> Iterator[str]:
    """Notes on the blocks' cells that are hidden or look like other numbers; `cells` are the judged ones."""
    by_sheet: dict[str, dict[str, Area]] = defaultdict(dict)
    for block, area in located.areas.items():
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
            found[code].append(f"{sheet.name}!{cell_name(row, column)}")
    for code, places in found.items():
        format_ = code if len(code) <= _SHOWN else code[:_SHOWN] + "…"
        hold = (
            "does not show the number it holds: its" if len(places) == 1 else "do not show the numbers they hold: their"
        )
        yield f"{listed(places)} {hold} number format is {format_}"


def listed(words: list[str]) -> str:
    """The first three, and how many more."""
    more = f" and {len(words) - 3} more" if len(words) > 3 else ""
    return ", ".join(words[:3]) + more
