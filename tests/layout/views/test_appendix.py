"""The sheet `Appendix`: its Jacobians are those of the lesson, and of central differences made here."""

from __future__ import annotations

import numpy as np
import pytest

from sheetnet import load_network
from sheetnet.syntax import cell_name
from sheetnet.workbook import Workbook
from sheetnet.workbook_options import SHEETS
from tests.support.view_cases import NETWORKS, OWN, block_numbers, book, judged_with, verdicts
from tools.small_networks import SMALL

VIEW = "appendix"
SHEET = SHEETS[VIEW]


def read(workbook: Workbook, block: str) -> np.ndarray:
    """The cached numbers of a block."""
    return block_numbers(workbook, SHEET, block)


def test_what_is_wrong_in_step_does_not_reach_it() -> None:
    """Only inputs of Step are used: a wrong z leaves every cell here correct."""
    network = load_network("d02b")
    place, report = judged_with(book(network, VIEW), network, "z_1", 0, 0)
    assert verdicts(report, "wrong") == {("Step", cell_name(*place[1:]))}
    assert {cell.verdict for cell in report.cells if cell.sheet == SHEET} == {"correct"}


def test_the_givens_are_the_first_inputs_and_the_corner_of_the_weights() -> None:
    """d02b: x = (1 + 0.05², 2 + 0.1²), A and b as the lesson prints W⁽¹⁾ and b⁽¹⁾."""
    workbook = book(load_network("d02b"), VIEW)
    np.testing.assert_allclose(read(workbook, "app_x")[:, 0], [1.0025, 2.01])
    np.testing.assert_array_equal(read(workbook, "app_A"), [[0.15, 0.2], [0.25, 0.3]])
    np.testing.assert_array_equal(read(workbook, "app_b")[:, 0], [0.35, 0.35])


@pytest.mark.parametrize("name", [*SMALL, *OWN[VIEW]])
def test_jacobians_are_those_the_lesson_prints(name: str) -> None:
    """diag(−1/x²), diag(−e^(−x)), A, and xᵀ in its place for each entry of A; differences are near them."""
    workbook = book((NETWORKS | OWN[VIEW])[name], VIEW)
    x, a = read(workbook, "app_x")[:, 0], read(workbook, "app_A")
    zero = np.zeros(2)
    wanted = {
        "app_inv": np.diag(-(x**-2.0)),
        "app_exp": np.diag(-np.exp(-x)),
        "app_affine_dx": a,
        "app_affine_dA": np.array([[*x, *zero], [*zero, *x]]),
    }
    for block, jacobian in wanted.items():
        for form in ("_sum", "_matrix") if block in ("app_inv", "app_exp") else ("",):
            np.testing.assert_allclose(read(workbook, block + form), jacobian, rtol=1e-12)
        np.testing.assert_allclose(read(workbook, f"{block}_central"), jacobian, atol=2e-6)
    np.testing.assert_array_equal(read(workbook, "app_affine_stack"), [x, zero, zero, x])


def test_central_differences_err_by_a_sixth_of_h_squared_times_the_third_derivative() -> None:
    """For 1/x that is −6/x⁴, for e^(−x) it is −e^(−x): what the sheet shows is a difference, not the formula again."""
    workbook = book(load_network("d02b"), VIEW)
    x = read(workbook, "app_x")[:, 0]
    for prefix, third in (("app_inv", -6 / x**4), ("app_exp", -np.exp(-x))):
        error = np.diag(read(workbook, f"{prefix}_central") - read(workbook, f"{prefix}_matrix"))
        np.testing.assert_allclose(error, 1e-6 / 6 * third, rtol=1e-3)
