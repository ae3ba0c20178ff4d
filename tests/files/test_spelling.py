"""What programs spell in several ways is read as one: operators, sheets, names, array formulas of Google."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetnet.files import read_workbook, save_workbook
from sheetnet.files.formula_text import canonical, spelled_alike, with_functions, with_operators
from sheetnet.files.ods.formula_out import from_openformula
from sheetnet.judge import validate
from sheetnet.network_file import load_network
from sheetnet.syntax import cell_name, quote_sheet
from sheetnet.workbook import Cell, Name, Sheet, Workbook
from tests.support.engines import libreoffice_convert
from tests.support.sheets import place_of, step_book, with_cell

# As it stands in an .xlsx → as it is read, and written back in the same words.
OPERATORS = {
    "_xlfn.SINGLE(A1:A3)": "@A1:A3",
    "-_xlfn.SINGLE(Data!A1:A3)^2": "-@Data!A1:A3^2",
    "_xlfn.ANCHORARRAY(A1)": "A1#",
    "SUM(_xlfn.ANCHORARRAY(Data!$A$1)*2)": "SUM(Data!$A$1#*2)",
    "_xlfn.SINGLE(_xlfn.ANCHORARRAY(A1))": "@A1#",
    "_xlfn.SINGLE(rate)*B1": "@rate*B1",
    "_xlfn.SINGLE(INDEX(A1:A3,2))": "@INDEX(A1:A3,2)",
    "_xlfn.SINGLE(A1:INDEX(A1:A3,2))": "@A1:INDEX(A1:A3,2)",
    "_xlfn.SINGLE((A1:A3*2))": "@(A1:A3*2)",
    "_xlfn.ANCHORARRAY(INDEX(A1:A3,2))": "INDEX(A1:A3,2)#",
    "_xlfn.ANCHORARRAY((A1:B2))": "(A1:B2)#",
    "_xlfn.ANCHORARRAY(A1):B2": "A1#:B2",
    "(_xlfn.SINGLE(A1:A3)):B2": "(@A1:A3):B2",
    "SUM(_xlfn.SINGLE(A1:A3),_xlfn.SINGLE(SUM(_xlfn.SINGLE(B1:B3))))": "SUM(@A1:A3,@SUM(@B1:B3))",
    '"@"&_xlfn.SINGLE(A1:A3)&"#"': '"@"&@A1:A3&"#"',
    "Data!#REF!+_xlfn.ANCHORARRAY(A1)": "Data!#REF!+A1#",
}
# Read as these, but written otherwise: with parentheses that the file did not have.
OTHERWISE = {
    "_xlfn.SINGLE(A1:A3*2)": "@(A1:A3*2)",
    "_xlfn.SINGLE(-A1)": "@(-A1)",
    "_xlfn.SINGLE(A1:A3):B2": "(@A1:A3):B2",
    "_xlfn.ANCHORARRAY(A1:B2)": "(A1:B2)#",
    "_xlfn.ANCHORARRAY(_xlfn.SINGLE(A1))": "(@A1)#",
}


@pytest.mark.parametrize("written", OPERATORS | OTHERWISE)
def test_the_functions_of_operators_are_read_as_operators(written: str) -> None:
    """In parentheses where another operator would take the operand."""
    assert canonical(written) == (OPERATORS | OTHERWISE)[written]
    assert from_openformula(f"msoxl:={written}") == (OPERATORS | OTHERWISE)[written]


@pytest.mark.parametrize("written", OPERATORS)
def test_operators_are_written_as_their_functions(written: str) -> None:
    """Excel knows neither sign in a file."""
    assert with_functions(OPERATORS[written], "_xlfn.") == written


@pytest.mark.parametrize(
    "text", ["@", "#", "A1@", "@-A1", "@@", "A1##", "(@A1", "@)", "SINGLE(A1)", "_xlfn.SINGLE()", "_xlfn.SINGLE(A1"]
)
def test_what_is_no_operation_is_left_or_comes_back(text: str) -> None:
    """Nothing is lost of a formula that nobody understands."""
    assert with_operators(with_functions(text, "_xlfn.")) == text


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_formulas_with_operators_come_back_from_files(tmp_path: Path, suffix: str) -> None:
    """`read(write(workbook)) == workbook`."""
    formulas = [formula for formula in OPERATORS.values() if "#REF!" not in formula]
    formulas += ["1+@B1:B3", "LET(x,A1,x+1)", "SUM(-@A1:A3)"]
    cells = {(row, 5): Cell(1.0, formula) for row, formula in enumerate(formulas, 1)}
    workbook = Workbook((Sheet("Data", cells),), (Name("one", "@Data!$A$1:$A$3"), Name("rate", "Data!$A$1")))
    save_workbook(workbook, tmp_path / f"a{suffix}")
    assert read_workbook(tmp_path / f"a{suffix}") == workbook


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("of:=COM.MICROSOFT.SINGLE([.A1:.A3])", "@A1:A3"),
        ("of:=_xlfn.single([.A1:.A3])+1", "@A1:A3+1"),
        ("of:=_xlfn.anchorarray([$Data.A1])", "Data!A1#"),
        ("of:=_xlfn.let(_xlpm.x1;[.A1];_xlpm.x1*2)", "LET(x1,A1,x1*2)"),
        ("=_xlfn.LET(_xlpm.x1;2;_xlpm.x1*2)", "LET(x1,2,x1*2)"),
        ("of:=_xlfn.let(_xlpm.f;_xlfn.lambda(_xlpm.x;2*_xlpm.x);_xlpm.f(3))", "LET(f,LAMBDA(x,2*x),F(3))"),
        ('of:=IFERROR(__xludf.DUMMYFUNCTION("SORT(A1:A3)");3)', 'IFERROR(__xludf.DUMMYFUNCTION("SORT(A1:A3)"),3)'),
        ('of:=iferror(__xludf.dummyfunction("x");3)', 'IFERROR(__xludf.DUMMYFUNCTION("x"),3)'),
        ('msoxl:=IFERROR(__xludf.DUMMYFUNCTION("x"),3)', 'IFERROR(__xludf.DUMMYFUNCTION("x"),3)'),
        ("of:=MY_XLFN.THING(1)", "MY_XLFN.THING(1)"),
    ],
)
def test_the_prefixes_of_an_ods_are_taken_off_as_those_of_an_xlsx(written: str, read: str) -> None:
    """Those at the beginning of a word, and Google's mark stays whole."""
    assert from_openformula(written) == read


