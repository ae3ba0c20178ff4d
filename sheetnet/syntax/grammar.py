"""Parses a whole formula of the canonical dialect into a tree, or says where it stops being one.

    comparison = joined {("=" | "<" | ">" | "<=" | ">=" | "<>") joined}
    joined     = sum {"&" sum}
    sum        = product {("+" | "-") product}
    product    = power {("*" | "/") power}
    power      = signed {"^" signed}                    left to right, as in spreadsheets: 2^3^2 is 64
    signed     = {"+" | "-" | "@"} percent              before "^": -2^2 is 4
    percent    = meeting {"%"}
    meeting    = range {space range}                    the cells that both have
    range      = operand {":" operand}
    operand    = (number | text | error | name | reference | table | call {arguments} | "(" inner ")") ["#"]
    inner      = comparison | meeting {"," meeting}     several ranges as one: a union
    call       = function arguments
    arguments  = "(" [comparison] {"," [comparison]} ")"
    table      = "{" constant {("," | ";") constant} "}"

Brackets that are still open at the end are closed there, as spreadsheet programs do. Spreadsheet programs refuse or
show as an error what this grammar does not take; IronCalc drops what follows the last complete expression.
"""

from __future__ import annotations

from functools import lru_cache

from sheetnet.syntax.function_facts import EXCEL
from sheetnet.syntax.tokens_and_nodes import (
    Apply,
    Brackets,
    Call,
    Chain,
    Leaf,
    Node,
    Postfixed,
    Prefixed,
    Token,
    refers,
    tokenize,
)

FORMULA_DEPTH = 70  # brackets within brackets: readers refuse more than 64, and each takes a few calls of Python here


_RANKS = {
    "=": 0, "<": 0, ">": 0, "<=": 0, ">=": 0, "<>": 0, "&": 1, "+": 2, "-": 2, "*": 3, "/": 3, "^": 4,
    ",": 5, " ": 6, ":": 7,
}  # fmt: skip
_POWER = _RANKS["^"]
_CONSTANTS = frozenset({"number", "text", "error"})
_GIVING_FUNCTIONS = frozenset({"LAMBDA", "LET", "IF", "IFS", "CHOOSE", "SWITCH"})
_LOOK_ALIKES = {"×": "*", "·": "*", "∙": "*", "÷": "/", "−": "-", "–": "-", "—": "-", "≤": "<=", "≥": ">=", "≠": "<>"}
_NO_SIGN = "follows without a sign between"
_MOST_CALLS = 8  # of what a call gives, one after the other


class FormulaError(Exception):
    """The formula is none: `position` is the character, counted from 1 without the leading "=", that does not fit."""

    def __init__(self, position: int, text: str, what: str) -> None:
        super().__init__(f"{text!r} at character {position} {what}" if text else what)
        self.position = position
        self.text = text


def parse(formula: str) -> Node:
    """The tree of a formula without its leading "=". Raises `FormulaError` where that is no whole formula."""
    return _known_tree(formula) if len(formula) <= _REMEMBERED else _Parser(formula).whole()


_REMEMBERED = 1_000  # characters: few formulas are longer, and long ones would fill the memory


@lru_cache(maxsize=2048)
def _known_tree(formula: str) -> Node:
    return _Parser(formula).whole()


def _gives_function(node: Node) -> bool:
    """Whether what a node gives can be called: a LAMBDA, or what may pick one."""
    match node:
        case Call():
            return node.function.upper() in _GIVING_FUNCTIONS or node.function.upper() not in EXCEL
        case Brackets():
            return _gives_function(node.inner)
    return isinstance(node, Apply)


