"""Locates the quantities in a workbook that sheetnet wrote, by their defined names.

Names, not positions, so inserted rows and renamed sheets do no harm. What the names say is a claim: every block must
be there once, at its full shape, and on cells of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sheetnet.formulas import symbol_of
from sheetnet.network import Block, Network
from sheetnet.predictor import blocks_on_sheets
from sheetnet.syntax import Area, column_letters
from sheetnet.syntax.references import listed
from sheetnet.validation.defined_names import (
    Chosen,
    Lines,
    Problem,
    area_of,
    choose_names,
    empty_inputs,
    is_view_block,
    lines_of,
    presentation_of,
    sharing,
    view_blocks,
)
from sheetnet.verdict import Verdict
from sheetnet.workbook import Name, Place, Workbook
from sheetnet.workbook_options import SHEETS, WorkbookOptions

EVERYTHING = "all quantities"  # what is missing where no block of the step is found
SHORT_REFERENCE = 60  # characters of what a name refers to that are told with every cell that depends on it
IDENTIFY = "`sheetnet identify FILE --network NETWORK` finds out what the formulas compute without them"


@dataclass(frozen=True)
class Located:
    """The blocks found, each with its area, and the problems of the others.

    `blocks` are all that were looked for: those of the step and those of the views that the workbook has, which
    `presentation` tells. Where that is in column orientation, the blocks of the step stand transposed. `lines` are the
    rows and columns of the blocks inside which lines were inserted. `lost` are the blocks that somebody took away or
    damaged, each with what became of it; `copies` the sheets with names of their own that do not count, each with the one
    that is judged instead; `notes` what a reader should know.
    """

    areas: Mapping[str, Area]
    problems: tuple[Problem, ...]
    blocks: Mapping[str, Block]
    presentation: WorkbookOptions
    lines: Mapping[str, Lines] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def without_step(self) -> bool:
        """Whether no names lead to the step, so that there are only views to judge, if anything."""
        return any(problem.block == EVERYTHING for problem in self.problems)

    def place(self, block: str, row: int, column: int) -> Place:
        """The cell of a block at (row, column), from 0."""
        area = self.areas[block]
        assert area.sheet is not None  # `locate` keeps only areas on a sheet
        if self.turned(block):
            row, column = column, row
        if block not in self.lines:
            return area.sheet, area.top + row, area.left + column
        rows, columns = self.lines[block]
        return area.sheet, rows[row], columns[column]

    def lines_of(self, block: str) -> Lines:
        """The rows and the columns of the sheet on which a block's cells stand."""
        if block in self.lines:
            return self.lines[block]
        area = self.areas[block]
        return range(area.top, area.bottom + 1), range(area.left, area.right + 1)

    def turned(self, block: str) -> bool:
        """Whether a block stands transposed: those of the step do in column orientation, those of views never."""
        return self.presentation.column and not is_view_block(block)

    def index(self, block: str, place: Place) -> tuple[int, int] | None:
        """The (row, column) in a block of the cell at a place, from 0; None where it stands elsewhere."""
        sheet, row, column = place
        rows, columns = self.lines_of(block)
        if self.areas[block].sheet != sheet or row not in rows or column not in columns:
            return None
        row, column = rows.index(row), columns.index(column)
        return (column, row) if self.turned(block) else (row, column)


def locate(workbook: Workbook, network: Network) -> Located:
    """Find every block the network implies, and those of the views that the workbook has."""
    chosen = choose_names(workbook, network)
    presentation = presentation_of(workbook, network, chosen.claims)
    blocks = {**blocks_on_sheets(network), **view_blocks(network, presentation)}
    areas: dict[str, Area] = {}
    lines: dict[str, Lines] = {}
    problems: list[Problem] = []
    for block in blocks.values():
        turned = presentation.column and not is_view_block(block.name)
        found = _found(workbook, block, chosen.claims.get(block.name.casefold(), []), turned)
        if isinstance(found, Problem):
            problems.append(found)
        elif found is not None:
            areas[block.name], kept = found
            lines |= {} if kept is None else {block.name: kept}
    lost = {problem.block: problem.reason for problem in problems if problem.reason}
    for problem in (*empty_inputs(workbook, blocks, areas), *sharing(workbook, blocks, areas)):
        problems.append(problem)
        lost |= {problem.block: problem.reason} if problem.reason else {}
    areas = {name: area for name, area in areas.items() if name not in lost}
    lines = {name: kept for name, kept in lines.items() if name in areas}
    told = tuple(_summed_up(workbook, chosen, [each for each in problems if each.verdict]))
    optional = [each.reason for each in problems if not each.verdict and EVERYTHING not in (one.block for one in told)]
    notes = (*_scoped(chosen), *_passed_over(areas, lines), *(f"{reason}: it was not judged" for reason in optional))
    return Located(areas, told, blocks, presentation, lines, lost, chosen.copies, notes)


