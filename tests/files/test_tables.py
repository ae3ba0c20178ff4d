"""Structured references to Excel's tables are read as the plain references they mean, or told where they mean nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.table import Table as OpenpyxlTable

from sheetnet.errors import FileError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.files.limits import Limits
from sheetnet.judge import validate
from sheetnet.network_file import load_network
from sheetnet.syntax import cell_name
from sheetnet.workbook import Name, Workbook
from tests.support.engines import libreoffice_convert
from tests.support.made_ods import cell, document, package, row
from tests.support.sheets import place_of, step_book
from tools.packages import replaced

HEADINGS = ("h", "two words", "it's", "a[b]", "#5", "@home", "over\ntwo", "p:q", "2nd", "left, right")
# Written in a file → read, in row 4 of the table's sheet, whose table stands in C2:L6: headings, 3 rows, totals.
PLAIN = {
    "SUM(Grid[h])": "SUM($C$3:$C$5)",
    "SUM(GRID[H])": "SUM($C$3:$C$5)",
    "SUM(Grid[])": "SUM($C$3:$L$5)",
    "SUM(Grid[[h]])": "SUM($C$3:$C$5)",
    "SUM(Grid[two words])": "SUM($D$3:$D$5)",
    "SUM(Grid[[two words]])": "SUM($D$3:$D$5)",
    "SUM(Grid[it''s])": "SUM($E$3:$E$5)",
    "SUM(Grid[a'[b']])": "SUM($F$3:$F$5)",
    "SUM(Grid['#5])": "SUM($G$3:$G$5)",
    "SUM(Grid['@home])": "SUM($H$3:$H$5)",
    "SUM(Grid[over\ntwo])": "SUM($I$3:$I$5)",
    "SUM(Grid[[p:q]])": "SUM($J$3:$J$5)",
    "SUM(Grid[2nd])": "SUM($K$3:$K$5)",
    "SUM(Grid[[left, right]])": "SUM($L$3:$L$5)",
    "SUM(Grid[[h]:[it''s]])": "SUM($C$3:$E$5)",
    "SUM(Grid[[it''s]:[h]])": "SUM($C$3:$E$5)",
    "Grid[[#This Row],[h]]*2": "$C4*2",
    "SUM(Grid[[#This Row],[h]:[it''s]])": "SUM($C4:$E4)",
    "SUM(Grid[[#This Row]])": "SUM($C4:$L4)",
    "Grid[[#Headers],[h]]": "$C$2",
    "SUM(Grid[[#Totals],[h]])": "SUM($C$6)",
    "COUNTA(Grid[[#All],[h]])": "COUNTA($C$2:$C$6)",
    "SUM(Grid[[#Data],[h]])": "SUM($C$3:$C$5)",
    "COUNTA(Grid[[#Headers],[#Data],[h]])": "COUNTA($C$2:$C$5)",
    "COUNTA(Grid[[#Headers],[#Data],[h]:[two words]])": "COUNTA($C$2:$D$5)",
    "SUM(Grid[[#Data],[#Totals],[h]])": "SUM($C$3:$C$6)",
    "SUM(Grid[h],Grid[2nd])-Grid[[#This Row],[p:q]]": "SUM($C$3:$C$5,$K$3:$K$5)-$J4",
    "SUM(Bare[u])": "SUM($N$2:$N$5)",
}
# What LibreOffice 7.4 does not read, though Excel writes it or means it by what it shows.
MORE = {
    "SUM(Grid)": "SUM($C$3:$L$5)",
    "SUM(Grid[#Data])": "SUM($C$3:$L$5)",
    "COUNTA(Grid[#Headers])": "COUNTA($C$2:$L$2)",
    "SUM(Grid[#Totals])": "SUM($C$6:$L$6)",
    "COUNTA(Grid[#All])": "COUNTA($C$2:$L$6)",
    "SUM(Grid[#This Row])": "SUM($C4:$L4)",
    "SUM(Grid[ [h]:[two words] ])": "SUM($C$3:$D$5)",
    "Grid[@h]": "$C4",
    "Grid[@]": "$C4:$L4",
    "Grid[@[two words]]": "$D4",
    "SUM(Grid[@[h]:[two words]])": "SUM($C4:$D4)",
    "SUM(Grid[[#all],[H]])": "SUM($C$2:$C$6)",
    # what is not there
    "SUM(Grid[gone])": "SUM(#REF!)",
    "Bare[#Headers]": "#REF!",
    "Bare[#Totals]": "#REF!",
    "SUM(Bare[[u]:[gone]])": "SUM(#REF!)",
    "Elsewhere[h]": "Elsewhere[h]",
    "[1]!Grid[h]": "[1]!Grid[h]",
    "Grid[[#Headers],[#Totals],[h]]": "Grid[[#Headers],[#Totals],[h]]",
    "Grid[[h],[2nd]]": "Grid[[h],[2nd]]",
    '"Grid[h]"&Gridlock': '"Grid[h]"&Gridlock',
    "SUM(O3:O5)": "SUM(O3:O5)",
}
INSIDE = {"[@h]+1": "$C4+1", "SUM([h])": "SUM($C$3:$C$5)", "[[#This Row],[h]]": "$C4", "[#Headers]": "$C$2:$L$2"}


def grid(path: Path, formulas: dict[str, str], inside: str = "", line: int = 4) -> Path:
    """A workbook with the tables Grid (C2:L6, with totals) and Bare (N2:O5, no headings), and formulas in a row of it."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet, other = book.add_worksheet("Data"), book.add_worksheet("Other one")
        for index in range(3 * len(HEADINGS)):
            sheet.write_number(2 + index // len(HEADINGS), 2 + index % len(HEADINGS), index + 1)
        columns = [{"header": heading, "total_function": "sum"} for heading in HEADINGS]
        sheet.add_table("C2:L6", {"name": "Grid", "columns": columns, "total_row": True})
        sheet.add_table("N2:O5", {"name": "Bare", "columns": [{"header": "u"}, {"header": "v"}], "header_row": False})
        for index, formula in enumerate(formulas):
            sheet.write_formula(line - 1, 20 + index, "=" + formula, value=1)
            other.write_formula(line - 1, 20 + index, "=" + formula, value=1)
        if inside:
            sheet.write_formula(3, 11, "=" + inside, value=1)
        book.define_name("heights", "=Grid[h]")
        book.define_name("height", "=Grid[[#This Row],[h]]")
    return path


def in_line(workbook: Workbook, sheet: str = "Data", line: int = 4) -> Iterator[str | None]:
    """The formulas of a row beside the tables."""
    found = workbook.sheet(sheet)
    assert found is not None
    return (each.formula for (at, column), each in sorted(found.cells.items()) if at == line and column > 20)


def test_every_form_of_reference_is_read_as_its_cells(tmp_path: Path) -> None:
    """Columns, ranges of columns, headings, totals, the own row; headings are compared without capitals and escapes."""
    forms = PLAIN | MORE
    workbook = read_workbook(grid(tmp_path / "a.xlsx", forms))
    assert dict(zip(forms, in_line(workbook), strict=True)) == forms


def test_libreoffice_reads_the_same_cells(tmp_path: Path) -> None:
    """In the formulas that it writes there is no structured reference any more; on both sheets they are the same."""
    path = grid(tmp_path / "a.xlsx", PLAIN)
    (saved,) = libreoffice_convert([path], "ods", tmp_path / "lo")
    for sheet in ("Data", "Other one"):
        ours, theirs = (list(in_line(read_workbook(each), sheet)) for each in (path, saved))
        assert [str(each).replace("Data!", "") for each in theirs] == [str(each).replace("Data!", "") for each in ours]


def test_another_sheet_is_named(tmp_path: Path) -> None:
    """The own row counts wherever the formula stands, as in LibreOffice."""
    forms = {
        "SUM(Grid[h])": "SUM(Data!$C$3:$C$5)",
        "Grid[[#This Row],[h]]": "Data!$C4",
        "SUM(Grid)": "SUM(Data!$C$3:$L$5)",
    }
    assert list(in_line(read_workbook(grid(tmp_path / "a.xlsx", forms)), "Other one")) == list(forms.values())


@pytest.mark.parametrize("line", [1, 2, 6, 9])
def test_a_row_beside_the_table_has_no_cell_of_it(tmp_path: Path, line: int) -> None:
    """Excel shows #VALUE! above, below, and in the rows of headings and totals."""
    path = grid(tmp_path / "a.xlsx", dict.fromkeys(("Grid[[#This Row],[h]]", "Grid[@h]*2"), ""), line=line)
    assert list(in_line(read_workbook(path), line=line)) == ["#VALUE!", "#VALUE!*2"]


@pytest.mark.parametrize("formula", INSIDE)
def test_within_a_table_its_name_may_be_left_out(tmp_path: Path, formula: str) -> None:
    """As people write it, and as some programs keep it."""
    sheet = read_workbook(grid(tmp_path / "a.xlsx", {}, inside=formula)).sheets[0]
    assert sheet.cells[4, 12].formula == INSIDE[formula]


def test_names_that_refer_to_tables_are_resolved_too(tmp_path: Path) -> None:
    """The own row of a name is that of the formula that uses it: `@` of the column."""
    names = read_workbook(grid(tmp_path / "a.xlsx", {})).names
    assert names == (Name("height", "@Data!$C$3:$C$5"), Name("heights", "Data!$C$3:$C$5"))


def test_a_workbook_with_a_table_of_inputs_is_right(tmp_path: Path) -> None:
    """Made by openpyxl, beside the Step of a workbook of ours."""
    network = load_network("d02b")
    book = step_book(network)
    save_workbook(book, tmp_path / "plain.xlsx")
    opened = openpyxl.load_workbook(tmp_path / "plain.xlsx")
    sheet, row, column = place_of(book, network, "z_1")
    page = opened[sheet]
    top, left = page.max_row + 3, page.max_column + 3
    page.cell(top, left).value, page.cell(top, left + 1).value = "Input a", "w"
    for index in range(3):
        _, *given = place_of(book, network, "A_0", 0, index)
        _, *weight = place_of(book, network, "W_1", index, 0)
        page.cell(top + 1 + index, left).value = f"={cell_name(*given)}"
        page.cell(top + 1 + index, left + 1).value = f"={cell_name(*weight)}"
    corners = f"{cell_name(top, left)}:{cell_name(top + 3, left + 1)}"
    page.add_table(OpenpyxlTable(displayName="Sums", ref=corners))
    page.cell(row, column).value = "=SUMPRODUCT(Sums[Input a],Sums[w])"
    opened.save(tmp_path / "table.xlsx")
    opened.close()
    report = validate(tmp_path / "table.xlsx")
    assert report.ok


def changed(path: Path, old: str, new: str) -> Path:
    """The workbook with another text in its first table."""
    path.write_bytes(replaced(path.read_bytes(), "xl/tables/table1.xml", old, new))
    return path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('ref="C2:L6"', 'ref="C2:K6"'),
        ('ref="C2:L6"', 'ref="there"'),
        ('displayName="Grid"', 'displayName="Mesh"'),
        ('totalsRowCount="1"', 'totalsRowCount="many"'),
    ],
)
def test_a_table_that_makes_no_sense_leaves_its_references_as_they_are(tmp_path: Path, old: str, new: str) -> None:
    """They are told where they stand; nothing is guessed."""
    path = changed(grid(tmp_path / "a.xlsx", {"SUM(Grid[h])": ""}), old, new)
    assert list(in_line(read_workbook(path))) == ["SUM(Grid[h])"]


