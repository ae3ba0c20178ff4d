"""Turns one way to read the cells of a network into networks: one for each loss that the sheet leaves possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sheetnet.activations_and_losses import ACTIVATION_FACTS, LOSS_FACTS
from sheetnet.errors import NetworkError
from sheetnet.identification.inference.costs import Costs, cost_readings, families
from sheetnet.identification.inference.layers import ForwardPass, LayerCells
from sheetnet.identification.inference.probe import PLAIN
from sheetnet.identification.inference.result import OpenQuestion
from sheetnet.identification.inference.sums import Sums
from sheetnet.identification.inference.training_cells import DataCells, TrainingCells
from sheetnet.identification.input_map import InputMap
from sheetnet.network import Layer, Network
from sheetnet.quantity import q
from sheetnet.syntax.references import cell_place, listed
from sheetnet.validation.case import InputPlace
from sheetnet.workbook import Place

SOURCE = "the forward pass of the sheet"
NO_RATE = 1.0  # until one is found
NO_TARGET = 0.5  # which every loss takes


@dataclass(frozen=True)
class CellsRead:
    """One way to read a forward pass of the sheet, with all that goes with it.

    `turnable`: nothing tells its inputs from its weights, in single products or at all.
    """

    forward: ForwardPass
    costs: Costs
    training: TrainingCells
    turnable: bool

    @property
    def evident(self) -> bool:
        """Whether it is more than some products: an activation, targets or new weights."""
        activated = any(layer.activation != PLAIN for layer in self.forward.layers)
        return activated or bool(self.costs.targets) or bool(self.training.updates)

    @property
    def weight(self) -> tuple[bool, int, int]:
        """How much there is to it."""
        return self.evident, len(self.costs.targets), sum(len(layer.weights) for layer in self.forward.layers)


@dataclass(frozen=True)
class Proposal:
    """A network that the sheet may compute. `differs` says in what it differs from the others of the same cells.

    `questions` are open; of these `settled` are left where the backward cells decide for it. `updates` are new weights,
    each with the weight; `outputs` and `costs` are the cells of outputs and costs. `flipped`: an activation has the wrong
    sign.
    """

    network: Network
    inputs: InputMap
    where: str
    differs: str
    choices: tuple[str, ...]
    questions: tuple[OpenQuestion, ...]
    settled: tuple[OpenQuestion, ...]
    updates: Mapping[Place, Place]
    outputs: frozenset[Place]
    costs: frozenset[Place]
    flipped: bool


def proposals(cells: CellsRead, sums: Sums, title: str, *, shown: bool = True) -> list[Proposal]:
    """A network for each loss and reduction that the cost cells allow, in the order of the catalogue.

    Without `shown` all that the last activation allows, whatever the cost cells say.
    """
    maker = _Maker(cells, sums, title)
    read = cost_readings(cells.costs, len(cells.forward.inputs), cells.forward.sizes[-1])
    possible = (read.ways if shown else ()) or maker.possible()
    decided = len(read.ways) == 1
    made = [maker.proposal(*way, decided=decided, agreed=read.agreed or not read.ways) for way in possible]
    return [one for one in made if one is not None]


class _Maker:
    """One way to read the cells, and what is said of it whatever the loss."""

    def __init__(self, cells: CellsRead, sums: Sums, title: str) -> None:
        self._forward, self._costs, self._training = cells.forward, cells.costs, cells.training
        self._cells, self._sums, self._title = cells, sums, title
        self._numbers = sums.probes.constants
        self._rows = self._observations()

    def possible(self) -> list[tuple[str, str]]:
        """All losses that the last activation allows, those first of which some cell shows a multiple."""
        outputs = ACTIVATION_FACTS[self._forward.layers[-1].activation].outputs
        allowed = [name for name, facts in LOSS_FACTS.items() if outputs.within(facts.outputs)]
        shown = families(self._costs)
        chosen = [name for name in allowed if name in shown] or allowed
        reductions = ("mean", "sum") if len(self._rows) > 1 else ("mean",)
        return [(loss, reduction) for loss in chosen for reduction in reductions]

    def proposal(self, loss: str, reduction: str, *, decided: bool, agreed: bool) -> Proposal | None:
        """The network with that loss; None where it cannot be."""
        train_bias = self._trains_biases()
        try:
            network = Network(
                title=Path(self._title).name or "inferred",
                source="inferred from a workbook",
                inputs=tuple(tuple(self._numbers[place] for place in row.inputs) for row in self._rows),
                targets=tuple(tuple(self._target(place) for place in row.targets) for row in self._rows),
                layers=tuple(self._layer(layer, train_bias) for layer in self._forward.layers),
                loss=loss,
                learning_rate=self._rate(),
                reduction=reduction,
                train_bias=train_bias,
            )
        except NetworkError:
            return None
        fixed = tuple(self._questions())
        open_loss = () if decided else (self._about_loss(loss, reduction),)
        choices = tuple(self._choices(agreed=agreed))
        where = InputMap(self._map(), SOURCE)
        return Proposal(
            network,
            where,
            self._where(),
            f"loss {loss}, {reduction}",
            choices,
            (*fixed, *open_loss),
            fixed,
            self._training.updates,
            frozenset(place for row in self._forward.layers[-1].outputs for cells in row for place in cells),
            frozenset(cell.place for cell in self._costs.cells),
            any(layer.flipped for layer in self._forward.layers),
        )

    def _observations(self) -> list[DataCells]:
        """The rows of inputs and targets: those of the first step, and other numbers that later steps use."""
        forward, targets = self._forward, self._costs.targets
        n_out = forward.sizes[-1]
        rows = [
            DataCells(tuple(inputs), tuple(targets.get((n, j)) for j in range(n_out)))
            for n, inputs in enumerate(forward.inputs)
        ]
        known, met = {self._key(row) for row in rows}, {self._numbers_of(row.inputs) for row in rows}
        for row in self._training.rows:
            # In batches the same inputs are the same observation, wherever its target is.
            if self._key(row) not in known and (len(forward.inputs) == 1 or self._numbers_of(row.inputs) not in met):
                known.add(self._key(row))
                met.add(self._numbers_of(row.inputs))
                rows.append(row)
        return rows

    def _numbers_of(self, places: tuple[Place, ...]) -> tuple[float, ...]:
        return tuple(self._numbers[place] for place in places)

    def _key(self, row: DataCells) -> tuple[float | None, ...]:
        return tuple(None if place is None else self._numbers[place] for place in (*row.inputs, *row.targets))

    def _target(self, place: Place | None) -> float:
        return NO_TARGET if place is None else self._numbers[place]

    def _layer(self, layer: LayerCells, train_bias: bool) -> Layer:
        weights = [[self._numbers[row[i]] for row in layer.weights] for i in range(len(layer.weights[0]))]
        if not layer.has_biases:
            return Layer(layer.activation, tuple(map(tuple, weights)), bias=False)
        biases = [0.0 if place is None else self._numbers[place] for place in layer.biases]
        shared = len(layer.biases) > 1 and len(set(layer.biases)) == 1 and layer.biases[0] is not None
        matrix = tuple(map(tuple, [*weights, biases]))
        return Layer(layer.activation, matrix, shared_bias=shared and not train_bias)

    def _trains_biases(self) -> bool:
        """Whether biases are trained: where weights are moved on and biases are not, they are frozen."""
        some = any(layer.has_biases for layer in self._forward.layers)
        return not some or self._training.bias_updates > 0 or not self._training.updates

    def _rate(self) -> float:
        gamma = self._training.gamma
        return NO_RATE if gamma is None else abs(self._numbers[gamma])

    def _map(self) -> dict[InputPlace, tuple[Place, ...]]:
        cells: dict[InputPlace, tuple[Place, ...]] = {}
        for n, row in enumerate(self._rows):
            copies = [row, *(each for each in self._training.rows if self._key(each) == self._key(row))]
            for i in range(len(row.inputs)):
                cells["A_0", n, i] = tuple(dict.fromkeys(each.inputs[i] for each in copies))
            for j, target in enumerate(row.targets):
                own = tuple(dict.fromkeys(each.targets[j] for each in copies))
                if target is not None:
                    cells["target", n, j] = tuple(place for place in own if place is not None)
        for number, layer in enumerate(self._forward.layers, 1):
            cells |= _weights(q("W", number), layer)
        gamma = self._training.gamma
        if gamma is not None and self._numbers[gamma] > 0:
            cells["gamma", 0, 0] = (gamma,)
        return cells

    def _where(self) -> str:
        first, last = self._forward.layers[0].sums[0][0], self._forward.layers[-1].sums[-1][-1]
        return f"{cell_place(first)} … {cell_place(last)}"

    def _about_loss(self, loss: str, reduction: str) -> OpenQuestion:
        what = "which loss" if not families(self._costs) else "which multiple of the loss, or whether mean or sum"
        return OpenQuestion(
            "loss", f"no cell decides {what} the network has", f'loss = "{loss}"; reduction = "{reduction}"'
        )

    def _choices(self, *, agreed: bool) -> Iterator[str]:
        if not agreed:
            yield "the cost cells do not agree with each other: taken is what most of them compute"
        for number, layer in enumerate(self._forward.layers, 1):
            if layer.flipped:
                yield f"layer {number} computes {layer.activation} of −z: the sign in it is missing, or is one too many"
        if not any(layer.has_biases for layer in self._forward.layers):
            yield "the sheet has no biases"
        gamma = self._training.gamma
        if gamma is not None and self._numbers[gamma] < 0:
            yield f"{cell_place(gamma)} holds γ with its sign: it is read as a constant, not as an input"
        if computed := self._computed():
            yield f"{computed}: computed from other cells, read as inputs"
        yield from self._forward.notes

    def _questions(self) -> Iterator[OpenQuestion]:
        yield from self._about_targets()
        yield from self._about_neurons()
        yield from self._about_observations()
        yield from self._about_biases()
        if self._cells.turnable:
            weights = listed([cell_place(place) for place in self._forward.layers[0].weights[0]])
            words = f"in a single product nothing tells inputs from weights: {weights} are taken for the weights"
            yield OpenQuestion("W_1", words, "")

    def _about_targets(self) -> Iterator[OpenQuestion]:
        if missing := [place for row in self._rows for place in row.targets if place is None]:
            words = f"no cell holds the targets of {len(missing)} outputs: nothing on the sheet compares them"
            yield OpenQuestion(
                "targets", words, f"targets = {[[self._target(t) for t in row.targets] for row in self._rows]}"
            )
        if self._costs.contrary:
            places = listed([cell_place(place) for place in self._costs.contrary])
            yield OpenQuestion("targets", f"{places} takes an output together with the target of another", "")
        targets = [place for row in self._rows for place in set(row.targets) if place is not None]
        if len(targets) < sum(place is not None for row in self._rows for place in row.targets):
            yield OpenQuestion("targets", "two outputs of one observation are compared with the same target", "")

    def _about_neurons(self) -> Iterator[OpenQuestion]:
        if crossed := [number for number, layer in enumerate(self._forward.layers, 1) if layer.is_crossed]:
            words = f"in layer {crossed[0]} the weights stand in another order than the nodes that they belong to"
            yield OpenQuestion(q("W", crossed[0]), words, "")
        if odd := [place for layer in self._forward.layers for place in layer.odd]:
            words = (
                f"the activation of {listed([cell_place(place) for place in odd])} is another than that of its layer"
            )
            yield OpenQuestion("activation", words, "")
        if self._forward.partial:
            places = listed([cell_place(place) for place in self._forward.partial])
            yield OpenQuestion("weights", f"{places} takes only some of the nodes below", "")

    def _about_observations(self) -> Iterator[OpenQuestion]:
        if self._forward.left:
            places = listed([cell_place(place) for place in self._forward.left])
            yield OpenQuestion(
                "inputs", f"{places}: other neurons of its observation are no weighted sums; left out", ""
            )
        rows = self._rows[: len(self._forward.inputs)]
        columns = [*zip(*(row.inputs for row in rows), strict=True), tuple(row.targets[0] for row in rows)]
        placed = [[place for place in column if place is not None] for column in columns]
        if any(places != sorted(places) for places in placed):
            words = "inputs and targets stand in different orders: a sum may take those of another observation"
            yield OpenQuestion("inputs", words, "")
        known = {self._numbers_of(row.inputs) for row in self._rows}
        strays = [place for place, own in self._training.strays.items() if self._numbers_of(own) not in known]
        if strays:
            places = listed([cell_place(place) for place in strays])
            words = f"{places}: like the first layer at other inputs, with weights that do not go on from the first"
            yield OpenQuestion("inputs", words, "")
        if not self._training.updates and (computed := self._computed()):
            yield OpenQuestion("A_0", f"{computed}: computed from other cells, and nothing tells whether as inputs", "")

    def _computed(self) -> str:
        """The inputs that formulas compute."""
        cells = (place for row in self._forward.inputs for place in row if place in self._sums.probes.computed)
        return listed([cell_place(place) for place in dict.fromkeys(cells)])

    def _about_biases(self) -> Iterator[OpenQuestion]:
        for number, layer in enumerate(self._forward.layers, 1):
            none = [j for j, place in enumerate(layer.biases) if place is None]
            if none and len(none) < len(layer.biases):
                places = listed([cell_place(layer.sums[0][j]) for j in none])
                yield OpenQuestion(q("b", number), f"{places} adds no bias, others of layer {number} do", "")


def _weights(name: str, layer: LayerCells) -> Mapping[InputPlace, tuple[Place, ...]]:
    cells: dict[InputPlace, tuple[Place, ...]] = {}
    nodes = len(layer.weights[0])
    for j, row in enumerate(layer.weights):
        cells |= {(name, i, j): (place,) for i, place in enumerate(row)}
        bias = layer.biases[j]
        if bias is not None:
            cells[name, nodes, j] = (bias,)
    return cells
