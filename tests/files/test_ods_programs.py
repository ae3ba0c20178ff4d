"""LibreOffice and Gnumeric open our .ods, compute the same, and what they save reads back; the schema is kept."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path

import pytest

from sheetnet.files import read_workbook, save_workbook
from sheetnet.styles import STYLES
from sheetnet.workbook import Cell, CellError, Name, Sheet, Value, View, Workbook
from tests.support.engines import gnumeric_convert, libreoffice_convert, odf_errors

# Formula → the value that both programs compute; B1:C2 holds 1 2 / 3 4, and text stands in D1.
VALUES: dict[str, float | str | bool | CellError] = {
    "SUMPRODUCT(B1:C1,B2:C2)": 11.0,
    "1/(1+EXP(-B1))": 1 / (1 + math.exp(-1)),
    "SUM(Data!B1:C2)+SUM(Data!$B:$B)": 14.0,
    "SUM(Data!1:2)": 10.0,
    "'Other sheet'!A1*2": 10.0,
    "W_1+rate*2": 3.5,
    "SUM(block)": 10.0,
    "IF(B1<2,TRUE,FALSE)": True,
    'D1&" - "&"x  y"': "a  b - x  y",
    "-B2^2": 9.0,
    "(-B2)^2+SUM({1,2;3,4})": 19.0,
    "B1/0": CellError("#DIV/0!"),
    "STDEV.S(B1:C2)": math.sqrt(5 / 3),
    "COUNT((B1,C2))": 2.0,
    "SUM(B1:C1 C1:C2)": 2.0,
    "SUM(B1:INDEX(C:C,2))": 10.0,
    "CHIDIST(1,2)": math.exp(-0.5),
    'LEN("a;b~")': 4.0,
}
MATRIX = ((7.0, 10.0), (15.0, 22.0))


def workbook(exact: bool = True) -> Workbook:
    """All kinds of formulas, with the true cached values or (not exact) with wrong ones where a number belongs."""
    block: dict[tuple[int, int], Value] = {
        (1, 2): 1.0,
        (1, 3): 2.0,
        (2, 2): 3.0,
        (2, 3): 4.0,
        (1, 4): "a  b",
        (2, 4): "=no",
    }
    data = {place: Cell(value, role="input") for place, value in block.items()}
    cells = dict(data)
    for row, (formula, value) in enumerate(VALUES.items(), 3):
        cells[row, 6] = Cell(value if exact or not isinstance(value, float) else 99.0, formula, role="forward")
    anchor = (3, 8)
    for row, line in enumerate(MATRIX, 3):
        for column, value in enumerate(line, 8):
            cells[row, column] = Cell(
                value if exact else 99.0, "MMULT(B1:C2,B1:C2)" if (row, column) == anchor else None
            )
    names = (Name("W_1", "Step!$B$2"), Name("block", "Step!$B$1:$C$2"), Name("rate", "Step!$B$1/4"))
    sheets = (
        Sheet("Step", cells, {anchor: (2, 2)}, view=View(widths={1: 4, 6: 14.5}, freeze=(3, 2))),
        Sheet("Data", data),
        Sheet("Other sheet", {(1, 1): Cell(5.0)}, hidden=True),
    )
    return Workbook(sheets, names)


def assert_same_values(found: Workbook, expected: Workbook) -> None:
    """Numbers agree to 1e-14; LibreOffice keeps 15 digits, and truth values as numbers."""
    for sheet in expected.sheets:
        got = found.sheet(sheet.name)
        assert got is not None
        assert {place: cell.value for place, cell in got.cells.items()} == {
            place: pytest.approx(cell.value, rel=1e-14) if isinstance(cell.value, float) else cell.value
            for place, cell in sheet.cells.items()
        }


def formulas(book: Workbook) -> dict[tuple[str, int, int], str | None]:
    return {(sheet.name, *place): cell.formula for sheet in book.sheets for place, cell in sheet.cells.items()}


def assert_same_structure(found: Workbook, expected: Workbook) -> None:
    assert formulas(found) == formulas(expected)
    assert [(each.name, each.hidden, dict(each.arrays)) for each in found.sheets] == [
        (each.name, each.hidden, dict(each.arrays)) for each in expected.sheets
    ]


@pytest.mark.libreoffice
def test_libreoffice_recalculates_the_same(tmp_path: Path) -> None:
    """From wrong cached values LibreOffice computes the true ones; what it saves has our formulas, names and sheets."""
    save_workbook(workbook(exact=False), tmp_path / "ours.ods")
    [saved] = libreoffice_convert([tmp_path / "ours.ods"], "ods", tmp_path / "out")
    found = read_workbook(saved)
    assert_same_values(found, workbook())
    assert_same_structure(found, workbook())
    assert found.names == workbook().names


# Gnumeric's own spellings; besides, it gives every sheet two names of its own.
_GNUMERIC = {"-B2^2": "(-B2)^2", "STDEV.S(B1:C2)": "STDEV(B1:C2)"}


@pytest.mark.gnumeric
def test_gnumeric_recalculates_the_same(tmp_path: Path) -> None:
    """Gnumeric computes the true values too, and what it saves reads back but for two spellings."""
    save_workbook(workbook(exact=False), tmp_path / "ours.ods")
    found = read_workbook(gnumeric_convert(tmp_path / "ours.ods", "ods", tmp_path / "out"))
    assert_same_values(found, workbook())
    expected = {place: _GNUMERIC.get(text or "", text) for place, text in formulas(workbook()).items()}
    assert formulas(found) == expected
    assert [name for name in found.names if name.sheet is None] == list(workbook().names)


@pytest.mark.gnumeric
def test_gnumeric_sees_the_view(tmp_path: Path) -> None:
    """Frozen panes, the hidden grid, a hidden sheet and the page arrive (LibreOffice needs a window for two)."""
    save_workbook(workbook(), tmp_path / "ours.ods")
    target = tmp_path / "ours.xml"
    command = ["ssconvert", "--export-type=Gnumeric_XmlIO:sax:0", str(tmp_path / "ours.ods"), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    text = target.read_text()
    assert '<gnm:FreezePanes FrozenTopLeft="A1" UnfrozenTopLeft="B3"/>' in text
    assert text.count('HideGrid="1"') == 3
    assert text.count("GNM_SHEET_VISIBILITY_HIDDEN") == 1
    assert text.count("<gnm:orientation>landscape</gnm:orientation>") == 3


@pytest.mark.schema
def test_every_part_keeps_the_schema(tmp_path: Path) -> None:
    """All parts are valid OpenDocument 1.3, whatever roles and values; only LibreOffice's mark of errors is its own."""
    every = {(row, 1): Cell(0.5, role=role) for row, role in enumerate(STYLES, 1)} | {(1, 2): Cell("a  b\n\tc ")}
    book = workbook()
    sheets = (*book.sheets, Sheet("Roles", every), Sheet("Empty", {}, view=View(landscape=False)))
    save_workbook(Workbook(sheets, (*book.names, Name("own", "Roles!$A:$B", "Roles"))), tmp_path / "ours.ods")
    assert odf_errors(tmp_path / "ours.ods", tmp_path / "parts") == ""
