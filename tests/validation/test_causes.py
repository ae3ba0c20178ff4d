"""Explanations have evidence: they name cells to which the formula refers, the likeliest comes first, and all are kept."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from itertools import product

import pytest
from rich.console import Console

from sheetnet.judge import judge
from sheetnet.network_file import load_network
from sheetnet.penalty import L2
from sheetnet.report.json import report_data
from sheetnet.report.marked import summary_sheet
from sheetnet.report.terminal import report_view
from sheetnet.syntax import cell_name, shift
from sheetnet.validation import CellVerdict
from sheetnet.validation.refine.propose_repairs import slips
from sheetnet.validation.result import findings_of
from sheetnet.verdict import Verdict
from sheetnet.workbook import Workbook
from tests.support.browser import report_html
from tests.support.masks import masks, not_referred_to
from tests.support.quantities import edited
from tests.support.sheets import place_of, rewritten, step_book, with_formula
from tools.small_networks import OVER_N, WITH_BIASES, make_network

EVERY = 40  # so many wrong masks apart are tried here; `make masks` tries all


def judged(template: str, edits: Mapping[str, str | float], block: str, row: int = 0, column: int = 0) -> CellVerdict:
    """The verdict of one cell after edits of a generated workbook."""
    network = load_network(template)
    return verdict_of(edited(step_book(network), network, edits), template, block, row, column)


def verdict_of(workbook: Workbook, template: str, block: str, row: int = 0, column: int = 0) -> CellVerdict:
    network = load_network(template)
    place = place_of(workbook, network, block, row, column)
    cells = judge(workbook, network).cells
    return next(cell for cell in cells if (cell.sheet, cell.cell) == (place[0], cell_name(*place[1:])))


def test_a_mask_is_never_explained_by_a_cell_that_its_formula_does_not_refer_to() -> None:
    """Masks have two values, so that many cells fit by chance."""
    network = load_network("relu-sigmoid-softmax")
    unfounded, tried = {}, 0
    for place, _, workbook in list(masks(step_book(network), network, 1))[::EVERY]:
        cells = judge(workbook, network).cells
        cell = next(cell for cell in cells if (cell.sheet, cell.cell) == (place[0], cell_name(*place[1:])))
        tried += "wrong" in cell.verdict
        if found := not_referred_to(cell, workbook, network):
            unfounded[cell.formula] = found
    assert unfounded == {}
    assert tried >= 5


@pytest.mark.parametrize(
    ("block", "at", "formula", "first"),
    [
        ("z_1", (0, 0), "={A_0[0,0]}*{W_1[0,0]}+{A_0[0,1]}*{W_1[1,0]}+1", "SN001"),
        ("da_dz_1", (0, 1), "={A_1[0,1]}*(1-{A_1[0,0]})", "SN110"),
        ("cost_new", (0, 0), "={cost[0,0]}", "SN009"),
        ("z_2", (0, 0), "=SUMPRODUCT(TRANSPOSE({A_0}),{W_2[:,0]})", "SN008"),
    ],
)
def test_what_the_formula_refers_to_decides_between_explanations(
    block: str, at: tuple[int, int], formula: str, first: str
) -> None:
    """Without the references another explanation of the same number would do."""
    cell = judged("d02b", {f"{{{block}[{at[0]},{at[1]}]}}": formula}, block, *at)
    assert (cell.verdict, cell.mistake) == ("wrong", first)


def test_references_count_through_helper_cells_and_names() -> None:
    """A helper of the student's own, or a name, refers to what it stands for."""
    helper = {"{beside[0,0]}": "={z_1[0,1]}", "{A_1[0,0]}": "=1/(1+EXP(-{beside[0,0]}))"}
    name = {"@other": "{!z_1[$0,$1]}", "{A_1[0,0]}": "=1/(1+EXP(-other))"}
    for edits in (helper, name):
        assert judged("d02b", edits, "A_1").mistake == "SN110"


def test_the_first_explanation_is_told_in_words_and_the_others_by_their_codes() -> None:
    """The code comes after the words; `mistakes` has them all."""
    cell = judged("d02b", {"{delta_2[0,0]}": "={a_2[0,0]}-{target[0,0]}"}, "delta_2")
    assert cell.message.startswith(
        "the formula computes something else: derivative factor missing in the output δ (SN056). The error reaches z"
    )
    assert cell.message.endswith("(or: SN067)")
    assert cell.mistakes == ("SN056", "SN067")


def test_a_constant_formula_gets_the_name_of_its_mistake() -> None:
    """No input moves it, and what it leaves out can be told all the same."""
    cell = judged("relu-sigmoid-softmax", {"{da_dz_1[0,1]}": "=1"}, "da_dz_1", 0, 1)
    assert (cell.verdict, cell.mistake) == ("hardcoded", "SN058")
    assert cell.message.startswith("no input moves this formula")


