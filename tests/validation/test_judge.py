"""Judging: one damaged formula is named exactly, right formulas of any form are accepted, nothing passes unseen."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from sheetnet.generate import make_workbook
from sheetnet.judge import judge
from sheetnet.judge_options import JudgeOptions
from sheetnet.network import Network
from sheetnet.network_file import load_network, template_names
from sheetnet.reference.views import noise
from sheetnet.syntax import cell_name
from sheetnet.validation import Report
from sheetnet.validation.locate import locate
from sheetnet.workbook import Cell, CellError, Name, Workbook
from tests.support.quantities import Array, edited, spell
from tests.support.sheets import blamed, moved, place_of, step_book, with_cell, with_formula
from tools.small_networks import SMALL


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


def test_a_pickled_report_is_the_same(d02b: tuple[Network, Workbook]) -> None:
    """With every kind of cell: right, wrong with its mistake, carried with its cause, and errors as values."""
    network, workbook = d02b
    place = place_of(workbook, network, "delta_2")
    report = judge(with_formula(workbook, place, "1/0"), network)
    assert {"correct", "error", "carried"} <= report.counts.keys()
    assert pickle.loads(pickle.dumps(report)) == report
    empty = replace(report, cells=())
    assert pickle.loads(pickle.dumps(empty)) == empty


def test_a_carried_error_names_where_it_began(d02b: tuple[Network, Workbook]) -> None:
    """Cells below a damaged one are carried and name it; cells that do not depend on it are correct."""
    network, workbook = d02b
    place = place_of(workbook, network, "z_2", 0, 1)
    report = judge(with_formula(workbook, place, "1+1"), network)
    assert blamed(report) == {"z_2[0, 1]": "hardcoded"}
    carried = [cell for cell in report.cells if cell.verdict == "carried"]
    assert carried
    assert all(f"Step!{cell_name(*place[1:])} (z⁽²⁾ of neuron 1)" in cell.message for cell in carried)
    assert "a_2" in {cell.quantity for cell in carried}
    assert "z_1" not in {cell.quantity for cell in carried}


def test_a_wrong_cell_below_another_wrong_cell_is_blamed_too(d02b: tuple[Network, Workbook]) -> None:
    """An error upstream is no excuse: both damaged cells are named."""
    network, workbook = d02b
    workbook = edited(workbook, network, {"{z_1[0,0]}": "=0.5*3", "{delta_2[0,0]}": "=7-EXP(0.1)*{A_0[0,0]}"})
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
        (Cell("0.5933"), "wrong", "entered as text"),
        (Cell(True), "wrong", "not a number"),
        (Cell(CellError("#N/A")), "error", "#N/A"),
        (Cell(None, "1/0"), "error", "#DIV/0!"),
        (Cell(None, "NOSUCH(3)"), "error", "#NAME?"),
        (Cell(None, "1/(1+EXP("), "error", "gives"),
        (Cell(None, "LN(-1)"), "error", "#NUM!"),
        (Cell(None, "#REF!+1"), "error", "#REF!"),
        (Cell(None, '"a"&{z_1[0,0]}'), "wrong", "not a number"),
        (Cell(None, "1/(1+EXP({z_1[0,0]}))"), "wrong", "something else"),
    ],
)
def test_each_kind_of_mistake_has_its_verdict(
    d02b: tuple[Network, Workbook], cell: Cell | None, verdict: str, why: str
) -> None:
    """a_1[0, 0] of d02b, 0.59326999 by the lesson, replaced by what people enter: the verdict and its reason."""
    network, workbook = d02b
    report = judge(edited(workbook, network, {"{A_1[0,0]}": cell}), network)
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
        "{A_0[0,0]}*{W_1[0,0]}+{A_0[0,1]}*{W_1[1,0]}+{A_0[0,2]}*{W_1[2,0]}",
        "SUMPRODUCT(TRANSPOSE({A_0[$:,$:]}),{W_1[$:,$0]})",
        "SUM({A_0[0,0]}*{W_1[0,0]},{A_0[0,1]}*{W_1[1,0]},{A_0[0,2]}*{W_1[2,0]})",
        "MMULT({A_0},{W_1[:,0]})",
        "SUMPRODUCT(TRANSPOSE(A_0),INDEX(W_1,0,1))",
        "LET(x,TRANSPOSE({A_0}),SUMPRODUCT(x,{W_1[:,0]}))",
        "LAMBDA(a,b,SUMPRODUCT(a,b))(TRANSPOSE({A_0}),{W_1[:,0]})",
        "{!A_0[0,0]}*{!W_1[0,0]}+{!A_0[0,1]}*{!W_1[1,0]}+{!W_1[2,0]}",
        "SUM(INDEX(A_0,1,1)*{W_1[0,0]},INDEX(A_0,1,2)*{W_1[1,0]})+{W_1[2,0]}",
    ],
)
def test_equivalent_formulas_are_correct(d02b: tuple[Network, Workbook], formula: str) -> None:
    """z_1[0, 0] written in another way that computes the same is correct, and so is all that follows."""
    network, workbook = d02b
    report = judge(edited(workbook, network, {"{z_1[0,0]}": "=" + formula}), network)
    assert report.ok, blamed(report)


def test_an_array_formula_over_a_block_is_correct(d02b: tuple[Network, Workbook]) -> None:
    """z_1 as one MMULT array formula over the block: its children count as computed."""
    network, workbook = d02b
    right, wrong = ({"{z_1}": Array(f"MMULT({{A_0}},{factor}{{W_1}})")} for factor in ("", "2*"))
    assert judge(edited(workbook, network, right), network).ok
    found = blamed(judge(edited(workbook, network, wrong), network))
    assert found == {"z_1[0, 0]": "wrong", "z_1[0, 1]": "wrong"}


def test_helper_cells_on_another_sheet_are_live(d02b: tuple[Network, Workbook]) -> None:
    """A formula that goes through cells the student added is judged by what these compute."""
    network, workbook = d02b
    changed = edited(workbook, network, {"{A_1[0,0]}": "=Mine!A1/(1+Mine!A1)", "Mine!A1": "=EXP({!z_1[0,0]})"})
    assert judge(changed, network).ok
    report = judge(edited(changed, network, {"Mine!A1": "=EXP(-{!z_1[0,0]})"}), network)
    assert blamed(report) == {"a_1[0, 0]": "wrong"}
    (cell,) = [cell for cell in report.cells if cell.verdict == "wrong"]
    assert cell.cause == "Mine!A1"
    assert spell("which should hold EXP(z⁽¹⁾ of neuron 0 ({!z_1[0,0]}))", workbook, network) in cell.message


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
        ((Name("z_1", "{!z_1[$0,$0]}"),), "missing", "1 × 1, expected 1 × 2"),
        ((Name("z_1", "Nowhere!{z_1[$:,$:]}"),), "missing", "no range"),
        ((Name("z_1", "#REF!"),), "missing", "no range"),
        ((Name("z_1", "0.5"),), "missing", "no range"),
        ((Name("z_1", "{!z_1[$:,$:]}"), Name("Z_1", "{!z_1[$:,$:]}")), "error", "defined 2 times"),
        ((Name("z_1", "{!A_1[$0,$0]:[$0,$1]}"),), "error", "share cells"),
    ],
)
def test_a_block_that_cannot_be_found_is_never_ok(
    d02b: tuple[Network, Workbook], more: tuple[Name, ...], verdict: str, why: str
) -> None:
    """Names that are gone, too small, doubled, broken or on others' cells are said, and the sheet is not ok."""
    network, workbook = d02b
    more = tuple(replace(name, refers_to=spell(name.refers_to, workbook, network)) for name in more)
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
    report = judge(workbook, network, JudgeOptions(trials=12, seed=7))
    assert (report.trials, report.seed, report.ok) == (12, 7, True)


