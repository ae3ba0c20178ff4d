"""Known mistakes: each is one entry, an equation of the reference with a part replaced."""

from difflib import get_close_matches

from sheetnet.errors import SheetnetError
from sheetnet.mistakes.any_formula import ANYWHERE
from sheetnet.mistakes.backward import DERIVATIVES, HIDDEN
from sheetnet.mistakes.costs import COSTS
from sheetnet.mistakes.equation_parts import Element, Site, cook, kind_of
from sheetnet.mistakes.forward import FORWARD_MISTAKES, SOFTMAX_MISTAKES
from sheetnet.mistakes.known_mistake import Change, Mistake
from sheetnet.mistakes.misreads import Single, cook_each, reads_of
from sheetnet.mistakes.update import GRADIENTS, UPDATES

# Title → the mistakes of that part of the step, simplest first.
CHAPTERS: dict[str, tuple[Mistake, ...]] = {
    "z and activations": FORWARD_MISTAKES,
    "Softmax": SOFTMAX_MISTAKES,
    "Cost and its derivative": COSTS,
    "Derivatives and δ": DERIVATIVES,
    "Errors of hidden layers": HIDDEN,
    "Gradients of the weights": GRADIENTS,
    "New weights": UPDATES,
    "Any formula": ANYWHERE,
}
MISTAKES: dict[str, Mistake] = {mistake.code: mistake for chapter in CHAPTERS.values() for mistake in chapter}

__all__ = [
    "CHAPTERS",
    "MISTAKES",
    "Change",
    "Element",
    "Mistake",
    "Single",
    "Site",
    "cook",
    "cook_each",
    "kind_of",
    "mistake_named",
    "reads_of",
]


def mistake_named(code: str) -> Mistake:
    """The mistake of a code, in capitals or not. Raises `SheetnetError`, which names the codes that look alike."""
    try:
        return MISTAKES[code.strip().upper()]
    except KeyError:
        near = get_close_matches(code.strip().upper(), MISTAKES, 3, 0.5)
        known = f"do you mean {', '.join(near)}?" if near else "`sheetnet explain` lists all"
        raise SheetnetError(f"no known mistake has the code {code!r}", remedy=known) from None
