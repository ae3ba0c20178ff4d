"""The layers of a network from its weighted sums: which cells are inputs, weights and biases, neuron by neuron.

Sums that share their weights are one neuron at several observations, sums that share their inputs are neurons at one
observation. In the first layer both are constants: which are which is decided by what the second layer takes together, and
where there is none by what else the sheet shows (`orientation.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sheetnet.identification.inference.activation_cells import Activated
from sheetnet.identification.inference.probe import PLAIN
from sheetnet.identification.inference.sums import Sums, WeightedSum, together
from sheetnet.workbook import Place

Cells = tuple[Place, ...]


@dataclass(frozen=True)
class LayerCells:
    """The cells of one layer: `weights[j][i]` from node i to neuron j, `biases[j]`, `sums[n][j]` at observation n.

    `ones` are cells with the 1 of a bias node. A neuron without a bias has None. `outputs[n][j]` are the cells that hold
    the activation (the sum itself where there is none), `activation` and `flipped` are what they compute; `odd` are sums
    whose activation is another or not known.
    """

    weights: tuple[Cells, ...]
    biases: tuple[Place | None, ...]
    sums: tuple[Cells, ...]
    outputs: tuple[tuple[Cells, ...], ...]
    activation: str
    flipped: bool
    odd: Cells = ()

    @property
    def is_crossed(self) -> bool:
        """Whether weights stand in another order than neurons, or than the nodes below."""
        ends = [row[0] for row in self.weights]
        return ends != sorted(ends) or any(list(row) != sorted(row) for row in self.weights)

    @property
    def has_biases(self) -> bool:
        """Whether some neuron has one."""
        return any(place is not None for place in self.biases)


@dataclass(frozen=True)
class ForwardPass:
    """The forward pass of the first step: `inputs[n][i]` and the layers. `partial` are neurons that take some nodes only,
    `left` those of observations at which other neurons are no weighted sums.

    `notes` say what was left aside.
    """

    inputs: tuple[Cells, ...]
    layers: tuple[LayerCells, ...]
    partial: Cells = ()
    left: Cells = ()
    notes: tuple[str, ...] = ()

    @property
    def trained(self) -> set[Place]:
        """The cells of all weights and biases."""
        own = {place for layer in self.layers for row in layer.weights for place in row}
        return own | {place for layer in self.layers for place in layer.biases if place is not None}

    @property
    def sizes(self) -> tuple[int, ...]:
        """n_0 … n_L."""
        return (len(self.inputs[0]), *(len(layer.weights) for layer in self.layers))


@dataclass(frozen=True)
class NeuronSum:
    """One sum, read as a neuron: node number → weight, and the bias."""

    place: Place
    observation: int
    weights: Mapping[int, Place]
    bias: Place | None


class LayerBuilder:
    """Builds layer after layer from the sums whose weights are constants."""

    def __init__(self, sums: Sums, cells_of: Mapping[Place, Sequence[Activated]]) -> None:
        self._sums, self._cells_of = sums, cells_of

    def build(self, inputs: Sequence[Cells], first: Sequence[NeuronSum]) -> ForwardPass | None:
        """All layers on top of the first; None where one takes several observations together."""
        layers: list[LayerCells] = []
        partial: list[Place] = []
        terms: Sequence[NeuronSum] = first
        nodes = len(inputs[0])
        while True:
            whole = [term for term in terms if len(term.weights) == nodes]
            partial += [term.place for term in terms if len(term.weights) < nodes and self._is_activated(term.place)]
            layer = self._layer(whole, len(inputs), nodes) if whole else None
            if layer is None:
                break
            found = self._next(layer)
            if found is None:
                return None
            layers.append(self._with_activation(layer, {use for term_uses in found[1] for use in term_uses}))
            terms, nodes = found[0], len(layer.weights)
        return ForwardPass(tuple(inputs), tuple(layers), tuple(partial)) if layers else None

    def _is_activated(self, place: Place) -> bool:
        """Whether it has an activation; what has none may be something else, such as a · δ where δ is a constant."""
        return any(one.name not in (None, PLAIN) for one in self._cells_of.get(place, ()))

    def _layer(self, terms: Sequence[NeuronSum], observations: int, nodes: int) -> LayerCells | None:
        """The neurons of a layer, by their weights, in the order in which they stand; None where sums are lacking."""
        neurons: dict[tuple[Cells, Place | None], dict[int, Place]] = {}
        for term in sorted(terms, key=lambda each: each.place):
            key = tuple(term.weights[i] for i in range(nodes)), term.bias
            neurons.setdefault(key, {}).setdefault(term.observation, term.place)
        whole = {key: found for key, found in neurons.items() if len(found) == observations}
        if not whole:
            return None
        order = sorted(whole, key=lambda key: whole[key][0])
        sums = tuple(tuple(whole[key][n] for key in order) for n in range(observations))
        blank = tuple(tuple(() for _ in order) for _ in range(observations))
        return LayerCells(tuple(key[0] for key in order), tuple(key[1] for key in order), sums, blank, PLAIN, False)

    def _next(self, layer: LayerCells) -> tuple[list[NeuronSum], list[Cells]] | None:
        """The sums that take this layer's outputs times constants, and the cells that they take."""
        at = {place: (n, j) for n, row in enumerate(layer.sums) for j, place in enumerate(row)}
        node = {place: at[place] for place in at}
        node |= {one.place: at[z] for z in at for one in self._cells_of.get(z, ())}
        terms, uses = [], []
        for one in self._sums.found.values():
            term = self._term(one, node)
            if term is None:
                continue
            if term.observation < 0:
                return None
            terms.append(term)
            uses.append(tuple(cell for pair in one.pairs for cell in pair if cell in node))
        return terms, uses

    def _term(self, one: WeightedSum, node: Mapping[Place, tuple[int, int]]) -> NeuronSum | None:
        """The sum as a neuron on top of these nodes; its observation is −1 where they are of several."""
        weights: dict[int, Place] = {}
        observations: set[int] = set()
        biases = [*one.singles]
        for pair in one.pairs:
            below = [cell for cell in pair if cell in node]
            others = [cell for cell in pair if cell not in node]
            if not all(map(self._sums.constant, others)):
                return None
            if len(below) == 1:
                n, j = node[below[0]]
                observations.add(n)
                weights[j] = others[0]
            elif not below and (ones := [cell for cell in pair if self._sums.probes.constants[cell] == 1]):
                biases += [cell for cell in pair if cell != ones[0]]
            else:
                return None
        if not weights or len(biases) > 1 or not all(map(self._sums.constant, biases)):
            return None
        observation = min(observations) if len(observations) == 1 else -1
        return NeuronSum(one.place, observation, weights, biases[0] if biases else None)

    def _with_activation(self, layer: LayerCells, used: set[Place]) -> LayerCells:
        """The layer with its activation: that of the cells which the next layer takes, else of the first there is."""
        chosen = [[self._chosen(z, used) for z in row] for row in layer.sums]
        names = [(one.name, one.flipped) for row in chosen for one in row if one.name is not None]
        name, flipped = max(names, key=lambda each: (names.count(each), each[0] != PLAIN)) if names else (PLAIN, False)
        outputs = tuple(tuple(self._outputs(z, name, flipped) for z in row) for row in layer.sums)
        odd = tuple(one.z for row in chosen for one in row if (one.name, one.flipped) != (name, flipped))
        return LayerCells(layer.weights, layer.biases, layer.sums, outputs, name or PLAIN, flipped, odd)

    def _chosen(self, z: Place, used: set[Place]) -> Activated:
        cells = self._cells_of.get(z, ())
        known = [one for one in cells if one.place in used] or [one for one in cells if one.name is not None]
        return known[0] if known else Activated(z, z, PLAIN)

    def _outputs(self, z: Place, name: str | None, flipped: bool) -> Cells:
        """The cells with the activation of z, the z cell itself where that is what it holds."""
        cells = [one.place for one in self._cells_of.get(z, ()) if (one.name, one.flipped) == (name, flipped)]
        return tuple(dict.fromkeys([*cells, *([z] if name == PLAIN else [])]))


def first_layers(sums: Sums) -> Iterator[list[WeightedSum]]:
    """The sums of constants alone, those that share a cell together: each list is the first layer of a network."""
    own = [one for one in sums.found.values() if all(map(sums.constant, cells_of_sum(one)))]
    number_of = together(cells_of_sum(one) for one in own)
    groups: dict[int, list[WeightedSum]] = {}
    for one in own:
        groups.setdefault(number_of[one.pairs[0][0]], []).append(one)
    yield from groups.values()


def cells_of_sum(one: WeightedSum) -> Iterable[Place]:
    """All cells that are multiplied or added in a sum."""
    yield from (cell for pair in one.pairs for cell in pair)
    yield from one.singles
