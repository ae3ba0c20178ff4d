"""Says in another way what IronCalc 0.9 computes otherwise than Excel and LibreOffice, or not at all.

tests/engine/test_gaps.py asks IronCalc for each of these: what a newer release mends fails there and goes from here.
`REWRITES` maps a function to what spells its calls: the text for IronCalc, or None where the call is well as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from sheetnet.syntax.number_formats import is_number
from sheetnet.syntax.references import Area, cell_name, quote_sheet, split_prefix
from sheetnet.syntax.resolver import Resolver, Where, is_one
from sheetnet.syntax.tokens_and_nodes import Call, Chain, Leaf, Node, Prefixed, bare


class UnsupportedError(Exception):
    """IronCalc cannot compute a formula as spreadsheet programs do; the text names the construct."""


# Functions of single numbers or texts that are not taken over an array cell by cell. SUM(ROUND(A1:C1,1)) is #VALUE!,
# ISNUMBER(A1:C1) one FALSE. The arguments that can be arrays are all of them, or those counted here from 0.
NOT_LIFTED: dict[str, tuple[int, ...] | None] = dict.fromkeys(
    """ARABIC ATAN2 BASE BESSELI BESSELJ BESSELK BESSELY BETA.DIST BETADIST BINOM.DIST BINOMDIST BITAND BITLSHIFT BITOR
    BITRSHIFT BITXOR CEILING CEILING.MATH CEILING.PRECISE CHAR CHIDIST CHISQ.DIST CODE COMBIN COMBINA CONCATENATE
    CONFIDENCE.NORM CONVERT DAYS DEC2BIN DEC2HEX DECIMAL DELTA DOLLAR EDATE EOMONTH ERF ERF.PRECISE ERFC
    ERFC.PRECISE EXPON.DIST EXPONDIST F.DIST FDIST FISHER FISHERINV FIXED FLOOR FLOOR.MATH FLOOR.PRECISE GAMMA
    GAMMA.DIST GAMMADIST GAMMALN GAMMALN.PRECISE GAUSS GESTEP HEX2DEC HOUR IFS IMABS IMEXP IMREAL ISBLANK ISERR
    ISERROR ISEVEN ISNA ISNONTEXT ISNUMBER ISO.CEILING ISODD ISTEXT LOG LOGINV LOGNORM.DIST LOGNORM.INV LOGNORMDIST
    MINUTE MOD MROUND N NORM.DIST NORM.INV NORM.S.DIST NORM.S.INV NORMDIST NORMINV NORMSDIST NORMSINV NOT
    NUMBERVALUE PERMUT PERMUTATIONA PHI POISSON POISSON.DIST QUOTIENT ROMAN ROUND ROUNDDOWN ROUNDUP STANDARDIZE
    SWITCH T T.DIST TDIST TIME TRUNC TYPE UNICHAR UNICODE VALUE WEIBULL WEIBULL.DIST""".split()
) | {
    "AVERAGEIF": (1,),
    "COUNTIF": (1,),
    "COUNTIFS": tuple(range(1, 255, 2)),
    "HLOOKUP": (0, 2),
    "INDEX": (1, 2),
    "LARGE": (1,),
    "LOOKUP": (0,),
    "MATCH": (0,),
    "PERCENTILE": (1,),
    "PERCENTILE.INC": (1,),
    "QUARTILE": (1,),
    "QUARTILE.INC": (1,),
    "RANK": (0,),
    "RANK.EQ": (0,),
    "SMALL": (1,),
    "SUMIFS": tuple(range(2, 255, 2)),
    "VLOOKUP": (0, 2),
    "XLOOKUP": (0,),
    "XMATCH": (0,),
}

# Functions that refuse a single cell where they take a range: the arguments, counted from 0, that must be spelled A1:A1.
WANT_RANGES: dict[str, tuple[int, ...]] = {
    "AVERAGEIF": (0, 2),
    "COUNTIF": (0,),
    "LARGE": (0,),
    "RANK": (1,),
    "SMALL": (0,),
    "SUMIF": (0, 2),
    "COUNTIFS": tuple(range(0, 255, 2)),
} | {name: (0, *range(1, 255, 2)) for name in ("AVERAGEIFS", "MAXIFS", "MINIFS", "SUMIFS")}

# Functions whose criteria may not be "<>text", which leaves out numbers and blanks: which argument is the criterion,
# counted from 0; of the …IFS every second one.
CRITERIA: dict[str, tuple[int, ...]] = (
    {"AVERAGEIF": (1,), "COUNTIF": (1,), "SUMIF": (1,)}
    | {"COUNTIFS": tuple(range(1, 255, 2))}
    | {name: tuple(range(2, 255, 2)) for name in ("AVERAGEIFS", "MAXIFS", "MINIFS", "SUMIFS")}
)

# Functions that take any number of ranges: a union, or the same cells of several sheets, are spelled as so many arguments.
SPREADING = frozenset(
    """AVERAGE AVERAGEA COUNT COUNTA DEVSQ GEOMEAN HARMEAN MAX MAXA MEDIAN MIN MINA PRODUCT STDEV STDEV.P STDEV.S STDEVP
    SUM SUMSQ VAR VAR.P VAR.S VARP""".split()
)

# Functions that cannot make several references at once: from which argument on, counted from 0, none may be an array.
ADDRESSES = {"INDIRECT": 0, "OFFSET": 1}


class PartSpeller(Protocol):
    """What spells parts of a formula (spelling.Speller)."""

    book: Resolver

    def expression(self, node: Node | None, where: Where) -> str:
        """A node spelled for IronCalc."""

    def arguments(self, nodes: Sequence[Node | None], where: Where) -> str:
        """Arguments, spelled and separated."""


_Corner = tuple[str | None, str, str]  # the sheet, and row and column as formulas


def joined(speller: PartSpeller, node: Chain, where: Where) -> str:
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


def _corner(speller: PartSpeller, node: Node, where: Where) -> _Corner | None:
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


Rewrite = Callable[[PartSpeller, Call, Where], str | None]

_NUMBERS = "MAP({x},LAMBDA(_n,IF(ISERROR(_n),_n,IF(ISNUMBER(_n),_n,0))))"
_COUNTED = "MAP({x},LAMBDA(_n,IF(ISNUMBER(_n),1,0)))"
_WILDCARDS = frozenset("*?~")
_ERRORS_OUT = frozenset("2367")  # options of AGGREGATE that leave errors out
# What arguments stand for that are left out between others; {x} is the first one.
_LEFT_OUT: dict[str, dict[int, str]] = {
    "ADDRESS": {2: "1", 3: "TRUE"},
    "SORT": {1: "1", 2: "1"},
    "TAKE": {1: "ROWS({x})"},
}
# Functions of AGGREGATE by their numbers.
_AGGREGATED = {
    "1": "AVERAGE", "2": "COUNT", "4": "MAX", "5": "MIN", "6": "PRODUCT", "7": "STDEV.S", "8": "STDEV.P", "9": "SUM",
    "10": "VAR.S", "11": "VAR.P", "12": "MEDIAN", "14": "LARGE", "15": "SMALL",
}  # fmt: skip


def _aggregate(speller: PartSpeller, call: Call, where: Where) -> str | None:
    """AGGREGATE(function, option, range, …): IronCalc has none."""
    head = [each.text if isinstance(each, Leaf) else "" for each in call.arguments[:2]]
    name = _AGGREGATED.get(head[0]) if len(head) == 2 else None
    if name is None or head[1] not in set("01234567"):
        raise UnsupportedError("the function AGGREGATE with these first arguments")
    values, more = (call.arguments[2:3], call.arguments[3:]) if name in ("LARGE", "SMALL") else (call.arguments[2:], ())
    texts = [speller.expression(each, where) for each in values]
    if head[1] in _ERRORS_OUT:
        texts = [f'IFERROR({text},"")' for text in texts]
    if name == "PRODUCT":
        return "*".join(f"REDUCE(1,{text},LAMBDA(_a,_n,IF(ISNUMBER(_n),_a*_n,_a)))" for text in texts)
    if name in ("SUM", "COUNT", "AVERAGE"):
        total = "+".join(f"SUM({_NUMBERS.format(x=text)})" for text in texts)
        count = "+".join(f"SUM({_COUNTED.format(x=text)})" for text in texts)
        return {"SUM": f"({total})", "COUNT": f"({count})", "AVERAGE": f"(({total})/({count}))"}[name]
    return f"{name}({','.join([*texts, *(speller.expression(each, where) for each in more)])})"


def _of_squares(form: str) -> Rewrite:
    """SUMXMY2 and its like over single numbers: IronCalc takes ranges alone."""

    def rewrite(speller: PartSpeller, call: Call, where: Where) -> str | None:
        if len(call.arguments) != 2 or all(speller.book.is_array(each, where) for each in call.arguments):
            return None
        x, y = (speller.expression(each, where) for each in call.arguments)
        return f"SUM({form.format(x=f'({x})', y=f'({y})')})"

    return rewrite


def _computed(form: Callable[[str], str]) -> Rewrite:
    """AVERAGE, COUNT and PRODUCT of an array that is computed; of ranges they are well."""

    def rewrite(speller: PartSpeller, call: Call, where: Where) -> str | None:
        if len(call.arguments) != 1:
            return None
        argument = call.arguments[0]
        if speller.book.area(argument, where) is not None or not speller.book.is_array(argument, where):
            return None
        return form(speller.expression(argument, where))

    return rewrite


def _average(x: str) -> str:
    return f"(SUM({_NUMBERS.format(x=x)})/SUM({_COUNTED.format(x=x)}))"


def _count(x: str) -> str:
    return f"SUM({_COUNTED.format(x=x)})"


def _product(x: str) -> str:
    return f"REDUCE(1,{x},LAMBDA(_a,_n,IF(ISERROR(_n),_n,IF(ISNUMBER(_n),_a*_n,_a))))"


def _in_ranges(speller: PartSpeller, call: Call, where: Where) -> str | None:
    """SUMIF and its like: single cells as ranges, the sum's range as large as the other, criteria such as "<>text"."""
    upper = call.function.upper()
    arguments = list(call.arguments)
    for number in WANT_RANGES.get(upper, ()):
        if number < len(arguments):
            arguments[number] = as_range(arguments[number])
    if upper in ("SUMIF", "AVERAGEIF") and len(arguments) == 3:
        arguments[2] = _as_large(speller, arguments[2], arguments[0], where)
    unequal = [number for number in CRITERIA.get(upper, ()) if number < len(arguments) and _troubles(arguments[number])]
    if unequal:
        return _without_text(speller, upper, arguments, where)
    if tuple(arguments) == call.arguments:
        return None
    call = replace(call, arguments=tuple(arguments))
    return f"{call.function}({speller.arguments(call.arguments, where)})"


