"""Writes lines and texts to the standard streams, whether they are open and what they can spell or not."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

from sheetnet.errors import one_line


def complain(line: str) -> None:
    """One line on stderr, whatever a file's name or content put into it."""
    print(f"sheetnet: {one_line(line)}", file=sys.stderr)


def open_streams() -> None:
    """Let standard streams that are closed lead nowhere: else the next files to be opened would get their numbers.

    What is printed may hold names of files that no encoding can spell.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123, SIM115 - open to the end
            setattr(sys, name, nowhere)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write_text(words: str, target: str) -> None:
    """To a file, written aside and renamed, or to stdout where the target is "-"."""
    from pathlib import Path

    from sheetnet.files.atomic import save_text

    if target == "-":
        sys.stdout.write(words)
    else:
        save_text(words, Path(target))
