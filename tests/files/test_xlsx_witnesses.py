"""Readers that are not ours, where they are right, read the same from the same files."""

from __future__ import annotations

import time
import warnings
from pathlib import Path

import ironcalc
import openpyxl
import pytest
from hypothesis import given, settings
from openpyxl.worksheet.formula import ArrayFormula

from sheetnet.errors import FileError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.files.escaping import excel_read
from sheetnet.files.formula_text import canonical
from sheetnet.workbook import Cell, CellError, Sheet, Workbook
from tests.support.made_xlsx import build, sheet_xml
from tests.support.paths import FOREIGN
from tests.support.strategies import NEAR, workbooks

# What openpyxl cannot open; its fonts of family 52 are beyond the schema.
UNREADABLE = {"W3_Linear-Layer.xlsx"}


def foreign() -> list[Path]:
    """Workbooks that other people made, where they are at hand."""
    return sorted(path for path in FOREIGN.rglob("*.xls[xm]")) if FOREIGN.is_dir() else []


def openpyxl_formulas(path: Path) -> dict[tuple[str, int, int], str | None]:
    """Each non-empty cell's formula in openpyxl, None for a constant. It writes "=" before, and keeps Excel's escapes."""
    found: dict[tuple[str, int, int], str | None] = {}
    with path.open("rb") as stream, warnings.catch_warnings():  # openpyxl leaves a file open that it cannot read
        warnings.simplefilter("ignore")  # it says which extensions it drops
        book = openpyxl.load_workbook(stream)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                value = cell.value
                if isinstance(value, ArrayFormula):
                    value = value.text
                    found[sheet.title, cell.row, cell.column] = canonical(excel_read(value or ""))
                elif value is not None:
                    found[sheet.title, cell.row, cell.column] = (
                        canonical(excel_read(value)) if cell.data_type == "f" else None
                    )
    return found


def our_formulas(workbook: Workbook) -> dict[tuple[str, int, int], str | None]:
    """Each cell's formula as we read it; an empty text is no content to openpyxl."""
    return {
        (sheet.name, row, column): cell.formula
        for sheet in workbook.sheets
        for (row, column), cell in sheet.cells.items()
        if cell.formula is not None or cell.value != ""
    }


def needs_foreign() -> list[Path]:
    """The foreign workbooks; skips the test where there are none."""
    files = foreign()
    if not files:
        pytest.skip(f"needs other people's workbooks in {FOREIGN.name}/ beside the repository's folder")
    return files


def test_foreign_workbooks_have_the_cells_and_formulas_openpyxl_finds() -> None:
    """Every cell, and every formula, shared ones included."""
    for path in needs_foreign():
        if path.name not in UNREADABLE:
            assert our_formulas(read_workbook(path)) == openpyxl_formulas(path), path.name


def test_foreign_workbooks_survive_writing_and_reading(tmp_path: Path) -> None:
    """Equal in everything a Workbook holds, but for names that Excel itself calls impossible."""
    for path in needs_foreign():
        workbook = read_workbook(path)
        workbook = Workbook(tuple(truthful(sheet) for sheet in workbook.sheets), workbook.names)
        save_workbook(workbook, tmp_path / "copy.xlsx")
        assert read_workbook(tmp_path / "copy.xlsx") == workbook, path.name


def truthful(sheet: Sheet) -> Sheet:
    """The sheet with a cached value for each formula; some programs leave a few without."""
    cells = {place: Cell(0.0, cell.formula) if cell.value is None else cell for place, cell in sheet.cells.items()}
    return Sheet(sheet.name, cells, sheet.arrays, sheet.hidden)


def test_a_workbook_that_openpyxl_refuses_is_read() -> None:
    """A font beyond the schema is no reason to read no numbers."""
    path = next((path for path in needs_foreign() if path.name in UNREADABLE), None)
    if path is None:
        pytest.skip("needs W3_Linear-Layer.xlsx among the foreign workbooks")
    with path.open("rb") as stream, pytest.raises(ValueError, match="Unable to read workbook"):
        openpyxl.load_workbook(stream)
    assert sum(len(sheet.cells) for sheet in read_workbook(path).sheets) > 100


