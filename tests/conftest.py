"""Set-up of all tests: hypothesis profiles, and tests skipped where the engine of their mark is missing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sheetnet.cli import main
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.workbook import Workbook
from tests.support.commands import Done, Run
from tests.support.engines import ENGINES, require
from tests.support.figures import pytest_terminal_summary
from tests.support.sheets import step_book

__all__ = ["pytest_terminal_summary"]  # a hook of pytest's

# Two cores shared with LibreOffice make times uneven: no deadlines. In CI the same examples come every time.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mutation takes minutes: it comes first, so that in the end no worker waits for the other."""
    items.sort(key=lambda item: "tests/tools/" not in item.nodeid)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked with an engine's name needs that engine."""
    for engine in ENGINES:
        if item.get_closest_marker(engine):
            require(engine)


@pytest.fixture
def d02b() -> tuple[Network, Workbook]:
    """The network of the lesson and its workbook as generated."""
    network = load_network("d02b")
    return network, step_book(network)


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
