"""The command `validate`: judges workbooks, shows each as soon as it is judged, and sums them up."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from sheetnet.batch.api import Outputs, validate_many
from sheetnet.batch.journal import Result
from sheetnet.batch.schedule import Workers
from sheetnet.cli.options import EngineName, LimitChanges, complain
from sheetnet.errors import UsageError
from sheetnet.files.limits import Limits, parse_limits
from sheetnet.judge_options import MOST_TRIALS, JudgeOptions
from sheetnet.report.terminal import console, judging, networks_carried, report_view, totals
from sheetnet.verdict import Status

__all__ = ["Limits", "Outputs", "Shown", "Workers", "parse_limits", "validate_many"]

EXIT_CODES = {Status.CORRECT: 0, Status.INCORRECT: 1, Status.UNREADABLE: 2}


class Shown:
    """The results so far: each printed in its turn and taken to the outputs, and what they carry counted."""

    def __init__(self, outputs: Outputs, by_own_networks: bool, jsonl: Path | None) -> None:
        self._outputs, self._by_own, self._jsonl = outputs, by_own_networks, jsonl
        self._counts: Counter[Status] = Counter()
        self._carried: dict[str, list[str]] = {}

    @contextmanager
    def progress(self, count: int) -> Iterator[Callable[[Result], None]]:
        """A function that shows a result, and a bar; an interruption says how to go on, and ends the command."""
        try:
            with judging(count) as done:
                yield lambda result: done(self._view(result))
        except KeyboardInterrupt:
            go_on = "go on with --resume" if self._jsonl is not None else "with --jsonl FILE --resume could go on"
            complain(f"interrupted after {self._counts.total():,} of {count:,} workbooks: {go_on}")
            raise typer.Exit(130) from None

    def _view(self, result: Result) -> RenderableType | None:
        self._counts[result.status] += 1
        self._outputs.take(result)
        if result.report is not None and result.report.network_id:
            self._carried.setdefault(result.report.network_id, []).append(result.path)
        if result.error is not None:
            complain(result.error)
        return None if result.report is None or self._outputs.json == "-" else report_view(result.report)

    def finish(self, workers: Workers, jobs: int | None, limits: Limits) -> int:
        """Sum up, write all outputs, and give the exit code: the worst of what was found."""
        remark = networks_carried(self._carried) if self._by_own and len(self._carried) > 1 else None
        if self._outputs.json == "-":
            sys.stdout.write(self._outputs.json_text())
            if remark is not None:
                complain(remark)
        elif self._counts.total() > 1:
            console().print(totals(self._counts))
            if remark is not None:
                console().print(Text(remark, style="yellow"))
        codes = {EXIT_CODES[status] for status in self._counts}
        for line in self._outputs.write(workers, jobs, limits):
            complain(line)
            codes.add(2)
        return max(codes)


_Workbooks = Annotated[list[Path], typer.Argument(metavar="WORKBOOK…", help="Workbooks to judge.")]
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
    limit: LimitChanges = None,
    force: _Force = False,
) -> None:
    """Judge every calculation cell of workbooks against NumPy, each in a separate process with limits.

    Exit code 0: all correct; 1: something is not; 2: a file cannot be used.
    """

    if resume and jsonl is None:
        raise UsageError("--resume needs --jsonl FILE", remedy="the results that are to be kept stand there")
    changes = parse_limits(limit or [])
    with Workers() as workers:
        workers.start(1)  # it imports what it needs while this process does
        read = [Path(path) for path in (network, inputs) if path is not None]
        shown = Shown(Outputs(workbooks, json, html, marked, force, jsonl, read), network is None, jsonl)
        results = validate_many(workbooks, network, engine=engine.value, trials=trials, seed=seed, inputs=inputs,
            strict_inputs=strict_inputs, steps=steps, blanks=blank or None, limits=changes, jobs=jobs, jsonl=jsonl,
            resume=resume, force=force, workers=workers)  # fmt: skip
        with shown.progress(len(workbooks)) as show:
            for result in results:
                show(result)
        raise typer.Exit(shown.finish(workers, jobs, Limits.of(changes)))
