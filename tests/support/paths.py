"""Where the repository, the tests' own files and the workbooks of other people lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
FOREIGN = ROOT.parent / "shared" / "foreign"
