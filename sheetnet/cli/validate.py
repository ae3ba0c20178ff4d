"""The command `validate`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sheetnet.cli.options import EngineName, LimitChanges, complain
from sheetnet.errors import UsageError
from sheetnet.judge_options import MOST_TRIALS, JudgeOptions
from sheetnet.verdict import Status

if TYPE_CHECKING:
    from sheetnet.batch.api import Outputs
    from sheetnet.batch.journal import Result

USUAL_ENGINE = EngineName(JudgeOptions.engine)
EXIT_CODES = {Status.CORRECT: 0, Status.INCORRECT: 1, Status.UNREADABLE: 2}


def validate_command(
    workbooks: Annotated[list[Path], typer.Argument(metavar="WORKBOOK…", help="Workbooks to judge.")],
    network: Annotated[
        str | None, typer.Option(metavar="TEMPLATE|FILE.toml", help="What they should compute; else what each carries.")
    ] = None,
    engine: Annotated[EngineName, typer.Option(help="What recalculates the workbooks.")] = USUAL_ENGINE,
    trials: Annotated[
        int, typer.Option(min=1, max=MOST_TRIALS, help="Random trials a workbook.")
    ] = JudgeOptions.trials,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the trials.")] = JudgeOptions.seed,
    strict_inputs: Annotated[bool, typer.Option("--strict-inputs", help="Edited inputs are not ok.")] = (
        JudgeOptions.strict_inputs
    ),
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
    limit: LimitChanges = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist; workbooks never.")] = False,
) -> None:
    """Judge every calculation cell of workbooks against NumPy, each in a guarded process.

    Exit code 0: all correct; 1: something is not; 2: a file cannot be used.
    """
    from sheetnet.batch.api import Outputs, validate_many
    from sheetnet.batch.schedule import Workers
    from sheetnet.files.limits import Limits, parse_limits

    if resume and jsonl is None:
        raise UsageError("--resume needs --jsonl FILE", remedy="the results that are to be kept stand there")
    changes = parse_limits(limit or [])
    with Workers() as workers:
        workers.start(1)  # it imports what it needs while this process does
        read = [Path(path) for path in (network, inputs) if path is not None]
        outputs = Outputs(workbooks, json, html, marked, force, jsonl, read)
        results = validate_many(
            workbooks, network, engine=engine.value, trials=trials, seed=seed, strict_inputs=strict_inputs, inputs=inputs,
            steps=steps, blanks=blank or None, limits=changes, jobs=jobs, jsonl=jsonl, resume=resume, force=force,
            workers=workers,
        )  # fmt: skip
        try:
            codes = _shown(results, len(workbooks), outputs, network is not None)
        except KeyboardInterrupt:
            go_on = "go on with --resume" if jsonl is not None else "with --jsonl FILE --resume could go on"
            complain(f"interrupted after {outputs.count:,} of {len(workbooks):,} workbooks: {go_on}")
            raise typer.Exit(130) from None
        for line in outputs.write(workers, jobs, Limits.of(changes)):
            complain(line)
            codes.add(2)
    raise typer.Exit(max(codes))


def _shown(results: Iterator[Result], count: int, outputs: Outputs, one_network: bool) -> set[int]:
    """Print each result in its turn, and give the exit codes that they ask for."""
    from rich.text import Text

    from sheetnet.report.terminal import console, judging, networks_carried, result_view, totals

    counts: Counter[Status] = Counter()
    carried: dict[str, list[str]] = {}
    with judging(count) as done:
        for result in results:
            counts[result.status] += 1
            outputs.take(result)
            if result.report is not None and result.report.network_id:
                carried.setdefault(result.report.network_id, []).append(result.path)
            if result.error is not None:
                complain(result.error)
            shown = result.report is not None and outputs.json != "-"
            done(result_view(result) if shown else None)
    remark = networks_carried(carried) if not one_network and len(carried) > 1 else None
    if outputs.json == "-":
        sys.stdout.write(outputs.json_text())
        if remark is not None:
            complain(remark)
    elif count > 1:
        console().print(totals(counts))
        if remark is not None:
            console().print(Text(remark, style="yellow"))
    return {EXIT_CODES[status] for status in counts}
