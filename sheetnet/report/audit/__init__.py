"""How an audit looks: on a terminal, as JSON, as a page, as Markdown and as a workbook. It judges nothing."""

from sheetnet.report.audit.document import audit_html, markdown
from sheetnet.report.audit.text import audit_json, audit_view
from sheetnet.report.audit.workbook import audit_workbook

__all__ = ["audit_html", "audit_json", "audit_view", "audit_workbook", "markdown"]
