"""Which views a workbook has, how large and in which orientation, as its names say. It judges nothing.

What the names say is a claim like any other: blocks of the views that are claimed must be there at their full shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from sheetnet.network import Block, Network
from sheetnet.presentation import LEAST_STEP_SIZE, MOST_STEPS, STEP_SIZE, STEPS, Presentation
from sheetnet.reference import evaluate, inputs_of
from sheetnet.reference.views import VIEWS, view_values
from sheetnet.syntax import Area, parse_area
from sheetnet.workbook import Name, Workbook

Claims = Mapping[str, Sequence[Name]]  # a name in small letters → where the workbook defines it
STEPS_NAME, STEP_SIZE_NAME = "train_cost", "grad_h"  # the blocks that tell how long Training goes on, and h

TELLING = ("A_0", "cost_n")  # one of these is not square: N × (n_0 + 1) where N is 1, N × 1 where it is not


def presentation_of(workbook: Workbook, network: Network, claims: Claims) -> Presentation:
    """The views whose names lead to cells, the orientation of A_0, and the sizes that the views' own cells tell.

    A view is there where half of its names are: a few names that begin alike may be anybody's.
    """
    found = {name: area for name in claims if (area := _area(workbook, claims[name])) is not None}
    named = [name for name in found if is_view_block(name)]
    likely = [view for view, numbers in VIEWS.items() if any(name.startswith(numbers.prefix) for name in named)]
    column = any(_turned(network.blocks[name], found) for name in TELLING)
    steps = shape_of(found[STEPS_NAME])[0] - 1 if STEPS_NAME in found else STEPS
    steps = min(max(steps, 1), MOST_STEPS)
    shown = Presentation(("step", *likely), column, steps, _step_size(workbook, found.get(STEP_SIZE_NAME)))
    there = [view for view in likely if _is_there(view_blocks(network, replace(shown, views=("step", view))), found)]
    return replace(shown, views=("step", *there))


def _is_there(blocks: Mapping[str, Block], found: Mapping[str, Area]) -> bool:
    return 2 * sum(name.casefold() in found for name in blocks) >= len(blocks)


def _turned(block: Block, found: Mapping[str, Area]) -> bool:
    """Whether a block that is not square stands transposed."""
    area = found.get(block.name.casefold())
    return area is not None and block.rows != block.columns and shape_of(area) == block.shape[::-1]


def _area(workbook: Workbook, claims: Sequence[Name]) -> Area | None:
    area = parse_area(claims[0].refers_to)
    return None if area is None or area.sheet is None or workbook.sheet(area.sheet) is None else area


def _step_size(workbook: Workbook, area: Area | None) -> float:
    """h as it stands on the sheet, where it is one with which slopes have digits left: rounding takes 1e-16/h of them."""
    sheet = None if area is None or area.sheet is None else workbook.sheet(area.sheet)
    if sheet is None or area is None or (area.top, area.left) not in sheet.cells:
        return STEP_SIZE
    value = sheet.cells[area.top, area.left].value
    return value if isinstance(value, float) and LEAST_STEP_SIZE <= value < 1 else STEP_SIZE


def shape_of(area: Area) -> tuple[int, int]:
    """Rows and columns of an area."""
    return area.bottom - area.top + 1, area.right - area.left + 1


def is_view_block(name: str) -> bool:
    """Whether a block belongs to a view beyond Step."""
    return name.startswith(_PREFIXES)


def view_blocks(network: Network, presentation: Presentation) -> dict[str, Block]:
    """The blocks of the views, with the shapes that the reference gives them."""
    found: dict[str, Block] = {}
    for view in presentation.views:
        found |= _blocks_of(network, replace(presentation, views=("step", view))) if view in VIEWS else {}
    return found


@lru_cache(maxsize=32)
def _blocks_of(network: Network, presentation: Presentation) -> dict[str, Block]:
    values = view_values(network, evaluate(network, inputs_of(network)), presentation)
    return {name: Block(name, *array.shape[1:]) for name, array in values.items()}


_PREFIXES = tuple(numbers.prefix for numbers in VIEWS.values())
