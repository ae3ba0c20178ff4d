"""What `identify` sets apart: cells that are no part of the training step, and neither right nor wrong."""

from __future__ import annotations

import pytest

from sheetnet.identification import identify_workbook
from sheetnet.syntax import cell_name
from sheetnet.workbook import Place, Workbook
from tools.layouts import Writer, damaged, small_network

DECISIONS = ("IF({a}>0.5,1,0)", "ROUND({a},0)", "SIGN({a}-0.5)", "IF({z}>0,1,0)", "MATCH(MAX({a}:{b}),{a}:{b},0)")


@pytest.mark.parametrize("formula", DECISIONS)
def test_the_class_of_an_output_is_set_apart(formula: str) -> None:
    """And whether it is right, and how many are: it is no mask."""
    network = small_network(3)
    writer = Writer(network)
    workbook, grids = writer.workbook(), writer.paper.grids
    for n in (1, 2, 3):
        (z, *_), (a, b), (t, *_) = ([cell_name(*at[1:]) for at in grids[name][n - 1]] for name in ("z2", "a2", "t"))
        workbook = damaged(workbook, ("My net", n, 60), formula.format(z=z, a=a, b=b))
        workbook = damaged(workbook, ("My net", n, 61), f"IF(BH{n}={t},1,0)")
    workbook = damaged(workbook, ("My net", 4, 61), "1-SUM(BI1:BI3)/COUNT(BI1:BI3)")
    found = identify_workbook(workbook, network)
    assert found.ok
    assert {cell.cell for cell in found.apart} == {"BH1", "BH2", "BH3", "BI1", "BI2", "BI3", "BI4"}
    assert {cell.cell for cell in found.apart if cell.why == "decision"} >= {"BH1", "BH2", "BH3"}


WRONG = [("d2", "IF({z}>0,0,1)", "({a}-{t})*BH1/3"), ("a2", "IF({z}>0,1,0)", "BH1")]


@pytest.mark.parametrize(("grid", "whole", "formula"), WRONG)
def test_what_leads_on_to_a_gradient_is_no_class(grid: str, whole: str, formula: str) -> None:
    """A mask that is turned round, and an output that is a mere 0 or 1, are wrong."""
    network = small_network(3, "relu")
    writer = Writer(network)
    workbook, grids = writer.workbook(), writer.paper.grids
    cells = {name[0]: cell_name(*grids[name][1][0][1:]) for name in ("z2", "a2", "t")}
    place = grids[grid][1][0]
    workbook = damaged(workbook, ("My net", 1, 60), whole.format(**cells))
    found = identify_workbook(damaged(workbook, place, formula.format(**cells)), network)
    assert {cell.cell for cell in found.unidentified if cell.verdict == "wrong"} & {"BH1", cell_name(*place[1:])}


def _update(writer: Writer, change: str) -> tuple[Workbook, Place]:
    """The workbook with another new weight w, from {w}, {gamma} and {slope}, and its place."""
    workbook, grids = writer.workbook(), writer.paper.grids
    place = grids["new1"][0][0]
    cells = {"w": grids["w1"][0][0], "gamma": grids["gamma"][0][0], "slope": grids["slope1"][0][0]}
    formula = change.format(**{name: cell_name(*at[1:]) for name, at in cells.items()})
    return damaged(workbook, place, formula), place


def test_what_trains_by_no_known_gradient_is_not_called_right() -> None:
    """Nobody knows what is meant by z a⁽¹⁾ a⁽²⁾, from which the weight takes its step all the same: look at it."""
    writer = Writer(small_network(1, sizes=(1, 1, 1)))
    workbook, new = _update(writer, "{w}-{gamma}*{slope}")
    z, a, out = (cell_name(*writer.paper.grids[name][0][0][1:]) for name in ("z1", "a1", "a2"))
    slope = writer.paper.grids["slope1"][0][0]
    found = identify_workbook(damaged(workbook, slope, f"{z}*{a}*{out}"), writer.network)
    assert not found.ok
    assert [cell.cell for cell in found.unidentified] == [cell_name(*place[1:]) for place in (slope, new)]


def test_another_optimiser_is_set_apart() -> None:
    """Its gradients stand on the sheet and are right."""
    writer = Writer(small_network(1, sizes=(1, 1, 1)))
    workbook, place = _update(writer, "{w}-{gamma}*0.1*{slope}/(SQRT(0.001*{slope}^2/0.001)+0.00000001)")
    found = identify_workbook(workbook, writer.network)
    assert (found.ok, [cell.cell for cell in found.apart]) == (True, [cell_name(*place[1:])])
