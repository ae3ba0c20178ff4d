"""Checks printed equations in random trials, and finds the nearest right form of a wrong one.

Quantities have the values of the reference in trials chosen as those of `validate` are; variables that are no
quantities are drawn too, half of them between 0 and 1, where logarithms are numbers. Trials in which a side is no
number are passed over.

An edit changes one thing (a sign, an index, a layer, a name, a factor, a transposition), or the same thing wherever it
stands. Every form that is given holds in the random trials.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from sheetnet.auditing.definitions import written_out
from sheetnet.auditing.evaluate import KnownValues, Misfit, term_value
from sheetnet.auditing.expressions import (
    FunctionTerm,
    MatrixTerm,
    NameTerm,
    Negative,
    Number,
    Operation,
    Term,
    around,
    bare_names,
    names_in,
    rebuilt,
    substituted,
    subterms,
    written,
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
        self._seed = seed
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
        found._values = with_biases(self._values)
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
    return finding(left, right, lambda term: term_value(term, environment))


def finding(left: Term, right: Term, value: Callable[[Term], Array]) -> EquationCheck:
    """Whether two sides, all names of their own replaced, have the same value in every trial."""
    try:
        one, other = value(left), value(right)
    except Misfit as misfit:
        return EquationCheck(False, str(misfit))
    if one.shape[1:] != other.shape[1:]:
        shapes = [f"{array.shape[1]}×{array.shape[2]}" for array in (one, other)]
        return EquationCheck(False, f"{shapes[0]} on the left, {shapes[1]} on the right")
    return _differing(one, other, SLOPED if has_slope(left) or has_slope(right) else EXACT)


def _differing(one: Array, other: Array, tolerance: float) -> EquationCheck:
    one, other = np.broadcast_arrays(one, other)
    met = np.isfinite(one).all(axis=(1, 2)) & np.isfinite(other).all(axis=(1, 2))
    if met.sum() < min(LEAST_TRIALS, len(one)):
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


EXPANSIONS = 8  # steps that the left side is written out
BUDGET = 40_000  # nodes of trees evaluated for one equation: one or two seconds


def right_form(formula: PrintedFormula, network: Network, trials: EquationTrials) -> str | None:
    """An equation near the printed one that holds; None where none was found."""
    left, right, where = formula.left, formula.right, formula.where
    budget, trees, tried = BUDGET, _Trees(formula, trials), set()
    for one, other in _candidates(formula, trials):
        budget -= trees.size(trees.whole(other)) + trees.size(trees.whole(one))
        if budget < 0:
            break
        if (one, other) in tried:  # two edits in either order
            continue
        tried.add((one, other))
        if trees.equal(one, other) and not _contains(other, one):
            return _shown(one, other)
    for words in _written_out(left, right, where, network):
        if check_equation(left, words, where, trials).equal:
            return _shown(left, _with_sigma(words) if "SIGMA(" in written(right).upper() else words)
    if isinstance(left, NameTerm) and left.index is None and left.name in where:
        return _shown(left, where[left.name])
    return None


class _Trees:
    """What edited trees of one equation are worth; what they have in common is computed once."""

    def __init__(self, formula: PrintedFormula, trials: EquationTrials) -> None:
        self._where = formula.where
        free = {name for name in formula.names if trials.shape(name) is None}
        self._environment = {**trials.quantities, **trials.environment(free)}
        self._values = KnownValues()
        self._whole: dict[int, tuple[Term, Term]] = {}
        self._sizes: dict[int, tuple[Term, int]] = {}

    def whole(self, term: Term) -> Term:
        """The tree with the equation's own names replaced."""
        if id(term) not in self._whole:
            if isinstance(term, NameTerm):
                found = substituted(term, self._where)
            else:
                found = around(term, tuple(map(self.whole, subterms(term))))
            self._whole[id(term)] = term, found
        return self._whole[id(term)][1]

    def size(self, term: Term) -> int:
        """How many numbers, names and operations a tree has."""
        if id(term) not in self._sizes:
            self._sizes[id(term)] = term, 1 + sum([self.size(part) for part in subterms(term)])
        return self._sizes[id(term)][1]

    def equal(self, one: Term, other: Term) -> bool:
        """Whether both are the same in every trial."""
        return finding(
            self.whole(one), self.whole(other), lambda t: term_value(t, self._environment, self._values)
        ).equal


