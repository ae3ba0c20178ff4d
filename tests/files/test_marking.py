"""Marking at the level of files: fills, notes and a sheet are put in, all else of the packages stays as it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from sheetnet.errors import FileError
from sheetnet.files import mark_workbook, read_workbook, save_workbook
from sheetnet.files.marking import Mark
from sheetnet.generate import make_workbook
from sheetnet.network_file import load_network
from sheetnet.workbook import Cell
from tests.support.engines import ooxml_errors
from tests.support.marked import ADDED, SHEET
from tests.support.odf import odf_cells
from tools.packages import parts_of, zipped

NETWORK = load_network("d02b")


def rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The package with other parts."""
    found = parts_of(path.read_bytes())
    change(found)
    path.write_bytes(zipped(found))
    return path


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_text_that_looks_like_a_formula_stays_text(suffix: str, tmp_path: Path) -> None:
    """`=1+1` and `@x` on the added sheet are texts."""
    original, target = tmp_path / f"student.{suffix}", tmp_path / f"copy.{suffix}"
    save_workbook(make_workbook(NETWORK), original)
    mark_workbook(original, target, {}, ADDED)
    assert read_workbook(target).sheets[0].cells == {(1, 1): Cell("=1+1"), (1, 2): Cell(2.5), (2, 1): Cell("@x")}


def plain_xlsx(path: Path, comments: bool = False, button: bool = False) -> Path:
    """A workbook with a chart, validation, conditional format, array formula, merged cells, and notes or a button."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet(SHEET)
        money = book.add_format({"num_format": "0.00 $", "bold": True, "border": 2, "bg_color": "#00FF00"})
        for row in range(5):
            sheet.write_number(row, 0, row + 0.5, money)
        sheet.write_dynamic_array_formula("C1:C3", "=A1:A3*2", None, 1)
        sheet.merge_range("E1:F2", "merged", money)
        sheet.set_column("H:H", 9, money)
        sheet.data_validation("A1", {"validate": "decimal", "criteria": ">", "value": 0})
        sheet.conditional_format("A1:A5", {"type": "3_color_scale"})
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": f"={SHEET}!$A$1:$A$5"})
        sheet.insert_chart("J2", chart)
        if comments:
            sheet.write_comment("A1", "the student's own")
            sheet.write_comment("A4", "another")
        if button:
            sheet.insert_button("J20", {"caption": "Press"})
    return path


MARKS = {
    (SHEET, 1, 1): Mark("FF9E9E", "wrong: <b> & 'c'\nsecond line"),
    (SHEET, 2, 1): Mark("C8EBC3"),
    (SHEET, 1, 3): Mark("FFC34D", "an array's first cell"),
    (SHEET, 1, 5): Mark("FFC34D", "a merged cell"),
    (SHEET, 2, 4): Mark("A9CDF5", "a cell that is not there"),
    (SHEET, 3, 8): Mark("A9CDF5", "a cell that only its column formats"),
    (SHEET, 40, 2): Mark("A9CDF5", "a row that is not there"),
}


@pytest.mark.parametrize("kind", ["plain", "comments", "button"])
def test_all_else_of_an_xlsx_is_kept(tmp_path: Path, kind: str) -> None:
    """Charts, drawings, validation, metadata of dynamic arrays: no part is lost, and what was in the sheet still is."""
    path = plain_xlsx(tmp_path / "student.xlsx", kind == "comments", kind == "button")
    target = tmp_path / "marked.xlsx"
    mark_workbook(path, target, MARKS, ADDED)
    before, after = parts_of(path.read_bytes()), parts_of(target.read_bytes())
    touched = ("rels", "Types", "styles", "worksheets/sheet1", "xl/workbook.xml", "comments", "vmlDrawing")
    assert set(before) <= set(after)
    assert [name for name in before if before[name] != after[name] and not any(t in name for t in touched)] == []
    for kept in (b"<dataValidation ", b"<conditionalFormatting ", b"<mergeCell ", b"<drawing ", b'cm="1"'):
        assert kept in after["xl/worksheets/sheet1.xml"]
    old, new = read_workbook(path), read_workbook(target)
    assert new.sheets[1:] == old.sheets


@pytest.mark.parametrize("kind", ["plain", "comments", "button"])
def test_marks_join_what_the_sheet_has(tmp_path: Path, kind: str) -> None:
    """Number format, font and border stay; a note of the student's own stays, ours follows it."""
    path = plain_xlsx(tmp_path / "student.xlsx", kind == "comments", kind == "button")
    target = tmp_path / "marked.xlsx"
    mark_workbook(path, target, MARKS, ADDED)
    sheet = openpyxl.load_workbook(target)[SHEET]
    for (_, row, column), mark in MARKS.items():
        cell = sheet.cell(row, column)
        assert cell.fill.fgColor.rgb == "FF" + mark.fill
        assert (cell.comment.text if cell.comment else "").endswith(f"sheetnet: {mark.note}" if mark.note else "")
    for name in ("A1", "E1", "H3"):
        assert (sheet[name].number_format, sheet[name].font.b, sheet[name].border.left.style) == (
            "0.00 $",
            True,
            "medium",
        )
    assert sheet["A3"].fill.fgColor.rgb == "FF00FF00"
    own = {"A1": "the student's own\n\nsheetnet: wrong: <b> & 'c'\nsecond line", "A4": "another"}
    for name, text in own.items() if kind == "comments" else ():
        assert sheet[name].comment.text == text


