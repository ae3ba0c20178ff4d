"""Proposes formulas that would make a wrong cell right: rounding, typed numbers, helper cells and slips of entry mended.

The first repair that agrees in every run tells what the matter is: rounding taken off, a shortened constant written in
full, a cell in place of the number it held; a $ lost or too many, missing brackets, a guard added, a wrong constant cell.

Helpers are formula cells that are no answers: a student's own intermediate results. What one should hold is not
known, so it is tried: each quantity of the step, as it is or in a form that people keep in cells of their own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, islice, product

from sheetnet.network import Network
from sheetnet.syntax import Token, cell_name, parse_area, shift, tokenize
from sheetnet.syntax.references import cell_place
from sheetnet.validation.case import KnownCell, cell_at
from sheetnet.verdict import Verdict
from sheetnet.workbook import Place, Workbook

ROUNDING_CODE = "SN120"  # intermediate rounding, in the catalogue of mistakes
ROUNDING = {"ROUND", "ROUNDUP", "ROUNDDOWN", "TRUNC", "INT", "FIXED", "CEILING", "FLOOR", "MROUND"}
# Constants that people shorten, and how to write them in full.
CONSTANTS = {2.718281828459045: "EXP(1)", 2.302585092994046: "LN(10)", 0.4342944819032518: "(1/LN(10))"}
FEWEST_DIGITS = 3  # of a shortened constant: 2.7 may be any number
MOST_CELLS_FOR_A_NUMBER = 12  # cells tried for one number: more hold it only in sheets full of equal numbers
MOST_REPAIRS = 200  # a cell: formulas with many typed numbers have endless combinations


class KnownNumbers:
    """Cells by their numbers, so that those which a typed number may stand for are found at once."""

    def __init__(self, known: Iterable[KnownCell]) -> None:
        self._known = sorted(known, key=lambda cell: abs(cell.value))
        self._sizes = [abs(cell.value) for cell in self._known]

    def holding(self, text: str) -> list[KnownCell]:
        """The cells whose number, rounded or cut to the digits typed, is the one typed; some of them, if many are."""
        low, high = typed_range(text)
        start, end = bisect_left(self._sizes, low), bisect_right(self._sizes, high)
        some = self._known[start : min(end, start + MOST_CELLS_FOR_A_NUMBER)]
        return [cell for cell in some if not (cell.stays and abs(cell.value) == float(text))]


@dataclass(frozen=True, slots=True)
class Repair:
    """A repaired formula, and the verdict, sentence, cause and known mistake it stands for where it is right."""

    formula: str
    verdict: Verdict
    message: str
    cause: str | None = None
    mistake: str | None = None


def repairs(formula: str, known: KnownNumbers) -> Iterator[Repair]:
    """Repairs of a formula, the simplest first; `known` are the cells whose numbers may stand in it."""
    tokens = tokenize(formula)
    plain = "".join(token.text for token in _unrounded(tokens))
    if plain != formula:
        message = "right but for its rounding: let the cell's format round, not the formula"
        yield Repair(plain, Verdict.ROUNDED, message, mistake=ROUNDING_CODE)
    full = [full_constant(token.text) if token.kind == "number" else None for token in tokens]
    if any(full):
        short = ", ".join(token.text for token, words in zip(tokens, full, strict=True) if words)
        text = "".join(words or token.text for token, words in zip(tokens, full, strict=True))
        message = f"right but for the shortened constant {short}: write it in full, as EXP(1)"
        yield Repair(text, Verdict.ROUNDED, message, mistake=ROUNDING_CODE)
    yield from islice(_with_cells(tokens, known), MOST_REPAIRS)


def _unrounded(tokens: list[Token]) -> list[Token]:
    """The tokens with each ROUND(x, digits) and its like replaced by (x)."""
    kept: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.kind == "function" and token.text.upper() in ROUNDING:
            end, comma = arguments(tokens, index + 1)
            kept += [Token("open", "("), *_unrounded(tokens[index + 2 : comma]), Token("close", ")")]
            index = end + 1
        else:
            kept.append(token)
            index += 1
    return kept


def arguments(tokens: Sequence[Token], opening: int) -> tuple[int, int]:
    """The index of the parenthesis that closes the one at `opening`, and of the first comma between (or the same)."""
    depth, comma = 0, None
    for index in range(opening, len(tokens)):
        kind = tokens[index].kind
        depth += (kind == "open") - (kind == "close")
        if kind == "separator" and depth == 1 and comma is None:
            comma = index
        if depth == 0:
            return index, index if comma is None else comma
    return len(tokens) - 1, len(tokens)


def full_constant(text: str) -> str | None:
    """How to write a shortened constant in full; None for any other number."""
    if significant_digits(text) < FEWEST_DIGITS:
        return None
    return next((words for value, words in CONSTANTS.items() if shortened(text, value)), None)


def _with_cells(tokens: list[Token], known: KnownNumbers) -> Iterator[Repair]:
    """Each typed number by each cell that holds it, one number at a time, then two, three, …"""
    numbers = {index: token.text for index, token in enumerate(tokens) if token.kind == "number"}
    choices = {index: known.holding(text) for index, text in numbers.items()}
    places = [index for index, cells in choices.items() if cells]
    for count in range(1, len(places) + 1):
        for some in combinations(places, count):
            for cells in product(*(choices[index] for index in some)):
                put = dict(zip(some, cells, strict=True))
                words = [put[i].size if i in put else token.text for i, token in enumerate(tokens)]
                said = "; ".join(f"{numbers[i]} stands where {cell.called} should" for i, cell in put.items())
                yield Repair("".join(words), Verdict.HARDCODED, said)


def shortened(text: str, value: float) -> bool:
    """Whether a number as typed is `value`, rounded or cut to the digits typed: 2.718 and 2.71 for e, 0.5 for 0.5."""
    low, high = typed_range(text)
    return low <= abs(value) <= high


def typed_range(text: str) -> tuple[float, float]:
    """The numbers that a typed one may stand for; with fewer than 3 digits only itself, for 0.5 may be any constant."""
    typed = float(text)
    if significant_digits(text) < FEWEST_DIGITS:
        return typed, typed
    mantissa, _, exponent = text.lower().partition("e")
    unit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])) * 0.999
    return typed - unit, typed + unit


def significant_digits(text: str) -> int:
    """How many significant digits a typed number has."""
    return len(text.lower().split("e")[0].replace(".", "").lstrip("0"))


# What people keep in helper cells, over a quantity q.
FORMS = ("{q}", "EXP({q})", "EXP(-{q})", "(1+EXP(-{q}))", "(1-{q})", "({q}*(1-{q}))", "(-{q})", "LN({q})")
MOST_KNOWN = 300  # quantities tried for a helper: in larger networks too many fit by chance, and it takes long


def helper_repairs(
    workbook: Workbook, place: Place, formula: str, answers: set[Place], known: Sequence[KnownCell]
) -> Iterator[Repair]:
    """The formula at `place` with a helper cell that it uses replaced by what that cell might have to hold."""
    if len(known) > MOST_KNOWN:
        return
    tokens = tokenize(formula)
    for helper, where in _helpers(workbook, place, tokens, answers).items():
        name = cell_place(helper)
        for cell in known:
            reference, called = cell.reference, cell.called
            for form in FORMS:
                words = [token.text for token in tokens]
                for index in where:
                    words[index] = form.format(q=reference)
                bare = form[1:-1] if form.startswith("(") else form
                said = bare.format(q=called)
                message = f"right but for the helper cell {name} that it uses, which should hold {said}"
                yield Repair("".join(words), Verdict.WRONG, message, cause=name)


def _helpers(workbook: Workbook, place: Place, tokens: list[Token], answers: set[Place]) -> dict[Place, list[int]]:
    """The helper cells a formula refers to one by one, each with the indices of its tokens; ranges are left alone."""
    found: dict[Place, list[int]] = {}
    for index, (name, row, column) in _single_cells(workbook, place, tokens):
        if tokens[index].kind == "reference" and (sheet := workbook.sheet(name)) is not None:
            target = (sheet.name, row, column)
            if target not in answers and cell_at(workbook, target).formula is not None:
                found.setdefault(target, []).append(index)
    return found


DOLLAR_SLIP, BRACKETS_SLIP, EMPTY_SLIP, CONSTANT_SLIP, GUARD_SLIP = "SN116", "SN117", "SN118", "SN119", "SN048"
MOST_FILLS = 64  # ways of putting $ that are tried for a cell
MOST_BRACKETS = 40  # pairs of brackets that are tried for a cell
TINY = 1e-3  # what people add to keep a logarithm from 0 is not larger


@dataclass(frozen=True, slots=True)
class Filled:
    """A right formula of the same block, and how far from it the wrong cell stands."""

    place: Place
    formula: str
    rows: int
    columns: int


def slips(formula: str, filled: Filled | None) -> Iterator[Repair]:
    """Repairs of a formula's entry; `filled` is the right formula that was filled to here, if there is one."""
    tokens = tokenize(formula)
    yield from _unguarded(tokens)
    yield from _unclipped(tokens)
    if filled is not None:
        yield from islice(_refilled(filled), MOST_FILLS)
    yield from islice(_bracketed(tokens), MOST_BRACKETS)


