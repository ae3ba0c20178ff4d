"""Right formulas, otherwise written: tests/data/forms/equivalent.json, built as workbooks and proven right.

A form replaces formulas of a template's workbook; its edits are those of tests/support/quantities.py, `ARRAY {…}` enters
one array formula. Forms with functions that LibreOffice 7.4 lacks have a NumPy expression of the first edited cell in
its place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sheetnet.engine import engine_named
from sheetnet.engine.libreoffice import recalculate
from sheetnet.engine.prepare import Run, Trial, prepared, with_numbers
from sheetnet.files import read_workbook, save_workbook
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.reference import Array, evaluate_step, inputs_of
from sheetnet.trials import TRIALS
from sheetnet.trials.tolerance import as_numbers
from sheetnet.validation.case import Case
from sheetnet.validation.state import Runner
from sheetnet.workbook import Cell, Place, Value, Workbook
from tests.support.paths import DATA
from tests.support.quantities import Array as Entered
from tests.support.quantities import Content, edited, places
from tests.support.sheets import step_book

FILE = DATA / "forms" / "equivalent.json"
FILES = 80  # files a start of LibreOffice
TIME_LIMIT = 240  # seconds for it to recalculate them


@dataclass(frozen=True)
class Form:
    """One right formula, or some that belong together, for cells of a template's sheet Step."""

    id: str
    template: str
    note: str
    edits: Mapping[str, str | float]
    libreoffice: bool = True
    numpy: str = ""

    def __str__(self) -> str:
        return f"{self.id} {self.note}"


def load_forms() -> list[Form]:
    """All forms of the file."""
    return [Form(**entry) for entry in json.loads(FILE.read_text("utf-8"))]


@cache
def plain(template: str) -> tuple[Network, Workbook]:
    """A template's network, and its workbook as generated."""
    network = load_network(template)
    return network, step_book(network)


def built(form: Form) -> tuple[Network, Workbook]:
    """The workbook with the form entered. Its cells keep the right numbers as cached values, as a program saves them."""
    network, workbook = plain(form.template)
    edits: dict[str, Content] = {}
    for place, content in form.edits.items():
        array = place.startswith("ARRAY ")
        edits[place.removeprefix("ARRAY ")] = Entered(str(content)) if array else content
    return network, with_values_of(workbook, edited(workbook, network, edits))


def with_values_of(right: Workbook, workbook: Workbook) -> Workbook:
    """The workbook with the cached values of another, wherever both hold a formula's number."""
    sheets = []
    for sheet in workbook.sheets:
        old = right.sheet(sheet.name)
        known = {at: cell.value for at, cell in old.cells.items()} if old else {}
        cells = {
            at: replace(cell, value=known.get(at, 0.0)) if cell.formula is not None else cell
            for at, cell in sheet.cells.items()
        }
        filled = {
            (top + r, left + c): Cell(old.cells[top + r, left + c].value)
            for (top, left), (rows, columns) in sheet.arrays.items()
            for r in range(rows)
            for c in range(columns)
            if (r or c) and old and (top + r, left + c) in old.cells
        }
        sheets.append(replace(sheet, cells=cells | filled))
    return replace(workbook, sheets=tuple(sheets))


def edited_cells(form: Form, workbook: Workbook, network: Network) -> list[Place]:
    """The cells on Step that the form fills."""
    filled = [text.removeprefix("ARRAY ") for text in form.edits if "{" in text]
    return [place for text in filled for place in places(text, workbook, network)]


@cache
def runner_of(template: str) -> Runner:
    """The generated workbook of a template, with the judge's trials."""
    network, workbook = plain(template)
    return Runner(Case.of(workbook, network, TRIALS, 0), engine_named("ironcalc"))


def other_inputs(form: Form) -> dict[str, Array]:
    """One other set of inputs, with a trials axis of 1. Where targets are 0 or 1, as for a softmax, they are here too."""
    runner = runner_of(form.template)
    inputs = {name: array[:1].copy() for name, array in runner.drawn.items()}
    own = inputs_of(runner.case.network)
    if set(np.unique(own["target"])) <= {0.0, 1.0}:
        inputs["target"] = np.flip(own["target"], axis=-1)
    return inputs


def differing(forms: Sequence[Form], folder: Path) -> dict[str, list[str]]:
    """Form's id → what LibreOffice computes otherwise than NumPy, at the template's inputs or at the others."""
    paths = []
    for form in forms:
        for number, trial in enumerate((None, runner_of(form.template).numbers(other_inputs(form))[0])):
            path = folder / f"{form.id}-{number}.xlsx"
            save_workbook(_with_trial(form, trial), path)
            paths.append(path)
    results: list[Path] = []
    for start in range(0, len(paths), FILES):
        results += recalculate(paths[start : start + FILES], folder / "recalculated", time_limit=TIME_LIMIT)
    found: dict[str, list[str]] = {form.id: [] for form in forms}
    for number, path in enumerate(results):
        form = forms[number // 2]
        inputs = other_inputs(form) if number % 2 else inputs_of(runner_of(form.template).case.network)
        found[form.id] += _different(form, read_workbook(path), inputs)
    return found


def _with_trial(form: Form, trial: Trial) -> Workbook:
    _, workbook = built(form)
    drivers = list(runner_of(form.template).case.drivers)
    return prepared(workbook, []) if trial is None else with_numbers(prepared(workbook, drivers), drivers, trial)


def _different(form: Form, result: Workbook, inputs: Mapping[str, Array]) -> list[str]:
    """The answers of a recalculated workbook that are not NumPy's."""
    runner = runner_of(form.template)
    values: list[Value] = []
    for answer in runner.case.answers:
        sheet = result.sheet(answer.place[0])
        cell = sheet.cells.get(answer.place[1:]) if sheet else None
        value = cell.value if cell else None
        values.append(float(value) if isinstance(value, bool) else value)  # --(x>0) is saved as a truth value
    expected = runner.expected(inputs)
    agrees = runner.agreement(as_numbers([Run.of(values)]), expected)[0]
    return [
        f"{answer.block.name}[{answer.row},{answer.column}] {value} not {right}"
        for answer, value, right, fits in zip(runner.case.answers, values, expected[0], agrees, strict=True)
        if not fits
    ]


def numpy_differs(form: Form) -> list[str]:
    """What the form's NumPy expression gives otherwise than the reference, at either set of inputs."""
    network, workbook = plain(form.template)
    first = edited_cells(form, workbook, network)[0]
    runner = runner_of(form.template)
    answer = next(index for index, each in enumerate(runner.case.answers) if each.place == first)
    wrong = []
    for inputs in (inputs_of(network), other_inputs(form)):
        arrays: dict[str, Any] = {name: array[0] for name, array in evaluate_step(network, inputs).items()}
        known = {name: getattr(np, name) for name in ("exp", "log", "tanh", "sum", "mean")}
        value = eval(form.numpy, {"max": max, **known}, arrays)
        right = runner.expected(inputs)[0][answer]
        if not np.isclose(value, right, rtol=1e-9, atol=1e-12):
            wrong.append(f"{form.numpy} is {value}, not {right}")
    return wrong
