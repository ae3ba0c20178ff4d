"""Shows what becomes of the workbooks of `sheetnet validate`, one after another, and sums them up."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import RenderableType
from rich.text import Text

from sheetnet.batch.api import Outputs, validate_many
from sheetnet.batch.journal import Result
from sheetnet.batch.schedule import Workers
from sheetnet.cli.options import OutputFormat, complain
from sheetnet.files.limits import Limits, parse_limits
from sheetnet.report.terminal import (
    commonest,
    concise_lines,
    judging,
    kinds_of_mistakes,
    networks_carried,
    report_view,
    show_view,
    totals,
)
from sheetnet.verdict import Status

__all__ = ["Limits", "Outputs", "Shown", "Workers", "parse_limits", "validate_many"]

EXIT_CODES = {Status.CORRECT: 0, Status.INCORRECT: 1, Status.UNREADABLE: 2}


class Shown:
    """The results so far: each printed in its turn and taken to the outputs, and what they carry counted."""

    def __init__(self, outputs: Outputs, by_own_networks: bool, jsonl: Path | None, form: OutputFormat) -> None:
        self._outputs, self._by_own, self._jsonl, self._form = outputs, by_own_networks, jsonl, form
        self._counts: Counter[Status] = Counter()
        self._mistakes: Counter[str] = Counter()
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
        if result.report is None or self._outputs.json == "-":
            return None
        if self._form is OutputFormat.CONCISE:
            return "\n".join(concise_lines(result.report)) or None
        self._mistakes.update(kinds_of_mistakes(result.report))
        return report_view(result.report)

    def finish(self, workers: Workers, jobs: int | None, limits: Limits) -> int:
        """Sum up, write all outputs, and give the exit code: the worst of what was found."""
        remark = networks_carried(self._carried) if self._by_own and len(self._carried) > 1 else None
        if self._outputs.json == "-":
            sys.stdout.write(self._outputs.json_text())
            if remark is not None:
                complain(remark)
        elif self._counts.total() > 1 and self._form is OutputFormat.FULL:
            remarked = None if remark is None else Text(remark, style="yellow")
            for view in (totals(self._counts), commonest(self._mistakes), remarked):
                if view is not None:
                    show_view(view)
        codes = {EXIT_CODES[status] for status in self._counts}
        for line in self._outputs.write(workers, jobs, limits):
            complain(line)
            codes.add(2)
        return max(codes)
