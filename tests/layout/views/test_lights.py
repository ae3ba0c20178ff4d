"""The lights of Matrices, Jacobians and Appendix: green as written, red where one of the two compared is damaged."""

from __future__ import annotations

import pytest

from sheetnet import load_network
from sheetnet.engine import ironcalc
from sheetnet.validation.locate import locate
from sheetnet.workbook import Place, Value, Workbook
from sheetnet.workbook_options import SHEETS
from tests.support.sheets import with_formula
from tests.support.view_cases import book
from tools.small_networks import SMALL

VIEWS = ("matrices", "jacobians", "appendix")
GREEN = {"agrees"}


def lights(workbook: Workbook, view: str) -> dict[Place, Value]:
    """What every light of a view says, recalculated."""
    sheet = workbook.sheet(SHEETS[view])
    assert sheet is not None
    places = [(sheet.name, *at) for at, cell in sheet.cells.items() if cell.formula and isinstance(cell.value, str)]
    return dict(zip(places, next(ironcalc.evaluate(workbook, [], [None], places)), strict=True))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("template", SMALL)
def test_all_lights_are_green(template: str, view: str) -> None:
    """As written; each view has several, and each has a rule for green and one for red."""
    workbook = book(load_network(template), view)
    found = lights(workbook, view)
    assert len(found) > 1
    assert set(found.values()) <= GREEN
    sheet = workbook.sheet(SHEETS[view])
    assert sheet is not None
    coloured = {(rule.box[:2], rule.role) for rule in sheet.view.rules}
    assert {(place[1:], role) for place in found for role in ("pass", "fail")} <= coloured


@pytest.mark.parametrize(
    ("view", "block", "says"),
    [
        ("matrices", "mat_hadamard_2", "differs"),
        ("matrices", "mat_delta_1", "differs"),
        ("matrices", "dC_dW_1", "differs"),
        ("jacobians", "jac_dE_dW_2_n0", "differs"),
        ("jacobians", "dC_dW_1", "differs"),
        ("appendix", "app_inv_matrix", "differs"),
        ("appendix", "app_exp_central", "differs"),
        ("appendix", "app_affine_dA_central", "differs"),
    ],
)
def test_a_damaged_formula_turns_a_light(view: str, block: str, says: str) -> None:
    """One of the compared blocks, on the sheet or on Step, off by a thousandth and a bit."""
    network = load_network("d02b")
    workbook = book(network, view)
    place = locate(workbook, network).place(block, 0, 0)
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    damaged = with_formula(workbook, place, f"({sheet.cells[place[1:]].formula})*1.001+0.0001")
    assert says in lights(damaged, view).values()
    assert set(lights(damaged, view).values()) - {says} <= GREEN
