"""What no workbook holds is refused at once: how many cells there will be is told by small workbooks."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from sheetnet import generate
from sheetnet.errors import FileError
from sheetnet.files.limits import Limits
from sheetnet.generate import MOST_TIMES_LEAST, foreseen_cells, make_workbook
from sheetnet.network import Network
from sheetnet.workbook_options import MOST_PICTURES, SHEETS, WorkbookOptions, least_cells
from tools.small_networks import make_network

SHAPES = (((2, 3, 2), 1), ((4, 5, 3), 2), ((1, 2), 3), ((3, 2, 4, 2), 7))


def cells_of(network: Network, shown: WorkbookOptions) -> int:
    return sum(len(sheet.cells) for sheet in make_workbook(network, shown).sheets)


@pytest.mark.parametrize(("views", "column"), [*product(SHEETS, [False]), ("step", True)])
def test_the_foreseen_number_is_exact(views: str, column: bool) -> None:
    """Of each view, whatever the network, and however long the training goes on."""
    for (sizes, observations), steps in product(SHAPES, (1, 2, 5)):
        network = make_network("softmax", "cross_entropy", sizes, observations)
        network = replace(network, image=(1, sizes[0])) if views == "pictures" else network
        shown = WorkbookOptions(tuple(dict.fromkeys(("step", views))), column, steps)
        assert foreseen_cells(network, shown) == cells_of(network, shown)


def test_of_many_pictures_the_first_are_counted() -> None:
    network = replace(make_network("softmax", "cross_entropy", (2, 3, 2), MOST_PICTURES + 5), image=(1, 2))
    shown = WorkbookOptions(("pictures", "step"))
    assert foreseen_cells(network, shown) == cells_of(network, shown)


def test_of_all_views_together_too() -> None:
    network, shown = make_network("relu", "mse", (3, 4, 2), 5), WorkbookOptions(tuple(SHEETS), steps=4)
    assert foreseen_cells(network, shown) == cells_of(network, shown)


def test_too_many_cells_are_refused_before_the_large_workbook_is_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 observations of iris, all views: 60,000 cells at least by the quick look, 2.4 million in truth."""
    built: list[int] = []
    build: Any = vars(generate)["build_workbook"]

    def noting(network: Network, *rest: Any) -> Any:
        built.append(network.observations)
        return build(network, *rest)

    monkeypatch.setattr(generate, "build_workbook", noting)
    network = make_network("relu", "mse", (4, 8, 3), 300)
    with pytest.raises(
        FileError, match=r"these views have 2,\d{3},\d{3} cells, and no workbook of more than 1,000,000"
    ):
        make_workbook(network, WorkbookOptions(tuple(SHEETS)))
    assert max(built) == 3


def test_the_least_number_is_near_enough_to_ask_for_the_exact_one() -> None:
    """No workbook has so many times the least number that too large a one would not be foreseen."""
    network = make_network("relu", "mse", (4, 8, 3), 300)
    for view in SHEETS:
        shown = WorkbookOptions(tuple(dict.fromkeys(("step", view))))
        for some in (network, replace(network, inputs=network.inputs[:4], targets=network.targets[:4])):
            assert foreseen_cells(some, shown) * 2 < least_cells(some, shown) * MOST_TIMES_LEAST


def test_what_fits_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small workbooks cost nothing more."""
    network, shown = make_network("relu", "mse", (2, 2, 1), 4), WorkbookOptions()
    assert least_cells(network, shown) * MOST_TIMES_LEAST < Limits.cells
    monkeypatch.setattr(generate, "foreseen_cells", None)
    make_workbook(network, shown)