NAMES = (
    Name("rate", "Data!$A$1"),
    Name("both", "data!$A$1:DATA!$B$2"),
    Name("both", "'W 1'!$A$1", "W 1"),
    Name("own", "A1", "W 1"),
)
# As it stands in the sheet Data → as it is read.
SPELLED = {
    "SUM(Data!B2:Data!B4)": "SUM(Data!B2:B4)",
    "SUM('W 1'!$A1:'W 1'!B$2)": "SUM('W 1'!$A1:B$2)",
    "SUM('w 1'!A1:'W 1'!B2)": "SUM('W 1'!A1:B2)",
    "Data!A1:Data!B2:Data!C3": "Data!A1:B2:C3",
    "Data!A1:'W 1'!B2": "Data!A1:'W 1'!B2",
    "dATA!A1+'w 1'!$B$2": "Data!A1+'W 1'!$B$2",
    "SUM(DATA!A:A)": "SUM(Data!A:A)",
    "Data!rate*[0]!rate*'W 1'!RATE": "rate*rate*RATE",
    "'W 1'!both+Data!both+[0]!both": "'W 1'!both+both+both",
    "'w 1'!own": "'W 1'!own",
    "'[0]W 1'!A1": "'W 1'!A1",
    "[1]Data!A1+[2]!rate": "[1]Data!A1+[2]!rate",
    "Gone!A1+Gone!rate": "Gone!A1+Gone!rate",
    "Data:Data2!A1": "Data:Data2!A1",
    "data!nothing": "Data!nothing",
    '"data!A1"&data!A1&"it\'s"': '"data!A1"&Data!A1&"it\'s"',
    "'Data'!A1+Data!#REF!": "'Data'!A1+Data!#REF!",
}


def named(formulas: dict[str, str], sheet: str = "Data") -> Workbook:
    """A workbook with the formulas in the first column of a sheet."""
    cells = {(row, 1): Cell(1.0, formula) for row, formula in enumerate(formulas, 1)}
    return Workbook(tuple(Sheet(each, cells if each == sheet else {}) for each in ("Data", "W 1")), NAMES)


def test_sheets_and_names_are_spelled_as_the_workbook_spells_them() -> None:
    """An engine knows neither other capitals nor a sheet at both ends of an area."""
    workbook = spelled_alike(named(SPELLED))
    assert [cell.formula for cell in workbook.sheets[0].cells.values()] == list(SPELLED.values())
    assert workbook.names[1] == Name("both", "Data!$A$1:$B$2")


