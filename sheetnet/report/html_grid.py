"""The sheets of a judged workbook as tables of a page: each cell as it looks, in its verdict's colour.

Every cell that is not right leads to the line that says why, by mouse, keyboard or touch; what hovers says it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sheetnet.formulas import Dimensions, spoken
from sheetnet.report.wording import (
    EDITED,
    INPUT_CELL,
    SET_APART,
    VERDICT_STYLES,
    called,
    concerned,
    dimensions_of,
    printable,
    reason,
    value_text,
)
from sheetnet.syntax import cell_name, column_letters, parse_area
from sheetnet.syntax.references import place_name
from sheetnet.validation import CellVerdict, Report
from sheetnet.validation.result import EditedInput
from sheetnet.verdict import Verdict, tally
from sheetnet.workbook import Cell, Position, Sheet, Value, Workbook

_Placed = TypeVar("_Placed", CellVerdict, EditedInput)
LOOKS = {**VERDICT_STYLES, "edited": EDITED, "input": INPUT_CELL, "apart": SET_APART}
MOST_GRID_CELLS = 20_000  # of one sheet; a page with more is slow to open, and nobody looks at them all
_LONGEST = 40  # characters of a text that widen its column; longer ones run over or are cut
_NARROWEST, _WIDEST = 5, 26
_TOLD = 1_000  # characters of a formula or reason that a hover shows


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell of the page. `look` is a verdict, "edited", or empty where the cell was not judged.

    `link` is the identity of the line that says why; empty where there is nothing to say.
    """

    name: str
    text: str
    look: str
    sign: str
    hover: str
    is_text: bool
    is_cut: bool
    link: str = ""


@dataclass(frozen=True, slots=True)
class SheetGrid:
    """One sheet. `size` counts its cells; there are no rows where it has more than `MOST_GRID_CELLS`.
    They begin with row `top`: what is empty around the cells is left out.

    `counts` are its looks with sign and number; it `is_sound` where that is `correct` alone.
    """

    sheet: str
    size: int
    counts: tuple[tuple[str, str, int], ...]
    is_sound: bool
    columns: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    rows: tuple[tuple[GridCell, ...], ...] = ()
    top: int = 1


def grids(report: Report, workbook: Workbook, links: Mapping[str, str]) -> list[SheetGrid]:
    """Every sheet with a judged cell, in the order of the workbook, but first those with findings, last those all right.

    `links` are the identities of the lines that say why, by the places of the cells that they speak of.
    """
    judged = {cell.sheet for cell in concerned(report)}
    found = [_grid(sheet, report, links) for sheet in workbook.sheets if sheet.name in judged]
    suffers = {Verdict.CORRECT, Verdict.CARRIED}
    return sorted(found, key=lambda grid: (grid.is_sound, all(look in suffers for look, _, _ in grid.counts)))


def _grid(sheet: Sheet, report: Report, links: Mapping[str, str]) -> SheetGrid:
    verdicts = _by_place(cell for cell in concerned(report) if cell.sheet == sheet.name)
    edits = _by_place(edit for edit in report.edited_inputs if edit.sheet == sheet.name)
    places = [*(place for place, cell in sheet.cells.items() if not _is_empty(cell)), *verdicts, *edits]
    top, left = (min((place[axis] for place in places), default=1) for axis in (0, 1))
    bottom, right = (max((place[axis] for place in places), default=1) for axis in (0, 1))
    size = (bottom - top + 1) * (right - left + 1)
    counts = _counts(verdicts, edits)
    is_sound = all(look == Verdict.CORRECT for look, _, _ in counts)
    if size > MOST_GRID_CELLS:
        return SheetGrid(printable(sheet.name), size, counts, is_sound)
    dimensions = dimensions_of(report)
    rows = [
        [
            _cell((row, column), sheet, verdicts.get((row, column)), edits.get((row, column)), links, dimensions)
            for column in range(left, right + 1)
        ]
        for row in range(top, bottom + 1)
    ]
    return SheetGrid(
        printable(sheet.name),
        size,
        counts,
        is_sound,
        tuple(column_letters(column) for column in range(left, right + 1)),
        tuple(_width(column) for column in zip(*rows, strict=True)),
        tuple(tuple(row) for row in rows),
        top,
    )


