"""Notes, links, rules, entries, charts, protection: written to both formats, seen by others, and never read as content."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ironcalc
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odf.opendocument import load
from odf.table import ContentValidation, Table

from sheetnet.errors import FileError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.files.ods.write import write_ods
from sheetnet.files.sheet_features import row_heights
from sheetnet.files.xlsx.write import write_xlsx
from sheetnet.styles import STYLES
from sheetnet.workbook import Cell, CellValidation, DrawnLine, LineChart, Name, Rule, Series, Sheet, View, Workbook
from tests.support.engines import gnumeric_convert, libreoffice_convert, odf_errors, ooxml_errors

FORMATS = ["xlsx", "ods"]
NOTES = {(3, 3): "Above 0.\nTry 0.1 & 10.", (36, 1): "on a <formula>", (40, 9): "on a blank cell"}
SCALE = Rule((4, 4, 33, 4), scale=("FFFFFF", "2F75B5"))
CHART = LineChart(
    "Cost over the steps", "step", "cost", (4, 1, 33, 1), (Series("cost", (4, 2, 33, 2)),), (5, 6), last=29
)
LINES = (DrawnLine((4, 6), (9, 8)), DrawnLine((9, 6), (4, 8)), DrawnLine((20, 6), (20, 8)))
VIEW = View(
    widths={1: 14.0},
    freeze=(4, 2),
    notes=NOTES,
    links={(3, 5): ("Chain rule", 1, 1), (1, 1): ("Step", 3, 3)},
    rules=(
        Rule((4, 3, 33, 3), "C4<0", "dead"),
        SCALE,
        Rule((4, 2, 33, 2), "AND(B4>0.5,'Chain rule'!$A$1=7)", "fail"),
        Rule((4, 2, 33, 3), "$A4=3", "pass"),
    ),
    entries=(
        CellValidation((3, 3, 3, 3), "Learning rate γ", "A number above 0.", 0.0),
        CellValidation((4, 1, 6, 1), "Step", "A number."),
        CellValidation((7, 1, 7, 1), "n", "0 to 3.", whole=(0, 3)),
    ),
    charts=(CHART,),
    lines=LINES,
    locked=True,
    title_rows=(1, 3),
    tab="1F3864",
)


def full_workbook() -> Workbook:
    """A workbook that uses everything a view has; 30 rows of numbers under three title rows."""
    cells = {
        (1, 1): Cell("All features", role="title"),
        (2, 1): Cell("A text of more words than one line of its narrow column holds", role="text"),
        (3, 1): Cell("header of many words", role="header"),
        (3, 3): Cell(0.5, role="gamma"),
        (3, 5): Cell("to the chain rule", role="symbol"),
        (36, 1): Cell(3.0, "SUM(A4:A6)", "forward", "0.0000"),
    }
    for row in range(4, 34):
        step = float(row - 4)
        cells[row, 1] = Cell(step, role="count")
        cells[row, 2] = Cell(1 / (step + 1), f"1/(A{row}+1)", "cost")
        cells[row, 3] = Cell(1 - 2 / (step + 1), f"1-2*B{row}", "activation_1")
        cells[row, 4] = Cell(1 / (step + 1), f"B{row}", "output")
    second = Sheet("Chain rule", {(1, 1): Cell(7.0, role="input"), (2, 1): Cell(7.0, "A1")}, view=View(tab="C55A11"))
    array = {(1, 1): Cell(2.0, "TRANSPOSE(B1:B2)"), (1, 2): Cell(2.0), (2, 2): Cell(5.0)}
    hidden = Sheet("_hidden", array, {(1, 1): (1, 1)}, hidden=True, view=View(notes={(1, 1): "unseen"}))
    return Workbook((Sheet("Step", cells, view=VIEW), second, hidden), (Name("gamma", "Step!$C$3"),))


def with_view(**changes: Any) -> Workbook:
    """A workbook of one sheet with two numbers and this view."""
    cells = {(1, 1): Cell(1.0), (2, 1): Cell(2.0), (3, 1): Cell(role="answer")}
    return Workbook((Sheet("Step", cells, view=View(**changes)),))


def saved(workbook: Workbook, folder: Path, suffix: str) -> Path:
    path = folder / f"looks.{suffix}"
    save_workbook(workbook, path)
    return path


def ods_part(workbook: Workbook, part: str = "content.xml") -> str:
    stream = io.BytesIO()
    write_ods(workbook, stream)
    with zipfile.ZipFile(stream) as archive:
        return archive.read(part).decode()


# ---- our own readers ----

TWO_SERIES = (Series("d", (2, 2, 6, 2)), Series("e", (2, 3, 6, 3), "C55A11", thin=True))
PLACES = st.tuples(st.integers(1, 8), st.integers(1, 8))
BOXES = st.builds(lambda top, height, left, width: (top, left, top + height, left + width), *[st.integers(1, 4)] * 4)
RULES = st.builds(Rule, BOXES, st.just("A1>0.5"), st.sampled_from(sorted(STYLES))) | st.builds(
    Rule, BOXES, scale=st.just(("FFFFFF", "00522B"))
)
VIEWS = st.builds(
    View,
    notes=st.dictionaries(PLACES, st.text(min_size=1, max_size=30)),
    links=st.dictionaries(PLACES, st.just(("Step", 2, 2))),
    rules=st.lists(RULES, max_size=3).map(tuple),
    entries=st.lists(st.builds(CellValidation, BOXES, st.just("γ"), st.just("0 < γ"), st.none() | st.just(0.0))).map(
        tuple
    ),
    charts=st.sampled_from([(), (LineChart("a", "b", "c", (1, 1, 5, 1), TWO_SERIES, (3, 3)),)]),
    lines=st.sampled_from([(), (DrawnLine((2, 2), (1, 3)),)]),
    locked=st.booleans(),
    title_rows=st.none() | st.sampled_from([(1, 1), (2, 3), (5, 12)]),
)
TEXTS = st.sampled_from(["a", "two\nlines", "", " x  y ", "<&>"])
CELLS = st.builds(Cell, st.floats(-9, 9) | TEXTS) | st.builds(Cell, st.just(1.5), st.just("B2+1"))


@pytest.mark.parametrize("suffix", FORMATS)
@given(cells=st.dictionaries(PLACES, CELLS), view=VIEWS)
def test_a_view_never_changes_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, cells: dict[tuple[int, int], Cell], view: View
) -> None:
    """No note becomes text, no linked text is lost, rows in the print title count, charts hold no cells."""
    workbook = Workbook((Sheet("Step", cells, view=view),))
    assert read_workbook(saved(workbook, tmp_path_factory.getbasetemp(), suffix)) == workbook


@pytest.mark.parametrize("suffix", FORMATS)
def test_everything_at_once_is_read_back(tmp_path: Path, suffix: str) -> None:
    """Cells, arrays, names, hidden sheets and cached values, under every feature of a view."""
    assert read_workbook(saved(full_workbook(), tmp_path, suffix)) == full_workbook()


@pytest.mark.parametrize("write", [write_xlsx, write_ods])
def test_two_runs_give_the_same_bytes(write: Callable[[Workbook, io.BytesIO], None]) -> None:
    """No date and no random identity in notes, charts or relations."""
    first, second = io.BytesIO(), io.BytesIO()
    write(full_workbook(), first)
    write(full_workbook(), second)
    assert first.getvalue() == second.getvalue()


# ---- validators, and other programs' eyes ----


@pytest.mark.validator
def test_open_xml_is_valid(tmp_path: Path) -> None:
    """To the Open XML SDK."""
    assert ooxml_errors(saved(full_workbook(), tmp_path, "xlsx")) == []


@pytest.mark.schema
def test_opendocument_is_valid(tmp_path: Path) -> None:
    """To the OASIS schema, the chart's own document too."""
    assert odf_errors(saved(full_workbook(), tmp_path, "ods"), tmp_path / "parts") == ""
    assert (tmp_path / "parts" / "Object 1" / "content.xml").is_file()


