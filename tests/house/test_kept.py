"""Workbooks written by earlier versions keep their verdicts: tests/data/kept/ has a folder for each version with some."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sheetnet.judge import validate
from tests.support.kept_cases import FOLDER, LIST, found_in

FOLDERS = sorted(path.parent for path in FOLDER.glob(f"*/{LIST}"))


def expected_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / LIST).read_text(encoding="utf-8"))["workbooks"]
    return found


KEPT = [folder / name for folder in FOLDERS for name in expected_of(folder)]


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_workbook_of_an_earlier_version_keeps_its_verdicts(path: Path) -> None:
    """Wherever later versions would put its blocks, and whatever they would leave out."""
    assert found_in(validate(path)) == expected_of(path.parent)[path.name]


def test_every_kept_workbook_is_judged() -> None:
    """None is forgotten in the list, and there are some."""
    there = {path for folder in FOLDERS for path in folder.iterdir() if path.name != LIST}
    assert there == set(KEPT)
    assert len(KEPT) >= 30
