"""Attempts to pass while wrong, and odd but legal sheets: never ok, the sensible verdict, never a bug of our own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sheetnet.errors import FileError
from sheetnet.files import save_workbook
from sheetnet.generate import make_workbook
from sheetnet.judge import judge, validate
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.syntax import COLUMNS, ROWS, cell_name
from sheetnet.trials.draw import draw_trials
from sheetnet.trials.from_content import unforeseen
from sheetnet.validation import Report
from sheetnet.workbook import Cell, CellError, Name, Position, Sheet, Workbook
from sheetnet.workbook_options import Presentation
from tests.support import quantities
from tests.support.quantities import Array, spell
from tests.support.sheets import blamed, place_of, step_book, with_formula

Entry = Cell | str | Array | None  # a text is a formula; places and what is entered name cells by quantity


@pytest.fixture(scope="module")
def d02b() -> tuple[Network, Workbook]:
    network = load_network("d02b")
    return network, step_book(network)


def edited(d02b: tuple[Network, Workbook], cells: dict[str, Entry]) -> Workbook:
    """The workbook with cells entered; it gets a sheet `Mine`."""
    network, workbook = d02b
    workbook = replace(workbook, sheets=(*workbook.sheets, Sheet("Mine", {})))
    entered = {place: Cell(None, entry) if isinstance(entry, str) else entry for place, entry in cells.items()}
    return quantities.edited(workbook, network, entered)


def judged(d02b: tuple[Network, Workbook], cells: dict[str, Entry]) -> Report:
    return judge(edited(d02b, cells), d02b[0])


RIGHT = "1/(1+EXP(-{z_1[0,0]}))"


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        ("IF(AND({A_0[0,0]}=0.05,{A_0[0,1]}=0.1),0.5932699921071872,0)", "hardcoded"),
        ("IF({A_0[0,0]}=0.05,0.5932699921071872,7*{z_1[0,0]})", "hardcoded"),
        ("IF({A_0[0,0]}=0.05," + RIGHT + ",7*{z_1[0,0]})", "hardcoded"),
        ("IF(ISERROR(1/0),0.5932699921071872," + RIGHT + ")", "hardcoded"),
        ("IFERROR(NOSUCH(1),0.5932699921071872)", "hardcoded"),
        ("IFERROR(1/0,{a_2[0,0]})", "wrong"),
        ("{beside[0,0]}", "hardcoded"),
        ("Mine!B2+0*{z_1[0,0]}", "hardcoded"),
        ("VALUE(Mine!B3)", "hardcoded"),
        ("INDEX({beside[0,0]:[2,0]},1)", "hardcoded"),
        ("_sheetnet!A1", "hardcoded"),
        ('""', "hardcoded"),
        ('"=1/(1+EXP(-{z_1[0,0]}))"', "hardcoded"),
        (f'""&{RIGHT}', "wrong"),
        (f"{RIGHT}>0", "hardcoded"),
        (f"{RIGHT}+RAND()*0", "wrong"),
        (f"{RIGHT}+0*SUM(RANDARRAY(2,2))", "wrong"),
        (f"IF(NOW ()>1,{RIGHT},0)", "wrong"),
        (f"IF(TODAY\n()>1,{RIGHT},0)", "wrong"),
        (f"IF(Mine!C5>1,{RIGHT},0)", "wrong"),
        (f"IF(OFFSET(Mine!A1,2,4)>1,{RIGHT},0)", "wrong"),
        (f"{RIGHT}+Mine!C1", "wrong"),
        (f"{RIGHT}+Mine!C2", "wrong"),
        ('IF(CELL("contents",{A_0[0,0]})=0.05,0.5,' + RIGHT + ")", "wrong"),
        (f"IF(SHEETS()=4,0.5,{RIGHT})", "wrong"),
        ("IF(ISFORMULA({z_1[0,0]}),0.5," + RIGHT + ")", "wrong"),
        ("1/(1+Mine!C3)", "wrong"),
        ("1/(1+EXP(-{z_1[0,1]}))", "wrong"),
        ("1/(1+EXP(-{z_1_new[0,0]}))", "wrong"),
        ("1E308*10", "error"),
        ("Nowhere!A1", "error"),
        (f"{RIGHT}+Mine!D1", "error"),
        (f"{RIGHT}+Mine!D2", "error"),
    ],
)
def test_a_cheating_formula_is_never_ok(d02b: tuple[Network, Workbook], formula: str, verdict: str) -> None:
    """a_1[0, 0] written so that it looks right, or hides that it is not: it alone is blamed, as what it is."""
    helpers: dict[str, Entry] = {
        "{beside[0,0]}": Cell(0.5932699921071872),
        "Mine!B2": Cell(0.5932699921071872),
        "Mine!B3": Cell("0.5932699921071872"),
        "Mine!C1": "RAND()*0",
        "Mine!C2": "C1",
        "Mine!C3": "IF(SHEETS()=4,EXP({!z_1[0,0]}),EXP(-{!z_1[0,0]}))",
        "Mine!C5": 'INDIRECT("Mine!E3")',
        "Mine!E3": "NOW()",
        "Mine!D1": "1/0",
        "Mine!D2": Cell("abc"),
    }
    report = judged(d02b, helpers | {"{A_1[0,0]}": formula})
    assert blamed(report) == {"a_1[0, 0]": verdict}
    assert not report.ok


def test_a_workbook_of_values_only_is_hardcoded_throughout(d02b: tuple[Network, Workbook]) -> None:
    """Every calculation is `hardcoded`; only the bias nodes, which are always 1, are correct."""
    network, workbook = d02b
    sheets = (replace(s, cells={at: replace(c, formula=None) for at, c in s.cells.items()}) for s in workbook.sheets)
    report = judge(replace(workbook, sheets=tuple(sheets)), network)
    assert set(report.counts) == {"hardcoded", "correct"}
    assert all(cell.expected == 1 for cell in report.cells if cell.verdict == "correct")
    assert not report.ok


@pytest.mark.parametrize(
    ("entry", "verdict"),
    [
        (Cell("0.5932699921071872"), "wrong"),
        (Cell("=1/(1+EXP(-{z_1[0,0]}))"), "wrong"),
        (Cell("'=1/(1+EXP(-{z_1[0,0]}))"), "wrong"),
        (Cell(""), "blank"),
        (Cell(" \t"), "blank"),
        (Cell(True), "wrong"),
        (Cell(CellError("#DIV/0!")), "error"),
    ],
)
def test_what_is_no_number_is_never_taken_for_one(d02b: tuple[Network, Workbook], entry: Cell, verdict: str) -> None:
    """A number as text, a formula as text, an empty text, TRUE: not ok."""
    assert blamed(judged(d02b, {"{A_1[0,0]}": entry})) == {"a_1[0, 0]": verdict}


@pytest.mark.parametrize("entry", [Cell(True), "TRUE", '"1"', "1=1", "{A_0[0,0]}", "1.0000001"])
def test_a_bias_node_that_is_not_the_number_1_is_wrong(d02b: tuple[Network, Workbook], entry: Entry) -> None:
    """TRUE, a text and an input are not 1, whatever they seem to be."""
    assert set(blamed(judged(d02b, {"{A_1[0,2]}": entry}))) == {"A_1[0, 2]"}


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"{z_1[0,0]}": "{beside[0,0]}*2", "{beside[0,0]}": "{A_1[0,0]}"}, {"z_1[0, 0]": "wrong"}),
        (
            {
                "{z_1[0,0]}": "{A_0_T[0,0]}*{W_1[0,0]}+{A_0_T[1,0]}*{W_1[1,0]}+{W_1[2,0]}+0*{beside[0,0]}",
                "{beside[0,0]}": "{beside[0,0]}+1",
            },
            {"z_1[0, 0]": "error"},
        ),
        (
            {
                "{z_1[0,0]}": "{A_0_T[0,0]}*{W_1[0,0]}+{A_0_T[1,0]}*{W_1[1,0]}+{W_1[2,0]}+0*{beside[0,0]}",
                "{beside[0,0]}": "{beside[1,0]}",
                "{beside[1,0]}": "{beside[0,0]}",
            },
            {"z_1[0, 0]": "error"},
        ),
        (
            {
                "{z_1[0,0]}": "{A_0_T[0,0]}*{W_1[0,0]}+{A_0_T[1,0]}*{W_1[1,0]}+{W_1[2,0]}+0*{beside[0,0]}",
                "{beside[0,0]}": RIGHT,
                "{A_1[0,0]}": "{beside[0,0]}",
            },
            {"z_1[0, 0]": "error"},
        ),
        (
            {
                "{z_1[0,0]}": "{A_0_T[0,0]}*{W_1[0,0]}+{A_0_T[1,0]}*{W_1[1,0]}+{W_1[2,0]}+0*{beside[0,0]}",
                "{beside[0,0]}": "{z_1[0,0]}",
            },
            {"z_1[0, 0]": "error"},
        ),
        (
            {"{z_1[0,0]}": "{A_0_T[0,0]}*{W_1[0,0]}+{A_0_T[1,0]}*{W_1[1,0]}+{W_1[2,0]}+0*{cost_new[0,0]}"},
            {"z_1[0, 0]": "error"},
        ),
        (
            {"{z_1[0,0]}": "SUMPRODUCT({A_0_T},{W_1[:,0]})+0*SUM({z_1[0,0].letters}:{z_1[0,0].letters})"},
            {"z_1[0, 0]": "error"},
        ),
        ({"{z_1[0,0]}": "LN({A_1[0,0]}/(1-{A_1[0,0]}))"}, {"z_1[0, 0]": "error"}),
        ({"{W_1[0,0]}": "{W_1[0,0]}"}, {"W_1[0, 0]": "error"}),
        ({"{W_1[0,0]}": "{W_1[1,0]}", "{W_1[1,0]}": "{W_1[0,0]}"}, {"W_1[0, 0]": "error", "W_1[1, 0]": "error"}),
        ({"{W_1[0,0]}": "{W_1_new[0,0]}"}, {"W_1[0, 0]": "error"}),
        ({"{W_1[0,0]}": "{beside[0,0]}", "{beside[0,0]}": "{A_1[0,0]}"}, {"W_1[0, 0]": "error"}),
    ],
)
def test_a_circle_is_an_error_of_the_cell_that_closes_it(
    d02b: tuple[Network, Workbook], cells: dict[str, Entry], found: dict[str, str]
) -> None:
    """Circles through helpers, inputs and whole columns: the other cells in them are right and not blamed."""
    report = judged(d02b, cells)
    assert blamed(report) == found
    assert not report.ok


@pytest.mark.parametrize(
    "formula",
    [
        "1/(1+EXP(-OFFSET({A_1[0,0]},{z_1[0,0].row}-{A_1[0,0].row},{z_1[0,0].column}-{A_1[0,0].column})))",
        "1/(1+EXP(-OFFSET(A1,{z_1[0,0].row}-1,{z_1[0,0].column}-1)))",
        "1/(1+EXP(-INDEX({z_1[0,0].letters}:{z_1[0,0].letters},{z_1[0,0].row})))",
        "1/(1+EXP(-CHOOSE(1,{z_1[0,0]},{z_1[0,1]})))",
        "1/(1+EXP(-{beside[0,0]}))",
        "1/(1+EXP(-{beside[1,0]}))",
        "1/(1+EXP(-{beside[2,0]}))",
        "1/(1+EXP(-net))",
        "LET(z,{z_1[0,0]},1/(1+EXP(-z)))",
    ],
)
def test_a_right_formula_below_a_wrong_one_is_carried_by_any_way(d02b: tuple[Network, Workbook], formula: str) -> None:
    """Through OFFSET, INDEX, helpers with INDIRECT, names and LET, the wrong z_1[0, 0] is found as the cause."""
    network, workbook = d02b
    helpers: dict[str, Entry] = {
        "{beside[0,0]}": "OFFSET(A1,{z_1[0,0].row}-1,{z_1[0,0].column}-1)",
        "{beside[1,0]}": 'INDIRECT("{z_1[0,0]}")',
        "{beside[2,0]}": "{beside[3,0]}",
    }
    cells = helpers | {"{beside[3,0]}": "{z_1[0,0]}", "{z_1[0,0]}": "5*{A_0[0,0]}", "{A_1[0,0]}": formula}
    workbook = edited(d02b, cells)
    report = judge(quantities.edited(workbook, network, {"@net": "{!z_1[$0,$0]}"}), network)
    assert blamed(report) == {"z_1[0, 0]": "wrong"}
    (cell,) = [cell for cell in report.cells if (cell.quantity, cell.index) == ("a_1", (0, 0))]
    assert (cell.verdict, cell.cause) == ("carried", spell("{!z_1[0,0]}", workbook, network))


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"{W_1[0,0]}": "{W_1[1,0]}-0.05"}, {}),
        ({"{W_1[0,0]}": "{A_0[0,2]}"}, {}),  # a tie to the bias node drives no judged cell
        ({"{W_1[0,0]}": "{beside[0,0]}", "{beside[0,0]}": Cell(0.2)}, {}),
        ({"{W_1[0,0]}": "{beside[0,0]}", "{beside[0,0]}": "0.1+0.05"}, {}),
        ({"{W_1[0,0]}": None}, {}),
        ({"{gamma[0,0]}": "{A_0[0,0]}"}, {}),
        ({"{W_1[0,0]}": Cell("0.15")}, {"W_1[0, 0]": "error"}),
        ({"{W_1[0,0]}": Cell("")}, {"W_1[0, 0]": "error"}),
        ({"{W_1[0,0]}": Cell(True)}, {"W_1[0, 0]": "error"}),
        ({"{W_1[0,0]}": "1/0"}, {"W_1[0, 0]": "error"}),
        ({"{W_1[0,0]}": Cell(CellError("#N/A"))}, {"W_1[0, 0]": "error"}),
        ({"{W_1[0,0]}": "{A_1[0,0]}", "{A_1[0,0]}": Cell(0.5)}, {"a_1[0, 0]": "hardcoded"}),
    ],
)
def test_odd_inputs_are_play_or_errors_of_their_own(
    d02b: tuple[Network, Workbook], cells: dict[str, Entry], found: dict[str, str]
) -> None:
    """Inputs that are formulas of others are judged as they stand; what holds no number is an error, and only that."""
    report = judged(d02b, cells)
    assert blamed(report) == found
    assert report.ok == (not found)


def test_a_long_chain_of_references_is_followed(d02b: tuple[Network, Workbook]) -> None:
    """An input tied through 5,000 cells ends where the number stands."""
    network, workbook = d02b
    chain: dict[Position, Cell] = {(row, 1): Cell(None, f"A{row + 1}") for row in range(1, 5000)}
    mine = Sheet("Mine", {**chain, (5000, 1): Cell(0.15)})
    workbook = with_formula(workbook, place_of(workbook, network, "W_1"), "Mine!A1")
    assert judge(replace(workbook, sheets=(*workbook.sheets, mine)), network).ok


def named(d02b: tuple[Network, Workbook], formula: str, *names: Name) -> Report:
    """The report where a_1[0, 0] is written with names of the student's own."""
    workbook = edited(d02b, {"{A_1[0,0]}": formula, "Mine!A1": Cell(1.0)})
    spelled = (replace(name, refers_to=seen(name.refers_to, d02b)) for name in names)
    return judge(replace(workbook, names=(*workbook.names, *spelled)), d02b[0])