def _is_empty(cell: Cell) -> bool:
    """Whether nothing is to be seen in a cell; rows and columns of such cells around a sheet are not drawn."""
    return cell.formula is None and cell.value in (None, "")


def _counts(
    verdicts: Mapping[Position, CellVerdict], edits: Mapping[Position, EditedInput]
) -> tuple[tuple[str, str, int], ...]:
    """The looks of a sheet's cells, gravest first."""
    found = tally(cell.verdict for cell in verdicts.values())
    found["edited"] = len(edits.keys() - verdicts.keys())
    return tuple((look, LOOKS[look].sign, count) for look, count in found.items() if count)


def _by_place(found: Iterable[_Placed]) -> dict[Position, _Placed]:
    """By row and column. The first of several on one cell counts, as it is the graver."""
    places: dict[Position, _Placed] = {}
    for each in found:
        area = parse_area(each.cell or "")
        if area is not None:
            places.setdefault((area.top, area.left), each)
    return places


def _cell(
    place: Position,
    sheet: Sheet,
    verdict: CellVerdict | None,
    edit: EditedInput | None,
    links: Mapping[str, str],
    dimensions: Dimensions,
) -> GridCell:
    cell, name = sheet.cells.get(place, Cell()), cell_name(*place)
    value = cell.value if verdict is None else verdict.value
    text, is_text = grid_text(value, verdict is not None or edit is not None), isinstance(value, str)
    look = verdict.verdict if verdict is not None else "edited" if edit is not None else ""
    sign = "" if look in ("", Verdict.CORRECT) else LOOKS[look].sign
    cut = is_text and (bool(look) or (place[0], place[1] + 1) in sheet.cells)  # else it runs over, as on a sheet
    link = links.get(place_name(sheet.name, name), "") if look not in ("", Verdict.CORRECT) else ""
    return GridCell(name, text, look, sign, _hover(name, cell, verdict, edit, dimensions), is_text, cut, link)


def grid_text(value: Value, exact: bool) -> str:
    """As a sheet shows it: four decimals; whole numbers without, unless they are judged."""
    if value is None:
        return ""
    if not isinstance(value, float):
        return printable(str(value).upper() if isinstance(value, bool) else str(value))
    if value and not 1e-4 <= abs(value) < 1e7:
        return f"{value:.3e}"
    return f"{value:.0f}" if value == int(value) and not exact else f"{value:.4f}"


def _hover(name: str, cell: Cell, verdict: CellVerdict | None, edit: EditedInput | None, dimensions: Dimensions) -> str:
    formula = verdict.formula if verdict is not None else cell.formula
    lines = [] if formula is None else [printable(f"={formula}"[:_TOLD])]
    if verdict is not None:
        lines.insert(0, f"{name}: {spoken(verdict.quantity, verdict.index, dimensions)}")
        expected = "" if verdict.expected is None else f", expected {verdict.expected:.9g}"
        lines.append(f"shows {printable(value_text(verdict.value)[:_TOLD])}{expected}")
        lines.append(f"{called(verdict.verdict)}: {reason(verdict)[:_TOLD]}")
    elif edit is not None:
        lines.insert(0, f"{name}: {spoken(edit.quantity, edit.index, dimensions)}")
        lines.append(f"edited: now {printable(value_text(edit.found)[:_TOLD])}, was {edit.expected:.9g}")
    return "\n".join(lines)


def _width(column: tuple[GridCell, ...]) -> int:
    """Wide enough for the numbers, and for short texts that cannot run over into the next cell."""
    lengths = (
        min(len(cell.text), _LONGEST) + 2 * bool(cell.sign)
        for cell in column
        if not cell.is_text or (cell.is_cut and not cell.look)
    )
    return max(_NARROWEST, min(max(lengths, default=0) + 1, _WIDEST))
