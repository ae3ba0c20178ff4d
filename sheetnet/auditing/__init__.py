"""Audits a document: checks its printed numbers and equations."""

from sheetnet.auditing.number_verdicts import Audit, FormulaEntry, NumberVerdict
from sheetnet.auditing.pipeline import audit, documents
from sheetnet.auditing.published import Published, load_published

__all__ = ["Audit", "FormulaEntry", "NumberVerdict", "Published", "audit", "documents", "load_published"]
