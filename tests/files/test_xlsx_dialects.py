"""The many ways in which programs write .xlsx are read as one: hand-made packages of each dialect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sheetnet.errors import FileError
from sheetnet.files import read_workbook
from sheetnet.files.limits import Limits
from sheetnet.workbook import Cell, CellError, Name, Sheet
from tests.support.made_xlsx import build, sheet_xml

STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
Read = Callable[..., Sheet]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a workbook of one sheet with these cells in row 1; `strings` are the shared ones."""

    def reader(cells: str, strings: str = "") -> Sheet:
        return read_workbook(build(tmp_path / "a.xlsx", sheet_xml(cells), strings=strings)).sheets[0]

    return reader


def formulas(sheet: Sheet) -> list[str | None]:
    """The formulas of row 1 from left to right."""
    return [sheet.cells[key].formula for key in sorted(sheet.cells)]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("<c r='A1'><v>1.5</v></c>", Cell(1.5)),
        ("<c r='A1' t='n'><v> 2 </v></c>", Cell(2.0)),
        ("<c r='A1' s='3'/>", None),
        ("<c r='A1' s='3'><v></v></c>", None),
        ("<c r='A1' t='b'><v>1</v></c>", Cell(True)),
        ("<c r='A1' t='e'><v>#DIV/0!</v></c>", Cell(CellError("#DIV/0!"))),
        ("<c r='A1' t='str'><v>a_x000D_b</v></c>", Cell("a\rb")),
        ("<c r='A1' t='inlineStr'><is><t>plain</t></is></c>", Cell("plain")),
        (
            "<c r='A1' t='inlineStr'><is><r><t>ri</t></r><r><t>ch</t></r><rPh sb='0'><t>x</t></rPh></is></c>",
            Cell("rich"),
        ),
        ("<c r='A1' t='d'><v>2024-01-02T12:00:00</v></c>", Cell(45293.5)),
        ("<c r='A1' t='d'><v>2024-01-02T12:00:00Z</v></c>", Cell(45293.5)),
        ("<c r='A1' t='d'><v>2024-01-02T12:00:00.000+02:00</v></c>", Cell(45293.5)),
        ("<c r='A1' t='d'><v>2024-01-02</v></c>", Cell(45293.0)),
        ("<c r='A1' t='d'><v>18:00:00</v></c>", Cell(0.75)),
        ("<c r='A1' t='d'><v>T06:00Z</v></c>", Cell(0.25)),
        ("<c r='A1' t='d'><v>PT36H</v></c>", Cell(1.5)),
        ("<c r='A1' t='d'><v></v></c>", None),
        ("<c r='A1' t='d'><v>P1DT1H30M</v></c>", Cell(1.0625)),
        ("<c r='A1'><f>1+1</f><v>2</v></c>", Cell(2.0, "1+1")),
        ("<c r='A1'><f>=1+1</f><v></v></c>", Cell(None, "1+1")),
        ("<c r='A1' t='str'><f>\"\"</f><v></v></c>", Cell("", '""')),
        ("<c r='A1' t='b'><f>TRUE</f><v>0</v></c>", Cell(False, "TRUE")),
        ("<c r='A1' t='e'><f>1/0</f><v>#DIV/0!</v></c>", Cell(CellError("#DIV/0!"), "1/0")),
        ("<c r='A1'><f ca='1'/><v>7</v></c>", Cell(7.0)),
    ],
)
def test_each_type_of_cell_is_read(read: Read, cell: str, expected: Cell | None) -> None:
    """Numbers, truth values, errors, texts, dates, with and without formulas; blanks are left out."""
    assert read(cell).cells.get((1, 1)) == expected


def test_shared_strings_lose_their_formats_and_readings(read: Read) -> None:
    """Rich text is its runs joined; phonetic readings are no text of the cell."""
    strings = (
        "<si><t xml:space='preserve'> a </t></si><si><r><rPr><b/></rPr><t>W</t></r><r><t>₁</t></r>"
        "<rPh sb='0' eb='1'><t>no</t></rPh><phoneticPr fontId='1'/></si><si><t>_x005F_x0041_</t></si><si/>"
    )
    sheet = read("".join(f"<c t='s'><v>{index}</v></c>" for index in range(4)), strings=strings)
    assert [cell.value for cell in sheet.cells.values()] == [" a ", "W₁", "_x0041_", ""]


