"""Write docs/mistakes.md and docs/audits/, the pages made from the code and the templates; tests say when they are due."""

from collections.abc import Iterator

from sheetnet.auditing import Audit, audit, documents
from sheetnet.formulas import spoken_index, symbol_of
from sheetnet.mistakes import CHAPTERS
from sheetnet.report.audit_text import corrections, counted, counted_formulas, legend, lines, mistakes_named
from sheetnet.report.terminal import forms_of
from sheetnet.report.wording import printable
from sheetnet.verdict import PrintVerdict
from tools import ROOT

INTRODUCTION = """# Known mistakes

What `sheetnet validate` names when a formula is wrong and computes exactly what one of these mistakes computes, in
every trial. An explanation uses only cells to which the formula refers; of several that fit, the first is told in words
and the others by their codes; where none fits, two mistakes together are tried. `sheetnet explain SN012` shows
one on the terminal.

This page is written by `python -m tools.pages`, from the entries in `sheetnet/mistakes/`.
"""


def pages() -> dict[str, str]:
    """Path from the repository's folder → page."""
    audits = {f"docs/audits/{name}.md": markdown(audit(name), f"sheetnet audit {name}") for name in documents()}
    return {"docs/mistakes.md": mistakes_page(), **audits}


def mistakes_page() -> str:
    """docs/mistakes.md."""
    return INTRODUCTION + "".join(_sections())


def _sections() -> Iterator[str]:
    for title, mistakes in CHAPTERS.items():
        yield f"\n## {title}\n"
        for mistake in mistakes:
            yield f"\n### {mistake.code}: {mistake.name}\n\n"
            yield f"In: {mistake.quantity}\n\n"
            yield f"- wrong: `={mistake.wrong}`\n- right: `={mistake.right}`\n\n"
            yield f"{mistake.why}\n"
            if forms := forms_of(mistake):
                yield f"\nForms: {'; '.join(f'`{form}`' for form in forms)}.\n"


def markdown(audit: Audit, command: str) -> str:
    """The page; `command` is what wrote it."""
    return "\n".join(_audit_lines(audit, command)) + "\n"


def _audit_lines(audit: Audit, command: str) -> Iterator[str]:
    yield f"# Audit: {_plain(audit.title)}\n"
    if audit.source:
        yield f"{_plain(audit.source)}.\n"
    yield f"Written by `{command}`. Indices count from 0.\n"
    yield from _audit_summary(audit)
    if found := list(lines(audit)):
        yield "## Numbers, in the document's order\n"
        yield "| place | quantity | printed | computed | verdict | why |"
        yield "|---|---|---|---|---|---|"
        for line in found:
            verdict = line.verdict if line.verdict == PrintVerdict.AGREES else f"**{line.verdict}**"
            numbers = _plain(line.printed), _plain(line.computed)
            cells = (_plain(line.place), _plain(line.called), *numbers, verdict, _plain(line.why))
            yield "| " + " | ".join(cells) + " |"
        yield ""
    yield from _corrections(audit)
    yield from _equations(audit)


def _audit_summary(audit: Audit) -> Iterator[str]:
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
            quantity = correction.quantity
            texts = "; ".join(
                f"{spoken_index(quantity, index, audit.dimensions)}: {text}" for index, text in correction.rows
            )
            yield f"| {symbol_of(quantity)} | {_plain(texts)} |"
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


def main() -> None:
    """Write the pages and print their paths."""
    for path, page in pages().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(page, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
