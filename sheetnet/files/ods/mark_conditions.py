"""LibreOffice's own list of a sheet's conditional formats, without marked cells, whose fills it would hide.

It knows no styles: the conditions that all programs read stand in those of the cells (`mark_styles`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import groupby

from sheetnet.files.splice import Edit, Node, prefix_of, retagged
from sheetnet.syntax import Area, cell_name, parse_area
from sheetnet.workbook import Box, Position

_SPACE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
FORMAT, _RANGES = _SPACE + "conditional-format", "target-range-address"
_SHEET = r"((?:'(?:[^']|'')*'|[^\s'.:]*)\.)"
_RANGE = re.compile(rf"{_SHEET}(\$?[A-Z]+\$?[0-9]+)(?::{_SHEET}(\$?[A-Z]+\$?[0-9]+))?(?:\s+|$)")


def condition_edits(data: bytes, nodes: list[Node], table: Node, marked: Collection[Position]) -> Iterator[Edit]:
    """The edits that take marked cells out of the ranges; a format without any other cell goes."""
    for node in nodes:
        if node.tag != FORMAT or not table.inner <= node.start < table.close:
            continue
        text = node.get(_SPACE + _RANGES) or ""
        left = _left(text, marked)
        if left == text.strip():
            continue
        if not left:
            yield node.start, node.end, b""
            continue
        name = prefix_of(data, node) + _RANGES.encode()
        yield node.start, node.inner, retagged(data[node.start : node.inner], {name: left})


def _left(text: str, marked: Collection[Position]) -> str:
    """The ranges without the marked cells; as they are where none is in them, or they are written in another way."""
    found = list(_RANGE.finditer(text))
    if "".join(match[0] for match in found) != text:
        return text.strip()
    kept: list[str] = []
    for match in found:
        sheet, first, _, last = match.groups()
        area = parse_area(f"{first}:{last or first}")
        inside = [] if area is None else sorted(place for place in marked if _inside(place, area))
        if area is None or not inside:
            kept.append(match[0].strip())
            continue
        corners = ((cell_name(*box[:2]), cell_name(*box[2:])) for box in _pieces(area, inside))
        kept += [f"{sheet}{start}:{sheet}{end}" for start, end in corners]
    return " ".join(kept)


def _inside(place: Position, area: Area) -> bool:
    return area.top <= place[0] <= area.bottom and area.left <= place[1] <= area.right


def _pieces(area: Area, taken: Collection[Position]) -> Iterator[Box]:
    """The boxes that make up an area without some of its cells, which come in order."""
    row = area.top
    for number, places in groupby(taken, key=lambda place: place[0]):
        if number > row:
            yield row, area.left, number - 1, area.right
        column = area.left
        for _, at in places:
            if at > column:
                yield number, column, number, at - 1
            column = at + 1
        if column <= area.right:
            yield number, column, number, area.right
        row = number + 1
    if row <= area.bottom:
        yield row, area.left, area.bottom, area.right
