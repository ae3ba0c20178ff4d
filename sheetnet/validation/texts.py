"""Decides what a formula's text alone decides, and reads texts as the numbers or formulas they were meant to be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

from sheetnet.syntax import Token, depth, parse_area, tokenize
from sheetnet.syntax.dependencies import through_helpers
from sheetnet.syntax.function_facts import LocalName, is_googles, local_name
from sheetnet.syntax.grammar import FormulaError, parse
from sheetnet.syntax.references import FORMULA_CHARACTERS, FUNCTION_LEVELS, cell_place, listed
from sheetnet.syntax.resolver import ArrayEntry, Resolver, Where, array_entry
from sheetnet.syntax.shifting import skeletons_of
from sheetnet.syntax.tokens_and_nodes import Call, Leaf, parts
from sheetnet.validation.case import Answer, Case
from sheetnet.validation.result import CellVerdict
from sheetnet.verdict import Verdict
from sheetnet.workbook import Place, Workbook

# What looks like nothing before and after an entry: spaces of every width, and marks without any.
_AROUND = " \t\r\n\f\v\u00a0\u202f\u2060\ufeff" + "".join(map(chr, range(0x2000, 0x2010)))
_QUOTES = "'\u2018\u2019`\u00b4"  # apostrophes, typed to keep an entry as text, or put there by keyboards
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_DECIMAL = re.compile(r"\d[.,]\d")
_WORD = re.compile(r"[^\W\d_]{3,}")
_MINUS = str.maketrans("\u2212\u2013\uff1d", "--=")  # −, –, and the wide = of East Asian keyboards
_REACHING = ("[", "|")  # what refers to other files or programs: never read as a formula


def is_remark(text: str) -> bool:
    """Whether a text says something instead of computing it: `-`, `?`, `n/a`, `todo`, a sentence; or is empty."""
    core = _core(text)
    if core.startswith("="):
        return not any(character.isalnum() for character in core)
    if core.startswith("#") or _DECIMAL.search(core) or number_in(text) is not None or formula_in(text) is not None:
        return False
    return not any(character.isdigit() for character in core) or _WORD.search(core) is not None


def number_in(text: str) -> float | None:
    """The number that a text is, with a point or a comma before its decimals; None for all else, units included."""
    core = _core(text).translate(_MINUS).removeprefix("=").strip()
    percent = core.endswith("%")
    core = core.removesuffix("%").rstrip()
    if "," in core and "." in core:
        grouping = min(",.", key=core.rindex)  # 1.234,5 and 1,234.5: the last of both is before the decimals
        core = core.replace(grouping, "")
    core = core.replace(",", ".", 1) if core.count(",") == 1 else core
    if not _NUMBER.fullmatch(core):
        return None
    number = float(core) / (100 if percent else 1)
    return number if isfinite(number) else None


def formula_in(text: str) -> str | None:
    """The formula that a text is, in the canonical dialect and without "="; None for all else.

    Without its "=" a text is a formula only where it refers to a cell and has the form of one. What is longer or nested
    deeper than programs take from the keyboard is none.
    """
    core = _core(text).translate(_MINUS)
    equals = core.startswith("=")
    core = core.removeprefix("=").strip()
    if not core or len(core) > FORMULA_CHARACTERS or any(sign in core for sign in _REACHING):
        return None
    formula = in_english(core)
    if depth(formula) > FUNCTION_LEVELS or not (equals or _has_the_form(tokenize(formula))):
        return None
    return formula


def has_equals(text: str) -> bool:
    """Whether a text begins as formulas do."""
    return _core(text).translate(_MINUS).startswith("=")


def in_english(formula: str) -> str:
    """A formula as it is typed in other languages (`SUMME(A1;0,5)`) with English names, commas and decimal points.

    It is taken for such a one where it separates by semicolons, calls a function by another language's name, or has a
    comma outside all parentheses.
    """
    tokens = tokenize(formula)
    if not _is_local(tokens):
        return formula
    words: list[str] = []
    for index, token in enumerate(tokens):
        if token.kind == "function" and (name := local_name(token.text)) is not None:
            words.append(name.english)
        elif token.text == ";" and token.kind == "unknown":
            words.append(",")
        elif token.kind == "separator" and _is_decimal(tokens, index):
            words.append(".")
        else:
            words.append(token.text)
    return "".join(words)


def local_names_in(formula: str) -> list[LocalName]:
    """The functions of a formula that have another language's names, each once."""
    called = (token.text for token in tokenize(formula) if token.kind == "function")
    return list(dict.fromkeys(name for text in called if (name := local_name(text)) is not None))


def _core(text: str) -> str:
    return text.lstrip(_AROUND + _QUOTES).rstrip(_AROUND)


def _is_local(tokens: list[Token]) -> bool:
    open_now = 0
    for token in tokens:
        open_now += (token.kind in ("open", "array_open")) - (token.kind in ("close", "array_close"))
        if token.kind == "separator" and open_now == 0:
            return True
        if (token.text == ";" and token.kind == "unknown") or (
            token.kind == "function" and local_name(token.text) is not None
        ):
            return True
    return False


