"""Tells the answers that a student was asked for from the cells that were given.

The teacher's list counts where there is one, then what the copy itself says; a workbook that says nothing has no givens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sheetnet.errors import FileError
from sheetnet.layout import blanks_named
from sheetnet.layout.record import carried
from sheetnet.network import Network
from sheetnet.validation.names import is_view_block
from sheetnet.validation.report import CellVerdict
from sheetnet.workbook import Workbook

NONE_KNOWN = "the copy asks for nothing that the network has: all its calculations count as answers"


def blocks_asked(
    workbook: Workbook, network: Network, teachers: Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The blocks that were asked for (none: everything counts), and notes for whoever reads the report.

    `teachers` are quantities as `generate --blank` takes them. Raises `NetworkError` for one that there is not.
    """
    claimed = _claimed(workbook)
    known = tuple(name for name in network.blocks if name in claimed)
    if teachers is not None:
        asked = blanks_named(network, teachers)
        differs = claimed and set(asked) != set(known)
        return asked, ("the copy says that other cells were asked for; the list given counts",) if differs else ()
    return known, (NONE_KNOWN,) if claimed and not known else ()


def with_givens(cells: Iterable[CellVerdict], network: Network, asked: Sequence[str]) -> tuple[CellVerdict, ...]:
    """The verdicts, those of cells that were not asked for marked as givens: the bias nodes inside a block among them.

    What no quantity is known of, in a layout of the student's own, may be an answer and counts as one.
    """
    if not asked:
        return tuple(cells)
    cells_asked = {_quantity(name) for name in asked}
    asked_as_a_whole = {*asked, *cells_asked}  # what is missing, under either name
    known = {*network.blocks, *map(_quantity, network.blocks)}

    def given(cell: CellVerdict) -> bool:
        counted = asked_as_a_whole if cell.index is None else cells_asked
        return cell.quantity not in counted and (cell.quantity in known or is_view_block(cell.quantity))

    return tuple(replace(cell, answer=False) if given(cell) else cell for cell in cells)


def _quantity(block: str) -> str:
    """What the cells of a block are called that a student fills in: those of `A_1` are a_1, beside the bias node."""
    return "a" + block[1:] if block.startswith("A_") and not block.endswith("_T") else block


def _claimed(workbook: Workbook) -> tuple[str, ...]:
    try:
        return carried(workbook, "").blanks
    except FileError:
        return ()
