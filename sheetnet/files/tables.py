"""Resolves structured references to Excel's tables, such as `Data[x]` and `[@x]`, into plain references.

In files the row of the formula itself is `Data[[#This Row],[x]]`. A reference that names no table of the workbook stays
as it is, so that every engine refuses it; one to a heading or row the table lacks becomes `#REF!`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sheetnet.files.limits import Limits
from sheetnet.syntax import Area, Token, area_name, column_letters, quote_sheet, tokenize
from sheetnet.syntax.references import split_prefix
from sheetnet.workbook import Box, Place

_LOST, _OTHER_ROW = "#REF!", "#VALUE!"
_WORD = re.compile(r"[^\W\d][\w.\\?]*+|\\[\w.\\?]*+")
_ITEM = r"\[(?:[^\[\]']|'[\s\S])*+\]"
_ITEMS = re.compile(rf"\s*+{_ITEM}(?:\s*+[,:]\s*+{_ITEM})*+\s*+")
_PART = re.compile(r"([,:]?)\s*+\[((?:[^\[\]']|'[\s\S])*+)\]\s*+")
_ESCAPED = re.compile(r"'([\s\S])")
_ROWS = ("#all", "#data", "#headers", "#totals", "#this row")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its cells with headings and totals, how many rows these take, and the column of each heading (`key`)."""

    name: str
    sheet: str
    box: Box
    header_rows: int
    totals_rows: int
    columns: Mapping[str, int]

    @property
    def body(self) -> tuple[int, int]:
        """The first and last row between headings and totals."""
        return self.box[0] + self.header_rows, self.box[2] - self.totals_rows


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a reference asks of its table: rows, and the first and last heading (None: all columns)."""

    rows: frozenset[str]
    first: str | None = None
    last: str | None = None


def heading_key(heading: str) -> str:
    """A heading as references are compared with it: without capitals, all line breaks alike."""
    return heading.replace("\r\n", "\n").replace("\r", "\n").casefold()


class Tables:
    """The tables of a workbook, by name."""

    def __init__(self, tables: Iterable[Table], limits: Limits) -> None:
        self._limits = limits
        self._by_name = {table.name.casefold(): table for table in tables}

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def resolved(self, formula: str, place: Place | None) -> str:
        """The formula of the cell at `place` (None: of a defined name) with plain references to tables' cells.

        Raises ValueError where it becomes longer than a formula may be.
        """
        if "[" not in formula and self._by_name.keys().isdisjoint(_WORD.findall(formula.casefold())):
            return formula
        parts: list[str] = []
        length = 0
        for token in _joined(tokenize(formula)):
            text = self._reference(token.text, place) if token.kind == "name" else token.text
            length += len(text)
            if length > self._limits.formula:
                raise ValueError(f"a formula of over {self._limits.formula:,} characters")
            parts.append(text)
        return "".join(parts)

    def _reference(self, text: str, place: Place | None) -> str:
        name, bracket, inside = text.partition("[")
        if split_prefix(text)[0] or (bracket and not inside.endswith("]")):
            return text
        table = self._by_name.get(name.casefold()) if name else self._around(place)
        wanted = _parsed(inside[:-1])
        return text if table is None or wanted is None else _plain(table, wanted, place) or text

    def _around(self, place: Place | None) -> Table | None:
        """The table that a cell lies in."""
        if place is None:
            return None
        sheet, row, column = place
        for table in self._by_name.values():
            top, left, bottom, right = table.box
            if table.sheet == sheet and top <= row <= bottom and left <= column <= right:
                return table
        return None


def _joined(tokens: list[Token]) -> list[Token]:
    """A table may be called like a cell beyond the last column (`XYZ1[x]`); its name and brackets are one token."""
    joined: list[Token] = []
    for token in tokens:
        if token.kind == "name" and token.text.startswith("[") and joined and joined[-1].kind == "name":
            token = Token("name", joined.pop().text + token.text)
        joined.append(token)
    return joined


def _parsed(inside: str) -> _Wanted | None:
    """What stands between the brackets: `x`, `@x`, `#Totals`, `[#Headers],[#Data],[x]:[y]`; None for no such thing."""
    text = inside.strip(" ")
    if text.startswith("@"):
        row, columns = "[#This Row]", text[1:].lstrip(" ")
        return _listed(f"{row},{columns}" if columns.startswith("[") else f"{row},[{text[1:]}]" if columns else row)
    if not text or text.startswith(("#", "[")):
        return _listed(text if text.startswith("[") else f"[{text or '#Data'}]")
    return _Wanted(frozenset(), heading_key(_unescaped(inside)), heading_key(_unescaped(inside)))


def _listed(text: str) -> _Wanted | None:
    if not _ITEMS.fullmatch(text):
        return None
    rows: set[str] = set()
    headings: list[str] = []
    for sign, item in _PART.findall(text):
        if item.startswith("#") and sign != ":" and not headings:
            rows.add(" ".join(item.casefold().split()))
        elif item.startswith("#") or len(headings) != (sign == ":"):
            return None
        else:
            headings.append(heading_key(_unescaped(item)))
    if not rows.issubset(_ROWS):
        return None
    return _Wanted(frozenset(rows), headings[0], headings[-1]) if headings else _Wanted(frozenset(rows))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _plain(table: Table, wanted: _Wanted, place: Place | None) -> str | None:
    """The cells as a formula at `place` refers to them; None where no program takes such a reference."""
    left, right = _columns(table, wanted)
    if wanted.rows == {"#this row"}:
        return _in_row(table, left, right, place)
    rows = _rows(table, wanted.rows)
    if rows is None:
        return None
    if not left or not right or rows[0] > rows[1]:
        return _LOST
    sheet = None if place is not None and place[0] == table.sheet else table.sheet
    return area_name(Area(sheet, rows[0], min(left, right), rows[1], max(left, right)))


def _columns(table: Table, wanted: _Wanted) -> tuple[int, int]:
    """The first and last column, 0 where the table has no such heading."""
    if wanted.first is None or wanted.last is None:
        return table.box[1], table.box[3]
    first, last = (
        table.columns.get(each) or table.columns.get(each.strip(), 0) for each in (wanted.first, wanted.last)
    )
    return first, last


def _rows(table: Table, wanted: frozenset[str]) -> tuple[int, int] | None:
    """The first and last row; the first is the larger one where the table has none of these."""
    top, _, bottom, _ = table.box
    first, last = table.body
    return {
        frozenset(): (first, last),
        frozenset({"#data"}): (first, last),
        frozenset({"#all"}): (top, bottom),
        frozenset({"#headers"}): (top, first - 1),
        frozenset({"#totals"}): (last + 1, bottom),
        frozenset({"#headers", "#data"}): (top, last),
        frozenset({"#data", "#totals"}): (first, bottom),
    }.get(wanted)


def _in_row(table: Table, left: int, right: int, place: Place | None) -> str | None:
    """The cells of the formula's own row, in whatever sheet it stands; in a name, `@` picks the row where it is used."""
    if not left or not right:
        return _LOST
    first, last = table.body
    left, right = min(left, right), max(left, right)
    if place is None:
        one = left == right and first < last
        return "@" + area_name(Area(table.sheet, first, left, last, right)) if one else None
    sheet, row, _ = place
    if not first <= row <= last:
        return _OTHER_ROW
    prefix = "" if sheet == table.sheet else quote_sheet(table.sheet) + "!"
    start, end = f"${column_letters(left)}{row}", f"${column_letters(right)}{row}"
    return prefix + (start if left == right else f"{start}:{end}")
