"""The commands: each turns its options into one library call and prints what that gives.

Those of a class stand in classroom.py, about models and workbooks that others made in other_files.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from sheetnet._version import __version__
from sheetnet.cli.classroom import assign_command, forget_command, grade_command, gradescope_command
from sheetnet.cli.options import (
    Commands,
    EngineName,
    Format,
    Hints,
    LimitChanges,
    NetworkSource,
    Orientation,
    OutputFormat,
    Printed,
    SheetName,
    complain,
    network_named,
    suffixes_of,
    write_text,
)
from sheetnet.cli.other_files import extract_command, identify_command, import_command, infer_command
from sheetnet.cli.serve import serve_command
from sheetnet.errors import UsageError
from sheetnet.judge_options import MOST_TRIALS, JudgeOptions


def templates() -> None:
    """List the network files that come with sheetnet."""
    from sheetnet.network_file import ALIASES, load_network, template_names

    for name in template_names():
        network = load_network(name)
        print(f"{name:22}{'-'.join(map(str, network.sizes)):14}{network.title}")
    print("Other names:", ", ".join(f"{alias} = {name}" for alias, name in ALIASES.items()))


def show(network: NetworkSource) -> None:
    """Show one training step as tables, computed by NumPy."""
    from sheetnet.reference import training_step
    from sheetnet.report.terminal import show_view, step_view

    show_view(step_view(training_step(network_named(network))))


def limits() -> None:
    """Show how much a workbook may ask of this machine, and why; --limit changes each."""
    from sheetnet.report.terminal import limits_view, show_view

    show_view(limits_view())


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="A known mistake, such as SN012; by default all.")
    ] = None,
) -> None:
    """Explain a known mistake by its code, or list all."""
    from sheetnet.report.terminal import explanation, show_view

    show_view(explanation(code))


def generate(
    network: NetworkSource,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The folder to write to.")] = Path(),
    file_format: Annotated[Format, typer.Option("--format", help="Which file formats to write.")] = Format.BOTH,
    views: Annotated[
        str | None,
        typer.Option(
            metavar="VIEW,…|all", help="Which sheets, such as step,training; by default all for a small network."
        ),
    ] = None,
    orientation: Annotated[
        Orientation, typer.Option(help="One row per observation, or column vectors: A W or W A.")
    ] = Orientation.ROW,
    steps: Annotated[
        int | None, typer.Option(metavar="N", help="Steps of the sheet Training: the network file's, else 50.")
    ] = None,
    student: Annotated[
        bool, typer.Option("--student", help="Write a student's copy, answers to be filled in.")
    ] = False,
    blank: Annotated[
        list[str] | None,
        typer.Option(
            metavar="QUANTITY", help="What a student fills in, such as delta or z_1; by default all. Repeatable."
        ),
    ] = None,
    hints: Annotated[
        Hints | None,
        typer.Option(help="How much help the cell notes of a student's copy give; by default the equation."),
    ] = None,
    key: Annotated[bool, typer.Option("--key", help="Write the teacher's key beside a student's copy.")] = False,
    predict: Annotated[
        bool, typer.Option("--predict", help="Write a workbook that only predicts from new inputs: no training step.")
    ] = False,
    rows: Annotated[
        int | None, typer.Option(metavar="N", help="Rows for new inputs of --predict: by default 30.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there already.")] = False,
) -> None:
    """Write the workbook of one training step, and print each path with its size."""
    from sheetnet.generate import asked_for, write_all
    from sheetnet.network_file import load_network
    from sheetnet.report.terminal import console, size_of

    asked: dict[str, Any] = {"views": views, "column": orientation is Orientation.COLUMN, "steps": steps, "key": key}
    asked |= {"predict": predict, "rows": rows}
    with console(stderr=True).status(f"writing {network}"):
        found = load_network(network_named(network))
        workbooks = asked_for(found, Path(network).stem, student, blank or [], hints and hints.value, **asked)
        paths = write_all(workbooks, out, suffixes_of(file_format), force, [Path(network)])
    if student:
        from sheetnet.classroom import doubts

        for doubt in doubts(found):
            complain(f"note: {doubt}")
    for path in paths:
        print(f"{path}  {size_of(path)}")


def audit_command(
    document: Annotated[
        str, typer.Argument(metavar="TEMPLATE|FILE.toml", help="A network file with what a document prints.")
    ],
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the audit as JSON; - is stdout.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the audit as a page.")] = None,
    workbook: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the printed numbers beside live formulas, .xlsx or .ods.")
    ] = None,
    output_format: Printed = OutputFormat.FULL,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there already.")] = False,
) -> None:
    """Judge the numbers and equations that a document prints.

    Exit code 0: all agree; 1: something does not; 2: the file cannot be used.
    """
    from sheetnet.auditing import audit as judged
    from sheetnet.auditing import load_published
    from sheetnet.files import save_workbook
    from sheetnet.files.atomic import refuse_existing, refuse_shared
    from sheetnet.report.audit_files import audit_html, audit_workbook
    from sheetnet.report.audit_text import audit_json, audit_lines, audit_view
    from sheetnet.report.terminal import console, show_view

    named = [Path(json)] if json not in (None, "-") else []
    files = [*named, *(path for path in (html, workbook) if path is not None)]
    refuse_shared(files, [Path(document)])
    refuse_existing(files, force)
    published = load_published(document)
    with console(stderr=True).status(f"auditing {document}"):
        found = judged(published)
    if json is not None:
        write_text(audit_json(found), json)
    if html is not None:
        write_text(audit_html(found), str(html))
    if workbook is not None:
        save_workbook(audit_workbook(published, found), workbook)
    if json != "-":
        concise = output_format is OutputFormat.CONCISE
        show_view("\n".join(audit_lines(found, document)) if concise else audit_view(found))
    raise typer.Exit(0 if found.ok else 1)


_Workbooks = Annotated[list[Path], typer.Argument(metavar="WORKBOOK", help="Workbooks to judge.")]
_Expected = Annotated[
    str | None,
    typer.Option(metavar="TEMPLATE|FILE", help="What they should compute; by default the network that each carries."),
]
_Engine = Annotated[EngineName, typer.Option(help="What recalculates the workbooks.")]
_Trials = Annotated[int, typer.Option(min=1, max=MOST_TRIALS, help="Random trials per workbook.")]
_Seed = Annotated[int, typer.Option(min=0, help="The seed of the trials.")]
_StrictInputs = Annotated[bool, typer.Option("--strict-inputs", help="Edited inputs make a report not ok.")]
_Inputs = Annotated[
    Path | None, typer.Option(metavar="MAP.toml", help="Where the inputs stand in a layout that is not sheetnet's.")
]
_Steps = Annotated[int | None, typer.Option(min=1, help="Training steps in such a layout; by default all there are.")]
_Complete = Annotated[
    bool, typer.Option("--complete", help="What such a layout does not compute at all is missing, and makes it not ok.")
]
_Blank = Annotated[
    list[str] | None,
    typer.Option(
        metavar="QUANTITY",
        help="What students were asked to fill in, such as delta, or all: only that counts. Else what each copy "
        "says. Repeatable.",
    ),
]
_Json = Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the report as JSON; - is stdout.")]
_Html = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as a page.")]
_Marked = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Write a marked copy; of several workbooks, into this folder.")
]
_Jsonl = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write each result as a line of JSON as soon as it is there.")
]
_Resume = Annotated[bool, typer.Option("--resume", help="Keep the results that the JSON lines have.")]
_Jobs = Annotated[int | None, typer.Option(min=1, metavar="N", help="Workers at once; by default one per core.")]
_Reveal = Annotated[
    bool, typer.Option("--reveal", help="Show the expected values of students' copies too, not hints alone.")
]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite files that exist; workbooks never.")]

USUAL_ENGINE = EngineName(JudgeOptions.engine)


def validate_command(
    context: typer.Context,
    workbooks: _Workbooks,
    network: _Expected = None,
    engine: _Engine = USUAL_ENGINE,
    trials: _Trials = JudgeOptions.trials,
    seed: _Seed = JudgeOptions.seed,
    strict_inputs: _StrictInputs = JudgeOptions.strict_inputs,
    inputs: _Inputs = None,
    steps: _Steps = None,
    sheet: SheetName = None,
    complete: _Complete = JudgeOptions.complete,
    blank: _Blank = None,
    json: _Json = None,
    html: _Html = None,
    marked: _Marked = None,
    jsonl: _Jsonl = None,
    resume: _Resume = False,
    jobs: _Jobs = None,
    reveal: _Reveal = False,
    output_format: Printed = OutputFormat.FULL,
    limit: LimitChanges = None,
    force: _Force = False,
) -> None:
    """Judge every calculation cell of workbooks against NumPy, each in a separate process with limits.

    Exit code 0: all correct; 1: something is not; 2: a file cannot be used.
    """
    from sheetnet.cli.validate_output import Limits, Outputs, Shown, Workers, parse_limits, validate_many

    if resume and jsonl is None:
        raise UsageError("--resume needs --jsonl FILE", remedy="the results that are to be kept stand there")
    changes = parse_limits(limit or [])
    with Workers(context.obj) as workers:  # what it needs is imported while this process imports the commands
        read = [Path(path) for path in (network, inputs) if path is not None]
        shown = Shown(Outputs(workbooks, json, html, marked, force, jsonl, read), network is None, jsonl, output_format)
        expected = None if network is None else network_named(network)
        results = validate_many(workbooks, expected, engine=engine.value, trials=trials, seed=seed, inputs=inputs,
            strict_inputs=strict_inputs, steps=steps, sheet=sheet, complete=complete, blanks=blank or None,
            limits=changes, jobs=jobs, jsonl=jsonl, resume=resume, force=force, workers=workers, reveal=reveal)  # fmt: skip
        with shown.progress(len(workbooks)) as show:
            for result in results:
                show(result)
        raise typer.Exit(shown.finish(workers, jobs, Limits.of(changes)))


command_line = typer.Typer(
    name="sheetnet",
    cls=Commands,
    help="Backpropagation as a spreadsheet: every number is a live formula, and every formula is checked against NumPy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "templates": templates,
    "show": show,
    "generate": generate,
    "validate": validate_command,
    "limits": limits,
    "audit": audit_command,
    "explain": explain,
    "identify": identify_command,
    "infer": infer_command,
    "assign": assign_command,
    "grade": grade_command,
    "forget": forget_command,
    "gradescope": gradescope_command,
    "import": import_command,
    "extract": extract_command,
    "serve": serve_command,
}
for name, command in COMMANDS.items():
    command_line.command(name)(command)


def _version(asked: bool) -> None:
    if asked:
        print(f"sheetnet {__version__}")
        raise typer.Exit


@command_line.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass
