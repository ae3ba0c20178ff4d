"""The limits on an untrusted file, each with its reason, and the budget that readers draw from.

Limits hold for a process: `set_limits` changes them, for worker processes and the command line. `LIMITS` names those
that an option can change, and says why each is what it is.

Readers take from it before they make anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sheetnet.errors import FileError, LimitError
from sheetnet.syntax.references import COLUMNS, ROWS

MAX_ROW = ROWS  # the last row of a sheet in every spreadsheet program
MAX_COLUMN = COLUMNS  # column XFD
RATIO_FROM_BYTES = 1_000_000  # small parts may be all blanks; they cost nothing
TOTAL_RATIO_FROM_BYTES = 10_000_000  # nor do ten of them; but five hundred do
SMALL_PART_BYTES = 1_000_000  # up to here a part's whole tree is held, which is faster than reading it as a stream

MAX_FILE_BYTES = 20_000_000
MAX_PARTS = 500
MAX_PART_BYTES = 100_000_000
MAX_TOTAL_BYTES = 200_000_000
MAX_RATIO = 200
MAX_XML_DEPTH = 256
MAX_XML_HELD = 3_000_000
MAX_XML_SILENCE = 1_000_000
MAX_XML_UNDROPPED = 8_000_000
MAX_CELLS = 1_000_000
MAX_ARRAY_CELLS = 250_000
MAX_FORMULA = 8_192
MAX_FORMULA_TEXT = 50_000_000
MAX_NESTING = 64
MAX_TEXT = 32_767
MAX_SPACES = 1_000
MAX_NAMES = 10_000
MAX_TABLES = 1_000
MAX_TABLE_COLUMNS = 50_000
MAX_MEMORY = 2_000_000_000
MAX_CPU_SECONDS = 60
MAX_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that can be changed: the constant that holds it, what it counts, and why it is what it is."""

    constant: str
    unit: str
    what: str
    reason: str


_S, _B = "seconds", "bytes"
LIMITS = {
    "file_size": Limit("MAX_FILE_BYTES", _B, "a file", "a thousand collected worksheets were all below 15 MB"),
    "parts": Limit("MAX_PARTS", "parts", "a file's zip directory", "one a sheet, drawing, comment; more is a flood"),
    "part_size": Limit("MAX_PART_BYTES", _B, "a part, unpacked", "a million cells take about 60 MB of XML"),
    "total_size": Limit("MAX_TOTAL_BYTES", _B, "all parts, unpacked", "two of the largest parts"),
    "ratio": Limit(
        "MAX_RATIO",
        "times",
        "unpacked to packed: a part over 1 MB, a file over 10 MB",
        "honest: 121 at most; bombs: 1,000",
    ),
    "xml_depth": Limit("MAX_XML_DEPTH", "levels", "elements in elements", "honest parts nest about 20 deep"),
    "xml_held": Limit("MAX_XML_HELD", "elements", "held at once", "a million rows, and a full one of 16,384 cells"),
    "xml_silence": Limit("MAX_XML_SILENCE", _B, "XML without an element's end", "a text has at most 32,767 characters"),
    "xml_row": Limit("MAX_XML_UNDROPPED", _B, "XML held until a row ends", "a full row takes 3 MB"),
    "cells": Limit("MAX_CELLS", "cells", "a workbook, non-empty", "about 300 MB as Python objects"),
    "array_cells": Limit("MAX_ARRAY_CELLS", "cells", "one array formula", "784 x 128 weights are 100,352"),
    "formula": Limit("MAX_FORMULA", "characters", "a formula", "Excel's own limit"),
    "formula_text": Limit("MAX_FORMULA_TEXT", "characters", "all formulas", "70,000 of Excel's own take 3 million"),
    "nesting": Limit("MAX_NESTING", "levels", "parentheses in a formula", "Excel's own limit of function levels"),
    "text": Limit("MAX_TEXT", "characters", "a cell's text", "Excel's own limit"),
    "spaces": Limit(
        "MAX_SPACES", "characters", "spaces that one element stands for", "900 bytes once filled the memory"
    ),
    "names": Limit("MAX_NAMES", "names", "a workbook's defined names", "a network of 20 layers has some 200"),
    "tables": Limit("MAX_TABLES", "tables", "a workbook", "a course's workbook has a handful; each is a part"),
    "table_columns": Limit("MAX_TABLE_COLUMNS", "columns", "all tables", "three full rows of a sheet"),
    "memory": Limit("MAX_MEMORY", _B, "a worker process", "784-30-10 takes under 0.7 GB"),
    "cpu_time": Limit("MAX_CPU_SECONDS", _S, "judging a file, processor", "784-30-10 takes under 10 seconds"),
    "time": Limit("MAX_SECONDS", _S, "judging a file, by the clock", "twice the processor's, for busy machines"),
}
DEFAULTS = {name: int(globals()[limit.constant]) for name, limit in LIMITS.items()}

