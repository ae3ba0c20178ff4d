"""Mutants of a workbook's formulas, after Abraham and Erwig (2009), and whether judging blames exactly those that matter.

A mutant is one formula with one small change. Whether it computes something else is decided apart from the judge: by
evaluating it and the original side by side at other random inputs.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sheetnet.engine import engine_named
from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.syntax import Token, cell_name, column_letters, column_number, tokenize
from sheetnet.trials.for_workbook import draw_for
from sheetnet.validation.case import Case
from sheetnet.validation.conventions import CONVENTIONS
from sheetnet.validation.refine.other_readings import has_one_hot_targets
from sheetnet.validation.state import Runner, Runs
from sheetnet.workbook import Cell, Place, Workbook

WITNESS_SEED, WITNESS_TRIALS = 4242, 40  # other draws than the judge's, and more of them
OPERATORS = {"+": "-", "-": "+", "*": "/", "/": "*", "^": "*", ">": "<", "<": ">", "=": "<>"}
FUNCTIONS = {"SUM": "MAX", "MAX": "MIN", "SUMPRODUCT": "SUM", "EXP": "LN", "LN": "LOG10", "TANH": "SIN", "IF": "MAX"}
_REFERENCE = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([0-9]+)")

Mutate = Callable[[list[Token], int], str | None]


def _with(tokens: list[Token], index: int, text: str) -> str:
    return "".join([*(t.text for t in tokens[:index]), text, *(t.text for t in tokens[index + 1 :])])


def _moved(rows: int, columns: int) -> Mutate:
    def move(tokens: list[Token], index: int) -> str | None:
        match = _REFERENCE.fullmatch(tokens[index].text) if tokens[index].kind == "reference" else None
        if match is None:
            return None
        column, row = column_number(match[2]) + columns, int(match[4]) + rows
        if column < 1 or row < 1:
            return None
        return _with(tokens, index, f"{match[1]}{column_letters(column)}{match[3]}{row}")

    return move


def _whole_range(rows: int, columns: int) -> Mutate:
    """Move both ends of a range."""
    move = _moved(rows, columns)

    def both(tokens: list[Token], index: int) -> str | None:
        if not _is_range(tokens, index):
            return None
        first = move(tokens, index)
        return None if first is None else move(tokenize(first), index + 2)

    return both


def _is_range(tokens: list[Token], index: int) -> bool:
    return tokens[index].kind == "reference" and index + 2 < len(tokens) and tokens[index + 1].text == ":"


def _resized(rows: int, columns: int) -> Mutate:
    """Move the second end of a range: it grows or shrinks."""
    move = _moved(rows, columns)
    return lambda tokens, index: move(tokens, index + 2) if _is_range(tokens, index) else None


def _dollars(tokens: list[Token], index: int) -> str | None:
    """Relative to absolute and back: the same cell, so always equivalent in place."""
    match = _REFERENCE.fullmatch(tokens[index].text) if tokens[index].kind == "reference" else None
    if match is None:
        return None
    plain = f"{match[2]}{match[4]}"
    return _with(tokens, index, plain if match[1] or match[3] else f"${match[2]}${match[4]}")


def _constant(tokens: list[Token], index: int) -> str | None:
    if tokens[index].kind != "number":
        return None
    return _with(tokens, index, repr(float(tokens[index].text) + 1))


def _swapped(table: Mapping[str, str], kind: str) -> Mutate:
    def swap(tokens: list[Token], index: int) -> str | None:
        other = table.get(tokens[index].text) if tokens[index].kind == kind else None
        return None if other is None else _with(tokens, index, other)

    return swap


def _negated(tokens: list[Token], index: int) -> str | None:
    """A sign before one operand."""
    if tokens[index].kind not in ("reference", "number") or _is_range(tokens, index):
        return None
    if index and tokens[index - 1].text == ":":
        return None
    return _with(tokens, index, f"(-{tokens[index].text})")


# name → the mutant of the token at an index, None where the operator does not apply there
MUTATIONS: dict[str, Mutate] = {
    "reference one row down": _moved(1, 0),
    "reference one row up": _moved(-1, 0),
    "reference one column right": _moved(0, 1),
    "reference one column left": _moved(0, -1),
    "range one row down": _whole_range(1, 0),
    "range one column right": _whole_range(0, 1),
    "range grown by a row": _resized(1, 0),
    "range shrunk by a row": _resized(-1, 0),
    "range grown by a column": _resized(0, 1),
    "range shrunk by a column": _resized(0, -1),
    "relative for absolute": _dollars,
    "constant plus 1": _constant,
    "another operator": _swapped(OPERATORS, "operator"),
    "another function": _swapped(FUNCTIONS, "function"),
    "sign": _negated,
}


@dataclass(frozen=True)
class Mutant:
    """A changed cell: the answer's number, the kind of change, and the cell as it then is."""

    number: int
    operator: str
    cell: Cell | None