def filled_from(formula: str, place: Place, right: Sequence[tuple[Place, str]]) -> Filled | None:
    """The nearest of the right formulas that reads like this one when it is filled to its place."""
    ways = (Filled(at, text, place[1] - at[1], place[2] - at[2]) for at, text in right if at[0] == place[0])
    fits = [way for way in ways if shift(way.formula, way.rows, way.columns) == formula]
    return min(fits, key=lambda way: (abs(way.rows) + abs(way.columns), way.place), default=None)


def _refilled(filled: Filled) -> Iterator[Repair]:
    """Each reference as if its column or row had been fixed when it was filled, or had not been."""
    tokens = tokenize(filled.formula)
    places = [index for index, token in enumerate(tokens) if token.kind == "reference"]
    moves = [(r, c) for r in dict.fromkeys((filled.rows, 0)) for c in dict.fromkeys((filled.columns, 0))]
    filled_words = [shift(token.text, filled.rows, filled.columns) for token in tokens]
    moved = cache(lambda index, move: shift(tokens[index].text.replace("$", ""), *move))
    ways: list[tuple[int, Repair]] = []
    for chosen in islice(product(moves, repeat=len(places)), 4 * MOST_FILLS):
        words, changed = list(filled_words), []
        for index, move in zip(places, chosen, strict=True):
            now, wanted = words[index], moved(index, move)
            if wanted != now.replace("$", ""):
                changed.append(f"{now} should be {wanted} (a $ {'too many' if '$' in now else 'is missing'})")
                words[index] = wanted
        if changed:
            said = f"right but for how it was filled from {cell_name(*filled.place[1:])}: {', '.join(changed)}"
            ways.append((len(changed), Repair("".join(words), Verdict.WRONG, said, mistake=DOLLAR_SLIP)))
    yield from (repair for _, repair in sorted(ways, key=lambda way: way[0]))