class _Parser:
    """Reads tokens from left to right. Operations are put together by rank on stacks, so that only brackets recurse."""

    def __init__(self, formula: str) -> None:
        self._tokens: list[Token] = []
        self._positions: list[int] = []
        self._spaced: list[bool] = []  # whether a space stands before the token
        position, spaced = 1, False
        for token in tokenize(formula):
            if token.kind != "space":
                self._tokens.append(token)
                self._positions.append(position)
                self._spaced.append(spaced)
            spaced = token.kind == "space"
            position += len(token.text)
        self._positions.append(position)
        self._at = 0
        self._open = 0

    def whole(self) -> Node:
        if not self._tokens:
            raise FormulaError(1, "", "there is nothing after the =")
        node = self._expression()
        if (token := self._next()) is not None:
            raise self._fault(_surplus(token))
        return node

    def _next(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _comes(self, *texts: str) -> bool:
        """Whether the next token is one of these; it is then taken."""
        token = self._next()
        if token is None or token.kind == "text" or token.text not in texts:
            return False
        self._at += 1
        return True

    def _fault(self, what: str) -> FormulaError:
        token = self._next()
        return FormulaError(self._positions[self._at], "" if token is None else token.text, what)

    def _expression(self) -> Node:
        """Everything from "=" to "^", by rank."""
        operands, signs = [self._signed()], list[str]()
        while (token := self._next()) is not None and token.kind == "operator" and _RANKS.get(token.text, 9) <= _POWER:
            self._at += 1
            _put_together(operands, signs, _RANKS[token.text])
            signs.append(token.text)
            operands.append(self._signed())
        _put_together(operands, signs, -1)
        return operands[0]

    def _signed(self) -> Node:
        before = self._at
        while self._comes("+", "-", "@"):
            pass
        signs = "".join(token.text for token in self._tokens[before : self._at])
        node = self._cells(union=False)
        before = self._at
        while self._comes("%"):
            pass
        node = Postfixed("%" * (self._at - before), node) if self._at > before else node
        return Prefixed(signs, node) if signs else node

    def _cells(self, union: bool) -> Node:
        """Operations on references alone: ranges, intersections, and in plain brackets unions."""
        operands, signs = [self._operand()], list[str]()
        while (sign := self._reference_sign(operands[-1], union)) is not None:
            _put_together(operands, signs, _RANKS[sign])
            signs.append(sign)
            if not refers(operand := self._operand()):
                self._at -= 1
                raise self._fault("stands where cells should" if sign != " " else _NO_SIGN)
            operands.append(operand)
        _put_together(operands, signs, -1)
        return operands[0]

    def _reference_sign(self, left: Node, union: bool) -> str | None:
        token = self._next()
        if token is None or not refers(left):
            return None
        if token.text == ":" or (union and token.kind == "separator"):
            self._at += 1
            return token.text
        begins = token.kind in ("reference", "name", "function") or token.text == "("
        return " " if begins and self._spaced[self._at] else None

    def _operand(self) -> Node:
        token = self._next()
        if token is None:
            raise self._fault("ends where a number, a cell or a function should follow")
        self._at += 1
        if token.kind in _CONSTANTS or token.kind in ("name", "reference"):
            node: Node = Leaf(token.kind, token.text)
        elif token.kind == "function":
            self._at += 1  # the bracket, which makes it a function
            node = Call(token.text, self._arguments())
        elif token.kind == "open":
            node = self._group()
        elif token.kind == "array_open":
            node = self._table()
        else:
            self._at -= 1
            raise self._fault(_misplaced(token))
        return self._continued(node)

    def _continued(self, node: Node) -> Node:
        """The operand with what is written right after it: a call of what it gives, and "#"."""
        for _ in range(_MOST_CALLS):
            if not _gives_function(node) or not self._comes("("):
                break
            node = Apply(node, self._arguments())
        return Postfixed("#", node) if refers(node) and self._comes("#") else node

    def _group(self) -> Node:
        self._enter()
        before = self._at
        try:
            node = self._expression()
            if (token := self._next()) is not None and token.kind == "separator":
                self._at = before
                node = self._cells(union=True)
        finally:
            self._open -= 1
        self._close()
        return Brackets(node)

    def _arguments(self) -> tuple[Node | None, ...]:
        self._enter()
        found: list[Node | None] = []
        while True:
            token = self._next()
            left_out = token is None or token.kind in ("separator", "close")
            found.append(None if left_out else self._expression())
            if not self._comes(","):
                break
        self._open -= 1
        self._close()
        return () if found == [None] else tuple(found)

    def _enter(self) -> None:
        self._open += 1
        if self._open > FORMULA_DEPTH:
            raise self._fault(f"is nested over {FORMULA_DEPTH} brackets deep: use helper cells")

    def _close(self) -> None:
        """The closing bracket; at the formula's end programs add it themselves."""
        token = self._next()
        if token is not None and not self._comes(")"):
            raise self._fault(_surplus(token))

    def _table(self) -> Node:
        texts = ["{"]
        while True:
            if self._comes("+", "-"):
                texts.append(self._tokens[self._at - 1].text)
            token = self._next()
            if token is None or not (token.kind in _CONSTANTS or token.text.upper() in ("TRUE", "FALSE")):
                raise self._fault("stands where a constant of the array should")
            texts.append(token.text)
            self._at += 1
            if self._next() is None or self._comes("}"):
                return Leaf("array_open", "".join([*texts, "}"]))
            if not self._comes(",", ";"):
                raise self._fault("stands where the array should go on with a comma, a semicolon or }")
            texts.append(self._tokens[self._at - 1].text)


def _put_together(operands: list[Node], signs: list[str], rank: int) -> None:
    """Make one operand of all operations at the end that rank higher than what follows them."""
    while signs and _RANKS[signs[-1]] > rank:
        last, count = _RANKS[signs[-1]], 1
        while count < len(signs) and _RANKS[signs[-count - 1]] == last:
            count += 1
        chain = Chain(tuple(operands[-count - 1 :]), tuple(signs[-count:]))
        del operands[-count - 1 :], signs[-count:]
        operands.append(chain)


def _surplus(token: Token) -> str:
    """Why the formula ends before this token."""
    if token.kind == "close":
        return "closes no bracket"
    if token.kind == "separator":
        return "stands outside of a function's brackets: write decimals with a point"
    if token.text == ";":
        return "is no sign here: separate arguments by a comma"
    if token.text in _LOOK_ALIKES:
        return f"is no sign of formulas: write {_LOOK_ALIKES[token.text]}"
    return "is no sign of formulas" if token.kind == "unknown" else _NO_SIGN


def _misplaced(token: Token) -> str:
    if token.text in _LOOK_ALIKES:
        return f"is no sign of formulas: write {_LOOK_ALIKES[token.text]}"
    return "stands where a number, a cell or a function should"
