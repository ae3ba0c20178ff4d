"""Audits as people and programs read them: terminal, JSON, HTML, Markdown, workbook."""

from sheetnet.report.audit.document import audit_html, markdown
from sheetnet.report.audit.text import audit_json, audit_view
from sheetnet.report.audit.workbook import audit_workbook

__all__ = ["audit_html", "audit_json", "audit_view", "audit_workbook", "markdown"]
