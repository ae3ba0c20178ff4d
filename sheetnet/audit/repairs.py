"""The nearest right form of a wrong equation: small edits of its right side, then the left side written out.

An edit changes one thing (a sign, an index, a layer, a name, a factor, a transposition), or the same thing wherever it
stands. Every form that is given holds in the random trials.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sheetnet.audit.definitions import spelled
from sheetnet.audit.identities import Trials, compared, finding
from sheetnet.audit.published import PrintedFormula
from sheetnet.audit.terms import (
    Call,
    Name,
    Negative,
    Number,
    Operation,
    Table,
    Term,
    around,
    names_in,
    parts,
    rebuilt,
    substituted,
    written,
)
from sheetnet.audit.values import Known, value_of
from sheetnet.network import Network

FARTHEST = 8  # steps that the left side is written out
BUDGET = 40_000  # nodes of trees evaluated for one equation: one or two seconds


def right_form(formula: PrintedFormula, network: Network, trials: Trials) -> str | None:
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
        if compared(left, words, where, trials).equal:
            return _shown(left, _with_sigma(words) if "SIGMA(" in written(right).upper() else words)
    if isinstance(left, Name) and left.index is None and left.name in where:
        return _shown(left, where[left.name])
    return None


class _Trees:
    """What edited trees of one equation are worth; what they have in common is computed once."""

    def __init__(self, formula: PrintedFormula, trials: Trials) -> None:
        self._where = formula.where
        free = {name for name in formula.names if trials.shape(name) is None}
        self._environment = {**trials.quantities, **trials.environment(free)}
        self._values = Known()
        self._whole: dict[int, tuple[Term, Term]] = {}
        self._sizes: dict[int, tuple[Term, int]] = {}

    def whole(self, term: Term) -> Term:
        """The tree with the equation's own names replaced."""
        if id(term) not in self._whole:
            if isinstance(term, Name):
                found = substituted(term, self._where)
            else:
                found = around(term, tuple(map(self.whole, parts(term))))
            self._whole[id(term)] = term, found
        return self._whole[id(term)][1]

    def size(self, term: Term) -> int:
        """How many numbers, names and operations a tree has."""
        if id(term) not in self._sizes:
            self._sizes[id(term)] = term, 1 + sum([self.size(part) for part in parts(term)])
        return self._sizes[id(term)][1]

    def equal(self, one: Term, other: Term) -> bool:
        """Whether both are the same in every trial."""
        return finding(self.whole(one), self.whole(other), lambda t: value_of(t, self._environment, self._values)).equal


def _shown(left: Term, right: Term) -> str:
    return f"{written(left)} = {written(right)}"


def _candidates(formula: PrintedFormula, trials: Trials) -> Iterator[tuple[Term, Term]]:
    left, right = formula.left, formula.right
    edits = _Edits(left, right, formula.where, trials)
    yield from ((left, edited) for edited in edits.single(right))
    yield from ((edited, right) for edited in edits.of_left(left))
    throughout = list(edits.throughout(right))
    yield from ((left, edited) for edited in (*throughout, *edits.exchanged(right), *edits.within(right)))
    if not isinstance(left, Name):
        yield from ((edited, right) for edited in edits.single(left))
    yield from ((left, twice) for once in throughout for twice in edits.throughout(once))


def _written_out(left: Term, right: Term, where: Mapping[str, Term], network: Network) -> Iterator[Term]:
    """The left side in the quantities of the right one: first with the fewest others, then in the fewest steps."""
    whole = substituted(left, where)
    wanted = names_in(substituted(right, where)) - names_in(whole)
    found = [spelled(whole, network, wanted, steps) for steps in range(FARTHEST)]
    yield from sorted((term for term in found if term != whole), key=lambda term: len(names_in(term) - wanted))


def _contains(term: Term, other: Term) -> bool:
    return term == other or any(_contains(part, other) for part in parts(term))


def _with_sigma(term: Term) -> Term:
    """1/(1+EXP(-z)) as sigma(z)."""
    match term:
        case Operation("/", Number("1"), Operation("+", Number("1"), Call("EXP", (Negative(z),)))):
            return Call("SIGMA", (_with_sigma(z),))
    return rebuilt(term, tuple(map(_with_sigma, parts(term))))