def test_foreign_workbooks_have_the_formulas_ironcalc_loads() -> None:
    """IronCalc spells formulas its own way: our text, typed into the cell, must come to what its loader put there."""
    for path in needs_foreign():
        model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        places = {properties["name"]: index for index, properties in enumerate(model.get_worksheets_properties())}
        for sheet in read_workbook(path).sheets:
            for (row, column), cell in sheet.cells.items():
                if cell.formula is not None and (row, column) not in sheet.arrays:
                    where = (places[sheet.name], row, column)
                    loaded = model.get_cell_content(*where)
                    model.set_user_input(*where, "=" + cell.formula)
                    assert model.get_cell_content(*where) == loaded, f"{path.name}: {sheet.name} {where}"


@settings(max_examples=30)
@given(workbooks(NEAR))  # openpyxl walks through every cell as far as the last
def test_openpyxl_reads_what_we_write(tmp_path_factory: pytest.TempPathFactory, workbook: Workbook) -> None:
    """Generated workbooks: formulas in the same places and equal, once the prefixes are gone."""
    path = tmp_path_factory.getbasetemp() / "witness.xlsx"
    save_workbook(workbook, path)
    ours, theirs = our_formulas(workbook), openpyxl_formulas(path)
    assert {place: formula for place, formula in theirs.items() if formula} == {
        place: canonical(formula) for place, formula in ours.items() if formula
    }


def test_ironcalc_recalculates_what_we_write(tmp_path: Path) -> None:
    """It opens the file and computes what the formulas say, arrays and shared strings included."""
    cells = {
        (1, 1): Cell(2.0),
        (1, 2): Cell(3.0),
        (2, 1): Cell(6.0, "A1*B1"),
        (3, 1): Cell(4.0, "MMULT(A1,A1)"),
        (4, 1): Cell("a<b", '"a<"&"b"'),
        (5, 1): Cell(CellError("#DIV/0!"), "1/0"),
        (6, 1): Cell("text"),
        (7, 1): Cell(6.0, "LET(x,A1,y,B1,x*y)"),
    }
    path = tmp_path / "a.xlsx"
    save_workbook(Workbook((Sheet("Step", cells),)), path)
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    model.evaluate()
    shown = [model.get_formatted_cell_value(0, row, 1) for row in range(2, 8)]
    assert shown == ["6", "4", "a<b", "#DIV/0!", "text", "6"]


@pytest.mark.parametrize(
    ("master", "second"),
    [
        ("'W1'!A1+A1", "'W1'!A2+A2"),
        ('W_1*A1+LOG10($A1)&"A1"', 'W_1*A2+LOG10($A2)&"A1"'),
        ("SUM(A1:B$9)", "SUM(A2:B$9)"),
    ],
)
def test_shared_formulas_read_as_openpyxl_reads_them_where_it_is_right(
    tmp_path: Path, master: str, second: str
) -> None:
    """It is wrong for second prefixes, functions within ranges, and "@"."""
    cells = (
        f"<c r='E1'><f t='shared' ref='E1:E2' si='0'>{master.replace('&', '&amp;')}</f><v>1</v></c></row>"
        "<row r='2'><c r='E2'><f t='shared' si='0'/><v>1</v></c>"
    )
    path = build(tmp_path / "a.xlsx", sheet_xml(cells))
    assert [cell.formula for cell in read_workbook(path).sheets[0].cells.values()] == [master, second]
    assert openpyxl_formulas(path)["Step", 2, 5] == second


def test_reading_is_fast(tmp_path: Path) -> None:
    """20,000 cells, half of them formulas, well within a second (0.1 s on an idle machine)."""
    cells = {
        (row, column): Cell(row / column, f"SUM(A{row}:B{row})*$C$3" if column % 2 else None)
        for row in range(1, 201)
        for column in range(1, 101)
    }
    save_workbook(Workbook((Sheet("Step", cells),)), tmp_path / "a.xlsx")
    started = time.process_time()
    read_workbook(tmp_path / "a.xlsx")
    assert time.process_time() - started < 1


def test_a_file_that_is_none_of_ours_is_one_error() -> None:
    """The caller needs to catch FileError alone."""
    with pytest.raises(FileError):
        read_workbook(__file__)
