"""Tells which formulas are right but show an error unless they are entered as an array (Ctrl+Shift+Enter).

`=SUM(A1:C1*A2:C2)` in a plain cell is an error in LibreOffice and in Excel before 365; `=SUMPRODUCT(TRANSPOSE(A1:A3),A4:C4)`
in Excel before 365 alone. `=EXP(A1:C1)` means the cell of the range in the formula's own row or column; where there is
none, it too is right only as an array.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from sheetnet.syntax.function_facts import FORCING, SCALAR
from sheetnet.syntax.resolver import Resolver, Where, is_one
from sheetnet.syntax.tree import Apply, Call, Chain, Group, Leaf, Node, Postfixed, Prefixed


class ArrayEntry(Enum):
    """Which programs want a formula entered as an array; where it does not say so by itself, its place decides."""

    NONE = "none"
    OLD_EXCEL = "Excel before 365 shows"
    OLD_PROGRAMS = "LibreOffice and Excel before 365 show"
    BY_PLACE = "its place decides"


_REFERENCE_SIGNS = ":, "


def array_entry(tree: Node, where: Where, book: Resolver) -> ArrayEntry:
    """What a formula in a plain cell needs. With `where.at` None, a range that stands for one cell is BY_PLACE."""
    found = set(_needs(tree, where, book, forced=False, computed=False))
    order = (ArrayEntry.OLD_PROGRAMS, ArrayEntry.BY_PLACE, ArrayEntry.OLD_EXCEL)
    return next((need for need in order if need in found), ArrayEntry.NONE)


def _needs(node: Node | None, where: Where, book: Resolver, forced: bool, computed: bool) -> Iterator[ArrayEntry]:
    """`forced`: a function around takes arrays as they are. `computed`: something is computed from what stands here."""
    if node is None:
        return
    if isinstance(node, Leaf) or (isinstance(node, Chain) and node.signs[0] in _REFERENCE_SIGNS):
        yield from _of_range(node, where, book, forced, computed)
    elif isinstance(node, Call):
        yield from _of_call(node, where, book, forced, computed)
    elif isinstance(node, Prefixed | Postfixed):
        if "@" not in node.sign and node.sign != "#":
            yield from _needs(node.operand, where, book, forced, True)
    elif isinstance(node, Group):
        yield from _needs(node.inner, where, book, forced, computed)
    elif isinstance(node, Chain):
        for operand in node.operands:
            yield from _needs(operand, where, book, forced, True)
    elif isinstance(node, Apply):
        for argument in node.arguments:
            yield from _needs(argument, where.whole, book, True, computed)


def _of_range(node: Node, where: Where, book: Resolver, forced: bool, computed: bool) -> Iterator[ArrayEntry]:
    area = book.area(node, where)
    if area is None or is_one(area):
        return
    if where.one:
        if where.at is None:
            yield ArrayEntry.BY_PLACE
        elif not where.has_one_of(area):
            yield ArrayEntry.OLD_PROGRAMS
    elif computed and not forced:
        yield ArrayEntry.OLD_PROGRAMS


def _of_call(node: Call, where: Where, book: Resolver, forced: bool, computed: bool) -> Iterator[ArrayEntry]:
    upper, inside = node.function.upper(), where.inside(node)
    arrays = any(book.is_array(each, inside) for each in node.arguments)
    if arrays and (upper == "TRANSPOSE" or (upper == "IF" and forced)):
        yield ArrayEntry.OLD_EXCEL
    if upper in SCALAR:
        computed = True
    elif upper != "TRANSPOSE":
        forced, computed = forced or upper in FORCING, False
    for argument in node.arguments:
        yield from _needs(argument, inside, book, forced, computed)
