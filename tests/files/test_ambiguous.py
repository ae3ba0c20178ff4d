"""Files that say two things, of which programs take one or the other, so that a right reading could hide a wrong one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sheetnet.errors import FileError
from sheetnet.files import read_workbook
from sheetnet.files.notices import refuse_ambiguous
from sheetnet.judge import validate
from sheetnet.network_file import load_network
from sheetnet.workbook import Cell, Name, Sheet, Workbook
from tests.support.hostile.build import OFFICE, lesson
from tests.support.quantities import spell
from tests.support.sheets import blamed, step_book
from tools.packages import Parts, changed, parts_of, zipped

STEP = "xl/worksheets/sheet2.xml"
BOOK, RELATED, ROOT = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"
LESSON = load_network("d02b")
BOOK_OF_LESSON = step_book(LESSON)
A, A_NEXT, Z, Z_NEXT, ROW_NUMBER = (
    spell(text, BOOK_OF_LESSON, LESSON)
    for text in ("{A_1[0,0]}", "{A_1[0,1]}", "{z_1[0,0]}", "{z_1[0,1]}", "{A_1[0,0].row}")
)
BEFORE = spell("{A_1[-1,-1]:[0,0]}", BOOK_OF_LESSON, LESSON)  # cells that end with that of A
ASIDE = spell("{beside[0,0]}", BOOK_OF_LESSON, LESSON)
RIGHT, WRONG = f"1/(1+EXP(-{Z}))", f"1/(1+EXP({Z}))"
CELL, NEXT = (re.compile(rf'<c r="{name}"[^>]*>.*?</c>') for name in (A, A_NEXT))
ROW = re.compile(rf'<row r="{ROW_NUMBER}".*?</row>')
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"


def found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    assert match is not None
    return match[0]


def wrong(cell: str) -> str:
    """The cell, or the row with it, with its formula spoiled; its cached value stays."""
    assert RIGHT in cell
    return cell.replace(RIGHT, WRONG)


def alternatives(choice: str, fallback: str) -> str:
    """What a program takes that knows the namespace `x14`, and what others do."""
    return (
        f'<mc:AlternateContent xmlns:mc="{MC}"><mc:Choice Requires="x14">{choice}</mc:Choice>'
        f"<mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent>"
    )


def formula(cell: str) -> str:
    return found(re.compile("<f>.*?</f>"), cell)


def with_cell(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda step: CELL.sub(lambda match: change(match[0]), step, count=1)


def shared(step: str) -> str:
    """A formula shared by two cells, of which the second also has its own: LibreOffice shows the shared one."""
    step = step.replace(
        "</row>", f'<c r="{ASIDE}"><f t="shared" ref="{ASIDE}:{ASIDE}" si="0">7+A1</f><v>7</v></c></row>', 1
    )
    return step.replace(f"<f>{RIGHT}</f>", f'<f t="shared" si="0">{RIGHT}</f>')


def array_over_a_formula(step: str) -> str:
    anchor = found(CELL, step).replace("<f>", f'<f t="array" ref="{A}:{A_NEXT}">').replace(f"-{Z}", f"-{Z}:{Z_NEXT}")
    return CELL.sub(anchor, step).replace(f"EXP(-{Z_NEXT})", f"EXP({Z_NEXT})")


SHEETS: dict[str, tuple[Callable[[str], str], str]] = {
    "a cell twice, the right one last": (with_cell(lambda cell: wrong(cell) + cell), f"{A} stands twice"),
    "a cell twice, the right one first": (with_cell(lambda cell: cell + wrong(cell)), f"{A} stands twice"),
    "a cell twice, once in small letters": (
        with_cell(lambda cell: wrong(cell).replace(A, A.lower()) + cell),
        f"{A} stands twice",
    ),
    "a cell twice, once in the other namespace": (
        with_cell(lambda cell: f'<q:c xmlns:q="{STRICT}" r="{A}"><q:f>{WRONG}</q:f></q:c>{cell}'),
        f"{A} stands twice",
    ),
    "a row twice": (
        lambda step: ROW.sub(lambda row: wrong(row[0]) + row[0], step),
        f"row {ROW_NUMBER} stands below row {ROW_NUMBER}",
    ),
    "two tables of cells": (
        lambda step: step.replace("<sheetData>", f"<sheetData>{wrong(found(ROW, step))}</sheetData><sheetData>"),
        f"stands below row {ROW_NUMBER}",
    ),
    "two formulas in a cell": (
        with_cell(lambda cell: cell.replace("<f>", f"<f>{WRONG}</f><f>")),
        "two values or formulas",
    ),
    "two values in a cell": (with_cell(lambda cell: cell.replace("<v>", "<v>7</v><v>")), "two values"),
    "a value in pieces": (with_cell(lambda cell: cell.replace("</v>", "<a/>7</v>")), "in pieces"),
    "a formula in pieces": (with_cell(lambda cell: cell.replace("</f>", "<a/>+1</f>")), "in pieces"),
    "a formula of its own beside a shared one": (shared, "a shared formula and its own"),
    "alternatives among cells": (with_cell(lambda cell: cell + alternatives(wrong(cell), wrong(cell))), "no cell"),
    "alternatives in a cell": (
        with_cell(lambda cell: cell.replace(formula(cell), alternatives(f"<f>{WRONG}</f>", "") + formula(cell))),
        "two values or formulas",
    ),
    "an array of no cells": (with_cell(lambda cell: cell.replace("<f>", '<f t="array">')), "tells no cells"),
    "an array of no range": (with_cell(lambda cell: cell.replace("<f>", '<f t="array" ref="x">')), "tells no cells"),
    "a formula of an unknown kind": (with_cell(lambda cell: cell.replace("<f>", '<f t="x">')), "an unknown kind"),
    "a formula shared with nobody": (with_cell(lambda cell: cell.replace("<f>", '<f t="shared">')), "an unknown kind"),
    "an array that begins elsewhere": (
        with_cell(lambda cell: cell.replace("<f>", f'<f t="array" ref="{BEFORE}">')),
        "begins elsewhere",
    ),
    "an array over a cell with a formula": (array_over_a_formula, f"{A_NEXT}: two formulas"),
}


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_that_says_two_things_is_refused(name: str, tmp_path: Path) -> None:
    """LibreOffice shows another formula in many of them than a plain reading takes."""
    change, said = SHEETS[name]
    step = parts_of(lesson("xlsx"))[STEP].decode()
    path = tmp_path / "a.xlsx"
    path.write_bytes(changed(lesson("xlsx"), {STEP: change(step).encode()}))
    assert path.read_bytes() != lesson("xlsx")
    with pytest.raises(FileError, match=said):
        read_workbook(path)


RELATION = f'<Relationship Id="%s" Type="{OFFICE}/%s" Target="%s"/>'


def with_second_sheet(parts: Parts) -> Parts:
    """A wrong sheet as one more part, to which nothing leads yet."""
    return {**parts, "xl/worksheets/wrong.xml": wrong(parts[STEP].decode()).encode()}


def changed_in(part: str, old: str, new: str) -> Callable[[Parts], Parts]:
    def change(parts: Parts) -> Parts:
        assert old in parts[part].decode()
        return {**with_second_sheet(parts), part: parts[part].decode().replace(old, new, 1).encode()}

    return change


SECOND = RELATION % ("rId2", "worksheet", "worksheets/wrong.xml")
PACKAGES = {
    "a relationship twice, the right one last": changed_in(RELATED, "<Relationship ", SECOND + "<Relationship "),
    "a relationship twice, the right one first": changed_in(RELATED, "</Rel", SECOND + "</Rel"),
    "two workbooks": changed_in(ROOT, "</Rel", RELATION % ("r9", "officeDocument", "xl/other.xml") + "</Rel"),
    "two tables of texts": changed_in(RELATED, "</Rel", RELATION % ("r9", "sharedStrings", "xl/other.xml") + "</Rel"),
}


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_that_leads_to_two_parts_in_one_way_is_refused(name: str, tmp_path: Path) -> None:
    """LibreOffice takes the other one."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped(PACKAGES[name](parts_of(lesson("xlsx")))))
    with pytest.raises(FileError, match=r"two .* parts in one way"):
        read_workbook(path)


