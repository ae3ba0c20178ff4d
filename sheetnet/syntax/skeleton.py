"""Reduces formulas to skeletons, so that thousands of filled-down formulas are looked at once.

`SUMPRODUCT(G7:I7,Step!$G$12:$G$14)*0.5` has the skeleton `SUMPRODUCT(A1:A2,A1:A2)*1`: each range, cell and number is put
the same. What is not so plain (names, texts, references in another spelling) stands in the skeleton as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from sheetnet.syntax.refs import quote_sheet
from sheetnet.workbook import Workbook

_CELL = r"\$?[A-Z]{1,2}\$?[1-9][0-9]{0,5}"
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
    return re.compile(rf"(?:(?<![\w.$!:'\]])(?:(?:{prefix})!)?|(?<=[0-9]:)){_CELL}(?![\w.(!#])")
