"""Equivalent rewritings: a formula that computes what it should is correct, whatever it looks like."""

from __future__ import annotations

import pytest

from sheetnet.judge import judge
from sheetnet.workbook import Cell
from tests.support.quantities import edited
from tests.support.rewritings import (
    BACKWARD,
    BINARY,
    D02B,
    NODE,
    OUTPUTS,
    RELU,
    RELUS,
    SIGMOIDS,
    SUMS,
    XOR,
    Rewriting,
    book,
    rewritten,
)
from tests.support.sheets import blamed

ARRAYS = [
    Rewriting(D02B, "z_1", 0, 0, "MMULT({A_0},{W_1})", shape=(1, 2)),
    Rewriting(XOR, "z_1", 0, 0, "MMULT({A_0},{W_1})", shape=(4, 3)),
    Rewriting(XOR, "z_1", 0, 0, "TRANSPOSE(MMULT(TRANSPOSE({W_1}),TRANSPOSE(A_0)))", shape=(4, 3)),
    Rewriting(XOR, "A_1", 0, 0, "TANH({z_1})", shape=(4, 3)),
    Rewriting(XOR, "A_1", 0, 0, "MAP({z_1},LAMBDA(z,TANH(z)))", shape=(4, 3)),
    Rewriting(D02B, "A_1", 0, 0, "1/(1+EXP(-{z_1}))", shape=(1, 2)),
    Rewriting(XOR, "z_1", 0, 0, "TRANSPOSE(MMULT(TRANSPOSE({W_1}),TRANSPOSE({A_0})))", shape=(4, 3)),
    Rewriting(XOR, "z_2", 0, 0, "TRANSPOSE(MMULT(TRANSPOSE({W_2}),TRANSPOSE({A_1})))", shape=(4, 1)),
    Rewriting(XOR, "delta_1", 0, 0, "{dC_da_1}*{da_dz_1}", shape=(4, 3)),
    Rewriting(XOR, "dC_da_1", 0, 0, "MMULT({delta_2},TRANSPOSE({W_2[0,0]}:{W_2[2,0]}))", shape=(4, 3)),
    Rewriting(XOR, "dC_da_2", 0, 0, "{a_2}-{target}", shape=(4, 1)),
    Rewriting(XOR, "dC_dW_1", 0, 0, "MMULT(TRANSPOSE({A_0}),{delta_1})/4", shape=(3, 3)),
    Rewriting(XOR, "dC_dW_1", 0, 0, "MMULT(TRANSPOSE({A_0}),{delta_1})/ROWS({A_0})", shape=(3, 3)),
    Rewriting(XOR, "W_1_new", 0, 0, "{W_1}-{gamma}*{dC_dW_1}", shape=(3, 3)),
    Rewriting(XOR, "W_1_new", 0, 0, "{W_1}-gamma*MMULT(TRANSPOSE({A_0}),{delta_1})/4", shape=(3, 3)),
    Rewriting(RELU, "A_1", 0, 0, "IF({z_1}>0,{z_1},0)", shape=(1, 3)),
    Rewriting(RELU, "da_dz_1", 0, 0, "IF({z_1}>0,1,0)", shape=(1, 3)),
    Rewriting(RELU, "a_3", 0, 0, "EXP({z_3})/SUM(EXP({z_3}))", shape=(1, 3)),
    Rewriting(RELU, "J_3", 0, 0, "TRANSPOSE({a_3})*(MUNIT(3)-{a_3})", shape=(3, 3)),
    Rewriting(RELU, "delta_3", 0, 0, "MMULT({dC_da_3},{J_3})", shape=(1, 3)),
]
HELPERS = [
    Rewriting(D02B, "A_1", 0, 0, "1/(1+{beside[0,0]})", {"{beside[0,0]}": "EXP(-{z_1[0,0]})"}),
    Rewriting(D02B, "A_1", 0, 0, "Mine!A1/(1+Mine!A1)", {"Mine!A1": "EXP(Step!{z_1[0,0]})"}),
    Rewriting(
        D02B,
        "A_1",
        0,
        0,
        "1/{beside[2,0]}",
        {"{beside[0,0]}": "-{z_1[0,0]}", "{beside[1,0]}": "EXP({beside[0,0]})", "{beside[2,0]}": "1+{beside[1,0]}"},
    ),
    Rewriting(
        D02B,
        "z_1",
        0,
        0,
        "SUM({beside[0,0]:[2,0]})",
        {f"{{beside[{i},0]}}": f"{{A_0[0,{i}]}}*{{W_1[{i},0]}}" for i in range(3)},
    ),
    Rewriting(
        D02B,
        "z_1",
        0,
        0,
        "SUM({beside[:,0]})",
        {f"{{beside[{i},0]}}": f"{{A_0[0,{i}]}}*{{W_1[{i},0]}}" for i in range(3)},
    ),
    Rewriting(
        D02B, "z_1", 0, 0, "SUM(Mine!A:A)", {f"Mine!A{i + 1}": f"{{!A_0[0,{i}]}}*{{!W_1[{i},0]}}" for i in range(3)}
    ),
    Rewriting(
        D02B,
        "z_1",
        0,
        0,
        "SUM(Mine!1:1)",
        {f"Mine!{c}1": f"{{!A_0[0,{i}]}}*{{!W_1[{i},0]}}" for i, c in enumerate("ABC")},
    ),
    Rewriting(
        D02B,
        "a_2",
        0,
        0,
        "1/(1+EXP(-Mine!C5))",
        {"Mine!C5": "{!beside[8,0]}+Step!{W_2[2,0]}", "{beside[8,0]}": "{A_1[0,0]}*{W_2[0,0]}+{A_1[0,1]}*{W_2[1,0]}"},
    ),
    Rewriting(D02B, "delta_1", 0, 0, "{beside[0,0]}*{da_dz_1[0,0]}", {"{beside[0,0]}": "{dC_da_1[0,0]}"}),
    Rewriting(RELU, "a_3", 0, 2, "EXP({z_3[0,2]})/{beside[0,0]}", {"{beside[0,0]}": "SUMPRODUCT(EXP({z_3}))"}),
    Rewriting(
        XOR,
        "cost",
        0,
        0,
        "{beside[0,0]}/{beside[1,0]}",
        {"{beside[0,0]}": "SUM({cost_n})", "{beside[1,0]}": "COUNT({cost_n})"},
    ),
    Rewriting(D02B, "W_1_new", 0, 0, "{W_1[0,0]}-{beside[0,0]}*{dC_dW_1[0,0]}", {"{beside[0,0]}": "gamma"}),
    Rewriting(D02B, "W_1_new", 0, 0, "{W_1[0,0]}-{beside[0,0]}*{dC_dW_1[0,0]}/2", {"{beside[0,0]}": "2*{gamma}"}),
    Rewriting(D02B, "W_1_new", 0, 0, "Mine!A1", {"Mine!A1": "Step!{W_1[0,0]}-gamma*Step!{dC_dW_1[0,0]}"}),
    Rewriting(
        D02B,
        "A_1",
        0,
        0,
        "VLOOKUP(1,{beside[0,0]:[0,1]},2)",
        {"{beside[0,0]}": "1", "{beside[0,1]}": "1/(1+EXP(-{z_1[0,0]}))"},
    ),
]
NAMES = [
    Rewriting(D02B, "z_1", 0, 0, "SUMPRODUCT(x,w)", names={"x": "TRANSPOSE({!A_0[$:,$:]})", "w": "{!W_1[$:,$0]}"}),
    Rewriting(D02B, "A_1", 0, 0, "1/(1+EXP(-net))", names={"net": "{!z_1[$0,$0]}"}),
    Rewriting(D02B, "W_1_new", 0, 0, "{W_1[0,0]}-rate*{dC_dW_1[0,0]}", names={"rate": "{!gamma[$0,$0]}"}),
    Rewriting(D02B, "A_1", 0, 0, "1/(1+e_z)", {"Mine!B2": "EXP(-Step!{z_1[0,0]})"}, {"e_z": "Mine!$B$2"}),
    Rewriting(XOR, "cost", 0, 0, "AVERAGE(all_costs)", names={"all_costs": "{!cost_n[$:,$0]}"}),
    Rewriting(D02B, "cost_n", 0, 0, "SUM(cost_out)"),
    Rewriting(D02B, "cost", 0, 0, "SUM(cost_n)"),
    Rewriting(D02B, "z_1", 0, 0, "INDEX(MMULT(A_0,W_1),1,1)"),
]
REWRITINGS = [*SUMS, *SIGMOIDS, *BACKWARD, *RELUS, *OUTPUTS, *ARRAYS, *HELPERS, *NAMES]


