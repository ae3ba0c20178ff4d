"""Fixtures of batches: a right workbook, a class's files, and guarded processes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sheetnet.batch.schedule import Workers
from sheetnet.generate import write_workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.homework import D02B, _edited


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sheet Step alone: a batch judges each file several times over."""
    return write_workbook(D02B, tmp_path_factory.mktemp("right") / "right.xlsx", WorkbookOptions())


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """Guarded processes, kept warm from batch to batch."""
    with Workers() as lent:
        yield lent


@pytest.fixture
def homework(right: Path, tmp_path: Path) -> list[Path]:
    """A right one, one with a wrong formula, one that is none, a missing one, one that never ends, a right one."""
    paths = [tmp_path / f"{name}.xlsx" for name in "right wrong text gone endless last".split()]
    shutil.copy(right, paths[0])
    _edited(right, paths[1], "{A_1[0,0]}", "=1/(1+EXP({z_1[0,0]}))")
    paths[2].write_text("a,b\n", encoding="utf-8")
    _edited(right, paths[4], "{beside[0,0]}", "=SUMPRODUCT({beside[0,1].letters}:XFD*{beside[0,1].letters}:XFD)")
    shutil.copy(right, paths[5])
    return paths
