"""Workbooks whose names or sheets were taken away, doubled or led astray, and who is blamed: what their tests share."""

from __future__ import annotations

from dataclasses import replace

from sheetnet.syntax import Area, area_name, parse_area
from sheetnet.validation import Report
from sheetnet.workbook import Name, View, Workbook
from tests.support.sheets import blamed

BLAMING = {"wrong", "hardcoded", "rounded", "error", "unsupported"}
OPEN = ("undetermined", "missing")


def bare(workbook: Workbook) -> Workbook:
    """The workbook as a reader gives it: without links and widths."""
    return replace(workbook, sheets=tuple(replace(sheet, view=View()) for sheet in workbook.sheets))


def named(workbook: Workbook, **claims: str | None) -> Workbook:
    """The workbook in which names refer to something else; None takes a name away."""
    names = (replace(name, refers_to=claims.get(name.name, name.refers_to) or "") for name in workbook.names)
    return replace(workbook, names=tuple(name for name in names if name.refers_to))


def area_of(workbook: Workbook, block: str) -> Area:
    [area] = [parse_area(name.refers_to) for name in workbook.names if name.name == block and name.sheet is None]
    assert area is not None
    return area


def copied(workbook: Workbook, sheet: str, copy: str) -> Workbook:
    """The workbook after a sheet was copied in LibreOffice: the copy brings names of its own scope."""
    original = workbook.sheet(sheet)
    assert original is not None
    areas = [(name.name, parse_area(name.refers_to)) for name in workbook.names if name.sheet is None]
    own = [
        Name(name, area_name(replace(area, sheet=copy)), copy) for name, area in areas if area and area.sheet == sheet
    ]
    return replace(workbook, sheets=(*workbook.sheets, replace(original, name=copy)), names=(*workbook.names, *own))


def blames(report: Report) -> dict[str, str]:
    """Whoever is blamed: neither right nor left open."""
    return {cell: verdict for cell, verdict in blamed(report).items() if verdict not in OPEN}


def open_cells(report: Report) -> set[str]:
    return {cell.quantity for cell in report.cells if cell.verdict == "undetermined"}