def test_many_formulas_are_spelled_as_each_alone() -> None:
    """A look at many of them at once overlooks none."""
    for written in SPELLED:
        among = {"Data!A1": "", **{f"Data!A1*{number}": "" for number in range(300)}, written: ""}
        cells = spelled_alike(named(among)).sheets[0].cells.values()
        assert [cell.formula for cell in cells] == [*list(among)[:-1], SPELLED[written]]


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_formulas_of_files_are_spelled_so(tmp_path: Path, suffix: str) -> None:
    """Whatever stood in either format, which writes other workbooks and lost references in its own way."""
    spelled = {written: read for written, read in SPELLED.items() if "[" not in written and "#REF!" not in written}
    save_workbook(named(spelled), tmp_path / f"a{suffix}")
    cells = read_workbook(tmp_path / f"a{suffix}").sheets[0].cells
    assert [cell.formula for cell in cells.values()] == list(spelled.values())


def test_a_sheets_own_name_needs_no_sheet_on_it() -> None:
    """And the workbook's name of the same text keeps what tells the two apart."""
    formulas = {
        "'W 1'!both": "both",
        "[0]!both": "[0]!both",
        "Data!both": "Data!both",
        "'W 1'!own": "own",
        "Data!rate": "rate",
    }
    workbook = spelled_alike(named(formulas, "W 1"))
    assert [cell.formula for cell in workbook.sheets[1].cells.values()] == list(formulas.values())


def test_a_workbook_in_one_spelling_is_left_as_it_is() -> None:
    """The same sheets, not copies of them."""
    workbook = step_book(load_network("d02b"))
    assert all(old is new for old, new in zip(workbook.sheets, spelled_alike(workbook).sheets, strict=True))


def test_an_array_formula_of_google_is_entered_as_one() -> None:
    """Where the whole formula is that one call; an array that is one already keeps its size."""
    formulas = {
        "ARRAYFORMULA(SUM(B1:B3*2))": "SUM(B1:B3*2)",
        "arrayformula( SUM(B1:B3*{1;2;3}) )": "SUM(B1:B3*{1;2;3})",
        "ARRAYFORMULA(B1)+1": "ARRAYFORMULA(B1)+1",
        "ARRAYFORMULA(B1)+(1)": "ARRAYFORMULA(B1)+(1)",
        "ARRAYFORMULA(B1,2)": "ARRAYFORMULA(B1,2)",
        "ARRAYFORMULA()": "ARRAYFORMULA()",
        "ARRAYFORMULAS(B1)": "ARRAYFORMULAS(B1)",
    }
    cells = {(row, 1): Cell(1.0, formula) for row, formula in enumerate(formulas, 1)}
    cells[1, 3] = Cell(1.0, "ARRAYFORMULA(B1:B3*2)")
    (sheet,) = spelled_alike(Workbook((Sheet("Data", cells, {(1, 3): (3, 1)}),))).sheets
    assert [sheet.cells[row, 1].formula for row in range(1, len(formulas) + 1)] == list(formulas.values())
    assert (sheet.cells[1, 3].formula, sheet.arrays) == ("B1:B3*2", {(1, 3): (3, 1), (1, 1): (1, 1), (2, 1): (1, 1)})


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
@pytest.mark.parametrize(
    "form",
    [
        "1/(1+EXP(-@{z}))",
        "1/(1+EXP(-{sheet}!{z}:{sheet}!{z}))",
        "1/(1+EXP(-{small}!{z}))",
        "ARRAYFORMULA(1/(1+EXP(-{z})))",
    ],
)
def test_a_right_formula_in_these_spellings_is_right(tmp_path: Path, form: str, suffix: str) -> None:
    """From either format."""
    network = load_network("d02b")
    book = step_book(network)
    sheet, *z = place_of(book, network, "z_1")
    place = place_of(book, network, "A_1")
    formula = form.format(z=cell_name(*z), sheet=quote_sheet(sheet), small=quote_sheet(sheet.lower()))
    page = book.sheet(sheet)
    assert page is not None
    changed = with_cell(book, place, Cell(page.cells[place[1:]].value, formula))
    save_workbook(changed, tmp_path / f"a{suffix}")
    assert validate(tmp_path / f"a{suffix}").ok


def test_libreoffice_reads_what_we_write_of_areas(tmp_path: Path) -> None:
    """One area of two ends, whatever was written."""
    save_workbook(named({"SUM(Data!B2:Data!B4)": ""}), tmp_path / "a.xlsx")
    (saved,) = libreoffice_convert([tmp_path / "a.xlsx"], "ods", tmp_path / "lo")
    assert read_workbook(saved).sheets[0].cells[1, 1].formula == "SUM(Data!B2:B4)"