def _shown(left: Term, right: Term) -> str:
    return f"{written(left)} = {written(right)}"


def _candidates(formula: PrintedFormula, trials: EquationTrials) -> Iterator[tuple[Term, Term]]:
    left, right = formula.left, formula.right
    edits = _Edits(left, right, formula.where, trials)
    yield from ((left, edited) for edited in edits.single(right))
    yield from ((edited, right) for edited in edits.of_left(left))
    throughout = list(edits.throughout(right))
    yield from ((left, edited) for edited in (*throughout, *edits.exchanged(right), *edits.within(right)))
    if not isinstance(left, NameTerm):
        yield from ((edited, right) for edited in edits.single(left))
    yield from ((left, twice) for once in throughout for twice in edits.throughout(once))


def _written_out(left: Term, right: Term, where: Mapping[str, Term], network: Network) -> Iterator[Term]:
    """The left side in the quantities of the right one: first with the fewest others, then in the fewest steps."""
    whole = substituted(left, where)
    wanted = names_in(substituted(right, where)) - names_in(whole)
    found = [written_out(whole, network, wanted, steps) for steps in range(EXPANSIONS)]
    yield from sorted((term for term in found if term != whole), key=lambda term: len(names_in(term) - wanted))


def _contains(term: Term, other: Term) -> bool:
    return term == other or any(_contains(part, other) for part in subterms(term))


def _with_sigma(term: Term) -> Term:
    """1/(1+EXP(-z)) as sigma(z)."""
    match term:
        case Operation("/", Number("1"), Operation("+", Number("1"), FunctionTerm("EXP", (Negative(z),)))):
            return FunctionTerm("SIGMA", (_with_sigma(z),))
    return rebuilt(term, tuple(map(_with_sigma, subterms(term))))