def test_strict_and_prefixed_namespaces_are_read(tmp_path: Path) -> None:
    """ "Strict Open XML" has a namespace of its own; ClosedXML writes <x:c>."""
    cells = "<c r='A1'><f>B1</f><v>1</v></c>"
    strict = read_workbook(build(tmp_path / "s.xlsx", sheet_xml(cells, STRICT), main=STRICT))
    prefixed = sheet_xml(cells).replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")
    assert read_workbook(build(tmp_path / "p.xlsx", prefixed)) == strict
    assert strict.sheets[0].cells == {(1, 1): Cell(1.0, "B1")}


def test_elements_of_other_namespaces_are_no_cells(read: Read) -> None:
    """Extensions use the same words."""
    sheet = read("<c r='A1'><x:f xmlns:x='other'>no</x:f><v>1</v></c><x:c xmlns:x='other' r='B1'><v>2</v></x:c>")
    assert sheet.cells == {(1, 1): Cell(1.0)}


def test_cells_and_rows_without_places_follow_each_other(tmp_path: Path) -> None:
    """r= may be left out, as a handful of programs do."""
    cells = "<c><v>1</v></c><c r='D2'><v>2</v></c><c><v>3</v></c></row><row><c><v>4</v></c>"
    sheet = read_workbook(build(tmp_path / "a.xlsx", sheet_xml(cells, row="<row r='2'>"))).sheets[0]
    assert {place: cell.value for place, cell in sheet.cells.items()} == {(2, 1): 1, (2, 4): 2, (2, 5): 3, (3, 1): 4}


def test_shared_formulas_are_shifted_from_their_master_wherever_it_stands(read: Read) -> None:
    """Even after the cells that share it."""
    sheet = read(
        "<c r='A1'><f t='shared' si='0'/><v>1</v></c>"
        "<c r='B1'><f t='shared' ref='A1:C1' si='0'>SUM('W1'!B$2:$A2)+LOG10(B3)</f><v>2</v></c>"
        "<c r='C1'><f t='shared' si='0'/><v>3</v></c>"
    )
    assert formulas(sheet) == [f"SUM('W1'!{column}$2:$A2)+LOG10({column}3)" for column in "ABC"]
    assert [sheet.cells[1, column].value for column in (1, 2, 3)] == [1, 2, 3]


def test_a_shared_formula_without_its_master_is_unreadable_not_a_constant(read: Read) -> None:
    """Taken for a constant, its cached value would pass for a typed one."""
    assert read("<c r='A1'><f t='shared' si='5'/><v>3</v></c>").cells == {(1, 1): Cell(3.0, "#REF!")}


def test_array_formulas_keep_their_extent_and_the_childrens_cached_values(read: Read) -> None:
    """Old arrays and dynamic ones (cm=) alike; LibreOffice writes one cell as H10:H10."""
    sheet = read(
        "<c r='A1'><f t='array' ref='A1:B2'>MMULT(D1:E2,F1:G2)</f><v>1</v></c><c r='B1'><v>2</v></c>"
        "<c r='C1' cm='1'><f t='array' aca='1' ref='C1:C1'>_xlfn._xlws.SORT(A1:A9)</f><v>3</v></c>"
    )
    assert sheet.arrays == {(1, 1): (2, 2), (1, 3): (1, 1)}
    assert sheet.cells == {(1, 1): Cell(1.0, "MMULT(D1:E2,F1:G2)"), (1, 2): Cell(2.0), (1, 3): Cell(3.0, "SORT(A1:A9)")}


