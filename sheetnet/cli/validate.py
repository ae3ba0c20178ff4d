"""The command `validate`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sheetnet.cli.options import EngineName, Limits, complain
from sheetnet.errors import UsageError
from sheetnet.verdict import Status

if TYPE_CHECKING:
    from sheetnet.batch.api import Outputs

EXIT_CODES = {Status.CORRECT: 0, Status.INCORRECT: 1, Status.UNREADABLE: 2}


def validate_command(
    workbooks: Annotated[list[Path], typer.Argument(metavar="WORKBOOK…", help="Workbooks to judge.")],
    network: Annotated[
        str | None, typer.Option(metavar="TEMPLATE|FILE.toml", help="What they should compute; else what each carries.")
    ] = None,
    engine: Annotated[EngineName, typer.Option(help="What recalculates the workbooks.")] = EngineName.IRONCALC,
    trials: Annotated[int, typer.Option(min=1, max=1000, help="Random trials a workbook.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the trials.")] = 0,
    strict_inputs: Annotated[bool, typer.Option("--strict-inputs", help="Edited inputs are not ok.")] = False,
    inputs: Annotated[
        Path | None, typer.Option(metavar="MAP.toml", help="Where the inputs stand in a layout that is not sheetnet's.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps in such a layout; else all there are.")
    ] = None,
    blank: Annotated[
        list[str] | None,
        typer.Option(
            metavar="QUANTITY",
            help="What students were asked to fill in, such as delta, or all: only that counts. Else what each copy "
            "says. Repeatable.",
        ),
    ] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the report as JSON; - is stdout.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as a page.")] = None,
    marked: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write a marked copy; of several workbooks, into this folder.")
    ] = None,
    jsonl: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write each result as a line of JSON as soon as it is there.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Keep the results that the JSON lines have.")] = False,
    jobs: Annotated[int | None, typer.Option(min=1, metavar="N", help="Workers at once; else one a core.")] = None,
    limit: Limits = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist; workbooks never.")] = False,
) -> None:
    """Judge every calculation cell of workbooks against NumPy, each in a guarded process.

    Exit code 0: all correct; 1: something is not; 2: a file cannot be used.
    """
    from sheetnet.batch.api import Outputs
    from sheetnet.batch.schedule import Workers
    from sheetnet.files.limits import parse_limits

    if resume and jsonl is None:
        raise UsageError("--resume needs --jsonl FILE: the results that are to be kept stand there")
    limits = parse_limits(limit or [])
    with Workers() as workers:
        workers.start(1)  # it imports what it needs while this process does
        read = [Path(path) for path in (network, inputs) if path is not None]
        outputs = Outputs(workbooks, json, html, marked, force, jsonl, read)
        how: dict[str, Any] = {"engine": engine.value, "trials": trials, "seed": seed, "strict_inputs": strict_inputs}
        how |= {"inputs": inputs, "steps": steps, "jsonl": jsonl, "resume": resume, "force": force, "jobs": jobs}
        how |= {"blanks": tuple(blank)} if blank else {}
        codes = _judged(workbooks, network, {**how, "limits": limits, "workers": workers}, outputs)
        for line in outputs.write(workers, jobs, limits):
            complain(line)
            codes.add(2)
    raise typer.Exit(max(codes))


def _judged(paths: list[Path], network: str | None, how: Mapping[str, Any], outputs: Outputs) -> set[int]:
    """Judge all files, print each result in its turn, and give the exit codes that they ask for."""
    from rich.text import Text

    from sheetnet.batch.api import validate_many
    from sheetnet.network_file import load_network
    from sheetnet.report.terminal import console, judging, networks_carried, result_view, totals

    counts: Counter[Status] = Counter()
    carried: dict[str, list[str]] = {}
    expected = load_network(network) if network is not None else None
    try:
        with judging(len(paths)) as done:
            for result in validate_many(paths, expected, **how):
                counts[result.status] += 1
                outputs.take(result)
                if result.report is not None and result.report.network_id:
                    carried.setdefault(result.report.network_id, []).append(result.path)
                if result.error is not None:
                    complain(result.error)
                shown = result.report is not None and outputs.json != "-"
                done(result_view(result) if shown else None)
    except KeyboardInterrupt:
        go_on = "go on with --resume" if how["jsonl"] is not None else "with --jsonl FILE --resume could go on"
        complain(f"interrupted after {counts.total():,} of {len(paths):,} workbooks: {go_on}")
        raise typer.Exit(130) from None
    remark = networks_carried(carried) if network is None and len(carried) > 1 else None
    if outputs.json == "-":
        sys.stdout.write(outputs.json_text())
        if remark is not None:
            complain(remark)
    elif len(paths) > 1:
        console().print(totals(counts))
        if remark is not None:
            console().print(Text(remark, style="yellow"))
    return {EXIT_CODES[status] for status in counts}
