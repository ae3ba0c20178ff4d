"""Expands relative defined names, spilled ranges and INDIRECT into plain references.

A name without `$` is relative to cell A1: in G22, `left` = `Step!A1048576` means Step!G21, one row up. Engines differ in
what they make of it (IronCalc takes it for A1048576 everywhere); Excel and LibreOffice move it. `G18#` is the range that
the array formula in G18 fills, also where its cells hold numbers in a trial.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from sheetnet.syntax import Area, Token, area_name, parse_area, shift, tokenize
from sheetnet.syntax.references import FORMULA_CHARACTERS
from sheetnet.workbook import Position, Sheet, Workbook

_Key = tuple[str, str]  # the scope ("": the workbook) and the name, in small letters
_ABSOLUTE = re.compile(r"[^$]*!\$[A-Z]{1,3}\$[0-9]+(?::\$[A-Z]{1,3}\$[0-9]+)?")
_TOO_LONG = "#REF!"
_INDIRECT = re.compile(r'(?<![\w.])INDIRECT\( *"(?P<text>[^"]*)" *(?:, *TRUE *)?\)', re.IGNORECASE)


def in_full(workbook: Workbook, longest: int = FORMULA_CHARACTERS) -> Workbook:
    """The workbook in whose formulas each relative name and each spilled range stands as what it means there.

    It is the workbook itself where nothing changes, as is most often so. A formula that becomes longer than `longest` is
    an error.
    """
    return _without_spills(_without_relative_names(_without_made_up(workbook), longest))


def _respelled(workbook: Workbook, respell: Callable[[str, Sheet, Position], str]) -> Workbook:
    sheets = []
    for sheet in workbook.sheets:
        changed = {
            at: replace(cell, formula=formula)
            for at, cell in sheet.cells.items()
            if cell.formula is not None and (formula := respell(cell.formula, sheet, at)) != cell.formula
        }
        sheets.append(replace(sheet, cells={**sheet.cells, **changed}) if changed else sheet)
    same = all(new is old for new, old in zip(sheets, workbook.sheets, strict=True))
    return workbook if same else replace(workbook, sheets=tuple(sheets))


def _without_made_up(workbook: Workbook) -> Workbook:
    """`INDIRECT("gamma")`, whose text is written out, is the reference itself: so it can be tried alone as others can."""
    if not any(map(_INDIRECT.search, workbook.formulas)):
        return workbook
    names = {name.name.casefold() for name in workbook.names}
    return _respelled(workbook, lambda formula, _, __: _INDIRECT.sub(lambda match: _named_cells(match, names), formula))


def _named_cells(match: re.Match[str], names: Collection[str]) -> str:
    text = match["text"]
    return f"({text})" if parse_area(text) is not None or text.casefold() in names else match[0]


def _without_spills(workbook: Workbook) -> Workbook:
    if not any(sheet.arrays for sheet in workbook.sheets) or not any("#" in formula for formula in workbook.formulas):
        return workbook
    return _respelled(workbook, lambda formula, sheet, _: _spilled(formula, sheet, workbook))


def _spilled(formula: str, sheet: Sheet, workbook: Workbook) -> str:
    """The formula with `G18#` as the cells that the array formula in G18 fills."""
    if "#" not in formula:
        return formula
    texts: list[str] = []
    before: Token | None = None
    for token in tokenize(formula):
        area = parse_area(before.text) if before is not None and before.kind == "reference" else None
        whole = _filled(area, sheet, workbook) if token.text == "#" and area is not None else None
        if whole is not None:
            texts[-1] = area_name(whole, absolute=False)
        else:
            texts.append(token.text)
        before = token
    return "".join(texts)


def _filled(anchor: Area, sheet: Sheet, workbook: Workbook) -> Area | None:
    there = sheet if anchor.sheet is None else workbook.sheet(anchor.sheet)
    size = there.arrays.get((anchor.top, anchor.left)) if there is not None else None
    return size and replace(anchor, bottom=anchor.top + size[0] - 1, right=anchor.left + size[1] - 1)


def _without_relative_names(workbook: Workbook, longest: int) -> Workbook:
    known = {((name.sheet or "").casefold(), name.name.casefold()): name.refers_to for name in workbook.names}
    moving = {key: text for key, text in known.items() if not _ABSOLUTE.fullmatch(text) and shift(text, 1, 1) != text}
    if not moving:
        return workbook

    def respell(formula: str, sheet: Sheet, at: Position) -> str:
        text = _names_in_full(formula, at, sheet.name.casefold(), moving, known)
        return text if len(text) <= longest else _TOO_LONG

    return _respelled(workbook, respell)


def _names_in_full(formula: str, at: Position, sheet: str, moving: Mapping[_Key, str], known: Collection[_Key]) -> str:
    parts = []
    for token in tokenize(formula):
        prefix, _, name = token.text.casefold().rpartition("!")
        scope = prefix.strip("'").replace("''", "'") or sheet
        meant = moving.get((scope if (scope, name) in known else "", name)) if token.kind == "name" else None
        if meant is None:
            parts.append(token.text)
        else:
            text = shift(meant, at[0] - 1, at[1] - 1)
            parts.append(text if parse_area(text) else f"({text})")
    return "".join(parts)
