"""Judging: from a workbook to a verdict for each cell. It knows neither file formats nor how reports look."""

from sheetnet.check.judging import judge, validate
from sheetnet.check.verdicts import VERDICTS, CellVerdict, Report

__all__ = ["VERDICTS", "CellVerdict", "Report", "judge", "validate"]
