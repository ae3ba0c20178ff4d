"""Spells formulas so that IronCalc computes them as Excel and LibreOffice do, or names the construct that it cannot.

A formula is parsed, and written again with names put in, ranges that stand for one cell marked by "@", and what IronCalc
lacks (gaps.py) said in another way: `SUM(ROUND(A1:C1,1))` becomes `SUM(MAP(A1:C1,LAMBDA(_v1,ROUND(_v1,1))))`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import ironcalc

from sheetnet.engine.ironcalc.rewrites import ADDRESSES, NOT_LIFTED, REWRITES, SPREADING, UnsupportedError, joined
from sheetnet.syntax.function_facts import EXCEL, is_googles
from sheetnet.syntax.grammar import FormulaError, parse
from sheetnet.syntax.references import Area, area_name, quote_sheet, split_prefix
from sheetnet.syntax.resolver import Resolver, Where, is_one, on_each_sheet
from sheetnet.syntax.shifting import skeletons_of
from sheetnet.syntax.tokens_and_nodes import Apply, Brackets, Call, Chain, Leaf, Node, Postfixed, Prefixed, bare, parts
from sheetnet.workbook import Position, Workbook

MOST_ARRAY_CELLS = 10_000  # of a range that is computed as an array because the formula stands beside it nowhere
LONGEST_FORMULA = 65_536  # characters of a formula with its names put in
TRUTHS = ("TRUE", "FALSE")
BY_SHAPE = frozenset({"AVERAGEIF", "SUMIF", "XLOOKUP"})  # spelled by the sizes of their ranges
BY_LINES = ("BYROW", "BYCOL")
_SIGNS_OF_NUMBERS = frozenset({"=", "<", ">", "<=", ">=", "<>", "&", "+", "-", "*", "/", "^"})


def unusual(workbook: Workbook) -> set[str]:
    """The formulas that must be spelled otherwise, or that are none; all others IronCalc takes as they are."""
    found = skeletons_of(workbook)
    odd = {skeleton for skeleton in set(found.values()) if not _stays(skeleton)}
    return {formula for formula, skeleton in found.items() if skeleton in odd} if odd else set()


class Speller:
    """Spells the formulas of one workbook."""

    def __init__(self, workbook: Workbook) -> None:
        self.book = Resolver(workbook)
        self.kept: set[str] = set()  # names within themselves, which IronCalc must know as names
        self._put_in = 0  # characters of names put into the formula that is being spelled
        self._missed = False  # whether a range in it has no cell in the formula's row or column

    def spell(self, formula: str, sheet: str, at: Position | None, array: bool) -> str:
        """The formula for IronCalc. Raises `FormulaError` where it is none, `UnsupportedError` where nothing computes it.

        A range that has no cell in the formula's row or column is an error in a plain cell, and right entered as an array:
        it is spelled as that.
        """
        self._put_in, self._missed = 0, False
        tree = parse(formula)
        text = self.expression(tree, Where(sheet, one=not array, at=at))
        if self._missed:
            self._put_in = 0
            return f"INDEX({self.expression(tree, Where(sheet, one=False))},1,1)"
        return text

    def expression(self, node: Node | None, where: Where) -> str:
        """A node spelled for IronCalc."""
        match node:
            case None:
                return ""
            case Leaf(kind="reference"):
                return self._cells(self.book.area(node, where), node, where)
            case Leaf(kind="name"):
                return self._name(node.text, where)
            case Leaf():
                return node.text
            case Call():
                return self._call(node, where)
            case Apply():
                return self._applied(node.function, node.arguments, where.whole)
            case Prefixed():
                inside = where.whole if "@" in node.sign else where
                return node.sign + self.expression(node.operand, inside)
            case Postfixed():
                return self.expression(node.operand, where.whole if node.sign == "#" else where) + node.sign
            case Brackets():
                return f"({self.expression(node.inner, where)})"
            case Chain():
                return self._chain(node, where)

    def arguments(self, nodes: Sequence[Node | None], where: Where) -> str:
        """Arguments, spelled and separated."""
        return ",".join([self.expression(node, where) for node in nodes])

    def _chain(self, node: Chain, where: Where) -> str:
        if node.signs[0] in _SIGNS_OF_NUMBERS:
            parts = [self.expression(node.operands[0], where)]
            for sign, operand in zip(node.signs, node.operands[1:], strict=True):
                parts += (sign, self.expression(operand, where))
            return "".join(parts)
        if node.signs[0] == ",":
            raise UnsupportedError("a union (several ranges as one)")
        return self._cells(self.book.area(node, where), node, where)

    def _cells(self, area: Area | None, node: Leaf | Chain, where: Where) -> str:
        """A reference: its area, marked where one cell of several is wanted."""
        if area is None:
            return self._odd_reference(node, where)
        if where.one and not is_one(area):
            return self._one_of(area, where)
        if isinstance(node, Leaf) and area.sheet is not None:  # as it is written, but for the sheet's capitals
            return quote_sheet(area.sheet) + "!" + split_prefix(node.text)[1]
        if isinstance(node, Leaf):
            return node.text
        text = area_name(area, absolute=False)  # of one cell only where that is written as a range: A1:A1
        return f"{text}:{split_prefix(text)[1]}" if is_one(area) and node.signs[0] == ":" else text

    def _one_of(self, area: Area, where: Where) -> str:
        """The cell of a range in the formula's row or column."""
        self._missed |= area.size <= MOST_ARRAY_CELLS and not where.has_one_of(area)
        return "@" + area_name(area, absolute=False)

    def _odd_reference(self, node: Node, where: Where) -> str:
        if isinstance(node, Leaf):
            prefix = split_prefix(node.text)[0]
            if "[" in prefix:
                raise UnsupportedError(f"a link to another workbook ({node.text})")
            if ":" in prefix:
                raise UnsupportedError(f"a reference through several sheets ({node.text})")
            return node.text
        assert isinstance(node, Chain)
        if node.signs[0] == " ":
            raise UnsupportedError("an intersection (a space between ranges)")
        return joined(self, node, where)

    def _take_room(self, text: str) -> str:
        """Names within names may double a text again and again."""
        self._put_in += len(text)
        if self._put_in > LONGEST_FORMULA:
            raise UnsupportedError("a formula that is too long once its names are put in")
        return text

    def _name(self, name: str, where: Where) -> str:
        if name.casefold() in where.bound:
            return name.casefold()
        meant = self.book.meant(name, where)
        if meant is None:
            if "[" in name and not name.startswith("[0]!"):
                raise UnsupportedError(f"a structured reference that leads to no table ({name})")
            self._keep(name.casefold(), where)
            return name
        node, there = meant
        if (area := self.book.area(node, there)) is not None:
            return self._one_of(area, where) if where.one and not is_one(area) else area_name(area, absolute=False)
        return self._take_room(f"({self.expression(node, there)})")

    def _keep(self, word: str, where: Where) -> None:
        """A name that is used within itself is left to IronCalc, which must know it."""
        if word in where.names:
            self.kept.add(word)

    def _call(self, node: Call, where: Where) -> str:
        upper = node.function.upper()
        if is_googles(node.function):
            raise UnsupportedError("a formula of Google Sheets")
        word = node.function.casefold().rpartition("!")[2]
        if word in where.bound:
            return f"{word}({self.arguments(node.arguments, where.whole)})"
        if (meant := self.book.meant(node.function, where)) is not None:
            return self._take_room(self._applied(meant[0], node.arguments, where.whole, meant[1].whole))
        self._keep(word, where)
        if upper in ("LET", "LAMBDA"):
            return self._binding(node, upper, where)
        if upper in BY_LINES and len(node.arguments) == 2:
            return self._by_lines(node, where.whole)
        inside = where.inside(node)
        if upper in SPREADING:
            node = replace(node, arguments=tuple(self._spread(node.arguments, where)))
        if upper in REWRITES and (text := REWRITES[upper](self, node, inside)) is not None:
            return text
        if upper in NOT_LIFTED and (text := self._lifted(node, inside)) is not None:
            return text
        if upper in ADDRESSES and any(self.book.is_array(each, inside) for each in node.arguments[ADDRESSES[upper] :]):
            raise UnsupportedError(f"{upper} with several addresses at once")
        if not knows(upper) and upper in EXCEL:
            raise UnsupportedError(f"the function {upper}")
        return f"{node.function}({self.arguments(node.arguments, inside)})"

    def _spread(self, nodes: Sequence[Node | None], where: Where) -> list[Node | None]:
        """Arguments with each union, and each reference through several sheets, as so many arguments."""
        spread: list[Node | None] = []
        for node in nodes:
            inner = node and bare(node)
            meant = self.book.meant(inner.text, where) if isinstance(inner, Leaf) and inner.kind == "name" else None
            if meant is not None and isinstance(meant[0], Brackets):
                inner = meant[0].inner
            if isinstance(inner, Chain) and inner.signs[0] == ",":
                spread += self._spread(inner.operands, where)
            elif isinstance(inner, Leaf) and ":" in split_prefix(inner.text)[0]:
                each = [Leaf("reference", text) for text in on_each_sheet(inner.text, self.book.order)]
                spread += each or [node]
            else:
                spread.append(node)
        return spread

    def _lifted(self, node: Call, where: Where) -> str | None:
        """A function that IronCalc does not take over arrays, taken over them by MAP; None where no argument is one."""
        upper = node.function.upper()
        which = NOT_LIFTED[upper]
        arrays = [
            number
            for number, argument in enumerate(node.arguments)
            if (which is None or number in which) and self.book.is_array(argument, where)
        ]
        if not arrays:
            return None
        shapes = {self.book.shape(node.arguments[number], where) for number in arrays}
        if len(shapes - {None}) > 1:
            raise UnsupportedError(f"{upper} over ranges of different shapes")
        variables = {number: f"_v{len(where.bound) + index}" for index, number in enumerate(arrays, 1)}
        inside = replace(where, bound={**where.bound, **dict.fromkeys(variables.values(), False)})
        given = self.arguments([node.arguments[number] for number in arrays], where)
        one = [Leaf("name", variables[n]) if n in variables else each for n, each in enumerate(node.arguments)]
        body = self._call(replace(node, arguments=tuple(one)), inside)
        return f"MAP({given},LAMBDA({','.join(variables.values())},{body}))"

    def _applied(
        self, function: Node, arguments: Sequence[Node | None], where: Where, there: Where | None = None
    ) -> str:
        """A LAMBDA with its arguments, which say whether its names are arrays; `there` is where it is written."""
        arrays = [self.book.is_array(argument, where) for argument in arguments]
        inner = bare(function)
        if isinstance(inner, Call) and inner.function.upper() == "LAMBDA":
            text = self._binding(inner, "LAMBDA", there or where, arrays)
        else:
            text = self.expression(function, there or where)
        return f"{text}({self.arguments(arguments, where)})"

    def _by_lines(self, node: Call, where: Where) -> str:
        """BYROW and BYCOL give whole rows or columns to their LAMBDA, or to a function that is named alone."""
        given, function = node.arguments
        if isinstance(function, Leaf) and function.text.upper() in EXCEL:
            function = Call("LAMBDA", (Leaf("name", "_r"), Call(function.text, (Leaf("name", "_r"),))))
        if not (isinstance(function, Call) and function.function.upper() == "LAMBDA"):
            return f"{node.function}({self.arguments(node.arguments, where)})"
        return f"{node.function}({self.expression(given, where)},{self._binding(function, 'LAMBDA', where, [True])})"

    def _binding(self, node: Call, upper: str, where: Where, arrays: Sequence[bool] = ()) -> str:
        """LET(name, value, …, result) and LAMBDA(name, …, result); `arrays` says which of LAMBDA's names are some."""
        words: list[str] = []
        inside = where.whole
        for number, argument in enumerate(node.arguments):
            last = number == len(node.arguments) - 1
            binds = not last and (upper == "LAMBDA" or number % 2 == 0)
            if binds and isinstance(argument, Leaf):
                value = node.arguments[number + 1] if upper == "LET" else None
                name = argument.text.casefold()
                array = self.book.is_array(value, inside) or (upper == "LAMBDA" and any(arrays[number : number + 1]))
                words.append(name)  # in small letters everywhere: IronCalc takes X and x for two
                inside = replace(inside, bound={**inside.bound, name: array})
            else:
                words.append(self.expression(argument, inside))
        return f"{node.function}({','.join(words)})"


@lru_cache(maxsize=4096)
def _stays(skeleton: str) -> bool:
    """Whether a formula of this skeleton is spelled as it is, and nothing in it depends on names or sheets."""
    try:
        tree = parse(skeleton)
        return (
            not any(map(_depends, parts(tree))) and Speller(Workbook(())).spell(skeleton, "", None, False) == skeleton
        )
    except (FormulaError, UnsupportedError):
        return False


def _depends(node: Node) -> bool:
    """Whether what a part of a formula means depends on more than its skeleton: names, other sheets, shapes."""
    if isinstance(node, Leaf):
        return "!" in node.text if node.kind == "reference" else node.kind == "name" and node.text.upper() not in TRUTHS
    return isinstance(node, Call) and (node.function.upper() in BY_SHAPE or not knows(node.function.upper()))


@lru_cache(maxsize=1024)
def knows(function: str) -> bool:
    """Whether IronCalc knows a function: what it does not know it writes in small letters."""
    model = ironcalc.create("functions", "en", "UTC", "en")
    model.update_cell_with_formula(0, 1, 1, f"={function}()")
    return not str(model.get_cell_formula(0, 1, 1)).startswith(f"={function.lower()}(")
