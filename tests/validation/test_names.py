"""Names of copied sheets, however they are written, and workbooks without names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet.files import save_workbook
from sheetnet.generate import make_workbook
from sheetnet.judge import judge, validate
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.syntax import area_name
from sheetnet.workbook import Name, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.names import area_of, bare, copied, named
from tests.support.sheets import blamed, place_of, step_book, with_formula
from tools.packages import replaced
from tools.small_networks import SMALL

# --- Copies of sheets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
@pytest.mark.parametrize("name", ["bias-node", "xor-batch"])
def test_a_copied_sheet_changes_no_verdict(name: str, suffix: str, tmp_path: Path) -> None:
    """The workbook's own names win, and a note says which sheet was not judged."""
    workbook = copied(bare(make_workbook(load_network(name))), "Step", "Step again")
    save_workbook(workbook, tmp_path / f"a.{suffix}")
    report = validate(tmp_path / f"a.{suffix}")
    assert report.ok
    assert report.notes == ("Step again is a copy of Step with names of its own: Step was judged, Step again was not",)


@pytest.mark.parametrize("column", [False, True])
def test_a_copied_view_changes_no_verdict(column: bool) -> None:
    """Views have names, too."""
    network = load_network("xor-batch")
    workbook = copied(make_workbook(network, WorkbookOptions(("step", "training"), column, steps=3)), "Training", "T2")
    report = judge(workbook, network)
    assert report.ok
    assert report.notes == ("T2 is a copy of Training with names of its own: Training was judged, T2 was not",)


@pytest.mark.parametrize("left", ["#REF!", "Step!#REF!", None])
@pytest.mark.parametrize("name", SMALL)
def test_where_the_workbook_s_names_lead_nowhere_those_of_the_copy_count(name: str, left: str | None) -> None:
    """As they do when the sheet that was copied is deleted; formulas that use names mean the copy's."""
    network = load_network(name)
    book = bare(step_book(network))
    workbook = copied(book, "Step", "Copy")
    own = {each.name: left for each in book.names}
    names = tuple(each if each.sheet else replace(each, refers_to=own[each.name] or "#gone") for each in workbook.names)
    names = tuple(each for each in names if each.refers_to != "#gone")
    sheets = tuple(sheet for sheet in workbook.sheets if sheet.name != "Step")
    workbook = replace(workbook, sheets=sheets, names=names)
    place = place_of(workbook, network, "W_1_new")
    sheet = workbook.sheet("Copy")
    assert sheet is not None
    formula = sheet.cells[place[1:]].formula
    gamma = area_name(replace(area_of(book, "gamma"), sheet=None))
    assert formula is not None
    assert gamma in formula
    workbook = with_formula(workbook, place, formula.replace(gamma, "gamma"))
    report = judge(workbook, network)
    assert report.ok, blamed(report)
    assert report.notes == (
        "Copy was judged by the names that belong to this sheet, for the workbook's own lead to no cells",
    )
    damaged = judge(with_formula(workbook, place_of(workbook, network, "z_1"), "7"), network)
    assert blamed(damaged) == {"z_1[0, 0]": "hardcoded"}


def test_of_two_copies_that_fit_equally_well_neither_is_judged(d02b: tuple[Network, Workbook]) -> None:
    """One sentence says so; where one has most of the names, that one is."""
    network, book = d02b
    workbook = copied(copied(bare(book), "Step", "One"), "Step", "Two")
    workbook = replace(workbook, names=tuple(name for name in workbook.names if name.sheet))
    report = judge(workbook, network)
    assert not report.ok
    assert [(cell.quantity, cell.verdict, cell.message) for cell in report.cells] == [
        (
            "all quantities",
            "error",
            "One and Two have names of their own and the workbook has none: delete the sheets that are not meant",
        )
    ]
    fewer = tuple(name for name in workbook.names if name.sheet == "One" or not name.name.startswith("cost_out"))
    report = judge(replace(workbook, names=fewer), network)
    assert report.ok
    assert [note for note in report.notes if "Two" in note] == [
        "Two is a copy of One with names of its own: One was judged, Two was not"
    ]


