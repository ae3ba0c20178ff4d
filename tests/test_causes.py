"""Explanations have evidence: they name cells to which the formula refers, the likeliest comes first, and all are kept."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sheetnet.check import CellVerdict, judge
from sheetnet.network_file import load_network
from sheetnet.syntax import cell_name
from sheetnet.workbook import Workbook
from tests.masks import masks, not_referred_to
from tests.quantities import edited
from tests.sheets import place_of, step_book

EVERY = 40  # so many wrong masks apart are tried here; `make masks` tries all


def judged(template: str, edits: Mapping[str, str | float], block: str, row: int = 0, column: int = 0) -> CellVerdict:
    """The verdict of one cell after edits of a generated workbook."""
    network = load_network(template)
    return verdict_of(edited(step_book(network), network, edits), template, block, row, column)


def verdict_of(workbook: Workbook, template: str, block: str, row: int = 0, column: int = 0) -> CellVerdict:
    network = load_network(template)
    place = place_of(workbook, network, block, row, column)
    cells = judge(workbook, network).cells
    return next(cell for cell in cells if (cell.sheet, cell.cell) == (place[0], cell_name(*place[1:])))


def test_a_mask_is_never_explained_by_a_cell_that_its_formula_does_not_refer_to() -> None:
    """Masks have two values, so that many cells fit by chance."""
    network = load_network("relu-sigmoid-softmax")
    unfounded, tried = {}, 0
    for place, _, workbook in list(masks(step_book(network), network, 1))[::EVERY]:
        cells = judge(workbook, network).cells
        cell = next(cell for cell in cells if (cell.sheet, cell.cell) == (place[0], cell_name(*place[1:])))
        tried += "wrong" in cell.verdict
        if found := not_referred_to(cell, workbook, network):
            unfounded[cell.formula] = found
    assert unfounded == {}
    assert tried >= 5


@pytest.mark.parametrize(
    ("block", "at", "formula", "first"),
    [
        ("z_1", (0, 0), "={A_0[0,0]}*{W_1[0,0]}+{A_0[0,1]}*{W_1[1,0]}+1", "SN001"),
        ("da_dz_1", (0, 1), "={A_1[0,1]}*(1-{A_1[0,0]})", "SN110"),
        ("cost_new", (0, 0), "={cost[0,0]}", "SN009"),
        ("z_2", (0, 0), "=SUMPRODUCT({A_0_T},{W_2[:,0]})", "SN008"),
    ],
)
def test_what_the_formula_refers_to_decides_between_explanations(
    block: str, at: tuple[int, int], formula: str, first: str
) -> None:
    """Without the references another explanation of the same number would do."""
    cell = judged("d02b", {f"{{{block}[{at[0]},{at[1]}]}}": formula}, block, *at)
    assert (cell.verdict, cell.mistake) == ("wrong", first)


def test_references_count_through_helper_cells_and_names() -> None:
    """A helper of the student's own, or a name, refers to what it stands for."""
    helper = {"{beside[0,0]}": "={z_1[0,1]}", "{A_1[0,0]}": "=1/(1+EXP(-{beside[0,0]}))"}
    name = {"@other": "{!z_1[$0,$1]}", "{A_1[0,0]}": "=1/(1+EXP(-other))"}
    for edits in (helper, name):
        assert judged("d02b", edits, "A_1").mistake == "SN110"


def test_the_first_explanation_is_told_in_words_and_the_others_by_their_codes() -> None:
    """The code comes after the words; `mistakes` has them all."""
    cell = judged("d02b", {"{delta_2[0,0]}": "={a_2[0,0]}-{target[0,0]}"}, "delta_2")
    assert cell.message.startswith(
        "the formula computes something else: derivative factor missing in the output δ (SN056). The error reaches z"
    )
    assert cell.message.endswith("(or: SN067)")
    assert cell.mistakes == ("SN056", "SN067")


def test_a_constant_formula_gets_the_name_of_its_mistake() -> None:
    """No input moves it, and what it leaves out can be told all the same."""
    cell = judged("relu-sigmoid-softmax", {"{da_dz_1[0,1]}": "=1"}, "da_dz_1", 0, 1)
    assert (cell.verdict, cell.mistake) == ("hardcoded", "SN058")
    assert cell.message.startswith("no input moves this formula")
