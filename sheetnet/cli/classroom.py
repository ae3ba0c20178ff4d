"""The commands about a class."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from sheetnet.cli.options import Format, Hints, LimitChanges, NetworkSource, Orientation, complain, suffixes_of
from sheetnet.errors import UsageError, one_line


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
                network,
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
    jobs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Workers at once; by default one a core.")
    ] = None,
    limit: LimitChanges = None,
) -> None:
    """Mark what a class handed in: each student by their own numbers.

    Run it again after a new paper, another point or an override in DIR/keep/overrides.csv: only what is new is judged.
    Exit code 0: everybody has a mark; 1: somebody has none; 2: a file cannot be used.
    """
    from sheetnet.classroom import explained, grade, write_marks, write_overview
    from sheetnet.files.limits import parse_limits
    from sheetnet.report.terminal import console

    with console(stderr=True).status("judging"):
        graded = grade(submissions, folder, out, jobs=jobs, limits=parse_limits(limit or []))
    write_marks(graded, out / "marks.csv")
    write_overview(graded, out / "overview.html")
    for student in explain or []:
        print("\n".join(explained(graded, student)))
    if not explain:
        for row in graded.rows:
            if row.status != "marked":
                print(one_line(" ".join(filter(None, (row.student.id, row.student.name, row.status, *row.notes[:1])))))
        counts = Counter(row.status for row in graded.rows)
        print(", ".join(f"{count} {status}" for status, count in counts.most_common()))
        print(f"{out / 'marks.csv'}\n{out / 'overview.html'}")
    raise typer.Exit(0 if all(row.status in ("marked", "excused") for row in graded.rows) else 1)
