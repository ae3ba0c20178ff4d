"""All commands together, and the entry point."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Annotated

import typer

from sheetnet._version import __version__
from sheetnet.cli.commands import audit_command, explain, generate, identify_command, limits, show, templates
from sheetnet.cli.options import Commands, complain, open_streams
from sheetnet.cli.validate import validate_command
from sheetnet.errors import SheetnetError

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
}
for name, command in COMMANDS.items():
    command_line.command(name)(command)


def main() -> None:
    """The entry point: errors become one line on stderr and exit code 2."""
    open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files may hold what no encoding can
    try:
        command_line(standalone_mode=True)
    except SheetnetError as error:
        complain(str(error))
        sys.exit(2)


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