_LEAST = {"memory": 400_000_000}  # what a worker itself needs before it has read anything
_MOST, MOST_SECONDS = 10**12, 10**6  # beyond which systems do not take a number
_AMOUNT = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?) ?([A-Za-z]*)")
_TIMES = {
    "": 1, "k": 10**3, "kb": 10**3, "m": 10**6, "mb": 10**6, "g": 10**9, "gb": 10**9,
    "kib": 2**10, "mib": 2**20, "gib": 2**30,
}  # fmt: skip
_SECONDS = {"": 1, "s": 1, "min": 60, "h": 3600}


def set_limits(changes: Mapping[str, int]) -> None:
    """Let this process use the default limits, but for `changes`. Raises LimitError for an unknown name."""
    known(changes)
    for name, limit in LIMITS.items():
        globals()[limit.constant] = changes.get(name, DEFAULTS[name])


def known(changes: Mapping[str, int]) -> dict[str, int]:
    """The changes, all of whose names are limits. Raises LimitError for one that is not."""
    for name, value in changes.items():
        _limit(name)
        _refuse_beyond(name, value)
    return dict(changes)


def _refuse_beyond(name: str, value: int) -> None:
    """What a worker cannot even start with, and numbers so large that no system takes them."""
    least, most = _LEAST.get(name, 1), MOST_SECONDS if LIMITS[name].unit == _S else _MOST
    if not least <= value <= most:
        raise LimitError(f"{name}={value}: a limit is at least {amount(name, least)}, at most {amount(name, most)}")


def current() -> dict[str, int]:
    """The limits of this process, by name."""
    return {name: int(globals()[limit.constant]) for name, limit in LIMITS.items()}


def parse_limits(options: Iterable[str]) -> dict[str, int]:
    """Options such as `file_size=50MB`, `cells=2_000_000` or `time=5min`. Raises LimitError with the remedy."""
    return dict(map(_parsed, options))


def _parsed(option: str) -> tuple[str, int]:
    name, equals, amount = (part.strip() for part in option.partition("="))
    limit = _limit(name)
    number = _AMOUNT.fullmatch(amount)
    units = _SECONDS if limit.unit == _S else _TIMES
    if not equals or number is None or number[2].lower() not in units:
        example = "5min" if limit.unit == _S else "50MB" if limit.unit == _B else "2000000"
        raise LimitError(f"--limit {option!r}: {amount!r} is no number of {limit.unit}: write it like {name}={example}")
    value = round(min(float(number[1]), 2 * _MOST) * units[number[2].lower()])
    _refuse_beyond(name, value)
    return name, value


def _limit(name: str) -> Limit:
    if name not in LIMITS:
        raise LimitError(f"there is no limit {name!r}: `sheetnet limits` shows them: {', '.join(LIMITS)}")
    return LIMITS[name]


def limit_text(name: str) -> str:
    """A limit for a refusal: its value, and the option that raises it."""
    return f"{amount(name, current()[name])} (--limit {name}=…)"


def amount(name: str, value: int) -> str:
    """A limit's value in words, such as "20 MB" or "1,000,000 cells"."""
    unit = LIMITS[name].unit
    if unit != _B:
        return f"{value:,} {unit}"
    for size, letters in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if value >= size:
            return f"{value / size:,.4g} {letters}"
    return f"{value:,} bytes"


@dataclass(slots=True)
class Room:
    """Cells, characters of formulas and cells of array formulas that are left in a workbook."""

    cells: int = field(default_factory=lambda: MAX_CELLS)
    formula_text: int = field(default_factory=lambda: MAX_FORMULA_TEXT)
    array_cells: int = field(default_factory=lambda: MAX_CELLS)

    def take_formula(self, characters: int, where: str) -> None:
        """Raises FileError that begins with `where`, as the other does."""
        self.formula_text -= characters
        if self.formula_text < 0:
            raise FileError(f"{where}: formulas of over {MAX_FORMULA_TEXT:,} characters: shorten them")

    def take_array(self, cells: int, where: str) -> None:
        """An array formula that fills so many cells."""
        self.array_cells -= cells
        if cells > MAX_ARRAY_CELLS or self.array_cells < 0:
            raise FileError(
                f"{where}: an array formula over {cells:,} cells, at most {MAX_ARRAY_CELLS:,} are read "
                f"({MAX_CELLS:,} in all): enter it over the cells it fills"
            )
