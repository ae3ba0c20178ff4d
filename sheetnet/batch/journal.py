"""Keeps the result of each file as one line of JSON, as soon as it is judged, and finds it again.

A line counts for the bytes of the workbook (SHA-256) and for how it was judged: a file handed in anew, or judged with
other options, is judged again. Where several lines tell of one workbook, the last counts.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from sheetnet._version import __version__
from sheetnet.batch.packed_cells import packed, unpacked
from sheetnet.errors import FileError
from sheetnet.files.atomic import refuse_existing
from sheetnet.files.limits import Limits
from sheetnet.judge_options import JudgeOptions
from sheetnet.network import Network
from sheetnet.network_file import dump_network
from sheetnet.object_display import counted_words, shown_line
from sheetnet.report.json import json_line, record, report_data, report_from_data
from sheetnet.report.redacted import Level
from sheetnet.validation import Report
from sheetnet.verdict import Status

RESULT_SCHEMA = "sheetnet.result/1"
PACKED_SCHEMA = "sheetnet.report/2"  # of the report in a line: as written elsewhere, but correct cells are packed
RESULT_FIELDS = "schema workbook status error content how report"
BEGINNING = b'{"schema": "sheetnet.result/1"'  # of each line, so that one which was cut short is known


@dataclass(frozen=True)
class Result:
    """A workbook's report, or in `error` the one line that says why there is none. `path` is as it was given.

    `kept` says that it comes from an earlier run.

    >>> (result,) = sheetnet.validate_many(["nobody.xlsx"], jobs=1)
    >>> result.status, result.report, result.ok
    ('unreadable', None, False)
    """

    path: str
    report: Report | None
    error: str | None = None
    kept: bool = False

    @property
    def status(self) -> Status:
        """Whether everything is correct, something is not, or there is no report."""
        if self.report is None:
            return Status.UNREADABLE
        return Status.CORRECT if self.report.ok else Status.INCORRECT

    @property
    def ok(self) -> bool:
        """Whether everything in the workbook is correct."""
        return self.status == Status.CORRECT

    def __repr__(self) -> str:
        """One line: the workbook, and what its report or the error says."""
        if self.report is None:
            told = f"{self.status}: {self.error}"  # which begins with the path
        else:
            told = f"{self.path}: {self.status}, {counted_words(self.report.counts) or 'nothing was compared'}"
        return shown_line(self, f"{told}{' (from an earlier run)' if self.kept else ''}")


def judge_and_pack(path: str, network: Network | None, options: JudgeOptions) -> tuple[Report, dict[str, Any]]:
    """`judge_file`, and its report as a line holds it: a worker packs it, so that whoever writes the lines need not."""
    from sheetnet.judge import judge_file

    report = judge_file(path, network, options)
    return report, packed_data(report)


def packed_data(report: Report) -> dict[str, Any]:
    """The report as plain data, its correct cells packed: of a right workbook a fiftieth of what they are as JSON."""
    text, others = packed(report.cells)
    data = report_data(report, [report.cells[place] for place in others])
    return {**data, "schema": PACKED_SCHEMA, "places": others, "packed": text}


def _report(data: dict[str, Any]) -> Report:
    """The report of a line, packed or as earlier versions wrote it."""
    report = report_from_data(data)
    if data["schema"] != PACKED_SCHEMA:
        return report
    usual, others = unpacked(data["packed"]), dict(zip(data["places"], report.cells, strict=True))
    packed_cells = iter(usual)
    count = len(usual) + len(others)
    return replace(report, cells=tuple(others.get(place) or next(packed_cells) for place in range(count)))


def to_line(result: Result, content: str | None, how: str, report: dict[str, Any] | None = None) -> str:
    """One line of JSON. `content` and `how` tell a later run whether the result still holds.

    `report` is the data of its report, where it was packed before.
    """
    if report is None and result.report is not None:
        report = packed_data(result.report)
    given = {"schema": RESULT_SCHEMA, "workbook": result.path, "content": content, "how": how, "report": report}
    return json_line(record(result, RESULT_FIELDS, **given))


def from_line(line: bytes) -> tuple[Result, str | None, str]:
    """The result of a line, its content and how it was judged. Raises ValueError for what is no such line."""
    data = _read_line(line)
    try:
        report = None if data["report"] is None else _report(data["report"])
    except (KeyError, TypeError, AttributeError, IndexError, StopIteration) as error:
        raise ValueError(f"lacks {error}") from error
    return Result(data["workbook"], report, data["error"], kept=True), data["content"], data["how"]


def _read_line(line: bytes) -> dict[str, Any]:
    """The fields of a line, its report not yet unpacked. Raises ValueError for what is no such line."""
    data: Any = json.loads(line)
    if not isinstance(data, dict) or data.get("schema") != RESULT_SCHEMA:
        raise ValueError("no result of sheetnet")
    if lacking := [name for name in RESULT_FIELDS.split() if name not in data]:
        raise ValueError(f"lacks {', '.join(lacking)}")
    if (data["report"] is None) != isinstance(data["error"], str):
        raise ValueError("neither a report nor an error")
    return data


@dataclass(frozen=True, slots=True)
class _Line:
    """Where a result stands in the file, for which bytes it was judged and how: results themselves stay on the disk."""

    place: int
    content: str | None
    how: str


class Journal:
    """An open file of results. Use it as a context; what was kept is on the disk even when this process is killed."""

    def __init__(
        self,
        path: Path,
        how: str | Mapping[str, str],
        resume: bool = False,
        force: bool = False,
        largest: int = Limits.file_size,
        reveal: bool = True,
    ) -> None:
        """`how` is the way of judging of all workbooks, or that of each by its path.

        Without `reveal` a file with expected values of students' copies in it is not gone on with.
        """
        if not resume:
            refuse_existing([path], force)
        self._path, self._how, self._largest = path, how, largest
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise FileError(
                f"cannot be written ({error.strerror})", path=path, remedy="check the folder and the disk"
            ) from error
        try:
            regular = path.is_file()
            if regular:
                _lock(self._file, path)
            self._known, end = _read(path, reveal) if resume and regular else ({}, 0)
            if regular:
                os.ftruncate(self._file, end)  # without a last line that was cut short
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def _how_of(self, path: str) -> str:
        return self._how if isinstance(self._how, str) else self._how[path]

    def kept(self, path: str) -> Result | None:
        """The result of an earlier run, if the workbook is still the same and it would be judged in the same way."""
        line = self._known.get(path)
        if line is None or line.content is None or line.how != self._how_of(path):
            return None
        if line.content != self.fingerprint(path):
            return None
        with self._path.open("rb") as stream:
            stream.seek(line.place)
            try:
                return from_line(stream.readline())[0]
            except ValueError:
                return None  # somebody changed it: the workbook is judged again

    def fingerprint(self, path: str) -> str | None:
        """What tells this workbook's content from any other; None for one that is never kept."""
        return fingerprint(path, self._largest)

    def keep(self, result: Result, content: str | None, report: dict[str, Any] | None = None) -> None:
        """Write a result; `report` is what was packed before. Raises FileError where the disk is full."""
        line = to_line(result, content, self._how_of(result.path), report).encode("utf-8", "backslashreplace")
        try:
            while line:
                line = line[os.write(self._file, line) :]
        except OSError as error:
            raise FileError(
                f"cannot be written ({error.strerror})",
                path=self._path,
                remedy="free the disk and go on with --resume, what was written counts",
            ) from error


