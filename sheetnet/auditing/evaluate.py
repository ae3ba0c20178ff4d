"""Evaluates an expression in many trials at once: every value is trials × rows × columns.

Shapes must fit as in mathematics: cell by cell where both have the same shape or one is a single number. MAX and MIN of
several arguments go cell by cell too. LOG is base 10, as in spreadsheets; LN is natural.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
from sheetnet.reference import ACTIVATIONS, Array

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
    points = np.broadcast_to(array, (len(POINTS) * trials, *array.shape[1:])).reshape(
        len(POINTS), trials, *array.shape[1:]
    )
    ahead, behind, far_ahead, far_behind = points
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