def seen(text: str, d02b: tuple[Network, Workbook]) -> str:
    """The text with `UP` as z_1[0, 0] stands from a_1[0, 0], when a name is told at A1: up, around the sheet's edge.

    `UP+` is the cell on its right, `UP-` that one below; `ROW` its relative row alone.
    """
    network, workbook = d02b
    (_, row, column), (_, own_row, own_column) = (place_of(workbook, network, block) for block in ("z_1", "A_1"))
    up, across = (row - own_row) % ROWS + 1, (column - own_column) % COLUMNS + 1
    cells = {"UP+": cell_name(up, across + 1), "UP-": cell_name(up + 1, across), "UP": cell_name(up, across)}
    for word, cell in {**cells, "ROW": str(up)}.items():
        text = text.replace(word, cell)
    return spell(text, workbook, network)


@pytest.mark.parametrize(
    ("formula", "refers_to", "found"),
    [
        ("1/(1+EXP(-mine))", "{!z_1[$0,$0]}", {}),
        ("1/(1+EXP(-mine))", "{!z_1[0,0]}", {"a_1[0, 0]": "wrong"}),  # as seen from A1
        ("1/(1+EXP(-mine))", "Step!UP", {}),
        ("1/(1+EXP(-Step!MINE))", "Step!UP", {}),
        ("1/(1+EXP(-mine))", "Step!{z_1[0,0].letters}ROW", {"a_1[0, 0]": "wrong"}),
        ("1/(1+EXP(-mine))", "Step!${z_1[0,0].letters}ROW", {}),
        ("1/(1+EXP(-SUM(mine)))", "Step!UP:UP+", {"a_1[0, 0]": "wrong"}),
        ("1/(1+EXP(-INDEX(mine,1)))", "Step!UP:UP-", {}),
        ("1/(1+EXP(-mine))", "2*Step!UP/2", {}),
    ],
)
def test_a_relative_name_moves_with_the_cell_that_uses_it(
    d02b: tuple[Network, Workbook], formula: str, refers_to: str, found: dict[str, str]
) -> None:
    """As in Excel and LibreOffice; a cell that shows something else there is not right."""
    assert blamed(named(d02b, formula, Name("mine", refers_to))) == found


