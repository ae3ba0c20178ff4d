"""`infer` on other people's layouts: sure where it is right, and never sure and wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace

import pytest

from sheetnet.identification import infer_workbook
from sheetnet.workbook import Cell
from tools.foreign import ForeignSheet, faulty_sheets, right_sheets, sample
from tools.foreign_cases import LAYOUTS, OLDER
from tools.foreign_inferred import in_forward_pass, same_training, tallied_inferences
from tools.foreign_plan import Written


def older(sheets: Iterable[ForeignSheet]) -> list[ForeignSheet]:
    """Those of the layouts that `infer` was written for; what it says of the newer ones is not asserted yet."""
    return [sheet for sheet in sheets if sheet.layout in OLDER]


def test_right_layouts_are_read_off_and_nothing_is_open() -> None:
    """Each of them: rows, staircases, matrices, tables, two sheets, online training, with and without biases."""
    tally = tallied_inferences(older(right_sheets())[::3])
    assert (tally.sure, tally.shape, tally.sure_and_wrong) == (tally.sheets, tally.sheets, 0)


@pytest.mark.parametrize("layout", ["mini-batches in rows", "mini-batches in blocks", "online, inputs by reference"])
def test_the_observations_of_later_steps_are_read_with_their_targets(layout: str) -> None:
    """Also where each step takes several, or refers to inputs that are typed further up."""
    plan = LAYOUTS[layout]()
    found = infer_workbook(Written(plan).workbook())
    assert (found.sure, same_training(found.network, plan.network)) == (True, True)


def test_a_cell_built_otherwise_than_those_below_it_does_not_hide_the_network() -> None:
    """A product of the first step's first neuron is missing: it is read as the others are, and asked about."""
    plan = LAYOUTS["row per step"]()
    workbook = Written(plan).workbook()
    (sheet,), at = workbook.sheets, plan.places["z1[0,0]", 1][1:]
    formula = (sheet.cells[at].formula or "").partition("+")[2]
    found = infer_workbook(replace(workbook, sheets=(replace(sheet, cells={**sheet.cells, at: Cell(0.0, formula)}),)))
    assert (found.network.sizes, found.sure) == (plan.network.sizes, False)
    assert any("built otherwise than the cells beside" in one.words for one in found.questions)


@pytest.mark.slow
def test_a_share_of_all_layouts_and_faults(capsys: pytest.CaptureFixture[str]) -> None:
    """Faults behind the outputs leave the network as it is; those of the forward pass make another one, or none."""
    faulty = sample(older(faulty_sheets()), 0.25)
    right = tallied_inferences(older(right_sheets()))
    behind = tallied_inferences(sheet for sheet in faulty if not in_forward_pass(sheet))
    before = tallied_inferences(sheet for sheet in faulty if in_forward_pass(sheet))
    with capsys.disabled():
        for title, tally in (("right", right), ("faulty behind the outputs", behind), ("faulty forward pass", before)):
            sys.stdout.write(f"\n{title:28} {tally}")
    assert behind.sheets > 100
    assert (right.sure, right.shape) == (right.sheets, right.sheets)
    assert behind.shape >= 0.95 * behind.sheets
    assert behind.sure >= 0.75 * behind.sheets
    assert right.sure_and_wrong == behind.sure_and_wrong == before.sure_and_wrong == 0
