"""sheetnet: backpropagation as a spreadsheet. Every number is a live formula, and every formula is checked against NumPy."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheetnet.batch.api import validate_many
    from sheetnet.batch.journal import Result
    from sheetnet.errors import EngineError, FileError, LimitError, NetworkError, SheetnetError, StoppedError
    from sheetnet.files import read_workbook
    from sheetnet.generate import write_workbook
    from sheetnet.judge import validate
    from sheetnet.network_file import load_network
    from sheetnet.reference import Step, training_step
    from sheetnet.validation import Report

__version__ = "0.1.0"

# Where each public name lives; heavy packages are imported when a name is first asked for.
_HOMES = {
    "EngineError": "errors",
    "FileError": "errors",
    "LimitError": "errors",
    "NetworkError": "errors",
    "Report": "validation",
    "Result": "batch.journal",
    "SheetnetError": "errors",
    "Step": "reference",
    "StoppedError": "errors",
    "load_network": "network_file",
    "read_workbook": "files",
    "training_step": "reference",
    "validate": "judge",
    "validate_many": "batch.api",
    "write_workbook": "generate",
}
__all__ = [
    "EngineError",
    "FileError",
    "LimitError",
    "NetworkError",
    "Report",
    "Result",
    "SheetnetError",
    "Step",
    "StoppedError",
    "load_network",
    "read_workbook",
    "training_step",
    "validate",
    "validate_many",
    "write_workbook",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sheetnet' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"sheetnet.{_HOMES[name]}"), name)
