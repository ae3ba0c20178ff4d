"""Workbooks changed as people change them, and who is blamed for it: what the tests of judging share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sheetnet.generate import make_workbook
from sheetnet.network import Network
from sheetnet.syntax import Area, area_name, parse_area, shift
from sheetnet.validation import Report
from sheetnet.validation.locate import locate
from sheetnet.workbook import Cell, Place, Workbook
from sheetnet.workbook_options import WorkbookOptions


def step_book(network: Network) -> Workbook:
    """The workbook with the view Step alone."""
    return make_workbook(network, WorkbookOptions())


def place_of(workbook: Workbook, network: Network, block: str, row: int = 0, column: int = 0) -> Place:
    return locate(workbook, network).place(block, row, column)


def with_cell(workbook: Workbook, place: Place, cell: Cell | None) -> Workbook:
    """The workbook with another cell at a place; None empties it."""
    sheets = []
    for sheet in workbook.sheets:
        if sheet.name == place[0]:
            cells = {position: old for position, old in sheet.cells.items() if position != place[1:]}
            sheet = replace(sheet, cells=cells | ({place[1:]: cell} if cell else {}))
        sheets.append(sheet)
    return replace(workbook, sheets=tuple(sheets))


def with_formula(workbook: Workbook, place: Place, formula: str) -> Workbook:
    return with_cell(workbook, place, Cell(None, formula))


def blamed(report: Report) -> dict[str, str]:
    """`quantity[index]` → verdict of all cells that are neither correct nor carried."""
    return {
        f"{cell.quantity}{list(cell.index or ())}": cell.verdict
        for cell in report.cells
        if cell.verdict not in ("correct", "carried")
    }


def rewritten(workbook: Workbook, network: Network, block: str, change: Callable[[str], str]) -> Workbook:
    """The workbook with every formula of a block changed."""
    shape = network.blocks[block]
    for row in range(shape.rows):
        for column in range(shape.columns):
            place = place_of(workbook, network, block, row, column)
            sheet = workbook.sheet(place[0])
            assert sheet is not None
            formula = sheet.cells[place[1:]].formula
            assert formula is not None
            workbook = with_formula(workbook, place, change(formula))
    return workbook


def moved(workbook: Workbook, rows: int, columns: int, name: str) -> Workbook:
    """The workbook as a program leaves it after rows and columns were inserted at the top left and Step was renamed."""
    names = []
    for found in workbook.names:
        area = parse_area(found.refers_to)
        assert area is not None
        area = Area(name, area.top + rows, area.left + columns, area.bottom + rows, area.right + columns)
        names.append(replace(found, refers_to=area_name(area)))
    step = workbook.sheets[1]
    (gamma,) = (found.refers_to.partition("!")[2] for found in workbook.names if found.name == "gamma")
    cells = {
        (r + rows, c + columns): replace(
            cell, formula=cell.formula and shift(cell.formula.replace(gamma, gamma.replace("$", "")), rows, columns)
        )
        for (r, c), cell in step.cells.items()
    }
    sheets = (workbook.sheets[0], replace(step, name=name, cells=cells), workbook.sheets[2])
    return replace(workbook, sheets=sheets, names=tuple(names))