def test_a_sheet_is_the_part_that_its_own_id_leads_to(tmp_path: Path) -> None:
    """An attribute `id` of some other namespace, which every program passes over, leads nowhere."""
    parts = with_second_sheet(parts_of(lesson("xlsx")))
    third = RELATION % ("rId99", "worksheet", "worksheets/wrong.xml")
    parts[RELATED] = parts[RELATED].replace(b"</Rel", third.encode() + b"</Rel")
    book = parts[BOOK].decode().replace('r:id="rId2"', 'x:id="rId2" r:id="rId99"')
    parts[BOOK] = book.replace("<workbook ", f'<workbook xmlns:x="x" xmlns:mc="{MC}" mc:Ignorable="x" ').encode()
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped(parts))
    assert blamed(validate(path)) == {"a_1[0, 0]": "wrong"}


def test_shared_formulas_may_say_again_what_they_share(tmp_path: Path) -> None:
    """Some programs write the formula into every cell that shares it; that is one thing said twice."""
    step = parts_of(lesson("xlsx"))[STEP].decode()
    step = step.replace(f"<f>{RIGHT}</f>", f'<f t="shared" ref="{A}:{A_NEXT}" si="0">{RIGHT}</f>')
    step = step.replace(f"<f>1/(1+EXP(-{Z_NEXT}))</f>", f'<f t="shared" si="0">1/(1+EXP(-{Z_NEXT}))</f>')
    path = tmp_path / "a.xlsx"
    path.write_bytes(changed(lesson("xlsx"), {STEP: step.encode()}))
    assert step.count('si="0"') == 2
    assert validate(path).ok


