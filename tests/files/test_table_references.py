"""References to Excel tables, and other spellings of references, are read as the plain cells that they mean."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from sheetnet.files import read_workbook, save_workbook
from sheetnet.workbook import Cell, Sheet, Workbook

# A table in Data!B3:E7: headings in row 3, data in 4 to 6, totals in 7; its formulas stand in Data!G5 (row 5 of the table).
HEADINGS = ("x", "a b", "w [1]", "#n")
MEANT = {
    "SUM(Tab[x])": "SUM(Data!B4:B6)",
    "SUM(tab[X])": "SUM(Data!B4:B6)",
    "SUM(Tab[a b])": "SUM(Data!C4:C6)",
    "SUM(Tab[w '[1']])": "SUM(Data!D4:D6)",
    "SUM(Tab['#n])": "SUM(Data!E4:E6)",
    "Tab[[#This Row],[x]]*2": "Data!B5*2",
    "Tab[[#This Row],[a b]]": "Data!C5",
    "SUM(Tab[[#This Row],[x]:[w '[1']]])": "SUM(Data!B5:D5)",
    "SUM(Tab[[x]:[a b]])": "SUM(Data!B4:C6)",
    "SUM(Tab[])": "SUM(Data!B4:E6)",
    "SUM(Tab)": "SUM(Data!B4:E6)",
    "SUM(Tab[#Data])": "SUM(Data!B4:E6)",
    "COUNTA(Tab[#Headers])": "COUNTA(Data!B3:E3)",
    "COUNTA(Tab[#All])": "COUNTA(Data!B3:E7)",
    "COUNTA(Tab[[#Headers],[x]])": "COUNTA(Data!B3)",
    "Tab[[#Totals],[x]]": "Data!B7",
    "COUNTA(Tab[[#Headers],[#Data],[x]])": "COUNTA(Data!B3:B6)",
    "COUNTA(Tab[[#All],[x]])": "COUNTA(Data!B3:B7)",
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook with one table, as XlsxWriter writes it; every formula of MEANT stands in row 5, the table's second."""
    path = tmp_path_factory.mktemp("tables") / "table.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Data")
    rows = [[row * 10 + column + 0.5 for column in range(4)] for row in range(3)]
    columns = [{"header": heading, "total_function": "sum"} for heading in HEADINGS]
    sheet.add_table("B3:E7", {"name": "Tab", "data": rows, "columns": columns, "total_row": True})
    for number, formula in enumerate((*MEANT, "SUM(Nowhere[x])", "SUM(Tab[y])")):
        sheet.write_formula(4, 6 + number, f"={formula}")
    book.add_worksheet("Other").write_formula("A1", "=SUM(Tab[x])")
    book.define_name("xs", "=Tab[x]")
    book.close()
    return path


def plain(formula: str | None) -> str:
    """A formula without its sheet, which may be written or not, and without `$`."""
    return (formula or "").replace("Data!", "").replace("$", "")


def test_references_to_a_table_are_read_as_its_cells(tables: Path) -> None:
    sheet = read_workbook(tables).sheets[0]
    read = {formula: plain(sheet.cells[5, 7 + n].formula) for n, formula in enumerate(MEANT)}
    assert read == {formula: plain(meant) for formula, meant in MEANT.items()}


def test_from_another_sheet_and_in_names_the_sheet_is_written(tables: Path) -> None:
    workbook = read_workbook(tables)
    assert workbook.sheets[1].cells[1, 1].formula == "SUM(Data!$B$4:$B$6)"
    assert {name.name: name.refers_to.replace("$", "") for name in workbook.names} == {"xs": "Data!B4:B6"}


def test_what_leads_to_no_table_is_not_guessed(tables: Path) -> None:
    """It stays as it is, or is an error."""
    cells = read_workbook(tables).sheets[0].cells
    unknown = [cells[5, 7 + len(MEANT) + n].formula or "" for n in (0, 1)]
    assert unknown[0] == "SUM(Nowhere[x])"
    assert "#REF!" in unknown[1] or unknown[1] == "SUM(Tab[y])"


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
@pytest.mark.parametrize("formula", ["A1#", "SUM(A1#)", "@A1:A3", "1+@B1:B3", "LET(x,A1,x+1)", "SUM(-@A1:A3)"])
def test_signs_of_excel_365_are_written_and_read_back(formula: str, suffix: str, tmp_path: Path) -> None:
    """In the file they are _xlfn.ANCHORARRAY and _xlfn.SINGLE."""
    path = tmp_path / f"a.{suffix}"
    workbook = Workbook((Sheet("Step", {(1, 1): Cell(1.0), (5, 5): Cell(0.0, formula)}),))
    save_workbook(workbook, path)
    assert read_workbook(path).sheets[0].cells[5, 5].formula == formula


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("SUM(Step!A1:Step!A3)", "SUM(Step!A1:A3)"),
        ("Step!rate*2", "rate*2"),
        ("SUM(Step!A1:A3)", "SUM(Step!A1:A3)"),
    ],
)
def test_references_in_other_spellings_are_one_area(written: str, meant: str, suffix: str, tmp_path: Path) -> None:
    """Both ends with their sheet; a name of the workbook with a sheet before it."""
    from sheetnet.workbook import Name

    path = tmp_path / f"a.{suffix}"
    cells = {(1, 1): Cell(1.0), (5, 5): Cell(0.0, written)}
    save_workbook(Workbook((Sheet("Step", cells),), (Name("rate", "Step!$A$1"),)), path)
    assert read_workbook(path).sheets[0].cells[5, 5].formula == meant


def packed_again(path: Path, target: Path, change: dict[str, str | None]) -> Path:
    """The package with parts under other names; None leaves a part out."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as out:
        for info in source.infolist():
            name = change.get(info.filename, info.filename)
            if name is not None:
                out.writestr(name, source.read(info.filename))
    return target


def test_a_package_may_lack_its_mimetype_or_use_small_letters(tmp_path: Path) -> None:
    """Zipped again by hand, or by programs that take no care; both are opened by LibreOffice."""
    workbook = Workbook((Sheet("Step", {(1, 1): Cell(1.5)}),))
    save_workbook(workbook, tmp_path / "a.ods")
    save_workbook(workbook, tmp_path / "a.xlsx")
    ods = packed_again(tmp_path / "a.ods", tmp_path / "b.ods", {"mimetype": None})
    xlsx = packed_again(tmp_path / "a.xlsx", tmp_path / "b.xlsx", {"[Content_Types].xml": "[content_types].xml"})
    assert [read_workbook(path).sheets[0].cells for path in (ods, xlsx)] == [workbook.sheets[0].cells] * 2
