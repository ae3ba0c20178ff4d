"""Reports as JSON, versioned and always valid: no NaN, no infinity; errors are their text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sheetnet.report.format import blamed
from sheetnet.validation import CellVerdict, Report
from sheetnet.validation.cells import EditedInput
from sheetnet.validation.report import BlockFinding, findings_of
from sheetnet.verdict import Verdict
from sheetnet.workbook import CellError, Value

REPORT_SCHEMA = "sheetnet.report/1"
# Control characters above those that JSON escapes, marks of direction, separators of lines, halves of characters.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def report_data(report: Report) -> dict[str, Any]:
    """The report as plain data, in the fields of the schema."""
    return {
        "schema": REPORT_SCHEMA,
        "workbook": report.workbook,
        "network": report.network,
        "network_source": report.network_source,
        "engine": report.engine,
        "trials": report.trials,
        "seed": report.seed,
        "strict_inputs": report.strict_inputs,
        "network_id": report.network_id,
        "summary": _summary(report),
        "convention": report.convention,
        "notes": list(report.notes),
        "edited_inputs": [_edited(edited) for edited in report.edited_inputs],
        "findings": [_finding(finding) for finding in findings_of(blamed(report))],
        "cells": [_cell(cell) for cell in report.cells],
    }


def _summary(report: Report) -> dict[str, Any]:
    """The counts of answers by verdict; beside them how many cells were judged, asked for, and given but changed."""
    return {
        **report.counts,
        "ok": report.ok,
        "cells": len(report.cells),
        "answers": len(report.answers),
        "changed_givens": len(report.changed_givens),
        "stale": report.stale,
    }


def report_from_data(data: Mapping[str, Any]) -> Report:
    """The report that `report_data` gave as data, but for what JSON leaves out: errors come back as their text.

    Raises KeyError or TypeError where fields are missing, ValueError for a verdict that there is not.
    """
    return Report(
        **{name: data[name] for name in ("workbook", "network", "network_source", "engine", "trials", "seed")},
        cells=tuple(CellVerdict(**_fields(cell)) for cell in data["cells"]),
        edited_inputs=tuple(EditedInput(**_fields(edited)) for edited in data["edited_inputs"]),
        notes=tuple(data["notes"]),
        strict_inputs=bool(data["strict_inputs"]),
        convention=data["convention"],
        network_id=str(data.get("network_id", "")),
    )


def _fields(data: Mapping[str, Any]) -> dict[str, Any]:
    formula, index, mistake = data["formula"], data["index"], data.get("mistake")
    mistakes = (
        {"mistakes": tuple(data.get("mistakes", () if mistake is None else (mistake,)))} if "answer" in data else {}
    )
    return {
        **{name: value for name, value in data.items() if name != "mistake"},
        **mistakes,
        **({"verdict": Verdict(data["verdict"])} if "verdict" in data else {}),
        "formula": None if formula is None else formula.removeprefix("="),
        "index": None if index is None else tuple(index),
    }


def to_json(reports: list[Report]) -> str:
    """One report as an object, several as an array."""
    return json_text([report_data(report) for report in reports])


def json_text(data: Sequence[Mapping[str, Any]]) -> str:
    """One object as it is, several (or none) as an array."""
    words = json.dumps(data[0] if len(data) == 1 else data, indent=1, ensure_ascii=False, allow_nan=False)
    return printable_json(words) + "\n"


def printable_json(words: str) -> str:
    """JSON in which characters that a terminal would obey, or that turn text around, stand as escapes."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", words)


def _finding(finding: BlockFinding) -> dict[str, Any]:
    """Cells blamed for one cause; the formula and the message are those of the first."""
    first = finding.first
    return {
        "sheet": first.sheet,
        "ranges": list(finding.areas),
        "cells": len(finding.cells),
        "quantity": first.quantity,
        "verdict": first.verdict,
        "formula": None if first.formula is None else f"={first.formula}",
        "mistake": first.mistake,
        "mistakes": list(first.mistakes),
        "message": first.message,
        "answer": first.answer,
    }


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
        "mistakes": list(cell.mistakes),
        "message": cell.message,
        "answer": cell.answer,
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
