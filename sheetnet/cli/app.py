"""All commands together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from sheetnet._version import __version__
from sheetnet.cli.classroom import assign_command
from sheetnet.cli.commands import audit_command, explain, generate, identify_command, limits, show, templates
from sheetnet.cli.options import Commands
from sheetnet.cli.validate import validate_command

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
    "assign": assign_command,
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
