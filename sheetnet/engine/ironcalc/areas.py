"""References that IronCalc does not take: ranges between computed ends, the same cells of several sheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sheetnet.engine.ironcalc.gaps import UnsupportedError
from sheetnet.syntax.refs import Area, cell_name, quote_sheet, split_prefix
from sheetnet.syntax.resolver import Resolver, Where, is_one
from sheetnet.syntax.tree import Call, Chain, Leaf, Node, bare


class Speller(Protocol):
    """What spells parts of a formula (spelling.Speller)."""

    book: Resolver

    def expression(self, node: Node | None, where: Where) -> str:
        """A node spelled for IronCalc."""

    def arguments(self, nodes: Sequence[Node | None], where: Where) -> str:
        """Arguments, spelled and separated."""


_Corner = tuple[str | None, str, str]  # the sheet, and row and column as formulas


def joined(speller: Speller, node: Chain, where: Where) -> str:
    """`A1:INDEX(A1:C1,n)` as OFFSET: so many rows and columns from its first end, which stands above and left."""
    if len(node.operands) > 2:
        raise UnsupportedError("a range of more than two ends, one of them computed")
    first, last = (_corner(speller, operand, where) for operand in node.operands)
    if first is None or last is None:
        raise UnsupportedError("a range to a cell that is computed")
    (sheet, top, left), (_, bottom, right) = first, last
    prefix = f"{quote_sheet(sheet)}!" if sheet else ""
    rows, columns = f"({bottom})-({top})+1", f"({right})-({left})+1"
    return f"OFFSET({prefix}$A$1,({top})-1,({left})-1,{rows},{columns})"


def _corner(speller: Speller, node: Node, where: Where) -> _Corner | None:
    """Row and column of the cell that an end of a range names, or that INDEX or OFFSET picks."""
    node = bare(node)
    if (area := speller.book.area(node, where)) is not None:
        return (area.sheet, str(area.top), str(area.left)) if is_one(area) else None
    if not isinstance(node, Call) or not node.arguments:
        return None
    area = speller.book.area(node.arguments[0], where)
    if area is None:
        return None
    steps = [None if each is None else speller.expression(each, where) for each in node.arguments[1:]]
    if node.function.upper() == "OFFSET" and len(steps) == 2:
        return area.sheet, f"{area.top}+({steps[0] or 0})", f"{area.left}+({steps[1] or 0})"
    if node.function.upper() != "INDEX" or not 1 <= len(steps) <= 2 or any(step in (None, "", "0") for step in steps):
        return None
    row, column = _row_and_column(area, steps)
    return area.sheet, f"{area.top - 1}+({row})", f"{area.left - 1}+({column})"


def _row_and_column(area: Area, steps: Sequence[str | None]) -> tuple[str | None, str | None]:
    """INDEX counts along a range of one row or column by a single number."""
    if len(steps) == 2:
        return steps[0], steps[1]
    return ("1", steps[0]) if area.top == area.bottom else (steps[0], "1")


def as_range(node: Node | None) -> Node | None:
    """A single cell as a range, `A1:A1`."""
    if isinstance(node, Leaf) and node.kind == "reference" and ":" not in split_prefix(node.text)[1]:
        return Leaf("reference", f"{node.text}:{split_prefix(node.text)[1]}")
    return node


def corner_cell(area: Area, rows: int, columns: int) -> Node:
    """A range of that size from the first cell of an area."""
    prefix = f"{quote_sheet(area.sheet)}!" if area.sheet else ""
    first, last = cell_name(area.top, area.left), cell_name(area.top + rows - 1, area.left + columns - 1)
    return Leaf("reference", f"{prefix}{first}:{last}")
