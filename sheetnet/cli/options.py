"""What several commands share: the values of options, and the types of arguments."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


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


Limits = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="NAME=AMOUNT", help="Another limit, such as file_size=50MB. Repeatable."),
]
NetworkSource = Annotated[
    str, typer.Argument(metavar="TEMPLATE|FILE.toml", help="A template's name or a network file.")
]
