"""The documentation site has every command and every public name, and asks nothing of other hosts."""

from __future__ import annotations

import os
import re
from html import unescape
from pathlib import Path

import pytest
import typer.main

import sheetnet
import sheetnet.classroom
import sheetnet.models
from sheetnet.cli.commands import command_line

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("SHEETNET_SITE" not in os.environ, reason="make site builds it, and runs these"),
]
SITE = Path(os.environ.get("SHEETNET_SITE", ""))


def page(name: str) -> str:
    return (SITE / f"{name}.html").read_text(encoding="utf-8")


def test_every_command_is_there_with_every_option() -> None:
    words = unescape(re.sub(r"<[^>]+>", "", page("commands")))
    group = typer.main.get_command(command_line)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        assert f"sheetnet {name}" in words
        options = {option for each in command.params for option in each.opts if option.startswith("--")}
        assert {option for option in options if option not in words} == set(), name


@pytest.mark.parametrize("module", [sheetnet, sheetnet.classroom, sheetnet.models], ids=lambda module: module.__name__)
def test_every_public_name_is_there(module: object) -> None:
    names: list[str] = module.__all__  # type: ignore[attr-defined]
    shown = set(re.findall(r'id="(sheetnet[\w.]*)"', page("api")))
    assert names
    assert {name for name in names if not any(each.endswith(f".{name}") for each in shown)} - {"__version__"} == set()


def test_no_page_asks_anything_of_another_host() -> None:
    """A reader is not told on: fonts, scripts and styles come with the site."""
    pages = sorted(SITE.rglob("*.html"))
    assert len(pages) > 15
    asked = [
        (path.name, address)
        for path in pages
        for address in re.findall(r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="(https?:[^"]+)"', path.read_text())
    ]
    assert asked == []
