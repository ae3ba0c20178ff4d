"""A second look at what is wrong: rounding, typed numbers, chance, conventions of courses, targets of 0 and 1."""

from __future__ import annotations

import pytest

from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.syntax import cell_name
from sheetnet.workbook import Cell, Workbook
from tests.support.quantities import edited, spell
from tests.support.sheets import blamed, place_of, rewritten, step_book, with_cell, with_formula


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("SUM({delta_2}*{W_2[0,:]})", True),
        ("SUM(delta_2*{W_2[0,:]})", True),
        ("SUM(EXP(0*{delta_2})*{delta_2}*{W_2[0,:]})", True),
        ("SUM(TRANSPOSE({delta_2})*TRANSPOSE({W_2[0,:]}))", True),
        ("SUMPRODUCT({delta_2},{W_2[0,:]})", False),
        ("SUMPRODUCT({delta_2}*{W_2[0,:]})", False),
        ("{delta_2[0,0]}*{W_2[0,0]}+{delta_2[0,1]}*SUM({W_2[0,1]:[0,1]})", False),
    ],
)
def test_a_formula_that_wants_array_entry_says_so(d02b: tuple[Network, Workbook], formula: str, wanted: bool) -> None:
    """Right as a formula, though older programs show an error unless it is entered with Ctrl+Shift+Enter."""
    network, workbook = d02b
    report = judge(edited(workbook, network, {"{dC_da_1[0,0]}": "=" + formula}), network)
    assert report.ok, blamed(report)
    (cell,) = [cell for cell in report.cells if (cell.quantity, cell.index) == ("dC_da_1", (0, 0))]
    assert ("Ctrl+Shift+Enter" in cell.message) == wanted


@pytest.mark.parametrize(
    ("block", "formula", "verdict", "why"),
    [
        (
            "W_2_new",
            "{W_2[0,0]}-0.5*{dC_dW_2[0,0]}",
            "hardcoded",
            "0.5 stands where γ ({!gamma[0,0]}) should",
        ),
        (
            "z_1",
            "{A_0[0,0]}*0.15+{A_0[0,1]}*0.2+0.35",
            "hardcoded",
            "0.35 stands where W⁽¹⁾ row 2, column 0 ({!W_1[2,0]}) should",
        ),
        (
            "delta_1",
            "0.03635*{da_dz_1[0,0]}",
            "hardcoded",
            "0.03635 stands where ∂C/∂a⁽¹⁾ of neuron 0 ({!dC_da_1[0,0]}) should",
        ),
        ("dC_da_2", "{a_2[0,0]}-0.01", "hardcoded", "0.01 stands where T of neuron 0 ({!target[0,0]}) should"),
        ("A_1", "ROUND(1/(1+EXP(-{z_1[0,0]})),4)", "rounded", "rounding"),
        ("A_1", "TRUNC(1/(1+EXP(-ROUND({z_1[0,0]},2))),6)", "rounded", "rounding"),
        ("A_1", "1/(1+2.718^(-{z_1[0,0]}))", "rounded", "2.718"),
        ("A_1", "1/(1+EXP(-{z_1[0,0]}))+0*RAND()", "wrong", "not deterministic"),
        ("A_1", "1/(1+EXP(-{z_1[0,0]}))+NOW()*0", "wrong", "not deterministic"),
    ],
)
def test_nearly_right_formulas_are_told_from_wrong_ones(
    d02b: tuple[Network, Workbook], block: str, formula: str, verdict: str, why: str
) -> None:
    """A typed number where a cell belongs, rounding on the way, a shortened e, chance: each is named as what it is."""
    network, workbook = d02b
    report = judge(edited(workbook, network, {f"{{{block}[0,0]}}": "=" + formula}), network)
    assert list(blamed(report).values()) == [verdict]
    assert spell(why, workbook, network) in next(cell.message for cell in report.cells if cell.verdict == verdict)


def test_right_by_chance_is_wrong(d02b: tuple[Network, Workbook]) -> None:
    """A formula that gives the right number only at the sheet's own inputs is wrong, and the message says so."""
    network, workbook = d02b
    workbook = with_cell(workbook, place_of(workbook, network, "gamma"), Cell(0.4))
    report = judge(edited(workbook, network, {"{W_2_new[0,0]}": "={W_2[0,0]}-(0.8-gamma)*{dC_dW_2[0,0]}"}), network)
    assert blamed(report) == {"W_2_new[0, 0]": "wrong"}
    assert "by chance" in next(cell.message for cell in report.cells if cell.verdict == "wrong")


def test_right_only_in_the_trials_is_wrong(d02b: tuple[Network, Workbook]) -> None:
    """A formula that cheats at the sheet's own inputs is wrong too."""
    network, workbook = d02b
    cheat = "=IF({A_0[0,0]}=0.05,0.6,1/(1+EXP(-{z_1[0,0]})))"
    report = judge(edited(workbook, network, {"{A_1[0,0]}": cheat}), network)
    assert blamed(report) == {"a_1[0, 0]": "wrong"}


