"""Which block of a network a mistake may be made in, and what is known of it there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sheetnet.network import Network
from sheetnet.quantity import Quantity
from sheetnet.reference import ACTIVATIONS, LOSSES, Activation, Loss, activation_of

Element = tuple[str, int, int]  # a cell of a block, with its row and column from 0


@dataclass(frozen=True)
class Site:
    """A block of a network: which quantity of which layer; `new` in the pass with the new weights."""

    network: Network
    block: str
    quantity: str
    layer: int
    new: bool

    @classmethod
    def of(cls, network: Network, block: str) -> Site:
        """The site of a block by its name; updated weights are the quantity `W_new`."""
        found = Quantity.of(block)
        return cls(network, block, found.kind, found.layer or 0, found.new and found.symbol != "W")

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
        return activation_of(self.network.layers[self.layer - 1]) if self.layer else ACTIVATIONS["identity"]

    @property
    def activation_name(self) -> str:
        """Its name; the inputs have none, which is the identity."""
        return self.network.layers[self.layer - 1].activation if self.layer else "identity"

    @property
    def is_softmax(self) -> bool:
        """Whether that is softmax, whose mistakes are known."""
        mixing = self.network.activation_facts(self.layer).mixing if self.layer else None
        return mixing is not None and mixing.is_softmax

    @property
    def has_bias(self) -> bool:
        """Whether the neurons of this layer have biases."""
        return self.layer > 0 and self.network.has_bias(self.layer)

    @property
    def fan_in(self) -> int:
        """Neurons of the layer below, or inputs: rows of the layer's weights without the biases."""
        return self.network.sizes[self.layer - 1]

    @property
    def loss(self) -> Loss:
        """The loss of the network."""
        return LOSSES[self.network.loss]

    @property
    def outputs(self) -> int:
        """n_L."""
        return self.network.sizes[-1]
