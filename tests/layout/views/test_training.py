"""The sheet `Training`: every row is the step after the one above, judged only where rounding cannot decide."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from sheetnet import load_network, training_step
from sheetnet.files import SUFFIXES, read_workbook, save_workbook
from sheetnet.generate import make_workbook
from sheetnet.judge import judge
from sheetnet.judge_options import JudgeOptions
from sheetnet.network import Network
from sheetnet.reference import evaluate_step, inputs_of
from sheetnet.reference.views import view_values
from sheetnet.syntax import cell_name
from sheetnet.validation.locate import locate
from sheetnet.workbook import CellError, Workbook
from sheetnet.workbook_options import SHEETS, WorkbookOptions
from tests.support.quantities import edited
from tests.support.recalculated import cell_value
from tests.support.sheets import blamed, with_formula
from tests.support.view_cases import (
    BOTH_FORMATS,
    NETWORKS,
    block_numbers,
    far_cells,
    formula_cells,
    judged_with,
    verdicts,
)
from tools.small_networks import SMALL, make_network

VIEW = "training"
SHEET = SHEETS[VIEW]
STEPS = 6


def book(network: Network, steps: int = STEPS, column: bool = False) -> Workbook:
    """The workbook with Step and Training."""
    return make_workbook(network, WorkbookOptions(("step", VIEW), column, steps))


def following(network: Network) -> Network:
    """The network after one step, made from the library's own `training_step`."""
    step = training_step(network)
    layers = [
        dataclasses.replace(layer, weights=tuple(tuple(row) for row in step[f"W_{number}_new"].tolist()))
        for number, layer in enumerate(network.layers, 1)
    ]
    return dataclasses.replace(network, layers=tuple(layers))


@pytest.mark.parametrize("suffix", BOTH_FORMATS)
def test_every_cell_agrees_with_numpy(suffix: str, tmp_path: Path) -> None:
    """Templates and all pairs of activation and loss, written with wrong cached values, recalculated by IronCalc."""
    for name, network in NETWORKS.items():
        assert far_cells(book(network), tmp_path / f"{VIEW}{suffix}") == {}, name


@pytest.mark.parametrize("name", NETWORKS)
def test_rows_are_steps_one_after_another(name: str) -> None:
    """Weights and costs of all rows are those of networks that `training_step` trained, one after the other."""
    network = NETWORKS[name]
    workbook = book(network)
    costs = block_numbers(workbook, SHEET, "train_cost")[:, 0]
    weights = {n: block_numbers(workbook, SHEET, f"train_W_{n}") for n in range(1, network.depth + 1)}
    for row in range(STEPS + 1):
        np.testing.assert_allclose(costs[row], training_step(network)["cost"].item(), rtol=1e-9)
        for number, layer in enumerate(network.layers, 1):
            np.testing.assert_allclose(weights[number][row], np.array(layer.weights).T.ravel(), rtol=1e-9, atol=1e-12)
        network = following(network)


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize("name", [*SMALL, "softmax deep", "softmax sum", "leaky_relu mse", "sigmoid shared bias"])
def test_every_cell_is_judged_correct_in_both_orientations(name: str, column: bool) -> None:
    """All cells of the view's blocks are compared in trials, and none is blamed; the names tell how many steps."""
    network = NETWORKS[name]
    workbook = book(network, column=column)
    assert locate(workbook, network).presentation.steps == STEPS
    report = judge(workbook, network)
    assert set(report.counts) == {"correct"}
    assert formula_cells(workbook, SHEET) <= verdicts(report, "correct")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["identity mse", "tanh half_sse", "relu mse", "elu half_sse", "softplus half_sse"])
def test_training_that_magnifies_rounding_is_blamed_on_nobody(name: str, seed: int) -> None:
    """In some trials these networks diverge or bend away within 50 steps; right sheets are correct all the same."""
    network = NETWORKS[name]
    assert set(judge(book(network, 50), network, JudgeOptions(seed=seed)).counts) == {"correct"}


def test_rows_that_rounding_may_decide_are_not_asked() -> None:
    """A γ far too large: from some row on nothing is asked of the weights, and never again; inputs always are."""
    network = make_network("tanh", "half_sse", learning_rate=8.0)
    values, shown = evaluate_step(network, inputs_of(network)), WorkbookOptions(("step", VIEW), steps=60)
    asked = view_values(network, values, shown, asked=True)
    lost = np.isnan(asked["train_cost"][0, :, 0])
    assert not lost[0]
    assert lost[-1]
    assert (np.diff(lost.astype(int)) >= 0).all()
    assert (np.isnan(asked["train_W_1"][0]).all(axis=1) == lost).all()
    assert np.isfinite(asked["train_A_0_n0"]).all()
    assert np.isfinite(view_values(network, values, shown)["train_cost"]).all()  # shown all the same


BLOCKS = ["train_cost", "train_W_1", "train_W_2", "train_z_1_n0", "train_A_1_n0", "train_delta_1_n0", "train_dC_dW_2"]


