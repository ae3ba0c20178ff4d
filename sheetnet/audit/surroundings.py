"""What is printed around a number, in its table, of its quantity or at its place: with how many decimals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from sheetnet.audit.digits import NOISE, TELLING, Digits
from sheetnet.audit.document import Document
from sheetnet.audit.published import PrintedNumber

BARE = 0.01  # how far, relative to the right value, a number without decimals may be off where nothing stands around it


class Surroundings:
    """The prints of a document by table, quantity and place."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._near: dict[tuple[str, object], list[PrintedNumber]] = defaultdict(list)
        for number in document.numbers:
            if number.digits is not None:
                for key in _keys(number):
                    self._near[key].append(number)

    def sharper(self, number: PrintedNumber) -> Digits | None:
        """A number that says little by itself, with the decimals usual around it; None where it has as many."""
        digits = number.digits
        if digits is None or digits.significant >= TELLING:
            return None
        around = (n.digits for n in self._around(number) if n.digits is not None and n.digits.significant >= TELLING)
        finer = Counter(d.decimals for d in around if d.decimals > digits.decimals)
        if not finer:
            return None
        most = max(finer, key=lambda decimals: (finer[decimals], -decimals))
        more = most - digits.decimals
        return replace(digits, digits=digits.digits + "0" * more, places=digits.places + more)

    def says_too_little(self, number: PrintedNumber, low: float, high: float) -> bool:
        """Whether it agrees with something from `low` to `high` only because it has hardly any digits."""
        digits = number.digits
        if digits is None or digits.significant >= TELLING or low <= digits.value <= high:
            return False
        if (sharper := self.sharper(number)) is not None:
            return not sharper.within(low, high)
        nearest = low if digits.value < low else high
        return digits.decimals <= 0 and abs(digits.value - nearest) > BARE * abs(nearest) + NOISE

    def coarse(self, number: PrintedNumber) -> bool:
        """Whether others around it have more decimals."""
        digits = number.digits
        others = (n.digits for n in self._around(number) if n.digits is not None)
        return digits is not None and any(other.decimals > digits.decimals for other in others)

    def decimals(self, number: PrintedNumber) -> Counter[int]:
        """How many numbers in its table, and right ones around it, are printed with how many decimals."""
        own = self._document.place(number)
        found = set()
        for other in self._around(number):
            place, digits = self._document.place(other), other.digits
            if digits is not None:
                beside = place != own and other.table == number.table
                if beside or digits.agrees(self._document.right(other)):
                    found.add((place, digits.decimals))
        return Counter(decimals for _, decimals in found)

    def _around(self, number: PrintedNumber) -> Iterator[PrintedNumber]:
        """The other numbers around it: givens around a given, computed ones around a computed one."""
        given = self._document.is_given(number)
        found = {id(n): n for key in _keys(number) for n in self._near[key] if n is not number}
        yield from (n for n in found.values() if self._document.is_given(n) == given)


def _keys(number: PrintedNumber) -> tuple[tuple[str, object], ...]:
    return ("table", number.table), ("quantity", number.quantity), ("place", number.place)
