"""Reads the fields of a TOML table by type: each error names the field, what was found and what was expected.

`network_file` asks this for every command, so that a misspelt part is told at once and not by `audit` alone.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sheetnet.errors import NetworkError

Row = tuple[float, ...]
Matrix = tuple[Row, ...]

LONGEST_TEXT = 1_000  # characters of a title or source; a sheet's cell holds 32,767
LONGEST_EQUATION = 4_000


def refuse(field: str, found: object, expected: str, remedy: str = "") -> NetworkError:
    """The error for one field: `layers[1].weights has 3 rows, expected 2 …: transpose it`."""
    return NetworkError(f"{field} {found}, expected {expected}", place=field, remedy=remedy or None)


def known_keys(table: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Refuse a key nobody reads: a misspelt key must not silently fall back to a default."""
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            remedy = f"did you mean {near[0]}?" if near else "remove it"
            raise refuse(f"{where}{key}", "is not a field", "one of " + ", ".join(sorted(known)), remedy)


def number(value: object, field: str) -> float:
    """A finite number with 15 significant digits, which every spreadsheet keeps exactly."""
    if not isinstance(value, int | float):
        value = as_lists(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse(field, f"is {shown(value)}", "a number")
    try:
        rounded = float(f"{value:.15g}")
    except OverflowError:
        rounded = math.inf
    if not math.isfinite(rounded):
        raise refuse(field, f"is {shown(value)}", "a finite number")
    return rounded


def row(value: object, field: str) -> Row:
    """A list of numbers; a tuple or an array is one, too."""
    value = as_lists(value)
    if not isinstance(value, list | tuple) or not value:
        raise refuse(field, f"is {shown(value)}", "a list of numbers, such as [0.05, 0.1]")
    return tuple(number(x, f"{field}[{i}]") for i, x in enumerate(value))


def matrix(value: object, field: str, columns: int | None = None) -> Matrix:
    """A list of equally long rows; one bare row stands for a matrix of one row."""
    value = as_lists(value)
    if not isinstance(value, list | tuple) or not value:
        raise refuse(field, f"is {shown(value)}", "a list of rows, such as [[0.05, 0.1]]")
    if not any(isinstance(as_lists(x), list | tuple) for x in value):
        value = [value]
    rows = tuple(row(x, f"{field}[{i}]") for i, x in enumerate(value))
    wanted = columns or len(rows[0])
    for i, found in enumerate(rows):
        if len(found) != wanted:
            raise refuse(f"{field}[{i}]", f"has {len(found)} numbers", f"{wanted}, as in the other rows")
    return rows


def as_lists(value: object) -> object:
    """An array, or a number of one, as Python's own lists and numbers; all else as it is."""
    return value.tolist() if hasattr(value, "tolist") else value


def choice(value: object, field: str, known: Iterable[str]) -> str:
    """One of a set of words."""
    names = list(known)
    if value not in names:
        near = difflib.get_close_matches(str(value), names, 1)
        raise refuse(
            field, f"is {shown(value)}", "one of " + ", ".join(names), f"did you mean {near[0]}?" if near else ""
        )
    return str(value)


def text(value: object, field: str, longest: int = LONGEST_TEXT) -> str:
    """A text that fits a line of a sheet."""
    if not isinstance(value, str):
        raise refuse(field, f"is {shown(value)}", 'a text in quotes, such as "my network"')
    if len(value) > longest:
        raise refuse(field, f"has {len(value):,} characters", f"at most {longest:,}", "shorten it")
    return value


def whole(value: object, field: str, most: int) -> int:
    """A whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise refuse(field, f"is {shown(value)}", f"a whole number from 1 to {most:,}")
    return value


def flag(value: object, field: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise refuse(field, f"is {shown(value)}", "true or false")
    return value


def shown(value: object) -> str:
    """A value as an error shows it: short, in one line."""
    if value is None:
        return "missing"
    words = repr(value)
    return words if len(words) <= 40 else words[:37] + "..."


NUMBER_KEYS = ("place", "quantity", "printed", "index", "expression", "from", "sum_of", "by")
FORMULA_KEYS = ("place", "equation", "where")


def entries_of(published: object) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The tables of numbers and of formulas, each with the fields it should have. Raises `NetworkError`."""
    if not isinstance(published, dict) or not published:
        raise refuse("published", f"is {shown(published)}", "[[published.numbers]] as in docs/network-files.md")
    known_keys(published, ("numbers", "formulas"), "published.")
    numbers, formulas = _entries(published, "numbers"), _entries(published, "formulas")
    for i, entry in enumerate(numbers):
        _check_number(entry, f"published.numbers[{i}]")
    for i, entry in enumerate(formulas):
        _check_formula(entry, f"published.formulas[{i}]")
    return numbers, formulas


def _check_number(entry: Mapping[str, Any], where: str) -> None:
    known_keys(entry, NUMBER_KEYS, f"{where}.")
    for field in ("place", "quantity"):
        text(entry.get(field), f"{where}.{field}")
    if "expression" in entry:
        text(entry["expression"], f"{where}.expression")
    for field in ("from", "sum_of"):
        names = entry.get(field, [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise refuse(f"{where}.{field}", f"is {shown(names)}", 'a list of quantities, such as ["z_1"]')
    index_of(entry.get("index", [0, 0]), f"{where}.index")
    rows_of(entry.get("printed"), f"{where}.printed")


def _check_formula(entry: Mapping[str, Any], where: str) -> None:
    known_keys(entry, FORMULA_KEYS, f"{where}.")
    text(entry.get("place"), f"{where}.place")
    text(entry.get("equation"), f"{where}.equation", longest=LONGEST_EQUATION)
    for name, words in meanings_of(entry, where).items():
        text(words, f"{where}.where.{name}", longest=LONGEST_EQUATION)


def _entries(table: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    entries = table.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise refuse(f"published.{key}", f"is {shown(entries)}", f"tables [[published.{key}]]")
    return entries


def meanings_of(entry: Mapping[str, Any], where: str) -> dict[str, Any]:
    """What the own names of an equation stand for."""
    meanings = entry.get("where", {})
    if not isinstance(meanings, dict):
        raise refuse(f"{where}.where", f"is {shown(meanings)}", 'a table of names, such as { x = "z_1[0,0]" }')
    return meanings


def index_of(value: object, field: str) -> tuple[int, int]:
    """Row and column of the first number, from 0."""
    numbers = value if isinstance(value, list) else []
    if len(numbers) != 2 or not all(isinstance(i, int) and not isinstance(i, bool) and i >= 0 for i in numbers):
        raise refuse(field, f"is {shown(value)}", "row and column from 0, such as [0, 1]")
    return numbers[0], numbers[1]


def rows_of(value: object, field: str) -> list[list[str]]:
    """What is printed, as rows of texts; one text or one row stands for a table of one."""
    rows = [[value]] if isinstance(value, str) else value
    if not isinstance(rows, list) or not rows:
        raise refuse(field, f"is {shown(value)}", 'text such as "0.3775", or rows of it')
    rows = rows if all(isinstance(row, list) for row in rows) else [rows]
    for text in (text for row in rows for text in row):
        if not isinstance(text, str):
            raise refuse(field, f"has {shown(text)}", "text, so that its digits count", "put it in quotes")
    return rows
