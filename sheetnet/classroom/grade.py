"""Grades a class: collects the papers, has each judged by its student's own network, and marks what counts.

out/marks.csv        a row a student
out/overview.html    the class at a glance
out/work/            the papers by student and their results: what a later run need not judge again
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from sheetnet.batch.api import validate_many
from sheetnet.batch.journal import Result
from sheetnet.batch.schedule import Workers, cores
from sheetnet.classroom.assignment import Attempt
from sheetnet.classroom.collect import Paper, collect
from sheetnet.classroom.folder import ClassFolder
from sheetnet.classroom.marks import WHOLE, Marker, Override, PaperMark
from sheetnet.classroom.roster import Student
from sheetnet.classroom.whose import Owners, Said, Whose, read_said
from sheetnet.errors import FileError, SheetnetError
from sheetnet.files.limits import Limits
from sheetnet.layout import blanks_named
from sheetnet.verdict import OF_THE_ENGINE

UNKNOWN = "unknown"  # papers of nobody in the class, among the kept ones


class Standing(StrEnum):
    """What a teacher wants to know of a student first."""

    MARKED = "marked"
    WAITS = "needs a person"
    NOT_READABLE = "not readable"
    NO_PAPER = "no paper"
    EXCUSED = "excused"

    @property
    def has_mark(self) -> bool:
        """Whether nothing is left for the teacher to do."""
        return self in (Standing.MARKED, Standing.EXCUSED)


@dataclass(frozen=True)
class MarkedPaper:
    """A paper, whose it is, what became of it, and its mark; `error` says why it has none."""

    paper: Paper
    whose: Whose
    result: Result | None = None
    mark: PaperMark | None = None
    days_late: int = 0
    error: str | None = None

    @property
    def points(self) -> float | None:
        """The points; None where there is no mark."""
        return self.mark.points if self.mark is not None else None


@dataclass(frozen=True)
class StudentRow:
    """One student of the class: all papers, and the one that counts. `notes` are for the teacher."""

    student: Student
    papers: tuple[MarkedPaper, ...]
    counted: MarkedPaper | None
    mark: PaperMark | None
    notes: tuple[str, ...]

    @property
    def standing(self) -> Standing:
        """Whether there is a mark, and if not, why."""
        if self.mark is not None and self.mark.excused:
            return Standing.EXCUSED
        if self.mark is not None and self.mark.points is not None:
            return Standing.MARKED
        if not self.papers:
            return Standing.NO_PAPER
        judged = any(paper.result and paper.result.report for paper in self.papers)
        return Standing.WAITS if judged else Standing.NOT_READABLE


@dataclass(frozen=True)
class Graded:
    """A class that was graded: a row a student, and the papers of nobody in it."""

    folder: ClassFolder
    marker: Marker
    rows: tuple[StudentRow, ...]
    strays: tuple[MarkedPaper, ...]

    def row(self, student: str) -> StudentRow:
        """The row of an id. Raises FileError where there is none."""
        for row in self.rows:
            if row.student.key == student.strip().casefold():
                return row
        raise FileError(f"nobody has the id {student!r}", path=self.folder.kept("roster.csv"), remedy="see there")


class Judging(Protocol):
    """How the papers of a class are read and judged."""

    def said(self, paths: Sequence[Path]) -> Iterable[Said]:
        """What each file says of itself."""

    def results(self, owners: Mapping[str, str]) -> Iterable[Result]:
        """The result of each path, judged by the network of its student."""


@dataclass(frozen=True)
class ByWorkers:
    """Papers are read and judged in guarded processes; `journal` keeps the results."""

    folder: ClassFolder
    workers: Workers
    jobs: int | None
    limits: Limits
    journal: Path

    def said(self, paths: Sequence[Path]) -> Iterable[Said]:
        """Asked in guarded processes."""
        folder, cells = self.folder, self.folder.cells_that_differ

        def ask(path: Path) -> Said:
            try:
                said = self.workers.call(read_said, (str(path), folder.network, cells, self.limits), self.limits)
            except SheetnetError:
                return Said()
            assert isinstance(said, Said)
            return said

        with ThreadPoolExecutor(self.jobs or cores()) as threads:
            return list(threads.map(ask, paths))

    def results(self, owners: Mapping[str, str]) -> Iterable[Result]:
        """Those of an earlier run are kept."""
        folder = self.folder
        networks = {student: folder.network_of(variant) for student, variant in folder.variants().items()}
        return validate_many(
            list(owners), [networks[student] for student in owners.values()],
            blanks=list(folder.assignment.blanks) or ["all"], jobs=self.jobs, limits=self.limits,
            jsonl=self.journal, resume=True, workers=self.workers,
        )  # fmt: skip


def grade(
    submissions: Sequence[str | os.PathLike[str]],
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    jobs: int | None = None,
    limits: Mapping[str, int] | Limits | None = None,
    judging: Judging | None = None,
    workers: Workers | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Graded:
    """Mark what a class handed in: folders, zips and files, named as Canvas, Moodle, nbgrader or Gradescope do, or by id.

    `folder` is that of `assign`; `out` keeps the papers and their results, so that a second run judges only what is new.
    `judging` is how papers are judged, by default in guarded processes: `workers`, which outlive this call, or its own.
    `progress` is called for each paper that was judged.
    Raises FileError and UsageError; no paper raises.

    >>> from sheetnet.classroom import Student, assign, grade
    >>> given = assign("d02b", [Student("ada"), Student("bob")], "class", vary=["inputs"])
    >>> graded = grade([given.folder.give / "ada"], "class", "graded")
    >>> [(row.student.id, str(row.standing)) for row in graded.rows]
    [('ada', 'marked'), ('bob', 'no paper')]
    """
    place, work = ClassFolder(Path(folder)), Path(out) / "work"
    paths = [Path(path) for path in submissions]
    _refuse_the_secret(place, paths)
    most = Limits.of(limits)
    asked = blanks_named(place.network, place.assignment.blanks)
    marker = Marker(place.network, place.assignment, asked)
    overrides = place.overrides()
    with nullcontext(workers) if workers is not None else Workers() as at_work:
        judge = judging or ByWorkers(place, at_work, jobs, most, work / "results.jsonl")
        owned = _owned(place, paths, work, judge, most)
        judged = _judged(owned, judge, progress)
    papers = [_marked(place, marker, paper, overrides) for paper in judged]
    rows = [_row(place, marker, student, papers, overrides.get(student.id, [])) for student in place.students]
    return Graded(place, marker, tuple(rows), tuple(paper for paper in papers if paper.whose.student is None))


def _refuse_the_secret(folder: ClassFolder, submissions: Sequence[Path]) -> None:
    """The teacher's files have no place where students' are."""
    for place in (folder.give, *submissions):
        if place.is_dir() and any(path.name in ("secret", "variants.csv") for path in place.rglob("*")):
            raise FileError(
                "the class's secret or numbers lie there", path=place, remedy="move them back to keep/, nowhere else"
            )


Owned = tuple[Paper, Whose, Path | None]


def _owned(folder: ClassFolder, submissions: Sequence[Path], work: Path, judge: Judging, limits: Limits) -> list[Owned]:
    """Each paper, whose it is, and where its content is kept: among those of its student."""
    owners, kept = Owners(folder), work / "papers"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as name:
        stored: dict[str, Path] = {}

        def store(digest: str, suffix: str, content: bytes) -> None:
            stored[digest] = Path(name) / f"{digest}{suffix}"
            stored[digest].write_bytes(content)

        papers = collect(submissions, store, limits.file_size)
        says = dict(zip(stored, judge.said(list(stored.values())), strict=True))
        found: list[Owned] = []
        for paper in papers:
            whose = owners.whose(paper.claim, says.get(paper.digest, Said()))
            path = None
            if paper.problem is None:
                source = stored[paper.digest]
                path = kept / (whose.student or UNKNOWN) / f"{paper.digest[:32]}{source.suffix}"
                path.parent.mkdir(exist_ok=True)
                if not path.exists():
                    shutil.copyfile(source, path)
            found.append((paper, whose, path))
    return found


def _judged(
    owned: Sequence[Owned],
    judge: Judging,
    progress: Callable[[], None],
) -> list[MarkedPaper]:
    """The papers with their results: those of nobody, and what is no workbook, have none."""
    paths = {str(path): whose.student for _, whose, path in owned if path is not None and whose.student is not None}
    results = {}
    for result in judge.results(paths):
        results[result.path] = result
        progress()
    return [MarkedPaper(paper, whose, results.get(str(path)), error=paper.problem) for paper, whose, path in owned]


def _marked(
    folder: ClassFolder, marker: Marker, paper: MarkedPaper, overrides: Mapping[str, Sequence[Override]]
) -> MarkedPaper:
    """The paper with its mark, where it has a report."""
    student, result = paper.whose.student, paper.result
    if student is None or result is None:
        return paper
    if result.report is None:
        error = result.error or "could not be judged"
        return MarkedPaper(paper.paper, paper.whose, result, error=error.removeprefix(f"{result.path}: "))
    late, handed_in = folder.assignment.lateness, paper.paper.handed_in
    days = late.days_late(student, handed_in) if handed_in is not None else int(paper.paper.late)
    mark = marker.mark(result.report, days, overrides.get(student, ()))
    return MarkedPaper(paper.paper, paper.whose, result, mark, days)


def _row(
    folder: ClassFolder, marker: Marker, student: Student, papers: Sequence[MarkedPaper], overrides: Sequence[Override]
) -> StudentRow:
    """The student's papers, the one that counts, and what the teacher should know."""
    own = tuple(paper for paper in papers if paper.whose.student == student.id)
    notes = list(dict.fromkeys(note for paper in own for note in _notes(paper)))
    counted = _counted(own, folder.assignment.attempt)
    by_hand = any(override.question == WHOLE for override in overrides)
    mark = counted.mark if counted is not None else None
    if counted is None and by_hand:
        mark = marker.of_nothing(overrides)
    elif counted is not None and counted.whose.is_anothers and not by_hand:
        mark = PaperMark(pending=marker.questions)
    return StudentRow(student, own, counted, mark, tuple(notes))


