"""The mutation self-test in full: every operator at every formula cell of every template, or of those named.

Each mutant of Step has a workbook of its own, where these are not too many; those of the other views share one, an operator
at a time, which is harder to judge. `make mutation` runs it.
"""

from __future__ import annotations

import sys
import time

from sheetnet.generate import make_workbook
from sheetnet.network_file import load_network, template_names
from sheetnet.reference.views import VIEW_NUMBERS
from sheetnet.workbook_options import WorkbookOptions, default_views
from tools.mutants import Subject, Tally, all_at_once, one_by_one

SMALL = 500  # formula cells up to which each mutant gets a workbook of its own


def main() -> int:
    """Print a line a template; exit code 1 where a mutant was judged wrong."""
    print(f"{'template':36}{'formulas':>9}{'mutants':>9}{'killed':>9}{'equivalent':>12}{'failed':>8}{'seconds':>9}")
    failed = 0
    for name in sys.argv[1:] or template_names():
        network = load_network(name)
        failed += row(name, Subject(make_workbook(network, WorkbookOptions()), network))
        for view in default_views(network) if len(default_views(network)) > 1 else ():
            if view in VIEW_NUMBERS:
                workbook = make_workbook(network, WorkbookOptions(("step", view)))
                failed += row(f"{name} {view}", Subject(workbook, network, views=True))
    return 1 if failed else 0


def row(title: str, subject: Subject) -> int:
    """A line of the table; how many mutants were judged wrong."""
    start = time.perf_counter()
    alone = len(subject.formulas) <= SMALL and " " not in title
    tally: Tally = one_by_one(subject) if alone else all_at_once(subject)
    counts, seconds = tally.counts, time.perf_counter() - start
    print(
        f"{title:36}{len(subject.formulas):>9,}{counts.total():>9,}{counts['killed']:>9,}"
        f"{counts['equivalent']:>12,}{len(tally.failures):>8,}{seconds:>9.0f}",
        flush=True,
    )
    for failure in tally.failures[:5]:
        print(f"  {failure}")
    return len(tally.failures)


if __name__ == "__main__":
    sys.exit(main())
