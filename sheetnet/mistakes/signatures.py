"""Computes what the equations of a network give with known mistakes in them, in a few trials, and keeps it.

Which mistakes can be made depends on the structure of a network, not on its numbers, and the trials of a class are the same:
so one catalogue serves every file of a class that a process judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import sha256
from itertools import chain, combinations, islice

import numpy as np

from sheetnet.mistakes import (
    MISTAKES,
    Change,
    Mistake,
    Single,
    Site,
    cook,
    cook_each,
    kind_of,
    mistaken_equations,
    names_read,
    reads_of,
    ways_up,
)
from sheetnet.network import Network
from sheetnet.reference import Array, Values

STEPS_UP = 4  # steps further up: a new weight in one formula holds ∂C/∂W, δ, ∂C/∂a and the δ above
TOGETHER = 64  # guesses computed at once, and compared at once
MOST_TOGETHER = 2_000_000  # numbers of these
# Numbers that a catalogue keeps (32 MB), a guess being counted as so many: all of 3-3-3-3, not of hundreds of neurons.
MOST_KEPT_NUMBERS, GUESS = 4_000_000, 64
CATALOGUES = 4  # kept by a process: as many as networks whose trials are
# Numbers computed that take as long as what is the same for every guess.
NUMBERS_A_GUESS = 8_000


@dataclass(frozen=True)
class Guess:
    """A mistaken computation of a block: changes of its own equation, and of one further up."""

    block: str
    made: tuple[tuple[Mistake, Change], ...] = ()
    inner: Guess | None = None

    def array(self, network: Network, values: Values) -> Array:
        """The block as it then is, runs × rows × columns (`J_l` not stacked)."""
        if self.inner is not None:
            values = {**values, self.inner.block: self.inner.array(network, values)}
        replaced = {name: part for _, change in self.made for name, part in change.parts.items()}
        array = cook(Site.of(network, self.block), values, replaced)
        return np.broadcast_to(array, values[self.block].shape)  # where all parts are constants, so is the result

    @property
    def codes(self) -> str:
        """The codes of the mistakes: what is named once, in the form that was found first."""
        guess: Guess | None = self
        codes: list[str] = []
        while guess is not None:
            codes += [mistake.code for mistake, _ in guess.made]
            guess = guess.inner
        return "+".join(codes)


class Guesses:
    """Guesses by number, `count` of them, and what they give in the probing runs: guesses × runs × rows × columns."""

    def __init__(self, guess: Callable[[int], Guess], count: int, compute: Callable[[], Array]) -> None:
        self.guess, self.count = guess, count
        self.is_kept = False
        self._compute = compute
        self._made: Array | None = None

    @property
    def arrays(self) -> Array:
        """Computed at the first look, or at each where they are not kept."""
        if self._made is not None:
            return self._made
        made = self._compute()
        self._made = made if self.is_kept else None
        return made


class Catalogue:
    """The mistaken signatures of one structure in some probing runs, made when asked for and kept, as far as there is room.

    Several threads may ask it: what one of them adds is what another would have added.
    """

    def __init__(self, network: Network, probes: Values) -> None:
        self._network, self._probes = network, probes
        self._kept: dict[tuple[str, int], dict[int, Guesses]] = {}
        self._whole: set[tuple[str, int]] = set()  # the stages of which all is kept
        self._reads: dict[str, list[str]] = {}
        self._room = MOST_KEPT_NUMBERS

    def stage(self, block: str, number: int) -> Iterator[Guesses]:
        """The guesses of one stage, some at a time, always in the same order."""
        kept, place = self._kept.setdefault((block, number), {}), 0
        while (found := kept.get(place)) is not None:
            yield found
            place += 1
        if (block, number) in self._whole:
            return
        for some in islice(_STAGES[number](self, block), place, None):
            size = self.size(block, some.count)
            if place == len(kept) and size <= self._room:
                self._room -= size
                some.is_kept = True
                kept[place] = some
            yield some
            place += 1
        if len(kept) == place:
            self._whole.add((block, number))

    def size(self, block: str, count: int) -> int:
        """How many numbers so many guesses of a block take to keep."""
        shape = self._network.blocks[block]
        return count * (GUESS + len(self._probes["gamma"]) * shape.rows * shape.columns)

    def work(self, block: str) -> int:
        """How many guesses of a small block take as long as one of this block, which may multiply with all weights."""
        sizes = self._network.sizes
        most = max(self._network.nodes(layer) * neurons for layer, neurons in enumerate(sizes[1:]))
        shape = self._network.blocks[block]
        numbers = len(self._probes["gamma"]) * max(most, shape.rows * shape.columns)
        return 1 + numbers // NUMBERS_A_GUESS

    def own(self, block: str) -> Iterator[Guess]:
        """One mistake in the equation of a block."""
        for one in mistaken_equations(self._network, block):
            yield Guess(block, ((one.mistake, one.change),))

    def singles(self, block: str) -> Iterator[Guesses]:
        """One number misread in the equation of a block: all of a mistake computed at once."""
        site = Site.of(self._network, block)
        kind, reads = kind_of(site), reads_of(site, self._probes)
        for mistake in MISTAKES.values():
            if kind is not None and mistake.singles is not None and (found := list(mistake.singles(site, reads))):
                made = partial(_single, self._network, block, kind, mistake, found)
                yield Guesses(made, len(found), partial(cook_each, site, self._probes, found))

    def further_up(self, block: str) -> Iterator[Guess]:
        """One mistake in an equation that a block needs, nearest first."""
        for depth in range(1, STEPS_UP + 1):
            for *way, last in ways_up(block, depth, self.reads):
                for guess in self.own(last):
                    for below in reversed(way):
                        guess = Guess(below, inner=guess)
                    yield guess

    def pairs(self, block: str) -> Iterator[Guess]:
        """Two mistakes: in the own equation, in one just further up, or one in each."""
        yield from self._pairs_in(block)
        for above in self.reads(block):
            for own in self._specific(block):
                for inner in self._specific(above):
                    yield Guess(block, own.made, inner)
            for inner in self._pairs_in(above):
                yield Guess(block, inner=inner)

    def _pairs_in(self, block: str) -> Iterator[Guess]:
        for one, other in combinations(self._specific(block), 2):
            (first, change), (second, another) = one.made[0], other.made[0]
            if first is not second and not set(change.parts) & set(another.parts):
                yield Guess(block, one.made + other.made)

    def _specific(self, block: str) -> list[Guess]:
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

    def together(self, block: str, guesses: Iterator[Guess]) -> Iterator[Guesses]:
        """Guesses of a block, some at a time."""
        shape = self._network.blocks[block]
        numbers = len(self._probes["gamma"]) * shape.rows * shape.columns
        count = max(1, min(TOGETHER, MOST_TOGETHER // numbers))
        while some := list(islice(guesses, count)):
            yield Guesses(some.__getitem__, len(some), partial(self._computed, some))

    def _computed(self, guesses: list[Guess]) -> Array:
        return np.stack([guess.array(self._network, self._probes) for guess in guesses])


_STAGES: tuple[Callable[[Catalogue, str], Iterator[Guesses]], ...] = (
    lambda c, block: c.together(block, c.own(block)),
    lambda c, block: chain(c.together(block, c.further_up(block)), c.singles(block)),
    lambda c, block: c.together(block, c.pairs(block)),
)
LAST_STAGE = len(_STAGES) - 1


def _single(network: Network, block: str, kind: str, mistake: Mistake, singles: list[Single], number: int) -> Guess:
    single = singles[number]
    return Guess(block, ((mistake, Change(kind, {single.part: single.misread}, single.label(network), single.named)),))


@dataclass(frozen=True)
class _Asked:
    """What a catalogue is made from; it is the same for every network of a structure in the same trials."""

    structure: tuple[object, ...]
    trials: bytes
    network: Network = field(compare=False)
    probes: Values = field(compare=False)


def catalogue_of(network: Network, probes: Values) -> Catalogue:
    """The catalogue of a network in some runs, `J_l` not stacked; shared by networks of its structure in equal runs."""
    digest = sha256()
    for name in network.blocks:
        digest.update(probes[name].tobytes())
    layers = tuple((layer.activation, layer.bias, layer.slope) for layer in network.layers)
    penalised = None if network.l2 is None else (network.l2.biases, network.l2.per_observation)
    training = (network.loss, network.reduction, network.train_bias, penalised)
    structure = (network.sizes, network.observations, layers, *training)
    return shared_catalogue(
        _Asked(structure, digest.digest(), network, {name: probes[name].copy() for name in network.blocks})
    )


@lru_cache(maxsize=CATALOGUES)
def shared_catalogue(asked: _Asked) -> Catalogue:
    """The catalogue that is kept for a structure in some trials."""
    return Catalogue(asked.network, asked.probes)