@pytest.mark.parametrize(
    ("attributes", "formula"),
    [
        ("dt2D='1' dtr='1' r1='A9' r2='B9'", "TABLE(A9,B9)"),
        ("dtr='1' r1='A9'", "TABLE(A9,)"),
        ("r1='A9'", "TABLE(,A9)"),
    ],
)
def test_a_data_table_is_an_array_of_computed_cells(read: Read, attributes: str, formula: str) -> None:
    """As Excel shows it: {=TABLE(row input, column input)}."""
    sheet = read(f"<c r='A1'><f t='dataTable' ref='A1:A3' {attributes}/><v>1</v></c>")
    assert sheet.cells == {(1, 1): Cell(1.0, formula)}
    assert sheet.arrays == {(1, 1): (3, 1)}


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("_xlfn.XLOOKUP(A1,B:B,C:C)", "XLOOKUP(A1,B:B,C:C)"),
        ("_xlfn._xlws.FILTER(A1:A9,B1:B9)", "FILTER(A1:A9,B1:B9)"),
        ("_xlfn.LET(_xlpm.x,A1,_xlpm.x*2)", "LET(x,A1,x*2)"),
        ("_xludf.MINE(1)", "MINE(1)"),
        ("_xlfn.STDEV.S(A1:A3)", "STDEV.S(A1:A3)"),
        ("_xlfn.xlookup(A1,B:B,C:C)", "xlookup(A1,B:B,C:C)"),
        ('"_xlfn.X("&A1', '"_xlfn.X("&A1'),
        ("_xlfn.ANCHORARRAY(A1)", "A1#"),
        ('IFERROR(__xludf.DUMMYFUNCTION("SORT(A1:A3)"),3)', 'IFERROR(__xludf.DUMMYFUNCTION("SORT(A1:A3)"),3)'),
        ("ODF.SUMPRODUCT(A1:A3,B1:B3)", "SUMPRODUCT(A1:A3,B1:B3)"),
        ("_xlfngnumeric.ERROR(#REF!)", "ERROR(#REF!)"),
        (r"'It\'s'!A1+1", "'It''s'!A1+1"),
        (r"""IF("\'",1)&'It\'s'!A1""", r"""IF("\'",1)&'It''s'!A1"""),
        ("W1!A1+0.5", "W1!A1+0.5"),
    ],
)  # fmt: skip
def test_prefixes_and_programs_own_spellings_become_canonical(read: Read, written: str, canonical: str) -> None:
    """Excel's marks for newer functions, Gnumeric's for foreign ones, its backslashes; Google's wrapper is kept."""
    text = written.replace("&", "&amp;").replace("<", "&lt;")
    assert formulas(read(f"<c r='A1'><f>{text}</f><v>1</v></c>")) == [canonical]


def test_names_are_sorted_with_their_scope_and_without_the_built_in_ones(tmp_path: Path) -> None:
    """Print areas and the like are no names of the author; chart sheets count in the numbering of scopes."""
    names = (
        "<definedName name='_xlnm.Print_Area' localSheetId='0'>A!$A$1</definedName>"
        "<definedName name='W_1' localSheetId='2'>'B 2'!$A$1</definedName>"
        "<definedName name='gamma'>=A!$B$1</definedName><definedName name='W_1'>A!$A$1:$B$2</definedName>"
        "<definedName name='gone'>#REF!</definedName><definedName name='chart' localSheetId='1'>A!$A$1</definedName>"
    )
    sheets = (
        "<sheet name='A' sheetId='1' r:id='r1'/><sheet name='C' sheetId='2' r:id='r3'/>"
        "<sheet name='B 2' sheetId='3' state='veryHidden' r:id='r2'/>"
    )
    workbook = read_workbook(build(tmp_path / "a.xlsx", sheet_xml(""), names=names, sheets=sheets))
    assert [(sheet.name, sheet.hidden) for sheet in workbook.sheets] == [("A", False), ("B 2", True)]
    assert workbook.names == (
        Name("W_1", "A!$A$1:$B$2"), Name("gamma", "A!$B$1"), Name("gone", "#REF!"), Name("W_1", "'B 2'!$A$1", "B 2"),
    )  # fmt: skip


