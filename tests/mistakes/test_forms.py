"""Wrong formulas of many kinds: exactly their cells are blamed, each first with the name of its mistake."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sheetnet.files import read_workbook, save_workbook
from sheetnet.generate import make_workbook
from sheetnet.judge import judge
from sheetnet.network_file import load_network
from sheetnet.syntax import parse_area
from sheetnet.validation import CellVerdict
from sheetnet.workbook import Place, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.forms import with_values_of
from tests.support.paths import DATA
from tests.support.quantities import edited, places
from tests.support.sheets import step_book

FILE = DATA / "forms" / "mistakes.json"
SAMPLE = 8  # every so many are tried in the other format and orientation
BY_SHEET = ("SN110", "SN111", "SN112")  # neighbours of neighbours are others where blocks stand transposed


@dataclass(frozen=True)
class Wrong:
    """One mistake in a template's workbook: the cells to blame, and the codes of which one is told first."""

    id: str
    template: str
    note: str
    edits: dict[str, Any]
    blamed: list[str]
    codes: list[str]

    def __str__(self) -> str:
        return f"{self.id} {self.note}"


WRONG = [Wrong(**entry) for entry in json.loads(FILE.read_text("utf-8"))]


def found_in(form: Wrong, workbook: Workbook) -> dict[Place, CellVerdict]:
    """The blamed cells of the workbook by their places."""
    report = judge(workbook, load_network(form.template))
    found = {}
    for cell in report.cells:
        area = parse_area(cell.cell or "")
        if cell.verdict not in ("correct", "carried") and area is not None and cell.sheet is not None:
            found[cell.sheet, area.top, area.left] = cell
    return found


def expected_of(form: Wrong, workbook: Workbook) -> set[Place]:
    network = load_network(form.template)
    return {place for text in form.blamed for place in places(text, workbook, network)}


def test_there_are_as_many_as_are_asked_for_and_each_has_its_own_name() -> None:
    assert len(WRONG) >= 68
    assert [name for name, count in Counter(form.id for form in WRONG).items() if count > 1] == []


@pytest.mark.parametrize("form", WRONG, ids=str)
def test_a_wrong_formula_is_blamed_alone_and_named_first(form: Wrong) -> None:
    network = load_network(form.template)
    workbook = edited(step_book(network), network, form.edits)
    found = found_in(form, workbook)
    assert set(found) == expected_of(form, workbook)
    assert {place: cell.message for place, cell in found.items() if cell.mistake not in form.codes} == {}
    assert all(cell.mistake in cell.mistakes for cell in found.values())


@pytest.mark.parametrize("form", WRONG[::SAMPLE], ids=str)
def test_it_is_the_same_in_an_ods_file(form: Wrong, tmp_path: Path) -> None:
    network = load_network(form.template)
    workbook = edited(step_book(network), network, form.edits)
    save_workbook(with_values_of(step_book(network), workbook), tmp_path / "wrong.ods")
    found = found_in(form, read_workbook(tmp_path / "wrong.ods"))
    assert set(found) == expected_of(form, workbook)
    assert {cell.mistake for cell in found.values()} <= set(form.codes)


@pytest.mark.parametrize("form", [form for form in WRONG if len(form.edits) == 1][3::SAMPLE], ids=str)
def test_it_is_the_same_in_column_orientation(form: Wrong) -> None:
    network = load_network(form.template)
    plain = make_workbook(network, WorkbookOptions(column=True))
    workbook = edited(plain, network, form.edits)
    found = found_in(form, workbook)
    assert set(found) == expected_of(form, workbook)
    assert {cell.mistake for cell in found.values()} <= {*form.codes, *BY_SHEET}
