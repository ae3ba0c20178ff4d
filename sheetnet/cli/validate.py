"""The command `validate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sheetnet.cli.options import EngineName, LimitChanges, OutputFormat, Printed
from sheetnet.errors import UsageError
from sheetnet.judge_options import MOST_TRIALS, JudgeOptions

_Workbooks = Annotated[list[Path], typer.Argument(metavar="WORKBOOK", help="Workbooks to judge.")]
_Expected = Annotated[
    str | None,
    typer.Option(
        metavar="TEMPLATE|FILE.toml", help="What they should compute; by default the network that each carries."
    ),
]
_Engine = Annotated[EngineName, typer.Option(help="What recalculates the workbooks.")]
_Trials = Annotated[int, typer.Option(min=1, max=MOST_TRIALS, help="Random trials per workbook.")]
_Seed = Annotated[int, typer.Option(min=0, help="The seed of the trials.")]
_StrictInputs = Annotated[bool, typer.Option("--strict-inputs", help="Edited inputs make a report not ok.")]
_Inputs = Annotated[
    Path | None, typer.Option(metavar="MAP.toml", help="Where the inputs stand in a layout that is not sheetnet's.")
]
_Steps = Annotated[int | None, typer.Option(min=1, help="Training steps in such a layout; by default all there are.")]
_Blank = Annotated[
    list[str] | None,
    typer.Option(
        metavar="QUANTITY",
        help="What students were asked to fill in, such as delta, or all: only that counts. Else what each copy "
        "says. Repeatable.",
    ),
]
_Json = Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the report as JSON; - is stdout.")]
_Html = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as a page.")]
_Marked = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Write a marked copy; of several workbooks, into this folder.")
]
_Jsonl = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write each result as a line of JSON as soon as it is there.")
]
_Resume = Annotated[bool, typer.Option("--resume", help="Keep the results that the JSON lines have.")]
_Jobs = Annotated[int | None, typer.Option(min=1, metavar="N", help="Workers at once; by default one per core.")]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite files that exist; workbooks never.")]

USUAL_ENGINE = EngineName(JudgeOptions.engine)


def validate_command(
    context: typer.Context,
    workbooks: _Workbooks,
    network: _Expected = None,
    engine: _Engine = USUAL_ENGINE,
    trials: _Trials = JudgeOptions.trials,
    seed: _Seed = JudgeOptions.seed,
    strict_inputs: _StrictInputs = JudgeOptions.strict_inputs,
    inputs: _Inputs = None,
    steps: _Steps = None,
    blank: _Blank = None,
    json: _Json = None,
    html: _Html = None,
    marked: _Marked = None,
    jsonl: _Jsonl = None,
    resume: _Resume = False,
    jobs: _Jobs = None,
    output_format: Printed = OutputFormat.FULL,
    limit: LimitChanges = None,
    force: _Force = False,
) -> None:
    """Judge every calculation cell of workbooks against NumPy, each in a separate process with limits.

    Exit code 0: all correct; 1: something is not; 2: a file cannot be used.
    """
    from sheetnet.cli.validate_output import Limits, Outputs, Shown, Workers, parse_limits, validate_many

    if resume and jsonl is None:
        raise UsageError("--resume needs --jsonl FILE", remedy="the results that are to be kept stand there")
    changes = parse_limits(limit or [])
    with Workers(context.obj) as workers:  # what it needs is imported while this process imports the commands
        read = [Path(path) for path in (network, inputs) if path is not None]
        shown = Shown(Outputs(workbooks, json, html, marked, force, jsonl, read), network is None, jsonl, output_format)
        results = validate_many(workbooks, network, engine=engine.value, trials=trials, seed=seed, inputs=inputs,
            strict_inputs=strict_inputs, steps=steps, blanks=blank or None, limits=changes, jobs=jobs, jsonl=jsonl,
            resume=resume, force=force, workers=workers)  # fmt: skip
        with shown.progress(len(workbooks)) as show:
            for result in results:
                show(result)
        raise typer.Exit(shown.finish(workers, jobs, Limits.of(changes)))
