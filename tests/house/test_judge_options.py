"""Options are checked when they are made, in the library as on the command line, and are known everywhere by one name."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

from sheetnet.batch.api import validate_many
from sheetnet.cli.commands import validate_command
from sheetnet.cli.options import EngineName
from sheetnet.cli.other_files import identify_command
from sheetnet.engine import ENGINES
from sheetnet.errors import UsageError
from sheetnet.files.limits import Limits
from sheetnet.generate import write_workbook
from sheetnet.identification import identify
from sheetnet.judge import validate
from sheetnet.judge_options import DEFAULT_OPTIONS, JudgeOptions
from sheetnet.workbook_options import WorkbookOptions


def options(**named: Any) -> JudgeOptions:
    """Options of whatever somebody takes for their values."""
    return JudgeOptions(**named)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown engine": ({"engine": "excel"}, "engine is 'excel', expected one of ironcalc, libreoffice"),
    "no trials": ({"trials": 0}, "trials is 0, expected a whole number from 1 to 1,000"),
    "too many trials": ({"trials": 1_001}, "trials is 1001, expected a whole number from 1 to 1,000"),
    "half a trial": ({"trials": 1.5}, "trials is 1.5, expected a whole number"),
    "trials as a text": ({"trials": "8"}, "trials is '8', expected a whole number"),
    "trials as a truth value": ({"trials": True}, "trials is True, expected a whole number"),
    "a negative seed": ({"seed": -1}, "seed is -1, expected a whole number from 0"),
    "a text as flag": ({"strict_inputs": "no"}, "strict_inputs is 'no', expected True or False"),
    "no steps": ({"steps": 0}, "steps is 0, expected a whole number from 1"),
    "a map that is no path": ({"inputs": 3}, "inputs is 3, expected the path of a file"),
    "a sheet that is no name": ({"sheet": 2}, "sheet is 2, expected the name of a sheet"),
    "blanks that are no words": ({"blanks": [1]}, "blanks is [1], expected a list of quantities"),
}


@pytest.mark.parametrize(("wrong", "said"), [pytest.param(*case, id=name) for name, case in WRONG.items()])
def test_a_wrong_option_is_one_clear_error_in_every_function(wrong: dict[str, Any], said: str) -> None:
    """At the call: no file is looked at, no worker starts."""
    calls: list[Callable[..., object]] = [JudgeOptions, lambda **o: validate("gone.xlsx", **o)]
    calls.append(lambda **o: validate_many(["gone.xlsx"], **o))
    if not wrong.keys() & {"strict_inputs", "blanks"}:
        calls.append(lambda **o: identify("gone.xlsx", "d02b", **o))
    for call in calls:
        with pytest.raises(UsageError) as caught:
            call(**wrong)
        assert str(caught.value).startswith(said)
        assert caught.value.place == next(iter(wrong))


@pytest.mark.parametrize("call", [validate, validate_many, lambda path, **o: identify(path, "d02b", **o)])
def test_a_misspelt_option_is_a_type_error_at_the_call(call: Callable[..., object]) -> None:
    """Once it made every file of a batch unreadable."""
    with pytest.raises(TypeError, match="trails"):
        call(["gone.xlsx"], trails=3)


def test_options_never_change_and_are_equal_however_they_were_given() -> None:
    """Integers of any kind, a list or one word."""
    assert options(trials=np.int64(3), blanks=["delta"]) == JudgeOptions(trials=3, blanks="delta")
    assert JudgeOptions(blanks="delta").blanks == ("delta",)
    with pytest.raises(FrozenInstanceError):
        DEFAULT_OPTIONS.trials = 3  # type: ignore[misc]


def test_functions_and_commands_take_their_defaults_from_the_options() -> None:
    """So no two of them differ, and none lacks an option."""
    names = {field.name for field in fields(JudgeOptions)}
    wanted = {name: getattr(JudgeOptions, name) for name in names - {"limits"}}
    for function in (validate, validate_many):
        found = inspect.signature(function).parameters
        assert {name: found[name].default for name in wanted} == wanted
    found = inspect.signature(validate_command).parameters
    named = {"blanks": "blank"}
    assert {name: found[named.get(name, name)].default for name in wanted} == wanted
    for found in (inspect.signature(identify).parameters, inspect.signature(identify_command).parameters):
        asked = wanted.keys() & found.keys()
        assert {name: found[name].default for name in asked} == {name: wanted[name] for name in asked}
        assert asked >= {"trials", "seed", "inputs", "steps"}
    assert [name.value for name in EngineName] == list(ENGINES)


def test_the_ranges_of_the_command_line_are_those_of_the_library() -> None:
    """What the command line takes, the library takes; what it refuses, that refuses too."""
    hints = typing.get_type_hints(validate_command, include_extras=True)
    for name in ("trials", "seed", "steps"):
        (option,) = (each for each in hints[name].__metadata__ if isinstance(each, typer.models.OptionInfo))
        ends = [end for end in (option.min, option.max) if end is not None]
        assert ends
        for end in ends:
            options(**{name: int(end)})
            with pytest.raises(UsageError, match=name):
                options(**{name: int(end) + (1 if end == option.max else -1)})


def test_a_large_file_that_a_limit_allows_is_kept_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it was judged again at each --resume."""
    path = write_workbook("d02b", tmp_path / "a.xlsx", WorkbookOptions())
    small = path.stat().st_size // 3
    monkeypatch.setattr(Limits, "file_size", small)  # as a file of 60 MB is to the default of 20
    for kept in (False, True):
        (result,) = validate_many(
            [path], jsonl=tmp_path / "r.jsonl", resume=True, limits={"file_size": 10 * small}, jobs=1
        )
        assert (result.ok, result.kept) == (True, kept)
