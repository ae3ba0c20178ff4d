"""What the README and the docs show is what happens: every command is run, every output compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
BLOCK = re.compile(r"```(console|python|text|toml)\n(.*?)```", re.DOTALL)


def blocks(path: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(path.read_text(encoding="utf-8"))


def run(arguments: list[str], folder: Path) -> str:
    """stdout and stderr of a command, as the terminal of a person 100 columns wide shows them."""
    screen = {"COLUMNS": "100", "LINES": "50", "TERM": "dumb", "TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "0"}
    environment = {**os.environ, **screen, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def console(words: str, folder: Path) -> str:
    """A console block as it comes out: each command after "$ ", and what it prints."""
    lines = []
    for line in words.splitlines():
        if line.startswith(("$ sheetnet ", "$ .venv/bin/sheetnet ")):
            out = run([sys.executable, "-m", "sheetnet", *line.split()[2:]], folder)
            lines += [line, *(printed.rstrip() for printed in out.splitlines())]
    return "\n".join(lines) + "\n"


def sizeless(words: str) -> str:
    """Without the sizes of files, which depend on the library that packs them."""
    return re.sub(r"  \d+ kB$", "  … kB", words, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("page", "least"),
    [("README.md", 1), ("docs/tour.md", 5), pytest.param("docs/models.md", 1, marks=pytest.mark.slow)],
)
def test_the_pages_with_commands_print_what_they_show(page: str, least: int, tmp_path: Path) -> None:
    """The commands of a page in their order, in one folder; the Python blocks too."""
    python, compared = "", 0
    for kind, words in blocks(ROOT / page):
        if kind == "console":
            assert sizeless(console(words, tmp_path)) == sizeless(words)
            compared += 1
        elif kind == "toml":  # its first line is a comment that names the file
            (tmp_path / words.splitlines()[0].removeprefix("# ")).write_text(words, encoding="utf-8")
        elif kind == "python":
            python = run([sys.executable, "-c", words], tmp_path)
        elif kind == "text":
            assert python == words
            compared += 1
    assert compared >= least


def test_links_and_pictures_of_the_pages_lead_to_files_that_are_there() -> None:
    """Of the README and all docs, the parts of other pages that they lead to among them."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    found = [(page, target) for page in pages for target in LINK.findall(page.read_text(encoding="utf-8"))]
    assert len(found) > 50
    for page, target in found:
        path, _, part = target.partition("#")
        leads = page.parent / path if path else page
        assert leads.exists(), f"{page.name}: {target}"
        if part:
            heads = re.findall(r"^#+ (.*)$", leads.read_text(encoding="utf-8"), re.MULTILINE)
            assert part in {slug(head) for head in heads}, f"{page.name}: {target}"


def slug(head: str) -> str:
    """A heading as a link names it."""
    return re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-")


def test_the_errors_in_the_docs_are_those_that_come(tmp_path: Path) -> None:
    """The broken network file of docs/network-files.md: the good one, with a row too long."""
    (good,) = (words for kind, words in blocks(ROOT / "docs" / "network-files.md") if kind == "toml")
    (tmp_path / "broken.toml").write_text(good.replace("[[0.15, 0.2]]", "[[0.15, 0.2, 0.3]]"), encoding="utf-8")
    (shown,) = (words for kind, words in blocks(ROOT / "docs" / "network-files.md") if kind == "console")
    assert console(shown, tmp_path) == shown
