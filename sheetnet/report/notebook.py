"""A step and a report as HTML for a notebook: tables that need neither scripts nor style sheets.

Styles stand at the elements, because a notebook's page has its own and some viewers drop style sheets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sheetnet.formulas import describe
from sheetnet.reference import Step, stacked
from sheetnet.report.html import page_templates, section
from sheetnet.report.wording import EDITED, VERDICT_STYLES, number_text
from sheetnet.validation import Report

MOST_FINDINGS = 20  # of each list of a report; `to_frame` and the page of `validate --html` have all
MOST_LINES = 12  # rows, and columns, of a quantity


@dataclass(frozen=True, slots=True)
class QuantityTable:
    """One quantity of a step: `rows` begin with the number of the row, `columns` are the numbers above."""

    name: str
    symbol: str
    equation: str
    size: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def step_fragment(step: Step) -> str:
    """Every quantity as a table, in the order in which the step computes them, rows and columns counted from 0."""
    return page_templates().get_template("notebook-step.html").render(network=step.network, tables=_tables(step))


def _tables(step: Step) -> list[QuantityTable]:
    network, found = step.network, []
    for name, block in network.blocks.items():
        if block.transposed:
            continue  # a copy that only a sheet needs
        numbers = stacked(step[name], block).tolist()
        rows = [(str(r), *_shortened([number_text(number) for number in row])) for r, row in enumerate(numbers)]
        columns = _shortened([str(column) for column in range(block.columns)])
        if len(rows) > MOST_LINES:
            rows[MOST_LINES // 2 : -(MOST_LINES // 2)] = [("⋮", *("⋮" for _ in columns))]
        size = f"{block.rows} × {block.columns}"
        found.append(QuantityTable(name, *describe(network, name), size, tuple(columns), tuple(rows)))
    return found


def _shortened(row: Sequence[str]) -> list[str]:
    """The row, or its two ends."""
    if len(row) <= MOST_LINES:
        return list(row)
    return [*row[: MOST_LINES // 2], "…", *row[-(MOST_LINES // 2) :]]


def report_fragment(report: Report) -> str:
    """The summary of the report and the findings in it, as the page of `validate --html` has them, without the sheets."""
    fills = {look: style.fill for look, style in {**VERDICT_STYLES, "edited": EDITED}.items()}
    return (
        page_templates()
        .get_template("notebook-report.html")
        .render(section=section(0, report), fills=fills, most=MOST_FINDINGS)
    )
