"""Judging: one damaged formula is named exactly, right formulas of any form are accepted, nothing passes unseen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sheetnet.check import Report, judge
from sheetnet.network import Network
from sheetnet.network_file import load_network, template_names
from sheetnet.syntax import cell_name
from sheetnet.workbook import Cell, CellError, Name, Workbook
from tests.sheets import blamed, moved, place_of, step_book, with_cell, with_formula

SMALL = ["bias-node", "d02b", "relu-sigmoid-softmax", "xor-batch"]


@pytest.mark.parametrize("template", template_names())
def test_every_template_is_correct_in_every_cell(template: str) -> None:
    """A workbook as generated is correct, and every cell of every block was compared."""
    network = load_network(template)
    report = judge(step_book(network), network)
    known = network.blocks.values()
    inputs = sum(block.rows for block in known if block.name == "A_0")  # the bias node of each observation
    answers = sum(block.rows * block.columns for block in known if block.kind == "answer")
    assert report.counts == {"correct": answers + inputs}
    assert report.ok
    assert report.stale == 0
    assert not report.edited_inputs


@pytest.mark.parametrize("template", SMALL)
def test_a_damaged_formula_is_blamed_alone(template: str) -> None:
    """In every block the first formula, damaged, is the only cell blamed: what follows from it is carried."""
    network = load_network(template)
    workbook = step_book(network)
    for block in network.blocks.values():
        if block.kind == "input":
            continue
        place = place_of(workbook, network, block.name)
        sheet = workbook.sheet(place[0])
        assert sheet is not None
        formula = sheet.cells[place[1:]].formula
        report = judge(with_formula(workbook, place, f"({formula})*1.001+0.0001"), network)
        found = [(cell.cell, cell.verdict) for cell in report.cells if cell.verdict not in ("correct", "carried")]
        assert found == [(cell_name(*place[1:]), "wrong")], block.name
        assert not report.ok


def test_a_carried_error_names_where_it_began(d02b: tuple[Network, Workbook]) -> None:
    """Cells below a damaged one are carried and name it; cells that do not depend on it are correct."""
    network, workbook = d02b
    place = place_of(workbook, network, "z_2", 0, 1)
    report = judge(with_formula(workbook, place, "1+1"), network)
    assert blamed(report) == {"z_2[0, 1]": "hardcoded"}
    carried = [cell for cell in report.cells if cell.verdict == "carried"]
    assert carried
    assert all(f"Step!{cell_name(*place[1:])} (z_2[0, 1])" in cell.message for cell in carried)
    assert "a_2" in {cell.quantity for cell in carried}
    assert "z_1" not in {cell.quantity for cell in carried}


def test_a_wrong_cell_below_another_wrong_cell_is_blamed_too(d02b: tuple[Network, Workbook]) -> None:
    """An error upstream is no excuse: both damaged cells are named."""
    network, workbook = d02b
    first, second = place_of(workbook, network, "z_1"), place_of(workbook, network, "delta_2")
    workbook = with_formula(with_formula(workbook, first, "0.5*3"), second, "7-EXP(0.1)*G7")
    assert blamed(judge(workbook, network)) == {"z_1[0, 0]": "hardcoded", "delta_2[0, 0]": "wrong"}


@pytest.mark.parametrize(
    ("cell", "verdict", "why"),
    [
        (None, "blank", "nothing was entered"),
        (Cell("  "), "blank", "nothing was entered"),
        (Cell(0.5932699921071872), "hardcoded", "right to 15 digits"),
        (Cell(0.5933), "hardcoded", "right to 4 digits"),
        (Cell(99.0), "hardcoded", "wrong at these inputs too"),
        (Cell(None, "0.5+0.0932699921071872"), "hardcoded", "no input moves"),
        (Cell("0.5933"), "wrong", "no number"),
        (Cell(True), "wrong", "no number"),
        (Cell(CellError("#N/A")), "error", "#N/A"),
        (Cell(None, "1/0"), "error", "#DIV/0!"),
        (Cell(None, "NOSUCH(3)"), "error", "#NAME?"),
        (Cell(None, "1/(1+EXP("), "error", "gives"),
        (Cell(None, "LN(-1)"), "error", "#NUM!"),
        (Cell(None, "#REF!+1"), "error", "#REF!"),
        (Cell(None, '"a"&G18'), "wrong", "no number"),
        (Cell(None, "1/(1+EXP(G18))"), "wrong", "something else"),
    ],
)
def test_each_kind_of_mistake_has_its_verdict(
    d02b: tuple[Network, Workbook], cell: Cell | None, verdict: str, why: str
) -> None:
    """a_1[0, 0] of d02b, 0.59326999 by the lesson, replaced by what people enter: the verdict and its reason."""
    network, workbook = d02b
    place = place_of(workbook, network, "A_1")
    report = judge(with_cell(workbook, place, cell), network)
    assert blamed(report) == {"a_1[0, 0]": verdict}
    assert why in next(found.message for found in report.cells if found.verdict == verdict)


@pytest.mark.parametrize("formula", ["{here}", "{here}*1+0", "SUM({below})"])
def test_a_circle_of_formulas_is_an_error(d02b: tuple[Network, Workbook], formula: str) -> None:
    """A formula that uses itself, at once or through others, is an error of its own and not a carried one."""
    network, workbook = d02b
    place = place_of(workbook, network, "z_1")
    here, below = cell_name(*place[1:]), cell_name(*place_of(workbook, network, "A_1")[1:])
    report = judge(with_formula(workbook, place, formula.format(here=here, below=below)), network)
    assert blamed(report)["z_1[0, 0]"] in ("error", "wrong")
    assert not report.ok


@pytest.mark.parametrize(
    "formula",
    [
        "B12*G12+B13*G13+B14*G14",
        "SUMPRODUCT($B$12:$B$14,G$12:G$14)",
        "SUM(B12*G12,B13*G13,B14*G14)",
        "MMULT(G7:I7,G12:G14)",
        "SUMPRODUCT(A_0_T,INDEX(W_1,0,1))",
        "SUMPRODUCT(TRANSPOSE(A_0),INDEX(W_1,0,1))",
        "LET(x,B12:B14,SUMPRODUCT(x,G12:G14))",
        "LAMBDA(a,b,SUMPRODUCT(a,b))(B12:B14,G12:G14)",
        "Step!B12*Step!G12+Step!B13*Step!G13+Step!G14",
        "SUM(INDEX(A_0_T,1)*G12,INDEX(A_0_T,2)*G13)+G14",
    ],
)
def test_equivalent_formulas_are_correct(d02b: tuple[Network, Workbook], formula: str) -> None:
    """z_1[0, 0] written in another way that computes the same is correct, and so is all that follows."""
    network, workbook = d02b
    place = place_of(workbook, network, "z_1")
    assert place == ("Step", 18, 7)  # the addresses above
    report = judge(with_formula(workbook, place, formula), network)
    assert report.ok, blamed(report)


def test_an_array_formula_over_a_block_is_correct(d02b: tuple[Network, Workbook]) -> None:
    """z_1 as one MMULT array formula over the block: its children count as computed."""
    network, workbook = d02b
    step = workbook.sheets[1]
    top = place_of(workbook, network, "z_1")[1:]
    cells = {**step.cells, top: Cell(None, "MMULT(G7:I7,G12:H14)"), (top[0], top[1] + 1): Cell(0.0)}
    sheets = (workbook.sheets[0], replace(step, cells=cells, arrays={top: (1, 2)}), workbook.sheets[2])
    assert judge(replace(workbook, sheets=sheets), network).ok
    wrong = {**cells, top: Cell(None, "MMULT(G7:I7,2*G12:H14)")}
    sheets = (workbook.sheets[0], replace(step, cells=wrong, arrays={top: (1, 2)}), workbook.sheets[2])
    assert blamed(judge(replace(workbook, sheets=sheets), network)) == {"z_1[0, 0]": "wrong", "z_1[0, 1]": "wrong"}


def test_helper_cells_on_another_sheet_are_live(d02b: tuple[Network, Workbook]) -> None:
    """A formula that goes through cells the student added is judged by what these compute."""
    network, workbook = d02b
    place = place_of(workbook, network, "A_1")
    helper = replace(workbook.sheets[0], name="Mine", cells={(1, 1): Cell(None, "EXP(Step!G18)")})
    changed = with_formula(workbook, place, "Mine!A1/(1+Mine!A1)")
    assert judge(replace(changed, sheets=(*changed.sheets, helper)), network).ok
    helper = replace(helper, cells={(1, 1): Cell(None, "EXP(-Step!G18)")})
    report = judge(replace(changed, sheets=(*changed.sheets, helper)), network)
    assert blamed(report) == {"a_1[0, 0]": "wrong"}
    (cell,) = [cell for cell in report.cells if cell.verdict == "wrong"]
    assert cell.cause == "Mine!A1"
    assert "which should hold EXP(z_1[0, 0] (Step!G18))" in cell.message


@pytest.mark.parametrize(
    ("cell", "verdict"), [(Cell(1.0), None), (Cell(None, "1"), None), (Cell(2.0), "wrong"), (None, "blank")]
)
@pytest.mark.parametrize("block", ["A_0", "A_1"])
def test_the_bias_node_is_a_judged_constant(
    d02b: tuple[Network, Workbook], block: str, cell: Cell | None, verdict: str | None
) -> None:
    """1 is correct, anything else is not."""
    network, workbook = d02b
    place = place_of(workbook, network, block, 0, 2)
    report = judge(with_cell(workbook, place, cell), network)
    assert blamed(report) == ({} if verdict is None else {f"{block}[0, 2]": verdict})


def test_edited_inputs_are_play(d02b: tuple[Network, Workbook]) -> None:
    """Another x, weight, target and γ are reported and judged as they stand; the sheet stays ok."""
    network, workbook = d02b
    for block, number in (("A_0", 0.3), ("W_1", -2.0), ("target", 0.4), ("gamma", 0.01)):
        workbook = with_cell(workbook, place_of(workbook, network, block), Cell(number))
    report = judge(workbook, network)
    assert report.ok
    assert [(e.quantity, e.index, e.found) for e in report.edited_inputs] == [
        ("A_0", (0, 0), 0.3),
        ("target", (0, 0), 0.4),
        ("gamma", (0, 0), 0.01),
        ("W_1", (0, 0), -2.0),
    ]
    assert not replace(report, strict_inputs=True).ok


def test_a_shared_bias_is_one_input(d02b: tuple[Network, Workbook]) -> None:
    """The one bias of a layer moves all cells of its row; a second bias cell tied to another input keeps its tie."""
    network, workbook = d02b
    workbook = with_cell(workbook, place_of(workbook, network, "W_1", 2, 0), Cell(0.7))
    report = judge(workbook, network)
    assert report.ok
    assert [edited.index for edited in report.edited_inputs] == [(2, 0), (2, 1)]
    tied = with_formula(workbook, place_of(workbook, network, "W_2", 0, 0), "W_2_new")
    assert [edited.formula for edited in judge(tied, network).edited_inputs if edited.formula] == ["W_2_new"]


def test_an_input_that_holds_text_is_an_error_of_its_own(d02b: tuple[Network, Workbook]) -> None:
    """Nothing can be computed from it; the trials still judge the formulas."""
    network, workbook = d02b
    workbook = with_cell(workbook, place_of(workbook, network, "W_1"), Cell("a lot"))
    assert blamed(judge(workbook, network)) == {"W_1[0, 0]": "error"}


def without_name(workbook: Workbook, name: str, *more: Name) -> Workbook:
    return replace(workbook, names=(*(found for found in workbook.names if found.name != name), *more))


@pytest.mark.parametrize(
    ("more", "verdict", "why"),
    [
        ((), "missing", "no cells are named z_1"),
        ((Name("z_1", "Step!$G$18"),), "missing", "1 × 1, expected 1 × 2"),
        ((Name("z_1", "Nowhere!$G$18:$H$18"),), "missing", "no range"),
        ((Name("z_1", "#REF!"),), "missing", "no range"),
        ((Name("z_1", "0.5"),), "missing", "no range"),
        ((Name("z_1", "Step!$G$18:$H$18"), Name("Z_1", "Step!$G$18:$H$18")), "error", "defined 2 times"),
        ((Name("z_1", "Step!$G$22:$H$22"),), "error", "share cells"),
    ],
)
def test_a_block_that_cannot_be_found_is_never_ok(
    d02b: tuple[Network, Workbook], more: tuple[Name, ...], verdict: str, why: str
) -> None:
    """Names that are gone, too small, doubled, broken or on others' cells are said, and the sheet is not ok."""
    network, workbook = d02b
    report = judge(without_name(workbook, "z_1", *more), network)
    assert not report.ok
    found = [cell for cell in report.cells if cell.verdict == verdict]
    assert len(found) == 1
    assert found[0].cell is None
    assert why in found[0].message


