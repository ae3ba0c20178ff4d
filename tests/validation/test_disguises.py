"""Hidden rows and columns, and number formats that show another number: said, and no verdict is changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.dimensions import ColumnDimension
from openpyxl.worksheet.worksheet import Worksheet

from sheetnet.files import read_workbook, save_workbook
from sheetnet.judge import validate
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.syntax import column_letters
from sheetnet.validation import Report
from sheetnet.workbook import Workbook
from tests.support.engines import gnumeric_convert, libreoffice_convert
from tests.support.quantities import spell
from tests.support.sheets import blamed, place_of, step_book
from tools.packages import parts_of, zipped


def changed_xlsx(network: Network, path: Path, change: Callable[[openpyxl.Workbook, Workbook], None]) -> Path:
    """The step as .xlsx, changed with openpyxl, its saved values lost as there."""
    workbook = step_book(network)
    save_workbook(workbook, path)
    book = openpyxl.load_workbook(path)
    change(book, workbook)
    book.save(path)
    return path


@pytest.fixture(scope="module")
def in_every_program(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """By `hide` and `formatted`: the file so changed, and as LibreOffice and Gnumeric save it, as .xlsx and .ods."""
    folder, network = tmp_path_factory.mktemp("programs"), load_network("d02b")
    changes = {"hide": hide, "formatted": formatted}
    paths = [changed_xlsx(network, folder / f"{name}.xlsx", change) for name, change in changes.items()]
    saved = [paths]
    for suffix in ("xlsx", "ods"):
        saved.append(libreoffice_convert(paths, suffix, folder / suffix))
        saved.append([gnumeric_convert(path, suffix, folder / f"g{suffix}") for path in paths])
    return {name: list(files) for name, files in zip(changes, zip(*saved, strict=True), strict=True)}


def one_by_one(page: Worksheet) -> None:
    """The widths of columns a column at a time, for openpyxl would write runs of them that overlap."""
    for column in range(2, page.max_column + 1):
        letters = column_letters(column)
        page.column_dimensions[letters] = ColumnDimension(page, index=letters, width=9.7)


def hide(book: openpyxl.Workbook, workbook: Workbook) -> None:
    """The row of δ⁽¹⁾ by hand, two of ∂C/∂W⁽²⁾ by a closed group; the columns of W_1_new and beyond by a group."""
    network, page = load_network("d02b"), book["Step"]
    page.row_dimensions[place_of(workbook, network, "delta_1")[1]].hidden = True
    row = place_of(workbook, network, "dC_dW_2", 1)[1]
    page.row_dimensions.group(row - 1, row, hidden=True)
    column = place_of(workbook, network, "W_1_new")[2]
    one_by_one(page)
    page.column_dimensions.group(column_letters(column), column_letters(column + 1), hidden=True)


def hidden_notes(network: Network, workbook: Workbook) -> tuple[str, ...]:
    a, z = place_of(workbook, network, "delta_1")[1], place_of(workbook, network, "dC_dW_2", 1)[1]
    column = place_of(workbook, network, "W_1_new")[2]
    rows, across = f"{a}, {z - 1} to {z}", f"{column_letters(column)} to {column_letters(column + 1)}"
    return f"rows {rows} of Step are hidden, with cells of ", f"columns {across} of Step are hidden, with cells of "


def assert_hidden(report: Report) -> None:
    network = load_network("d02b")
    assert report.ok, blamed(report)
    assert len(report.notes) == 2
    for note, start in zip(report.notes, hidden_notes(network, step_book(network)), strict=True):
        assert note.startswith(start)
    assert "delta_1" in report.notes[0]
    assert "W_1_new" in report.notes[1] or "more" in report.notes[1]


def test_hidden_rows_and_columns_with_judged_cells_are_said(tmp_path: Path) -> None:
    """Each kind in one note, with the blocks that stand there."""
    assert_hidden(validate(changed_xlsx(load_network("d02b"), tmp_path / "a.xlsx", hide)))


@pytest.mark.libreoffice
@pytest.mark.gnumeric
@pytest.mark.xdist_group("disguises")  # LibreOffice and Gnumeric convert the books once
def test_hidden_rows_and_columns_are_said_of_what_other_programs_save(in_every_program: dict[str, list[Path]]) -> None:
    """In both formats."""
    for path in in_every_program["hide"]:
        assert_hidden(validate(path))


def ods_content(change: Callable[[str], str], path: Path) -> Path:
    """The lesson's step as .ods, with its content changed as text."""
    save_workbook(step_book(load_network("d02b")), path)
    parts = parts_of(path.read_bytes())
    before = parts["content.xml"].decode()
    after = change(before)
    assert after != before
    path.write_bytes(zipped(parts | {"content.xml": after.encode()}))
    return path


