"""Reads the functions that stand in files for Excel's operators `@` and `#`, and writes them.

`@x` is one cell of a range or array (in files `_xlfn.SINGLE(x)`), `x#` all cells that the formula of x fills
(`_xlfn.ANCHORARRAY(x)`). Of both, `#` binds tighter than the `:` of a range, and `@` looser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sheetnet.syntax import Token, tokenize

_FUNCTION = re.compile(r"(?:_xlfn\.|_xlws\.|COM\.MICROSOFT\.)+(SINGLE|ANCHORARRAY)", re.IGNORECASE)
_OPERANDS = frozenset({"reference", "name", "number", "text"})
_BEGINS = _OPERANDS | {"function", "open"}


@dataclass(slots=True)
class _Argument:
    """What stands between a pair of parentheses: its first part and token, the function before it, what it is made of."""

    part: int = 0
    token: int = 0
    function: str = ""
    operands: int = 0
    ranges: int = 0
    separate: bool = False  # several arguments
    plain: bool = True  # operands and ranges of them, nothing else

    def take(self, token: Token) -> None:
        """The next token, which is no parenthesis."""
        if token.kind in _OPERANDS:
            self.operands += 1
        elif token.text == ":":
            self.ranges += 1
        elif token.kind == "separator":
            self.separate = True
        elif token.kind != "function" and token.text != "#":
            self.plain = False

    def operation(self, argument: str) -> str:
        """The operator with its operand, which is put in parentheses where it is more than one."""
        if self.function == "SINGLE":
            return f"@{argument}" if self.plain and self.operands == self.ranges + 1 else f"@({argument})"
        one = self.plain and self.operands == 1 and not self.ranges and not argument.startswith("@")
        return f"{argument}#" if one else f"({argument})#"


def with_operators(formula: str) -> str:
    """`_xlfn.SINGLE(A1:A3)` → `@A1:A3`, `_xlfn.ANCHORARRAY(B2)` → `B2#`."""
    if not _FUNCTION.search(formula):
        return formula
    tokens = tokenize(formula)
    parts: list[str] = []
    level, outer = _Argument(), list[_Argument]()
    for index, token in enumerate(tokens):
        parts.append(token.text)
        if token.kind == "open":
            level.operands += 1
            called = _FUNCTION.fullmatch(tokens[index - 1].text) if index else None
            outer.append(level)
            level = _Argument(len(parts), index, called[1].upper() if called else "")
        elif token.kind == "close" and outer:
            if level.function and (level.operands or not level.plain) and not level.separate:
                text = level.operation("".join(parts[level.part : -1]))
                if text.startswith("@") and _within_range(tokens, level.token - 2, index + 1):
                    text = f"({text})"
                parts[level.part - 2 :] = [text]
            level = outer.pop()
        else:
            level.take(token)
    return "".join(parts)


def _within_range(tokens: list[Token], before: int, after: int) -> bool:
    """Whether an operand is an end of a range, or `#` follows it: these bind tighter than `@`."""
    return (before >= 0 and tokens[before].text == ":") or (after < len(tokens) and tokens[after].text in (":", "#"))


def with_functions(formula: str, prefix: str) -> str:
    """`@A1:A3` → `_xlfn.SINGLE(A1:A3)`, `B2#` → `_xlfn.ANCHORARRAY(B2)`, with the format's prefix of new functions."""
    tokens = tokenize(formula)
    parts: list[str] = []
    operand, open_calls = 0, 0  # where the last operand begins among the parts; calls of SINGLE that end after it
    outer: list[tuple[int, int]] = []
    before_operand = _before_operand(tokens)
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.text == "@" and before_operand[index]:
            parts.append(f"{prefix}SINGLE(")
            open_calls += 1
            continue
        if token.kind in _OPERANDS or token.kind == "function":
            operand = len(parts)
        elif token.kind == "open":
            called = index > 0 and tokens[index - 1].kind == "function"
            outer.append((operand if called else len(parts), open_calls))
            open_calls = 0
        elif token.kind == "close" and outer:
            operand, open_calls = outer.pop()
        if token.text == "#" and parts and tokens[index - 1].kind in (*_OPERANDS, "close", "operator"):
            parts[operand:] = [f"{prefix}ANCHORARRAY({''.join(parts[operand:])})"]
        else:
            parts.append(token.text)
        if open_calls and _ends_operand(token) and (following is None or following.text not in (":", "#")):
            parts.append(")" * open_calls)
            open_calls = 0
    return "".join(parts) + ")" * open_calls


def _before_operand(tokens: list[Token]) -> list[bool]:
    """For each token whether an operand begins after it, or after more signs `@`."""
    found = [False]
    for token in reversed(tokens[1:]):
        found.append(token.kind in _BEGINS or (token.text == "@" and found[-1]))
    return found[::-1]


def _ends_operand(token: Token) -> bool:
    return token.kind in _OPERANDS or token.kind == "close" or token.text == "#"
