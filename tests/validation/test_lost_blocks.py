"""Blocks that are gone or have another shape: what can be judged is, and nobody is blamed for what cannot."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from sheetnet.files import save_workbook
from sheetnet.formulas import symbol_of
from sheetnet.generate import make_student_workbook, make_workbook
from sheetnet.judge import judge, validate
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.reference import training_step
from sheetnet.report.terminal import report_view
from sheetnet.syntax import Area, area_name, column_letters
from sheetnet.validation.result import findings_of
from sheetnet.workbook import Cell, Sheet, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.lines import with_line, without_line
from tests.support.names import BLAMING, area_of, bare, blames, named, open_cells
from tests.support.sheets import blamed, place_of, step_book, with_cell, with_formula
from tools.small_networks import SMALL

# --- Lost inputs -----------------------------------------------------------------------------------------------------

DAMAGE = ("deleted", "#REF!", "Step!#REF!", "[1]Step!$A$1", "larger", "wider", "smaller", "narrower", "moved")


def damaged(area: Area, damage: str) -> str | None:
    """What the name of a block refers to afterwards; the block's own area where it has no such line to lose."""
    changed = {
        "larger": replace(area, bottom=area.bottom + 1),
        "wider": replace(area, right=area.right + 1),
        "smaller": replace(area, bottom=max(area.top, area.bottom - 1)),
        "narrower": replace(area, right=max(area.left, area.right - 1)),
        "moved": replace(area, top=area.top + 400, bottom=area.bottom + 400),
    }
    if damage == "deleted":
        return None
    return area_name(changed[damage]) if damage in changed else damage


@pytest.mark.parametrize("column", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SMALL)
def test_nobody_is_blamed_for_a_lost_input(name: str, column: bool) -> None:
    """Whatever happened to its name: what does not depend on it is correct, a note has the count of what does."""
    network = load_network(name)
    workbook = make_workbook(network, WorkbookOptions(column=column))
    every = judge(workbook, network).counts["correct"]
    for block in (block for block in network.blocks.values() if block.kind == "input"):
        area = area_of(workbook, block.name)
        for damage in DAMAGE:
            refers_to = damaged(area, damage)
            if refers_to == area_name(area):
                continue
            report = judge(named(workbook, **{block.name: refers_to}), network)
            assert not report.ok
            assert set(report.counts) == {"missing", "undetermined", "correct"}, (block.name, damage)
            bias_nodes = block.rows if block.bias_node else 0
            assert report.counts["undetermined"] + report.counts["correct"] == every - bias_nodes
            [cell] = [cell for cell in report.cells if cell.cell is None]
            assert (cell.quantity, cell.verdict) == (block.name, "missing")
            [note] = report.notes
            assert note.startswith(block.name)
            assert note.endswith(f": {report.counts['undetermined']} cells that depend on it were not judged")


@pytest.mark.parametrize("name", SMALL)
def test_what_depends_on_an_input_is_what_changes_with_it(name: str) -> None:
    """Every quantity that another learning rate, target or input changes is left open."""
    network = load_network(name)
    workbook = step_book(network)
    usual = training_step(network)
    others = {
        "gamma": replace(network, learning_rate=network.learning_rate * 1.5),
        "target": replace(network, targets=tuple(tuple(0.9 * t + 0.01 for t in row) for row in network.targets)),
        "A_0": replace(network, inputs=tuple(tuple(0.9 * x + 0.01 for x in row) for row in network.inputs)),
    }
    for block, other in others.items():
        found = open_cells(judge(named(workbook, **{block: None}), network))
        step = training_step(other)
        changed = {key for key, array in step.items() if key in network.blocks and (array != usual[key]).any()}
        aliases = {key.replace("A_", "a_") for key in changed - {block, "A_0"}}
        assert aliases <= found