@pytest.mark.validator
@pytest.mark.parametrize("kind", ["plain", "comments", "button"])
def test_marks_among_other_things_are_valid_open_xml(tmp_path: Path, kind: str) -> None:
    """The schema finds nothing wrong where notes join those of the student, or a drawing that has a button."""
    path = plain_xlsx(tmp_path / "student.xlsx", kind == "comments", kind == "button")
    assert ooxml_errors(path) == []
    target = tmp_path / "marked.xlsx"
    mark_workbook(path, target, MARKS, ADDED)
    assert ooxml_errors(target) == []


def prefixed(found: dict[str, bytes]) -> None:
    """As ClosedXML writes: every element with a prefix; and as small tools do: no numbers on rows and cells."""
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    found["xl/worksheets/sheet1.xml"] = (
        b'<x:worksheet xmlns:x="%s"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c><x:c><x:v>2</x:v></x:c></x:row>'
        b'<x:row r="3" spans="1:1"/><x:row><x:c><x:v>4</x:v></x:c></x:row></x:sheetData></x:worksheet>' % main
    )


def test_prefixes_and_missing_numbers_are_no_obstacle(tmp_path: Path) -> None:
    """Elements that are put in have the prefix of their neighbours, and stand where they belong."""
    path = tmp_path / "student.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet(SHEET)
    rewrite(path, prefixed)
    target = tmp_path / "marked.xlsx"
    fills = {(1, 1): "FF0000", (1, 2): "00FF00", (1, 5): "0000FF", (2, 2): "111111", (3, 1): "222222", (4, 1): "333333"}
    mark_workbook(path, target, {(SHEET, *place): Mark(fill, "note") for place, fill in fills.items()}, ADDED)
    assert read_workbook(target).sheets[1:] == read_workbook(path).sheets
    sheet = openpyxl.load_workbook(target)[SHEET]
    assert {place: sheet.cell(*place).fill.fgColor.rgb for place in fills} == {
        place: "FF" + fill for place, fill in fills.items()
    }


