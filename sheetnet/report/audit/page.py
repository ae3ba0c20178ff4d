"""An audit as one page that needs nothing else: no scripts, no other files, no network.

All text goes through jinja2's escaping, and control characters of strangers' texts are replaced.
"""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from sheetnet.audit import Audit
from sheetnet.report.audit.lines import (
    AUDIT_LOOKS,
    corrections,
    counted,
    counted_formulas,
    legend,
    lines,
    mistakes_named,
)
from sheetnet.report.words import called, printable


def audit_html(audit: Audit) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("sheetnet.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printable"] = printable
    environment.filters["dashed"] = dashed
    return environment.get_template("audit.html").render(
        audit=audit,
        lines=list(lines(audit)),
        looks={dashed(verdict): look for verdict, look in AUDIT_LOOKS.items()},
        legend=legend(audit),
        counted=counted(audit),
        counted_formulas=counted_formulas(audit),
        mistakes=mistakes_named(audit),
        corrections=corrections(audit),
        called=called,
    )


def dashed(verdict: str) -> str:
    """A verdict as a class of the page."""
    return verdict.replace(" ", "-")