def test_of_a_heading_that_stands_twice_nobody_knows_the_column(tmp_path: Path) -> None:
    """Programs differ in which of the two they take."""
    path = changed(grid(tmp_path / "a.xlsx", {"SUM(Grid[h])": ""}), 'name="2nd"', 'name="H"')
    assert list(in_line(read_workbook(path))) == ["SUM(#REF!)"]


@pytest.mark.parametrize("name", ["Bare", "heights", "HEIGHTS"])
def test_two_things_of_one_name_are_refused(tmp_path: Path, name: str) -> None:
    """A table and a defined name, or two tables."""
    path = changed(grid(tmp_path / "a.xlsx", {}), 'displayName="Grid"', f'displayName="{name}"')
    with pytest.raises(FileError, match="shares its name with another: rename one"):
        read_workbook(path)


@pytest.mark.parametrize(
    ("limit", "value", "said"),
    [("tables", 1, r"more than 1 tables \(--limit"), ("table_columns", 11, "over 11 columns")],
)
def test_tables_are_bounded(tmp_path: Path, limit: str, value: int, said: str) -> None:
    """As all that a small file could make much of."""
    path = grid(tmp_path / "a.xlsx", {})
    with pytest.raises(FileError, match=said):
        read_workbook(path, Limits.of({limit: value}))


