"""What is written as .ods reads back the same; what others wrote is understood; bombs are refused."""

from __future__ import annotations

import io
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetnet.errors import FileError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.files.ods.write import write_ods
from sheetnet.styles import STYLES
from sheetnet.workbook import Cell, CellError, Name, Sheet, Value, View, Workbook, array_cells
from tests.support.made_ods import MIMETYPE, cell, document, number, package, row, wide


def read_rows(path: Path, rows: str) -> Sheet:
    """The sheet with these `table:table-row` elements."""
    body = f'<table:table table:name="Data">{rows}</table:table>'
    return read_workbook(package(path / "made.ods", document(body))).sheets[0]


# ---- round trip ----

CHARACTERS = st.sampled_from(" \t\n=<>&\"'ä∂") | st.characters(codec="utf-8", exclude_categories=["C"])
TEXTS = st.text(CHARACTERS, max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
ERRORS = st.sampled_from(["#N/A", "#DIV/0!", "#SPILL!"]).map(CellError)
VALUES: st.SearchStrategy[Value] = st.one_of(NUMBERS, TEXTS, st.booleans(), ERRORS)
COMPUTED = VALUES.filter(lambda value: not isinstance(value, str) or not value.startswith("#"))
FORMULAS = st.sampled_from(
    ["SUM(A1:B2)*2", 'IF(A1<2,"a  b","")', "'It''s'!A1+W_1", "MMULT(A1:B2,$C$3:D4)", "SUM(A:A)", 'A1&"\n<"']
)
CELLS = st.one_of(st.builds(Cell, VALUES), st.builds(Cell, COMPUTED, FORMULAS, role=st.sampled_from(sorted(STYLES))))
PLACES = st.tuples(st.integers(1, 40) | st.just(1048576), st.integers(1, 12) | st.just(16384))
SHEET_NAMES = st.text(st.sampled_from("abC1 .'!&<ü-"), min_size=1, max_size=8).filter(
    lambda name: name.strip("'") == name
)
ADDRESSES = st.sampled_from(
    ["Step!$B$3:$C$5", "'It''s'!$A$1", "0.5", "Step!$A:$B", "SUM(Step!$A$1:$A$2)/2", '"x"', "Step!A1"]
)


@st.composite
def workbooks(draw: st.DrawFn) -> Workbook:
    titles = draw(st.lists(SHEET_NAMES, min_size=1, max_size=3, unique_by=str.casefold))
    sheets = tuple(draw(sheet_named(title)) for title in titles)
    scopes = st.none() | st.sampled_from(titles)
    keys = draw(st.lists(st.tuples(scopes, st.sampled_from(["W_1", "rate", "ü_1"])), max_size=4, unique=True))
    names = [Name(name, draw(ADDRESSES), scope) for scope, name in keys]
    return Workbook(sheets, tuple(sorted(names, key=lambda name: (name.sheet or "", name.name))))


@st.composite
def sheet_named(draw: st.DrawFn, title: str) -> Sheet:
    cells = draw(st.dictionaries(PLACES, CELLS, max_size=12))
    anchors = [place for place, each in cells.items() if each.formula and place[0] < 40 and place[1] < 12]
    arrays = {place: draw(st.tuples(st.integers(1, 3), st.integers(1, 3))) for place in anchors[:1]}
    filled = array_cells(Sheet(title, cells, arrays))  # where an array fills them, cells have no formulas of their own
    cells = {at: cell if filled.get(at, at) == at else replace(cell, formula=None) for at, cell in cells.items()}
    free = [place for place in anchors if place not in filled]
    arrays |= dict.fromkeys(free[:1], (1, 1))
    return Sheet(title, cells, arrays, hidden=draw(st.booleans()))


@given(workbooks())
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, workbook: Workbook) -> None:
    """read(write(workbook)) is the workbook: cells, formulas, arrays, names, hidden sheets and cached values."""
    path = tmp_path_factory.getbasetemp() / "round.ods"
    save_workbook(workbook, path)
    assert read_workbook(path) == workbook


def step_workbook() -> Workbook:
    cells = {
        (1, 1): Cell("=not a formula"),
        (2, 2): Cell(0.25, role="weight"),
        (3, 2): Cell(0.5, "B2*2", role="forward"),
    }
    view = View(widths={1: 14, 3: 4.5}, freeze=(2, 2))
    return Workbook((Sheet("Step", cells, view=view), Sheet("Key", {}, hidden=True)), (Name("W_1", "Step!$B$2"),))


