"""What is written to .xlsx is read back the same, to the last bit; what no program could read is refused."""

from __future__ import annotations

import io
import math
import sys
import warnings
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sheetnet.errors import FileError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.files.xlsx.write import write_xlsx
from sheetnet.styles import STYLES
from sheetnet.workbook import Cell, CellError, Name, Sheet, View, Workbook
from tests.support.strategies import NUMBERS, workbooks


def round_trip(workbook: Workbook, folder: Path) -> Workbook:
    """The workbook as it comes back from a file."""
    path = folder / "round.xlsx"
    save_workbook(workbook, path)
    return read_workbook(path)


@settings(max_examples=60)
@given(workbooks())
def test_a_written_workbook_is_read_back_equal(tmp_path_factory: pytest.TempPathFactory, workbook: Workbook) -> None:
    """Cells, formulas, arrays, names, hidden sheets and cached values."""
    assert round_trip(workbook, tmp_path_factory.getbasetemp()) == workbook


@given(NUMBERS, st.booleans())
@example(-0.0, True)
@example(5e-324, False)
@example(sys.float_info.max, True)
@example(0.1 + 0.2, False)
def test_every_number_keeps_every_bit(tmp_path_factory: pytest.TempPathFactory, number: float, cached: bool) -> None:
    """XlsxWriter alone loses the last one in two of five; as constant and as cached value."""
    workbook = Workbook((Sheet("A", {(1, 1): Cell(number, "1+1" if cached else None)}),))
    value = round_trip(workbook, tmp_path_factory.getbasetemp()).sheets[0].cells[1, 1].value
    assert isinstance(value, float)
    assert (value, math.copysign(1, value)) == (number, math.copysign(1, number))


def test_two_runs_give_the_same_bytes() -> None:
    """No date, no random number."""
    workbook = Workbook((Sheet("A", {(1, 1): Cell("x"), (2, 1): Cell(1.5, "1+0.5", "cost")}),), (Name("n", "A!$A$1"),))
    first, second = io.BytesIO(), io.BytesIO()
    write_xlsx(workbook, first)
    write_xlsx(workbook, second)
    assert first.getvalue() == second.getvalue()


def test_openpyxl_sees_formulas_cached_values_and_looks(tmp_path: Path) -> None:
    """A reader that is not ours agrees; texts that begin with "=" stay texts, newer functions get their prefix."""
    cells = {
        (1, 1): Cell(1.5, "STDEV.S(B1:B3)", "cost", "0.0000"),
        (2, 1): Cell("=1+1"),
        (3, 1): Cell(CellError("#DIV/0!"), "1/0"),
        (4, 1): Cell(True, "1=1"),
        (5, 1): Cell(2.0, "MMULT(B1:C2,B3:C4)"),
        (5, 2): Cell(3.0),
        (6, 1): Cell("", '""'),
    }
    sheet = Sheet("W1", cells, {(5, 1): (1, 2)}, view=View({1: 30.0}, freeze=(2, 3)))
    path = tmp_path / "a.xlsx"
    save_workbook(Workbook((Sheet("Hidden", {}, hidden=True), sheet), (Name("g", "'W1'!$A$1", "W1"),)), path)
    book, cached = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    page = book["W1"]
    assert page["A1"].value == "=_xlfn.STDEV.S(B1:B3)"
    assert (page["A2"].value, page["A2"].data_type) == ("=1+1", "s")
    assert (page["A5"].value.ref, page["A5"].value.text) == ("A5:B5", "=MMULT(B1:C2,B3:C4)")
    assert [row[0].value for row in cached["W1"].iter_rows()][:5] == [1.5, "=1+1", "#DIV/0!", True, 2]
    assert page["A1"].fill.fgColor.rgb == f"FF{STYLES['cost'].fill}"
    assert (page["A1"].font.b, page["A1"].number_format) == (True, "0.0000")
    assert (page.freeze_panes, page.column_dimensions["A"].width > 29) == ("C2", True)
    assert (page.sheet_view.showGridLines, page.page_setup.orientation) == (False, "landscape")
    assert (book["Hidden"].sheet_state, book.active.title) == ("hidden", "W1")
    assert page.defined_names["g"].attr_text == "'W1'!$A$1"
    assert book.calculation.fullCalcOnLoad


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (Cell(None, "1+1"), "A!B2: has a formula without a true cached value"),
        (Cell(math.nan, "1+1"), "A!B2: has the value nan"),
        (Cell(math.inf), "A!B2: has the value inf"),
        (Cell("x" * 32_768), "longer than 32,767"),
        (Cell("😀" * 16_384), "longer than 32,767"),
        (Cell("\ud800"), "half a character"),
        (Cell(1.0, "1+" * 5_000), "a formula of 10,000"),
        (Cell(1.0, '"\x01"'), "control character"),
        (Cell(1.0, ""), "a formula of 0"),
    ],
)
def test_impossible_cells_are_refused_with_their_place(cell: Cell, said: str) -> None:
    """A wrong cached value would be shown by every previewer."""
    with pytest.raises(FileError) as caught:
        write_xlsx(Workbook((Sheet("A", {(2, 2): cell}),)), io.BytesIO())
    assert said in str(caught.value)


@pytest.mark.parametrize("place", [(0, 1), (1, 0), (1_048_577, 1), (1, 16_385)])
def test_cells_outside_the_sheet_are_refused(place: tuple[int, int]) -> None:
    """Where XlsxWriter returns -1."""
    with pytest.raises(FileError, match="outside the sheet"):
        write_xlsx(Workbook((Sheet("A", {place: Cell(1.0)}),)), io.BytesIO())


@pytest.mark.parametrize("name", ["W1", "b1", "R", "C", "R1C1", "1a", "a b", "", "x" * 256, "A1:B2"])
def test_impossible_names_are_refused(name: str) -> None:
    """Excel would call the file corrupt; XlsxWriter warns and goes on."""
    with pytest.raises(FileError, match="defined name"):
        write_xlsx(Workbook((Sheet("A", {}),), (Name(name, "A!$A$1"),)), io.BytesIO())


def test_impossible_sheets_are_refused_without_a_warning() -> None:
    """Names that Excel refuses, two of one name, none visible, a scope that is missing."""
    wrong = [
        Workbook((Sheet("a/b", {}),)),
        Workbook((Sheet("x" * 32, {}),)),
        Workbook((Sheet("A", {}), Sheet("a", {}))),
        Workbook((Sheet("A", {}, hidden=True),)),
        Workbook(()),
        Workbook((Sheet("A", {}),), (Name("n", "A!$A$1", "B"),)),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for workbook in wrong:
            with pytest.raises(FileError):
                write_xlsx(workbook, io.BytesIO())


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """The file is written aside and put in place when it is whole."""
    path = tmp_path / "a.xlsx"
    good = Workbook((Sheet("A", {(1, 1): Cell(1.0)}),))
    save_workbook(good, path)
    with pytest.raises(FileError):
        save_workbook(Workbook((Sheet("A", {(1, 1): Cell(None, "1")}),)), path)
    assert read_workbook(path) == good
    assert [place.name for place in tmp_path.iterdir()] == ["a.xlsx"]


def test_unknown_suffixes_and_folders_are_refused(tmp_path: Path) -> None:
    """The message names what can be written."""
    workbook = Workbook((Sheet("A", {}),))
    with pytest.raises(FileError, match=r"\.xlsx or \.ods"):
        save_workbook(workbook, tmp_path / "a.xls")
    with pytest.raises(FileError, match="check the folder"):
        save_workbook(workbook, tmp_path / "none" / "a.xlsx")