def _as_large(speller: PartSpeller, given: Node | None, like: Node | None, where: Where) -> Node | None:
    """The range that is summed, from its first cell as large as the one that is asked."""
    area, shape = speller.book.area(given, where), speller.book.shape(like, where)
    if area is None or shape is None or speller.book.shape(given, where) == shape:
        return given
    return corner_cell(area, *shape)


def _troubles(criterion: Node | None) -> bool:
    """Whether a criterion is of the kind that IronCalc reads otherwise: "<>" and a text."""
    if isinstance(criterion, Chain) and criterion.signs[0] == "&":
        return criterion.operands[0] == Leaf("text", '"<>"')
    if not isinstance(criterion, Leaf) or criterion.kind != "text":
        return False
    text = criterion.text[1:-1]
    return text.startswith("<>") and text != "<>" and not is_number(text[2:])


def _without_text(speller: PartSpeller, upper: str, arguments: list[Node | None], where: Where) -> str:
    """SUMIF(range,"<>text",sum) by IF: all but the cells that equal the text."""
    criterion = arguments[1]
    if upper not in ("SUMIF", "COUNTIF") or criterion is None:
        raise UnsupportedError(f'a criterion of {upper} such as "<>text"')
    if isinstance(criterion, Leaf) and _WILDCARDS.intersection(criterion.text):
        raise UnsupportedError(f"a criterion with wildcards ({criterion.text})")
    if isinstance(criterion, Leaf):
        unwanted = f'"{criterion.text[3:]}'
    else:
        assert isinstance(criterion, Chain)
        unwanted = "&".join([speller.expression(each, where) for each in criterion.operands[1:]])
        unwanted = f"({unwanted})"
    asked = speller.expression(arguments[0], where)
    summed = "1" if upper == "COUNTIF" else speller.expression(arguments[-1], where) if len(arguments) > 2 else asked
    return f"SUM(IF({asked}={unwanted},0,{summed}))"