def test_a_name_inside_a_name_is_none(tmp_path: Path) -> None:
    """Seed 6, file 95 of the fuzzer: openpyxl reads the outer name, which refers to nothing; so it is no name."""
    names = "<definedName name='W_1'><definedName name='W_1'>A!$A$1</definedName></definedName>"
    sheets = "<sheet name='A' sheetId='1' r:id='r1'/>"
    workbook = read_workbook(build(tmp_path / "a.xlsx", sheet_xml(""), names=names, sheets=sheets))
    assert workbook.names == ()


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("<c r='C1'><v>INF</v></c>", "Step!C1: has 'INF' where a finite number belongs"),
        ("<c r='C1'><v>1e999</v></c>", "finite number"),
        ("<c r='C1'><v>nan</v></c>", "finite number"),
        ("<c r='C1'><v>abc</v></c>", "'abc' where a number belongs"),
        ("<c r='C1'><v>1_0</v></c>", "finite number"),
        (f"<c r='C1'><v>{'9' * 100_000}</v></c>", "finite number"),
        ("<c r='C1' t='s'><v>7</v></c>", "the shared string '7', the file has 0"),
        ("<c r='C1' t='s'><v>-1</v></c>", "the shared string '-1'"),
        ("<c r='C1' t='d'><v>soon</v></c>", "'soon' where a date belongs"),
        ("<c r='C1' t='d'><v>25:00:00</v></c>", "'25:00:00' where a date belongs"),
        ("<c r='C1' t='d'><v>PT</v></c>", "'PT' where a date belongs"),
        ("<c r='C1' t='z'><v>1</v></c>", "the unknown type 'z'"),
        (f"<c r='C1' t='str'><v>{'a' * 40_000}</v></c>", "a text longer than 32,767"),
        (f"<c r='C1'><f>1{'+1' * 5_000}</f></c>", "Step!C1: a formula of over 8,192"),
        (f"<c r='C1'><f>{'(' * 65}1{')' * 65}</f></c>", "nested over 64 levels"),
        ("<c r='XFE1'><v>1</v></c>", "'XFE1' outside the sheet"),
        ("<c r='A2'><v>1</v></c>", "cell A2 stands in row 1"),
        ("<c r='C1'><f t='array' ref='C1:XFD1048576'>A1</f></c>", "an array formula over"),
    ],
)
def test_what_no_program_writes_is_refused_with_its_cell(read: Read, cell: str, said: str) -> None:
    """A damaged number silently read as 0 would be a wrong verdict."""
    with pytest.raises(FileError) as caught:
        read(cell)
    assert said in str(caught.value)


def test_rows_beyond_the_sheet_are_refused_and_far_cells_cost_nothing(tmp_path: Path) -> None:
    """The last cell of a sheet is one cell, not 17 billion."""
    far = sheet_xml("<c r='XFD1048576'><v>1</v></c>", row="<row r='1048576'>")
    assert len(read_workbook(build(tmp_path / "a.xlsx", far)).sheets[0].cells) == 1
    for row in ("0", "1048577", "-1", "x", "9" * 5000):
        with pytest.raises(FileError, match="has a row"):
            read_workbook(build(tmp_path / "b.xlsx", sheet_xml("", row=f"<row r='{row}'>")))


def test_a_workbook_has_a_limit_of_cells(tmp_path: Path) -> None:
    """All sheets together."""
    few = Limits(cells=3)
    sheets = "<sheet name='A' sheetId='1' r:id='r1'/><sheet name='B' sheetId='2' r:id='r2'/>"
    cells = "<c><v>1</v></c><c><v>1</v></c>"
    assert len(read_workbook(build(tmp_path / "a.xlsx", sheet_xml(cells)), few).sheets) == 1
    with pytest.raises(FileError, match="more than 3 cells"):
        read_workbook(build(tmp_path / "a.xlsx", sheet_xml(cells), sheets=sheets), few)


def test_little_text_cannot_become_much(tmp_path: Path) -> None:
    """A long formula shared by many cells, and many array formulas over many cells, are counted as what they become."""
    shared = "<c><f t='shared' si='0' ref='A1:Z1'>SUM(A2:A9,1)</f></c>" + "<c><f t='shared' si='0'/></c>" * 5
    with pytest.raises(FileError, match="formulas of over 50 characters"):
        read_workbook(build(tmp_path / "a.xlsx", sheet_xml(shared)), Limits(formula_text=50))
    arrays = "<c><f t='array' ref='A1:A20'>B1</f></c><c><f t='array' ref='B1:C20'>B1</f></c>"
    with pytest.raises(FileError, match="Step!B1: an array formula over 40 cells"):
        read_workbook(build(tmp_path / "a.xlsx", sheet_xml(arrays)), Limits(cells=50))


