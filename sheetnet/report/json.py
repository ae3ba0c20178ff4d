"""Results as JSON: the rules for every schema, and the schema of a report.

Always valid JSON: errors are their text, what is no finite number is null, a formula begins with "=".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sheetnet.report.wording import blamed, findings_shown
from sheetnet.validation import CellVerdict, Report
from sheetnet.validation.result import BlockFinding, EditedInput
from sheetnet.verdict import Verdict
from sheetnet.workbook import CellError

REPORT_SCHEMA = "sheetnet.report/1"
REPORT_FIELDS = """schema workbook network network_source engine trials seed strict_inputs network_id sizes
    students_copy level summary convention notes edited_inputs findings cells"""
CELL_FIELDS = "sheet cell quantity index verdict formula value expected stale cause mistake mistakes message answer"
FINDING_FIELDS = "sheet ranges cells quantity verdict formula mistake mistakes message answer"
EDITED_FIELDS = "sheet cell quantity index found expected formula"
# Control characters above those that JSON escapes, marks of direction, separators of lines, halves of characters.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def record(item: object, fields: str, **given: object) -> dict[str, Any]:
    """The fields of a result as JSON holds them, in their order: what is `given`, else the attribute of that name."""
    found = {name: plain(given[name] if name in given else getattr(item, name)) for name in fields.split()}
    if found.get("formula") is not None:
        found["formula"] = f"={found['formula']}"
    return found


def records(items: Sequence[object], fields: str) -> list[dict[str, Any]]:
    """Each of several results."""
    return [record(item, fields) for item in items]


def plain(value: object) -> object:
    """A value as JSON holds it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple):
        return list(value)
    return value.code if isinstance(value, CellError) else value


def json_text(data: Sequence[Mapping[str, Any]]) -> str:
    """One object as it is, several (or none) as an array."""
    return _dumped(data[0] if len(data) == 1 else data, indent=1)


def json_line(data: Mapping[str, Any]) -> str:
    """One object as one line."""
    return _dumped(data, indent=None)


def _dumped(data: object, indent: int | None) -> str:
    """JSON in which characters that a terminal would obey, or that turn text around, stand as escapes."""
    words = json.dumps(data, indent=indent, ensure_ascii=False, allow_nan=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", words) + "\n"


def report_data(report: Report, cells: Sequence[CellVerdict] | None = None) -> dict[str, Any]:
    """The report as plain data, in the fields of the schema; with all its cells, or those given."""
    return record(
        report,
        REPORT_FIELDS,
        schema=REPORT_SCHEMA,
        summary=_summary(report),
        edited_inputs=records(report.edited_inputs, EDITED_FIELDS),
        findings=[_finding(finding) for finding in findings_shown(report, blamed(report))],
        cells=records(report.cells if cells is None else cells, CELL_FIELDS),
    )


def _finding(finding: BlockFinding) -> dict[str, Any]:
    """Cells blamed for one cause; the formula and the message are those of the first."""
    return record(finding.first, FINDING_FIELDS, ranges=finding.areas, cells=len(finding.cells))


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
        cells=tuple(map(_cell, data["cells"])),
        edited_inputs=tuple(EditedInput(**_attributes(edited)) for edited in data["edited_inputs"]),
        notes=tuple(data["notes"]),
        strict_inputs=bool(data["strict_inputs"]),
        convention=data["convention"],
        network_id=str(data.get("network_id", "")),
        sizes=tuple(data.get("sizes", ())),
        students_copy=bool(data.get("students_copy")),
        level=str(data.get("level", "full")),
    )


def _cell(data: Mapping[str, Any]) -> CellVerdict:
    """A cell; earlier versions wrote the one mistake that is told, or none."""
    found = _attributes(data)
    told = found.pop("mistake", None)
    mistakes = found.pop("mistakes", () if told is None else (told,))
    return CellVerdict(**{**found, "verdict": Verdict(data["verdict"]), "mistakes": tuple(mistakes)})


def _attributes(data: Mapping[str, Any]) -> dict[str, Any]:
    formula, index = data["formula"], data["index"]
    formula = None if formula is None else formula.removeprefix("=")
    return {**data, "formula": formula, "index": None if index is None else tuple(index)}
