"""A number as printed: its text, what it may stand for, and the slips of a typesetter undone.

A printed number is rounded or truncated, nobody says which. So 0.938 stands for everything from 0.9375 (rounded up) to
0.939 (truncated); its last digit's unit, 0.001, is the measure of both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

NOISE = 1e-14  # of floating point, relative to numbers of order 1
_NUMBER = re.compile(r"(?P<sign>[-+\u2212]?)(?P<whole>\d*)(?:\.(?P<part>\d*))?(?:[eE](?P<power>[-+]?\d+))?")
MOST_PLACES = 3  # by which a decimal point is moved
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


def slips(printed: Digits) -> Iterator[Slip]:
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
    for step in range(1, MOST_PLACES + 1):
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
