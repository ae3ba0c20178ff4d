"""Reports, and for notebooks steps too, as HTML that needs no other files, scripts or network.

All text goes through jinja2's escaping, and control characters of strangers' texts are replaced. In notebooks styles
stand at the elements, because a notebook's page has its own and some viewers drop style sheets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined

from sheetnet.files import read_workbook
from sheetnet.files.atomic import refuse_same, save_text
from sheetnet.files.limits import Limits
from sheetnet.formulas import describe
from sheetnet.reference import Step, stacked
from sheetnet.report.wording import (
    EDITED,
    VERDICT_STYLES,
    Look,
    asked_text,
    blamed_answers,
    concerned,
    elements_text,
    followers,
    following,
    givens_changed,
    inherited,
    inputs_edited,
    number_text,
    printable,
    reason,
    stale_cells,
    value_text,
)
from sheetnet.syntax import cell_name, column_letters, parse_area
from sheetnet.syntax.references import element_name, place_name
from sheetnet.validation import CellVerdict, Report
from sheetnet.validation.result import BlockFinding, EditedInput, findings_of
from sheetnet.verdict import Verdict, tally
from sheetnet.workbook import Cell, Position, Sheet, Value, Workbook

_Placed = TypeVar("_Placed", CellVerdict, EditedInput)
MOST_GRID_CELLS = 20_000  # of one sheet; a page with more is slow to open, and nobody looks at them all
_LONGEST = 40  # characters of a text that widen its column; longer ones run over or are cut
_NARROWEST, _WIDEST = 5, 26
LOOKS = {**VERDICT_STYLES, "edited": EDITED}
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
class SheetGrid:
    """One sheet. `size` counts its cells; there are no rows where it has more than `MOST_CELLS`.

    `counts` are its looks with sign and number; it `is_sound` where that is `correct` alone.
    """

    sheet: str
    size: int
    counts: tuple[tuple[str, str, int], ...]
    is_sound: bool
    columns: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    rows: tuple[tuple[GridCell, ...], ...] = ()


def grids(report: Report, workbook: Workbook) -> list[SheetGrid]:
    """Every sheet with a judged cell, in the order of the workbook."""
    judged = {cell.sheet for cell in concerned(report)}
    return [_grid(sheet, report) for sheet in workbook.sheets if sheet.name in judged]


def _grid(sheet: Sheet, report: Report) -> SheetGrid:
    verdicts = _by_place(cell for cell in concerned(report) if cell.sheet == sheet.name)
    edits = _by_place(edit for edit in report.edited_inputs if edit.sheet == sheet.name)
    places = [*sheet.cells, *verdicts]
    bottom, right = (max((place[axis] for place in places), default=1) for axis in (0, 1))
    counts = _counts(verdicts, edits)
    is_sound = all(look == Verdict.CORRECT for look, _, _ in counts)
    if bottom * right > MOST_GRID_CELLS:
        return SheetGrid(printable(sheet.name), bottom * right, counts, is_sound)
    rows = [
        [
            _cell((row, column), sheet.cells, verdicts.get((row, column)), edits.get((row, column)))
            for column in range(1, right + 1)
        ]
        for row in range(1, bottom + 1)
    ]
    return SheetGrid(
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
    place: Position, cells: Mapping[Position, Cell], verdict: CellVerdict | None, edit: EditedInput | None
) -> GridCell:
    cell = cells.get(place, Cell())
    value = cell.value if verdict is None else verdict.value
    text, is_text = _shown(value, verdict is not None or edit is not None), isinstance(value, str)
    look = verdict.verdict if verdict is not None else "edited" if edit is not None else ""
    sign = "" if look in ("", Verdict.CORRECT) else LOOKS[look].sign
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
        lines.insert(0, f"{name}: {element_name(verdict.quantity, verdict.index)}")
        expected = "" if verdict.expected is None else f", expected {verdict.expected:.9g}"
        lines.append(f"shows {printable(value_text(verdict.value)[:_TOLD])}{expected}")
        lines.append(f"{verdict.verdict}: {reason(verdict)[:_TOLD]}")
    elif edit is not None:
        lines.insert(0, f"{name}: {element_name(edit.quantity, edit.index)}")
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


MOST_ON_THE_PAGE = 5_000  # blamed cells of one workbook; the JSON has all


@dataclass(frozen=True, slots=True)
class FindingLine:
    """Cells blamed for one cause, in words; numbers and formula are the first cell's, `anchor` its cell in the grid."""

    verdict: str
    sign: str
    where: str
    anchor: str
    called: str
    formula: str
    shown: str
    expected: str
    why: str
    carried: str


@dataclass(frozen=True, slots=True)
class Section:
    """One workbook's part of the page."""

    name: str
    folder: str
    report: Report
    asked: str  # before the counts, how many answers were asked for
    chips: tuple[tuple[str, str, int], ...]  # verdict, sign, count
    heading: str  # of the inputs in `edited`
    edited: tuple[tuple[str, str, str, str], ...]  # where, called, found, expected
    lists: tuple[tuple[str, tuple[FindingLine, ...], int], ...]  # heading, causes, how many more cells there are
    stale: str
    grids: tuple[SheetGrid, ...]


def report_html(reports: Sequence[Report], workbooks: Mapping[str, Workbook] | None = None) -> str:
    """The page. `workbooks` are those that were judged, by the name in their report; their sheets are shown as grids."""
    known = workbooks or {}
    return report_page([section(number, report, known.get(report.workbook)) for number, report in enumerate(reports)])


