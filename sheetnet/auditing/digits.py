"""Reads a printed number: what it may stand for, which slips lead to it, and how likely a slip is by chance.

A printed number is rounded or truncated, nobody says which. So 0.938 stands for everything from 0.9375 (rounded up) to
0.939 (truncated); its last digit's unit, 0.001, is the measure of both.

Any digit may be wrong, and many slips may be tried; so one of them always comes near. A random error leaves the leading
digits as they are and puts any others in the place of the rest. The share of these errors that some slip of the right
number also makes is the chance that a random error is explained.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sheetnet.auditing.evaluate import Reach

NOISE = 1e-14  # of floating point, relative to numbers of order 1
_NUMBER = re.compile(r"(?P<sign>[-+\u2212]?)(?P<whole>\d*)(?:\.(?P<part>\d*))?(?:[eE](?P<power>[-+]?\d+))?")
MOST_POINT_MOVES = 3  # by which a decimal point is moved
LONGEST, MOST_POWERS = 60, 250  # what a float holds, and more than anybody prints
LAST = 1.5  # units of the last digit by which a number may be off whose last place is off by one
TELLING = 2  # significant digits from which a number says something by itself
LEAST_DIGITS = 3  # significant ones, for a slip to be more than chance


@dataclass(frozen=True)
class Digits:
    """A printed number: `digits` without point and sign, of which `places` stand after the point, times 10^power."""

    text: str
    negative: bool
    digits: str
    places: int
    power: int = 0

    @property
    def value(self) -> float:
        """The number itself."""
        return float(f"{'-' if self.negative else ''}{self.digits}e{self.power - self.places}")

    @property
    def unit(self) -> float:
        """One unit of the last printed digit."""
        return float(f"1e{self.power - self.places}")

    @property
    def significant(self) -> int:
        """How many significant digits are printed."""
        return len(self.digits.lstrip("0"))

    @property
    def decimals(self) -> int:
        """How many digits stand after the point, or would without a power of ten."""
        return self.places - self.power

    @property
    def low(self) -> float:
        """The least number it may stand for."""
        return self.value - (self.unit if self.negative or self.value == 0 else self.unit / 2)

    @property
    def high(self) -> float:
        """The largest number it may stand for."""
        return self.value + (self.unit if not self.negative or self.value == 0 else self.unit / 2)

    def agrees(self, number: float) -> bool:
        """Whether this is the number to the last printed digit, rounded or truncated."""
        return self.rounds(number) or self.cuts(number)

    def rounds(self, number: float) -> bool:
        """Whether this is the number rounded to the last printed digit."""
        return abs(self.value - number) <= self.unit / 2 * (1 + 1e-9) + self._slack(number)

    def cuts(self, number: float) -> bool:
        """Whether this is the number cut after the last printed digit."""
        off = number - self.value
        away = abs(off) if self.value == 0 else -off if self.negative else off
        return -self._slack(number) <= away < self.unit - self._slack(number)

    def _slack(self, number: float) -> float:
        return min(NOISE * max(1.0, abs(number)), self.unit / 4)

    def within(self, low: float, high: float) -> bool:
        """Whether some number from `low` to `high` may be printed so."""
        if low == high:
            return self.agrees(low)  # which knows that 0.3827 is not cut to 0.382699
        slack = min(NOISE * max(1.0, abs(low), abs(high)), self.unit / 4)
        return low - slack <= self.high - slack and self.low <= high + slack

    def off_by_one(self, low: float, high: float) -> bool:
        """Whether the last digit, rounded, is one off some number from `low` to `high`."""
        reach = LAST * self.unit * (1 + NOISE)
        return low - reach <= self.value <= high + reach

    def like(self, number: float) -> str:
        """Another number printed to as many places, rounded."""
        if self.power:
            return f"{number:.{max(self.significant - 1, 0)}e}"
        return f"{number:.{self.places}f}"


def read_digits(text: str) -> Digits | None:
    """The number that a text prints; None where it prints none."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None or not (match["whole"] or match["part"]):
        return None
    part = match["part"] or ""
    if len(text) > LONGEST or abs(int(match["power"] or 0)) > MOST_POWERS:
        return None
    return Digits(text.strip(), match["sign"] in "-\u2212" and match["sign"] != "", (match["whole"] or "") + part,
                  len(part), int(match["power"] or 0))  # fmt: skip


