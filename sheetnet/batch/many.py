"""Many workbooks judged side by side, each apart from this process, on any executor. It knows no file formats."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sheetnet.batch.journal import Journal, fingerprint, way_of_judging
from sheetnet.batch.result import Result
from sheetnet.batch.running import Outcome, Ready, in_order, runner
from sheetnet.batch.workers import Workers
from sheetnet.check import Report, validate
from sheetnet.engine import only_the_chosen
from sheetnet.errors import LostError, SheetnetError, StoppedError, one_line
from sheetnet.files.limits import MOST_SECONDS, known
from sheetnet.network import Network


def validate_many(
    paths: Iterable[str | os.PathLike[str]],
    network: Network | None = None,
    *,
    executor: Executor | None = None,
    jobs: int | None = None,
    timeout: float | None = None,
    limits: Mapping[str, int] | None = None,
    jsonl: str | os.PathLike[str] | None = None,
    resume: bool = False,
    force: bool = False,
    workers: Workers | None = None,
    **options: Any,
) -> Iterator[Result]:
    """Judge workbooks as `validate` does, each in a guarded process; the results come in the order of `paths`.

    No file raises: what cannot be used, or must be stopped, is a result with an `error`. `jobs` workers of this machine
    (None: one a core) do the work, or any `concurrent.futures.Executor`, such as that of a cluster whose machines see
    the same files: each of its workers then drives a guarded process of its own. `timeout` is in seconds a file (the
    limit "time"); `limits` has others by their names in `sheetnet.files.limits.LIMITS`. `jsonl` is a file to which each
    result is written when it is done; with `resume` the results in it are kept, with `force` it is overwritten. `workers`
    are some that outlive this call, unless it is broken off. All other keywords are those of `validate`.

    Raises FileError where `jsonl` cannot be used, LimitError for an unknown limit, and EngineError where no worker can
    be started.
    """
    names = [os.fspath(path) for path in paths]
    most = {**_usual(options), **known(limits or {})}
    if timeout is not None:
        most["time"] = max(1, round(min(timeout, MOST_SECONDS)))
    with ExitStack() as stack:
        journal = None
        if jsonl is not None:
            how = way_of_judging(network, {**options, **most})
            journal = stack.enter_context(Journal(Path(jsonl), how, resume, force))
        submit = stack.enter_context(runner(executor, jobs, len(names), most, workers))
        tasks = _Tasks(names, network, options, journal)
        yield from in_order(submit, judged, tasks.calls(), tasks.result)


def _usual(options: Mapping[str, Any]) -> dict[str, int]:
    """LibreOffice starts anew for each run of a workbook, and has a time limit of its own for each start."""
    return {"time": 900} if options.get("engine") == "libreoffice" else {}


def judged(path: str, network: Network | None, options: Mapping[str, Any]) -> Report:
    """What a worker does with one file: its report, by the engine that was chosen alone."""
    with only_the_chosen():
        return validate(path, network, **options)


class _Tasks:
    """The files of one batch: what is to be done with each, and what became of it."""

    def __init__(
        self, names: list[str], network: Network | None, options: Mapping[str, Any], journal: Journal | None
    ) -> None:
        self._names, self._network, self._options, self._journal = names, network, options, journal
        self._contents: dict[int, str | None] = {}

    def calls(self) -> Iterator[tuple[Any, ...] | Ready]:
        """The arguments of `judged` for each file, or the result of an earlier run."""
        for number, name in enumerate(self._names):
            if self._journal is not None:
                if (kept := self._journal.kept(name)) is not None:
                    yield Ready(kept)
                    continue
                self._contents[number] = fingerprint(
                    name
                )  # before it is judged: what changes meanwhile is judged again
            yield name, self._network, self._options

    def result(self, number: int, outcome: Outcome) -> Result:
        """The result of a file from what became of its call; written to the journal as soon as it is there."""
        result = result_of(self._names[number], outcome)
        if self._journal is not None:
            content = self._contents.pop(number)
            self._journal.keep(
                result, None if isinstance(outcome, LostError) else content
            )  # another time it may be done
        return result


def result_of(path: str, outcome: Outcome) -> Result:
    """The result of a file: its report, or the one line that says why there is none."""
    if not isinstance(outcome, SheetnetError):
        return Result(path, outcome)
    return Result(path, None, told(path, outcome))


def told(path: str, error: SheetnetError) -> str:
    """An error's line, which begins with the file; workers and engines do not know it."""
    line = str(error)
    return line if line.startswith(one_line(path)) else f"{one_line(path)}: {line}"


def apart(
    path: str | os.PathLike[str], function: Callable[..., Any], *arguments: Any, limits: Mapping[str, int]
) -> Any:
    """`function(*arguments)`, which reads the file at `path`, in a guarded process. Raises SheetnetError, with the path."""
    with Workers() as workers:
        try:
            return workers.call(function, arguments, limits)
        except StoppedError as error:
            raise StoppedError(told(os.fspath(path), error)) from None
