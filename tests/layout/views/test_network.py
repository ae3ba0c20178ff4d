"""The sheet `Network`: its cells agree with NumPy and with the documents, are judged apart, and show what they should."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sheetnet import load_network, training_step
from sheetnet.generate import make_workbook
from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.syntax import cell_name, parse_area
from sheetnet.validation.locate import locate
from sheetnet.workbook import Cell, Workbook
from sheetnet.workbook_options import SHEETS, WorkbookOptions
from tests.support.sheets import with_cell, with_formula
from tests.support.view_cases import NETWORKS, block_numbers, book, decay_of, judged_with, verdicts
from tools.small_networks import SMALL, make_network

VIEW = "network"
SHEET = SHEETS[VIEW]


def numbers(workbook: Workbook, name: str) -> np.ndarray:
    """The cached numbers of a block of this sheet."""
    return block_numbers(workbook, SHEET, name)


def test_a_damaged_node_is_blamed_alone_and_carried_to_the_right() -> None:
    """z of a hidden node, damaged: it alone is wrong, what it flows into is carried, Step is not touched."""
    network = load_network("d02b")
    place, report = judged_with(book(network, VIEW), network, "net_node_1_1", 0, 0)
    assert verdicts(report, "wrong") == {(SHEET, cell_name(*place[1:]))}
    assert {sheet for sheet, _ in verdicts(report, "carried")} == {SHEET}


def test_an_error_in_step_is_blamed_there_and_carried_to_what_comes_back() -> None:
    """The drawing has a forward pass of its own: of a wrong δ it shows δ, ∂C/∂w and C′."""
    network = load_network("d02b")
    workbook = book(network, VIEW)
    place, report = judged_with(workbook, network, "delta_2", 0, 0)
    assert verdicts(report, "wrong") == {("Step", cell_name(*place[1:]))}
    here = {cell.quantity for cell in report.cells if cell.sheet == SHEET and cell.verdict == "carried"}
    assert {"net_cost_new", "net_node_2_0", "net_edge_2_0"} <= here
    assert not {quantity for quantity in here if quantity.startswith(("net_x", "net_out", "net_node_2_1"))}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_nodes_show_the_first_observation_of_step(name: str) -> None:
    """Each neuron's z and a, each weight, target and cost are Step's; what flows into a neuron adds up to its z."""
    network = NETWORKS[name]
    workbook, step = book(network, VIEW), training_step(network)
    for layer in range(1, network.depth + 1):
        for j in range(network.sizes[layer]):
            z, *_, a, delta = numbers(workbook, f"net_node_{layer}_{j}")[0]
            assert (z, a, delta) == tuple(step[f"{kind}_{layer}"][0, j] for kind in ("z", "a", "delta"))
            edges = numbers(workbook, f"net_edge_{layer}_{j}")[:, 0]
            assert edges[::2].tolist() == step[f"W_{layer}"][:, j].tolist()
            assert (edges[::2] * step[f"A_{layer - 1}"][0]).sum() == pytest.approx(z, rel=1e-12, abs=1e-14)
            if network.observations == 1:
                own = step[f"dC_dW_{layer}"] - decay_of(network, layer)
                gradient = network.divisor * own[:, j]  # of the sum over the outputs
                assert edges[1::2] == pytest.approx(gradient, rel=1e-12, abs=1e-300)
    assert numbers(workbook, "net_cost_n")[0, 0] == step["cost_n"][0, 0]


def test_the_numbers_of_the_document_stand_at_its_nodes() -> None:
    """002 prints 1.35, 1.27 and 1.8 for the first layer's outputs, before and after relu."""
    workbook = book(load_network("relu-sigmoid-softmax"), VIEW)
    for j, printed in enumerate((1.35, 1.27, 1.8)):
        assert numbers(workbook, f"net_node_1_{j}")[0, :2] == pytest.approx([printed, printed], rel=1e-12)


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
    names = [name for name in workbook.names if name.name.startswith(("net_node_", "net_x_", "net_bias_", "net_cost"))]
    for name in names:
        area = parse_area(name.refers_to)
        assert area is not None
        symbol = sheet.cells[area.top - 1, area.right]
        assert isinstance(symbol.value, str), name
        assert symbol.formula is None
        assert (area.top - 2, area.right) not in sheet.cells, name


@pytest.mark.parametrize(
    "network", [load_network("xor-batch"), make_network("tanh", "mse", (5, 1, 4))], ids=["xor", "5-1-4"]
)
def test_lines_lead_from_rim_to_rim_and_cover_no_number(network: Network) -> None:
    """One from each node to each weight that it feeds, one from there to the neuron, and those behind the outputs."""
    sheet = book(network, VIEW).sheet(SHEET)
    assert sheet is not None
    sizes = network.sizes
    weights = sum((below + 1) * size for below, size in itertools.pairwise(sizes))
    assert len(sheet.view.lines) == 2 * weights + 2 * sizes[-1]
    for line in sheet.view.lines:
        rows = range(*sorted((line.begin[0] - 1, line.end[0] + 1)))
        crossed = {(row, column) for row in rows for column in range(line.begin[1], line.end[1])}
        assert not crossed & set(sheet.cells), line
        for row, column in ((line.begin[0], line.begin[1] - 1), line.end):  # the number below the corner, at either rim
            assert isinstance(sheet.cells[row, column].value, float), line


def test_another_observation_is_shown_by_one_cell_and_every_one_is_judged() -> None:
    """A node that always shows the first observation is wrong, though it agrees as long as that one is shown."""
    network = load_network("xor-batch")
    workbook = book(network, VIEW)
    sheet = workbook.sheet(SHEET)
    assert sheet is not None
    [entry] = sheet.view.entries
    assert entry.whole == (0, 3)
    chosen = with_cell(workbook, (SHEET, *entry.box[:2]), Cell(2.0))
    report = judge(chosen, network)
    assert (report.ok, report.edited_inputs) == (True, ())
    place = locate(workbook, network).place("net_x_1", 0, 0)
    wired = with_formula(workbook, place, "Step!" + cell_name(*locate(workbook, network).place("A_0", 0, 1)[1:]))
    assert verdicts(judge(wired, network), "wrong") == {(SHEET, cell_name(*place[1:]))}


def test_wide_layers_are_left_out_with_the_reason() -> None:
    """Beyond eight nodes nobody could follow the lines: Read me says so, and eight are drawn."""
    wide = make_workbook(make_network("tanh", "half_sse", (9, 2)), WorkbookOptions(("step", VIEW)))
    assert wide.sheet(SHEET) is None
    readme = wide.sheet("Read me")
    assert readme is not None
    assert [cell for cell in readme.cells.values() if str(cell.value).startswith("left out: it draws up to 8 nodes")]
    assert make_workbook(make_network("tanh", "half_sse", (8, 2)), WorkbookOptions(("step", VIEW))).sheet(SHEET)
