"""The palette: how a cell of each role looks, in both formats. It knows no format and no layout."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """One cell's look: colours as RRGGBB, `border` none, "thin" or "thick", `number` a spreadsheet number format."""

    fill: str | None = None
    color: str = "000000"
    bold: bool = False
    italic: bool = False
    border: str | None = None
    border_color: str = "BFBFBF"
    number: str = "General"
    align: str = "left"
    font: str = "Arial"
    size: int = 10
    wrap: bool = False


def _number(fill: str, color: str = "000000", bold: bool = False, frame: str = "BFBFBF") -> Style:
    return Style(fill=fill, color=color, bold=bold, border="thin", border_color=frame, number="0.0000", align="center")


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
}