def test_a_lost_learning_rate_leaves_the_first_half_judged(d02b: tuple[Network, Workbook]) -> None:
    """A mistake that has nothing to do with it is found as ever; what has is not blamed, whatever it holds."""
    network, workbook = d02b
    lost = named(workbook, gamma="#REF!")
    assert open_cells(judge(lost, network)) == {
        *("W_1_new", "W_2_new", "z_1_new", "a_1_new", "z_2_new", "a_2_new"),
        *("cost_out_new", "cost_n_new", "cost_new"),
    }
    wrong = with_formula(lost, place_of(workbook, network, "z_1"), "5*1")
    assert blames(judge(wrong, network)) == {"z_1[0, 0]": "hardcoded"}
    for cell in (Cell(0.25), Cell(None, "0.25"), Cell(None, "1/0"), Cell(None, "nothing")):
        assert blames(judge(with_cell(lost, place_of(workbook, network, "W_1_new"), cell), network)) == {}
    empty = with_cell(lost, place_of(workbook, network, "W_1_new"), None)
    assert blames(judge(empty, network)) == {"W_1_new[0, 0]": "blank"}


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_lost_input_is_lost_in_every_format_and_view(suffix: str, tmp_path: Path) -> None:
    """As it was saved: the rows of Training and the other sheets' cells that depend on it are left open, too."""
    network = load_network("bias-node")
    workbook = bare(make_workbook(network))
    for number, refers_to in enumerate((None, "#REF!")):
        path = tmp_path / f"{number}.{suffix}"
        save_workbook(named(workbook, gamma=refers_to), path)
        report = validate(path)
        assert set(report.counts) == {"missing", "undetermined", "correct"}
        assert {"W_1_new", "train_W_1", "mat_gamma"} <= open_cells(report)
        assert not {"dC_dW_1", "grad_numeric", "z_1"} & open_cells(report)


def test_the_number_of_a_lost_input_may_have_been_deleted_with_its_cells(d02b: tuple[Network, Workbook]) -> None:
    """Formulas that used it show #REF! then: those are not blamed, others with the same error are."""
    network, workbook = d02b
    gamma = area_of(workbook, "gamma")
    report = judge(without_line(workbook, "Step", row=gamma.top), network)
    assert {"gamma", "cost"} <= {cell.quantity for cell in report.cells if cell.cell is None}  # they stand in one row
    assert blames(report) == {}
    broken = with_formula(named(workbook, gamma="#REF!"), place_of(workbook, network, "z_1"), "#REF!*2")
    assert blames(judge(broken, network)) == {"z_1[0, 0]": "error"}


def test_an_input_s_name_on_cells_of_another_block_is_lost(d02b: tuple[Network, Workbook]) -> None:
    """Two inputs on the same cells are both in doubt; an input on formulas is the one that went astray."""
    network, workbook = d02b
    z = area_of(workbook, "z_1")
    on_formula = named(workbook, gamma=area_name(replace(z, right=z.left)))
    on_input = named(workbook, gamma=area_name(replace(area_of(workbook, "W_1"), bottom=12, right=7)))
    on_constants = named(
        workbook, z_1=area_name(replace(area_of(workbook, "A_0"), right=area_of(workbook, "A_0").left + 1))
    )
    for book, verdicts in ((on_formula, {"gamma", "z_1"}), (on_input, {"gamma", "W_1"}), (on_constants, {"z_1"})):
        report = judge(book, network)
        assert not report.ok
        found = [cell for cell in report.cells if cell.verdict in BLAMING]
        assert {cell.quantity for cell in found} <= verdicts
        assert all(cell.cell is None and "share cells" in cell.message for cell in found)