def test_nothing_compared_is_not_ok(d02b: tuple[Network, Workbook]) -> None:
    """A workbook without any of the names is missing everything."""
    network, workbook = d02b
    report = judge(replace(workbook, names=()), network)
    assert not report.ok
    assert set(report.counts) == {"missing"}
    assert not Report("", "", "", "", 8, 0, ()).ok


def test_stale_values_are_flagged(d02b: tuple[Network, Workbook]) -> None:
    """A saved value that is not what the formula computes is stale, and the verdict is the formula's."""
    network, workbook = d02b
    place = place_of(workbook, network, "cost")
    step = workbook.sheet("Step")
    assert step is not None
    cell = step.cells[place[1:]]
    report = judge(with_cell(workbook, place, replace(cell, value=0.123)), network)
    assert report.ok
    assert [found.quantity for found in report.cells if found.stale] == ["cost"]


def test_the_seed_and_the_trials_are_reported(d02b: tuple[Network, Workbook]) -> None:
    """Another seed and more trials give the same verdicts, and the report says which."""
    network, workbook = d02b
    report = judge(workbook, network, trials=3, seed=7)
    assert (report.trials, report.seed, report.ok) == (3, 7, True)


def test_inserted_rows_and_another_sheet_name_do_no_harm(d02b: tuple[Network, Workbook]) -> None:
    """The blocks are found by their names, wherever they went; a damaged cell is named where it now is."""
    network, workbook = d02b
    workbook = moved(workbook, 7, 3, "Mein Blatt")
    assert judge(workbook, network).ok
    place = place_of(workbook, network, "z_1")
    assert place == ("Mein Blatt", 25, 10)
    report = judge(with_formula(workbook, place, "E19"), network)
    assert [(c.sheet, c.cell, c.verdict) for c in report.cells if c.verdict not in ("correct", "carried")] == [
        ("Mein Blatt", "J25", "wrong")
    ]
