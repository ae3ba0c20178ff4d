"""Tries formulas with right numbers in all other answer cells, in no more runs and no larger a workbook than that takes.

A formula whose answer precedents all agree gives as part of the workbook what it gives alone: both times it is computed
from the same numbers, within the tolerance. So nothing that agrees as a whole need be tried where what it uses agrees, and
where it disagrees its error is its own. Once right numbers stand in the cells of such errors, the same is true of the
cells that they spoiled: one more run of each trial, of the workbook that is loaded already, tells most carried cells.

What is left stands alone in a small workbook: circles, errors behind errors, and formulas of which no reading tells all
that their value depends on. Such are those that make up references (INDIRECT, OFFSET, a range to a computed end), that are
volatile, that look at more than numbers (SHEETS, FORMULATEXT), and SUBTOTAL, which passes over formulas like itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from sheetnet.effort import WorkBudget
from sheetnet.engine import Engine
from sheetnet.engine.prepare import Isolated, Run, Trial, only_cells
from sheetnet.reference import Array
from sheetnet.syntax.dependencies import Followed, users_through
from sheetnet.syntax.shifting import skeletons
from sheetnet.trials.tolerance import Truth, agreement, scales
from sheetnet.validation.case import Case, cell_at
from sheetnet.workbook import Cell, Place, Value, Workbook, array_cells

PASSES = (
    2  # runs of every trial with more and more errors put right, before what is left is tried in a workbook of its own
)
FOLLOWED = 200  # cells that formulas refer to, and characters read for them, for each answer: five times what is usual
_UNREADABLE = re.compile(
    r"(?<![\w.])(?:INDIRECT|OFFSET|RAND|RANDBETWEEN|RANDARRAY|NOW|TODAY|SHEETS?|ISFORMULA|FORMULATEXT|CELL|INFO|SUBTOTAL"
    r"|AGGREGATE|SUMIF|AVERAGEIF)\s*\(|:",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Isolation:
    """A case whose formulas are tried alone.

    `inputs` gives the numbers of its driven cells, `expected` has those of its answers, runs × cells each; `noise` is how
    many times the absolute tolerance each answer is allowed.
    """

    case: Case
    engine: Engine
    inputs: Callable[[], Array]
    expected: Array
    noise: Array

    def agreement(self, runs: Iterable[Run], answers: Sequence[int] | slice = slice(None)) -> Truth:
        """Where runs gave what is expected of these answers, all runs × answers; one run after the other is compared."""
        wanted, noise = self.expected[:, answers], self.noise[answers]
        rows = zip(runs, wanted, self._scales, strict=True)
        found = [agreement(run.numbers[: len(noise)], expected, scale * noise) for run, expected, scale in rows]
        return np.array(found, dtype=np.bool_).reshape(wanted.shape)

    @cached_property
    def _scales(self) -> Array:
        return scales(self.expected)

    def alone(self, runs: Sequence[Run], agree: Truth) -> tuple[Truth, Mapping[int, Sequence[Value]]]:
        """Where each answer's own formula agrees, runs × answers, and its values where they are not all right numbers.

        `runs` and `agree` are what the workbook as a whole gave.
        """
        left = np.array([answer.formula is not None for answer in self.case.answers], dtype=np.bool_)
        unsure = ~np.isfinite(self.expected).all(axis=0)  # where nothing is asked, anything may stand
        right, values = np.where(left, True, agree), dict[int, Sequence[Value]]()
        fixed = np.zeros_like(left)
        for attempt in range(PASSES + 1):
            bad = (unsure | ~agree.all(axis=0) | _odd(runs, len(left))) & ~fixed
            told = left & ~fixed & ~self._uses(bad)
            right[:, told] = agree[:, told]
            values |= {n: [run[n] for run in runs] for n in np.flatnonzero(told & bad).tolist()}
            left &= ~told
            wrong = bad & ~left
            if attempt == PASSES or not left.any() or not wrong.any() or not self._can_be_fixed(wrong):
                break
            fixed |= wrong
            runs = self._with_right_numbers(fixed)
            agree = self.agreement(runs)
        rest = np.flatnonzero(left).tolist()
        if rest:
            runs = self._apart(rest)
            right[:, rest] = self.agreement(runs, rest)
            values |= {n: [run[i] for run in runs] for i, n in enumerate(rest)}
        return right, values

    def instead(self, formulas: Sequence[tuple[int, str]]) -> Truth:
        """For (answer's number, formula): whether that formula in the answer's place would be right in every run."""
        numbers = [number for number, _ in formulas]
        placed = [(self.case.places[number][0], formula) for number, formula in formulas]
        used = {cell for each in set(placed) for cell in self.case.dependencies.used_by(*each)}
        readable = not _unreadable([formula for _, formula in formulas], self.case.workbook)
        isolated, places = self._workbook([], self._reach(used) if readable else None)
        runs = isolated.instead(self.engine, places, self._trials(places), placed)
        return np.asarray(self.agreement(runs, numbers).all(axis=0))

    def _uses(self, bad: Truth) -> Truth:
        """Which answers use one of these, at once or through helper cells, or what no reading tells."""
        case, graph, unreadable = self.case, self._graph, self._unreadable
        begin = {case.places[n] for n in np.flatnonzero(bad).tolist()} | self._odd_cells
        if not begin and not unreadable:
            return np.zeros_like(bad)
        spoiled = users_through(graph, self._helpers, begin)
        uses = [a.formula in unreadable or not spoiled.isdisjoint(graph.precedents(a.place)) for a in case.answers]
        return np.array(uses, dtype=np.bool_) if graph.is_whole else np.ones_like(bad)

    @cached_property
    def _graph(self) -> Followed:
        """What formulas refer to, as far as that is read: formulas with endless ranges are all tried."""
        return Followed(self.case.dependencies, WorkBudget(FOLLOWED * len(self.case.answers)))

    @cached_property
    def _helpers(self) -> list[Place]:
        """The formula cells that are neither answers nor inputs."""
        return [place for place in self.case.dependencies.formulas if place not in self.case.known]

    @cached_property
    def _unreadable(self) -> set[str]:
        """The formulas of which no reading tells all that their value depends on; all, where a name is of that kind."""
        workbook = self.case.workbook
        if _unreadable([name.refers_to for name in workbook.names], workbook):
            return set(workbook.formulas)
        return _unreadable(workbook.formulas, workbook)

    @cached_property
    def _odd_cells(self) -> set[Place]:
        """Helper cells that no reading tells, and inputs that are empty, which the trials drive."""
        case, graph = self.case, self.case.dependencies
        helpers = {place for place in self._helpers if graph.formula(place) in self._unreadable}
        return helpers | {cell.place for cell in case.inputs if cell_at(case.workbook, cell.place) == Cell()}

    def _can_be_fixed(self, wrong: Truth) -> bool:
        """Whether numbers may stand in these cells: none is two answers at once, or part of an array."""
        places = self.case.places
        filled = {(s.name, *at) for s in self.case.workbook.sheets if s.arrays for at in array_cells(s)}
        once = len(set(places)) == len(places)
        return once and filled.isdisjoint(places[n] for n in np.flatnonzero(wrong).tolist())

    def _with_right_numbers(self, fixed: Truth) -> list[Run]:
        """The workbook as a whole in every run, with right numbers in these answers."""
        places = [*self.case.drivers, *(self.case.places[n] for n in np.flatnonzero(fixed).tolist())]
        return list(self.engine(self.case.workbook, places, self._trials(places), self.case.places))

    def _apart(self, numbers: Sequence[int]) -> list[Run]:
        """What the formulas of these answers give in a workbook of their own, with right numbers in all other answers."""
        case, graph = self.case, self._graph
        cells = [case.places[number] for number in numbers]
        readable = self._unreadable.isdisjoint(case.answers[number].formula for number in numbers)
        used = {used for cell in cells for used in graph.precedents(cell)} if readable else set()
        isolated, places = self._workbook(cells, self._reach(used) if readable else None)
        return list(isolated.alone(self.engine, places, self._trials(places), cells))

    def _reach(self, used: Iterable[Place]) -> set[Place] | None:
        """These cells, and those behind helper cells among them; None where no reading tells them all."""
        graph, found, waiting = self._graph, set[Place](), list(used)
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                if place not in self._columns and (formula := self.case.dependencies.formula(place)):
                    if formula in self._unreadable:
                        return None
                    waiting += graph.precedents(place)
        return found if graph.is_whole else None

    def _workbook(self, cells: Sequence[Place], used: set[Place] | None) -> tuple[Isolated, list[Place]]:
        """The workbook with these cells isolated and nothing else but what they use, and the cells that trials drive."""
        workbook = self.case.workbook
        if used is None or any(sheet.arrays for sheet in workbook.sheets):
            return Isolated.of(workbook, cells, self.case.places), list(self._columns)
        numbers = [place for place in self._columns if place in used]
        return Isolated.of(
            only_cells(workbook, used.union(cells)), cells, [p for p in self.case.places if p in used]
        ), numbers

    @cached_property
    def _columns(self) -> dict[Place, int]:
        """Inputs and answers, each with its column among the numbers of the trials."""
        return {place: column for column, place in enumerate([*self.case.drivers, *self.case.places])}

    @cached_property
    def _numbers(self) -> Array:
        return np.concatenate([self.inputs(), np.where(np.isfinite(self.expected), self.expected, 0.0)], axis=1)

    def _trials(self, places: Sequence[Place]) -> list[Trial]:
        """The numbers of these inputs and answers in every run."""
        return list(self._numbers[:, [self._columns[place] for place in places]])


def _odd(runs: Sequence[Run], count: int) -> Truth:
    """Which of so many cells gave something else than a number in some run."""
    found = np.zeros(count, dtype=np.bool_)
    found[[number for run in runs for number in run.odd if number < count]] = True
    return found


def _unreadable(formulas: Sequence[str], workbook: Workbook) -> set[str]:
    """Those of the formulas of which no reading tells all that their value depends on."""
    found = zip(formulas, skeletons(formulas, [sheet.name for sheet in workbook.sheets]), strict=True)
    return {formula for formula, skeleton in found if _is_unreadable(skeleton)}


@lru_cache(maxsize=4096)
def _is_unreadable(skeleton: str) -> bool:
    return _UNREADABLE.search(skeleton.replace("A1:A2", "")) is not None
