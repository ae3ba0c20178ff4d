"""Makes and writes workbooks: NumPy gives the cached values, `formulas` the formulas, `layout` the places.

It is the only place where the two derivations of the step lie side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sheetnet._version import __version__
from sheetnet.engine import engine_named
from sheetnet.errors import FileError, NetworkError, UsageError
from sheetnet.files import save_workbook
from sheetnet.files.atomic import refuse_existing, refuse_shared
from sheetnet.files.limits import Limits
from sheetnet.formulas import Dimensions, spoken
from sheetnet.layout import Exercise, as_key, blanks_named, build_workbook, student_workbook
from sheetnet.network import Network
from sheetnet.network_file import NetworkLike, load_network
from sheetnet.predictor import blocks_on_sheets, predictor_of, refuse_predictor
from sheetnet.reference import evaluate_step, inputs_of, stacked
from sheetnet.reference.views import view_values
from sheetnet.workbook import Place, Value, Workbook
from sheetnet.workbook_options import (
    PREDICT_ALONE,
    WorkbookOptions,
    least_cells,
    left_out,
    pictured,
    usual_options,
    views_named,
)

MOST_TIMES_LEAST = 100  # a workbook has up to 40 times the cells that `least_cells` tells


def make_workbook(network: NetworkLike, presentation: WorkbookOptions | None = None) -> Workbook:
    """The workbook of one training step; raises `NetworkError` where a quantity is not a finite number.

    `network` is a template's name, a path, a table as TOML has it or a `Network`.
    `presentation` says which views it has and how they stand; None takes all views for a small network, else `Step`, and
    of a predictor Predict alone.
    Raises `FileError` where a sheet cannot hold them.
    """
    network = load_network(network)
    shown = presentation or usual_options(network)
    if shown.alone:
        network = predictor_of(network)
    else:
        refuse_predictor(network)
    missing = left_out(network)
    shown = replace(shown, views=tuple(view for view in shown.views if view not in missing))
    _refuse_what_is_not_read_back(network, shown)
    workbook = build_workbook(network, _numbers(network, shown), __version__, shown)
    _refuse_too_large(_cells(workbook))
    return workbook


def make_student_workbook(
    network: NetworkLike, exercise: Exercise | None = None, presentation: WorkbookOptions | None = None
) -> Workbook:
    """A student's copy: `Step` with the cells of the exercise emptied, nothing anywhere from which they could be read.

    Raises `NetworkError` for a quantity that there is not, for views other than `Step`, and as `make_workbook`.
    """
    network, shown = load_network(network), presentation or WorkbookOptions()
    refuse_predictor(network)
    _refuse_what_is_not_read_back(network, shown)
    if shown.views != ("step",):
        raise NetworkError(
            "a student's copy holds the view step alone, for others compute the answers", remedy="leave them out"
        )
    workbook = student_workbook(network, _numbers(network, shown), __version__, shown, exercise or Exercise())
    return recalculated(workbook)


def _refuse_what_is_not_read_back(network: Network, shown: WorkbookOptions) -> None:
    """Before anything is computed: first by the least there can be, then by the exact number where that is near enough."""
    least = least_cells(network, shown)
    _refuse_too_large(least, "at least ")
    many = network.observations > 3 or ("training" in shown.views and shown.steps > 2)
    if many and least * MOST_TIMES_LEAST > Limits.cells:
        _refuse_too_large(foreseen_cells(network, shown))


def foreseen_cells(network: Network, shown: WorkbookOptions) -> int:
    """How many cells the workbook will have, told by up to four small ones.

    The number is linear in the observations from 2 on (one alone needs no sum over them) and in the steps of training.
    """
    few = min(network.observations, 2)
    rows, steps = network.observations - few, shown.steps - 1 if "training" in shown.views else 0

    def count(observations: int, steps: int) -> int:
        some, briefly = _cut(network, observations), replace(shown, steps=steps)
        return _cells(build_workbook(some, _numbers(some, briefly), __version__, briefly))

    first = count(few, 1)
    row = count(few + 1, 1) - first if rows else 0
    step = count(few, 2) - first if steps else 0
    both = count(few + 1, 2) - first - row - step if rows and steps else 0
    pixels = network.sizes[0] + 1  # of a picture, and its title
    hidden = (
        (network.observations - pictured(network)[0]) * pixels if "pictures" in shown.views and network.image else 0
    )
    return first + rows * row + steps * step + rows * steps * both - hidden


def _cut(network: Network, observations: int) -> Network:
    """The network with its first observations."""
    return replace(network, inputs=network.inputs[:observations], targets=network.targets[:observations])


def _cells(workbook: Workbook) -> int:
    return sum(len(sheet.cells) for sheet in workbook.sheets)


def _refuse_too_large(cells: int, about: str = "") -> None:
    if cells > Limits.cells:
        raise FileError(
            f"these views have {about}{cells:,} cells, and no workbook of more than {Limits.cells:,} is read back",
            remedy="take fewer views, or a smaller network",
        )


def _numbers(network: Network, presentation: WorkbookOptions) -> dict[str, list[list[float]]]:
    """Every block of the step and of the views as rows of numbers."""
    step = evaluate_step(network, inputs_of(network))
    values = {}
    for name, block in blocks_on_sheets(network).items():
        array = stacked(step[name][0], block)
        if not np.isfinite(array).all():
            row, column = (int(i) for i in np.argwhere(~np.isfinite(array))[0])
            element = spoken(name, (row, column), Dimensions.of(network))
            raise NetworkError(
                f"{element} is {array[row, column]}: the network saturates at these numbers, so a cell would show an error",
                remedy="take smaller inputs or weights",
            )
        values[name] = array.tolist()
    views = view_values(network, step, presentation)
    return values | {name: array[0].tolist() for name, array in views.items()}


def recalculated(workbook: Workbook) -> Workbook:
    """The workbook with what its formulas really give as their cached values, computed by IronCalc."""
    places: list[Place] = [
        (sheet.name, *at) for sheet in workbook.sheets for at, cell in sheet.cells.items() if cell.formula is not None
    ]
    run = next(engine_named("ironcalc")(workbook, [], [None], places))
    values: dict[Place, Value] = dict(zip(places, run, strict=True))
    sheets = [
        replace(
            sheet,
            cells={
                at: cell if cell.formula is None else replace(cell, value=values[sheet.name, *at])
                for at, cell in sheet.cells.items()
            },
        )
        for sheet in workbook.sheets
    ]
    return replace(workbook, sheets=tuple(sheets))


def write_workbook(network: NetworkLike, path: str | Path, presentation: WorkbookOptions | None = None) -> Path:
    """Write the network's workbook as .xlsx or .ods, by the ending of `path`; the file appears by rename.

    `network` is a template's name, a path, a table as TOML has it or a `Network`.
    `presentation` says which sheets it has; None takes all for a small network, else `Step` alone. Raises `FileError` for
    another ending, a place that cannot be written or more cells than are read back, `NetworkError` for a step with
    infinities.

    >>> sheetnet.write_workbook(sheetnet.load_network("xor-batch"), "xor.ods").name
    'xor.ods'
    """
    save_workbook(make_workbook(network, presentation), Path(path))
    return Path(path)


def write_student_workbook(
    network: NetworkLike,
    path: str | Path,
    *,
    blanks: Sequence[str] = (),
    hints: str = Exercise.hints,
    column: bool = False,
) -> Path:
    """Write a student's copy as .xlsx or .ods: the answers are emptied, all else is locked, hints are cell comments.

    `blanks` are quantities, such as "delta" or "dC_dW_1"; none asks for every calculation. `hints` are "none",
    "equation" or "example": how much the comments tell. `column` shows the step with column vectors. No answer stands
    anywhere in the file. Raises `NetworkError` for a quantity or hints that there are not, `FileError` as
    `write_workbook`.

    >>> path = sheetnet.write_student_workbook(sheetnet.load_network("d02b"), "student.ods", blanks=["delta"])
    >>> sheetnet.validate(path)
    <Report student.ods: not ok, 4 blank>
    """
    network = load_network(network)
    exercise = Exercise(blanks_named(network, blanks), hints)
    save_workbook(make_student_workbook(network, exercise, WorkbookOptions(column=column)), Path(path))
    return Path(path)


def asked_for(
    network: NetworkLike,
    stem: str,
    student: bool = False,
    blanks: Sequence[str] = (),
    hints: str | None = None,
    *,
    views: str | None = None,
    column: bool = False,
    steps: int | None = None,
    key: bool = False,
    predict: bool = False,
    rows: int | None = None,
) -> dict[str, Workbook]:
    """File stem → workbook: `stem` with all its views, or a student's copy `stem-student` and, if wanted, `stem-key`.

    With `predict` it is `stem-predict`, the sheet Predict alone with the weights and so many `rows`.

    `views` are words such as "step,training" or "all"; None takes all for a small network. `steps` None takes those of
    the network file, else 50. Raises `NetworkError`.
    """
    network = load_network(network)
    if predict:
        if student or key or blanks or hints or views or column or steps:
            raise UsageError(
                "--predict writes a workbook of its own", remedy="leave all else but --rows and --format out"
            )
        alone = PREDICT_ALONE if rows is None else replace(PREDICT_ALONE, rows=rows)
        return {f"{stem}-predict": make_workbook(network, alone)}
    if rows is not None:
        raise UsageError("--rows are those of a workbook that only predicts", remedy="add --predict")
    presentation = usual_options(network, None if views is None else views_named(views), column, steps)
    if not student:
        if key or blanks or hints:
            raise NetworkError("--key, --blank and --hints are about a student's copy", remedy="add --student")
        return {stem: make_workbook(network, presentation)}
    exercise = Exercise(blanks_named(network, blanks), hints or Exercise.hints)
    alone = presentation if views else replace(presentation, views=("step",))
    found = {f"{stem}-student": make_student_workbook(network, exercise, alone)}
    return found | ({f"{stem}-key": as_key(make_workbook(network, presentation))} if key else {})


def write_all(
    workbooks: Mapping[str, Workbook],
    folder: Path,
    suffixes: Sequence[str],
    force: bool = True,
    sources: Sequence[Path] = (),
) -> list[Path]:
    """Write `folder/stem.suffix` for each stem and suffix ("xlsx", "ods"); makes the folder, gives the paths.

    Raises `FileError` where that fails, where two of the files are one by a link, or one is among the `sources` that were
    read, and without `force` for a file that is there already: before any is written.
    """
    paths = {folder / f"{stem}.{suffix}": book for stem, book in workbooks.items() for suffix in suffixes}
    refuse_shared(paths, sources)
    refuse_existing(paths, force)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            f"cannot be made a folder ({error.strerror})", path=folder, remedy="choose another with -o"
        ) from None
    for path, workbook in paths.items():
        save_workbook(workbook, path)
    return list(paths)