def _lock(file: int, path: Path) -> None:
    """Hold the file until it is closed: another run would cut off what this one writes. (Windows has no such lock.)"""
    if os.name != "posix":
        return
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FileError(
            "another run writes to it", path=path, remedy="wait for its end, or give another file"
        ) from None
    except OSError:
        return  # some network's file systems know no locks


def fingerprint(path: str | os.PathLike[str], largest: int = Limits.file_size) -> str | None:
    """SHA-256 of a file's bytes; None for what is no regular file, far too large or cannot be read: it is never kept."""
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > 2 * largest:
            return None
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError):
        return None


def way_of_judging(network: Network | None, options: JudgeOptions, reveal: bool = True) -> str:
    """A short text that differs where a workbook might be judged differently."""
    inputs = None if options.inputs is None else fingerprint(options.inputs)
    told = [__version__, network and dump_network(network), repr(replace(options, inputs=None)), inputs]
    told += [] if reveal else ["without the answers of students' copies"]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _read(path: Path, reveal: bool) -> tuple[dict[str, _Line], int]:
    """Where the last result of each workbook stands, and where the whole lines end.

    Raises FileError for a file that holds anything else, and without `reveal` for one that an earlier run let have answers.
    """
    known: dict[str, _Line] = {}
    number = place = 0
    try:
        with path.open("rb") as stream:
            for line in stream:
                number += 1
                if line.endswith(b"\n"):
                    data = _read_line(line)
                    if not reveal and _reveals(data["report"]):
                        raise FileError(
                            f"line {number} has the right values of a student's copy",
                            path=path,
                            remedy="go on with --reveal, or begin anew with --force",
                        )
                    known[str(data["workbook"])] = _Line(place, data["content"], data["how"])
                    place += len(line)
                elif not line.startswith(BEGINNING[: len(line)]):
                    raise ValueError("it begins otherwise")
    except FileNotFoundError:
        return {}, 0
    except OSError as error:
        raise FileError(f"cannot be read ({error.strerror})", path=path, remedy="check the path") from error
    except (ValueError, RecursionError) as error:
        raise FileError(
            f"line {number} is no result of sheetnet ({error})", path=path, remedy="give another file"
        ) from error
    return known, place


def _reveals(report: Any) -> bool:
    return isinstance(report, dict) and bool(report.get("students_copy")) and report.get("level") == Level.FULL