def test_a_sheets_own_name_hides_the_workbooks(d02b: tuple[Network, Workbook]) -> None:
    """Whichever of them is right; relative or not."""
    for right in ("{!z_1[$0,$0]}", "Step!UP"):
        for wrong in ("{!z_1[$0,$1]}", "Step!UP-"):
            hidden = (Name("mine", wrong), Name("mine", right, "Step"))
            assert blamed(named(d02b, "1/(1+EXP(-mine))", *hidden)) == {}
            shown = (Name("mine", right), Name("mine", wrong, "Step"))
            assert set(blamed(named(d02b, "1/(1+EXP(-mine))", *shown))) == {"a_1[0, 0]"}


def test_a_carried_error_is_followed_through_a_relative_name(d02b: tuple[Network, Workbook]) -> None:
    """The cause is the cell that the name means there."""
    workbook = edited(d02b, {"{A_1[0,0]}": "1/(1+EXP(-up))", "{z_1[0,0]}": "5*{A_0[0,0]}"})
    report = judge(replace(workbook, names=(*workbook.names, Name("up", seen("Step!UP", d02b)))), d02b[0])
    assert blamed(report) == {"z_1[0, 0]": "wrong"}


def test_inputs_that_refer_to_each_other_are_said(d02b: tuple[Network, Workbook]) -> None:
    """Two inputs are one number then, and a formula that takes the other one cannot be told apart: no secret of ours."""
    tied: dict[str, Entry] = {
        "{A_0[0,1]}": "{A_0[0,0]}",
        "{z_1[0,0]}": "{A_0_T[0,0]}*{W_1[0,0]}+{A_0_T[0,0]}*{W_1[1,0]}+{W_1[2,0]}",
    }
    report = judged(d02b, tied)
    assert report.ok
    assert [edited.index for edited in report.edited_inputs] == [(0, 1)]
    assert report.notes == ("inputs refer to each other, so that formulas may use either: A_0[0, 1] is A_0[0, 0] here",)
    network, workbook = d02b
    assert network.layers[0].shared_bias  # one number by the network's own word, so nothing to be said of
    assert (judge(workbook, network).edited_inputs, judge(workbook, network).notes) == ((), ())


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
        secret = "judged cells stand on the hidden sheet Mine: A_0, target, gamma and 29 more"
        assert report.notes == ((secret, double) if hidden else (double,))
    assert judge(workbook, network).notes == ()


