"""Brings what programs spell in several ways to one spelling, once a workbook is read.

Sheets in references are spelled as the workbook spells them; an area names its sheet once; a name of the workbook stands
without `[0]!` or a sheet; `ARRAYFORMULA(x)` as a whole formula is x, entered as an array.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sheetnet.syntax import Token, quote_sheet, tokenize
from sheetnet.syntax.refs import split_prefix
from sheetnet.workbook import Cell, Name, Position, Sheet, Workbook

# A sheet before the first cell of a reference. Texts and other quotations are passed over as a whole.
_SHEET = re.compile(
    r"(?<![\w.:\]])([^\W\d][\w.]*+|'[^']*+(?:''[^']*+)*+')!(?=\$?[A-Za-z]{1,3}\$?[0-9])|\"[^\"]*+\"?|'[^']*+(?:''[^']*+)*+'?"
)
_ARRAY = "ARRAYFORMULA"
_OWN = "[0]"  # in references: the workbook itself
_NAMED = frozenset({"name", "function"})


def spelled_alike(workbook: Workbook) -> Workbook:
    """The workbook with all of this done to its formulas and names."""
    speller = _Speller(workbook)
    names = tuple(speller.name(name) if "!" in name.refers_to else name for name in workbook.names)
    return Workbook(tuple(_sheet(sheet, speller) for sheet in workbook.sheets), names)


def _sheet(sheet: Sheet, speller: _Speller) -> Sheet:
    """The sheet itself where nothing changes, as is most often so."""
    changed: dict[Position, Cell] = {}
    arrays = dict(sheet.arrays)
    for position, cell in sheet.cells.items():
        formula = cell.formula
        if formula is None:
            continue
        if "!" in formula:
            formula = speller.respelled(formula, sheet.name)
        if formula.startswith(("A", "a")) and (inside := _array_formula(formula)) is not None:
            formula = inside
            arrays.setdefault(position, (1, 1))
        if formula is not cell.formula:
            changed[position] = replace(cell, formula=formula)
    return replace(sheet, cells={**sheet.cells, **changed}, arrays=arrays) if changed else sheet


def _array_formula(formula: str) -> str | None:
    """What Google's ARRAYFORMULA computes, where the formula is that one call with one argument."""
    if formula[: len(_ARRAY)].upper() != _ARRAY:
        return None
    tokens = tokenize(formula.rstrip())
    level = 0
    for index, token in enumerate(tokens[1:], 1):
        level += {"open": 1, "array_open": 1, "close": -1, "array_close": -1}.get(token.kind, 0)
        if (level <= 0 and index < len(tokens) - 1) or (level == 1 and token.kind == "separator"):
            return None
    inside = "".join(token.text for token in tokens[2:-1]).strip()
    return inside if inside and level == 0 and tokens[0].text.upper() == _ARRAY else None


class _Speller:
    """Knows the sheets and names of a workbook."""

    def __init__(self, workbook: Workbook) -> None:
        self._sheets = {sheet.name.casefold(): sheet.name for sheet in workbook.sheets}
        self._usual = {quote_sheet(name) for name in self._sheets.values()}
        self._names = {name.name.casefold() for name in workbook.names if name.sheet is None}
        self._scoped = {(name.sheet.casefold(), name.name.casefold()) for name in workbook.names if name.sheet}
        self._ambiguous = {name for _, name in self._scoped}

    def name(self, name: Name) -> Name:
        """A defined name that refers to something in a usual spelling."""
        return replace(name, refers_to=self.respelled(name.refers_to, None))

    def respelled(self, formula: str, sheet: str | None) -> str:
        """The formula of a cell on `sheet` (None: of a defined name)."""
        left = formula.count("!")
        for match in _SHEET.finditer(formula):
            if match[1] is not None and match[1] not in self._usual:
                break
            left -= match[0].count("!")
        else:
            if not left:
                return formula
        return "".join(self._tokens(tokenize(formula), sheet))

    def _tokens(self, tokens: list[Token], sheet: str | None) -> Iterator[str]:
        area = ""  # the sheet of the area that a reference may end
        for index, token in enumerate(tokens):
            if "!" not in token.text or token.kind not in ("reference", *_NAMED):
                yield token.text
                continue
            prefix, rest = split_prefix(token.text)
            prefix = self._prefix(prefix, rest if token.kind in _NAMED else None, sheet)
            ends = index > 1 and tokens[index - 1].text == ":" and tokens[index - 2].kind == token.kind == "reference"
            yield rest if ends and prefix == area else prefix + rest
            area = prefix

    def _prefix(self, prefix: str, name: str | None, sheet: str | None) -> str:
        """The prefix as this workbook spells it, of a reference or of a `name`, which mostly needs none."""
        written = prefix[1:-2].replace("''", "'") if prefix.startswith("'") else prefix[:-1]
        own = written.startswith(_OWN)
        written = written.removeprefix(_OWN)
        known = self._sheets.get(written.casefold())
        if name is not None and (known is not None or (own and not written)) and self._is_plain(name, known, sheet):
            return ""
        if known is None or (known == written and not own):
            return prefix
        return quote_sheet(known) + "!"

    def _is_plain(self, name: str, at: str | None, sheet: str | None) -> bool:
        """Whether a name alone means the one of the sheet `at` (None: of the workbook) in a formula on `sheet`."""
        name = name.casefold()
        if sheet is None:  # a name of the workbook may be used on any sheet
            return name in self._names and name not in self._ambiguous
        own = sheet.casefold()
        if (own, name) in self._scoped:
            return at is not None and at.casefold() == own
        return name in self._names and (at is None or (at.casefold(), name) not in self._scoped)