@dataclass
class Tally:
    """What became of the mutants: killed (blamed alone), equivalent (rightly not blamed), and those gone wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class Subject:
    """A right workbook whose formulas are mutated: those of Step, of the other views, or all."""

    def __init__(self, workbook: Workbook, network: Network, views: bool | None = None) -> None:
        self.workbook, self.network = workbook, network
        engine = engine_named("ironcalc")
        self.runner = Runner(Case.of(workbook, network, WITNESS_TRIALS, WITNESS_SEED), engine)
        self.case = self.runner.case
        self.witnesses = self.witnesses_by(None)
        self.formulas = [
            n
            for n, answer in enumerate(self.case.answers)
            if answer.cell.formula is not None and views in (None, not self.runner.of_step[n])
        ]
        # The answers that an array formula fills, by its anchor's number: a mutant of it changes them all.
        self.filled = {n: [n] for n in self.formulas}
        anchors = {self.case.answers[n].place: n for n in self.formulas if self.case.answers[n].array}
        for n, answer in enumerate(self.case.answers):
            anchor = anchors.get((answer.place[0], *answer.array)) if answer.array else None
            if anchor not in (None, n):
                self.filled[anchor].append(n)

    def witnesses_by(self, convention: str | None) -> list[tuple[Runner, Runs]]:
        """The right workbook at other draws than the judge's, what is right being what the convention says."""
        named = {each.name: each for each in CONVENTIONS}
        case = replace(self.case, convention=named[convention] if convention else None)
        runner = replace(self.runner, case=case)
        witnesses = [(runner, runner.run())]
        if has_one_hot_targets(self.network, witnesses[0][1]):  # then what is right for all targets of 0 and 1 is right
            shown = case.located.presentation
            trials = draw_for(self.network, shown, WITNESS_TRIALS, WITNESS_SEED, one_hot=True)
            one_hot = replace(runner, case=replace(case, trials=trials))
            witnesses.append((one_hot, one_hot.run()))
        return witnesses

    def mutants(self, number: int) -> Iterator[Mutant]:
        """Every mutant of one answer's formula."""
        answer = self.case.answers[number]
        assert answer.formula is not None
        tokens = tokenize(answer.formula)
        for name, mutate in MUTATIONS.items():
            for index in range(len(tokens)):
                formula = mutate(tokens, index)
                if formula is not None and formula != answer.formula:
                    yield Mutant(number, name, Cell(None, formula))
        if answer.array is None:  # an array formula's cells cannot be changed one by one
            yield Mutant(number, "formula replaced by its value", Cell(answer.cell.value))
            yield Mutant(number, "cell emptied", None)

    def differs(self, mutants: list[Mutant], convention: str | None = None) -> list[set[int]]:
        """The answers in which each mutant computes something else, at other inputs than the judge's."""
        asked = [(m, n) for m in mutants for n in self.filled[m.number]]
        witnesses = self.witnesses_by(convention) if convention else self.witnesses
        return self._by_mutant(mutants, self._differing([(n, self._part(m, n)) for m, n in asked], witnesses))

    def _by_mutant(self, mutants: list[Mutant], differing: list[bool]) -> list[set[int]]:
        marks = iter(differing)
        return [{n for n in self.filled[mutant.number] if next(marks)} for mutant in mutants]

    def _part(self, mutant: Mutant, number: int) -> Cell | None:
        """The mutant as it is in one answer: of an array formula, the element that fills it."""
        anchor, answer = self.case.answers[mutant.number], self.case.answers[number]
        single = self.filled[mutant.number] == [number]
        product = anchor.array is not None and "MMULT(" in ((mutant.cell and mutant.cell.formula) or "")
        if mutant.cell is None or (single and not product):  # IronCalc: no INDEX(A1,1,1)
            return mutant.cell
        row, column = answer.place[1] - anchor.place[1] + 1, answer.place[2] - anchor.place[2] + 1
        return Cell(None, f"INDEX({mutant.cell.formula},{row},{column})")

    def _differing(self, changed: list[tuple[int, Cell | None]], witnesses: list[tuple[Runner, Runs]]) -> list[bool]:
        """Whether each answer, with the cell as changed, computes something else."""
        formulas = [(n, cell.formula) for n, cell in changed if cell is not None and cell.formula is not None]
        asked = [number for number, _ in formulas]
        rights = [
            runner.instead(runs, formulas) & ~runs.evidence.doubtful[asked]  # what it cannot tell, it does not excuse
            for runner, runs in (witnesses if formulas else [])
        ]
        right = iter(np.any(rights, axis=0).tolist() if rights else [])
        constant = [bool((column == column[0]).all()) for column in witnesses[0][1].evidence.expected.T]
        return [
            True if cell is None else not next(right) if cell.formula is not None else not constant[n]
            for n, cell in changed
        ]

    def mutated(self, mutants: list[Mutant]) -> Workbook:
        """The workbook with all these cells changed."""
        # What an array formula filled loses its saved numbers with it: none of them would stand in a mutant's file.
        filled = {n for m in mutants for n in self.filled[m.number]}
        changes: dict[Place, Cell | None] = {self.case.answers[n].place: Cell() for n in filled}
        changes |= {self.case.answers[m.number].place: m.cell for m in mutants}
        sheets = []
        for sheet in self.workbook.sheets:
            cells = dict(sheet.cells)
            for place, cell in changes.items():
                if place[0] == sheet.name:
                    del cells[place[1:]]
                    cells |= {place[1:]: cell} if cell is not None else {}
            sheets.append(replace(sheet, cells=cells))
        return replace(self.workbook, sheets=tuple(sheets))

    def check(self, mutants: list[Mutant], differs: list[set[int]], tally: Tally) -> None:
        """Judge a workbook with these mutants in it, all at once; exactly those that differ must be blamed.

        Mutated in every cell alike, a sheet may follow another convention (e^z without the maximum): then that one says
        what differs.
        """
        report = judge(self.mutated(mutants), self.network)
        if report.convention:
            differs = self.differs(mutants, report.convention)
        blamed = [cell for cell in report.cells if cell.verdict not in ("correct", "carried")]
        found = {f"{cell.sheet}!{cell.cell}": cell.verdict for cell in blamed}
        wanted = {self.name(n) for numbers in differs for n in numbers}
        circles = {f"{cell.sheet}!{cell.cell}" for cell in report.cells if "circle" in cell.message}
        for mutant, numbers in zip(mutants, differs, strict=True):
            kind = "killed" if numbers else "equivalent"
            for n in self.filled[mutant.number]:
                name = self.name(n)
                if (name in found) != (n in numbers) and name not in circles:
                    tally.failures.append(f"{name} {mutant}: differs {n in numbers}, verdict {found.get(name)}")
                    kind = "failed"
            tally.counts[kind] += 1
        tally.failures += [f"{cell} blamed too, with {mutants[:3]}" for cell in found.keys() - wanted - circles]

    def name(self, number: int) -> str:
        """The cell of an answer."""
        sheet, row, column = self.case.answers[number].place
        return f"{sheet}!{cell_name(row, column)}"


def one_by_one(subject: Subject, sample: int | None = None, seed: int = 0) -> Tally:
    """Every mutant of every formula (or a sample of them), each in a workbook of its own."""
    mutants = [mutant for number in subject.formulas for mutant in subject.mutants(number)]
    if sample is not None:
        mutants = random.Random(seed).sample(mutants, min(sample, len(mutants)))
    tally = Tally()
    for mutant, differ in zip(mutants, subject.differs(mutants), strict=True):
        subject.check([mutant], [differ], tally)
    return tally


def all_at_once(subject: Subject, seed: int = 0) -> Tally:
    """For big workbooks: each operator at every formula it applies to, all in one workbook, which is harder to judge."""
    generator, tally = random.Random(seed), Tally()
    by_operator: dict[str, dict[int, list[Mutant]]] = {}
    for number in subject.formulas:
        for mutant in subject.mutants(number):
            by_operator.setdefault(mutant.operator, {}).setdefault(number, []).append(mutant)
    for found in by_operator.values():
        mutants = [generator.choice(choices) for choices in found.values()]
        subject.check(mutants, subject.differs(mutants), tally)
    return tally