def _bracketed(tokens: Sequence[Token]) -> Iterator[Repair]:
    """The formula with brackets around some operands that stand side by side."""
    for operands in _operands(tokens):
        for i, j in ((i, i + more) for more in range(1, len(operands)) for i in range(len(operands) - more)):
            if (i, j) == (0, len(operands) - 1) and operands[i][0] == 0:
                continue  # around the whole formula
            start, stop = operands[i][0], operands[j][1]
            words = [token.text for token in tokens]
            inside = "".join(words[start:stop])
            text = f"{''.join(words[:start])}({inside}){''.join(words[stop:])}"
            message = f"right but for missing brackets around {inside}: ={text}"
            yield Repair(text, Verdict.WRONG, message, mistake=BRACKETS_SLIP)


def _operands(tokens: Sequence[Token]) -> list[list[tuple[int, int]]]:
    """The operands of each chain of operators, as spans of tokens: one chain an argument or pair of brackets."""
    chains: list[list[tuple[int, int]]] = []
    stack: list[tuple[list[tuple[int, int]], int]] = [([], 0)]
    expecting = True
    for index, token in enumerate(tokens):
        chain, start = stack[-1]
        if token.kind in ("open", "array_open"):
            stack[-1] = (chain, start if not expecting else _beginning(tokens, index))
            stack.append(([], index + 1))
            expecting = True
        elif token.kind in ("close", "array_close") and len(stack) > 1:
            chains.append(stack.pop()[0])
            stack[-1][0].append((stack[-1][1], index + 1))
            expecting = False
        elif token.kind == "separator":
            chains.append(chain)
            stack[-1] = ([], index + 1)
            expecting = True
        elif token.kind in ("number", "reference", "name", "text"):
            if index and tokens[index - 1].text == ":" and chain:
                chain[-1] = (chain[-1][0], index + 1)
            else:
                chain.append((index, index + 1))
            expecting = False
        elif token.kind == "operator" and token.text not in (":", "%", "@"):
            expecting = True
    return [chain for chain in (*chains, *(chain for chain, _ in stack)) if len(chain) > 1]


def _beginning(tokens: Sequence[Token], index: int) -> int:
    """Where a bracket's operand begins: at the function before it, if there is one."""
    return index - 1 if index and tokens[index - 1].kind == "function" else index


def _unclipped(tokens: Sequence[Token]) -> Iterator[Repair]:
    """The formula without MAX(a,1E-7) and MIN(a,0.999…) where logarithms are taken."""
    if not _has_logarithm(tokens):
        return
    words, clipped = [token.text for token in tokens], ""
    for index, token in enumerate(tokens):
        name = token.text.upper()
        if token.kind == "function" and name in ("MAX", "MIN"):
            end, comma = arguments(tokens, index + 1)
            for bound, comma_side in ((comma + 1, comma), (index + 2, index + 3)):
                alone = {bound - 1, bound + 1} <= {index + 1, comma, end}
                if alone and comma < end and tokens[bound].kind == "number" and _is_bound(name, tokens[bound].text):
                    words[index] = words[bound] = words[comma_side] = ""
                    clipped = clipped or f"{name} with {tokens[bound].text}"
    if clipped:
        message = f"right but for the {clipped} before a logarithm: it changes the cost where it cuts; leave it out"
        yield Repair("".join(words), Verdict.ROUNDED, message, mistake=GUARD_SLIP)