GUARDED = "{target[0,0]}*LN({a_3[0,0]}+1E-9)-(1-{target[0,0]})*LN(1-{a_3[0,0]}+1E-9)"
SLIPS = [
    ("d02b", "da_dz_1", (0, 1), {"{da_dz_1}": "={A_1[0,0]}*1-{A_1[0,0]}"}, "hardcoded", "SN117"),
    (
        "xor-batch",
        "cost",
        (0, 0),
        {"{cost}": "={cost_n[0,0]}+SUM({cost_n[1,0]:[3,0]})/4"},
        "wrong",
        "SN117",
    ),
    ("d02b", "a_2", (0, 1), {"{a_2}": "=1/1+EXP(-{z_2[0,0]})"}, "wrong", "SN015"),
    ("d02b", "z_1", (0, 1), {"{z_1}": "=SUMPRODUCT(TRANSPOSE({A_0[$:,$:]}),{W_1[$:,$0]})"}, "wrong", "SN110"),
    ("bias-node", "W_1_new", (1, 0), {"{W_1_new}": "={W_1[0,0]}-{gamma[0,0]}*{dC_dW_1[0,0]}"}, "wrong", "SN112"),
    ("bias-node", "W_1_new", (2, 1), {"{W_1_new}": "={W_1[0,0]}-{gamma[$0,$0]}*{dC_dW_1[$0,0]}"}, "wrong", "SN115"),
    (
        "d02b",
        "A_1",
        (0, 0),
        {"{beside[0,0]}": 2.7183, "{A_1[0,0]}": "=1/(1+{beside[0,0]}^-{z_1[0,0]})"},
        "rounded",
        "SN119",
    ),
    (
        "xor-batch",
        "dC_dW_1",
        (0, 0),
        {"{beside[0,0]}": 5, "{dC_dW_1[0,0]}": "=SUMPRODUCT({A_0[:,0]},{delta_1[:,0]})/{beside[0,0]}"},
        "wrong",
        "SN119",
    ),
    ("d02b", "delta_2", (0, 1), {"{delta_2[0,1]}": "={dC_da_2[0,1]}*{beside[0,0]}"}, "hardcoded", "SN118"),
    (
        "relu-sigmoid-softmax",
        "cost_out",
        (0, 0),
        {"{cost_out[0,0]}": f"=-{GUARDED}"},
        "rounded",
        "SN048",
    ),
]


@pytest.mark.parametrize(("template", "block", "at", "edits", "verdict", "code"), SLIPS)
def test_a_slip_of_entry_is_named(
    template: str, block: str, at: tuple[int, int], edits: Mapping[str, str | float], verdict: str, code: str
) -> None:
    """A $, brackets, an empty cell, a constant of one's own: the repaired formula is right, or the cell is named."""
    cell = judged(template, edits, block, *at)
    assert (cell.verdict, cell.mistake) == (verdict, code), cell.message


def test_a_dragged_reference_is_told_with_the_cell_where_it_belongs() -> None:
    """What it was filled from, and what should have stayed."""
    network = load_network("bias-node")
    edits = {"{W_1_new}": "={W_1[0,0]}-{gamma[0,0]}*{dC_dW_1[0,0]}"}
    first, gamma = (cell_name(*place_of(step_book(network), network, block)[1:]) for block in ("W_1_new", "gamma"))
    cell = judged("bias-node", edits, "W_1_new", 0, 1)
    assert cell.message.startswith(f"right but for how it was filled from {first}: ")
    assert f"should be {gamma} (a $ is missing)" in cell.message


def test_one_cause_filled_over_a_block_is_one_finding() -> None:
    """With its range, in the terminal, on the page and in the JSON; a cell with another formula is a finding of its own."""
    network = load_network("bias-node")
    edits = {"{W_1_new}": "={W_1[0,0]}+{gamma[$0,$0]}*{dC_dW_1[0,0]}", "{z_1[0,0]}": "=1"}
    workbook = edited(step_book(network), network, edits)
    report = judge(workbook, network)
    start, end = (cell_name(*place_of(workbook, network, "W_1_new", *at)[1:]) for at in ((0, 0), (2, 1)))
    found = report_data(report)["findings"]
    assert [(each["quantity"], each["ranges"], each["cells"], each["mistake"]) for each in found] == [
        ("z_1", [cell_name(*place_of(workbook, network, "z_1")[1:])], 1, None),
        ("W_1_new", [f"{start}:{end}"], 6, "SN093"),
    ]
    told = f"Step!{start}:{end}, 6 cells"
    console = Console(width=200, file=StringIO())
    console.print(report_view(report))
    assert isinstance(console.file, StringIO)
    assert told in console.file.getvalue()
    assert told in report_html([report])
    assert [told] == [field.value for row in summary_sheet(report).rows for field in row if field.value == told]


def test_cells_that_are_no_rectangle_are_named_by_their_rectangles() -> None:
    """An L of cells, and one apart."""
    cells = tuple(
        CellVerdict("S", name, "z_1", (0, 0), Verdict.WRONG, "no", shift("A1+1", row - 1, column - 1))
        for name, row, column in (("B2", 2, 2), ("B3", 3, 2), ("C3", 3, 3), ("C2", 2, 3), ("B4", 4, 2), ("E9", 9, 5))
    )
    (found,) = findings_of(cells)
    assert found.where == "S!B2:B4, C2:C3, E9, 6 cells"


