"""How a workbook is to be judged: the engine, the trials, what was asked of students, and the limits on its file."""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from dataclasses import dataclass

from sheetnet.engine import ENGINES
from sheetnet.errors import UsageError
from sheetnet.files.limits import DEFAULT_LIMITS, Limits
from sheetnet.toml_fields import shown
from sheetnet.trials import TRIALS

MOST_TRIALS = 1_000


@dataclass(frozen=True)
class JudgeOptions:
    """Options of `validate`, `identify` and their commands, which take their defaults from here.

    `strict_inputs`: an edited input keeps a report from being ok. `inputs` is a file that says where the inputs stand in a
    layout that is not sheetnet's, `steps` how many training steps to look for there, `sheet` the sheet that counts where
    several have networks or the same numbers; with `complete` it must compute the whole step. `blanks` are the
    quantities that students were asked for, None what each copy says. Raises UsageError for a value that no option can have.
    """

    engine: str = "ironcalc"
    trials: int = TRIALS
    seed: int = 0
    strict_inputs: bool = False
    inputs: str | os.PathLike[str] | None = None
    steps: int | None = None
    sheet: str | None = None
    complete: bool = False
    blanks: Sequence[str] | None = None
    limits: Limits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise _wrong("engine", self.engine, f"one of {', '.join(ENGINES)}")
        self._whole("trials", 1, MOST_TRIALS)
        self._whole("seed", 0)
        if self.steps is not None:
            self._whole("steps", 1)
        for name in ("strict_inputs", "complete"):
            if not isinstance(getattr(self, name), bool):
                raise _wrong(name, getattr(self, name), "True or False")
        if self.inputs is not None and not isinstance(self.inputs, str | os.PathLike):
            raise _wrong("inputs", self.inputs, "the path of a file that says where the inputs stand")
        if self.sheet is not None and not isinstance(self.sheet, str):
            raise _wrong("sheet", self.sheet, "the name of a sheet")
        if self.blanks is not None:
            words: object = [self.blanks] if isinstance(self.blanks, str) else self.blanks
            if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
                raise _wrong("blanks", self.blanks, 'a list of quantities, such as ["delta_2"]')
            object.__setattr__(self, "blanks", tuple(words))
        if not isinstance(self.limits, Limits):
            raise _wrong("limits", self.limits, "a Limits, such as Limits(file_size=50_000_000)")

    def _whole(self, name: str, least: int, most: int | None = None) -> None:
        """A whole number, whatever type of integer it came as."""
        value = getattr(self, name)
        expected = f"a whole number from {least:,}" + (f" to {most:,}" if most is not None else "")
        try:
            number = operator.index(value)
        except TypeError:
            raise _wrong(name, value, expected) from None
        if isinstance(value, bool) or number < least or (most is not None and number > most):
            raise _wrong(name, value, expected)
        object.__setattr__(self, name, number)


def _wrong(name: str, value: object, expected: str) -> UsageError:
    return UsageError(f"{name} is {shown(value)}, expected {expected}", place=name)


DEFAULT_OPTIONS = JudgeOptions()