def test_the_same_workbook_gives_the_same_bytes() -> None:
    """Nothing but the workbook decides the bytes, and `mimetype` comes first, unpacked."""
    first, second = io.BytesIO(), io.BytesIO()
    write_ods(step_workbook(), first)
    write_ods(Workbook((Sheet("Other", {}),)), io.BytesIO())
    write_ods(step_workbook(), second)
    assert first.getvalue() == second.getvalue()
    assert first.getvalue()[30:].startswith(b"mimetype" + MIMETYPE.encode())


def test_characters_without_a_place_in_xml_are_left_out(tmp_path: Path) -> None:
    """Control characters vanish from texts; the rest stays."""
    save_workbook(Workbook((Sheet("A", {(1, 1): Cell("a\x00\x0b\x1fb\ud800\uffffc\r\nd")}),)), tmp_path / "a.ods")
    assert read_workbook(tmp_path / "a.ods").sheets[0].cells[1, 1] == Cell("abc\nd")


def test_a_cell_with_nothing_but_a_look_is_not_read(tmp_path: Path) -> None:
    """Blank cells are written with their fill, and do not come back."""
    save_workbook(Workbook((Sheet("A", {(1, 1): Cell(role="input"), (1, 2): Cell(1.0)}),)), tmp_path / "a.ods")
    assert dict(read_workbook(tmp_path / "a.ods").sheets[0].cells) == {(1, 2): Cell(1.0)}


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        (Sheet("Step", {(2, 3): Cell(None, "A1")}), "Step!C2: the formula A1 has no cached value"),
        (Sheet("Step", {(2, 3): Cell(float("nan"), "A1")}), "Step!C2: a spreadsheet cannot hold the number nan"),
        (Sheet("Step", {(2, 3): Cell(float("inf"))}), "Step!C2: a spreadsheet cannot hold the number inf"),
        (Sheet("Step", {(2, 3): Cell(1.0, role="purple")}), "Step!C2: there is no look for the role 'purple'"),
        (Sheet("Step", {(2, 3): Cell(1.0)}, {(2, 3): (2, 2)}), "Step!C2: an array formula begins here"),
        (Sheet("Step", {(0, 3): Cell(1.0)}), "Step: row 0, column 3 is outside"),
        (Sheet("a/b", {}), "rename it"),
    ],
)
def test_what_no_spreadsheet_can_hold_is_not_written(sheet: Sheet, message: str) -> None:
    """Each refusal names sheet and cell."""
    with pytest.raises(FileError, match=message):
        write_ods(Workbook((sheet,)), io.BytesIO())


# ---- what other programs write ----


def test_repeats_count_and_blanks_cost_nothing(tmp_path: Path) -> None:
    """LibreOffice fills sheets up to the last row and column with counted blanks, and counts equal neighbours."""
    rows = [
        row(cell(wide(16384)), count=3),
        row(cell(""), number(7, wide(2)), cell(wide(16381) + ' table:style-name="ce1"'), count=2),
        row(number(1), f"<table:covered-table-cell {wide(2)}/>", number(2)),
        row(cell(""), count=1048570),
    ]
    sheet = read_rows(tmp_path, "".join(rows))
    assert dict(sheet.cells) == {(r, c): Cell(7.0) for r in (4, 5) for c in (2, 3)} | {
        (6, 1): Cell(1.0),
        (6, 4): Cell(2.0),
    }


