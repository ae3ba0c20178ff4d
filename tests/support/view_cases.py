"""What the tests of single views share: networks, recalculated cells against cached ones, and damaged formulas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sheetnet.files import save_workbook
from sheetnet.generate import make_workbook
from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.syntax import cell_name, parse_area
from sheetnet.validation import Report
from sheetnet.validation.locate import locate
from sheetnet.workbook import Place, Workbook, array_cells
from sheetnet.workbook_options import TERMS, WorkbookOptions
from tests.support.recalculated import by_ironcalc, cell_value, distance, formula_places, lying, networks
from tests.support.sheets import with_formula
from tools.small_networks import make_network

# Formulas are the same in .ods; a workbook with all views is recalculated from it among the quick tests.
SLOW_IN_ODS = pytest.mark.slow
BOTH_FORMATS = [".xlsx", pytest.param(".ods", marks=SLOW_IN_ODS)]
NETWORKS = {name: network for name, network in networks().items() if not name.startswith("digits")}
# Networks at which a view looks otherwise.
OWN = {
    "jacobians": {  # more neurons than get a line for each E_ii
        "wide softmax": make_network("softmax", "cross_entropy", (2, TERMS + 1, TERMS + 2), 2),
        "wide tanh": make_network("tanh", "half_sse", (2, TERMS + 1, 3), 2, reduction="sum"),
    },
    "appendix": {  # W⁽¹⁾ has no corner of 2 × 2
        "one input": make_network("tanh", "half_sse", (1, 3, 2), 3),
        "one neuron": make_network("sigmoid", "half_sse", (3, 1), 2),
        "one of both": make_network("sigmoid", "half_sse", (1, 1), 1),
    },
}


def book(network: Network, view: str, column: bool = False) -> Workbook:
    """The workbook with Step and one view more."""
    return make_workbook(network, WorkbookOptions(("step", view), column))


def divided_by(network: Network) -> int:
    """What the sum of all costs is divided by, as docs/network-files.md says of each reduction."""
    every = {"mean": network.observations, "elements": network.observations * network.sizes[-1], "sum": 1}
    return every[network.reduction]


def decay_of(network: Network, layer: int) -> np.ndarray:
    """λ w, or λ/N w, of each weight that is penalised, in the shape of W: what ∂C/∂W has beside the observations' part."""
    found, l2 = np.zeros((network.nodes(layer - 1), network.sizes[layer])), network.l2
    if l2 is not None:
        rows = slice(None) if l2.biases else slice(network.sizes[layer - 1])
        share = network.observations if l2.per_observation else 1
        found[rows] = l2.factor / share * np.array(network.layers[layer - 1].weights)[rows]
    return found


def far_cells(workbook: Workbook, path: Path) -> dict[Place, float]:
    """The formula cells whose recalculated values are not the cached ones, which are NumPy's; written falsified."""
    save_workbook(lying(workbook), path)
    places = formula_places(workbook)
    far = {}
    for at, value in zip(places, by_ironcalc(path, places), strict=True):
        expected = cell_value(workbook, at)
        assert isinstance(expected, float | str), at
        # A light says the very same word.
        far[at] = distance(value, expected) if isinstance(expected, float) else float(value != expected) * 1e9
    return {at: off for at, off in far.items() if off > 1}


def judged_with(workbook: Workbook, network: Network, block: str, row: int, column: int) -> tuple[Place, Report]:
    """The report on the workbook with one formula damaged, and where that formula stands."""
    place = locate(workbook, network).place(block, row, column)
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    formula = sheet.cells[place[1:]].formula
    assert formula is not None, place
    return place, judge(with_formula(workbook, place, f"({formula})*1.001+0.0001"), network)


def verdicts(report: Report, verdict: str) -> set[tuple[str | None, str | None]]:
    """Sheet and cell of every cell of that verdict."""
    return {(cell.sheet, cell.cell) for cell in report.cells if cell.verdict == verdict}


def block_numbers(workbook: Workbook, sheet_name: str, block: str) -> np.ndarray:
    """The cached numbers of a named block, read off its sheet."""
    [area] = [parse_area(name.refers_to) for name in workbook.names if name.name == block]
    sheet = workbook.sheet(sheet_name)
    assert area is not None
    assert sheet is not None
    rows, columns = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
    return np.array([[sheet.cells[row, column].value for column in columns] for row in rows])


def formula_cells(workbook: Workbook, sheet_name: str) -> set[tuple[str, str]]:
    """Sheet and cell of every number that a formula gives, each cell of an array by itself."""
    sheet = workbook.sheet(sheet_name)
    assert sheet is not None
    filled = array_cells(sheet)
    found = {at for at, cell in sheet.cells.items() if cell.formula is not None and isinstance(cell.value, float)}
    return {(sheet_name, cell_name(*at)) for at in found | set(filled)}
