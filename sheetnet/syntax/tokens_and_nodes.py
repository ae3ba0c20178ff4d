"""What a formula of the canonical dialect (Excel A1) is made of: its tokens in a row, and the nodes of its tree.

Tokens lose and refuse nothing: their texts, joined, are the formula again, and what is no formula text becomes tokens of
kind "unknown".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from sheetnet.syntax.references import (
    CELL,
    FORMULA_CHARACTERS,
    PREFIX,
    WHOLE_COLUMNS,
    WHOLE_ROWS,
    parse_area,
    split_prefix,
)

TokenKind = Literal[
    "number", "text", "error", "reference", "name", "function", "operator", "separator",
    "array_open", "array_close", "array_row", "open", "close", "space", "unknown",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula. A reference is one cell, or whole columns or rows, each with its sheet prefix."""

    kind: TokenKind
    text: str


_WORD = r"(?:[^\W\d]|\\)[\w.\\?]*+"
# One level of brackets within brackets, an apostrophe escapes: Table1[[#This Row],[x]].
_BRACKETS = r"\[(?:[^\[\]']|'[\s\S]|\[(?:[^\[\]']|'[\s\S])*+\])*+\]"
_ERROR = r"\#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|GETTING_DATA|[A-Z]+!)"
_SINGLES: dict[str, TokenKind] = {
    ",": "separator", "(": "open", ")": "close", "{": "array_open", "}": "array_close",
}  # fmt: skip

# The order decides: strings before all, references before numbers (1:3) and names (A1), functions before references.
# Quantifiers are possessive and the last alternatives swallow a whole broken quotation or bracket, so that the time
# stays in proportion to the length whatever an untrusted file holds.
_TOKEN = re.compile(
    rf"""
      (?P<space>[ \t\r\n]++)
    | (?P<text>"[^"]*+(?:""[^"]*+)*+")
    | (?P<error>(?:{PREFIX})?(?i:{_ERROR}))
    | (?P<function>(?:{PREFIX})?{_WORD}(?=\())
    | (?P<reference>(?:{PREFIX})?(?:{WHOLE_COLUMNS}|{WHOLE_ROWS}|{CELL})(?![\w.\\?(!]))
    | (?P<call>{_WORD}(?=[ \t\r\n]++\())
    | (?P<name>(?:{PREFIX})?{_WORD}(?:{_BRACKETS})?|{_BRACKETS})
    | (?P<number>(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[Ee][-+]?[0-9]++)?)
    | (?P<operator><>|<=|>=|[-+*/^&=<>%:@\#])
    | (?P<single>[,(){{}}])
    | (?P<row>;)
    | (?P<unknown>"[\s\S]*+|'[^']*+(?:''[^']*+)*+'?|\[[^\]]*+|[\s\S])
    """,
    re.VERBOSE,
)


def tokenize(formula: str) -> list[Token]:
    """The formula, without its leading "=", in tokens whose joined texts are the formula; it never raises."""
    known = next((known for longest, known in _KNOWN if len(formula) <= longest), None)
    return list(_tokens(formula) if known is None else known(formula))


def _remembered(count: int) -> Callable[[str], tuple[Token, ...]]:
    """The tokens of the last so many formulas: judging asks many things of one formula, one after the other."""
    return lru_cache(maxsize=count)(lambda formula: tuple(_tokens(formula)))


# By the most characters of a formula. Of each kind at most some 100 MB are kept: a token takes 100 bytes.
_KNOWN = ((1_000, _remembered(2048)), (FORMULA_CHARACTERS, _remembered(128)))


def _tokens(formula: str) -> Iterator[Token]:
    braces = 0
    for match in _TOKEN.finditer(formula):
        group, text = match.lastgroup, match[0]
        if group == "reference":
            yield from _reference(text)
        elif group == "single":
            braces += (text == "{") - (text == "}")
            yield Token(_SINGLES[text], text)
        elif group == "call":  # programs read `NOW ()` as `NOW()`; A1 (B2) stays an intersection
            yield Token("function", text)
        elif group == "row":
            yield Token("array_row" if braces > 0 else "unknown", text)
        else:
            yield Token(cast(TokenKind, group), text)


