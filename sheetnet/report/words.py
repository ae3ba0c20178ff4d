"""Values, places and causes as words, for every kind of report. It knows no format and decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sheetnet.check import CellVerdict
from sheetnet.errors import one_line
from sheetnet.workbook import Value

SHORT = 48  # characters of a formula that a terminal shows


def printable(words: str) -> str:
    """Text of a stranger's file without control characters, which a terminal would obey."""
    return one_line(words)


def short(words: str) -> str:
    """The beginning of a long formula."""
    return words if len(words) <= SHORT else words[: SHORT - 1] + "…"


def called(quantity: str, index: tuple[int, ...] | None) -> str:
    """A quantity's element, `z_1[0, 1]`; the quantity alone where it is meant as a whole."""
    return quantity if index is None else f"{quantity}[{', '.join(map(str, index))}]"


def shown(value: Value) -> str:
    """A value as a report shows it."""
    if value is None:
        return "empty"
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def where(cell: CellVerdict) -> str:
    """The cell's place, `Step!B3`; a dash for what stands nowhere."""
    return f"{cell.sheet}!{cell.cell}" if cell.cell else "—"


def reason(cell: CellVerdict) -> str:
    """Why the cell has its verdict, with the known mistake's code."""
    named = cell.mistake is None or cell.mistake in cell.message
    return printable(cell.message if named else f"{cell.message} ({cell.mistake})")


def followers(cells: Iterable[CellVerdict]) -> Counter[str]:
    """How many carried cells name each blamed cell as their cause."""
    return Counter(cell.cause for cell in cells if cell.cause is not None)


def inherited(carried: int) -> str:
    """How many cells carry a blamed cell's error; empty for none."""
    if not carried:
        return ""
    return "1 more cell carries this error" if carried == 1 else f"{carried:,} more cells carry this error"