def row_of(content: str, formula: str) -> str:
    """The row of the sheet that holds a formula."""
    (found,) = [row for row in re.findall(r"<table:table-row .*?</table:table-row>", content) if formula in row]
    return str(found)


@pytest.mark.parametrize("way", ['table:visibility="collapse"', 'table:visibility="filter"', "flat"])
def test_rows_of_an_ods_are_hidden_in_three_ways(way: str, tmp_path: Path) -> None:
    """By hand or in a closed group, by a filter, by a height of nothing."""
    network = load_network("d02b")
    workbook = step_book(network)
    formula = spell("EXP(-[.{z_1[0,0]}])", workbook, network)

    def change(content: str) -> str:
        row = row_of(content, formula)
        if way != "flat":
            return content.replace(row, row.replace("<table:table-row ", f"<table:table-row {way} "))
        style = '<style:style style:name="none" style:family="table-row">'
        style += '<style:table-row-properties style:row-height="0mm"/>'
        flat = re.sub(r'table:style-name="\w+"', 'table:style-name="none"', row, count=1)
        ending = "</style:style></office:automatic-styles>"
        return content.replace(row, flat).replace("</office:automatic-styles>", style + ending)

    report = validate(ods_content(change, tmp_path / "a.ods"))
    row = place_of(workbook, network, "A_1")[1]
    (note,) = report.notes
    assert note.startswith(f"row {row} of Step is hidden, with cells of A_0, target, z_1 and 5 more")


@pytest.mark.parametrize("size", [0.001, 0.1])
def test_rows_and_columns_too_small_to_be_seen_are_hidden(size: float, tmp_path: Path) -> None:
    """A height and a width of nothing, or nearly."""
    network = load_network("d02b")

    def flatten(book: openpyxl.Workbook, workbook: Workbook) -> None:
        _, row, column = place_of(workbook, network, "delta_2")
        one_by_one(book["Step"])
        book["Step"].row_dimensions[row].height = size
        book["Step"].column_dimensions[column_letters(column)].width = size

    path = changed_xlsx(network, tmp_path / "a.xlsx", flatten)
    report = validate(path)
    _, row, column = place_of(read_workbook(path), network, "delta_2")
    assert [note.partition(" is hidden")[0] for note in report.notes] == [
        f"row {row} of Step",
        f"column {column_letters(column)} of Step",
    ]


def test_hidden_rows_without_judged_cells_are_no_matter(tmp_path: Path) -> None:
    """Nor are those on sheets that nobody judges."""

    def hide_others(book: openpyxl.Workbook, _: Workbook) -> None:
        book["Step"].row_dimensions[2].hidden = True
        book["Step"].row_dimensions[900].hidden = True
        book[book.sheetnames[0]].row_dimensions[3].hidden = True

    assert validate(changed_xlsx(load_network("d02b"), tmp_path / "a.xlsx", hide_others)).notes == ()


def formatted(book: openpyxl.Workbook, workbook: Workbook) -> None:
    """Two cells show 0.7777, one nothing, one a thousandth; one is only rounded, and one misleads about other numbers."""
    network = load_network("d02b")
    for text, code in {
        "{A_1[0,0]}": '"0.7777"',
        "{A_1[0,1]}": '"0.7777"',
        "{W_1[1,1]}": ";;;",
        "{z_1[0,0]}": "0.0,",
        "{z_1[0,1]}": "0.0",
        "{cost}": "0.00;0.00",
    }.items():
        book["Step"][spell(text, workbook, network)].number_format = code


def formats_of(report: Report) -> list[tuple[str, str]]:
    """The places in each note, and the number format it names."""
    return [(note.split(" do")[0], note.rpartition(" number format is ")[2]) for note in report.notes]


