"""Splits a formula of the canonical dialect (Excel A1) into tokens.

Nothing is lost and nothing is refused: the texts of the tokens, joined, are the formula again, and what is no formula
text becomes tokens of kind "unknown".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from sheetnet.syntax.references import CELL, PREFIX, WHOLE_COLUMNS, WHOLE_ROWS, parse_area, split_prefix

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
# stays in proportion to the length whatever a stranger writes.
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
    return list(_known_tokens(formula) if len(formula) <= _REMEMBERED else _tokens(formula))


_REMEMBERED = 1_000  # characters; 2,048 of the longest formulas a file may hold would fill a gigabyte


@lru_cache(maxsize=2048)
def _known_tokens(formula: str) -> tuple[Token, ...]:
    """Judging asks many things of one formula, one after the other."""
    return tuple(_tokens(formula))


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
