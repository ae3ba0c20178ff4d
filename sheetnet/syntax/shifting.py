"""Changes formulas as text: shifts and qualifies references, finds areas and names, reduces formulas to patterns.

`SUMPRODUCT(G7:I7,Step!$G$12:$G$14)*0.5` has the skeleton `SUMPRODUCT(A1:A2,A1:A2)*1`: each range, cell and number is put
the same. What is not so plain (names, texts, references in another spelling) stands in the skeleton as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from sheetnet.syntax.references import (
    COLUMNS,
    ROWS,
    Area,
    column_letters,
    column_number,
    parse_area,
    quote_sheet,
    spanned,
    split_prefix,
)
from sheetnet.syntax.tokens_and_nodes import Token, tokenize
from sheetnet.workbook import Workbook

# Most formulas are made of cells, ranges of cells, numbers, functions and signs: these need no tokens, which are ten
# times slower.
_CELL = r"\$?(?:[A-Za-z]{1,2}|[A-Wa-w][A-Za-z]{2})\$?[1-9][0-9]{0,5}"  # columns from XAA on take the slow way
_RANGE = rf"{_CELL}(?::{_CELL})?(?![\w.$(:])"
_PLAIN = re.compile(rf"(?:{_RANGE}|[A-Za-z]+[0-9]*\(|[0-9]+(?:\.[0-9]+)?(?![\w.$:])|[-+*/^,()=<>])*+")
_PLAIN_RANGE = re.compile(rf"(?<![\w.$]){_RANGE}")
_NESTING = re.compile(r"\"[^\"]*+\"?|'[^']*+'?|[(){}]")
_END = re.compile(r"(\$?)([A-Za-z]*)(\$?)([0-9]*)")


@lru_cache(maxsize=256)
def _template(formula: str) -> tuple[tuple[str, int, int], ...]:
    """The formula in (text, column, row): the text stands, then a relative column, then a relative row (0: none)."""
    pieces: list[tuple[str, int, int]] = []
    for token in tokenize(formula):
        if token.kind != "reference":
            pieces.append((token.text, 0, 0))
            continue
        prefix, rest = split_prefix(token.text)
        pieces.append((prefix, 0, 0))
        for index, end in enumerate(rest.split(":")):
            pieces.append((":" if index else "", 0, 0))
            pieces.extend(_end(end))
    return _merged(pieces)


def _end(text: str) -> list[tuple[str, int, int]]:
    """One end of a reference: `$A1`, `A`, `$3`. A single `$` before digits alone fixes the row, not the column."""
    match = _END.fullmatch(text)
    assert match is not None, "the tokenizer gives only such texts"
    first, letters, second, digits = match.groups()
    if not letters:
        return [(f"{first}{digits}", 0, 0)] if first else [("", 0, int(digits))]
    pieces = [(f"${letters}", 0, 0)] if first else [("", column_number(letters), 0)]
    if digits:
        pieces.append((f"${digits}", 0, 0) if second else ("", 0, int(digits)))
    return pieces


def _merged(pieces: list[tuple[str, int, int]]) -> tuple[tuple[str, int, int], ...]:
    merged: list[tuple[str, int, int]] = []
    for text, column, row in pieces:
        if merged and merged[-1][1:] == (0, 0):
            merged[-1] = (merged[-1][0] + text, column, row)
        else:
            merged.append((text, column, row))
    return tuple(merged)


def shift(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads when filled `rows` down and `columns` to the right.

    Relative references move and wrap around the edge of the sheet as in Excel; absolute ones, names, texts and sheets
    stay.
    """
    if not rows and not columns:
        return formula
    text, relative = _moved(formula, columns)
    return text % tuple([(row - 1 + rows) % ROWS + 1 for row in relative])


@lru_cache(maxsize=256)
def _moved(formula: str, columns: int) -> tuple[str, tuple[int, ...]]:
    """The formula filled to the right, with `%d` for each relative row, and these rows: mostly many cells need it."""
    parts: list[str] = []
    for text, column, row in _template(formula):
        parts.append(text.replace("%", "%%"))
        if column:
            parts.append(column_letters((column - 1 + columns) % COLUMNS + 1))
        elif row:
            parts.append("%d")
    return "".join(parts), tuple(row for _, _, row in _template(formula) if row)


def qualify(formula: str, sheet: str) -> str:
    """The formula with every reference on the given sheet that names none: `A1:B2` → `Step!A1:B2`."""
    prefix = quote_sheet(sheet) + "!"
    if _PLAIN.fullmatch(formula):
        return _PLAIN_RANGE.sub(lambda match: prefix + match[0], formula)
    return qualified(formula, prefix)


