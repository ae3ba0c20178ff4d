"""The sheet `Matrices`: its cells agree with NumPy, with Step and with the note, and are judged apart."""

from __future__ import annotations

import numpy as np
import pytest

from sheetnet import load_network, training_step
from sheetnet.syntax import cell_name
from sheetnet.workbook_options import SHEETS
from tests.support.view_cases import NETWORKS, block_numbers, book, decay_of, divided_by, judged_with, verdicts

VIEW = "matrices"
SHEET = SHEETS[VIEW]


@pytest.mark.parametrize("block", ["z_1", "A_1", "delta_2", "dC_da_1", "W_2_new"])
def test_the_whole_step_is_the_sheets_own(block: str) -> None:
    """A mistake in Step is blamed there; here it reaches at most the copies of ∂C/∂W, which stand for comparison."""
    network = load_network("xor-batch")
    place, report = judged_with(book(network, VIEW), network, block, 0, 0)
    assert verdicts(report, "wrong") == {("Step", cell_name(*place[1:]))}
    carried = {cell.quantity for cell in report.cells if cell.verdict == "carried" and cell.sheet == SHEET}
    assert carried <= {"mat_step_1", "mat_step_2"}


def test_a_wrong_gradient_in_step_is_carried_to_its_copy_and_turns_the_light() -> None:
    """The comparison with Step sees what is wrong there."""
    network = load_network("d02b")
    place, report = judged_with(book(network, VIEW), network, "dC_dW_2", 0, 0)
    assert verdicts(report, "wrong") == {("Step", cell_name(*place[1:]))}
    carried = [cell.quantity for cell in report.cells if cell.verdict == "carried" and cell.sheet == SHEET]
    assert carried == ["mat_step_2"]


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_numbers_are_those_of_the_notes_equations(name: str, column: bool) -> None:
    """From the sheet's own x, W, T and γ: δ and the new weights by the note's products, written out here."""
    network = NETWORKS[name]
    workbook, step = book(network, VIEW, column), training_step(network)

    def read(block: str) -> np.ndarray:
        return block_numbers(workbook, SHEET, block)

    for layer in range(network.depth, 0, -1):
        n = network.sizes[layer]
        blocks = read(f"mat_D_{layer}").reshape(network.observations, n, n)
        if layer < network.depth:
            pull = read(f"mat_w_only_{layer + 1}").T @ read(f"mat_delta_{layer + 1}")
            np.testing.assert_allclose(read(f"mat_c_{layer}"), pull, rtol=1e-9, atol=1e-12)
        columns = [d @ c for d, c in zip(blocks, read(f"mat_c_{layer}").T, strict=True)]
        np.testing.assert_allclose(read(f"mat_delta_{layer}"), np.array(columns).T, rtol=1e-9, atol=1e-12)
        nodes = read(f"mat_A_{layer - 1}")
        change = read(f"mat_delta_{layer}") @ (nodes.T if column else nodes)
        change = change / divided_by(network) + decay_of(network, layer).T
        np.testing.assert_allclose(read(f"mat_dC_dW_{layer}"), change, rtol=1e-9, atol=1e-12)
        new = read(f"mat_W_{layer}_new")
        np.testing.assert_allclose(new.T if column else new, step[f"W_{layer}_new"], rtol=1e-12)


def test_the_companion_sheets_numbers_stand_here() -> None:
    """bias-node: D⁽²⁾ and c written out by hand from the note's inputs and the companion sheet's weights."""
    workbook = book(load_network("bias-node"), VIEW)
    hidden = [1 / (1 + np.exp(-z)) for z in (0.5 * 0.1 - 0.2 * 0.9 + 0.3, 0.2 * 0.1 - 0.6 * 0.9 + 0.6)]
    first = 1 / (1 + np.exp(-(0.1 * hidden[0] + 0.5 * hidden[1] - 0.3)))
    second = 1 / (1 + np.exp(-(0.2 * hidden[0] + 0.3 * hidden[1] + 0.5)))
    wanted = np.diag([first * (1 - first), second * (1 - second)])
    np.testing.assert_allclose(block_numbers(workbook, SHEET, "mat_D_2"), wanted, rtol=1e-12)
    np.testing.assert_allclose(block_numbers(workbook, SHEET, "mat_c_2")[:, 0], [first - 0.3, second - 0.4], rtol=1e-12)


def test_softmax_has_its_whole_jacobian() -> None:
    """Where neurons mix, J stands in the place of D: off its diagonal nothing is 0, and each row sums to 0."""
    jacobian = block_numbers(book(load_network("relu-sigmoid-softmax"), VIEW), SHEET, "mat_D_3")
    assert (np.abs(jacobian) > 0.01).all()
    np.testing.assert_allclose(jacobian.sum(axis=1), 0, atol=1e-12)