def notes(page: Any) -> dict[tuple[int, int], str]:
    cells = (cell for row in page.iter_rows() for cell in row if cell.comment)
    return {(cell.row, cell.column): cell.comment.text for cell in cells}


def links(page: Any) -> dict[str, str]:
    return {cell.coordinate: cell.hyperlink.location for row in page.iter_rows() for cell in row if cell.hyperlink}


def entries(page: Any) -> list[tuple[str, str, str, float, str, str]]:
    return [
        (str(each.sqref), each.type, each.operator or "between", float(each.formula1), each.promptTitle, each.error)
        for each in page.data_validations.dataValidation
    ]


def conditions(page: Any) -> dict[tuple[str, str], tuple[str, str]]:
    """(cells, formula) → the colours of fill and font."""
    return {
        (str(area.sqref), rule.formula[0]): (rule.dxf.fill.bgColor.rgb[2:], rule.dxf.font.color.rgb[2:])
        for area in page.conditional_formatting
        for rule in area.rules
        if rule.formula
    }


def series(page: Any) -> list[tuple[str, str, list[float]]]:
    """The addresses of each chart's numbers, and the copy of them."""
    (chart,) = page._charts
    return [
        (line.xVal.numRef.f, line.yVal.numRef.f, [float(point.v) for point in line.yVal.numRef.numCache.pt])
        for line in chart.series
    ]


