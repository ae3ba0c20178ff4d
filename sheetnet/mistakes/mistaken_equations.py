"""Enumerates mistaken equations: each form of each known mistake in a block, and the ways up to the blocks before it.

The searches over workbooks (`search.py`) and over documents (`auditing/causes.py`) take what they try from here. What
counts as evidence is their own: signatures over many trials there, a few printed digits of one trial here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sheetnet.mistakes import MISTAKES, Change, Mistake, Site, cook, kind_of
from sheetnet.network import Network
from sheetnet.reference import Array, Recorder, Values


@dataclass(frozen=True)
class MistakenEquation:
    """One known mistake in the equation of one block, in one of its forms."""

    mistake: Mistake
    change: Change
    site: Site

    def array(self, values: Values) -> Array:
        """The block as the mistaken equation gives it."""
        return cook(self.site, values, self.change.parts)


def mistaken_equations(network: Network, block: str, any_formula: bool = True) -> Iterator[MistakenEquation]:
    """Every form of every mistake in the equation of a block; without `any_formula` those alone that are of its kind."""
    site = Site.of(network, block)
    if (kind := kind_of(site)) is not None:
        for mistake in MISTAKES.values():
            if any_formula or mistake.quantity != "any":
                for change in mistake.changes_at(site, kind):
                    yield MistakenEquation(mistake, change, site)


def ways_up(block: str, depth: int, above: Callable[[str], Iterable[str]]) -> list[tuple[str, ...]]:
    """The ways from a block over `depth` equations up, `above` being the blocks that one is computed from."""
    ways: list[tuple[str, ...]] = [(block,)]
    for _ in range(depth):
        ways = [(*way, name) for way in ways for name in above(way[-1])]
    return ways


def names_read(network: Network, block: str, values: Values) -> list[str]:
    """The quantities that the equation of a block reads, each once; none where nothing computes the block."""
    site, seen = Site.of(network, block), Recorder(values)
    if kind_of(site) is not None:
        cook(site, seen)
    return list(dict.fromkeys(seen.asked))