@dataclass(frozen=True)
class Slip:
    """A number as it should read, and what happened to it."""

    meant: Digits
    words: str


def digit_slips(printed: Digits) -> Iterator[Slip]:
    """Every number that one slip turns into the printed one, simplest first: the point moved, a digit doubled, …

    A digit missing at the very end is no slip but fewer digits. Numbers with few digits have none: it would be chance.
    """
    for slip in (*_moved(printed), *_doubled(printed), *_swapped(printed), *_dropped(printed)):
        if slip.meant.significant >= LEAST_DIGITS and slip.meant.value != printed.value:
            yield slip


def _doubled(printed: Digits) -> Iterator[Slip]:
    d, point = printed.digits, len(printed.digits) - printed.places
    for i in range(1, len(d) - 1):  # twice the last digit is one digit more, not a slip
        if d[i] == d[i - 1] and i != point:
            once = _again(printed, d[:i] + d[i + 1 :], printed.places - (i > point))
            yield Slip(once, f"the digit {d[i]} is doubled")


def _swapped(printed: Digits) -> Iterator[Slip]:
    d = printed.digits
    for i in range(1, len(d)):
        if d[i] != d[i - 1]:
            swapped = d[: i - 1] + d[i] + d[i - 1] + d[i + 1 :]
            yield Slip(_again(printed, swapped, printed.places), f"the digits {d[i]} and {d[i - 1]} are swapped")


def _moved(printed: Digits) -> Iterator[Slip]:
    for step in range(1, MOST_POINT_MOVES + 1):
        for places in (printed.places - step, printed.places + step):
            digits = printed.digits.lstrip("0").rjust(places + 1, "0") + "0" * max(-places, 0)
            words = f"the decimal point is {step} place{'s' * (step > 1)} off"
            yield Slip(_again(printed, digits, max(places, 0)), words)


def _dropped(printed: Digits) -> Iterator[Slip]:
    d, point = printed.digits, len(printed.digits) - printed.places
    for i in range(1, len(d)):
        for digit in "0123456789":
            if not (d[:i] + digit + d[i:]).startswith(d):  # else one digit more at the end
                after = i >= point  # a digit put at the point goes behind it: the whole part is rarely long
                yield Slip(
                    _again(printed, d[:i] + digit + d[i:], printed.places + after), f"a digit {digit} is dropped"
                )


def _again(printed: Digits, digits: str, places: int) -> Digits:
    whole, part = digits[: len(digits) - places].lstrip("0") or "0", digits[len(digits) - places :]
    power = f"e{printed.power}" if printed.power else ""
    text = f"{'-' if printed.negative else ''}{whole}{'.' if places else ''}{part}{power}"
    return Digits(text, printed.negative, whole + part, places, printed.power)


def one_digit_differs(printed: Digits, number: float) -> bool:
    """Whether a number, printed to as many places, differs from this text in one digit alone."""
    for text in (printed.like(number), f"{number:.{printed.places + 1}f}"[:-1]):
        plain, own = text.lstrip("-"), printed.text.lstrip("-\u2212+")
        if len(plain) == len(own) and sum(a != b for a, b in zip(plain, own, strict=True)) == 1:
            return printed.significant >= LEAST_DIGITS and (number < 0) == printed.negative
    return False


SURE = 0.05  # chance up to which a slip is named
PERHAPS = 0.25  # and up to which it is named as perhaps
WIDEST_ROUNDING = 3  # units of the last digit: a slip is not looked for in what the roundings above leave wide open


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
    for slip in digit_slips(printed):
        narrow = reach.low < reach.high <= reach.low + WIDEST_ROUNDING * slip.meant.unit
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
    for step in range(1, MOST_POINT_MOVES + 1):
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
