"""What a known mistake is: a code, words, and parts of an equation replaced, or one number of it misread.

Thousands of single numbers may be misread even in a small block (shifted, left out, taken from another cell), so they are
computed all at once, each in trials of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field

import numpy as np

from sheetnet.formulas import Dimensions, spoken
from sheetnet.mistakes.equation_parts import (
    PENALTY_READS,
    READS,
    RECIPES,
    TWICE,
    EquationParts,
    Part,
    Recipe,
    cook,
    kind_of,
    reads_twice,
)
from sheetnet.mistakes.site import Element, Site
from sheetnet.network import Network
from sheetnet.reference import Array, Values

DIRECTIONS = {"one row down": (1, 0), "one row up": (-1, 0), "one column right": (0, 1), "one column left": (0, -1)}
FEW_NUMBERS = 40  # numbers that the formulas of a block read, up to which each is tried on its own
MOST_FORMS = 10_000  # forms of one mistake in one block: about 20 ms


@dataclass(frozen=True)
class Read:
    """What a part reads: rows and columns of the block, and its name."""

    rows: int
    columns: int
    block: str


Reads = Mapping[str, Read]


@dataclass(frozen=True, slots=True)
class Single:
    """Element (row, column) of a part, which reads `block`, is another number: `factor` times element `at` of `source`.

    `source` is a block, or the part itself where it is None; an element beyond the edge is an empty cell, 0.
    """

    part: str
    block: str
    row: int
    column: int
    words: str
    at: tuple[int, int]
    factor: float = 1.0
    source: str | None = None

    def label(self, network: Network) -> str:
        """`W⁽¹⁾ row 0, column 1: one row down`, `z⁽¹⁾ of neuron 0 for W⁽¹⁾ row 0, column 1`; observation 0 is not told."""
        own = spoken(self.block, (self.row, self.column), Dimensions(1 + self.row, network.sizes))
        other = Dimensions(1 + self.at[0], network.sizes)
        return f"{spoken(self.source, self.at, other)} for {own}" if self.source else f"{own}: {self.words}"

    @property
    def named(self) -> Element | None:
        """The other cell that is read; None where a term is left out or counted otherwise."""
        own = self.source is None and self.at == (self.row, self.column)
        return None if own else (self.source or self.block, *self.at)

    def number(self, equation: EquationParts) -> Array:
        """What is read, in each trial."""
        array = equation.right(self.part) if self.source is None else equation.value(self.source)
        (row, column), (rows, columns) = self.at, array.shape[-2:]
        if not (0 <= row < rows and 0 <= column < columns):
            return np.zeros(len(array))
        return np.asarray(self.factor * array[:, row, column])

    def misread(self, equation: EquationParts) -> Array:
        """The part as it is misread."""
        found = equation.right(self.part).copy()
        found[:, self.row, self.column] = self.number(equation)
        return found


def reads_of(site: Site, values: Values) -> Reads:
    """What the formulas of a small block read, part by part; nothing for large ones and for Jacobians."""
    kind = kind_of(site)
    assert kind is not None, f"{site.block} is an input"
    equation, found = EquationParts(site, values, RECIPES[kind], {}), {}
    more = PENALTY_READS if site.network.l2 else ()
    for part in () if kind in ("J", "J.other", "delta.softmax") else (*READS, *more, "gamma"):
        if part in RECIPES[kind] and (part not in TWICE or reads_twice(site)):
            array = equation.right(part)
            blocks = site.network.blocks
            block = next(name for name in blocks if np.shares_memory(values[name], array))
            found[part] = Read(array.shape[-2], array.shape[-1], block)
    return found if sum(rows * columns for rows, columns, _ in map(astuple, set(found.values()))) <= FEW_NUMBERS else {}


def cook_each(site: Site, values: Values, singles: Sequence[Single]) -> Array:
    """The block for every single misreading: singles × K × rows × columns."""
    kind = kind_of(site)
    assert kind is not None, f"{site.block} is an input"
    count, equation = len(values["gamma"]), EquationParts(site, values, RECIPES[kind], {})
    parts = {name: _repeated(equation.right(name), len(singles)) for name in {single.part for single in singles}}
    for number, single in enumerate(singles):
        trials = slice(number * count, (number + 1) * count)
        parts[single.part][trials, single.row, single.column] = single.number(equation)
    replaced: Recipe = {name: _constant(array) for name, array in parts.items()}
    result = cook(site, _Repeated(values, len(singles)), replaced)
    return result.reshape(len(singles), count, *result.shape[1:])


class _Repeated(dict[str, Array]):
    """Values with their trials repeated so many times, when asked for."""

    def __init__(self, values: Values, times: int) -> None:
        super().__init__(values)
        self._times = times

    def __getitem__(self, name: str) -> Array:
        return _repeated(super().__getitem__(name), self._times)


def _repeated(array: Array, times: int) -> Array:
    return np.concatenate([array] * times)


def _constant(array: Array) -> Part:
    return lambda s: array


def drifted(site: Site, reads: Reads) -> Iterator[Single]:
    """One number taken from the cell beside it, as in formulas written out term by term."""
    del site
    for part, read, r, c in _elements(reads):
        for words, (row, column) in DIRECTIONS.items():
            yield Single(part, read.block, r, c, words, (r + row, c + column))


def miscounted(site: Site, reads: Reads) -> Iterator[Single]:
    """One term of a sum left out, subtracted or counted twice."""
    del site
    for part, read, r, c in _elements(reads):
        for words, factor in (("missing", 0.0), ("with the wrong sign", -1.0), ("twice", 2.0)):
            yield Single(part, read.block, r, c, words, (r, c), factor)


def misplaced(site: Site, reads: Reads) -> Iterator[Single]:
    """One number taken from any other cell of the step; those beside it are drifts."""
    cells = list(_cells(site.network, site.block))
    if len(cells) * sum(read.rows * read.columns for read in reads.values()) > MOST_FORMS:
        return
    for part, read, r, c in _elements(reads):
        for name, row, column in cells:
            if name != read.block or abs(row - r) + abs(column - c) > 1:
                yield Single(part, read.block, r, c, "", (row, column), source=name)


def _elements(reads: Reads) -> Iterator[tuple[str, Read, int, int]]:
    for part, read in reads.items():
        yield from ((part, read, r, c) for r in range(read.rows) for c in range(read.columns))


def _cells(network: Network, own: str) -> Iterator[tuple[str, int, int]]:
    """All cells of the step but those of the block itself and the Jacobians."""
    for name, block in network.blocks.items():
        if name != own and block.quantity.symbol != "J":
            yield from ((name, r, c) for r in range(block.rows) for c in range(block.columns))


@dataclass(frozen=True)
class Change:
    """One form of a mistake: in the recipe of `kind` some parts are replaced. `label` tells it from its other forms.

    `named` is the cell that the label names in place of the right one, `instead` a cell in whose place another stands.
    """

    kind: str
    parts: Recipe
    label: str = ""
    named: Element | None = None
    instead: Element | None = None


def change(kind: str, label: str = "", **parts: Part) -> Change:
    """A change as entries write it: `change("z", node=lambda s: 0.0)`."""
    return Change(kind, parts, label)


def anywhere(site: Site) -> bool:
    """Where most mistakes can be made: a change that changes nothing is never named."""
    del site
    return True


@dataclass(frozen=True)
class Mistake:
    """A known mistake. `wrong` and `right` are formulas without "=", `why` one sentence that also says the remedy.

    `changes` are its forms, each one replaced equation; `forms` gives those that depend on the network, `singles` those
    of one number of a sum. A mistake without any of them is only explained. `applies` says where it can be made.
    """

    code: str
    name: str
    quantity: str
    wrong: str
    right: str
    why: str
    changes: tuple[Change, ...] = ()
    forms: Callable[[Site, str], Iterator[Change]] | None = None
    singles: Callable[[Site, Reads], Iterator[Single]] | None = None
    applies: Callable[[Site], bool] = field(default=anywhere)

    def changes_at(self, site: Site, kind: str) -> Iterator[Change]:
        """The forms of the mistake in the block of a site, whose recipe is `kind`."""
        if not self.applies(site):
            return
        yield from (found for found in self.changes if found.kind == kind)
        if self.forms is not None:
            yield from self.forms(site, kind)
