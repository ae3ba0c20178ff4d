"""What several commands share: their options, and how they print text and errors."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from sheetnet.errors import FileError, one_line

if TYPE_CHECKING:
    from sheetnet.files.limits import Limits
    from sheetnet.network import Network
    from sheetnet.network_file import NetworkLike


class Format(StrEnum):
    """The file formats that `generate` writes."""

    XLSX = "xlsx"
    ODS = "ods"
    BOTH = "both"


def suffixes_of(file_format: Format) -> list[str]:
    """The suffixes of the files to be written."""
    return [Format.XLSX.value, Format.ODS.value] if file_format is Format.BOTH else [file_format.value]


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
    """The engines that recalculate a workbook: those of `sheetnet.engine.ENGINES`."""

    IRONCALC = "ironcalc"
    LIBREOFFICE = "libreoffice"


SheetName = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The sheet that counts where several have networks or the same numbers."),
]


class OutputFormat(StrEnum):
    """How much a command prints of what it found: all that helps, or one line for each finding."""

    FULL = "full"
    CONCISE = "concise"


Printed = Annotated[
    OutputFormat,
    typer.Option("--output-format", help="What is printed: all, or one line per finding, FILE:CELL: what."),
]
LimitChanges = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="NAME=AMOUNT", help="Another limit, such as file_size=50MB. Repeatable."),
]
NetworkSource = Annotated[
    str, typer.Argument(metavar="TEMPLATE|FILE", help="A template's name, a network file, or a workbook.")
]


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
                raise FileError(
                    "the program that read it is gone: what it has read is not all", path="output"
                ) from None
            raise FileError(
                error.strerror or "cannot be written", path="output", remedy="free the disk, or write elsewhere"
            ) from None


def network_named(source: str, limits: Limits | None = None) -> NetworkLike:
    """What a command was given as a network; that of a workbook is read in a guarded process, whoever made it."""
    from sheetnet.network_readers import reader_of

    return source if reader_of(source) is None else network_of_workbook(source, None, limits)


def network_of_workbook(path: str, step: int | None, limits: Limits | None = None) -> Network:
    """The network of a workbook, by a worker."""
    from sheetnet.batch.api import apart
    from sheetnet.batch.worker_main import ByName
    from sheetnet.files.limits import DEFAULT_LIMITS

    most = limits or DEFAULT_LIMITS
    found: Network = apart(path, ByName("sheetnet.extract", "extract_network"), path, step, most, limits=most)
    return found


def complain(line: str) -> None:
    """One line on stderr, whatever a file's name or content put into it."""
    print(f"sheetnet: {one_line(line)}", file=sys.stderr)


def write_text(words: str, target: str) -> None:
    """To a file, written aside and renamed, or to stdout where the target is "-"."""
    from sheetnet.files.atomic import save_text

    if target == "-":
        sys.stdout.write(words)
    else:
        save_text(words, Path(target))
