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

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sheetnet.effort import MOST_FAR_GUESSES, MOST_GUESSES_FOR_A_CELL, WorkBudget
from sheetnet.mistakes import CHAPTERS, Element, Mistake, Site, kind_of
from sheetnet.mistakes.knowledge import Knowledge
from sheetnet.mistakes.signatures import LAST_STAGE, MOST_KEPT_NUMBERS, Catalogue, Guess, Guesses, catalogue_of
from sheetnet.network import Network
from sheetnet.quantity import Quantity
from sheetnet.reference import Array, Values
from sheetnet.trials.tolerance import Truth, agreement, scales

# Runs that a guess must match before it is computed in all: where a unit is off, many guesses give the same. Of large
# networks fewer, for their numbers take time and room.
MOST_PROBES, FEWEST_PROBES, MOST_PROBED = 8, 2, 20_000
ENOUGH = 4  # runs in which both must be numbers: in some, targets are 0 and 1, which have no logarithm
FEW_READ = 16  # cells that a formula refers to, up to which explanations are ordered by how many of them they use


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


def explanation_of(guess: Guess) -> Explanation:
    """A guess as it is told."""
    mistakes, labels, block = list[Mistake](), list[str](), guess.block
    inner: Guess | None = guess
    while inner is not None:
        mistakes += [mistake for mistake, _ in inner.made]
        labels += [change.label for _, change in inner.made]
        block = inner.block if inner.made else block
        inner = inner.inner
    return Explanation(tuple(mistakes), tuple(labels), block)


@dataclass(frozen=True)
class _Cell:
    """A wrong cell: its block and where it stands in it, what its formula gives, and the elements to which that refers."""

    block: str
    row: int
    column: int
    signature: Array
    reads: frozenset[Element] | None

    @property
    def is_constant(self) -> bool:
        """Whether no input moves a formula on a sheet: too many mistakes further away give the same number."""
        known = self.reads is not None and np.isfinite(self.signature).all()
        return bool(known and np.ptp(self.signature) == 0)