def _is_decimal(tokens: list[Token], index: int) -> bool:
    """Whether a comma stands between the digits of one number."""
    around = tokens[max(index - 1, 0) : index + 2]
    return [token.kind for token in around] == ["number", "separator", "number"] and around[0].text.isdigit()


def _has_the_form(tokens: list[Token]) -> bool:
    """Whether tokens are operands with something between them, one of them a cell."""
    operands = ("number", "text", "reference", "name", "close")
    before: Token | None = None
    refers = False
    for token in tokens:
        if token.kind == "unknown":
            return False
        if token.kind == "space":
            continue
        if before is not None and before.kind in operands and token.kind in (*operands[:-1], "function", "open"):
            return False
        refers = refers or (token.kind == "reference" and parse_area(token.text) is not None)
        before = token
    return refers


@dataclass(frozen=True)
class Texts:
    """By the number of the answer: why its formula is none, what in it cannot be computed, how it must be entered."""

    faults: Mapping[int, FormulaError]
    unsupported: Mapping[int, str]
    entry: Mapping[int, ArrayEntry]


def texts_of(case: Case, unsupported: Mapping[Place, str]) -> Texts:
    """Look at every answer's formula; `unsupported` are the cells that the engine cannot compute, each with the reason."""
    book, known = Resolver(case.workbook), skeletons_of(case.workbook)
    needs = {skeleton: _need(skeleton) for skeleton in set(known.values())}
    plain = {skeleton for skeleton, need in needs.items() if need is ArrayEntry.NONE}
    faults: dict[int, FormulaError] = {}
    entry: dict[int, ArrayEntry] = {}
    told: dict[int, str] = {}
    for number, answer in enumerate(case.answers):
        if answer.formula is None or known[answer.formula] in plain:
            continue
        need = needs[known[answer.formula]]
        if need is None or need is ArrayEntry.BY_PLACE:
            try:
                need = _looked_at(answer, book)
            except FormulaError as fault:
                faults[number] = fault
                continue
            if is_googles(answer.formula):
                told[number] = _told_by_google(answer.formula)
        if need is not ArrayEntry.NONE and answer.array is None:
            entry[number] = need
    return Texts(faults, dict(_unsupported(case, unsupported)) | told, entry)


@lru_cache(maxsize=4096)
def _need(skeleton: str) -> ArrayEntry | None:
    """What all formulas of a skeleton need; None where each must be looked at, for a name or a fault in it."""
    try:
        tree = parse(skeleton)
        if any(isinstance(node, Leaf) and node.kind == "name" for node in parts(tree)) or is_googles(skeleton):
            return None
        return array_entry(tree, Where("", one=True), Resolver(Workbook(())))
    except FormulaError:
        return None


def _looked_at(answer: Answer, book: Resolver) -> ArrayEntry:
    assert answer.formula is not None
    sheet, *at = answer.place
    tree, where = parse(answer.formula), Where(sheet, one=answer.array is None, at=(at[0], at[1]))
    for node in parts(tree):
        if not isinstance(node, Leaf | Call):
            book.area(node, where)  # which finds a remark behind a reference
    return ArrayEntry.NONE if answer.array else array_entry(tree, where, book)


def _told_by_google(formula: str) -> str:
    """The formula as it stood in Google Sheets, where the download says it; the cells that it filled hold no more."""
    for node in parts(parse(formula)):
        if (
            isinstance(node, Call)
            and is_googles(node.function)
            and node.arguments
            and isinstance(node.arguments[0], Leaf)
        ):
            text = node.arguments[0].text[1:-1].replace('""', '"').strip('"')
            inner = "" if text in ("", "COMPUTED_VALUE") else f" ({text})"
            return f"a formula of Google Sheets{inner}; the download holds only its value"
    return "a formula of Google Sheets; the download holds only its value"


def _unsupported(case: Case, unsupported: Mapping[Place, str]) -> Iterable[tuple[int, str]]:
    """The answers that cannot be computed, for their own formula or for that of a helper cell."""
    if not unsupported:
        return
    places = set(case.places)
    helpers = unsupported.keys() - places
    for number, answer in enumerate(case.answers):
        anchor = (answer.place[0], *(answer.array or answer.place[1:]))
        if anchor in unsupported:
            yield number, unsupported[anchor]
        elif helpers and answer.formula is not None:
            used = through_helpers(case.dependencies, answer.place, places)
            helper = next((place for place in used if place in helpers), None)
            if helper is not None:
                yield number, f"{unsupported[helper]} in {cell_place(helper)}, which this formula uses"


def entry_notes(answers: Sequence[Answer], cells: Sequence[CellVerdict], texts: Texts) -> Iterable[str]:
    """One note for each kind of programs that want right formulas entered as arrays, with the cells."""
    for need in (ArrayEntry.OLD_PROGRAMS, ArrayEntry.OLD_EXCEL):
        places = [
            cell_place(answers[number].place)
            for number, found in texts.entry.items()
            if found is need and cells[number].verdict == Verdict.CORRECT
        ]
        if places:
            yield f"right, but {need.value} an error unless entered with Ctrl+Shift+Enter: {listed(places)}"
