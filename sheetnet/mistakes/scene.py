"""An equation taken apart: a recipe of named parts, any of which may be replaced. It knows no mistakes and no sheets.

A part is computed from a scene, which gives the reference's values of all other quantities and the parts of the same
recipe: `scene["weights"]` is the weights, or what stands in their place. So mistakes combine by replacing two parts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sheetnet.network import Network, activation_name
from sheetnet.reference import ACTIVATIONS, LOSSES, Activation, Array, Loss, Values

Element = tuple[str, int, int]  # a cell of a block, with its row and column from 0
_NAME = re.compile(r"(?P<quantity>.+?)(?:_(?P<layer>\d+))?(?P<new>_new)?(?P<turned>_T)?")


@dataclass(frozen=True)
class Site:
    """A block of a network: which quantity of which layer; `suffix` is "_new" in the pass with the new weights."""

    network: Network
    block: str
    quantity: str
    layer: int
    suffix: str

    @classmethod
    def of(cls, network: Network, block: str) -> Site:
        """The site of a block by its name; turned copies are the quantity `A_T`, updated weights `W_new`."""
        match = _NAME.fullmatch(block)
        assert match is not None  # the pattern takes any name
        new = match["new"] or ""
        quantity = match["quantity"] + (match["turned"] or "")
        if quantity == "W":
            quantity, new = "W" + new, ""
        return cls(network, block, quantity, int(match["layer"] or 0), new)

    @property
    def output(self) -> bool:
        """Whether this is the last layer."""
        return self.layer == self.network.depth

    @property
    def hidden(self) -> bool:
        """Whether this is a layer between the inputs and the last."""
        return 0 < self.layer < self.network.depth

    @cached_property
    def activation(self) -> Activation:
        """What the layer applies to z."""
        return ACTIVATIONS[self.activation_name]

    @property
    def activation_name(self) -> str:
        """Its name; the inputs have none, which is the identity."""
        return self.network.layers[self.layer - 1].activation if self.layer else "identity"

    @property
    def loss(self) -> Loss:
        """The loss of the network."""
        return LOSSES[self.network.loss]

    @property
    def outputs(self) -> int:
        """n_L."""
        return self.network.sizes[-1]


class Scene:
    """The parts of one equation, each computed once, from the values of all other quantities (K × rows × columns)."""

    def __init__(self, site: Site, values: Values, recipe: Recipe, replaced: Recipe) -> None:
        self.site = site
        self._values, self._recipe, self._replaced = values, recipe, replaced
        self._made: dict[str, Array] = {}

    def __getitem__(self, part: str) -> Array:
        if part not in self._made:
            self._made[part] = np.asarray((self._replaced.get(part) or self._recipe[part])(self), dtype=np.float64)
        return self._made[part]

    def right(self, part: str) -> Array:
        """What the recipe itself says of a part that is replaced."""
        return np.asarray(self._recipe[part](self), dtype=np.float64)

    def has(self, block: str) -> bool:
        """Whether there is such a quantity."""
        return block in self._values

    def value(self, block: str) -> Array:
        """The reference's values of another quantity."""
        return self._values[block]

    def here(self, quantity: str, above: int = 0) -> Array:
        """A quantity of this layer (or so many above), in the same pass: `here("z")`."""
        return self.value(f"{quantity}_{self.site.layer + above}{self.site.suffix}")

    def activations(self, layer: int) -> Array:
        """a of a layer, without the bias node; x for layer 0."""
        depth = self.site.network.depth
        name = activation_name(layer, depth) + (self.site.suffix if layer else "")
        return self.value(name) if layer == depth else self.value(name)[..., :-1]


Part = Callable[[Scene], "Array | float"]
Recipe = Mapping[str, Part]


def fit(array: Array, rows: int, columns: int) -> Array:
    """The upper left rows × columns of an array; what lies beyond it is NaN, which equals nothing."""
    found = np.full((*array.shape[:-2], rows, columns), np.nan)
    part = array[..., :rows, :columns]
    found[..., : part.shape[-2], : part.shape[-1]] = part
    return found


def turned(array: Array) -> Array:
    """The transposes of the last two axes."""
    return np.swapaxes(array, -1, -2)


def shifted(array: Array, row: int, column: int) -> Array:
    """Element (r, c) becomes (r + row, c + column); 0 beyond the edge."""
    rows, columns = array.shape[-2:]
    found = np.zeros_like(array)
    to_rows, from_rows = _overlap(rows, row)
    to_columns, from_columns = _overlap(columns, column)
    found[..., to_rows, to_columns] = array[..., from_rows, from_columns]
    return found


def _overlap(size: int, step: int) -> tuple[slice, slice]:
    return slice(max(0, -step), size - max(0, step)), slice(max(0, step), size - max(0, -step))