def colours(role: str) -> tuple[str, str]:
    return STYLES[role].fill or "", STYLES[role].color


def test_openpyxl_sees_everything(tmp_path: Path) -> None:
    """Each feature, with its author, colours, bounds, targets and cached numbers."""
    book = openpyxl.load_workbook(saved(full_workbook(), tmp_path, "xlsx"))
    page = book["Step"]
    assert notes(page) == NOTES
    assert {cell.comment.author for row in page.iter_rows() for cell in row if cell.comment} == {"sheetnet"}
    assert links(page) == {"A1": "Step!C3", "E3": "'Chain rule'!A1"}
    assert entries(page) == [
        ("C3", "decimal", "greaterThan", 0, "Learning rate γ", "A number above 0."),
        ("A4:A6", "decimal", "between", -1e307, "Step", "A number."),
        ("A7", "whole", "between", 0, "n", "0 to 3."),
    ]
    assert conditions(page) == {
        ("C4:C33", "C4<0"): colours("dead"),
        ("B4:B33", "AND(B4>0.5,'Chain rule'!$A$1=7)"): colours("fail"),
        ("B4:C33", "$A4=3"): colours("pass"),
    }
    (scale,) = (rule.colorScale for area in page.conditional_formatting for rule in area.rules if rule.colorScale)
    assert [(end.type, end.val) for end in scale.cfvo] == [("num", 0), ("num", 1)]
    assert [color.rgb for color in scale.color] == ["FFFFFFFF", "FF2F75B5"]
    assert series(page) == [("Step!$A$4:$A$33", "Step!$B$4:$B$33", [1 / (step + 1) for step in range(30)])]
    assert (page.protection.sheet, page.protection.password, book["Chain rule"].protection.sheet) == (True, None, False)
    assert (page.print_title_rows, page.sheet_properties.tabColor.rgb) == ("$1:$3", "FF1F3864")
    assert (page.sheet_properties.pageSetUpPr.fitToPage, page.page_setup.fitToHeight) == (True, 0)
    assert (page.freeze_panes, page.sheet_view.showGridLines) == ("B4", False)


def test_only_open_cells_of_a_locked_sheet_can_be_changed(tmp_path: Path) -> None:
    """In both formats the role decides; no password stands in the way of the teacher."""
    page = openpyxl.load_workbook(saved(with_view(locked=True), tmp_path, "xlsx"))["Step"]
    assert [page.cell(row, 1).protection.locked for row in (1, 2, 3)] == [True, True, False]
    content = ods_part(with_view(locked=True))
    assert 'table:protected="true"' in content
    assert "protection-key" not in content
    style = re.search('style:name="ce_answer".*?</style:style>', content)
    assert style is not None
    assert 'style:cell-protect="none"' in style[0]
    assert 'table:protected="true"' not in ods_part(with_view())


def test_odfpy_sees_everything(tmp_path: Path) -> None:
    """Notes, links, entries, header rows and the chart stand where OpenDocument has them."""
    document = load(str(saved(full_workbook(), tmp_path, "ods")))
    table = document.spreadsheet.getElementsByType(Table)[0]

    def found(kind: str) -> list[Any]:
        return [each for each in walk(table) if each.tagName == kind]

    assert [str(note.lastChild) for note in found("office:annotation")][1:] == ["on a <formula>", "on a blank cell"]
    assert [link.getAttribute("href") for link in found("text:a")] == ["#Step.C3", "#'Chain rule'.A1"]
    allowed = {each.getAttribute("condition") for each in document.spreadsheet.getElementsByType(ContentValidation)}
    assert "of:cell-content-is-decimal-number() and cell-content()>0" in allowed
    (header,) = found("table:table-header-rows")
    assert len(header.childNodes) == 3
    assert [each.getAttribute("href") for each in found("draw:object")] == ["./Object 1"]