def test_an_empty_input_that_formulas_use_is_not_lost(d02b: tuple[Network, Workbook]) -> None:
    """Its number was deleted: an edited input, by a cell's name or by the name itself."""
    network, workbook = d02b
    place = place_of(workbook, network, "gamma")
    assert [edit.quantity for edit in judge(with_cell(workbook, place, None), network).edited_inputs] == ["gamma"]
    far = named(workbook, gamma="Step!$ZZ$900")
    new = place_of(workbook, network, "W_1_new")
    sheet = workbook.sheet("Step")
    assert sheet is not None
    formula = (sheet.cells[new[1:]].formula or "").replace(
        area_name(replace(area_of(workbook, "gamma"), sheet=None)), "gamma"
    )
    report = judge(with_formula(far, new, formula), network)
    assert [edit.quantity for edit in report.edited_inputs] == ["gamma"]
    assert "W_1_new[0, 0]" not in blamed(report)


def test_the_step_size_of_the_gradient_check_may_be_lost(d02b: tuple[Network, Workbook]) -> None:
    """What depends on another h than the usual is left open."""
    network, _ = d02b
    workbook = make_workbook(network, WorkbookOptions(("step", "gradient_check")))
    other = with_cell(workbook, place_of(workbook, network, "grad_h"), Cell(0.001))
    assert judge(other, network).ok
    report = judge(named(other, grad_h=None), network)
    assert blames(report) == {}
    assert {"grad_numeric", "grad_C_plus"} <= open_cells(report)
    assert not {"grad_backprop", "grad_cost", "z_1"} & open_cells(report)


def test_in_a_report_what_is_left_open_comes_last(d02b: tuple[Network, Workbook]) -> None:
    """There may be very many such cells: mistakes are listed before them."""
    network, workbook = d02b
    wrong = with_formula(named(workbook, A_0=None), place_of(workbook, network, "W_1_new", 2, 0), "5*1")
    frozen = with_cell(named(workbook, gamma=None), place_of(workbook, network, "W_2_new", 2, 1), Cell(0.123))
    for book in (wrong, frozen):
        plain = Console(file=io.StringIO(), width=100, color_system=None)
        plain.print(report_view(judge(book, network)))
        text = plain.file.getvalue()  # type: ignore[attr-defined]
        assert 0 < text.index("′ row 2, column ") < text.index("undetermined  Step")


# --- Lost calculated blocks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize("name", SMALL)
def test_a_lost_answer_is_reported_alone(name: str, column: bool) -> None:
    """Whatever happened to its name, all other cells are judged, and right."""
    network = load_network(name)
    workbook = make_workbook(network, WorkbookOptions(column=column))
    every = judge(workbook, network).counts["correct"]
    for block in (block for block in network.blocks.values() if block.kind == "answer"):
        area = area_of(workbook, block.name)
        for damage in ("deleted", "#REF!", "larger", "narrower", "smaller"):
            refers_to = damaged(area, damage)
            if refers_to == area_name(area):
                continue
            report = judge(named(workbook, **{block.name: refers_to}), network)
            assert report.counts.pop("correct") == every - block.rows * block.columns
            assert report.ok != block.required
            told = [cell.quantity for cell in report.cells if cell.verdict == "missing"] + [
                note.partition(" ")[0] for note in report.notes
            ]
            assert told == ([block.name] if block.required or damage != "deleted" else []), (block.name, damage)


@pytest.mark.parametrize("wrong", ["2*3", "B12*G12", "1/0", "#REF!+1"])
def test_who_uses_a_lost_answer_is_not_blamed_for_it(d02b: tuple[Network, Workbook], wrong: str) -> None:
    """What stands in its cells is not judged, and neither is a formula that takes it; the rest is."""
    network, workbook = d02b
    place = place_of(workbook, network, "z_1")
    report = judge(named(with_formula(workbook, place, wrong), z_1="#REF!"), network)
    assert blames(report) == {}
    assert "a_1" in open_cells(report)
    assert any(note.startswith("z_1 is gone") and "cells that use it were not judged" in note for note in report.notes)
    both = with_formula(with_formula(workbook, place, wrong), place_of(workbook, network, "delta_2"), "7*1")
    assert blames(judge(named(both, z_1="#REF!"), network)) == {"delta_2[0, 0]": "hardcoded"}


