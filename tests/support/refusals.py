"""What every refusal of a file owes to whoever reads it, and the limits under which malicious files are judged."""

from __future__ import annotations

from pathlib import Path

from sheetnet.files.limits import Limits

LIMITS = Limits(time=30, cpu_time=6, memory=1_000_000_000)
LONGEST = 1_200  # characters of a refusal


def assert_refusal(line: str, path: Path) -> None:
    """What every refusal owes: one printable line that begins with the file's path, and is no confession of a bug."""
    assert line.startswith(f"{path}"), line
    assert line.isprintable(), line
    assert len(line) < LONGEST
    assert "sheetnet itself" not in line, line
    assert "Traceback" not in line
