"""Audits a document: checks its printed numbers and equations."""

from sheetnet.auditing.pipeline import audit, documents
from sheetnet.auditing.published import Published, load_published
from sheetnet.auditing.result import Audit, FormulaEntry, NumberVerdict

__all__ = ["Audit", "FormulaEntry", "NumberVerdict", "Published", "audit", "documents", "load_published"]