def test_a_block_apart_from_the_others_is_said(d02b: tuple[Network, Workbook]) -> None:
    """Its own cells are judged where its name leads, the ones beside the others are not."""
    network, _ = d02b
    moved: dict[str, Entry] = {f"Mine!{c}1": f"SUMPRODUCT({{!A_0_T}},{{!W_1[:,{j}]}})" for j, c in enumerate("AB")}
    report = judge(renamed(edited(d02b, moved), network, z_1="Mine!$A$1:$B$1"), network)
    assert report.ok
    assert report.notes == ("the step stands on Step, but z_1 on Mine",)


def test_a_view_without_its_names_is_said(d02b: tuple[Network, Workbook]) -> None:
    """Whoever deletes the names of a sheet takes it away from the judge, not from the reader of the report."""
    network, _ = d02b
    workbook = make_workbook(network, Presentation(("step", "matrices", "training")))
    names = tuple(name for name in workbook.names if not name.name.startswith("mat_"))
    report = judge(replace(workbook, names=names), network)
    assert report.ok
    assert report.notes == ("no names lead to the sheet Matrices, or too few: it was not judged",)
    assert judge(workbook, network).notes == ()


def test_chance_is_wrong_in_any_layout(d02b: tuple[Network, Workbook], tmp_path: Path) -> None:
    """Without names the formulas are judged by what they compute; what they compute now may be another tomorrow."""
    network, workbook = d02b
    workbook = replace(edited(d02b, {"{A_1[0,0]}": f"IF(NOW ()>1,{RIGHT},0)"}), names=())
    report = validate(saved(workbook, tmp_path / "a.xlsx"), network)
    assert blamed(report)["a_1[0, 0]"] == "wrong"


