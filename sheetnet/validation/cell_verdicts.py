"""Gives each cell its verdict, from the values of all runs.

A run is the sheet's own numbers (the first run) or a trial. A cell agrees *here* when the workbook as a whole gives the
reference's value, and agrees *alone* when its own formula does, given right values in all other answer cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

import numpy as np

from sheetnet.engine.prepare import Run, cannot_move
from sheetnet.formulas import Dimensions, spoken
from sheetnet.reference import Array
from sheetnet.syntax import cell_name, functions
from sheetnet.syntax.function_facts import is_googles, volatile_function
from sheetnet.trials.tolerance import Truth, right_digits, same, scales
from sheetnet.validation.case import Answer, quantity_of
from sheetnet.validation.result import AT_THESE_INPUTS, RIGHT_AS_TEXT, CellVerdict
from sheetnet.validation.texts import Texts, is_remark, number_in
from sheetnet.verdict import Verdict
from sheetnet.workbook import CellError, Place, Value

STILL = "no input moves this formula"
ENTER_AGAIN = "delete the apostrophe before it, or set the cell's format to General, and enter it again"
NOT_IMPLEMENTED = CellError("#N/IMPL!")  # what IronCalc gives for what it does not know yet


@dataclass(frozen=True)
class Evidence:
    """What the runs gave for all answers: runs × answers each. `alone` is None where everything agreed as a whole.

    `alone_values` are, by the answer's number, what its formula gave alone, where that is not all right numbers.

    `own` says whether the first run is the sheet's own numbers; `shown` are the sheet's own values, run or not. `noise` is
    how many times the absolute tolerance each answer is allowed, because rounding is magnified in it.
    """

    shown: Sequence[Value]
    expected: Array
    here: Truth
    alone: Truth | None
    alone_values: Mapping[int, Sequence[Value]]
    doubtful: Truth
    own: bool
    texts: Texts
    noise: Array

    @cached_property
    def rooms(self) -> list[float]:
        """How far a saved value may be from the shown one, beside the relative tolerance, before it is an old one.

        A file's own program rounds otherwise than the engine, by as much as the judge allows.
        """
        kinds, kind_of = np.unique(self.noise, return_inverse=True)  # few, so that cells share their numbers
        rooms = (kinds * (scales(self.expected)[0] if self.own else 1.0)).tolist()
        return [rooms[kind] for kind in kind_of.tolist()]

    @cached_property
    def own_expected(self) -> list[float | None]:
        """What the reference gives at the sheet's own inputs, an answer each; None where that is not compared."""
        if not self.own:
            return [None] * self.expected.shape[1]
        return [number if isfinite(number) else None for number in self.expected[0].tolist()]

    @cached_property
    def in_doubt(self) -> list[bool]:
        """`doubtful` as plain truth values: asked of every cell, they are quicker so."""
        doubtful: list[bool] = self.doubtful.tolist()
        return doubtful

    @cached_property
    def settled(self) -> list[bool]:
        """The answers that are compared in every run and agree in each, as a whole and alone."""
        agree = self.here if self.alone is None else self.here & self.alone
        settled: list[bool] = np.all(agree & np.isfinite(self.expected), axis=0).tolist()
        return settled

    def signature(self, number: int) -> Array:
        """The numbers that an answer's formula gave alone, NaN for what is none."""
        if number not in self.alone_values:
            return np.asarray(self.expected[:, number])
        return Run.of(self.alone_values[number]).numbers

    @property
    def trials(self) -> slice:
        """The runs that are trials."""
        return slice(1 if self.own else 0, None)


