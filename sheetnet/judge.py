"""Reads a workbook file and has it judged: by the names of its blocks, or by what its formulas compute.

The one door above both judges, `validation/` and `identification/`, which do not know it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sheetnet.engine import available
from sheetnet.engine.isolate import cannot_move
from sheetnet.errors import FileError, NetworkError
from sheetnet.files import read_workbook
from sheetnet.files.notices import noticing
from sheetnet.identification import judge_layout, load_map
from sheetnet.layout import blanks_named
from sheetnet.layout.record import carried, embedded_network
from sheetnet.network import Network
from sheetnet.syntax import parse_area
from sheetnet.syntax.function_facts import is_googles
from sheetnet.trials.draw import TRIALS
from sheetnet.validation.judge import judge_named
from sheetnet.validation.names import area_of, is_view_block
from sheetnet.validation.relative_names import in_full
from sheetnet.validation.report import CellVerdict, Report
from sheetnet.workbook import Workbook

NONE_KNOWN = "the copy asks for nothing that the network has: all its calculations count as answers"
SECOND_OPINION = "libreoffice"  # asked where the first engine cannot compute a formula


def validate(
    path: str | Path,
    network: Network | None = None,
    *,
    engine: str = "ironcalc",
    trials: int = TRIALS,
    seed: int = 0,
    strict_inputs: bool = False,
    inputs: str | Path | None = None,
    steps: int | None = None,
    blanks: Sequence[str] | None = None,
) -> Report:
    """Judge every calculation cell of a workbook against NumPy, at its own inputs and in `trials` seeded trials.

    `network`: what the workbook should compute; None takes the one it carries. With `strict_inputs` an edited input
    keeps the report from being ok. A workbook without any of sheetnet's names is judged by what its formulas compute, in
    whatever layout: `inputs` is then a file that says where the inputs stand (None: found by their values), `steps` how
    many training steps to look for. `blanks`, quantities as `generate --blank` takes them, are what a student was asked
    to fill in and alone count; None takes what the copy says. Raises `FileError` for an unusable file, `EngineError`
    where the engine fails. Nothing that a file would run is run; what may crash this process is for `validate_many`.
    """
    with noticing() as notices:
        workbook = read_workbook(path)
    expected = embedded_network(workbook, str(path)) if network is None else network
    asked, remarks = blocks_asked(workbook, expected, blanks)
    if network is not None and (inputs is not None or not _has_names(workbook, network)):
        where = None if inputs is None else load_map(inputs, workbook, network)
        report = judge_layout(workbook, network, where, steps=steps, engine=engine, trials=trials, seed=seed)
    else:
        remarks = (*_difference(workbook, network, str(path)), *remarks)
        report = judge(workbook, expected, engine=engine, trials=trials, seed=seed)
    return replace(
        report,
        workbook=str(path),
        network_source="the workbook itself" if network is None else "the file given",
        network_id=network_id(expected),
        cells=with_givens(report.cells, expected, asked),
        notes=(*notices, *remarks, *report.notes),
        strict_inputs=strict_inputs,
    )


def blocks_asked(
    workbook: Workbook, network: Network, teachers: Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The blocks that were asked for (none: everything counts), and notes for whoever reads the report.

    `teachers` are quantities as `generate --blank` takes them. Raises `NetworkError` for one that there is not.
    """
    claimed = _claimed(workbook)
    known = tuple(name for name in network.blocks if name in claimed)
    if teachers is not None:
        asked = blanks_named(network, teachers)
        differs = claimed and set(asked) != set(known)
        return asked, ("the copy says that other cells were asked for; the list given counts",) if differs else ()
    return known, (NONE_KNOWN,) if claimed and not known else ()


