"""Chooses among the networks that a forward pass leaves possible, by the cells behind it, and doubts what does not fit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from sheetnet.engine.prepare import Evaluate, excerpt
from sheetnet.identification.inference.probe import WeightChange
from sheetnet.identification.inference.propose import NO_RATE, Proposal
from sheetnet.identification.inference.rate import rate_in_formulas
from sheetnet.identification.inference.result import OpenQuestion
from sheetnet.identification.labels import Training, look_up
from sheetnet.identification.state import run_sheet
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.syntax.references import cell_place, listed
from sheetnet.workbook import Place, Workbook

_PART = 5_000  # formulas in which the proposals are compared
_TRIALS = 3
_FEWEST = 4  # cells whose number says something
_DOUBTFUL = 0.3  # of the cells: where fewer are recognised, the network is in doubt


class Chooser:
    """The formulas in which proposals are compared."""

    def __init__(self, workbook: Workbook, graph: Dependencies, engine: Evaluate, seed: int) -> None:
        self._workbook, self._graph, self._engine, self._seed = workbook, graph, engine, seed

    def chosen(self, proposed: Sequence[Proposal]) -> Proposal:
        """The proposal under which most cells are recognised, with what was chosen so."""
        if len(proposed) == 1:
            return proposed[0]
        scores = [self._recognised(each)[:2] for each in proposed]
        best = max(scores)
        first = proposed[scores.index(best)]
        if scores.count(best) > 1:
            return first
        rest = max(score for score in scores if score < best)
        cells = f"{best[0]} cells are recognised so, {rest[0]} otherwise" if best[0] > rest[0] else "more of them fit"
        words = f"{first.differs}: the cells behind the outputs decide ({cells})"
        return replace(first, questions=first.settled, choices=(*first.choices, words))

    def with_rate(self, one: Proposal) -> Proposal:
        """The proposal with γ as the formulas have it, where it has no cell."""
        if ("gamma", 0, 0) in one.inputs.cells or not one.updates or one.network.learning_rate != NO_RATE:
            return one
        network, inputs = one.network, one.inputs
        rate = rate_in_formulas(self._workbook, self._graph, self._engine, network, inputs, one.updates, self._seed)
        if rate is None or abs(rate) in (0.0, NO_RATE):
            words = "γ has no cell, and " + (
                "it may be missing" if rate else "new weights are no multiple of gradients"
            )
            asked = OpenQuestion("learning_rate", words, f"learning_rate = {NO_RATE:g}")
            return replace(one, questions=(*one.questions, asked))
        words = f"γ stands in the formulas: {abs(rate):g}" + ("" if rate > 0 else ", with the other sign")
        network = replace(network, learning_rate=abs(rate))
        return replace(one, network=network, choices=(*one.choices, words))

    def doubts(
        self,
        one: Proposal,
        others: Sequence[Proposal],
        updates: Mapping[Place, Sequence[WeightChange]],
        constants: Collection[Place],
    ) -> Iterator[OpenQuestion]:
        """What speaks against the proposal: constants that are trained and are in no neuron, and cells that do not fit.

        `updates` are the formulas that may be new weights, each with the cells that it moves on from; `others` have
        another loss.
        """
        places = {place for own in one.inputs.cells.values() for place in own}
        behind = self._graph.reached(places)
        gamma = set(one.inputs.cells.get(("gamma", 0, 0), ()))
        changes = (change for place in behind & updates.keys() for change in updates[place])
        idle = {each.old for each in changes if each.old in constants and gamma & each.factors} - places
        if idle:
            words = f"{listed([cell_place(place) for place in sorted(idle)])}: trained like a weight, but in no neuron"
            yield OpenQuestion("weights", words, "")
        if one.flipped:
            return  # all that is behind differs, too
        new = behind & updates.keys()
        backward = self._graph.reached(one.outputs) - one.costs - new - self._graph.reached(new)
        found, whole, moved = self._recognised(one, backward)
        better = [each for each in others if self._recognised(each, backward)[:2] > (found, whole)]
        if better:
            yield OpenQuestion("loss", f"the backward pass fits another loss better: {better[0].differs}", "")
        if moved >= _FEWEST and found < moved * _DOUBTFUL:
            words = f"only {found} of {moved} cells of the backward pass fit the network: they, or it, may be wrong"
            yield OpenQuestion("network", words, "")

    def _recognised(self, one: Proposal, among: Collection[Place] | None = None) -> tuple[int, int, int]:
        """How many cells are recognised, how many as quantities of the step and not only as factors; of how many."""
        part = self._graph.order[:_PART]
        small = excerpt(self._workbook, set(part))
        driven = {place for places in one.inputs.cells.values() for place in places}
        wanted = [place for place in part if place not in driven and (among is None or place in among)]
        runs = run_sheet(small, one.network, one.inputs, self._engine, wanted, _TRIALS, self._seed)
        todo = [number for number, moved in enumerate(runs.moved) if moved]
        training = Training(one.network, runs.inputs)
        found = look_up(training, runs.values, todo)
        whole = sum(any(number < training.blocks for number, _ in labels) for labels in found.values())
        return len(found), whole, len(todo)