CONVENTIONS = [
    ("d02b", "delta-rule", {"{dC_da_2}": "={target[0,0]}-{a_2[0,0]}", **{
        f"{{W_{layer}_new[0,0]:[1,1]}}": f"={{W_{layer}[0,0]}}+{{gamma[$0,$0]}}*{{dC_dW_{layer}[0,0]}}" for layer in (1, 2)
    }}),
    ("xor-batch", "delta-rule-in-delta", {"{delta_2}": "=-{dC_da_2[0,0]}*{da_dz_2[0,0]}", **{
        f"{{W_{layer}_new}}": f"={{W_{layer}[0,0]}}+{{gamma[$0,$0]}}*{{dC_dW_{layer}[0,0]}}" for layer in (1, 2)
    }}),
    ("relu-sigmoid-softmax", "exponential-without-maximum",
     {"{e_3}": "=EXP({z_3[0,0]})", "{e_3_new}": "=EXP({z_3_new[0,0]})"}),
]  # fmt: skip


@pytest.mark.parametrize(("template", "name", "edits"), CONVENTIONS)
def test_a_convention_of_a_whole_sheet_is_told_once(template: str, name: str, edits: Mapping[str, str]) -> None:
    """Everything is right by it; with one formula of it left out the sheet follows none."""
    network = load_network(template)
    report = judge(edited(step_book(network), network, edits), network)
    assert (report.convention, report.ok) == (name, True)
    assert sum("convention" in note for note in report.notes) == 1
    part = dict(list(edits.items())[:-1])
    assert judge(edited(step_book(network), network, part), network).convention is None


@pytest.mark.parametrize("penalty", [OVER_N, WITH_BIASES], ids=["over N", "with biases"])
def test_weight_decay_in_the_update_is_a_convention(penalty: L2) -> None:
    """∂C/∂w without λ w, which every new weight takes in: in one layer alone it is a mistake."""
    network = make_network("sigmoid", "half_sse", (2, 3, 1), 3, l2=penalty)
    workbook = step_book(network)
    for layer in (1, 2):
        for i, j in product(range(network.penalised_rows(layer)), range(network.sizes[layer])):
            gradient, new = (place_of(workbook, network, name, i, j) for name in (f"dC_dW_{layer}", f"W_{layer}_new"))
            cells = next(sheet for sheet in workbook.sheets if sheet.name == gradient[0]).cells
            whole, update = cells[gradient[1:]].formula or "", (cells[new[1:]].formula or "").split("*")
            own, plus, decay = whole.rpartition("+")
            workbook = with_formula(workbook, gradient, own)
            workbook = with_formula(workbook, new, f"{update[0]}*({update[1]}{plus}{decay})")
        report = judge(workbook, network)
        assert (report.convention, report.ok) == (("decay-in-update", True) if layer == 2 else (None, False))


def test_a_batch_summed_throughout_is_a_convention() -> None:
    """The cost and every gradient, each without its 1/N; one gradient alone is a mistake."""
    network = load_network("xor-batch")
    workbook = step_book(network)
    for block in ("cost", "cost_new"):
        workbook = rewritten(workbook, network, block, lambda formula: f"4*({formula})")
    for block in ("dC_dW_1", "dC_dW_2"):
        alone = judge(rewritten(step_book(network), network, block, lambda formula: f"4*({formula})"), network)
        assert (alone.convention, alone.counts["wrong"]) == (
            None,
            network.blocks[block].rows * network.blocks[block].columns,
        )
        workbook = rewritten(workbook, network, block, lambda formula: f"4*({formula})")
    report = judge(workbook, network)
    assert (report.convention, report.ok) == ("sum-over-observations", True)


def test_where_two_errors_cancel_it_is_said() -> None:
    """The number is right again, both formulas are wrong."""
    edits = {"{dC_da_2}": "={target[0,0]}-{a_2[0,0]}", "{W_1_new}": "={W_1[0,0]}+{gamma[$0,$0]}*{dC_dW_1[0,0]}"}
    cell = judged("bias-node", edits, "W_1_new")
    assert (cell.verdict, cell.mistake) == ("wrong", "SN093")
    assert cell.message.endswith("its number is right all the same, because another error cancels this one")


@pytest.mark.parametrize(
    ("formula", "repaired"),
    [
        ("-LN(MAX(A1,1E-7))", "-LN((A1))"),
        ("-LN(MIN(MAX(A1,1E-7),0.9999999))", "-LN(((A1)))"),
        ("-LN(MAX(1E-9,A1))", "-LN((A1))"),
        ("-LN(A1+1E-7)", "-LN(A1)"),
        ("-LN(MAX(A1,2))", None),
        ("MAX(A1,1E-7)", None),
    ],
)
def test_what_keeps_a_logarithm_from_0_is_taken_off(formula: str, repaired: str | None) -> None:
    """A tiny number added, or a clipping on either side; other MAX and MIN stay."""
    found = [repair.formula for repair in slips(formula, None) if repair.mistake == "SN048"]
    assert found == ([] if repaired is None else [repaired])