def test_every_type_of_value(tmp_path: Path) -> None:
    """Numbers, dates, truth values, texts and errors are told apart as each program marks them."""
    error = 'table:formula="of:=x" office:value-type="string" calcext:value-type="error"'
    gnumeric = 'table:formula="of:=1/0" office:value-type="string" office:string-value="#DIV/0!"'
    cases: list[tuple[str, Value]] = [
        (cell('office:value-type="float" office:value="-1.5e-3"', "x"), -0.0015),
        (cell('office:value-type="percentage" office:value="0.5"', "50%"), 0.5),
        (cell('office:value-type="currency" office:currency="EUR" office:value="3"', "3"), 3.0),
        (cell('office:value-type="date" office:date-value="2024-02-29"', "29.2."), "2024-02-29"),
        (cell('office:value-type="time" office:time-value="PT1H"', "1:00"), "PT1H"),
        (cell('office:value-type="boolean" office:boolean-value="true"', "WAHR"), True),
        (cell('office:value-type="string"', "#N/A"), "#N/A"),
        (cell('office:value-type="string"', ""), ""),
        (cell('office:value-type="string" office:string-value="long"', "short"), "long"),
        (cell(error, "#N/A"), CellError("#N/A")),
        (cell(error, "Err:502"), CellError("#VALUE!")),
        (cell(error, "Fehler:503"), CellError("#NUM!")),
        (cell(gnumeric, "#DIV/0!"), CellError("#DIV/0!")),
        (cell('table:formula="of:=IF(1;&quot;&quot;)"', ""), ""),
        (cell('table:formula="of:=[.A1]"'), None),
        (cell("", "typeless"), "typeless"),
    ]
    sheet = read_rows(tmp_path, "".join(row(xml) for xml, _ in cases))
    assert [sheet.cells[row, 1].value for row in range(1, len(cases) + 1)] == [value for _, value in cases]


def test_text_is_read_as_libreoffice_reads_it(tmp_path: Path) -> None:
    """Spans, links, spaces, tabs and lines are text; comments, drawings and the XML's own line breaks are not."""
    comment = "<office:annotation><dc:creator>me</dc:creator><text:p>no</text:p></office:annotation>"
    drawing = (
        '<draw:frame><draw:text-box><text:p>no</text:p></draw:text-box><table:table table:name="no"/></draw:frame>'
    )
    text = '<text:span>a<text:s text:c="2"/></text:span><text:a>b</text:a><text:tab/>c <text:line-break/>d\n  e '
    inner = f"{comment}<text:p>{text}</text:p>{drawing}<text:p/>"
    xml = f'<table:table-cell office:value-type="string">{inner}</table:table-cell>'
    sheet = read_rows(tmp_path, row(xml, number(1)))
    assert dict(sheet.cells) == {(1, 1): Cell("a  b\tc \nd e \n"), (1, 2): Cell(1.0)}


def test_tables_that_are_no_sheets(tmp_path: Path) -> None:
    """Tables in drawings, in DDE links and LibreOffice's copies of other files are passed over; linked sheets are read."""
    one = row(number(1))
    inner = f'<table:table table:name="inner">{one}</table:table>'
    body = (
        f'<table:table table:name="Data" table:style-name="ta2"><table:table-source table:mode="copy-all"/>'
        f"<table:shapes><draw:frame>{inner}</draw:frame></table:shapes><table:table-header-rows>{one}</table:table-header-rows>"
        f"<table:table-row-group>{row(f'<table:table-cell>{inner}</table:table-cell>', number(2))}</table:table-row-group>"
        f"</table:table><table:table table:name=\"'file:///b.ods'#$S\">{one}</table:table>"
        f"<table:dde-links><table:dde-link>{inner}</table:dde-link></table:dde-links>"
    )
    styles = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    workbook = read_workbook(package(tmp_path / "a.ods", document(body, styles)))
    assert workbook == Workbook((Sheet("Data", {(1, 1): Cell(1.0), (2, 2): Cell(2.0)}, hidden=True),))


