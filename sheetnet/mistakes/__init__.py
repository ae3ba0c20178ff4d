"""Known mistakes, each one entry: an equation of the reference with a part replaced; and all mistaken equations of a block.

The searches over workbooks (`search.py`) and over documents (`auditing/causes.py`) take what they try from here. What
counts as evidence is their own: signatures over many trials there, a few printed digits of one trial here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from sheetnet.errors import SheetnetError
from sheetnet.mistakes.any_formula import ANYWHERE
from sheetnet.mistakes.backward import DERIVATIVES, HIDDEN
from sheetnet.mistakes.costs import COSTS
from sheetnet.mistakes.equation_parts import cook, kind_of
from sheetnet.mistakes.forward import FORWARD_MISTAKES, SOFTMAX_MISTAKES
from sheetnet.mistakes.known_mistake import Change, Mistake, Single, cook_each, reads_of
from sheetnet.mistakes.penalty import PENALTY
from sheetnet.mistakes.site import Element, Site
from sheetnet.mistakes.update import GRADIENTS, UPDATES
from sheetnet.network import Network
from sheetnet.reference import Array, Recorder, Values

# Title → the mistakes of that part of the step, simplest first.
CHAPTERS: dict[str, tuple[Mistake, ...]] = {
    "z and activations": FORWARD_MISTAKES,
    "Softmax": SOFTMAX_MISTAKES,
    "Cost and its derivative": COSTS,
    "Derivatives and δ": DERIVATIVES,
    "Errors of hidden layers": HIDDEN,
    "Gradients of the weights": GRADIENTS,
    "New weights": UPDATES,
    "L2 regularisation": PENALTY,
    "Any formula": ANYWHERE,
}
MISTAKES: dict[str, Mistake] = {mistake.code: mistake for chapter in CHAPTERS.values() for mistake in chapter}

__all__ = [
    "CHAPTERS",
    "MISTAKES",
    "Change",
    "Element",
    "Mistake",
    "MistakenEquation",
    "Single",
    "Site",
    "cook",
    "cook_each",
    "kind_of",
    "mistake_named",
    "mistaken_equations",
    "names_read",
    "reads_of",
    "ways_up",
]


def mistake_named(code: str) -> Mistake:
    """The mistake of a code, in capitals or not. Raises `SheetnetError`, which names the codes that look alike."""
    try:
        return MISTAKES[code.strip().upper()]
    except KeyError:
        near = get_close_matches(code.strip().upper(), MISTAKES, 3, 0.5)
        known = f"do you mean {', '.join(near)}?" if near else "`sheetnet explain` lists all"
        raise SheetnetError(f"no known mistake has the code {code!r}", remedy=known) from None


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
