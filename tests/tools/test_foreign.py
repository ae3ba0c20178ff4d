"""The generator of other people's layouts: right sheets compute what NumPy does, and each fault changes what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sheetnet.engine import engine_named
from sheetnet.identification import identify_workbook
from sheetnet.syntax.references import cell_place
from sheetnet.workbook import Cell, Workbook
from tools.foreign import ForeignSheet, Tally, faulty_sheets, origins, print_table, right_sheets, sample, tallied
from tools.foreign_cases import LAYOUTS, OLDER
from tools.foreign_faults import FAULTS
from tools.foreign_plan import Written

LARGE_TABLE = "Excel table of 712 rows"


@pytest.fixture(scope="module")
def faulty() -> list[ForeignSheet]:
    """All sheets with a fault."""
    return list(faulty_sheets())


def test_every_fault_and_every_layout_is_there(faulty: list[ForeignSheet]) -> None:
    """Thirty faults at least, each in some layout, and each layout with most of them."""
    assert len(FAULTS) >= 30
    assert {sheet.fault for sheet in faulty} == set(FAULTS)
    assert {sheet.layout for sheet in faulty} == {sheet.layout for sheet in right_sheets()} == set(LAYOUTS)
    assert all(sheet.faulty for sheet in faulty)


@pytest.mark.slow
def test_the_sheets_are_the_same_every_time(faulty: list[ForeignSheet]) -> None:
    """A seed decides which cell is faulty."""
    assert [(str(sheet), sheet.faulty) for sheet in faulty] == [(str(s), s.faulty) for s in faulty_sheets()]


def test_a_right_layout_computes_what_the_reference_does() -> None:
    """The matrices of three observations, identified to the last cell."""
    (sheet,) = (sheet for sheet in right_sheets() if sheet.layout == "matrices")
    found = identify_workbook(sheet.workbook, sheet.network)
    assert found.ok
    assert not found.apart
    assert origins(found) == sheet.faulty == frozenset()


def test_faulty_cells_compute_other_numbers(faulty: list[ForeignSheet]) -> None:
    """Of a sample: at the sheet's own numbers the first faulty cell shows another one than in the right sheet."""
    right = {sheet.layout: sheet.workbook for sheet in right_sheets()}
    for sheet in sample(faulty, 0.03):
        places = [place for place in _formulas(sheet.workbook) if cell_place(place) in sheet.faulty]
        one, other = (_values(book, places) for book in (right[sheet.layout], sheet.workbook))
        # A typed weight is right in the first row, and wrong as soon as the inputs are others; so is what a ReLU hides.
        hidden = any(layer.activation == "relu" for layer in sheet.network.layers)
        assert one != other or sheet.fault == "weight typed" or hidden, str(sheet)


def _formulas(workbook: Workbook) -> list[tuple[str, int, int]]:
    return [(s.name, *at) for s in workbook.sheets for at, cell in s.cells.items() if cell.formula is not None]


def _values(workbook: Workbook, places: list[tuple[str, int, int]]) -> list[object]:
    return list(next(iter(engine_named("ironcalc")(workbook, [], [None], places))))


def test_right_layouts_are_recognised_to_the_last_cells() -> None:
    """At most 2 % of the cells of right sheets are set apart, and none is blamed."""
    total = sum(tallied(sheet for sheet in right_sheets() if sheet.network.observations < 100).values(), Tally())
    assert total.false == 0
    assert total.apart <= 0.02 * total.cells


@pytest.mark.parametrize(
    ("name", "step", "content"),
    [("dw1[0,1]", 3, Cell(0.37)), ("a1[0,1]", 4, Cell(0.37, "0.37")), ("w2[0,1]", 3, Cell(0.37))],
)
def test_a_number_typed_among_formulas_is_named(name: str, step: int, content: Cell) -> None:
    """In a training of one row per step, and nothing else is; the report says what belongs there."""
    written = Written(LAYOUTS["row per step with δ"]())
    place = written.plan.places[name, step]
    (page,) = written.workbook().sheets
    workbook = Workbook((replace(page, cells={**page.cells, place[1:]: content}),))
    found = identify_workbook(workbook, written.plan.network)
    assert origins(found) == {cell_place(place)}
    assert "a number is typed here" in found.unidentified[0].message


@pytest.mark.slow
def test_faults_in_other_people_s_layouts_are_found_and_no_right_cell_is_blamed(faulty: list[ForeignSheet]) -> None:
    """Of a sample of the older layouts: 98 % of the faulty cells, and nothing else. `make foreign` takes all sheets."""
    total = print_table(tallied(sample([s for s in faulty if s.layout in OLDER and not s.held_out], 0.15)))
    assert total.false == 0
    assert total.found >= 0.98 * total.real


@pytest.mark.slow
def test_few_right_cells_are_blamed_in_newer_layouts_and_in_those_held_out(faulty: list[ForeignSheet]) -> None:
    """None is the aim, and is not reached (docs/identify.md): one for a hundred that are found. The table is printed.

    In the table of 712 rows a fault in all rows is more than is looked at.
    """
    others = [s for s in faulty if (s.layout not in OLDER or s.held_out) and s.layout != LARGE_TABLE]
    total = print_table(tallied(sample(others, 0.08)))
    assert total.false <= 0.01 * total.real
    assert total.found >= 0.98 * total.real