@pytest.mark.parametrize("block", ["z_1", "A_1", "cost_out", "delta_2", "dC_da_2", "cost_n"])
def test_a_deleted_row_is_reported_at_its_blocks(d02b: tuple[Network, Workbook], block: str) -> None:
    """Formulas that used its cells show #REF!, and are not blamed."""
    network, workbook = d02b
    row = area_of(workbook, block).top
    report = judge(without_line(workbook, "Step", row=row), network)
    assert blames(report) == {}
    gone = {name for name in network.blocks if area_of(workbook, name).top == area_of(workbook, name).bottom == row}
    told = {cell.quantity for cell in report.cells if cell.cell is None}
    assert told == {name for name in gone if network.blocks[name].required}


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize("name", ["bias-node", "xor-batch"])
def test_a_line_deleted_anywhere_blames_nobody(name: str, column: bool) -> None:
    """Inside blocks of several lines, and between them."""
    network = load_network(name)
    workbook = make_workbook(network, WorkbookOptions(column=column))
    weights = area_of(workbook, "W_1")
    for line in (weights.top, weights.top + 1, area_of(workbook, "A_0").top):
        assert blames(judge(without_line(workbook, "Step", row=line), network)) == {}
    for line in (weights.left, weights.right, area_of(workbook, "dC_dW_2").left):
        assert blames(judge(without_line(workbook, "Step", column=line), network)) == {}


# --- Inserted lines --------------------------------------------------------------------------------------------------


def test_a_blank_line_inside_a_block_is_passed_over(d02b: tuple[Network, Workbook]) -> None:
    """A note says which; a damaged cell behind it is named where it now is."""
    network, workbook = d02b
    row = area_of(workbook, "dC_dW_1").top + 1
    inserted = with_line(workbook, "Step", row=row)
    report = judge(inserted, network)
    assert report.ok, blamed(report)
    assert report.notes == (f"row {row} of Step is blank inside ∂C/∂W⁽¹⁾, ∂C/∂W⁽²⁾: it was passed over",)
    twice = with_line(with_line(inserted, "Step", row=row), "Step", row=row + 3)
    assert judge(twice, network).ok
    assert place_of(inserted, network, "dC_dW_1", 2, 1)[1] == row + 2
    wrong = with_formula(inserted, place_of(inserted, network, "dC_dW_1", 1, 0), "5*1")
    assert blamed(judge(wrong, network)) == {"dC_dW_1[1, 0]": "hardcoded"}
    edited = with_cell(inserted, place_of(inserted, network, "W_1", 1, 1), Cell(0.75))
    assert [edit.index for edit in judge(edited, network).edited_inputs] == [(1, 1)]


@pytest.mark.parametrize("block", ["A_0", "target"])
def test_a_blank_line_in_a_batch_is_passed_over(block: str) -> None:
    """Between two observations, in both orientations."""
    network = load_network("xor-batch")
    for column in (False, True):
        workbook = make_workbook(network, WorkbookOptions(column=column))
        area = area_of(workbook, block)
        line = {"column": area.left + 1} if column else {"row": area.top + 1}
        inserted = with_line(workbook, "Step", **line)
        report = judge(inserted, network)
        assert any("is blank inside" in note and symbol_of(block) in note for note in report.notes)
        assert not any(cell.cell is None for cell in report.cells)
        # SUMPRODUCT of ranges that are not equally long any more
        assert {cell.verdict for cell in report.cells} <= {"correct", "carried", "undetermined"}


