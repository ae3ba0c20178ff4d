"""The command line: argv in, text and an exit code out. Every decision is a library call.

Exit codes: 0 all correct, 1 something is not, 2 unusable input (one line on stderr). Heavy packages are imported by
the commands that need them, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sheetnet import __version__
from sheetnet.errors import SheetnetError

if TYPE_CHECKING:
    from sheetnet.check import Report
    from sheetnet.network import Network

app = typer.Typer(
    name="sheetnet",
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


class EngineName(StrEnum):
    """The engines that recalculate a workbook."""

    IRONCALC = "ironcalc"
    LIBREOFFICE = "libreoffice"


NetworkSource = Annotated[
    str, typer.Argument(metavar="TEMPLATE|FILE.toml", help="A template's name or a network file.")
]


def main() -> None:
    """The entry point: errors become one line on stderr and exit code 2."""
    try:
        app(standalone_mode=True)
    except SheetnetError as error:
        print(f"sheetnet: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        # The reader went away (as `head` does); what it read is complete, and Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


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
) -> None:
    """Write the workbook of one training step, and print each path."""
    from sheetnet.generate import write_all
    from sheetnet.network_file import load_network
    from sheetnet.report.terminal import console

    suffixes = ["xlsx", "ods"] if file_format is Format.BOTH else [file_format.value]
    with console(stderr=True).status(f"writing {network}"):
        paths = write_all(load_network(network), out, Path(network).stem, suffixes)
    for path in paths:
        print(path)


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
) -> None:
    """Judge every calculation cell of workbooks against NumPy.

    Exit code 0: all correct; 1: something is not; 2: a file cannot be used.
    """
    from sheetnet.network_file import load_network

    expected = load_network(network) if network is not None else None
    copies = _copy_paths(workbooks, marked)
    how = {"engine": engine.value, "trials": trials, "seed": seed, "strict_inputs": strict_inputs}
    reports, unusable = _validated(workbooks, expected, {**how, "inputs": inputs, "steps": steps})
    if json is not None:
        _write_json(reports, json)
    if html is not None:
        from sheetnet.report.html import save_html

        save_html(reports, html)
    unusable += _write_marked(reports, copies)
    if json != "-":
        from sheetnet.report.terminal import console, report_view

        for report in reports:
            console().print(report_view(report))
    raise typer.Exit(2 if unusable else 0 if all(report.ok for report in reports) else 1)


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
) -> None:
    """Label every formula cell of a workbook in any layout with the quantity it computes.

    Exit code 0: all identified; 1: something is not; 2: a file cannot be used.
    """
    from sheetnet.identify import identify as identified
    from sheetnet.network_file import load_network
    from sheetnet.report.identify import identification_view, to_json
    from sheetnet.report.terminal import console

    found = identified(workbook, load_network(network), inputs=inputs, steps=steps, trials=trials, seed=seed)
    if json is not None:
        _write_text(to_json(found), json)
    if json != "-":
        console().print(identification_view(found))
    raise typer.Exit(0 if found.ok else 1)


def _validated(paths: list[Path], network: Network | None, how: Mapping[str, Any]) -> tuple[list[Report], int]:
    """The reports of the usable files, and how many were not; an unusable file never costs the others their report."""
    from rich.progress import track

    from sheetnet.check import validate
    from sheetnet.report.terminal import console

    reports, unusable = [], 0
    for path in track(paths, "judging", console=console(stderr=True), transient=True, disable=not sys.stderr.isatty()):
        try:
            reports.append(validate(path, network, **how))
        except SheetnetError as error:
            print(f"sheetnet: {error}", file=sys.stderr)
            unusable += 1
    return reports, unusable


def _copy_paths(workbooks: list[Path], marked: Path | None) -> dict[Path, Path]:
    """Where each workbook's marked copy goes: decided before anything is judged, so that a bad path costs no time."""
    if marked is None:
        return {}
    from sheetnet.report.marked import copy_paths

    return copy_paths(workbooks, marked)


def _write_marked(reports: list[Report], copies: dict[Path, Path]) -> int:
    """How many workbooks could not be marked; one never costs the others their copies."""
    from sheetnet.report.marked import save_marked

    failed = 0
    for report in reports if copies else []:
        try:
            save_marked(report, copies[Path(report.workbook)])
        except SheetnetError as error:
            print(f"sheetnet: {error}", file=sys.stderr)
            failed += 1
    return failed


def _write_json(reports: list[Report], target: str) -> None:
    from sheetnet.report.json import to_json

    _write_text(to_json(reports), target)


def _write_text(words: str, target: str) -> None:
    from sheetnet.files.aside import save_text

    if target == "-":
        sys.stdout.write(words)
    else:
        save_text(words, Path(target))