def test_a_row_without_a_number_takes_it_from_its_cells(tmp_path: Path) -> None:
    """And more cells than columns are refused."""
    sheet = read_workbook(build(tmp_path / "a.xlsx", sheet_xml("<c r='B7'><v>1</v></c>", row="<row>"))).sheets[0]
    assert list(sheet.cells) == [(7, 2)]
    with pytest.raises(FileError, match="row 1 has more than 16,384 cells"):
        read_workbook(build(tmp_path / "a.xlsx", sheet_xml("<c/>" * 16_385)))


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        ("", "has no worksheet"),
        ("<sheet name='C' sheetId='1' r:id='r3'/>", "has no worksheet"),
        ("<sheet name='A' sheetId='1' r:id='none'/>", "has no part in the file"),
        ("<sheet name='A' sheetId='1' r:id='r1'/><sheet name='a' sheetId='2' r:id='r2'/>", "two sheets of one name"),
    ],
)
def test_a_workbook_without_proper_sheets_is_refused(tmp_path: Path, sheets: str, said: str) -> None:
    """An empty answer would pass for an empty homework."""
    with pytest.raises(FileError, match=said):
        read_workbook(build(tmp_path / "a.xlsx", sheet_xml(""), sheets=sheets))


@pytest.mark.parametrize("module", ["r:id=''", ""])
def test_a_sheet_that_leads_to_no_part_has_no_cells(tmp_path: Path, module: str) -> None:
    """A module of macros in an old workbook; it counts where names say which sheet they belong to."""
    sheets = f"<sheet name='Module1' sheetId='1' {module}/><sheet name='Step' sheetId='2' r:id='r1'/>"
    names = "<definedName name='a' localSheetId='1'>Step!$A$1</definedName>"
    names += "<definedName name='b' localSheetId='0'>Step!$A$1</definedName>"
    workbook = read_workbook(build(tmp_path / "a.xlsx", sheet_xml("<c><v>2</v></c>"), sheets=sheets, names=names))
    assert [sheet.name for sheet in workbook.sheets] == ["Step"]
    assert workbook.names == (Name("a", "Step!$A$1", "Step"),)


@pytest.mark.parametrize(
    "formula", ["A2", " A2 ", "=A2", "_x0041_2", "W_x*2", "0.5*A2", "_xlfn.STDEV.S(A2)", "A2\\", "", "(A2)"]
)
@pytest.mark.parametrize("value", ["1", " 1 ", "1e3", "", " ", "1_0", "nan", "inf", "1e999", "\u0661", "x"])
def test_a_plain_cell_is_read_as_any_other(read: Read, formula: str, value: str) -> None:
    """Most cells are a number with a short formula, and read in a quicker way: to the same end as `t="normal"` is."""

    def content(kind: str) -> Cell | str | None:
        try:
            return read(f"<c r='A1'><f{kind}>{formula}</f><v>{value}</v></c>").cells.get((1, 1))
        except FileError as error:
            return str(error)

    assert content("") == content(" t='normal'")


@pytest.mark.parametrize("index", ["0", "1", "2", " 1 ", "01", "-1", "1_0", "", "\u0661"])
def test_a_plain_shared_text_is_read_as_any_other(read: Read, index: str) -> None:
    """The same with a shared string, which an element that counts for nothing makes unusual."""

    def content(more: str) -> Cell | str | None:
        try:
            cell = f"<c r='A1' t='s'><v>{index}</v>{more}</c>"
            return read(cell, "<si><t>a</t></si><si><t>b</t></si>").cells.get((1, 1))
        except FileError as error:
            return str(error)

    assert content("") == content("<extLst/>")


def test_what_a_plain_cell_holds_in_its_pieces_is_refused(read: Read) -> None:
    """Nothing may hide in a formula or a value, nor stand there twice."""
    for cell in (
        "<f>1<f>2</f></f><v>1</v>",
        "<f>1</f><v>1<v>2</v></v>",
        "<f>1</f><f>2</f><v>1</v>",
        "<v>1</v><v>2</v>",
    ):
        with pytest.raises(FileError):
            read(f"<c r='A1'>{cell}</c>")


def test_the_characters_of_plain_formulas_count(tmp_path: Path) -> None:
    """Toward all that a workbook may have."""
    path = build(tmp_path / "a.xlsx", sheet_xml("".join(f"<c r='{c}1'><f>1+2+3</f><v>6</v></c>" for c in "ABCD")))
    assert len(read_workbook(path, Limits(formula_text=20)).sheets[0].cells) == 4
    with pytest.raises(FileError, match="formulas of over 19 characters"):
        read_workbook(path, Limits(formula_text=19))
