"""What a formula's text alone decides: whether it is whole, whether the engine can compute it, how it must be entered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sheetnet.check.answers import Answer
from sheetnet.check.disguises import listed
from sheetnet.check.graph import Graph, through_helpers
from sheetnet.check.verdicts import CellVerdict
from sheetnet.syntax import cell_name
from sheetnet.syntax.array_entry import ArrayEntry, array_entry
from sheetnet.syntax.function_facts import is_googles
from sheetnet.syntax.grammar import FormulaError, parse
from sheetnet.syntax.resolver import Resolver, Where
from sheetnet.syntax.skeleton import skeletons_of
from sheetnet.syntax.tree import Call, Leaf, parts
from sheetnet.workbook import Place, Workbook


@dataclass(frozen=True)
class Texts:
    """By the number of the answer: why its formula is none, what in it cannot be computed, how it must be entered."""

    faults: Mapping[int, FormulaError]
    unsupported: Mapping[int, str]
    entry: Mapping[int, ArrayEntry]


def texts_of(workbook: Workbook, answers: Sequence[Answer], unsupported: Mapping[Place, str]) -> Texts:
    """Look at every answer's formula; `unsupported` are the cells that the engine cannot compute, each with the reason."""
    book = Resolver(workbook)
    known = skeletons_of(workbook)
    needs = {skeleton: _need(skeleton) for skeleton in set(known.values())}
    plain = {skeleton for skeleton, need in needs.items() if need is ArrayEntry.NONE}
    faults: dict[int, FormulaError] = {}
    entry: dict[int, ArrayEntry] = {}
    told: dict[int, str] = {}
    for number, answer in enumerate(answers):
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
    return Texts(faults, dict(_unsupported(workbook, answers, unsupported)) | told, entry)


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


def _unsupported(
    workbook: Workbook, answers: Sequence[Answer], unsupported: Mapping[Place, str]
) -> Iterable[tuple[int, str]]:
    """The answers that cannot be computed, for their own formula or for that of a helper cell."""
    if not unsupported:
        return
    places = {answer.place for answer in answers}
    helpers = unsupported.keys() - places
    graph = Graph(workbook, places)
    for number, answer in enumerate(answers):
        anchor = (answer.place[0], *(answer.array or answer.place[1:]))
        if anchor in unsupported:
            yield number, unsupported[anchor]
        elif helpers and answer.formula is not None:
            used = next((place for place in through_helpers(graph, answer.place, places) if place in helpers), None)
            if used is not None:
                yield number, f"{unsupported[used]} in {used[0]}!{cell_name(*used[1:])}, which this formula uses"


def entry_notes(answers: Sequence[Answer], cells: Sequence[CellVerdict], texts: Texts) -> Iterable[str]:
    """One note for each kind of programs that want right formulas entered as arrays, with the cells."""
    for need in (ArrayEntry.OLD_PROGRAMS, ArrayEntry.OLD_EXCEL):
        places = [
            f"{answers[number].place[0]}!{cell_name(*answers[number].place[1:])}"
            for number, found in texts.entry.items()
            if found is need and cells[number].verdict == "correct"
        ]
        if places:
            yield f"right, but {need.value} an error unless entered with Ctrl+Shift+Enter: {listed(places)}"
