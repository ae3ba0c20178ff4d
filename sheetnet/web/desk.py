"""Judges what a class hands in: each attempt by its student's network, at the level at which feedback is given now."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from sheetnet.batch.journal import Result, fingerprint
from sheetnet.batch.worker_main import ByName
from sheetnet.classroom import ClassFolder, Graded, grade
from sheetnet.classroom.collect import Claim
from sheetnet.classroom.feedback import level_of
from sheetnet.classroom.whose import Owners, Said
from sheetnet.errors import LostError, SheetnetError
from sheetnet.report.json import REPORT_SCHEMA, report_from_data
from sheetnet.report.redacted import Level
from sheetnet.web.attempts import Attempts, HandedIn, unpacked_json
from sheetnet.web.jobs import Job, Results
from sheetnet.web.pages import NO_ANSWER, WebSite
from sheetnet.web.worker import LARGEST_FILE, confined_call, in_a_browser

JUDGE_ATTEMPT = ByName("sheetnet.web.tasks", "judge_attempt")
NOT_JUDGED_YET = "is not judged yet: reload the page in a minute"
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)


@dataclass
class ClassDesk:
    """A class that hands in: its folder, its attempts, and those that are at work."""

    path: Path
    site: WebSite
    scratch: Results
    attempts: Attempts = field(init=False)
    _jobs: dict[tuple[str, int], Job] = field(default_factory=dict)
    _ended: bool = False

    def __post_init__(self) -> None:
        self.attempts = Attempts(self.folder)

    @property
    def folder(self) -> ClassFolder:
        """The class as its files are now: a teacher may edit them, and late joiners may have come."""
        return ClassFolder(self.path)

    async def begin(self) -> None:
        """Have judged what an earlier run could not."""
        self.site.workers.start(1)
        for attempt in self.attempts.reconcile():
            self.put(attempt)

    def end(self) -> None:
        """What is ended from now on is judged at the next start."""
        self._ended = True

    def put(self, attempt: HandedIn) -> Job:
        """Have an attempt judged, unless it is at work already."""
        key = attempt.student, attempt.number
        job = self._jobs.get(key)
        if job is None or job.finished.is_set():
            job = self._jobs[key] = self.site.queue.put(partial(self._judge, attempt))
        return job

    def level(self, student: str) -> Level:
        """How much a student is told now."""
        return level_of(self.folder.assignment, student, datetime.now(UTC))

    def is_current(self, attempt: HandedIn) -> bool:
        """Whether it is judged, at the level that holds now."""
        return attempt.error is not None or attempt.level == self.level(attempt.student)

    def _judge(self, attempt: HandedIn) -> None:
        folder, level = self.folder, self.level(attempt.student)
        try:
            with tempfile.TemporaryDirectory(dir=self.scratch.root) as scratch:
                outcome, marked = self._judged(folder, attempt, level, Path(scratch))
            anothers = whose_copy(folder, attempt.student, said_by(outcome["found"]))
            self.attempts.judge(attempt, level, anothers, outcome, marked)
        except SheetnetError as error:
            if not (self._ended or isinstance(error, LostError)):
                self.attempts.refuse(attempt, in_a_browser(str(error)))
        except _BROKEN:
            self.attempts.refuse(attempt, NO_ANSWER)

    def _judged(
        self, folder: ClassFolder, attempt: HandedIn, level: str, scratch: Path
    ) -> tuple[dict[str, Any], bytes | None]:
        """What the process of an attempt answers, and its marked copy."""
        path = self.attempts.path(attempt)
        marked = scratch / f"marked{path.suffix}"
        asked = {
            "network": folder.network,
            "cells": folder.cells_that_differ,
            "blanks": list(folder.assignment.blanks) or ["all"],
            "name": f"Attempt {attempt.number}",
        }
        network = folder.network_of(folder.variants()[attempt.student])
        arguments = (str(path), str(marked), network, asked, level, self.site.limits)
        outcome = confined_call(
            self.site.workers, JUDGE_ATTEMPT, arguments, self.site.limits, [str(path)], [str(scratch)]
        )
        return outcome, _content(marked)

    def graded(self) -> Graded:
        """The class as `sheetnet grade` marks it, by what was judged when it was handed in."""
        return grade([self.folder.handed_in], self.path, self.path / "graded", judging=KeptResults(self.attempts))


@dataclass(frozen=True)
class KeptResults:
    """Judging that was done when a paper was handed in: nothing of a paper is read again."""

    attempts: Attempts

    @cached_property
    def _findings(self) -> dict[tuple[str, str], tuple[str | None, bytes | None]]:
        return self.attempts.findings()

    @cached_property
    def _anybodys(self) -> dict[str, bytes]:
        return {digest: found for (_, digest), (_, found) in self._findings.items() if found is not None}

    def said(self, paths: Sequence[Path]) -> Iterable[Said]:
        """What each said of itself then."""
        for path in paths:
            found = self._anybodys.get(fingerprint(path) or "")
            yield Said() if found is None else said_by(unpacked_json(found))

    def results(self, owners: Mapping[str, str]) -> Iterable[Result]:
        """The results from the index."""
        for path, student in owners.items():
            error, data = self._findings.get((student, fingerprint(path) or ""), (None, None))
            yield Result(path, None, error or NOT_JUDGED_YET) if data is None else _result(path, unpacked_json(data))


def _result(path: str, found: Any) -> Result:
    try:
        if found["report"]["schema"] != REPORT_SCHEMA:
            raise ValueError
        return Result(path, report_from_data(found["report"]))
    except _BROKEN:
        return Result(path, None, NO_ANSWER)


def said_by(found: Mapping[str, Any]) -> Said:
    """What a file says of itself, from what its process answered. Raises ValueError, KeyError or TypeError."""
    givens = tuple(None if number is None else float(number) for number in found["givens"])
    return Said(str(found["token"]), givens)


def whose_copy(folder: ClassFolder, student: str, said: Said) -> bool:
    """Whether it is known to be the copy of somebody else than the student."""
    return Owners(folder).whose(Claim(words=(student,)), said).is_anothers


def _content(marked: Path) -> bytes | None:
    """The marked copy, where there is one."""
    if marked.is_symlink() or not marked.is_file() or marked.stat().st_size > LARGEST_FILE:
        return None
    return marked.read_bytes()
