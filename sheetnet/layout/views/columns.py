"""Tables of many columns: blocks side by side under a band, a symbol and a name for each column. It knows no maths.

A formula is a template with holes: `{0}` is the number of the cell's own row, `{1}` that of the row above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sheetnet.errors import NetworkError
from sheetnet.layout.grid import Grid, Numbers
from sheetnet.layout.views.scene import Scene
from sheetnet.network import Network
from sheetnet.syntax import cell_name, column_letters, quote_sheet
from sheetnet.workbook import Cell

HEADERS = 3  # rows: bands, symbols, names of columns
MOST_CHARACTERS = 8192  # of a formula; Excel's own limit
ROOM = 1024  # of these, for the holes of a template, which row numbers of several digits fill
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Group:
    """The columns of one block: its symbol, the name of each column, and how its cells look."""

    block: str
    symbol: str
    elements: Sequence[str]
    role: str


@dataclass
class Table:
    """A table on a grid whose three rows of headers begin at `top`; `lefts` is the first column of each block."""

    grid: Grid
    top: int
    lefts: dict[str, int] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The first row of numbers."""
        return self.top + HEADERS

    def section(self, words: str, groups: Sequence[Group], left: int) -> int:
        """Write the headers of groups side by side under a band of words; gives the first free column."""
        if words:
            self.grid.write(self.top, left, words, "band")
        for group in groups:
            self.lefts[group.block] = left
            for number, element in enumerate(group.elements):
                self.grid.cells[self.top + 1, left + number] = Cell(None if number else group.symbol, role="header")
                self.grid.write(self.top + 2, left + number, element, "header")
            left += len(group.elements)
        return left

    def cell(self, block: str, column: int, row: str = "{0}") -> str:
        """The cell of a block in the same row, as a template; `row` names another, `{1}` or `$7`."""
        return f"{column_letters(self.lefts[block] + column)}{row}"

    def span(self, block: str, first: int, last: int, row: str = "{0}") -> str:
        """The cells from column to column of a block in the same row."""
        return f"{self.cell(block, first, row)}:{self.cell(block, last, row)}"

    def fill(self, group: Group, values: Numbers, templates: Sequence[str | None]) -> None:
        """The cells of a block whose rows are alike; where the template is None stand constants, the bias nodes."""
        roles = ["bias_node" if template is None else group.role for template in templates]
        top, ready = self.first, [template and short_enough(template, self.grid.sheet) for template in templates]

        def formula(r: int, c: int) -> str | None:
            template = ready[c]
            return template and template.format(top + r, top + r - 1)

        self.grid.fill(group.block, values, formula, lambda _, c: roles[c], (top, self.lefts[group.block]))


def fixed(scene: Scene, block: str, row: int, column: int) -> str:
    """A cell of Step that stays the same wherever the formula is copied to: `Step!$B$7`."""
    place = cell_name(*scene.grid.position(block, row, column), absolute=True)
    return f"{quote_sheet(scene.grid.sheet)}!{place}"


def lowered(symbol: str, *indices: int) -> str:
    """A symbol with its index below, such as `z₁`."""
    return symbol + ",".join(str(index).translate(_LOWERED) for index in indices)


def arrows(fan_in: int, neurons: int) -> list[str]:
    """What the weights into a layer are called, by neuron, the bias last: `0→1` leads from node 0 to neuron 1."""
    return [f"{i if i < fan_in else 'b'}→{j}" for j in range(neurons) for i in range(fan_in + 1)]


def plus(terms: Sequence[str]) -> str:
    """A sum as a formula writes it."""
    return "".join(term if number == 0 or term.startswith("-") else f"+{term}" for number, term in enumerate(terms))


def mean(network: Network, terms: Sequence[str]) -> str:
    """The mean of the observations' terms, or their sum, as the network says."""
    if network.reduction == "mean" and len(terms) > 1:
        return f"({plus(terms)})/{len(terms)}"
    return plus(terms)


def short_enough(formula: str, sheet: str) -> str:
    """The formula itself; raises NetworkError where no spreadsheet takes one as long."""
    if len(formula) > MOST_CHARACTERS - ROOM:
        raise NetworkError(
            f"{sheet}: a formula would have {len(formula):,} characters, spreadsheets take {MOST_CHARACTERS:,}: "
            "leave this view out"
        )
    return formula
