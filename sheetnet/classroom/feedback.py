"""Writes what each student gets back: a page, a marked copy and the mark, at the level that the teacher chose.

out/feedback/ID/feedback.html    the page
out/feedback/ID/FILE             the marked copy, named as it was handed in
out/feedback/ID/mark.txt         the mark, line by line
out/feedback.zip                 the same under the names that came in, as platforms take them back
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from sheetnet.batch.schedule import Workers, cores
from sheetnet.classroom.assignment import Assignment
from sheetnet.classroom.grade import Graded, MarkedPaper, Standing, StudentRow
from sheetnet.errors import SheetnetError, one_line
from sheetnet.files import read_workbook
from sheetnet.files.archives import save_zip
from sheetnet.files.atomic import save_text
from sheetnet.files.limits import Limits
from sheetnet.report.html import report_page, section
from sheetnet.report.marked import save_marked
from sheetnet.report.redacted import Level, named, plainly_told, redacted, unnamed
from sheetnet.validation import Report

PAGE, MARK = "feedback.html", "mark.txt"
# What students are told who have no mark; nothing of others, nor of what a teacher is told.
WITHOUT_A_MARK = {
    Standing.WAITS: "There is no mark yet: your teacher looks at your file.",
    Standing.NOT_READABLE: "There is no mark: your file could not be read.",
    Standing.NO_PAPER: "Nothing of yours was found.",
    Standing.EXCUSED: "You are excused.",
}


def level_of(assignment: Assignment, student: str, now: datetime) -> Level:
    """How much a student is told: from the own deadline on it may be more."""
    due, later = assignment.lateness.due(student), assignment.feedback_after_deadline
    return later if later is not None and due is not None and now > due else assignment.feedback


def write_feedback(
    graded: Graded,
    out: Path,
    *,
    jobs: int | None = None,
    limits: Limits | None = None,
    workers: Workers | None = None,
    now: datetime | None = None,
) -> int:
    """Write all feedback anew, and give how many students got a page; a file that cannot be marked costs its copy alone.

    `workers` outlive this call, which otherwise starts its own.
    """
    most, moment = limits or Limits(), now or datetime.now(UTC)
    shutil.rmtree(out / "feedback", ignore_errors=True)  # of an earlier run: nothing stale is left
    rows = [row for row in graded.rows if row.papers]
    with (
        nullcontext(workers) if workers is not None else Workers() as at_work,
        ThreadPoolExecutor(jobs or cores()) as threads,
    ):

        def write(row: StudentRow) -> bool:
            return _write_row(graded, row, out / "feedback" / row.student.id, at_work, most, moment)

        pages = sum(threads.map(write, rows))
    save_zip(dict(_as_handed_in(rows, out / "feedback")), out / "feedback.zip")
    return pages


def _write_row(
    graded: Graded, row: StudentRow, place: Path, workers: Workers, limits: Limits, moment: datetime
) -> bool:
    place.mkdir(parents=True)
    level = level_of(graded.folder.assignment, row.student.id, moment)
    save_text(mark_text(row, level), place / MARK)
    report = _report(row)
    if report is None:
        return False
    told = plainly_told(redacted(report, level))
    assert row.counted is not None
    name = _file(row.counted)
    try:
        save_text(workers.call(page_of, (told, name, limits), limits), place / PAGE)
        workers.call(save_marked, (told, place / name, limits), limits)
    except SheetnetError:  # the mark and, where it was written, the page are there
        return (place / PAGE).exists()
    return True


def page_of(report: Report, name: str, limits: Limits) -> str:
    """The page of a report under the name that its student knows; it reads a stranger's file, in a guarded process."""
    return report_page([section(0, replace(report, workbook=name), read_workbook(report.workbook, limits))])


def _report(row: StudentRow) -> Report | None:
    """The report of the paper that counts; none where it is not certain whose it is."""
    if row.counted is None or row.counted.result is None or row.counted.whose.is_anothers:
        return None
    return row.counted.result.report


def _file(paper: MarkedPaper) -> str:
    """The file's name as it was handed in, made one that a folder takes."""
    assert paper.result is not None
    name = "".join(c if c.isprintable() and c not in '<>:"/\\|?*' else "_" for c in paper.paper.file)
    return name if name not in (PAGE, MARK) else f"paper-{name}"


def mark_text(row: StudentRow, level: Level) -> str:
    """The mark for the student: its lines add up; without a mark, why, as far as it is the student's own affair."""
    if row.mark is not None and row.mark.points is not None:
        lines = [mistakes_told(line, level) for line in row.mark.added_up()]
    else:
        errors = [one_line(f"{paper.paper.file}: {paper.error}") for paper in row.papers if paper.error is not None]
        lines = [WITHOUT_A_MARK[row.standing], *errors]
    return "\n".join(lines) + "\n"


def mistakes_told(words: str, level: Level) -> str:
    """A line of a mark for its student: known mistakes by name, at the level that tells only where there are some not."""
    return unnamed(words) if level is Level.WHERE else named(words)


def _as_handed_in(rows: list[StudentRow], feedback: Path) -> Iterator[tuple[str, bytes]]:
    """The files under the names on the way to each paper that counts, as the platform gave and takes them."""
    for row in rows:
        paper = row.counted or row.papers[0]
        parts = PurePosixPath(paper.paper.name).parts
        inner = parts[1:] if parts[0].lower().endswith(".zip") else parts
        for path in sorted((feedback / row.student.id).iterdir()):
            own = path.name if path.name in (PAGE, MARK) else inner[-1]
            if len(inner) == 1 and path.name in (PAGE, MARK):  # all files in one folder, as Canvas has them
                own = f"{PurePosixPath(inner[0]).stem}-{path.name}"
            yield "/".join((*inner[:-1], own)), path.read_bytes()