def verdict_of(answer: Answer, number: int, evidence: Evidence) -> tuple[Verdict, str]:
    """The verdict of answer `number`, and one sentence why."""
    if answer.formula is None:
        return _constant(answer, number, evidence)
    if (decided := _by_text(answer, number, evidence)) is not None:
        return decided
    if chance := volatile_function(answer.formula):
        return Verdict.WRONG, f"{chance} gives another value at every look: not deterministic"
    if evidence.alone is None:
        return _right(answer, number, evidence)
    if evidence.settled[number]:
        return _right(answer, number, evidence)
    whole = bool(evidence.here[:, number].all())
    if moved := cannot_move(answer.formula):
        if whole:
            return _right(answer, number, evidence)
        names = ", ".join(sorted(moved))
        return Verdict.UNSUPPORTED, f"{names} takes addresses as text, so this formula cannot be tried alone"
    decided = _alone(answer, number, evidence) if number in evidence.alone_values else None
    if decided is not None or whole:
        return decided or _right(answer, number, evidence)
    return _doubt(number, evidence) or (Verdict.CARRIED, "the formula is right")


def _alone(answer: Answer, number: int, evidence: Evidence) -> tuple[Verdict, str] | None:
    """The verdict on a formula by what it gives alone; None where that is right."""
    assert evidence.alone is not None
    values = evidence.alone_values[number]
    if NOT_IMPLEMENTED in values:
        used = ", ".join(functions(answer.formula or ""))
        return Verdict.UNSUPPORTED, f"the engine cannot evaluate this formula ({used}): try --engine libreoffice"
    failed = np.array([isinstance(value, CellError) for value in values]) & np.isfinite(evidence.expected[:, number])
    if failed.any() and (failed[0] or bool(evidence.alone[~failed, number].all())):
        return Verdict.ERROR, f"the formula gives {next(value for value in values if isinstance(value, CellError))}"
    return None if evidence.alone[:, number].all() else _wrong(values, number, evidence)


def _by_text(answer: Answer, number: int, evidence: Evidence) -> tuple[Verdict, str] | None:
    """The verdict on a formula that is none, or that the engine cannot compute; None for all others."""
    if fault := evidence.texts.faults.get(number):
        return Verdict.ERROR, f"this is no whole formula: {fault}"
    reason = evidence.texts.unsupported.get(number)
    if reason is None:
        return None
    expected = evidence.own_expected[number]
    agrees = expected is not None and same(answer.cell.value, expected)
    seen = "; the program that saved the file shows the expected number" if agrees else ""
    if is_googles(answer.formula or ""):
        return Verdict.UNSUPPORTED, f"{reason}{seen}"
    return Verdict.UNSUPPORTED, f"IronCalc cannot compute {reason}: try --engine libreoffice{seen}"


def _right(answer: Answer, number: int, evidence: Evidence) -> tuple[Verdict, str]:
    """Correct, where the trials could tell; with a hint where older programs show an error all the same."""
    message, need = "computes what it should", evidence.texts.entry.get(number)
    if need is not None and isinstance(answer.cell.value, CellError):
        message = f"shows {answer.cell.value}: {need.value} an error unless it is entered with Ctrl+Shift+Enter"
        return Verdict.ERROR, message
    if need is not None:
        message += f", but {need.value} an error unless it is entered with Ctrl+Shift+Enter"
    return _doubt(number, evidence) or (Verdict.CORRECT, message)


def _doubt(number: int, evidence: Evidence) -> tuple[Verdict, str] | None:
    if not evidence.in_doubt[number]:
        return None
    if not len(evidence.here[evidence.trials]):
        message = "there are no trials, and at the sheet's own inputs alone a wrong formula may look right"
        return Verdict.UNDETERMINED, message
    return Verdict.UNDETERMINED, "no trial could tell a right formula from a wrong one here: ask for more --trials"


def _constant(answer: Answer, number: int, evidence: Evidence) -> tuple[Verdict, str]:
    """A cell without a formula: empty, text, or a number that stands where a calculation should."""
    value = answer.cell.value
    if value is None or (isinstance(value, str) and not value.strip()):
        return Verdict.BLANK, "nothing was entered"
    if isinstance(value, CellError):
        return Verdict.ERROR, f"holds the error {value}"
    if isinstance(value, str):
        return _text(value, answer, number, evidence)
    if not isinstance(value, float):
        return Verdict.WRONG, f"contains {str(value).upper()}, not a number"
    return _typed(value, answer, number, evidence)


