"""Attempts to pass while wrong, and odd but legal sheets: never ok, the sensible verdict, never a bug of our own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet.errors import FileError
from sheetnet.generate import write_workbook
from sheetnet.judge import judge, validate
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.workbook import Cell, CellError, Position, Sheet, Workbook
from tests.support import quantities
from tests.support.entries import RIGHT, Entry, edited, judged, saved
from tests.support.quantities import spell
from tests.support.sheets import blamed, place_of, step_book, with_formula
from tools.small_networks import make_network


@pytest.fixture(scope="module")
def d02b() -> tuple[Network, Workbook]:
    network = load_network("d02b")
    return network, step_book(network)


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        ("IF(AND({A_0[0,0]}=0.05,{A_0[0,1]}=0.1),0.5932699921071872,0)", "wrong"),
        ("IF({A_0[0,0]}=0.05,0.5932699921071872,7*{z_1[0,0]})", "wrong"),
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
                "{z_1[0,0]}": "{A_0[0,0]}*{W_1[0,0]}+{A_0[0,1]}*{W_1[1,0]}+{W_1[2,0]}+0*{beside[0,0]}",
                "{beside[0,0]}": "{beside[0,0]}+1",
            },
            {"z_1[0, 0]": "error"},
        ),
        (
            {
                "{z_1[0,0]}": "{A_0[0,0]}*{W_1[0,0]}+{A_0[0,1]}*{W_1[1,0]}+{W_1[2,0]}+0*{beside[0,0]}",
                "{beside[0,0]}": "{beside[1,0]}",
                "{beside[1,0]}": "{beside[0,0]}",
            },
            {"z_1[0, 0]": "error"},
        ),
        (
            {
                "{z_1[0,0]}": "{A_0[0,0]}*{W_1[0,0]}+{A_0[0,1]}*{W_1[1,0]}+{W_1[2,0]}+0*{beside[0,0]}",
                "{beside[0,0]}": RIGHT,
                "{A_1[0,0]}": "{beside[0,0]}",
            },
            {"z_1[0, 0]": "error"},
        ),
        (
            {
                "{z_1[0,0]}": "{A_0[0,0]}*{W_1[0,0]}+{A_0[0,1]}*{W_1[1,0]}+{W_1[2,0]}+0*{beside[0,0]}",
                "{beside[0,0]}": "{z_1[0,0]}",
            },
            {"z_1[0, 0]": "error"},
        ),
        (
            {"{z_1[0,0]}": "{A_0[0,0]}*{W_1[0,0]}+{A_0[0,1]}*{W_1[1,0]}+{W_1[2,0]}+0*{cost_new[0,0]}"},
            {"z_1[0, 0]": "error"},
        ),
        (
            {"{z_1[0,0]}": "SUMPRODUCT(TRANSPOSE({A_0}),{W_1[:,0]})+0*SUM({z_1[0,0].letters}:{z_1[0,0].letters})"},
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
        ({"{gamma[0,0]}": None}, {}),
        ({"{W_1[0,0]}": None}, {"W_1[0, 0]": "error"}),  # MMULT takes no empty cell for 0
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


def test_inputs_that_refer_to_each_other_are_said(d02b: tuple[Network, Workbook]) -> None:
    """Two inputs are one number then, and a formula that takes the other one cannot be told apart: no secret of ours."""
    tied: dict[str, Entry] = {
        "{A_0[0,1]}": "{A_0[0,0]}",
        "{z_1[0,0]}": "{A_0[0,0]}*{W_1[0,0]}+{A_0[0,0]}*{W_1[1,0]}+{W_1[2,0]}",
    }
    report = judged(d02b, tied)
    assert report.ok
    assert [edited.index for edited in report.edited_inputs] == [(0, 1)]
    assert report.notes == (
        "inputs refer to each other, so that formulas may use either: A⁽⁰⁾ of input 1 is A⁽⁰⁾ of input 0 here",
    )
    network, workbook = d02b
    assert network.layers[0].shared_bias  # one number by the network's own word, so nothing to be said of
    assert (judge(workbook, network).edited_inputs, judge(workbook, network).notes) == ((), ())


def test_chance_is_wrong_in_any_layout(d02b: tuple[Network, Workbook], tmp_path: Path) -> None:
    """Without names the formulas are judged by what they compute; what they compute now may be another tomorrow."""
    network, workbook = d02b
    workbook = replace(edited(d02b, {"{A_1[0,0]}": f"IF(NOW ()>1,{RIGHT},0)"}), names=())
    report = validate(saved(workbook, tmp_path / "a.xlsx"), network)
    assert blamed(report)["a_1[0, 0]"] == "wrong"


def test_the_formulas_of_two_neurons_swapped_are_two_mistakes(d02b: tuple[Network, Workbook]) -> None:
    """Each is right for the other cell, and wrong where it stands."""
    cells: dict[str, Entry] = {
        "{z_1[0,0]}": "SUMPRODUCT(TRANSPOSE({A_0}),{W_1[:,1]})",
        "{z_1[0,1]}": "SUMPRODUCT(TRANSPOSE({A_0}),{W_1[:,0]})",
    }
    assert blamed(judged(d02b, cells)) == {"z_1[0, 0]": "wrong", "z_1[0, 1]": "wrong"}


def test_two_errors_that_cancel_are_two_errors(d02b: tuple[Network, Workbook]) -> None:
    """−z in one cell and e^z in the next give the right activation: both are blamed."""
    cells: dict[str, Entry] = {
        "{z_1[0,0]}": "-MMULT({A_0},{W_1[:,0]})",
        "{A_1[0,0]}": "1/(1+EXP({z_1[0,0]}))",
    }
    assert blamed(judged(d02b, cells)) == {"z_1[0, 0]": "wrong", "a_1[0, 0]": "wrong"}


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


def test_a_network_titled_with_other_sizes_is_told(tmp_path: Path) -> None:
    """An easy network under the title of the one that was set: right by its own word, which is a claim."""
    easy = replace(make_network("identity", "half_sse", (1, 1), observations=1), title="The 2-2-2 of the lesson")
    path = write_workbook(easy, tmp_path / "easy.xlsx")
    report = validate(path)
    told = "the network that the workbook carries is called 2-2-2 and is 1-1: give the right one by --network"
    assert report.ok
    assert told in report.notes
    assert told not in validate(path, easy).notes
