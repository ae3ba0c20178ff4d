"""Finds out what each formula computes from the cells that it reads, by evaluating it alone with random numbers.

A weighted sum is linear in every cell, so its slope along a cell is the number in the cell that it is multiplied by, or 1
where it is added. All formulas are moved at once: cells that one formula reads have different colours, and in each trial
the cells of one colour move. An activation around the sum is undone first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sheetnet.activations_and_losses import ACTIVATION_FACTS
from sheetnet.engine.prepare import Evaluate, Isolated, cannot_move
from sheetnet.reference import Array
from sheetnet.reference.activations_and_losses import ACTIVATIONS
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.syntax.function_facts import volatile_function
from sheetnet.trials.tolerance import RELATIVE, as_numbers
from sheetnet.workbook import Place, Workbook

MOST_READ_IN_PROBES = 30_000_000  # cells that formulas read in all trials together, 0.2 µs each
_MOST_TERMS = 400  # cells that one formula reads; a formula with more is not taken apart
_ALONG = 5  # points on a line: a sum of products of two is a parabola there
MOST_FORMULAS = 12_000  # that are looked at, the first in the order of calculation
_SIGNED = 4  # trials with numbers of both signs, in which what was found must be true
_STEP = 0.25
_NEAR = 1e-6  # of slopes, which an undone activation makes less exact
_LARGEST_Z = 64.0  # up to here an activation is undone, by halving

_ANY = np.array([-2.0, -0.5, 0.0, 1.5])
# The activation that gives z itself.
PLAIN = next(n for n, f in ACTIVATIONS.items() if not ACTIVATION_FACTS[n].mixes and np.array_equal(f.f(_ANY), _ANY))

_Undo = Callable[[Array], Array]
Terms = Mapping[tuple[Place, ...], float]  # cells that are multiplied → what they are multiplied by


@dataclass(frozen=True)
class Form:
    """A formula that is a sum of cells and products of two, `activation` (None: none) of that, or of its negative.

    `terms` has 1 or −1 for each. `flipped`: the sign of the activation's argument is the other one.
    """

    terms: Terms
    activation: str | None = None
    flipped: bool = False

    @property
    def copied(self) -> Place | None:
        """The cell that the formula merely repeats; None where it does more."""
        (cells, factor), *more = self.terms.items() or [((), 0.0)]
        return cells[0] if not more and len(cells) == 1 and factor == 1 and self.activation is None else None

    @property
    def adds(self) -> bool:
        """Whether nothing is subtracted and nothing around it."""
        return self.activation is None and all(factor == 1 for factor in self.terms.values())


@dataclass(frozen=True)
class WeightChange:
    """A formula that may be a new weight: it adds `old` as it is, and the rest is proportional to each of `factors`."""

    old: Place
    factors: frozenset[Place]


@dataclass(frozen=True)
class Probes:
    """What the probes gave: the `forms` of formulas, the `constants` that formulas use, and what may be new weights.

    `is_whole`: all formulas were looked at, not only the first. `computed` are constants that formulas compute.
    """

    forms: Mapping[Place, Form]
    constants: Mapping[Place, float]
    changes: Mapping[Place, tuple[WeightChange, ...]]
    is_whole: bool
    computed: frozenset[Place] = frozenset()


_NO_FORM = Form({})


def constants_of(workbook: Workbook, graph: Dependencies, engine: Evaluate) -> dict[Place, float]:
    """The numbers that formulas use and that use nothing themselves: typed ones, `=0.05`, and RAND() as it was saved."""
    found: dict[Place, float] = {}
    computed: list[Place] = []
    sheets = {sheet.name: sheet.cells for sheet in workbook.sheets}
    for place in sorted(graph.used):
        if place in graph.formulas:
            if not graph.precedents(place):
                computed.append(place)
        elif type(value := sheets[place[0]][place[1:]].value) is float:
            found[place] = value
    if computed:
        (run,) = engine(workbook, [], [None], computed)
        for place, value in zip(computed, run, strict=True):
            cell = sheets[place[0]].get(place[1:])
            saved = cell.value if cell is not None and volatile_function(graph.formulas[place]) else None
            if isinstance(value, float):
                found[place] = saved if type(saved) is float else value
    return found


def with_computed_inputs(workbook: Workbook, graph: Dependencies, engine: Evaluate, probes: Probes) -> Probes:
    """The probes with cells as constants that are computed from typed numbers alone, as `=1-A2` and `=A2/10` are.

    They are no sums with products, no activations of such, and made of nothing that is moved on as a weight.
    """
    sums = {place for place, form in probes.forms.items() if form.activation or any(len(t) > 1 for t in form.terms)}
    computed: dict[Place, frozenset[Place]] = {}
    for place in graph.order:
        used = graph.precedents(place)
        if place in probes.constants or place in sums or not used:
            continue
        if all(one in computed or one in probes.constants for one in used):
            computed[place] = frozenset[Place]().union(*(computed.get(one, (one,)) for one in used))
    used_up = sums | computed.keys()
    old = {change.old for place, changes in probes.changes.items() if place not in used_up for change in changes}
    wanted = [p for p, own in computed.items() if old.isdisjoint(own) and probes.forms.get(p, _NO_FORM).copied is None]
    if not wanted:
        return probes
    (run,) = engine(workbook, [], [None], wanted)
    numbers = {place: value for place, value in zip(wanted, run, strict=True) if isinstance(value, float)}
    forms = {place: form for place, form in probes.forms.items() if place not in numbers}
    return replace(probes, forms=forms, constants={**probes.constants, **numbers}, computed=frozenset(numbers))


def probe(workbook: Workbook, graph: Dependencies, engine: Evaluate, seed: int) -> Probes:
    """Evaluate each formula alone, and tell which are weighted sums and activations of such."""
    constants = constants_of(workbook, graph, engine)
    wanted = [
        place
        for place in graph.order
        if place not in constants
        and 0 < len(graph.precedents(place)) <= _MOST_TERMS
        and not cannot_move(graph.formulas[place])
        and volatile_function(graph.formulas[place]) is None
    ]
    prober = _Prober(workbook, graph, engine, seed, constants, wanted[:MOST_FORMULAS])
    return prober.probes(is_whole=len(wanted) <= MOST_FORMULAS)


class _Prober:
    """The formulas to be looked at, each alone, and the numbers in the cells that they read."""

    def __init__(
        self,
        workbook: Workbook,
        graph: Dependencies,
        engine: Evaluate,
        seed: int,
        constants: Mapping[Place, float],
        wanted: Sequence[Place],
    ) -> None:
        self._graph, self._engine, self._constants, self._wanted = graph, engine, constants, list(wanted)
        used = {used for place in wanted for used in graph.precedents(place)}
        numbers = sorted(place for place in used if place in constants or place in graph.formulas)
        self._alone = Isolated.of(workbook, self._wanted, numbers)
        self._driven = numbers
        self._number_of = {place: number for number, place in enumerate(numbers)}
        self._random = np.random.default_rng(seed)

    def probes(self, *, is_whole: bool) -> Probes:
        """What the formulas are."""
        size = len(self._driven)
        base, direction = self._random.uniform(0.15, 0.6, size), self._random.uniform(0.05, 0.2, size)
        line = self._values([base + step * direction for step in range(_ALONG)])
        signed_at = self._random.uniform(-1, 1, (_SIGNED, size))
        signed, colours = self._values(list(signed_at)), self._colours()
        moved = self._moved(base, line[0], colours)
        forms: dict[Place, Form] = {}
        for name, flipped, undo in _undoings():
            for number, sums in self._straight(line, moved, undo, forms):
                form = self._form(self._wanted[number], base, sums, colours, name, flipped)
                if form is not None and self._holds(form, signed_at, signed[:, number]):
                    forms[self._wanted[number]] = form
        changes = {
            place: tuple(self._changes(place, base, moved[:, number], colours))
            for number, place in enumerate(self._wanted if len(moved) else ())
        }
        return Probes(forms, self._constants, {place: each for place, each in changes.items() if each}, is_whole)

    def _values(self, trials: Sequence[Array]) -> Array:
        """Trials × formulas, also where there are none of either."""
        found = as_numbers(self._alone.alone(self._engine, self._driven, trials, self._wanted))
        return found.reshape(len(trials), len(self._wanted))

    def _straight(
        self, line: Array, moved: Array, undo: _Undo, known: Collection[Place]
    ) -> Iterator[tuple[int, Array]]:
        """The formulas that may be an activation of a sum of products: a parabola along the line, when it is undone.

        Each with the sum at the base, and with the cells of each colour moved.
        """
        left = np.array([n for n, place in enumerate(self._wanted) if place not in known], dtype=np.intp)
        if not len(moved) or not len(left):
            return
        with np.errstate(all="ignore"):
            sums = undo(line[:, left])
            bent = np.abs(np.diff(sums, 3, axis=0)).max(axis=0)
            left = left[bent <= _NEAR * np.maximum(1.0, np.abs(sums).max(axis=0))]
            undone = undo(moved[:, left])
        yield from zip(left.tolist(), undone.T, strict=True)

    def _moved(self, base: Array, at_base: Array, colours: Mapping[Place, int]) -> Array:
        """The values at the base, and with the cells of each colour moved by _STEP; nothing beyond the budget."""
        count = 1 + max(colours.values(), default=-1)
        reads = sum(len(self._graph.precedents(place)) + 1 for place in self._wanted)
        if reads * count > MOST_READ_IN_PROBES:
            return np.empty((0, 0))
        colour_of = np.array([colours.get(place, -1) for place in self._driven])
        moved = self._values([base + _STEP * (colour_of == colour) for colour in range(count)])
        return np.concatenate([at_base[None, :], moved])

    def _colours(self) -> dict[Place, int]:
        """A colour for each cell; no formula reads two cells of one colour."""
        users: dict[Place, list[int]] = {}
        for number, place in enumerate(self._wanted):
            for cell in self._graph.precedents(place):
                if cell in self._number_of:
                    users.setdefault(cell, []).append(number)
        taken: list[set[int]] = [set() for _ in self._wanted]
        colours: dict[Place, int] = {}
        for cell, formulas in sorted(users.items(), key=lambda each: -len(each[1])):
            used = set[int]().union(*(taken[number] for number in formulas))
            colours[cell] = next(colour for colour in range(len(used) + 1) if colour not in used)
            for number in formulas:
                taken[number].add(colours[cell])
        return colours

    def _slopes(self, place: Place, values: Array, colours: Mapping[Place, int]) -> dict[Place, float]:
        """For each cell that a formula reads how its values rise along it."""
        cells = [cell for cell in self._graph.precedents(place) if cell in colours]
        return {cell: float((values[1 + colours[cell]] - values[0]) / _STEP) for cell in cells}

    def _form(
        self, place: Place, base: Array, sums: Array, colours: Mapping[Place, int], name: str | None, flipped: bool
    ) -> Form | None:
        """The terms by the slopes; None where one is neither ±1 nor ± the number of another cell that is read."""
        slopes = self._slopes(place, sums, colours)
        cells = list(slopes)
        own = np.array([base[self._number_of[cell]] for cell in cells])
        terms: dict[tuple[Place, ...], float] = {}
        for cell, slope in slopes.items():
            if abs(slope) < _NEAR:
                continue
            if abs(abs(slope) - 1) < _NEAR:
                terms[(cell,)] = float(np.sign(slope))
                continue
            near = np.flatnonzero(np.abs(own - abs(slope)) < _NEAR).tolist()
            if len(near) != 1 or cells[near[0]] == cell:
                return None
            terms[tuple(sorted((cell, cells[near[0]])))] = float(np.sign(slope))
        return Form(terms, name, flipped) if terms else None

    def _changes(
        self, place: Place, base: Array, values: Array, colours: Mapping[Place, int]
    ) -> Iterator[WeightChange]:
        """Which cells the formula adds as they are, and what all the rest is proportional to."""
        slopes = self._slopes(place, values, colours)
        for old, slope in slopes.items():
            rest = float(values[0] - base[self._number_of[old]])
            if abs(slope - 1) < _NEAR < abs(rest):
                near = _NEAR * abs(rest)
                factors = (c for c, each in slopes.items() if abs(rest - each * base[self._number_of[c]]) < near)
                yield WeightChange(old, frozenset(factors))

    def _holds(self, form: Form, signed_at: Array, signed: Array) -> bool:
        """Whether the form gives what the formula gives, in trials with numbers of both signs."""
        total = np.zeros(len(signed))
        for cells, factor in form.terms.items():
            product = np.full(len(signed), factor)
            for cell in cells:
                product = product * signed_at[:, self._number_of[cell]]
            total += product
        value = total if form.activation is None else ACTIVATIONS[form.activation].f(-total if form.flipped else total)
        return bool(np.all(np.abs(value - signed) <= RELATIVE * np.maximum(1.0, np.abs(signed))))


def _undoings() -> Iterator[tuple[str | None, bool, _Undo]]:
    """No activation first, then each that does not mix a row, then each with the other sign."""
    yield None, False, lambda values: values
    for flipped in (False, True):
        for name, facts in ACTIVATION_FACTS.items():
            if not facts.mixes and name != PLAIN:
                yield name, flipped, _undoing(name, flipped)


def _undoing(name: str | None, flipped: bool) -> _Undo:
    if name is None:
        return lambda values: values
    f = ACTIVATIONS[name].f

    def undo(values: Array) -> Array:
        """The z from 0 on whose activation (of −z where it is flipped) is the value, by halving; NaN where there is none."""
        low, high = np.zeros_like(values), np.full_like(values, _LARGEST_Z)
        sign = -1.0 if flipped else 1.0
        rising = f(np.array([sign * 1.0]))[0] > f(np.array([0.0]))[0]
        for _ in range(60):
            middle = (low + high) / 2
            beyond: NDArray[np.bool_] = (f(sign * middle) > values) == rising
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
        return np.where(np.isclose(f(sign * low), values, rtol=1e-12, atol=1e-12), low, np.nan)

    return undo
