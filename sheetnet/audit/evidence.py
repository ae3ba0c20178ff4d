"""How likely a random error is explained by chance: a slip is named only where that is unlikely.

Any digit may be wrong, and many slips may be tried; so one of them always comes near. A random error leaves the leading
digits as they are and puts any others in the place of the rest. The share of these errors that some slip of the right
number also makes is the chance that a random error is explained.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sheetnet.audit.digits import LAST, MOST_PLACES, Digits, Slip, slips
from sheetnet.audit.upstream import Reach

SURE = 0.05  # chance up to which a slip is named
PERHAPS = 0.25  # and up to which it is named as perhaps
WIDEST = 3  # units of the last digit: a slip is not looked for in what the roundings above leave wide open


def chance(printed: Digits, right: float, outcomes: Iterable[float]) -> float:
    """The share of random errors of the size of this one that are outcomes of the slips tried.

    Where the last n digits are random, an error of d units occurs with probability (1 - d/10^n) / (10^n - 1); those
    within the last place are not counted.
    """
    far = max(abs(printed.value - right) / printed.unit, 1.0)
    if not math.isfinite(far):
        return 1.0
    digits = 10.0 ** max(1, math.ceil(math.log10(far)))
    steps = {round((outcome - right) / printed.unit, 1) for outcome in outcomes if math.isfinite(outcome)}
    return sum(1 - abs(step) / digits for step in steps if LAST < abs(step) < digits) / (digits - 3)


@dataclass(frozen=True)
class LikelySlip:
    """A slip that explains a printed number, and whether chance would hardly do so."""

    slip: Slip
    sure: bool

    @property
    def words(self) -> str:
        """`a digit 9 is dropped: 0.593269992`."""
        return f"{'' if self.sure else 'perhaps '}{self.slip.words}: {self.slip.meant.text}"


def likely_slip(printed: Digits, reach: Reach, decimals: Mapping[int, int]) -> LikelySlip | None:
    """The least accidental slip that made the printed number of what follows; None where chance may have done so.

    `decimals`: how many numbers around it have how many decimals. A dropped digit leaves one less than is usual there.
    """
    best, least = None, PERHAPS
    for slip in slips(printed):
        narrow = reach.low < reach.high <= reach.low + WIDEST * slip.meant.unit
        if slip.meant.agrees(reach.value) or (narrow and slip.meant.within(reach.low, reach.high)):
            found = _chance_of(slip, printed, reach, decimals)
            if found <= least and (best is None or found < least):
                best, least = slip, found
    return None if best is None else LikelySlip(best, least <= SURE)


def _chance_of(slip: Slip, printed: Digits, reach: Reach, decimals: Mapping[int, int]) -> float:
    width = 1 + (reach.high - reach.low) / printed.unit
    found = chance(printed, reach.value, slipped(printed, reach.value)) * width
    if slip.meant.significant == printed.significant:
        return found
    return found * (decimals.get(printed.decimals, 0) + 1) / (decimals.get(slip.meant.decimals, 0) + 1)


def slipped(printed: Digits, right: float) -> Iterator[float]:
    """Every number that one slip makes of a right one, with as many decimals as are printed."""
    scale, sign = 10.0**printed.power, -1 if right < 0 else 1
    number, places = abs(right) / scale, printed.places
    for digits, at in _made(number, places):
        yield sign * scale * float(digits) * 10.0**-at
    for step in range(1, MOST_PLACES + 1):
        yield from (right * 10**step, right * 10**-step)


def _made(number: float, places: int) -> Iterator[tuple[str, int]]:
    """Digits and decimals of the right number with a digit dropped, doubled or swapped."""
    for text, point in _texts(number, places + 1):
        yield from ((text[:i] + text[i + 1 :], places) for i in range(point, len(text) - 1))
    for text, point in _texts(number, places):
        yield from ((text[:i] + text[i + 1 :], places) for i in range(1, point))
        yield from ((text[:i] + text[i - 1] + text[i:], places) for i in range(1, point))
        yield from ((text[: i - 1] + text[i] + text[i - 1] + text[i + 1 :], places) for i in range(1, len(text)))
    for text, point in _texts(number, places - 1):
        yield from ((text[:i] + text[i - 1] + text[i:], places) for i in range(point + 1, len(text)))


def _texts(number: float, places: int) -> set[tuple[str, int]]:
    """The digits of a number, rounded and cut to some decimals, and where the decimals begin."""
    if places < 0 or not number < 1e15:
        return set()
    found = {f"{number:.{places}f}", f"{number:.{places + 3}f}"[: -3 if places else -4]}
    return {(text.replace(".", ""), len(text.partition(".")[0])) for text in found}
