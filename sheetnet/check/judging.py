"""From a workbook file to its report: read, put it on the bench, judge, name causes. It formats nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sheetnet.check.assess import Assessment, assess
from sheetnet.check.draws import TRIALS
from sheetnet.check.inputs import edited_inputs, played_ties
from sheetnet.check.judge import NOT_IMPLEMENTED
from sheetnet.check.relative_names import without_relative_names
from sheetnet.check.runs import Bench, Runs
from sheetnet.check.verdicts import CellVerdict, Report
from sheetnet.check.whereabouts import whereabouts
from sheetnet.engine import available, engine_named
from sheetnet.errors import FileError, NetworkError
from sheetnet.files import read_workbook
from sheetnet.files.notices import noticing
from sheetnet.layout.hidden import embedded_network
from sheetnet.network import Network
from sheetnet.syntax import cell_name, functions
from sheetnet.workbook import Workbook

SECOND_OPINION = "libreoffice"  # asked where the first engine gives an error but the file shows a number


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
) -> Report:
    """Judge every calculation cell of a workbook against NumPy, at its own inputs and in `trials` seeded trials.

    `network`: what the workbook should compute; None takes the one it carries. With `strict_inputs` an edited input
    keeps the report from being ok. A workbook without any of sheetnet's names is judged by what its formulas compute, in
    whatever layout: `inputs` is then a file that says where the inputs stand (None: they are found by their values),
    `steps` how many training steps to look for. What the file would fetch or run is not followed; the report's notes
    tell it. Raises `FileError` for an unusable file, `EngineError` where the engine fails.

    This runs in the calling process, which a hostile formula can crash or keep busy for hours: strangers' files are
    for `validate_many`.
    """
    with noticing() as notices:
        workbook = read_workbook(path)
    notes = tuple(notices)
    if network is not None and (inputs is not None or not _has_names(workbook, network)):
        from sheetnet.identify import judge_layout, load_map  # it builds on this package

        where = None if inputs is None else load_map(inputs, workbook, network)
        report = judge_layout(
            workbook, network, where, name=str(path), steps=steps, engine=engine, trials=trials, seed=seed
        )
        return replace(report, notes=(*notes, *report.notes))
    if network is None:
        network, source = embedded_network(workbook, str(path)), "the workbook itself"
    else:
        source, notes = "the file given", (*notes, *_difference(workbook, network, str(path)))
    report = judge(workbook, network, engine=engine, trials=trials, seed=seed)
    return replace(
        report,
        workbook=str(path),
        network_source=source,
        notes=(*notes, *report.notes),
        strict_inputs=strict_inputs,
    )


def judge(
    workbook: Workbook, network: Network, *, engine: str = "ironcalc", trials: int = TRIALS, seed: int = 0
) -> Report:
    """Judge a workbook that is already read; see `validate`."""
    workbook = without_relative_names(workbook)
    report = _judge(workbook, network, engine, trials, seed)
    doubted = [cell for cell in report.cells if _doubted(cell)]
    if not doubted or engine == SECOND_OPINION:
        return report
    places = f"{len(doubted)} cells where it may be wrong itself, such as {doubted[0].sheet}!{doubted[0].cell}"
    if available(SECOND_OPINION):
        note = f"{engine} gives errors in {places}: LibreOffice was asked instead"
        second = _judge(workbook, network, SECOND_OPINION, trials, seed)
        return replace(second, notes=(*second.notes, note))
    cells = tuple(_unsupported(cell, engine) if cell in doubted else cell for cell in report.cells)
    return replace(report, cells=cells, notes=(*report.notes, f"{engine} gives errors in {places}"))


def _judge(workbook: Workbook, network: Network, engine: str, trials: int, seed: int) -> Report:
    found = assess(Bench.of(workbook, network, engine_named(engine), trials, seed), seed)
    bench, convention = found.bench, found.bench.convention
    problems = [CellVerdict(None, None, p.block, None, p.verdict, p.message) for p in bench.located.problems]
    return Report(
        workbook="",
        network=network.title,
        network_source="the file given",
        engine=engine,
        trials=bench.trials.count,
        seed=seed,
        cells=(*problems, *_bad_inputs(bench, found.runs), *found.cells),
        edited_inputs=tuple(edited_inputs(network, bench.inputs, found.runs.inputs)),
        notes=tuple(_notes(found)),
        convention=convention.name if convention else None,
    )


def _notes(found: Assessment) -> Iterator[str]:
    if found.bench.convention:
        yield f"judged by the sheet's own convention: {found.bench.convention.message}"
    yield from whereabouts(found.bench.workbook, found.bench.located, found.bench.answers)
    if tied := played_ties(found.bench.network, found.bench.inputs):
        one, other = (f"{name}[{row}, {column}]" for name, row, column in next(iter(tied.items())))
        more = f", and {len(tied) - 1} more" if len(tied) > 1 else ""
        yield f"inputs refer to each other, so that formulas may use either: {one} is {other} here{more}"
    if not found.bench.trials.count:
        yield (
            "no random inputs were found at which the numbers of this network stay finite: nothing could be tried, so check "
            "the network's activations and loss, or take another --seed"
        )
    if not found.runs.evidence.own:
        yield "the sheet's own inputs give no finite numbers to compare with: the trials alone judge"


def _has_names(workbook: Workbook, network: Network) -> bool:
    """Whether any block of the network is named in the workbook."""
    named = {name.name.casefold() for name in workbook.names}
    return any(block.casefold() in named for block in network.blocks)


def _difference(workbook: Workbook, network: Network, path: str) -> tuple[str, ...]:
    """A note where the workbook carries another network than the one that counts."""
    try:
        carried = embedded_network(workbook, path)
    except (FileError, NetworkError):
        return ()
    return () if carried == network else ("the workbook carries another network than the file given, which counts",)


def _doubted(cell: CellVerdict) -> bool:
    """Whether the engine is to be doubted: it says so itself, or the file shows a number where it gives an error."""
    if cell.verdict == "unsupported":
        return cell.value == NOT_IMPLEMENTED
    return cell.verdict == "error" and cell.formula is not None and isinstance(cell.saved, float)


def _unsupported(verdict: CellVerdict, engine: str) -> CellVerdict:
    used = ", ".join(sorted(functions(verdict.formula or ""))) or "this formula"
    message = f"{engine} cannot evaluate {used}, though the file shows a number: try --engine {SECOND_OPINION}"
    return replace(verdict, verdict="unsupported", message=message)


def _bad_inputs(bench: Bench, runs: Runs) -> list[CellVerdict]:
    """Input cells that hold text or an error: nothing can be computed from them."""
    return [
        CellVerdict(
            cell.place[0],
            cell_name(*cell.place[1:]),
            cell.element[0],
            cell.element[1:],
            "error",
            f"this input holds {str(value)!r}, which is no number: the trials put numbers in its place",
            formula=cell.formula,
            value=value,
        )
        for cell in bench.inputs
        if (value := runs.inputs[cell.place]) is not None and not isinstance(value, float)
    ]
