"""Wrong cells that make a known mistake get its name: their signature is that of a mistaken equation. It runs nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sheetnet.check.compare import as_numbers
from sheetnet.check.runs import Bench, Runs
from sheetnet.check.verdicts import CellVerdict

if TYPE_CHECKING:
    from sheetnet.check.diagnose import Finding

MOST_NAMED = 3  # explanations that fit equally well and are told in words; of more, the codes


def named(bench: Bench, runs: Runs, cells: list[CellVerdict]) -> list[CellVerdict]:
    """The verdicts, with the known mistake of each wrong cell where one explains it in every run."""
    alone = runs.evidence.alone_values
    wrong = [n for n, cell in enumerate(cells) if cell.verdict == "wrong" and cell.formula is not None]
    if alone is None or not wrong:
        return cells
    from sheetnet.check.diagnose import Diagnosis  # the catalogue is large, and right sheets do not need it

    diagnosis, signatures = Diagnosis(bench.network, bench.quantities(runs.drawn)), as_numbers(alone)
    cells = list(cells)
    for number in wrong:
        answer = bench.answers[number]
        findings = diagnosis.findings(answer.block.name, answer.row, answer.column, signatures[:, number])
        if findings:
            message = f"{cells[number].message}: {_words(findings)}"
            cells[number] = replace(cells[number], message=message, mistake=findings[0].code)
    return cells


def _words(findings: tuple[Finding, ...]) -> str:
    """One explanation with its reason; several that fit equally well by name alone."""
    if len(findings) == 1 and len(findings[0].mistakes) == 1:
        return f"{findings[0].text}. {findings[0].mistakes[0].why}"
    words = [finding.text for finding in findings[:MOST_NAMED]]
    return ", or ".join([*words, *(finding.code for finding in findings[MOST_NAMED:])])