def _choose(speller: PartSpeller, call: Call, where: Where) -> str | None:
    """CHOOSE({1,2},columns, …), which sets ranges side by side; over another array it is taken cell by cell."""
    if not call.arguments or not speller.book.is_array(call.arguments[0], where):
        return None
    first = call.arguments[0]
    count = len(call.arguments)
    if isinstance(first, Leaf):
        for sign, stack in ((",", "HSTACK"), (";", "VSTACK")):
            if first.text == "{" + sign.join(str(number) for number in range(1, count)) + "}":
                return f"{stack}({speller.arguments(call.arguments[1:], where)})"
    cases = [speller.expression(each, where) for each in call.arguments[1:]]
    text = "#VALUE!"
    asked = speller.expression(first, where)
    for number in range(len(cases), 0, -1):
        text = f"IF(INT({asked})={number},{cases[number - 1]},{text})"
    return text


def _filled(speller: PartSpeller, call: Call, where: Where) -> str | None:
    """Arguments left out between others, which IronCalc takes for 0, as what they stand for."""
    defaults = _LEFT_OUT[call.function.upper()]
    missing = [number for number, each in enumerate(call.arguments) if each is None and number in defaults]
    if not missing:
        return None
    texts = [speller.expression(each, where) for each in call.arguments]
    for number in missing:
        texts[number] = defaults[number].format(x=texts[0])
    return f"{call.function}({','.join(texts)})"


