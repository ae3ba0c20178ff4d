"""A whole audit: numbers, equations and notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sheetnet.audit.document import Document
from sheetnet.audit.givens import misprinted_givens
from sheetnet.audit.identities import Trials, identity, readings
from sheetnet.audit.judge import judge
from sheetnet.audit.notes import notes
from sheetnet.audit.published import PrintedFormula, Published, load_published
from sheetnet.audit.repairs import right_form
from sheetnet.audit.verdicts import Audit, FormulaEntry
from sheetnet.network import Network
from sheetnet.network_file import read_table, template_names


def audit(document: str | Path | Published) -> Audit:
    """Judge every number and equation that a document prints: a template, a network file or what was read of one.

    Raises `NetworkError` for a file that cannot be used.
    """
    published = document if isinstance(document, Published) else load_published(document)
    network, printed = published.network, Document(published)
    entries = judge(printed)
    formulas = tuple(_formulas(published.formulas, network)) if published.formulas else ()
    said = (*notes(printed, entries), *misprinted_givens(printed, entries, published.lacking))
    return Audit(network.title, network.source, entries, formulas, said)


def documents() -> list[str]:
    """The templates that say what their document prints."""
    return [name for name in template_names() if "published" in read_table(name)[0]]


def _formulas(formulas: tuple[PrintedFormula, ...], network: Network) -> Iterator[FormulaEntry]:
    trials = Trials(network)
    known: dict[str, tuple[str, str, str | None]] = {}
    for formula in formulas:
        key = f"{formula.equation} {formula.where}"
        if key not in known:  # an equation printed twice is judged once
            known[key] = _judged(formula, trials, network)
        yield FormulaEntry(formula.place, formula.equation, *known[key])


def _judged(formula: PrintedFormula, trials: Trials, network: Network) -> tuple[str, str, str | None]:
    """An equation holds where it does in one of its readings; a right form is sought in each."""
    findings = [(reading, identity(formula, reading)) for reading in readings(formula, trials)]
    if any(finding.equal for _, finding in findings):
        return "agrees", "", None
    for reading, finding in findings:
        if (form := right_form(formula, network, reading)) is not None:
            return "wrong", finding.words, form
    return "wrong", findings[-1][1].words, None
