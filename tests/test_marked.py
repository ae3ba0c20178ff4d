"""Marked copies: the judged cells show their verdicts, and all else of the workbook stays as it was."""

from __future__ import annotations

import re
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from odf import opendocument

from sheetnet.cli import main
from sheetnet.errors import FileError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.generate import make_student_workbook, make_workbook
from sheetnet.judge import validate
from sheetnet.network_file import load_network
from sheetnet.report.format import VERDICT_STYLES
from sheetnet.report.marked import NAME, cell_position, copy_paths, marks_of, save_marked
from sheetnet.validation import Report
from sheetnet.verdict import Verdict
from sheetnet.workbook import Cell, Place, Workbook
from tests.engines import gnumeric_convert, libreoffice_convert, odf_errors, ooxml_errors
from tests.sheets import place_of as stands_at
from tests.sheets import with_cell
from tests.test_mark_files import odf_cells, parts, placed

FORMATS = ("xlsx", "ods")
NETWORK = load_network("d02b")


def damaged() -> Workbook:
    """d02b with a wrong formula, a typed number and an empty cell."""
    workbook = make_workbook(NETWORK)
    z, a, w = (stands_at(workbook, NETWORK, block) for block in ("z_1", "a_2", "W_2_new"))
    wrong = workbook.sheet(z[0])
    assert wrong is not None
    formula = f"{wrong.cells[z[1:]].formula}+0.5"
    workbook = with_cell(workbook, z, Cell(0.8775, formula))
    workbook = with_cell(workbook, a, Cell(0.7513650695523157))
    return with_cell(workbook, w, None)


def notes_in(path: Path) -> dict[Place, str]:
    """The note of every cell that has one, ours and the author's."""
    if path.suffix == ".ods":
        return {place: note for place, (_, note) in odf_cells(path).items() if note}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Gnumeric names no default style
        book = openpyxl.load_workbook(path)
    cells = ((sheet.title, cell) for sheet in book for row in sheet.iter_rows() for cell in row)
    return {(name, cell.row, cell.column): cell.comment.text for name, cell in cells if cell.comment}


def ours_in(path: Path) -> dict[Place, str]:
    """The notes that we have put or lengthened."""
    return {place: note for place, note in notes_in(path).items() if "sheetnet: " in note}


def remarked(report: Report) -> set[Place]:
    """The judged cells that are not correct, which get a note."""
    return {place for c in report.cells if c.verdict != "correct" and (place := cell_position(c)) is not None}


# The author's notes, which stay; none looks like one of ours.
OWN = {(sheet.name, *place): note for sheet in damaged().sheets for place, note in sheet.view.notes.items()}
assert OWN
assert not any("sheetnet: " in note for note in OWN.values())


