"""A measured figure with its goal, and measuring in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One figure of a bench: a ratio of two times of one run, or an amount, and the most it should be."""

    what: str
    measured: float
    goal: float

    def __str__(self) -> str:
        """The figure, its goal, and whether it is met."""
        mark = "" if self.measured <= self.goal else "   missed"
        return f"{self.what:82}{self.measured:8.2f}   goal {self.goal:g}{mark}"


def show(figures: Iterable[Figure]) -> list[Figure]:
    """Print each figure as soon as it is measured; gives them all."""
    found = []
    for figure in figures:
        print(figure, flush=True)
        found.append(figure)
    return found


@dataclass(frozen=True)
class Apart:
    """What a fresh Python took: seconds of the processor, peak memory, and the last line it printed."""

    seconds: float
    megabytes: float
    printed: str


# On Linux `ru_maxrss` begins with what the parent held at the fork: there /proc tells the peak.
_MEASURE = """
import pathlib, resource, sys
used = resource.getrusage(resource.RUSAGE_SELF)
peak = used.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
if (status := pathlib.Path("/proc/self/status")).exists():
    peak = next(int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
print(used.ru_utime + used.ru_stime, peak)
"""


def measured_apart(code: str) -> Apart:
    """Run the code in a fresh Python."""
    done = subprocess.run([sys.executable, "-c", f"{code}\n{_MEASURE}"], capture_output=True, text=True, check=True)
    *printed, last = done.stdout.splitlines()
    seconds, megabytes = map(float, last.split())
    return Apart(seconds, megabytes, printed[-1] if printed else "")
