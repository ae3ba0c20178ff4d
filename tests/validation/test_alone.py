"""What is known of formulas without trying them alone is what trying each of them alone gives."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest

from sheetnet.engine import engine_named, ironcalc
from sheetnet.engine.prepare import Isolated
from sheetnet.network_file import load_network
from sheetnet.trials.tolerance import Truth, agreement, as_numbers, scales
from sheetnet.validation import alone
from sheetnet.validation.case import Case
from sheetnet.validation.state import Runner, Runs
from sheetnet.workbook import Cell, CellError, Sheet, Workbook
from tests.support.quantities import edited
from tests.support.sheets import step_book

WRONG = [
    {"{z_1[0,0]}": "=1+{z_1[0,1]}"},
    {"{z_1[0,0]}": "=SUM({A_0[0,0]:[0,1]})", "{delta_2[0,0]}": "=-{a_2[0,0]}", "{W_1_new[0,0]}": "=2*{W_1[0,0]}"},
    {"{z_1[0,0]}": "=AA1", "Step!AA1": "=2*{z_1[0,1]}", "{A_1[0,0]}": "=1/(1+EXP(-AA1))"},
    {"{z_1[0,0]}": "={z_2[0,0]}", "{delta_1[0,1]}": 0.25},
    {"{z_1[0,0]}": "=1/0", "{z_2[0,1]}": "=OFFSET({z_2[0,0]},0,0)", "{delta_2[0,1]}": "a remark"},
    {"{z_1[0,0]}": "=2*{z_1[0,1]}", "{A_1[0,0]}": "=1/(1+EXP(-{z_1[0,0]}/2))", "{A_1[0,1]}": "=SUBTOTAL(9,{A_1[0,0]})"},
]


def runner_of(edits: dict[str, str | float]) -> Runner:
    """A generated sheet with these cells changed, and the judge's trials."""
    network = load_network("d02b")
    return Runner(Case.of(edited(step_book(network), network, edits), network, 8, 0), engine_named("ironcalc"))


def all_tried(runner: Runner, runs: Runs) -> Truth:
    """Where formulas agree when each stands on a shadow sheet, with right numbers in all answers."""
    case, expected = runner.case, runs.evidence.expected
    numbers = np.concatenate([runner.numbers(runs.drawn), np.where(np.isfinite(expected), expected, 0.0)], axis=1)
    isolated = Isolated.of(case.workbook, case.places)
    found = isolated.alone(runner.engine, [*case.drivers, *case.places], list(numbers), case.places)
    return agreement(as_numbers(found), expected, scales(expected) * runner.noise)


@pytest.mark.parametrize("edits", WRONG, ids=str)
def test_what_is_known_is_what_trying_gives(edits: dict[str, str | float]) -> None:
    """Errors of their own, errors behind errors, carried cells, circles, helpers, constants and what no reading tells."""
    runner = runner_of(edits)
    runs = runner.run()
    assert runs.evidence.alone is not None
    formulas = [number for number, answer in enumerate(runner.case.answers) if answer.formula is not None]
    np.testing.assert_array_equal(runs.evidence.alone[:, formulas], all_tried(runner, runs)[:, formulas])


@pytest.mark.parametrize("edits", WRONG, ids=str)
def test_runs_that_a_large_workbook_spares_would_change_nothing(edits: dict[str, str | float]) -> None:
    """Right numbers stand in the cells of errors as soon as all that use them have shown it: the same is known of each."""
    whole = runner_of(edits).run()
    with mock.patch.object(alone, "LARGE", 0):
        spared = runner_of(edits).run()
    assert spared.evidence.alone is not None
    assert whole.evidence.alone is not None
    np.testing.assert_array_equal(spared.evidence.alone, whole.evidence.alone)
    np.testing.assert_array_equal(spared.evidence.here.all(axis=0), whole.evidence.here.all(axis=0))
    assert spared.evidence.alone_values.keys() == whole.evidence.alone_values.keys()
    assert spared.evidence.shown == whole.evidence.shown


def test_a_large_workbook_is_run_with_right_numbers_once_all_errors_have_shown() -> None:
    """Then carried cells need no more than the runs that were as it stands, once again."""
    edits: dict[str, str | float] = {"{z_1[0,0]}": "=1+{z_1[0,1]}"}
    with mock.patch.object(alone, "LARGE", 0), mock.patch.object(ironcalc, "_run", wraps=ironcalc._run) as spared:
        runner_of(edits).run()
    with mock.patch.object(ironcalc, "_run", wraps=ironcalc._run) as usual:
        runs = runner_of(edits).run()
    of_the_error_alone = len(runs.evidence.here)
    assert spared.call_count - of_the_error_alone < 0.7 * usual.call_count


def test_one_error_needs_no_workbook_of_its_own() -> None:
    """The runs of the workbook as a whole tell everything, and it is loaded once."""
    with (
        mock.patch.object(Isolated, "of") as isolated,
        mock.patch.object(ironcalc, "load", wraps=ironcalc.load) as load,
    ):
        runner_of({"{z_1[0,0]}": "=1+{z_1[0,1]}"}).run()
    assert not isolated.called
    assert load.call_count == 1


def test_a_model_that_is_kept_forgets_the_numbers_of_other_runs() -> None:
    """Every kind of cell, and an empty one, is as the workbook has it once no trial drives it."""
    cells = {
        (1, 1): Cell(2.0), (1, 2): Cell(0.0, "A1*3"), (1, 3): Cell(0.0, "B1+C5"), (1, 4): Cell("text"),
        (2, 1): Cell(True), (2, 2): Cell(CellError("#N/A")),
    }  # fmt: skip
    workbook = Workbook((Sheet("Step", cells),))
    places = [("Step", *at) for at in (*cells, (5, 3))]
    as_it_stands = [2.0, 6.0, 6.0, "text", True, CellError("#N/A"), None]
    numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    runs = [list(run) for run in ironcalc.evaluate(workbook, places, [None, numbers, None], places)]
    assert runs == [as_it_stands, numbers, as_it_stands]
    (run,) = ironcalc.evaluate(workbook, [("Step", 1, 2)], [[100.0]], places)
    assert list(run) == [2.0, 100.0, 100.0, *as_it_stands[3:]]
