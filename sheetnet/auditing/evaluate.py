"""Evaluates what a document prints: expressions in many trials at once, and the step with printed numbers in it.

Every value of an expression is trials × rows × columns. Shapes must fit as in mathematics: cell by cell where both have
the same shape or one is a single number. MAX and MIN of several arguments go cell by cell too. LOG is base 10, as in
spreadsheets; LN is natural.

A printed number stands for an interval (`digits`). What follows from several is bounded by both ends: each is moved
alone to either end, which tells in which direction it moves the result; then all are moved at once, each to the end
that raises the result, and each to the end that lowers it. Where the result is monotone in every printed number over
its interval, as wherever a last digit is small, these two are the exact bounds; sums of single effects would miss the
products of two roundings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sheetnet.auditing.expressions import (
    ACTIVATIONS_CALLED,
    DERIVATIVES_CALLED,
    FunctionTerm,
    MatrixTerm,
    NameTerm,
    Negative,
    Number,
    Operation,
    Term,
)
from sheetnet.network import Network
from sheetnet.reference import ACTIVATIONS, Array, Equation, Values, equations, evaluate_step, inputs_of

Environment = Mapping[str, Array]
DIFFERENCE_STEP = 1e-3  # of the five-point rule for DIFF, whose error is of the order of STEP⁴
POINTS = (1.0, -1.0, 2.0, -2.0)  # where it computes, in steps


@dataclass(frozen=True)
class KnownValues:
    """Values of trees in one environment: by the id of a tree, the tree, so that its id stays its own, and its value.

    `shifted` holds, for a name, the environment of its numerical derivative and what is known in that.
    """

    values: dict[int, tuple[Term, Array]] = field(default_factory=dict)
    shifted: dict[NameTerm, tuple[Environment, KnownValues]] = field(default_factory=dict)


class Misfit(Exception):  # noqa: N818
    """Shapes that do not fit, in words; for a printed equation that is a finding, not an error."""


def term_value(term: Term, environment: Environment, known: KnownValues | None = None) -> Array:
    """The value of a tree. Raises `Misfit`; names and functions are known (`check_names`).

    `known` holds the values of parts, which trees that share these parts need not compute again.
    """
    if known is not None and id(term) in known.values:
        return known.values[id(term)][1]
    with np.errstate(all="ignore"):
        return _value(term, environment, known)


def _value(term: Term, env: Environment, known: KnownValues | None = None) -> Array:
    if known is None:
        return _computed(term, env, None)
    if id(term) not in known.values:
        known.values[id(term)] = term, _computed(term, env, known)
    return known.values[id(term)][1]


def _computed(term: Term, env: Environment, known: KnownValues | None) -> Array:
    match term:
        case Number(text):
            return np.full((1, 1, 1), float(text))
        case NameTerm(name, index):
            array = env[name]
            return array if index is None else array[:, index[0], index[1]].reshape(-1, 1, 1)
        case Negative(of):
            return -_value(of, env, known)
        case Operation(sign, left, right):
            return _OPERATIONS[sign](*_fitting(sign, _value(left, env, known), _value(right, env, known)))
        case FunctionTerm("DIFF", (of, NameTerm() as by)):
            return _slope(of, by, env, known)
        case FunctionTerm("DIFF"):
            raise Misfit("DIFF is by a name")
        case FunctionTerm(function, arguments):
            return TERM_FUNCTIONS[function](*(_value(argument, env, known) for argument in arguments))
        case MatrixTerm(rows):
            return _joined([[_value(part, env, known) for part in row] for row in rows])


def _fitting(sign: str, left: Array, right: Array) -> tuple[Array, Array]:
    one = (1, 1)
    if left.shape[1:] != right.shape[1:] and one not in (left.shape[1:], right.shape[1:]):
        raise Misfit(f"{_shape(left)} {sign} {_shape(right)} does not fit")
    return left, right


def _shape(array: Array) -> str:
    return f"{array.shape[1]}×{array.shape[2]}"


def _joined(rows: list[list[Array]]) -> Array:
    """A table of numbers or of blocks."""
    count = max(len(part) for row in rows for part in row)
    try:
        return np.concatenate(
            [np.concatenate([np.broadcast_to(p, (count, *p.shape[1:])) for p in row], axis=2) for row in rows], axis=1
        )
    except ValueError:
        raise Misfit("the blocks of a table do not fit") from None


def _slope(of: Term, by: NameTerm, env: Environment, known: KnownValues | None) -> Array:
    """∂of/∂by by the five-point rule, at all four points at once."""
    known = known or KnownValues()
    if by not in known.shifted:
        known.shifted[by] = _shifted(by, env), KnownValues()
    array = _value(of, *known.shifted[by])
    trials = max(map(len, env.values()))
    if len(array) == 1:  # a number alone
        array = np.broadcast_to(array, (len(POINTS) * trials, *array.shape[1:]))
    ahead, behind, far_ahead, far_behind = array.reshape(len(POINTS), trials, *array.shape[1:])
    return np.asarray((8 * (ahead - behind) - (far_ahead - far_behind)) / (12 * DIFFERENCE_STEP))


def _shifted(by: NameTerm, env: Environment) -> Environment:
    """The environment once for each point of the rule, one after the other along the trials axis."""
    trials = max(map(len, env.values()))
    found = {n: np.concatenate([np.broadcast_to(a, (trials, *a.shape[1:]))] * len(POINTS)) for n, a in env.items()}
    row, column = by.index or (0, 0)
    found[by.name][:, row, column] += DIFFERENCE_STEP * np.repeat(np.array(POINTS), trials)
    return found


def _mmult(left: Array, right: Array) -> Array:
    if left.shape[2] != right.shape[1]:
        raise Misfit(f"{_shape(left)} times {_shape(right)} does not fit")
    return left @ right


def _sumproduct(*arrays: Array) -> Array:
    found = arrays[0]
    for array in arrays[1:]:
        if array.shape[1:] != found.shape[1:]:
            raise Misfit(f"SUMPRODUCT of {_shape(found)} and {_shape(array)} does not fit")
        found = found * array
    return _sum(found)


def _sum(*arrays: Array) -> Array:
    return np.asarray(sum(array.sum(axis=(1, 2), keepdims=True) for array in arrays))


def _average(array: Array) -> Array:
    return np.asarray(array.mean(axis=(1, 2), keepdims=True))


def _extreme(reduce: Callable[..., Array], pairwise: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    def extreme(*arrays: Array) -> Array:
        if len(arrays) == 1:
            return np.asarray(reduce(arrays[0], axis=(1, 2), keepdims=True))
        found = arrays[0]
        for array in arrays[1:]:
            found = pairwise(*_fitting("with", found, array))
        return found

    return extreme


def _if(test: Array, yes: Array, no: Array) -> Array:
    return np.where(test != 0, *_fitting("or", yes, no))


def _diagonal(array: Array) -> Array:
    """A row or column as the diagonal of a matrix."""
    flat = array.reshape(len(array), -1)
    return flat[:, :, None] * np.eye(flat.shape[1])


def _activation(name: str) -> Callable[[Array], Array]:
    return lambda z: np.asarray(ACTIVATIONS[name].f(z))


def _derivative(name: str) -> Callable[[Array], Array]:
    return lambda z: np.asarray(ACTIVATIONS[name].derivative(z, ACTIVATIONS[name].f(z)))


_OPERATIONS: dict[str, Callable[[Array, Array], Array]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: np.power(a, b),
    "<": lambda a, b: np.where(a < b, 1.0, 0.0),
    ">": lambda a, b: np.where(a > b, 1.0, 0.0),
    "<=": lambda a, b: np.where(a <= b, 1.0, 0.0),
    ">=": lambda a, b: np.where(a >= b, 1.0, 0.0),
    "<>": lambda a, b: np.where(a != b, 1.0, 0.0),
}
TERM_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "ABS": np.abs,
    "AVERAGE": _average,
    "DIAG": _diagonal,
    "EXP": np.exp,
    "IF": _if,
    "LN": np.log,
    "LOG": np.log10,
    "LOG10": np.log10,
    "MAX": _extreme(np.max, np.maximum),
    "MIN": _extreme(np.min, np.minimum),
    "MMULT": _mmult,
    "SQRT": np.sqrt,
    "SUM": _sum,
    "SUMPRODUCT": _sumproduct,
    "TANH": np.tanh,
    "TRANSPOSE": lambda a: np.swapaxes(a, 1, 2),
    **{called: _activation(name) for called, name in ACTIVATIONS_CALLED.items()},
    **{called: _derivative(name) for called, name in DERIVATIVES_CALLED.items()},
}
_ARGUMENTS = {"DIFF": 2, "IF": 3, "MMULT": 2, **dict.fromkeys(("SUM", "SUMPRODUCT", "MAX", "MIN"), None)}


def arguments_of(function: str) -> int | None:
    """How many arguments a function takes; None for any number."""
    return _ARGUMENTS.get(function, 1)


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
