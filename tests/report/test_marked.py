"""Marked copies: the judged cells show their verdicts, and all else of the workbook stays as it was."""

from __future__ import annotations

import re
import sys
from copy import copy
from pathlib import Path

import openpyxl
import pytest
from odf import opendocument
from openpyxl.styles import Font

from sheetnet.cli import main
from sheetnet.errors import FileError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.formulas import symbol_of
from sheetnet.generate import make_student_workbook, make_workbook
from sheetnet.judge import validate
from sheetnet.report.marked import SUMMARY_NAME, cell_position, copy_paths, marks_of, save_marked
from sheetnet.report.wording import VERDICT_STYLES, called
from sheetnet.styles import Strokes
from sheetnet.verdict import Verdict
from sheetnet.workbook import Cell, Place
from tests.support.marked import FORMATS, NETWORK, OWN, damaged, mark, notes_in, ours_in, remarked
from tests.support.odf import odf_cells, odf_strokes, placed
from tests.support.sheets import place_of as stands_at
from tests.support.sheets import with_cell
from tools.packages import parts_of

assert OWN
assert not any("sheetnet: " in note for note in OWN.values())


def test_the_damage_is_seen(original: Path) -> None:
    """The sample has cells of several verdicts, without which these tests would show little."""
    assert {"wrong", "hardcoded", "blank", "carried", "correct"} <= set(validate(original, NETWORK).counts)


def test_a_copy_reads_as_its_original_with_one_sheet_more(original: Path) -> None:
    """Cells, formulas, arrays, names and cached values are equal; the report comes before them."""
    before, after = read_workbook(original), read_workbook(mark(original)[1])
    assert after.sheets[1:] == before.sheets
    assert after.names == before.names
    assert after.sheets[0].name == SUMMARY_NAME


def test_a_copy_gets_the_same_verdicts(original: Path) -> None:
    """Nothing that was marked changes what is judged."""
    report, target = mark(original)
    again = validate(target, NETWORK)
    assert [(c.sheet, c.cell, c.verdict) for c in again.cells] == [(c.sheet, c.cell, c.verdict) for c in report.cells]


def test_other_parts_stay_byte_for_byte(original: Path) -> None:
    """Sheets with judged cells, their notes, the styles, lists of parts and the sheet that was selected change; of an .ods
    its content, and its settings, which say what is shown first."""
    report, target = mark(original)
    before, after = parts_of(original.read_bytes()), parts_of(target.read_bytes())
    changed = {name for name in before if before[name] != after[name]}
    if original.suffix == ".ods":
        assert changed == {"content.xml", "settings.xml"}
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
    selected = {name for name in before if b'tabSelected="1"' in before[name]}
    assert len(selected) == 1
    assert changed == lists | sheets | notes | selected | (relations - step)
    assert {name for name in before if "chart" in name or "drawing" in name} - notes <= set(before) - changed


def test_marking_twice_gives_the_same_bytes(original: Path) -> None:
    """No times or random numbers are in a copy."""
    first = mark(original)[1].read_bytes()
    assert mark(original)[1].read_bytes() == first


def with_strokes(font: Font, strokes: Strokes) -> Font:
    """The font as a mark leaves it."""
    changed = copy(font)
    words = strokes.split()
    changed.strike = True if "crossed" in words else font.strike
    changed.i = True if "slanted" in words else font.i
    changed.u = "double" if "twice" in words else "single" if "underlined" in words else font.u
    return changed


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
            assert new.number_format == old.number_format
            assert repr(new.font) == repr(with_strokes(old.font, VERDICT_STYLES[cell.verdict].strokes))
            assert repr(new.border) == repr(old.border)
        note = new.comment.text if new.comment else ""
        assert (cell.message in note) == (cell.verdict != "correct")


def test_every_cell_of_an_ods_has_its_fill_and_note(tmp_path: Path) -> None:
    """odfpy sees each verdict's colour and the reason of all that is not correct."""
    path = tmp_path / "student.ods"
    save_workbook(damaged(), path)
    report, target = mark(path)
    seen, strokes = odf_cells(target), odf_strokes(target)
    wanted = {
        Strokes.NONE: set(),
        Strokes.CROSSED_OUT: {"line-through"},
        Strokes.UNDERLINED: {"underline"},
        Strokes.TWICE_UNDERLINED: {"underline", "double"},
        Strokes.SLANTED: {"italic"},
        Strokes.SLANTED_UNDERLINED: {"italic", "underline"},
    }
    for cell in report.cells:
        place = cell_position(cell)
        assert place is not None
        assert strokes[place] == wanted[VERDICT_STYLES[cell.verdict].strokes]
        fill, note = seen[place]
        assert fill == "#" + VERDICT_STYLES[cell.verdict].fill
        assert (cell.message in note) == (cell.verdict != "correct")


