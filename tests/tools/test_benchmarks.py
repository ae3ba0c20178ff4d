"""The page of figures has one section for each version, the newest first."""

from __future__ import annotations

from tools.bench_report import Figure
from tools.benchmarks import recorded


def test_a_version_measured_again_replaces_its_section() -> None:
    page = recorded("# Benchmarks\n\nWords.\n", "0.1.0", [Figure("a", 1.5, 2)])
    page = recorded(page, "0.2.0", [Figure("a", 1.25, 2), Figure("b", 3.0, 2)])
    again = recorded(page, "0.2.0", [Figure("a", 1.0, 2)])
    assert [line for line in again.splitlines() if line.startswith(("#", "| a", "| b"))] == [
        "# Benchmarks", "## 0.2.0", "| a | 1.00 | 2 |", "## 0.1.0", "| a | 1.50 | 2 |",
    ]  # fmt: skip
    assert "Words." in again


def test_a_missed_goal_is_marked() -> None:
    assert str(Figure("b", 3.0, 2)).endswith("goal 2   missed")
    assert str(Figure("b", 2.0, 2)).endswith("goal 2")
