"""Names the known mistakes that explain wrong formulas, and says where another error cancels one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sheetnet.effort import WorkBudget
from sheetnet.syntax.dependencies import Followed, through_helpers
from sheetnet.validation.case import Case
from sheetnet.validation.refine.propose_repairs import DOLLAR_SLIP, EMPTY_SLIP, empty_cells
from sheetnet.validation.result import CellVerdict
from sheetnet.validation.state import State
from sheetnet.verdict import Verdict
from sheetnet.workbook import Place

if TYPE_CHECKING:
    from sheetnet.mistakes import Element
    from sheetnet.mistakes.search import Explanation

MOST_EMPTY = 3  # empty cells of one formula that are named
SKIPPED = "not looked at twice"
CANCELLED = "its number is right all the same, because another error cancels this one"


class Sources:
    """What the formulas of a workbook refer to, as elements of blocks: ("z_1", 0, 1)."""

    def __init__(self, case: Case, budget: WorkBudget) -> None:
        self._case, self.graph = case, Followed(case.dependencies, budget)

    @cached_property
    def _elements(self) -> dict[Place, list[Element]]:
        """The elements that stand in a cell; views are ways to the step's cells, as helper cells are."""
        found: dict[Place, list[Element]] = {}
        for cell in self._case.inputs:
            found.setdefault(cell.place, []).append(cell.element)
        for answer in self._case.answers:
            if answer.block.name in self._case.network.blocks:
                found.setdefault(answer.place, []).append((answer.block.name, answer.row, answer.column))
        return found

    def of(self, place: Place) -> frozenset[Element] | None:
        """The elements that the formula at a place refers to; None where that cannot be told."""
        used = list(through_helpers(self.graph, place, self._elements))
        helpers = [place, *(cell for cell in used if cell not in self._elements)]
        if any(map(self._case.dependencies.makes_up, helpers)):
            return None
        return frozenset(element for cell in used for element in self._elements.get(cell, ()))


def name_mistakes(state: State) -> State:
    """The verdicts, with the known mistakes of each wrong cell that explain it in every run, the likeliest first."""
    evidence, cells, case = state.runs.evidence, list(state.cells), state.case
    wrong = [n for n, cell in enumerate(cells) if is_suspected(cell)]
    if evidence.alone is None or not wrong:
        return state
    from sheetnet.mistakes.search import Diagnosis  # the catalogue is large, and right sheets do not need it

    values, sources = state.runner.quantities(state.runs.drawn), Sources(case, state.effort.followed)
    diagnosis = Diagnosis(case.network, values, state.effort.guesses, _shared_trials(state))
    skipped: list[int] = []
    for number in wrong:
        answer, signature = case.answers[number], evidence.signature(number)
        if cells[number].verdict == Verdict.HARDCODED and np.ptp(signature) > 0:
            continue  # a typed number is the reason, which has been told
        reads = sources.of(answer.place)
        if not sources.graph.is_whole:  # what a formula cannot know is no explanation
            skipped.append(number)
            continue
        findings = diagnosis.findings(answer.block.name, answer.row, answer.column, signature, reads)
        if findings:
            cells[number] = _with(cells[number], findings)
        elif (answer.block.name, answer.row, answer.column) in diagnosis.cut_short:
            skipped.append(number)
        if state.effort.read.take(len(cells[number].formula or "")):
            cells[number] = _with_empty_cells(case, cells[number], answer.place)
    return state.given(cells, skipped)


def _shared_trials(state: State) -> slice | None:
    """The runs in which all files of a class have the same numbers: the trials that are drawn for the network."""
    begin, count = int(state.runs.evidence.own), state.case.trials.count
    return slice(begin, begin + count) if count else None


def say_what_cancels(state: State) -> State:
    """The verdicts; where a wrong formula shows the right number, which another error makes it, that is said."""
    evidence = state.runs.evidence
    return state.given(
        [
            replace(cell, message=f"{cell.message}; {CANCELLED}")
            if cell.verdict == Verdict.WRONG
            and cell.formula is not None
            and evidence.here[:, n].all()
            and evidence.alone is not None
            and not evidence.alone[:, n].all()
            else cell
            for n, cell in enumerate(state.cells)
        ]
    )


def say_what_was_skipped(state: State) -> State:
    """The verdicts; those for which the effort did not last say so, unless something was found all the same."""
    return state.given(
        [
            replace(cell, message=f"{cell.message}; {SKIPPED}")
            if n in state.skipped and not cell.mistakes and cell.verdict in (Verdict.WRONG, Verdict.HARDCODED)
            else cell
            for n, cell in enumerate(state.cells)
        ]
        if state.skipped
        else state.cells
    )


def is_suspected(cell: CellVerdict) -> bool:
    """Whether the cell's formula is one that an explanation is sought for."""
    return cell.verdict in (Verdict.WRONG, Verdict.HARDCODED) and bool(cell.formula)


def _with(cell: CellVerdict, findings: Sequence[Explanation]) -> CellVerdict:
    """The verdict with its explanations; where a slip of its entry is known, that is told and they give it a name."""
    if not cell.mistakes:
        codes = tuple(finding.code for finding in findings)
        return replace(cell, message=f"{cell.message}: {words_of(findings)}", mistakes=codes)
    from sheetnet.mistakes import CHAPTERS, MISTAKES

    misread = [finding for finding in findings if finding.mistakes[0] in CHAPTERS["Any formula"]]
    if DOLLAR_SLIP in cell.mistakes:  # what a reference met that drifted; what else gives that number is chance
        findings = [*misread, *(finding for finding in findings if finding not in misread)]
    codes = tuple(finding.code for finding in findings)
    first = cell.mistakes if DOLLAR_SLIP in cell.mistakes and not misread else ()
    codes = tuple(dict.fromkeys((*first, *codes, *cell.mistakes)))
    named = MISTAKES[first[0]].name + f" ({first[0]})" if first else findings[0].text
    return replace(cell, message=f"{cell.message}; {named}{_or(codes[1:])}", mistakes=codes)


def _with_empty_cells(case: Case, cell: CellVerdict, place: Place) -> CellVerdict:
    """The verdict with the empty cells to which the formula refers."""
    empty = empty_cells(case.workbook, place, cell.formula or "", case.known)
    if not empty:
        return cell
    named = f"{', '.join(empty[:MOST_EMPTY])} {'is' if len(empty) == 1 else 'are'} empty"
    return replace(cell, message=f"{cell.message}; {named} ({EMPTY_SLIP})", mistakes=(*cell.mistakes, EMPTY_SLIP))


def words_of(findings: Sequence[Explanation]) -> str:
    """The first explanation with its reason; of others that fit as well the codes alone."""
    first = findings[0]
    why = f". {first.mistakes[0].why}" if len(first.mistakes) == 1 else ""
    return first.text + why + _or([finding.code for finding in findings[1:]])


def _or(codes: Sequence[str]) -> str:
    """Other explanations that fit as well, by their codes."""
    return f" (or: {', '.join(codes)})" if codes else ""
