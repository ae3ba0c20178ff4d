"""Reads a workbook file and has it judged: by the names of its blocks, or by what its formulas compute.

The one door above both judges, `validation/` and `identification/`, which do not know it.
"""

from __future__ import annotations

import gc
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sheetnet.engine import available
from sheetnet.engine.prepare import cannot_move, in_full
from sheetnet.errors import FileError, NetworkError
from sheetnet.files import read_workbook
from sheetnet.files.limits import Limits
from sheetnet.files.notices import noticing
from sheetnet.judge_options import DEFAULT_OPTIONS, JudgeOptions
from sheetnet.layout import blanks_named
from sheetnet.layout.info_sheets import RECORD_SHEET, carried, embedded_network
from sheetnet.network import Network
from sheetnet.network_file import NetworkLike, dump_network, load_network
from sheetnet.predictor import Predictor
from sheetnet.quantity import Quantity, q
from sheetnet.syntax import parse_area
from sheetnet.syntax.function_facts import is_googles
from sheetnet.syntax.references import listed
from sheetnet.validation.defined_names import area_of, is_view_block
from sheetnet.validation.pipeline import judge_named
from sheetnet.validation.result import CellVerdict, Report
from sheetnet.verdict import Verdict
from sheetnet.workbook import Workbook

NONE_KNOWN = "the copy asks for nothing that the network has: all its calculations count as answers"
_SIZES = re.compile(r"(?<!\d)\d++(?:-\d++)++")
_OWN_NAMES = {name.casefold() for name in (q("A", 0), q("W", 1))}  # other people name cells "target", "z_1"
_SAYS_NOTHING = f"has no sheet {RECORD_SHEET}, so it does not say which network it computes"
SECOND_OPINION = "libreoffice"  # asked where the first engine cannot compute a formula


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Within the block Python looks for circles of dead objects a hundred times less: judging makes many and leaves none."""
    usual = gc.get_threshold()
    gc.set_threshold(usual[0] * 100, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


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
    cells_asked = {Quantity.of(name).of_cells.name for name in asked}
    asked_as_a_whole = {*asked, *cells_asked}  # what is missing, under either name
    known = {name for block in network.blocks.values() for name in (block.name, block.quantity.of_cells.name)}

    def given(cell: CellVerdict) -> bool:
        counted = asked_as_a_whole if cell.index is None else cells_asked
        return cell.quantity not in counted and (cell.quantity in known or is_view_block(cell.quantity))

    return tuple(replace(cell, answer=False) if given(cell) else cell for cell in cells)


def _claimed(workbook: Workbook) -> tuple[str, ...]:
    try:
        return carried(workbook, "").blanks
    except FileError:
        return ()


def validate(
    path: str | os.PathLike[str],
    network: NetworkLike | None = None,
    *,
    engine: str = JudgeOptions.engine,
    trials: int = JudgeOptions.trials,
    seed: int = JudgeOptions.seed,
    strict_inputs: bool = JudgeOptions.strict_inputs,
    inputs: str | os.PathLike[str] | None = JudgeOptions.inputs,
    steps: int | None = JudgeOptions.steps,
    sheet: str | None = JudgeOptions.sheet,
    complete: bool = JudgeOptions.complete,
    blanks: Sequence[str] | None = JudgeOptions.blanks,
    limits: Mapping[str, int] | Limits | None = None,
) -> Report:
    """Judge every calculation cell of a workbook against NumPy, at its own inputs and in `trials` seeded trials.

    `network`: what the workbook should compute, a template's name, a path, a table as TOML has it or a `Network`; None
    takes the one the workbook carries. With `strict_inputs` an edited input
    keeps the report from being ok. A workbook without any of sheetnet's names is judged by what its formulas compute, in
    whatever layout: `inputs` is then a file that says where the inputs stand (None: they are found by their values),
    `steps` how many training steps to look for, `sheet` the sheet that counts where several have the same numbers. Without
    a network such a workbook is judged by what its own forward pass computes, as `infer` reads it. What it does not compute
    at all, such as a backward pass, is missing with `complete` alone, or where students were asked for it. `blanks` are the
    quantities that a student was asked to fill in, as `generate --blank` takes them ("all" for every calculation): they
    alone are counted; None takes what the copy says.
    `limits` are changes to how much the file may ask, by the names of `sheetnet limits`.
    What the file would fetch or run is not followed; the report's notes tell it. Raises `FileError` for an unusable file,
    `UsageError` for an option that cannot be, `EngineError` where the engine fails.

    This runs in the calling process, which a hostile formula can crash or keep busy for hours: untrusted files are
    for `validate_many`.

    >>> path = sheetnet.write_workbook(sheetnet.load_network("d02b"), "d02b.xlsx")
    >>> sheetnet.validate(path, trials=4, seed=1)
    <Report d02b.xlsx: ok, 3,104 correct>
    """
    options = JudgeOptions(
        engine, trials, seed, strict_inputs, inputs, steps, sheet, complete, blanks, Limits.of(limits)
    )
    return judge_file(path, None if network is None else load_network(network), options)


@collecting_seldom()
def judge_file(path: str | os.PathLike[str], network: Network | None, options: JudgeOptions) -> Report:
    """The same with options made before; see `validate`."""
    with noticing() as notices:
        workbook = read_workbook(path, options.limits)
    notes = tuple(notices)
    name, given = os.fspath(path), network
    inferred = given is None and is_of_any_layout(workbook)
    if inferred or (given is not None and (options.inputs is not None or not _has_names(workbook, given))):
        from sheetnet.identification import INFERRED, expected_of, judge_layout  # sheets without names are few

        try:
            network, where, found = expected_of(workbook, given, options, name)
        except FileError as error:
            remedy = "give --network" if inferred else None
            raise FileError(f"{_SAYS_NOTHING}; {error}" if inferred else str(error), path=path, remedy=remedy) from None
        asked, remarks = blocks_asked(workbook, network, options.blanks)
        whole = replace(options, complete=options.complete or bool(asked))
        report = judge_layout(workbook, network, where, whole, name=name)
        source, remarks = INFERRED if inferred else report.network_source, (*remarks, *found)
    else:
        network = embedded_network(workbook, name) if given is None else given
        asked, remarks = blocks_asked(workbook, network, options.blanks)
        remarks = (*(_difference(workbook, given, name) if given else _other_sizes(network)), *remarks)
        report = judge(workbook, network, options)
        source = "the file given" if given else "the workbook itself"
    return replace(
        report,
        workbook=name,
        network_source=source,
        network_id=network_id(network),
        sizes=network.sizes,
        cells=with_givens(report.cells, network, asked),
        notes=(*notes, *remarks, *report.notes),
        strict_inputs=options.strict_inputs,
        students_copy=bool(_claimed(workbook)),
    )


def is_of_any_layout(workbook: Workbook) -> bool:
    """Whether a workbook neither says which network it computes nor has the names by which such a one would be judged."""
    own = (area_of(workbook, name.refers_to) for name in workbook.names if name.name.casefold() in _OWN_NAMES)
    return workbook.sheet(RECORD_SHEET) is None and not any(area is not None and area.shape != (1, 1) for area in own)


def network_id(network: Network) -> str:
    """A short text that is the same for equal networks, and for no others."""
    return hashlib.sha256(dump_network(network).encode()).hexdigest()[:16]


def judge(workbook: Workbook, network: Network, options: JudgeOptions = DEFAULT_OPTIONS) -> Report:
    """Judge a workbook that is already read; see `validate`."""
    whole = in_full(workbook, options.limits.formula)
    report = _judge_by_both(whole, network, options)
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


def _judge_by_both(workbook: Workbook, network: Network, options: JudgeOptions) -> Report:
    """What one engine cannot compute, another is asked for, where it is installed."""
    report = judge_named(workbook, network, options)
    doubted = [cell for cell in report.cells if _unjudged(cell)]
    if not doubted or options.engine == SECOND_OPINION or not available(SECOND_OPINION):
        return report
    second = judge_named(workbook, network, replace(options, engine=SECOND_OPINION))
    no_errors = {
        (cell.sheet, cell.cell, cell.quantity)
        for cell in report.cells
        if cell.verdict in (Verdict.CORRECT, Verdict.UNSUPPORTED) and not cannot_move(cell.formula or "")
    }
    if any(
        cell.verdict == Verdict.ERROR and (cell.sheet, cell.cell, cell.quantity) in no_errors for cell in second.cells
    ):
        return report  # what the second engine lacks: its errors would be told as the student's
    places = listed([cell.place for cell in doubted], most=1)
    return replace(
        second, notes=(*second.notes, f"{options.engine} cannot compute {places}: LibreOffice was asked instead")
    )


def _has_names(workbook: Workbook, network: Network) -> bool:
    """Whether any block of the network has a name that leads to cells of the workbook, which are not just named alike."""
    if is_of_any_layout(workbook):
        return False
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
    if isinstance(own, Predictor) and not isinstance(network, Predictor):
        return ("the workbook only predicts and the network given is trained: without --network it is judged as it is",)
    return () if own == network else ("the workbook carries another network than the file given, which counts",)


def _other_sizes(network: Network) -> tuple[str, ...]:
    """A note where a carried network is titled with other sizes than it has, as one that was made easy may be."""
    said, own = _SIZES.search(network.title), "-".join(map(str, network.sizes))
    if said is None or said[0] == own:
        return ()
    return (f"the network that the workbook carries is called {said[0]} and is {own}: give the right one by --network",)


def _unjudged(cell: CellVerdict) -> bool:
    """Whether another engine may be able to judge what this one cannot."""
    formula = cell.formula or ""
    return cell.verdict == Verdict.UNSUPPORTED and not cannot_move(formula) and not is_googles(formula)
