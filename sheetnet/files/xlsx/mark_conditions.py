"""Conditional formats of a worksheet that would hide a fill: rules of ours go before them. It knows no verdicts.

The rule with the lowest priority number decides, so ours get the first ones. They are always true and stop the others,
which all stay: where ours are taken out, the workbook's own decide again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sheetnet.files.marks import AUTHOR
from sheetnet.files.splice import Edit, Node, escaped, prefix_of, retagged
from sheetnet.files.xlsx.mark_styles import MAIN
from sheetnet.syntax import Area, cell_name, parse_area
from sheetnet.workbook import Position

_NEW = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"  # of newer kinds, in an extension list
_BLOCK, _RULE = ("conditionalFormatting", "cfRule")
_BLOCKS, _RULES = ({MAIN + name, _NEW + name} for name in (_BLOCK, _RULE))
_PLACES = "{http://schemas.microsoft.com/office/excel/2006/main}sqref"  # where a newer block has its ranges
TAGS = frozenset({*_BLOCKS, *_RULES, _PLACES})
_TRUE = f'"{AUTHOR}"="{AUTHOR}"'  # always true, and known again as ours
_SIGNS = (escaped(_TRUE), _TRUE.encode())


@dataclass(slots=True)
class _Block:
    """Conditional formats of the same ranges."""

    node: Node
    rules: list[Node] = field(default_factory=list)
    ranges: str = ""

    def is_ours(self, data: bytes) -> bool:
        """Whether all its rules are of an earlier marking."""
        return bool(self.rules) and all(any(s in data[r.inner : r.close] for s in _SIGNS) for r in self.rules)


def condition_edits(
    data: bytes, nodes: list[Node], fills: Mapping[Position, str], look: Callable[[str], int], at: int
) -> Iterator[Edit]:
    """The edits by which fills show on cells under conditional formats too; earlier rules of ours give way.

    `look` gives the differential format of a fill; `at` is where a first block may stand.
    """
    blocks = list(_blocks(data, nodes))
    own = [block for block in blocks if not block.is_ours(data)]
    yield from ((block.node.start, block.node.end, b"") for block in blocks if block.is_ours(data))
    by_fill: dict[str, list[Position]] = {}
    for place in sorted(_covered(fills, own)):
        by_fill.setdefault(fills[place], []).append(place)
    yield from _later(data, own, len(by_fill))
    first = next((block.node.start for block in own if block.node.tag == MAIN + _BLOCK), at)
    p = prefix_of(data, nodes[0])
    for priority, (fill, places) in enumerate(by_fill.items(), start=1):
        where = " ".join(cell_name(*place) for place in places).encode()
        start = b'<%sconditionalFormatting sqref="%s"><%scfRule type="expression" dxfId="%d" priority="%d"'
        rest = b' stopIfTrue="1"><%sformula>%s</%sformula></%scfRule></%sconditionalFormatting>'
        yield first, first, start % (p, where, p, look(fill), priority) + rest % (p, _SIGNS[0], p, p, p)


def _blocks(data: bytes, nodes: list[Node]) -> Iterator[_Block]:
    block = None
    for node in nodes:
        if node.tag in _BLOCKS:
            if block is not None:
                yield block
            block = _Block(node, ranges=node.get("sqref") or "")
        elif block is not None and node.start < block.node.end:
            if node.tag in _RULES:
                block.rules.append(node)
            elif node.tag == _PLACES:
                block.ranges = data[node.inner : node.close].decode()
    if block is not None:
        yield block


def _covered(fills: Mapping[Position, str], blocks: list[_Block]) -> set[Position]:
    """The cells under conditional formats."""
    areas = {parse_area(word) for block in blocks for word in block.ranges.split()} - {None}
    left = set(fills)
    for area in areas:
        left -= {place for place in left if area is not None and _inside(place, area)}
    return set(fills) - left


def _inside(place: Position, area: Area) -> bool:
    return area.top <= place[0] <= area.bottom and area.left <= place[1] <= area.right


def _later(data: bytes, blocks: list[_Block], count: int) -> Iterator[Edit]:
    """The other rules' priorities, so that the first of them comes after `count` of ours."""
    rules = [(rule, rule.get("priority") or "") for block in blocks for rule in block.rules]
    numbers = [(rule, int(text)) for rule, text in rules if text.isascii() and text.isdecimal() and len(text) < 10]
    shift = count + 1 - min((number for _, number in numbers), default=1)
    if not count or shift <= 0:
        return
    for rule, number in numbers:
        tag = retagged(data[rule.start : rule.inner], {b"priority": str(number + shift)})
        yield rule.start, rule.inner, tag
