"""Results as JSON: the fields of each schema, whose names other programs read, and what JSON cannot hold."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sheetnet.auditing.number_verdicts import Audit, FormulaEntry, NumberVerdict
from sheetnet.batch.journal import Result, from_line, to_line
from sheetnet.identification import Apart, Identification, Identified, Label, MappedInput, Nowhere, Unidentified
from sheetnet.report.audit_text import audit_json
from sheetnet.report.identify import identification_json
from sheetnet.report.json import json_text, record, report_data, report_from_data
from sheetnet.validation import CellVerdict, Report
from sheetnet.validation.result import EditedInput
from sheetnet.verdict import PrintVerdict, Verdict
from sheetnet.workbook import CellError

DIVIDED = CellError("#DIV/0!")
CELLS = (
    CellVerdict(
        "S", "A1", "z_1", (0, 1), Verdict.WRONG, "no", "A2+1", DIVIDED, 0.5, 2.0, True, None, ("SN001", "SN002")
    ),
    CellVerdict(
        "S", "B1", "a_1", (0, 1), Verdict.CARRIED, "follows", "A1", float("inf"), None, cause="S!A1", answer=False
    ),
    CellVerdict(None, None, "cost", None, Verdict.MISSING, "gone"),
)
EDITED = EditedInput("S", "C1", "W_1", (0, 0), "text", 0.5, "D1")
REPORT = Report("w.xlsx", "XOR", "the file given", "ironcalc", 8, 0, CELLS, (EDITED,), ("a note",), network_id="f00")
REPORT_DATA: dict[str, Any] = {
    "schema": "sheetnet.report/1", "workbook": "w.xlsx", "network": "XOR", "network_source": "the file given",
    "engine": "ironcalc", "trials": 8, "seed": 0, "strict_inputs": False, "network_id": "f00",
    "sizes": [], "students_copy": False, "level": "full",
    "summary": {"missing": 1, "wrong": 1, "ok": False, "cells": 3, "answers": 2, "changed_givens": 0, "stale": 1},
    "convention": None, "notes": ["a note"],
    "edited_inputs": [
        {"sheet": "S", "cell": "C1", "quantity": "W_1", "index": [0, 0], "found": "text", "expected": 0.5, "formula": "=D1"}
    ],
    "findings": [
        {"sheet": "S", "ranges": ["A1"], "cells": 1, "quantity": "z_1", "verdict": "wrong", "formula": "=A2+1",
         "mistake": "SN001", "mistakes": ["SN001", "SN002"], "message": "no", "answer": True},
        {"sheet": None, "ranges": [], "cells": 1, "quantity": "cost", "verdict": "missing", "formula": None,
         "mistake": None, "mistakes": [], "message": "gone", "answer": True},
    ],
    "cells": [
        {"sheet": "S", "cell": "A1", "quantity": "z_1", "index": [0, 1], "verdict": "wrong", "formula": "=A2+1",
         "value": "#DIV/0!", "expected": 0.5, "stale": True, "cause": None, "mistake": "SN001",
         "mistakes": ["SN001", "SN002"], "message": "no", "answer": True},
        {"sheet": "S", "cell": "B1", "quantity": "a_1", "index": [0, 1], "verdict": "carried", "formula": "=A1",
         "value": None, "expected": None, "stale": False, "cause": "S!A1", "mistake": None, "mistakes": [],
         "message": "follows", "answer": False},
        {"sheet": None, "cell": None, "quantity": "cost", "index": None, "verdict": "missing", "formula": None,
         "value": None, "expected": None, "stale": False, "cause": None, "mistake": None, "mistakes": [],
         "message": "gone", "answer": True},
    ],
}  # fmt: skip
Z, A = Label("z_1", (0, 1)), Label("a_1", (0, 1), 2)
IDENTIFICATION = Identification(
    "w.xlsx", "XOR", "ironcalc", 8, 0, 2, "their values",
    (MappedInput("W_1", (0, 0), ("S!A1",)),),
    (Identified("S", "B1", Z, "A1*2", 1.5, (A,), True, "S!C1"),),
    (Unidentified("S", "C1", "A1/0", DIVIDED, "no", None, A, Z, 0.5, ("SN001",)),),
    (Apart("S", "D1", "1+1", float("nan"), "not moved"),),
    (Nowhere("cost", 1, 1, 1, False),), ("a note",),
)  # fmt: skip
IDENTIFICATION_DATA: dict[str, Any] = {
    "schema": "sheetnet.identify/1", "workbook": "w.xlsx", "network": "XOR", "engine": "ironcalc", "trials": 8, "seed": 0,
    "steps": 2, "summary": {"ok": False, "identified": 1, "carried": 1, "unidentified": 1, "begins": 1, "apart": 1},
    "notes": ["a note"], "inputs_from": "their values",
    "inputs": [{"quantity": "W_1", "index": [0, 0], "cells": ["S!A1"]}],
    "findings": [
        {"sheet": "S", "ranges": ["C1"], "cells": 1, "origin": "C1", "verdict": "wrong", "formula": "=A1/0",
         "expected": {"quantity": "z_1", "index": [0, 1], "step": 1},
         "computes": {"quantity": "a_1", "index": [0, 1], "step": 2}, "mistake": "SN001", "mistakes": ["SN001"],
         "message": "no"}
    ],
    "identified": [
        {"sheet": "S", "cell": "B1", "quantity": "z_1", "index": [0, 1], "step": 1,
         "also": [{"quantity": "a_1", "index": [0, 1], "step": 2}], "carried": True, "because": "S!C1",
         "formula": "=A1*2", "value": 1.5}
    ],
    "unidentified": [
        {"sheet": "S", "cell": "C1", "formula": "=A1/0", "value": "#DIV/0!", "message": "no", "follows": None,
         "computes": {"quantity": "a_1", "index": [0, 1], "step": 2},
         "expected": {"quantity": "z_1", "index": [0, 1], "step": 1}, "expected_value": 0.5, "mistake": "SN001",
         "mistakes": ["SN001"], "verdict": "wrong"}
    ],
    "apart": [{"sheet": "S", "cell": "D1", "formula": "=1+1", "value": None, "why": "not moved"}],
    "nowhere": [{"quantity": "cost", "step": 1, "lacking": 1, "size": 1, "through": False}],
}  # fmt: skip
AUDIT = Audit(
    "A paper", "its page",
    (NumberVerdict("Table 1", "z_1", (0, 1), "0.5", None, "0.4", PrintVerdict.SAYS_TOO_LITTLE, "why"),),
    (FormulaEntry("Eq. 1", "z_1=1", PrintVerdict.WRONG, "no", "z_1=2"),), ("a note",),
)  # fmt: skip
AUDIT_DATA: dict[str, Any] = {
    "schema": "sheetnet.audit/1",
    "entries": [
        {"place": "Table 1", "quantity": "z_1", "index": [0, 1], "printed": "0.5", "computed": None,
         "verdict": "says too little", "why": "why", "mistake": None}
    ],
    "formulas": [{"place": "Eq. 1", "equation": "z_1=1", "verdict": "wrong", "why": "no", "right_form": "z_1=2"}],
    "summary": {
        "title": "A paper", "source": "its page", "ok": False, "numbers": {"printed": 1, "says too little": 1},
        "formulas": {"printed": 1, "wrong": 1}, "mistakes": [], "notes": ["a note"], "should_print": [],
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (json_text([report_data(REPORT)]), REPORT_DATA),
        (identification_json(IDENTIFICATION), IDENTIFICATION_DATA),
        (audit_json(AUDIT), AUDIT_DATA),
    ],
    ids=["report", "identify", "audit"],
)
def test_a_schema_to_the_byte(text: str, data: dict[str, Any]) -> None:
    """All fields in their order; written by hand from what 0.1.0 printed."""
    assert text == json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def test_a_line_of_results_comes_back() -> None:
    """With everything but what JSON leaves out, and the first fields by which a line cut short is known."""
    line = to_line(Result("w.xlsx", REPORT), "c0", "h0")
    assert line.startswith(
        '{"schema": "sheetnet.result/1", "workbook": "w.xlsx", "status": "incorrect", "error": null, '
    )
    result, content, how = from_line(line.encode())
    read = replace(CELLS[0], value="#DIV/0!", saved=None), replace(CELLS[1], value=None), CELLS[2]
    assert (result.report, content, how) == (replace(REPORT, cells=read), "c0", "h0")
    assert to_line(result, content, how) == line


def test_a_line_with_an_unknown_verdict_is_refused() -> None:
    """Another version wrote it, or nobody."""
    line = to_line(Result("w.xlsx", REPORT), None, "h0").replace('"verdict": "carried"', '"verdict": "fine"')
    with pytest.raises(ValueError, match="fine"):
        from_line(line.encode())


def test_a_report_of_an_earlier_version_names_the_mistake_alone() -> None:
    """Which is then the first and only one."""
    data = json.loads(json_text([report_data(REPORT)]))
    for cell in data["cells"]:
        del cell["mistakes"]
    assert [cell.mistakes for cell in report_from_data(data).cells] == [("SN001",), (), ()]


def test_what_json_cannot_hold() -> None:
    """Errors are their text, infinities null, and no character turns a terminal's text around."""
    found = record(CELLS[1], "value formula index", value=DIVIDED)
    assert found == {"value": "#DIV/0!", "formula": "=A1", "index": [0, 1]}
    assert record(CELLS[1], "value expected", expected=float("nan")) == {"value": None, "expected": None}
    assert json_text([{"name": "a\u202eb\x9b\ud800"}]) == '{\n "name": "a\\u202eb\\u009b\\ud800"\n}\n'
    with pytest.raises(AttributeError):
        record(CELLS[1], "no_such_field")
