"""Identifies what each formula cell of a workbook in any layout computes."""

from sheetnet.identification.inference.pipeline import infer, infer_file, infer_workbook
from sheetnet.identification.inference.result import Inference, OpenQuestion
from sheetnet.identification.input_map import InputMap, load_map, parse_map
from sheetnet.identification.labels import Label
from sheetnet.identification.nowhere import Nowhere
from sheetnet.identification.pipeline import (
    INFERRED,
    expected_of,
    identify,
    identify_file,
    identify_workbook,
    judge_layout,
    report_of,
)
from sheetnet.identification.result import Apart, Fault, Identification, Identified, MappedInput, Unidentified

__all__ = [
    "INFERRED",
    "Apart",
    "Fault",
    "Identification",
    "Identified",
    "Inference",
    "InputMap",
    "Label",
    "MappedInput",
    "Nowhere",
    "OpenQuestion",
    "Unidentified",
    "expected_of",
    "identify",
    "identify_file",
    "identify_workbook",
    "infer",
    "infer_file",
    "infer_workbook",
    "judge_layout",
    "load_map",
    "parse_map",
    "report_of",
]
