"""The page and the marked copy of what `identify` found: the sheet as it looks, each cell with what it is, faults first.

They are those of `validate`, and show what that has not: the cells that hold inputs, and those that are set apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sheetnet.files import mark_workbook, read_workbook
from sheetnet.files.limits import Limits
from sheetnet.files.marking import Mark
from sheetnet.formulas import Dimensions, spoken
from sheetnet.identification import Identification, report_of
from sheetnet.report.html import Section, report_page, section
from sheetnet.report.html_grid import LOOKS, GridCell, SheetGrid, grid_text
from sheetnet.report.marked import cell_position, is_marked, marks_of, summary_sheet
from sheetnet.report.wording import dimensions_of
from sheetnet.syntax import parse_area
from sheetnet.syntax.references import place_name
from sheetnet.validation import Report
from sheetnet.verdict import Verdict
from sheetnet.workbook import Place, Value

MOST_NOTES = 2_000  # cells of a workbook whose right ones get a note, too

# Why a cell is set apart, in words for whoever did not make the workbook.
WHY_APART = {
    "not moved": "no input changes it",
    "text": "gives text",
    "helper": "a helper of cells that are right",
    "optimiser": "changes a weight by another optimiser",
    "decision": "says which class an output means, or how many are right",
    "not recognised": "computes something else than the training, and nothing of it depends on this cell",
}
COLOURS = (
    "cells in yellow hold inputs; cells in grey are set apart, neither right nor wrong; what a cell is, its note says"
)
MEANINGS = {
    "input": "an input of the training: a number that somebody typed",
    "apart": "set apart: a formula that is no part of the training step, neither right nor wrong",
}


@dataclass(frozen=True, slots=True)
class UnjudgedCell:
    """A cell that is not judged and yet known: its look, a key of `LOOKS`, what it is, and what its formula gives."""

    look: str
    words: str
    value: Value = None


def identified_report(found: Identification) -> Report:
    """The verdicts on what is there; what is not, and what share of the formula cells is set apart, are notes."""
    report = report_of(found, complete=False)
    return replace(report, notes=(*report.notes, *_share(found)))


def _share(found: Identification) -> Iterator[str]:
    apart = [cell for cell in found.apart if cell.why != "helper"]
    cells = len(found.identified) + len(found.unidentified) + len(found.apart)
    if apart:
        kinds = Counter(cell.why for cell in apart)
        words = "; ".join(f"{count:,}: {WHY_APART.get(why, why)}" for why, count in kinds.items())
        yield f"{len(apart):,} of {cells:,} formula cells ({len(apart) / cells:.0%}) are set apart ({words})"


def unjudged_cells(found: Identification) -> dict[str, UnjudgedCell]:
    """What is known of cells that have no verdict, by their places: inputs, and cells that are set apart."""
    known_rows = Dimensions(1 + max((one.index[0] for one in found.inputs if one.quantity == "target"), default=0))
    known = {
        place: UnjudgedCell("input", spoken(one.quantity, one.index, known_rows))
        for one in found.inputs
        for place in one.cells
    }
    for cell in found.apart:
        known[place_name(cell.sheet, cell.cell)] = UnjudgedCell("apart", WHY_APART.get(cell.why, cell.why), cell.value)
    return known


def identified_section(found: Identification, limits: Limits) -> Section:
    """The part of the page, whose workbook is still to be read for its grids. Raises FileError."""
    made = section(0, identified_report(found), read_workbook(found.workbook, limits))
    known = unjudged_cells(found)
    return replace(made, grids=tuple(_with_known(grid, known) for grid in made.grids))


def _with_known(grid: SheetGrid, known: Mapping[str, UnjudgedCell]) -> SheetGrid:
    rows = tuple(
        tuple(_with_words(cell, known.get(place_name(grid.sheet, cell.name))) for cell in row) for row in grid.rows
    )
    count = Counter(cell.look for row in rows for cell in row)
    more = tuple((look, LOOKS[look].sign, count[look]) for look in MEANINGS if count[look])
    return replace(grid, rows=rows, counts=(*grid.counts, *more))


def _with_words(cell: GridCell, known: UnjudgedCell | None) -> GridCell:
    if known is None or cell.look:
        return cell
    hover = "\n".join(filter(None, (f"{cell.name}: {known.words}", cell.hover)))
    text = cell.text or grid_text(known.value, exact=False)
    return replace(cell, text=text, look=known.look, sign=LOOKS[known.look].sign, hover=hover)


def identified_page(made: Section) -> str:
    """The page of a section made before."""
    shown = {cell.look for grid in made.grids for row in grid.rows for cell in row}
    return report_page([made], more_looks=[(look, LOOKS[look], MEANINGS[look]) for look in MEANINGS if look in shown])


def save_identified_marks(found: Identification, target: Path, limits: Limits) -> None:
    """Write a marked copy of the workbook. Raises FileError as `save_marked` does."""
    report, again = identified_report(found), is_marked(read_workbook(found.workbook, limits))
    report = replace(report, notes=(*report.notes, COLOURS))
    marks = dict(_unjudged_marks(found))
    marks |= marks_of(report)
    if len(report.cells) <= MOST_NOTES:
        marks |= {place: replace(marks[place], note=what) for place, what in _right_cells(report) if place in marks}
    mark_workbook(Path(found.workbook), target, marks, summary_sheet(report, again), limits)


def _unjudged_marks(found: Identification) -> Iterator[tuple[Place, Mark]]:
    for name, known in unjudged_cells(found).items():
        sheet, _, cell = name.rpartition("!")
        area = parse_area(cell)
        if area is not None:
            look = LOOKS[known.look]
            yield (sheet, area.top, area.left), Mark(look.fill, known.words, look.strokes)


def _right_cells(report: Report) -> Iterator[tuple[Place, str]]:
    """Each correct cell, and what it computes."""
    for cell in report.cells:
        place = cell_position(cell)
        if place is not None and cell.verdict == Verdict.CORRECT:
            yield place, spoken(cell.quantity, cell.index, dimensions_of(report))