def _text(text: str, answer: Answer, number: int, evidence: Evidence) -> tuple[Verdict, str]:
    """A text where a calculation should be: a remark, a number entered as text, or what may be a formula."""
    if is_remark(text):
        return Verdict.BLANK, f"nothing was entered but the remark {text!r}"
    if (typed := number_in(text)) is None:
        return Verdict.WRONG, f"contains the text {text!r}, not a number: enter the formula alone"
    verdict, message = _typed(typed, answer, number, evidence)
    right = verdict == Verdict.CORRECT
    return Verdict.WRONG, f"{RIGHT_AS_TEXT}: {ENTER_AGAIN}" if right else f"entered as text, and {message}"


def _typed(value: float, answer: Answer, number: int, evidence: Evidence) -> tuple[Verdict, str]:
    """A number where a calculation should be."""
    expected = evidence.expected[:, number]
    if bool((expected == expected[0]).all()):  # the bias node, and derivatives that never change
        right = value == expected[0]
        what = "the bias node is always 1" if answer.bias_node else f"this is {expected[0]:g} whatever the inputs"
        return (Verdict.CORRECT, what) if right else (Verdict.WRONG, what)
    if not evidence.own or not np.isfinite(expected[0]):
        return Verdict.HARDCODED, "a typed number stands where a formula should"
    return Verdict.HARDCODED, f"a typed number stands where a formula should; {_how_right(value, float(expected[0]))}"


def _how_right(value: float, expected: float) -> str:
    digits = right_digits(value, expected)
    return f"it is right to {digits} digits {AT_THESE_INPUTS}" if digits else f"it is wrong {AT_THESE_INPUTS} too"


def _wrong(values: Sequence[Value], number: int, evidence: Evidence) -> tuple[Verdict, str]:
    assert evidence.alone is not None
    trials = values[evidence.trials]
    moving = bool(trials) and bool(np.ptp(evidence.expected[evidence.trials, number]) > 0)
    own = values[0] if evidence.own else None
    if moving and len(trials) > 1 and all(value == trials[0] for value in values):
        found = f"; {_how_right(own, float(evidence.expected[0, number]))}" if isinstance(own, float) else ""
        return Verdict.HARDCODED, f"{STILL}{found}"
    if texts := [value for value in values if not isinstance(value, float | CellError)]:
        return Verdict.WRONG, f"the formula gives {_called(texts[0])}, not a number"
    agree = evidence.alone[:, number]
    if evidence.own and agree[0]:
        return Verdict.WRONG, "right at the sheet's own inputs by chance, wrong at others"
    if evidence.own and agree[1:].all():
        return Verdict.WRONG, "right in every trial, but not at the sheet's own inputs"
    return Verdict.WRONG, "the formula computes something else"


def _called(value: Value) -> str:
    return f"the text {value!r}" if isinstance(value, str) else "nothing" if value is None else str(value).upper()


def cell_verdict(answer: Answer, number: int, evidence: Evidence) -> CellVerdict:
    """The whole verdict of one answer."""
    verdict, message = verdict_of(answer, number, evidence)
    quantity, index = quantity_of(answer.block, answer.row, answer.column)
    value = evidence.shown[number]
    return CellVerdict(
        sheet=answer.place[0],
        cell=cell_name(*answer.place[1:]),
        quantity=quantity,
        index=index,
        verdict=verdict,
        message=message,
        formula=answer.formula,
        value=value,
        expected=evidence.own_expected[number],
        saved=answer.cell.value,
        stale=answer.formula is not None
        and answer.cell.value is not None
        and not same(answer.cell.value, value, evidence.rooms[number]),
    )


def named_place(place: Place, cells: Mapping[Place, CellVerdict], dimensions: Dimensions) -> str:
    """A cell as a sentence names it: `Step!D22 (z⁽¹⁾ of neuron 1)`."""
    found = cells[place]
    return f"{found.place} ({spoken(found.quantity, found.index, dimensions)})"
