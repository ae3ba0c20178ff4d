"""Finds targets and cost: which constants stand beside the outputs, and of which loss the sheet shows numbers.

The output cells and the constants beside them hold random numbers; what is computed from them alone is compared with each
loss. A cost of several outputs is a sum over pairs (output, target), whose factors least squares give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sheetnet.activations_and_losses import LOSS_FACTS
from sheetnet.engine.prepare import Evaluate
from sheetnet.identification.inference.activation_cells import reached_from
from sheetnet.identification.inference.layers import ForwardPass
from sheetnet.identification.inference.probe import Probes
from sheetnet.network import REDUCTIONS
from sheetnet.reference import Array
from sheetnet.reference.activations_and_losses import LOSSES, Loss
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.trials.tolerance import as_numbers
from sheetnet.workbook import Place, Workbook

_MOST_PAIRED = 400  # pairs of an output and a target whose factors are sought at once
_MOST_REACHED = 2_000  # outputs, or constants, that one cell is computed from
_FEWEST_TRIALS = 12
_NEAR = 1e-7
Output = tuple[int, int]  # observation, neuron


@dataclass(frozen=True)
class CostCell:
    """A cell that is `factor` times the sum of the loss's terms over some outputs; of which losses, by their names."""

    place: Place
    outputs: frozenset[Output]
    factors: Mapping[str, float]


@dataclass(frozen=True)
class Costs:
    """What the sheet shows of targets and cost: the target cell of each output, and the cells with costs.

    `contrary` are cells that take an output together with the target of another.
    """

    targets: Mapping[Output, Place]
    cells: tuple[CostCell, ...]
    contrary: tuple[Place, ...] = ()

    def observed(self) -> set[int]:
        """The observations all of whose outputs have a target."""
        return {n for n, _ in self.targets}


@dataclass(frozen=True)
class _Shown:
    """A cell that is computed from outputs and constants, and from which."""

    place: Place
    outputs: tuple[Output, ...]
    constants: tuple[Place, ...]


class CostFinder:
    """The cells behind the outputs, and random numbers in the outputs and in the constants beside them."""

    def __init__(
        self, workbook: Workbook, graph: Dependencies, engine: Evaluate, probes: Probes, forward: ForwardPass, seed: int
    ) -> None:
        self._forward, self._probes, self._graph = forward, probes, graph
        self._outputs = outputs = {
            place: (n, j)
            for n, row in enumerate(forward.layers[-1].outputs)
            for j, cells in enumerate(row)
            for place in cells
        }
        self.shown = list(self._behind(graph, outputs))
        constants = sorted({place for one in self.shown for place in one.constants})
        pairs = max((len(one.outputs) * len(one.constants) for one in self.shown), default=0)
        random = np.random.default_rng(seed)
        trials = _FEWEST_TRIALS + min(pairs, _MOST_PAIRED)
        numbers = sorted(set(outputs.values()))
        a, t = random.uniform(0.1, 0.9, (trials, len(numbers))), random.uniform(0.1, 0.9, (trials, len(constants)))
        self._a = {output: a[:, number] for number, output in enumerate(numbers)}
        self._t = {place: t[:, number] for number, place in enumerate(constants)}
        driven = [*outputs, *constants]
        drawn = np.array([*(self._a[output] for output in outputs.values()), *(self._t[p] for p in constants)])
        values = as_numbers(engine(workbook, driven, list(drawn.T), [one.place for one in self.shown]))
        self._values = {one.place: values[:, number] for number, one in enumerate(self.shown)}

    def _behind(self, graph: Dependencies, outputs: Mapping[Place, Output]) -> Iterator[_Shown]:
        """The cells computed from outputs and from constants that are no weights, and from at least one of each."""
        trained = self._forward.trained
        stops = {*outputs, *self._probes.constants}
        for place, reached in reached_from(graph, stops, _MOST_REACHED).items():
            own = tuple(sorted({outputs[cell] for cell in reached if cell in outputs}))
            constants = tuple(sorted(cell for cell in reached if cell not in outputs))
            if own and constants and place not in outputs and trained.isdisjoint(constants):
                yield _Shown(place, own, constants)

    def find(self) -> Costs:
        """The targets and the cells with costs."""
        targets = self._single_targets()
        for one in sorted(self.shown, key=lambda each: len(each.outputs)):
            if 1 < len(one.outputs) <= len(one.constants) and any(out not in targets for out in one.outputs):
                targets |= self._paired(one)
        cells = tuple(filter(None, (self._cost(one, targets) for one in self.shown)))
        return Costs(targets, cells, tuple(self._contrary(targets)))

    def _contrary(self, targets: Mapping[Output, Place]) -> Iterator[Place]:
        known = set(targets.values())
        inner = {p for layer in self._forward.layers for row in layer.outputs for cells in row for p in cells}
        for place, reached in reached_from(self._graph, {*inner, *self._probes.constants}, _MOST_REACHED).items():
            own = {self._outputs[cell] for cell in reached if cell in self._outputs}
            beside = known.intersection(reached)
            if len(own) == 1 and beside and not beside.intersection(targets[out] for out in own if out in targets):
                yield place

    def _single_targets(self) -> dict[Output, Place]:
        """Targets that stand alone beside their output in a cell that shows a loss, its slope or the error."""
        found: dict[Output, Place] = {}
        loose: dict[Output, set[Place]] = {}
        for one in self.shown:
            if len(one.outputs) > 1 or not np.ptp(self._values[one.place]) > 0:
                continue
            (output,) = one.outputs
            loose.setdefault(output, set(one.constants)).intersection_update(one.constants)
            for place in one.constants:
                if output not in found and self._is_loss(self._values[one.place], self._a[output], self._t[place]):
                    found[output] = place
        shared = [place for each in loose.values() for place in each]
        for output, places in loose.items():
            alone = [place for place in places if shared.count(place) == 1]
            if output not in found and len(alone) == 1:
                found[output] = alone[0]
        return found

    def _is_loss(self, values: Array, a: Array, t: Array) -> bool:
        forms = [form(loss, a, t) for loss in LOSSES.values() for form in (_terms_of, _slope_of)]
        return any(_factor(values, form) is not None for form in forms)

    def _paired(self, one: _Shown) -> dict[Output, Place]:
        """The target of each output by the factors of all pairs, of which one for each output is not 0."""
        size = len(one.outputs) * len(one.constants)
        if size > _MOST_PAIRED:
            return self._in_order(one)
        for name in LOSSES:
            columns = [self._terms(name, out, place) for out in one.outputs for place in one.constants]
            matrix, values = np.stack(columns, axis=1), self._values[one.place]
            with np.errstate(all="ignore"):
                factors = np.linalg.lstsq(matrix, values, rcond=None)[0]
            if np.abs(matrix @ factors - values).max() > _NEAR * max(1.0, np.abs(values).max()):
                continue
            table = factors.reshape(len(one.outputs), len(one.constants))
            large = np.abs(table) > _NEAR
            if (large.sum(axis=1) == 1).all() and (large.sum(axis=0) <= 1).all():
                return {
                    out: one.constants[int(np.flatnonzero(row)[0])] for out, row in zip(one.outputs, large, strict=True)
                }
        return {}

    def _in_order(self, one: _Shown) -> dict[Output, Place]:
        """The targets of many outputs where they stand in the same order as these, by row or by column."""
        if len(one.outputs) != len(one.constants):
            return {}
        by_row = sorted(one.constants)
        by_column = sorted(one.constants, key=lambda place: (place[0], place[2], place[1]))
        for places in (by_row, by_column):
            targets = dict(zip(one.outputs, places, strict=True))
            if self._cost(one, targets) is not None:
                return targets
        return {}

    def _terms(self, name: str, output: Output, target: Place) -> Array:
        return _terms_of(LOSSES[name], self._a[output], self._t[target])

    def _cost(self, one: _Shown, targets: Mapping[Output, Place]) -> CostCell | None:
        """The cell as a multiple of a loss summed over its outputs; None where it is no such."""
        if not all(output in targets and targets[output] in one.constants for output in one.outputs):
            return None
        factors: dict[str, float] = {}
        for name in LOSSES:
            total = np.sum([self._terms(name, output, targets[output]) for output in one.outputs], axis=0)
            factor = _factor(self._values[one.place], np.asarray(total))
            if factor is not None:
                factors[name] = factor
        return CostCell(one.place, frozenset(one.outputs), factors) if factors else None