class _Edits:
    """Small edits of trees, among the names of one equation."""

    def __init__(self, left: Term, right: Term, where: Mapping[str, Term], trials: Trials) -> None:
        self._trials = trials
        self._names = sorted(names_in(left) | names_in(right) | set(where))
        self._free = sorted(name for name in names_in(left) | names_in(right) if trials.shape(name) is None)

    def single(self, term: Term) -> Iterator[Term]:
        """One thing changed in one place."""
        yield from self._here(term)
        inside = parts(term)
        for i, part in enumerate(inside):
            for edited in self.single(part):
                yield rebuilt(term, (*inside[:i], edited, *inside[i + 1 :]))

    def throughout(self, term: Term) -> Iterator[Term]:
        """The same thing changed wherever it stands."""
        yield _without_minus(term)
        for name in sorted(names_in(term)):
            slope = Operation("*", Name(name), Operation("-", Number("1"), Name(name)))
            others: list[Term] = [Name(other) for other in self._siblings(name)]
            for edited in (slope, Call("TRANSPOSE", (Name(name),)), *others):
                yield _replaced(term, Name(name), edited)

    def exchanged(self, term: Term) -> Iterator[Term]:
        """One number of a quantity for another, wherever it stands."""
        for indexed in _indexed(term):
            for edited in self._names_for(indexed):
                yield _replaced(term, indexed, edited)

    def within(self, term: Term) -> Iterator[Term]:
        """The same in one cell of a table, or one term of a sum."""
        inside = parts(term)
        if isinstance(term, Table) or (isinstance(term, Operation) and term.sign in "+-"):
            for i, part in enumerate(inside):
                for edited in (*self.exchanged(part), *self.within(part)):
                    yield rebuilt(term, (*inside[:i], edited, *inside[i + 1 :]))

    def of_left(self, left: Term) -> Iterator[Term]:
        """The left side turned, or differentiated by one of its variables."""
        yield Call("TRANSPOSE", (left,))
        yield from (Call("DIFF", (left, Name(name))) for name in self._free if name in names_in(left))

    def _here(self, term: Term) -> Iterator[Term]:
        match term:
            case Operation(sign, left, right):
                yield from _operations(sign, left, right)
            case Negative(of):
                yield of
            case Call("MMULT", (one, other)):
                yield Call("MMULT", (other, one))
            case Call("EXP", (of,)):
                yield Call("EXP", (Negative(of),))
            case Call("LOG10" | "LOG", arguments):
                yield Call("LN", arguments)
            case Call("TRANSPOSE", (of,)):
                yield of
            case Table():
                yield Call("TRANSPOSE", (term,))
            case Name():
                yield from self._names_for(term)
            case Number(text):
                yield from (Number(other) for other in ("0", "1", "2", "0.5") if other != text)
        if not isinstance(term, Negative | Number):
            yield Negative(term)

    def _names_for(self, name: Name) -> Iterator[Term]:
        shape = self._trials.shape(name.name)
        if name.index is not None and shape is not None:
            near = [(name.index[0], c) for c in range(shape[1])] + [(r, name.index[1]) for r in range(shape[0])]
            everywhere = [(r, c) for r in range(shape[0]) for c in range(shape[1])]
            yield from (Name(name.name, index) for index in dict.fromkeys(near + everywhere) if index != name.index)
        if name.index is None and shape is not None and shape[0] != shape[1]:
            yield Call("TRANSPOSE", (name,))
        for other in self._siblings(name.name):
            found = self._trials.shape(other)
            if name.index is None or (found and name.index[0] < found[0] and name.index[1] < found[1]):
                yield Name(other, name.index)

    def _siblings(self, name: str) -> Iterator[str]:
        """The same quantity of another layer, and the other names of the equation that are of its kind."""
        stem, _, layer = name.partition("_")
        if layer.isdigit():
            for other in (f"{stem}_{int(layer) + 1}", f"{stem}_{int(layer) - 1}"):
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


def _indexed(term: Term) -> list[Name]:
    """The numbers of quantities in a tree, each once."""
    own = [term] if isinstance(term, Name) and term.index is not None else []
    return list(dict.fromkeys(own + [name for part in parts(term) for name in _indexed(part)]))


def _without_minus(term: Term) -> Term:
    if isinstance(term, Negative):
        return _without_minus(term.of)
    return around(term, tuple(map(_without_minus, parts(term))))


def _replaced(term: Term, old: Name, new: Term) -> Term:
    if isinstance(term, Name):
        return new if term == old else term
    inside = parts(term)
    return around(term, tuple(_replaced(part, old, new) for part in inside)) if inside else term
