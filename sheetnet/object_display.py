"""How an object shows itself when a person evaluates it: one line in a terminal, HTML in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sheetnet.errors import TYPE_CHECKING, one_line

if TYPE_CHECKING:
    from typing import Any

LONGEST_SHOWN = 160  # characters of the words in a line; names and messages of files may be of any length

# Class name → what draws its objects as HTML. `sheetnet/__init__` makes the entries, since it may import every room.
RENDERERS: dict[str, Callable[[Any], str]] = {}


def shown_line(thing: object, words: str) -> str:
    """`<Report d02b.xlsx: ok, 3,104 correct>`: the class and the words, in one line of bounded length whatever they hold."""
    told = one_line(words)
    if len(told) > LONGEST_SHOWN:
        told = f"{told[: LONGEST_SHOWN - 1]}…"
    return f"<{type(thing).__name__} {told}>"


def counted_words(counts: Mapping[str, int]) -> str:
    """`2,881 correct, 1 wrong`: how many there are of each kind."""
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items())


def shown_html(thing: object) -> str | None:
    """The object as HTML; None, at which a notebook takes `repr`, where nothing draws its class."""
    draw = RENDERERS.get(type(thing).__name__)
    return None if draw is None else draw(thing)
