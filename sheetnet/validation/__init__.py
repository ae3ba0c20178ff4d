"""Judging: from a workbook to a verdict for each cell. It knows neither file formats nor how reports look."""

from sheetnet.validation.report import VERDICTS, CellVerdict, Report

__all__ = ["VERDICTS", "CellVerdict", "Report"]
