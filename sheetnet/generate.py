"""From a network to a workbook file: NumPy gives the cached values, `formulas` the formulas, `files` writes.

It is the only place where the two derivations of the step lie side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sheetnet import __version__
from sheetnet.errors import FileError, NetworkError
from sheetnet.files import save_workbook
from sheetnet.layout import build_workbook
from sheetnet.network import Network
from sheetnet.presentation import Presentation, default_views
from sheetnet.reference import Array, evaluate, inputs_of, stacked
from sheetnet.reference.views import view_values
from sheetnet.workbook import Workbook


def make_workbook(network: Network, presentation: Presentation | None = None) -> Workbook:
    """The workbook of one training step; raises `NetworkError` where a quantity is not a finite number.

    `presentation` says which views it has and how they stand; None takes all views for a small network, else `Step`.
    """
    shown = presentation or Presentation(default_views(network))
    return build_workbook(network, _numbers(network, shown), __version__, shown)


def _numbers(network: Network, presentation: Presentation) -> dict[str, list[list[float]]]:
    """Every block of the step and of the views as rows of numbers."""
    step = evaluate(network, inputs_of(network))
    values = {}
    for name, block in network.blocks.items():
        array = stacked(step[name][0], block)
        if not np.isfinite(array).all():
            row, column = (int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise NetworkError(
                f"{name}[{row}, {column}] is {array[row, column]}: the network saturates at these numbers, so a cell "
                "would show an error: take smaller inputs or weights"
            )
        values[name] = array.tolist()
    views: dict[str, Array] = view_values(network, step, presentation)
    return values | {name: array[0].tolist() for name, array in views.items()}


def write_workbook(network: Network, path: str | Path) -> Path:
    """Write the network's workbook as .xlsx or .ods, by the ending of `path`; the file appears by rename.

    Raises `FileError` for another ending or a place that cannot be written, `NetworkError` for a step with infinities.
    """
    save_workbook(make_workbook(network), Path(path))
    return Path(path)


def write_all(network: Network, folder: Path, stem: str, suffixes: Sequence[str]) -> list[Path]:
    """Write `folder/stem.suffix` for each suffix ("xlsx", "ods") from one workbook; makes the folder, gives the paths."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder}: cannot be made a folder ({error.strerror}): choose another with -o") from None
    workbook = make_workbook(network)
    paths = [folder / f"{stem}.{suffix}" for suffix in suffixes]
    for path in paths:
        save_workbook(workbook, path)
    return paths