def walk(element: Any) -> list[Any]:
    children = [child for child in element.childNodes if hasattr(child, "tagName")]
    return [each for child in children for each in (child, *walk(child))]


@pytest.mark.libreoffice
@pytest.mark.parametrize("suffix", FORMATS)
def test_libreoffice_keeps_everything(tmp_path: Path, suffix: str) -> None:
    """Whatever LibreOffice reads from either file it saves in an .xlsx: so it read all of it."""
    path = saved(full_workbook(), tmp_path, suffix)
    (converted,) = libreoffice_convert([path], "xlsx", tmp_path / "out")
    book = openpyxl.load_workbook(converted)
    page = book["Step"]
    assert notes(page) == NOTES
    assert links(page) == {"A1": "Step!C3", "E3": "'Chain rule'!A1"}
    assert [each[:2] + each[3:] for each in entries(page)] == [
        ("C3", "decimal", 0, "Learning rate γ", "A number above 0."),
        ("A4:A6", "decimal", -1e307, "Step", "A number."),
        ("A7", "whole", 0, "n", "0 to 3."),
    ]
    seen = {formula: colours for (_, formula), colours in conditions(page).items()}
    assert seen["C4<0"] == colours("dead")
    assert seen["AND(B4>0.5,'Chain rule'!$A$1=7)"] == colours("fail")
    assert seen["$A4=3"] == colours("pass")
    assert series(page)[0][:2] == ("Step!$A$4:$A$33", "Step!$B$4:$B$33")
    assert series(page)[0][2] == pytest.approx([1 / (step + 1) for step in range(30)])
    assert (page.protection.sheet, page.print_title_rows) == (True, "$1:$3")
    # LibreOffice 7.4 loses the tab's colour of a protected sheet of an .xlsx.
    assert book["Chain rule"].sheet_properties.tabColor.rgb == "FFC55A11"
    assert read_workbook(converted).names == full_workbook().names


@pytest.mark.libreoffice
def test_libreoffice_saves_our_xlsx_as_ods_with_everything(tmp_path: Path) -> None:
    """The other way round, read by odfpy."""
    (converted,) = libreoffice_convert([saved(full_workbook(), tmp_path, "xlsx")], "ods", tmp_path / "out")
    table = load(str(converted)).spreadsheet.getElementsByType(Table)[0]
    kinds = [each.tagName for each in walk(table)]
    assert (kinds.count("office:annotation"), kinds.count("text:a"), kinds.count("draw:object")) == (3, 2, 1)
    assert read_workbook(converted).sheets[0].cells[3, 5] == Cell("to the chain rule")


@pytest.mark.gnumeric
def test_gnumeric_opens_both(tmp_path: Path) -> None:
    """The .ods without a word; of the .xlsx it only says what it does not show: the colour scale, and each note's box."""
    for suffix in FORMATS:
        path = saved(full_workbook(), tmp_path, suffix)
        gnumeric_convert(path, "xlsx", tmp_path / "out")
        done = subprocess.run(
            ["ssconvert", path, tmp_path / f"{suffix}.csv"], capture_output=True, text=True, check=True
        )
        said = [line for line in done.stderr.splitlines() if "type Note" not in line and "colorScale" not in line]
        assert said == [], suffix
        assert suffix == "xlsx" or not done.stderr


def test_ironcalc_opens_it(tmp_path: Path) -> None:
    """It stumbles over other writers' notes; ours it passes over, and computes."""
    model = ironcalc.load_from_xlsx(str(saved(full_workbook(), tmp_path, "xlsx")), "en", "UTC", "en")
    model.evaluate()
    assert model.get_formatted_cell_value(0, 36, 1) == "3.0000"


# ---- details ----


def test_a_colour_scale_is_five_shades_in_ods() -> None:
    """From one end to the other, each over a fifth of the way or half of that at the ends; the font stays."""
    sheet = replace(with_view(rules=(Rule((1, 1, 2, 1), scale=("000000", "FFFFFF")),)).sheets[0])
    content = ods_part(Workbook((sheet,)))
    maps = re.findall(r'condition="is-true-formula\((.*?)\)" style:apply-style-name="shade_(\w+?)"', content)
    assert [shade for _, shade in maps] == ["FFFFFF", "BFBFBF", "808080", "404040", "000000"]
    bounds = [0.875, 0.625, 0.375, 0.125]
    assert [formula for formula, _ in maps][:4] == [f"AND(ISNUMBER([.A1]);[.A1]&gt;={bound})" for bound in bounds]


