"""Says what the parts of a parsed formula refer to in its workbook, and whether it needs array entry.

`=SUM(A1:C1*A2:C2)` in a plain cell is an error in LibreOffice and in Excel before 365; `=SUMPRODUCT(TRANSPOSE(A1:A3),A4:C4)`
in Excel before 365 alone. `=EXP(A1:C1)` means the cell of the range in the formula's own row or column; where there is
none, it too is right only as an array.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from sheetnet.syntax.function_facts import FORCING, GIVE_ARRAYS, REDUCING, SCALAR
from sheetnet.syntax.grammar import FormulaError, parse
from sheetnet.syntax.references import Area, parse_area, quote_sheet, spanned, split_prefix
from sheetnet.syntax.tokens_and_nodes import Apply, Brackets, Call, Chain, Leaf, Node, Postfixed, Prefixed, bare
from sheetnet.workbook import Position, Workbook

DEEPEST_NAMES = 8  # names within names
_ALL, _ONE = Leaf("number", "0"), Leaf("number", "1")


@dataclass(frozen=True, slots=True)
class Where:
    """The surroundings of an expression.

    `sheet` and `at` are the formula's cell (`at` None: unknown). `one` says that one cell is wanted, as in a plain cell
    outside of functions that take ranges: a range then stands for the cell of it in the formula's row or column. `bound`
    are the names that LET and LAMBDA define, each with whether it may be an array; `names` are the defined names that led
    here.
    """

    sheet: str
    one: bool
    at: Position | None = None
    bound: Mapping[str, bool] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    @property
    def whole(self) -> Where:
        """The same where ranges are taken as they are."""
        return replace(self, one=False) if self.one else self

    def inside(self, call: Call) -> Where:
        """The surroundings of a function's arguments."""
        return self if call.function.upper() in SCALAR else self.whole

    def has_one_of(self, area: Area) -> bool:
        """Whether a range has exactly one cell in the formula's row or column."""
        if self.at is None or is_one(area):
            return True
        row, column = self.at
        beside = area.left == area.right and area.top <= row <= area.bottom
        above = area.top == area.bottom and area.left <= column <= area.right
        return beside or above


def is_one(area: Area) -> bool:
    """Whether an area is a single cell."""
    return area.size == 1