def _is_bound(name: str, text: str) -> bool:
    """Whether a number keeps what lies between 0 and 1 from 0 (in MAX) or from 1 (in MIN)."""
    return 0 < float(text) <= TINY if name == "MAX" else 1 - TINY <= float(text) < 1


def _has_logarithm(tokens: Sequence[Token]) -> bool:
    return any(token.text.upper() in ("LN", "LOG", "LOG10") for token in tokens)


def _unguarded(tokens: Sequence[Token]) -> Iterator[Repair]:
    """The formula without tiny numbers that are added or subtracted, as in LN(a+1E-7)."""
    tiny = [
        index
        for index, token in enumerate(tokens)
        if token.kind == "number" and 0 < float(token.text) <= TINY and index and tokens[index - 1].text in ("+", "-")
    ]
    if not tiny or not _has_logarithm(tokens):
        return
    text = "".join(t.text for index, t in enumerate(tokens) if index not in tiny and index + 1 not in tiny)
    number = tokens[tiny[0]].text
    message = f"right but for the {number} beside a number whose logarithm is taken: it changes the cost; leave it out"
    yield Repair(text, Verdict.ROUNDED, message, mistake=GUARD_SLIP)


def constant_repairs(
    workbook: Workbook, place: Place, formula: str, taken: set[Place], known: KnownNumbers, network: Network
) -> Iterator[Repair]:
    """The formula with a cell of the student's own that holds a number replaced by what it may stand for."""
    tokens = tokenize(formula)
    for text, number in _constants(workbook, place, tokens, taken).items():
        where = [index for index, token in enumerate(tokens) if token.text == text]

        def put(words: str, where: list[int] = where) -> str:
            return "".join(words if index in where else token.text for index, token in enumerate(tokens))

        typed = f"{abs(number):.15g}"
        called = f"{typed} in {text.replace('$', '')}"
        if full := full_constant(typed):
            message = f"right but for the shortened constant {called}: write =EXP(1) there"
            yield Repair(put(full), Verdict.ROUNDED, message, mistake=CONSTANT_SLIP)
        for cell in known.holding(typed):
            message = f"{called} stands where {cell.called} should"
            yield Repair(put(cell.reference), Verdict.HARDCODED, message, mistake=CONSTANT_SLIP)
        for count, what in ((network.observations, "observations"), (network.sizes[-1], "outputs")):
            message = f"right but for {called}: it should be {count}, the number of {what}"
            yield Repair(put(f"{count}"), Verdict.WRONG, message, mistake=CONSTANT_SLIP)


def _constants(workbook: Workbook, place: Place, tokens: Sequence[Token], taken: set[Place]) -> dict[str, float]:
    """The references to single cells that hold typed numbers and are no cells of the step."""
    found: dict[str, float] = {}
    for index, at in _single_cells(workbook, place, tokens):
        cell = cell_at(workbook, at)
        if at not in taken and cell.formula is None and isinstance(cell.value, float):
            found[tokens[index].text] = cell.value
    return found


def empty_cells(workbook: Workbook, place: Place, formula: str, taken: set[Place]) -> list[str]:
    """The single cells to which a formula refers, that are empty and no cells of the step."""
    found, tokens = [], tokenize(formula)
    for index, at in _single_cells(workbook, place, tokens):
        cell = cell_at(workbook, at)
        if at not in taken and workbook.sheet(at[0]) and cell.value is None and cell.formula is None:
            found.append(tokens[index].text.replace("$", ""))
    return list(dict.fromkeys(found))


def _single_cells(workbook: Workbook, place: Place, tokens: Sequence[Token]) -> Iterator[tuple[int, Place]]:
    """The indices of references and names that are one cell, each with the cell; ends of ranges are none."""
    names = {name.name.casefold(): name.refers_to for name in workbook.names}
    for index, token in enumerate(tokens):
        beside = {tokens[i].text for i in (index - 1, index + 1) if 0 <= i < len(tokens)}
        if ":" in beside or token.kind not in ("reference", "name"):
            continue
        text = names.get(token.text.casefold(), "") if token.kind == "name" else token.text
        area = parse_area(text)
        if area is not None and area.size == 1:
            yield index, (area.sheet or place[0], area.top, area.left)
