"""Weighted sums on a sheet: which cells compute x·w + … + b, also by way of cells with single products or partial sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sheetnet.identification.inference.probe import Form, Probes
from sheetnet.workbook import Place

_DEEPEST = 500  # partial sums within partial sums


@dataclass(frozen=True)
class WeightedSum:
    """A cell that computes the sum of `pairs` (two cells multiplied) and of `singles`; copies are traced to what they copy.

    `activation`: the cell holds the activation of that sum, so that z has no cell; `flipped`: of its negative.
    """

    place: Place
    pairs: tuple[tuple[Place, Place], ...]
    singles: tuple[Place, ...]
    activation: str | None = None
    flipped: bool = False


class Sums:
    """The weighted sums of a workbook by their cells, without those that are only parts of others."""

    def __init__(self, probes: Probes) -> None:
        self.probes = probes
        self._roots: dict[Place, Place] = {}
        self._parts: set[Place] = set()
        self._products: dict[Place, bool] = {}
        expanded = {place: self._sum(place, form) for place, form in probes.forms.items()}
        self.found = {
            place: one for place, one in expanded.items() if one is not None and one.pairs and place not in self._parts
        }

    def root(self, place: Place) -> Place:
        """The cell that is copied, however often; the place itself where it copies none."""
        way = [place]
        while way[-1] not in self._roots:
            form = self.probes.forms.get(way[-1])
            before = None if form is None else form.copied
            if before is None or before in way:
                self._roots[way[-1]] = way[-1]
            else:
                way.append(before)
        root = self._roots[way[-1]]
        self._roots.update(dict.fromkeys(way, root))
        return root

    def constant(self, place: Place) -> bool:
        """Whether the cell, a root, is a constant."""
        return place in self.probes.constants

    def _sum(self, place: Place, form: Form) -> WeightedSum | None:
        (first, *_), of_one = form.terms, len(form.terms) == 1
        if any(factor != 1 for factor in form.terms.values()) or (of_one and len(first) == 1):
            return None  # nothing is a sum that is a copy, or the activation of another cell
        terms = list(self._terms(form, 0))
        products = ((self.root(each[0]), self.root(each[1])) for each in terms if len(each) == 2)
        pairs = tuple((min(pair), max(pair)) for pair in products)
        singles = tuple(self.root(each[0]) for each in terms if len(each) == 1)
        return WeightedSum(place, pairs, singles, form.activation, form.flipped)

    def _terms(self, form: Form, depth: int) -> Iterator[tuple[Place, ...]]:
        """The terms, with those of partial sums in place of these."""
        for cells in form.terms:
            part = self.root(cells[0])
            if len(cells) == 1 and depth < _DEEPEST and self._has_products(part):
                self._parts.add(part)
                yield from self._terms(self.probes.forms[part], depth + 1)
            else:
                yield cells

    def _has_products(self, place: Place) -> bool:
        """Whether the cell is a sum with products in it, at once or in its parts."""
        if place not in self._products:
            self._products[place] = False  # what leads back to itself has none
            form = self.probes.forms.get(place)
            if form is not None and form.adds:
                single = (self.root(cells[0]) for cells in form.terms if len(cells) == 1)
                two = any(len(cells) == 2 for cells in form.terms)
                self._products[place] = two or any(self._has_products(part) for part in single)
        return self._products[place]


def together(groups: Iterable[Iterable[Place]]) -> Mapping[Place, int]:
    """Each cell with the number of the set in which it is, when sets that share cells are one."""
    number_of: dict[Place, int] = {}
    members: dict[int, set[Place]] = {}
    for number, group in enumerate(groups):
        own = set(group)
        for old in {number_of[cell] for cell in own if cell in number_of}:
            own |= members.pop(old)
        members[number] = own
        number_of.update(dict.fromkeys(own, number))
    return number_of