def test_strict_open_xml_is_refused(tmp_path: Path) -> None:
    """A dialect that cannot be marked is told in one line, with the way out, and nothing is written."""
    path, target = plain_xlsx(tmp_path / "student.xlsx"), tmp_path / "marked.xlsx"

    def strict(found: dict[str, bytes]) -> None:
        for name in ("xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            usual = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
            found[name] = found[name].replace(usual, b"http://purl.oclc.org/ooxml/spreadsheetml/main")

    rewrite(path, strict)
    with pytest.raises(FileError, match="cannot be marked: save it as a usual"):
        mark_workbook(path, target, MARKS, ADDED)
    assert not target.exists()


ODS_ROWS = """
<table:table-row table:number-rows-repeated="4"><table:table-cell office:value-type="float" office:value="7"
 table:number-columns-repeated="3"><text:p>7</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell table:formula="of:=[.A1]" office:value-type="float" office:value="7">
<office:annotation><dc:creator>me</dc:creator><text:p>my own</text:p></office:annotation><text:p>7</text:p>
</table:table-cell><table:table-cell/></table:table-row>
"""


def repeated_ods(path: Path) -> Path:
    """An .ods in which one element stands for twelve cells, and a cell has a note of its own."""
    save_workbook(replace(make_workbook(NETWORK), names=()), path)

    def change(found: dict[str, bytes]) -> None:
        content = found["content.xml"].decode()
        start, end = content.index("<table:table "), content.rindex("</office:spreadsheet>")
        sheet = f'<table:table table:name="{SHEET}"><table:table-column/>{ODS_ROWS}</table:table>'
        content = content[:start] + sheet + content[end:]
        found["content.xml"] = content.encode()

    return rewrite(path, change)


def test_repeated_cells_of_an_ods_are_parted(tmp_path: Path) -> None:
    """Of twelve cells in one element only the marked ones change; a note of the student's own stays, ours follows it."""
    path, target = repeated_ods(tmp_path / "student.ods"), tmp_path / "marked.ods"
    fills = {(2, 2): "FF0000", (2, 3): "00FF00", (4, 1): "0000FF", (5, 1): "111111", (5, 4): "222222", (9, 2): "333333"}
    mark_workbook(path, target, {(SHEET, *place): Mark(fill, f"is {fill}") for place, fill in fills.items()}, ADDED)
    before, after = read_workbook(path), read_workbook(target)
    assert before.sheets[0].cells == {(r, c): Cell(7.0) for r in range(1, 5) for c in range(1, 4)} | {
        (5, 1): Cell(7.0, "A1")
    }
    assert after.sheets[1:] == before.sheets
    seen = {
        (row, column): found
        for (sheet, row, column), found in odf_cells(target).items()
        if sheet == SHEET and any(found)
    }
    own = {(5, 1): "my own\n"}
    assert seen == {place: (f"#{fill}", f"{own.get(place, '')}sheetnet: is {fill}") for place, fill in fills.items()}


TABLE_SPACE = b"urn:oasis:names:tc:opendocument:xmlns:table:1.0"


@pytest.mark.parametrize(
    ("prefix", "second"), [(b"table", False), (b"table", True), (b"office", False), (b"style", False)]
)
def test_unusual_prefixes_of_an_ods_are_told_as_such(prefix: bytes, second: bool, tmp_path: Path) -> None:
    """As scripts write them with Python's own XML library: the file is read and judged, and cannot be marked."""
    path, target = repeated_ods(tmp_path / "student.ods"), tmp_path / "marked.ods"

    def change(found: dict[str, bytes]) -> None:
        content = found["content.xml"]
        if second:
            found["content.xml"] = content.replace(b"xmlns:table=", b'xmlns:ns0="%s" xmlns:table=' % TABLE_SPACE)
        else:
            content = re.sub(rb"(?<![:\w])%s:(?=[\w-])" % prefix, b"ns0:", content)
            found["content.xml"] = content.replace(b"xmlns:%s=" % prefix, b"xmlns:ns0=")

    rewrite(path, change)
    assert read_workbook(path).sheets
    with pytest.raises(FileError, match="an unusual dialect, which cannot be marked: save the file again"):
        mark_workbook(path, target, MARKS, ADDED)
    assert not target.exists()


@pytest.mark.parametrize("kind", ["plain", "comments", "button"])
def test_marks_that_join_own_notes_are_renewed(tmp_path: Path, kind: str) -> None:
    """The student's own part of a note stays when ours changes, and when ours goes."""
    path, first = plain_xlsx(tmp_path / "student.xlsx", kind == "comments", kind == "button"), tmp_path / "1.xlsx"
    mark_workbook(path, first, MARKS, ADDED)
    for number, note in enumerate(["another reason", None], start=2):
        mark_workbook(
            first, tmp_path / f"{number}.xlsx", {(SHEET, 1, 1): Mark("FF9E9E", note)}, replace(ADDED, again=True)
        )
        again = openpyxl.load_workbook(tmp_path / f"{number}.xlsx")
        assert again.sheetnames == ["added", SHEET]
        ours = f"sheetnet: {note}" if note else "" if kind == "comments" else "sheetnet: nothing to remark any more"
        own = "the student's own" if kind == "comments" else ""
        assert again[SHEET]["A1"].comment.text == "\n\n".join(part for part in (own, ours) if part)


@pytest.mark.parametrize("again", [False, True])
def test_the_added_sheet_of_an_xlsx_is_first_and_active(again: bool, tmp_path: Path) -> None:
    """It alone is selected; names and print areas that belong to a sheet belong to it still, wherever it stands now."""
    path, target = tmp_path / "student.xlsx", tmp_path / "marked.xlsx"
    with xlsxwriter.Workbook(path) as book:
        first, second, _ = (book.add_worksheet(name) for name in (SHEET, "Second one", "Third"))
        chart, line = book.add_chartsheet("Chart"), book.add_chart({"type": "line"})
        line.add_series({"values": f"={SHEET}!$A$1:$A$5"})
        chart.set_chart(line)
        for sheet in (first, second):
            sheet.print_area("A1:C9")
            sheet.repeat_rows(0)
        book.define_name("'Second one'!mine", "='Second one'!$B$2")
        book.define_name("everybodys", f"={SHEET}!$A$1")
        second.autofilter("A1:C9")
        second.activate()
        first.select()
        chart.set_first_sheet()
    mark_workbook(path, target, {("Second one", 2, 2): Mark("FF9E9E", "look here")}, ADDED)
    if again:
        with_other_tab = tmp_path / "worked on.xlsx"
        book = openpyxl.load_workbook(target)
        book.active = 2
        book.save(with_other_tab)
        mark_workbook(with_other_tab, target, {}, replace(ADDED, again=True))
    before, after = openpyxl.load_workbook(path), openpyxl.load_workbook(target)
    assert after.sheetnames == [ADDED.name, *before.sheetnames]
    assert after.active is not None
    assert after.active.title == ADDED.name
    assert [sheet.title for sheet in after if sheet.sheet_view.tabSelected] == [ADDED.name]
    assert not after["Chart"].sheetViews.sheetView[0].tabSelected
    assert after.views[0].firstSheet in (None, 0)
    for sheet in before.worksheets:
        own = after[sheet.title]
        assert (own.print_area, own.print_title_rows) == (sheet.print_area, sheet.print_title_rows)
        assert {name: each.attr_text for name, each in own.defined_names.items()} == {
            name: each.attr_text for name, each in sheet.defined_names.items()
        }
    assert list(after["Second one"].defined_names) == ["mine"]
    assert read_workbook(target).names == read_workbook(path).names


def test_the_added_sheet_of_an_ods_is_first_and_active(tmp_path: Path) -> None:
    """Print ranges and names that belong to a sheet stay with it; where changes are recorded by number it comes last."""
    path, target = repeated_ods(tmp_path / "student.ods"), tmp_path / "marked.ods"
    scoped = '<table:named-expressions><table:named-range table:name="mine" table:cell-range-address="$Data.$A$1"/>'

    def with_scopes(found: dict[str, bytes]) -> None:
        content = (
            found["content.xml"].decode().replace(f'name="{SHEET}"', f'name="{SHEET}" table:print-ranges="Data.A1:C9"')
        )
        content = content.replace("</table:table>", f"{scoped}</table:named-expressions></table:table>")
        found["content.xml"] = content.encode()

    rewrite(path, with_scopes)
    before = read_workbook(path)
    assert [name.sheet for name in before.names] == [SHEET]
    mark_workbook(path, target, {(SHEET, 2, 2): Mark("FF9E9E", "look here")}, ADDED)
    after, parts = read_workbook(target), parts_of(target.read_bytes())
    assert [sheet.name for sheet in after.sheets] == [ADDED.name, SHEET]
    assert after.names == before.names
    assert f'name="{SHEET}" table:print-ranges="Data.A1:C9"'.encode() in parts["content.xml"]
    assert b">%s</config:config-item>" % ADDED.name.encode() in parts["settings.xml"]

    def with_recorded_changes(found: dict[str, bytes]) -> None:
        recorded = b'<office:spreadsheet><table:tracked-changes table:track-changes="true"/>'
        found["content.xml"] = found["content.xml"].replace(b"<office:spreadsheet>", recorded)

    mark_workbook(rewrite(path, with_recorded_changes), target, {}, ADDED)
    assert [sheet.name for sheet in read_workbook(target).sheets] == [SHEET, ADDED.name]


def without_mimetype(found: dict[str, bytes]) -> None:
    del found["mimetype"]


def without_mimetype_and_manifest(found: dict[str, bytes]) -> None:
    del found["mimetype"], found["META-INF/manifest.xml"]


def small_content_types(found: dict[str, bytes]) -> None:
    found["[content_types].xml"] = found.pop("[Content_Types].xml")


def module_sheet(found: dict[str, bytes]) -> None:
    """A sheet of macros, as old workbooks list one: it has no cells and leads to no part."""
    book = found["xl/workbook.xml"]
    found["xl/workbook.xml"] = book.replace(b"</sheets>", b'<sheet name="Module1" sheetId="77" r:id=""/></sheets>')


def cell_of_time(found: dict[str, bytes]) -> None:
    part = "xl/worksheets/sheet1.xml"
    extra = b'<row r="900"><c r="B900" t="d"><v>07:12:00</v></c></row></sheetData>'
    found[part] = found[part].replace(b"</sheetData>", extra)


@pytest.mark.parametrize(
    ("suffix", "change"),
    [
        ("ods", without_mimetype),
        ("ods", without_mimetype_and_manifest),
        ("xlsx", small_content_types),
        ("xlsx", module_sheet),
        ("xlsx", cell_of_time),
    ],
)
def test_harmless_deviations_are_read_and_marked(
    suffix: str, change: Callable[[dict[str, bytes]], None], tmp_path: Path
) -> None:
    """Such files open in spreadsheet programs; nothing in them can be understood in two ways."""
    path, target = tmp_path / f"student.{suffix}", tmp_path / f"copy.{suffix}"
    save_workbook(make_workbook(NETWORK), path)
    usual = read_workbook(path)
    rewrite(path, change)
    odd = read_workbook(path)
    (sheet, row, column), *_ = ((each.name, *place) for each in usual.sheets for place in each.cells)
    assert odd.names == usual.names
    assert odd.sheets[1:] == usual.sheets[1:]
    assert odd.sheets[0].cells.items() - usual.sheets[0].cells.items() <= {((900, 2), Cell(0.3))}
    mark_workbook(path, target, {(sheet, row, column): Mark("FF9E9E", "look here")}, ADDED)
    marked = read_workbook(target)
    assert marked.sheets[1:] == odd.sheets
    assert marked.sheets[0].name == ADDED.name


def test_a_marked_copy_has_the_mimetype_that_its_workbook_lacks(tmp_path: Path) -> None:
    """Most programs know an .ods by its first part alone."""
    path, target = tmp_path / "student.ods", tmp_path / "copy.ods"
    save_workbook(make_workbook(NETWORK), path)
    mark_workbook(rewrite(path, without_mimetype), target, {}, ADDED)
    (name, kind), *_ = parts_of(target.read_bytes()).items()
    assert (name, kind) == ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")
