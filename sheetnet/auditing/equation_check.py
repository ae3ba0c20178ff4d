"""Checks printed equations in random trials.

Quantities have the values of the reference in trials chosen as those of `validate` are; variables that are no
quantities are drawn too, half of them between 0 and 1, where logarithms are numbers. Trials in which a side is no
number are passed over.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from sheetnet.auditing.evaluate import Misfit, term_value
from sheetnet.auditing.expressions import (
    FunctionTerm,
    Term,
    bare_names,
    names_in,
    substituted,
    subterms,
)
from sheetnet.auditing.published import PrintedFormula, shapes_of, weights_of, with_biases
from sheetnet.network import Network
from sheetnet.quantity import Quantity
from sheetnet.reference import Array
from sheetnet.trials.draw import plain_trials

EQUATION_TRIALS = 16
LEAST_TRIALS = 4  # trials in which both sides are numbers
EXACT, SLOPED = 1e-8, 1e-5  # relative tolerance, and that with numerical derivatives (DIFF)


@dataclass(frozen=True)
class EquationCheck:
    """Whether both sides are equal; else what is wrong, in words."""

    equal: bool
    words: str


class EquationTrials:
    """Random values of every quantity of a network, and of variables when asked for."""

    def __init__(self, network: Network, seed: int = 0) -> None:
        drawn = plain_trials(network, EQUATION_TRIALS, seed).values
        self._network, self._seed = network, seed
        self._drawn: dict[str, Array] = {}
        self._values: dict[str, Array] = dict(drawn)
        for name, (_, columns) in shapes_of(network).items():
            quantity = Quantity.of(name)
            if quantity.symbol == "a" and name not in drawn:  # a_l of a hidden layer
                self._values[name] = drawn[replace(quantity, symbol="A").name][..., :columns]
        self.count = len(drawn["gamma"])

    def with_biases(self) -> EquationTrials:
        """The same trials, in which `b_1` is the biases of layer 1 and no variable."""
        found = copy(self)
        found._values = with_biases(self._network, self._values)
        return found

    def environment(self, names: Iterable[str]) -> dict[str, Array]:
        """The values of some names."""
        return {name: self._value(name) for name in names}

    @property
    def quantities(self) -> Mapping[str, Array]:
        """The values of every quantity."""
        return self._values

    def shape(self, name: str) -> tuple[int, int] | None:
        """Rows and columns of a quantity; None for a variable."""
        return (self._values[name].shape[1], self._values[name].shape[2]) if name in self._values else None

    def _value(self, name: str) -> Array:
        if name in self._values:
            return self._values[name]
        if name not in self._drawn:
            self._drawn[name] = self._variable(name)
        return self._drawn[name]

    def _variable(self, name: str) -> Array:
        generator = np.random.default_rng([self._seed, zlib.crc32(name.encode())])
        inside = generator.uniform(0.05, 0.95, size=self.count // 2)
        around = generator.uniform(0.1, 1.6, size=self.count - len(inside))
        signs = generator.choice([-1.0, 1.0], size=len(around))
        return np.concatenate([inside, around * signs]).reshape(-1, 1, 1)


def check_equation(left: Term, right: Term, where: Mapping[str, Term], trials: EquationTrials) -> EquationCheck:
    """Whether `left = right` in every trial, `where` saying what its own names stand for."""
    left, right = substituted(left, where), substituted(right, where)
    environment = trials.environment(names_in(left) | names_in(right))
    return finding(left, right, lambda term: term_value(term, environment), has_slope(left) or has_slope(right))


def finding(left: Term, right: Term, value: Callable[[Term], Array], sloped: bool) -> EquationCheck:
    """Whether two sides, all names of their own replaced, have the same value in every trial."""
    try:
        one, other = value(left), value(right)
    except Misfit as misfit:
        return EquationCheck(False, str(misfit))
    if one.shape[1:] != other.shape[1:]:
        shapes = [f"{array.shape[1]}×{array.shape[2]}" for array in (one, other)]
        return EquationCheck(False, f"{shapes[0]} on the left, {shapes[1]} on the right")
    return _differing(one, other, SLOPED if sloped else EXACT)


def _differing(one: Array, other: Array, tolerance: float) -> EquationCheck:
    met = (np.isfinite(one) & np.isfinite(other)).all(axis=(1, 2))
    if met.sum() < min(LEAST_TRIALS, max(len(one), len(other))):
        return EquationCheck(False, "both sides are hardly ever numbers")
    scale = np.maximum(np.maximum(np.abs(one), np.abs(other)), tolerance)
    off = (np.abs(one - other) > tolerance * scale).any(axis=(1, 2)) & met
    if not off.any():
        return EquationCheck(True, "")
    return EquationCheck(False, f"the sides differ in {off.sum()} of {met.sum()} random trials")


def identity(formula: PrintedFormula, trials: EquationTrials) -> EquationCheck:
    """Whether a printed equation holds."""
    return check_equation(formula.left, formula.right, formula.where, trials)


def readings(formula: PrintedFormula, trials: EquationTrials) -> list[EquationTrials]:
    """Trials in which a bare `b_1` is a variable, and such in which it is the biases of layer 1, as `b_1[0,0]` always is."""
    terms = (formula.left, formula.right, *formula.where.values())
    biases = {name for name in formula.reads if weights_of(name) is not None}
    if not biases:
        return [trials]
    bare = biases <= set().union(*map(bare_names, terms))
    return [trials, trials.with_biases()] if bare else [trials.with_biases()]


def has_slope(term: Term) -> bool:
    """Whether a tree has a numerical derivative in it."""
    return (isinstance(term, FunctionTerm) and term.function == "DIFF") or any(map(has_slope, subterms(term)))
