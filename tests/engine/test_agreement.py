"""IronCalc, LibreOffice and Gnumeric recalculate what sheetnet writes, and agree with NumPy on every formula cell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sheetnet import training_step
from sheetnet.files import SUFFIXES, save_workbook
from sheetnet.generate import make_workbook
from sheetnet.network import Network
from sheetnet.reference import stacked
from sheetnet.validation.locate import locate
from sheetnet.workbook import Place, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.figures import record
from tests.support.recalculated import (
    PROGRAMS,
    RELATIVE,
    cell_value,
    distance,
    formula_places,
    lying,
    networks,
    shown_values,
)


def numpy_values(network: Network, workbook: Workbook) -> dict[Place, float]:
    """What NumPy computes for each cell of each named block."""
    step, located = training_step(network), locate(workbook, network)
    assert not located.problems
    found: dict[Place, float] = {}
    for name, block in network.blocks.items():
        rows = stacked(step[name], block).tolist()
        found |= {located.place(name, r, c): x for r, row in enumerate(rows) for c, x in enumerate(row)}
    sheet = workbook.sheet("Step")
    assert sheet is not None
    (change,) = (at for at, cell in sheet.cells.items() if cell.role == "change")
    return found | {("Step", *change): float(step["cost_new"][0, 0] / step["cost"][0, 0] - 1)}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "program",
    ["IronCalc", pytest.param("LibreOffice", marks=[pytest.mark.libreoffice, pytest.mark.slow]),
     pytest.param("Gnumeric", marks=[pytest.mark.gnumeric, pytest.mark.slow])],
)  # fmt: skip
def test_every_formula_cell_agrees_with_numpy(program: str, suffix: str, tmp_path: Path, record_property) -> None:
    """Templates and all pairs of activation and loss, written with wrong cached values and recalculated."""
    convert, look = PROGRAMS[program]
    all_networks = networks()
    books = {name: make_workbook(network, WorkbookOptions()) for name, network in all_networks.items()}
    paths = [tmp_path / f"{number}{suffix}" for number in range(len(books))]
    for path, book in zip(paths, books.values(), strict=True):
        save_workbook(lying(book), path)
    distances: dict[tuple[str, Place], float] = {}
    for (name, book), path in zip(books.items(), convert(paths, tmp_path), strict=True):
        places, expected = formula_places(book), numpy_values(all_networks[name], book)
        values = look(path, places)
        distances |= {(name, at): distance(x, expected[at]) for at, x in zip(places, values, strict=True)}
    assert len(distances) == sum(len(formula_places(book)) for book in books.values()) > 10_000
    assert {key: far for key, far in distances.items() if far > 1} == {}
    record(record_property, _figure(program, suffix, len(books), distances))


def _figure(program: str, suffix: str, workbooks: int, distances: Mapping[tuple[str, Place], float]) -> str:
    (name, (_, row, column)), far = max(distances.items(), key=lambda item: item[1])
    return (
        f"{program} {suffix}: {len(distances):,} formula cells of {workbooks} workbooks agree with NumPy; "
        f"largest difference {far * RELATIVE:.1e} of |value| + 0.01, in {name} at row {row}, column {column}"
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_program_that_keeps_cached_values_would_be_found_out(suffix: str, tmp_path: Path) -> None:
    """Read without recalculation, every single formula cell of the files above is wrong."""
    for name, network in networks().items():
        book = make_workbook(network, WorkbookOptions())
        path = tmp_path / f"lying{suffix}"
        save_workbook(lying(book), path)
        places, expected = formula_places(book), numpy_values(network, book)
        far = [distance(x, expected[at]) for at, x in zip(places, shown_values(path, places), strict=True)]
        assert min(far) > 1, name


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_cached_values_written_are_those_of_numpy(suffix: str, tmp_path: Path) -> None:
    """Viewers that never recalculate show NumPy's numbers, bit for bit."""
    for name, network in networks().items():
        book = make_workbook(network, WorkbookOptions())
        path = tmp_path / f"true{suffix}"
        save_workbook(book, path)
        places, expected = formula_places(book), numpy_values(network, book)
        assert shown_values(path, places) == [expected[at] for at in places], name


@pytest.mark.parametrize("name", networks())
def test_every_calculation_is_a_formula(name: str) -> None:
    """All cells of the named answer blocks hold formulas but the bias nodes, which hold the constant 1."""
    network = networks()[name]
    book = make_workbook(network, WorkbookOptions())
    located, formulas = locate(book, network), set(formula_places(book))
    for block in network.blocks.values():
        for row in range(block.rows):
            for column in range(block.columns):
                at = located.place(block.name, row, column)
                if block.is_bias_node(column):
                    assert (at in formulas, cell_value(book, at)) == (False, 1.0)
                elif block.kind == "answer":
                    assert at in formulas, (block.name, row, column)
