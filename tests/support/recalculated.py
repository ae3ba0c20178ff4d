"""Workbooks recalculated by IronCalc, LibreOffice and Gnumeric, and how far what they show is from NumPy's numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from sheetnet import load_network, read_workbook
from sheetnet.engine import ironcalc
from sheetnet.network import Network
from sheetnet.network_file import template_names
from sheetnet.workbook import Place, Value, Workbook, array_cells
from tests.support.engines import gnumeric_convert, libreoffice_convert
from tools.small_networks import OVER_N, WITH_BIASES, make_network, pairs

RELATIVE, ABSOLUTE = 1e-11, 1e-13  # together: 1e-11 of |value| + 0.01
LIE = 7.5  # what every formula cell shows until a program recalculates it; no quantity of these networks is 7.5


def networks() -> dict[str, Network]:
    """Every template, every activation with every loss, and what those leave out."""
    found = {name: load_network(name) for name in template_names()}
    found |= {f"{activation} {loss}": make_network(activation, loss) for activation, loss in pairs()}
    for activation, loss in (("softmax", "cross_entropy"), ("sigmoid", "half_sse")):
        found[f"{activation} sum"] = make_network(activation, loss, reduction="sum")
        found[f"{activation} one observation"] = make_network(activation, loss, observations=1)
        found[f"{activation} deep"] = make_network(activation, loss, (3, 2, 5, 4), hidden="softmax")
        found[f"{activation} shared bias"] = make_network(activation, loss, train_bias=False, shared_bias=True)
    found["elements of one observation"] = make_network(
        "sigmoid", "half_sse", observations=1, reduction="elements", hidden="elu", biases=(False, True)
    )
    found["elements with a slope"] = make_network("leaky_relu", "sse", reduction="elements", slope=0.2)
    found["softmax without biases"] = make_network("softmax", "cross_entropy", biases=(False, False))
    found["relu without a bias below"] = make_network(
        "sigmoid", "mse", (3, 2, 4, 1), hidden="relu", train_bias=False, biases=(False, True, False)
    )
    found["weights penalised over N"] = make_network("sigmoid", "half_sse", (2, 3, 1), 3, l2=OVER_N)
    found["biases penalised too"] = make_network("tanh", "mse", (2, 2, 3), 1, l2=WITH_BIASES)
    return found


def formula_places(workbook: Workbook) -> list[Place]:
    """Every cell that shows what a formula gives, its own or the array formula that fills it."""
    return [
        (sheet.name, *at)
        for sheet in workbook.sheets
        for filled in [array_cells(sheet)]
        for at, cell in sheet.cells.items()
        if cell.formula is not None or at in filled
    ]


def lying(workbook: Workbook) -> Workbook:
    """The workbook with a wrong cached value in every formula cell, so that a program which trusts them is found out."""
    places = set(formula_places(workbook))
    sheets = [
        dataclasses.replace(
            sheet,
            cells={
                at: dataclasses.replace(cell, value=LIE) if (sheet.name, *at) in places else cell
                for at, cell in sheet.cells.items()
            },
        )
        for sheet in workbook.sheets
    ]
    return dataclasses.replace(workbook, sheets=tuple(sheets))


def cell_value(workbook: Workbook, place: Place) -> Value:
    """The value that a cell of a workbook shows."""
    sheet = workbook.sheet(place[0])
    assert sheet is not None, f"sheet {place[0]} is gone"
    return sheet.cells[place[1:]].value


def by_ironcalc(path: Path, places: Sequence[Place]) -> list[Value]:
    """IronCalc's values, fed from our own reading of the file."""
    return list(next(ironcalc.evaluate(read_workbook(path), [], [None], places)))


def shown_values(path: Path, places: Sequence[Place]) -> list[Value]:
    """The values that a file carries."""
    workbook = read_workbook(path)
    return [cell_value(workbook, place) for place in places]


def same_files(paths: Sequence[Path], _: Path) -> list[Path]:
    """IronCalc reads what was written."""
    return list(paths)


def through_libreoffice(paths: Sequence[Path], folder: Path) -> list[Path]:
    """LibreOffice recalculates all files in one start."""
    return libreoffice_convert(paths, "xlsx", folder / "libreoffice")


def through_gnumeric(paths: Sequence[Path], folder: Path) -> list[Path]:
    """Gnumeric takes a file at a time."""
    return [gnumeric_convert(path, "xlsx", folder / "gnumeric") for path in paths]


Convert = Callable[[Sequence[Path], Path], list[Path]]
Look = Callable[[Path, Sequence[Place]], list[Value]]
PROGRAMS: dict[str, tuple[Convert, Look]] = {
    "IronCalc": (same_files, by_ironcalc),
    "LibreOffice": (through_libreoffice, shown_values),
    "Gnumeric": (through_gnumeric, shown_values),
}


def distance(found: Value, expected: float) -> float:
    """How far a value is off, 1 being just tolerated; what is no number is infinitely far."""
    if type(found) is not float:
        return float("inf")
    return abs(found - expected) / (RELATIVE * abs(expected) + ABSOLUTE)
