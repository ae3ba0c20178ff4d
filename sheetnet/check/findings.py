"""Groups blamed cells by their cause: one formula filled over a block, with one mistake, is one finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sheetnet.check.verdicts import CellVerdict
from sheetnet.syntax import Area, area_name, parse_area, shift
from sheetnet.workbook import Position

MOST_AREAS = 3  # rectangles of a finding that are named


@dataclass(frozen=True, slots=True)
class BlockFinding:
    """Blamed cells with one cause, in the order in which they are judged."""

    cells: tuple[CellVerdict, ...]

    @property
    def first(self) -> CellVerdict:
        """The cell that stands for all."""
        return self.cells[0]

    @property
    def areas(self) -> tuple[str, ...]:
        """The rectangles that the cells fill, as `H12:H19`; empty for what stands nowhere."""
        return tuple(area_name(area, absolute=False) for area in _rectangles(_positions(self.cells)))

    @property
    def where(self) -> str:
        """`Step!H12:H19, 8 cells`; a dash for what stands nowhere."""
        areas = self.areas
        if not areas:
            return "—"
        named = ", ".join(areas[:MOST_AREAS]) + (", …" if len(areas) > MOST_AREAS else "")
        count = f", {len(self.cells):,} cells" if len(self.cells) > 1 else ""
        return f"{self.first.sheet}!{named}{count}"


def findings_of(blamed: Iterable[CellVerdict]) -> list[BlockFinding]:
    """The cells by their cause: equal formulas, as filled or as entered over a block at once, with one first mistake."""
    filled: dict[tuple[object, ...], list[CellVerdict]] = {}
    for cell in blamed:
        filled.setdefault(_cause(cell), []).append(cell)
    entered: dict[tuple[object, ...], list[CellVerdict]] = {}
    for key, cells in filled.items():
        first = cells[0]
        if len(cells) == 1 and first.formula is not None:  # as each cell of an array formula
            key = (first.sheet, first.quantity, first.verdict, first.mistake, first.formula)
        entered.setdefault(key, []).extend(cells)
    return [BlockFinding(tuple(cells)) for cells in entered.values()]


def _cause(cell: CellVerdict) -> tuple[object, ...]:
    """What cells of one finding have in common; a cell without a formula is one alone."""
    area = parse_area(cell.cell or "")
    if cell.formula is None or area is None:
        return cell.sheet, cell.cell, cell.quantity, cell.index, cell.verdict
    relative = shift(cell.formula, 1 - area.top, 1 - area.left)
    return cell.sheet, cell.quantity, cell.verdict, cell.mistake, relative, "filled"


def _positions(cells: Sequence[CellVerdict]) -> list[Position]:
    found = (parse_area(cell.cell or "") for cell in cells)
    return sorted({(area.left, area.top) for area in found if area is not None})


def _rectangles(positions: Sequence[Position]) -> list[Area]:
    """The runs down each column, those side by side as one; positions are (column, row)."""
    found: list[Area] = []
    for left, top, bottom in _runs(positions):
        beside = (top, bottom, left - 1)
        known = next((area for area in found if (area.top, area.bottom, area.right) == beside), None)
        if known is None:
            found.append(Area(None, top, left, bottom, left))
        else:
            found[found.index(known)] = Area(None, top, known.left, bottom, left)
    return found


def _runs(positions: Sequence[Position]) -> Iterator[tuple[int, int, int]]:
    """Column, first and last row of each run of cells one under the other."""
    run: list[Position] = []
    for position in positions:
        if run and position != (run[-1][0], run[-1][1] + 1):
            yield run[0][0], run[0][1], run[-1][1]
            run = []
        run.append(position)
    if run:
        yield run[0][0], run[0][1], run[-1][1]