def page_templates() -> Environment:
    """The templates of all pages: what they are given is escaped, and a name that is not given is an error."""
    loader = PackageLoader("sheetnet.report", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["printable"] = printable
    return environment


def report_page(sections: Sequence[Section], unreadable: Sequence[str] = ()) -> str:
    """The page of sections made before, and the lines of workbooks without a report."""
    reports = [section.report for section in sections]
    occurring = {cell.verdict for report in reports for cell in concerned(report)}
    return (
        page_templates()
        .get_template("report.html")
        .render(
            sections=sections,
            unreadable=unreadable,
            looks=LOOKS,
            legend=_legend(occurring, any(report.edited_inputs for report in reports)),
            most_cells=MOST_GRID_CELLS,
        )
    )


def save_html(reports: Sequence[Report], path: Path) -> None:
    """Write the page, with the sheets of the reported workbooks. Raises FileError; no workbook is ever overwritten."""
    for report in reports:
        refuse_same(Path(report.workbook), path)
    workbooks = {report.workbook: read_workbook(report.workbook) for report in reports}
    save_text(report_html(reports, workbooks), path)


def _legend(occurring: set[Verdict], edited: bool) -> list[tuple[str, Look, str]]:
    found: list[tuple[str, Look, str]] = [(each, LOOKS[each], each.meaning) for each in Verdict if each in occurring]
    return [*found, ("edited", EDITED, "an input with another number than the network's")] if edited else found


def read_section(number: int, report: Report, limits: Limits) -> Section:
    """The section of a report whose workbook is still to be read for its grids. Raises FileError."""
    return section(number, report, read_workbook(report.workbook, limits))


def section(number: int, report: Report, workbook: Workbook | None = None) -> Section:
    """One workbook's part of the page, its `number` the place among all; without a workbook no grids are shown."""
    shown_grids = grids(report, workbook) if workbook is not None else []
    anchors = {
        place_name(grid.sheet, cell.name): f"b{number}s{index}-{cell.name}"
        for index, grid in enumerate(shown_grids)
        for row in grid.rows
        for cell in row
        if cell.look
    }
    lists = (
        ("What is not right", findings_of(blamed_answers(report))),
        (givens_changed(report), findings_of(report.changed_givens)),
    )
    carried = followers(report.cells)
    path = Path(printable(report.workbook))
    return Section(
        name=path.name or "workbook",
        folder="" if path.parent == Path() else str(path.parent),
        report=report,
        asked=asked_text(report),
        chips=tuple((verdict, LOOKS[verdict].sign, count) for verdict, count in report.counts.items()),
        heading=inputs_edited(report),
        edited=tuple(map(_edited, report.edited_inputs)),
        lists=tuple(
            (
                heading,
                tuple(_line(each, anchors, following(each, carried)) for each in found[:MOST_ON_THE_PAGE]),
                sum(len(each.cells) for each in found[MOST_ON_THE_PAGE:]),
            )
            for heading, found in lists
            if found
        ),
        stale=stale_cells(report) if report.stale else "",
        grids=tuple(shown_grids),
    )


def _edited(one: EditedInput) -> tuple[str, str, str, str]:
    """An input's place, what it is called, what was found there and what the network file has."""
    found = printable(value_text(one.found))
    return printable(one.place), element_name(one.quantity, one.index), found, f"{one.expected:.9g}"


def _line(finding: BlockFinding, anchors: Mapping[str, str], carried: int) -> FindingLine:
    cell = finding.first
    return FindingLine(
        verdict=cell.verdict,
        sign=LOOKS[cell.verdict].sign,
        where=printable(finding.where),
        anchor=anchors.get(printable(cell.place), ""),
        called=elements_text(finding),
        formula="" if cell.formula is None else printable(f"={cell.formula}"),
        shown="" if cell.cell is None else printable(value_text(cell.value)),
        expected="" if cell.expected is None else f"{cell.expected:.9g}",
        why=reason(cell),
        carried=inherited(carried),
    )


MOST_FINDINGS = 20  # of each list of a report; `to_frame` and the page of `validate --html` have all
MOST_LINES = 12  # rows, and columns, of a quantity


@dataclass(frozen=True, slots=True)
class QuantityTable:
    """One quantity of a step: `rows` begin with the number of the row, `columns` are the numbers above."""

    name: str
    symbol: str
    equation: str
    size: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def step_fragment(step: Step) -> str:
    """Every quantity as a table, in the order in which the step computes them, rows and columns counted from 0."""
    return page_templates().get_template("notebook-step.html").render(network=step.network, tables=_tables(step))


def _tables(step: Step) -> list[QuantityTable]:
    network, found = step.network, []
    for name, block in network.blocks.items():
        if block.transposed:
            continue  # a copy that only a sheet needs
        numbers = stacked(step[name], block).tolist()
        rows = [(str(r), *_shortened([number_text(number) for number in row])) for r, row in enumerate(numbers)]
        columns = _shortened([str(column) for column in range(block.columns)])
        if len(rows) > MOST_LINES:
            rows[MOST_LINES // 2 : -(MOST_LINES // 2)] = [("⋮", *("⋮" for _ in columns))]
        size = f"{block.rows} × {block.columns}"
        found.append(QuantityTable(name, *describe(network, name), size, tuple(columns), tuple(rows)))
    return found


def _shortened(row: Sequence[str]) -> list[str]:
    """The row, or its two ends."""
    if len(row) <= MOST_LINES:
        return list(row)
    return [*row[: MOST_LINES // 2], "…", *row[-(MOST_LINES // 2) :]]


def report_fragment(report: Report) -> str:
    """The summary of the report and the findings in it, as the page of `validate --html` has them, without the sheets."""
    fills = {look: style.fill for look, style in {**VERDICT_STYLES, "edited": EDITED}.items()}
    return (
        page_templates()
        .get_template("notebook-report.html")
        .render(section=section(0, report), fills=fills, most=MOST_FINDINGS)
    )