class _Edits:
    """Small edits of trees, among the names of one equation."""

    def __init__(self, left: Term, right: Term, where: Mapping[str, Term], trials: EquationTrials) -> None:
        self._trials = trials
        self._names = sorted(names_in(left) | names_in(right) | set(where))
        self._free = sorted(name for name in names_in(left) | names_in(right) if trials.shape(name) is None)

    def single(self, term: Term) -> Iterator[Term]:
        """One thing changed in one place."""
        yield from self._here(term)
        inside = subterms(term)
        for i, part in enumerate(inside):
            for edited in self.single(part):
                yield rebuilt(term, (*inside[:i], edited, *inside[i + 1 :]))

    def throughout(self, term: Term) -> Iterator[Term]:
        """The same thing changed wherever it stands."""
        yield _without_minus(term)
        for name in sorted(names_in(term)):
            slope = Operation("*", NameTerm(name), Operation("-", Number("1"), NameTerm(name)))
            others: list[Term] = [NameTerm(other) for other in self._siblings(name)]
            for edited in (slope, FunctionTerm("TRANSPOSE", (NameTerm(name),)), *others):
                yield _replaced(term, NameTerm(name), edited)

    def exchanged(self, term: Term) -> Iterator[Term]:
        """One number of a quantity for another, wherever it stands."""
        for indexed in _indexed(term):
            for edited in self._names_for(indexed):
                yield _replaced(term, indexed, edited)

    def within(self, term: Term) -> Iterator[Term]:
        """The same in one cell of a table, or one term of a sum."""
        inside = subterms(term)
        if isinstance(term, MatrixTerm) or (isinstance(term, Operation) and term.sign in "+-"):
            for i, part in enumerate(inside):
                for edited in (*self.exchanged(part), *self.within(part)):
                    yield rebuilt(term, (*inside[:i], edited, *inside[i + 1 :]))

    def of_left(self, left: Term) -> Iterator[Term]:
        """The left side turned, or differentiated by one of its variables."""
        yield FunctionTerm("TRANSPOSE", (left,))
        yield from (FunctionTerm("DIFF", (left, NameTerm(name))) for name in self._free if name in names_in(left))

    def _here(self, term: Term) -> Iterator[Term]:
        match term:
            case Operation(sign, left, right):
                yield from _operations(sign, left, right)
            case Negative(of):
                yield of
            case FunctionTerm("MMULT", (one, other)):
                yield FunctionTerm("MMULT", (other, one))
            case FunctionTerm("EXP", (of,)):
                yield FunctionTerm("EXP", (Negative(of),))
            case FunctionTerm("LOG10" | "LOG", arguments):
                yield FunctionTerm("LN", arguments)
            case FunctionTerm("TRANSPOSE", (of,)):
                yield of
            case MatrixTerm():
                yield FunctionTerm("TRANSPOSE", (term,))
            case NameTerm():
                yield from self._names_for(term)
            case Number(text):
                yield from (Number(other) for other in ("0", "1", "2", "0.5") if other != text)
        if not isinstance(term, Negative | Number):
            yield Negative(term)

    def _names_for(self, name: NameTerm) -> Iterator[Term]:
        shape = self._trials.shape(name.name)
        if name.index is not None and shape is not None:
            near = [(name.index[0], c) for c in range(shape[1])] + [(r, name.index[1]) for r in range(shape[0])]
            everywhere = [(r, c) for r in range(shape[0]) for c in range(shape[1])]
            yield from (NameTerm(name.name, index) for index in dict.fromkeys(near + everywhere) if index != name.index)
        if name.index is None and shape is not None and shape[0] != shape[1]:
            yield FunctionTerm("TRANSPOSE", (name,))
        for other in self._siblings(name.name):
            found = self._trials.shape(other)
            if name.index is None or (found and name.index[0] < found[0] and name.index[1] < found[1]):
                yield NameTerm(other, name.index)

    def _siblings(self, name: str) -> Iterator[str]:
        """The same quantity of another layer, and the other names of the equation that are of its kind."""
        quantity = Quantity.of(name)
        if quantity.layer is not None:
            for layer in (quantity.layer + 1, quantity.layer - 1):
                other = replace(quantity, layer=layer).name
                if self._trials.shape(other) is not None or other in self._names:
                    yield other
        if self._trials.shape(name) is None:
            yield from (other for other in self._names if other != name and self._trials.shape(other) is None)


def _operations(sign: str, left: Term, right: Term) -> Iterator[Term]:
    """Another sign, the sides exchanged, or one of them alone."""
    other = {"+": "-", "-": "+", "*": "/", "/": "*"}.get(sign)
    if other is not None:
        yield Operation(other, left, right)
    if sign in "+-*":
        yield left
    if sign in "+*":
        yield right
    if sign == "+":
        yield Operation("*", left, right)
    if sign == "-":
        yield Operation("-", right, left)


def _indexed(term: Term) -> list[NameTerm]:
    """The numbers of quantities in a tree, each once."""
    own = [term] if isinstance(term, NameTerm) and term.index is not None else []
    return list(dict.fromkeys(own + [name for part in subterms(term) for name in _indexed(part)]))


def _without_minus(term: Term) -> Term:
    if isinstance(term, Negative):
        return _without_minus(term.of)
    return around(term, tuple(map(_without_minus, subterms(term))))


def _replaced(term: Term, old: NameTerm, new: Term) -> Term:
    if isinstance(term, NameTerm):
        return new if term == old else term
    inside = subterms(term)
    return around(term, tuple(_replaced(part, old, new) for part in inside)) if inside else term
