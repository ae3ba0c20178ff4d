"""What a view is laid out from: the network, the numbers of its blocks, and the places on `Step`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sheetnet.layout.grid import Grid, Numbers, Outside
from sheetnet.network import Network
from sheetnet.workbook import Name, Place, Sheet
from sheetnet.workbook_options import SHEETS, WorkbookOptions

Laid = tuple[Sheet, list[Name]]  # a finished sheet and the names of its blocks


@dataclass(frozen=True)
class ViewContext:
    """`values` maps every block, of Step and of all views, to its rows of numbers: the cached values of its cells."""

    network: Network
    presentation: WorkbookOptions
    values: Mapping[str, Numbers]
    grid: Grid  # of Step

    @property
    def step(self) -> Outside:
        """References to the cells of Step."""
        return Outside(self.grid)

    def shows(self, view: str) -> bool:
        """Whether the workbook has the view, so that others may lead to it."""
        return view in self.presentation.views

    def sheet(self, view: str, title: str, words: str) -> Grid:
        """An empty sheet for a view with its title, and a line that says what it shows."""
        grid = Grid(SHEETS[view])
        grid.write(1, 1, title, "title")
        grid.write(2, 1, words, "subtitle")
        return grid


@dataclass(frozen=True)
class ViewLayout:
    """A view while it is laid out: what it is laid out from, and the sheet that is written."""

    context: ViewContext
    grid: Grid

    @property
    def network(self) -> Network:
        """The network of the step."""
        return self.context.network

    def values(self, block: str) -> Numbers:
        """The numbers of a block as it stands."""
        return self.context.values[block]

    def on_step(self, block: str) -> Place:
        """Where a block stands on Step."""
        return self.context.grid.sheet, *self.context.grid.corners[block]
