"""What becomes of one file of a batch, and how it is written as one line of JSON. It judges nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sheetnet.check import Report
from sheetnet.report.json import printable_json, report_data, report_of

SCHEMA = "sheetnet.result/1"
BEGINNING = b'{"schema": "sheetnet.result/1"'  # of each line, so that one which was cut short is known


@dataclass(frozen=True)
class Result:
    """A workbook's report, or in `error` the one line that says why there is none. `path` is as it was given.

    `kept` says that it comes from an earlier run.
    """

    path: str
    report: Report | None
    error: str | None = None
    kept: bool = False

    @property
    def status(self) -> str:
        """ "correct", "incorrect" (something is not) or "unreadable" (no report)."""
        return "unreadable" if self.report is None else "correct" if self.report.ok else "incorrect"

    @property
    def ok(self) -> bool:
        """Whether everything in the workbook is correct."""
        return self.status == "correct"


def to_line(result: Result, content: str | None, how: str) -> str:
    """One line of JSON. `content` and `how` tell a later run whether the result still holds."""
    data = {
        "schema": SCHEMA,
        "workbook": result.path,
        "status": result.status,
        "error": result.error,
        "content": content,
        "how": how,
        "report": None if result.report is None else report_data(result.report),
    }
    return printable_json(json.dumps(data, ensure_ascii=False, allow_nan=False)) + "\n"


def from_line(line: bytes) -> tuple[Result, str | None, str]:
    """The result of a line, its content and how it was judged. Raises ValueError for what is no such line."""
    data: Any = json.loads(line)
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ValueError("no result of sheetnet")
    try:
        report = None if data["report"] is None else report_of(data["report"])
        result = Result(str(data["workbook"]), report, data["error"], kept=True)
        content = data["content"]
        if (report is None) != isinstance(result.error, str):
            raise ValueError("neither a report nor an error")
        return result, None if content is None else str(content), str(data["how"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"lacks {error}") from error
