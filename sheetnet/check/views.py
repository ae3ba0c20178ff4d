"""Which views a workbook has, how large and in which orientation, as its names say.

What the names say is a claim like any other: blocks of the views that are claimed must be there at their full shape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from sheetnet.check.blank_lines import untouched_rows
from sheetnet.check.scopes import area_of
from sheetnet.network import Block, Network
from sheetnet.presentation import LEAST_STEP_SIZE, MOST_STEPS, STEP_SIZE, STEPS, Presentation
from sheetnet.reference import evaluate, inputs_of
from sheetnet.reference.views import VIEWS, view_values
from sheetnet.syntax import Area
from sheetnet.workbook import Name, Workbook

Claims = Mapping[str, Sequence[Name]]  # a name in small letters → where the workbook defines it
STEPS_NAME, STEP_SIZE_NAME = "train_cost", "grad_h"  # a block with a row a step, and the one that holds h


def presentation_of(workbook: Workbook, network: Network, claims: Claims) -> Presentation:
    """The views whose names lead to cells, the orientation of the step, and the sizes that the views' own cells tell.

    A view is there where half of its names are: a few names that begin alike may be anybody's. Orientation and steps
    are what most blocks say, for a single name may be anywhere.
    """
    found = {name: area for name in claims if (area := area_of(workbook, claims[name][0].refers_to)) is not None}
    named = [name for name in found if is_view_block(name)]
    likely = [view for view, numbers in VIEWS.items() if any(name.startswith(numbers.prefix) for name in named)]
    shown = Presentation(
        ("step", *likely),
        _is_turned(network, found),
        _steps(workbook, found),
        _step_size(workbook, found.get(STEP_SIZE_NAME)),
    )
    there = [view for view in likely if _is_there(view_blocks(network, replace(shown, views=("step", view))), found)]
    return replace(shown, views=("step", *there))


def _is_there(blocks: Mapping[str, Block], found: Mapping[str, Area]) -> bool:
    return 2 * sum(name.casefold() in found for name in blocks) >= len(blocks)


def _is_turned(network: Network, found: Mapping[str, Area]) -> bool:
    """Whether more of the step's blocks stand transposed than as their names define them; square ones tell nothing."""
    shapes = [(block.shape, found[name].shape) for block in network.blocks.values()
              if (name := block.name.casefold()) in found and block.rows != block.columns]  # fmt: skip
    return sum(shape[::-1] == there for shape, there in shapes) > sum(shape == there for shape, there in shapes)


def _steps(workbook: Workbook, found: Mapping[str, Area]) -> int:
    """How many steps Training goes on: most of its blocks have a row for each and one for the start."""
    names = [name for name in found if name.startswith(VIEWS["training"].prefix)]
    heights = Counter(rows for name in names if (rows := found[name].shape[0]) > 1)
    if not heights:
        return STEPS
    most = max(heights, key=lambda rows: (heights[rows], STEPS_NAME in found and rows == found[STEPS_NAME].shape[0]))
    area = next(found[name] for name in names if found[name].shape[0] == most)
    return min(max(most - untouched_rows(workbook, area) - 1, 1), MOST_STEPS)


def _step_size(workbook: Workbook, area: Area | None) -> float:
    """h as it stands on the sheet, where it is one with which slopes have digits left: rounding takes 1e-16/h of them."""
    sheet = None if area is None or area.sheet is None else workbook.sheet(area.sheet)
    if sheet is None or area is None or (area.top, area.left) not in sheet.cells:
        return STEP_SIZE
    value = sheet.cells[area.top, area.left].value
    return value if isinstance(value, float) and LEAST_STEP_SIZE <= value < 1 else STEP_SIZE


def is_view_block(name: str) -> bool:
    """Whether a block belongs to a view beyond Step."""
    return name.startswith(_PREFIXES)


def prefix_of(name: str) -> str:
    """How the names of all blocks of a view block's view begin; empty for blocks of the step."""
    return next((prefix for prefix in _PREFIXES if name.startswith(prefix)), "")


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
