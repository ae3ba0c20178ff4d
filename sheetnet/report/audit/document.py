"""An audit as a page: HTML that needs no other files, or Markdown.

All text goes through jinja2's escaping, and control characters of strangers' texts are replaced.
"""

from __future__ import annotations

from collections.abc import Iterator

from sheetnet.auditing import Audit
from sheetnet.report.audit.text import (
    PRINT_STYLES,
    corrections,
    counted,
    counted_formulas,
    legend,
    lines,
    mistakes_named,
)
from sheetnet.report.html import page_templates
from sheetnet.report.wording import printable
from sheetnet.syntax.references import element_name
from sheetnet.verdict import PrintVerdict


def markdown(audit: Audit, command: str) -> str:
    """The page; `command` is what wrote it."""
    return "\n".join(_lines(audit, command)) + "\n"


def _lines(audit: Audit, command: str) -> Iterator[str]:
    yield f"# Audit: {_plain(audit.title)}\n"
    if audit.source:
        yield f"{_plain(audit.source)}.\n"
    yield f"Written by `{command}`. Indices count from 0.\n"
    yield from _summary(audit)
    if found := list(lines(audit)):
        yield "## Numbers, in the document's order\n"
        yield "| place | quantity | printed | computed | verdict | why |"
        yield "|---|---|---|---|---|---|"
        for line in found:
            verdict = line.verdict if line.verdict == PrintVerdict.AGREES else f"**{line.verdict}**"
            numbers = _plain(line.printed), _plain(line.computed)
            cells = (_plain(line.place), _code(line.called), *numbers, verdict, _plain(line.why))
            yield "| " + " | ".join(cells) + " |"
        yield ""
    yield from _corrections(audit)
    yield from _equations(audit)


def _summary(audit: Audit) -> Iterator[str]:
    yield f"- {counted(audit)}"
    if words := counted_formulas(audit):
        yield f"- {words}"
    for words in (*mistakes_named(audit), *audit.notes):
        yield f"- {_plain(words)}"
    yield ""
    for verdict, _, meaning in legend(audit):
        yield f"- *{verdict}*: {meaning}"
    yield ""


def _corrections(audit: Audit) -> Iterator[str]:
    if found := corrections(audit):
        yield "## What it should print\n"
        yield "| quantity | numbers |"
        yield "|---|---|"
        for correction in found:
            texts = ", ".join(f"{element_name('', index)} {text}" for index, text in correction.rows)
            yield f"| {_code(correction.quantity)} | {_plain(texts)} |"
        yield ""


def _equations(audit: Audit) -> Iterator[str]:
    if not audit.formulas:
        return
    yield "## Equations\n"
    yield "In spreadsheet syntax; `{a,b;c,d}` is a matrix by rows, `DIFF(f,x)` the derivative of f by x.\n"
    yield "| place | equation | verdict | why | right form |"
    yield "|---|---|---|---|---|"
    for formula in audit.formulas:
        verdict = formula.verdict if formula.verdict == PrintVerdict.AGREES else f"**{formula.verdict}**"
        right = _code(formula.right_form) if formula.right_form else ""
        cells = (_plain(formula.place), _code(formula.equation), verdict, _plain(formula.why), right)
        yield "| " + " | ".join(cells) + " |"


def _plain(words: str) -> str:
    """Text that a cell of a Markdown table shows as it is."""
    safe = printable(words).replace("&", "&amp;").replace("<", "&lt;").replace("`", "\\`")
    return safe.replace("|", "\\|")


def _code(words: str) -> str:
    """The same in code."""
    return "`" + printable(words).replace("`", "'").replace("|", "\\|") + "`"


def audit_html(audit: Audit) -> str:
    """The page."""
    environment = page_templates()
    environment.filters["dashed"] = dashed
    return environment.get_template("audit.html").render(
        audit=audit,
        verdicts=PrintVerdict,
        lines=list(lines(audit)),
        looks={dashed(verdict): look for verdict, look in PRINT_STYLES.items()},
        legend=legend(audit),
        counted=counted(audit),
        counted_formulas=counted_formulas(audit),
        mistakes=mistakes_named(audit),
        corrections=corrections(audit),
        called=element_name,
    )


def dashed(verdict: str) -> str:
    """A verdict as a class of the page."""
    return verdict.replace(" ", "-")