def _counted(papers: Sequence[MarkedPaper], attempt: Attempt) -> MarkedPaper | None:
    """The best paper or the last, of those that could be judged; of equal ones the first."""
    judged = [paper for paper in papers if paper.mark is not None]
    if not judged:
        return None
    if attempt is Attempt.BEST:
        return max(judged, key=lambda paper: -1.0 if paper.points is None else paper.points)
    return max(
        enumerate(judged), key=lambda item: (item[1].paper.handed_in is not None, str(item[1].paper.handed_in), item[0])
    )[1]


def _notes(paper: MarkedPaper) -> list[str]:
    found = []
    if paper.whose.is_anothers:
        found.append(f"{paper.paper.name} is the copy of {paper.whose.copy}: no mark until you decide")
    if "numbers" in paper.whose.how:
        found.append(f"{paper.paper.name}: {paper.whose.how}")
    if paper.paper.late and paper.paper.handed_in is None:
        found.append(f"{paper.paper.name} was late; the platform does not say by how much: 1 day is counted")
    if paper.error is not None:
        found.append(f"{paper.paper.name}: {paper.error}")
    if paper.mark is not None and paper.mark.pending and paper.result is not None and paper.result.report is not None:
        cell = next(cell for cell in paper.result.report.answers if cell.verdict in OF_THE_ENGINE)
        found.append(
            f"{paper.paper.name}: {', '.join(paper.mark.pending)} could not be judged; {cell.place}: {cell.message}"
        )
    return found
