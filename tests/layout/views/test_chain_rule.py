"""The sheet `Chain rule`: its cells agree with NumPy, with Step and with the documents, and are judged apart."""

from __future__ import annotations

import numpy as np
import pytest

from sheetnet import load_network, training_step
from sheetnet.syntax import cell_name
from sheetnet.workbook import Workbook
from sheetnet.workbook_options import SHEETS
from tests.support.view_cases import NETWORKS, block_numbers, book, decay_of, divided_by, judged_with, verdicts

VIEW = "chain_rule"
SHEET = SHEETS[VIEW]


def numbers(workbook: Workbook, name: str) -> np.ndarray:
    """The cached numbers of a block of this sheet."""
    return block_numbers(workbook, SHEET, name)


def test_a_damaged_factor_is_blamed_alone_and_carried_to_its_products() -> None:
    """The first factor of the last layer, damaged in one row: it alone is wrong, and Step is not touched."""
    network = load_network("d02b")
    place, report = judged_with(book(network, VIEW), network, "chain_2", 0, 1)
    assert verdicts(report, "wrong") == {(SHEET, cell_name(*place[1:]))}
    assert {sheet for sheet, _ in verdicts(report, "carried")} == {SHEET}


def test_an_error_in_step_is_blamed_there_and_carried_here() -> None:
    """A wrong activation of Step: nothing on this sheet is blamed for it."""
    network = load_network("relu-sigmoid-softmax")
    place, report = judged_with(book(network, VIEW), network, "A_2", 0, 1)
    assert verdicts(report, "wrong") == {("Step", cell_name(*place[1:]))}
    assert SHEET in {sheet for sheet, _ in verdicts(report, "carried")}


def test_the_backward_pass_is_the_sheets_own() -> None:
    """A wrong δ or ∂C/∂a of Step leaves every cell here correct."""
    network = load_network("relu-sigmoid-softmax")
    for block in ("delta_2", "dC_da_2", "dC_dW_1", "W_3_new"):
        _, report = judged_with(book(network, VIEW), network, block, 0, 0)
        assert SHEET not in {sheet for sheet, _ in verdicts(report, "carried") | verdicts(report, "wrong")}, block


@pytest.mark.parametrize("name", NETWORKS)
def test_products_are_the_gradient_and_new_weights_those_of_step(name: str) -> None:
    """The last columns, averaged by hand, are ∂C/∂W turned by 90°, and w′ is W′."""
    network = NETWORKS[name]
    workbook, step = book(network, VIEW), training_step(network)
    for layer in range(1, network.depth + 1):
        products = numbers(workbook, f"chain_{layer}")[:, -1].reshape(-1, network.observations)
        total = products.sum(axis=1) / divided_by(network) + decay_of(network, layer).T.ravel()
        np.testing.assert_allclose(total, step[f"dC_dW_{layer}"].T.ravel(), rtol=1e-9, atol=1e-12)
        new = numbers(workbook, f"chain_{layer}_step")[:, -1]
        np.testing.assert_allclose(new, step[f"W_{layer}_new"].T.ravel(), rtol=1e-12)


def test_factors_are_those_of_the_companion_sheet() -> None:
    """bias-node, w⁽²⁾₀₀: (a₀ − T₀) · a₀(1 − a₀) · a⁽¹⁾₀, written out from its numbers by hand."""
    a1 = 1 / (1 + np.exp(-(0.5 * 0.1 - 0.2 * 0.9 + 0.3)))
    b1 = 1 / (1 + np.exp(-(0.2 * 0.1 - 0.6 * 0.9 + 0.6)))
    a2 = 1 / (1 + np.exp(-(0.1 * a1 + 0.5 * b1 - 0.3)))
    row = numbers(book(load_network("bias-node"), VIEW), "chain_2")[0]
    np.testing.assert_allclose(row, [a2 - 0.3, a2 * (1 - a2), a1, (a2 - 0.3) * a2 * (1 - a2) * a1], rtol=1e-12)


def test_the_diagonal_alone_is_what_the_document_multiplies() -> None:
    """relu-sigmoid-softmax, first weight: ∂E/∂O₁ · 0.1591 · 0.938, which differs from the gradient (002 prints 0.1591)."""
    workbook = book(load_network("relu-sigmoid-softmax"), VIEW)
    first, alone = numbers(workbook, "chain_3")[0], numbers(workbook, "chain_3_diagonal")[0, 0]
    assert round(first[1], 4) == 0.1591
    assert alone == pytest.approx(first[0] * first[1] * first[-2], rel=1e-12)
    assert abs(alone - first[-1]) > 0.2
