"""What of a report a student may see: where it stands, a hint at each mistake, or everything.

It is a courtesy and no protection: who has sheetnet can compute every answer. SECURITY.md says more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from sheetnet.validation import CellVerdict, Report
from sheetnet.validation.result import AT_THESE_INPUTS
from sheetnet.verdict import OF_THE_ENGINE, SOUND, Verdict


class Level(StrEnum):
    """How much a report tells."""

    WHERE = "where"  # which blocks are right, not yet right, to do
    HINT = "hint"  # also the cell, the mistake's name and why; no number that is not the student's own
    FULL = "full"  # also the expected numbers


_CODE = re.compile(r"\bSN\d{3}\b")
_ASIDE = re.compile(rf" \({_CODE.pattern}(?:, {_CODE.pattern})*\)")  # codes behind what they stand for
_NOT_YET = "not right yet"
HIDDEN_NUMBER = "…"
# A number as text: not in a name of a cell or element, an index or a code. Whole ones of three digits and less count things.
_PLACE_WORDS = "".join(f"(?<!{word} )" for word in ("observation", "neuron", "input", "row", "column"))
_NUMBER = re.compile(
    _PLACE_WORDS + r"(?<![\w.$!\[])(?:\d+\.\d+|\.\d+|\d{4,}|\d+(?=[eE][-+]?\d))(?:[eE][-+]?\d+)?(?![\w\]])"
)


def redacted(report: Report, level: str) -> Report:
    """The report with no more than the level tells, for every way of showing it. `ok` and progress stay as they are.

    Below "full" it has no number of the key: neither expected values nor numbers in messages and notes, but for those that
    the student entered. "where" tells nothing of a cell but whether its block is right, not right yet, or to do.
    """
    chosen = Level(level)
    if chosen is Level.FULL:
        return report
    own = _entered(report.cells)
    notes = tuple(_without_numbers(note, own) for note in report.notes)
    if chosen is Level.HINT:
        cells = tuple(_hinted(cell, own) for cell in report.cells)
    else:
        wrong = {(cell.sheet, cell.quantity) for cell in report.cells if cell.answer and _is_wrong(cell)}
        cells = tuple(_placed(cell, (cell.sheet, cell.quantity) in wrong) for cell in report.cells)
    return replace(report, cells=cells, notes=notes, level=chosen)


def named(words: str) -> str:
    """A text for whoever has no `sheetnet explain`: known mistakes by their names, without codes."""
    from sheetnet.mistakes import MISTAKES  # with NumPy

    return _CODE.sub(lambda code: MISTAKES[code[0]].name if code[0] in MISTAKES else "a mistake", words)


def unnamed(words: str) -> str:
    """A text that tells of known mistakes no more than that there is one."""
    return _CODE.sub("a mistake", _ASIDE.sub("", words))


def plainly_told(report: Report) -> Report:
    """The report for whoever has no `sheetnet explain`: known mistakes by their names, without codes."""
    cells = (
        replace(cell, message=named(_ASIDE.sub("", cell.message)), mistakes=tuple(map(named, cell.mistakes)))
        for cell in report.cells
    )
    return replace(report, cells=tuple(cells))


def for_students(report: Report) -> Report:
    """A student's copy as the command line shows it, at "hint"; any other workbook as it is."""
    return redacted(report, Level.HINT) if report.students_copy else report


def _is_wrong(cell: CellVerdict) -> bool:
    return cell.verdict not in (*SOUND, *OF_THE_ENGINE, Verdict.BLANK)


def _placed(cell: CellVerdict, in_wrong_block: bool) -> CellVerdict:
    """The cell as its block is: right, not right yet, or to do."""
    bare = replace(cell, expected=None, cause=None, mistakes=(), message="", formula=None)
    if cell.verdict in (*OF_THE_ENGINE, Verdict.MISSING):
        return replace(bare, message=cell.verdict.meaning)
    if cell.verdict == Verdict.BLANK:
        return replace(bare, message=cell.verdict.meaning)
    if in_wrong_block or _is_wrong(cell):
        return replace(bare, verdict=Verdict.WRONG, message=_NOT_YET)
    return replace(bare, verdict=Verdict.CORRECT)


def _hinted(cell: CellVerdict, own: frozenset[float]) -> CellVerdict:
    """The cell without what compares its number with the key's; its message keeps the mistake's name and why."""
    hint = "; ".join(part for part in cell.message.split("; ") if AT_THESE_INPUTS not in part)
    return replace(cell, expected=None, message=_without_numbers(hint, own))


def _entered(cells: Iterable[CellVerdict]) -> frozenset[float]:
    """The numbers that a student typed, alone or in formulas."""
    texts = (str(cell.value) if cell.formula is None else cell.formula for cell in cells)
    return frozenset(float(number[0]) for text in texts for number in _NUMBER.finditer(text))


def _without_numbers(words: str, own: frozenset[float]) -> str:
    return _NUMBER.sub(lambda number: number[0] if float(number[0]) in own else HIDDEN_NUMBER, words)
