"""The commands about a class."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sheetnet.cli.options import (
    Format,
    Hints,
    LimitChanges,
    NetworkSource,
    Orientation,
    complain,
    network_named,
    suffixes_of,
)
from sheetnet.errors import UsageError, one_line

if TYPE_CHECKING:
    from sheetnet.classroom import Graded


class Platform(StrEnum):
    """The learning platforms whose tables are filled in or written."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    NBGRADER = "nbgrader"


def assign_command(
    network: NetworkSource,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The folder of the class.")],
    students: Annotated[
        Path | None,
        typer.Option(
            metavar="ROSTER.csv", help="Who is in the class: columns id, name, email, or a platform's own export."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="WORDS", help="The assignment; by default the title.")] = None,
    vary: Annotated[
        str | None,
        typer.Option(metavar="PART,…", help="What differs from copy to copy: inputs, targets, weights, biases."),
    ] = None,
    same: Annotated[bool, typer.Option("--same", help="One copy for all.")] = False,
    step: Annotated[float | None, typer.Option(metavar="STEP", help="Numbers are multiples of it; 0.1.")] = None,
    blank: Annotated[
        list[str] | None, typer.Option(metavar="QUANTITY", help="What students fill in; by default all. Repeatable.")
    ] = None,
    hints: Annotated[Hints | None, typer.Option(help="How much help the cell notes give.")] = None,
    orientation: Annotated[Orientation | None, typer.Option(help="One row per observation, or columns.")] = None,
    file_format: Annotated[Format | None, typer.Option("--format", help="Which file formats to write.")] = None,
    key: Annotated[list[str] | None, typer.Option(metavar="ID", help="Write a student's key. Repeatable.")] = None,
) -> None:
    """Give each student of a class a copy with numbers of its own.

    DIR/give is for the students, DIR/keep for the teacher alone. Run it again for late joiners: they alone get copies.
    """
    from sheetnet.classroom import ClassFolder, assign, read_roster, write_key
    from sheetnet.report.terminal import console

    if students is None and not key:
        raise UsageError("nobody to give copies to", remedy="add --students ROSTER.csv, or --key ID")
    if same and vary:
        raise UsageError("--same and --vary exclude each other", remedy="leave one of them out")
    if students is not None:
        roster = read_roster(students)
        with console(stderr=True).status(f"writing copies for {len(roster)} students"):
            given = assign(
                network_named(network),
                roster,
                out,
                name=name,
                vary=() if same else vary.split(",") if vary is not None else None,
                step=step,
                blanks=blank,
                hints=hints and hints.value,
                column=None if orientation is None else orientation is Orientation.COLUMN,
                formats=suffixes_of(file_format) if file_format is not None else None,
            )
        for note in given.notes:
            complain(note)
        print(f"{given.folder.give}  {len(given.new)} new, {given.known} there already")
        print(f"{given.folder.keep}  for the teacher alone: settings, secret, numbers and codes")
    for student in key or []:
        for path in write_key(ClassFolder(out), student):
            print(path)


def grade_command(
    submissions: Annotated[
        list[Path], typer.Argument(metavar="SUBMISSIONS…", help="Folders, zips and files, as the platform gives them.")
    ],
    folder: Annotated[Path, typer.Option("--class", metavar="DIR", help="The folder that `assign` made.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The folder for marks and overview.")],
    explain: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Show a student's mark line by line. Repeatable.")
    ] = None,
    lms: Annotated[
        Platform | None, typer.Option(help="Fill marks into a platform's own export, or write its table.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(metavar="EXPORT.csv", help="The export of Canvas's gradebook, or Moodle's worksheet.")
    ] = None,
    column: Annotated[str | None, typer.Option(metavar="TITLE", help="The column of the export to fill in.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Workers at once; by default one per core.")
    ] = None,
    limit: LimitChanges = None,
) -> None:
    """Mark what a class handed in, each student by their own numbers, and write feedback.

    Run it again after a new paper, another point or an override in DIR/keep/overrides.csv: only what is new is judged.
    Exit code 0: everybody has a mark; 1: somebody has none; 2: a file cannot be used.
    """
    from sheetnet.batch.schedule import Workers
    from sheetnet.classroom import explained, grade
    from sheetnet.classroom.feedback import write_feedback
    from sheetnet.files.limits import Limits, parse_limits
    from sheetnet.report.terminal import console

    if (sheet is None) != (lms is None or lms is Platform.NBGRADER):
        raise UsageError("--sheet goes with --lms canvas and --lms moodle", remedy="give both, or neither")
    limits = Limits.of(parse_limits(limit or []))
    with console(stderr=True).status("judging"), Workers() as workers:
        graded = grade(submissions, folder, out, jobs=jobs, limits=limits, workers=workers)
        pages = write_feedback(graded, out, jobs=jobs, limits=limits, workers=workers)
    written = [*_write_results(graded, out, lms, sheet, column), f"{out / 'feedback.zip'}  feedback pages: {pages}"]
    if explain:
        for student in explain:
            print("\n".join(explained(graded, student)))
    else:
        _print_summary(graded)
        print("\n".join(written))
    raise typer.Exit(0 if all(row.standing.has_mark for row in graded.rows) else 1)


def _write_results(
    graded: Graded, out: Path, lms: Platform | None, sheet: Path | None, column: str | None
) -> list[str]:
    """Write all files, and give a line for each."""
    from sheetnet.classroom import write_marks, write_overview
    from sheetnet.classroom.platforms import PLATFORMS, write_nbgrader

    write_marks(graded, out / "marks.csv")
    write_overview(graded, out / "overview.html")
    lines = [f"{out / 'marks.csv'}", f"{out / 'overview.html'}"]
    if lms is Platform.NBGRADER:
        write_nbgrader(graded, out / "grades.csv")
        lines.append(f"{out / 'grades.csv'}")
    elif lms is not None and sheet is not None:
        filled = PLATFORMS[lms.value](graded, sheet, out / f"{lms.value}.csv", column)
        lines.append(f"{out / f'{lms.value}.csv'}  {filled} filled in")
    return lines


def _print_summary(graded: Graded) -> None:
    """Who has no mark, and how many there are of each kind."""
    for row in graded.rows:
        if not row.standing.has_mark:
            print(one_line(" ".join(filter(None, (row.student.id, row.student.name, row.standing, *row.notes[:1])))))
    print(
        ", ".join(
            f"{count} {standing}" for standing, count in Counter(row.standing for row in graded.rows).most_common()
        )
    )


def forget_command(
    student: Annotated[str, typer.Argument(metavar="ID", help="The id of a student.")],
    folder: Annotated[Path, typer.Option("--class", metavar="DIR", help="The folder that `assign` made.")],
    graded: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="The folder that `grade` wrote.")
    ] = None,
) -> None:
    """Remove a student everywhere: copies, numbers, code, papers, results, marks and feedback."""
    from sheetnet.classroom import ClassFolder
    from sheetnet.classroom.forget import forget

    for path in forget(student, ClassFolder(folder), graded):
        print(path)


def gradescope_command(
    folder: Annotated[Path, typer.Option("--class", metavar="DIR", help="The folder that `assign` made.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE.zip", help="The autograder to write.")] = Path(
        "autograder.zip"
    ),
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there already.")] = False,
) -> None:
    """Write an autograder for Gradescope: this sheetnet, and what tells the copies of the class apart."""
    from sheetnet.classroom import ClassFolder
    from sheetnet.classroom.gradescope import write_autograder
    from sheetnet.files.atomic import refuse_existing

    refuse_existing([out], force)
    write_autograder(ClassFolder(folder), out)
    print(out)
