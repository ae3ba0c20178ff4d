"""What a reader of the sheets should know of where the judged cells stand: names may lead away from what is seen.

It changes no verdict: right formulas elsewhere are right, but the cells that people look at may be others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sheetnet.check.answers import Answer
from sheetnet.check.disguises import disguised, listed
from sheetnet.check.labels import misled_labels
from sheetnet.check.locate import Located
from sheetnet.check.verdicts import CellVerdict
from sheetnet.check.views import is_view_block
from sheetnet.network import Network
from sheetnet.presentation import SHEETS
from sheetnet.reference.views import VIEWS
from sheetnet.workbook import Position, Sheet, Workbook

COPY = 0.8  # of the judged cells' places filled on another sheet too: it then looks like the judged one


def whereabouts(
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
    for view in VIEWS:
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
    for view, numbers in VIEWS.items():
        own = {name: [block for block in found if block.startswith(numbers.prefix)] for name, found in blocks.items()}
        main = max(own, key=lambda name: len(own[name]), default="")
        for name, found in own.items():
            if found and name != main:
                yield f"{SHEETS[view]} stands on {main}, but {listed(found)} on {name}"


def _computes(sheet: Sheet) -> bool:
    return any(cell.formula is not None for cell in sheet.cells.values())


def _looks_alike(sheet: Sheet, places: list[Position]) -> bool:
    return bool(places) and sum(place in sheet.cells for place in places) >= COPY * len(places)
