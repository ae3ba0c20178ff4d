"""How an audit looks: on a terminal, as JSON, as a page, as Markdown and as a workbook. It judges nothing."""

from sheetnet.report.audit.json import to_json
from sheetnet.report.audit.markdown import markdown
from sheetnet.report.audit.page import audit_html
from sheetnet.report.audit.terminal import audit_view
from sheetnet.report.audit.workbook import audit_workbook

__all__ = ["audit_html", "audit_view", "audit_workbook", "markdown", "to_json"]
