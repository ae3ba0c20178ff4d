"""A judged sheet as rows and columns of a page: what each cell shows, says and which look it has. It knows no HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sheetnet.check import VERDICTS, CellVerdict, Report
from sheetnet.check.inputs import EditedInput
from sheetnet.report.palette import EDITED, look_of
from sheetnet.report.words import called, concerned, printable, reason, shown
from sheetnet.syntax import cell_name, column_letters, parse_area
from sheetnet.workbook import Cell, Position, Sheet, Value, Workbook

_Placed = TypeVar("_Placed", CellVerdict, EditedInput)
MOST_CELLS = 20_000  # of one sheet; a page with more is slow to open, and nobody looks at them all
_LONGEST = 40  # characters of a text that widen its column; longer ones run over or are cut
_NARROWEST, _WIDEST = 5, 26
_TOLD = 1_000  # characters of a formula or reason that a hover shows


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell of the page. `look` is a verdict, "edited", or empty where the cell was not judged."""

    name: str
    text: str
    look: str
    sign: str
    hover: str
    is_text: bool
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet. `size` counts its cells; there are no rows where it has more than `MOST_CELLS`.

    `counts` are its looks with sign and number; it `is_sound` where that is "correct" alone.
    """

    sheet: str
    size: int
    counts: tuple[tuple[str, str, int], ...]
    is_sound: bool
    columns: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    rows: tuple[tuple[GridCell, ...], ...] = ()


def grids(report: Report, workbook: Workbook) -> list[Grid]:
    """Every sheet with a judged cell, in the order of the workbook."""
    judged = {cell.sheet for cell in concerned(report)}
    return [_grid(sheet, report) for sheet in workbook.sheets if sheet.name in judged]


def _grid(sheet: Sheet, report: Report) -> Grid:
    verdicts = _by_place(cell for cell in concerned(report) if cell.sheet == sheet.name)
    edits = _by_place(edit for edit in report.edited_inputs if edit.sheet == sheet.name)
    places = [*sheet.cells, *verdicts]
    bottom, right = (max((place[axis] for place in places), default=1) for axis in (0, 1))
    counts = _counts(verdicts, edits)
    is_sound = all(look == "correct" for look, _, _ in counts)
    if bottom * right > MOST_CELLS:
        return Grid(printable(sheet.name), bottom * right, counts, is_sound)
    rows = [
        [
            _cell((row, column), sheet.cells, verdicts.get((row, column)), edits.get((row, column)))
            for column in range(1, right + 1)
        ]
        for row in range(1, bottom + 1)
    ]
    return Grid(
        printable(sheet.name),
        bottom * right,
        counts,
        is_sound,
        tuple(column_letters(column) for column in range(1, right + 1)),
        tuple(_width(column) for column in zip(*rows, strict=True)),
        tuple(tuple(row) for row in rows),
    )


def _counts(
    verdicts: Mapping[Position, CellVerdict], edits: Mapping[Position, EditedInput]
) -> tuple[tuple[str, str, int], ...]:
    """The looks of a sheet's cells, gravest first."""
    found = Counter(cell.verdict for cell in verdicts.values())
    found["edited"] = len(edits.keys() - verdicts.keys())
    return tuple((look, _sign(look), found[look]) for look in (*VERDICTS, "edited") if found[look])


def _sign(look: str) -> str:
    return EDITED.sign if look == "edited" else look_of(look).sign


def _by_place(found: Iterable[_Placed]) -> dict[Position, _Placed]:
    """By row and column. The first of several on one cell counts, as it is the graver."""
    places: dict[Position, _Placed] = {}
    for each in found:
        area = parse_area(each.cell or "")
        if area is not None:
            places.setdefault((area.top, area.left), each)
    return places


def _cell(
    place: Position, cells: Mapping[Position, Cell], verdict: CellVerdict | None, edit: EditedInput | None
) -> GridCell:
    cell = cells.get(place, Cell())
    value = cell.value if verdict is None else verdict.value
    text, is_text = _shown(value, verdict is not None or edit is not None), isinstance(value, str)
    look = verdict.verdict if verdict is not None else "edited" if edit is not None else ""
    sign = "" if look in ("", "correct") else _sign(look)
    cut = is_text and (bool(look) or (place[0], place[1] + 1) in cells)  # else it runs over, as on a sheet
    return GridCell(cell_name(*place), text, look, sign, _hover(cell_name(*place), cell, verdict, edit), is_text, cut)


def _shown(value: Value, exact: bool) -> str:
    """As a sheet shows it: four decimals; whole numbers without, unless they are judged."""
    if value is None:
        return ""
    if not isinstance(value, float):
        return printable(str(value).upper() if isinstance(value, bool) else str(value))
    if value and not 1e-4 <= abs(value) < 1e7:
        return f"{value:.3e}"
    return f"{value:.0f}" if value == int(value) and not exact else f"{value:.4f}"


def _hover(name: str, cell: Cell, verdict: CellVerdict | None, edit: EditedInput | None) -> str:
    formula = verdict.formula if verdict is not None else cell.formula
    lines = [] if formula is None else [printable(f"={formula}"[:_TOLD])]
    if verdict is not None:
        lines.insert(0, f"{name}: {called(verdict.quantity, verdict.index)}")
        expected = "" if verdict.expected is None else f", expected {verdict.expected:.9g}"
        lines.append(f"shows {printable(shown(verdict.value)[:_TOLD])}{expected}")
        lines.append(f"{verdict.verdict}: {reason(verdict)[:_TOLD]}")
    elif edit is not None:
        lines.insert(0, f"{name}: {called(edit.quantity, edit.index)}")
        lines.append(f"edited: now {printable(shown(edit.found)[:_TOLD])}, was {edit.expected:.9g}")
    return "\n".join(lines)


def _width(column: tuple[GridCell, ...]) -> int:
    """Wide enough for the numbers, and for short texts that cannot run over into the next cell."""
    lengths = (
        min(len(cell.text), _LONGEST) + 2 * bool(cell.sign)
        for cell in column
        if not cell.is_text or (cell.is_cut and not cell.look)
    )
    return max(_NARROWEST, min(max(lengths, default=0) + 1, _WIDEST))
