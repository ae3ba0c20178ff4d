"""Lines drawn over a sheet lead from corner to corner of its cells, in both formats and in LibreOffice."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from sheetnet.files import save_workbook
from sheetnet.workbook import Cell, DrawnLine, LineChart, Series, Sheet, View, Workbook
from tests.support.engines import libreoffice_convert

FORMATS = ["xlsx", "ods"]
LINES = (DrawnLine((4, 6), (9, 8)), DrawnLine((9, 6), (4, 8)), DrawnLine((20, 6), (20, 8)))
CHART = LineChart("a", "b", "c", (1, 1, 5, 1), (Series("d", (1, 2, 5, 2)),), (30, 1))


def saved(folder: Path, suffix: str, **view: object) -> Path:
    """A sheet of numbers with a view."""
    cells = {(row, column): Cell(float(row * column)) for row in range(1, 25) for column in range(1, 10)}
    path = folder / f"lines.{suffix}"
    save_workbook(Workbook((Sheet("Step", cells, view=View(**view)),)), path)  # type: ignore[arg-type]
    return path


def drawn_lines(path: Path) -> set[tuple[int, ...]]:
    """Row and column, from 0, of both corners of each line of the first sheet, and whether it rises."""
    with zipfile.ZipFile(path) as archive:
        words = archive.read("xl/drawings/drawing1.xml").decode()
    found = set()
    for anchor in re.findall(r"<xdr:twoCellAnchor.*?</xdr:twoCellAnchor>", words, re.DOTALL):
        if re.search(r'prst="(line|straightConnector1)"', anchor):
            places = [int(number) for kind in ("row", "col") for number in re.findall(rf"<xdr:{kind}>(\d+)", anchor)]
            found.add((*places, 'flipV="1"' in anchor or 'flipV="true"' in anchor))
    return found


LINE_PLACES: set[tuple[int, ...]] = {(3, 8, 5, 7, False), (3, 8, 5, 7, True), (19, 19, 5, 7, False)}


def test_lines_lead_from_corner_to_corner(tmp_path: Path) -> None:
    """Beside a chart of the same sheet; a rising line is one that is turned over."""
    assert drawn_lines(saved(tmp_path, "xlsx", lines=LINES, charts=(CHART,))) == LINE_PLACES


@pytest.mark.libreoffice
@pytest.mark.parametrize("suffix", FORMATS)
def test_libreoffice_keeps_the_lines(tmp_path: Path, suffix: str) -> None:
    """Of either format it draws them at the same corners, which it calls the ends of the cells before."""
    path = saved(tmp_path, suffix, lines=LINES)
    (converted,) = libreoffice_convert([path], "xlsx", tmp_path / "out")
    before = {(top, max(top, bottom - 1), left, right - 1, rises) for top, bottom, left, right, rises in LINE_PLACES}
    assert drawn_lines(converted) == before
