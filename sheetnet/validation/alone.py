"""Tries formulas with right numbers in all other answer cells, in no more runs and no larger a workbook than that takes.

A formula whose answer precedents all agree gives as part of the workbook what it gives alone: both times it is computed
from the same numbers, within the tolerance. So nothing that agrees as a whole need be tried where what it uses agrees, and
where it disagrees its error is its own. Once right numbers stand in the cells of such errors, the same is true of the
cells that they spoiled: one more run of each trial, of the workbook that is loaded already, tells most carried cells. A
large workbook is run so as soon as all such cells have shown that they are spoiled.

What is left stands alone in a small workbook: circles, errors behind errors, and formulas of which no reading tells all
that their value depends on. Such are those that make up references (INDIRECT, OFFSET, a range to a computed end), that are
volatile, that look at more than numbers (SHEETS, FORMULATEXT), and SUBTOTAL, which passes over formulas like itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

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
LARGE = 10_000  # answers from which runs are spared: below, a workbook of the errors alone takes as long as these runs
_UNREADABLE = re.compile(
    r"(?<![\w.])(?:INDIRECT|OFFSET|RAND|RANDBETWEEN|RANDARRAY|NOW|TODAY|SHEETS?|ISFORMULA|FORMULATEXT|CELL|INFO|SUBTOTAL"
    r"|AGGREGATE|SUMIF|AVERAGEIF)\s*\(|:",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Compared:
    """Runs, and where they agree, runs × answers: the first are of the `whole` workbook as it is, so many.

    In the others right numbers stand in the answers `fixed`; there each of the first disagrees, and what uses one.
    """

    runs: Sequence[Run]
    agree: Truth
    fixed: Truth
    whole: int


@dataclass(frozen=True)
class _Used:
    """Pairs of an answer that uses a cell, and of the cell's number: `users` and `cells`; the numbers of all cells."""

    users: NDArray[np.intp]
    cells: NDArray[np.intp]
    answers: NDArray[np.intp]
    numbers: Mapping[Place, int]


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

    def compared(self, runs: Iterator[Run]) -> Compared:
        """So many runs of the workbook, and where they agree.

        In a large one, once everything that uses an error has shown it, the rest of them have right numbers in the cells of
        these errors. As a whole they would tell nothing more, and what carries an error is tried in the same runs.
        """
        found, rows = list[Run](), list[Truth]()
        bad = fixed = np.zeros(len(self.noise), dtype=np.bool_)
        whole = len(self.expected)
        for wanted, scale in zip(self.expected, self._scales, strict=True):
            run = next(runs)
            rows.append(agreement(run.numbers[: len(bad)], wanted, scale * self.noise))
            as_expected = not run.odd and bool(rows[-1].all()) and bool(np.isfinite(wanted).all())
            found.append(Run(wanted, {}) if as_expected else run)  # what is expected is held anyway
            bad = bad | ~rows[-1]
            if len(bad) >= LARGE and not fixed.any() and bad.any() and self._have_shown(bad, found):
                fixed, whole = bad & ~self._uses(bad), len(found)
                runs = self._with_right_numbers(fixed, slice(whole, None))
        return Compared(found, np.array(rows, dtype=np.bool_).reshape(self.expected.shape), fixed, whole)

    def _have_shown(self, bad: Truth, runs: Sequence[Run]) -> bool:
        """Whether all answers that use an error are known to be spoiled, and right numbers may stand in place of errors."""
        told = bool(np.isfinite(self.expected).all()) and not _odd(runs, len(bad)).any()
        if not told or self._helpers or self._unreadable or self._odd_cells or not self._can_be_fixed(bad):
            return False
        uses = self._uses(bad)
        return bool((bad | ~uses).all() and (bad & ~uses).any())

    def alone(self, compared: Compared) -> tuple[Truth, Mapping[int, Sequence[Value]]]:
        """Where each answer's own formula agrees, runs × answers, and its values where they are not all right numbers."""
        runs, agree, held = compared.runs, compared.agree, compared.fixed
        left = np.array([answer.formula is not None for answer in self.case.answers], dtype=np.bool_)
        unsure = ~np.isfinite(self.expected).all(axis=0)  # where nothing is asked, anything may stand
        right, values = np.where(left, True, agree), dict[int, Sequence[Value]]()
        fixed = np.zeros_like(left)
        for attempt in range(PASSES + 1):
            bad = (unsure | ~agree.all(axis=0) | _odd(runs, len(left))) & ~fixed
            told = left & ~fixed & ~held & ~self._uses(bad)
            right[:, told] = agree[:, told]
            values |= {n: [run[n] for run in runs] for n in np.flatnonzero(told & bad).tolist()}
            left &= ~told
            wrong = bad & (~left | held)
            if attempt == PASSES or not left.any() or not wrong.any() or not self._can_be_fixed(wrong):
                break
            fixed |= wrong
            done = runs[compared.whole :] if not attempt and np.array_equal(fixed, held) else []
            runs = [*self._with_right_numbers(fixed, slice(len(self.expected) - len(done))), *done]
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
        used = self._used
        if not self._graph.is_whole:
            return np.ones_like(bad)
        spoiled = np.zeros(len(used.numbers), dtype=np.bool_)
        spoiled[used.answers[bad]] = True
        if self._helpers or self._odd_cells:
            begin = {self.case.places[n] for n in np.flatnonzero(bad).tolist()} | self._odd_cells
            through = users_through(self._graph, self._helpers, begin)
            spoiled[[used.numbers[place] for place in through if place in used.numbers]] = True
        uses = self._told_by_no_reading.copy()
        uses[used.users[spoiled[used.cells]]] = True
        return uses

    @cached_property
    def _used(self) -> _Used:
        """What each answer's formula refers to, and the number of each answer's own cell."""
        numbers: dict[Place, int] = {}
        answers = [numbers.setdefault(place, len(numbers)) for place in self.case.places]
        users, cells = list[int](), list[int]()
        for user, place in enumerate(self.case.places):
            for used in self._graph.precedents(place):
                users.append(user)
                cells.append(numbers.setdefault(used, len(numbers)))
        return _Used(np.array(users, dtype=np.intp), np.array(cells, dtype=np.intp), np.array(answers), numbers)

    @cached_property
    def _told_by_no_reading(self) -> Truth:
        """The answers whose formulas no reading tells."""
        return np.array([answer.formula in self._unreadable for answer in self.case.answers], dtype=np.bool_)

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

    def _with_right_numbers(self, fixed: Truth, some: slice) -> Iterator[Run]:
        """The workbook as a whole in some of the runs, with right numbers in these answers."""
        places = [*self.case.drivers, *(self.case.places[n] for n in np.flatnonzero(fixed).tolist())]
        return self.engine(self.case.workbook, places, self._trials(places)[some], self.case.places)

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
        numbers = np.concatenate([self.inputs(), self.expected], axis=1)
        return np.where(np.isfinite(numbers), numbers, 0.0)

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