def test_there_are_enough_of_them() -> None:
    """At least 60 rewritings, no two alike, over every small template."""
    assert len({str(rewriting) + str(rewriting.cells) for rewriting in REWRITINGS}) == len(REWRITINGS) >= 60
    assert {rewriting.template for rewriting in REWRITINGS} == {D02B, RELU, XOR, NODE, BINARY}


@pytest.mark.parametrize("rewriting", REWRITINGS, ids=str)
def test_a_formula_that_computes_the_same_is_correct(rewriting: Rewriting) -> None:
    """Judged correct, and so is every other cell of the sheet."""
    workbook, network = rewritten(rewriting)
    report = judge(workbook, network)
    assert report.ok, blamed(report)


@pytest.mark.parametrize(
    ("template", "block", "formula"),
    [
        (D02B, "cost_out", "SUMXMY2({a_2[0,0]},{target[0,0]})/2"),  # takes no single cells
        (D02B, "z_1", "SUMPRODUCT(TRANSPOSE({A_0}),{W_1[0,0]}:INDEX({W_1},3,1))"),  # no computed ends of ranges
        (D02B, "z_1", "SUMPRODUCT(TRANSPOSE({A_0}),{W_1} {W_1[:,0]})"),  # no intersections
        (D02B, "cost_n", "SUM(({cost_out[0,0]},{cost_out[0,1]}))"),  # no unions
        (D02B, "A_1", "LET(z_1,{z_1[0,0]},1/(1+EXP(-z_1)))"),  # the defined name hides the one of LET
        (RELU, "cost_n", "-LN(PRODUCT({a_3}^{target}*(1-{a_3})^(1-{target})))"),  # no product of computed arrays
        (XOR, "cost", "AGGREGATE(1,6,{cost_n})"),  # no AGGREGATE
    ],
)
def test_what_ironcalc_lacks_is_said_in_another_way(template: str, block: str, formula: str) -> None:
    """Fed as they stand, all of these are errors in IronCalc."""
    network, workbook = book(template)
    report = judge(edited(workbook, network, {f"{{{block}[0,0]}}": Cell(None, formula)}), network)
    assert report.ok, blamed(report)
