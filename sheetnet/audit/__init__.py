"""The auditor: the printed numbers and equations of a document, judged. It knows no workbooks and no looks."""

from sheetnet.audit.auditing import audit, documents
from sheetnet.audit.published import Published, load_published
from sheetnet.audit.verdicts import MEANINGS, Audit, Entry, FormulaEntry

__all__ = ["MEANINGS", "Audit", "Entry", "FormulaEntry", "Published", "audit", "documents", "load_published"]
