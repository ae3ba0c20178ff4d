"""Which files, beside network files, a network is read from: what higher rooms read for those below them.

A network is asked for in rooms that know no workbook. `sheetnet/__init__` makes the entries, since it may import every
room; it is imported with `sheetnet` itself, so this module imports next to nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from sheetnet.errors import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# The ending of a file's name, in small letters → what gives the `Network` in the file at a path.
NETWORK_READERS: dict[str, Callable[[str], Any]] = {}


def reader_of(source: object) -> Callable[[str], Any] | None:
    """What reads the network of the file at a path, by its ending; None for all else.

    >>> import sheetnet
    >>> reader_of("lesson.toml") is None, reader_of("lesson.xlsx") is None, reader_of({"title": "a table"}) is None
    (True, False, True)
    """
    if not isinstance(source, str | os.PathLike):
        return None
    return NETWORK_READERS.get("." + str(source).rpartition(".")[2].lower())