@pytest.mark.parametrize(
    ("template", "changes", "convention"),
    [
        ("d02b", {"cost_out": "2*({})", "cost_out_new": "2*({})", "dC_da_2": "2*({})"}, "cost-without-half"),
        ("d02b", {"cost_out": "({})/2", "cost_out_new": "({})/2", "dC_da_2": "({})/2"}, "mean-over-outputs"),
        ("xor-batch", {"dC_da_2": "({})/4", "dC_dW_1": "4*({})", "dC_dW_2": "4*({})"}, "share-in-error"),
        ("xor-batch", {"delta_2": "({})/4", "dC_dW_1": "4*({})", "dC_dW_2": "4*({})"}, "share-in-delta"),
    ],
)
def test_another_convention_is_said_once_and_is_no_mistake(
    template: str, changes: dict[str, str], convention: str
) -> None:
    """A sheet that follows it throughout is correct; a damaged cell in it is blamed alone."""
    network = load_network(template)
    workbook = step_book(network)
    for block, pattern in changes.items():
        workbook = rewritten(workbook, network, block, pattern.format)
    report = judge(workbook, network)
    assert report.ok, blamed(report)
    assert report.convention == convention
    assert len(report.notes) == 1
    damaged = edited(workbook, network, {"{z_1[0,0]}": "=1+{A_0[0,0]}"})
    report = judge(damaged, network)
    assert report.convention == convention
    assert blamed(report) == {"z_1[0, 0]": "wrong"}


def test_half_a_convention_is_a_mistake(d02b: tuple[Network, Workbook]) -> None:
    """The ½ missing in the cost alone, with the derivative a − T, does not fit together: the cost is wrong."""
    network, workbook = d02b
    report = judge(rewritten(workbook, network, "cost_out", "2*({})".format), network)
    assert report.convention is None
    assert blamed(report) == {"cost_out[0, 0]": "wrong", "cost_out[0, 1]": "wrong"}


def test_right_for_one_hot_targets_is_right_where_they_are_such() -> None:
    """−ln a of the true class alone, and −ln(1 − a) of the others: right for targets of 0 and 1, and said so."""
    network = load_network("relu-sigmoid-softmax")
    workbook = step_book(network)
    for j in range(3):
        place, a, t = (place_of(workbook, network, block, 0, j) for block in ("cost_out", "a_3", "target"))
        a_cell, t_cell = cell_name(*a[1:]), cell_name(*t[1:])
        workbook = with_formula(workbook, place, f"IF({t_cell}=1,-LN({a_cell}),-LN(1-{a_cell}))")
    report = judge(workbook, network)
    assert report.ok, blamed(report)
    assert {cell.message for cell in report.cells if cell.quantity == "cost_out"} == {
        "right for targets of 0 and 1, as this sheet has them"
    }
    softer = with_cell(workbook, place_of(workbook, network, "target"), Cell(0.9))
    assert set(blamed(judge(softer, network)).values()) == {"wrong"}


def test_a_class_typed_into_the_cost_is_wrong() -> None:
    """−ln of the first output is right only for the class that this sheet happens to have."""
    network = load_network("relu-sigmoid-softmax")
    workbook = step_book(network)
    a = cell_name(*place_of(workbook, network, "a_3")[1:])
    report = judge(with_formula(workbook, place_of(workbook, network, "cost_out"), f"-LN({a})"), network)
    assert blamed(report) == {"cost_out[0, 0]": "wrong"}


def test_inputs_that_overflow_are_judged_by_the_trials_alone(d02b: tuple[Network, Workbook]) -> None:
    """x = 1e300 and w = 1e308: nothing on the sheet can be compared, no formula is blamed, and the report says why."""
    network, workbook = d02b
    workbook = with_cell(workbook, place_of(workbook, network, "A_0"), Cell(1e300))
    workbook = with_cell(workbook, place_of(workbook, network, "W_1"), Cell(1e308))
    report = judge(workbook, network)
    assert report.ok, blamed(report)
    assert any("no finite numbers" in note for note in report.notes)
    report = judge(edited(workbook, network, {"{delta_1[0,0]}": "={z_1[0,0]}*2"}), network)
    assert blamed(report) == {"delta_1[0, 0]": "wrong"}


@pytest.mark.parametrize("column", [0, 1])
def test_a_range_in_a_plain_cell_means_the_cell_in_its_column(d02b: tuple[Network, Workbook], column: int) -> None:
    """Implicit intersection, as Excel and LibreOffice read it: right in both columns, and nothing to enter as an array."""
    network, workbook = d02b
    report = judge(edited(workbook, network, {f"{{da_dz_1[0,{column}]}}": "=EXP(-{z_1})/(1+EXP(-{z_1}))^2"}), network)
    assert report.ok, blamed(report)
    assert not any("Ctrl" in cell.message for cell in report.cells)
