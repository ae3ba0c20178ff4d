"""The mutation self-test in full: every operator at every formula cell of every template, or of those named.

`make mutation` runs it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from sheetnet.generate import make_workbook
from sheetnet.network_file import load_network, template_names
from tests.mutation import Subject, Tally, all_at_once, one_by_one

SMALL = 500  # formula cells up to which each mutant gets a workbook of its own


def main() -> int:
    """Print a line a template; exit code 1 where a mutant was judged wrong."""
    print(f"{'template':22}{'formulas':>9}{'mutants':>9}{'killed':>9}{'equivalent':>12}{'failed':>8}{'seconds':>9}")
    failed = 0
    for name in sys.argv[1:] or template_names():
        network = load_network(name)
        subject, start = Subject(make_workbook(network), network), time.perf_counter()
        tally: Tally = one_by_one(subject) if len(subject.formulas) <= SMALL else all_at_once(subject)
        counts, seconds = tally.counts, time.perf_counter() - start
        print(
            f"{name:22}{len(subject.formulas):>9,}{counts.total():>9,}{counts['killed']:>9,}"
            f"{counts['equivalent']:>12,}{len(tally.failures):>8,}{seconds:>9.0f}",
            flush=True,
        )
        for failure in tally.failures[:5]:
            print(f"  {failure}")
        failed += len(tally.failures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
