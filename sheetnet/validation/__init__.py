"""Judges the cells of a workbook that sheetnet wrote."""

from sheetnet.validation.result import CellVerdict, Report

__all__ = ["CellVerdict", "Report"]
