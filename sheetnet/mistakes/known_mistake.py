"""What a known mistake is: a code, words, and parts of an equation replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sheetnet.mistakes.equation_parts import Element, Part, Recipe, Site
from sheetnet.mistakes.misreads import Reads, Single


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
