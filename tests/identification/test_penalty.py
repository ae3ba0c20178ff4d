"""A sheet of anybody's that penalises large weights: λ is found like γ, and what it enters is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sheetnet.errors import NetworkError
from sheetnet.generate import make_workbook
from sheetnet.identification import identify_workbook
from sheetnet.identification.input_map import parse_map
from sheetnet.network import Network
from sheetnet.syntax import cell_name
from sheetnet.workbook import Cell, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.sheets import place_of, with_cell, with_formula
from tools.small_networks import OVER_N, WITH_BIASES, make_network

NETWORKS = {
    "over N": make_network("sigmoid", "half_sse", (2, 3, 1), 3, l2=OVER_N),
    "with biases": make_network("tanh", "mse", (2, 2, 3), 1, l2=WITH_BIASES),
}
both = pytest.mark.parametrize("name", NETWORKS)


def anybodys(network: Network, column: bool = False) -> Workbook:
    """The step without any name or record."""
    workbook = make_workbook(network, WorkbookOptions(column=column))
    return Workbook(tuple(sheet for sheet in workbook.sheets if sheet.name == "Step"), ())


@both
@pytest.mark.parametrize("column", [False, True], ids=["rows", "columns"])
def test_every_formula_cell_is_identified(name: str, column: bool) -> None:
    """The penalty and what follows from it among them; λ stands where it is typed."""
    network = NETWORKS[name]
    workbook = anybodys(network, column)
    found = identify_workbook(workbook, network)
    assert found.ok
    assert {"penalty", "penalty_new", "cost", "dC_dW_1"} <= {cell.label.quantity for cell in found.identified}
    sheet, *at = place_of(make_workbook(network, WorkbookOptions(column=column)), network, "l2_factor")
    (place,) = (one.cells for one in found.inputs if one.quantity == "l2_factor")
    assert place == (f"{sheet}!{cell_name(*at)}",)


@both
def test_a_gradient_without_the_penalty_is_where_it_begins(name: str) -> None:
    """It is known for what it is, and the known mistake is named."""
    network = NETWORKS[name]
    place = place_of(make_workbook(network, WorkbookOptions()), network, "dC_dW_2", 1, 0)
    workbook = anybodys(network)
    formula = workbook.sheets[0].cells[place[1:]].formula or ""
    found = identify_workbook(with_formula(workbook, place, formula[: formula.rindex("+")]), network)
    (cell,) = [one for one in found.unidentified if one.verdict == "wrong"]
    assert (cell.cell, str(cell.expected)) == (cell_name(*place[1:]), "∂C/∂W⁽²⁾ row 1, column 0")
    assert "∂C/∂W⁽²⁾ − λ · W⁽²⁾ row 1, column 0" in (str(cell.computes), str(cell.message))
    assert cell.mistake == "SN103"


def test_parts_of_the_penalty_in_cells_of_their_own_are_known() -> None:
    """λ w, Σ w² of a layer, and the cost without R."""
    network = NETWORKS["over N"]
    whole, workbook = make_workbook(network, WorkbookOptions()), anybodys(network)
    factor, cost, penalty, w = (
        cell_name(*place_of(whole, network, name)[1:]) for name in ("l2_factor", "cost", "penalty", "W_1")
    )
    last = cell_name(*place_of(whole, network, "W_1", 1, 2)[1:])
    for row, text in ((90, f"{factor}*{w}"), (91, f"SUMSQ({w}:{last})"), (92, f"{cost}-{penalty}")):
        workbook = with_cell(workbook, ("Step", row, 3), Cell(None, text))
    found = identify_workbook(workbook, network)
    assert found.ok
    labels = {one.cell: str(one.label) for one in found.identified}
    assert [labels[f"C{row}"] for row in (90, 91, 92)] == ["λ · W⁽¹⁾ row 0, column 0", "sum of W⁽¹⁾²", "C − R"]


def test_a_map_may_say_where_λ_stands() -> None:
    """By the name that reports use; without a penalty there is no such input."""
    network = NETWORKS["over N"]
    workbook = anybodys(network)
    at = cell_name(*place_of(make_workbook(network, WorkbookOptions()), network, "l2_factor")[1:])
    text = f'[inputs]\nl2_factor = "Step!{at}"\n'
    assert parse_map(text, workbook, network, "map.toml").cells.keys() == {("l2_factor", 0, 0)}
    with pytest.raises(NetworkError, match=r"inputs\.l2_factor is not a field"):
        parse_map(text, workbook, replace(network, l2=None), "map.toml")
