"""What the lines of the sheet `Matrices` share: the orientation, the labels and the numbers. It knows no equations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheetnet.layout.grid import Grid, Numbers
from sheetnet.layout.views.line import Words, numbered
from sheetnet.layout.views.scene import Scene
from sheetnet.network import Network
from sheetnet.workbook import Place


@dataclass(frozen=True)
class Desk:
    """The scene and the sheet. A, W, z and a are asked for as rows; in column orientation they stand transposed."""

    scene: Scene
    grid: Grid

    @property
    def network(self) -> Network:
        """The network of the scene."""
        return self.scene.network

    @property
    def column(self) -> bool:
        """Whether the workbook is in column orientation."""
        return self.scene.presentation.column

    def values(self, block: str) -> Numbers:
        """The numbers of a block as it stands."""
        return self.scene.values[block]

    def turned_place(self, row: int, column: int) -> tuple[int, int]:
        """Where in its block, as that stands, the number (row, column) is found."""
        return (column, row) if self.column else (row, column)

    def cell(self, block: str, row: int, column: int) -> str:
        """The cell of a block's number (row, column)."""
        return self.grid.cell(block, *self.turned_place(row, column))

    def observation(self, block: str, n: int) -> str:
        """The range of one observation."""
        return self.grid.column(block, n) if self.column else self.grid.row(block, n)

    def stood(self, formula: Callable[[int, int], str | None]) -> Callable[[int, int], str | None]:
        """A formula by (row, column) as one by the place in the block as it stands."""
        return lambda r, c: formula(*self.turned_place(r, c))

    def stood_role(self, role: Callable[[int, int], str]) -> Callable[[int, int], str]:
        """The same for a look."""
        return lambda r, c: role(*self.turned_place(r, c))

    def words(
        self, symbol: str, equation: str, rows: list[str], columns: list[str], sign: str = "", source: str = ""
    ) -> Words:
        """The words around a block of which `rows` and `columns` are named as its name defines them."""
        heads = (columns, rows) if self.column else (rows, columns)
        return Words(symbol, equation, sign, *heads, self.on_step(source) if source else None)

    def on_step(self, block: str) -> Place:
        """Where a block stands on Step."""
        return self.scene.grid.sheet, *self.scene.grid.corners[block]

    def observations(self) -> list[str]:
        """The names of the observations; none where there is but one."""
        return numbered("n", self.network.observations) if self.network.observations > 1 else []

    def neurons(self, layer: int) -> list[str]:
        """The names of the neurons of a layer."""
        return numbered("j", self.network.sizes[layer])

    def nodes(self, layer: int) -> list[str]:
        """The names of the nodes of a layer, the bias node among them."""
        return numbered("i", self.network.sizes[layer], "bias")