@pytest.fixture(params=FORMATS)
def original(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"student.{request.param}"
    save_workbook(damaged(), path)
    return path


def mark(path: Path, target: Path | None = None) -> tuple[Report, Path]:
    """The report, and the marked copy."""
    report = validate(path, NETWORK)
    target = target or path.with_name(f"marked{path.suffix}")
    save_marked(report, target)
    return report, target


def test_the_damage_is_seen(original: Path) -> None:
    """The sample has cells of several verdicts, without which these tests would show little."""
    assert {"wrong", "hardcoded", "blank", "carried", "correct"} <= set(validate(original, NETWORK).counts)


def test_a_copy_reads_as_its_original_with_one_sheet_more(original: Path) -> None:
    """Cells, formulas, arrays, names and cached values are equal; the report comes behind them."""
    before, after = read_workbook(original), read_workbook(mark(original)[1])
    assert after.sheets[:-1] == before.sheets
    assert after.names == before.names
    assert after.sheets[-1].name == NAME


def test_a_copy_gets_the_same_verdicts(original: Path) -> None:
    """Nothing that was marked changes what is judged."""
    report, target = mark(original)
    again = validate(target, NETWORK)
    assert [(c.sheet, c.cell, c.verdict) for c in again.cells] == [(c.sheet, c.cell, c.verdict) for c in report.cells]


def test_other_parts_stay_byte_for_byte(original: Path) -> None:
    """Sheets with judged cells, their notes, the styles and the lists of parts change; an .ods in its content alone."""
    report, target = mark(original)
    before, after = parts(original), parts(target)
    changed = {name for name in before if before[name] != after[name]}
    if original.suffix == ".ods":
        assert changed == {"content.xml"}
        assert next(iter(after)) == "mimetype"
        return
    names = [sheet.name for sheet in read_workbook(original).sheets]
    judged = {names.index(cell.sheet) + 1 for cell in report.cells if cell.sheet}
    noted = {names.index(sheet) + 1 for sheet, _, _ in remarked(report)}
    assert noted < judged
    lists = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
    relations = {name for number in noted if (name := f"xl/worksheets/_rels/sheet{number}.xml.rels") in before}
    step = relations & {f"xl/worksheets/_rels/sheet{names.index('Step') + 1}.xml.rels"}  # it has a list of notes
    notes = {"xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"}
    sheets = {f"xl/worksheets/sheet{number}.xml" for number in judged}
    assert changed == lists | sheets | notes | (relations - step)
    assert {name for name in before if "chart" in name or "drawing" in name} - notes <= set(before) - changed


def test_marking_twice_gives_the_same_bytes(original: Path) -> None:
    """No times or random numbers are in a copy."""
    first = mark(original)[1].read_bytes()
    assert mark(original)[1].read_bytes() == first


def test_every_cell_of_an_xlsx_has_its_fill_and_note(tmp_path: Path) -> None:
    """openpyxl sees each verdict's colour, the reason of all that is not correct, and each cell's own number format."""
    path = tmp_path / "student.xlsx"
    save_workbook(damaged(), path)
    report, target = mark(path)
    before, after = openpyxl.load_workbook(path), openpyxl.load_workbook(target)
    for cell in report.cells:
        old, new = before[cell.sheet][cell.cell], after[cell.sheet][cell.cell]
        assert new.fill.fgColor.rgb == "FF" + VERDICT_STYLES[cell.verdict].fill
        if cell.verdict != "blank":  # it was taken out of the file together with its format
            assert (new.number_format, repr(new.font)) == (old.number_format, repr(old.font))
            assert repr(new.border) == repr(old.border)
        note = new.comment.text if new.comment else ""
        assert (cell.message in note) == (cell.verdict != "correct")


def test_every_cell_of_an_ods_has_its_fill_and_note(tmp_path: Path) -> None:
    """odfpy sees each verdict's colour and the reason of all that is not correct."""
    path = tmp_path / "student.ods"
    save_workbook(damaged(), path)
    report, target = mark(path)
    seen = odf_cells(target)
    for cell in report.cells:
        place = cell_position(cell)
        assert place is not None
        fill, note = seen[place]
        assert fill == "#" + VERDICT_STYLES[cell.verdict].fill
        assert (cell.message in note) == (cell.verdict != "correct")


def test_the_authors_notes_stay(original: Path) -> None:
    """Each is there with its text, alone or before ours; all other notes are ours, and all begin with the verdict."""
    report, target = mark(original)
    seen = notes_in(target)
    for place, text in OWN.items():
        assert seen[place].split("\n\nsheetnet: ")[0].split() == text.split()
    assert seen.keys() == OWN.keys() | remarked(report)
    verdicts = {cell_position(cell): cell.verdict for cell in report.cells}
    ours = ours_in(target)
    assert ours.keys() == remarked(report)
    assert all(f"sheetnet: {verdicts[place]}: " in note for place, note in ours.items())


def test_rules_links_entries_and_charts_of_an_xlsx_stay(tmp_path: Path) -> None:
    """As many of each on each sheet; of conditional formats those that were there, and ours before them."""
    path = tmp_path / "student.xlsx"
    save_workbook(damaged(), path)
    before, after = openpyxl.load_workbook(path), openpyxl.load_workbook(mark(path)[1])
    kept = 0
    for old in before:
        new = after[old.title]
        for have in (
            lambda s: sorted((c.coordinate, c.hyperlink.location) for row in s.iter_rows() for c in row if c.hyperlink),
            lambda s: sorted((str(v.sqref), v.type, v.formula1) for v in s.data_validations.dataValidation),
            lambda s: len(s._charts),
            lambda s: (s.protection.sheet, s.freeze_panes, s.print_title_rows, str(s.merged_cells)),
        ):
            assert have(new) == have(old)
        rules = {str(each.sqref): [rule.formula for rule in each.rules] for each in old.conditional_formatting}
        found = {str(each.sqref): [rule.formula for rule in each.rules] for each in new.conditional_formatting}
        assert rules.items() <= found.items()
        assert all("sheetnet" in found[more][0][0] for more in found.keys() - rules.keys())
        kept += len(rules) + len(old.data_validations.dataValidation) + len(old._charts)
    assert kept > 10


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_protected_copy_stays_as_open_as_it_was(suffix: str, tmp_path: Path) -> None:
    """In a student's copy, sheets stay locked and the answers open, whatever fill they have now; so does a changed given."""
    path = tmp_path / f"student.{suffix}"
    book = make_student_workbook(NETWORK)
    given = stands_at(book, NETWORK, "A_1", 0, NETWORK.sizes[1])  # the bias node
    save_workbook(with_cell(book, given, Cell(2.0)), path)
    report, target = mark(path)
    assert report.counts["blank"] > 10
    assert validate(target, NETWORK).counts == report.counts
    if suffix == "ods":
        protected = re.compile(rb"<table:table [^>]*table:protected=\"true\"")
        assert len(protected.findall(parts(target)["content.xml"])) == len(
            protected.findall(parts(path)["content.xml"])
        )
        before, after = odf_protection(path), odf_protection(target)
    else:
        books = openpyxl.load_workbook(path), openpyxl.load_workbook(target)
        assert [s.protection.sheet for s in books[0]] == [s.protection.sheet for s in books[1]][:-1]
        assert books[0]["Step"].protection.sheet
        before, after = (
            {(s.title, c.row, c.column): c.protection.locked for s in book for row in s.iter_rows() for c in row}
            for book in books
        )
    marked = [place for place in marks_of(report) if place in before]
    assert {place: after[place] for place in marked} == {place: before[place] for place in marked}
    assert len({after[place] for place in marked}) == 2


def odf_protection(path: Path) -> dict[Place, bool]:
    """Whether a cell is locked, for each that has a style of its own."""
    content = parts(path)["content.xml"].decode()
    styles = re.findall(r'<style:style style:name="([^"]*)"(.*?)</style:style>', content)
    locked = {name: 'style:cell-protect="none"' not in text for name, text in styles}
    cells = placed(opendocument.load(str(path)))
    return {place: locked.get(cell.getAttribute("stylename"), True) for place, cell in cells}


def test_the_summary_lists_counts_and_every_blamed_cell(original: Path) -> None:
    """The last sheet says how many cells have each verdict, and where the blame lies."""
    report, target = mark(original)
    rows: dict[int, list[object]] = {}
    for (row, _), cell in sorted(read_workbook(target).sheets[-1].cells.items()):
        rows.setdefault(row, []).append(cell.value)
    lines = list(rows.values())
    for verdict, count in report.counts.items():
        assert [verdict, float(count)] in [line[:2] for line in lines]
    blamed = [[c.verdict, f"{c.sheet}!{c.cell}"] for c in report.cells if c.verdict not in ("correct", "carried")]
    assert blamed
    assert [line[:2] for line in lines if line[:2] in blamed] == blamed


@pytest.mark.libreoffice
def test_libreoffice_opens_copies_and_keeps_their_notes(tmp_path: Path) -> None:
    """Recalculated and saved again, a copy has the sheets, formulas, notes and texts it had; nothing became a formula."""
    copies = []
    for suffix in FORMATS:
        path = tmp_path / f"{suffix}.{suffix}"
        save_workbook(damaged(), path)
        copies.append(mark(path, tmp_path / f"marked-{path.name}")[1])
    saved = libreoffice_convert(copies, "xlsx", tmp_path / "saved")
    for copy, again in zip(copies, saved, strict=True):
        report, before, after = validate(copy, NETWORK), read_workbook(copy), read_workbook(again)
        assert [sheet.name for sheet in after.sheets] == [sheet.name for sheet in before.sheets]
        assert validate(again, NETWORK).counts == report.counts
        assert not [cell for cell in after.sheets[-1].cells.values() if cell.formula is not None]
        assert ours_in(again).keys() == remarked(report)
        assert notes_in(again).keys() == remarked(report) | OWN.keys()
        step = openpyxl.load_workbook(again)["Step"]
        assert step["A1"].fill.fgColor.rgb not in {"FF" + look.fill for look in VERDICT_STYLES.values()}


@pytest.mark.validator
def test_a_marked_xlsx_is_valid_open_xml(tmp_path: Path) -> None:
    """No error of any kind, by the newest schema the SDK knows: all views, and a student's copy."""
    for number, workbook in enumerate([damaged(), make_student_workbook(NETWORK)]):
        path = tmp_path / f"student{number}.xlsx"
        save_workbook(workbook, path)
        assert ooxml_errors(mark(path)[1]) == []


@pytest.mark.schema
def test_a_marked_ods_is_valid_opendocument(tmp_path: Path) -> None:
    """No error by the schema of OpenDocument 1.3: all views, and a student's copy."""
    for number, workbook in enumerate([damaged(), make_student_workbook(NETWORK)]):
        path = tmp_path / f"student{number}.ods"
        save_workbook(workbook, path)
        assert odf_errors(mark(path)[1], tmp_path / f"parts{number}") == ""


def resaved(path: Path, program: str, folder: Path) -> Path:
    """The workbook as a program saves it."""
    suffix = path.suffix[1:]
    if program == "openpyxl" and suffix == "xlsx":  # it has no .ods
        folder.mkdir()
        target = folder / path.name
        book = openpyxl.load_workbook(path)
        book["Step"]["A1"].comment = openpyxl.comments.Comment("my own note", "me")
        book["Step"].merge_cells("A1:C1")
        book.save(target)
        return target
    if program == "gnumeric":
        return gnumeric_convert(path, suffix, folder)
    return libreoffice_convert([path], suffix, folder)[0]


PROGRAMS = [
    pytest.param("libreoffice", marks=pytest.mark.libreoffice),
    pytest.param("gnumeric", marks=pytest.mark.gnumeric),
    "openpyxl",
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_files_saved_by_other_programs_can_be_marked(original: Path, program: str, tmp_path: Path) -> None:
    """All that is read before is read after, and the copy gets the same verdicts."""
    path = resaved(original, program, tmp_path / "saved")
    report, target = mark(path)
    before, after = read_workbook(path), read_workbook(target)
    assert (after.sheets[:-1], after.names) == (before.sheets, before.names)
    assert validate(target, NETWORK).counts == report.counts
    if original.suffix == ".xlsx":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Gnumeric names no default style
            book = openpyxl.load_workbook(target)
        for cell in report.cells:
            if cell.cell and cell.verdict != "correct":
                assert book[cell.sheet][cell.cell].fill.fgColor.rgb == "FF" + VERDICT_STYLES[cell.verdict].fill
        assert ours_in(target).keys() == remarked(report)


@pytest.mark.libreoffice
@pytest.mark.gnumeric
@pytest.mark.parametrize("program", ["libreoffice", "gnumeric"])
def test_copies_of_other_programs_files_open_in_libreoffice(original: Path, program: str, tmp_path: Path) -> None:
    """Marked after another program saved it, a workbook still recalculates to the same verdicts."""
    report, target = mark(resaved(original, program, tmp_path / "saved"))
    (again,) = libreoffice_convert([target], "ods", tmp_path / "again")
    assert validate(again, NETWORK).counts == report.counts


def test_the_workbook_itself_is_never_overwritten(original: Path, tmp_path: Path) -> None:
    """Not by its own path, nor by a link to it; the file stays as it was."""
    report, before = validate(original, NETWORK), original.read_bytes()
    link = tmp_path / f"link{original.suffix}"
    link.symlink_to(original)
    for target in (original, link):
        with pytest.raises(FileError, match="never overwritten"):
            save_marked(report, target)
    assert original.read_bytes() == before


def test_a_copy_has_the_format_of_its_workbook(original: Path, tmp_path: Path) -> None:
    """Another suffix would make a file that no program opens."""
    other = {".xlsx": "ods", ".ods": "xlsx"}[original.suffix]
    with pytest.raises(FileError, match=f"name it copy{original.suffix}"):
        save_marked(validate(original, NETWORK), tmp_path / f"copy.{other}")


def test_where_copies_go(tmp_path: Path) -> None:
    """One workbook to a file or into a folder; several into a folder, told apart by their own folders where need be."""
    ann, bob = tmp_path / "ann" / "x.xlsx", tmp_path / "bob" / "x.xlsx"
    out = tmp_path / "out"
    assert copy_paths([ann], out) == {ann: out}
    assert copy_paths([ann, bob], out) == {ann: out / "ann" / "x.xlsx", bob: out / "bob" / "x.xlsx"}
    assert copy_paths([ann], out) == {ann: out / "x.xlsx"}
    assert copy_paths([ann, tmp_path / "y.ods"], out) == {ann: out / "x.xlsx", tmp_path / "y.ods": out / "y.ods"}
    with pytest.raises(FileError, match="never overwritten"):
        copy_paths([ann, tmp_path / "bob" / "y.xlsx"], tmp_path / "ann")
    with pytest.raises(FileError, match="given twice"):
        copy_paths([ann, ann], out)


def test_marks_are_those_of_the_report(original: Path) -> None:
    """Each judged cell has one, with a note unless it is correct."""
    report = validate(original, NETWORK)
    marks = marks_of(report)
    assert len(marks) == len(report.cells)
    assert sum(mark.note is None for mark in marks.values()) == report.counts["correct"]


@pytest.mark.parametrize("program", [None, *PROGRAMS[:1]])
def test_a_marked_copy_that_was_worked_on_is_marked_anew(original: Path, program: str | None, tmp_path: Path) -> None:
    """New marks take the place of the old: one summary, and no note that still blames a cell that is now right."""
    _, copy = mark(original)
    if program:
        copy = libreoffice_convert([copy], original.suffix[1:], tmp_path / "saved")[0]
    z = stands_at(make_workbook(NETWORK), NETWORK, "z_1")
    report = validate(copy, NETWORK)
    settled = [replace(c, verdict=Verdict.CORRECT) if cell_position(c) == z else c for c in report.cells]
    target = tmp_path / f"anew{original.suffix}"
    save_marked(replace(report, cells=tuple(settled)), target)
    before, after = read_workbook(copy), read_workbook(target)
    assert after.sheets[:-1] == before.sheets[:-1]
    assert [sheet.name for sheet in after.sheets] == [sheet.name for sheet in before.sheets]
    ours = ours_in(target)
    assert ours.pop(z) == "sheetnet: nothing to remark any more"
    assert {note.count("sheetnet: ") for note in ours.values()} == {1}
    assert len(ours) == len(report.cells) - report.counts["correct"] - 1
    assert notes_in(target).keys() == notes_in(copy).keys() >= OWN.keys()


def test_the_command_line_writes_page_and_copies(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--html` and `--marked` beside what is printed; a folder for several; the exit code stays that of the verdicts."""
    sound = tmp_path / f"sound{original.suffix}"
    save_workbook(make_workbook(NETWORK), sound)
    page, out = tmp_path / "page.html", tmp_path / "out"

    def run(*args: str | Path) -> int | str | None:
        monkeypatch.setattr(sys, "argv", ["sheetnet", "validate", *map(str, args)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code

    assert run(original, sound, "--html", page, "--marked", out) == 1
    assert sorted(path.name for path in out.iterdir()) == sorted([original.name, sound.name])
    assert original.name in page.read_text(encoding="utf-8")
    assert run(sound, "--marked", tmp_path / f"one{sound.suffix}") == 0
    assert (tmp_path / f"one{sound.suffix}").is_file()
    before = original.read_bytes()
    assert run(original, "--marked", original) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert original.read_bytes() == before
