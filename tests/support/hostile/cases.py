"""The list of malicious files: what a case is, and what may become of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# What may become of a file. Nothing hostile is right but what is inert beside a right worksheet.
OUTCOMES = {
    "refused": {"unreadable"},
    "inert": {"correct"},
    "blamed": {"incorrect"},
    "stopped": {"correct", "unreadable"},
    "not right": {"incorrect", "unreadable"},
}


@dataclass(frozen=True)
class Trap:
    """What no run may touch: a listening address, and a file whose text must show nowhere."""

    url: str
    secret: Path


@dataclass(frozen=True)
class Case:
    """A malicious file: `make` gives its bytes; `wanted` is a word of `OUTCOMES`, `said` is in the line that refuses it.

    Slow ones end only at a limit of time or memory, or are another's twin in the other format.
    """

    name: str
    suffix: str
    make: Callable[[Trap], bytes]
    wanted: str
    said: str = ""
    slow: bool = False


CASES: list[Case] = []


def add(name: str, suffix: str, make: Callable[[Trap], bytes], wanted: str, said: str = "", slow: bool = False) -> None:
    """Put a case on the list."""
    assert wanted in OUTCOMES, wanted
    CASES.append(Case(name, suffix, make, wanted, said, slow))
