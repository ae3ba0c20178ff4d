"""A report as JSON, versioned. Always valid JSON: no NaN, no infinity; errors are their text."""

from __future__ import annotations

import json
import math
from typing import Any

from sheetnet.check import CellVerdict, Report
from sheetnet.check.inputs import EditedInput
from sheetnet.workbook import CellError, Value

SCHEMA = "sheetnet.report/1"


def report_data(report: Report) -> dict[str, Any]:
    """The report as plain data, in the fields of the schema."""
    return {
        "schema": SCHEMA,
        "workbook": report.workbook,
        "network": report.network,
        "network_source": report.network_source,
        "engine": report.engine,
        "trials": report.trials,
        "seed": report.seed,
        "summary": {**report.counts, "ok": report.ok, "cells": len(report.cells), "stale": report.stale},
        "convention": report.convention,
        "notes": list(report.notes),
        "edited_inputs": [_edited(edited) for edited in report.edited_inputs],
        "cells": [_cell(cell) for cell in report.cells],
    }


def to_json(reports: list[Report]) -> str:
    """One report as an object, several as an array."""
    data = [report_data(report) for report in reports]
    return json.dumps(data[0] if len(data) == 1 else data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _cell(cell: CellVerdict) -> dict[str, Any]:
    return {
        "sheet": cell.sheet,
        "cell": cell.cell,
        "quantity": cell.quantity,
        "index": None if cell.index is None else list(cell.index),
        "verdict": cell.verdict,
        "formula": None if cell.formula is None else f"={cell.formula}",
        "value": plain(cell.value),
        "expected": plain(cell.expected),
        "stale": cell.stale,
        "cause": cell.cause,
        "mistake": cell.mistake,
        "message": cell.message,
    }


def _edited(edited: EditedInput) -> dict[str, Any]:
    return {
        "sheet": edited.sheet,
        "cell": edited.cell,
        "quantity": edited.quantity,
        "index": list(edited.index),
        "found": plain(edited.found),
        "expected": edited.expected,
        "formula": None if edited.formula is None else f"={edited.formula}",
    }


def plain(value: Value) -> str | float | bool | None:
    """A value as JSON holds it: errors are their text, what is no finite number is null."""
    if isinstance(value, CellError):
        return value.code
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
