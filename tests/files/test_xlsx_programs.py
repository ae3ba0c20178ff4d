"""LibreOffice and Gnumeric open our .xlsx, compute the same, and what they save is read back the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetnet.files import read_workbook, save_workbook
from sheetnet.workbook import Cell, CellError, Name, Sheet, Workbook
from tests.support.engines import gnumeric_convert, libreoffice_convert

CELLS = {
    (1, 1): Cell(2.0),
    (1, 2): Cell(3.0),
    (2, 1): Cell(6.0, "A1*B1", "cost"),
    (3, 1): Cell(13.0, "MMULT(A1:B1,TRANSPOSE(A1:B1))"),
    (4, 1): Cell("a<b", '"a<"&"b"'),
    (5, 1): Cell(CellError("#DIV/0!"), "1/0"),
    (6, 1): Cell("<r>no rich text</r>"),
    (7, 1): Cell("=A1"),
    (8, 1): Cell(4.0, "A1:B1*2"),
    (8, 2): Cell(6.0),
    (9, 1): Cell(True, "A1<B1"),
    (10, 1): Cell(9.0, "SUMPRODUCT(W_1,W_1)-4"),
    (11, 1): Cell(1.25, "SUM('The inputs'!A1:A2)+STDEV.S(A1,A1)"),
}
WORKBOOK = Workbook(
    (Sheet("Step", CELLS, {(3, 1): (1, 1), (8, 1): (1, 2)}), Sheet("The inputs", {(1, 1): Cell(1.25)}, hidden=True)),
    (Name("W_1", "Step!$A$1:$B$1"), Name("first", "'The inputs'!$A$1", "The inputs")),
)


@pytest.fixture
def stale(tmp_path: Path) -> Path:
    """The workbook with a wrong cached value for each formula, so that only a program that computes gets them right."""
    cells = {place: Cell(-1.0, cell.formula) if cell.formula else cell for place, cell in CELLS.items()}
    first, second = WORKBOOK.sheets
    path = tmp_path / "stale.xlsx"
    save_workbook(Workbook((Sheet(first.name, cells, first.arrays), second), WORKBOOK.names), path)
    return path


@pytest.mark.libreoffice
def test_libreoffice_recalculates_and_saves_the_same_workbook(stale: Path, tmp_path: Path) -> None:
    """Formulas, arrays, names, hidden sheets, and the true values instead of the stale ones."""
    (saved,) = libreoffice_convert([stale], "xlsx", tmp_path / "out")
    assert read_workbook(saved) == WORKBOOK


@pytest.mark.gnumeric
def test_gnumeric_recalculates_and_saves_the_same_workbook(stale: Path, tmp_path: Path) -> None:
    """Once its own prefixes are gone; it shows hidden sheets."""
    saved = read_workbook(gnumeric_convert(stale, "xlsx", tmp_path / "out"))
    assert saved.names == WORKBOOK.names
    assert [(sheet.cells, sheet.arrays) for sheet in saved.sheets] == [
        (sheet.cells, sheet.arrays) for sheet in WORKBOOK.sheets
    ]
