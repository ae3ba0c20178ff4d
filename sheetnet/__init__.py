"""sheetnet: backpropagation as a spreadsheet. Every number is a live formula, and every formula is checked against NumPy."""

from __future__ import annotations

from importlib import import_module

from sheetnet._version import __version__
from sheetnet.errors import TYPE_CHECKING
from sheetnet.network_readers import NETWORK_READERS
from sheetnet.object_display import RENDERERS

if TYPE_CHECKING:
    from typing import Any

    from sheetnet.auditing import Audit, audit
    from sheetnet.batch.api import validate_many
    from sheetnet.batch.journal import Result
    from sheetnet.errors import (
        EngineError,
        FileError,
        LimitError,
        NetworkError,
        SheetnetError,
        StoppedError,
        UsageError,
    )
    from sheetnet.files import read_workbook
    from sheetnet.generate import write_student_workbook, write_workbook
    from sheetnet.identification import Identification, Inference, identify, infer
    from sheetnet.judge import validate
    from sheetnet.network import Layer, Network
    from sheetnet.network_file import load_network
    from sheetnet.penalty import L2
    from sheetnet.reference import Step, training_step
    from sheetnet.validation import Report
    from sheetnet.workbook import Workbook

# Where each public name lives; heavy packages are imported when a name is first asked for.
_HOMES = {
    "Audit": "auditing",
    "EngineError": "errors",
    "FileError": "errors",
    "Identification": "identification",
    "Inference": "identification",
    "L2": "penalty",
    "Layer": "network",
    "LimitError": "errors",
    "Network": "network",
    "NetworkError": "errors",
    "Report": "validation",
    "Result": "batch.journal",
    "SheetnetError": "errors",
    "Step": "reference",
    "StoppedError": "errors",
    "UsageError": "errors",
    "Workbook": "workbook",
    "audit": "auditing",
    "identify": "identification",
    "infer": "identification",
    "load_network": "network_file",
    "read_workbook": "files",
    "training_step": "reference",
    "validate": "judge",
    "validate_many": "batch.api",
    "write_student_workbook": "generate",
    "write_workbook": "generate",
}
__all__ = [  # written out, since type checkers do not run code; a test compares the two
    "L2",
    "Audit",
    "EngineError",
    "FileError",
    "Identification",
    "Inference",
    "Layer",
    "LimitError",
    "Network",
    "NetworkError",
    "Report",
    "Result",
    "SheetnetError",
    "Step",
    "StoppedError",
    "UsageError",
    "Workbook",
    "__version__",
    "audit",
    "identify",
    "infer",
    "load_network",
    "read_workbook",
    "training_step",
    "validate",
    "validate_many",
    "write_student_workbook",
    "write_workbook",
]


if not TYPE_CHECKING:  # which would take any name for a public one

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'sheetnet' has no attribute {name!r}; it has {', '.join(__all__)}")
        return getattr(import_module(f"sheetnet.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)


def _step_html(step: Any) -> str:
    from sheetnet.report.html import step_fragment

    return step_fragment(step)


def _report_html(report: Any) -> str:
    from sheetnet.report.html import report_fragment

    return report_fragment(report)


RENDERERS |= {"Report": _report_html, "Step": _step_html}


def _network_in_workbook(path: str) -> Network:
    from sheetnet.extract import extract_network

    return extract_network(path)


NETWORK_READERS |= dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xltm", ".ods", ".ots"), _network_in_workbook)
