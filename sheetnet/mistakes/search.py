"""Finds the known mistakes that explain a wrong cell, by comparing what they compute.

A signature is the cell's own formula evaluated alone, in every run. The search goes from simple to less simple and stops
at the first stage where anything matches; what matches there is all named. Where it is known to which cells the formula
refers, an explanation counts only if it can be computed from these, and those that use most of them come first:

1. one mistake in the cell's own equation;
2. one mistake in an equation further up, for formulas that compute several steps at once; or one number misread: from a
   cell beside it or any other, left out, or with the wrong sign (small blocks);
3. two mistakes, both in the own equation or in one just further up, or one in each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations, islice

import numpy as np

from sheetnet.mistakes import (
    CHAPTERS,
    MISTAKES,
    Change,
    Element,
    Mistake,
    Single,
    Site,
    cook,
    cook_each,
    kind_of,
    reads_of,
)
from sheetnet.mistakes.knowledge import Knowledge
from sheetnet.mistakes.mistaken_equations import mistaken_equations, names_read, ways_up
from sheetnet.network import Network
from sheetnet.quantity import Quantity, q
from sheetnet.reference import Array, Values
from sheetnet.trials.tolerance import Truth, agreement, scales

# Seconds of computing; stage 1 is always finished. All stages take about 0.1 s for the first cell of a block and 5 ms
# for each further one; somebody may be waiting for the reports of a whole class.
CELL_SECONDS = 0.4
WORKBOOK_SECONDS = 3.0
STEPS_UP = 4  # steps further up: a new weight in one formula holds ∂C/∂W, δ, ∂C/∂a and the δ above
PROBES = 2  # runs that a guess must match before all runs are computed
ENOUGH = 4  # runs in which both must be numbers: in some, targets are 0 and 1, which have no logarithm
CHUNK = 32  # guesses computed between two looks at the clock
MOST_READ = 16  # cells that a formula refers to, up to which explanations are ordered by how many of them they use


@dataclass(frozen=True)
class Explanation:
    """One explanation of a cell: a mistake, or two made together, each with the form it takes.

    `block` is where the mistake is: the cell's own block, or one that its formula computes on the way.
    """

    mistakes: tuple[Mistake, ...]
    labels: tuple[str, ...]
    block: str

    @property
    def code(self) -> str:
        """`SN001`, or `SN001+SN044` for two mistakes together."""
        return "+".join(mistake.code for mistake in self.mistakes)

    @property
    def text(self) -> str:
        """`bias node not 1: f(1) (SN003)`."""
        parts = zip(self.mistakes, self.labels, strict=True)
        return " and ".join(m.name + (f": {label}" if label else "") + f" ({m.code})" for m, label in parts)


@dataclass(frozen=True)
class _Guess:
    """A mistaken computation of a block: changes of its own equation, and of one further up."""

    block: str
    made: tuple[tuple[Mistake, Change], ...] = ()
    inner: _Guess | None = None

    def array(self, network: Network, values: Values) -> Array:
        if self.inner is not None:
            values = {**values, self.inner.block: self.inner.array(network, values)}
        replaced = {name: part for _, change in self.made for name, part in change.parts.items()}
        array = cook(Site.of(network, self.block), values, replaced)
        return np.broadcast_to(array, values[self.block].shape)  # where all parts are constants, so is the result

    def finding(self) -> Explanation:
        mistakes, labels, block = [], [], self.block
        guess: _Guess | None = self
        while guess is not None:
            mistakes += [mistake for mistake, _ in guess.made]
            labels += [change.label for _, change in guess.made]
            block = guess.block if guess.made else block
            guess = guess.inner
        return Explanation(tuple(mistakes), tuple(labels), block)


@dataclass(frozen=True)
class _Cell:
    """A wrong cell: where it stands in its block, what its formula gives, and the elements to which that refers."""

    row: int
    column: int
    signature: Array
    reads: frozenset[Element] | None

    @property
    def is_constant(self) -> bool:
        """Whether no input moves a formula on a sheet: too many mistakes further away give the same number."""
        known = self.reads is not None and np.isfinite(self.signature).all()
        return bool(known and np.ptp(self.signature) == 0)


# Guesses by number, with their arrays in the probing runs: guesses × runs × rows × columns.
_Chunk = tuple[Callable[[int], _Guess], Array]


class _Kept:
    """The guesses of one stage of one block, computed as far as time allows, for the next cell of the block."""

    def __init__(self, chunks: Iterator[_Chunk]) -> None:
        self._more = chunks
        self._made: list[_Chunk] = []

    def upto(self, deadline: float) -> Iterator[_Chunk]:
        yield from self._made
        while time.thread_time() < deadline and (chunk := next(self._more, None)) is not None:
            self._made.append(chunk)
            yield chunk


class Diagnosis:
    """The mistaken signatures of one workbook, made when asked for and kept: one object serves all its cells.

    `values`: every quantity of the reference, runs × rows × columns, `J_l` stacked or not.
    """

    def __init__(self, network: Network, values: Values) -> None:
        self._network, self._values = network, {name: _unstacked(name, array) for name, array in values.items()}
        count = len(values["gamma"])
        self._probing = slice(max(0, count - PROBES), count)  # trials come last: random, no zeros by chance
        self._probes = {name: array[self._probing] for name, array in self._values.items()}
        flat = [array.reshape(count, -1) for name, array in values.items() if name in network.blocks]
        self._scale = scales(np.concatenate(flat, axis=1))
        self._left = WORKBOOK_SECONDS
        self._kept: dict[tuple[str, int], _Kept] = {}
        self._reads: dict[str, list[str]] = {}
        self._knowledge = Knowledge(network, self._values, self._scale)

    def findings(
        self, block: str, row: int, column: int, signature: Array, reads: frozenset[Element] | None = None
    ) -> tuple[Explanation, ...]:
        """The simplest explanations of the cell (row, column) of a block; `signature` is NaN where not a number.

        `reads` are the elements that the formula refers to, None where that is not known.
        """
        kind = kind_of(Site.of(self._network, block))
        if kind is None or not np.isfinite(signature).any():
            return ()
        begun = time.thread_time()
        limit = begun + min(CELL_SECONDS, self._left)
        cell = _Cell(row, column, signature, reads)
        found: dict[str, _Guess] = {}
        for stage in range(1 if cell.is_constant else len(_STAGES)):
            for guess, arrays in self._stage(block, stage).upto(limit if stage else float("inf")):
                for number in self._probed(arrays, row, column, signature):
                    if (code := guess(number).finding().code) not in found and self._is(guess(number), cell):
                        found[code] = guess(number)
            if found or time.thread_time() >= limit:
                break
        ordered = self._ordered(list(found.values()), cell, limit)
        self._left -= min(self._left, time.thread_time() - begun)
        return tuple(guess.finding() for guess in ordered)

    def own(self, block: str) -> Iterator[_Guess]:
        """One mistake in the equation of a block."""
        for one in mistaken_equations(self._network, block):
            yield _Guess(block, ((one.mistake, one.change),))

    def singles(self, block: str) -> Iterator[_Chunk]:
        """One number misread in the equation of a block: all of a mistake computed at once."""
        site = Site.of(self._network, block)
        kind, reads = kind_of(site), reads_of(site, self._probes)
        for mistake in MISTAKES.values():
            if kind is not None and mistake.singles is not None and (found := list(mistake.singles(site, reads))):
                yield partial(_single, block, kind, mistake, found), cook_each(site, self._probes, found)

    def further_up(self, block: str) -> Iterator[_Guess]:
        """One mistake in an equation that a block needs, nearest first."""
        for depth in range(1, STEPS_UP + 1):
            for *way, last in ways_up(block, depth, self.reads):
                for guess in self.own(last):
                    for below in reversed(way):
                        guess = _Guess(below, inner=guess)
                    yield guess

    def pairs(self, block: str) -> Iterator[_Guess]:
        """Two mistakes: in the own equation, in one just further up, or one in each."""
        yield from self._pairs_in(block)
        for above in self.reads(block):
            for own in self._specific(block):
                for inner in self._specific(above):
                    yield _Guess(block, own.made, inner)
            for inner in self._pairs_in(above):
                yield _Guess(block, inner=inner)

    def _pairs_in(self, block: str) -> Iterator[_Guess]:
        for one, other in combinations(self._specific(block), 2):
            (first, change), (second, another) = one.made[0], other.made[0]
            if first is not second and not set(change.parts) & set(another.parts):
                yield _Guess(block, one.made + other.made)

    def _specific(self, block: str) -> list[_Guess]:
        """One mistake that is not one of any formula: drifted references in pairs would match too much."""
        return [guess for guess in self.own(block) if guess.made[0][0].quantity != "any"]

    def reads(self, block: str) -> list[str]:
        """The computed blocks that the equation of a block reads."""
        if block not in self._reads:
            self._reads[block] = [
                name
                for name in names_read(self._network, block, self._probes)
                if name not in (block, "A_0") and kind_of(Site.of(self._network, name)) is not None
            ]
        return self._reads[block]

    def _stage(self, block: str, stage: int) -> _Kept:
        if (block, stage) not in self._kept:
            self._kept[block, stage] = _Kept(_STAGES[stage](self, block))
        return self._kept[block, stage]

    def chunks(self, guesses: Iterator[_Guess]) -> Iterator[_Chunk]:
        """Guesses with their arrays, some at a time."""
        while some := list(islice(guesses, CHUNK)):
            yield some.__getitem__, np.stack([guess.array(self._network, self._probes) for guess in some])

    def _probed(self, arrays: Array, row: int, column: int, signature: Array) -> list[int]:
        """Which guesses give the signature in the probing runs."""
        found = arrays.reshape(*arrays.shape[:2], -1, arrays.shape[-1])[:, :, row, column].T
        agreed = _agree(found, signature[self._probing, None], self._scale[self._probing])
        return [int(number) for number in np.flatnonzero(agreed.all(axis=0))]

    def _is(self, guess: _Guess, cell: _Cell) -> bool:
        """Whether the guess gives the signature in all runs, is no right formula, and uses no cell beyond the formula's."""
        found = _element(guess.array(self._network, self._values), cell.row, cell.column)
        right = _element(self._values[guess.block], cell.row, cell.column)
        if np.isfinite(found).sum() < min(ENOUGH, len(found) / 2):  # too little was compared
            return False
        if cell.is_constant and guess.made and guess.made[0][0] in CHAPTERS["Any formula"]:
            return False  # a 0 is not yet a reference to an empty cell
        same = _agree(cell.signature[:, None], found[:, None], self._scale).all()
        differs = not _agree(found[:, None], right[:, None], self._scale).all()
        return bool(same and differs and (cell.reads is None or self._follows(guess, cell, cell.reads)))

    def _follows(self, guess: _Guess, cell: _Cell, reads: frozenset[Element]) -> bool:
        """Whether a formula that refers to these elements alone can compute the guess; cells it names must be among them."""
        if not all(_refers(reads, change.named) for _, change in guess.made if change.named):
            return False
        if any(change.instead in reads for _, change in guess.made):
            return False
        found = _element(guess.array(self._network, self._knowledge.of(reads)), cell.row, cell.column)
        return bool(_agree(found[:, None], cell.signature[:, None], self._scale).all())

    def _ordered(self, guesses: list[_Guess], cell: _Cell, limit: float) -> Sequence[_Guess]:
        """First the guesses that use most of the cells to which the formula refers."""
        if cell.reads is None or len(guesses) < 2 or len(cell.reads) > MOST_READ:
            return guesses
        unused = dict.fromkeys(range(len(guesses)), 0)
        for element in sorted(cell.reads):
            if time.thread_time() >= limit:
                return guesses
            for number, guess in enumerate(guesses):
                unused[number] += self._follows(guess, cell, cell.reads - {element})
        return [guesses[number] for number in sorted(unused, key=lambda number: unused[number])]