class Resolver:
    """The names and sheets of a workbook, as its formulas use them."""

    def __init__(self, workbook: Workbook) -> None:
        self.order = [sheet.name for sheet in workbook.sheets]
        self._sheets = {name.casefold(): name for name in self.order}
        self._names = {((name.sheet or "").casefold(), name.name.casefold()): name.refers_to for name in workbook.names}

    def area(self, node: Node | None, where: Where) -> Area | None:
        """The cells that a node names without computing anything; None for all else.

        Raises `FormulaError` where a word beside a reference is no name: it is then a remark, not an intersection.
        """
        match node:
            case Leaf(kind="reference"):
                area = parse_area(node.text)
                return area and replace(area, sheet=area.sheet and self._sheets.get(area.sheet.casefold(), area.sheet))
            case Leaf(kind="name"):
                meant = self.meant(node.text, where)
                return None if meant is None else self.area(*meant)
            case Brackets():
                return self.area(node.inner, where)
            case Chain() if node.signs[0] in ": ":
                found = [self.area(operand, where) for operand in node.operands]
                if node.signs[0] == " ":
                    self._refuse_remarks(node, where)
                return _meeting(found, node.signs[0], where.sheet)
        return None

    def _refuse_remarks(self, node: Chain, where: Where) -> None:
        for operand in map(bare, node.operands):
            if isinstance(operand, Leaf) and operand.kind == "name" and self.meant(operand.text, where) is None:
                raise FormulaError(0, "", f"{operand.text!r} stands beside a reference without a sign between")

    def refers_to(self, name: str, sheet: str) -> str | None:
        """What a defined name, with a sheet before it or none, refers to in a formula on `sheet`; None for no name."""
        prefix, _, word = name.casefold().rpartition("!")
        scope = prefix.strip("'").replace("''", "'") if prefix not in ("", "[0]") else sheet.casefold()
        return self._names.get((scope, word), self._names.get(("", word)))

    def meant(self, name: str, where: Where) -> tuple[Node, Where] | None:
        """What a defined name stands for, and the surroundings there; None where it is none, or is within itself."""
        prefix, _, word = name.casefold().rpartition("!")
        if not prefix and word in where.bound:
            return None
        text = self.refers_to(name, where.sheet)
        if text is None or word in where.names or len(where.names) >= DEEPEST_NAMES:
            return None
        try:
            node = parse(f"({text})" if "," in text else text)  # several ranges as one need brackets
        except FormulaError:
            return None
        return node, Where(where.sheet, where.one, where.at, names=(*where.names, word))

    def is_array(self, node: Node | None, where: Where) -> bool:
        """Whether a node may give several values: a range, arithmetic with one, a function that gives arrays."""
        match node:
            case Leaf(kind="array_open"):
                return True
            case Leaf(kind="name") if node.text.casefold() in where.bound:
                return where.bound[node.text.casefold()]
            case Leaf(kind="name" | "reference"):
                area = self.area(node, where)
                if area is not None:
                    return not where.one and not is_one(area)
                meant = self.meant(node.text, where) if node.kind == "name" else None
                return meant is not None and self.is_array(*meant)
            case Prefixed() if "@" in node.sign:
                return False
            case Prefixed() | Postfixed():
                return (isinstance(node, Postfixed) and node.sign == "#") or self.is_array(node.operand, where)
            case Brackets():
                return self.is_array(node.inner, where)
            case Chain() if node.signs[0] in ": ":
                area = self.area(node, where)
                return not where.one and (area is None or not is_one(area))
            case Chain():
                return any(self.is_array(operand, where) for operand in node.operands)
            case Call():
                return self._gives_array(node, where)
        return False

    def _gives_array(self, node: Call, where: Where) -> bool:
        upper, inside = node.function.upper(), where.inside(node)
        if upper in REDUCING or upper == "INDIRECT":
            return False
        if upper == "INDEX":
            return self._picks_line(node.arguments, inside)
        if upper == "OFFSET":
            sizes = [each for each in node.arguments[3:5] if each not in (None, _ONE)]
            return bool(sizes) or any(self.is_array(each, inside) for each in node.arguments[:3])
        if upper in ("XLOOKUP", "VLOOKUP", "HLOOKUP", "LOOKUP"):
            return any(self.is_array(each, inside) for each in node.arguments[:1])
        return upper in GIVE_ARRAYS or any(self.is_array(each, inside) for each in node.arguments)

    def _picks_line(self, arguments: Sequence[Node | None], where: Where) -> bool:
        """Whether INDEX picks a whole row or column."""
        indices = arguments[1:3]
        if any(each in (None, _ALL) or self.is_array(each, where) for each in indices):
            return True
        shape = self.shape(arguments[0], where) if arguments else None
        return len(indices) < 2 and (shape is None or 1 not in shape)

    def shape(self, node: Node | None, where: Where) -> tuple[int, int] | None:
        """Rows and columns of a range or of arithmetic with ranges of one shape; None where that is not plain."""
        if (area := self.area(node, where)) is not None:
            return area.shape
        match node:
            case Brackets():
                return self.shape(node.inner, where)
            case Prefixed() | Postfixed():
                return self.shape(node.operand, where)
            case Leaf(kind="array_open"):
                rows = node.text.split(";")
                return len(rows), rows[0].count(",") + 1
            case Chain():
                shapes = {self.shape(each, where) for each in node.operands if self.is_array(each, where)}
                return shapes.pop() if len(shapes) == 1 else None
        return None


def _meeting(areas: Sequence[Area | None], sign: str, here: str) -> Area | None:
    """The area that ranges span (":") or have in common (" "); None where one is unknown or nothing is left."""
    known = [area for area in areas if area is not None]
    sheets = {(area.sheet or (known[0].sheet if sign == ":" else None) or here).casefold() for area in known}
    if len(known) < len(areas) or len(sheets) > 1:
        return None
    sheet = next((area.sheet for area in known if area.sheet is not None), None)
    if sign == ":":
        return replace(spanned(known), sheet=sheet)
    tops, lefts = [area.top for area in known], [area.left for area in known]
    bottoms, rights = [area.bottom for area in known], [area.right for area in known]
    area = Area(sheet, max(tops), max(lefts), min(bottoms), min(rights))
    return area if area.top <= area.bottom and area.left <= area.right else None


def on_each_sheet(text: str, order: Sequence[str]) -> list[str]:
    """`first:last!A1` as that cell on each sheet from the first to the last; [] where one of them is missing."""
    prefix, cells = split_prefix(text)
    first, _, last = prefix[:-1].strip("'").replace("''", "'").partition(":")
    folded = [sheet.casefold() for sheet in order]
    if first.casefold() not in folded or last.casefold() not in folded:
        return []
    start, end = sorted((folded.index(first.casefold()), folded.index(last.casefold())))
    return [f"{quote_sheet(sheet)}!{cells}" for sheet in order[start : end + 1]]


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
    elif isinstance(node, Brackets):
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