def in_step(change: Callable[[str], str]) -> Callable[[str], str]:
    """All rows of the sheet Step changed."""

    def changed_content(content: str) -> str:
        found = re.search(r'<table:table table:name="Step".*?</table:table>', content, re.DOTALL)
        assert found is not None
        start = min(at for tag in ("header-rows", "row") if (at := found[0].find(f"<table:table-{tag}")) >= 0)
        end = max(
            found[0].rfind(f"</table:table-{tag}>") + len(f"</table:table-{tag}>") for tag in ("header-rows", "row")
        )
        table = found[0][:start] + change(found[0][start:end]) + found[0][end:]
        return content[: found.start()] + table + content[found.end() :]

    return changed_content


ODS_RIGHT, ODS_WRONG = f"1/(1+EXP(-[.{Z}]))", f"1/(1+EXP([.{Z}]))"
ODS_CELL = re.compile(rf'<table:table-cell[^>]*of:={re.escape(ODS_RIGHT)}".*?</table:table-cell>')
OTHER = "<x:x xmlns:x='x'>%s</x:x>"


def worse(text: str) -> str:
    assert ODS_RIGHT in text
    return text.replace(ODS_RIGHT, ODS_WRONG)


CONTENTS: dict[str, tuple[Callable[[str], str], str]] = {
    "rows among drawings": (
        in_step(lambda rows: f"<table:shapes>{rows}</table:shapes>{worse(rows)}"),
        "rows outside its table",
    ),
    "rows in an unknown element": (in_step(lambda rows: OTHER % worse(rows) + rows), "rows outside its table"),
    "a cell in an unknown element": (
        lambda content: ODS_CELL.sub(lambda cell: OTHER % worse(cell[0]) + cell[0], content),
        f"{A}: cells stand within what is no row",
    ),
    "a sheet beside the spreadsheet": (
        lambda content: content.replace(
            "<office:spreadsheet>", '<office:forms><table:table table:name="X"/></office:forms><office:spreadsheet>'
        ),
        "sheets outside its spreadsheet",
    ),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_cells_where_programs_differ_in_seeing_them_are_refused(name: str, tmp_path: Path) -> None:
    """LibreOffice reads the cells of unknown elements, and passes over those among drawings."""
    change, said = CONTENTS[name]
    content = parts_of(lesson("ods"))["content.xml"].decode()
    path = tmp_path / "a.ods"
    path.write_bytes(changed(lesson("ods"), {"content.xml": change(content).encode()}))
    assert change(content) != content
    with pytest.raises(FileError, match=said):
        read_workbook(path)


@pytest.mark.parametrize("group", ["table-rows", "table-row-group", "table-header-rows"])
def test_rows_in_groups_are_rows(group: str, tmp_path: Path) -> None:
    """Grouped rows, and those that repeat on each page."""
    content = parts_of(lesson("ods"))["content.xml"].decode()
    content = in_step(lambda rows: f"<table:{group}>{rows}</table:{group}>")(content)
    path = tmp_path / "a.ods"
    path.write_bytes(changed(lesson("ods"), {"content.xml": content.encode()}))
    assert validate(path).ok


@pytest.mark.parametrize("prefix", ["zork", "ooow", "msoxl2"])
def test_a_formula_in_an_unknown_language_is_an_error(prefix: str, tmp_path: Path) -> None:
    """LibreOffice shows an error for it, whatever follows the prefix."""
    content = parts_of(lesson("ods"))["content.xml"].decode()
    assert f"of:={ODS_RIGHT}" in content
    content = content.replace(f"of:={ODS_RIGHT}", f"{prefix}:={ODS_RIGHT}")
    path = tmp_path / "a.ods"
    path.write_bytes(changed(lesson("ods"), {"content.xml": content.encode()}))
    assert blamed(validate(path)) == {"a_1[0, 0]": "error"}


@pytest.mark.parametrize(
    ("names", "fits"),
    [
        ((Name("eta", "S!$A$1"), Name("ETA", "S!$A$2")), False),
        ((Name("eta", "S!$A$1", "S"), Name("Eta", "S!$A$2", "S")), False),
        ((Name("eta", "S!$A$1"), Name("eta", "S!$A$2", "S")), True),
    ],
)
def test_names_that_differ_in_capitals_alone_are_refused(names: tuple[Name, ...], fits: bool) -> None:
    """No program has two of them; one of a sheet's own beside one of the workbook's is usual."""
    book = Workbook((Sheet("S", {(1, 1): Cell(1.0)}),), names)
    if fits:
        refuse_ambiguous(book)
        return
    with pytest.raises(FileError, match=r"the name .* is defined twice"):
        refuse_ambiguous(book)


def test_arrays_that_overlap_are_refused() -> None:
    """A cell shows one value, and programs differ in whose."""
    arrays = {(1, 1): (2, 2), (2, 2): (1, 1)}
    sheet = Sheet("S", {at: Cell(0.0, "B9:C10") for at in arrays}, arrays)
    with pytest.raises(FileError, match="S!B2: two formulas"):
        refuse_ambiguous(Workbook((sheet,)))
