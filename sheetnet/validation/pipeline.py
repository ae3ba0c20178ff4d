"""Judges a workbook whose blocks have names: verdicts from the runs, then one step after another that makes them sharper.

Which network it should compute, and whether this judge or the one of other layouts is asked, is decided in `judge.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sheetnet.effort import Effort
from sheetnet.engine import engine_named
from sheetnet.formulas import Dimensions, spoken
from sheetnet.judge_options import JudgeOptions
from sheetnet.network import Network
from sheetnet.syntax import cell_name
from sheetnet.syntax.references import and_more
from sheetnet.validation.case import Case, edited_inputs, played_ties
from sheetnet.validation.placement_notes import placement_notes
from sheetnet.validation.refine.explain import SKIPPED, name_mistakes, say_what_cancels, say_what_was_skipped
from sheetnet.validation.refine.other_readings import say_what_was_meant, take_own_convention, take_targets_as_one_hot
from sheetnet.validation.refine.repair import find_fillings, try_repairs
from sheetnet.validation.refine.root_causes import (
    blame_volatile_helpers,
    leave_open_what_was_inserted,
    name_root_causes,
)
from sheetnet.validation.result import CellVerdict, Report
from sheetnet.validation.state import Refinement, Runner, Runs, State
from sheetnet.validation.texts import entry_notes
from sheetnet.verdict import Verdict
from sheetnet.workbook import Value, Workbook

REFINEMENTS: tuple[Refinement, ...] = (
    leave_open_what_was_inserted,  # errors that a blank line inside a block makes
    take_own_convention,  # the whole sheet follows another convention
    take_targets_as_one_hot,  # right for targets of 0 and 1, as the sheet has them
    try_repairs,  # right but for rounding, a typed number, a helper cell, a slip of its entry
    name_mistakes,  # what a known mistake would give
    find_fillings,  # what nothing explains, but is a right formula as filled from elsewhere
    say_what_cancels,  # a wrong formula that shows the right number
    say_what_was_meant,  # texts, and names of functions in other languages
    say_what_was_skipped,  # for what the budget of work did not last
    blame_volatile_helpers,  # chance by way of helper cells
    name_root_causes,  # whose error the carried ones are
)


def refined(runner: Runner, effort: Effort | None = None) -> State:
    """The verdicts of a case after all steps, on which so much effort is spent."""
    state = State.first(runner, effort)
    for step in REFINEMENTS:
        state = step(state)
    return state


def judge_named(workbook: Workbook, network: Network, options: JudgeOptions) -> Report:
    """The report on a workbook; engines are asked by name, and what one cannot compute stays `unsupported`."""
    runner = Runner(Case.of(workbook, network, options.trials, options.seed), engine_named(options.engine))
    found = refined(runner)
    case, convention = found.case, found.case.convention
    problems = [
        CellVerdict(None, None, p.block, None, p.verdict, p.message) for p in case.located.problems if p.verdict
    ]
    return Report(
        workbook="",
        network=network.title,
        network_source="the file given",
        engine=options.engine,
        trials=case.trials.count,
        seed=options.seed,
        cells=(*problems, *_bad_inputs(case, found.runs), *found.cells),
        edited_inputs=tuple(edited_inputs(network, case.inputs, found.runs.inputs)),
        notes=tuple(_notes(found)),
        convention=convention.name if convention else None,
    )


def _notes(found: State) -> Iterator[str]:
    case, located = found.case, found.case.located
    if case.convention:
        yield f"judged by the sheet's own convention: {case.convention.message}"
    yield from located.notes
    if located.areas:
        yield from found.lost.notes(found.cells)
        yield from placement_notes(case.workbook, case.network, located, case.answers, tuple(found.cells))
    if tied := played_ties(case.network, case.inputs):
        known = Dimensions.of(case.network)
        one, other = (spoken(name, (row, column), known) for name, row, column in next(iter(tied.items())))
        more = f",{and_more(len(tied) - 1)}" if len(tied) > 1 else ""
        yield f"inputs refer to each other, so that formulas may use either: {one} is {other} here{more}"
    yield from entry_notes(case.answers, found.cells, found.runner.texts)
    if skipped := sum(cell.message.endswith(SKIPPED) for cell in found.cells):
        yield (
            f"{skipped:,} wrong {'cell was' if skipped == 1 else 'cells were'} {SKIPPED}: to look for the mistake in each "
            "takes more work than one workbook gets; the verdicts stand, and correcting the first cells shows more"
        )
    if not case.trials.count:
        yield (
            "no random inputs were found at which the numbers of this network stay finite: nothing could be tried, so check "
            "the network's activations and loss, or take another --seed"
        )
    if not found.runs.evidence.own:
        yield "the sheet's own inputs give no finite numbers to compare with: the trials alone judge"


def _bad_inputs(case: Case, runs: Runs) -> list[CellVerdict]:
    """Input cells that hold text, an error, or nothing where that makes errors: nothing can be computed from them."""
    return [
        CellVerdict(
            cell.place[0],
            cell_name(*cell.place[1:]),
            cell.element[0],
            cell.element[1:],
            Verdict.ERROR,
            f"this input contains {_content(value)}, not a number: enter a number; the trials put random ones in its place",
            formula=cell.formula,
            value=value,
        )
        for cell in case.inputs
        if not isinstance(value := runs.inputs[cell.place], float) and (value is not None or cell.place in runs.lacking)
    ]


def _content(value: Value) -> str:
    if value is None:
        return "nothing"
    return f"the text {value!r}" if isinstance(value, str) else str(value).upper()