def with_givens(cells: Iterable[CellVerdict], network: Network, asked: Sequence[str]) -> tuple[CellVerdict, ...]:
    """The verdicts, those of cells that were not asked for marked as givens: the bias nodes inside a block among them.

    What no quantity is known of, in a layout of the student's own, may be an answer and counts as one.
    """
    if not asked:
        return tuple(cells)
    cells_asked = {_quantity(name) for name in asked}
    asked_as_a_whole = {*asked, *cells_asked}  # what is missing, under either name
    known = {*network.blocks, *map(_quantity, network.blocks)}

    def given(cell: CellVerdict) -> bool:
        counted = asked_as_a_whole if cell.index is None else cells_asked
        return cell.quantity not in counted and (cell.quantity in known or is_view_block(cell.quantity))

    return tuple(replace(cell, answer=False) if given(cell) else cell for cell in cells)


def _quantity(block: str) -> str:
    """What the cells of a block are called that a student fills in: those of `A_1` are a_1, beside the bias node."""
    return "a" + block[1:] if block.startswith("A_") and not block.endswith("_T") else block


def _claimed(workbook: Workbook) -> tuple[str, ...]:
    try:
        return carried(workbook, "").blanks
    except FileError:
        return ()


def network_id(network: Network) -> str:
    """A short text that is the same for equal networks, and for no others."""
    return hashlib.sha256(repr(network).encode()).hexdigest()[:16]


def judge(
    workbook: Workbook, network: Network, *, engine: str = "ironcalc", trials: int = TRIALS, seed: int = 0
) -> Report:
    """Judge a workbook that is already read; see `validate`."""
    whole = in_full(workbook)
    report = _judge_by_both(whole, network, engine, trials, seed)
    return report if whole is workbook else _as_written(report, workbook)


def _as_written(report: Report, workbook: Workbook) -> Report:
    """The report with formulas as they stand in the workbook, not as they were judged."""
    cells = []
    for cell in report.cells:
        sheet = workbook.sheet(cell.sheet or "") if cell.formula is not None else None
        area = parse_area(cell.cell or "")
        written = sheet.cells.get((area.top, area.left)) if sheet is not None and area is not None else None
        formula = cell.formula if written is None or written.formula is None else written.formula
        cells.append(cell if formula == cell.formula else replace(cell, formula=formula))
    return replace(report, cells=tuple(cells))


def _judge_by_both(workbook: Workbook, network: Network, engine: str, trials: int, seed: int) -> Report:
    """What one engine cannot compute, another is asked for, where it is installed."""
    report = judge_named(workbook, network, engine, trials, seed)
    doubted = [cell for cell in report.cells if _unjudged(cell)]
    if not doubted or engine == SECOND_OPINION or not available(SECOND_OPINION):
        return report
    second = judge_named(workbook, network, SECOND_OPINION, trials, seed)
    no_errors = {
        (cell.sheet, cell.cell, cell.quantity)
        for cell in report.cells
        if cell.verdict in ("correct", "unsupported") and not cannot_move(cell.formula or "")
    }
    if any(cell.verdict == "error" and (cell.sheet, cell.cell, cell.quantity) in no_errors for cell in second.cells):
        return report  # what the second engine lacks: its errors would be told as the student's
    more = f" and {len(doubted) - 1} more" if len(doubted) > 1 else ""
    places = f"{doubted[0].sheet}!{doubted[0].cell}{more}"
    return replace(second, notes=(*second.notes, f"{engine} cannot compute {places}: LibreOffice was asked instead"))


def _has_names(workbook: Workbook, network: Network) -> bool:
    """Whether any block of the network has a name that leads to cells of the workbook."""
    blocks = {block.casefold() for block in network.blocks}
    named = (name for name in workbook.names if name.name.casefold() in blocks)
    return any(area_of(workbook, name.refers_to) is not None for name in named)


def _difference(workbook: Workbook, network: Network | None, path: str) -> tuple[str, ...]:
    """A note where the workbook carries another network than the one that is given and counts."""
    if network is None:
        return ()
    try:
        own = embedded_network(workbook, path)
    except (FileError, NetworkError):
        return ()
    return () if own == network else ("the workbook carries another network than the file given, which counts",)


def _unjudged(cell: CellVerdict) -> bool:
    """Whether another engine may be able to judge what this one cannot."""
    formula = cell.formula or ""
    return cell.verdict == "unsupported" and not cannot_move(formula) and not is_googles(formula)
