"""The sheet `Pictures`: the inputs as pictures, what the network says of each, and its first weights as pictures.

    n = 0     n = 1     …        n   target   says   how sure   right | after the step: says   how sure   right
    ██▒▒██    ▒▒██▒▒             0        0      4        25%       0 |                 3        21%       0
    █▒▒▒▒█    ▒▒██▒▒
                                 score   cost
    first weights: each neuron j of layer 1

A pixel is a cell: its colour shows the number that it holds, of the inputs from 0 to 1, of the weights by their sign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheetnet.layout.grid import Grid
from sheetnet.layout.views.view_parts import Laid, ViewContext
from sheetnet.network import activation_name
from sheetnet.quantity import picture, q
from sheetnet.syntax import cell_name
from sheetnet.workbook import Rule, View
from sheetnet.workbook_options import pictured

PICTURES_TOP = 4  # the row of the first bands
PIXEL, GAP = 2.3, 2.0  # widths: a pixel is as wide as a row is high
PICTURE_COLUMNS = 46  # pixels side by side, gaps between pictures among them
SIGNS = ("D97A1E", "FFFFFF", "2F6DB5")  # of a picture's weight −m, 0 and m, its largest
INK = ("FFFFFF", "1F3864")  # the colours of an input of 0 and of 1
PICTURES_WORDS = "What the network sees, what it says before and after the step, and what its first neurons look for."
SAID_HEADS = ("n", "target", "says", "how sure", "right", "says′", "how sure′", "right′")
SAID_WIDTHS = (5.0, 7.0, 7.0, 9.0, 7.0, 7.0, 9.0, 7.0)


def pictures_sheet(context: ViewContext) -> Laid:
    """The finished sheet and the names of its blocks."""
    grid = context.sheet("pictures", f"Pictures: {context.network.title}", PICTURES_WORDS)
    page = _Gallery(context, grid)
    bottom = max(page.inputs(PICTURES_TOP), page.said(PICTURES_TOP))
    page.weights(bottom + 1)
    widths = {1: GAP, **dict.fromkeys(range(2, page.table), PIXEL)}
    widths |= {page.table + column: width for column, width in enumerate(SAID_WIDTHS)}
    view = View(widths=widths, freeze=(PICTURES_TOP, 1), title_rows=(1, 2), tab="7030A0")
    return grid.finished(view), grid.names()


@dataclass(frozen=True)
class _Gallery:
    """Writing the parts of the sheet."""

    context: ViewContext
    grid: Grid

    @property
    def image(self) -> tuple[int, int]:
        """Rows and columns of a picture."""
        assert self.context.network.image is not None
        return self.context.network.image

    @property
    def side_by_side(self) -> int:
        """How many pictures stand in a row."""
        return max(1, PICTURE_COLUMNS // (self.image[1] + 1))

    @property
    def table(self) -> int:
        """The first column of the table."""
        return 3 + self.side_by_side * (self.image[1] + 1)

    def inputs(self, top: int) -> int:
        """A picture for each observation, the first few; gives the first free row."""
        shown, _ = pictured(self.context.network)
        self.grid.write(top, 2, "The inputs", "band")
        names = [picture("x", None, n) for n in range(shown)]

        def formula(n: int) -> Callable[[int, int], str]:
            return lambda r, c: self.context.step.cell("A_0", n, r * self.image[1] + c)

        bottom = self._gallery(top + 1, names, [f"n = {n}" for n in range(shown)], formula)
        for name in names:
            self.grid.rules.append(Rule(self.grid.box(name), scale=INK))
        return bottom

    def weights(self, top: int) -> None:
        """A picture for each neuron of the first layer, the first few: blue where w > 0, orange where w < 0."""
        _, shown = pictured(self.context.network)
        self.grid.write(
            top,
            2,
            "The weights of layer 1: blue is above 0, orange below, and the deeper the larger in its picture",
            "band",
        )
        names = [picture("w", 1, index=j) for j in range(shown)]

        def formula(j: int) -> Callable[[int, int], str]:
            return lambda r, c: self.context.step.cell(q("W", 1), r * self.image[1] + c, j)

        self._gallery(top + 1, names, [f"j = {j}" for j in range(shown)], formula)
        for name in names:
            self.grid.rules.append(Rule(self.grid.box(name), scale=SIGNS))

    def said(self, top: int) -> int:
        """The table of what the network says, the score and the cost; gives the first free row."""
        grid, network, left = self.grid, self.context.network, self.table
        grid.write(top, left, "What the network says, before and after (′) the step", "band")
        for column, head in enumerate(SAID_HEADS):
            grid.write(top + 1, left + column, head, "header")
        first, count = top + 2, network.observations
        for n in range(count):
            grid.write(first + n, left, str(n), "name")
        self._said(first, left + 1, new=False)
        self._said(first, left + 5, new=True)
        row = first + count + 1
        score = [grid.column(picture("right", new=new), 0) for new in (False, True)]
        grid.write(row, left, f"right, of {count}", "symbol")
        self._pair(picture("score"), [f"SUM({cells})" for cells in score], "whole", row)
        grid.write(row + 1, left, "cost C", "symbol")
        costs = [self.context.step.cell(q("cost", new=new), 0, 0) for new in (False, True)]
        self._pair(picture("cost"), costs, "cost", row + 1)
        for number, label in enumerate(("before", "after")):
            grid.write(row - 1, left + 3 + number, label, "index")
        return row + 3

    def _said(self, top: int, left: int, new: bool) -> None:
        """What is largest among the outputs of each observation, how large it is, and whether it is what it should be."""
        grid, network, step = self.grid, self.context.network, self.context.step
        outputs, single = activation_name(network.depth, network.depth, new), network.sizes[-1] == 1
        target, says, sure, right = (picture(symbol, new=new) for symbol in ("target", "says", "sure", "right"))

        def largest(block: str, n: int) -> str:
            if single:
                return f"IF({step.cell(block, n, 0)}>=0.5,1,0)"
            row = step.row(block, n)
            return f"MATCH(MAX({row}),{row},0)-1"

        def how_sure(n: int) -> str:
            if not single:
                return f"MAX({step.row(outputs, n)})"
            cell = step.cell(outputs, n, 0)
            return f"IF({cell}>=0.5,{cell},1-{cell})"

        if not new:
            self._column(target, lambda n: largest("target", n), "wanted", (top, left))
        wanted, left = picture("target"), left + (not new)
        self._column(says, lambda n: largest(outputs, n), "said", (top, left))
        self._column(sure, how_sure, "sure", (top, left + 1))
        self._column(
            right, lambda n: f"IF({grid.cell(says, n, 0)}={grid.cell(wanted, n, 0)},1,0)", "count", (top, left + 2)
        )
        box = grid.box(right)
        first = cell_name(*box[:2])
        grid.rules += [Rule(box, f"{first}=1", "pass"), Rule(box, f"{first}=0", "fail")]

    def _column(self, block: str, formula: Callable[[int], str], role: str, at: tuple[int, int]) -> None:
        self.grid.fill(block, self.context.values[block], lambda n, _: formula(n), role, at)

    def _pair(self, block: str, formulas: list[str], role: str, row: int) -> None:
        """A number before the step and one after it."""
        at = (row, self.table + 3)
        self.grid.fill(block, self.context.values[block], lambda _, c: formulas[c], role, at)

    def _gallery(
        self, top: int, names: list[str], titles: list[str], formula: Callable[[int], Callable[[int, int], str]]
    ) -> int:
        """Pictures in rows, each under its title; gives the first free row."""
        height, width = self.image
        for number, (name, title) in enumerate(zip(names, titles, strict=True)):
            line, place = divmod(number, self.side_by_side)
            row, column = top + line * (height + 2), 2 + place * (width + 1)
            self.grid.write(row, column, title, "caption")
            self.grid.fill(name, self.context.values[name], formula(number), "pixel", (row + 1, column))
        return top + -(-len(names) // self.side_by_side) * (height + 2)
