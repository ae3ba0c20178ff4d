"""How messages and reports name a cell, an element of a quantity, and the first of many."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.syntax import cell_name
from sheetnet.workbook import Place

MOST_LISTED = 3  # of many, that a sentence names


def place_name(sheet: str | None, cell: str | None) -> str:
    """A cell, or several, as people read it: `Step!B3`. The sheet's name has no apostrophes, as it has in a formula."""
    return f"{sheet}!{cell}"


def cell_place(place: Place) -> str:
    """The same of a sheet, row and column."""
    return place_name(place[0], cell_name(*place[1:]))


def element_name(quantity: str, index: tuple[int, ...] | None) -> str:
    """An element of a quantity, `z_1[0, 1]`; the quantity alone where it is meant as a whole."""
    return quantity if index is None else f"{quantity}[{', '.join(map(str, index))}]"


def and_more(count: int) -> str:
    """What ends a list of which `count` are left out; empty for none."""
    return f" and {count:,} more" if count > 0 else ""


def listed(words: Sequence[str], most: int = MOST_LISTED) -> str:
    """The first of many, and how many more: `z_1, a_1, z_2 and 4 more`."""
    return ", ".join(words[:most]) + and_more(len(words) - most)