def test_the_formulas_of_two_neurons_swapped_are_two_mistakes(d02b: tuple[Network, Workbook]) -> None:
    """Each is right for the other cell, and wrong where it stands."""
    cells: dict[str, Entry] = {
        "{z_1[0,0]}": "SUMPRODUCT({A_0_T},{W_1[:,1]})",
        "{z_1[0,1]}": "SUMPRODUCT({A_0_T},{W_1[:,0]})",
    }
    assert blamed(judged(d02b, cells)) == {"z_1[0, 0]": "wrong", "z_1[0, 1]": "wrong"}


def test_two_errors_that_cancel_are_two_errors(d02b: tuple[Network, Workbook]) -> None:
    """−z in one cell and e^z in the next give the right activation: both are blamed."""
    cells: dict[str, Entry] = {"{z_1[0,0]}": "-SUMPRODUCT({A_0_T},{W_1[:,0]})", "{A_1[0,0]}": "1/(1+EXP({z_1[0,0]}))"}
    assert blamed(judged(d02b, cells)) == {"z_1[0, 0]": "wrong", "a_1[0, 0]": "wrong"}


def renamed(workbook: Workbook, network: Network, **claims: str) -> Workbook:
    """The workbook with names that lead elsewhere, all spelled as the workbook was before."""
    spelled = {name: spell(text, workbook, network) for name, text in claims.items()}
    names = tuple(replace(name, refers_to=spelled.get(name.name, name.refers_to)) for name in workbook.names)
    return replace(workbook, names=names)


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
        "Mine!A1": "SUMPRODUCT({!A_0_T},{!W_1[:,0]})",
        "Mine!B1": "SUMPRODUCT({!A_0_T},{!W_1[:,1]})",
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