def test_a_single_name_of_another_sheet_s_scope_says_nothing(d02b: tuple[Network, Workbook]) -> None:
    """A right workbook stays right; on the sheet of the step such a name stands in for one that is gone."""
    network, workbook = d02b
    stray = replace(workbook, names=(*workbook.names, Name("gamma", "'Read me'!$A$1", "Read me")))
    assert judge(stray, network).ok
    gamma = area_name(area_of(workbook, "gamma"))
    for scope, found in (("Step", True), ("Read me", False)):
        scoped = replace(
            named(workbook, gamma="#REF!"), names=(*named(workbook, gamma=None).names, Name("gamma", gamma, scope))
        )
        assert judge(scoped, network).ok == found


# --- How names are written -------------------------------------------------------------------------------------------


def test_names_are_found_however_they_are_written(d02b: tuple[Network, Workbook]) -> None:
    """In other capitals, with the sheet in apostrophes, as a union of the block's cells."""
    network, workbook = d02b
    z = area_of(workbook, "z_1")
    first, last = replace(z, right=z.left), replace(z, left=z.right)
    union = f"{area_name(first)},{area_name(last)}"
    for refers_to in (
        area_name(z).replace("Step!", "'Step'!"),
        area_name(z).replace("Step!", "STEP!"),
        union,
        f"({union})",
    ):
        assert judge(named(workbook, z_1=refers_to), network).ok, refers_to
    other = tuple(replace(name, name=name.name.swapcase()) for name in workbook.names)
    assert judge(replace(workbook, names=other), network).ok


@pytest.mark.parametrize("union", ["{a},{a}", "{a},Nowhere!$A$1", "{a},'Read me'!$B$2", "{a},5", "{a},"])
def test_a_union_that_is_no_rectangle_is_no_block(d02b: tuple[Network, Workbook], union: str) -> None:
    """Cells twice, of other sheets, or no cells: the block is reported, and no other."""
    network, workbook = d02b
    z = area_of(workbook, "z_1")
    report = judge(named(workbook, z_1=union.format(a=area_name(replace(z, right=z.left)))), network)
    assert blamed(report) == {"z_1[]": "missing"}


def test_hidden_names_count(d02b: tuple[Network, Workbook], tmp_path: Path) -> None:
    """Some programs hide the names of a sheet that they copy."""
    network, workbook = d02b
    save_workbook(workbook, tmp_path / "a.xlsx")
    shown = (tmp_path / "a.xlsx").read_bytes()
    hidden = replaced(shown, "xl/workbook.xml", "<definedName ", '<definedName hidden="1" ', count=-1)
    (tmp_path / "b.xlsx").write_bytes(hidden)
    assert validate(tmp_path / "b.xlsx", network).ok


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_without_names_one_line_says_what_to_do(d02b: tuple[Network, Workbook], suffix: str, tmp_path: Path) -> None:
    """As Apple Numbers saves a workbook; no line for every quantity and every sheet."""
    network, _ = d02b
    whole = bare(make_workbook(network))
    for names in ((), tuple(replace(name, refers_to="#REF!") for name in whole.names)):
        path = tmp_path / f"{len(names)}.{suffix}"
        save_workbook(replace(whole, names=names), path)
        report = validate(path)
        assert not report.ok
        [cell] = report.cells
        assert (cell.quantity, cell.verdict, report.notes) == ("all quantities", "missing", ())
        assert "sheetnet identify FILE --network" in cell.message


def test_names_that_lead_nowhere_are_no_names(d02b: tuple[Network, Workbook], tmp_path: Path) -> None:
    """The formulas are then judged by what they compute; where no network is given, by what their forward pass does."""
    network, workbook = d02b
    sheets = tuple(sheet for sheet in workbook.sheets if sheet.name == "Step")
    dead = tuple(replace(name, refers_to="#REF!") for name in workbook.names)
    save_workbook(bare(Workbook(sheets, dead)), tmp_path / "a.xlsx")
    report = validate(tmp_path / "a.xlsx", network)
    assert "inputs from the values of the network file" in report.notes
    report = validate(tmp_path / "a.xlsx")
    assert (report.ok, report.network_source) == (True, "its own forward pass")
