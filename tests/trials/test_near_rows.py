"""Trials that tell rows apart which are nearly alike: they are added where needed, and show what the usual ones do not."""

from __future__ import annotations

import numpy as np
import pytest

from sheetnet import load_network
from sheetnet.judge import judge
from sheetnet.reference import evaluate_step, inputs_of
from sheetnet.reference.views import view_values
from sheetnet.syntax import cell_name
from sheetnet.trials import TRIALS, for_workbook
from sheetnet.trials.draw import draw_trials
from sheetnet.trials.for_workbook import draw_for
from sheetnet.workbook import Cell
from sheetnet.workbook_options import WorkbookOptions
from tests.support.sheets import place_of, with_cell
from tests.support.view_cases import book, verdicts

CHECKED = WorkbookOptions(("step", "gradient_check"))


@pytest.mark.parametrize(("name", "views"), [("d02b", ("step", "gradient_check")), ("relu-sigmoid-softmax", ("step",))])
def test_without_bends_or_such_views_the_usual_trials_are_all(name: str, views: tuple[str, ...]) -> None:
    """Nothing that could be mistaken for another row's needs more trials."""
    network = load_network(name)
    assert draw_for(network, WorkbookOptions(views)) is draw_trials(network)


def test_of_what_is_too_large_to_choose_from_the_usual_trials_are_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidates are bounded in memory."""
    network = load_network("relu-sigmoid-softmax")
    monkeypatch.setattr(for_workbook, "MOST_CANDIDATE_NUMBERS", 1_000)
    assert draw_for(network, CHECKED) is draw_trials(network)


@pytest.mark.parametrize("seed", [0, 1, 7])
@pytest.mark.parametrize("one_hot", [False, True])
def test_every_weight_of_the_first_layer_takes_its_unit_over_the_bend_once(seed: int, one_hot: bool) -> None:
    """In the usual trials most counts of switches are 0; those come first all the same."""
    network = load_network("relu-sigmoid-softmax")
    usual, trials = (
        draw_trials(network, seed=seed, one_hot=one_hot),
        draw_for(network, CHECKED, TRIALS, seed, None, one_hot),
    )
    assert usual.count < trials.count <= usual.count + TRIALS
    np.testing.assert_array_equal(trials.values["W_1"][: usual.count], usual.values["W_1"])
    step = evaluate_step(network, {name: trials.values[name] for name in inputs_of(network)})
    found = view_values(network, step, CHECKED)
    for side in ("plus", "minus"):
        counts = found[f"grad_{side}_switch_n0"][:, :12, 0]
        assert not counts[: usual.count].any(axis=0).all()
        assert counts.any(axis=0).all()


@pytest.mark.parametrize("side", ["plus", "minus"])
def test_a_count_of_switches_that_is_always_0_is_seen(side: str) -> None:
    """It was called right, for in all trials the count was 0."""
    network = load_network("relu-sigmoid-softmax")
    workbook = book(network, "gradient_check")
    place = place_of(workbook, network, f"grad_{side}_switch_n0", 3)
    report = judge(with_cell(workbook, place, Cell(0.0)), network)
    assert verdicts(report, "hardcoded") == {(place[0], cell_name(*place[1:]))}


@pytest.mark.parametrize("h", [1e-9, 1e-5, 0.5])
def test_whatever_h_is_on_the_sheet_right_formulas_are_right(h: float) -> None:
    """So near to a bend that rounding decided, NumPy and the sheet would differ in which side a unit is on."""
    network = load_network("relu-sigmoid-softmax")
    workbook = book(network, "gradient_check")
    report = judge(with_cell(workbook, place_of(workbook, network, "grad_h"), Cell(h)), network)
    assert set(report.counts) <= {"correct", "undetermined"}
    assert {cell.verdict for cell in report.cells if cell.sheet == "Step"} == {"correct"}


def test_an_h_that_leaves_slopes_no_digits_is_refused() -> None:
    """With 1e-300 any slope was within the rounding."""
    network = load_network("relu-sigmoid-softmax")
    workbook = book(network, "gradient_check")
    place = place_of(workbook, network, "grad_h")
    report = judge(with_cell(workbook, place, Cell(1e-300)), network)
    assert (place[0], cell_name(*place[1:])) in verdicts(report, "wrong")
