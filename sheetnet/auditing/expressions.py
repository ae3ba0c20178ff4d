"""Parses the equations of a document into trees.

    equation = sum "=" sum
    test     = sum [("<" | ">" | "<=" | ">=" | "<>") sum]
    sum      = term {("+" | "-") term}
    term     = factor {("*" | "/") factor}
    factor   = ("+" | "-") factor | atom ["^" factor]
    atom     = number | name | name "[" row "," column "]" | name "(" test {"," test} ")" | "(" test ")" | table
    table    = "{" test {"," test} {";" test {"," test}} "}"

Indices count from 0. As in mathematics, and not as in spreadsheets, -x^2 is -(x^2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sheetnet.activations_and_losses import ACTIVATION_FACTS
from sheetnet.errors import NetworkError

TERM_DEPTH = 60  # brackets within brackets


@dataclass(frozen=True, slots=True)
class Number:
    """A constant, as written."""

    text: str


@dataclass(frozen=True, slots=True)
class NameTerm:
    """A quantity, one number of it, or a variable."""

    name: str
    index: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Negative:
    """-x."""

    of: Term


@dataclass(frozen=True, slots=True)
class Operation:
    """left sign right."""

    sign: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class FunctionTerm:
    """A function, its name in capitals."""

    function: str
    arguments: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class MatrixTerm:
    """A matrix written out, row by row."""

    rows: tuple[tuple[Term, ...], ...]


Term = Number | NameTerm | Negative | Operation | FunctionTerm | MatrixTerm
_TOKEN = re.compile(r"\s*(?:(\d++\.?+\d*+(?:[eE][-+]?\d+)?|\.\d+)|([^\W\d]\w*)|(<=|>=|<>|[-+*/^(){},;\[\]<>=]))")
_LEVELS = ({"<", ">", "<=", ">=", "<>"}, {"+", "-"}, {"*", "/"})


def parse_equation(text: str, where: str) -> tuple[Term, Term]:
    """Both sides. Raises `NetworkError` that names `where`."""
    reader = _Reader(text, where)
    left = reader.level(1)
    reader.take("=")
    right = reader.level(1)
    reader.end()
    return left, right


def parse_term(text: str, where: str) -> Term:
    """One expression. Raises `NetworkError` that names `where`."""
    reader = _Reader(text, where)
    term = reader.level(0)
    reader.end()
    return term


class _Reader:
    def __init__(self, text: str, where: str) -> None:
        self._text, self._where, self._depth, self._at = text, where, 0, 0
        self._pieces: list[tuple[str, int]] = []
        end = len(text.rstrip())
        while self._at < end:
            match = _TOKEN.match(text, self._at)
            if match is None:
                self._at += len(text[self._at :]) - len(text[self._at :].lstrip())
                raise self._error("is no part of an equation")
            self._pieces.append((match[match.lastindex or 0], match.start(match.lastindex or 0)))
            self._at = match.end()
        self._next = 0

    @property
    def _piece(self) -> str:
        return self._pieces[self._next][0] if self._next < len(self._pieces) else ""

    def _error(self, words: str) -> NetworkError:
        if hasattr(self, "_next"):
            self._at = self._pieces[self._next][1] if self._next < len(self._pieces) else len(self._text)
        found = self._text[self._at : self._at + 12].strip() or "the end"
        return NetworkError(
            f"{found!r} at character {self._at + 1} {words}", place=self._where, remedy="see docs/network-files.md"
        )

    def take(self, wanted: str) -> None:
        if self._piece != wanted:
            raise self._error(f"stands where {wanted!r} is expected")
        self._next += 1

    def end(self) -> None:
        if self._piece:
            raise self._error("is left over")

    def level(self, level: int) -> Term:
        if level == len(_LEVELS):
            return self._factor()
        found = self.level(level + 1)
        while self._piece in _LEVELS[level]:
            sign = self._piece
            self._next += 1
            found = Operation(sign, found, self.level(level + 1))
        return found

    def _factor(self) -> Term:
        self._depth += 1
        if self._depth > TERM_DEPTH:
            raise self._error("is nested too deep")
        if self._piece in ("+", "-"):
            sign = self._piece
            self._next += 1
            found = self._factor()
            found = Negative(found) if sign == "-" else found
        else:
            found = self._atom()
            if self._piece == "^":
                self._next += 1
                found = Operation("^", found, self._factor())
        self._depth -= 1
        return found

    def _atom(self) -> Term:
        piece = self._piece
        if piece == "(":
            self._next += 1
            found = self.level(0)
            self.take(")")
            return found
        if piece == "{":
            return self._table()
        if piece[:1].isdigit() or piece[:1] == ".":
            self._next += 1
            return Number(piece)
        if piece[:1].isalpha() or piece[:1] == "_":
            self._next += 1
            return self._named(piece)
        raise self._error("stands where a number, a name or a bracket is expected")

    def _named(self, name: str) -> Term:
        if self._piece == "(":
            arguments = self._list("(", ")")
            return FunctionTerm(name.upper(), arguments)
        if self._piece == "[":
            self._next += 1
            row = self._whole()
            self.take(",")
            column = self._whole()
            self.take("]")
            return NameTerm(name, (row, column))
        return NameTerm(name)

    def _whole(self) -> int:
        if not self._piece.isdigit():
            raise self._error("stands where an index, counted from 0, is expected")
        self._next += 1
        return int(self._pieces[self._next - 1][0])

    def _list(self, opening: str, closing: str) -> tuple[Term, ...]:
        self.take(opening)
        found = [self.level(0)]
        while self._piece == ",":
            self._next += 1
            found.append(self.level(0))
        self.take(closing)
        return tuple(found)

    def _table(self) -> Term:
        rows = [self._row("{")]
        while self._piece == ";":
            rows.append(self._row(";"))
        self.take("}")
        if len({len(row) for row in rows}) > 1:
            raise NetworkError(f"a table has rows of different lengths: {self._text!r}", place=self._where)
        return MatrixTerm(tuple(rows))

    def _row(self, opening: str) -> tuple[Term, ...]:
        self.take(opening)
        found = [self.level(0)]
        while self._piece == ",":
            self._next += 1
            found.append(self.level(0))
        return tuple(found)


# Functions that no spreadsheet has → the activation whose f, or f′, they are.
ACTIVATIONS_CALLED = {called: name for name, facts in ACTIVATION_FACTS.items() for called in facts.called}
DERIVATIVES_CALLED = {
    f"D{facts.called[0]}": name for name, facts in ACTIVATION_FACTS.items() if facts.called and not facts.mixes
}
_TIGHTNESS = {"<": 0, ">": 0, "<=": 0, ">=": 0, "<>": 0, "+": 1, "-": 1, "*": 2, "/": 2, "^": 4}


def written(term: Term) -> str:
    """The text of a tree, with no more brackets than it needs."""
    return _written(term, 0)


def _written(term: Term, tightness: int) -> str:
    match term:
        case Number(text):
            return text
        case NameTerm(name, index):
            return name if index is None else f"{name}[{index[0]},{index[1]}]"
        case Negative(of):
            # Spreadsheets read -x^2 as (-x)^2, mathematics as -(x^2): the brackets make both read the latter.
            words, own = f"-{_written(of, 5 if isinstance(of, Operation) and of.sign == '^' else 2)}", 2
        case Operation(sign, left, right):
            own = _TIGHTNESS[sign]
            words = f"{_written(left, own + (sign == '^'))}{sign}{_written(right, own + _looser(sign, right))}"
        case FunctionTerm(function, arguments):
            name = function.lower() if function in {*ACTIVATIONS_CALLED, *DERIVATIVES_CALLED} else function
            return f"{name}({','.join(map(written, arguments))})"
        case MatrixTerm(rows):
            return "{" + ";".join(",".join(map(written, row)) for row in rows) + "}"
    return f"({words})" if own < tightness else words


def _looser(sign: str, right: Term) -> int:
    """How much more tightly a right side must bind not to need brackets."""
    if isinstance(right, Negative):
        return 9
    return 0 if sign in "+*^" and isinstance(right, Operation) and right.sign == sign else 1


def subterms(term: Term) -> tuple[Term, ...]:
    """The trees directly inside a tree."""
    kind = type(term)
    if kind is NameTerm or kind is Number:
        return ()
    if isinstance(term, Operation):
        return term.left, term.right
    if isinstance(term, FunctionTerm):
        return term.arguments
    if isinstance(term, MatrixTerm):
        return tuple(part for row in term.rows for part in row)
    return (term.of,) if isinstance(term, Negative) else ()


def rebuilt(term: Term, inside: tuple[Term, ...]) -> Term:
    """The same tree around other trees."""
    match term:
        case Negative():
            return Negative(inside[0])
        case Operation(sign):
            return Operation(sign, inside[0], inside[1])
        case FunctionTerm(function):
            return FunctionTerm(function, inside)
        case MatrixTerm(rows):
            width = len(rows[0])
            return MatrixTerm(tuple(inside[i : i + width] for i in range(0, len(inside), width)))
    return term


def mapped(term: Term, change: Callable[[NameTerm], Term]) -> Term:
    """The tree with every name replaced."""
    if isinstance(term, NameTerm):
        return change(term)
    return around(term, tuple(mapped(part, change) for part in subterms(term)))


def around(term: Term, inside: tuple[Term, ...]) -> Term:
    """The same tree around other trees; itself where they are its own, so that trees share what they have in common."""
    for new, old in zip(inside, subterms(term), strict=True):
        if new is not old:
            return rebuilt(term, inside)
    return term


def names_in(term: Term) -> set[str]:
    """Every name of a quantity or variable in a tree."""
    found, waiting = set(), [term]
    while waiting:
        part = waiting.pop()
        if isinstance(part, NameTerm):
            found.add(part.name)
        else:
            waiting += subterms(part)
    return found


def bare_names(term: Term) -> set[str]:
    """Every name without an index in a tree."""
    if isinstance(term, NameTerm):
        return set() if term.index is not None else {term.name}
    return set().union(*map(bare_names, subterms(term)))


def substituted(term: Term, meanings: Mapping[str, Term]) -> Term:
    """The tree with names replaced by what they stand for, and those in turn; a name in its own meaning stays."""

    def meaning(name: NameTerm) -> Term:
        found = meanings.get(name.name)
        if found is None or name.index is not None:
            return name
        rest = {key: value for key, value in meanings.items() if key != name.name}
        return substituted(found, rest)

    return mapped(term, meaning)


def is_longer(term: Term, meanings: Mapping[str, Term], most: int) -> bool:
    """Whether the tree, once names are replaced, has more numbers, names and operations than `most`; none is replaced."""
    waiting, count = [(term, meanings)], 0
    while waiting and count <= most:
        found, known = waiting.pop()
        count += 1
        if isinstance(found, NameTerm) and found.index is None and found.name in known:
            waiting.append((known[found.name], {key: value for key, value in known.items() if key != found.name}))
        else:
            waiting += [(part, known) for part in subterms(found)]
    return count > most
