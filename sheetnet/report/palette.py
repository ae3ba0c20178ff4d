"""How each verdict looks, alike in pages and marked copies: a fill and a sign. It knows no format and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """A verdict's fill (RRGGBB, light enough for dark text) and a sign for who cannot tell the colours apart."""

    fill: str
    sign: str


LOOKS = {
    "missing": Look("FF9E9E", "∅"),
    "blank": Look("A9CDF5", "▢"),
    "error": Look("FF6B6B", "!"),
    "unsupported": Look("D5D5D5", "…"),
    "undetermined": Look("E8DFC0", "?"),
    "hardcoded": Look("CDA9F2", "#"),
    "rounded": Look("F0C3EA", "≈"),
    "wrong": Look("FF9E9E", "✗"),
    "carried": Look("FFC34D", "↓"),
    "correct": Look("C8EBC3", "✓"),
}
EDITED = Look("CDEFF2", "✎")  # an input that no longer holds what the network file says
NEUTRAL = Look("DDDDDD", "•")  # a verdict without a look of its own


def look_of(verdict: str) -> Look:
    """The verdict's look."""
    return LOOKS.get(verdict, NEUTRAL)