def test_rules_and_notes_reach_blank_cells() -> None:
    """A cell that the sheet does not hold still gets its note, entry and rules."""
    view = {"notes": {(9, 9): "here"}, "entries": (CellValidation((8, 8, 8, 8), "a", "b"),), "title_rows": (10, 12)}
    content = ods_part(with_view(**view))
    assert "<text:p>here</text:p></office:annotation></table:table-cell>" in content
    assert 'table:content-validation-name="entry1"></table:table-cell>' in content
    assert content.count("table:table-header-rows>") == 2


def test_rows_grow_with_wrapped_and_large_texts(tmp_path: Path) -> None:
    """Programs that do not measure, such as LibreOffice with an .xlsx, would cut them off."""
    heights = row_heights(full_workbook().sheets[0])
    assert heights.keys() == {1, 2, 3}
    assert heights[2] > heights[3] > 25
    page = openpyxl.load_workbook(saved(full_workbook(), tmp_path, "xlsx"))["Step"]
    assert {row: page.row_dimensions[row].height for row in heights} == heights
    assert f'style:row-height="{heights[2]:g}pt"' in ods_part(full_workbook())


ONE = (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ({"entries": (CellValidation(ONE, "x" * 33, "m"),)}, "Step!A1: an entry's title and message of 33 and 1"),
        ({"entries": (CellValidation(ONE, "t", "x" * 256),)}, "Step!A1: an entry's title and message of 1 and 256"),
        ({"entries": (CellValidation(ONE, "t", "m", float("inf")),)}, "Step!A1: entries from inf on"),
        ({"entries": (CellValidation((2, 1, 1, 1), "t", "m"),)}, "are no box"),
        ({"rules": (Rule(ONE, "A1>0", "purple"),)}, "Step!A1: a rule needs a formula and a known role"),
        ({"rules": (Rule(ONE, "", "fail"),)}, "Step!A1: a rule needs a formula"),
        ({"rules": (Rule(ONE, scale=("red", "FFFFFF")),)}, "Step!A1: a colour scale has two or three colours"),
        ({"rules": (Rule((0, 1, 1, 1), "A1>0", "fail"),)}, "Step: the rule's cells"),
        ({"notes": {(1, 1): ""}}, "Step!A1: an empty note"),
        ({"notes": {(2, 1): "x" * 32_768}}, "Step!A2: a note of over 32,767 characters"),
        ({"notes": {(0, 1): "x"}}, "Step: a note, link, chart or line outside the sheet"),
        ({"links": {(1, 1): ("Step", 0, 1)}}, "Step!A1: a link to 'Step', row 0"),
        ({"links": {(1, 1): ("Key", 1, 1)}}, "Step!A1: a link to 'Key', row 1, column 1, which is missing"),
        ({"charts": (replace(CHART, series=(Series("c", (4, 2, 33, 3)),)),)}, "Step!F5: the chart's numbers"),
        ({"charts": (replace(CHART, series=()),)}, "Step!F5: the chart's numbers"),
        ({"charts": (replace(CHART, series=(Series("c", (4, 2, 32, 2)),)),)}, "Step!F5: the chart's columns differ"),
        ({"charts": (replace(CHART, series=(Series("c", (4, 2, 33, 2), "red"),)),)}, "Step!F5: a colour of the chart"),
        ({"lines": (DrawnLine((1, 2), (3, 2)),)}, "Step!B1: a line that does not lead to a cell further right"),
        ({"lines": (DrawnLine((1, 0), (3, 2)),)}, "Step: a note, link, chart or line outside the sheet"),
        ({"entries": (CellValidation(ONE, "t", "m", whole=(3, 0)),)}, "Step!A1: entries that are whole"),
        ({"title_rows": (3, 2)}, "Step: the title rows"),
        ({"tab": "blue"}, "Step: the tab's colour 'blue'"),
    ],
)
@pytest.mark.parametrize("write", [write_xlsx, write_ods])
def test_impossible_views_are_refused(
    write: Callable[[Workbook, io.BytesIO], None], view: dict[str, Any], said: str
) -> None:
    """In one line with sheet and cell: Excel would call such a file corrupt, or XlsxWriter leave the thing out."""
    with pytest.raises(FileError) as caught:
        write(with_view(**view), io.BytesIO())
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
