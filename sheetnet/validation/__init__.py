"""Judges the cells of a workbook that sheetnet wrote."""

from sheetnet.validation.report import CellVerdict, Report

__all__ = ["CellVerdict", "Report"]