@pytest.mark.parametrize("row", [1, 3, STEPS])
@pytest.mark.parametrize("block", BLOCKS)
def test_a_damaged_formula_is_blamed_alone_in_any_row(block: str, row: int) -> None:
    """It alone is wrong; what follows in later rows carries it, and Step is not touched."""
    network = load_network("xor-batch")
    place, report = judged_with(book(network), network, block, row, 0)
    assert verdicts(report, "wrong") == {(SHEET, cell_name(*place[1:]))}
    assert {sheet for sheet, _ in verdicts(report, "carried")} <= {SHEET}
    assert set(report.counts) <= {"wrong", "carried", "correct"}


def test_a_forgotten_learning_rate_is_blamed_in_its_row() -> None:
    """The fault of a companion sheet in the wild: γ is dropped in one row, and training goes on without it."""
    network = load_network("bias-node")
    workbook = book(network, 20)
    place = locate(workbook, network).place("train_W_2", 10, 3)
    sheet = workbook.sheet(SHEET)
    assert sheet is not None
    formula = sheet.cells[place[1:]].formula
    assert formula is not None
    report = judge(with_formula(workbook, place, formula.replace("$B$4*", "")), network)
    assert blamed(report) == {"train_W_2[10, 3]": "wrong"}


def test_a_mistake_in_step_does_not_reach_training() -> None:
    """Training takes only inputs from Step: a wrong δ there leaves every cell here correct."""
    network = load_network("d02b")
    _, report = judged_with(book(network), network, "delta_2", 0, 0)
    assert {cell.verdict for cell in report.cells if cell.sheet == SHEET} == {"correct"}


def test_a_difference_too_small_to_be_judged_is_no_bug() -> None:
    """7e-13 added to one weight stays below what is judged in its row; where it grows above, nothing crashes."""
    network = NETWORKS["identity mse"]
    workbook = book(network, 40)
    place = locate(workbook, network).place("train_W_1", 1, 0)
    sheet = workbook.sheet(SHEET)
    assert sheet is not None
    report = judge(with_formula(workbook, place, f"{sheet.cells[place[1:]].formula}+7E-13"), network)
    assert set(report.counts) <= {"correct", "wrong", "carried", "undetermined"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_training_that_overflows_is_written_and_judged(suffix: str, tmp_path: Path) -> None:
    """A γ that sends the cost to infinity: its cells show #NUM!, the file opens, the trials judge all the same."""
    network = make_network("identity", "mse", learning_rate=1e3)
    path = tmp_path / f"overflow{suffix}"
    save_workbook(book(network, 50), path)
    workbook = read_workbook(path)
    assert cell_value(workbook, locate(workbook, network).place("train_cost", 50, 0)) == CellError("#NUM!")
    report = judge(workbook, network)
    assert "wrong" not in report.counts
    assert report.counts["correct"] > 10_000


def test_the_cost_falls_and_its_chart_covers_no_cell() -> None:
    """The documents' networks learn; no cell stands in the columns and rows that the chart covers."""
    for name in SMALL:
        network = load_network(name)
        workbook = book(network, 50)
        costs = block_numbers(workbook, SHEET, "train_cost")[:, 0]
        assert costs[-1] < costs[0]
        sheet = workbook.sheet(SHEET)
        assert sheet is not None
        for chart in sheet.view.charts:
            (top, left), (columns, rows) = chart.anchor, chart.size
            covered = {(r, c) for r in range(top, top + rows) for c in range(left, left + columns)}
            assert not covered & set(sheet.cells)
            assert chart.last == 50
            assert all(series.y[2] - series.y[0] == 50 for series in chart.series)
        outputs = sheet.view.charts[1].series
        assert len(outputs) == 2 * min(network.observations * network.sizes[-1], 8)


@pytest.mark.slow
def test_a_thousand_steps_are_judged_correct() -> None:
    """42,000 formulas of the 2-2-2 network, and one of them damaged in row 900."""
    network = load_network("bias-node")
    workbook = book(network, 1000)
    assert len(formula_cells(workbook, SHEET)) > 40_000
    assert set(judge(workbook, network).counts) == {"correct"}
    place, report = judged_with(workbook, network, "train_z_2_n0", 900, 1)
    assert verdicts(report, "wrong") == {(SHEET, cell_name(*place[1:]))}
    assert all(math.isfinite(cell.value) for cell in report.cells if isinstance(cell.value, float))


def test_where_training_diverges_no_right_formula_is_blamed() -> None:
    """A division by a Σe that is not asked for gives an error, which counts as little as the number would."""
    network = make_network("softmax", "binary_cross_entropy", (2, 3, 3), observations=2)
    workbook = edited(book(network, 50), network, {"{dC_dW_1[0,0]}": "={A_0[0,0]}*{delta_1[0,0]}"})
    assert blamed(judge(workbook, network)) == {"dC_dW_1[0, 0]": "wrong"}
