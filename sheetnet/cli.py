"""The command line: argv in, text and an exit code out. Every decision is a library call.

Exit codes: 0 all correct, 1 something is not, 2 unusable input (one line on stderr). Heavy packages are imported by
the commands that need them, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from sheetnet import __version__
from sheetnet.errors import FileError, SheetnetError, UsageError
from sheetnet.presentation import STEPS

if TYPE_CHECKING:
    from sheetnet.batch.outputs import Outputs


class Commands(TyperGroup):
    """The commands; where their output cannot be written, that is one more error in one line."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for, until all it printed has gone out."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except OSError as error:
            # Python must not try again at its end, and complain then.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, BrokenPipeError):
                raise FileError("output: the program that read it is gone: what it has read is not all") from None
            raise FileError(f"output: {error.strerror}: free the disk, or write elsewhere") from None


app = typer.Typer(
    name="sheetnet",
    cls=Commands,
    help="Every number of a backpropagation worksheet, live in a spreadsheet and proven against NumPy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Format(StrEnum):
    """The file formats that `generate` writes."""

    XLSX = "xlsx"
    ODS = "ods"
    BOTH = "both"


class Orientation(StrEnum):
    """Which way the vectors of a workbook lie."""

    ROW = "row"
    COLUMN = "column"


class Hints(StrEnum):
    """How much the notes of a student's copy tell."""

    NONE = "none"
    EQUATION = "equation"
    EXAMPLE = "example"


class EngineName(StrEnum):
    """The engines that recalculate a workbook."""

    IRONCALC = "ironcalc"
    LIBREOFFICE = "libreoffice"


EXIT_CODES = {"correct": 0, "incorrect": 1, "unreadable": 2}
Limits = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="NAME=AMOUNT", help="Another limit, such as file_size=50MB. Repeatable."),
]
NetworkSource = Annotated[
    str, typer.Argument(metavar="TEMPLATE|FILE.toml", help="A template's name or a network file.")
]


def main() -> None:
    """The entry point: errors become one line on stderr and exit code 2."""
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files may hold what no encoding can
    try:
        app(standalone_mode=True)
    except SheetnetError as error:
        _complain(str(error))
        sys.exit(2)