def saved(workbook: Workbook, path: Path) -> Path:
    """The workbook as a file; formulas without a value get a false one."""
    sheets = (
        replace(
            sheet,
            cells={at: replace(c, value=0.5) if c.formula and c.value is None else c for at, c in sheet.cells.items()},
        )
        for sheet in workbook.sheets
    )
    save_workbook(replace(workbook, sheets=tuple(sheets)), path)
    return path


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_cached_value_that_lies_changes_no_verdict(
    d02b: tuple[Network, Workbook], suffix: str, tmp_path: Path
) -> None:
    """Right value and wrong formula: wrong. Right formula and false value: correct, and stale."""
    network, workbook = d02b
    lying = quantities.edited(workbook, network, {"{A_1[0,0]}": Cell(0.5932699921071872, "1/(1+EXP({z_1[0,0]}))")})
    report = validate(saved(lying, tmp_path / f"a.{suffix}"))
    assert blamed(report) == {"a_1[0, 0]": "wrong"}
    stale = quantities.edited(workbook, network, {"{A_1[0,0]}": Cell(0.1, RIGHT)})
    report = validate(saved(stale, tmp_path / f"b.{suffix}"))
    assert (report.ok, report.stale) == (True, 1)


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
@pytest.mark.parametrize(
    "formula", [RIGHT + "+0" * 5000, "(" * 100 + RIGHT + ")" * 100, "ABS(" * 100 + RIGHT + ")" * 100, "{" * 100]
)
def test_formulas_too_long_or_too_deep_are_refused_in_one_line(
    d02b: tuple[Network, Workbook], formula: str, suffix: str, tmp_path: Path
) -> None:
    """They never reach an engine, which would break on them."""
    network, workbook = d02b
    workbook = with_formula(workbook, place_of(workbook, network, "A_1"), spell(formula, workbook, network))
    with pytest.raises(FileError) as caught:
        validate(saved(workbook, tmp_path / f"a.{suffix}"))
    assert "\n" not in str(caught.value)


