"""Infers the network of a workbook: its forward pass, then the loss, γ and what is trained, then what is left to choose."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from sheetnet.engine import engine_named
from sheetnet.engine.prepare import Evaluate, in_full
from sheetnet.errors import FileError, errors_within
from sheetnet.files import read_workbook
from sheetnet.files.limits import Limits
from sheetnet.identification.headings import Headings
from sheetnet.identification.inference.activation_cells import activation_cells, by_sum
from sheetnet.identification.inference.choose import Chooser
from sheetnet.identification.inference.costs import CostFinder, Costs, cost_readings
from sheetnet.identification.inference.layers import ForwardPass, LayerBuilder, first_layers
from sheetnet.identification.inference.literals import typed_in_formulas, with_cells, without_cells
from sheetnet.identification.inference.odd_formulas import as_most_are_built
from sheetnet.identification.inference.orientation import (
    FirstLayer,
    bias_nodes,
    orientations,
    sides_by_headings,
    without_node,
)
from sheetnet.identification.inference.probe import Probes, probe, with_computed_inputs
from sheetnet.identification.inference.propose import CellsRead, proposals
from sheetnet.identification.inference.result import Inference, OpenQuestion
from sheetnet.identification.inference.sums import Sums, WeightedSum
from sheetnet.identification.inference.training_cells import training_cells
from sheetnet.judge_options import DEFAULT_OPTIONS, JudgeOptions
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.syntax.references import cell_place, listed
from sheetnet.workbook import Place, Workbook

NO_NETWORK = "no network found: no formula multiplies inputs with weights, adds the products and is used further"


def infer(
    path: str | os.PathLike[str],
    *,
    sheet: str | None = JudgeOptions.sheet,
    engine: str = JudgeOptions.engine,
    seed: int = JudgeOptions.seed,
    limits: Mapping[str, int] | Limits | None = None,
) -> Inference:
    """Read the network of a workbook off its forward pass: layers, activations, loss, γ, and where its inputs stand.

    Formulas are evaluated one by one with random numbers, so neither labels nor positions matter. The sheet may be
    faulty: its backward pass only chooses where the forward pass leaves a choice. `sheet` is the sheet on which to look
    where a workbook has several networks. Raises `FileError` for an unusable file or where there is no network,
    `UsageError` for an option that cannot be, `EngineError`.

    >>> path = sheetnet.write_workbook(sheetnet.load_network("d02b"), "theirs.xlsx")
    >>> sheetnet.infer(path)
    <Inference theirs.xlsx: 2-2-2 with sigmoid, sigmoid; half_sse; sure>
    """
    return infer_file(path, JudgeOptions(engine, seed=seed, sheet=sheet, limits=Limits.of(limits)))


def infer_file(path: str | os.PathLike[str], options: JudgeOptions) -> Inference:
    """The same with options made before; see `infer`."""
    workbook = read_workbook(path, options.limits)
    with errors_within(path):
        return infer_workbook(workbook, options, name=os.fspath(path))


def infer_workbook(workbook: Workbook, options: JudgeOptions = DEFAULT_OPTIONS, *, name: str = "") -> Inference:
    """The same for a workbook that is already read; see `infer`."""
    sheet = options.sheet
    if sheet is not None and workbook.sheet(sheet) is None:
        known = ", ".join(each.name for each in workbook.sheets)
        raise FileError(f"there is no sheet {sheet!r}", remedy=f"give one of {known}")
    workbook = in_full(workbook, options.limits.formula)
    graph = Dependencies(workbook)
    if not graph.formulas:
        raise FileError("the workbook has no formulas, so it computes no network", remedy="give one with formulas")
    search = _Search(workbook, graph, engine_named(options.engine), options.seed)
    found = search.inference(sheet, name)
    if found is None or not found.sure:
        found = _as_most_are_built(search, workbook, sheet, name, found)
    found = found or _without_input_cells(search, workbook, sheet, name)
    if found is None:
        raise FileError(NO_NETWORK, remedy="give the network with --network")
    return found


def _as_most_are_built(
    search: _Search, workbook: Workbook, sheet: str | None, name: str, found: Inference | None
) -> Inference | None:
    """The network as most cells of each row and column have it, where it is a larger one than that of all cells."""
    changed, odd = as_most_are_built(workbook)
    other = search.of(changed).inference(sheet, name) if odd else None
    if other is None or (found is not None and _neurons(other) <= _neurons(found)):
        return found
    words = f"{listed([cell_place(place) for place in odd])}: built otherwise than the cells beside, and read as these"
    return replace(other, questions=(*other.questions, OpenQuestion("network", words, "")))


def _neurons(one: Inference) -> int:
    return sum(one.network.sizes[1:])


def _without_input_cells(search: _Search, workbook: Workbook, sheet: str | None, name: str) -> Inference | None:
    """The network where inputs or weights are typed into formulas, or computed: of both the one with more neurons."""
    found = [with_computed.inference(sheet, name)] if (with_computed := search.with_computed_inputs()) else []
    if (spelled := with_cells(workbook)) is not workbook:
        typed = search.of(spelled).inference(sheet, name)
        if typed is not None:
            where = without_cells(workbook, typed.inputs)
            words = f"typed into the formulas, and so the same in all trials: {typed_in_formulas(typed.network, where)}"
            found.insert(0, replace(typed, inputs=where, choices=(*typed.choices, words)))
    return max(filter(None, found), key=_neurons, default=None)


def _rivals(groups: Sequence[Sequence[CellsRead]]) -> Iterator[OpenQuestion]:
    """A question where the workbook has several networks of the kind of the first."""
    rivals = [group for group in groups if group[0].evident == groups[0][0].evident]
    if len(rivals) > 1:
        places = listed([_place_of(group[0]) for group in rivals])
        words = f"the workbook has {len(rivals)} networks, which begin in {places}; taken is the first"
        yield OpenQuestion("sheet", words, "--sheet NAME")


def _place_of(one: CellsRead) -> str:
    return cell_place(one.forward.layers[0].sums[0][0])


class _Search:
    """The sums of the workbook, and the candidates that are made of them."""

    def __init__(
        self, workbook: Workbook, graph: Dependencies, engine: Evaluate, seed: int, probes: Probes | None = None
    ) -> None:
        self._workbook, self._graph, self._engine, self._seed = workbook, graph, engine, seed
        self.sums = Sums(probes or probe(workbook, graph, engine, seed))
        cells_of = by_sum(activation_cells(workbook, graph, engine, self.sums, seed))
        self._builder = LayerBuilder(self.sums, cells_of)
        self.updates = {
            place: tuple(replace(each, old=self.sums.root(each.old)) for each in changes)
            for place, changes in self.sums.probes.changes.items()
            if place not in self.sums.found
        }
        self._updated = {change.old for changes in self.updates.values() for change in changes}
        self._headings = Headings(workbook)
        self._chooser = Chooser(workbook, graph, engine, seed)

    def of(self, workbook: Workbook) -> _Search:
        """The same for another workbook."""
        return _Search(workbook, Dependencies(workbook), self._engine, self._seed)

    def with_computed_inputs(self) -> _Search | None:
        """The same where cells that are computed from typed numbers may be inputs; None where there are no such."""
        probes = with_computed_inputs(self._workbook, self._graph, self._engine, self.sums.probes)
        return _Search(self._workbook, self._graph, self._engine, self._seed, probes) if probes.computed else None

    def inference(self, sheet: str | None, name: str) -> Inference | None:
        """The largest network, with what is chosen and what is left open; None where there is none."""
        groups = self.networks(sheet)
        best = groups[0] if groups else []
        decided = [one for one in best if cost_readings(one.costs, len(one.forward.inputs), one.forward.sizes[-1]).ways]
        proposed = [each for candidate in decided or best for each in proposals(candidate, self.sums, name)]
        if not proposed:
            return None
        one = self._chooser.with_rate(self._chooser.chosen(proposed))
        others = [each for candidate in decided or best for each in proposals(candidate, self.sums, name, shown=False)]
        questions = [
            *one.questions,
            *self._chooser.doubts(one, others, self.updates, self.sums.probes.constants),
            *_rivals(groups),
        ]
        large = () if self.sums.probes.is_whole else ("of so large a workbook only the first formulas were looked at",)
        choices, whole = (*one.choices, *large), self.sums.probes.is_whole
        return Inference(name, one.network, one.inputs, one.where, choices, tuple(questions), whole)

    def networks(self, sheet: str | None) -> list[list[CellsRead]]:
        """For each network of the workbook the ways to read it, the largest network first."""
        groups: list[list[CellsRead]] = []
        for first in first_layers(self.sums):
            by_sheet: dict[str, list[WeightedSum]] = {}
            for one in first:
                by_sheet.setdefault(one.place[0], []).append(one)
            if sheet is not None:
                parts = [own for name, own in by_sheet.items() if name.casefold() == sheet.casefold()]
            else:  # where the sums do not fit together, a network may stand on one sheet of several
                parts = [first, *by_sheet.values()]
            groups += list(filter(None, map(self._ways, parts)))[:1]
        return sorted(groups, key=lambda ways: ways[0].weight, reverse=True)

    def _ways(self, first: Sequence[WeightedSum]) -> list[CellsRead]:
        """The ways to read one network; where headings or new weights speak for one of them, that alone."""
        found: list[tuple[ForwardPass, FirstLayer]] = []
        later = {c for one in self.sums.found.values() if one not in first for pair in one.pairs for c in pair}
        for way in orientations(first, self._evidence, self.sums.probes.constants):
            for node in list(bias_nodes(way, self.sums.probes.constants, later))[-1:]:
                way = without_node(way, node)
            forward = self._builder.build(way.inputs, way.terms)
            if forward is not None:
                found.append((replace(forward, left=way.left), way))
        best = max((way.evidence for _, way in found), default=0)
        kept = [(forward, way) for forward, way in found if way.evidence == best or best <= 0 <= way.evidence]
        return [self._candidate(forward, best <= 0 and (way.free or len(kept) > 1)) for forward, way in kept]

    def _evidence(self, inputs: Sequence[Place], weights: Sequence[Place]) -> int:
        """How much speaks for these inputs and weights, rather than the other way round."""
        moved = 2 * (not self._updated.isdisjoint(weights)) - 2 * (not self._updated.isdisjoint(inputs))
        return moved + sides_by_headings(self._headings, inputs, weights)

    def _candidate(self, forward: ForwardPass, turnable: bool) -> CellsRead:
        costs = CostFinder(self._workbook, self._graph, self._engine, self.sums.probes, forward, self._seed).find()
        forward, costs = _observed(forward, costs)
        return CellsRead(forward, costs, training_cells(self._graph, self.sums, forward, costs.targets), turnable)


def _observed(forward: ForwardPass, costs: Costs) -> tuple[ForwardPass, Costs]:
    """The forward pass without observations that have no target, where others have one: other inputs that are tried."""
    seen = sorted(costs.observed())
    if not seen or len(seen) == len(forward.inputs):
        return forward, costs
    layers = tuple(
        replace(layer, sums=_rows(layer.sums, seen), outputs=_rows(layer.outputs, seen)) for layer in forward.layers
    )
    number = {old: new for new, old in enumerate(seen)}
    targets = {(number[n], j): place for (n, j), place in costs.targets.items()}
    cells = tuple(replace(cell, outputs=frozenset((number[n], j) for n, j in cell.outputs)) for cell in costs.cells)
    without = len(forward.inputs) - len(seen)
    notes = (*forward.notes, f"{without} more observations have no target: the network at other inputs")
    return (
        replace(forward, inputs=_rows(forward.inputs, seen), layers=layers, notes=notes),
        Costs(targets, cells, costs.contrary),
    )


def _rows(rows: Sequence, chosen: Collection[int]) -> tuple:  # type: ignore[type-arg]
    return tuple(rows[n] for n in chosen)
