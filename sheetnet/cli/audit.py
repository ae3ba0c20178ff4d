"""The command `audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sheetnet.cli.options import write_text


def audit_command(
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
    from sheetnet.auditing import audit as judged
    from sheetnet.auditing import load_published
    from sheetnet.files import save_workbook
    from sheetnet.files.atomic import refuse_existing, refuse_shared
    from sheetnet.report.audit import audit_html, audit_json, audit_view, audit_workbook
    from sheetnet.report.terminal import console

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
        console().print(audit_view(found))
    raise typer.Exit(0 if found.ok else 1)