def test_inserted_rows_and_another_sheet_name_do_no_harm(d02b: tuple[Network, Workbook]) -> None:
    """The blocks are found by their names, wherever they went; a damaged cell is named where it now is."""
    network, workbook = d02b
    workbook = moved(workbook, 7, 3, "Mein Blatt")
    assert judge(workbook, network).ok
    sheet, row, column = place_of(workbook, network, "z_1")
    report = judge(edited(workbook, network, {"{z_1[0,0]}": "={A_0[0,0]}"}), network)
    assert [(c.sheet, c.cell, c.verdict) for c in report.cells if c.verdict not in ("correct", "carried")] == [
        ("Mein Blatt", cell_name(row, column), "wrong")
    ]
    assert sheet == "Mein Blatt"


@pytest.mark.parametrize("template", SMALL)
def test_values_that_another_program_rounds_otherwise_are_not_old(template: str) -> None:
    """Half of what the judge allows, in every cell of every view: another machine's EXP, magnified by 1/h in slopes."""
    network = load_network(template)
    workbook = make_workbook(network)
    located = locate(workbook, network)
    allowed = noise(located.presentation)
    drift = {
        located.place(name, row, column): 0.5e-12 * allowed.get(name, 1.0)
        for name, block in located.blocks.items()
        if block.kind == "answer"
        for row in range(block.rows)
        for column in range(block.columns)
    }
    for sheet in workbook.sheets:
        for position, cell in sheet.cells.items():
            place = (sheet.name, *position)
            if cell.formula is not None and isinstance(cell.value, float) and place in drift:
                sheet.cells[position] = replace(cell, value=cell.value + drift[place])  # type: ignore[index]
    report = judge(workbook, network)
    assert (report.ok, report.stale) == (True, 0)


def test_a_value_of_before_is_old(d02b: tuple[Network, Workbook]) -> None:
    """By a millionth of it."""
    network, workbook = d02b
    place = place_of(workbook, network, "z_1")
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    cell = sheet.cells[place[1:]]
    assert isinstance(cell.value, float)
    report = judge(with_cell(workbook, place, replace(cell, value=cell.value * (1 + 1e-6))), network)
    assert [(c.quantity, c.index) for c in report.cells if c.stale] == [("z_1", (0, 0))]