def test_a_number_format_that_shows_another_number_is_said(tmp_path: Path) -> None:
    """With the cells and the format; the verdicts stay."""
    network = load_network("d02b")
    report = validate(changed_xlsx(network, tmp_path / "a.xlsx", formatted))
    assert report.ok
    a, b, w, z = (
        spell(text, step_book(network), network)
        for text in ("{!A_1[0,0]}", "{!A_1[0,1]}", "{!W_1[1,1]}", "{!z_1[0,0]}")
    )
    assert sorted(report.notes) == sorted(
        [
            f'{a}, {b} do not show the numbers they hold: their number format is "0.7777"',
            f"{w} does not show the number it holds: its number format is ;;;",
            f"{z} does not show the number it holds: its number format is 0.0,",
        ]
    )


@pytest.mark.libreoffice
@pytest.mark.gnumeric
@pytest.mark.xdist_group("disguises")
def test_number_formats_are_said_of_what_other_programs_save(in_every_program: dict[str, list[Path]]) -> None:
    """In both formats; Gnumeric drops from an .ods that thousands are left out."""
    network = load_network("d02b")
    path, *_ = in_every_program["formatted"]
    wanted = {place for place, _ in formats_of(validate(path))}
    scaled = spell("{!z_1[0,0]}", step_book(network), network)
    for again in in_every_program["formatted"]:
        lost = {scaled} if again.parent.name == "gods" else set()
        assert {place for place, _ in formats_of(validate(again))} == wanted - lost, again


def test_the_format_of_an_ods_column_counts_for_cells_without_their_own(tmp_path: Path) -> None:
    """And a style takes the format of the one it comes from."""
    network = load_network("d02b")
    workbook = step_book(network)
    formula = spell("EXP(-[.{z_1[0,0]}])", workbook, network)
    column = place_of(workbook, network, "A_1")[2]

    def change(content: str) -> str:
        odd = (
            '<number:number-style style:name="odd"><number:text>0.7777</number:text></number:number-style>'
            '<style:style style:name="parent" style:family="table-cell" style:data-style-name="odd"/>'
            '<style:style style:name="child" style:family="table-cell" style:parent-style-name="parent"/>'
        )
        content = content.replace("</office:automatic-styles>", odd + "</office:automatic-styles>")
        start = content.index('table:name="Step"')
        head, body = content[:start], content[start:]
        (columns,) = re.findall(r"(?:<table:table-column [^>]*/>)+", body)[:1]
        own = f'<table:table-column table:number-columns-repeated="{column - 1}"/>'
        body = body.replace(columns, f'{own}<table:table-column table:default-cell-style-name="child"/>', 1)
        cell = next(each for each in re.findall(r"<table:table-cell [^>]*>", body) if formula in each)
        return head + body.replace(cell, re.sub(r' table:style-name="\w+"', "", cell))

    report = validate(ods_content(change, tmp_path / "a.ods"))
    assert formats_of(report) == [(spell("{!A_1[0,0]}", workbook, network), '"0.7777"')]


@pytest.mark.parametrize("spelling", ["utf-8", "utf-16", "references"])
def test_number_formats_are_found_however_they_are_spelled(spelling: str, tmp_path: Path) -> None:
    """In other encodings, and with references to characters."""
    path = changed_xlsx(load_network("d02b"), tmp_path / "a.xlsx", formatted)
    wanted = formats_of(validate(path))
    parts = parts_of(path.read_bytes())
    styles = re.sub(r"^<\?xml.*?\?>", "", parts["xl/styles.xml"].decode())
    if spelling == "references":
        styles = styles.replace("0.7777", "&#48;.7777").replace(";;;", "&#59;;&#x3b;").replace("0.0,", "0.0&#44;")
        encoded = styles.encode()
    else:
        encoded = f'<?xml version="1.0" encoding="{spelling}"?>{styles}'.encode(spelling)
    path.write_bytes(zipped(parts | {"xl/styles.xml": encoded}))
    assert formats_of(validate(path)) == wanted


@pytest.mark.parametrize("part", ["xl/styles.xml", "styles.xml"])
def test_styles_that_cannot_be_read_refuse_no_file(part: str, tmp_path: Path) -> None:
    """They say only how cells look; what cells hold is judged as before."""
    path = tmp_path / ("a.xlsx" if part.startswith("xl") else "a.ods")
    save_workbook(step_book(load_network("d02b")), path)
    parts = parts_of(path.read_bytes())
    assert part in parts
    path.write_bytes(zipped(parts | {part: b"<styles"}))
    report = validate(path)
    assert report.ok
    assert report.notes == ()
