"""The parts of views: what each is laid out from, and blocks side by side, as tables under headings or as an equation.

A formula is a template with holes: `{0}` is the number of the cell's own row, `{1}` that of the row above.

A⁽⁰⁾ (1×3)    ·  W⁽¹⁾ (3×2)    =  z⁽¹⁾ (1×2)      symbols and signs
[x, 1]           from Step        A⁽⁰⁾ W⁽¹⁾       equations
                 j = 0   j = 1                    what the columns are
0.1  0.9  1      0.3     0.4      0.5   0.6       the numbers, what the rows are to their left
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from sheetnet.errors import NetworkError
from sheetnet.formulas import decay
from sheetnet.layout.grid import Grid, Numbers, Outside
from sheetnet.network import Network
from sheetnet.syntax import cell_name, column_letters, quote_sheet
from sheetnet.syntax.references import FORMULA_CHARACTERS
from sheetnet.workbook import Cell, Name, Place, Position, Rule, Sheet
from sheetnet.workbook_options import SHEETS, WorkbookOptions, left_out

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
        return view in self.presentation.views and view not in left_out(self.network)

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


HEADER_ROWS = 3  # rows: bands, symbols, names of columns
ROOM = 1024  # of these, for the holes of a template, which row numbers of several digits fill


@dataclass(frozen=True)
class ColumnGroup:
    """The columns of one block: its symbol, the name of each column, and how its cells look."""

    block: str
    symbol: str
    elements: Sequence[str]
    role: str


@dataclass
class ColumnTable:
    """A table on a grid whose three rows of headers begin at `top`; `lefts` is the first column of each block."""

    grid: Grid
    top: int
    lefts: dict[str, int] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The first row of numbers."""
        return self.top + HEADER_ROWS

    def section(self, words: str, groups: Sequence[ColumnGroup], left: int) -> int:
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

    def fill(self, group: ColumnGroup, values: Numbers, templates: Sequence[str | None]) -> None:
        """The cells of a block whose rows are alike; where the template is None stand constants, the bias nodes."""
        roles = ["bias_node" if template is None else group.role for template in templates]
        top, ready = self.first, [template and short_enough(template, self.grid.sheet) for template in templates]

        def formula(r: int, c: int) -> str | None:
            template = ready[c]
            return template and template.format(top + r, top + r - 1)

        self.grid.fill(group.block, values, formula, lambda _, c: roles[c], (top, self.lefts[group.block]))


def fixed(context: ViewContext, block: str, row: int, column: int) -> str:
    """A cell of Step that stays the same wherever the formula is copied to: `Step!$B$7`."""
    place = cell_name(*context.grid.position(block, row, column), absolute=True)
    return f"{quote_sheet(context.grid.sheet)}!{place}"


def lowered(symbol: str, *indices: int) -> str:
    """A symbol with its index below, such as `z₁`."""
    return symbol + ",".join(map(subscript, indices))


def arrows(network: Network, layer: int) -> list[str]:
    """What the weights into a layer are called, by neuron, the bias last: `0→1` leads from node 0 to neuron 1."""
    fan_in, nodes = network.sizes[layer - 1], network.nodes(layer - 1)
    return [f"{i if i < fan_in else 'b'}→{j}" for j in range(network.sizes[layer]) for i in range(nodes)]


def plus(terms: Sequence[str]) -> str:
    """A sum as a formula writes it."""
    return "".join(term if number == 0 or term.startswith("-") else f"+{term}" for number, term in enumerate(terms))


def mean(network: Network, terms: Sequence[str]) -> str:
    """The mean of the observations' terms, of all their outputs', or the sum, as the network says."""
    return f"({plus(terms)})/{network.divisor}" if network.divisor > 1 else plus(terms)


def penalised(context: ViewContext, layer: int, i: int, weight: str) -> str:
    """What the penalty adds to ∂C/∂w of row i of a layer, with λ of Step and w of the cell `weight`."""
    network = context.network
    return "" if network.l2 is None else decay(network, layer, i, fixed(context, "l2_factor", 0, 0), weight)


def reduced_words(network: Network) -> str:
    """What is taken over the observations."""
    return "sum" if network.reduction == "sum" else "mean"


def short_enough(formula: str, sheet: str) -> str:
    """The formula itself; raises NetworkError where no spreadsheet takes one as long."""
    if len(formula) > FORMULA_CHARACTERS - ROOM:
        raise NetworkError(
            f"a formula would have {len(formula):,} characters, spreadsheets take {FORMULA_CHARACTERS:,}",
            place=sheet,
            remedy="leave this view out",
        )
    return formula


AGREES, DIFFERS = "agrees", "differs"  # the words of every light
NUMBERS_BELOW = 3  # rows from the symbols down to the numbers
COLUMN_CHARACTERS = 9.5  # characters of text that fit into a column
LIGHT_TOLERANCE_SQUARED = "1E-18"  # the square of the tolerance of a light, 1e-9 of what is compared
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
Pieces = Mapping[tuple[int, int], tuple[tuple[int, int], str]]  # where in a block → the shape and text of an array


def layer_sign(layer: int) -> str:
    """⁽¹⁾, as the symbols of a layer carry it."""
    return f"⁽{str(layer).translate(_SUPERSCRIPT)}⁾"


def subscript(index: int) -> str:
    """₁, as the index of a number is written."""
    return str(index).translate(_SUBSCRIPT)


def node_labels(network: Network, layer: int) -> list[str]:
    """`i = 0`, `i = 1`, … for the nodes of a layer that lead to the next, the bias node among them."""
    return numbered("i", network.sizes[layer], "bias" if network.has_bias(layer + 1) else None)