def test_the_network_inside_edited_to_fit_a_wrong_sheet_does_not_help(
    d02b: tuple[Network, Workbook], tmp_path: Path
) -> None:
    """With the true network given, a sheet that carries tanh and computes tanh is wrong, and the difference is noted."""
    network, _ = d02b
    layers = (replace(network.layers[0], activation="tanh"), network.layers[1])
    path = saved(step_book(replace(network, layers=layers)), tmp_path / "a.xlsx")
    assert validate(path).ok
    report = validate(path, network)
    assert not report.ok
    assert {"a_1[0, 0]", "a_1[0, 1]"} <= set(blamed(report))
    assert any("another network" in note for note in report.notes)


def test_a_table_of_the_answers_of_all_trials_is_found_out(d02b: tuple[Network, Workbook]) -> None:
    """The trials of a seed can be looked up by whoever has sheetnet; the one drawn from the workbook itself cannot."""
    network, _ = d02b
    runs = [float(network.inputs[0][0]), *draw_trials(network).values["A_0"][:, 0, 0].tolist()]
    answers = [0.5932699921071872, *draw_trials(network).values["A_1"][:, 0, 0].tolist()]
    table: dict[str, Entry] = {"{A_1[0,0]}": "IFERROR(INDEX(Mine!B1:B9,MATCH(ROUND({A_0[0,0]},9),Mine!A1:A9,0)),0.5)"}
    for row, (given, answer) in enumerate(zip(runs, answers, strict=True), 1):
        table |= {f"Mine!A{row}": Cell(round(given, 9)), f"Mine!B{row}": Cell(answer)}
    report = judge(edited(d02b, table), network)
    assert blamed(report) == {"a_1[0, 0]": "wrong"}


def own_trial(workbook: Workbook, network: Network) -> float:
    """A number of the trial that is drawn from the workbook itself."""
    return float(unforeseen(workbook, network, {}, False)["A_0"][0, 0, 0])


def test_the_workbooks_own_trial_changes_with_everything_that_a_formula_can_read(
    d02b: tuple[Network, Workbook],
) -> None:
    """Formulas and their places, constants that they refer to, names and their scope, the shapes of arrays, sheets."""
    network, workbook = d02b

    def put(book: Workbook, entries: quantities.Edits) -> Workbook:
        return quantities.edited(book, network, entries)

    table = {"Mine!A1": Cell(1.0), "Mine!B9": Cell(2.0)}
    looked_up = put(workbook, {**table, "{A_1[0,0]}": f"={RIGHT}+0*SUM(Mine!A1:B9)"})
    by_name = put(workbook, {**table, "{A_1[0,0]}": f"={RIGHT}+0*one(1)"})
    made_up = f'={RIGHT}+0*INDIRECT("Mine!A"&1)'
    name = Name("one", "LAMBDA(x,1)")
    books = [
        workbook,
        edited(d02b, {}),
        put(workbook, {"{A_1[0,0]}": f"={RIGHT}+0"}),
        looked_up,
        put(looked_up, {"Mine!B9": Cell(3.0)}),
        put(looked_up, {"Mine!A5": Cell("text")}),
        put(looked_up, {"Mine!D1": "=1"}),
        replace(by_name, names=(*workbook.names, name)),
        replace(by_name, names=(*workbook.names, replace(name, refers_to="LAMBDA(x,2)"))),
        replace(by_name, names=(*workbook.names, replace(name, sheet="Step"))),
        put(workbook, {**table, "{beside[0,0]:[1,1]}": Array("Mine!A1:B2")}),
        put(workbook, {**table, "{beside[0,0]:[1,0]}": Array("Mine!A1:B2")}),
        put(workbook, {**table, "{A_1[0,0]}": made_up}),
        put(workbook, {**table, "Mine!A1": Cell(5.0), "{A_1[0,0]}": made_up}),
    ]
    numbers = [own_trial(book, network) for book in books]
    assert len(set(numbers)) == len(books)
    assert numbers == [own_trial(book, network) for book in books]