def test_a_formula_that_its_references_make_too_long_is_refused(tmp_path: Path) -> None:
    """`Bare` is shorter than the cells it stands for."""
    long = "SUM(" + ",".join(["Bare"] * 1_000) + ")"
    with pytest.raises(FileError, match=r"Data!U4: a formula of over 8,192 characters: shorten it"):
        read_workbook(grid(tmp_path / "a.xlsx", {long: ""}))


def test_a_database_range_of_an_ods_is_the_name_of_all_its_cells(tmp_path: Path) -> None:
    """As LibreOffice computes it and saves Excel's `SUM(Grid)`; a defined name of the same text goes first."""
    formulas = {"SUM(points)": "SUM($A$1:$B$2)", "SUM(Points)+own": "SUM($A$1:$B$2)+own", "points[x]": "#REF!"}
    rows = "".join(
        row(cell(f'table:formula="of:={formula}" office:value-type="float" office:value="1"')) for formula in formulas
    )
    ranges = "".join(
        f'<table:database-range table:name="{name}" table:target-range-address="{cells}"/>'
        for name, cells in (("Points", "Data.A1:Data.B2"), ("own", "Data.A1:Data.A9"), ("lost", "Gone.A1:Gone.A9"))
    )
    names = '<table:named-range table:name="own" table:cell-range-address="$Data.$A$1"/>'
    body = (
        f'<table:table table:name="Data">{rows}</table:table><table:named-expressions>{names}</table:named-expressions>'
        f"<table:database-ranges>{ranges}</table:database-ranges>"
    )
    workbook = read_workbook(package(tmp_path / "a.ods", document(body)))
    assert [each.formula for each in workbook.sheets[0].cells.values()] == list(formulas.values())
