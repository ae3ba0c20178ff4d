"""Names the known mistakes of wrong cells, whose signatures are those of mistaken equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sheetnet.check.compare import as_numbers
from sheetnet.check.runs import Bench, Runs
from sheetnet.check.verdicts import CellVerdict

if TYPE_CHECKING:
    from sheetnet.check.diagnose import Finding


def named(bench: Bench, runs: Runs, cells: list[CellVerdict]) -> list[CellVerdict]:
    """The verdicts, with the known mistakes of each wrong cell that explain it in every run, the likeliest first."""
    alone = runs.evidence.alone_values
    wrong = [n for n, cell in enumerate(cells) if _may_be_named(cell)]
    if alone is None or not wrong:
        return cells
    from sheetnet.check.diagnose import Diagnosis  # the catalogue is large, and right sheets do not need it
    from sheetnet.check.sources import Sources

    diagnosis, sources = Diagnosis(bench.network, bench.quantities(runs.drawn)), Sources(bench)
    signatures, cells = as_numbers(alone), list(cells)
    for number in wrong:
        answer, signature = bench.answers[number], signatures[:, number]
        if cells[number].verdict == "hardcoded" and np.ptp(signature) > 0:
            continue  # a typed number is the reason, which has been told
        reads = sources.of(answer.place)
        findings = diagnosis.findings(answer.block.name, answer.row, answer.column, signature, reads)
        if findings:
            cells[number] = _with(cells[number], findings)
    return cells


def _may_be_named(cell: CellVerdict) -> bool:
    return cell.verdict in ("wrong", "hardcoded") and cell.formula is not None


def _with(cell: CellVerdict, findings: Sequence[Finding]) -> CellVerdict:
    """The verdict with its explanations, before what was said of the formula already."""
    codes = tuple(dict.fromkeys((*(finding.code for finding in findings), *cell.mistakes)))
    return replace(cell, message=f"{cell.message}: {words_of(findings)}", mistakes=codes)


def words_of(findings: Sequence[Finding]) -> str:
    """The first explanation with its reason; of others that fit as well the codes alone."""
    first, others = findings[0], [finding.code for finding in findings[1:]]
    why = f". {first.mistakes[0].why}" if len(first.mistakes) == 1 else ""
    return f"{first.text}{why}" + (f" (or: {', '.join(others)})" if others else "")
