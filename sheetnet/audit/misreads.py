"""One number read wrongly on the way to a printed one: a neighbour's, another quantity's, or with its point moved.

With one trial and few digits this is never certain; what chance would hardly explain is named as perhaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sheetnet.audit.digits import LEAST_DIGITS, Digits
from sheetnet.audit.document import Document
from sheetnet.audit.evidence import chance
from sheetnet.audit.published import PrintedNumber
from sheetnet.audit.routes import Routes
from sheetnet.audit.upstream import Pin, Reach, Upstream, element

DEEPEST = 3  # equations further up, through what is not printed
LIKELIEST = 1 / 9  # chance up to which a misread number is named: that of hitting one wrong last digit
SMALL = 64  # numbers of a block; in larger ones some misread number is always near
SAME = 1e-12  # relative difference up to which a number read wrongly changes nothing
BESIDE = ((0, -1), (0, 1), (-1, 0), (1, 0))


@dataclass(frozen=True)
class Misread:
    """What was read at a number: its place, the value, and words that name it."""

    pin: Pin
    words: str


class Misreads:
    """The single misread numbers that may have led to what a document prints."""

    def __init__(self, document: Document, routes: Routes) -> None:
        self._document, self._routes = document, routes
        self._known: dict[tuple[object, ...], str] = {}

    def of(self, number: PrintedNumber) -> str:
        """Words such as `perhaps a_1[0, 0] was read in place of a_1[0, 1]`; empty where none is likely."""
        digits = number.digits
        if digits is None or digits.significant < LEAST_DIGITS or number.terms:
            return ""
        pins = self._routes.pins(number)[0]
        key = (self._document.place(number), number.expression, digits, pins)
        if key not in self._known:
            self._known[key] = self._found(number, digits, pins)
        return self._known[key]

    def _found(self, number: PrintedNumber, digits: Digits, pins: tuple[Pin, ...]) -> str:
        upstream, at = self._routes.upstream(pins, None), self._document.element(number)
        compute = self._document.compute(number)
        base = upstream.follow(compute, *at)
        if base is None:
            return ""
        tried: list[float] = []
        for kind in self._kinds(number, upstream, {pin.block for pin in pins}):
            misreads = list(kind)
            if not misreads:
                continue
            with np.errstate(all="ignore"):
                values = element(compute(upstream.varied([misread.pin for misread in misreads])), *at)
            gave = np.broadcast_to(values, (len(misreads),)).tolist()
            tried += [value for value in gave if abs(value - base.value) > SAME * abs(base.value)]
            hits = [m.words for m, value in zip(misreads, gave, strict=True) if _hit(digits, value, base)]
            width = 1 + (base.high - base.low) / digits.unit
            if hits and chance(digits, base.value, tried) * width <= LIKELIEST:
                return f"perhaps {' or '.join(hits[:2])}"
        return ""

    def _kinds(self, number: PrintedNumber, upstream: Upstream, printed: set[str]) -> Iterator[Iterator[Misread]]:
        """All misreadings, kind by kind, the likeliest first."""
        values = upstream.values
        operands = [(block, values[block]) for block in self._operands(number, printed) if values[block].size <= SMALL]
        flat = {block: array.reshape(-1, array.shape[-1]) for block, array in operands}
        yield (misread for block, array in flat.items() for misread in _neighbours(block, array))
        yield (misread for block, array in flat.items() for misread in _moved(block, array))
        yield (misread for block, array in flat.items() for misread in self._others(block, array, values))

    def _operands(self, number: PrintedNumber, printed: set[str]) -> list[str]:
        """The blocks that a number is computed from, and through those that are not printed what is above them."""
        found = self._document.direct(number)
        level = found
        for _ in range(DEEPEST):
            level = [name for name in self._document.below(b for b in level if b not in printed) if name not in found]
            found += dict.fromkeys(level)
        return found

    def _others(self, block: str, array: np.ndarray, values: dict[str, np.ndarray]) -> Iterator[Misread]:
        """The number of another quantity of the same layer at the same place."""
        network = self._document.network
        layer = block.rpartition("_")[2]
        beside = [f"{kind}_{layer}" for kind in ("z", "a", "dC_da", "da_dz", "delta")]
        beside += ["target"] if layer == str(network.depth) else []
        if block not in {*beside, "target"}:
            return
        for other in beside if block != "target" else [f"a_{network.depth}"]:
            if other != block and values[other].shape[1:] == array.shape:
                for (row, column), value in np.ndenumerate(values[other][0]):
                    words = f"{other}[{row}, {column}] was read in place of {block}[{row}, {column}]"
                    yield Misread(_pin(block, row, column, value), words)


def _neighbours(block: str, array: np.ndarray) -> Iterator[Misread]:
    for row, column in np.ndindex(*array.shape):
        for down, right in BESIDE:
            r, c = row + down, column + right
            if 0 <= r < array.shape[0] and 0 <= c < array.shape[1] and array[r, c] != array[row, column]:
                words = f"{block}[{r}, {c}] was read in place of {block}[{row}, {column}]"
                yield Misread(_pin(block, row, column, array[r, c]), words)


def _moved(block: str, array: np.ndarray) -> Iterator[Misread]:
    for (row, column), value in np.ndenumerate(array):
        for factor in (10.0, 0.1):
            read = float(f"{value * factor:.9g}")
            if value:
                yield Misread(
                    _pin(block, row, column, value * factor), f"{block}[{row}, {column}] was read as {read:.9g}"
                )


def _pin(block: str, row: int, column: int, value: float) -> Pin:
    return Pin(block, row, column, float(value), float(value), float(value))


def _hit(digits: Digits, value: float, base: Reach) -> bool:
    """Whether a printed number is what a misread one gives, within what the roundings above allow."""
    low, high = value - (base.value - base.low), value + (base.high - base.value)
    differs = abs(value - base.value) > SAME * abs(base.value)
    return bool(np.isfinite(value)) and differs and digits.within(low, high)
