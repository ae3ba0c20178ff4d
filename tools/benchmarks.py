"""Measures every figure that has a goal, and keeps them for this version in docs/benchmarks.md; `make bench` runs it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from sheetnet._version import __version__
from tools import ROOT, bench_judging, bench_reading, bench_starts
from tools.bench_report import Figure, show

PAGE = ROOT / "docs" / "benchmarks.md"


def recorded(page: str, version: str, figures: Sequence[Figure]) -> str:
    """The page with the section of a version put first, or in the place of its older one."""
    rows = [f"| {figure.what} | {figure.measured:.2f} | {figure.goal:g} |" for figure in figures]
    section = "\n".join([f"## {version}", "", "| figure | measured | goal |", "|---|---|---|", *rows, ""])
    head, *sections = re.split(r"^(?=## )", page, flags=re.M)
    others = [each.strip() + "\n" for each in sections if each.splitlines()[0] != f"## {version}"]
    return "\n".join([head.strip() + "\n", section, *others])


def main() -> None:
    """Print each figure, and rewrite the page."""
    figures = show(chain(bench_starts.figures(), bench_judging.figures(), bench_reading.figures()))
    PAGE.write_text(recorded(PAGE.read_text(encoding="utf-8"), __version__, figures), encoding="utf-8")


if __name__ == "__main__":
    main()
