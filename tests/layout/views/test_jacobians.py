"""The sheet `Jacobians`: its cells agree with NumPy, with Step, with the lesson and with central differences."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sheetnet import load_network, training_step
from sheetnet.errors import FileError
from sheetnet.layout.views.jacobians import MOST_OBSERVATIONS
from sheetnet.network import Network
from sheetnet.reference import activation_of
from sheetnet.syntax import cell_name
from sheetnet.workbook import Workbook
from sheetnet.workbook_options import SHEETS
from tests.support.view_cases import NETWORKS, OWN, block_numbers, book, decay_of, divided_by, judged_with, verdicts
from tools.small_networks import make_network

VIEW = "jacobians"
SHEET = SHEETS[VIEW]


def read(workbook: Workbook, block: str) -> np.ndarray:
    """The cached numbers of a block."""
    return block_numbers(workbook, SHEET, block)


def test_the_sheet_is_the_same_in_both_orientations() -> None:
    """It stands in column vectors anyway; only the cells of Step to which it refers stand elsewhere."""
    network = load_network("xor-batch")

    def formulas(column: bool) -> dict[tuple[int, int], str]:
        sheet = book(network, VIEW, column).sheet(SHEET)
        assert sheet is not None
        return {at: re.sub(r"Step![A-Z]+\d+", "Step", cell.formula) for at, cell in sheet.cells.items() if cell.formula}

    assert formulas(False) == formulas(True)


def test_an_error_in_the_forward_pass_of_step_is_blamed_there_and_carried_here() -> None:
    """A wrong z of Step: nothing on this sheet is blamed for it."""
    network = load_network("relu-sigmoid-softmax")
    place, report = judged_with(book(network, VIEW), network, "z_2", 0, 1)
    assert verdicts(report, "wrong") == {("Step", cell_name(*place[1:]))}
    assert SHEET in {sheet for sheet, _ in verdicts(report, "carried")}


@pytest.mark.parametrize("block", ["delta_3", "dC_da_2", "da_dz_1", "J_3", "W_3_new"])
def test_the_backward_pass_is_the_sheets_own(block: str) -> None:
    """A mistake in the backward pass of Step reaches at most the copies of ∂C/∂W, which stand for comparison."""
    network = load_network("relu-sigmoid-softmax")
    _, report = judged_with(book(network, VIEW), network, block, 0, 0)
    here = {cell.quantity for cell in report.cells if cell.sheet == SHEET and cell.verdict != "correct"}
    assert here <= {"jac_step_1", "jac_step_2", "jac_step_3"}


def _differences(network: Network, layer: int, n: int) -> np.ndarray:
    """∂out/∂net of a layer by central differences of its activation at the net of an observation."""
    f, net = activation_of(network.layers[layer - 1]).f, training_step(network)[f"z_{layer}"][n]
    h = 1e-5 * np.eye(len(net))
    return (f(net + h) - f(net - h)).T / 2e-5  # rows of f are out for one changed net: turned, row i is out_i


@pytest.mark.parametrize("name", [*NETWORKS, *OWN[VIEW]])
def test_jacobians_are_those_of_central_differences_and_products_the_gradient(name: str) -> None:
    """∂out/∂net of every layer and observation, and the gradients, summed here, are Step's ∂C/∂W."""
    network = (NETWORKS | OWN[VIEW])[name]
    workbook, step = book(network, VIEW), training_step(network)
    for layer in range(1, network.depth + 1):
        total = np.zeros((network.sizes[layer], network.nodes(layer - 1)))
        for n in range(network.observations):
            jacobian = read(workbook, f"jac_dout_dnet_{layer}_n{n}")
            np.testing.assert_allclose(jacobian, _differences(network, layer, n), atol=1e-8)
            factors = (read(workbook, f"jac_{part}_{layer}_n{n}") for part in ("dnet_dW", "dout_dnet", "dE_dout"))
            by_weight, by_net, by_out = factors
            total += (by_weight @ by_net @ by_out).reshape(total.shape)
        total = total / divided_by(network) + decay_of(network, layer).T
        np.testing.assert_allclose(total, step[f"dC_dW_{layer}"].T, rtol=1e-9, atol=1e-12)


def test_the_lessons_numbers_stand_here() -> None:
    """D02 (b) prints net, out_H, net_O, out_O; ∂E/∂w of the first weight is Mazur's 0.082167041."""
    workbook = book(load_network("d02b"), VIEW)
    assert read(workbook, "jac_net_1_n0")[0, 0] == pytest.approx(0.3775, abs=1e-12)
    assert read(workbook, "jac_out_1_n0")[:, 0] == pytest.approx([0.593269992, 0.596884378, 1], abs=1e-9)
    assert read(workbook, "jac_net_2_n0")[0, 0] == pytest.approx(1.105905967, abs=1e-9)
    assert read(workbook, "jac_out_2_n0")[:, 0] == pytest.approx([0.75136507, 0.772928465], abs=1e-8)
    assert read(workbook, "jac_dE_dout_2_n0")[:, 0] == pytest.approx([0.74136507, -0.217071535], abs=1e-8)
    assert read(workbook, "jac_folded_2_n0")[0, 0] == pytest.approx(0.082167041, abs=1e-9)
    assert read(workbook, "jac_folded_1_n0")[0, 0] == pytest.approx(0.000438568, abs=1e-9)


def test_terms_have_a_single_number_and_sum_to_the_jacobian() -> None:
    """E_ii v e_iᵀ is v_i at (i, i) and 0 elsewhere."""
    workbook = book(load_network("d02b"), VIEW)
    v = read(workbook, "jac_v_2_n0")[:, 0]
    terms = [read(workbook, f"jac_term_2_{i}") for i in range(2)]
    np.testing.assert_array_equal(terms, [np.diag([v[0], 0]), np.diag([0, v[1]])])
    np.testing.assert_allclose(sum(terms), read(workbook, "jac_dout_dnet_2_n0"))


def test_too_many_observations_are_refused_with_their_number() -> None:
    """The sheet goes observation by observation; up to the limit no formula is too long for a cell."""
    with pytest.raises(
        FileError, match=f"{MOST_OBSERVATIONS + 1} observations: .* at most {MOST_OBSERVATIONS}: leave it out"
    ):
        book(make_network("identity", "half_sse", (1, 1), MOST_OBSERVATIONS + 1), VIEW)
    sheet = book(make_network("identity", "half_sse", (1, 1), MOST_OBSERVATIONS), VIEW).sheet(SHEET)
    assert sheet is not None
    assert max(len(cell.formula) for cell in sheet.cells.values() if cell.formula) < 8192


def test_dead_relu_units_turn_grey() -> None:
    """A rule on net and on out of each ReLU layer, and on nothing else."""
    for view in ("matrices", VIEW):
        sheet = book(load_network("relu-sigmoid-softmax"), view).sheet(SHEETS[view])
        assert sheet is not None
        dead = [rule for rule in sheet.view.rules if rule.role == "dead"]
        assert [rule.box[2] - rule.box[0] + rule.box[3] - rule.box[1] for rule in dead] == [2, 2]
        assert {rule.formula for rule in dead} == {f"{cell_name(*dead[0].box[:2])}<=0"}
