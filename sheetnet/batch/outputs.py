"""What a batch leaves behind besides its journal: JSON, a page, marked copies. It judges nothing and prints nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetnet.errors import SheetnetError
from sheetnet.files.aside import refuse_existing, refuse_shared, save_text
from sheetnet.files.repack import refuse_same

if TYPE_CHECKING:
    from sheetnet.batch.result import Result
    from sheetnet.batch.workers import Workers

UNREADABLE = "sheetnet.unreadable/1"


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
        self._results: list[Result] = []

    def take(self, result: Result) -> None:
        """Remember a result as far as it is needed in the end: memory stays flat where nothing is."""
        if self.json is not None or self.html is not None or self.copies:
            self._results.append(result)

    def json_text(self) -> str:
        """All results as JSON, as `--json` writes it."""
        from sheetnet.report.json import json_text

        return json_text([_data(result) for result in self._results])

    def write(self, workers: Workers, jobs: int | None, limits: Mapping[str, int]) -> Iterator[str]:
        """Write all files, and give a line for each workbook that could not be shown or marked."""
        if self.json is not None and self.json != "-":
            save_text(self.json_text(), Path(self.json))
        if self.html is not None:
            yield from self._write_page(workers, jobs, limits)
        if self.copies:
            from sheetnet.report.marked import save_marked

            reports = [result.report for result in self._results if result.report is not None]
            calls = [(report, self.copies[Path(report.workbook)]) for report in reports]
            for report, outcome in zip(reports, _each(workers, jobs, limits, save_marked, calls), strict=True):
                if isinstance(outcome, SheetnetError):
                    yield _told(report.workbook, outcome)

    def _write_page(self, workers: Workers, jobs: int | None, limits: Mapping[str, int]) -> Iterator[str]:
        from sheetnet.report.html import page, read_section, section

        assert self.html is not None
        reports = [result.report for result in self._results if result.report is not None]
        sections = []
        for number, outcome in enumerate(_each(workers, jobs, limits, read_section, list(enumerate(reports)))):
            if isinstance(outcome, SheetnetError):
                yield _told(reports[number].workbook, outcome)
                outcome = section(number, reports[number])
            sections.append(outcome)
        save_text(page(sections, [result.error for result in self._results if result.error is not None]), self.html)


def refuse_workbooks(files: Sequence[Path], workbooks: Sequence[Path]) -> None:
    """Raise FileError where one of the files to be written is one of the workbooks, under whatever name."""
    for file in files:
        for workbook in workbooks:
            refuse_same(workbook, file)


def _each(workers: Workers, jobs: int | None, limits: Mapping[str, int], function: Any, calls: Sequence[Any]) -> Any:
    from sheetnet.batch.running import in_order, runner

    with runner(None, jobs, len(calls), limits, workers) as submit:
        yield from in_order(submit, function, calls, lambda _number, outcome: outcome)


def _told(path: str, error: SheetnetError) -> str:
    from sheetnet.batch.many import told

    return told(path, error)


def _data(result: Result) -> Mapping[str, Any]:
    from sheetnet.report.json import report_data

    if result.report is not None:
        return report_data(result.report)
    return {"schema": UNREADABLE, "workbook": result.path, "error": result.error}
