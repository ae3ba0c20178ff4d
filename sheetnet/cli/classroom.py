"""The commands about a class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sheetnet.cli.options import Format, Hints, NetworkSource, Orientation, complain, suffixes_of
from sheetnet.errors import UsageError


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
