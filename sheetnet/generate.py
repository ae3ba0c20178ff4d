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
from sheetnet.reference import stacked, training_step
from sheetnet.workbook import Workbook


def make_workbook(network: Network) -> Workbook:
    """The workbook of one training step; raises `NetworkError` where a quantity is not a finite number."""
    step = training_step(network)
    values = {}
    for name, block in network.blocks.items():
        array = stacked(step[name], block)
        if not np.isfinite(array).all():
            row, column = (int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise NetworkError(
                f"{name}[{row}, {column}] is {array[row, column]}: the network saturates at these numbers, so a cell "
                "would show an error: take smaller inputs or weights"
            )
        values[name] = array.tolist()
    return build_workbook(network, values, __version__)


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
