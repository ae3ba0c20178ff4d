"""Reads from headings which cells are called inputs and which weights."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sheetnet.identification.headings import Headings
from sheetnet.workbook import Place

# With a number behind it, as people write it in English, German, French and Spanish.
_INPUT = re.compile(r"(x|i|in|input|inputs|eingabe|eingang|feature|entrée|entrada)[\s_{(]*\d*[)}]?", re.IGNORECASE)
_WEIGHT = re.compile(r"(w|weight|weights|gewicht|θ|theta|poids|peso)[\s_{(]*\d*[)}]?", re.IGNORECASE)


def sides_by_headings(headings: Headings, inputs: Iterable[Place], weights: Iterable[Place]) -> int:
    """How much headings speak for these inputs and these weights: below 0 where they speak for the other way round.

    A heading counts where it is that of all cells of one side.
    """
    found = 0
    for cells, own, other in ((tuple(inputs), _INPUT, _WEIGHT), (tuple(weights), _WEIGHT, _INPUT)):
        texts = [headings.of(place) for place in cells]
        found += all(map(own.fullmatch, texts))
        found -= all(map(other.fullmatch, texts))
    return found
