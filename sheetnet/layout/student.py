"""A student's copy of Step: answer cells emptied and open, what is given locked, hints as notes. It computes nothing.

The copy holds `Read me`, `Step` and checks of the student's own cells, never a sheet that computes an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sheetnet.errors import NetworkError
from sheetnet.formulas import LEVELS, hint, kind_of_block
from sheetnet.layout.grid import Grid, Numbers
from sheetnet.layout.hidden import hidden_sheet
from sheetnet.layout.readme import student_readme
from sheetnet.layout.step import step_grid, step_sheet
from sheetnet.layout.step_looks import SYMBOL_ABOVE
from sheetnet.layout.student_check import check_sheet
from sheetnet.layout.views.scene import Scene
from sheetnet.network import Network
from sheetnet.presentation import Presentation
from sheetnet.workbook import Cell, Workbook


@dataclass(frozen=True)
class Exercise:
    """What a student is to fill in: block names (none: every calculation), and how much the notes tell."""

    blanks: tuple[str, ...] = ()
    hints: str = "equation"

    def __post_init__(self) -> None:
        if self.hints not in LEVELS:
            raise NetworkError(f"there are no hints {self.hints!r}: choose from {', '.join(LEVELS)}")


def blanks_named(network: Network, asked: Sequence[str]) -> tuple[str, ...]:
    """The answer blocks that quantities name: `delta_2` is one block, `delta` that of every layer.

    The forward pass with the new weights repeats the first one's formulas, so that z means both. None asked: every
    calculation, and so does "all"; the copies of A beside W are none, and follow what the student computes. Raises
    NetworkError for a quantity that the network does not have.
    """
    asked = () if "all" in asked else asked
    answers = [block.name for block in network.blocks.values() if block.kind == "answer" and not block.transposed]
    found: list[str] = []
    for word in asked:
        fitting = [name for name in answers if word in _spoken(name)]
        if not fitting:
            known = ", ".join(dict.fromkeys(_spoken(name)[0] for name in answers))
            raise NetworkError(f"--blank {word}: there is no such calculation: choose from {known}, or one of a layer")
        found += fitting
    return tuple(name for name in answers if name in found or not asked)


def _spoken(name: str) -> tuple[str, str, str]:
    """What people call a block: its kind in any layer, and it alone. `A_1` and `A_1_new` hold activations a_1."""
    kind, _ = kind_of_block(name)
    if kind == "W":
        return "W_new", name, name
    first = name.removesuffix("_new")
    return ("a" if kind == "A" else kind), first, first.replace("A_", "a_")


def student_workbook(
    network: Network, values: Mapping[str, Numbers], version: str, presentation: Presentation, exercise: Exercise
) -> Workbook:
    """The copy; formulas that are left have no cached values yet, since with the blanks they show other numbers."""
    grid = step_grid(network, values, presentation.column)
    blanks = exercise.blanks or blanks_named(network, ())
    for name in blanks:
        _empty(grid, network, name, exercise.hints)
    scene = Scene(network, presentation, {}, grid)
    falls = values["cost_new"][0][0] < values["cost"][0][0]
    sheets = (student_readme(scene, version), step_sheet(grid), check_sheet(scene, blanks, falls))
    locked = [replace(sheet, view=replace(sheet.view, locked=True)) for sheet in sheets]
    names = sorted(grid.names(), key=lambda name: name.name)
    return Workbook((*locked, hidden_sheet(network, blanks)), tuple(names))


def _empty(grid: Grid, network: Network, name: str, level: str) -> None:
    """Take the formulas of a block away, and the equation above it; leave the bias nodes and, as a note, the hint."""
    block = network.blocks[name]
    for r in range(block.rows):
        for c in range(block.columns):
            if not block.is_bias_node(r, c) or block.transposed:
                grid.cells[grid.position(name, r, c)] = Cell(None, role="answer")
    top, left = grid.corners[name]
    del grid.cells[top - SYMBOL_ABOVE + 1, left]
    if (words := hint(network, name, level, grid.turned)) is not None:
        grid.notes[top, left] = words