def _open_streams() -> None:
    """Let standard streams that are closed lead nowhere: else the next files to be opened would get their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open to the end


def _version(asked: bool) -> None:
    if asked:
        print(f"sheetnet {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command()
def templates() -> None:
    """List the network files that come with sheetnet."""
    from sheetnet.network_file import load_network, template_names

    for name in template_names():
        network = load_network(name)
        print(f"{name:22}{'-'.join(map(str, network.sizes)):14}{network.title}")


@app.command()
def show(network: NetworkSource) -> None:
    """Show one training step as tables, computed by NumPy."""
    from sheetnet.network_file import load_network
    from sheetnet.reference import training_step
    from sheetnet.report.terminal import console, step_view

    console().print(step_view(training_step(load_network(network))))


@app.command()
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
        paths = write_all(workbooks, out, suffixes, force)
    for path in paths:
        print(f"{path}  {size_of(path)}")


@app.command()
def validate(
    workbooks: Annotated[list[Path], typer.Argument(metavar="WORKBOOK…", help="Workbooks to judge.")],
    network: Annotated[
        str | None, typer.Option(metavar="TEMPLATE|FILE.toml", help="What they should compute; else what each carries.")
    ] = None,
    engine: Annotated[EngineName, typer.Option(help="What recalculates the workbooks.")] = EngineName.IRONCALC,
    trials: Annotated[int, typer.Option(min=1, max=1000, help="Random trials a workbook.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the trials.")] = 0,
    strict_inputs: Annotated[bool, typer.Option("--strict-inputs", help="Edited inputs are not ok.")] = False,
    inputs: Annotated[
        Path | None, typer.Option(metavar="MAP.toml", help="Where the inputs stand in a layout that is not sheetnet's.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps in such a layout; else all there are.")
    ] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the report as JSON; - is stdout.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as a page.")] = None,
    marked: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write a marked copy; of several workbooks, into this folder.")
    ] = None,
    jsonl: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write each result as a line of JSON as soon as it is there.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Keep the results that the JSON lines have.")] = False,
    jobs: Annotated[int | None, typer.Option(min=1, metavar="N", help="Workers at once; else one a core.")] = None,
    limit: Limits = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist; workbooks never.")] = False,
) -> None:
    """Judge every calculation cell of workbooks against NumPy, each in a guarded process.

    Exit code 0: all correct; 1: something is not; 2: a file cannot be used.
    """
    from sheetnet.batch.outputs import Outputs, refuse_workbooks
    from sheetnet.batch.workers import Workers
    from sheetnet.files.limits import parse_limits

    if resume and jsonl is None:
        raise UsageError("--resume needs --jsonl FILE: the results that are to be kept stand there")
    limits = parse_limits(limit or [])
    with Workers() as workers:
        workers.start(1)  # it imports what it needs while this process does
        outputs = Outputs(workbooks, json, html, marked, force)
        refuse_workbooks([jsonl] if jsonl is not None else [], workbooks)
        how: dict[str, Any] = {"engine": engine.value, "trials": trials, "seed": seed, "strict_inputs": strict_inputs}
        how |= {"inputs": inputs, "steps": steps, "jsonl": jsonl, "resume": resume, "force": force, "jobs": jobs}
        codes = _judged(workbooks, network, {**how, "limits": limits, "workers": workers}, outputs)
        for line in outputs.write(workers, jobs, limits):
            _complain(line)
            codes.add(2)
    raise typer.Exit(max(codes))


@app.command()
def limits() -> None:
    """Show how much a workbook may ask of this machine, and why; --limit changes each."""
    from sheetnet.report.limits import limits_view
    from sheetnet.report.terminal import console

    console().print(limits_view())


@app.command()
def audit(
    document: Annotated[
        str, typer.Argument(metavar="TEMPLATE|FILE.toml", help="A network file with what a document prints.")
    ],
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the audit as JSON; - is stdout.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the audit as a page.")] = None,
    workbook: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the printed numbers beside live formulas, .xlsx or .ods.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there already.")] = False,
) -> None:
    """Judge the numbers and equations that a document prints.

    Exit code 0: all agree; 1: something does not; 2: the file cannot be used.
    """
    from sheetnet.audit import audit as judged
    from sheetnet.audit import load_published
    from sheetnet.files import save_workbook
    from sheetnet.files.aside import refuse_existing
    from sheetnet.report.audit import audit_html, audit_view, audit_workbook, to_json
    from sheetnet.report.terminal import console

    named = [Path(json)] if json not in (None, "-") else []
    refuse_existing([*named, *(path for path in (html, workbook) if path is not None)], force)
    published = load_published(document)
    with console(stderr=True).status(f"auditing {document}"):
        found = judged(published)
    if json is not None:
        _write_text(to_json(found), json)
    if html is not None:
        _write_text(audit_html(found), str(html))
    if workbook is not None:
        save_workbook(audit_workbook(published, found), workbook)
    if json != "-":
        console().print(audit_view(found))
    raise typer.Exit(0 if found.ok else 1)


@app.command()
def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="A known mistake, such as SN012; else all.")
    ] = None,
) -> None:
    """Explain a known mistake by its code, or list all."""
    from sheetnet.report.mistakes import explanation
    from sheetnet.report.terminal import console

    console().print(explanation(code))


@app.command()
def identify(
    workbook: Annotated[Path, typer.Argument(metavar="WORKBOOK", help="A workbook in any layout.")],
    network: Annotated[str, typer.Option(metavar="TEMPLATE|FILE.toml", help="What it should compute.")],
    inputs: Annotated[
        Path | None, typer.Option(metavar="MAP.toml", help="Where the inputs stand; else found by their values.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps to look for; else as many as there are.")
    ] = None,
    trials: Annotated[int, typer.Option(min=2, max=1000, help="Random trials.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the trials.")] = 0,
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the result as JSON; - is stdout.")] = None,
    limit: Limits = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that exists; the workbook never.")] = False,
) -> None:
    """Label every formula cell of a workbook in any layout with the quantity it computes.

    Exit code 0: all identified; 1: something is not; 2: a file cannot be used.
    """
    from sheetnet.batch.many import apart
    from sheetnet.batch.outputs import refuse_workbooks
    from sheetnet.files.aside import refuse_existing
    from sheetnet.files.limits import parse_limits
    from sheetnet.identify import identify as identified
    from sheetnet.network_file import load_network
    from sheetnet.report.identify import identification_view, to_json
    from sheetnet.report.terminal import console

    files = [Path(json)] if json not in (None, "-") else []
    refuse_workbooks(files, [workbook])
    refuse_existing(files, force)
    how: dict[str, Any] = {"inputs": inputs, "steps": steps, "trials": trials, "seed": seed}
    work = partial(identified, workbook, load_network(network), **how)
    found = apart(workbook, work, limits=parse_limits(limit or []))
    if json is not None:
        _write_text(to_json(found), json)
    if json != "-":
        console().print(identification_view(found))
    raise typer.Exit(0 if found.ok else 1)


def _judged(paths: list[Path], network: str | None, how: Mapping[str, Any], outputs: Outputs) -> set[int]:
    """Judge all files, print each result in its turn, and give the exit codes that they ask for."""
    from sheetnet.batch.many import validate_many
    from sheetnet.network_file import load_network
    from sheetnet.report.terminal import console, judging, result_view, totals

    counts: Counter[str] = Counter()
    expected = load_network(network) if network is not None else None
    try:
        with judging(len(paths)) as done:
            for result in validate_many(paths, expected, **how):
                counts[result.status] += 1
                outputs.take(result)
                if result.error is not None:
                    _complain(result.error)
                shown = result.report is not None and outputs.json != "-"
                done(result_view(result) if shown else None)
    except KeyboardInterrupt:
        go_on = "go on with --resume" if how["jsonl"] is not None else "with --jsonl FILE --resume could go on"
        _complain(f"interrupted after {counts.total():,} of {len(paths):,} workbooks: {go_on}")
        raise typer.Exit(130) from None
    if outputs.json == "-":
        sys.stdout.write(outputs.json_text())
    elif len(paths) > 1:
        console().print(totals(counts))
    return {EXIT_CODES[status] for status in counts}


def _complain(line: str) -> None:
    """One line on stderr, whatever a file's name or content put into it."""
    from sheetnet.errors import one_line

    print(f"sheetnet: {one_line(line)}", file=sys.stderr)


def _write_text(words: str, target: str) -> None:
    from sheetnet.files.aside import save_text

    if target == "-":
        sys.stdout.write(words)
    else:
        save_text(words, Path(target))
