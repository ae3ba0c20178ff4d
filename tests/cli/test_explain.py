"""The command `explain`: one known mistake, or all."""

from __future__ import annotations

import sys

import pytest

from sheetnet.cli import main
from sheetnet.mistakes import MISTAKES


def run_explain(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "argv", ["sheetnet", "explain", *arguments])
    main()


def test_explain_shows_one_or_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One with both formulas and the reason; all with code and name, one line each."""
    with pytest.raises(SystemExit, match="0"):
        run_explain(monkeypatch, "sn013")
    one = capsys.readouterr().out
    assert "SN013 exponent's sign flipped" in one
    assert "=1/(1+EXP(z))" in one
    assert "=1/(1+EXP(-z))" in one
    with pytest.raises(SystemExit, match="0"):
        run_explain(monkeypatch)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith(" SN")] == list(MISTAKES)
    with pytest.raises(SystemExit, match="2"):
        run_explain(monkeypatch, "SN999")
    assert capsys.readouterr().err.startswith("sheetnet: no known mistake has the code 'SN999'")
