"""Propagates printed (rounded) numbers through the step, with interval bounds.

A printed number stands for an interval (`digits`). What follows from several is bounded by both ends: each is moved
alone to either end, which tells in which direction it moves the result; then all are moved at once, each to the end
that raises the result, and each to the end that lowers it. Where the result is monotone in every printed number over
its interval, as wherever a last digit is small, these two are the exact bounds; sums of single effects would miss the
products of two roundings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sheetnet.network import Network
from sheetnet.reference import Array, Equation, Values, equations, evaluate_step, inputs_of

StepFunction = Callable[[Values], Array]
FAR = 2  # times the sum of all single effects


@dataclass(frozen=True, slots=True)
class Pin:
    """A printed number in the place of a computed one: element (row, column) of a block, and what it stands for."""

    block: str
    row: int
    column: int
    low: float
    value: float
    high: float


@dataclass(frozen=True, slots=True)
class Reach:
    """What follows from printed numbers: the value from the numbers as they stand, and its bounds."""

    low: float
    value: float
    high: float


def element(array: Array, row: int, column: int) -> Array:
    """One number of a block in every trial; Jacobians stand one under the other."""
    return np.asarray(array.reshape(len(array), -1, array.shape[-1])[:, row, column])


class Upstream:
    """One training step in which some numbers are those that a document prints.

    `replaced` swaps equations, as a known mistake does.
    """

    def __init__(self, network: Network, pins: Sequence[Pin], replaced: Mapping[str, Equation] | None = None) -> None:
        self._network, self._pins, self._replaced = network, tuple(pins), dict(replaced or {})
        self._equations = equations(network) | self._replaced

    def follow(
        self, compute: StepFunction, row: int, column: int, near: tuple[float, float] | None = None
    ) -> Reach | None:
        """Element (row, column) of what is computed, with its bounds; None where it is no finite number.

        With `near`, also None where single effects already show that it is nowhere near these bounds.
        """
        with np.errstate(all="ignore"):
            found = element(compute(self._singles), row, column)
            found = np.broadcast_to(found, (1 + 2 * len(self._pins),))
            if not np.isfinite(found).all():
                return None
            lows, highs = found[1::2], found[2::2]
            room = FAR * np.abs(highs - lows).sum()
            if near is not None and not near[0] - room <= found[0] <= near[1] + room:
                return None
            values = np.array([[pin.low, pin.high] for pin in self._pins]).reshape(-1, 2)
            up = np.where((highs >= lows)[:, None], values[:, ::-1], values)
            ends = element(compute(self._with(up)), row, column) if self._pins else found
        return Reach(float(min(found.min(), ends.min())), float(found[0]), float(max(found.max(), ends.max())))

    @property
    def values(self) -> dict[str, Array]:
        """All quantities with the numbers as printed, with a trials axis of 1."""
        return {name: array[:1] for name, array in self._singles.items()}

    def varied(self, changes: Sequence[Pin]) -> dict[str, Array]:
        """All quantities in as many trials as there are changes, each with one more number replaced."""
        numbers = np.repeat(np.array([[pin.value] for pin in self._pins]).reshape(-1, 1), len(changes), axis=1)
        return self._with(numbers, changes)

    @cached_property
    def _singles(self) -> dict[str, Array]:
        """Trial 0 with the numbers as printed, then each number alone at its low and its high end."""
        count = len(self._pins)
        numbers = np.repeat(np.array([[pin.value] for pin in self._pins]).reshape(count, 1), 1 + 2 * count, axis=1)
        for i, pin in enumerate(self._pins):
            numbers[i, 1 + 2 * i], numbers[i, 2 + 2 * i] = pin.low, pin.high
        return self._with(numbers)

    def _with(self, numbers: Array, changes: Sequence[Pin] = ()) -> dict[str, Array]:
        """All quantities for some sets of pinned numbers, pins × trials; and with one change in each trial."""
        trials = numbers.shape[1]
        held = {block: self._held(block, numbers, changes) for block in {pin.block for pin in (*self._pins, *changes)}}
        inputs = {}
        for name, array in inputs_of(self._network).items():
            array = np.repeat(array, trials, axis=0)
            inputs[name] = held[name](array) if name in held else array
        pinned = {name: _pinned(self._equations[name], held[name]) for name in held if name in self._equations}
        return evaluate_step(self._network, inputs, {**self._replaced, **pinned})

    def _held(self, block: str, numbers: Array, changes: Sequence[Pin]) -> Callable[[Array], Array]:
        def hold(array: Array) -> Array:
            found = np.array(array, dtype=np.float64)
            flat = found.reshape(len(found), -1, found.shape[-1])
            for pin, row in zip(self._pins, numbers, strict=True):
                if pin.block == block:
                    flat[:, pin.row, pin.column] = row
            for trial, change in enumerate(changes):
                if change.block == block:
                    flat[trial, change.row, change.column] = change.value
            return flat.reshape(found.shape)

        return hold


def _pinned(equation: Equation, hold: Callable[[Array], Array]) -> Equation:
    return lambda values: hold(equation(values))