def _lookup(speller: PartSpeller, call: Call, where: Where) -> str | None:
    """LOOKUP(2,1/(condition),range), which passes over errors: the last place where the number is not above."""
    if len(call.arguments) not in (2, 3) or speller.book.is_array(call.arguments[0], where):
        return None
    asked, given, result = call.arguments[0], call.arguments[1], call.arguments[-1]
    shape = speller.book.shape(result, where)
    if isinstance(given, Leaf) or speller.book.area(given, where) is not None or shape is None or 1 not in shape:
        return None
    places = f"SEQUENCE({shape[0]},{shape[1]})"
    x, values, found = (speller.expression(each, where) for each in (asked, given, result))
    last = f"MAX(MAP({values},{places},LAMBDA(_n,_p,IF(ISNUMBER(_n),IF(_n<={x},_p,0),0))))"
    return f"LET(_m,{last},IF(_m=0,#N/A,INDEX({found},_m)))"


def _xlookup(speller: PartSpeller, call: Call, where: Where) -> str | None:
    """XLOOKUP that gives a whole row or column, or looks in an array, by XMATCH."""
    if not 3 <= len(call.arguments) <= 5 or speller.book.is_array(call.arguments[0], where):
        return None
    asked, given, result = call.arguments[:3]
    shape, line = speller.book.shape(result, where), speller.book.shape(given, where)
    if shape is None or line is None or (1 in shape and speller.book.area(given, where) is not None):
        return None
    mode = call.arguments[4] if len(call.arguments) > 4 else None
    place = f"XMATCH({speller.arguments((asked, given, mode or Leaf('number', '0')), where)})"
    index = place if 1 in shape else f"0,{place}" if line[0] == 1 else f"{place},0"
    text = f"INDEX({speller.expression(result, where)},{index})"
    instead = call.arguments[3] if len(call.arguments) > 3 else None
    return text if instead is None else f"IFNA({text},{speller.expression(instead, where)})"


def _complex_sum(speller: PartSpeller, call: Call, where: Where) -> str | None:
    """IMSUM of more than two numbers."""
    texts = [speller.expression(each, where) for each in call.arguments]
    if len(texts) <= 2:
        return None
    text = texts[0]
    for each in texts[1:]:
        text = f"IMSUM({text},{each})"
    return text


def _offset(_: PartSpeller, call: Call, __: Where) -> str | None:
    """OFFSET to the left or upwards is an error."""
    if any(isinstance(each, Prefixed) and each.sign == "-" for each in call.arguments[3:5]):
        raise UnsupportedError("OFFSET with a negative height or width")
    return None


def _array_formula(speller: PartSpeller, call: Call, where: Where) -> str | None:
    """Google's ARRAYFORMULA(x): x, its ranges taken whole."""
    return f"({speller.arguments(call.arguments, where.whole)})"


REWRITES: dict[str, Rewrite] = (
    {
        "LOOKUP": _lookup,
        "OFFSET": _offset,
        "XLOOKUP": _xlookup,
        "IMSUM": _complex_sum,
        "AGGREGATE": _aggregate,
        "ARRAYFORMULA": _array_formula,
        "AVERAGE": _computed(_average),
        "CHOOSE": _choose,
        "COUNT": _computed(_count),
        "PRODUCT": _computed(_product),
        "SUMX2MY2": _of_squares("{x}^2-{y}^2"),
        "SUMX2PY2": _of_squares("{x}^2+{y}^2"),
        "SUMXMY2": _of_squares("({x}-{y})^2"),
    }
    | dict.fromkeys(_LEFT_OUT, _filled)
    | dict.fromkeys(WANT_RANGES.keys() | CRITERIA.keys(), _in_ranges)
)
