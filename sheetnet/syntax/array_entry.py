"""Ranges where a single number is wanted: what array entry and implicit intersection are about. It reads text alone.

`=EXP(A1:C1)` in a plain cell means the one cell of the range that shares its column (or row) with the formula; IronCalc
takes it for an array. `=SUM(EXP(A1:C1))` IronCalc and Excel 365 compute as it stands; LibreOffice and older Excels show
an error unless it is entered as an array.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sheetnet.syntax.tokens import Token, tokenize

# Functions that take arrays as they are, so that everything within them is array arithmetic already.
FORCING = {"SUMPRODUCT", "MMULT", "MINVERSE", "MDETERM", "LAMBDA", "LET", "MAP", "REDUCE", "BYROW", "BYCOL"}
# Functions of one number: given a range, they want one cell of it.
SCALAR = {"EXP", "LN", "LOG", "LOG10", "TANH", "ABS", "SQRT", "POWER", "IF", "ROUND", "SIGN", "SIN", "COS"}
ARITHMETIC = {"+", "-", "*", "/", "^", "=", "<", ">", "<=", ">=", "<>"}
# Most formulas show at a glance that nothing of the kind is in them, which spares taking them apart.
# (Between a sign and a colon stands neither of the two, so that each character is looked at twice at most.)
_SUSPECT = re.compile(
    rf"[-+*/^=<>][^-+*/^=<>,():]*+:|:[^-+*/^=<>,():]*+[-+*/^=<>]|TRANSPOSE\(|(?:{'|'.join(SCALAR)})\(", re.IGNORECASE
)


def needs_array_entry(formula: str) -> bool:
    """Whether a range is used as an array inside a function such as SUM, which older programs do only in array entry."""
    if ":" not in formula and "transpose" not in formula.casefold():
        return False
    if not _SUSPECT.search(formula):
        return False
    tokens = [token for token in tokenize(formula) if token.kind != "space"]
    ranges = [
        inside
        for first, last, inside in _ranges(tokens)
        if _wants_one(tokens, first, last, inside) and not _stands_for_one(inside)
    ]
    turned = [inside for index, inside in _walk(tokens) if tokens[index].text.upper() == "TRANSPOSE"]
    return any(not FORCING & set(inside) for inside in (*ranges, *turned))


def with_intersection(formula: str) -> str:
    """The formula with "@" before each range that stands for one of its cells: no function around it takes arrays."""
    if ":" not in formula or not _SUSPECT.search(formula):
        return formula
    tokens = [token for token in tokenize(formula) if token.kind != "space"]
    single = {
        first
        for first, last, inside in _ranges(tokens)
        if _wants_one(tokens, first, last, inside) and _stands_for_one(inside)
    }
    if not single:
        return formula
    return "".join(("@" if index in single else "") + token.text for index, token in enumerate(tokens))


def _walk(tokens: list[Token]) -> Iterator[tuple[int, list[str]]]:
    """Each token's index with the functions around it, outermost first ("" for a bare parenthesis)."""
    inside: list[str] = []
    for index, token in enumerate(tokens):
        if token.kind == "close" and inside:
            inside.pop()
        yield index, list(inside)
        if token.kind == "open":
            before = tokens[index - 1] if index else None
            inside.append(before.text.upper() if before is not None and before.kind == "function" else "")


def _ranges(tokens: list[Token]) -> Iterator[tuple[int, int, list[str]]]:
    """The indices of each range's first and last token, with the functions around it; `A:A` is one token."""
    for index, inside in _walk(tokens):
        if tokens[index].text == ":" and tokens[index].kind == "operator":
            yield index - 1, index + 1, inside
        elif tokens[index].kind == "reference" and ":" in tokens[index].text.rpartition("!")[2]:
            yield index, index, inside


def _wants_one(tokens: list[Token], first: int, last: int, inside: list[str]) -> bool:
    """Whether a range stands where one number is wanted: in a scalar function, beside a sign."""
    around = next((name for name in reversed(inside) if name), "")
    neighbours = [tokens[index].text for index in (first - 1, last + 1) if 0 <= index < len(tokens)]
    return around in SCALAR or any(text in ARITHMETIC for text in neighbours)


def _stands_for_one(inside: list[str]) -> bool:
    """Whether no function around a range takes arrays, so that in a plain cell it means one of its cells."""
    return all(name in SCALAR or not name for name in inside)