def _found(
    workbook: Workbook, block: Block, claims: list[Name], turned: bool
) -> tuple[Area, Lines | None] | Problem | None:
    """The area of a block, with its rows and columns where lines were inserted; None where one that may be is left out."""
    name, verdict = block.name, Verdict.MISSING if block.required else None
    if len(claims) > 1:
        places = ", ".join(claim.refers_to for claim in claims)
        message = f"the name {name} is defined {len(claims)} times: {places}"
        return Problem(name, Verdict.ERROR, message, f"{name} cannot be told (its name is defined {len(claims)} times)")
    expected = block.shape[::-1] if turned else block.shape
    wanted = f"{expected[0]} × {expected[1]}"
    if not claims:
        if not block.required:
            return None
        message = f"no cells are named {name}, which the network implies ({wanted})"
        return Problem(name, verdict, message, f"{name} is gone (no cells have this name)")
    refers_to = claims[0].refers_to
    area = area_of(workbook, refers_to)
    if area is None:
        message = f"the name {name} refers to {refers_to}, which is no range"
        return Problem(name, verdict, message, f"{name} is gone (its name refers to {_short(refers_to)})")
    shape = area.shape
    if shape == expected:
        return area, None
    sheet = workbook.sheet(area.sheet or "")
    kept = None if sheet is None else lines_of(sheet, area, expected)
    if kept is not None:
        return area, kept
    found = f"{shape[0]} × {shape[1]}, expected {wanted}"
    return Problem(
        name, verdict, f"the cells named {name} are {found}", f"{name} has another shape (its cells are {found})"
    )


def _scoped(chosen: Chosen) -> Iterator[str]:
    for sheet in chosen.scoped:
        yield f"{sheet} was judged by the names that belong to this sheet, for the workbook's own lead to no cells"


def _short(refers_to: str) -> str:
    return refers_to if len(refers_to) <= SHORT_REFERENCE else refers_to[: SHORT_REFERENCE - 1] + "…"


def _passed_over(areas: Mapping[str, Area], lines: Mapping[str, Lines]) -> Iterator[str]:
    """Notes on the blank lines inside blocks, one per line of the sheet."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, (rows, columns) in lines.items():
        area = areas[name]
        for row in sorted(set(range(area.top, area.bottom + 1)) - set(rows)):
            found[area.sheet or "", f"row {row}"].append(name)
        for column in sorted(set(range(area.left, area.right + 1)) - set(columns)):
            found[area.sheet or "", f"column {column_letters(column)}"].append(name)
    for (sheet, line), names in found.items():
        yield f"{line} of {sheet} is blank inside {listed([symbol_of(name) for name in names])}: it was passed over"


def _summed_up(workbook: Workbook, chosen: Chosen, problems: list[Problem]) -> Iterator[Problem]:
    """The problems; one instead of all where the step has no names that lead anywhere, or two sets of them."""
    for view, sheets in chosen.rivals.items():
        which = " and ".join(sheets)
        message = f"{which} have names of their own and the workbook has none: delete the sheets that are not meant"
        yield Problem(EVERYTHING if view == "step" else f"the sheet {SHEETS[view]}", Verdict.ERROR, message)
    names = [names[0] for key, names in chosen.claims.items() if not is_view_block(key)]
    if any(area_of(workbook, name.refers_to) is not None for name in names):
        yield from problems
        return
    yield from (each for each in problems if is_view_block(each.block))
    if "step" not in chosen.rivals:
        what = "lead to no cells any more" if names else "are gone, as Apple Numbers leaves them out"
        yield Problem(EVERYTHING, Verdict.MISSING, f"the names by which the cells are found {what}: {IDENTIFY}")
