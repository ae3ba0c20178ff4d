"""Proposes formulas that would make a wrong cell right, or a helper cell that it uses.

Rounding taken off, a shortened constant written in full, a cell in place of the number it held: the first repair that
agrees in every run tells what the matter is.

Helpers are formula cells that are no answers: a student's own intermediate results. What one should hold is not
known, so it is tried: each quantity of the step, as it is or in a form that people keep in cells of their own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product

from sheetnet.syntax import Token, parse_area, tokenize
from sheetnet.syntax.references import cell_place
from sheetnet.validation.case import cell_at
from sheetnet.verdict import Verdict
from sheetnet.workbook import Place, Workbook

ROUNDING_CODE = "SN120"  # intermediate rounding, in the catalogue of mistakes
ROUNDING = {"ROUND", "ROUNDUP", "ROUNDDOWN", "TRUNC", "INT", "FIXED", "CEILING", "FLOOR", "MROUND"}
# Constants that people shorten, and how to write them in full.
CONSTANTS = {2.718281828459045: "EXP(1)", 2.302585092994046: "LN(10)", 0.4342944819032518: "(1/LN(10))"}
FEWEST_DIGITS = 3  # of a shortened constant: 2.7 may be any number
MOST_CELLS_FOR_A_NUMBER = 12  # cells tried for one number: more hold it only in sheets full of equal numbers
MOST_REPAIRS = 200  # a cell: formulas with many typed numbers have endless combinations


@dataclass(frozen=True, slots=True)
class KnownCell:
    """A cell whose number may have been typed into a formula: how to refer to it, what it holds, what it is."""

    reference: str
    value: float
    called: str

    @property
    def size(self) -> str:
        """What to put for the number as typed: a minus before it is a token of its own."""
        return f"(-{self.reference})" if self.value < 0 else self.reference


class KnownNumbers:
    """Cells by their numbers, so that those which a typed number may stand for are found at once."""

    def __init__(self, known: Iterable[KnownCell]) -> None:
        self._known = sorted(known, key=lambda cell: abs(cell.value))
        self._sizes = [abs(cell.value) for cell in self._known]

    def holding(self, text: str) -> list[KnownCell]:
        """The cells whose number, rounded or cut to the digits typed, is the one typed; some of them, if many are."""
        low, high = typed_range(text)
        start, end = bisect_left(self._sizes, low), bisect_right(self._sizes, high)
        return self._known[start : min(end, start + MOST_CELLS_FOR_A_NUMBER)]


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
    full = [_in_full(token) for token in tokens]
    if any(words for words in full):
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


def _in_full(token: Token) -> str | None:
    return full_constant(token.text) if token.kind == "number" else None


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
    unit = 10.0 ** -_decimals(text) * 0.999
    return typed - unit, typed + unit


def significant_digits(text: str) -> int:
    """How many significant digits a typed number has."""
    mantissa = text.lower().split("e")[0].replace(".", "").lstrip("0")
    return len(mantissa)


def _decimals(text: str) -> int:
    mantissa, _, exponent = text.lower().partition("e")
    return len(mantissa.partition(".")[2]) - int(exponent or 0)


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
            for form in FORMS:
                words = [token.text for token in tokens]
                for index in where:
                    words[index] = form.format(q=cell.reference)
                bare = form[1:-1] if form.startswith("(") else form
                said = bare.format(q=cell.called)
                message = f"right but for the helper cell {name} that it uses, which should hold {said}"
                yield Repair("".join(words), Verdict.WRONG, message, cause=name)


def _helpers(workbook: Workbook, place: Place, tokens: list[Token], answers: set[Place]) -> dict[Place, list[int]]:
    """The helper cells a formula refers to one by one, each with the indices of its tokens; ranges are left alone."""
    found: dict[Place, list[int]] = {}
    for index, token in enumerate(tokens):
        area = parse_area(token.text) if token.kind == "reference" else None
        beside = {tokens[i].text for i in (index - 1, index + 1) if 0 <= i < len(tokens)}
        if area is None or ":" in beside or (area.top, area.left) != (area.bottom, area.right):
            continue
        sheet = workbook.sheet(area.sheet or place[0])
        if sheet is None:
            continue
        target = (sheet.name, area.top, area.left)
        if target not in answers and cell_at(workbook, target).formula is not None:
            found.setdefault(target, []).append(index)
    return found