_STAGES: tuple[Callable[[Diagnosis, str], Iterator[_Chunk]], ...] = (
    lambda d, block: d.chunks(d.own(block)),
    lambda d, block: chain(d.chunks(d.further_up(block)), d.singles(block)),
    lambda d, block: d.chunks(d.pairs(block)),
)


def _single(block: str, kind: str, mistake: Mistake, singles: list[Single], number: int) -> _Guess:
    single = singles[number]
    return _Guess(block, ((mistake, Change(kind, {single.part: single.misread}, single.label, single.named)),))


def _refers(reads: frozenset[Element], named: Element) -> bool:
    """Whether a cell is among those read, or a transposed copy of it is."""
    name, row, column = named
    quantity = Quantity.of(name)
    return named in reads or (q(quantity.symbol, quantity.layer, quantity.new, transposed=True), column, row) in reads


def _unstacked(name: str, array: Array) -> Array:
    """Jacobians as the recipes take them, runs × N × n × n."""
    return array.reshape(len(array), -1, *2 * array.shape[-1:]) if Quantity.of(name).symbol == "J" else array


def _element(array: Array, row: int, column: int) -> Array:
    """The signature of a cell: `J_l` stands on sheets with one Jacobian under the other."""
    return np.asarray(array.reshape(len(array), -1, array.shape[-1])[:, row, column])


def _agree(found: Array, expected: Array, scale: Array) -> Truth:
    """Where signatures agree, runs × any; what is no finite number in one must be none in the other."""
    both = agreement(found, expected, scale)
    return np.asarray(np.where(np.isfinite(expected), both & np.isfinite(found), ~np.isfinite(found)))


def diagnose(
    network: Network, values: Values, block: str, row: int, column: int, signature: Array
) -> tuple[Explanation, ...]:
    """One cell's simplest explanations; for several cells of a workbook keep one `Diagnosis`."""
    return Diagnosis(network, values).findings(block, row, column, signature)