def qualified(formula: str, prefix: str) -> str:
    """`qualify` by tokens: the thorough way, for any formula."""
    tokens = tokenize(formula)
    parts = []
    for index, token in enumerate(tokens):
        bare = token.kind == "reference" and not split_prefix(token.text)[0]
        parts.append(prefix + token.text if bare and not _ends_range(tokens, index) else token.text)
    return "".join(parts)


def _ends_range(tokens: list[Token], index: int) -> bool:
    """Whether the token is the right end of `reference:reference`; its sheet then stands before the left end."""
    before = [token for token in tokens[max(0, index - 4) : index] if token.kind != "space"]
    return len(before) >= 2 and before[-1].text == ":" and before[-2].kind == "reference"


def areas(formula: str) -> list[Area]:
    """The plain references in order of appearance, `A1:B2` as one; without 3-D ones and those to other workbooks."""
    if _PLAIN.fullmatch(formula):
        return [area for text in _PLAIN_RANGE.findall(formula) if (area := parse_area(text)) is not None]
    return spelled_areas(formula)


def spelled_areas(formula: str) -> list[Area]:
    """`areas` by tokens: the thorough way, for any formula."""
    tokens = [token for token in tokenize(formula) if token.kind != "space"]
    found: list[Area] = []
    index = 0
    while index < len(tokens):
        area = parse_area(tokens[index].text) if tokens[index].kind == "reference" else None
        if area is not None and index + 2 < len(tokens) and tokens[index + 1].text == ":":
            whole = _joined(area, tokens[index + 2])
            if whole is not None:
                area, index = whole, index + 2
        if area is not None:
            found.append(area)
        index += 1
    return found


def _joined(first: Area, token: Token) -> Area | None:
    last = parse_area(token.text) if token.kind == "reference" else None
    if last is None or last.sheet not in (None, first.sheet):
        return None
    return spanned((first, last))


def names(formula: str) -> list[str]:
    """The names in order of appearance, with their prefix, once each; TRUE and FALSE are values, not names."""
    if _PLAIN.fullmatch(formula):
        return []
    found = [token.text for token in tokenize(formula) if token.kind == "name"]
    return [name for name in dict.fromkeys(found) if name.upper() not in ("TRUE", "FALSE")]


def functions(formula: str) -> list[str]:
    """The functions in order of appearance, in upper case, once each."""
    return list(dict.fromkeys(token.text.upper() for token in tokenize(formula) if token.kind == "function"))


def depth(formula: str) -> int:
    """How deep parentheses and braces nest, outside of texts and of names in apostrophes."""
    deepest = level = 0
    for match in _NESTING.finditer(formula):
        level += {"(": 1, "{": 1, ")": -1, "}": -1}.get(match[0], 0)
        deepest = max(deepest, level)
    return deepest


_SKELETON_CELL = r"\$?(?:[A-Z]{1,2}|[A-W][A-Z]{2}|X(?:[A-E][A-Z]|F[A-D]))\$?[1-9][0-9]{0,5}"
_NUMBER = re.compile(r"(?<![\w.$!:#])[0-9]+(?:\.[0-9]+)?(?:E[-+]?[0-9]+)?(?![\w.:(!])")


def skeletons(formulas: Sequence[str], sheets: Iterable[str]) -> list[str]:
    """The skeleton of each formula; references to the `sheets`, spelled as these are, count as plain."""
    if not formulas:
        return []
    text = "\n".join(formulas)
    if text.count("\n") != len(formulas) - 1:  # a formula on several lines
        text = "\n".join(formula.replace("\n", " ") for formula in formulas)
    text = _cells(tuple(sheets)).sub("A1", text).replace("A1:A1", "A1:A2")
    return _NUMBER.sub("1", text).split("\n")


def skeletons_of(workbook: Workbook) -> Mapping[str, str]:
    """Each formula of a workbook with its skeleton; made once, for judging asks again and again."""
    if "skeletons" not in workbook.memory:
        sheets = [sheet.name for sheet in workbook.sheets]
        found = dict(zip(workbook.formulas, skeletons(workbook.formulas, sheets), strict=True))
        workbook.memory["skeletons"] = found
    known: Mapping[str, str] = workbook.memory["skeletons"]
    return known


@lru_cache(maxsize=64)
def _cells(sheets: tuple[str, ...]) -> re.Pattern[str]:
    """A cell, with its sheet or without; also as the second end of a range."""
    prefix = "|".join(re.escape(quote_sheet(sheet)) for sheet in sheets)
    return re.compile(rf"(?:(?<![\w.$!:'\]])(?:(?:{prefix})!)?|(?<=[0-9]:)){_SKELETON_CELL}(?![\w.(!#])")
