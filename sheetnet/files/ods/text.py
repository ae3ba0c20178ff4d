"""Spells text and cell addresses as .ods files have them outside formulas."""

from __future__ import annotations

import re

from sheetnet.files.escaping import dropped
from sheetnet.syntax import cell_name
from sheetnet.workbook import Box

# Spaces that XML readers may collapse: at either end, and all after the first in a row.
_SPACES = re.compile(r"^ +| +$|(?<= ) +|\t")


def paragraphs(text: str) -> str:
    """The text in `<text:p>` elements, one a line, with every space kept."""
    if text.isalnum() and text.isascii():
        return f"<text:p>{text}</text:p>"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "".join(f"<text:p>{_line(line)}</text:p>" for line in lines)


def _line(line: str) -> str:
    if " " not in line and "\t" not in line:
        return dropped(line)
    parts, place = [], 0
    for match in _SPACES.finditer(line):
        parts += [dropped(line[place : match.start()]), _element(match[0])]
        place = match.end()
    return "".join([*parts, dropped(line[place:])])


def _element(spaces: str) -> str:
    if spaces == "\t":
        return "<text:tab/>"
    return f'<text:s text:c="{len(spaces)}"/>' if len(spaces) > 1 else "<text:s/>"


_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def address(sheet: str, row: int, column: int) -> str:
    """One cell."""
    name = sheet if _PLAIN.fullmatch(sheet) else "'" + sheet.replace("'", "''") + "'"
    return f"{name}.{cell_name(row, column)}"


def box_address(sheet: str, box: Box) -> str:
    """The cells from a box's top left to its bottom right."""
    top, left, bottom, right = box
    return f"{address(sheet, top, left)}:{address(sheet, bottom, right)}"