class Diagnosis:
    """The search for the mistakes of one workbook; one object serves all its cells.

    `values`: every quantity of the reference, runs × rows × columns, `J_l` stacked or not. A guess must match the last of
    the runs `probing` before all are computed: best those that other files share. `guesses` is how many may be computed;
    `cut_short` are the cells, block, row and column, for which they did not last.
    """

    def __init__(self, network: Network, values: Values, guesses: WorkBudget, probing: slice | None = None) -> None:
        self._network, self._values = network, {name: _unstacked(name, array) for name, array in values.items()}
        count = len(values["gamma"])
        self._probing = _last(probing or slice(0, count), network)  # trials come last: no zeros by chance
        flat = [array.reshape(count, -1) for name, array in values.items() if name in network.blocks]
        self._scale = scales(np.concatenate(flat, axis=1))
        self._near, self._far = guesses, guesses.share(MOST_FAR_GUESSES)
        self.cut_short: set[Element] = set()
        self._room = MOST_KEPT_NUMBERS
        self._paid: set[tuple[str, int, int]] = set()

    @cached_property
    def catalogue(self) -> Catalogue:
        """What mistaken equations give."""
        return catalogue_of(self._network, {name: array[self._probing] for name, array in self._values.items()})

    @cached_property
    def _knowledge(self) -> Knowledge:
        return Knowledge(self._network, self._values, self._scale)

    def findings(
        self, block: str, row: int, column: int, signature: Array, reads: frozenset[Element] | None = None
    ) -> tuple[Explanation, ...]:
        """The simplest explanations of the cell (row, column) of a block; `signature` is NaN where not a number.

        `reads` are the elements that the formula refers to, None where that is not known.
        """
        kind = kind_of(Site.of(self._network, block))
        if kind is None or not np.isfinite(signature).any():
            return ()
        cell, found = _Cell(block, row, column, signature, reads), dict[str, Guess]()
        budget = self._near.share(MOST_GUESSES_FOR_A_CELL)
        for stage in range(1 if cell.is_constant else LAST_STAGE + 1):
            for guesses in self._affordable(cell, stage, budget):
                for guess in self._fitting(guesses, cell, found, budget):
                    found[guess.codes] = guess
            if found:
                break
            budget = self._far.share(MOST_GUESSES_FOR_A_CELL) if not stage else budget
        return tuple(explanation_of(guess) for guess in self._ordered(list(found.values()), cell, budget))

    def _affordable(self, cell: _Cell, stage: int, budget: WorkBudget) -> Iterator[Guesses]:
        """The guesses of a stage, as far as the budget goes: to compute them counts once, to compare them each time.

        What other files computed before counts all the same, so that no name depends on these.
        """
        for number, guesses in enumerate(self.catalogue.stage(cell.block, stage)):
            key = (cell.block, stage, number)
            if not budget.take(1 if key in self._paid else 1 + guesses.count * self.catalogue.work(cell.block)):
                self.cut_short.add((cell.block, cell.row, cell.column))
                return
            size = self.catalogue.size(cell.block, guesses.count)
            if key not in self._paid and size <= self._room:
                self._room -= size
                self._paid.add(key)
            yield guesses

    def _fitting(self, guesses: Guesses, cell: _Cell, known: Collection[str], budget: WorkBudget) -> Iterator[Guess]:
        """Those of the guesses that explain the cell, of mistakes that are not known to."""
        for number in self._probed(guesses.arrays, cell.row, cell.column, cell.signature):
            guess = guesses.guess(number)
            if guess.codes not in known and budget.take(self._work(cell.block)) and self._is(guess, cell):
                yield guess

    def _work(self, block: str) -> int:
        """What a guess counts that is computed in all runs."""
        probed: int = self._probing.stop - self._probing.start
        return self.catalogue.work(block) * len(self._scale) // probed

    def _probed(self, arrays: Array, row: int, column: int, signature: Array) -> list[int]:
        """Which guesses give the signature in the probing runs."""
        found = arrays.reshape(*arrays.shape[:2], -1, arrays.shape[-1])[:, :, row, column].T
        agreed = _agree(found, signature[self._probing, None], self._scale[self._probing])
        return [int(number) for number in np.flatnonzero(agreed.all(axis=0))]

    def _is(self, guess: Guess, cell: _Cell) -> bool:
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

    def _follows(self, guess: Guess, cell: _Cell, reads: frozenset[Element]) -> bool:
        """Whether a formula that refers to these elements alone can compute the guess; cells it names must be among them."""
        if not all(change.named in reads for _, change in guess.made if change.named):
            return False
        if any(change.instead in reads for _, change in guess.made):
            return False
        found = _element(guess.array(self._network, self._knowledge.of(reads)), cell.row, cell.column)
        return bool(_agree(found[:, None], cell.signature[:, None], self._scale).all())

    def _ordered(self, guesses: list[Guess], cell: _Cell, budget: WorkBudget) -> Sequence[Guess]:
        """First the guesses that use most of the cells to which the formula refers."""
        if cell.reads is None or len(guesses) < 2 or len(cell.reads) > FEW_READ:
            return guesses
        unused = dict.fromkeys(range(len(guesses)), 0)
        for element in sorted(cell.reads):
            if not budget.take(len(guesses) * self._work(guesses[0].block)):
                return guesses
            for number, guess in enumerate(guesses):
                unused[number] += self._follows(guess, cell, cell.reads - {element})
        return [guesses[number] for number in sorted(unused, key=lambda number: unused[number])]


def _last(runs: slice, network: Network) -> slice:
    """The last of some runs, as many as are probed of a network of this size."""
    largest = max(block.rows * block.columns for block in network.blocks.values())
    count = max(FEWEST_PROBES, min(MOST_PROBES, MOST_PROBED // largest))
    return slice(max(runs.start, runs.stop - count), runs.stop)


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
