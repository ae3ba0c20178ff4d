"""What a run of the command line gives, and the text of a network file for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sheetnet.network_file import templates_folder


class Done(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Done]


def document(template: str) -> str:
    """The text of a template, as a network file of one's own."""
    return (templates_folder() / f"{template}.toml").read_text(encoding="utf-8")
