"""The styles: how a cell of each role looks, in both formats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache


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


# Fills differ in lightness too, so that they stay apart in print and for the colour-blind.
STYLES: dict[str, Style] = {
    "": Style(),
    "title": Style(bold=True, size=16, color="1F3864"),
    "subtitle": Style(italic=True, color="595959"),
    "band": Style(bold=True, size=12, color="1F3864"),
    "symbol": Style(bold=True, color="1F3864"),
    "equation": Style(italic=True, font="Times New Roman", color="595959"),
    "label": Style(color="7F7F7F", align="right", size=9),
    "index": Style(color="7F7F7F", align="center", size=9),
    "plain": Style(),
    "text": Style(wrap=True),
    "link": Style(color="1F3864", bold=True),
    "input": _number("FFF2CC"),
    "weight": _number("FFFFFF", bold=True, frame="404040"),
    "gamma": _number("FFF2CC", bold=True),
    "bias_node": Style(fill="D9D9D9", border="thin", number="0", align="center"),
    "forward": _number("E2EFDA"),
    "output": _number("BDD7EE", bold=True),
    "target": _number("FFE699"),
    "cost": _number("C6E0B4", bold=True),
    "backward": _number("FBE5D6", color="843C0C"),
    "gradient": _number("F8CBAD", color="843C0C"),
    "new_weight": _number("FFFFFF", color="1F3864", bold=True, frame="1F3864"),
    "copy": _number("F2F2F2", color="595959"),
    # Activations deepen by layer.
    "activation_1": _number("D5E8C8"),
    "activation_2": _number("BBD9A5"),
    "activation_3": _number("A0C984"),
    # What the views beyond Step add.
    "header": Style(bold=True, color="1F3864", border="thin", align="center", fill="EDF1F9", wrap=True),
    "name": Style(color="1F3864", align="center", border="thin", fill="F7F9FC"),
    "zero": _fixed("FFFFFF", "A6A6A6"),
    "one": _fixed("FFFFFF", "7F7F7F"),
    "path": _number("FDF3EC", color="843C0C"),
    "sum": _number("FBE5D6", color="843C0C", bold=True),
    "plus": _number("DDEBF7", color="1F4E79", bold=True, frame="1F4E79"),
    "minus": _number("FCE4D6", color="9C3B00", bold=True, frame="9C3B00"),
    "wrong_way": _number("EDEDED", color="7F7F7F"),
    "numpy": _number("E4DFEC", color="3F3151"),
    "trained": _number("FFFFFF", color="1F3864"),
    "nudged": _number("FFD966", bold=True, frame="404040", digits=7),
    "fine_cost": _number("C6E0B4", digits=9),
    "difference": _fixed("FFFFFF", "595959", number="0.0E+00"),
    "count": _fixed("FFFFFF"),
    "whole": _fixed("F7F9FC", "1F3864"),
    "step_size": _fixed("FFF2CC", bold=True, number="0.0E+00"),
    "light": _light("FFFFFF", "595959"),
    "pass": _light("C6EFCE", "00522B"),
    "fail": _light("C00000", "FFFFFF"),
    "kink": _light("FFEB9C", "6B4E00"),
    "dead": _number("D0D0D0", color="6E6E6E"),
    "sign": Style(color="1F3864", bold=True, size=12, align="center"),
    "arrow": Style(color="404040", bold=True, align="center"),
    "edge": Style(color="595959", align="center", size=9, digits=4),
    # A student's copy: cells to fill in.
    "answer": Style(fill="FBD5B5", bold=True, border="thick", border_color="C55A11", align="center", open=True),
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
