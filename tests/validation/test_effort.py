"""The work spent on wrong cells is counted, not timed: verdicts stand without it, and nothing depends on the machine."""

from __future__ import annotations

import time

import pytest

from sheetnet.effort import Effort, WorkBudget
from sheetnet.engine import engine_named
from sheetnet.judge import judge
from sheetnet.mistakes.signatures import shared_catalogue
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.validation.case import Case
from sheetnet.validation.pipeline import refined
from sheetnet.validation.result import CellVerdict
from sheetnet.validation.state import Runner
from sheetnet.workbook import Workbook
from tests.support.quantities import edited
from tests.support.sheets import rewritten, step_book

ROUNDED_COLUMN = {f"{{A_1[{n},0]}}": f"=ROUND(TANH({{z_1[{n},0]}}),4)" for n in range(4)}


def refined_with(workbook: Workbook, network: Network, effort: Effort) -> list[CellVerdict]:
    """The verdicts where so much effort may be spent."""
    runner = Runner(Case.of(workbook, network, 8, 0), engine_named("ironcalc"))
    return list(refined(runner, effort).cells)


def none() -> Effort:
    return Effort(read=WorkBudget(0), tried=WorkBudget(0), guesses=WorkBudget(0))


def padded(network: Network, count: int) -> Workbook:
    """Every formula of the step with typed numbers after it."""
    workbook = step_book(network)
    for block in ("z_1", "delta_2", "dC_dW_1"):
        typed = "".join(f"+0.5*{0.1 + n / 1000:.3f}" for n in range(count))
        workbook = rewritten(workbook, network, block, lambda formula: f"({formula}){typed}")  # noqa: B023 as it is now
    return workbook


def test_verdicts_stand_without_any_effort() -> None:
    """The same cells are blamed, whatever is found out about them; each says that it was not looked at twice."""
    network = load_network("d02b")
    workbook = padded(network, 3)
    bare, whole = (refined_with(workbook, network, effort) for effort in (none(), Effort()))
    assert [cell.verdict for cell in bare] == [cell.verdict for cell in whole]
    wrong = [cell for cell in bare if cell.verdict == "wrong"]
    assert len(wrong) == 10
    assert all(cell.message.endswith("; not looked at twice") for cell in wrong)
    assert not any("not looked at twice" in cell.message for cell in whole)


def test_a_file_of_long_formulas_keeps_its_report() -> None:
    """Typed numbers by the hundred have endless repairs: some cells are looked at, all have a verdict, a note says so."""
    network = load_network("d02b")
    report = judge(padded(network, 700), network)
    skipped = [cell for cell in report.cells if cell.message.endswith("not looked at twice")]
    assert report.counts["wrong"] == 10 > len(skipped) > 0
    (note,) = [note for note in report.notes if "not looked at twice" in note]
    assert note.startswith(f"{len(skipped)} wrong cells were not looked at twice")


def test_the_first_cell_in_reading_order_has_the_budget_first() -> None:
    """A budget for one of two rounded formulas goes to the upper one."""
    network = load_network("d02b")
    edits = {
        "{A_1[0,0]}": "=ROUND(1/(1+EXP(-{z_1[0,0]})),4)",
        "{a_2[0,0]}": "=ROUND(1/(1+EXP(-{z_2[0,0]})),3)",
    }
    cells = refined_with(edited(step_book(network), network, edits), network, Effort(tried=WorkBudget(40)))
    found = {cell.quantity: cell for cell in cells if cell.index == (0, 0)}
    assert found["a_1"].verdict == "rounded"
    assert (found["a_2"].verdict, found["a_2"].message[-19:]) == ("wrong", "not looked at twice")


def test_a_fault_filled_down_is_looked_at_once() -> None:
    """Four cells with one formula: what is found for the first is tried in the others, and told as the first's."""
    network = load_network("xor-batch")
    workbook = edited(step_book(network), network, ROUNDED_COLUMN)
    few, all_of_it = (refined_with(workbook, network, effort) for effort in (Effort(tried=WorkBudget(40)), Effort()))
    for cells, shared in ((few, 3), (all_of_it, 0)):
        column = [cell for cell in cells if (cell.formula or "").startswith("ROUND(")]
        assert [(cell.verdict, cell.mistakes) for cell in column] == [("rounded", ("SN120",))] * 4
        assert [cell.message[:6] for cell in column].count("as in ") == shared


def test_a_cell_whose_cause_is_not_looked_for_is_not_judged() -> None:
    """It is right alone and wrong in the sheet: neither blamed nor said to be carried."""
    network = load_network("d02b")
    workbook = edited(step_book(network), network, {"{z_1[0,0]}": "={A_0[0,0]}*{W_1[0,0]}"})
    usual, bare = (refined_with(workbook, network, e) for e in (Effort(), Effort(followed=WorkBudget(0))))
    carried = [number for number, cell in enumerate(usual) if cell.verdict == "carried"]
    assert len(carried) > 20
    assert {bare[number].verdict for number in carried} == {"undetermined"}
    assert {bare[number].message[:33] for number in carried} == {"not judged: right alone, but where"[:33]}
    others = [number for number in range(len(usual)) if number not in carried]
    assert [usual[n].verdict for n in others] == [bare[n].verdict for n in others]


def test_a_report_is_the_same_alone_and_in_a_class() -> None:
    """Files of one structure share what mistakes give: whichever came before, each has the names that it has alone."""
    network = load_network("d02b")
    changes = ("2*({})", "-({})", "({})+1", "({})/2")
    blocks = ("z_1", "delta_1", "dC_dW_2", "W_1_new")
    books = [rewritten(step_book(network), network, block, change.format) for block in blocks for change in changes]
    in_a_class = [judge(book, network) for book in books]
    for book, report in zip(books[::-1], in_a_class[::-1], strict=True):
        shared_catalogue.cache_clear()
        assert judge(book, network) == report
    assert sum(bool(cell.mistakes) for report in in_a_class for cell in report.cells) >= len(books)


def test_no_clock_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report with repairs, names and causes, on a machine without clocks."""

    def asked() -> float:
        raise AssertionError("judging asked for the time")

    network = load_network("d02b")
    edits = {"{z_1[0,0]}": "={A_0[0,0]}*{W_1[0,0]}", "{a_2[0,1]}": "=ROUND(1/(1+EXP(-{z_2[0,1]})),4)"}
    workbook = edited(step_book(network), network, edits)
    usual = judge(workbook, network)
    for clock in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        monkeypatch.setattr(time, clock, asked)
    report = judge(workbook, network)
    monkeypatch.undo()
    assert report == usual
    assert {cell.verdict for cell in report.cells} == {"correct", "carried", "wrong", "rounded"}