def _terms_of(loss: Loss, a: Array, t: Array) -> Array:
    """The loss's cost of one output, in all trials."""
    return np.asarray(loss.terms(a[:, None], t[:, None])[:, 0])


def _slope_of(loss: Loss, a: Array, t: Array) -> Array:
    return np.asarray(loss.gradient(a[:, None], t[:, None])[:, 0])


def _factor(values: Array, expected: Array) -> float | None:
    """What `expected` is times in all trials; None where the values are no multiple of it."""
    with np.errstate(all="ignore"):
        ratios = values / expected
    if not np.isfinite(ratios).all() or np.ptp(ratios) > _NEAR * np.abs(ratios).max() or not ratios.any():
        return None
    return float(np.median(ratios))


@dataclass(frozen=True)
class CostReadings:
    """The losses with their reductions that agree with most cells of cost, and whether all of these cells do.

    Of ways that are the same in all their numbers the first stands for all.
    """

    ways: tuple[tuple[str, str], ...]
    agreed: bool


def cost_readings(costs: Costs, observations: int, neurons: int) -> CostReadings:
    """What the cost cells say: those of all observations before those of a single one, and these before single outputs."""
    levels = {neurons * observations: 2, neurons: 1} if observations > 1 else {neurons: 2}
    ranked = [(levels.get(len(cell.outputs), 0), cell) for cell in costs.cells]
    top = max((level for level, _ in ranked), default=0)
    highest = [cell for level, cell in ranked if level == top]
    fitting: dict[tuple[str, str], int] = {}
    known: set[tuple[bool, str, float, float]] = set()
    for loss, facts in LOSS_FACTS.items():
        for reduction in REDUCTIONS:
            if reduction == "elements" and facts.averages:
                continue
            factor = 1 / neurons if facts.averages else 1.0
            whole = factor / {"mean": observations, "elements": observations * neurons}.get(reduction, 1)
            scale = facts.square_factor(neurons) if facts.squares else factor  # of (a − T)², where it is made of these
            same = (facts.squares, facts.entropy, scale, whole / factor * scale)
            expected = whole if top == 2 else factor
            count = sum(abs(cell.factors.get(loss, np.inf) - expected) < _NEAR for cell in highest)
            if count and same not in known:
                known.add(same)
                fitting[loss, reduction] = count
    usual = {way: count for way, count in fitting.items() if way[1] != "elements"}
    fitting = usual or fitting  # the mean of all elements is nearly always meant as mse
    best = max(fitting.values(), default=0)
    return CostReadings(tuple(way for way, count in fitting.items() if count == best), best == len(highest))


def families(costs: Costs) -> set[str]:
    """The losses of which some cell shows a multiple."""
    return {name for cell in costs.cells for name in cell.factors}
