"""The styles: how a cell of each role looks, in both formats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

SHOWN_BY_COLOR = ";;;"  # the number format of a cell that shows no number


@dataclass(frozen=True, slots=True)
class Style:
    """One cell's look: colours as RRGGBB, `border` none, "thin" or "thick", `number` a spreadsheet number format.

    `digits`: so many significant ones of the smallest number of a calculated block are shown; 0: `number` holds for all.
    """

    fill: str | None = None
    color: str = "000000"
    bold: bool = False
    italic: bool = False
    border: str | None = None
    border_color: str = "BFBFBF"
    number: str = "General"
    digits: int = 0
    align: str = "left"
    font: str = "Arial"
    size: int = 10
    wrap: bool = False
    underline: bool = False
    indent: int = 0  # characters between a text and the edge of its cell that it is aligned with
    upright: bool = False  # read from below to above
    open: bool = False  # may be changed on a locked sheet


def _number(
    fill: str,
    color: str = "000000",
    bold: bool = False,
    frame: str = "BFBFBF",
    number: str = "General",
    digits: int = 4,
) -> Style:
    return Style(fill, color, bold, border="thin", border_color=frame, number=number, digits=digits, align="center")


def _fixed(fill: str, color: str = "000000", bold: bool = False, number: str = "0") -> Style:
    return _number(fill, color, bold, number=number, digits=0)


def _light(fill: str, color: str) -> Style:
    return Style(fill=fill, color=color, bold=True, border="thin", align="center")


# Forward is blue, backward orange, cost violet, weights green, what is given yellow, bias nodes and copies grey, answers
# white in a thick frame. Different meanings stay apart for the colour-blind (ΔE of at least 10), which a test measures.
STYLES: dict[str, Style] = {
    "": Style(),
    "title": Style(bold=True, size=16, color="1F3864"),
    "subtitle": Style(italic=True, color="595959"),
    "band": Style(bold=True, size=12, color="1F3864"),
    "band_forward": Style(fill="1F4E9E", color="FFFFFF", bold=True),
    "band_backward": Style(fill="A84A0A", color="FFFFFF", bold=True),
    "band_gradient": Style(fill="7A5200", color="FFFFFF", bold=True),
    "symbol": Style(bold=True, color="1F3864"),
    "equation": Style(color="404040"),
    "head": Style(bold=True, color="1F3864", align="right"),
    "label": Style(color="595959", align="right", size=9, indent=1),
    "index": Style(color="595959", align="center", size=9),
    "plain": Style(),
    "beside": Style(color="404040", indent=1),  # what stands right of a coloured cell
    "text": Style(wrap=True),
    "link": Style(color="0563C1", underline=True),
    "input": _number("F9ECA5"),
    "entry": replace(_number("F9ECA5"), open=True),  # an input that may be typed over though its sheet is locked
    "weight": _number("E2FFDC", bold=True, frame="404040"),
    "gamma": _number("F9ECA5", bold=True),
    "bias_node": Style(fill="BFBFBF", border="thin", number="0", align="center"),
    "forward": _number("D7EBFF"),
    "output": _number("6FA0C0", bold=True),
    "target": _number("F0C647"),
    "cost": _number("C4A7FA", bold=True),
    "backward": _number("E4AE78", color="4A1F04"),
    "gradient": _number("F3A179", color="301300"),
    "new_weight": _number("BCCCB0", color="1F3864", bold=True, frame="1F3864"),
    "copy": _number("D0D0D0", color="404040"),
    # Activations deepen by layer.
    "activation_1": _number("CDE6FF"),
    "activation_2": _number("C4E2FF"),
    "activation_3": _number("BCDFFF"),
    # What the views beyond Step add.
    "header": Style(bold=True, color="1F3864", border="thin", align="center", fill="EDF1F9", wrap=True),
    "name": Style(color="1F3864", align="center", border="thin", fill="F7F9FC"),
    "zero": _fixed("FFFFFF", "737373"),
    "one": _fixed("FFFFFF", "595959"),
    "path": _number("E4AE78", color="4A1F04"),
    "sum": _number("F3A179", color="301300", bold=True),
    "wrong_way": _number("D0D0D0", color="404040"),
    "numpy": _number("F9ECA5", color="404040"),
    "trained": _number("BCCCB0", color="1F3864"),
    "nudged": _number("F0C647", bold=True, frame="404040", digits=7),
    "fine_cost": _number("C4A7FA", digits=9),
    "change": Style(color="1F3864", bold=True, number="0.00%", align="center"),
    "difference": _fixed("FFFFFF", "595959", number="0.0E+00"),
    "count": _fixed("FFFFFF"),
    "whole": _fixed("FFFFFF", "1F3864"),
    "step_size": _fixed("F9ECA5", bold=True, number="0.0E+00"),
    "light": _light("FFFFFF", "595959"),
    "pass": _light("C6EFCE", "00522B"),
    "filled": _light("CFE4FF", "1F3864"),  # there is something, which nobody has looked at
    "fail": _light("C00000", "FFFFFF"),
    "kink": _light("FFEB9C", "6B4E00"),
    "dead": _number("C8C8C8", color="4D4D4D"),
    # Pictures: the colour is the number, which shows when the cell is chosen.
    "pixel": Style(fill="FFFFFF", color="595959", number=SHOWN_BY_COLOR),
    "caption": Style(color="595959", size=9),
    "sure": _fixed("D7EBFF", number="0%"),
    "said": _fixed("6FA0C0", bold=True),
    "wanted": _fixed("F0C647"),
    "sign": Style(color="1F3864", bold=True, size=12, align="center"),
    "arrow": Style(color="404040", bold=True, align="center"),
    "edge": Style(color="595959", align="center", size=9, digits=4),
    # A student's copy: cells to fill in.
    "answer": Style(fill="FFFFFF", border="thick", border_color="1F3864", align="center", open=True),
}


class Strokes(StrEnum):
    """What a marked cell has beside its fill, so that it is told apart where a sheet is printed in grey."""

    NONE = ""
    CROSSED_OUT = "crossed out"
    UNDERLINED = "underlined"
    TWICE_UNDERLINED = "underlined twice"
    SLANTED = "slanted"
    SLANTED_UNDERLINED = "slanted and underlined"


UPRIGHT = "_upright"
# A heading beside what it is of.
STYLES |= {
    role + UPRIGHT: replace(STYLES[role], upright=True, align="center")
    for role in ("band_forward", "band_backward", "band_gradient")
}
LINKED = "_link"
# A cell that leads somewhere looks like a link, and else as it does.
STYLES |= {
    role + LINKED: replace(STYLES[role], color="0563C1", underline=True)
    for role in ("band", "symbol", "name", "plain", "index")
}


@cache
def style_of(role: str, number: str = "") -> Style:
    """The style of a role, with a number format of the cell's own where it has one. Raises KeyError for another role."""
    style = STYLES[role]
    return replace(style, number=number) if number else style


DARKEST_LAYER = 3  # layers from here on share the darkest activation


def activation_role(layer: int) -> str:
    """The look of the activations of a hidden layer, from 1."""
    return f"activation_{min(layer, DARKEST_LAYER)}"


# Widths of Arial's characters as parts of the font's size, rounded up to three kinds.
_NARROW, _WIDE = frozenset(" iljtfrI.,:;'|!()[]/-·⁽⁾⁰¹²³⁴₀₁₂₃₄ᵢⱼₖₙ"), frozenset("mwMW@%∂Σ→—…")
BOLDER = 1.07  # bold letters are so many times as wide


def letters_width(text: str) -> float:
    """How wide a line of text is, in sizes of its font; rather too much than too little."""
    return sum(0.3 if c in _NARROW else 0.9 if c in _WIDE else 0.7 if c.isupper() else 0.556 for c in text)
