"""Blocks side by side with signs between them, as an equation stands in a textbook. It knows positions, no maths.

A⁽⁰⁾  1×3     ·  W⁽¹⁾  3×2     =  z⁽¹⁾  1×2       symbols and signs
[x, 1]           from Step        A⁽⁰⁾ W⁽¹⁾       equations
                 j = 0   j = 1                    what the columns are
0.1  0.9  1      0.3     0.4      0.5   0.6       the numbers, what the rows are to their left
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from sheetnet.layout.grid import Grid, Numbers
from sheetnet.syntax import cell_name
from sheetnet.workbook import Place, Position, Rule

NUMBERS_BELOW = 3  # rows from the symbols down to the numbers
COLUMN = 9.5  # characters of text that fit into a column
CLOSE = "1E-18"  # the square of the tolerance of a light, 1e-9 of what is compared
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
Pieces = Mapping[tuple[int, int], tuple[tuple[int, int], str]]  # where in a block → the shape and text of an array


def layer_sign(layer: int) -> str:
    """⁽¹⁾, as the symbols of a layer carry it."""
    return f"⁽{str(layer).translate(_SUPERSCRIPT)}⁾"


def subscript(index: int) -> str:
    """₁, as the index of a number is written."""
    return str(index).translate(_SUBSCRIPT)


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
class Line:
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
    ) -> None:
        """A block, cell by cell; see Grid.fill."""
        at = self._head(len(values), len(values[0]), words)
        self.grid.fill(name, values, formula, role, at)

    def constants(self, name: str, values: Numbers, role: str | Callable[[int, int], str], words: Words) -> None:
        """A block of numbers that no formula gives."""
        self.block(name, values, lambda r, c: None, role, words)

    def arrays(
        self, name: str, values: Numbers, pieces: Pieces, role: str | Callable[[int, int], str], words: Words
    ) -> None:
        """A block that array formulas fill, each with its first cell at a key of `pieces`."""
        self.block(name, values, lambda r, c: pieces[r, c][1] if (r, c) in pieces else None, role, words)
        for (r, c), (shape, _) in pieces.items():
            self.grid.arrays[self.grid.position(name, r, c)] = shape

    def array(self, name: str, values: Numbers, formula: str, role: str, words: Words) -> None:
        """A block that one array formula fills."""
        self.arrays(name, values, {(0, 0): ((len(values), len(values[0])), formula)}, role, words)

    def light(self, first: str, second: str, words: Words) -> None:
        """Whether two ranges of one shape hold the same numbers."""
        same = f"SUMXMY2({first},{second})<={CLOSE}*(1+SUMPRODUCT({first},{first}))"
        self.judged(same, ("same", "differs"), words)

    def near(self, exact: str, quotients: str, h: str) -> None:
        """Whether quotients of central differences are what they should be, within twice the h² of their own error."""
        room = f"4*{h}*{h}*{h}*{h}*(1+SUMPRODUCT({exact},{exact}))"
        self.judged(f"SUMXMY2({exact},{quotients})<={room}", ("pass", "fail"), Words("Near?", "within 2h²"))

    def judged(self, condition: str, answers: tuple[str, str], words: Words) -> None:
        """A light: the first of the answers, in green, where the condition holds, else the second, in red."""
        at = self._head(1, 1, words, shape="")
        place_light(self.grid, at, condition, answers)

    def _head(self, rows: int, columns: int, words: Words, shape: str | None = None) -> Position:
        """The words around a block; gives the place of its first number."""
        grid, top, left = self.grid, self.top, self.right + 1
        symbol = f"{words.symbol}   {f'{rows}×{columns}' if shape is None else shape}".rstrip()
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
        self.right = left + max(columns, ceil(max(len(symbol), len(words.equation)) / COLUMN))
        self.bottom = max(self.bottom, top + NUMBERS_BELOW + rows + 1)
        return top + NUMBERS_BELOW, left


def place_light(grid: Grid, at: Position, condition: str, answers: tuple[str, str]) -> None:
    """A cell that says the first of the answers, in green, where the condition holds, else the second, in red."""
    right, wrong = answers
    grid.calculate(*at, f'IF({condition},"{right}","{wrong}")', right, "light")
    cell = cell_name(*at)
    grid.rules.append(Rule((*at, *at), formula=f'{cell}="{right}"', role="pass"))
    grid.rules.append(Rule((*at, *at), formula=f'{cell}<>"{right}"', role="fail"))


def grey_dead(grid: Grid, z: str, names: Sequence[str]) -> None:
    """A ReLU unit with z ≤ 0 gives 0 and passes nothing back: blocks of the shape of `z`, or longer, turn grey there."""
    rows, columns = grid.shapes[z]
    for name in names:
        box = (*grid.corners[name], *grid.position(name, rows - 1, columns - 1))
        grid.rules.append(Rule(box, formula=f"{grid.cell(z, 0, 0)}<=0", role="dead"))
