"""Judges workbooks whose blocks have the names that sheetnet gives; `identification/` judges all others."""

from sheetnet.validation.result import CellVerdict, Report

__all__ = ["CellVerdict", "Report"]
