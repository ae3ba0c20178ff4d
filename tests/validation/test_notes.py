"""Notes where what people see is not what is judged: names away from labels, hidden rows and columns, number formats."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet.files import read_workbook, save_workbook
from sheetnet.generate import make_workbook
from sheetnet.judge import judge, validate
from sheetnet.layout.step_sheet import label_of
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.syntax import shift
from sheetnet.workbook import NOTHING_HIDDEN, Cell, Place, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.quantities import edited, places, spell
from tests.support.sheets import blamed, moved, place_of, step_book, with_cell
from tools.small_networks import SMALL

Books = tuple[Network, Workbook]


@pytest.fixture(params=[False, True], ids=["rows", "columns"])
def xor(request: pytest.FixtureRequest) -> Books:
    """A batch in both orientations."""
    network = load_network("xor-batch")
    return network, make_workbook(network, WorkbookOptions(column=request.param))


def label_at(book: Books, block: str) -> Place:
    """Where the label of a block stands."""
    network, workbook = book
    sheet, row, column = place_of(workbook, network, block)
    turned = place_of(workbook, network, "z_1", 1, 0)[1] == place_of(workbook, network, "z_1")[1]
    label = label_of(network, network.blocks[block], turned)
    step = workbook.sheet(sheet)
    assert step is not None
    (found,) = [at for at, cell in step.cells.items() if cell.value == label]
    assert found[1] == column
    assert found[0] < row
    return sheet, *found


def cell_at(workbook: Workbook, place: Place) -> Cell:
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    return sheet.cells[place[1:]]


def aside(book: Books, block: str, keep: bool = True) -> Workbook:
    """The workbook with a copy of a block beside the step, to which its name now leads; the old cells stay or go."""
    network, workbook = book
    cells = places(f"{{{block}}}", workbook, network)
    (_, top, left), (_, down, right) = cells[0], cells[-1]
    (first,) = places("{beside[0,0]}", workbook, network)
    by = first[1] + 30 - top, first[2] - left
    name = spell(f"{{!beside[$30,$0]:[${30 + down - top},${right - left}]}}", workbook, network)
    for sheet, row, column in cells:
        old = cell_at(workbook, (sheet, row, column))
        formula = old.formula and shift(re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", old.formula), *by)
        workbook = with_cell(workbook, (sheet, row + by[0], column + by[1]), replace(old, formula=formula))
        workbook = workbook if keep else with_cell(workbook, (sheet, row, column), None)
    return edited(workbook, network, {f"@{block}": name})


def without_sheet(notes: tuple[str, ...], said: str) -> list[str]:
    return [note for note in notes if said in note]


@pytest.mark.parametrize("block", ["A_1", "z_2", "dC_dW_1", "cost_n"])
def test_a_name_away_from_its_label_is_said(xor: Books, block: str) -> None:
    """The numbers under the label are those that people see; the verdicts stay, for what is judged is right."""
    network, workbook = xor
    changed = aside(xor, block)
    report = judge(changed, network)
    assert report.ok, blamed(report)
    under, there = (spell(f"{{!{block}}}", book, network) for book in (workbook, changed))
    symbol = cell_at(workbook, label_at(xor, block)).value
    assert isinstance(symbol, str)
    told = f"{under} under the label {symbol.split()[0]} was not judged: the name {block} leads to {there}"
    assert report.notes == (told,)


@pytest.mark.parametrize("typed", [0.5, "0.5", "0,5"])
def test_numbers_typed_under_the_label_are_seen_too(xor: Books, typed: float | str) -> None:
    """As numbers, or as text that looks like them."""
    network, _ = xor
    changed = aside(xor, "a_2")
    spots = places("{a_2}", xor[1], network)
    for place in spots:
        changed = with_cell(changed, place, Cell(typed))
    assert len(without_sheet(judge(changed, network).notes, "under the label")) == 1


def test_numbers_put_between_a_label_and_its_block_are_said(xor: Books) -> None:
    """Rows inserted below the label, other numbers in them: these are taken for the block."""
    network, workbook = xor
    sheet, row, column = label_at(xor, "target")
    lifted = with_cell(workbook, (sheet, row, column), None)
    lifted = with_cell(lifted, (sheet, row - 1, column), cell_at(workbook, (sheet, row, column)))
    assert judge(lifted, network).notes == ()  # as if a row were inserted
    between = with_cell(lifted, (sheet, row + 1, column), Cell(0.75))
    assert len(without_sheet(judge(between, network).notes, "under the label T")) == 1


@pytest.mark.parametrize("block", ["A_1", "W_1_new", "cost_n", "gamma"])
def test_a_block_moved_without_its_label_is_no_matter(xor: Books, block: str) -> None:
    """Cut and pasted: nothing stands under the label that could be taken for it."""
    network, _ = xor
    assert without_sheet(judge(aside(xor, block, keep=False), network).notes, "label") == []


def test_a_block_moved_with_its_label_is_no_matter(xor: Books) -> None:
    """The label leads to the cells that are judged."""
    network, workbook = xor
    changed = aside(xor, "delta_1", keep=False)
    label = label_at(xor, "delta_1")
    (_, top, left), (_, now, across) = (places("{delta_1[0,0]}", book, network)[0] for book in (workbook, changed))
    target = label[0], label[1] + now - top, label[2] + across - left
    changed = with_cell(with_cell(changed, label, None), target, cell_at(workbook, label))
    assert judge(changed, network).notes == ()


def test_inserted_rows_and_a_renamed_sheet_are_no_matter() -> None:
    """The labels go with their blocks."""
    network = load_network("d02b")
    assert judge(moved(step_book(network), 4, 2, "My step"), network).notes == ()


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_generated_workbook_has_no_notes(name: str, suffix: str, tmp_path: Path) -> None:
    """Nor does anything in it look otherwise than it is; one of them with all its sheets."""
    path = tmp_path / f"{name}.{suffix}"
    save_workbook(make_workbook(load_network(name), None if name == "d02b" else WorkbookOptions()), path)
    assert [sheet.disguise for sheet in read_workbook(path).sheets if sheet.disguise != NOTHING_HIDDEN] == []
    assert validate(path).notes == ()


def test_a_block_of_another_sheet_apart_from_the_rest_is_said() -> None:
    """As of the step: the cells that people look at, beside the others, are not those that are judged."""
    network = load_network("d02b")
    workbook = make_workbook(network, WorkbookOptions(("step", "training"), steps=3))
    copy = {f"Mine!A{row + 1}": f"={{!train_cost[{row},0]}}" for row in range(4)}
    changed = edited(workbook, network, {**copy, "@train_cost": "Mine!$A$1:$A$4"})
    report = judge(changed, network)
    assert report.ok, blamed(report)
    assert report.notes == ("Training stands on Training, but train_cost on Mine",)