def _reference(text: str) -> Iterator[Token]:
    """A reference beyond the sheet is none: XFE1 may be a name, 0:3 are two numbers, XFD:XFE two names."""
    prefix, rest = split_prefix(text)
    if parse_area(rest) is not None:
        yield Token("reference", text)
        return
    first, colon, last = rest.partition(":")
    digits = rest.replace("$", "").replace(":", "").isdigit()
    kind: TokenKind = "unknown" if "$" in rest or (prefix and digits) else "number" if digits else "name"
    yield Token(kind, prefix + first)
    if colon:
        yield Token("operator", ":")
        yield Token(kind, last)


# Functions that can give cells, not only their values.
_REFERRING = frozenset({"INDEX", "OFFSET", "INDIRECT", "CHOOSE", "IF", "IFS", "SWITCH", "XLOOKUP", "LET"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A number, text, error, name or reference, or an array of constants, as it is written."""

    kind: TokenKind
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, as written, with its arguments; an argument left out is None."""

    function: str
    arguments: tuple[Node | None, ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """What a formula gives, called as a function: `LAMBDA(x,x+1)(A1)`."""

    function: Node
    arguments: tuple[Node | None, ...]


@dataclass(frozen=True, slots=True)
class Prefixed:
    """Signs before their operand, all in one text: "-", "--", "@"."""

    sign: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Postfixed:
    """What is written after its operand: "%", more of them, or "#"."""

    sign: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Chain:
    """Operations of one rank, from left to right; `signs` stand between the operands."""

    operands: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Brackets:
    """An expression in brackets."""

    inner: Node


Node = Leaf | Call | Apply | Prefixed | Postfixed | Chain | Brackets


def spelled(node: Node | None) -> str:
    """The formula of a tree, without spaces that mean nothing and with every bracket closed."""
    match node:
        case None:
            return ""
        case Leaf():
            return node.text
        case Call():
            return f"{node.function}({','.join([spelled(each) for each in node.arguments])})"
        case Apply():
            return f"{spelled(node.function)}({','.join([spelled(each) for each in node.arguments])})"
        case Prefixed():
            return node.sign + spelled(node.operand)
        case Postfixed():
            return spelled(node.operand) + node.sign
        case Brackets():
            return f"({spelled(node.inner)})"
        case Chain():
            parts = [spelled(node.operands[0])]
            for sign, operand in zip(node.signs, node.operands[1:], strict=True):
                parts += (sign, spelled(operand))
            return "".join(parts)


def parts(node: Node | None) -> Iterator[Node]:
    """The node and all below it."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if found is not None:
            yield found
            waiting.extend(reversed(below(found)))


def below(node: Node) -> tuple[Node | None, ...]:
    """What a node is made of, in the order in which it is written."""
    match node:
        case Leaf():
            return ()
        case Call():
            return node.arguments
        case Apply():
            return (node.function, *node.arguments)
        case Prefixed() | Postfixed():
            return (node.operand,)
        case Brackets():
            return (node.inner,)
        case Chain():
            return node.operands


def bare(node: Node) -> Node:
    """What stands inside all the brackets around it."""
    while isinstance(node, Brackets):
        node = node.inner
    return node


def refers(node: Node) -> bool:
    """Whether a node can stand for cells: only then is a space, a colon or a comma beside it an operation."""
    match node:
        case Leaf():
            return node.kind in ("reference", "name", "error")
        case Call():
            return node.function.upper() in _REFERRING
        case Brackets():
            return refers(node.inner)
        case Chain():
            return node.signs[0] in ":, "
        case Postfixed():
            return node.sign == "#"
        case Prefixed():
            return node.sign == "@" and refers(node.operand)
        case Apply():
            return False
