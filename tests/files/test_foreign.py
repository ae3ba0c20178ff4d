"""The readers over every workbook that other people made: read as openpyxl reads them, or refused with a reason."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import openpyxl
import pytest

from sheetnet.batch.api import validate_many
from sheetnet.errors import FileError
from sheetnet.files import read_workbook
from sheetnet.identification import INFERRED
from sheetnet.workbook import CellError, Value, Workbook
from tests.support.figures import record
from tests.support.paths import FOREIGN

SUFFIXES = {".xlsx", ".xlsm", ".ods"}


def foreign() -> list[Path]:
    """Every workbook at hand; skips the test where there is none."""
    files = sorted(path for path in FOREIGN.rglob("*") if path.suffix.lower() in SUFFIXES) if FOREIGN.is_dir() else []
    if not files:
        pytest.skip(f"needs other people's workbooks in {FOREIGN.name}/ beside the repository's folder")
    return files


def test_every_foreign_workbook_is_read_or_refused(record_property: Callable[[str, object], None]) -> None:
    """Whoever wrote it: its cells, or one line with a reason."""
    read, refused, cells, started = 0, [], 0, time.process_time()
    for path in foreign():
        try:
            workbook = read_workbook(path)
        except FileError as error:
            refused.append(str(error))
        else:
            read += 1
            cells += sum(len(sheet.cells) for sheet in workbook.sheets)
    seconds = time.process_time() - started
    assert all(line.startswith(str(FOREIGN)) and line.isprintable() for line in refused)
    assert read > 0
    words = f"foreign workbooks: {read} read, {len(refused)} refused, {cells:,} cells in {seconds:.1f} s"
    record(record_property, "; ".join([words, *refused]))


def test_every_foreign_workbook_is_judged_or_refused() -> None:
    """None carries a network of ours: it is read off the formulas, or refused with the remedy; no worker is taken down."""
    for result in validate_many(foreign(), jobs=1):
        if result.report is None:
            assert "give --network" in str(result.error)
        else:
            assert result.report.network_source == INFERRED
            assert result.report.counts


def test_values_are_those_that_openpyxl_reads(record_property: Callable[[str, object], None]) -> None:
    """Numbers, texts, truth values and errors, also the cached ones of formulas; openpyxl makes dates of some numbers."""
    compared, unreadable = 0, []
    for path in foreign():
        if path.suffix.lower() == ".ods":
            continue
        workbook = read_workbook(path)
        try:
            others = openpyxl_values(path)
        except Exception:  # noqa: BLE001 - it fails in many ways at what we read
            unreadable.append(path.name)
            continue
        ours = {place: value for place, value in our_values(workbook).items() if value not in (None, "")}
        assert ours.keys() == others.keys(), path.name
        for place, value in others.items():
            assert same(ours[place], value), (path.name, place, ours[place], value)
        compared += len(others)
    assert compared > 0
    record(
        record_property, f"values of foreign workbooks that openpyxl reads too: {compared:,}; not by it: {unreadable}"
    )


def our_values(workbook: Workbook) -> dict[tuple[str, int, int], Value]:
    """Every cell's value as we read it."""
    return {
        (sheet.name, row, column): cell.value
        for sheet in workbook.sheets
        for (row, column), cell in sheet.cells.items()
    }


def openpyxl_values(path: Path) -> dict[tuple[str, int, int], object]:
    """Every cell's value as openpyxl reads it, but for empty ones."""
    with path.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(stream, data_only=True)
    return {
        (sheet.title, cell.row, cell.column): cell.value
        for sheet in book.worksheets
        for cell in sheet._cells.values()
        if cell.value not in (None, "")
    }


def same(ours: Value, theirs: object) -> bool:
    """Whether both mean one value: dates are numbers, and so are durations."""
    if isinstance(theirs, datetime | date | clock | timedelta):
        return isinstance(ours, float)
    if isinstance(ours, CellError):
        return ours.code == theirs
    if isinstance(ours, float):
        return isinstance(theirs, int | float) and math.isclose(ours, theirs, rel_tol=1e-15)
    return ours == theirs
