"""Views whose cells are quantities throughout: each agrees with NumPy when recalculated, and is judged cell by cell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet import load_network
from sheetnet.input_names import Scaler
from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.reference import views as reference
from sheetnet.syntax import cell_name
from sheetnet.workbook_options import SHEETS
from tests.support.view_cases import NETWORKS, OWN, SLOW_IN_ODS, book, far_cells, formula_cells, judged_with, verdicts
from tools.small_networks import SMALL

# The others, where rounding is magnified, have tests of their own for the same.
VIEWS = sorted(reference.VIEW_NUMBERS.keys() - {"gradient_check", "training"})
MIXED = (
    *("softmax deep", "softmax sum", "sigmoid shared bias", "relu half_sse", "softplus half_sse"),
    *("softmax without biases", "relu without a bias below", "elements of one observation", "elements with a slope"),
)
JUDGED = [
    (view, name) for view in VIEWS for name in (*(SMALL if view != "predict" else ()), *MIXED, *OWN.get(view, {}))
]


def network_of(view: str, name: str) -> Network:
    """The network of that name; where the view shows pictures or predictions, its inputs are some of one row or scaled."""
    network = (NETWORKS | OWN.get(view, {}))[name]
    if view == "predict":
        numbers = tuple(0.5 + i / 4 for i in range(network.sizes[0]))
        return replace(network, scaler=Scaler(numbers, numbers))
    return replace(network, image=(1, network.sizes[0])) if view == "pictures" else network


@pytest.mark.parametrize(
    ("suffix", "column"),
    [(".xlsx", False), (".xlsx", True), pytest.param(".ods", False, marks=SLOW_IN_ODS)],
)
@pytest.mark.parametrize("view", VIEWS)
def test_every_cell_agrees_with_numpy(view: str, suffix: str, column: bool, tmp_path: Path) -> None:
    """Templates and all pairs of activation and loss, written with wrong cached values, recalculated by IronCalc."""
    for name in NETWORKS | OWN.get(view, {}):
        network = network_of(view, name)
        assert far_cells(book(network, view, column), tmp_path / f"{view}{suffix}") == {}, name


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize(("view", "name"), JUDGED)
def test_every_cell_is_judged_correct_in_both_orientations(view: str, name: str, column: bool) -> None:
    """All cells of the view's blocks are compared in trials, and none is blamed; lights stand outside of blocks."""
    network = network_of(view, name)
    workbook = book(network, view, column)
    report = judge(workbook, network)
    assert set(report.counts) == {"correct"}
    assert formula_cells(workbook, SHEETS[view]) <= verdicts(report, "correct")


@pytest.mark.parametrize(
    ("view", "template", "block", "cells"),
    [
        ("matrices", "xor-batch", "mat_delta_1", 3),
        ("matrices", "xor-batch", "mat_c_1", 12),
        ("matrices", "xor-batch", "mat_dC_dW_1", 9),
        ("matrices", "xor-batch", "mat_W_2_new", 4),
        ("matrices", "xor-batch", "mat_out_1", 1),
        ("matrices", "xor-batch", "mat_w_only_2", 3),
        ("jacobians", "xor-batch", "jac_v_1_n0", 1),
        ("jacobians", "xor-batch", "jac_dE_dout_2_n1", 1),
        ("jacobians", "xor-batch", "jac_term_1_1", 9),
        ("jacobians", "xor-batch", "jac_dout_dnet_1_n2", 9),
        ("jacobians", "xor-batch", "jac_dE_dnet_2_n0", 1),
        ("jacobians", "xor-batch", "jac_dE_dW_1_n3", 9),
        ("jacobians", "xor-batch", "jac_mean_2", 1),
        ("appendix", "d02b", "app_x", 1),
        ("appendix", "d02b", "app_inv_term_2", 4),
        ("appendix", "d02b", "app_exp_matrix", 1),
        ("appendix", "d02b", "app_affine_dx_central", 2),
        ("appendix", "d02b", "app_affine_dA", 1),
    ],
)
def test_a_damaged_formula_is_blamed_alone(view: str, template: str, block: str, cells: int) -> None:
    """A damaged array is wrong in all the cells it fills, and in no other; Step is not touched by it."""
    network = load_network(template)
    place, report = judged_with(book(network, view), network, block, 0, 0)
    wrong = [cell for cell in report.cells if cell.verdict == "wrong"]
    assert (SHEETS[view], cell_name(*place[1:])) in verdicts(report, "wrong")
    assert ({cell.quantity for cell in wrong}, len(wrong)) == ({block}, cells)
    assert "Step" not in {sheet for sheet, _ in verdicts(report, "carried")}