def test_formulas_and_names_of_each_program(tmp_path: Path) -> None:
    """LibreOffice, Gnumeric and Excel spell formulas and names differently; they read alike."""
    typed = 'office:value-type="float" office:value="3"'
    formulas = {
        "of:=SUM([$'Data'.A$1:.A$1048576])": "SUM(Data!A:A)",
        "of:=SUM([.A:.A])": "SUM(A:A)",
        "of:=COM.MICROSOFT.STDEV.S([.A1:.A3])": "STDEV.S(A1:A3)",
        "of:=LEGACY.NORMSDIST([Data.A1])": "NORMSDIST(Data!A1)",
        "oooc:=[.A1]*2": "A1*2",
        "=A1*2": "A1*2",
        "of:='Data'.own+Data.own": "own+own",
    }
    rows = "".join(row(cell(f'table:formula="{text}" {typed}', "3")) for text in formulas)
    base = 'table:base-cell-address="$Data.$A$1"'
    own = f'<table:named-range table:name="own" table:cell-range-address="$Data.$A$1" {base}/>'
    names = (
        f'<table:named-range table:name="lo" table:cell-range-address="$Data.$A$1:.$B$2" {base}/>'
        '<table:named-range table:name="gn" table:cell-range-address="$\'Data\'.$A$1:.$B$1048576"/>'
        '<table:named-range table:name="excel" table:cell-range-address="$Data.$A$1:$Data.$B$2"/>'
        '<table:named-range table:name="left" table:cell-range-address="$Data.B3" table:base-cell-address="$Data.$C$3"/>'
        '<table:named-expression table:name="half" table:expression="0.5" table:base-cell-address="$Data.$A$1"/>'
        '<table:named-expression table:name="twice" table:expression="of:=2*[$Data.$A$1]"/>'
    )
    body = (
        f'<table:table table:name="Data">{rows}<table:named-expressions>{own}</table:named-expressions></table:table>'
    )
    body += f"<table:named-expressions>{names}</table:named-expressions>"
    workbook = read_workbook(package(tmp_path / "a.ods", document(body)))
    assert [workbook.sheets[0].cells[row, 1].formula for row in range(1, len(formulas) + 1)] == list(formulas.values())
    assert workbook.names == (
        Name("excel", "Data!$A$1:$B$2"),
        Name("gn", "Data!$A:$B"),
        Name("half", "0.5"),
        Name("left", "Data!XFD1"),
        Name("lo", "Data!$A$1:$B$2"),
        Name("twice", "2*Data!$A$1"),
        Name("own", "Data!$A$1", "Data"),
    )


# ---- hostile files ----

TEXT, FLOAT = 'office:value-type="string"', 'office:value-type="float" office:value="{}"'
FORMULA = 'table:formula="of:={}" office:value-type="float" office:value="1" '
MATRIX = 'table:number-matrix-rows-spanned="1048576" table:number-matrix-columns-spanned="9"'


@pytest.mark.parametrize(
    "bomb",
    [
        row(number(1, wide(16384)), count=1048576),
        row(cell(FORMULA.format("SUM([.A1:.B2])")), count=1000001),
        row(cell(FORMULA.format("[.A1]") + wide(1001)), count=1000),
        row(number(1), count=1048577),
        row(number(1, wide(16385))),
        row(number(1), count="9" * 5000),
        row(number(1), count=-1),
        row(cell(TEXT, '<text:s text:c="2000000000"/>')),
        row(cell(TEXT, '<text:s text:c="1000"/>' * 40)),
        row(cell(TEXT, "a" * 32768)),
        row(cell(FLOAT.format("abc"))),
        row(cell(FLOAT.format("INF"))),
        row(cell(FLOAT.format("1_0"))),
        row(cell('office:value-type="boolean" office:boolean-value="maybe"')),
        row(cell(FORMULA.format("1+" * 9000 + "1"))),
        row(cell(FORMULA.format("(" * 70 + "1" + ")" * 70))),
        row(cell(FORMULA.format("MMULT([.A1];[.B1])") + MATRIX)),
    ],
)
def test_a_bomb_is_refused_at_once(tmp_path: Path, bomb: str) -> None:
    """What would fill the memory or is no value is refused, in one line that names the sheet and the cell."""
    started = time.monotonic()
    with pytest.raises(FileError, match=r"^[^\n]*made\.ods: Data![A-Z]+\d+: [^\n]+$"):
        read_rows(tmp_path, bomb)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "content",
    [
        document("", doctype='<!DOCTYPE a [<!ENTITY b "c">]>'),
        document("", doctype="<!DOCTYPE a>"),
        document(""),
        document('<table:table table:name="A"/><table:table table:name="a"/>'),
        document("<table:table/>"),
        document('<table:named-expressions><table:named-range table:name="x"/></table:named-expressions>'),
        document('<table:table table:name="A"/>')[:-9],
        "",
    ],
)
def test_a_damaged_document_is_refused(tmp_path: Path, content: str) -> None:
    """DTDs, missing sheets, two sheets of one name and torn XML are errors, not empty workbooks."""
    with pytest.raises(FileError, match=r"^[^\n]+$"):
        read_workbook(package(tmp_path / "a.ods", content))


def test_an_encrypted_file_says_so(tmp_path: Path) -> None:
    """The message tells the way out."""
    path = package(tmp_path / "a.ods", "garbage")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")
    with pytest.raises(FileError, match="save the workbook without a password"):
        read_workbook(path)
