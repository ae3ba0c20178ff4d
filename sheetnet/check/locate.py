"""Where the quantities stand in a workbook that sheetnet wrote: the blocks by their defined names.

Names, not positions, so inserted rows and renamed sheets do no harm. What the names say is a claim: every block must
be there once, at its full shape, and on cells of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sheetnet.check.views import is_view_block, presentation_of, shape_of, view_blocks
from sheetnet.network import Block, Network
from sheetnet.presentation import Presentation
from sheetnet.syntax import Area, area_name, parse_area
from sheetnet.workbook import Name, Place, Workbook


@dataclass(frozen=True)
class Problem:
    """A block that cannot be judged: `verdict` is "missing" or "error", `message` one sentence."""

    block: str
    verdict: str
    message: str


@dataclass(frozen=True)
class Located:
    """The blocks found, each with its area, and the problems of the others.

    `blocks` are all that were looked for: those of the step and those of the views that the workbook has, which
    `presentation` tells. Where that is in column orientation, the blocks of the step stand transposed.
    """

    areas: Mapping[str, Area]
    problems: tuple[Problem, ...]
    blocks: Mapping[str, Block]
    presentation: Presentation

    def place(self, block: str, row: int, column: int) -> Place:
        """The cell of a block at (row, column), from 0."""
        area = self.areas[block]
        assert area.sheet is not None  # `locate` keeps only areas on a sheet
        if self.turned(block):
            row, column = column, row
        return area.sheet, area.top + row, area.left + column

    def turned(self, block: str) -> bool:
        """Whether a block stands transposed: those of the step do in column orientation, those of views never."""
        return self.presentation.column and not is_view_block(block)

    def index(self, block: str, place: Place) -> tuple[int, int] | None:
        """The (row, column) in a block of the cell at a place, from 0; None where it stands elsewhere."""
        area = self.areas[block]
        sheet, row, column = place
        if area.sheet != sheet or not (area.top <= row <= area.bottom and area.left <= column <= area.right):
            return None
        row, column = row - area.top, column - area.left
        return (column, row) if self.turned(block) else (row, column)


def locate(workbook: Workbook, network: Network) -> Located:
    """Find every block the network implies, and those of the views that the workbook has."""
    claims: dict[str, list[Name]] = {}
    for name in workbook.names:
        claims.setdefault(name.name.casefold(), []).append(name)
    presentation = presentation_of(workbook, network, claims)
    blocks = {**network.blocks, **view_blocks(network, presentation)}
    areas: dict[str, Area] = {}
    problems: list[Problem] = []
    for block in blocks.values():
        turned = presentation.column and not is_view_block(block.name)
        found = _area(workbook, block, claims.get(block.name.casefold(), []), turned)
        if isinstance(found, Area):
            areas[block.name] = found
        elif found is not None:
            problems.append(found)
    for first, second in _overlaps(areas):
        where = area_name(areas[second], absolute=False)
        problems.append(Problem(second, "error", f"the names {first} and {second} share cells at {where}"))
    return Located(areas, tuple(problems), blocks, presentation)


def _area(workbook: Workbook, block: Block, claims: list[Name], turned: bool) -> Area | Problem | None:
    """The area of a block; None where a block that may be left out is."""
    if len(claims) > 1:
        places = ", ".join(claim.refers_to for claim in claims)
        return Problem(block.name, "error", f"the name {block.name} is defined {len(claims)} times: {places}")
    missing = Problem if block.required else _no_problem
    expected = block.shape[::-1] if turned else block.shape
    wanted = f"{expected[0]} × {expected[1]}"
    if not claims:
        return missing(block.name, "missing", f"no cells are named {block.name}, which the network implies ({wanted})")
    area = parse_area(claims[0].refers_to)
    sheet = None if area is None or area.sheet is None else workbook.sheet(area.sheet)
    if area is None or sheet is None:
        return missing(
            block.name, "missing", f"the name {block.name} refers to {claims[0].refers_to}, which is no range"
        )
    shape = shape_of(area)
    if shape != expected:
        found = f"{shape[0]} × {shape[1]}"
        return missing(block.name, "missing", f"the cells named {block.name} are {found}, expected {wanted}")
    return Area(sheet.name, area.top, area.left, area.bottom, area.right)


def _no_problem(*_: str) -> None:
    """An intermediate block may be left out: what it held is judged by what follows from it."""


def _overlaps(areas: Mapping[str, Area]) -> Iterator[tuple[str, str]]:
    """Pairs of blocks that claim the same cell, the later one second."""
    found = list(areas.items())
    for number, (second, b) in enumerate(found):
        for first, a in found[:number]:
            apart = a.right < b.left or b.right < a.left or a.bottom < b.top or b.bottom < a.top
            if a.sheet == b.sheet and not apart:
                yield first, second
