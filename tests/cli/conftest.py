"""The fixture `run`, which runs the command line in a folder of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sheetnet.cli import main
from tests.support.commands import Done, Run


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command line in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def call(*args: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["sheetnet", *args])
        code: int | str | None = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        assert isinstance(code, int)
        return Done(code, out, err)

    return call
