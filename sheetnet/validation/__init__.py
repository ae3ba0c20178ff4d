"""Judges the cells of a workbook that sheetnet wrote."""

from sheetnet.validation.report import VERDICTS, CellVerdict, Report

__all__ = ["VERDICTS", "CellVerdict", "Report"]