def test_what_is_not_right_has_strokes_that_a_grey_print_shows() -> None:
    """All that somebody typed and that is not correct; a blank is empty, and what is missing stands nowhere."""
    plain = {verdict for verdict, look in VERDICT_STYLES.items() if look.strokes is Strokes.NONE}
    assert plain == {Verdict.CORRECT, Verdict.BLANK, Verdict.MISSING}
    apart = (Verdict.WRONG, Verdict.HARDCODED, Verdict.ROUNDED, Verdict.CARRIED, Verdict.UNDETERMINED)
    assert len({VERDICT_STYLES[verdict].strokes for verdict in apart}) == len(apart)


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
    assert all(f"sheetnet: {signed(verdicts[place])}: " in note for place, note in ours.items())


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
        assert len(protected.findall(parts_of(target.read_bytes())["content.xml"])) == len(
            protected.findall(parts_of(path.read_bytes())["content.xml"])
        )
        before, after = odf_protection(path), odf_protection(target)
    else:
        books = openpyxl.load_workbook(path), openpyxl.load_workbook(target)
        assert [s.protection.sheet for s in books[0]] == [s.protection.sheet for s in books[1]][1:]
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
    content = parts_of(path.read_bytes())["content.xml"].decode()
    styles = re.findall(r'<style:style style:name="([^"]*)"(.*?)</style:style>', content)
    locked = {name: 'style:cell-protect="none"' not in text for name, text in styles}
    cells = placed(opendocument.load(str(path)))
    return {place: locked.get(cell.getAttribute("stylename"), True) for place, cell in cells}


def signed(verdict: str | None) -> str:
    """A verdict with its sign, for who sees no colours."""
    return f"{VERDICT_STYLES[verdict or ''].sign} {called(verdict or '')}"


def test_the_report_sheet_leads_with_progress_and_lists_what_is_to_be_done(original: Path) -> None:
    """Progress, every finding with its symbol and reason, a line for the blanks of a block, then the counts."""
    report, target = mark(original)
    sheet = read_workbook(target).sheets[0]
    rows: dict[int, list[object]] = {}
    for (row, _), own in sorted(sheet.cells.items()):
        rows.setdefault(row, []).append(own.value)
    lines = list(rows.values())
    right = report.counts["correct"] + report.counts["carried"]
    assert lines[:2] == [
        [SUMMARY_NAME],
        ["✗ not ok", f"{right:,} of {len(report.cells):,} right, 2 to look at, 1 to do"],
    ]
    for verdict, count in report.counts.items():
        look = VERDICT_STYLES[verdict]
        strokes = [look.strokes] if look.strokes else []
        assert [f"{look.sign} {count:,} {called(verdict)}", *strokes, Verdict(verdict).meaning] in lines
    for cell in report.cells:
        if cell.verdict not in ("correct", "carried"):
            (line,) = (each for each in lines if each[:2] == [signed(cell.verdict), f"{cell.sheet}!{cell.cell}"])
            assert str(line[2]).split(" ")[0] == symbol_of(cell.quantity)
            assert cell.verdict == "blank" or str(line[3]).startswith(cell.message)


def test_texts_of_the_report_sheet_wrap(tmp_path: Path) -> None:
    """Reasons and formulas in the width of their columns, which fit a laptop; texts of one line run over."""
    path = tmp_path / "student.xlsx"
    save_workbook(damaged(), path)
    sheet = openpyxl.load_workbook(mark(path)[1])[SUMMARY_NAME]
    long = [cell for row in sheet.iter_rows() for cell in row if len(str(cell.value or "")) > 60 and cell.column > 3]
    assert long
    assert all(cell.alignment.wrap_text for cell in long)
    assert all(sheet.row_dimensions[cell.row].height > 25 for cell in long)
    assert sum(dimension.width for dimension in sheet.column_dimensions.values()) < 190
    links = [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert links
    assert all(cell.font.u for cell in links)


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
