"""Translates formulas of the canonical Excel A1 dialect into the spelling of .ods files (OpenFormula).

Both ways only the spelling changes: `of:=SUM([.A1:.B2];[$Data.C3])` is `SUM(A1:B2,Data!C3)`. Precedences are the same in
both, as LibreOffice computes them. `from_openformula(to_openformula(text)) == text` but for these, which mean the same:
`TRUE()` becomes `TRUE`, `.5` becomes `0.5`, `A$1:B$1048576` becomes `A:B` and `$A1:$XFD2` becomes `1:2`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from sheetnet.files.formula_text import with_functions
from sheetnet.files.ods.formula_in import from_openformula, from_openformulas, openformula_name
from sheetnet.syntax import COLUMNS, ROWS, Token, column_letters, tokenize
from sheetnet.syntax.references import split_prefix

_LAST_COLUMN = column_letters(COLUMNS)
_PLAIN_SHEET = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+")
_TRUTH = {"TRUE": "TRUE()", "FALSE": "FALSE()"}
_OPERAND_BEGINS = frozenset({"reference", "name", "function", "open"})
_OPERAND_ENDS = frozenset({"reference", "name", "close"})


def to_openformula(formula: str) -> str:
    """The canonical formula as `table:formula` holds it, with its prefix `of:=`."""
    if "@" in formula or "#" in formula:
        formula = with_functions(formula, "COM.MICROSOFT.")
    quick = _fill_in(formula)
    if quick is None:
        quick = _respell(formula)
    return "of:=" + ("".join(_spell(tokenize(formula))) if quick is None else quick)


# What nearly all formulas of a worksheet are made of; one pass over these is ten times faster than tokens.
_SIMPLE_CELL = r"\$?(?:[A-Z]{1,2}|[A-W][A-Z]{2}|X[A-E][A-Z]|XF[A-D])\$?[1-9][0-9]{0,5}"
_SIMPLE = re.compile(
    rf"""
      (?P<text>"[^"]*+(?:""[^"]*+)*+")
    | (?P<area>(?:[A-Za-z_][A-Za-z0-9_]*+!)?{_SIMPLE_CELL}(?::{_SIMPLE_CELL})?(?![\w.\\?(!:]))
    | (?P<word>[A-Za-z_][A-Za-z0-9_.]*+(?![\w\\?!:\[]))
    | (?P<number>[0-9]++(?:\.[0-9]*+)?(?:[Ee][-+]?[0-9]++)?(?![\w.:]))
    | (?P<mark>[(),])
    | (?P<operator>[-+*/^&=<>%]++)
    | (?P<other>[\s\S])
    """,
    re.VERBOSE,
)
_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]++")


def _respell(formula: str) -> str | None:
    """The formula in OpenFormula if it is made of plain references, words, numbers and operators; else None."""
    parts: list[str] = []
    calls: list[bool] = []  # for each open parenthesis whether it is a function's
    call = False
    for match in _SIMPLE.finditer(formula):
        group, text = match.lastgroup, match[0]
        if group == "area":
            text = _simple_area(text)
        elif group == "word":
            call = formula.startswith("(", match.end())
            if call:
                text = openformula_name(text)
            elif _LIKE_CELL.fullmatch(text):
                return None
            else:
                text = _TRUTH.get(text.upper(), text)
        elif group == "mark":
            if text == "(":
                calls.append(call)
                call = False
            elif text == ",":
                text = ";" if calls and calls[-1] else "~"
            elif calls:
                calls.pop()
        elif group == "other":
            return None
        parts.append(text)
    return "".join(parts)


# Formulas filled down or across differ in their references alone: what lies between these is respelled once.
_SLOW = re.compile(r"['{\[#\\]")
_AREA = re.compile(rf"(?<![\w.?!:$])((?:[A-Za-z_][A-Za-z0-9_]*+!)?{_SIMPLE_CELL}(?::{_SIMPLE_CELL})?)(?![\w.?(!:])")


def _fill_in(formula: str) -> str | None:
    """As `_respell`, from what was kept of another formula of the same build; None where that is not certain."""
    if _SLOW.search(formula):
        return None
    parts = _AREA.split(formula)
    between = _between(tuple(parts[::2]))
    if between is None:
        return None
    parts[::2] = between
    parts[1::2] = map(_simple_area, parts[1::2])
    return "".join(parts)


@lru_cache(maxsize=4096)
def _between(parts: tuple[str, ...]) -> list[str] | None:
    """What stands between a formula's references, respelled with A1 in each one's place; None where a text holds one."""
    spelled = _respell("A1".join(parts))
    found = spelled.split("[.A1]") if spelled is not None else []
    return found if len(found) == len(parts) else None


@lru_cache(maxsize=1 << 16)
def _simple_area(text: str) -> str:
    sheet, mark, area = text.rpartition("!")
    return f"[{'$' + sheet if mark else ''}.{area.replace(':', ':.')}]"


def _spell(tokens: list[Token]) -> list[str]:
    parts: list[str] = []
    openers: list[str] = []  # the kinds of the open parentheses: what "," means depends on the innermost
    index, previous, count = 0, "", len(tokens)
    while index < count:
        kind, text = tokens[index].kind, tokens[index].text
        if kind == "reference":
            ends = index + 2 < count and tokens[index + 1].text == ":" and _joins(text, tokens[index + 2])
            parts.append(_bracketed(text, tokens[index + 2].text if ends else ""))
            index += 2 if ends else 0
        elif kind == "separator":
            # "," outside a call or an inline array is Excel's union of references.
            parts.append(";" if openers and openers[-1] != "open" else "~")
        elif kind == "space":
            following = tokens[index + 1].kind if index + 1 < count else ""
            crosses = previous in _OPERAND_ENDS and following in _OPERAND_BEGINS
            parts.append("!" + text[1:] if crosses else text)
        else:
            parts.append(_SPELLING[kind](text) if kind in _SPELLING else text)
            _nest(openers, kind, previous)
        previous = kind
        index += 1
    return parts


def _joins(first: str, last: Token) -> bool:
    """Whether two references are the ends of one; between two sheets it is not Excel's 3-D reference, but an error."""
    return last.kind == "reference" and split_prefix(last.text)[0] in ("", split_prefix(first)[0])


def _nest(openers: list[str], kind: str, previous: str) -> None:
    if kind == "open":
        openers.append("function" if previous == "function" else "open")
    elif kind == "array_open":
        openers.append("array")
    elif kind in ("close", "array_close") and openers:
        openers.pop()


def _name(text: str) -> str:
    prefix, name = split_prefix(text)
    if not prefix:
        return _TRUTH.get(text.upper(), text)
    return f"{_sheets(prefix, always=True)[0]}.{name}"


def _number(text: str) -> str:
    """Gnumeric drops a formula with the literal `.5`."""
    return "0" + text if text.startswith(".") else text


# A lost reference has lost its sheet too: `Step!#REF!` is `#REF!`.
_SPELLING: dict[str, Callable[[str], str]] = {
    "function": openformula_name,
    "name": _name,
    "number": _number,
    "error": lambda text: text[text.rindex("#") :],
    "array_row": lambda _: "|",
}


def _bracketed(first: str, last: str) -> str:
    prefix, start = split_prefix(first)
    begin, end = _sheets(prefix) if prefix else ("", "")
    if last:
        last_prefix, stop = split_prefix(last)
        end = "$" + _sheets(last_prefix)[0] if last_prefix else ("$" + end if end else "")
    elif ":" in start:
        start, stop = _whole(*start.split(":"))
        end = "$" + end if end else ""
    elif end:
        stop, end = start, "$" + end
    else:
        return f"[${begin}.{start}]" if begin else f"[.{start}]"
    return f"[{'$' + begin if begin else ''}.{start}:{end}.{stop}]"


def _whole(first: str, last: str) -> tuple[str, str]:
    """`A:B` or `1:2` with both ends spelled out: Gnumeric drops a formula with `[.A:.B]`."""
    if first.lstrip("$").isdigit():
        return f"$A{first}", f"${_LAST_COLUMN}{last}"
    return f"{first}$1", f"{last}${ROWS}"


def _sheets(prefix: str, always: bool = False) -> tuple[str, str]:
    """The sheet of a prefix such as `'W 1'!`, quoted as .ods needs it, and the last one of a 3-D prefix `A:C!` or ""."""
    name = prefix[:-1]
    if name.startswith("'"):
        name = name[1:-1].replace("''", "'")
    first, _, last = ("", "", "") if "]" in name else name.partition(":")
    return _quoted(first or name, always), _quoted(last, always) if last else ""


def _quoted(name: str, always: bool) -> str:
    plain = _PLAIN_SHEET.fullmatch(name) and not always
    return name if plain else "'" + name.replace("'", "''") + "'"


__all__ = ["from_openformula", "from_openformulas", "to_openformula"]