@pytest.mark.parametrize("column", [False, True])
def test_a_line_inserted_inside_w_is_told_in_one_line_a_block(column: bool) -> None:
    """Every z that reads W shows an error; none is blamed, and the line is named that is to be deleted."""
    network = load_network("xor-batch")
    workbook = make_workbook(network, WorkbookOptions(column=column))
    area = area_of(workbook, "W_1")
    line = {"column": area.left + 1} if column else {"row": area.top + 1}
    report = judge(with_line(workbook, "Step", **line), network)
    named = f"column {column_letters(area.left + 1)}" if column else f"row {area.top + 1}"
    found = findings_of(cell for cell in report.cells if cell.verdict not in ("correct", "carried"))
    assert {finding.first.quantity for finding in found} <= {"z_1", "z_2"}
    assert len(found) <= 2
    assert len(found[0].cells) == 12
    for finding in found:
        assert finding.first.verdict == "undetermined"
        assert finding.first.message == f"not judged: its range has grown by {named}, inserted and blank. Delete it"
    assert not report.ok


def test_a_line_that_is_not_blank_makes_another_shape(d02b: tuple[Network, Workbook]) -> None:
    """Of an input: what depends on it is left open."""
    network, workbook = d02b
    area = area_of(workbook, "W_1")
    inserted = with_line(workbook, "Step", row=area.top + 1)
    filled = with_cell(inserted, ("Step", area.top + 1, area.left), Cell("mine"))
    report = judge(filled, network)
    [cell] = [cell for cell in report.cells if cell.cell is None]
    assert (cell.quantity, cell.message) == ("W_1", "the cells named W_1 are 4 × 2, expected 3 × 2")
    assert blames(report) == {}


def test_in_a_student_s_copy_the_inserted_line_is_told_from_blank_answers() -> None:
    """A line that is blank all across the sheet was inserted; an answer that is still blank was not."""
    network = load_network("d02b")
    workbook = bare(make_student_workbook(network))
    blank = judge(workbook, network).counts
    area = area_of(workbook, "dC_dW_1")
    inserted = with_line(workbook, "Step", row=area.top + 1)
    report = judge(inserted, network)
    assert report.counts == blank
    assert [note for note in report.notes if f"row {area.top + 1} of Step is blank inside" in note]


def test_orientation_is_what_most_blocks_say() -> None:
    """Though A_0 is gone, or has another shape."""
    network = load_network("d02b")
    for column in (False, True):
        workbook = make_workbook(network, WorkbookOptions(column=column))
        for refers_to in (None, "Step!$A$1:$C$1", "Step!$A$1:$A$3"):
            report = judge(named(workbook, A_0=refers_to, cost_n=None), network)
            assert {cell.quantity for cell in report.cells if cell.verdict == "missing"} <= {"A_0", "cost_n"}


def test_a_row_inserted_in_training_is_no_step(d02b: tuple[Network, Workbook]) -> None:
    """How many steps there are is what most of its blocks say, without rows that hold nothing."""
    network, _ = d02b
    workbook = make_workbook(network, WorkbookOptions(("step", "training"), steps=6))
    area = area_of(workbook, "train_cost")
    report = judge(with_line(workbook, "Training", row=area.top + 3), network)
    assert report.ok, blamed(report)
    assert [note for note in report.notes if f"row {area.top + 3} of Training is blank inside" in note]
    for refers_to in (None, area_name(replace(area, bottom=area.bottom - 1))):
        report = judge(named(workbook, train_cost=refers_to), network)
        assert blamed(report) == {"train_cost[]": "missing"}


def test_a_name_over_whole_columns_costs_no_time(d02b: tuple[Network, Workbook]) -> None:
    """It is another shape, and that is that."""
    network, workbook = d02b
    report = judge(named(workbook, W_1="Step!$G:$H", z_1="Step!$18:$18"), network)
    assert blames(report) == {}
    assert {cell.quantity for cell in report.cells if cell.verdict == "missing"} == {"W_1", "z_1"}


def test_a_workbook_of_nothing_is_told_in_one_line(d02b: tuple[Network, Workbook]) -> None:
    """No sheet of ours at all."""
    network, _ = d02b
    report = judge(Workbook((Sheet("Sheet1", {}),)), network)
    assert report.counts == {"missing": 1}
