"""Blocks on other cells and sheets: names decide where a block is judged, and what nobody judges is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sheetnet.generate import make_workbook
from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.workbook import Cell, Sheet, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.entries import Entry, edited, renamed
from tests.support.quantities import Array, spell
from tests.support.sheets import blamed, place_of, with_formula


def test_a_double_that_nobody_judges_is_said(d02b: tuple[Network, Workbook]) -> None:
    """Names that lead to a right sheet, hidden or not, while the one that people look at holds typed numbers."""
    network, workbook = d02b
    step = workbook.sheets[1]
    shown = replace(step, cells={at: replace(cell, formula=None) for at, cell in step.cells.items()})
    names = tuple(replace(name, refers_to=name.refers_to.replace("Step!", "Mine!")) for name in workbook.names)
    for hidden in (False, True):
        sheets = (workbook.sheets[0], shown, replace(step, name="Mine", hidden=hidden), workbook.sheets[2])
        report = judge(Workbook(sheets, names), network)
        assert report.ok
        double = "Step looks like the judged sheet Mine, but no name leads to it: it was not judged"
        secret = "judged cells stand on the hidden sheet Mine: A_0, target, gamma and 26 more"
        assert report.notes == ((secret, double) if hidden else (double,))
    assert judge(workbook, network).notes == ()


def test_a_block_apart_from_the_others_is_said(d02b: tuple[Network, Workbook]) -> None:
    """Its own cells are judged where its name leads, the ones beside the others are not."""
    network, _ = d02b
    moved: dict[str, Entry] = {f"Mine!{c}1": f"SUM(MMULT({{!A_0}},{{!W_1[:,{j}]}}))" for j, c in enumerate("AB")}
    report = judge(renamed(edited(d02b, moved), network, z_1="Mine!$A$1:$B$1"), network)
    assert report.ok
    assert report.notes == ("the step stands on Step, but z_1 on Mine",)


def test_a_view_without_its_names_is_said(d02b: tuple[Network, Workbook]) -> None:
    """Whoever deletes the names of a sheet takes it away from the judge, not from the reader of the report."""
    network, _ = d02b
    workbook = make_workbook(network, WorkbookOptions(("step", "matrices", "training")))
    names = tuple(name for name in workbook.names if not name.name.startswith("mat_"))
    report = judge(replace(workbook, names=names), network)
    assert report.ok
    assert report.notes == ("no names lead to the sheet Matrices, or too few: it was not judged",)
    assert judge(workbook, network).notes == ()


@pytest.mark.parametrize(
    ("claims", "damage"),
    [
        ({"z_1": "_sheetnet!$A$1:$B$1"}, {}),
        ({"z_1": "{!A_1[$0,$0]:[$0,$1]}"}, {}),
        ({"z_1": "{!z_1[$0,$0]:[$0,$2]}"}, {}),
        ({"z_1": "{!z_2[$:,$:]}", "z_2": "{!z_1[$:,$:]}"}, {}),
        ({"z_1": "{!z_1[$0,$1]:[$0,$2]}"}, {}),
        ({"z_1": "{!A_0[$0,$0]:[$0,$1]}"}, {}),
        ({"a_2": "{!a_2_new[$:,$:]}"}, {"{a_2[0,0]}": "1+1"}),
        ({"cost": "{!cost_n[$0,$0]}"}, {"{cost[0,0]}": "3*{cost_n[0,0]}"}),
        ({"W_1": "{!W_2[$:,$:]}", "W_2": "{!W_1[$:,$:]}"}, {}),
        ({"z_1": "{!A_1[$0,$0]:[$0,$1]}"}, {"{z_1[0,0]}": "7*{A_0[0,0]}", "{z_2[0,1]}": "{A_0[0,0]}"}),
        ({"z_1": "{!A_0[$0,$0]:[$0,$1]}"}, {"{z_2[0,1]}": "{A_0[0,0]}"}),
    ],
)
def test_names_on_other_cells_are_never_ok(
    d02b: tuple[Network, Workbook], claims: dict[str, str], damage: dict[str, Entry]
) -> None:
    """Names moved onto other blocks, the hidden sheet or right cells elsewhere do not hide anything."""
    network, _ = d02b
    assert not judge(renamed(edited(d02b, damage), network, **claims), network).ok


def test_right_formulas_on_another_sheet_are_right(d02b: tuple[Network, Workbook]) -> None:
    """A block that refers to a hidden sheet's right formulas computes what it should, and a wrong one there counts."""
    network, workbook = d02b
    hidden = Sheet("Mine", {(1, 1): Cell(None, spell("1/(1+EXP(-{!z_1[0,0]}))", workbook, network))}, hidden=True)
    changed = with_formula(workbook, place_of(workbook, network, "A_1"), "Mine!A1")
    assert judge(replace(changed, sheets=(*workbook.sheets[:1], *changed.sheets[1:], hidden)), network).ok
    wrong = replace(hidden, cells={(1, 1): Cell(None, spell("1/(1+EXP({!z_1[0,0]}))", workbook, network))})
    report = judge(replace(changed, sheets=(*changed.sheets, wrong)), network)
    assert blamed(report) == {"a_1[0, 0]": "wrong"}


def test_a_block_moved_to_another_sheet_is_judged_there(d02b: tuple[Network, Workbook]) -> None:
    """z_1 on a sheet of its own, its name with it: right is right, and a wrong cell is named where it stands."""
    network, workbook = d02b
    moved: dict[str, Entry] = {
        "Mine!A1": "SUM(MMULT({!A_0},{!W_1[:,0]}))",
        "Mine!B1": "SUM(MMULT({!A_0},{!W_1[:,1]}))",
        "{z_1[0,0]}": "Mine!A1",
        "{z_1[0,1]}": "Mine!B1",
    }
    workbook = renamed(edited(d02b, moved), network, z_1="Mine!$A$1:$B$1")
    assert judge(workbook, network).ok
    report = judge(with_formula(workbook, ("Mine", 1, 2), "B1+1"), network)
    assert [(c.sheet, c.cell, c.verdict) for c in report.cells if c.verdict not in ("correct", "carried")] == [
        ("Mine", "B1", "wrong")
    ]


@pytest.mark.parametrize(
    ("place", "formula", "found"),
    [
        ("{z_1[0,-1]:[0,1]}", "Mine!A1:C1", {"z_1[0, 0]": "hardcoded", "z_1[0, 1]": "hardcoded"}),
        ("{z_1}", "MMULT({A_0},{W_1})+Mine!D1", {"z_1[0, 0]": "error", "z_1[0, 1]": "error"}),
        ("{W_1}", "Mine!A1:B3", {}),
        ("{beside[0,0]:[0,1]}", "MMULT({A_0},{W_1})", {}),
    ],
)
def test_array_formulas_over_inputs_helpers_and_answers(
    d02b: tuple[Network, Workbook], place: str, formula: str, found: dict[str, str]
) -> None:
    """An array may fill an input, a helper, or an answer and its neighbours; nothing of it escapes."""
    numbers = ((0.15, 0.25, 1.0), (0.2, 0.3, 1.0), (0.35, 0.35, 1.0))
    typed: dict[str, Entry] = {
        f"Mine!{'ABC'[c]}{r + 1}": Cell(x) for r, row in enumerate(numbers) for c, x in enumerate(row)
    }
    typed |= {"Mine!D1": "1/0", place: Array(formula)}
    assert blamed(judge(edited(d02b, typed), d02b[0])) == found
