"""The command `generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sheetnet.cli.options import Format, Hints, NetworkSource, Orientation
from sheetnet.workbook_options import STEPS


def generate(
    network: NetworkSource,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The folder to write to.")] = Path(),
    file_format: Annotated[Format, typer.Option("--format", help="Which file formats to write.")] = Format.BOTH,
    views: Annotated[
        str | None,
        typer.Option(metavar="VIEW,…|all", help="Which sheets, such as step,training; else all for a small network."),
    ] = None,
    orientation: Annotated[
        Orientation, typer.Option(help="One row an observation, or column vectors: A W or W A.")
    ] = Orientation.ROW,
    steps: Annotated[int, typer.Option(metavar="N", help="Steps of the sheet Training.")] = STEPS,
    student: Annotated[
        bool, typer.Option("--student", help="Write a student's copy, answers to be filled in.")
    ] = False,
    blank: Annotated[
        list[str] | None,
        typer.Option(metavar="QUANTITY", help="What a student fills in, such as delta or z_1; else all. Repeatable."),
    ] = None,
    hints: Annotated[
        Hints | None, typer.Option(help="What the notes of a student's copy tell; else the equation.")
    ] = None,
    key: Annotated[bool, typer.Option("--key", help="Write the teacher's key beside a student's copy.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there already.")] = False,
) -> None:
    """Write the workbook of one training step, and print each path with its size."""
    from sheetnet.generate import asked_for, write_all
    from sheetnet.network_file import load_network
    from sheetnet.report.terminal import console, size_of

    asked: dict[str, Any] = {"views": views, "column": orientation is Orientation.COLUMN, "steps": steps, "key": key}
    suffixes = ["xlsx", "ods"] if file_format is Format.BOTH else [file_format.value]
    with console(stderr=True).status(f"writing {network}"):
        workbooks = asked_for(
            load_network(network), Path(network).stem, student, blank or [], hints and hints.value, **asked
        )
        paths = write_all(workbooks, out, suffixes, force, [Path(network)])
    for path in paths:
        print(f"{path}  {size_of(path)}")
