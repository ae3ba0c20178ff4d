"""Workbooks written by earlier versions keep their verdicts: tests/data/kept/ has a folder for each version with some.

Those of 0.1.0 have copies of A beside W, which are no quantities any more: they are cells that others use. `copies.json`
says how many cells of the copies had which verdict, which `expected.json` counts; all others keep theirs. A mistake in a
copy, as the workbooks of 0.1.0-copies have some, is now one of each z that uses it.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sheetnet.judge import validate
from tests.support.kept_cases import FOLDER, LIST, found_in

FOLDERS = sorted(path.parent for path in FOLDER.glob(f"*/{LIST}"))


def expected_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / LIST).read_text(encoding="utf-8"))["workbooks"]
    return found


def without_copies(path: Path) -> dict[str, Any]:
    """What is expected of a workbook, but for the cells of the copies."""
    expected = expected_of(path.parent)[path.name]
    counts: dict[str, dict[str, int]] = json.loads((FOLDER / "copies.json").read_text(encoding="utf-8"))
    copies = counts.get(f"{path.parent.name}/{path.name}", {})
    return {**expected, "verdicts": dict(Counter(expected["verdicts"]) - Counter(copies))}


KEPT = [folder / name for folder in FOLDERS for name in expected_of(folder)]


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_workbook_of_an_earlier_version_keeps_its_verdicts(path: Path) -> None:
    """Wherever later versions would put its blocks, and whatever they would leave out."""
    assert found_in(validate(path)) == without_copies(path)


def test_every_kept_workbook_is_judged() -> None:
    """None is forgotten in the list, and there are some."""
    there = {path for folder in FOLDERS for path in folder.iterdir() if path.name != LIST}
    assert there == set(KEPT)
    assert len(KEPT) >= 30
