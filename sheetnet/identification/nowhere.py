"""Finds which quantities of a training no cell computes, and of which the work is done inside other formulas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sheetnet.identification.labels import Label
from sheetnet.identification.state import IdentifyState
from sheetnet.network import Block, Network, activation_name
from sheetnet.quantity import Quantity, q


@dataclass(frozen=True, slots=True)
class Nowhere:
    """A quantity with elements that no cell computes: `lacking` of `size`, at the first step where it is so.

    `through`: what is computed from it stands on the sheet all the same, so that its work is done inside a formula.
    """

    quantity: str
    step: int
    lacking: int
    size: int
    through: bool


def nowhere(state: IdentifyState, steps: int) -> Iterator[Nowhere]:
    """The required blocks that are not complete, each at the first of the steps where it is so."""
    network = state.network
    present = state.present()
    found_at_all = {label.quantity for label in present if label.step == 1} | {
        Quantity.of(label.quantity).updated.name for label in present if label.step > 1
    }
    through = _through(network, found_at_all)
    for block in network.blocks.values():
        if block.kind == "input" or not block.required:
            continue
        last = steps - (steps > 1 and block.quantity.new)
        for step in range(1, last + 1):
            elements = [_stored(label) for label in _elements(block, step)]
            lacking = sum(label not in present for label in elements)
            if lacking:
                yield Nowhere(block.quantity.of_cells.name, step, lacking, len(elements), through[block.name])
                break


def _elements(block: Block, step: int) -> Iterator[Label]:
    name = block.quantity.of_cells.name
    for row in range(block.rows):
        for column in range(block.columns):
            if not block.is_bias_node(column):
                index = (*divmod(row, block.columns), column) if block.quantity.symbol == "J" else (row, column)
                yield Label(name, index, step)


def _stored(label: Label) -> Label:
    """What is new at one step is looked up under the next."""
    quantity = Quantity.of(label.quantity)
    return Label(quantity.old.name, label.index, label.step + 1) if quantity.new else label


def _through(network: Network, found: set[str]) -> dict[str, bool]:
    """Block → whether something computed from it stands on the sheet."""
    users = _users(network)
    known: dict[str, bool] = {}
    # W_l_new, ∂C/∂a and δ are used by blocks that may stand before or after them: the second time settles it.
    for name in 2 * list(reversed(network.blocks)):
        known[name] = any(
            Quantity.of(user).of_cells.name in found or known.get(user, False) for user in users.get(name, ())
        )
    return known


def _users(network: Network) -> dict[str, list[str]]:
    """Block → the blocks that are computed from it."""
    depth = network.depth
    users: dict[str, list[str]] = {}
    for layer in range(1, depth + 1):
        a = activation_name(layer, depth)
        users[q("z", layer)] = [a, q("da_dz", layer)]
        users[a] = ["cost_n", q("dC_da", depth)] if layer == depth else [q("z", layer + 1)]
        for factor in (q("dC_da", layer), q("da_dz", layer), q("J", layer)):
            users[factor] = [q("delta", layer)]
        users[q("delta", layer)] = [q("dC_dW", layer)] + ([q("dC_da", layer - 1)] if layer > 1 else [])
        users[q("dC_dW", layer)] = [q("W", layer, new=True)]
        users[q("W", layer, new=True)] = []
    users["cost_n"] = users["penalty"] = ["cost"]
    return users
