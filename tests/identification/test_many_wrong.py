"""`identify` where much is wrong: many cells at once, budgets in counts, and a report that is whole whatever happens."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from sheetnet.errors import EngineError
from sheetnet.generate import make_workbook
from sheetnet.identification import identify_workbook, root_causes, state
from sheetnet.identification.pipeline import report_of
from sheetnet.identification.result import NOT_TWICE, Apart, Identification, Identified, Unidentified
from sheetnet.identification.state import IdentifyState
from sheetnet.network import Network
from sheetnet.report.identify import identification_json
from sheetnet.syntax import cell_name
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.verdict import Verdict
from sheetnet.workbook import Cell, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tools.layouts import small_network

CHANGES = ("1+{}", "-({})", "2*({})", "({})^2", "1-({})")
NETWORK = small_network(4, sizes=(4, 4, 3))


def sheet_without_names(network: Network = NETWORK) -> Workbook:
    """Our own sheet Step as a stranger's: with copies of the inputs, transposed copies of A, and a second forward pass."""
    return replace(make_workbook(network, WorkbookOptions()), names=())


def with_damages(
    workbook: Workbook, many: int, seed: int, changes: Sequence[str] = CHANGES
) -> tuple[Workbook, set[str]]:
    """The workbook with so many formulas changed, and where."""
    generator = random.Random(seed)
    (step,) = (sheet for sheet in workbook.sheets if sheet.name == "Step")
    formulas = sorted(at for at, cell in step.cells.items() if cell.formula is not None)
    chosen = generator.sample(formulas, min(many, len(formulas)))
    cells = {at: Cell(0.0, generator.choice(changes).format(step.cells[at].formula)) for at in chosen}
    damaged = replace(step, cells={**step.cells, **cells})
    sheets = tuple(damaged if sheet is step else sheet for sheet in workbook.sheets)
    return replace(workbook, sheets=sheets), {cell_name(*at) for at in chosen}


def blamed(found: Identification) -> set[str]:
    """The cells that begin to be wrong."""
    return {cell.cell for cell in found.unidentified if cell.verdict == Verdict.WRONG}


def assert_whole(workbook: Workbook, found: Identification) -> None:
    """Every formula has its place in the result, and every unidentified one a verdict."""
    cells: list[Identified | Unidentified | Apart] = [*found.identified, *found.unidentified, *found.apart]
    assert {(cell.sheet, cell.cell) for cell in cells} == {
        (s, cell_name(*at)) for s, *at in Dependencies(workbook).formulas
    }
    assert len(set(cells)) == len(cells)
    judged = report_of(found)
    assert sum(cell.cell is not None for cell in judged.cells) == len(found.identified) + len(found.unidentified)


@pytest.mark.parametrize("seed", range(3))
def test_many_wrong_cells_in_all_layers_are_blamed_and_no_others(seed: int) -> None:
    """Copies of inputs and activations, δ whose users are all unknown, costs: 1 is added to 12 formulas."""
    network = small_network(6, sizes=(8, 6, 4))
    workbook, places = with_damages(sheet_without_names(network), 12, seed, ["1+{}"])
    assert blamed(identify_workbook(workbook, network)) == places


def test_the_result_depends_on_file_and_seed_alone() -> None:
    """Twice the same text, with much wrong."""
    workbook, _ = with_damages(sheet_without_names(), 20, 1)
    one, other = (identification_json(identify_workbook(workbook, NETWORK)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("many", [20, *(pytest.param(many, marks=pytest.mark.slow) for many in (200, 10_000))])
def test_every_cell_has_its_place_however_much_is_wrong(many: int) -> None:
    """Up to all formulas."""
    workbook, _ = with_damages(sheet_without_names(), many, many)
    assert_whole(workbook, identify_workbook(workbook, NETWORK))


def test_cells_past_the_budget_are_undetermined_and_never_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """They say so, a note counts them, and what was found before stays."""
    workbook, places = with_damages(sheet_without_names(), 12, 0, ["1+{}"])
    monkeypatch.setattr(state, "MOST_READ_AGAIN", 0)
    monkeypatch.setattr(state, "LEAST_AGAIN", 4)
    found = identify_workbook(workbook, NETWORK)
    assert_whole(workbook, found)
    left = [cell for cell in found.unidentified if cell.verdict == Verdict.UNDETERMINED]
    assert left
    assert all(cell.message.endswith(NOT_TWICE) for cell in left)
    assert blamed(found)
    assert blamed(found) <= places
    assert any(f"{len(left)} cells are {NOT_TWICE}" in note for note in found.notes)
    assert not report_of(found).ok


def test_hypotheses_have_a_budget_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is compared where it is used up."""
    tried: list[int] = []
    monkeypatch.setattr(state, "MOST_COMPARED_WITH", 0)
    may_compare: Callable[[IdentifyState, int], bool] = IdentifyState.may_compare

    def counting(self: IdentifyState, work: int) -> bool:
        tried.append(work)
        return may_compare(self, work)

    monkeypatch.setattr(IdentifyState, "may_compare", counting)
    workbook, _ = with_damages(sheet_without_names(), 60, 1)
    found = identify_workbook(workbook, NETWORK)
    assert tried
    assert_whole(workbook, found)


def test_an_engine_that_fails_at_a_hypothesis_loses_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was recognised before is reported; the rest was not looked at twice."""
    workbook, _ = with_damages(sheet_without_names(), 3, 0)

    def failing(*_: object) -> bool:
        raise EngineError("no more")

    monkeypatch.setattr(root_causes, "_suspects", failing)
    found = identify_workbook(workbook, NETWORK)
    assert_whole(workbook, found)
    assert found.identified
    assert {cell.verdict for cell in found.unidentified} == {Verdict.UNDETERMINED}


def test_a_verdict_is_a_value_not_read_from_a_message() -> None:
    """A cell that shows an error is `error` where it begins."""
    workbook, (place,) = with_damages(sheet_without_names(), 1, 5, ["1/0*{}"])
    found = identify_workbook(workbook, NETWORK)
    (cell,) = (cell for cell in found.unidentified if cell.cell == place)
    assert cell.verdict == Verdict.ERROR
    assert [one.verdict for one in report_of(found).cells if one.cell == place] == [Verdict.ERROR]
