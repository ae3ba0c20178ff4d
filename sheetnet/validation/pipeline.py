"""From a case to its verdicts: those that follow from the runs, then one step after another that makes them sharper."""

from __future__ import annotations

from sheetnet.validation.refine.name_mistakes import name_mistakes, say_what_cancels
from sheetnet.validation.refine.other_readings import say_what_was_meant, take_own_convention, take_targets_as_one_hot
from sheetnet.validation.refine.root_causes import name_root_causes
from sheetnet.validation.refine.try_repairs import find_fillings, try_repairs
from sheetnet.validation.refine.volatility import blame_volatile_helpers
from sheetnet.validation.run import Runner
from sheetnet.validation.state import Refinement, State

REFINEMENTS: tuple[Refinement, ...] = (
    take_own_convention,  # the whole sheet follows another convention
    take_targets_as_one_hot,  # right for targets of 0 and 1, as the sheet has them
    try_repairs,  # right but for rounding, a typed number, a helper cell, a slip of its entry
    name_mistakes,  # what a known mistake would give
    find_fillings,  # what nothing explains, but is a right formula as filled from elsewhere
    say_what_cancels,  # a wrong formula that shows the right number
    say_what_was_meant,  # texts, and names of functions in other languages
    blame_volatile_helpers,  # chance by way of helper cells
    name_root_causes,  # whose error the carried ones are
)


def refined(runner: Runner) -> State:
    """The verdicts of a case after all steps."""
    state = State.first(runner)
    for step in REFINEMENTS:
        state = step(state)
    return state
