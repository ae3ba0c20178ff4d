"""Typed reading of the fields of a TOML table: each error names the field, what was found, what was expected.

It knows what numbers, rows and choices are; it does not know what a network is.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sheetnet.errors import NetworkError
from sheetnet.network import Matrix, Row

LONGEST_TEXT = 1_000  # characters of a title or source; a sheet's cell holds 32,767
LONGEST_EQUATION = 4_000


def refuse(field: str, found: object, expected: str, remedy: str = "") -> NetworkError:
    """The error for one field: `layers[1].weights has 3 rows, expected 2 …: transpose it`."""
    return NetworkError(f"{field} {found}, expected {expected}" + (f": {remedy}" if remedy else ""))


def known_keys(table: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Refuse a key nobody reads: a misspelt key must not silently fall back to a default."""
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            remedy = f"did you mean {near[0]}?" if near else "remove it"
            raise refuse(f"{where}{key}", "is not a field", "one of " + ", ".join(sorted(known)), remedy)


def number(value: object, field: str) -> float:
    """A finite number with 15 significant digits, which every spreadsheet keeps exactly."""
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
    """A list of numbers."""
    if not isinstance(value, list) or not value:
        raise refuse(field, f"is {shown(value)}", "a list of numbers, such as [0.05, 0.1]")
    return tuple(number(x, f"{field}[{i}]") for i, x in enumerate(value))


def matrix(value: object, field: str, columns: int | None = None) -> Matrix:
    """A list of equally long rows; one bare row stands for a matrix of one row."""
    if not isinstance(value, list) or not value:
        raise refuse(field, f"is {shown(value)}", "a list of rows, such as [[0.05, 0.1]]")
    if not any(isinstance(x, list) for x in value):
        value = [value]
    rows = tuple(row(x, f"{field}[{i}]") for i, x in enumerate(value))
    wanted = columns or len(rows[0])
    for i, found in enumerate(rows):
        if len(found) != wanted:
            raise refuse(f"{field}[{i}]", f"has {len(found)} numbers", f"{wanted}, as in the other rows")
    return rows


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
