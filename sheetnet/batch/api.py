"""Judges many workbooks on any executor, and writes their JSON, page and marked copies."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sheetnet.batch.journal import Journal, Result, judge_and_pack, way_of_judging
from sheetnet.batch.schedule import Outcome, Ready, Submit, Workers, in_order, runner
from sheetnet.batch.worker_main import ByName
from sheetnet.errors import LostError, SheetnetError, UsageError, errors_within, one_line
from sheetnet.files.atomic import refuse_existing, refuse_same, refuse_shared, save_text
from sheetnet.files.limits import MOST_SECONDS, Limits
from sheetnet.judge_options import JudgeOptions
from sheetnet.network import Network
from sheetnet.network_file import HasNetwork, NetworkLike, load_network
from sheetnet.report.redacted import for_students

UNREADABLE = "sheetnet.unreadable/1"
JUDGE_FILE = ByName("sheetnet.judge", "judge_file")  # with NumPy and engines, which the workers alone need


class Outputs:
    """Where results go. All paths are looked at before anything is judged, so that a bad one costs no time.

    No workbook is ever overwritten, nor one of the other `sources` that are read; another file only with `force`. Each
    output has a file of its own, the lines of `jsonl` too, which are written elsewhere. Raises FileError.
    """

    def __init__(
        self,
        workbooks: Sequence[Path],
        json: str | None,
        html: Path | None,
        marked: Path | None,
        force: bool,
        jsonl: Path | None = None,
        sources: Sequence[Path] = (),
    ) -> None:
        self.json, self.html = json, html
        self.copies: dict[Path, Path] = {}
        files = [Path(path) for path in (json if json != "-" else None, html) if path is not None]
        lines = [jsonl] if jsonl is not None else []
        refuse_workbooks([*files, *lines], workbooks)
        if marked is not None:
            from sheetnet.report.marked import copy_paths

            self.copies = copy_paths(workbooks, marked)
        refuse_shared([*files, *lines, *self.copies.values()], sources)
        refuse_existing([*files, *self.copies.values()], force)
        self.count = 0  # of results that were taken
        self._results: list[Result] = []

    def take(self, result: Result) -> None:
        """Remember a result as far as it is needed in the end: memory stays flat where nothing is."""
        self.count += 1
        if self.json is not None or self.html is not None or self.copies:
            self._results.append(result)

    def json_text(self) -> str:
        """All results as JSON, as `--json` writes it."""
        from sheetnet.report.json import json_text

        return json_text([_data(result) for result in self._results])

    def write(self, workers: Workers, jobs: int | None, limits: Limits) -> Iterator[str]:
        """Write all files, and give a line for each workbook that could not be shown or marked."""
        if self.json is not None and self.json != "-":
            save_text(self.json_text(), Path(self.json))
        if self.html is not None:
            yield from self._write_page(workers, jobs, limits)
        if self.copies:
            from sheetnet.report.marked import save_marked

            reports = [result.report for result in self._results if result.report is not None]
            calls = [(report, self.copies[Path(report.workbook)], limits) for report in reports]
            for report, outcome in zip(reports, _each(workers, jobs, limits, save_marked, calls), strict=True):
                if isinstance(outcome, SheetnetError):
                    yield error_line(report.workbook, outcome)

    def _write_page(self, workers: Workers, jobs: int | None, limits: Limits) -> Iterator[str]:
        from sheetnet.report.html import read_section, report_page, section

        assert self.html is not None
        reports = [result.report for result in self._results if result.report is not None]
        sections = []
        calls = [(number, report, limits) for number, report in enumerate(reports)]
        for number, outcome in enumerate(_each(workers, jobs, limits, read_section, calls)):
            if isinstance(outcome, SheetnetError):
                yield error_line(reports[number].workbook, outcome)
                outcome = section(number, reports[number])
            sections.append(outcome)
        save_text(
            report_page(sections, [result.error for result in self._results if result.error is not None]), self.html
        )


def refuse_workbooks(files: Sequence[Path], workbooks: Sequence[Path]) -> None:
    """Raise FileError where one of the files to be written is one of the workbooks, under whatever name."""
    for file in files:
        for workbook in workbooks:
            refuse_same(workbook, file)


def _each(workers: Workers, jobs: int | None, limits: Limits, function: Any, calls: Sequence[Any]) -> Any:
    with runner(None, jobs, len(calls), limits, workers) as submit:
        yield from in_order(submit, function, calls, lambda _number, outcome: outcome)


def _data(result: Result) -> Mapping[str, Any]:
    from sheetnet.report.json import report_data

    if result.report is not None:
        return report_data(result.report)
    return {"schema": UNREADABLE, "workbook": result.path, "error": result.error}


def validate_many(
    paths: Iterable[str | os.PathLike[str]],
    network: NetworkLike | Sequence[NetworkLike] | None = None,
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
    timeout: float | None = None,
    executor: Executor | None = None,
    jobs: int | None = None,
    jsonl: str | os.PathLike[str] | None = None,
    resume: bool = False,
    force: bool = False,
    workers: Workers | None = None,
    reveal: bool = True,
) -> Iterator[Result]:
    """Judge workbooks as `validate` does, each in a guarded process; the results come in the order of `paths`.

    The first keywords are those of `validate`; `network` may be a list, too, with one for each workbook. No file raises:
    what cannot be used, or must be stopped, is a result with an `error`. `timeout`: seconds per file (the limit "time").
    `jobs` workers of this machine (None: one per core) do the work, or an `executor` of `concurrent.futures`, such as that
    of a cluster whose machines see the same files. Each result is written to the file `jsonl` when it is done; with
    `resume` the results in it are kept, with `force` it is overwritten. `workers` outlive this call, unless it is broken
    off. Without `reveal` reports and lines of students' copies have hints, and no expected values. Raises UsageError,
    LimitError and NetworkError at the call; then FileError where `jsonl` cannot be used, and EngineError where no worker
    can be started.

    >>> path = sheetnet.write_student_workbook(sheetnet.load_network("d02b"), "ada.xlsx")
    >>> for result in sheetnet.validate_many([path, "bob.xlsx"], sheetnet.load_network("d02b"), jobs=1):
    ...     print(result)
    <Result ada.xlsx: incorrect, 60 blank>
    <Result unreadable: bob.xlsx: ...>
    """
    most = _limits(engine, limits, timeout)
    options = JudgeOptions(engine, trials, seed, strict_inputs, inputs, steps, sheet, complete, blanks, most)
    names = [os.fspath(path) for path in paths]
    expected = _expected(network, len(names))
    at_work = partial(runner, executor, jobs, len(names), most, workers)
    if jsonl is None:
        return _results(names, expected, options, at_work, None, reveal)
    ways = {one: way_of_judging(one, options, reveal) for one in dict.fromkeys(expected)}
    how = {name: ways[one] for name, one in zip(names, expected, strict=True)}
    open_journal = partial(Journal, Path(jsonl), how, resume, force, most.file_size, reveal)
    return _results(names, expected, options, at_work, open_journal, reveal)


def _expected(network: NetworkLike | Sequence[NetworkLike] | None, count: int) -> list[Network | None]:
    """What each of so many workbooks should compute."""
    if network is None or isinstance(network, str | os.PathLike | Mapping | Network | HasNetwork):
        return [None if network is None else load_network(network)] * count
    if len(network) != count:
        raise UsageError(
            f"network has {len(network)} networks for {count} workbooks", remedy="give one for all, or one for each"
        )
    return [load_network(one) for one in network]


def _limits(engine: str, changes: Mapping[str, int] | Limits | None, timeout: float | None) -> Limits:
    """LibreOffice starts anew for each run of a workbook, and has a time limit of its own for each start."""
    usual = {"time": 900} if engine == "libreoffice" and not isinstance(changes, Limits) else {}
    most = changes if isinstance(changes, Limits) else Limits.of({**usual, **(changes or {})})
    return most if timeout is None else replace(most, time=max(1, round(min(timeout, MOST_SECONDS))))


def _results(
    names: list[str],
    networks: list[Network | None],
    options: JudgeOptions,
    at_work: Callable[[], AbstractContextManager[Submit]],
    journal: Callable[[], Journal] | None,
    reveal: bool,
) -> Iterator[Result]:
    """The results in turn; the journal and the workers are open as long as somebody takes them."""
    with ExitStack() as stack:
        kept = stack.enter_context(journal()) if journal is not None else None
        submit = stack.enter_context(at_work())
        tasks = _Tasks(names, networks, options, kept, reveal)
        yield from in_order(submit, JUDGE_FILE if kept is None else judge_and_pack, tasks.calls(), tasks.result)


class _Tasks:
    """The files of one batch: what is to be done with each, and what became of it."""

    def __init__(
        self,
        names: list[str],
        networks: list[Network | None],
        options: JudgeOptions,
        journal: Journal | None,
        reveal: bool,
    ) -> None:
        self._names, self._networks, self._options, self._journal = names, networks, options, journal
        self._reveal = reveal
        self._contents: dict[int, str | None] = {}

    def calls(self) -> Iterator[tuple[Any, ...] | Ready]:
        """The path of each file, or the result of an earlier run."""
        for number, name in enumerate(self._names):
            if self._journal is not None:
                if (kept := self._journal.kept(name)) is not None:
                    yield Ready(kept)
                    continue
                # before it is judged: what changes meanwhile is judged again
                self._contents[number] = self._journal.fingerprint(name)
            yield name, self._networks[number], self._options

    def result(self, number: int, outcome: Outcome) -> Result:
        """The result of a file from what became of its call; written to the journal as soon as it is there."""
        failed = isinstance(outcome, SheetnetError)
        report, packed = (outcome, None) if failed or self._journal is None else outcome
        if not failed and not self._reveal and report.students_copy:
            report, packed = for_students(report), None
        result = result_of(self._names[number], report)
        if self._journal is None:
            return result
        content = self._contents.pop(number)
        # what was lost may be done another time
        self._journal.keep(result, None if isinstance(outcome, LostError) else content, packed)
        return result


def result_of(path: str, outcome: Outcome) -> Result:
    """The result of a file: its report, or the one line that says why there is none."""
    if not isinstance(outcome, SheetnetError):
        return Result(path, outcome)
    return Result(path, None, error_line(path, outcome))


def error_line(path: str, error: SheetnetError) -> str:
    """An error's line, which begins with the file; workers and engines do not know it."""
    line = str(error)
    return line if line.startswith(one_line(path)) else f"{one_line(path)}: {line}"


def apart(path: str | os.PathLike[str], function: Callable[..., Any], *arguments: Any, limits: Limits) -> Any:
    """`function(*arguments)`, which reads the file at `path`, in a guarded process. Raises SheetnetError, with the path."""
    with Workers() as workers, errors_within(path):
        return workers.call(function, arguments, limits)
