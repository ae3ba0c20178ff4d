"""The command that serves the page in the browser; what it needs is an extra, and imported by it alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sheetnet.cli.options import LimitChanges
from sheetnet.errors import UsageError


def serve_command(
    folder: Annotated[
        Path | None, typer.Option("--class", metavar="DIR", help="The folder that `assign` made: its students hand in.")
    ] = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Who can reach it: this machine alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any that is free.")] = 8000,
    https: Annotated[
        bool, typer.Option("--https", help="A proxy before it speaks https: cookies go by https alone.")
    ] = False,
    attempts: Annotated[int, typer.Option(min=1, metavar="N", help="Attempts that each student has.")] = 10,
    jobs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Files judged at once; by default one per core.")
    ] = None,
    limit: LimitChanges = None,
) -> None:
    """Serve a page in which workbooks are judged and made, or to which a class hands in."""
    try:
        from sheetnet.web import ServeOptions, serve
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed", remedy="pip install 'sheetnet[web]'") from None
    from dataclasses import replace

    from sheetnet.files.limits import parse_limits

    options = ServeOptions(host, port, https, attempts, jobs)
    limits = replace(options.limits, **parse_limits(limit or []))
    serve(replace(options, limits=limits), folder)