def numbered(letter: str, count: int, last: str | None = None) -> list[str]:
    """`j = 0`, `j = 1`, …; `last` names one more."""
    return [*(f"{letter} = {number}" for number in range(count)), *([] if last is None else [last])]


@dataclass(frozen=True)
class Words:
    """What stands around a block: `sign` before it, `rows` and `columns` say what these are, `source` is its link."""

    symbol: str
    equation: str
    sign: str = ""
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    source: Place | None = None


@dataclass
class EquationLine:
    """Blocks from left to right; `right` is the first free column, `bottom` the first free row after a gap."""

    grid: Grid
    top: int
    right: int = 1
    bottom: int = 0

    def block(
        self,
        name: str,
        values: Numbers,
        formula: Callable[[int, int], str | None],
        role: str | Callable[[int, int], str],
        words: Words,
        typed: bool = False,
    ) -> None:
        """A block, cell by cell; see Grid.fill."""
        at = self._head(len(values), len(values[0]), words)
        self.grid.fill(name, values, formula, role, at, typed)

    def constants(self, name: str, values: Numbers, role: str | Callable[[int, int], str], words: Words) -> None:
        """A block of numbers that no formula gives."""
        self.block(name, values, lambda r, c: None, role, words)

    def arrays(
        self,
        name: str,
        values: Numbers,
        pieces: Pieces,
        role: str | Callable[[int, int], str],
        words: Words,
        typed: bool = False,
    ) -> None:
        """A block that array formulas fill, each with its first cell at a key of `pieces`."""
        self.block(name, values, lambda r, c: pieces[r, c][1] if (r, c) in pieces else None, role, words, typed)
        for (r, c), (shape, _) in pieces.items():
            self.grid.arrays[self.grid.position(name, r, c)] = shape

    def array(self, name: str, values: Numbers, formula: str, role: str, words: Words, typed: bool = False) -> None:
        """A block that one array formula fills; `typed` shows numbers that it only copies as they were typed."""
        self.arrays(name, values, {(0, 0): ((len(values), len(values[0])), formula)}, role, words, typed)

    def light(self, first: str, second: str, words: Words) -> None:
        """Whether two ranges of one shape hold the same numbers."""
        same = f"SUMXMY2({first},{second})<={LIGHT_TOLERANCE_SQUARED}*(1+SUMPRODUCT({first},{first}))"
        self.judged(same, (AGREES, DIFFERS), words)

    def near(self, exact: str, quotients: str, h: str) -> None:
        """Whether quotients of central differences are what they should be, within twice the h² of their own error."""
        room = f"4*{h}*{h}*{h}*{h}*(1+SUMPRODUCT({exact},{exact}))"
        self.judged(f"SUMXMY2({exact},{quotients})<={room}", (AGREES, DIFFERS), Words("Agrees?", "within 2h²"))

    def judged(self, condition: str, answers: tuple[str, str], words: Words) -> None:
        """A light: the first of the answers, in green, where the condition holds, else the second, in red."""
        at = self._head(1, 1, words, shape="")
        place_light(self.grid, at, condition, answers)

    def _head(self, rows: int, columns: int, words: Words, shape: str | None = None) -> Position:
        """The words around a block; gives the place of its first number."""
        grid, top, left = self.grid, self.top, self.right + 1
        symbol = f"{words.symbol} {f'({rows}×{columns})' if shape is None else shape}".rstrip()
        if words.sign:
            grid.write(top, self.right, words.sign, "sign")
        grid.write(top, left, symbol, "symbol")
        grid.write(top + 1, left, words.equation, "equation")
        for number, text in enumerate(words.columns):
            grid.write(top + 2, left + number, text, "index")
        for number, text in enumerate(words.rows):
            if text:
                grid.write(top + NUMBERS_BELOW + number, self.right, text, "label")
        if words.source is not None:
            grid.links[top, left] = words.source
        self.right = left + max(columns, ceil(max(len(symbol), len(words.equation)) / COLUMN_CHARACTERS))
        self.bottom = max(self.bottom, top + NUMBERS_BELOW + rows + 1)
        return top + NUMBERS_BELOW, left


def place_light(grid: Grid, at: Position, condition: str, answers: tuple[str, str]) -> None:
    """A cell that says the first of the answers, in green, where the condition holds, else the second, in red."""
    right, wrong = answers
    grid.calculate(*at, f'IF({condition},"{right}","{wrong}")', right, "light")
    cell = cell_name(*at)
    grid.rules.append(Rule((*at, *at), formula=f'{cell}="{right}"', role="pass"))
    grid.rules.append(Rule((*at, *at), formula=f'{cell}<>"{right}"', role="fail"))


def pale_zeros(grid: Grid, block: str) -> None:
    """The zeros that a block computes look as zeros that stand there do, so that what is not zero catches the eye."""
    grid.rules.append(Rule(grid.box(block), formula=f"{grid.cell(block, 0, 0)}=0", role="zero"))


def grey_dead(grid: Grid, off: float | None, z: str, names: Sequence[str]) -> None:
    """A unit with z ≤ `off` gives 0 and passes nothing back: blocks of the shape of `z`, or longer, turn grey there."""
    if off is None:
        return
    rows, columns = grid.shapes[z]
    for name in names:
        box = (*grid.corners[name], *grid.position(name, rows - 1, columns - 1))
        grid.rules.append(Rule(box, formula=f"{grid.cell(z, 0, 0)}<={off:.15g}", role="dead"))


@dataclass(frozen=True)
class TableLayout:
    """A table while it is laid out: what its view is laid out from, and the table."""

    context: ViewContext
    table: ColumnTable

    @property
    def network(self) -> Network:
        """The network of the step."""
        return self.context.network

    @property
    def layers(self) -> range:
        """1 … L."""
        return range(1, self.network.depth + 1)
