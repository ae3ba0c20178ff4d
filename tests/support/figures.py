"""Figures that tests measured, printed in one section after the results: largest differences, counts of cells.

They travel in the tests' reports, so they arrive from the workers of pytest-xdist too.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

PROPERTY = "figure"


def record(record_property: Callable[[str, object], None], words: str) -> None:
    """Have a line printed at the end; `record_property` is pytest's own fixture."""
    record_property(PROPERTY, words)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was recorded; conftest.py imports this hook."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    lines = {
        str(value)
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == PROPERTY
    }
    if lines:
        terminalreporter.section("figures")
        for line in sorted(lines):
            terminalreporter.write_line(line)