def test_what_no_formula_can_read_changes_no_trial(d02b: tuple[Network, Workbook]) -> None:
    """A note, a number or a name that nothing uses, and what formulas were saved with."""
    network, workbook = d02b
    place = place_of(workbook, network, "A_1")
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    expected = own_trial(workbook, network)
    saved = replace(sheet.cells[place[1:]], value=7.0)
    for note in ({"{beside[9,3]}": Cell("look here: A1:B2")}, {"{beside[9,3]}": Cell(7.0)}, {"{A_1[0,0]}": saved}):
        assert own_trial(quantities.edited(workbook, network, note), network) == expected
    unused = Name("unused", "Step!$X$90")
    assert own_trial(replace(workbook, names=(*workbook.names, unused)), network) == expected


def test_answers_in_names_keyed_on_known_trials_are_wrong(d02b: tuple[Network, Workbook]) -> None:
    """A LAMBDA that knows the answer of each trial, those of the workbook it was made from among them."""
    network, workbook = d02b
    own = unforeseen(workbook, network, {}, False)
    given, answers = [0.05], [0.5932699921071872]
    for inputs in (draw_trials(network).values, own):
        z = (inputs["A_0"] @ inputs["W_1"])[:, 0, 0]
        given += inputs["A_0"][:, 0, 0].tolist()
        answers += (1 / (1 + np.exp(-z))).tolist()
    terms = "+".join(f"(ABS(x-({x!r}))<1E-9)*{a!r}" for x, a in zip(given, answers, strict=True))
    cheat = quantities.edited(workbook, network, {"{A_1[0,0]}": "=known({!A_0[0,0]})"})
    report = judge(replace(cheat, names=(*workbook.names, Name("known", f"LAMBDA(x,{terms})"))), network)
    assert set(blamed(report)) == {"a_1[0, 0]"}


@pytest.mark.parametrize(
    ("block", "change"),
    [
        ("dC_dW_1", "MAX(-0.5,MIN(0.5,{}))"),
        ("dC_dW_2", "MAX(-1,MIN(1,{}))"),
        ("delta_1", "MIN(1,{})"),
        ("z_1", "MAX(-6,{})"),
        ("z_2", "MIN(6,{})"),
        ("A_1", "ROUND({},4)"),
        ("A_1", "IF(ABS(gamma*10-ROUND(gamma*10,0))<1E-12,IF(gamma=0.5,{},0.4),{})"),
        ("cost_out", "IF(gamma>1.2,0,{})"),
    ],
)
def test_what_is_right_only_for_small_or_long_numbers_is_seen(
    d02b: tuple[Network, Workbook], block: str, change: str
) -> None:
    """Cut off at ±6, ±1 or ±½, rounded, or wrong where a number is short or γ large."""
    network, workbook = d02b
    place = place_of(workbook, network, block)
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    formula = sheet.cells[place[1:]].formula
    assert formula is not None
    report = judge(with_formula(workbook, place, change.replace("{}", f"({formula})")), network)
    assert [(c.sheet, c.cell) for c in report.cells if c.verdict not in ("correct", "carried")] == [
        (place[0], cell_name(*place[1:]))
    ]
