"""The limits on an untrusted file, each with its reason, and the budget that readers draw from.

`Limits` is made once, where options are read, and handed down with the package: nothing is ever rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from sheetnet.errors import FileError, LimitError
from sheetnet.syntax.references import FORMULA_CHARACTERS, FUNCTION_LEVELS, TEXT_CHARACTERS

RATIO_FROM_BYTES = 1_000_000  # small parts may be all blanks; they cost nothing
TOTAL_RATIO_FROM_BYTES = 10_000_000  # nor do ten of them; but five hundred do
SMALL_PART_BYTES = 1_000_000  # up to here a part's whole tree is held, which is faster than reading it as a stream


@dataclass(frozen=True, slots=True)
class Limit:
    """What a limit counts, and why its default is what it is."""

    unit: str
    what: str
    reason: str


def _limit(default: int, unit: str, what: str, reason: str) -> int:
    return field(default=default, metadata={"limit": Limit(unit, what, reason)})


_S, _B = "seconds", "bytes"
_WORKER = 400_000_000  # bytes that a worker itself needs before it has read anything
_LEAST = {"memory": _WORKER}
_MOST_CELLS = 1_000_000


def memory_for(cells: int) -> int:
    """Bytes that judging a workbook of so many cells may take: 770,000 take 1.2 GB, a million 1.6."""
    return _WORKER + 1_600 * cells


def cpu_time_for(cells: int) -> int:
    """Seconds of the processor that judging so many cells may take: 770,000 take 50, a million 70."""
    return -(-120 * cells // 1_000_000)


_MOST, MOST_SECONDS = 10**12, 10**6  # beyond which systems do not take a number


@dataclass(frozen=True)
class Limits:
    """The limits under which files are read and judged. Raises LimitError for a number that none of them can be."""

    file_size: int = _limit(20_000_000, _B, "a file", "a thousand collected worksheets were all below 15 MB")
    parts: int = _limit(500, "parts", "a file's zip directory", "one per sheet, drawing, comment; more is a flood")
    part_size: int = _limit(100_000_000, _B, "a part, unpacked", "a million cells take about 60 MB of XML")
    total_size: int = _limit(200_000_000, _B, "all parts, unpacked", "two of the largest parts")
    ratio: int = _limit(
        200, "times", "unpacked to packed: a part over 1 MB, a file over 10 MB", "honest: 121 at most; bombs: 1,000"
    )
    xml_depth: int = _limit(256, "levels", "elements in elements", "honest parts nest about 20 deep")
    xml_held: int = _limit(3_000_000, "elements", "held at once", "a million rows, and a full one of 16,384 cells")
    xml_silence: int = _limit(1_000_000, _B, "XML without an element's end", "a text has at most 32,767 characters")
    xml_row: int = _limit(8_000_000, _B, "XML held until a row ends", "a full row takes 3 MB")
    cells: int = _limit(_MOST_CELLS, "cells", "a workbook, non-empty", "about 300 MB as Python objects")
    array_cells: int = _limit(250_000, "cells", "one array formula", "784 x 128 weights are 100,352")
    formula: int = _limit(FORMULA_CHARACTERS, "characters", "a formula", "Excel's own limit")
    formula_text: int = _limit(50_000_000, "characters", "all formulas", "70,000 of Excel's own take 3 million")
    nesting: int = _limit(FUNCTION_LEVELS, "levels", "parentheses in a formula", "Excel's own limit of function levels")
    text: int = _limit(TEXT_CHARACTERS, "characters", "a cell's text", "Excel's own limit")
    spaces: int = _limit(1_000, "characters", "spaces that one element stands for", "900 bytes once filled the memory")
    names: int = _limit(10_000, "names", "a workbook's defined names", "a network of 20 layers has some 200")
    tables: int = _limit(1_000, "tables", "a workbook", "a course's workbook has a handful; each is a part")
    table_columns: int = _limit(50_000, "columns", "all tables", "three full rows of a sheet")
    memory: int = _limit(memory_for(_MOST_CELLS), _B, "a worker process", "rises with cells; a million take 1.6 GB")
    cpu_time: int = _limit(
        cpu_time_for(_MOST_CELLS), _S, "judging a file, processor", "rises with cells; a million take 70"
    )
    time: int = _limit(
        2 * cpu_time_for(_MOST_CELLS), _S, "judging a file, by the clock", "twice the processor's, for busy machines"
    )

    def __post_init__(self) -> None:
        """No more than systems take, and no less than a worker starts with."""
        for name in LIMITS:
            value, least, most = getattr(self, name), _LEAST.get(name, 1), _most(name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise LimitError(f"{name}={value!r}: a limit is a whole number of {LIMITS[name].unit}", place=name)
            if not least <= value <= most:
                wanted = f"at least {amount(name, least)}, at most {amount(name, most)}"
                raise LimitError(f"{name}={value}: a limit is {wanted}", place=name)

    @classmethod
    def of(cls, changes: Mapping[str, int] | Limits | None) -> Limits:
        """The usual limits but for the changes, by their names, and what more cells or a longer time need besides.

        Raises LimitError for one that there is not.
        """
        if isinstance(changes, Limits):
            return changes
        changes = dict(changes or {})
        for name in changes:
            _known(name)
        cells = cls(**changes).cells
        if cells > cls.cells:
            memory, seconds = min(memory_for(cells), _MOST), min(cpu_time_for(cells), MOST_SECONDS)
            changes = {"memory": memory, "cpu_time": seconds} | changes
        if changes.get("cpu_time", 0) > cls.cpu_time:
            changes = {"time": min(2 * changes["cpu_time"], MOST_SECONDS)} | changes
        return cls(**changes)

    def told(self, name: str) -> str:
        """A limit for a refusal: its value, and the option that raises it."""
        return f"{amount(name, getattr(self, name))} (--limit {name}=…)"


LIMITS: dict[str, Limit] = {each.name: each.metadata["limit"] for each in fields(Limits)}

_AMOUNT = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?) ?([A-Za-z]*)")
_TIMES = {
    "": 1, "k": 10**3, "kb": 10**3, "m": 10**6, "mb": 10**6, "g": 10**9, "gb": 10**9,
    "kib": 2**10, "mib": 2**20, "gib": 2**30,
}  # fmt: skip
_SECONDS = {"": 1, "s": 1, "min": 60, "h": 3600}


def parse_limits(options: Iterable[str]) -> dict[str, int]:
    """Options such as `file_size=50MB`, `cells=2_000_000` or `time=5min`. Raises LimitError with the remedy."""
    return dict(map(_parsed, options))


def _parsed(option: str) -> tuple[str, int]:
    name, equals, words = (part.strip() for part in option.partition("="))
    unit = _known(name).unit
    number = _AMOUNT.fullmatch(words)
    units = _SECONDS if unit == _S else _TIMES
    if not equals or number is None or number[2].lower() not in units:
        example = "5min" if unit == _S else "50MB" if unit == _B else "2000000"
        raise LimitError(
            f"--limit {option!r}: {words!r} is no number of {unit}",
            remedy=f"write it like {name}={example}",
        )
    value = round(min(float(number[1]), 2 * _MOST) * units[number[2].lower()])
    Limits.of({name: value})
    return name, value


def _known(name: str) -> Limit:
    if name not in LIMITS:
        raise LimitError(f"there is no limit {name!r}", remedy=f"`sheetnet limits` shows them: {', '.join(LIMITS)}")
    return LIMITS[name]


def _most(name: str) -> int:
    return MOST_SECONDS if LIMITS[name].unit == _S else _MOST


def amount(name: str, value: int) -> str:
    """A limit's value in words, such as "20 MB" or "1,000,000 cells"."""
    unit = LIMITS[name].unit
    if unit != _B:
        return f"{value:,} {unit}"
    for size, letters in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if value >= size:
            return f"{value / size:,.4g} {letters}"
    return f"{value:,} bytes"


DEFAULT_LIMITS = Limits()


class Budget:
    """Cells, characters of formulas and cells of array formulas that a workbook may still have while it is read.

    Repeats, shared and array formulas make much of a small file: readers take from it before they make anything.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cells = self._array_cells = limits.cells
        self._formula_text = limits.formula_text

    def take_formula(self, characters: int, where: str) -> None:
        """Raises FileError about the place, as the other does."""
        self._formula_text -= characters
        if self._formula_text < 0:
            raise FileError(
                f"formulas of over {self.limits.formula_text:,} characters", place=where, remedy="shorten them"
            )

    def take_array(self, cells: int, where: str) -> None:
        """An array formula that fills so many cells."""
        self._array_cells -= cells
        most = self.limits.array_cells
        if cells > most or self._array_cells < 0:
            raise FileError(
                f"an array formula over {cells:,} cells, at most {most:,} are read ({self.limits.cells:,} in all)",
                place=where,
                remedy="enter it over the cells it fills",
            )
