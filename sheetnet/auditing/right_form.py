"""Finds the nearest right form of a wrong equation.

An edit changes one thing (a sign, an index, a layer, a name, a factor, a transposition), or the same thing wherever it
stands. Every form that is given holds in the random trials.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sheetnet.auditing.definitions import written_out
from sheetnet.auditing.equation_check import EquationTrials, check_equation, finding
from sheetnet.auditing.evaluate import KnownValues, term_value
from sheetnet.auditing.expressions import (
    FunctionTerm,
    MatrixTerm,
    NameTerm,
    Negative,
    Number,
    Operation,
    Term,
    around,
    names_in,
    rebuilt,
    substituted,
    subterms,
    written,
)
from sheetnet.auditing.published import PrintedFormula
from sheetnet.network import Network
from sheetnet.quantity import Quantity

EXPANSIONS = 8  # steps that the left side is written out
BUDGET = 40_000  # nodes of trees evaluated for one equation: one or two seconds


def right_form(formula: PrintedFormula, network: Network, trials: EquationTrials) -> str | None:
    """An equation near the printed one that holds; None where none was found."""
    left, right, where = formula.left, formula.right, formula.where
    budget, trees, tried = BUDGET, _Trees(formula, trials), set[tuple[_Tree, _Tree]]()
    for one, other in _candidates(formula, trials, trees):
        pair = trees.whole(trees.of(one)), trees.whole(trees.of(other))
        budget -= pair[0].size + pair[1].size
        if budget < 0:
            break
        if pair in tried:  # two edits in either order
            continue
        tried.add(pair)
        if trees.equal(*pair) and not _contains(other, one):
            return _shown(one, other)
    for words in _written_out(left, right, where, network):
        if check_equation(left, words, where, trials).equal:
            return _shown(left, _with_sigma(words) if "SIGMA(" in written(right).upper() else words)
    if isinstance(left, NameTerm) and left.index is None and left.name in where:
        return _shown(left, where[left.name])
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _Tree:
    """What is known of all trees that are equal: one of them, its names, its size, and whether it has a DIFF."""

    term: Term
    names: frozenset[str]
    size: int  # how many numbers, names and operations
    slope: bool


class _Trees:
    """The edited trees of one equation. What they have in common is looked at and computed once."""

    def __init__(self, formula: PrintedFormula, trials: EquationTrials) -> None:
        self._where = formula.where
        free = {name for name in formula.names if trials.shape(name) is None}
        self._environment = {**trials.quantities, **trials.environment(free)}
        self._values = KnownValues()
        self._seen: dict[
            int, tuple[Term, _Tree]
        ] = {}  # by the id of a tree, which is kept, so that its id stays its own
        self._trees: dict[tuple[object, ...], _Tree] = {}  # by what holds it together, and the ids of its parts' trees
        self._whole: dict[_Tree, _Tree] = {}

    def of(self, term: Term) -> _Tree:
        """The one for this tree and all that are equal to it."""
        seen = self._seen.get(id(term))
        if seen is not None:
            return seen[1]
        parts = [self.of(part) for part in subterms(term)]
        key = (_kind(term), *map(id, parts))
        found = self._trees.get(key)
        if found is None:
            found = self._trees[key] = _made(term, parts)
        self._seen[id(term)] = term, found
        return found

    def whole(self, tree: _Tree) -> _Tree:
        """The tree with the equation's own names replaced."""
        if self._where.keys().isdisjoint(tree.names):
            return tree
        if tree not in self._whole:
            term = tree.term
            if isinstance(term, NameTerm):
                found = substituted(term, self._where)
            else:
                found = around(term, tuple([self.whole(self.of(part)).term for part in subterms(term)]))
            self._whole[tree] = self.of(found)
        return self._whole[tree]

    def equal(self, one: _Tree, other: _Tree) -> bool:
        """Whether both trees, which are whole, are the same in every trial."""
        sloped = one.slope or other.slope
        return finding(one.term, other.term, lambda t: term_value(t, self._environment, self._values), sloped).equal


def _kind(term: Term) -> object:
    """What holds a tree together: with equal parts, trees of one kind are equal."""
    match term:
        case Operation(sign):
            return sign
        case FunctionTerm(function):
            return function
        case MatrixTerm(rows):
            return len(rows)
        case Negative():
            return Negative
    return term


def _made(term: Term, parts: list[_Tree]) -> _Tree:
    if isinstance(term, NameTerm):
        return _Tree(term, frozenset({term.name}), 1, False)
    slope = isinstance(term, FunctionTerm) and term.function == "DIFF"
    names, size = frozenset[str](), 1
    for part in parts:
        names, size, slope = names | part.names, size + part.size, slope or part.slope
    return _Tree(term, names, size, slope)


def _shown(left: Term, right: Term) -> str:
    return f"{written(left)} = {written(right)}"


def _candidates(formula: PrintedFormula, trials: EquationTrials, trees: _Trees) -> Iterator[tuple[Term, Term]]:
    left, right = formula.left, formula.right
    edits = _Edits(formula, trials, trees)
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
    found = dict.fromkeys(written_out(whole, network, wanted, EXPANSIONS))
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

    def __init__(self, formula: PrintedFormula, trials: EquationTrials, trees: _Trees) -> None:
        self._trials, self._trees = trials, trees
        names = names_in(formula.left) | names_in(formula.right)
        self._names = sorted(names | set(formula.where))
        self._free = sorted(name for name in names if trials.shape(name) is None)
        self._known: dict[str, list[tuple[Term, dict[_Tree, Term]]]] = {}  # what is put for a name, and where it was

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
        for name in sorted(self._trees.of(term).names):
            if name not in self._known:
                self._known[name] = [(edited, {}) for edited in self._instead(NameTerm(name))]
            for edited, known in self._known[name]:
                yield self._replaced(term, NameTerm(name), edited, known)

    def _instead(self, name: NameTerm) -> Iterator[Term]:
        yield Operation("*", name, Operation("-", Number("1"), name))
        yield FunctionTerm("TRANSPOSE", (name,))
        yield from (NameTerm(other) for other in self._siblings(name.name))

    def exchanged(self, term: Term) -> Iterator[Term]:
        """One number of a quantity for another, wherever it stands."""
        for indexed in _indexed(term):
            for edited in self._names_for(indexed):
                yield self._replaced(term, indexed, edited, {})

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

    def _replaced(self, term: Term, old: NameTerm, new: Term, known: dict[_Tree, Term]) -> Term:
        """The tree with one name in place of another; `known` holds what came of parts before."""
        tree = self._trees.of(term)
        if old.name not in tree.names:
            return term
        if isinstance(term, NameTerm):
            return new if term == old else term
        if tree not in known:
            parts = subterms(term)
            known[tree] = around(term, tuple([self._replaced(part, old, new, known) for part in parts]))
        return known[tree]

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
