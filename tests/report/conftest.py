"""The fixture `original`, a wrong workbook as a file of each format."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetnet.files import save_workbook
from tests.support.marked import FORMATS, damaged


@pytest.fixture(params=FORMATS)
def original(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"student.{request.param}"
    save_workbook(damaged(), path)
    return path
