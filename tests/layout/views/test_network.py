"""The sheet `Network`: its cells agree with NumPy and with the documents, are judged apart, and show what they should."""

from __future__ import annotations

import numpy as np
import pytest

from sheetnet import load_network, training_step
from sheetnet.network import Network
from sheetnet.syntax import cell_name, parse_area
from sheetnet.workbook import Workbook
from sheetnet.workbook_options import SHEETS
from tests.support.view_cases import NETWORKS, block_numbers, book, judged_with, verdicts
from tools.small_networks import SMALL, make_network

VIEW = "network"
SHEET = SHEETS[VIEW]


def numbers(workbook: Workbook, name: str) -> np.ndarray:
    """The cached numbers of a block of this sheet."""
    return block_numbers(workbook, SHEET, name)


def test_a_damaged_node_is_blamed_alone_and_carried_to_the_right() -> None:
    """z of a hidden node, damaged: it alone is wrong, what it flows into is carried, Step is not touched."""
    network = load_network("d02b")
    place, report = judged_with(book(network, VIEW), network, "net_a_1_1", 0, 0)
    assert verdicts(report, "wrong") == {(SHEET, cell_name(*place[1:]))}
    assert {sheet for sheet, _ in verdicts(report, "carried")} == {SHEET}


def test_an_error_in_step_is_blamed_there_and_carried_to_the_cost_after_the_step() -> None:
    """The drawing has a forward pass of its own: of a wrong gradient it shows C′ alone."""
    network = load_network("d02b")
    workbook = book(network, VIEW)
    place, report = judged_with(workbook, network, "delta_2", 0, 0)
    assert verdicts(report, "wrong") == {("Step", cell_name(*place[1:]))}
    here = {cell.quantity for cell in report.cells if cell.sheet == SHEET and cell.verdict == "carried"}
    assert here == {"net_cost_new"}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_nodes_show_the_first_observation_of_step(name: str) -> None:
    """Each neuron's z and a, each weight, target and cost are Step's; what flows into a neuron adds up to its z."""
    network = NETWORKS[name]
    workbook, step = book(network, VIEW), training_step(network)
    for layer in range(1, network.depth + 1):
        for j in range(network.sizes[layer]):
            z, *_, a = numbers(workbook, f"net_a_{layer}_{j}")[0]
            assert (z, a) == (step[f"z_{layer}"][0, j], step[f"a_{layer}"][0, j])
            lines = numbers(workbook, f"net_w_{layer}_{j}")
            assert lines[:, 0].tolist() == step[f"W_{layer}"][:, j].tolist()
            assert lines[:, 1].sum() == pytest.approx(z, rel=1e-12, abs=1e-14)
    assert numbers(workbook, "net_cost_n")[0, 0] == step["cost_n"][0, 0]


def test_the_numbers_of_the_document_stand_at_its_nodes() -> None:
    """002 prints 1.35, 1.27 and 1.8 for the first layer's outputs, before and after relu."""
    workbook = book(load_network("relu-sigmoid-softmax"), VIEW)
    for j, printed in enumerate((1.35, 1.27, 1.8)):
        assert numbers(workbook, f"net_a_1_{j}")[0] == pytest.approx([printed, printed], rel=1e-12)


@pytest.mark.parametrize(
    "network",
    [*map(load_network, SMALL), make_network("sigmoid", "half_sse", (1, 1), 3), make_network("tanh", "mse", (5, 1, 4))],
    ids=[*SMALL, "1-1", "5-1-4"],
)
def test_nothing_is_drawn_over_something_else(network: Network) -> None:
    """Nodes of a layer never touch: above each number stands its symbol, above that nothing or the head of the column."""
    workbook = book(network, VIEW)
    sheet = workbook.sheet(SHEET)
    assert sheet is not None
    names = [name for name in workbook.names if name.name.startswith(("net_a_", "net_x_", "net_bias_", "net_cost"))]
    for name in names:
        area = parse_area(name.refers_to)
        assert area is not None
        symbol = sheet.cells[area.top - 1, area.right]
        assert isinstance(symbol.value, str), name
        assert symbol.formula is None
        assert (area.top - 2, area.right) not in sheet.cells, name
