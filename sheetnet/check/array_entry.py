"""Formulas that only programs with dynamic arrays compute without Ctrl+Shift+Enter. It reads text and knows no values.

IronCalc and Excel 365 compute `SUM(EXP(A1:C1))` as it stands; LibreOffice and older Excels show #VALUE! or take one
cell of the range, unless the formula is entered as an array.
"""

from __future__ import annotations

import re

from sheetnet.syntax import Token, tokenize

# Functions that take arrays as they are, so that everything within them is array arithmetic already.
FORCING = {"SUMPRODUCT", "MMULT", "MINVERSE", "MDETERM", "LAMBDA", "LET", "MAP", "REDUCE", "BYROW", "BYCOL"}
# Functions of one number: given a range, they want one cell of it.
SCALAR = {"EXP", "LN", "LOG", "LOG10", "TANH", "ABS", "SQRT", "POWER", "IF", "ROUND", "SIGN", "SIN", "COS"}
ARITHMETIC = {"+", "-", "*", "/", "^", "=", "<", ">", "<=", ">=", "<>"}
# Most formulas show at a glance that nothing of the kind is in them, which spares taking them apart.
_SUSPECT = re.compile(rf"[-+*/^=<>][^,()]*:|:[^,()]*[-+*/^=<>]|TRANSPOSE\(|(?:{'|'.join(SCALAR)})\(", re.IGNORECASE)


def needs_array_entry(formula: str) -> bool:
    """Whether a range of several cells is used where older programs want a single number."""
    if not _SUSPECT.search(formula):
        return False
    tokens = [token for token in tokenize(formula) if token.kind != "space"]
    inside: list[str] = []  # the functions (or "" for a bare parenthesis) around the token
    for index, token in enumerate(tokens):
        if token.kind == "open":
            before = tokens[index - 1] if index else None
            inside.append(before.text.upper() if before is not None and before.kind == "function" else "")
        elif token.kind == "close" and inside:
            inside.pop()
        elif token.text == ":" and token.kind == "operator" and not FORCING & set(inside):
            around = next((name for name in reversed(inside) if name), "")
            if around in SCALAR or _operand(tokens, index):
                return True
        elif token.kind == "function" and token.text.upper() == "TRANSPOSE" and not FORCING & set(inside):
            return True
    return False


def _operand(tokens: list[Token], colon: int) -> bool:
    """Whether the range around the colon at this index stands beside an arithmetic sign."""
    neighbours = [tokens[index].text for index in (colon - 2, colon + 2) if 0 <= index < len(tokens)]
    return any(text in ARITHMETIC for text in neighbours)
